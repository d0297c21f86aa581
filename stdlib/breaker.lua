-- SPDX-License-Identifier: MIT
-- beadle.breaker: spares a host that is down. After FAILURES calls in a row have failed there for want of the network
-- or by a fault of the server, calls wait; one at a time tries whether it is back, and when it is, all go on. This is
-- the "circuit breaker" of M. Nygard, "Release It!", with calls that wait instead of failing.
--
--   local breaker = breaker_of.new { say = function(text) end }
--   breaker:enter(host)          waits while the host is down; raises "cancelled" after breaker:stop(). true: this is
--                                the call that tries
--   breaker:note(host, err, began, at)   what came of a call there that began then (time.elapsed); nil: it was
--                                answered. `at`: the host that failed, where it is another, as that of the tokens
--   breaker:hold(host, at)       the host asked for a pause: nothing goes there before that moment
--   breaker:is_open(host)        whether calls wait

local error_value = require "beadle.error"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

-- Our assumptions: few enough that a host that is down gets hardly more requests than there are rows under way, and
-- often enough that it is not left alone long after it is back.
local FAILURES = 5
local FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 2
local TICK_S = 0.25
local TRIAL_S = 3 -- another one tries while nothing is heard of the one before

local FAULTS = { network = true, timeout = true, server = true }

local Breaker = {}
Breaker.__index = Breaker

function M.new(options)
  return setmetatable({ hosts = {}, say = options.say }, Breaker)
end

local function host_of(self, name)
  local host = self.hosts[name]
  if not host then
    host = { failures = 0, until_at = 0, pause = FIRST_PAUSE_S }
    self.hosts[name] = host
  end
  return host
end

local function now()
  return time.elapsed()
end

local function is_open(host)
  return host.is_open or host.until_at > now()
end

function Breaker:is_open(name)
  return is_open(host_of(self, name))
end

-- Whether this call may be the one that tries.
local function may_try(host)
  if host.until_at > now() or host.trial and now() - host.trial < TRIAL_S then
    return false
  end
  host.trial = now()
  return true
end

function Breaker:enter(name)
  local host = host_of(self, name)
  while is_open(host) do
    if may_try(host) then
      return true
    end
    if self.stopped then
      error(error_value.new { kind = "cancelled", outcome = "none", message = "the run is being stopped" }, 0)
    end
    local left = host.until_at - now()
    task.sleep(left > 0 and math.min(TICK_S, left) or TICK_S)
  end
  return false
end

local function open(self, name, host, at)
  if not host.is_open then
    host.is_open, host.pause, host.because = true, FIRST_PAUSE_S, at or name
    self.say(host.because == name and ("%s does not answer: its calls wait until it does."):format(name)
      or ("%s does not answer: calls to %s wait until it does."):format(host.because, name))
  else
    host.pause = math.min(2 * host.pause, LONGEST_PAUSE_S)
  end
  host.until_at = math.max(host.until_at, now() + host.pause)
end

function Breaker:note(name, err, began, at)
  local host = host_of(self, name)
  if err ~= nil and began and began < (host.back_at or began) then
    return -- it was sent while the host was down
  end
  local was_trial = host.trial ~= nil
  host.trial = nil
  if error_value.is(err, "cancelled") then
    return -- says nothing about the host
  elseif err == nil or not (type(err) == "table" and FAULTS[err.kind]) then
    if host.is_open then
      self.say(("%s answers again."):format(host.because))
      host.back_at = now()
    end
    host.failures, host.is_open = 0, false
    return
  end
  host.failures = host.failures + 1
  if host.failures >= FAILURES or was_trial then
    open(self, name, host, at)
  end
end

function Breaker:hold(name, at)
  local host = host_of(self, name)
  local until_at = now() + at - time.now()
  if until_at > host.until_at then
    host.until_at = until_at
  end
end

-- Nobody waits any more.
function Breaker:stop()
  self.stopped = true
end

return M
