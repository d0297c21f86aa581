-- SPDX-License-Identifier: MIT
-- What expressions of a script are known to be without running it, for stdlib/check.lua. A value has a kind:
--   literal    value: a text, a number, true, false, nil, or a constant of a module
--   beadle     the global of that name
--   module     name, content: a module of beadle
--   vendor     info, defaults: a vendor's module, or a client, whose `defaults` every call has
--   operation  info, operation, defaults
--   enumeration  info, enumeration
--   client     info: the function that makes clients
--   member     module, name: something else that a module has
--   builtin    name: a function of Lua's
-- What is not known is nil.

local catalogue = require "beadle.catalogue"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- What there is

local BUILTINS = { require = true, pcall = true, xpcall = true, rawset = true, setmetatable = true }

local function keys_of(content)
  local keys = {}
  for key in pairs(content) do
    if type(key) == "string" then
      keys[#keys + 1] = key
    end
  end
  return keys
end

local function by_name(list, names)
  local found = {}
  for _, each in ipairs(list) do
    found[each.name] = each
    names[#names + 1] = each.name
  end
  return found
end

local vendors

local function is_vendor(name)
  if not vendors then
    vendors = {}
    for _, each in ipairs(catalogue.vendors()) do
      vendors[each] = true
    end
  end
  return vendors[name] or false
end

local infos = {}

-- vendor(name) -> what the catalogue says of a vendor, by name, and its module; nil when there is none.
function M.vendor(name)
  if infos[name] or not is_vendor(name) then
    return infos[name]
  end
  local vendor, names = catalogue.describe(name), {}
  local content = require("beadle." .. name)
  infos[name] = { name = name, vendor = vendor, content = content, operations = by_name(vendor.operations, names),
    enumerations = by_name(vendor.enumerations, names), tables = by_name(vendor.tables, {}), names = names }
  names[#names + 1] = "client"
  table.move(keys_of(content), 1, #keys_of(content), #names + 1, names)
  return infos[name]
end

local function is_built_in(name)
  for _, searcher in ipairs { package.searchers[1], package.searchers[2] } do
    if type((searcher(name))) == "function" then
      return true
    end
  end
  return false
end

local modules = {}

-- A module of beadle as a value; false when there is none of that name.
local function module_value(name)
  if modules[name] == nil and M.vendor(name) then
    modules[name] = { kind = "vendor", module = name, info = M.vendor(name) }
  elseif modules[name] == nil then
    local found = is_built_in("beadle." .. name)
    local ok, content = false, nil
    if found then
      ok, content = pcall(require, "beadle." .. name)
    end
    modules[name] = found and { kind = "module", module = name, content = ok and content or nil }
  end
  return modules[name]
end

-- ---------------------------------------------------------------------------------------------------
-- Members. Each gives a value or nil, and when there is certainly none of that name, a problem.

local function did_you_mean(name, names, prefix)
  local nearest = catalogue.nearest(name, names)
  return nearest and prefix .. nearest or nil
end

local function unknown(what, prefix, name, names)
  return nil, { message = ("there is no %s %s%s"):format(what, prefix, name),
    nearest = did_you_mean(name, names, prefix) }
end

local function unknown_module(name)
  local _, err = pcall(function() return beadle[name] end)
  local hint = type(err) == "table" and err.hint
  return nil, { message = ("there is no module beadle.%s"):format(name),
    nearest = hint and hint:match "^Did you mean (.+)%?$" }
end

local function constant(value)
  local kind = type(value)
  if kind == "table" or kind == "function" then
    return nil
  end
  return { kind = "literal", value = value }
end

local MEMBERS = {}

function MEMBERS.beadle(value, name)
  local own = rawget(beadle, name)
  if type(own) == "function" then
    return { kind = "member", module = value.module, name = name }
  end
  local found = module_value(name)
  if found then
    return found
  elseif own ~= nil then
    return constant(own)
  end
  return unknown_module(name)
end

function MEMBERS.vendor(value, name)
  local info = value.info
  if info.operations[name] then
    return { kind = "operation", info = info, operation = info.operations[name], defaults = value.defaults }
  elseif info.enumerations[name] then
    return { kind = "enumeration", module = value.module, info = info, enumeration = info.enumerations[name] }
  elseif name == "client" then
    return { kind = "client", info = info }
  elseif rawget(info.content, name) ~= nil then
    return { kind = "member", module = value.module, name = name }
  end
  return unknown("operation", info.name .. ".", name, info.names)
end

function MEMBERS.module(value, name)
  if type(value.content) ~= "table" then
    return nil
  end
  local ok, member = pcall(function() return value.content[name] end)
  if not ok or (member == nil and not (getmetatable(value.content) or {}).__index) then
    return unknown("function", ("beadle.%s."):format(value.module), name, keys_of(value.content))
  end
  return constant(member) or { kind = "member", module = value.module, name = name }
end

function MEMBERS.enumeration(value, name)
  local names = {}
  local choice = by_name(value.enumeration.choices, names)[name]
  if choice then
    return { kind = "literal", value = choice.value }
  end
  return unknown("value", ("%s.%s."):format(value.info.name, value.enumeration.name), name, names)
end

-- Under which name the script may have changed a module's member.
local function patch_key(value, name)
  local of = value.enumeration and "." .. value.enumeration.name or ""
  return ("%s%s/%s"):format(value.module or "?", of, name)
end

-- member(file, value, name) -> value, problem
function M.member(file, value, name)
  local read = value and MEMBERS[value.kind]
  if not read or type(name) ~= "string" then
    return nil
  elseif file.patched[patch_key(value, name)] or file.patched[patch_key(value, "*")] then
    return nil
  elseif value.kind == "beadle" and file.own_modules["beadle." .. name] then
    return nil
  end
  return read(value, name)
end

local function is_loaded_table(node)
  local of = node.tag == "Index" and node.object
  local key = node.key and node.key.value
  return of and of.tag == "Name" and of.name == "package" and (key == "loaded" or key == "preload")
end

-- A script may put something of its own into a module, or in its place: from then on it says what is there.
function M.note_patch(file, object, key)
  if is_loaded_table(object) and key and key.tag == "String" then
    file.own_modules[key.value] = true
    return
  end
  local value = M.value_of(file, object)
  if not value or not MEMBERS[value.kind] then
    return
  end
  local name = key and M.value_of(file, key)
  local known = name and name.kind == "literal" and type(name.value) == "string"
  file.patched[patch_key(value, known and name.value or "*")] = true
end

-- ---------------------------------------------------------------------------------------------------
-- Expressions

-- The script may have a module of that name of its own.
local function is_own_module(file, name)
  local path = package.path
  if file.folder then
    path = ("%s/?.lua;%s/?/init.lua;%s"):format(file.folder, file.folder, path)
  end
  return package.searchpath(name, path) ~= nil
end

-- required(file, name) -> value, problem
function M.required(file, name)
  if file.own_modules[name] then
    return nil
  elseif name == "beadle" then
    return { kind = "beadle", module = "beadle" }
  end
  local short = name:match "^beadle%.(.+)$"
  local found = short and module_value(short)
  if found then
    return found
  elseif short and not is_own_module(file, name) then
    return unknown_module(short)
  end
end

local EVALUATE = {}

local function literal(_, node)
  return { kind = "literal", value = node.value }
end
EVALUATE.String, EVALUATE.Number, EVALUATE.Nil = literal, literal, literal

function EVALUATE.True()
  return { kind = "literal", value = true }
end

function EVALUATE.False()
  return { kind = "literal", value = false }
end

function EVALUATE.Paren(file, node)
  return M.value_of(file, node.inner)
end

function EVALUATE.Name(file, node)
  if node.var then
    return not node.var.assigned and node.var.init and M.value_of(file, node.var.init) or nil
  elseif file.has_own_env then
    return nil
  end
  local global = file.globals[node.name]
  if global then
    return global.count == 1 and global.init and M.value_of(file, global.init) or nil
  elseif node.name == "beadle" then
    return { kind = "beadle", module = "beadle" }
  end
  return BUILTINS[node.name] and { kind = "builtin", name = node.name } or nil
end

function EVALUATE.Index(file, node)
  local key = M.value_of(file, node.key)
  if key and key.kind == "literal" then
    return (M.member(file, M.value_of(file, node.object), key.value))
  end
end

function EVALUATE.Unary(file, node)
  local inner = M.value_of(file, node.inner)
  if node.operator == "-" and inner and type(inner.value) == "number" then
    return { kind = "literal", value = -inner.value }
  end
end

local function is_text(value)
  return value and (type(value.value) == "string" or type(value.value) == "number")
end

function EVALUATE.Binary(file, node)
  if node.operator ~= ".." then
    return nil
  end
  local left, right = M.value_of(file, node.left), M.value_of(file, node.right)
  if is_text(left) and is_text(right) then
    return { kind = "literal", value = left.value .. right.value }
  end
end

-- client { ... } -> the vendor's module with these parameters in every call. `defaults.open`: nobody knows which.
local function made_client(info, given)
  local defaults = { open = given ~= nil and given.tag ~= "Table" }
  for _, item in ipairs(given and given.items or {}) do
    if item.key and item.key.tag == "String" then
      defaults[item.key.value] = true
    else
      defaults.open = true
    end
  end
  return { kind = "vendor", module = info.name .. "()", info = info, defaults = defaults }
end

function EVALUATE.Call(file, node)
  local callee = M.value_of(file, node.callee)
  local first = node.args[1]
  if callee and callee.kind == "client" then
    return made_client(callee.info, first)
  elseif callee and callee.kind == "builtin" and callee.name == "require" and first then
    local name = M.value_of(file, first)
    return name and type(name.value) == "string" and M.required(file, name.value) or nil
  end
end

-- value_of(file, node) -> value or nil
function M.value_of(file, node)
  if node.is_known == nil then
    node.is_known = true -- also while it is being found out: a name may mean itself
    local evaluate = EVALUATE[node.tag]
    node.known = evaluate and evaluate(file, node)
  end
  return node.known
end

-- literal_of(file, node) -> true and the Lua value, of tables too, when all of it is known; else false.
function M.literal_of(file, node)
  if node.tag == "Paren" then
    return M.literal_of(file, node.inner)
  elseif node.tag ~= "Table" then
    local value = M.value_of(file, node)
    if value and value.kind == "literal" then
      return true, value.value
    end
    return false
  end
  local built, count = {}, 0
  for _, item in ipairs(node.items) do
    local key_known, key = true, count + 1
    if item.key then
      key_known, key = M.literal_of(file, item.key)
    else
      count = key
    end
    local known, value = M.literal_of(file, item.value)
    if not known or not key_known or key == nil or key ~= key then
      return false
    end
    built[key] = value
  end
  return true, built
end

return M
