-- SPDX-License-Identifier: MIT
-- The requests that the sandbox has seen, as lines for the report of a failed test; secrets are left out. For
-- stdlib/test*.lua.

local catalogue = require "beadle.catalogue"
local pretty = require "beadle.pretty"

local M = {}

local MOST_CALLS = 50
local MOST_VALUE = 60

local function operations_of(vendor)
  local by_name = {}
  for _, operation in ipairs(catalogue.describe(vendor).operations) do
    by_name[operation.name] = operation
  end
  return by_name
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function secrets_of(operation)
  local secret = {}
  for _, param in ipairs(operation and operation.params or {}) do
    secret[param.name] = param.secret or nil
  end
  return secret
end

-- The fields of a form or a query as "name=value", those that are secret as "name=***".
local function fields(text, secret)
  local parts = {}
  for piece in (text or ""):gmatch "[^&]+" do
    local name, value = piece:match "^([^=]*)=?(.*)$"
    name = decode(name)
    parts[#parts + 1] = ("%s=%s"):format(name, secret[name] and "***" or pretty.shorten(decode(value), MOST_VALUE))
  end
  return table.concat(parts, " ")
end

local function write(vendor, request, operations)
  local name = request.variant or request.operation
  local secret = secrets_of(operations[request.operation])
  local is_form = (request.headers["content-type"] or ""):match "^[^; ]*" == "application/x-www-form-urlencoded"
    and not request.body:find "%s"
  local body = is_form and fields(request.body, secret) or pretty.shorten(request.body, 4 * MOST_VALUE)
  if not is_form and next(secret) then
    body = "(not shown: it may hold a secret)"
  end
  local query = fields(request.query, secret)
  local result = request.fault and ("%s by a fault"):format(request.fault) or tostring(request.status)
  local line = ("%s %s  %s %s  %s"):format(name and vendor .. "." .. name or request.method .. " " .. request.path,
    result, query, body, "")
  return (line:gsub("%s+$", ""):gsub("  +", "  "):gsub("[%c]", " "))
end

-- lines([sandbox, first]) -> list of texts, one a request, in the order in which they came; of another sandbox than
-- this program's, and from the request of that number on.
function M.lines(sandbox, first)
  local all, lines = {}, {}
  sandbox = sandbox or require "beadle.sandbox"
  for _, vendor in ipairs(catalogue.vendors()) do
    local operations = nil
    for _, request in ipairs(sandbox[vendor].requests {}) do
      operations = operations or operations_of(vendor)
      if request.number >= (first or 0) then
        all[#all + 1] = { number = request.number, text = write(vendor, request, operations) }
      end
    end
  end
  table.sort(all, function(a, b) return a.number < b.number end)
  for index = math.max(1, #all - MOST_CALLS + 1), #all do
    lines[#lines + 1] = all[index].text
  end
  if #all > MOST_CALLS then
    table.insert(lines, 1, ("(%d earlier ones)"):format(#all - MOST_CALLS))
  end
  return lines
end

return M
