-- SPDX-License-Identifier: MIT
-- Finds what of a twin a request is for: an operation of the catalogue, or one of the twin's own routes.

local by_catalogue = require "beadle.sandbox.operations"
local wire = require "beadle.sandbox.wire"

local M = {}

-- A twin's routes in an order that is always the same.
function M.compile(routes)
  local list = {}
  for key, act in pairs(routes) do
    local method, path = key:match "^(%u+) (.*)$"
    local names = {}
    local expression = path:gsub("[%-%.%+%%]", "%%%0"):gsub("{(%w+)}", function(name)
      names[#names + 1] = name
      return "([^/]+)"
    end)
    list[#list + 1] = { key = key, method = method, expression = "^" .. expression .. "$", names = names,
      act = act }
  end
  table.sort(list, function(a, b) return a.key < b.key end)
  return list
end

-- The route of a twin for a request, with the values of its placeholders. Adds the methods that the path
-- knows to `methods`.
function M.find(twin, request, methods)
  local path = twin.code.also and twin.code.also(twin, request.path)
  local found, in_path = by_catalogue.find(twin.by_catalogue, request, methods, path)
  if found then
    return found, in_path
  end
  for _, route in ipairs(twin.routes) do
    local values = { request.path:match(route.expression) }
    if values[1] and route.method == request.method then
      local params = {}
      for i, name in ipairs(route.names) do
        params[name] = wire.decode(values[i])
      end
      return route, params
    elseif values[1] then
      methods[#methods + 1] = route.method
    end
  end
end

return M
