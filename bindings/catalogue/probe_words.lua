-- SPDX-License-Identifier: MIT
-- How an unknown outcome is found out, in words, from what the record says of it.

local M = {}

local function names_of(results)
  local names = {}
  for i, field in ipairs(results) do
    names[i] = field.name
  end
  return table.concat(names, ", ")
end

-- sentences(probe) -> text: one or more sentences; nil where there is nothing to say.
function M.sentences(probe)
  if not probe.doc then
    return nil
  elseif probe.kind == "none" then
    return ("it stays in doubt: %s."):format(probe.doc)
  end
  local list = { probe.kind == "repeat" and ("sending it again tells: %s."):format(probe.doc)
    or ("%s tells: %s."):format(probe.operation, probe.doc) }
  if probe.id then
    list[#list + 1] = "What was there before it was sent is compared."
  end
  if probe.otherwise then
    list[#list + 1] = ("Not always: %s."):format(probe.otherwise)
  end
  if probe.result then
    list[#list + 1] = ("Of the result, %s is found out."):format(names_of(probe.result))
  end
  return table.concat(list, " ")
end

return M
