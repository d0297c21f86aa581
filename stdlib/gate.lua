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
--   method, url, body     the request as it is sent, without headers. May hold what must not be shown: show it
--               through what masks secrets, and not what is about a person.

local task = require "beadle.task"

local M = {}

-- What a gate that comes before another is made of.
local parts = setmetatable({}, { __mode = "k" })

-- with(gate, fn, ...) -> results of fn, which runs in this task, with the gate for it and for tasks that it spawns.
-- A gate that is there already comes after this one.
function M.with(gate, fn, ...)
  local outer = task.gate()
  local _ <close> = setmetatable({}, { __close = function()
    task.set_gate(outer)
  end })
  local both = outer and function(effect, send)
    return gate(effect, function()
      return outer(effect, send)
    end)
  end
  if both then
    parts[both] = { gate, outer }
  end
  task.set_gate(both or gate)
  return fn(...)
end

-- without(fn, ...) -> results of fn, whose effects pass no gate.
function M.without(fn, ...)
  local outer = task.gate()
  local _ <close> = setmetatable({}, { __close = function()
    task.set_gate(outer)
  end })
  task.set_gate(nil)
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
