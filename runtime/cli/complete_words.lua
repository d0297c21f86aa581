-- SPDX-License-Identifier: MIT
-- What may follow on beadle's command line, for `beadle complete`. From the tables that the command line itself reads:
-- the program's options, each command's `spec` and `takes`, and catalogue.describe.
--
--   candidates(words) -> list of { text, doc }, asks
-- `words` is what stands behind "beadle", the last one being written and maybe "". `asks` is what the shell shall add
-- itself: nil, or { kind = "file" | "lua" | "folder", prefix = "--output=" } where a part of the word stands before it.
--
-- `takes` of a command says what its operands are, in order, and the last for all that follow when it ends with "...":
-- operation, vendor, help (both), parameter (NAME= of the operation), script, recipe, document, run, command, file,
-- lua, folder, argument (nothing is known), or choices with | between them.

local catalogue = require "beadle.catalogue"
local known_params = require "beadle.complete_params"
local program = require "beadle.cli.program"

local M = {}

local FILES = { file = true, lua = true, folder = true }
local KINDS_OF_VALUES = { FILE = "file", FOLDER = "folder" }

local function add(state, text, doc)
  if text:sub(1, #state.word) == state.word then
    state.list[#state.list + 1] = { text = text, doc = doc or "" }
  end
end

local function commands()
  local by_name, list = {}, program.commands()
  for _, each in ipairs(list) do
    by_name[each.name] = each
  end
  return by_name, list
end

-- ---------------------------------------------------------------------------------------------------
-- Operations

local function add_operations(state, with_vendors)
  local vendor = state.word:match "^([^.]+)%."
  local described = vendor and known_params.vendor(vendor)
  if described then
    for _, operation in ipairs(described.operations) do
      add(state, operation.full_name, operation.summary)
    end
    for _, each in ipairs(with_vendors and described.tables or {}) do
      add(state, ("%s.%s"):format(vendor, each.name), each.doc)
    end
    return
  end
  for _, name in ipairs(catalogue.vendors()) do
    if with_vendors then
      add(state, name, known_params.vendor(name).title)
    end
    add(state, name .. ".", "operations of " .. name)
  end
end

local function add_values(state, name, param)
  if param.enumeration then
    for _, choice in ipairs(param.enumeration.choices) do
      add(state, ("%s=%s"):format(name, choice.name), ("%s: %s"):format(choice.value, choice.doc or ""))
    end
  elseif param.luacats == "boolean" then
    add(state, name .. "=true", param.doc)
    add(state, name .. "=false", param.doc)
  end
end

-- NAME= of those that are not there yet, or NAME=VALUE.
local function add_parameters(state)
  local operation, vendor = known_params.operation(state.operands[1] or "")
  if not operation then
    return
  end
  operation.tables = vendor.table
  local known, names = require("beadle.cli.call").params_of(operation)
  local name = state.word:match "^([^=]+)="
  if name then
    return known[name] and add_values(state, name, known[name])
  end
  local given = {}
  for _, operand in ipairs(state.operands) do
    given[operand:match "^[^=]*"] = true
  end
  for _, each in ipairs(names) do
    if not given[each] and not known[each].read_only then
      add(state, each .. "=", (known[each].required and "required: " or "") .. known[each].doc)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What operands and values are

local function add_recipes(state)
  for _, each in ipairs(require("beadle.cli.recipes_bundled").list()) do
    add(state, each.name, each.summary)
  end
end

local function add_profiles(state)
  local config = require "beadle.config"
  local ok, names = pcall(config.profiles)
  for _, name in ipairs(ok and names or {}) do
    add(state, name, "profile")
  end
end

local function add_documents(state)
  local ok, documents = pcall(require, "beadle.cli.documents")
  for _, name in ipairs(ok and documents.names() or {}) do
    add(state, name, "page")
  end
end

local ADDERS = {
  operation = add_operations,
  help = function(state) add_operations(state, true) end,
  parameter = add_parameters,
  recipe = add_recipes,
  profile = add_profiles,
  document = add_documents,
  run = function(state)
    local ok, list = pcall(require("beadle.runs").list)
    for _, each in ipairs(ok and list or {}) do
      add(state, each.id, ("%s, %s"):format(each.state, tostring(each.script)))
    end
  end,
  vendor = function(state)
    for _, name in ipairs(catalogue.vendors()) do
      add(state, name, known_params.vendor(name).title)
    end
  end,
  command = function(state)
    for _, each in ipairs(program.commands()) do
      add(state, each.name, each.summary)
    end
  end,
  script = function(state)
    add_recipes(state)
    state.asks = { kind = "lua", prefix = "" }
  end,
  argument = function() end,
}

local function add_kind(state, kind, prefix)
  if not kind then
    return
  elseif FILES[kind] then
    state.asks = { kind = kind, prefix = prefix or "" }
  elseif ADDERS[kind] then
    local own = { word = state.word:sub(#(prefix or "") + 1), list = {}, operands = state.operands }
    ADDERS[kind](own)
    for _, each in ipairs(own.list) do
      state.list[#state.list + 1] = { text = (prefix or "") .. each.text, doc = each.doc }
    end
    state.asks = own.asks or state.asks
  else
    for choice in kind:gmatch "[^|]+" do
      add(state, (prefix or "") .. choice, "")
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Options

-- What a value of a command's option may be: as it says, as its name in the help says, or "a, b or c" of its sentence.
local function kind_of(option)
  local value = option.value
  return option.kind or value and (KINDS_OF_VALUES[value] or value:find "|" and value or nil)
end

local function as_words(spec)
  local list = {}
  for _, option in ipairs(spec) do
    list[#list + 1] = { name = "--" .. option.name, short = option.short and "-" .. option.short, value = option.value,
      kind = kind_of(option), doc = option.doc, list = option.list }
  end
  list[#list + 1] = { name = "--help", doc = "say how it is used" }
  return list
end

local function find_option(options, word)
  local name = word:match "^(%-%-[^=]+)=" or word
  for _, option in ipairs(options) do
    if option.name == name or option.short == name then
      return option
    end
  end
end

-- Walks over finished words; gives the option whose value is being written, and the operands.
local function read(options, words, from, most)
  local operands, at = {}, from
  while at < #words do
    local word = words[at]
    local option = word:sub(1, 1) == "-" and word ~= "-" and find_option(options, word)
    if option and option.value and not option.optional and not word:find "^%-%-[^=]+=" then
      if at + 1 == #words then
        return operands, option, at
      end
      at = at + 1
    elseif not option and word:sub(1, 1) ~= "-" then
      operands[#operands + 1] = word
      if most and #operands == most then
        return operands, nil, at
      end
    end
    at = at + 1
  end
  return operands, nil, at
end

local function add_options(state, options, given)
  local inline = state.word:match "^(%-%-[^=]+=)"
  if inline then
    local option = find_option(options, state.word)
    return option and add_kind(state, option.kind, inline)
  end
  for _, option in ipairs(options) do
    if not given[option.name] or option.list then
      add(state, option.name, option.doc)
    end
  end
end

local function given_in(words)
  local given = {}
  for at = 1, #words - 1 do
    given[words[at]:match "^[^=]*"] = true
  end
  return given
end

-- ---------------------------------------------------------------------------------------------------

local function complete_command(state, words, from, command)
  if command.parts then
    if from == #words then
      for _, part in ipairs(command.parts) do
        add(state, part, require(("%s_%s"):format(command.module, part)).summary)
      end
      return
    end
    for _, part in ipairs(command.parts) do
      if part == words[from] then
        return complete_command(state, words, from + 1, require(("%s_%s"):format(command.module, part)))
      end
    end
    return
  end
  local options = as_words(command.spec or {})
  local operands, option = read(options, words, from)
  state.operands = operands
  if option then
    return add_kind(state, option.kind)
  elseif state.word:sub(1, 1) == "-" then
    return add_options(state, options, given_in(words))
  end
  local takes = command.takes or {}
  local kind = takes[#operands + 1]
  local last = takes[#takes]
  if not kind and last and last:find "%.%.%.$" then
    kind = last
  end
  add_kind(state, kind and kind:gsub("%.%.%.$", ""))
end

-- The options of a recipe that comes with beadle; those of other scripts are not known without running them.
local function complete_recipe(state, words, from, name)
  local bundle = require "beadle.cli.bundle"
  local text = bundle.read(("recipes/%s.lua"):format(name:match "([^/]+)%.lua$" or name))
  local chunk = text and load(text, "=recipe", "t")
  local ok, recipe = pcall(chunk or error)
  if not ok or type(recipe) ~= "table" or type(recipe.params) ~= "table" then
    state.asks = { kind = "file", prefix = "" }
    return
  end
  complete_command(state, words, from, { spec = require("beadle.recipe_usage").options(recipe), takes = {} })
end

function M.candidates(words)
  local state = { word = words[#words] or "", list = {}, operands = {} }
  local by_name = commands()
  local options = program.options()
  local operands, option, at = read(options, words, 1, 1)
  if option then
    add_kind(state, option.kind)
  elseif #operands == 0 and state.word:sub(1, 1) == "-" then
    add_options(state, options, given_in(words))
  elseif #operands == 0 then
    add_kind(state, "command")
    state.asks = { kind = "lua", prefix = "" }
  elseif operands[1] == "run" then
    local scripts, value, last = read(options, words, at + 1, 1)
    if value then
      add_kind(state, value.kind)
    elseif #scripts == 1 then
      complete_recipe(state, words, last + 1, scripts[1])
    elseif state.word:sub(1, 1) == "-" then
      add_options(state, options, given_in(words))
    else
      add_kind(state, "script")
    end
  elseif by_name[operands[1]] then
    local module = "beadle.cli." .. operands[1]
    local command = setmetatable({ module = module }, { __index = require(module) })
    complete_command(state, words, at + 1, command)
  else
    state.asks = { kind = "file", prefix = "" }
  end
  return state.list, state.asks
end

return M
