-- SPDX-License-Identifier: MIT
-- A row of a durable run: the gate that its effects pass, what it waits for, and how it ends. For stdlib/durable.lua,
-- which says what a row's facts are.

local async = require "beadle.async"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local settling = require "beadle.durable_settle"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local Row = {} -- each is the gate of what runs in it
Row.__index = Row

function M.current()
  return gate.find(Row)
end

-- ---------------------------------------------------------------------------------------------------
-- What is recorded with other parameters

local function changed_error(run, record, known, differences)
  return error_value.new { kind = "conflict", outcome = "none", durable = true, changed = true,
    operation = record.operation,
    message = ("it was done %s at %s with other parameters (%s)"):format(effects.about(record),
      time.iso(known.ended_at or known.sent_at), table.concat(differences, "; ")),
    hint = ("`beadle resume %s --accept-changes` takes what was done as it is."):format(run.id) }
end

-- Asks one question at a time.
local function ask(run, question)
  while run.asking do
    run.asking:wait()
  end
  run.asking = async.event()
  local ok, answer = pcall(run.console.ask, question)
  run.asking:set()
  run.asking = nil
  return ok and answer and answer:lower():sub(1, 1) == "y"
end

local function check_same(row, record, known)
  local run = row.run
  if not known.params or known.params_hash == record.params_hash or run.accept_changes then
    return
  end
  local err = changed_error(run, record, known, effects.differences(known.params, record.params))
  local question = ("%s: %s\nTake what was done, and send nothing? [y/N] "):format(record.operation, err.message)
  if not (run.console.interactive and ask(run, question)) then
    row.refused, run.has_refused = err, true
    error(err, 0)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The gate of a row

local function recorded(row, record, effect, known)
  check_same(row, record, known)
  if known.error and not known.answer then -- it was done, and its answer could not be read
    error(effects.error(known.error), 0)
  end
  return effects.answer(effect, known.answer)
end

-- Settles what no answer came for, unless the task that asked for it is given up: then the next run does.
local function settle_now(row, record, effect, next_send, err)
  if err and not pcall(task.sleep, 0) then
    row.unsettled = err
    error(err, 0)
  end
  local results = table.pack(pcall(settling.settle, row, record, effect, next_send))
  if not results[1] then
    row.unsettled = record.state == "unknown" and results[2] or row.unsettled
    error(results[2], 0)
  elseif results.n == 1 then -- there is no way to send it from here
    row.unsettled = err
    error(err, 0)
  end
  return results[2]
end

local function first_time(row, record, effect, next_send, known)
  record.before = settling.before(effect)
  local state, result, err = row.run:attempt(record, effect, next_send(), known)
  if state == "unknown" then
    return settle_now(row, record, effect, next_send, err)
  elseif err then
    error(err, 0)
  end
  return result
end

local function pass(row, effect, send)
  local run = row.run
  local stop = row.doubt or row.refused or run.broken
  if stop then
    error(stop, 0)
  end
  row:begin()
  local record = effects.of(row, effect)
  local known = row.known and run:guarded(run.journal.effect, run.journal, record.row, record.operation, record.key,
    record.occurrence)
  local next_send = settling.sender(effect, send)
  if not known then
    return first_time(row, record, effect, next_send)
  elseif known.state == "done" or known.state == "resolved" then
    return recorded(row, record, effect, known)
  elseif known.state == "failed" then
    return first_time(row, record, effect, next_send, known)
  end
  record.sent_at, record.attempts, record.state = known.sent_at, known.attempts, known.state
  record.before = known.before
  return settle_now(row, record, effect, next_send)
end

-- ---------------------------------------------------------------------------------------------------
-- Rows

local function begin(row)
  local journal = row.run:open_journal()
  row.known = row.run:guarded(journal.begin_row, journal, row.key, row.facts, row.was)
  row.begun = true
  row.run:count("rows", row.known and row.known.state, -1)
  row.run:count("rows", "running", 1)
end

-- The journal knows of the row from here on.
function Row:begin()
  while self.beginning do
    self.beginning:wait()
  end
  if self.begun then
    return
  elseif self.run.journal then -- no other task runs meanwhile
    return begin(self)
  end
  self.beginning = async.event()
  local ok, err = pcall(begin, self)
  self.beginning:set()
  self.beginning = nil
  if not ok then
    error(err, 0)
  end
end

local function load_waits(row)
  row.kept_waits = {}
  for _, wait in ipairs(row.known and row.run:guarded(row.run.journal.waits, row.run.journal, row.key) or {}) do
    row.kept_waits[wait.kind .. wait.occurrence] = effects.decode(wait.value)
  end
end

-- next_wait(kind) -> its number in this run of the row, and what is kept of it or nil.
function Row:next_wait(kind)
  self:begin()
  if not self.kept_waits then
    load_waits(self)
  end
  self.waits[kind] = (self.waits[kind] or 0) + 1
  return self.waits[kind], self.kept_waits[kind .. self.waits[kind]]
end

-- keep_wait(kind, number, value): on the disk when it returns.
function Row:keep_wait(kind, number, value)
  self.run:guarded(self.run.journal.set_wait, self.run.journal, self.key, kind, number, value)
end

local function at_once(fn, ...)
  return fn(...)
end

function M.new(run, key, facts)
  return setmetatable({ run = run, key = key, facts = facts, seen = {}, waits = {},
    aside = facts.aside or at_once }, Row)
end

function Row.__call(row, effect, send)
  if M.current() ~= row then -- a row within this one has kept it
    return send()
  end
  return pass(row, effect, send)
end

local function end_state(row, state, facts, later)
  local journal = row.run.journal
  if later then
    journal:end_row_later(row.key, state, facts)
  else
    row.run:guarded(journal.end_row, journal, row.key, state, facts)
  end
  row.ended = true
  row.run:count("rows", "running", -1)
  row.run:count("rows", state, 1)
  row.run:show_status()
end

-- What is left when the row's code has raised. A row that was stopped is still running: it can be gone on with.
local function end_badly(row, err)
  if row.ended or not row.begun then
    return
  end
  local wrong = row.doubt or row.unsettled or err
  if row.doubt then
    end_state(row, "in_doubt", { error = effects.error_text(wrong) }, true)
  elseif not error_value.is(wrong, "cancelled") then
    local wake_at = row.facts.parks and not row.refused and not row.run.broken and row.facts.parks(wrong)
    end_state(row, wake_at and "parked" or "failed", { error = effects.error_text(wrong), wake_at = wake_at or nil },
      true)
  end
end

Row.__close = end_badly

-- A row is only done when all that it asked for is settled, also what its code did not mind.
local function check_settled(row)
  local wrong = row.doubt or row.unsettled or row.refused or row.run.broken
  if wrong then
    error(wrong, 0)
  end
end

-- finish(result): what its code returned; raises when something of the row is not settled.
function Row:finish(result)
  check_settled(self)
  if self.begun then
    local is_done = not self.facts.is_done or self.facts.is_done(result)
    end_state(self, is_done and "done" or "failed", { result = effects.encode(result) }, self.facts.ends_later)
  end
end

return M
