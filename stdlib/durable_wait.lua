-- SPDX-License-Identifier: MIT
-- What waits in a durable row goes on after a stop with what is left of it: sleep, wait_until, and hooks, which keep
-- their addresses. For stdlib/durable.lua.

local async = require "beadle.async"
local durable = require "beadle.durable"
local effects = require "beadle.durable_effect"
local hook = require "beadle.hook"
local moment = require "beadle.moment"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

-- A shorter sleep simply sleeps again. Our assumption: it is polling, and not worth a line in the journal.
local SHORTEST_S = 1

local plain_open = hook.open
local installed = false

-- Until when the wait lasts that the row comes to: as it was first said.
local function deadline(row, kind, at)
  local number, kept = row:next_wait(kind)
  if not kept then
    kept = { at = at }
    row:keep_wait(kind, number, kept)
  end
  return kept.at, number
end

local function sleep_until(row, at)
  local left = at - time.now()
  if left > 0 then
    row.aside(task.sleep, left)
  end
end

local function sleep(duration)
  local row = durable.current()
  local seconds = row and time.seconds(duration)
  if not row or seconds < SHORTEST_S then
    return task.sleep(duration)
  end
  sleep_until(row, deadline(row, "sleep", time.now() + seconds))
end

local plain_wait_until = async.wait_until

local function wait_until(at)
  local row = durable.current()
  if not row then
    return plain_wait_until(at)
  end
  sleep_until(row, deadline(row, "until", moment.read(at)))
end

-- ---------------------------------------------------------------------------------------------------
-- Hooks

-- The port of an address on this machine, where no proxy leads to whatever port it is.
local function local_port(address)
  local host, port = address:match "^http://([^/]+):(%d+)/"
  return (host == "127.0.0.1" or host == "localhost" or host == "[::1]") and math.tointeger(tonumber(port)) or nil
end

-- The options of a hook that had an address before.
local function options_again(options, address)
  local copy = { again = address }
  for name, value in pairs(options) do
    copy[name] = value
  end
  copy.path = nil
  copy.port = copy.port or not copy.origin and local_port(address) or nil
  return copy
end

-- A call as it is kept: without what says who the caller is.
local function keepable(call)
  local headers = {}
  for name, value in pairs(call.headers) do
    headers[name] = name ~= "authorization" and name ~= "cookie" and value or nil
  end
  local copy = {}
  for name, value in pairs(call) do
    copy[name] = name == "headers" and headers or value
  end
  return effects.decode(effects.encode(copy))
end

local function open(options)
  local row = durable.current()
  if not row then
    return plain_open(options)
  end
  local number, kept = row:next_wait "hook"
  local opened = plain_open(kept and options_again(options or {}, kept.address) or options)
  if not kept then
    kept = { address = opened:url() }
    row:keep_wait("hook", number, kept)
  elseif kept.call then
    opened.first, opened.count = kept.call, 1
  end
  opened.keep = function(call)
    row:keep_wait("hook", number, { address = kept.address, call = keepable(call) })
  end
  opened.keep_deadline = function(seconds)
    local at = deadline(row, "hook_wait", seconds and time.now() + seconds or false)
    return at and math.max(0, at - time.now()) or nil
  end
  return opened
end

-- install(): from here on these functions look whether they are in a durable row.
function M.install()
  if installed then
    return
  end
  installed = true
  async.sleep, async.wait_until, hook.open = sleep, wait_until, open
end

return M
