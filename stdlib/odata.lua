-- SPDX-License-Identifier: MIT
-- beadle.odata: the query options of OData 4.0 (OASIS, "URL Conventions"), made from values. Nothing is pasted: a
-- text is quoted, its quotes are doubled, and a name that is no name is refused.
--
--   odata.eq("LastName", "D'Exemple")                    LastName eq 'D''Exemple'
--   odata.all(odata.ge("StartedOn", odata.time "2026-01-15T08:00:00Z"), odata.ne("DeletedOn", nil))
--   odata.expand("UserRoles", { expand = { "Role", "Domain" } })
--   odata.query { filter = ..., select = { "Id", "Name" }, orderby = { odata.desc "Name" }, top = 50, count = true }
--
-- An expression is a text, so one that was written by hand may stand wherever one that was made here may.
-- odata.service speaks with any service; see odata_service.lua.

local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local function fail(message, ...)
  error(error_value.new { kind = "argument", message = message:format(...), outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Values

local Literal = { __name = "beadle.odata.literal" }
Literal.__index = Literal

function Literal:__tostring()
  return self.text
end

local function literal_of(text)
  return setmetatable({ text = text }, Literal)
end

local function check_matches(what, text, ...)
  for _, pattern in ipairs { ... } do
    if type(text) == "string" and text:find(pattern) then
      return literal_of(text)
    end
  end
  fail("\"%s\" is no %s", tostring(text), what)
end

-- date(text) -> a day, YYYY-MM-DD, written without quotes.
function M.date(text)
  return check_matches("day written YYYY-MM-DD", text, "^%d%d%d%d%-%d%d%-%d%d$")
end

-- time(text) -> a point in time, written without quotes. Without a zone it is refused: it could mean two.
function M.time(text)
  local clock = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d"
  return check_matches("time written YYYY-MM-DDThh:mm:ssZ", text, clock .. "Z$", clock .. ":%d%dZ$",
    clock .. ":%d%d%.%d+Z$", clock .. ":%d%d[+-]%d%d:%d%d$", clock .. ":%d%d%.%d+[+-]%d%d:%d%d$")
end

-- guid(text) -> an identifier such as 01234567-89ab-cdef-0123-456789abcdef, written without quotes.
function M.guid(text)
  local x = "%x%x%x%x"
  return check_matches("GUID", text, "^" .. x .. x .. "%-" .. x .. "%-" .. x .. "%-" .. x .. "%-" .. x .. x .. x .. "$")
end

-- An enumeration's value with its type, Namespace.Colour'Red'.
function M.enum(type_name, value)
  if type(type_name) ~= "string" or not type_name:find "^[%a_][%w_.]*$" then
    fail("\"%s\" is no name of a type", tostring(type_name))
  end
  return literal_of(type_name .. M.literal(tostring(value)))
end

local function number_text(value)
  if math.type(value) == "integer" then
    return ("%d"):format(value)
  elseif value ~= value or value == math.huge or value == -math.huge then
    fail("%s is no number that a service compares", tostring(value))
  end
  local text = ("%.15g"):format(value)
  return tonumber(text) == value and text or ("%.17g"):format(value)
end

-- literal(value) -> text: a value as an expression has it.
function M.literal(value)
  local kind = type(value)
  if value == nil or value == json.null then
    return "null"
  elseif kind == "string" then
    return "'" .. value:gsub("'", "''") .. "'"
  elseif kind == "number" then
    return number_text(value)
  elseif kind == "boolean" then
    return tostring(value)
  elseif getmetatable(value) == Literal then
    return value.text
  end
  fail("a %s is no value of an expression", kind)
end

-- ---------------------------------------------------------------------------------------------------
-- Names

-- "Name", "TrainingSession/Id", "Namespace.Type/Name", "Members/$count"
local function is_path(text)
  for step in (text .. "/"):gmatch "([^/]*)/" do
    if step ~= "$count" and step ~= "$it" and not step:find "^[%a_\x80-\xff][%w_.\x80-\xff]*$" then
      return false
    end
  end
  return true
end

local Call = { __name = "beadle.odata.call" }

local function path_text(path)
  if type(path) == "table" and getmetatable(path) == Call then
    return path.text
  elseif type(path) ~= "string" or not is_path(path) then
    fail("\"%s\" is no name or path of a property", tostring(path))
  end
  return path
end

-- call(name, path, ...) -> what may stand for a path: call("tolower", "Name") is tolower(Name). What follows the
-- path are values.
function M.call(name, path, ...)
  if type(name) ~= "string" or not name:find "^[%a_][%w_.]*$" then
    fail("\"%s\" is no name of a function", tostring(name))
  end
  local parts = { path_text(path) }
  for i = 1, select("#", ...) do
    parts[#parts + 1] = M.literal((select(i, ...)))
  end
  return setmetatable({ text = ("%s(%s)"):format(name, table.concat(parts, ",")) }, Call)
end

-- ---------------------------------------------------------------------------------------------------
-- Expressions

for _, operator in ipairs { "eq", "ne", "gt", "ge", "lt", "le" } do
  M[operator] = function(path, value)
    return ("%s %s %s"):format(path_text(path), operator, M.literal(value))
  end
end

for _, name in ipairs { "contains", "startswith", "endswith" } do
  M[name] = function(path, text)
    if type(text) ~= "string" then
      fail("%s takes a text, not a %s", name, type(text))
    end
    return ("%s(%s,%s)"):format(name, path_text(path), M.literal(text))
  end
end

-- What is left of an expression outside of quotes and parentheses; nil when they are not closed.
local function outside(expression)
  local rest, inner = expression:gsub("'[^']*'", "_"), 1
  while inner > 0 do
    rest, inner = rest:gsub("%([^()]*%)", "_")
  end
  if rest:find "[()']" then
    return nil
  end
  return rest
end

local function check_expression(expression)
  if type(expression) ~= "string" or not expression:find "%S" then
    fail("an expression is a text, not %s", type(expression) == "string" and "an empty one" or "a " .. type(expression))
  end
  return outside(expression) or fail("quotes or parentheses of an expression are not closed: %s", expression)
end

-- Parts as they stand beside an operator that binds tighter than `weaker`.
local function join(operator, weaker, ...)
  local parts = {}
  for i = 1, select("#", ...) do
    local expression = select(i, ...)
    local rest = check_expression(expression)
    parts[i] = weaker and rest:find("%f[%w]" .. weaker .. "%f[^%w]") and ("(%s)"):format(expression) or expression
  end
  if #parts == 0 then
    fail("nothing is joined")
  end
  return table.concat(parts, (" %s "):format(operator))
end

-- all(expression, ...): every one holds. any(...): one of them does. no(expression): it does not.
function M.all(...)
  return join("and", "or", ...)
end

function M.any(...)
  return join("or", nil, ...)
end

function M.no(expression)
  check_expression(expression)
  return ("not (%s)"):format(expression)
end

local function check_list(values)
  if type(values) ~= "table" or #values == 0 then
    fail("a list with at least one value is needed")
  end
end

-- one_of(path, {value, ...}): it is one of them, in words that every service of version 4.0 knows.
function M.one_of(path, values)
  check_list(values)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = M.eq(path, value)
  end
  return #parts == 1 and parts[1] or ("(%s)"):format(M.any(table.unpack(parts)))
end

-- among(path, {value, ...}): the same with "in", which came with version 4.01.
function M.among(path, values)
  check_list(values)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = M.literal(value)
  end
  return ("%s in (%s)"):format(path_text(path), table.concat(parts, ","))
end

local function lambda(operator)
  return function(path, name, expression)
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" then
      fail("\"%s\" is no name for an element", tostring(name))
    end
    check_expression(expression)
    return ("%s/%s(%s:%s)"):format(path_text(path), operator, name, expression)
  end
end

-- some("Domains", "d", odata.eq("d/Id", 5)): an element of a collection is so. every: all are.
M.some = lambda "any"
M.every = lambda "all"

-- ---------------------------------------------------------------------------------------------------
-- Options

function M.desc(path)
  return path_text(path) .. " desc"
end

function M.asc(path)
  return path_text(path) .. " asc"
end

local function names_text(what, list, check)
  if type(list) == "string" then
    return list
  elseif type(list) ~= "table" or #list == 0 then
    fail("%s must be a name or a list of names", what)
  end
  for _, name in ipairs(list) do
    if type(name) ~= "string" or not check(name) then
      fail("%s: \"%s\" is no name", what, tostring(name))
    end
  end
  return table.concat(list, ",")
end

local function whole(what, value)
  if math.type(value) ~= "integer" or value < 0 then
    fail("%s must be a whole number from 0 on", what)
  end
  return ("%d"):format(value)
end

local function is_order(text)
  return outside((text:gsub(" desc$", ""):gsub(" asc$", ""))) ~= nil
end

local function is_selected(text)
  return text == "*" or is_path(text)
end

local OPTIONS = {
  { "select", function(value) return names_text("select", value, is_selected) end },
  { "expand", function(value) return names_text("expand", value, function(name) return outside(name) ~= nil end) end },
  { "filter", function(value) check_expression(value) return value end },
  { "orderby", function(value) return names_text("orderby", value, is_order) end },
  { "top", function(value) return whole("top", value) end },
  { "skip", function(value) return whole("skip", value) end },
  { "count", function(value) return value and "true" or "false" end },
  { "levels", function(value) return value == "max" and value or whole("levels", value) end },
  { "search", function(value) return value end },
}

-- A list of {name, text} in an order that is always the same.
local function options_of(options)
  local list, known = {}, {}
  for _, option in ipairs(OPTIONS) do
    local name, text_of = option[1], option[2]
    known[name] = true
    if options[name] ~= nil then
      list[#list + 1] = { name = "$" .. name, text = text_of(options[name]) }
    end
  end
  for name in pairs(options) do
    if not known[name] then
      fail("there is no query option \"%s\"", tostring(name))
    end
  end
  return list
end

-- expand(name [, options]) -> a navigation property, with options of its own in parentheses.
function M.expand(name, options)
  local parts = {}
  for _, option in ipairs(options_of(options or {})) do
    parts[#parts + 1] = ("%s=%s"):format(option.name, option.text)
  end
  return #parts == 0 and path_text(name) or ("%s(%s)"):format(path_text(name), table.concat(parts, ";"))
end

local function encode(text)
  return (text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end))
end

-- query(options) -> text behind "?", encoded; "" when there are none.
function M.query(options)
  local parts = {}
  for _, option in ipairs(options_of(options or {})) do
    parts[#parts + 1] = ("%s=%s"):format(option.name, encode(option.text))
  end
  return table.concat(parts, "&")
end

-- entity(set, key) -> "Users(327680)", or for keys of several parts from a table "Lines(Order=1,Item='a')".
function M.entity(set, key)
  if type(key) ~= "table" or getmetatable(key) == Literal then
    return ("%s(%s)"):format(path_text(set), M.literal(key))
  end
  local parts = {}
  for name, value in pairs(key) do
    parts[#parts + 1] = ("%s=%s"):format(path_text(name), M.literal(value))
  end
  table.sort(parts)
  return ("%s(%s)"):format(path_text(set), table.concat(parts, ","))
end

M.encode = encode

return setmetatable(M, {
  __index = function(_, name) -- what speaks with services is loaded when it is used
    if name == "service" or name == "each" then
      local service = require "beadle.odata_service"
      M.service, M.each = service.open, service.each
      return M[name]
    end
    error(error_value.new { kind = "argument", message = ("there is no odata.%s"):format(tostring(name)),
      outcome = "none" }, 2)
  end,
})
