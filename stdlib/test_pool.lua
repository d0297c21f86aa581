-- SPDX-License-Identifier: MIT
-- Runs files of tests in workers, several at once, and gathers what they tell. For runtime/cli/test.lua, which hands
-- in the module that starts processes.
--
-- run_file(job, file, on_change) -> result: { file, tests, broken, seconds }; each test: number, name, place, status
-- ("passed", "failed", "error", "pending", or nil: not run), seconds, failure, calls, out, err, why.
-- job: seed, filter, limit (virtual seconds), timeout (real seconds for one test), clock, real_time, list, bail.

local async = require "beadle.async"
local error_value = require "beadle.error"
local json = require "beadle.json"
local native = require "beadle.test.native"

local M = {}

local EVENTS_FD = 3
local MOST_ERRORS = 4000 -- bytes of what a worker wrote when it broke down

local function worker_arguments(job, file, skip)
  local task = { file = file, seed = job.seed, filter = job.filter, limit = job.limit, list = job.list, bail = job.bail,
    skip = json.array(skip), fd = EVENTS_FD }
  local arguments = { "-E", "--profile", "sandbox", "--seed", tostring(job.seed) }
  if not job.real_time then
    arguments[#arguments + 1] = "--virtual-time" .. (job.clock and "=" .. job.clock or "")
  end
  arguments[#arguments + 1] = "-e"
  arguments[#arguments + 1] = ("require('beadle.test_worker').main(%q)"):format(json.encode(task))
  return arguments
end

-- ---------------------------------------------------------------------------------------------------
-- What a worker tells

local on = {}

function on.file(state, event)
  if state.listed then
    return
  end
  state.listed = true
  for _, test in ipairs(event.tests) do
    state.tests[#state.tests + 1] = test
    state.by_number[test.number] = test
  end
end

on.begin = function(state, event)
  state.running = state.by_number[event.number]
  state.began = native.real_time()
end

on["end"] = function(state, event)
  local test = state.by_number[event.number]
  for _, name in ipairs { "status", "seconds", "failure", "calls", "out", "err", "why" } do
    test[name] = event[name]
  end
  state.running = nil
end

function on.trouble(state, event)
  state.tests[#state.tests + 1] = { name = event.name, status = "error", seconds = 0, failure = event.failure,
    place = event.failure.place }
end

function on.broken(state, event)
  state.broken = event.failure
  state.broken.out = (event.out or "") .. (event.err or "")
end

function on.done(state)
  state.done = true
end

local function take_events(state, bytes)
  state.rest = state.rest .. bytes
  for line in state.rest:gmatch "([^\n]*)\n" do
    local event = json.decode(line)
    on[event.event](state, event)
  end
  state.rest = state.rest:match "[^\n]*$"
end

-- ---------------------------------------------------------------------------------------------------
-- One worker

local function time_left(job, state)
  return state.began and state.running and math.max(job.timeout - (native.real_time() - state.began), 0.001)
    or job.timeout
end

-- Reads until the worker has ended; true when it had to be killed.
local function listen(job, state, worker)
  local killed = false
  while true do
    local ok, stream, bytes = pcall(async.timeout, killed and 60 or time_left(job, state), worker.next, worker)
    if not ok and not error_value.is(stream, "timeout") then
      error(stream, 0)
    elseif not ok then
      killed = true
      worker:kill()
    elseif not stream then
      return killed
    elseif stream == "events" then
      take_events(state, bytes)
    else
      state.said = (state.said .. bytes):sub(-MOST_ERRORS)
    end
  end
end

local function end_of(worker)
  local status, signal = worker:ended()
  return signal and "killed by a signal: " .. signal or ("it ended with exit status %d"):format(status)
end

-- A worker that went away took its test with it, or the whole file when none was running.
local function blame(job, state, worker, killed)
  local message = killed and ("it did not end within %s s of real time"):format(job.timeout)
    or "the process that ran it is gone: " .. end_of(worker)
  if state.said ~= "" then
    message = message .. "\n" .. state.said
  end
  local failure = { message = message, trace = {} }
  if state.running then
    local test = state.running
    test.status, test.failure, test.seconds = "error", failure, native.real_time() - state.began
    failure.place = test.place
    state.running = nil
    return true
  end
  state.broken = failure
  return false
end

local function done_numbers(state)
  local numbers = {}
  for _, test in ipairs(state.tests) do
    if test.status and test.number then
      numbers[#numbers + 1] = test.number
    end
  end
  return numbers
end

local function has_failed(state)
  for _, test in ipairs(state.tests) do
    if test.status == "failed" or test.status == "error" then
      return true
    end
  end
  return state.broken ~= nil
end

-- run_file(spawn, job, file, state): `state` is filled while it runs, so that whoever is interrupted has it.
function M.run_file(spawn, job, file, state)
  local started = native.real_time()
  state.file, state.tests, state.by_number, state.rest, state.said = file, {}, {}, "", ""
  repeat
    local worker = spawn(worker_arguments(job, file, done_numbers(state)))
    local _ <close> = setmetatable({}, { __close = function() worker:kill() end })
    local killed = listen(job, state, worker)
    local goes_on = not state.done and blame(job, state, worker, killed)
    state.rest, state.said = "", ""
  until not goes_on or job.bail
  state.seconds = native.real_time() - started
  state.finished = true
  return state
end

-- run(spawn, job, files, count, on_file) -> list of states: on_file(state) is called for each file that has ended, in
-- the order of the files. With job.bail the first failure ends all.
function M.run(spawn, job, files, count, on_file, states)
  local next_file = 1
  local ok, err = pcall(async.map, files, { concurrency = count }, function(file, index)
    if job.over then
      return
    end
    states[index] = {}
    M.run_file(spawn, job, file, states[index])
    job.over = job.over or job.bail and has_failed(states[index])
    while states[next_file] and states[next_file].finished do
      on_file(states[next_file])
      next_file = next_file + 1
    end
  end)
  for index = next_file, #files do
    if states[index] and states[index].tests then
      on_file(states[index])
    end
  end
  if not ok then
    error(err, 0)
  end
end

return M
