-- SPDX-License-Identifier: MIT
-- Random parameters for the operations of a vendor, from what the catalogue describes, and what a request with them
-- has to hold. Nothing is listed here a second time.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local values = require "random_values"
local pick, chance = values.pick, values.chance

local M = {}

local function by_name(list)
  local found = {}
  for _, each in ipairs(list) do
    found[each.name] = each
  end
  return found
end

-- The vendor as describe() gives it, with its parts by name.
function M.vendor(name)
  local vendor = catalogue.describe(name)
  vendor.setting, vendor.table = by_name(vendor.settings), by_name(vendor.tables)
  vendor.callable, vendor.operation = {}, {}
  for _, operation in ipairs(vendor.operations) do
    operation.param = by_name(operation.params)
    for _, param in ipairs(operation.params) do
      operation.rest_param = param.rest and param or operation.rest_param
      operation.free_param = param.flat and not param.rest and param or operation.free_param
    end
    if not operation.removed then
      vendor.operation[operation.name] = operation
      table.insert(vendor.callable, operation)
    end
  end
  return vendor
end

-- The members of a structure, or of what stands flat in the body; nil when there are none known.
local function members_of(vendor, operation, param, args)
  if param.fields_of then
    local chosen = args[param.fields_of]
    for _, choice in ipairs(operation.param[param.fields_of].enumeration.choices) do
      if choice.value == chosen then
        return choice.table and vendor.table[choice.table].fields
      end
    end
    return nil
  end
  return param.table and vendor.table[param.table].fields or param.fields
end

-- ---------------------------------------------------------------------------------------------------
-- What must hold

-- The parameters as they are meant: those that are another way to give one stand under its name.
local function meant(operation, args)
  local result = {}
  for name, value in pairs(args) do
    local param = operation.param[name]
    local target = param and param.means or name
    if result[target] ~= nil then
      return nil, name
    end
    if param and param.ours and type(value) == "boolean" then
      value = value and param.when_true or not value and param.when_false
    end
    result[target] = value
  end
  return result
end

local function is_given(operation, args, name)
  local value = args[name]
  if value == nil or value == json.null then
    return false
  end
  return operation.param[name].type ~= "flag" or value == true or value == 1
end

local function is_one_of(value, list)
  for _, each in ipairs(list or { value }) do
    if each == value then
      return true
    end
  end
  return false
end

local function holds(operation, args, rule)
  local count = 0
  for _, name in ipairs(rule.names) do
    count = count + (is_given(operation, args, name) and 1 or 0)
  end
  if rule.kind == "any_of" then
    return count > 0
  elseif rule.kind == "not_both" then
    return count <= 1
  elseif rule.kind == "one_of" then
    return count == 1
  end
  local needs = is_given(operation, args, rule.names[1]) and is_one_of(args[rule.names[1]], rule.values)
  return not needs or is_given(operation, args, rule.names[2])
end

-- The rules that do not hold; nil when the same parameter is given twice.
local function broken(operation, args)
  local whole = meant(operation, args)
  if not whole then
    return nil
  end
  local list = {}
  for _, rule in ipairs(operation.rules) do
    if not holds(operation, whole, rule) then
      list[#list + 1] = rule
    end
  end
  return list
end

local function must_be_given(operation, param)
  local chosen = operation.variant_value and param.name == operation.selector
  return param.required and not (param.setting or param.fallback or param.flat or chosen)
end

local function is_missing(operation, args)
  local whole = meant(operation, args)
  for _, param in ipairs(operation.params) do
    if must_be_given(operation, param) and whole[param.name] == nil then
      return true
    end
  end
  return false
end

-- ---------------------------------------------------------------------------------------------------
-- Legal sets

local function is_of_param(operation, name)
  return operation.param[name] ~= nil
end

local function add_rest(vendor, operation, args)
  local param = operation.rest_param
  local fields = param and members_of(vendor, operation, param, args)
  if not fields then
    return
  end
  local some = values.members(fields, pick { 0, 5, 30, 80 })
  if param.required and next(some) == nil then
    some = values.members(fields, 60)
  end
  for name, value in pairs(some) do
    if not is_of_param(operation, name) and not is_of_param(operation, name:gsub("@.*$", "")) then
      args[name] = value
    end
  end
end

local function counts_rest(vendor, operation, args)
  local count = 0
  local fields = operation.rest_param and members_of(vendor, operation, operation.rest_param, args)
  for _, field in ipairs(fields or {}) do
    local there = args[field.name] ~= nil or field.suffix and args[field.name .. field.suffix] ~= nil
    count = count + (there and not operation.param[field.name] and 1 or 0)
  end
  return count
end

local function draw(vendor, operation)
  local args, percent = {}, pick { 0, 20, 50, 90 }
  for _, param in ipairs(operation.params) do
    local must = must_be_given(operation, param)
    if not param.flat and (must and chance(90) or chance(percent)) and (not param.means or chance(30)) then
      args[param.name] = values.legal(param, members_of(vendor, operation, param, args))
    end
  end
  for _, param in ipairs(operation.params) do
    if param.means and args[param.means] ~= nil and chance(param.means_until and 5 or 30) then -- each is warned of
      args[param.means], args[param.name] = nil, values.legal(param)
    end
  end
  if operation.selector and operation.variant_value then
    args[operation.selector] = chance(20) and operation.variant_value or nil
  end
  add_rest(vendor, operation, args)
  if operation.free_param and chance(20) then
    local free = {}
    for i = 1, math.random(3) do
      free["New" .. i .. pick { "", "é", " &", "\"", "@odata.type" }] = values.anything()
    end
    args[operation.free_param.name] = free
  end
  return args
end

-- Whether a set is legal, as far as the generator itself may break it.
function M.is_legal(vendor, operation, args)
  local rules, whole = broken(operation, args), meant(operation, args) or {}
  local selected = operation.variant_value and whole[operation.selector] or operation.variant_value
  local says_nothing = operation.rest_param and operation.rest_param.required
    and counts_rest(vendor, operation, args) == 0
  return rules ~= nil and #rules == 0 and selected == operation.variant_value
    and not is_missing(operation, args) and not says_nothing
end

function M.legal(vendor, operation)
  for _ = 1, 2000 do
    local args = draw(vendor, operation)
    if M.is_legal(vendor, operation, args) then
      return args
    end
  end
  error("no legal parameters found for " .. operation.full_name, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- What must arrive

local function text_of_one(value)
  return math.type(value) == "float" and ("%d"):format(value) or tostring(value)
end

-- The text of a value in a path, a query, a header or a form; nil when it is left out.
function M.text(param, value)
  if param.type == "flag" then
    return (value == true or value == 1) and "1" or nil
  elseif type(value) ~= "table" then
    return text_of_one(value)
  end
  local list = {}
  for i, each in ipairs(value) do
    list[i] = text_of_one(each)
  end
  return table.concat(list, ",")
end

local function number_of(field, value)
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    if value == choice.value or value == choice.number or value == tostring(choice.number) then
      return tostring(choice.number)
    end
  end
  return text_of_one(value)
end

local function list_of(value, make)
  local list = json.array {}
  for i, each in ipairs(type(value) == "table" and value or { value }) do
    list[i] = make(each)
  end
  return list
end

local json_of

local function object_of(fields, value)
  if not fields then
    return value
  end
  local result = {}
  for _, field in ipairs(fields) do
    local wire = field.name .. (field.suffix or "")
    local member = value[field.name]
    member = member == nil and value[wire] or member
    if member ~= nil then
      result[wire] = json_of(field, member, field.fields)
    end
  end
  return result
end

local JSON = {
  flag = function(_, value) return (value == true or value == 1) and 1 or 0 end,
  enumeration = number_of,
  link = function(field, value)
    return math.type(value) == "integer" and ("%s(%d)"):format(field.set, value) or value
  end,
  ["integer list"] = function(_, value) return list_of(value, function(each) return each end) end,
  bytes = function(_, value) return json.array(type(value) == "table" and value or { value:byte(1, -1) }) end,
  object = function(_, value, fields) return object_of(fields, value) end,
  list = function(_, value, fields)
    return list_of(value, function(each) return object_of(fields, each) end)
  end,
}
JSON["string list"] = JSON["integer list"]
JSON["link list"] = function(field, value)
  return list_of(value, function(each) return JSON.link(field, each) end)
end

function json_of(field, value, fields)
  if value == json.null or not JSON[field.type] then
    return value
  end
  return JSON[field.type](field, value, fields)
end

local function fallback_json(param)
  local value = catalogue.from_wire(param.vendor, param.operation, param.name, param.fallback)
  return json_of(param, value)
end

-- The parts of a path that are sent, "/x[/id/{id}]" without its groups.
local function template_of(operation, text)
  return ((operation.path or ""):gsub("%[(.-)%]", function(group)
    local flag, rest = group:match "^%?([^:]*):(.*)$"
    if flag then
      return text(flag) and rest or ""
    end
    for name in group:gmatch "{([%w_]+)}" do
      if not text(name) then
        return ""
      end
    end
    return group
  end))
end

local function segments_of(path, text)
  local list = {}
  for segment in path:gmatch "/([^/]*)" do
    list[#list + 1] = segment:gsub("{([%w_]+)}", text)
  end
  return list
end

local function sent_body(vendor, operation, args, expected)
  local members, whole, has_members = {}, nil, false
  for _, param in ipairs(operation.params) do
    local value = args[param.name]
    if param.place == "body" and value ~= nil then
      whole = { json_of(param, value, members_of(vendor, operation, param, args)) }
    elseif param.place == "json" and param.flat then
      has_members = true
      for name, each in pairs(param.rest and object_of(members_of(vendor, operation, param, args), args)
        or value or {}) do
        if not operation.param[name] then
          members[name] = each
        end
      end
    elseif param.place == "json" then
      has_members = true
      if value == nil and param.fallback then
        members[param.name] = fallback_json { name = param.name, vendor = vendor.name, operation = operation.name,
          type = param.type, fallback = param.fallback }
      elseif value ~= nil then
        members[param.name] = json_of(param, value, members_of(vendor, operation, param, args))
      end
    end
  end
  expected.members = has_members and not whole
  expected.json = whole or has_members and { members } or nil
end

-- What a request with these parameters must hold: host, segments, query, headers, form, json (a list of one).
function M.expected(vendor, operation, given)
  local args = meant(operation, given)
  local function text(name)
    local param = operation.param[name]
    if args[name] ~= nil then
      return M.text(param, args[name])
    elseif param.setting and vendor.setting[param.setting].sandbox then
      return vendor.setting[param.setting].sandbox
    elseif name == operation.selector and operation.variant_value then
      return tostring(operation.variant_value)
    end
    return param.fallback
  end
  local endpoint = vendor.setting[operation.endpoint]
  local host, prefix = (endpoint.sandbox or endpoint.fallback):match "^https?://([^/:]+)[^/]*(.*)$"
  local expected = { method = operation.method, host = host, query = {}, headers = {}, form = {},
    segments = segments_of(prefix .. template_of(operation, text), text) }
  for pair in (operation.fixed_query or ""):gmatch "[^&]+" do
    local name, value = pair:match "^(.-)=(.*)$"
    expected.query[name] = value
  end
  for _, param in ipairs(operation.params) do
    local place = param.place
    if place == "query" or place == "form" then
      expected[place][param.wire or param.name] = not param.means and text(param.name) or nil
    elseif place == "header" then
      expected.headers[param.name:lower()] = text(param.name)
    end
  end
  sent_body(vendor, operation, args, expected)
  return expected
end

-- ---------------------------------------------------------------------------------------------------
-- Illegal sets: a legal one with one thing wrong

local function copy(args)
  local result = {}
  for name, value in pairs(args) do
    result[name] = value
  end
  return result
end

-- A parameter whose value is none.
local function break_value(vendor, operation, args)
  local param = operation.params[1] and pick(operation.params)
  if not param or param.flat or param.means and args[param.means] ~= nil then
    return nil
  end
  for _, other in ipairs(operation.params) do
    if other.means == param.name then
      args[other.name] = nil
    end
  end
  args[param.name] = values.wrong(param)
  return args, param.name, vendor
end

local function break_missing(_, operation, args)
  local param = operation.params[1] and pick(operation.params)
  if not param or not must_be_given(operation, param) then
    return nil
  end
  args[param.name] = nil
  for _, other in ipairs(operation.params) do
    if other.means == param.name then
      args[other.name] = nil
    end
  end
  return args, param.name
end

local function break_name(vendor, operation, args)
  local param = operation.params[1] and pick(operation.params)
  if operation.rest_param and not members_of(vendor, operation, operation.rest_param, args) then
    return nil
  end
  local name = (param and param.name or "any") .. pick { "x", "\n", "\0", "é", "%00", " " }
  args[name] = 1
  return args, name:match "^[^%c]*"
end

local function break_rule(_, operation, args)
  local rule = operation.rules[1] and pick(operation.rules)
  if not rule then
    return nil
  end
  for _, name in ipairs(rule.names) do
    local param = operation.param[name]
    for _, other in ipairs(operation.params) do
      if other.means == name then
        args[other.name] = nil
      end
    end
    args[name] = nil
    if not param.required and chance(50) then
      args[name] = values.legal(param, param.fields)
    end
  end
  local rules = broken(operation, args)
  if rules and #rules == 1 and rules[1] == rule and not is_missing(operation, args) then
    return args, rule.doc
  end
end

local function break_twice(_, operation, args)
  local param = operation.params[1] and pick(operation.params)
  if not param or not param.means then
    return nil
  end
  args[param.name] = values.legal(param)
  args[param.means] = values.legal(operation.param[param.means])
  return args, param.name
end

local function break_member(vendor, operation, args)
  local param = operation.params[1] and pick(operation.params)
  local fields = param and members_of(vendor, operation, param, args)
  if not fields or (param.means or param.place == "body") then
    return nil
  end
  local field = pick(fields)
  if operation.param[field.name] then
    return nil
  end
  local value
  if field.read_only then
    value = values.legal(field, field.fields)
  else
    value = values.wrong(field)
  end
  if param.flat then
    args[field.name .. (field.suffix or "")] = nil
    args[field.name] = value
    return args, field.name
  end
  local object = values.members(fields, 30)
  object[field.name .. (field.suffix or "")] = nil
  object[field.name] = value
  local before = param.type == "list" and chance(50) and values.members(fields, 30) or nil
  args[param.name] = param.type == "list" and { before or object, before and object } or object
  return args, field.name
end

-- An element that is no object, behind some that are.
local function break_element(vendor, operation, args)
  local param = operation.params[1] and pick(operation.params)
  local fields = param and param.type == "list" and members_of(vendor, operation, param, args)
  if not fields then
    return nil
  end
  local list = {}
  for i = 1, math.random(0, 2) do
    list[i] = values.members(fields, 30)
  end
  list[#list + 1] = pick { 5, "x", true }
  args[param.name] = list
  return args, ("%s[%d]"):format(param.name, #list)
end

local function break_member_name(vendor, operation, args)
  local param = operation.params[1] and pick(operation.params)
  local fields = param and members_of(vendor, operation, param, args)
  if not fields or param.flat then
    return nil
  end
  local object = values.members(fields, 30)
  object.no_such_member = 1
  args[param.name] = param.type == "list" and { object } or object
  return args, "no_such_member"
end

local WAYS = { break_value, break_value, break_value, break_missing, break_name, break_rule, break_twice,
  break_member, break_member, break_member_name, break_element }

-- A set with one thing wrong, and what its refusal must name.
function M.illegal(vendor, operation)
  local legal = M.legal(vendor, operation)
  for _ = 1, 2000 do
    local args, name = pick(WAYS)(vendor, operation, copy(legal))
    if args then
      return args, name
    end
  end
  error("nothing can be wrong with " .. operation.full_name, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Smaller sets that fail alike

local function smaller_texts(value)
  local half = utf8.len(value) and utf8.offset(value, utf8.len(value) // 2 + 1)
  if not half or utf8.len(value) < 2 then
    return {}
  end
  return { value:sub(1, half - 1), value:sub(half) }
end

local function smaller_values(value)
  if type(value) == "string" then
    return smaller_texts(value)
  elseif type(value) ~= "table" then
    return {}
  end
  local list = {}
  for key in pairs(value) do
    local less = json.is_array(value) and json.array(copy(value)) or copy(value)
    if math.type(key) == "integer" then
      table.remove(less, key)
    else
      less[key] = nil
    end
    list[#list + 1] = less
  end
  return list
end

local function smaller_sets(args)
  local list = {}
  for name, value in pairs(args) do
    local without = copy(args)
    without[name] = nil
    list[#list + 1] = without
    for _, less in ipairs(smaller_values(value)) do
      local changed = copy(args)
      changed[name] = less
      list[#list + 1] = changed
    end
  end
  return list
end

-- The smallest set found for which fails(args) is true too.
function M.shrink(args, fails)
  local left, again = 400, true
  while again and left > 0 do
    again = false
    for _, less in ipairs(smaller_sets(args)) do
      left = left - 1
      if left > 0 and fails(less) then
        args, again = less, true
        break
      end
    end
  end
  return args
end

local function literal(value)
  if value == json.null then
    return "json.null"
  elseif type(value) == "string" then
    return "\"" .. value:gsub("[%c\"\\\128-\255]", function(c) return ("\\x%02X"):format(c:byte()) end) .. "\""
  elseif value ~= value then
    return "0/0"
  elseif type(value) == "number" then
    return math.type(value) == "float" and value == math.floor(value) and math.abs(value) < 1e15
      and ("%d.0"):format(value) or ("%q"):format(value)
  elseif type(value) ~= "table" then
    return type(value) == "function" and "print" or tostring(value)
  end
  local list = {}
  for i, each in ipairs(value) do
    list[i] = literal(each)
  end
  for key, each in pairs(value) do
    if math.type(key) ~= "integer" then
      list[#list + 1] = ("[%s] = %s"):format(literal(key), literal(each))
    end
  end
  if #value == 0 then
    table.sort(list)
  end
  return (json.is_array(value) and "json.array {" or "{") .. table.concat(list, ", ") .. "}"
end

-- The call as a script would make it.
function M.call(operation, args)
  return ("%s %s"):format(operation.full_name, literal(args))
end

return M
