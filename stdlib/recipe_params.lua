-- SPDX-License-Identifier: MIT
-- The parameters of a recipe: declared once, and from that options, columns, checks and help. For
-- stdlib/recipe.lua, which says how they are written.

local catalogue = require "beadle.catalogue"
local csv = require "beadle.csv"
local error_value = require "beadle.error"
local help = require "beadle.help"
local pretty = require "beadle.pretty"
local time = require "beadle.time"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Types of a recipe's own parameters. parse: text -> value, or nil

local function parse_date(text)
  local year, month, day = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)$"
  local at = year and os.time { year = tonumber(year), month = tonumber(month), day = tonumber(day), hour = 12 }
  return at and os.date("%Y-%m-%d", at) == text and text or nil
end

local function parse_line(text)
  return text ~= "" and utf8.len(text) and not text:find "%c" and text or nil
end

local WORDS = { ["true"] = true, ["1"] = true, yes = true, ["false"] = false, ["0"] = false, no = false }

local TYPES = {
  string = { must = "a text of one line", parse = parse_line },
  integer = { must = "a whole number", parse = function(text)
    return text:find "^[+-]?%d+$" and math.tointeger(tonumber(text)) or nil
  end },
  number = { must = "a number", parse = function(text)
    return text:find "^[-+.%deE]+$" and tonumber(text) or nil
  end },
  flag = { must = "true or false (also 1 or 0)", parse = function(text) return WORDS[text] end },
  email = { must = "an e-mail address", parse = function(text)
    return parse_line(text) and text:find "^[^@ ,;]+@[^@ ,;]+$" and text or nil
  end },
  date = { must = "a day written YYYY-MM-DD", parse = parse_date },
  duration = { must = "a number of seconds or a text such as \"200 ms\" or \"10 min\"", parse = function(text)
    return (beadle.try(time.seconds, text))
  end },
}

-- ---------------------------------------------------------------------------------------------------
-- Declaring

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, outcome = "none" }, 0)
end

local function did_you_mean(name, names)
  local nearest = catalogue.nearest(tostring(name), names)
  return nearest and ("Did you mean %s?"):format(nearest) or nil
end

-- check_names(given, known, where): refuses what is not in the list `known`, naming the nearest.
function M.check_names(given, known, where)
  local set = {}
  for _, name in ipairs(known) do
    set[name] = true
  end
  for name in pairs(given) do
    if not set[name] then
      fail(("%s has no \"%s\""):format(where, tostring(name)), did_you_mean(name, known))
    end
  end
end

local KEYS = { "name", "type", "required", "doc", "choices", "default", "from", "secret" }

local function choices_type(choices)
  local set = {}
  for _, choice in ipairs(choices) do
    set[choice] = true
  end
  return {
    must = "one of " .. table.concat(choices, ", "),
    parse = function(text)
      if set[text] then
        return text
      end
      return nil, nil, catalogue.nearest(text, choices)
    end,
  }
end

local function own_param(given, recipe)
  local kind = given.type or "string"
  if type(given.name) ~= "string" or not given.name:find "^%a[%w_]*$" then
    fail(("recipe %s: a parameter needs a name of letters, digits and _"):format(recipe))
  elseif not TYPES[kind] then
    local names = {}
    for name in pairs(TYPES) do
      names[#names + 1] = name
    end
    fail(("recipe %s: %s has the unknown type \"%s\""):format(recipe, given.name, tostring(kind)),
      did_you_mean(kind, names))
  elseif type(given.doc) ~= "string" then
    fail(("recipe %s: %s needs a doc, one sentence that says what it is"):format(recipe, given.name))
  end
  local checks = given.choices and choices_type(given.choices) or TYPES[kind]
  return { name = given.name, type = kind, doc = given.doc, required = given.required or false,
    secret = given.secret or false, choices = given.choices, must = checks.must, parse = checks.parse }
end

local operations = {}

local function find_operation(full_name)
  operations[full_name] = operations[full_name] or help.find(full_name)
  return operations[full_name]
end

local function catalogue_param(given, recipe)
  local full_name, wire = given.from:match "^([^.]+%.[^.]+)%.([^.]+)$"
  if not full_name then
    fail(("recipe %s: \"%s\" is no VENDOR.OPERATION.PARAMETER"):format(recipe, given.from))
  end
  local operation, field, names = find_operation(full_name), nil, {}
  for index, each in ipairs(operation.params) do
    names[index] = each.name
    field = each.name == wire and each or field
  end
  if not field then
    fail(("recipe %s: %s has no parameter %s"):format(recipe, full_name, wire), did_you_mean(wire, names))
  end
  local required = given.required
  if required == nil then
    required = field.required or false
  end
  local choices
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    choices = choices or {}
    choices[#choices + 1] = choice.name
  end
  return {
    name = given.name or wire, type = field.type, doc = given.doc or field.doc, required = required,
    secret = field.secret or false, choices = choices, must = field.must, from = given.from,
    operation = operation, wire = wire,
    parse = function(text)
      return catalogue.parse(operation.vendor, operation.name, wire, text)
    end,
  }
end

-- declare(list, recipe) -> list of parameters, also by name. An element is a table, or a text: where it
-- comes from.
function M.declare(list, recipe)
  local params = {}
  for _, given in ipairs(list) do
    given = type(given) == "string" and { from = given } or given
    M.check_names(given, KEYS, ("recipe %s: a parameter"):format(recipe))
    local param = given.from and catalogue_param(given, recipe) or own_param(given, recipe)
    if params[param.name] then
      fail(("recipe %s: the parameter %s is declared twice"):format(recipe, param.name))
    end
    if given.default ~= nil then
      param.default_text = tostring(given.default)
      param.default = param.parse(param.default_text)
      param.required = false
      if param.default == nil then
        fail(("recipe %s: the default of %s must be %s"):format(recipe, param.name, param.must))
      end
    end
    params[#params + 1], params[param.name] = param, param
  end
  return params
end

function M.names(params)
  local names = {}
  for index, param in ipairs(params) do
    names[index] = param.name
  end
  return names
end

-- ---------------------------------------------------------------------------------------------------
-- Checking

local function shown(param, text)
  if param.secret then
    return "..."
  end
  return pretty.shorten((text:gsub("%c", " ")), 60)
end

local function check_value(param, text)
  local value, _, nearest = param.parse(text)
  if value ~= nil then
    return value
  end
  return nil, ("must be %s, not \"%s\"%s"):format(param.must, shown(param, text),
    nearest and ("; did you mean %s?"):format(nearest) or "")
end

local function rule_is_broken(rule, row)
  local given, first = 0, row[rule.names[1]]
  for _, name in ipairs(rule.names) do
    given = given + (row[name] and 1 or 0)
  end
  if rule.kind == "any_of" then
    return given == 0
  elseif rule.kind == "not_both" then
    return given > 1
  end
  return first and given < #rule.names
end

-- The rules between parameters that the catalogue has for the operations they come from, by the recipe's
-- own names.
local function rules_of(params)
  local rules, seen = {}, {}
  for _, param in ipairs(params) do
    local operation = param.operation
    if operation and not seen[operation] then
      seen[operation] = true
      local own_name = {}
      for _, other in ipairs(params) do
        if other.operation == operation then
          own_name[other.wire] = other.name
        end
      end
      for _, rule in ipairs(operation.rules) do
        local names, complete = {}, true
        for index, wire in ipairs(rule.names) do
          names[index] = own_name[wire]
          complete = complete and own_name[wire] ~= nil
        end
        if complete then
          rules[#rules + 1] = { kind = rule.kind, names = names, doc = rule.doc }
        end
      end
    end
  end
  return rules
end

-- check_given(params, texts) -> list of problems of the texts that are there.
function M.check_given(params, texts)
  local problems = {}
  for _, param in ipairs(params) do
    local text = texts[param.name]
    local _, wrong = nil, nil
    if text then
      _, wrong = check_value(param, param.secret and text or csv.trim(text))
    end
    if wrong then
      problems[#problems + 1] = { name = param.name, message = ("%s %s"):format(param.name, wrong) }
    end
  end
  return problems
end

-- check(params, texts) -> row, or nil and a list of problems {name, message, missing, rule}. An empty text is
-- none. Spaces at the ends are left out, but for secrets.
function M.check(params, texts)
  params.rules = params.rules or rules_of(params)
  local row, problems = {}, {}
  for _, param in ipairs(params) do
    local text = texts[param.name]
    if text and not param.secret then
      text = csv.trim(text)
    end
    if text and text ~= "" then
      local value, wrong = check_value(param, text)
      row[param.name] = value
      if wrong then
        problems[#problems + 1] = { name = param.name, message = ("%s %s"):format(param.name, wrong) }
      end
    elseif param.default ~= nil then
      row[param.name] = param.default
    elseif param.required then
      problems[#problems + 1] = { name = param.name, missing = true,
        message = ("%s is missing: %s"):format(param.name, param.doc) }
    end
  end
  if #problems == 0 then
    for _, rule in ipairs(params.rules) do
      if rule_is_broken(rule, row) then
        problems[#problems + 1] = { name = rule.names[1], message = rule.doc, rule = true }
      end
    end
  end
  if #problems > 0 then
    return nil, problems
  end
  return row
end

-- key(params, names, row) -> text that is the same for rows with the same values; nil when one is missing.
-- E-mail addresses that differ in the case of letters are the same person's.
function M.key(params, names, row)
  local parts = {}
  for index, name in ipairs(names) do
    local value = row[name]
    if value == nil then
      return nil
    end
    local text = type(value) == "table" and table.concat(value, ",") or tostring(value)
    local param = params[name] -- none, where a recipe finds its rows itself
    parts[index] = param and param.type == "email" and text:lower() or text
  end
  return table.concat(parts, "\0")
end

return M
