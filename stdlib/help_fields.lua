-- SPDX-License-Identifier: MIT
-- Parameters, properties and fields of results in words, and which of them an operation has. For stdlib/help.lua, and
-- for what else shows them: annotations, the session, the vendors' pages.

local M = {}

-- A choice as it is written in a call.
function M.choice_value(choice)
  if choice.number then
    return ("\"%s\" or %d"):format(choice.value, choice.number)
  end
  return type(choice.value) == "string" and ("\"%s\""):format(choice.value) or tostring(choice.value)
end

function M.param_sentence(param, operation)
  local parts = { param.doc .. "." }
  if param.enumeration then
    local choices = {}
    for _, choice in ipairs(param.enumeration.choices) do
      choices[#choices + 1] = ("%s %s (%s)"):format(M.choice_value(choice), choice.name, choice.doc)
    end
    parts[#parts + 1] = ("One of %s.%s: %s%s."):format(operation.vendor, param.enumeration.name,
      table.concat(choices, ", "), param.enumeration.open and ", or another" or "")
  elseif param.min and param.min == param.max then
    parts[#parts + 1] = ("Always %d; filled in."):format(param.min)
  end
  if operation.variant_value and param.name == operation.selector then
    parts[#parts + 1] = ("Here %d; filled in."):format(operation.variant_value)
  elseif param.fallback and not (param.min and param.min == param.max) then
    parts[#parts + 1] = ("Default: %s."):format(param.fallback)
  end
  if param.setting then
    parts[#parts + 1] = ("Default: the profile's %s."):format(param.setting)
  end
  if param.means_until then
    parts[#parts + 1] = ("Deprecated: the vendor knows this name until %s; it is sent as %s."):format(
      param.means_until, param.means)
  end
  if param.secret then
    parts[#parts + 1] = "Never shown."
  end
  if param.assumed then
    parts[#parts + 1] = "(Our assumption.)"
  end
  if param.lti_carries then
    parts[#parts + 1] = ("(An LTI launch carries it, as %s.)"):format(param.lti)
  end
  return table.concat(parts, " ")
end

-- Whether a call has to give it: what is filled in by itself need not be given.
function M.is_needed(param)
  local filled_in = param.fallback ~= nil or param.setting ~= nil or param.min ~= nil and param.min == param.max
  return param.required and not filled_in or false
end

-- The tables that a parameter's choice, or the field itself, leads to: a list of {choice, table}.
function M.tables_of(operation, table_name, chooser)
  if table_name then
    return { { name = table_name } }
  end
  local list = {}
  for _, param in ipairs(operation.params) do
    for _, choice in ipairs(param.name == chooser and param.enumeration.choices or {}) do
      list[#list + 1] = { choice = M.choice_value(choice), name = choice.table }
    end
  end
  return list
end

-- Members that a call gives beside its parameters, each once: {field, choices}. `all`: read-only ones too.
function M.properties_of(operation, param, all)
  local known, list = {}, {}
  local tables = M.tables_of(operation, param.table, param.fields_of)
  for _, each in ipairs(tables) do
    for _, field in ipairs(operation.tables[each.name].fields) do
      local entry = known[field.name]
      if not entry and (all or not field.read_only) then
        entry = { field = field, choices = {} }
        known[field.name], list[#list + 1] = entry, entry
      end
      if entry then
        table.insert(entry.choices, each.choice)
      end
    end
  end
  return list, #tables
end

-- properties(operation) -> fields: what a call may give beside the operation's parameters, and what is read-only.
function M.properties(operation)
  local fields = {}
  for _, param in ipairs(operation.params) do
    for _, entry in ipairs(param.rest and M.properties_of(operation, param, true) or {}) do
      fields[#fields + 1] = entry.field
    end
  end
  return fields
end

local function add_fields_of(list, operation, fields, table_name, chooser)
  for _, field in ipairs(fields or {}) do
    list[#list + 1] = field
    add_fields_of(list, operation, {}, field.table, field.fields_of)
  end
  for _, each in ipairs(M.tables_of(operation, table_name, chooser)) do
    add_fields_of(list, operation, operation.tables[each.name].fields)
  end
  return list
end

-- result_fields(operation) -> fields: those of its result, in the catalogue's order.
function M.result_fields(operation)
  return add_fields_of({}, operation, operation.result, operation.result_table, operation.result_of)
end

-- What a result's field is. `where(table's name, vendor)` says where the properties of a table stand.
function M.field_sentence(field, operation, where)
  local notes = field.doc .. "."
  if field.enumeration then
    local choices = {}
    for _, choice in ipairs(field.enumeration.choices) do
      choices[#choices + 1] = ("%s %s"):format(M.choice_value(choice), choice.name)
    end
    notes = ("%s One of: %s."):format(notes, table.concat(choices, ", "))
  end
  for _, each in ipairs(M.tables_of(operation, field.table, field.fields_of)) do
    notes = ("%s %s%s lists their properties."):format(notes, each.choice and ("Of %s: "):format(each.choice) or "",
      where(each.name, operation.vendor))
  end
  return notes .. (field.assumed and " (Our assumption.)" or "")
end

return M
