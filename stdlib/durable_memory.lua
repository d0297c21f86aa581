-- SPDX-License-Identifier: MIT
-- What a durable row has found out once and decides by. A row runs again from its begin after a stop, and its reads are
-- asked again; an answer that the row's own effects change, such as what is left of a credit, would be another then.
--
-- remember(fn, ...) -> what fn(...) gave the first time, a value that JSON can hold, also after a stop. What is
-- remembered is told apart by the order in which the row asks for it. Outside of a durable row it is fn(...).

local durable = require "beadle.durable"

local M = {}

local KIND = "remembered"

function M.remember(fn, ...)
  local row = durable.current()
  if not row then
    return (fn(...))
  end
  local number, kept = row:next_wait(KIND)
  if kept then
    return kept.value
  end
  local value = fn(...)
  row:keep_wait(KIND, number, { value = value })
  return value
end

return M
