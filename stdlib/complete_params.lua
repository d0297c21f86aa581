-- SPDX-License-Identifier: MIT
-- What the catalogue offers for completing: members of vendors, names and values of parameters, through objects within
-- objects, and the ids that the sandbox knows. For stdlib/complete.lua. `braces` is what complete_context.lua says of
-- the table that is being written.

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"

local M = {}

local vendors = {} -- by name: its description, with operations and enumerations by their names; false: no vendor

local function index(list)
  local by_name = {}
  for _, each in ipairs(list) do
    by_name[each.name] = each
  end
  return by_name
end

-- vendor(name) -> its description, or nil.
function M.vendor(name)
  if vendors[name] == nil then
    vendors[name] = false
    for _, each in ipairs(catalogue.vendors()) do
      if each == name then
        local described = catalogue.describe(name)
        described.operation, described.enumeration = index(described.operations), index(described.enumerations)
        described.table = index(described.tables)
        vendors[name] = described
      end
    end
  end
  return vendors[name] or nil
end

-- operation("isograd.add_test") -> its description and the vendor's, or nil.
function M.operation(full_name)
  local vendor_name, name = full_name:match "^([^.]+)%.(.+)$"
  local vendor = vendor_name and M.vendor(vendor_name)
  return vendor and vendor.operation[name], vendor
end

function M.summary(full_name)
  local operation = M.operation(full_name)
  return operation and operation.summary or ""
end

function M.is_member(vendor_name, name)
  local vendor = M.vendor(vendor_name)
  return vendor.operation[name] ~= nil or vendor.enumeration[name] ~= nil or name == "client"
end

-- members(vendor's name) -> operations and enumerations: list of { text, doc }.
function M.members(vendor_name)
  local vendor, list = M.vendor(vendor_name), {}
  for _, operation in ipairs(vendor.operations) do
    list[#list + 1] = { text = operation.name, doc = operation.summary }
  end
  for _, enumeration in ipairs(vendor.enumerations) do
    list[#list + 1] = { text = enumeration.name, doc = enumeration.doc }
  end
  list[#list + 1] = { text = "client", doc = "the same module under another profile" }
  return list
end

-- constants(vendor's name, enumeration's name) -> list of { text, doc }, or nil.
function M.constants(vendor_name, name)
  local vendor = M.vendor(vendor_name)
  local enumeration = vendor and vendor.enumeration[name]
  if not enumeration then
    return nil
  end
  local list = { ordered = true }
  for _, choice in ipairs(enumeration.choices) do
    list[#list + 1] = { text = choice.name, doc = ("%s: %s"):format(tostring(choice.value), choice.doc) }
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Fields of an operation and of the objects within

local function find(fields, name)
  for _, field in ipairs(fields or {}) do
    if field.name == name then
      return field
    end
  end
end

-- The members of a field: its own, those of the table it is, or those of any of its choices' tables.
local function members_of(field, operation, vendor)
  if field.fields then
    return field.fields
  elseif field.table then
    return vendor.table[field.table].fields
  end
  local list, seen = {}, {}
  local chooser = field.fields_of and find(operation.params, field.fields_of)
  for _, choice in ipairs(chooser and chooser.enumeration and chooser.enumeration.choices or {}) do
    for _, member in ipairs(choice.table and vendor.table[choice.table].fields or {}) do
      if not seen[member.name] then
        seen[member.name] = true
        list[#list + 1] = member
      end
    end
  end
  return list
end

-- Parameters, and the members that are given beside them.
local function all_params(operation, vendor)
  local list = {}
  for _, param in ipairs(operation.params) do
    if param.rest then
      for _, member in ipairs(members_of(param, operation, vendor)) do
        if not find(operation.params, member.name) then
          list[#list + 1] = member
        end
      end
    else
      list[#list + 1] = param
    end
  end
  return list
end

-- The fields that may stand in the braces.
local function fields_at(operation, vendor, path)
  local fields = all_params(operation, vendor)
  for _, name in ipairs(path) do
    if name ~= "" then -- an element of a list has the fields of the list
      local field = find(fields, name)
      fields = field and members_of(field, operation, vendor) or {}
    end
  end
  return fields
end

local is_wanted

local function sentence(field)
  return ("%s%s, %s"):format(is_wanted(field) and "required, " or "", field.type, field.doc)
end

-- Whether a call has to name it: not when there is a value without it.
function is_wanted(field)
  return field.required and not field.fallback and not field.setting or false
end

-- names(operation, braces) -> names of parameters that were not given yet, the required ones first.
function M.names(full_name, braces)
  local operation, vendor = M.operation(full_name)
  local list = { ordered = true }
  for _, wanted in ipairs { true, false } do
    for _, field in ipairs(operation and fields_at(operation, vendor, braces.path) or {}) do
      local fixed = operation.variant_value and field.name == operation.selector
      if is_wanted(field) == wanted and not braces.given[field.name] and not field.read_only and not fixed
        and not field.means then
        list[#list + 1] = { text = field.name, doc = sentence(field), after = " = " }
      end
    end
  end
  return list
end

local function field_of(full_name, braces)
  local operation, vendor = M.operation(full_name)
  return operation and find(fields_at(operation, vendor, braces.path), braces.key), operation
end

-- ---------------------------------------------------------------------------------------------------
-- Values

-- Ids and the like that the sandbox holds under the name of a parameter: list of { value, label }.
local function known(vendor, field)
  if field.secret or not config.is_sandbox() then
    return {}
  end
  local ok, list = pcall(function()
    return require("beadle.sandbox")[vendor].known { name = field.name }
  end)
  return ok and list or {}
end

local function literal(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

-- values(operation, braces) -> what the parameter may be, as Lua.
function M.values(full_name, braces)
  local field, operation = field_of(full_name, braces)
  local list = { ordered = true }
  if not field then
    return list
  end
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    list[#list + 1] = { text = ("%s.%s.%s"):format(operation.vendor, field.enumeration.name, choice.name),
      also = choice.name, doc = ("%s: %s"):format(tostring(choice.value), choice.doc) }
  end
  if field.type == "boolean" or field.type == "flag" then
    list[#list + 1] = { text = "true", doc = field.doc }
    list[#list + 1] = { text = "false", doc = field.doc }
  end
  if not field.enumeration then
    for _, each in ipairs(known(operation.vendor, field)) do
      list[#list + 1] = { text = literal(each.value), doc = each.label or "" }
    end
  end
  return list
end

-- elements(operation, braces) -> what an element of the list may be that the braces are: of "can_ids" the ids known as
-- "can_id".
function M.elements(full_name, braces)
  local path = braces.path
  local key = path[#path]
  if not key or key == "" then
    return { ordered = true }
  end
  local outer = { path = { table.unpack(path, 1, #path - 1) }, key = key, given = {} }
  local field, operation = field_of(full_name, outer)
  local list = { ordered = true }
  if field and not field.fields and not field.table then
    local one = { name = (key:gsub("s$", "")), secret = field.secret }
    for _, each in ipairs(known(operation.vendor, one)) do
      list[#list + 1] = { text = literal(each.value), doc = each.label or "" }
    end
  end
  return list
end

-- commands(vendor's name) -> what its twin can be told: list of names.
function M.commands(vendor)
  local ok, list = pcall(function() return require("beadle.sandbox")[vendor].commands() end)
  return ok and list or {}
end

-- texts(operation, braces) -> what may stand between the quotes.
function M.texts(full_name, braces)
  local field, operation = field_of(full_name, braces)
  local list = {}
  for _, choice in ipairs(field and field.enumeration and field.enumeration.choices or {}) do
    if type(choice.value) == "string" then
      list[#list + 1] = { text = choice.value, doc = choice.doc }
    end
  end
  for _, each in ipairs(field and not field.enumeration and known(operation.vendor, field) or {}) do
    if type(each.value) == "string" then
      list[#list + 1] = { text = each.value, doc = each.label or "" }
    end
  end
  return list
end

return M
