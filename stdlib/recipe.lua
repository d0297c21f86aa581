-- SPDX-License-Identifier: MIT
-- beadle.recipe: an errand declared once, run for one person or for every row of a file.
--
--   local recipe = require "beadle.recipe"
--   return recipe {
--     name = "greet-candidate",
--     summary = "Looks up a candidate's link",
--     params = {
--       "isograd.login_as_candidate.ema",                     type, sentence and check from the catalogue
--       { from = "isograd.add_test.tst_frm_id", required = false, doc = "..." },
--       { name = "tone", choices = { "warm", "formal" }, default = "warm", doc = "how to say it" },
--     },
--     columns = { "ema", "link" },
--     row = function(row, context)
--       return { ema = row.ema, link = isograd.login_as_candidate { ema = row.ema }.location }
--     end,
--   }
--
-- `beadle run FILE --help` says how it is used: `--ema ada@example.org`, or `--rows people.csv` with a column
-- for each parameter; what is the same for all rows may be an option beside --rows. A parameter that is both
-- a column and an option is refused. Before the first row runs, all of the file is checked and every problem
-- named. One row's failure does not stop the others.
--
-- Fields: name, summary, doc, params, columns (of the results, in order), row, and
--   finish(results, context)   once, after the rows: a list of {line, row, result}; the text it gives is shown, and
--                              a second value is the exit status when no row failed
--   shown                      columns of the table on the terminal, where all would be too many
--   show(result, row, context) a text shown under the result of a single run
--   unique                     {"ema"} or {{"ema"}, {"pla_tst_id"}}: no two rows may have the same
--   one_at_a_time              "ema": rows with the same value never run at the same time
--   pending(result)            whether the errand is not finished although nothing failed: it is counted on its own,
--                              kept by --failed, and the exit status is 1
--   ignores                    columns that may be in the file without being parameters
--   irreversible               "deletes %d candidate(s) for good": asks first, or wants --yes
--   concurrency                rows at once, 8 unless said; --concurrency decides
--   rows(params, context)      the rows, where they come from somewhere else than a file: a list, or an iterator, of
--                              tables. All are asked for before the first one runs. There is no --rows then, and
--                              `row` gets a row with the parameters beside it
--   fields                     what each of these rows may have, in order; the first that it has names the row
-- A parameter: name, type (string, integer, number, flag, email, date, duration), doc, required, default,
-- choices, secret; or from = "vendor.operation.parameter", where name, doc, required and default may differ.
--
-- `row` returns a table by the names in columns, or raises an error value (beadle.error): this row failed, the
-- others go on. An error of Lua itself is a mistake of the recipe, which each row would meet, and ends the run. Do
-- last what cannot be repeated: a row that failed is run again from its begin. The context has
-- is_sandbox, profile, is_single, line, and
--   sleep(duration)            lets other rows run meanwhile, and ends with the run
--   aside(fn, ...)             fn(...), which waits for something else than a vendor, in the same way: its results
--   did(text)                  notes what is done already, for the report should the row fail later
--   remember(fn, ...)          fn(...), whose value the row decides by and a durable run keeps: reads are asked again
--                              after a stop, and an answer that the row itself changes would be another then
--   keep(value), kept          all that the row has called is done and known: should the program be killed from here
--                              on, --continue runs the row again with this value, a table of data, as context.kept.
--                              Parameters in it are put into the row's line of --failed
--
-- `beadle batch` (stdlib/batch.lua) runs the same recipes over many rows.
--
-- Other drivers use recipe.spec, recipe.params, recipe:check_row(texts) -> row, or nil and a list of problems
-- {name, message}, and recipe:run_row(row, context) -> result.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local failure = require "beadle.recipe_failure"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local memory = require "beadle.durable_memory"
local input = require "beadle.recipe_input"
local journal_of = require "beadle.recipe_journal"
local options = require "beadle.options"
local params_of = require "beadle.recipe_params"
local progress = require "beadle.progress"
local report = require "beadle.recipe_report"
local run_rows = require "beadle.recipe_run"
local source_of = require "beadle.recipe_source"
local summary = require "beadle.recipe_summary"
local task = require "beadle.task"
local time = require "beadle.time"
local usage = require "beadle.recipe_usage"

local Recipe = {}
Recipe.__index = Recipe

local FIELDS = { "name", "summary", "doc", "params", "columns", "shown", "row", "finish", "show", "unique",
  "one_at_a_time", "pending", "ignores", "irreversible", "concurrency", "rows", "fields" }

local function fail(message)
  error(error_value.new { kind = "argument", message = message, outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Declaring

local function check_known_params(recipe, names, what)
  for _, name in ipairs(names) do
    if not recipe.params[name] then
      fail(("recipe %s: %s names \"%s\", which is no parameter"):format(recipe.name, what, tostring(name)))
    end
  end
end

local function new(spec)
  params_of.check_names(spec, FIELDS, "a recipe")
  if type(spec.name) ~= "string" or type(spec.summary) ~= "string" then
    fail "a recipe needs a name and a summary"
  elseif type(spec.row) ~= "function" or type(spec.params) ~= "table" or type(spec.columns) ~= "table" then
    fail(("recipe %s needs params, columns and a function row"):format(spec.name))
  end
  source_of.check(spec)
  local unique = spec.unique or {}
  if type(unique[1]) == "string" then
    unique = { unique }
  end
  local recipe = setmetatable({ spec = spec, name = spec.name, row = spec.row, columns = spec.columns,
    params = params_of.declare(spec.params, spec.name), unique = unique, one_at_a_time = spec.one_at_a_time,
    ignores = spec.ignores or {}, row_name = spec.rows and spec.fields[1] or "line" }, Recipe)
  for _, names in ipairs(unique) do
    check_known_params(recipe, names, "unique")
  end
  if not spec.rows then
    check_known_params(recipe, { spec.one_at_a_time }, "one_at_a_time")
  end
  usage.check_names(recipe)
  return recipe
end

function Recipe:check_row(texts)
  return params_of.check(self.params, texts)
end

-- row_key(record) -> text by which a durable run knows a row again: what must be unique in it, else its line.
function Recipe:row_key(record)
  local key = self.unique[1] and params_of.key(self.params, self.unique[1], record.row)
  return key and key:gsub("%c", ", ") or ("line %s"):format(record.line) -- rows that a recipe finds may have names
end

function Recipe:is_pending(result)
  return self.spec.pending ~= nil and self.spec.pending(result) and true or false
end

local function nothing() end

function Recipe:run_row(row, context)
  local base = { is_sandbox = config.is_sandbox(), profile = config.profile(), sleep = async.sleep, did = nothing,
    keep = nothing, aside = function(fn, ...) return fn(...) end, remember = memory.remember }
  for name, value in pairs(context or {}) do
    base[name] = value
  end
  return self.row(row, base) or {}
end

-- ---------------------------------------------------------------------------------------------------
-- Running

local function describe_profile(context)
  return ("Profile %s%s."):format(context.profile,
    context.is_sandbox and ": everything is simulated, nothing leaves this machine" or "")
end

-- Raises unless the profile has all that the recipe's operations need. Nothing is sent.
local function check_profile(recipe)
  config.check()
  local seen = {}
  for _, param in ipairs(recipe.params) do
    local operation = param.operation
    if operation and not seen[operation] then
      seen[operation] = true
      catalogue.check_profile(operation.vendor, operation.name)
    end
  end
end

-- Until its value is closed, Ctrl-C does not keep from being told what was done and what was not.
local function end_in_order()
  task.orderly(true)
  return setmetatable({}, { __close = function() task.orderly(false) end })
end

-- Asks before what cannot be undone.
local function confirm(recipe, count, values, console)
  local what = recipe.spec.irreversible
  what = what and what:format(count):gsub("%(s%)", count == 1 and "" or "s")
  if not what or values.yes or count == 0 then
    return
  elseif not console.interactive or values.rows == "-" then
    options.fail(("this %s"):format(what), "Give --yes to have it done without being asked.")
  end
  local _ <close> = end_in_order()
  local answer = console.ask(("This %s. Type %d to go on: "):format(what, count))
  if answer ~= tostring(count) then
    error(error_value.new { kind = "cancelled", message = "not confirmed", outcome = "none", exit = 2 }, 0)
  end
end

local function finish(recipe, records, context)
  local results = {}
  for _, record in ipairs(records) do
    if record.state == "done" then
      results[#results + 1] = { line = record.line, row = record.row, result = record.result }
    end
  end
  if recipe.spec.finish then
    return recipe.spec.finish(results, context)
  end
end

-- Tries to write each file; what goes wrong does not keep the others from being written. Gives a sentence for
-- each, and the first error.
local function write_files(recipe, records, document, run, values)
  local notes, wrong = {}, nil
  local function try_write(write, ...)
    local ok, note = pcall(write, ...)
    notes[#notes + 1] = tostring(note)
    wrong = wrong or not ok and note or nil
  end
  if values.failed and (run.left_out > 0 or run.counts.pending > 0 or fs.exists(values.failed)) then
    try_write(report.failed_file, values.failed, records, run.rest, run.reader, params_of.names(recipe.params))
  end
  for _, path in ipairs(values.output or {}) do
    try_write(report.results_file, path, document, records, recipe.columns, run.reader)
  end
  return notes, wrong
end

local function tell(say, text)
  if text and text ~= "" then
    say(text)
  end
end

-- Runs the row; when it fails, says what it had done before, for the error speaks of its last call only.
local function attempt_single(recipe, row, context, console)
  local before, calls = {}, {}
  context.is_single = true
  context.did = function(text)
    before[#before + 1] = text
  end
  local function note(effect, send)
    calls[#calls + 1] = not gate.dry_run and effect.operation or nil
    return send()
  end
  local durably = durable.active()
  local run_row = durably and function(...)
    return (durably:row(recipe:row_key { line = 1, row = row }, {}, recipe.run_row, ...))
  end or recipe.run_row
  local ok, result = failure.call(gate.with, note, run_row, recipe, row, context)
  if not ok then
    tell(console.err, #before > 0 and ("Already done: %s."):format(table.concat(before, "; ")))
    result.outcome = failure.outcome(result, calls)
    error(result, 0)
  end
  return result
end

local function run_single(recipe, texts, context, values, console)
  local row = recipe:check_row(texts) -- usage.parse has seen that it is right
  check_profile(recipe)
  console.err(describe_profile(context))
  if values.check then
    console.err "The parameters are right; nothing was sent."
    return 0
  end
  confirm(recipe, 1, values, console)
  local result = attempt_single(recipe, row, context, console)
  local pending = recipe:is_pending(result)
  local records = { { state = "done", row = row, result = result, pending = pending } }
  local text, status = finish(recipe, records, context)
  local counts = { total = 1, done = 1, failed = 0, not_begun = 0, pending = pending and 1 or nil }
  local document = report.document(recipe, records, counts, context)
  local notes, wrong = write_files(recipe, records, document, {}, values)
  if values.json then
    console.out(document)
  else
    console.out(report.lines(result, recipe.columns))
    local more = recipe.spec.show and recipe.spec.show(result, row, context)
    if more then
      console.out("\n" .. more)
    end
  end
  tell(values.json and console.err or console.out, text)
  tell(console.err, table.concat(notes, "\n"))
  return wrong and error(wrong, 0) or pending and 1 or status or 0
end

-- Checks the rows, tells every problem, and raises when there is one.
local function check_rows(source, console)
  if not source:check() then
    for _, problem in ipairs(source.problems) do
      console.err(source:format_problem(problem))
    end
    local more = source.problem_count - #source.problems
    if more > 0 then
      console.err(("and %d more"):format(more))
    end
    error(error_value.new { kind = "argument", exit = 2, outcome = "none", problems = source.problems,
      message = ("%s has %d problem%s"):format(source.name, source.problem_count,
        source.problem_count == 1 and "" or "s") }, 0)
  end
  console.err(source:describe())
end

local function show_results(recipe, records, document, values, console)
  if values.json then
    console.out(document)
  else
    tell(console.out, report.results_table(records, recipe.spec.shown or recipe.columns, fs.columns "stdout",
      recipe.row_name))
  end
end

-- Why rows were left out, as the error that ends the program; everything was said before.
local function end_error(reason)
  if not error_value.is(reason) then
    error(reason, 0)
  end
  error(error_value.new { kind = reason.kind, message = reason.message, exit = reason.exit, quiet = true }, 0)
end

-- Why no new row began, what is left, and what to do.
local function tell_stop(recipe, run, counts, values, console)
  local reason = run.reason
  if not run.repeated then
    console.err("Stopped: " .. (error_value.is(reason, "cancelled") and reason.message or tostring(reason)))
    return
  end
  local again = not recipe.spec.rows and values.failed or nil
  console.err(summary.stopped(run.repeated, reason, counts.not_begun, again, fs.columns "stderr"))
end

-- What became of the rows: shortest last, for that is what stays on the screen.
local function tell_end(recipe, run, counts, values, console, seconds)
  if run.reason then
    tell_stop(recipe, run, counts, values, console)
  end
  console.err(summary.counts_text(counts, seconds))
  if run.left_out == 0 then
    return
  end
  local columns = fs.columns "stderr"
  console.err(summary.left_out(run.records, run.rest, columns, recipe.row_name))
  if not values.failed and not recipe.spec.rows then
    console.err(summary.advice(counts.done, columns))
  end
end

-- Whether a run over the same rows would do something twice: rows that failed are begun anew in any case.
local function has_effects(run)
  for _, record in ipairs(run.records) do
    if record.state == "done" or record.in_doubt or record.kept then
      return true
    end
  end
  return false
end

-- The journal ends with its run, unless the run was stopped and no file tells which rows are left.
local function end_journal(journal, run, values, is_written, console)
  if not journal then
    return
  end
  local told = run.left_out > 0 and values.failed or run.left_out == 0 and (values.output or not run.reason)
  if is_written and (told or not run.reason or not has_effects(run)) then
    journal:remove()
    return
  end
  console.err(("%s keeps what was done: --continue does what is left."):format(journal.path))
end

local function report_run(recipe, run, values, context, console, seconds)
  local finished, text, status = pcall(finish, recipe, run.records, context)
  local counts = { total = run.counts.total, done = run.counts.done, failed = run.counts.failed,
    not_begun = run.left_out - run.counts.failed, pending = recipe.spec.pending and run.counts.pending or nil }
  if run.repeated and counts.not_begun == 0 then
    run.reason, run.repeated = nil, nil -- nothing was left to be stopped
  end
  local document = report.document(recipe, run.records, counts, context)
  local notes, wrong = write_files(recipe, run.records, document, run, values)
  local shown, unshown = true, nil
  if values.json or wrong or not values.output then
    shown, unshown = pcall(show_results, recipe, run.records, document, values, console) -- nobody may be reading
  end
  tell(console.err, summary.failures(run.records, fs.columns "stderr", recipe.row_name))
  if shown and finished then
    tell(values.json and console.err or console.out, text)
  end
  tell(console.err, table.concat(notes, "\n"))
  tell_end(recipe, run, counts, values, console, seconds)
  end_journal(run.journal, run, values, shown and not wrong, console)
  if wrong or run.rest_error or not finished or not shown then
    error(wrong or run.rest_error or not finished and text or unshown, 0)
  elseif run.reason then
    end_error(run.reason)
  end
  return (run.left_out > 0 or run.counts.pending > 0) and 1 or status or 0
end

-- The rows that were never read, and the error that kept some of them from it.
local function read_rest(entries)
  local rest = {}
  local ok, err = pcall(function()
    for entry in entries do
      rest[#rest + 1] = entry
    end
  end)
  return rest, not ok and err or nil
end

local function run_checked(recipe, source, journal, context, values, console)
  confirm(recipe, source.count - (journal and journal.known or 0), values, console)
  local started, entries = time.elapsed(), source:entries()
  local _ <close> = end_in_order()
  local run
  do
    local line <close> = progress.start { write = console.progress }
    run = run_rows.rows(recipe, entries, { concurrency = values.concurrency, total = source.count,
      context = context, progress = line, say = console.err, stop_after = values.stop_after, journal = journal })
  end
  run.reader, run.left_out = source.reader, source.count - run.counts.done
  run.rest, run.rest_error = read_rest(entries)
  if not run.reason and #run.records ~= source.count then
    run.reason = error_value.new { kind = "io", message = ("%s was changed while it was read: %d rows were checked, "
      .. "%d were there"):format(source.name, source.count, #run.records) }
  end
  return report_run(recipe, run, values, context, console, time.elapsed() - started)
end

-- Rows that a durable run knows again by their lines must be those of before.
local function check_same_rows(recipe, source)
  local run = durable.active()
  if run and not recipe.unique[1] and not run:same("rows", source.reader:fingerprint()) then
    options.fail(("%s was changed since the run %s began: its lines are no longer those of that run"):format(
      source.name, run.id), "A recipe that says what is unique in its rows may go on with a corrected file.")
  end
end

local function run_file(recipe, texts, context, values, console)
  local source <close> = input.open(recipe, values.rows, texts, values)
  check_rows(source, console)
  check_profile(recipe)
  console.err(describe_profile(context))
  if values.check then
    console.err(("%d row%s right; nothing was sent."):format(source.count, source.count == 1 and " is" or "s are"))
    return 0
  elseif source.count == 0 then
    console.err "Nothing was done."
    return 0
  end
  check_same_rows(recipe, source)
  local is_kept = not gate.dry_run and not durable.active()
  local journal <close> = is_kept and journal_of.open(recipe, source, values, context, console.err) or nil
  return run_checked(recipe, source, journal, context, values, console)
end

-- Rows that the recipe finds itself. There is no journal: what is left to be done shows when they are found again.
local function run_own_rows(recipe, texts, context, values, console)
  check_profile(recipe)
  console.err(describe_profile(context)) -- before a vendor is asked for the rows
  local source = source_of.open(recipe, recipe:check_row(texts), context)
  check_rows(source, console)
  if values.check or source.count == 0 then
    console.err "Nothing was done."
    return 0
  end
  return run_checked(recipe, source, nil, context, values, console)
end

-- Nothing happens in a dry run that would have to be confirmed, and no file is to say that it had.
local function for_dry_run(values, console)
  if values.continue or values.forget then
    options.fail(("--%s cannot be tried in a dry run"):format(values.continue and "continue" or "forget"),
      "Without it, the dry run plans all rows and leaves the record of the earlier run as it is.")
  end
  for _, path in ipairs { table.unpack(values.output or {}), values.failed } do
    console.err(("Dry run: %s is not written."):format(path))
  end
  console.err "Dry run: what is shown as done is only planned."
  values.output, values.failed, values.yes = nil, nil, true
end

-- run(arguments [, console]) -> exit status. `console` may replace where text goes: out(text), err(text),
-- ask(question) -> answer, interactive, progress(text).
function Recipe:run(arguments, console)
  console = setmetatable(console or {}, { __index = usage.console() })
  local values, texts = usage.parse(self, arguments)
  if values.help then
    console.out(usage.help(self))
    return 0
  end
  if gate.dry_run then
    for_dry_run(values, console)
  end
  local context = { profile = config.profile(), is_sandbox = config.is_sandbox(), started = time.elapsed(),
    is_single = false }
  local files = { table.unpack(values.output or {}) }
  files[#files + 1] = values.failed
  for _, path in ipairs(files) do
    report.check_writable(path, values.overwrite)
  end
  if self.spec.rows then
    return run_own_rows(self, texts, context, values, console)
  elseif values.rows then
    return run_file(self, texts, context, values, console)
  end
  return run_single(self, texts, context, values, console)
end

function Recipe:__main(...)
  return self:run { ... }
end

return setmetatable({ new = new }, { __call = function(_, spec) return new(spec) end })
