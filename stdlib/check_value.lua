-- SPDX-License-Identifier: MIT
-- The values that a script writes down for parameters of a call, for stdlib/check_call.lua.

local catalogue = require "beadle.catalogue"
local values = require "beadle.check_values"

local M = {}

local LONGEST = 40

-- What stands inside of brackets that change nothing.
function M.bare(node)
  while node.tag == "Paren" do
    node = node.inner
  end
  return node
end

-- Whether a name is a field's, or the one that it has on the wire.
function M.is_name(field, name)
  return name == field.name or (field.suffix ~= nil and name == field.name .. field.suffix)
end

function M.find(fields, name)
  for _, field in ipairs(fields) do
    if M.is_name(field, name) then
      return field
    end
  end
end

-- The names of fields that a script may give.
function M.names(fields, names)
  names = names or {}
  for _, field in ipairs(fields) do
    if not field.read_only and not field.rest then
      names[#names + 1] = field.name
    end
  end
  return names
end

-- The members of a field's value, or of each of its elements; nil when they are anything.
function M.members(info, field)
  return field.fields or (field.table and info.tables[field.table].fields)
end

-- How a wrong value is shown: short, without what is secret or about a person.
local function show(value, field)
  if field.secret or field.personal or type(value) == "table" then
    return ("not this %s"):format(type(value))
  elseif type(value) == "string" then
    return ("not \"%s\"%s"):format(value:sub(1, LONGEST), #value > LONGEST and "..." or "")
  end
  return "not " .. tostring(value)
end

local function nearest_choice(info, field, value)
  if not field.enumeration or type(value) ~= "string" then
    return nil
  end
  local names = {}
  for index, choice in ipairs(field.enumeration.choices) do
    names[index] = choice.name
  end
  local nearest = catalogue.nearest(value, names)
  return nearest and ("%s.%s.%s"):format(info.name, field.enumeration.name, nearest)
end

local function wrong_value(call, field, place, node, value)
  call.file.report(node.pos, { message = ("%s must be %s, %s"):format(place.text, field.must, show(value, field)),
    nearest = nearest_choice(call.info, field, value) })
end

local function inner_place(place, name)
  local names = table.move(place.names, 1, #place.names, 1, {})
  names[#names + 1] = name
  return { names = names, text = ("%s.%s"):format(place.text, name) }
end

local function element_place(place, index)
  return { names = place.names, text = ("%s[%d]"):format(place.text, index) }
end

-- The name under which an item of a table constructor stands; nil when it is not known.
local function name_of(file, item)
  local known, name = values.literal_of(file, item.key)
  return known and name or nil
end

local function check_required(call, fields, given, place, node)
  for _, field in ipairs(fields) do
    if field.required and not given[field.name] then
      call.file.report(node.pos, { message = ("%s.%s is required (%s)"):format(place.text, field.name, field.doc) })
    end
  end
end

local function check_members(call, fields, node, place)
  local given, closed = {}, true
  for _, item in ipairs(node.items) do
    local name = item.key and name_of(call.file, item)
    local field = type(name) == "string" and M.find(fields, name)
    if field then
      given[field.name] = true
      M.check(call, field, inner_place(place, field.name), item.value, item.pos)
    elseif type(name) == "string" then
      local nearest = catalogue.nearest(name, M.names(fields))
      call.file.report(item.pos, { message = ("%s takes no \"%s\""):format(place.text, name), nearest = nearest })
      if nearest then -- one mistake: that one is not missing besides
        given[nearest] = true
      end
    else
      closed = closed and item.key ~= nil and name ~= nil
    end
  end
  if closed then
    check_required(call, fields, given, place, node)
  end
end

local function check_elements(call, fields, node, place)
  local index = 0
  for _, item in ipairs(node.items) do
    local element = M.bare(item.value)
    if item.key then
      return -- whatever this is, its elements are not where they seem to be
    end
    index = index + 1
    if element.tag == "Table" then
      check_members(call, fields, element, element_place(place, index))
    end
  end
end

local CHECK_INSIDE = { object = check_members, list = check_elements }

-- check(call, field, place, node, pos): reports what is wrong with a value for a field. `pos` is where its name
-- stands.
function M.check(call, field, place, node, pos)
  node = M.bare(node)
  local known, value = values.literal_of(call.file, node)
  if known and value == nil then
    return
  elseif field.read_only then
    call.file.report(pos, { message = ("%s is read-only: only the vendor sets it"):format(place.text) })
    return
  end
  local fields = node.tag == "Table" and M.members(call.info, field)
  local check_inside = fields and CHECK_INSIDE[field.type]
  if check_inside then
    check_inside(call, fields, node, place)
  elseif known and not catalogue.is_legal(call.info.name, call.operation_name, place.names, value, call.choice) then
    wrong_value(call, field, place, node, value)
  end
end

return M
