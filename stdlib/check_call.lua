-- SPDX-License-Identifier: MIT
-- What a script writes down as the parameters of a call, for stdlib/check.lua: the same checks as when it runs, as
-- far as the script says it all. Everything comes from the catalogue.

local catalogue = require "beadle.catalogue"
local check_value = require "beadle.check_value"
local values = require "beadle.check_values"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- What is given: "yes", "no" or "maybe"

-- A flag that is off is as good as none, and so is null.
local function state_of(file, param, node)
  node = check_value.bare(node)
  local known, value = values.literal_of(file, node)
  if not known then
    return node.tag == "Table" and "yes" or "maybe"
  elseif value == nil or type(value) == "userdata" then
    return "no"
  elseif param.type == "flag" and (value == false or value == 0) then
    return "no"
  end
  return "yes"
end

local function is_common(info, name)
  return check_value.find(info.vendor.common, name) ~= nil
end

-- What the script leaves to others: a client's parameters, the profile's settings.
local function state_from_elsewhere(call, param)
  local defaults = call.defaults
  if not call.is_closed or param.setting then
    return "maybe"
  elseif defaults and is_common(call.info, param.name) and (defaults.open or defaults[param.name]) then
    return "maybe"
  end
  return "no"
end

-- A parameter's state, by whatever name it is given.
local function state(call, param)
  local found = call.states[param.name] or state_from_elsewhere(call, param)
  for _, alias in ipairs(call.operation.params) do
    local other = alias.means == param.name and call.states[alias.name]
    if other == "yes" or (other == "maybe" and found == "no") then
      found = other
    end
  end
  return found
end

-- ---------------------------------------------------------------------------------------------------
-- Names that are members of a parameter which takes the rest

-- The choice that decides which members those are; nil when the script does not say.
local function find_choice(call, rest)
  local item = call.items[rest.fields_of]
  local known, value
  if item then
    known, value = values.literal_of(call.file, item.value)
  end
  local param = check_value.find(call.operation.params, rest.fields_of)
  for _, choice in ipairs(known and param.enumeration and param.enumeration.choices or {}) do
    if choice.value == value then
      return choice
    end
  end
end

local function add_all(list, more)
  for _, each in ipairs(more) do
    list[#list + 1] = each
  end
end

-- The members of any choice; nil when one of them may have others.
local function members_of_all(call, rest)
  local param = check_value.find(call.operation.params, rest.fields_of)
  if not param.enumeration or param.enumeration.open then
    return nil
  end
  local all = {}
  for _, choice in ipairs(param.enumeration.choices) do
    if not choice.table then
      return nil
    end
    add_all(all, call.info.tables[choice.table].fields)
  end
  return all
end

-- The fields that the rest may have, nil when it may have any; and whether it is known which of them.
local function rest_fields(call, rest)
  if not rest.fields_of then
    return check_value.members(call.info, rest), true
  end
  local choice = find_choice(call, rest)
  if choice then
    call.choice = choice.value
    return choice.table and call.info.tables[choice.table].fields, true
  end
  return members_of_all(call, rest), false
end

-- ---------------------------------------------------------------------------------------------------
-- One item

local function report(call, pos, message, nearest)
  call.file.report(pos, { message = message, nearest = nearest })
end

local function unknown_name(call, name, pos)
  local names = check_value.names(call.operation.params)
  check_value.names(call.rest_fields or {}, names)
  local nearest = catalogue.nearest(name, names)
  report(call, pos, ("%s takes no \"%s\""):format(call.operation.full_name, name), nearest)
  if nearest then -- one mistake: that one is not missing besides
    call.states[nearest] = call.states[nearest] or "maybe"
  end
end

local function check_rest(call, name, item)
  local fields = call.rest_fields
  if call.rest and not fields then
    return
  end
  local field = fields and check_value.find(fields, name)
  if not field then
    unknown_name(call, name, item.pos)
  elseif call.rest_is_known then
    check_value.check(call, field, { names = { name }, text = name }, item.value, item.pos)
  end
end

-- What another name of a parameter stands for is checked as that one's.
local function check_alias(call, param, item)
  if param.means_until then
    call.file.report(item.pos, { severity = "warning",
      message = ("%s is deprecated: the vendor accepts it until %s; write %s"):format(param.name, param.means_until,
        param.means) })
  end
  if call.states[param.name] == "yes" and call.states[param.means] == "yes" then
    report(call, item.pos, ("%s and %s are the same parameter: give %s only"):format(param.name, param.means,
      param.means))
  end
  local known, value = values.literal_of(call.file, item.value)
  if known and param.ours and type(value) == "boolean" then
    return
  end
  local target = check_value.find(call.operation.params, param.means)
  check_value.check(call, target, { names = { target.name }, text = param.name }, item.value, item.pos)
end

local function check_selector(call, item)
  local operation = call.operation
  local known, value = values.literal_of(call.file, item.value)
  if known and math.type(value) == "integer" and value ~= operation.variant_value then
    report(call, item.value.pos, ("%s of %s is always %d"):format(operation.selector, operation.full_name,
      operation.variant_value))
  end
end

local function check_item(call, name, item)
  local param = call.params[name]
  if not param or param.rest then
    check_rest(call, name, item)
  elseif param.means then
    check_alias(call, param, item)
  elseif call.operation.variant_value and name == call.operation.selector then
    check_selector(call, item)
  else
    check_value.check(call, param, { names = { name }, text = name }, item.value, item.pos)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- All of them

-- Sorts the items of the table by name. Whoever computes a name may mean any.
local function read_items(call, constructor)
  for _, item in ipairs(constructor.items) do
    local known, name
    if item.key then
      known, name = values.literal_of(call.file, item.key)
    end
    if known and type(name) == "string" then
      call.items[name] = item
      call.order[#call.order + 1] = { name = name, item = item }
    elseif item.key and not known then
      call.is_closed = false
    elseif item.value.tag ~= "Vararg" then
      report(call, item.pos, "parameters have names; this value has none")
    end
  end
end

local function check_required(call, pos)
  local operation = call.operation
  for _, param in ipairs(operation.params) do
    local filled_in = param.fallback or (operation.variant_value and param.name == operation.selector)
    if param.required and param.rest and not call.has_rest and call.is_closed then
      report(call, pos, ("%s: nothing is given beside it: %s"):format(operation.full_name, param.doc))
    elseif param.required and not param.rest and not filled_in and state(call, param) == "no" then
      report(call, pos, ("%s: %s is required (%s)"):format(operation.full_name, param.name, param.doc))
    end
  end
end

-- Whether the first parameter of the rule certainly has one of the values that need the second.
local function has_value(call, rule)
  local item = call.items[rule.names[1]]
  if not rule.values then
    return true
  end
  local known, value
  if item then
    known, value = values.literal_of(call.file, item.value)
  end
  for _, each in ipairs(rule.values) do
    if known and value == each then
      return true
    end
  end
  return false
end

local BROKEN = {
  any_of = function(yes, maybe) return yes + maybe == 0 end,
  not_both = function(yes) return yes > 1 end,
  one_of = function(yes, maybe) return yes > 1 or yes + maybe == 0 end,
}

local function is_broken(call, rule)
  local states, yes, maybe = {}, 0, 0
  for index, name in ipairs(rule.names) do
    states[index] = call.params[name] and state(call, call.params[name]) or "maybe"
    yes = yes + (states[index] == "yes" and 1 or 0)
    maybe = maybe + (states[index] == "maybe" and 1 or 0)
  end
  if rule.kind == "needs" then
    return states[1] == "yes" and states[2] == "no" and has_value(call, rule)
  end
  return BROKEN[rule.kind](yes, maybe)
end

local function check_rules(call, pos)
  for _, rule in ipairs(call.operation.rules) do
    if is_broken(call, rule) then
      report(call, pos, ("%s: %s"):format(call.operation.full_name, rule.doc))
    end
  end
end

local function new_call(file, value)
  local operation = value.operation
  local call = { file = file, info = value.info, defaults = value.defaults, operation = operation,
    operation_name = operation.name, params = {}, items = {}, order = {}, states = {}, is_closed = true }
  for _, param in ipairs(operation.params) do
    call.params[param.name] = param
    call.rest = param.rest and param or call.rest
  end
  return call
end

local function check_params(call, constructor, pos)
  read_items(call, constructor)
  if call.rest then
    call.rest_fields, call.rest_is_known = rest_fields(call, call.rest)
  end
  for name, item in pairs(call.items) do
    local param = call.params[name]
    if param and not param.rest then
      call.states[name] = state_of(call.file, param, item.value)
    else
      call.has_rest = true
    end
  end
  for _, each in ipairs(call.order) do
    check_item(call, each.name, each.item)
  end
  check_required(call, pos)
  check_rules(call, pos)
end

-- The constructor that gives the parameters; nil when the script computes them elsewhere.
local function constructor_of(file, args, what)
  local node = args[1] and check_value.bare(args[1])
  if not node then
    return { items = {} }
  elseif node.tag == "Table" then
    return node
  end
  local known, value = values.literal_of(file, node)
  if known and value ~= nil then
    file.report(node.pos, { message = ("%s takes a table of parameters, not a %s"):format(what, type(value)) })
  elseif known then
    return { items = {} }
  end
end

-- operation(file, value, args, pos): checks a call of an operation with these argument nodes.
function M.operation(file, value, args, pos)
  local constructor = not value.operation.removed and constructor_of(file, args, value.operation.full_name)
  if constructor then
    check_params(new_call(file, value), constructor, pos)
  end
end

-- client(file, value, args): checks what a client is made with.
function M.client(file, value, args)
  local info = value.info
  local constructor = constructor_of(file, args, info.name .. ".client")
  local call = { file = file, info = info }
  for _, item in ipairs(constructor and constructor.items or {}) do
    local known, name
    if item.key then
      known, name = values.literal_of(file, item.key)
    end
    local field = known and check_value.find(info.vendor.common, name)
    if field then
      check_value.check(call, field, { names = { name }, text = name }, item.value, item.pos)
    elseif known and name ~= "profile" then
      local names = check_value.names(info.vendor.common, { "profile" })
      report(call, item.pos, ("%s.client takes no \"%s\""):format(info.name, tostring(name)),
        catalogue.nearest(tostring(name), names))
    end
  end
end

return M
