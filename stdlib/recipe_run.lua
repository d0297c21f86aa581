-- SPDX-License-Identifier: MIT
-- Runs the rows of a recipe, several at once. One row's failure does not stop the others; an error that
-- every row would meet does, and so do several rows in a row with the same error, and Ctrl-C: then no new row
-- begins, and those under way may end, after Ctrl-C within a few seconds. For stdlib/recipe.lua.

local async = require "beadle.async"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local memory = require "beadle.durable_memory"
local failure = require "beadle.recipe_failure"
local gate = require "beadle.gate"
local log = require "beadle.log"
local params_of = require "beadle.recipe_params"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local GRACE_S = 10
local TICK_S = 0.5

-- ---------------------------------------------------------------------------------------------------
-- Slots: how many rows may be busy at once. One that sleeps gives its slot away meanwhile.

local Slots = {}
Slots.__index = Slots

local function new_slots(count)
  return setmetatable({ free = count, first = 1, last = 0, queue = {} }, Slots)
end

function Slots:release()
  self.free = self.free + 1
  while self.first <= self.last do
    local turn = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    if not turn.gone then
      turn.event:set()
      return
    end
  end
end

function Slots:acquire()
  while self.free == 0 do
    local turn = { event = async.event() }
    self.last = self.last + 1
    self.queue[self.last] = turn
    local ok, err = pcall(turn.event.wait, turn.event)
    if not ok then
      turn.gone = true
      error(err, 0)
    end
  end
  self.free = self.free - 1
end

-- ---------------------------------------------------------------------------------------------------
-- Stopping

local function stopping_error()
  return error_value.new { kind = "cancelled", message = "the run is being stopped", outcome = "none" }
end

-- No new row begins, and those that only wait end.
local function stop(run, reason)
  if run.stopped then
    return
  end
  run.stopped, run.reason, run.repeated = true, reason, nil
  if run.on_stop then
    run.on_stop(reason)
  end
  for sleeper in pairs(run.sleepers) do
    sleeper:cancel()
  end
end

-- Rows that wait may take their time: until then, nobody should wonder why nothing happens.
local function tell_repeated(run)
  if run.begun < run.counts.total then
    run.progress:clear()
    run.say(("%d rows in a row failed with the same error: no new row begins, those under way may end."):format(
      run.repeated))
  end
end

-- Counts the rows that failed one after the other with the same error. When they are too many, no new row begins;
-- those under way go on, also those that wait, for they may have nothing to do with it. Rows that are ended because
-- the run stops say nothing.
local function note_streak(run, err)
  if run.stopped then
    return
  elseif failure.stops_all(err) then
    stop(run, err)
    return
  end
  run.streak = run.last_error and failure.same(run.last_error, err) and run.streak + 1 or 1
  run.last_error = err
  if run.streak == run.stop_after and not run.repeated then
    run.reason, run.repeated = err, run.streak
    tell_repeated(run)
  end
end

local function begins_none(run)
  return run.stopped or run.repeated ~= nil
end

-- ---------------------------------------------------------------------------------------------------
-- One row

-- Lets others run while this row waits in `wait`; gives the results of that.
local function step_aside(run, record, wait, ...)
  if record.has_slot then
    record.has_slot = false
    run.slots:release()
  end
  run.counts.waiting = run.counts.waiting + 1
  local results = table.pack(pcall(wait, ...))
  run.counts.waiting = run.counts.waiting - 1
  if run.stopped then
    error(stopping_error(), 0)
  elseif not results[1] then
    error(results[2], 0)
  elseif not record.has_slot then
    run.slots:acquire()
    if record.has_slot then -- another task of the row was faster
      run.slots:release()
    end
    record.has_slot = true
  end
  return table.unpack(results, 2, results.n)
end

-- fn(...) in a task that ends early when the run stops. What it raises is this row's alone.
local function wait_in(run, fn, ...)
  local sleeper = async.spawn(function(...)
    return table.pack(pcall(fn, ...))
  end, ...)
  run.sleepers[sleeper] = true
  local ok, results = pcall(sleeper.wait, sleeper)
  run.sleepers[sleeper] = nil
  if not ok then
    sleeper:cancel()
    error(results, 0)
  elseif not results[1] then
    error(results[2], 0)
  end
  return table.unpack(results, 2, results.n)
end

local function aside(run, record, fn, ...)
  if run.stopped then
    error(stopping_error(), 0)
  end
  return step_aside(run, record, wait_in, run, fn, ...)
end

-- All that the row has called so far is done, and known. A run that goes on has the value for --failed.
local function keep_row(run, record, value)
  record.kept, record.calls = value, {}
  local row = not run.run_row and durable.current()
  if row then
    row:keep_wait("kept", 1, value)
  end
end

local function row_context(run, record)
  return setmetatable({
    line = record.line,
    did = function(text)
      record.before[#record.before + 1] = text
    end,
    keep = function(value)
      keep_row(run, record, value)
    end,
    remember = memory.remember,
    sleep = function(duration)
      aside(run, record, async.sleep, time.seconds(duration))
    end,
    aside = function(fn, ...)
      return aside(run, record, fn, ...)
    end,
  }, { __index = run.context })
end

-- Waits until no other row with the same key is under way.
local function take_turn(run, record, key)
  while run.turns[key] do
    local event = run.turns[key]
    step_aside(run, record, event.wait, event)
  end
  run.turns[key] = async.event()
end

local function end_turn(run, key)
  local event = run.turns[key]
  run.turns[key] = nil
  event:set()
end

local function count_failure(run, record)
  local what = run.on_end and record.in_doubt and "in_doubt" or "failed"
  run.counts[what] = run.counts[what] + 1
end

-- A durable run can go on with a row that was only stopped.
local function is_stopped_row(run, err, in_doubt)
  return run.on_end and run.stopped and error_value.is(err, "cancelled") and not in_doubt
end

local function note_failure(run, record, err, in_doubt)
  if is_stopped_row(run, err, in_doubt) then
    record.state = "stopped"
    return
  end
  record.in_doubt = in_doubt
  err = failure.copy(err)
  err.row, err.outcome = record.line, failure.outcome(err, record.calls)
  if run.stopped and err.operation and error_value.is(err, "cancelled") then
    err.message = "stopped before its answer came"
  end
  if err.kind == "script" and err.traceback and not run.stopped then
    log.debug(err.traceback)
  end
  record.state, record.error = "failed", err
  count_failure(run, record)
  note_streak(run, err)
end

local function note_success(run, record, result)
  record.state, record.result = "done", result or {}
  record.pending = run.recipe:is_pending(record.result)
  record.cells = record.pending and record.cells or nil
  run.counts.done = run.counts.done + 1
  run.counts.pending = run.counts.pending + (record.pending and 1 or 0)
  run.last_error = nil
end

-- What a durable run keeps of the row.
local function facts_of(run, record)
  return {
    line = math.type(record.line) == "integer" and record.line or nil, cells = run.recipe:cells_text(record),
    aside = function(fn, ...) return aside(run, record, fn, ...) end,
    is_done = function(result) return not run.recipe:is_pending(result or {}) end,
  }
end

-- The row's own code, behind the gate `note`; in a durable run, as a row of that.
local function in_row(run, record, note)
  if run.run_row then
    return gate.with(note, run.run_row, record, row_context(run, record), function(fn, ...)
      return aside(run, record, fn, ...)
    end)
  end
  local durably = durable.active()
  if not durably then
    return gate.with(note, run.recipe.row, record.row, row_context(run, record))
  end
  return (durably:row(run.recipe:row_key(record), facts_of(run, record), gate.with, note, run.recipe.row, record.row,
    row_context(run, record)))
end

-- The row's own code is a task of its own: when Ctrl-C meets a task while it computes, every further step of
-- that task raises, and what is kept about the row must not be lost with it. Its error is kept beside, for when
-- the run is cancelled, only that error knows which call was under way.
local function attempt(run, record)
  local body = async.spawn(function()
    local function note(effect, send)
      if not gate.dry_run then
        record.calls[#record.calls + 1] = effect.operation
      end
      return send()
    end
    task.set_label(run.recipe.spec.rows and ("row %d"):format(record.index) or ("line %d"):format(record.line))
    local ok, result = failure.call(in_row, run, record, note)
    if not ok then
      record.own_error = result
      error(result, 0)
    end
    return result
  end)
  return body:wait()
end

-- A durable run that stays knows what became of each call, and says itself what is in doubt. An errand leaves its rows
-- to --failed, and they are begun anew.
local function in_doubt(run, err, record)
  if durable.active() and not run.errand then
    return err.in_doubt or false
  end
  return err.in_doubt or failure.in_doubt(err, record.calls)
end

local function run_row(run, record)
  local alone = run.recipe.one_at_a_time
  local key = alone and params_of.key(run.recipe.params, { alone }, record.row)
  if begins_none(run) or key and not pcall(take_turn, run, record, key) then
    return
  elseif begins_none(run) then -- while it waited for its turn
    end_turn(run, key)
    return
  end
  record.state = "running"
  local ok, result = pcall(async.scope, attempt, run, record)
  if ok then
    note_success(run, record, result)
  else
    local err = failure.copy(error_value.is(result, "cancelled") and record.own_error or result)
    note_failure(run, record, err, in_doubt(run, err, record))
  end
  if key then
    end_turn(run, key)
  end
  run.progress:update(run.counts)
end

local function row_task(run, record)
  if record.problem then
    note_failure(run, record, error_value.new { kind = "argument", outcome = "none",
      message = "the file was changed while it was read: " .. record.problem })
  else
    run_row(run, record)
  end
  if run.on_end then
    run.live[record] = nil
    run.on_end(record)
  end
  if record.has_slot then
    record.has_slot = false
    run.slots:release()
  end
end

-- ---------------------------------------------------------------------------------------------------
-- All rows

local function next_entry(run, entries)
  if begins_none(run) then
    return nil
  end
  local ok, entry = pcall(entries)
  if not ok then
    stop(run, entry)
    return nil
  end
  return entry
end

-- take_earlier(run, entry) -> whether nothing more is to be done with the row, for it came to its end in an earlier
-- start of the run. Then it is one of the run's records.
function M.take_earlier(run, entry)
  local earlier = run.errand and run.errand:ended(entry)
  if not earlier then
    return false
  end
  local record = { index = entry.index, line = entry.line, cells = entry.cells, row = entry.row, calls = {} }
  for name, value in pairs(earlier) do
    record[name] = value
  end
  run.begun = run.begun + 1
  run.records[#run.records + 1] = record
  run.counts[record.state] = run.counts[record.state] + 1
  run.counts.pending = run.counts.pending + (record.pending and 1 or 0)
  return true
end

local function next_new_entry(run, entries)
  local entry
  repeat
    entry = next_entry(run, entries)
  until not entry or not M.take_earlier(run, entry)
  return entry
end

local function start_rows(run, entries)
  while true do
    run.slots:acquire()
    local entry = next_new_entry(run, entries)
    if not entry then
      run.slots:release() -- rows that wait go on in it
      return
    end
    local record = { index = entry.index, line = entry.line, cells = entry.cells, row = entry.row,
      entry = entry, problem = entry.problem, state = "not_run",
      before = {}, kept = run.errand and run.errand:kept(entry), calls = {}, has_slot = true }
    run.begun = run.begun + 1
    if run.on_end then
      run.live[record] = true
    else
      run.records[#run.records + 1] = record
    end
    async.spawn(row_task, run, record)
  end
end

local function tick(run)
  while true do
    async.sleep(TICK_S)
    run.progress:update(run.counts)
  end
end

-- After Ctrl-C: rows under way may end, within limits.
local function stop_gently(run, starter, reason)
  stop(run, reason)
  run.slots:release() -- wakes the starter, which sees that it is over
  run.counts.stopping = true
  run.progress:clear()
  run.say "Stopping: no new row begins, those under way may end. Ctrl-C again stops them too."
  local until_at = time.elapsed() + run.grace
  while starter:status() == "running" and time.elapsed() < until_at do
    if not pcall(async.sleep, 0.05) then -- Ctrl-C again
      run.progress:clear()
      run.say "Stopping those under way too."
      break
    end
  end
  starter:cancel()
end

local function work(run, entries)
  local ticker = not time.is_virtual() and async.spawn(tick, run)
  local starter = async.spawn(start_rows, run, entries) -- ends when its rows have
  local ok, err = pcall(starter.wait, starter)
  if not ok then
    stop_gently(run, starter, err)
  end
  if ticker then
    ticker:cancel()
  end
end

-- rows(recipe, entries, settings) -> run: {records, counts, reason}. Settings: concurrency, total, context,
-- progress, say, stop_after, errand (stdlib/recipe_errand.lua); for batches (stdlib/batch.lua) run_row(record, context,
-- aside), which runs a row, on_end(record), with which records are not kept, earlier, the counts of rows that ended in
-- an earlier program, grace, for how many seconds after Ctrl-C rows may go on, on_begin(counts), and on_stop, called
-- when none may begin any more.
-- `reason` is the error for which rows were left out; its kind is "cancelled" after Ctrl-C; `repeated` says how many
-- rows had met it one after the other, where that was why. A record is {index, line, state, row, result, pending,
-- error, before, calls, in_doubt, cells}; state is "done", "failed" or "not_run".
function M.rows(recipe, entries, settings)
  local run = {
    recipe = recipe, context = settings.context, progress = settings.progress, say = settings.say,
    slots = new_slots(settings.concurrency), records = {}, sleepers = {}, turns = {},
    stop_after = settings.stop_after, errand = settings.errand, streak = 0,
    counts = { done = 0, failed = 0, total = settings.total, waiting = 0, pending = 0, in_doubt = 0 },
    begun = 0, live = {}, run_row = settings.run_row, on_end = settings.on_end, on_stop = settings.on_stop,
    grace = settings.grace or GRACE_S,
  }
  for name, count in pairs(settings.earlier or {}) do
    run.counts[name] = count
  end
  if settings.on_begin then
    settings.on_begin(run.counts)
  end
  run.counts.earlier = run.counts.done + run.counts.failed + run.counts.in_doubt
  local ok, err = pcall(async.scope, work, run, entries)
  if not ok then
    stop(run, err)
  end
  for record in pairs(run.live) do
    run.records[#run.records + 1] = record
  end
  for _, record in ipairs(run.records) do
    if record.state == "running" then
      local stopped = error_value.new { kind = "cancelled", message = "it was stopped in the middle" }
      note_failure(run, record, stopped, in_doubt(run, stopped, record))
    end
  end
  return run
end

return M
