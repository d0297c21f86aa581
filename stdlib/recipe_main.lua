-- SPDX-License-Identifier: MIT
-- The run of a recipe from its command line: for one person, for the rows of a file, and for rows that the recipe finds
-- itself. For stdlib/recipe.lua.

local before = require "beadle.recipe_before"
local config = require "beadle.config"
local durable = require "beadle.durable"
local ending = require "beadle.recipe_end"
local errand_of = require "beadle.recipe_errand"
local error_value = require "beadle.error"
local failure = require "beadle.recipe_failure"
local gate = require "beadle.gate"
local input = require "beadle.recipe_input"
local options = require "beadle.options"
local progress = require "beadle.progress"
local report = require "beadle.recipe_report"
local run_rows = require "beadle.recipe_run"
local source_of = require "beadle.recipe_source"
local time = require "beadle.time"
local usage = require "beadle.recipe_usage"

local M = {}

local tell = ending.tell

-- Runs the row; when it fails, says what it had done before, for the error speaks of its last call only.
local function attempt_single(recipe, row, context, console)
  local done, calls = {}, {}
  context.is_single = true
  context.did = function(text)
    done[#done + 1] = text
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
    tell(console.err, #done > 0 and ("Already done: %s."):format(table.concat(done, "; ")))
    result.outcome = failure.outcome(result, calls)
    error(result, 0)
  end
  return result
end

local function run_single(recipe, texts, context, values, console)
  local row = recipe:check_row(texts) -- usage.parse has seen that it is right
  before.check_profile(recipe)
  console.err(before.describe_profile(context))
  if values.check then
    console.err "The parameters are right; nothing was sent."
    return 0
  end
  before.confirm(recipe, 1, values, console)
  local result = attempt_single(recipe, row, context, console)
  local pending = recipe:is_pending(result)
  local records = { { state = "done", row = row, result = result, pending = pending } }
  local text, status = ending.finish(recipe, records, context)
  local counts = { total = 1, done = 1, failed = 0, not_begun = 0, pending = pending and 1 or nil }
  local document = report.document(recipe, records, counts, context)
  local notes, wrong = ending.write_files(recipe, records, document, {}, values)
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

local function check_rows(source, console)
  if not source:check() then
    before.refuse_rows(source, console)
  end
  console.err(source:describe())
end

-- The rows that were never begun, and the error that kept some of them from being read.
local function read_rest(run, entries)
  local rest = {}
  local ok, err = pcall(function()
    for entry in entries do
      rest[#rest + 1] = not run_rows.take_earlier(run, entry) and entry or nil
    end
  end)
  return rest, not ok and err or nil
end

local function run_checked(recipe, source, errand, context, values, console)
  before.confirm(recipe, source.count - (errand and errand.known or 0), values, console)
  local started, entries = time.elapsed(), (errand or source):entries()
  local _ <close> = before.end_in_order()
  local run
  do
    local line <close> = progress.start { write = console.progress }
    run = run_rows.rows(recipe, entries, { concurrency = values.concurrency, total = source.count,
      context = context, progress = line, say = console.err, stop_after = values.stop_after, errand = errand })
  end
  run.rest, run.rest_error = read_rest(run, entries)
  run.reader, run.left_out = source.reader, source.count - run.counts.done
  if not run.reason and #run.records ~= source.count then
    run.reason = error_value.new { kind = "io", message = ("%s was changed while it was read: %d rows were checked, "
      .. "%d were there"):format(source.name, source.count, #run.records) }
  end
  return ending.report(recipe, run, values, context, console, time.elapsed() - started)
end

local function run_kept(recipe, source, facts, values)
  if durable.active() then
    recipe:check_same_rows(durable.active(), source)
  end
  local errand <close> = errand_of.open(recipe, source, values, facts)
  return run_checked(recipe, source, errand, facts.context, values, facts.console)
end

local function run_file(recipe, facts, values)
  local console = facts.console
  local source <close> = input.open(recipe, values.rows, facts.texts, values)
  check_rows(source, console)
  before.check_profile(recipe)
  console.err(before.describe_profile(facts.context))
  if values.check then
    console.err(("%d row%s right; nothing was sent."):format(source.count, source.count == 1 and " is" or "s are"))
    return 0
  elseif source.count == 0 then
    console.err "Nothing was done."
    return 0
  end
  return run_kept(recipe, source, facts, values)
end

-- Rows that the recipe finds itself.
local function run_own_rows(recipe, facts, values)
  before.check_profile(recipe)
  facts.console.err(before.describe_profile(facts.context)) -- before a vendor is asked for the rows
  local source = source_of.open(recipe, recipe:check_row(facts.texts), facts.context)
  check_rows(source, facts.console)
  if values.check or source.count == 0 then
    facts.console.err "Nothing was done."
    return 0
  end
  return run_kept(recipe, source, facts, values)
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

-- run(recipe, arguments, console [, is_main]) -> exit status. is_main: the arguments are those of the command line,
-- with which the run can be started again.
function M.run(recipe, arguments, console, is_main)
  console = setmetatable(console, { __index = usage.console() })
  local values, texts = usage.parse(recipe, arguments)
  if values.help then
    console.out(usage.help(recipe))
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
  local facts = { texts = texts, context = context, console = console, is_main = is_main }
  if recipe.spec.rows then
    return run_own_rows(recipe, facts, values)
  elseif values.rows then
    return run_file(recipe, facts, values)
  end
  return run_single(recipe, texts, context, values, console)
end

return M
