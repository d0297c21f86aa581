-- SPDX-License-Identifier: MIT
-- beadle.durable: runs whose effects happen once, whatever stops the program. Before an effect is sent, the run's
-- journal (beadle.run_journal) knows of it, and afterwards what came of it. After a stop the code runs again from its
-- begin: an effect whose outcome is known gives the recorded result and is not sent; one of which it is not known is
-- settled, and only then sent again, or put before a person. An effect is known again by its row, operation, natural
-- key, and how often the row has asked for the same.
--
--   local run <close> = durable.open { id = id }     an earlier run goes on; durable.new { meta = {...} } begins one
--   local result, was_known = run:row("ada@example.org", { line = 2, cells = "..." }, fn, ...)
--
-- Options of both: console ({ err, ask, interactive }, as recipes have it), accept_changes (an effect that is recorded
-- with other parameters is taken as it is recorded), note (what others see who want the run too).
-- run:row(key, facts, fn, ...) -> what fn returns, a value that JSON can hold; or, of a row that is done, what it
-- returned then, and true. Its state is kept: "done"; "in_doubt" and "failed" when it raises, "skipped". Raises fn's
-- error, with `in_doubt` and `durable` set where a person must decide. facts: line, cells (JSON), lazy (nothing is
-- kept before the first effect), aside (a function that runs fn(...) while the row only waits), is_done(result)
-- (whether nothing is left to do in the row; else it is "failed", and runs again), parks(err) (until when the row is
-- "parked" instead of "failed"), again (this program had the row before).
-- run.limits, when set, is asked before an effect is sent (stdlib/limits.lua).
-- durable.current() -> the row of this task, or nil;  durable.active() -> the program's run, or nil

local async = require "beadle.async"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local journal_of = require "beadle.run_journal"
local runs = require "beadle.runs"
local settling = require "beadle.durable_settle"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local STATUS_S = 1

local rows = setmetatable({}, { __mode = "k" }) -- by their gate
local active

function M.current()
  return gate.find(rows)
end

function M.active()
  return active
end

-- ---------------------------------------------------------------------------------------------------
-- The run

local Run = {}
Run.__index = Run

-- What `beadle runs` shows of a run that somebody has. It says nothing that the journal does not know.
local function show_status(run, at_once)
  local now = time.elapsed()
  if at_once or not run.shown or now - run.shown >= STATUS_S then
    run.shown = now
    pcall(runs.show_status, run.id, run.meta, run, run.state) -- a run that cannot be looked at goes on
  end
end

local function make_journal(run)
  fs.make_folder(runs.folder())
  run.journal = journal_of.create { path = runs.path_of(run.id), meta = run.meta, note = run.holder_note }
  show_status(run, true)
  run.console.err(("Run %s: after a stop, `beadle resume %s` goes on."):format(run.id, run.id))
end

-- The journal, made when it is first needed.
function Run:open_journal()
  while self.making do
    self.making:wait()
  end
  if not self.journal then
    self.making = async.event()
    local ok, err = pcall(make_journal, self)
    self.making:set()
    self.making = nil
    if not ok then
      error(err, 0)
    end
  end
  return self.journal
end

local function count(run, what, state, step)
  if state then
    run[what][state] = (run[what][state] or 0) + step
  end
end

-- Keeps what came of an effect without waiting for the disk.
function Run:note(record, state, facts)
  count(self, "effects", record.state, -1)
  self.journal:outcome_later(record, state, facts)
  count(self, "effects", state, 1)
  show_status(self)
end

-- Nothing is sent any more once something could not be kept.
local function guard(run, fn, ...)
  if run.broken then
    error(run.broken, 0)
  end
  local results = table.pack(pcall(fn, ...))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  local err = results[2]
  if error_value.is(err, "conflict") then
    error(error_value.new { kind = "argument", outcome = "none", durable = true, cause = err,
      message = "another row of this run has the same key, and did the same" }, 0)
  elseif not error_value.is(err, "cancelled") then
    run.broken = error_value.new { kind = "io", outcome = "none", durable = true, cause = err,
      message = ("the journal of the run %s cannot be written: %s"):format(run.id,
        error_value.is(err) and err.message or tostring(err)),
      hint = "Nothing more was sent. Free space or mend the disk, then `beadle resume " .. run.id .. "`." }
    err = run.broken
  end
  error(err, 0)
end

local function intend(run, record, known)
  count(run, "effects", known and (record.state or known.state), -1)
  guard(run, run.journal.intent, run.journal, record, known)
  count(run, "effects", "intent", 1)
end

-- What a call that raised has done at the other side.
local STATES = { none = "failed", done = "done" }

local function keep_answer(run, record, effect, result)
  local text = effects.answer_text(effect, result)
  local ok, err = pcall(guard, run, run.journal.outcome, run.journal, record, "done", { answer = text })
  count(run, "effects", "intent", -1)
  count(run, "effects", "done", 1)
  show_status(run)
  if ok then
    return
  end
  run.journal:outcome_later(record, "done", { answer = text }) -- a task that is cancelled cannot wait
  if error_value.is(err, "cancelled") then
    error(err, 0)
  end
  error(error_value.new { kind = "io", outcome = "done", durable = true, operation = record.operation,
    message = ("it was done %s, and that could not be kept: %s"):format(effects.about(record), err.message),
    hint = err.hint }, 0)
end

-- attempt(record, effect, send, known [, accept]) -> "done" and the result; or "failed", "unknown" or "done", nil, and
-- the error. accept(err) may give the result that an error means.
function Run:attempt(record, effect, send, known, accept)
  if self.limits then
    self.limits:before(record, effect)
  end
  intend(self, record, known)
  local ok, result = pcall(send)
  local accepted = not ok and accept and accept(result)
  if ok or accepted then
    keep_answer(self, record, effect, accepted or result)
    return "done", accepted or result
  end
  local state = STATES[error_value.is(result) and result.outcome] or "unknown"
  self:note(record, state, { error = effects.error_text(result) })
  if self.limits and state == "failed" then
    self.limits:give_back(record)
  end
  return state, nil, result
end

-- once(...) -> the result, or raises the error.
function Run:once(record, effect, send, known)
  local _, result, err = self:attempt(record, effect, send, known)
  if err then
    error(err, 0)
  end
  return result
end

-- answers_like(record) -> what other effects of the same operation with the same key were answered.
function Run:answers_like(record)
  local list = {}
  for _, text in ipairs(guard(self, self.journal.answers, self.journal, record.operation, record.key)) do
    list[#list + 1] = effects.decode(text)
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- What is recorded with other parameters

local function changed_error(run, record, known, differences)
  return error_value.new { kind = "conflict", outcome = "none", durable = true, operation = record.operation,
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
  local question = ("%s\nTake what was done, and send nothing? [y/N] "):format(err.message)
  if not (run.console.interactive and ask(run, question)) then
    row.refused = err
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
  local known = row.known and guard(run, run.journal.effect, run.journal, record.row, record.operation, record.key,
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

local Row = {}
Row.__index = Row

-- The journal knows of the row from here on.
function Row:begin()
  while self.beginning do
    self.beginning:wait()
  end
  if self.begun then
    return
  end
  self.beginning = async.event()
  local ok, err = pcall(function()
    local journal = self.run:open_journal()
    self.known = guard(self.run, journal.begin_row, journal, self.key, self.facts, self.was)
  end)
  self.begun = ok
  self.beginning:set()
  self.beginning = nil
  if not ok then
    error(err, 0)
  end
  count(self.run, "rows", self.known and self.known.state, -1)
  count(self.run, "rows", "running", 1)
end

local function load_waits(row)
  row.kept_waits = {}
  for _, wait in ipairs(row.known and guard(row.run, row.run.journal.waits, row.run.journal, row.key) or {}) do
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
  guard(self.run, self.run.journal.set_wait, self.run.journal, self.key, kind, number, value)
end

local function new_row(run, key, facts)
  local row = setmetatable({ run = run, key = key, facts = facts, seen = {}, waits = {},
    aside = facts.aside or function(fn, ...) return fn(...) end }, Row)
  row.gate = function(effect, send)
    if M.current() ~= row then -- a row within this one has kept it
      return send()
    end
    return pass(row, effect, send)
  end
  rows[row.gate] = row
  return row
end

local function end_state(row, state, facts, later)
  local journal = row.run.journal
  if later then
    journal:end_row_later(row.key, state, facts)
  else
    guard(row.run, journal.end_row, journal, row.key, state, facts)
  end
  row.ended = true
  count(row.run, "rows", "running", -1)
  count(row.run, "rows", state, 1)
  show_status(row.run)
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

-- A row is only done when all that it asked for is settled, also what its code did not mind.
local function check_settled(row)
  local wrong = row.doubt or row.unsettled or row.refused or row.run.broken
  if wrong then
    error(wrong, 0)
  end
end

local function was_done(known)
  return known and (known.state == "done" or known.state == "skipped")
end

function Run:row(key, facts, fn, ...)
  local known = (self.resumed or facts.again) and guard(self, self.journal.row, self.journal, key)
  if was_done(known) then
    return effects.decode(known.result), true
  end
  local row = new_row(self, key, facts)
  row.was = known or false
  if not facts.lazy or known then
    row:begin()
  end
  local _ <close> = setmetatable({}, { __close = function(_, err)
    end_badly(row, err)
  end })
  local results = table.pack(async.scope(gate.with, row.gate, fn, ...))
  check_settled(row)
  if row.begun then
    local is_done = not facts.is_done or facts.is_done(results[1])
    end_state(row, is_done and "done" or "failed", { result = effects.encode(results[1]) })
  end
  return table.unpack(results, 1, results.n)
end

-- known_rows(keys) -> what the journal knows of these rows, by key.
function Run:known_rows(keys)
  local known = {}
  if self.journal then
    for _, row in ipairs(guard(self, self.journal.rows_of, self.journal, keys)) do
      known[row.key] = row
    end
  end
  return known
end

-- same(name, value): a fact that must be as it was when the run began, such as a file's fingerprint. Gives true, and
-- keeps it when it is new.
function Run:same(name, value)
  local journal = self:open_journal()
  local kept = self.meta[name]
  if kept == nil then
    self.meta[name] = value
    guard(self, journal.set_meta, journal, { [name] = value })
    return true
  end
  return kept == value
end

-- ---------------------------------------------------------------------------------------------------
-- Beginning and ending

local function nobody()
  return { err = function() end, ask = function() end, interactive = false }
end

local function activate(run)
  if active then
    error(error_value.new { kind = "argument", outcome = "none", message = "a program has one durable run" }, 0)
  end
  active = run
  require("beadle.durable_wait").install()
  return run
end

local function make(id, options)
  return setmetatable({ id = id, console = options.console or nobody(), accept_changes = options.accept_changes,
    holder_note = options.note, state = "running", rows = {}, effects = {}, meta = options.meta or {},
    started = time.now() }, Run)
end

function M.new(options)
  local run = make(runs.new_id(), options)
  run.meta.started = run.started
  return activate(run)
end

function M.open(options)
  local run = make(options.id, options)
  run.resumed = true
  run.journal = journal_of.open { path = runs.path_of(run.id), note = options.note }
  local ok, err = pcall(function()
    run.meta = run.journal:meta()
    local counts = run.journal:counts()
    run.rows, run.effects, run.started = counts.rows, counts.effects, run.meta.started
  end)
  if not ok then
    run.journal:close()
    error(err, 0)
  end
  return activate(run)
end

-- set_meta(values): facts of the run, also before its journal is there.
function Run:set_meta(values)
  for name, value in pairs(values) do
    self.meta[name] = value
  end
  if self.journal then
    guard(self, self.journal.set_meta, self.journal, values)
  end
end

-- finish(state): "done", "failed" or "stopped".
function Run:finish(state)
  self.state = state
  self:close()
end

function Run:close()
  if active == self then
    active = nil
  end
  if not self.journal then
    return
  end
  if self.state == "running" then
    self.state = "stopped"
  end
  self.journal:set_meta_later { state = self.state, ended = time.now() }
  self.journal:close()
  self.journal = nil
  show_status(self, true)
end

Run.__close = Run.close

return M
