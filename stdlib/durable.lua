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
-- with other parameters is taken as it is recorded), note (what others see who want the run too), quiet (its id is not
-- told when it begins); of `new` also id.
-- run:row(key, facts, fn, ...) -> what fn returns, a value that JSON can hold; or, of a row that is done, what it
-- returned then, and true. Its state is kept: "done"; "in_doubt" and "failed" when it raises, "skipped". Raises fn's
-- error, with `in_doubt` and `durable` set where a person must decide. facts: line, cells (JSON), lazy (nothing is
-- kept before the first effect), aside (a function that runs fn(...) while the row only waits), is_done(result)
-- (whether nothing is left to do in the row; else it is "failed", and runs again), parks(err) (until when the row is
-- "parked" instead of "failed"), again (this program had the row before), ends_later (that the row is done is not
-- waited for: whatever is asked of the run afterwards comes behind it, or raises).
-- run.limits, when set, is asked before an effect is sent (stdlib/limits.lua).
-- durable.current() -> the row of this task, or nil;  durable.active() -> the program's run, or nil

local async = require "beadle.async"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local journal_of = require "beadle.run_journal"
local rows = require "beadle.durable_row"
local runs = require "beadle.runs"
local time = require "beadle.time"

local M = {}

local STATUS_S = 1

local active

function M.active()
  return active
end

M.current = rows.current

-- ---------------------------------------------------------------------------------------------------
-- The run

local Run = {}
Run.__index = Run

-- What `beadle runs` shows of a run that somebody has. It says nothing that the journal does not know.
function Run:show_status(at_once)
  local now = time.elapsed()
  if at_once or not self.shown or now - self.shown >= STATUS_S then
    self.shown = now
    pcall(runs.show_status, self.id, self.meta, self, self.state) -- a run that cannot be looked at goes on
  end
end

local function make_journal(run)
  fs.make_folder(runs.folder())
  run.journal = journal_of.create { path = runs.path_of(run.id), meta = run.meta, note = run.holder_note }
  run:show_status(true)
  if run.quiet then
    return
  end
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

-- count(what, state, step): `what` is "rows" or "effects"; no state: nothing.
function Run:count(what, state, step)
  if state then
    self[what][state] = (self[what][state] or 0) + step
  end
end

-- Keeps what came of an effect without waiting for the disk.
function Run:note(record, state, facts)
  self:count("effects", record.state, -1)
  self.journal:outcome_later(record, state, facts)
  self:count("effects", state, 1)
  self:show_status()
end

local function not_kept(run, err)
  if error_value.is(err, "conflict") then
    return error_value.new { kind = "argument", outcome = "none", durable = true, cause = err,
      message = "another row of this run has the same key, and did the same" }
  elseif not error_value.is(err, "cancelled") then
    run.broken = error_value.new { kind = "io", outcome = "none", durable = true, cause = err,
      message = ("the journal of the run %s cannot be written: %s"):format(run.id,
        error_value.is(err) and err.message or tostring(err)),
      hint = "Free space or mend the disk, then `beadle resume " .. run.id .. "`." }
    return run.broken
  end
  return err
end

local function results_of(run, ok, ...)
  if not ok then
    error(not_kept(run, (...)), 0)
  end
  return ...
end

-- Nothing is sent any more once something could not be kept.
function Run:guarded(fn, ...)
  if self.broken then
    error(self.broken, 0)
  end
  return results_of(self, pcall(fn, ...))
end

local function intend(run, record, known)
  run:count("effects", known and (record.state or known.state), -1)
  run:guarded(run.journal.intent, run.journal, record, known)
  run:count("effects", "intent", 1)
end

-- What a call that raised has done at the other side.
local STATES = { none = "failed", done = "done" }

-- What was lost of an effect that can be settled is found out again, so nobody waits for the disk. Of others only this
-- says that they happened.
local function keep_outcome(run, record, text)
  if record.probe ~= "none" then
    run.journal:outcome_later(record, "done", { answer = text })
    return true
  end
  return pcall(run.guarded, run, run.journal.outcome, run.journal, record, "done", { answer = text })
end

local function keep_answer(run, record, effect, result)
  local text = effects.answer_text(effect, result)
  local ok, err = keep_outcome(run, record, text)
  run:count("effects", "intent", -1)
  run:count("effects", "done", 1)
  run:show_status()
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

-- The state that an error leaves the effect in. Done, of which no answer can be read: what tells knows the result too.
-- judge(err) is given when it was sent again: its verdict is about all sendings (catalogue/probe.lua).
local function state_after(record, err, judge)
  if judge then
    local verdict, result = judge(err)
    return verdict == "happened" and "done" or verdict == "not" and "failed" or "unknown", result
  end
  local state = STATES[error_value.is(err) and err.outcome] or "unknown"
  return state == "done" and record.probe ~= "none" and "unknown" or state
end

-- attempt(record, effect, send, known [, judge]) -> "done" and the result; or "failed", "unknown" or "done", nil, and
-- the error.
function Run:attempt(record, effect, send, known, judge)
  if self.limits then
    self.limits:before(record, effect)
  end
  intend(self, record, known)
  local ok, result = pcall(send)
  local state, found
  if not ok then
    state, found = state_after(record, result, judge)
  end
  if ok or found then
    local answer = found or result
    keep_answer(self, record, effect, answer)
    return "done", answer
  end
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
  for _, text in ipairs(self:guarded(self.journal.answers, self.journal, record.operation, record.key)) do
    list[#list + 1] = effects.decode(text)
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Its rows

local function was_done(known)
  return known and (known.state == "done" or known.state == "skipped")
end

function Run:row(key, facts, fn, ...)
  local known = (self.resumed or facts.again) and self:guarded(self.journal.row, self.journal, key)
  if was_done(known) then
    return effects.decode(known.result), true
  end
  local row = rows.new(self, key, facts)
  row.was = known or false
  if not facts.lazy or known then
    row:begin()
  end
  local _ <close> = row
  local results = table.pack(async.scope(gate.with, row, fn, ...))
  row:finish(results[1])
  return table.unpack(results, 1, results.n)
end

-- known_rows(keys) -> what the journal knows of these rows, by key.
function Run:known_rows(keys)
  local known = {}
  if self.journal then
    for _, row in ipairs(self:guarded(self.journal.rows_of, self.journal, keys)) do
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
    self:guarded(journal.set_meta, journal, { [name] = value })
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
    holder_note = options.note, quiet = options.quiet, state = "running", rows = {}, effects = {},
    meta = options.meta or {}, started = time.now() }, Run)
end

function M.new(options)
  local run = make(options.id or runs.new_id(), options)
  run.meta.started = run.started
  return activate(run)
end

function M.open(options)
  local run = make(options.id, options)
  run.resumed = true
  run.journal = journal_of.open { path = runs.path_of(run.id), note = options.note }
  local ok, err = pcall(function()
    run.meta = run.journal:meta()
    local counts = run.journal.counts_then
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
    self:guarded(self.journal.set_meta, self.journal, values)
  end
end

-- end_main(key): of a row whose code is over without coming back; from where nothing can be waited for.
function Run:end_main(key)
  if self.journal and (self.rows.running or 0) > 0 then
    self.journal:end_row_later(key, "done", {})
    self.rows.running, self.rows.done = self.rows.running - 1, (self.rows.done or 0) + 1
  end
end

-- What a run that could not be kept says of itself as a whole: not that nothing was sent.
function Run:broken_error()
  return error_value.new { kind = "io", durable = true, hint = self.broken.hint,
    message = self.broken.message .. "; nothing more was sent then, and what was done before is kept" }
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
  self:show_status(true)
end

Run.__close = Run.close

return M
