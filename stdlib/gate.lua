-- SPDX-License-Identifier: MIT
-- beadle.gate: what every effect passes before it is sent. An effect is a request that may change something: a
-- vendor's operation that does not only read, an e-mail, a request of beadle.http that is no GET or HEAD.
--
--   gate.with(function(effect, send)
--     print(effect.operation, effect.url)
--     return send()
--   end, enrol, "ada@example.org")
--
-- A gate may wait. What it returns is the call's result: send()'s, or its own when it never calls `send`, and then
-- nothing was sent. send() sends, once, and gives the result or raises the error; what the gate itself raises before
-- keeps the effect from being sent. An effect has
--   operation   "isograd.add_test", "http.request"
--   effect      "create", "update", "delete", "send", "spend" (operation.h); "unknown" for beadle.http
--   vendor, params, key   the parameters that are given, with the profile's and the usual ones; those that say
--               "this is the same effect". Not for beadle.http
--   profile, sandbox   the name of the profile, and whether the vendor is simulated there. Not for beadle.http
--   method, url, body     the request as it is sent, without headers. May hold what must not be shown: show it
--               through what masks secrets, and not what is about a person.

local task = require "beadle.task"

local M = { dry_run = false } -- true while nothing is sent (beadle.dry_run): what was planned is not kept as done

-- What a gate that comes before another is made of.
local parts = setmetatable({}, { __mode = "k" })

-- Gates that see also what only reads.
local watchers = setmetatable({}, { __mode = "k" })

local function set(gate)
  task.set_gate(gate, gate and watchers[gate])
end

-- What closes this puts the task's gate back.
local function put_back()
  local outer, reads = task.gate()
  if outer and reads then
    watchers[outer] = true -- also one that was set without this module
  end
  return outer, setmetatable({}, { __close = function()
    set(outer)
  end })
end

local function enter(gate, effect, send)
  if effect.effect == "read" and not watchers[gate] then
    return send()
  end
  return gate(effect, send)
end

-- with(gate, fn, ...) -> results of fn, which runs in this task, with the gate for it and for tasks that it spawns.
-- A gate that is there already comes after this one.
function M.with(gate, fn, ...)
  local outer, back = put_back()
  local _ <close> = back
  local both = outer and function(effect, send)
    return enter(gate, effect, function()
      return enter(outer, effect, send)
    end)
  end
  if both then
    parts[both] = { gate, outer }
    watchers[both] = watchers[gate] or watchers[outer]
  end
  set(both or gate)
  return fn(...)
end

-- watching(gate) -> gate: it sees also requests that only read; their `effect` is "read". Of beadle.http: GET and HEAD.
function M.watching(gate)
  watchers[gate] = true
  return gate
end

-- The gate's part that watches, or nil.
local function watching_part(gate)
  local part = parts[gate]
  while part do
    local found = watching_part(part[1])
    if found then
      return found
    end
    gate = part[2]
    part = parts[gate]
  end
  return watchers[gate] and gate or nil
end

-- without(fn, ...) -> results of fn, whose effects pass no gate but one that watches.
function M.without(fn, ...)
  local outer, back = put_back()
  local _ <close> = back
  set(outer and watching_part(outer))
  return fn(...)
end

-- find(known) -> known[gate] of the innermost gate of this task for which there is one, or nil.
function M.find(known)
  local gate = task.gate()
  while gate do
    local part = parts[gate]
    local value = known[part and part[1] or gate]
    if value then
      return value
    end
    gate = part and part[2]
  end
end

return M
