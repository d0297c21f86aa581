-- SPDX-License-Identifier: MIT
-- beadle.batch: a recipe over the rows of a file, as a durable run: each row is one of it. For runtime/cli/batch.lua.
--
--   batch.run(recipe, values, texts, facts, console) -> exit status
-- values: of the options (runtime/cli/batch.lua); texts: parameters that options gave; facts: script, rows, folder,
-- command, left_out (what is needed to begin again), id (of a run that goes on), wanted (which rows, see batch_rows).

local async = require "beadle.async"
local before = require "beadle.batch_before"
local config = require "beadle.config"
local digest = require "beadle.digest"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local end_of = require "beadle.batch_end"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local input = require "beadle.recipe_input"
local limits_of = require "beadle.limits"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local progress = require "beadle.progress"
local recipe_before = require "beadle.recipe_before"
local recipe_rows = require "beadle.recipe_run"
local rows_of = require "beadle.batch_rows"
local prune = require "beadle.run_prune"
local run_reader = require "beadle.run_reader"
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

-- Waits until then; whoever looks on sees until when.
local function park(batch, record, wait_until, aside)
  local wakes = batch.counts.wakes
  wakes[record] = wait_until
  local _ <close> = setmetatable({}, { __close = function()
    wakes[record] = nil
  end })
  aside(async.sleep, wait_until - time.now())
end

local function run_row(batch, record, context, aside)
  local tries, wait_until = { count = 0 }, record.entry.known and record.entry.known.wake_at
  context.keep = keep_in(batch, context)
  local facts = { line = record.line, cells = batch.recipe:cells_text(record), aside = aside, ends_later = true,
    is_done = function(result) return not batch.recipe:is_pending(result or {}) end,
    parks = function(err)
      wait_until = wake_at(batch, tries, err)
      return wait_until
    end }
  while true do
    if wait_until and wait_until > time.now() then
      park(batch, record, wait_until, aside)
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

local function counted(batch, entries)
  batch.begun = 0
  return function()
    local entry = entries()
    batch.begun = batch.begun + (entry and 1 or 0)
    return entry
  end
end

local function work(batch, source, values, total, console)
  local pass = batch.passes and rows_of.passing(batch.run) or nil
  local known = rows_of.with_known(batch.recipe, batch.run, source:entries(pass))
  local chosen = rows_of.chosen(known, rows_of.chooser(batch.wanted))
  local entries = counted(batch, begins_again(batch, within_budget(batch, chosen)))
  local line <close> = progress.start { write = console.progress, say = console.err, bar = true }
  console.line = line
  return recipe_rows.rows(batch.recipe, entries, {
    concurrency = values.concurrency, total = total, context = batch.context, progress = line, say = console.err,
    stop_after = values.stop_after, grace = math.huge, earlier = counts_of(batch.run),
    on_begin = function(counts)
      counts.wakes = {}
      batch.counts = counts
    end,
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

-- What the check of the rows depends on: when it is the same again, so is what comes of it. A row that is not what it
-- was fails on its own when its turn comes.
local function check_mark(facts)
  local script = fs.exists(facts.script) and fs.read(facts.script) or ""
  return ("%s %s"):format(facts.rows_print,
    digest.sha256(script .. "\n" .. table.concat(facts.command, "\n")))
end

local function check_all_rows(source)
  local see, done = rows_of.seen()
  local _ <close> = done
  return source:check(see)
end

-- Gives what an earlier start of the run should know of the check.
local function check_rows(source, console, facts, earlier)
  local mark = check_mark(facts)
  local is_same = earlier ~= nil and earlier.mark == mark
  local ok
  if is_same then
    ok = source:check_again(earlier.count, earlier.empty)
  else
    ok = check_all_rows(source)
  end
  if ok then
    console.err(source:describe())
    return { mark = mark, count = source.count, empty = source.empty }, is_same
  end
  recipe_before.refuse_rows(source, console)
end

-- A person who gives the same rows twice by mistake must not have all of it done twice.
local function check_before(recipe, source, values, facts, console)
  local found = not values.again and before.look(recipe, source, facts)
  if not found then
    return
  elseif config.is_sandbox() or values.check then
    console.err(("Note: %s. %s"):format(found.message, found.hint))
    return
  elseif not console.interactive then
    options.fail(found.message, found.hint)
  end
  console.err(("%s. %s"):format(found.message:gsub("^%l", string.upper), found.hint))
  local answer = console.ask "Do all of it once more, as a new run? [y/N] "
  if not answer or answer:lower():sub(1, 1) ~= "y" then
    error(error_value.new { kind = "cancelled", message = "not confirmed", outcome = "none", exit = 2 }, 0)
  end
end

-- Whether the rows and the profile are right, and there is something to be done: what an earlier start of the run
-- should know of it, and whether it did; or nil.
local function check(recipe, source, values, facts, console, earlier)
  local checked, is_same = check_rows(source, console, facts, earlier)
  recipe_before.check_profile(recipe)
  if not facts.id then
    check_before(recipe, source, values, facts, console)
  end
  if values.check or source.count == 0 then
    console.err(source.count == 0 and "Nothing was done." or "The rows are right; nothing was sent.")
    return nil
  end
  return checked, is_same
end

-- ---------------------------------------------------------------------------------------------------
-- All of it

local function run_batch(batch, source, values, console)
  local started = time.elapsed()
  local _ <close> = recipe_before.end_in_order()
  local outcome = gate.with(batch.limits:gate(), work, batch, source, values, source.count, console)
  if batch.run.broken then
    error(batch.run:broken_error(), 0)
  end
  if batch.wanted and batch.begun == 0 and not outcome.reason and not batch.used_up then
    console.err(("None of the rows that were asked for is to be done again: those that are done or skipped are left as "
      .. "they are, and what is in doubt is for `beadle resolve %s`."):format(batch.run.id))
  end
  return end_of.finish(batch, source, values, outcome, time.elapsed() - started)
end

-- Texts as wide as the terminal is, above the line that says how far the batch is.
local function console_of(given)
  local console = setmetatable({}, { __index = given })
  function console.err_as_is(text)
    if console.line then
      console.line:clear()
    end
    given.err(text)
  end
  function console.err(text)
    local columns = fs.columns "stderr"
    console.err_as_is(columns and pretty.wrap(text, math.max(20, columns - 2), "  ") or text)
  end
  return console
end

local function do_rows(recipe, source, values, facts, console, run, passes)
  run:open_journal()
  local limits <close> = limits_of.new { run = run, rate = values.rate, budgets = values.budget, say = console.err }
  run.limits = limits
  local context = { profile = config.profile(), is_sandbox = config.is_sandbox(), started = time.elapsed(),
    is_single = false }
  console.err(recipe_before.describe_profile(context))
  math.randomseed(run.meta.seed)
  return run_batch({ recipe = recipe, run = run, limits = limits, context = context, wanted = facts.wanted,
    passes = passes, console = console, folder = facts.folder }, source, values, console)
end

local function begin(recipe, source, values, facts, console)
  local checked = check(recipe, source, values, facts, console)
  if not checked then
    return 0
  end
  recipe_before.confirm(recipe, source.count, values, console)
  prune.automatic(console.err)
  local run <close> = durable.new { console = console, accept_changes = values.accept_changes, note = "beadle batch",
    meta = { batch = true, script = facts.script, folder = facts.folder, profile = facts.profile,
      sandbox = config.is_sandbox(), seed = math.random(0), command = facts.command, left_out = facts.left_out,
      recipe = recipe.name, total = source.count, rows = facts.rows_print, rows_file = facts.rows_file,
      rows_print = facts.rows_print, checked = checked } }
  return do_rows(recipe, source, values, facts, console, run)
end

-- The run is had before the rows are looked at, for it may know that they were right.
local function go_on(recipe, source, values, facts, console)
  prune.automatic(console.err)
  local run <close> = durable.open { id = facts.id, console = console, accept_changes = values.accept_changes,
    note = "beadle batch" }
  local checked, is_same = check(recipe, source, values, facts, console, run.meta.checked)
  if not checked then
    return 0
  end
  recipe:check_same_rows(run, source, facts.rows_print)
  run:set_meta { state = "running", total = source.count, rows_file = facts.rows_file, rows_print = facts.rows_print,
    checked = checked }
  return do_rows(recipe, source, values, facts, console, run, is_same and not facts.wanted)
end

function M.run(recipe, values, texts, facts, console)
  console = console_of(console)
  if recipe.spec.rows then
    options.fail(("%s finds its rows itself, and takes no file"):format(recipe.name), "`beadle run` does it.")
  elseif gate.dry_run then
    options.fail("a batch keeps what was done, so it has no dry run",
      ("`beadle run --dry-run %s --rows %s` shows what would be done."):format(facts.script, values.rows))
  end
  local source <close> = input.open(recipe, values.rows, texts, values)
  facts.profile = config.profile()
  facts.rows_file, facts.rows_print = run_reader.absolute(values.rows, facts.folder), source.reader:fingerprint()
  local start = facts.id and go_on or begin
  return start(recipe, source, values, facts, console)
end

return M
