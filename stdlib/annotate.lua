-- SPDX-License-Identifier: MIT
-- beadle.annotate: what editors know about a vendor's module: LuaCATS annotations (the Lua Language Server's
-- documentation, "Annotations"), made of catalogue.describe. Those of other modules are written by hand beside them, in
-- stdlib/types/ and bindings/*/types/.
--
--   annotate.vendor "isograd" -> text, a Lua file that is never run
--
-- An operation has a class for its parameters, NAME.params, and one for its result, NAME.result. An enumeration is an
-- alias of its values and a class of its constants; a table of properties is a class.

local catalogue = require "beadle.catalogue"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"

local M = {}

local function add(out, format, ...)
  out[#out + 1] = select("#", ...) > 0 and format:format(...) or format
end

-- In one line: an annotation ends where its line does.
local function one_line(text)
  return (text:gsub("%s+", " "))
end

local function sentence(text)
  text = one_line(text):gsub("^%l", string.upper)
  return text:find "[.!?]$" and text or text .. "."
end

local function field_name(name, optional)
  local written = name:find "^[%a_][%w_]*$" and name or ("[%q]"):format(name)
  return written .. (optional and "?" or "")
end

local function literal(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

-- ---------------------------------------------------------------------------------------------------
-- Enumerations

local function values_of(choice)
  return choice.number and { choice.value, choice.number } or { choice.value }
end

local function add_enumeration(out, vendor, enumeration)
  local name = ("beadle.%s.%s"):format(vendor.name, enumeration.name)
  add(out, "--- %s", sentence(enumeration.doc))
  add(out, "---@alias %s", name)
  for _, choice in ipairs(enumeration.choices) do
    for _, value in ipairs(values_of(choice)) do
      add(out, "---| %s # %s", literal(value), one_line(choice.doc or choice.name))
    end
  end
  if enumeration.open then
    add(out, "---| %s # another one", type(enumeration.choices[1].value) == "string" and "string" or "integer")
  end
  add(out, "")
  add(out, "--- %s", sentence(enumeration.doc))
  add(out, "---@class %s.constants", name)
  for _, choice in ipairs(enumeration.choices) do
    add(out, "---@field %s %s %s", field_name(choice.name), literal(choice.value), one_line(choice.doc or ""))
  end
  add(out, "")
end

local function union_of(enumeration)
  local values = {}
  for _, choice in ipairs(enumeration.choices) do
    for _, value in ipairs(values_of(choice)) do
      values[#values + 1] = literal(value)
    end
  end
  return table.concat(values, "|")
end

-- ---------------------------------------------------------------------------------------------------
-- Fields

local add_class

-- The type of a field; classes that it needs are put into `out` first.
local function type_of(out, vendor, class, field, given)
  local base = field.luacats
  local is_list = base:find "%[%]$" ~= nil
  if field.enumeration then
    local known = vendor.enumeration[field.enumeration.name]
    local name = known and ("beadle.%s.%s"):format(vendor.name, field.enumeration.name) or union_of(field.enumeration)
    return is_list and ("(%s)[]"):format(name) or name
  elseif field.table then
    return ("beadle.%s.%s%s"):format(vendor.name, field.table, is_list and "[]" or "")
  elseif field.fields and #field.fields > 0 then
    local inner = ("%s.%s"):format(class, field.name:gsub("[^%w_]", "_"))
    add_class(out, vendor, inner, field.fields, given)
    return inner .. (is_list and "[]" or "")
  end
  return base
end

local function is_optional(field, given, replaced)
  if not given then
    return not field.required and (field.nullable or false)
  end
  return not field.required or field.fallback ~= nil or field.setting ~= nil or replaced[field.name] or false
end

-- Parameters that another one may stand for, but for names that the vendor gives up.
local function replaced_in(fields)
  local replaced = {}
  for _, field in ipairs(fields) do
    if field.means and not field.means_until then
      replaced[field.means] = true
    end
  end
  return replaced
end

local function field_line(out, vendor, class, field, operation, optional)
  local words = operation and help_fields.param_sentence(field, operation) or sentence(field.doc)
  return ("---@field %s %s %s"):format(field_name(field.name, optional), type_of(out, vendor, class, field, operation),
    one_line(words))
end

-- `given`: the operation whose parameters these are; nil: they are answered. `parents`: classes whose fields it has.
function add_class(out, vendor, class, fields, given, parents)
  local lines, replaced = {}, given and replaced_in(fields) or {}
  for _, field in ipairs(fields) do
    if field.flat and not field.rest then
      lines[#lines + 1] = ("---@field [string] any %s"):format(one_line(field.doc))
    elseif not field.rest then
      local selected = given and given.variant_value and given.selector == field.name
      lines[#lines + 1] = field_line(out, vendor, class, field, given,
        selected or is_optional(field, given ~= nil, replaced))
    end
  end
  add(out, "---@class %s%s", class, parents and #parents > 0 and ": " .. table.concat(parents, ", ") or "")
  table.move(lines, 1, #lines, #out + 1, out)
  add(out, "")
end

-- ---------------------------------------------------------------------------------------------------
-- Operations

local function table_classes(vendor, operation, table_name, chooser)
  local names = {}
  for _, each in ipairs(help_fields.tables_of(operation, table_name, chooser)) do
    names[#names + 1] = ("beadle.%s.%s"):format(vendor.name, each.name)
  end
  return names
end

local function add_params(out, vendor, operation, class)
  local parents = {}
  for _, param in ipairs(operation.params) do
    if param.rest then
      parents = table_classes(vendor, operation, param.table, param.fields_of)
    end
  end
  add_class(out, vendor, class, operation.params, operation, parents)
end

local function result_fields(operation)
  local fields = { table.unpack(operation.result) }
  for _, answer in ipairs(operation.answers) do
    local field = { name = answer.name, luacats = answer.luacats, nullable = true,
      doc = help.answer_sentence(answer):gsub("%.$", "") }
    fields[#fields + 1] = field
    if answer.kind == "bytes" then
      fields[#fields + 1] = { name = "content_type", luacats = "string", nullable = true, doc = "the file's type" }
    end
  end
  return fields
end

local SHAPES = { list = "%s[]", each = "%s[]|table<string, %s>" }

-- Adds the class of a result when it needs one; gives the type that a call returns.
local function result_type(out, vendor, operation, class)
  local tables = table_classes(vendor, operation, operation.result_table, operation.result_of)
  local fields = result_fields(operation)
  if #fields == 0 and #tables == 0 then
    return operation.result_kind == "list" and "table[]" or operation.result_kind == "any" and "any" or "table"
  end
  local name = class
  if #tables == 1 and #fields == 0 and not operation.paging then
    name = tables[1]
  elseif #tables > 1 and #fields == 0 then
    name = table.concat(tables, "|")
  else
    local parents = operation.paging and { "beadle.page", table.unpack(tables) } or tables
    add_class(out, vendor, class, fields, nil, parents)
  end
  local shape = SHAPES[operation.result_kind]
  if shape and name:find("|", 1, true) then
    name = ("(%s)"):format(name)
  end
  return shape and shape:gsub("%%s", (name:gsub("%%", "%%%%"))) or name
end

local function add_lines(out, text)
  for line in (text .. "\n"):gmatch "(.-)\n" do
    add(out, "--- " .. line)
  end
end

local function add_words(out, operation)
  add(out, "--- %s", sentence(operation.summary))
  for _, text in ipairs { operation.doc or "", operation.caution and "Caution: " .. operation.caution or "" } do
    if text ~= "" then
      add(out, "---")
      add(out, "--- %s", sentence(text))
    end
  end
  for _, rule in ipairs(operation.rules) do
    add(out, "---")
    add(out, "--- Rule: %s", sentence(rule.doc))
  end
  if #operation.errors > 0 then
    add(out, "---")
    add(out, "--- Errors:")
    for _, each in ipairs(operation.errors) do
      add(out, "--- - %d (%s): %s", each.code, each.kind, one_line(help.error_sentence(each)))
    end
  end
  add(out, "---")
  for _, fact in ipairs(help.facts(operation)) do
    add(out, "--- %s: %s", fact[1], one_line(fact[2]))
    add(out, "---")
  end
  if operation.example then
    add(out, "--- ```lua")
    add_lines(out, help.example(operation))
    add(out, "--- ```")
  end
  if operation.removed then
    add(out, "--- Removed by the vendor; calling it is an error. %s", sentence(operation.removed))
  end
  if operation.deprecated or operation.removed then
    add(out, "---@deprecated")
  end
end

local function needs_nothing(operation)
  local replaced = replaced_in(operation.params)
  for _, param in ipairs(operation.params) do
    if not is_optional(param, true, replaced) and param.name ~= operation.selector then
      return false
    end
  end
  return true
end

local function add_operation(out, vendor, operation)
  local class = ("beadle.%s.%s"):format(vendor.name, operation.name)
  operation.tables = vendor.table
  add_params(out, vendor, operation, class .. ".params")
  local result = result_type(out, vendor, operation, class .. ".result")
  add_words(out, operation)
  add(out, "---@param params%s %s.params", needs_nothing(operation) and "?" or "", class)
  add(out, "---@param options? beadle.call_options")
  add(out, "---@return %s", result)
  add(out, "function M.%s(params, options) end", operation.name)
  add(out, "")
end

-- ---------------------------------------------------------------------------------------------------

local function index(list)
  local by_name = {}
  for _, each in ipairs(list) do
    by_name[each.name] = each
  end
  return by_name
end

local function add_client(out, vendor)
  local class = ("beadle.%s.client_options"):format(vendor.name)
  local fields = { { name = "profile", luacats = "string", doc = "the profile to use" } }
  for _, field in ipairs(vendor.settings) do
    fields[#fields + 1] = { name = field.name, luacats = field.luacats, doc = field.doc }
  end
  for _, field in ipairs(fields) do
    field.nullable = true
  end
  add_class(out, vendor, class, fields)
  add(out, "--- The same module with another profile, or settings of its own.")
  add(out, "---@param options %s", class)
  add(out, "---@return beadle.%s", vendor.name)
  add(out, "function M.client(options) end")
  add(out, "")
end

function M.vendor(name)
  local vendor, out = catalogue.describe(name), {}
  vendor.enumeration, vendor.table = index(vendor.enumerations), index(vendor.tables)
  add(out, "---@meta beadle.%s", name)
  add(out, "")
  for _, enumeration in ipairs(vendor.enumerations) do
    add_enumeration(out, vendor, enumeration)
  end
  for _, each in ipairs(vendor.tables) do
    add(out, "--- %s", sentence(each.doc))
    local fields = {}
    for at, field in ipairs(each.fields) do
      fields[at] = setmetatable({ nullable = true, required = false }, { __index = field })
    end
    add_class(out, vendor, ("beadle.%s.%s"):format(name, each.name), fields)
  end
  add(out, "--- %s, from the vendor's document \"%s\".", vendor.title, one_line(vendor.document))
  add(out, "---@class beadle.%s", name)
  for _, enumeration in ipairs(vendor.enumerations) do
    add(out, "---@field %s beadle.%s.%s.constants", enumeration.name, name, enumeration.name)
  end
  add(out, "local M = {}")
  add(out, "")
  for _, operation in ipairs(vendor.operations) do
    add_operation(out, vendor, operation)
  end
  add_client(out, vendor)
  add(out, "return M")
  return table.concat(out, "\n") .. "\n"
end

return M
