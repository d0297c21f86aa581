-- SPDX-License-Identifier: MIT
-- beadle.catalogue.settle: whether an effect happened whose answer was lost, as its record's probe finds out.
--
--   ask(effect) -> "happened" and its result, or "not", or nil when there is no way to find out
-- `effect` is as gates see it (stdlib/gate.lua). Nothing is changed by asking. Repeating the effect itself, where that
-- is the probe, is up to who keeps the journal.

local M = {}

-- Probes that read say in words what to look at, and not in a form that a program can follow.
function M.ask(effect) -- luacheck: ignore 212
  return nil
end

-- refusal_result(operation, err) -> what a refusal that says "already there" carries of the result: the members of the
-- answer that the record says an error keeps.
function M.refusal_result(operation, err)
  local result = {}
  local response = type(err.response) == "table" and err.response or {}
  for _, name in ipairs(operation and operation.error_fields or {}) do
    result[name] = response[name]
  end
  return result
end

return M
