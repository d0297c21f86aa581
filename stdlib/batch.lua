-- SPDX-License-Identifier: MIT
-- beadle.batch: a recipe over the rows of a file, as a durable run: each row is one of it. For runtime/cli/batch.lua.
--
--   batch.run(recipe, values, texts, facts, console) -> exit status
-- values: of the options (stdlib/batch_options.lua); texts: parameters that options gave; facts: script, rows, folder,
-- command, left_out (what is needed to begin again), id (of a run that goes on), wanted (which rows, see batch_rows).

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local files_of = require "beadle.batch_files"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local input = require "beadle.recipe_input"
local json = require "beadle.json"
local limits_of = require "beadle.limits"
local options = require "beadle.options"
local progress = require "beadle.progress"
local recipe_rows = require "beadle.recipe_run"
local rows_of = require "beadle.batch_rows"
local runs = require "beadle.runs"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

-- A row that failed for something that may pass is tried again: so often, after so long, twice as long each time.
local TRIES, FIRST_PAUSE_S = 3, 1
local RATHER_PARKED_S = 60

-- ---------------------------------------------------------------------------------------------------
-- One row

-- Until when the row should wait before it is tried again, or nil.
local function wake_at(batch, tries, err)
  if batch.stopping or not rows_of.may_pass(err) or err.in_doubt then
    return nil
  elseif err.retry_after and err.retry_after > RATHER_PARKED_S then
    return err.retry_after <= limits_of.LONGEST_PAUSE_S and time.now() + err.retry_after or nil
  elseif batch.limits:is_waiting_for(err) then
    return time.now() + FIRST_PAUSE_S -- the call then waits until the host is back
  end
  tries.count = tries.count + 1
  return tries.count <= TRIES and time.now() + FIRST_PAUSE_S * 2 ^ (tries.count - 1) or nil
end

-- What the row has kept goes into failed.csv.
local function keep_in(batch, context)
  local keep = context.keep
  return function(value)
    keep(value)
    local kept = batch.run.meta.kept or {}
    local is_new = false
    for name in pairs(type(value) == "table" and value or {}) do
      is_new = is_new or not kept[name]
      kept[name] = true
    end
    if is_new then
      batch.run:set_meta { kept = kept }
    end
    durable.current():keep_wait("kept", 1, value)
  end
end

local function once(batch, record, context, facts)
  local result = batch.run:row(record.entry.key, facts, batch.recipe.row, record.row, context)
  return result or {}
end

-- The row as it may be kept.
local function cells_text(batch, record)
  local cells = {}
  for name, text in pairs(record.cells) do
    local param = batch.recipe.params[name]
    cells[name] = not (param and param.secret) and text or nil
  end
  return json.encode(cells)
end

local function run_row(batch, record, context, aside)
  local tries, wait_until = { count = 0 }, record.entry.known and record.entry.known.wake_at
  context.keep = keep_in(batch, context)
  local facts = { line = record.line, cells = cells_text(batch, record), aside = aside,
    is_done = function(result) return not batch.recipe:is_pending(result or {}) end,
    parks = function(err)
      wait_until = wake_at(batch, tries, err)
      return wait_until
    end }
  while true do
    if wait_until and wait_until > time.now() then
      aside(async.sleep, wait_until - time.now())
    end
    wait_until = nil
    local ok, result = pcall(once, batch, record, context, facts)
    if ok then
      return result
    elseif not wait_until then
      error(result, 0)
    end
    facts.again = true
  end
end

-- ---------------------------------------------------------------------------------------------------
-- All rows

-- Rows that are new do not begin when a budget is used up; those that were begun may need nothing more of it.
local function within_budget(batch, entries)
  return function()
    for entry in entries do
      local used_up = not entry.known and batch.limits:used_up()
      if not used_up then
        return entry
      end
      batch.used_up = used_up
    end
  end
end

local function counts_of(run)
  local rows = run.rows
  return { done = rows.done or 0, failed = rows.failed or 0, in_doubt = rows.in_doubt or 0 }
end

-- Rows that are tried again are no longer among those that failed.
local function begins_again(batch, entries)
  return function()
    local entry = entries()
    local counts = batch.counts
    if entry and counts and entry.known and entry.known.state == "failed" then
      counts.failed = counts.failed - 1
      counts.earlier = counts.earlier - 1
    end
    return entry
  end
end

local function work(batch, source, values, total, console)
  local known = rows_of.with_known(batch.recipe, batch.run, source:entries())
  local chosen = rows_of.chosen(known, rows_of.chooser(batch.wanted))
  local entries = begins_again(batch, within_budget(batch, chosen))
  local line <close> = progress.start { write = console.progress }
  return recipe_rows.rows(batch.recipe, entries, {
    concurrency = values.concurrency, total = total, context = batch.context, progress = line, say = console.err,
    stop_after = values.stop_after, grace = math.huge, earlier = counts_of(batch.run),
    on_begin = function(counts) batch.counts = counts end,
    run_row = function(...) return run_row(batch, ...) end,
    on_end = function() end,
    on_stop = function()
      batch.stopping = true
      batch.limits:stop()
    end,
  })
end

-- ---------------------------------------------------------------------------------------------------
-- Before

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

local function check_rows(source, console, scratch)
  local see, done = rows_of.seen(scratch)
  local _ <close> = done
  if source:check(see) then
    console.err(source:describe())
    return
  end
  for _, problem in ipairs(source.problems) do
    console.err(source:format_problem(problem))
  end
  local more = source.problem_count - #source.problems
  if more > 0 then
    console.err(("and %d more"):format(more))
  end
  error(error_value.new { kind = "argument", exit = 2, outcome = "none", message = ("%s has %d problem%s"):format(
    source.name, source.problem_count, source.problem_count == 1 and "" or "s") }, 0)
end

local function confirm(recipe, count, values, console)
  local what = recipe.spec.irreversible
  what = what and what:format(count):gsub("%(s%)", count == 1 and "" or "s")
  if not what or values.yes or count == 0 then
    return
  elseif not console.interactive then
    options.fail(("this %s"):format(what), "Give --yes to have it done without being asked.")
  end
  if console.ask(("This %s. Type %d to go on: "):format(what, count)) ~= tostring(count) then
    error(error_value.new { kind = "cancelled", message = "not confirmed", outcome = "none", exit = 2 }, 0)
  end
end

local function open_run(facts, values, console)
  if facts.id then
    local run = durable.open { id = facts.id, console = console, accept_changes = values.accept_changes,
      note = "beadle batch" }
    run:set_meta { state = "running" }
    return run
  end
  return durable.new { console = console, accept_changes = values.accept_changes, note = "beadle batch",
    meta = { batch = true, script = facts.script, folder = facts.folder, profile = config.profile(),
      sandbox = config.is_sandbox(), seed = math.random(0), command = facts.command, left_out = facts.left_out,
      rows_file = facts.rows } }
end

-- Rows that are known again by their lines must be those of before.
local function check_same_rows(recipe, run, source)
  if not recipe.unique[1] and not run:same("rows", source.reader:fingerprint()) then
    options.fail(("%s was changed since the run %s began: its lines are no longer those of that run"):format(
      source.name, run.id), "A recipe that says what is unique in its rows may go on with a corrected file.")
  end
end

-- ---------------------------------------------------------------------------------------------------
-- After

local function folder_of(values, run)
  if values.into then
    return values.into
  end
  local base = values.rows:gsub("%.[ct]sv$", "")
  return ("%s.%s"):format(base, run.id)
end

local COUNTED = { { "done", "done" }, { "failed", "failed" }, { "in_doubt", "in doubt" }, { "pending", "not finished" },
  { "skipped", "skipped" }, { "left", "not begun or not ended" } }

local function counts_text(counts, seconds)
  local parts = {}
  for _, each in ipairs(COUNTED) do
    local count = counts[each[1]]
    if count > 0 or each[1] == "done" or each[1] == "failed" then
      parts[#parts + 1] = ("%d %s"):format(count, each[2])
    end
  end
  return ("%d rows: %s; in %s."):format(counts.total, table.concat(parts, ", "), progress.duration_text(seconds))
end

local function advice(counts, id)
  local lines = {}
  if counts.in_doubt > 0 then
    lines[#lines + 1] = ("What is in doubt: `beadle resolve %s` shows it and asks."):format(id)
  end
  if counts.left + counts.pending > 0 then
    lines[#lines + 1] = ("What is left: `beadle resume %s` goes on."):format(id)
  end
  if counts.failed > 0 then
    lines[#lines + 1] = ("What failed: `beadle retry %s --failed` does these rows again, nothing of them twice.")
      :format(id)
  end
  return lines
end

-- What the recipe makes of all results. They are in memory then: only for recipes that ask for it.
local function finish(batch, source)
  if not batch.recipe.spec.finish then
    return
  end
  local results = {}
  source:rewind()
  for entry in rows_of.with_known(batch.recipe, batch.run, source:entries()) do
    if entry.known and entry.known.state == "done" and entry.row then
      results[#results + 1] = { line = entry.line, row = entry.row, result = json.decode(entry.known.result or "{}") }
    end
  end
  return batch.recipe.spec.finish(results, batch.context)
end

local function stopped_text(batch, outcome)
  if batch.used_up then
    return ("Stopped: the budget %s is used up. With a larger one, `beadle resume %s -- --budget NAME=N` begins "
      .. "the others."):format(batch.used_up, batch.run.id)
  elseif outcome.repeated then
    return ("Stopped: %d rows in a row failed with the same error. --stop-after 0 goes on whatever fails."):format(
      outcome.repeated)
  elseif outcome.reason then
    return "Stopped: " .. (error_value.is(outcome.reason) and outcome.reason.message or tostring(outcome.reason))
  end
end

local function is_all_done(counts)
  return counts.failed + counts.in_doubt + counts.pending + counts.left == 0
end

local function report(batch, source, values, outcome, console, seconds)
  source:rewind()
  local entries = rows_of.with_known(batch.recipe, batch.run, source:entries())
  local left = files_of.write(batch.recipe, batch.run, entries, source.reader, folder_of(values, batch.run))
  local text, status = finish(batch, source)
  local reasons = files_of.reasons_text(left.reasons, fs.columns "stderr")
  if reasons then
    console.err(reasons)
  end
  if text and text ~= "" then
    console.out(text)
  end
  for _, note in ipairs(left.files) do
    console.err(note)
  end
  local why = stopped_text(batch, outcome)
  if why then
    console.err(why)
  end
  for _, each in ipairs(advice(left.counts, batch.run.id)) do
    console.err(each)
  end
  console.err(counts_text(left.counts, seconds))
  batch.run.state = is_all_done(left.counts) and "done" or left.counts.left > 0 and "stopped" or "failed"
  if outcome.reason and not outcome.repeated then
    local reason = outcome.reason
    error(error_value.is(reason) and error_value.new { kind = reason.kind, message = reason.message,
      exit = reason.exit, quiet = true } or reason, 0)
  end
  return is_all_done(left.counts) and (status or 0) or 1
end

local function end_in_order()
  task.orderly(true)
  return setmetatable({}, { __close = function() task.orderly(false) end })
end

local function run_batch(batch, source, values, console)
  local started = time.elapsed()
  local _ <close> = end_in_order()
  local outcome = gate.with(batch.limits:gate(), work, batch, source, values, source.count, console)
  return report(batch, source, values, outcome, console, time.elapsed() - started)
end

function M.run(recipe, values, texts, facts, console)
  if recipe.spec.rows then
    options.fail(("%s finds its rows itself, and takes no file"):format(recipe.name), "`beadle run` does it.")
  elseif gate.dry_run then
    options.fail("a batch keeps what was done, so it has no dry run",
      ("`beadle run --dry-run %s --rows %s` shows what would be done."):format(facts.script, values.rows))
  end
  local source <close> = input.open(recipe, values.rows, texts, values)
  fs.make_folder(runs.folder())
  check_rows(source, console, ("%s/%s.check"):format(runs.folder(), runs.new_id()))
  check_profile(recipe)
  if values.check or source.count == 0 then
    console.err(source.count == 0 and "Nothing was done." or "The rows are right; nothing was sent.")
    return 0
  end
  if not facts.id then
    confirm(recipe, source.count, values, console)
  end
  local run <close> = open_run(facts, values, console)
  check_same_rows(recipe, run, source)
  run:open_journal()
  local limits <close> = limits_of.new { run = run, rate = values.rate, budgets = values.budget, say = console.err }
  run.limits = limits
  local context = { profile = config.profile(), is_sandbox = config.is_sandbox(), started = time.elapsed(),
    is_single = false }
  console.err(("Profile %s%s."):format(context.profile,
    context.is_sandbox and ": everything is simulated, nothing leaves this machine" or ""))
  math.randomseed(run.meta.seed)
  return run_batch({ recipe = recipe, run = run, limits = limits, context = context, wanted = facts.wanted }, source,
    values, console)
end

return M
