-- SPDX-License-Identifier: MIT
-- The clock of a recipe's program whose vendors are played by another process: both clocks go alike, and while the
-- program only waits, both move on to what it waits for, or to what happens at a vendor before that. For
-- stdlib/crash_child.lua.
--
-- install(sandbox)   from here on the clock is that of the sandbox, a value of sandbox.at()
-- busy(fn, ...) -> results of fn, while which no clock moves on: the program waits for an answer

local async = require "beadle.async"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

-- A shorter sleep takes its time. Our assumption: it is a pause between requests, or something that looks now and then
-- how far all is, and would otherwise drive the clock.
local SHORTEST_S = 2
-- Nothing is under way when so many looks, so far apart, have found nothing: a call of a vendor takes that long at most
-- from one process of this machine to the other.
local LOOKS, BETWEEN_S = 3, 0.01

local plain_sleep, plain_now, plain_elapsed, plain_iso = task.sleep, time.now, time.elapsed, time.iso
local plain_time, plain_date = os.time, os.date

local sandbox
local ahead, passed = 0, 0 -- seconds: before the clock of the machine, and moved on since the program began
local in_flight = 0
local sleepers = {} -- until when, each a table { at = }
local moving = false

local function now()
  return plain_now() + ahead
end

function M.busy(fn, ...)
  in_flight = in_flight + 1
  local _ <close> = setmetatable({}, { __close = function() in_flight = in_flight - 1 end })
  return fn(...)
end

local function first_sleeper()
  local first
  for _, each in ipairs(sleepers) do
    first = first and first.at <= each.at and first or each
  end
  return first
end

-- Moves both clocks on, to what comes first.
local function move_on(at)
  moving = true
  local _ <close> = setmetatable({}, { __close = function() moving = false end })
  local told = sandbox.advance(math.max(at - now(), 0), true)
  local step = told.now - now()
  if step > 0 then
    ahead, passed = ahead + step, passed + step
  end
  return told.happened or told.calling > 0
end

local function wait_until(sleeper)
  local quiet = 0
  while now() < sleeper.at do
    plain_sleep(math.min(BETWEEN_S, math.max(sleeper.at - now(), 0)))
    local is_quiet = in_flight == 0 and not moving and first_sleeper() == sleeper
    quiet = is_quiet and quiet + 1 or 0
    if quiet >= LOOKS and move_on(sleeper.at) then
      quiet = 0
    end
  end
end

local function sleep(duration)
  local seconds = time.seconds(duration)
  if seconds < SHORTEST_S then
    return plain_sleep(duration)
  end
  local sleeper = { at = now() + seconds }
  table.insert(sleepers, sleeper)
  local _ <close> = setmetatable({}, { __close = function()
    for index, each in ipairs(sleepers) do
      if each == sleeper then
        table.remove(sleepers, index)
        break
      end
    end
  end })
  wait_until(sleeper)
end

function M.install(its_sandbox)
  sandbox = its_sandbox
  ahead = sandbox.advance(0).now - plain_now()
  task.sleep, async.sleep = sleep, sleep
  time.now = now
  time.elapsed = function() return plain_elapsed() + passed end
  time.iso = function(at) return plain_iso(at or now()) end
  rawset(os, "time", function(parts) return parts and plain_time(parts) or math.floor(now()) end)
  rawset(os, "date", function(format, at) return plain_date(format or "%c", at or math.floor(now())) end)
end

return M
