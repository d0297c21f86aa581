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

-- Gates that see also what only reads.
local watchers = setmetatable({}, { __mode = "k" })

-- A gate that comes before another: { gate =, outer =, reads = }. Rows of a run have one each, so they are kept in no
-- table by their gates: those whose keys are weak cost the collector much.
local Chain = {}

local function watches(gate)
  if getmetatable(gate) == Chain then
    return gate.reads
  end
  return watchers[gate]
end

local function set(gate)
  task.set_gate(gate, gate and watches(gate))
end

local Back = { __close = function(back)
  set(back.gate)
end }

-- What closes this puts the task's gate back.
local function put_back()
  local outer, reads = task.gate()
  if outer and reads and not watches(outer) then
    watchers[outer] = true -- one that was set without this module
  end
  return outer, setmetatable({ gate = outer }, Back)
end

local function enter(gate, effect, send)
  if effect.effect == "read" and not watches(gate) then
    return send()
  end
  return gate(effect, send)
end

function Chain.__call(chain, effect, send)
  return enter(chain.gate, effect, function()
    return enter(chain.outer, effect, send)
  end)
end

-- with(gate, fn, ...) -> results of fn, which runs in this task, with the gate for it and for tasks that it spawns.
-- A gate that is there already comes after this one.
function M.with(gate, fn, ...)
  local outer, back = put_back()
  local _ <close> = back
  set(outer and setmetatable({ gate = gate, outer = outer, reads = watches(gate) or watches(outer) }, Chain) or gate)
  return fn(...)
end

-- watching(gate) -> gate: it sees also requests that only read; their `effect` is "read". Of beadle.http: GET and HEAD.
function M.watching(gate)
  watchers[gate] = true
  return gate
end

-- The gate's part that watches, or nil.
local function watching_part(gate)
  while getmetatable(gate) == Chain do
    local found = watching_part(gate.gate)
    if found then
      return found
    end
    gate = gate.outer
  end
  return watches(gate) and gate or nil
end

-- without(fn, ...) -> results of fn, whose effects pass no gate but one that watches.
function M.without(fn, ...)
  local outer, back = put_back()
  local _ <close> = back
  set(outer and watching_part(outer))
  return fn(...)
end

-- find(class) -> the innermost gate of this task that is an object of the class, a metatable with __call; or nil.
function M.find(class)
  local gate = task.gate()
  while getmetatable(gate) == Chain do
    if getmetatable(gate.gate) == class then
      return gate.gate
    end
    gate = gate.outer
  end
  return getmetatable(gate) == class and gate or nil
end

return M
