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

-- with(gate, fn, ...) -> results of fn, which runs in this task, with the gate for it and for tasks that it spawns.
-- A gate that is there already comes after this one. What only reads passes that one alone, if it wants to see it
-- (beadle.task.set_gate): its `effect` is "read" then.
function M.with(gate, fn, ...)
  local outer, reads = task.gate()
  local _ <close> = setmetatable({}, { __close = function()
    task.set_gate(outer, reads)
  end })
  local both = outer and function(effect, send)
    if effect.effect == "read" then
      return outer(effect, send)
    end
    return gate(effect, function()
      return outer(effect, send)
    end)
  end
  if both then
    parts[both] = { gate, outer }
  end
  task.set_gate(both or gate, reads)
  return fn(...)
end

-- without(fn, ...) -> results of fn, whose effects pass no gate.
function M.without(fn, ...)
  local outer, reads = task.gate()
  local _ <close> = setmetatable({}, { __close = function()
    task.set_gate(outer, reads)
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
