-- SPDX-License-Identifier: MIT
-- Answers that an operation might give, made from its record: the right fields with the right types, of enumerations
-- a value that exists, parameters given again where the result has them too. Ids are marked: whole numbers beyond
-- M.FIRST_ID (ours; far from what vendors count up to), texts "planned-1". For stdlib/dry_run.lua.

local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local json = require "beadle.json"
local native = require "beadle.config.native"

local M = {}

M.FIRST_ID = 1900000000

local count = 0

local function next_number()
  count = count + 1
  return count
end

local function is_id_name(name)
  return name:find "_id$" ~= nil or name:find "Id$" ~= nil or name:lower() == "id"
end

-- is_marked(value): whether a value is one that was made up, or holds one.
function M.is_marked(value)
  if math.type(value) == "integer" then
    return value > M.FIRST_ID
  elseif type(value) == "string" then
    return value:find "planned%-%d" ~= nil or (tonumber(value) or 0) > M.FIRST_ID
  elseif type(value) == "table" and value ~= json.null then
    for _, inner in pairs(value) do
      if M.is_marked(inner) then
        return true
      end
    end
  end
  return false
end

local function whole(field)
  if is_id_name(field.name) then
    return M.FIRST_ID + next_number()
  end
  local least = field.min or 0
  return math.max(least, math.min(field.max or least, 1))
end

local function text(field)
  return is_id_name(field.name) and ("planned-%d"):format(next_number()) or "planned"
end

local function address()
  return ("https://dry-run.invalid/planned-%d"):format(next_number())
end

local MAKERS = {
  integer = whole,
  number = function() return 1.0 end,
  boolean = function() return true end,
  flag = function() return true end,
  string = text,
  id = function() return ("planned-%d"):format(next_number()) end,
  url = address,
  secret = function(field) return native.secret(field.name, ("planned-secret-%d"):format(next_number())) end,
  list = function() return json.array {} end,
  map = function() return {} end,
  any = function() return json.null end,
  date = function() return os.date "!%Y-%m-%d" end,
}

local object

local function value(field, params)
  local given = params[field.name]
  if given ~= nil and type(given) ~= "userdata" then
    return given
  elseif field.enumeration and field.enumeration.choices[1] then
    return field.enumeration.choices[1].value
  elseif field.type:find " list$" then
    return json.array {}
  elseif field.type == "object" then
    return object(field.fields, params)
  elseif field.secret and field.type == "string" then
    return MAKERS.secret(field)
  end
  return (MAKERS[field.type] or text)(field)
end

-- What may be missing is there only when it says which thing it is, or was given.
function object(fields, params)
  local result = {}
  for _, field in ipairs(fields or {}) do
    if not field.nullable or is_id_name(field.name) or params[field.name] ~= nil then
      result[field.name] = value(field, params)
    end
  end
  return result
end

-- One of the answers that are no JSON, when that is what was asked for.
local function other_answer(operation, params)
  for _, answer in ipairs(operation.answers or {}) do
    if not answer.when or params[answer.when] == true then
      if answer.kind == "bytes" then
        return { [answer.name] = "", content_type = (answer.media or "application/octet-stream"):gsub("/$", "/plain") }
      end
      return { [answer.name] = answer.kind == "redirect" and address() or ("<p>%s</p>"):format(address()) }
    end
  end
end

-- answer(full name, params) -> a value such as the operation gives.
function M.answer(full, params)
  local operation = help.find(full)
  params = params or {}
  local other = other_answer(operation, params)
  if other then
    return other
  end
  local kind = operation.result_kind or "object"
  local fields = help_fields.result_fields(operation)
  if kind == "any" or kind == "none" then
    return {}
  elseif kind == "list" or kind == "each" then
    return json.array(#fields > 0 and { object(fields, params) } or {})
  end
  return object(fields, params)
end

return M
