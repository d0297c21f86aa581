-- SPDX-License-Identifier: MIT
-- beadle.check: finds mistakes in a script without running it.
--
--   local check = require "beadle.check"
--   for _, finding in ipairs(check.text("print(1)", { folder = "." })) do
--     print(finding.line, finding.column, finding.severity, finding.message, finding.nearest)
--   end
--
-- Found are names that beadle and its vendors do not have, and parameters that a call would be refused for. What
-- follows from other files, or from values that only a run knows, is left alone.

local catalogue = require "beadle.catalogue"
local check_call = require "beadle.check_call"
local check_value = require "beadle.check_value"
local parser = require "beadle.check_parse"
local lex = require "beadle.check_lex"
local values = require "beadle.check_values"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Places

-- The line and column of a position; columns count characters.
local function locator(text)
  local starts = { 1 }
  for next_line in text:gmatch "\r?\n()" do
    starts[#starts + 1] = next_line
  end
  return function(pos)
    local low, high = 1, #starts
    while low < high do
      local middle = (low + high + 1) // 2
      if starts[middle] <= pos then
        low = middle
      else
        high = middle - 1
      end
    end
    local before = text:sub(starts[low], pos - 1)
    return low, (utf8.len(before) or #before) + 1
  end, starts
end

-- Lua itself skips a byte order mark and a first line that begins with "#".
local function without_head(text)
  local function blank(head)
    return (" "):rep(#head)
  end
  return (text:gsub("^\xef\xbb\xbf", blank):gsub("^ *#[^\r\n]*", blank))
end

-- ---------------------------------------------------------------------------------------------------
-- Syntax

-- Lua names the line and the word before which it gave up: the last of that text on the line.
local function place_of_word(text, line, word, starts)
  local from, to = starts[line] or #text + 1, starts[line + 1] or #text + 1
  local _, raws, places = lex.words(text)
  local found = nil
  for index, place in ipairs(places) do
    if place >= from and place < to and raws[index] == word then
      found = place
    end
  end
  local plain = found or (word and word ~= "" and text:find(word, from, true))
  return plain and plain < to and plain or text:match("^[ \t]*()", from)
end

local function syntax_error(text)
  local chunk, err = load(text, "=script", "t")
  if chunk then
    return nil
  end
  local line, message = err:match "^script:(%d+): (.*)$"
  local locate, starts = locator(text)
  line = tonumber(line) or 1
  message = message or err
  local word = message:match " near '(.*)'$"
  local pos = message:find " near <eof>$" and #text + 1 or place_of_word(text, line, word, starts)
  local at_line, column = locate(pos)
  return { line = line, column = at_line == line and column or 1, severity = "error", message = message }
end

-- ---------------------------------------------------------------------------------------------------
-- Recipes: parameters that come from the catalogue are named in texts

local function nearest_of(name, names, format, ...)
  local nearest = catalogue.nearest(name, names)
  return nearest and format:format(nearest, ...)
end

local function find_source(from)
  local vendor, name, param = from:match "^([^.]+)%.([^.]+)%.([^.]+)$"
  if not vendor then
    return nil, { message = ("\"%s\" is no VENDOR.OPERATION.PARAMETER"):format(from) }
  end
  local info = values.vendor(vendor)
  if not info then
    return nil, { message = ("there is no vendor \"%s\""):format(vendor),
      nearest = nearest_of(vendor, catalogue.vendors(), "%s.%s.%s", name, param) }
  end
  local operation = info.operations[name]
  if not operation then
    return nil, { message = ("there is no operation %s.%s"):format(vendor, name),
      nearest = nearest_of(name, info.names, vendor .. ".%s." .. param) }
  end
  return { info = info, operation = operation, param = param }
end

local function has_param(source)
  for _, param in ipairs(source.operation.params) do
    if param.rest or check_value.is_name(param, source.param) then
      return true
    end
  end
  return false
end

local function check_source(file, node, default)
  local known, from = values.literal_of(file, node)
  if not known or type(from) ~= "string" then
    return
  end
  local source, problem = find_source(from)
  if not source then
    file.report(node.pos, problem)
    return
  end
  local operation = source.operation
  if not has_param(source) then
    file.report(node.pos, { message = ("%s takes no \"%s\""):format(operation.full_name, source.param),
      nearest = nearest_of(source.param, check_value.names(operation.params), operation.full_name .. ".%s") })
    return
  end
  local param = check_value.find(operation.params, source.param)
  local default_known, value = false, nil
  if default then
    default_known, value = values.literal_of(file, default)
  end
  if param and default_known and value ~= nil
    and catalogue.parse(operation.vendor, operation.name, param.name, tostring(value)) == nil then
    file.report(default.pos, { message = ("the default of %s must be %s"):format(param.name, param.must) })
  end
end

local function items_by_name(node)
  local found = {}
  for _, item in ipairs(node.items) do
    if item.key and item.key.tag == "String" then
      found[item.key.value] = item.value
    end
  end
  return found
end

local function check_recipe(file, args)
  local params = args[1] and args[1].tag == "Table" and items_by_name(args[1]).params
  for _, item in ipairs(params and params.tag == "Table" and params.items or {}) do
    if item.value.tag ~= "Table" then
      check_source(file, item.value)
    else
      local given = items_by_name(item.value)
      if given.from then
        check_source(file, given.from, given.default)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Walking

-- Functions that call one of their arguments, and which; the arguments behind it, or behind another, are its own.
local CALLERS = {
  pcall = { fn = 1 }, xpcall = { fn = 1, args = 3 }, ["beadle.try"] = { fn = 1 }, ["async.spawn"] = { fn = 1 },
  ["async.timeout"] = { fn = 2 },
}

local function full_name(value)
  if value.kind == "member" then
    return ("%s.%s"):format(value.module, value.name)
  end
  return value.kind == "builtin" and value.name or nil
end

local function check_operation_word(file, value, pos)
  local operation = value.operation
  if operation.removed then
    file.report(pos, { message = ("the vendor has removed %s: %s"):format(operation.full_name, operation.removed) })
  elseif operation.deprecated then
    file.report(pos, { severity = "warning",
      message = ("%s is deprecated: %s"):format(operation.full_name, operation.deprecated) })
  end
end

local function check_required_module(file, args)
  local name = args[1] and values.value_of(file, args[1])
  if name and type(name.value) == "string" then
    local _, problem = values.required(file, name.value)
    if problem then
      file.report(args[1].pos, problem)
    end
  end
end

local check_called

local function check_caller(file, caller, args)
  local callee = args[caller.fn] and values.value_of(file, args[caller.fn])
  if callee and callee.kind ~= "builtin" then
    check_called(file, callee, { table.unpack(args, caller.args or caller.fn + 1) }, args[caller.fn].pos)
  end
end

function check_called(file, callee, args, pos)
  local name = full_name(callee)
  if callee.kind == "operation" then
    check_call.operation(file, callee, args, pos)
  elseif callee.kind == "client" then
    check_call.client(file, callee, args)
  elseif name == "require" then
    check_required_module(file, args)
  elseif CALLERS[name] then
    check_caller(file, CALLERS[name], args)
  elseif name == "recipe.new" or (callee.kind == "module" and callee.module == "recipe") then
    check_recipe(file, args)
  end
end

local VISIT = {}

local function visit(file, node)
  local visit_tag = VISIT[node.tag]
  if visit_tag then
    visit_tag(file, node)
  end
end

local function visit_list(file, list)
  for _, node in ipairs(list) do
    visit(file, node)
  end
end

function VISIT.Paren(file, node)
  visit(file, node.inner)
end
VISIT.Unary = VISIT.Paren

function VISIT.Binary(file, node)
  visit(file, node.left)
  visit(file, node.right)
end

function VISIT.Table(file, node)
  for _, item in ipairs(node.items) do
    if item.key then
      visit(file, item.key)
    end
    visit(file, item.value)
  end
end

function VISIT.Index(file, node)
  visit(file, node.object)
  visit(file, node.key)
  local key = values.value_of(file, node.key)
  local value, problem = values.member(file, values.value_of(file, node.object), key and key.value)
  if problem then
    file.report(node.at, problem)
  elseif value and value.kind == "operation" then
    check_operation_word(file, value, node.at)
  end
end

function VISIT.Call(file, node)
  visit(file, node.callee)
  visit_list(file, node.args)
  local callee = values.value_of(file, node.callee)
  if callee then
    check_called(file, callee, node.args, node.pos)
  end
end

-- How a script names what is a table of functions; nil for everything else.
local function title_of(value)
  if value.kind == "vendor" then
    return value.info.name
  elseif value.kind == "module" then
    return "beadle." .. value.module
  end
  return value.kind == "beadle" and "beadle" or nil
end

function VISIT.Method(file, node)
  visit(file, node.object)
  visit_list(file, node.args)
  local object = values.value_of(file, node.object)
  local title = object and title_of(object)
  if not title then
    return
  end
  local value, problem = values.member(file, object, node.name)
  if problem then
    file.report(node.at + 1, problem)
  elseif value then
    file.report(node.at, { message = ("call it with a dot: %s.%s, not with a colon"):format(title, node.name) })
  end
end

-- ---------------------------------------------------------------------------------------------------
-- A text

local function note_patches(file, parsed)
  for _, target in ipairs(parsed.targets) do
    values.note_patch(file, target.object, target.key)
  end
  for _, node in ipairs(parsed.expressions) do
    local callee = node.tag == "Call" and values.value_of(file, node.callee)
    if callee and callee.kind == "builtin" and node.args[1]
      and (callee.name == "rawset" or callee.name == "setmetatable") then
      values.note_patch(file, node.args[1], callee.name == "rawset" and node.args[2])
    end
  end
end

local function sort_findings(findings)
  table.sort(findings, function(one, other)
    if one.pos ~= other.pos then
      return one.pos < other.pos
    end
    return one.index < other.index
  end)
end

-- text(text [, { folder = }]) -> list of findings { line, column, severity, message, nearest }, in the order of the
-- text. `severity` is "error" or "warning". `folder` is where the script's own modules lie.
function M.text(text, options)
  text = without_head(text)
  local wrong = syntax_error(text)
  if wrong then
    return { wrong }
  end
  local parsed, findings = parser.parse(text), {}
  local locate = locator(text)
  local file = { globals = parsed.globals, has_own_env = parsed.has_own_env, patched = {}, own_modules = {},
    folder = options and options.folder }
  function file.report(pos, problem)
    local line, column = locate(pos)
    findings[#findings + 1] = { pos = pos, index = #findings, line = line, column = column,
      severity = problem.severity or "error", message = problem.message, nearest = problem.nearest }
  end
  note_patches(file, parsed)
  visit_list(file, parsed.expressions)
  sort_findings(findings)
  for _, finding in ipairs(findings) do
    finding.pos, finding.index = nil, nil
  end
  return findings
end

return M
