-- SPDX-License-Identifier: MIT
-- The expressions of a script that Lua accepts, each name with the local variable that it means, for
-- stdlib/check.lua. Of statements only what they compute is kept:
--
--   parse(text) -> { expressions, globals, targets, has_own_env }
--     expressions   all that are evaluated anywhere, function bodies included
--     globals       by name: { count, init } of assignments; `init` when it is one value, given outside of any block
--     targets       Index nodes that are assigned to
--
-- A node has tag, pos (where it begins) and
--   Name name var | String value | Number value | True | False | Nil | Vararg | Function
--   Index object key at | Call callee args | Method object name args at | Table items | Paren inner
--   Unary operator inner | Binary operator left right
-- A variable has init, the node of its value, and assigned when it ever gets another.

local lex = require "beadle.check_lex"

local M = {}

local parse_block, parse_expression

-- ---------------------------------------------------------------------------------------------------
-- Words and scopes

local function advance(p)
  if p.kind == "eof" then
    error "beadle.check: the script is not understood" -- Lua accepts it: better this than going on for ever
  end
  p.at = p.at + 1
  p.kind = p.kinds[p.at]
end

local function accept(p, kind)
  if p.kind ~= kind then
    return false
  end
  advance(p)
  return true
end

-- A name's text and place.
local function take_name(p)
  local name, pos = p.raws[p.at], p.starts[p.at]
  advance(p)
  return name, pos
end

local function open_scope(p)
  p.scope = { outer = p.scope }
  p.depth = p.depth + 1
end

local function close_scope(p)
  p.scope = p.scope.outer
  p.depth = p.depth - 1
end

local function declare(p, name, init)
  p.has_own_env = p.has_own_env or name == "_ENV"
  p.scope[name .. "$"] = { init = init } -- "$": no name of Lua's can be `outer`
end

local function find_variable(p, name)
  local key, scope = name .. "$", p.scope
  while scope do
    if scope[key] then
      return scope[key]
    end
    scope = scope.outer
  end
end

local function emit(p, node)
  p.expressions[#p.expressions + 1] = node
end

-- ---------------------------------------------------------------------------------------------------
-- Expressions

local function parse_list(p)
  local list = {}
  repeat
    list[#list + 1] = parse_expression(p)
  until not accept(p, ",")
  return list
end

local function parse_body(p, pos, has_self)
  open_scope(p)
  if has_self then
    declare(p, "self")
  end
  advance(p) -- (
  while p.kind ~= ")" do
    if p.kind == "name" then
      declare(p, (take_name(p)))
    else
      advance(p)
    end
  end
  advance(p)
  parse_block(p)
  advance(p) -- end
  close_scope(p)
  return { tag = "Function", pos = pos }
end

local function text_node(value, pos)
  return { tag = "String", value = value, pos = pos }
end

local function parse_item(p)
  local pos = p.starts[p.at]
  if p.kind == "[" then
    advance(p)
    local key = parse_expression(p)
    advance(p) -- ]
    advance(p) -- =
    return { key = key, value = parse_expression(p), pos = pos }
  elseif p.kind == "name" and p.kinds[p.at + 1] == "=" then
    local key = text_node(take_name(p))
    advance(p)
    return { key = key, value = parse_expression(p), pos = pos }
  end
  return { value = parse_expression(p), pos = pos }
end

local function parse_table(p)
  local node = { tag = "Table", pos = p.starts[p.at], items = {} }
  advance(p)
  while p.kind ~= "}" do
    node.items[#node.items + 1] = parse_item(p)
    if p.kind ~= "}" then
      advance(p) -- , or ;
    end
  end
  advance(p)
  return node
end

local function parse_text(p)
  local node = text_node(lex.text_of(p.raws[p.at]), p.starts[p.at])
  advance(p)
  return node
end

local function parse_arguments(p)
  if p.kind == "string" then
    return { parse_text(p) }
  elseif p.kind == "{" then
    return { parse_table(p) }
  end
  advance(p)
  local args = p.kind ~= ")" and parse_list(p) or {}
  advance(p)
  return args
end

local function parse_primary(p)
  local pos = p.starts[p.at]
  if accept(p, "(") then
    local inner = parse_expression(p)
    advance(p)
    return { tag = "Paren", inner = inner, pos = pos }
  end
  local name = take_name(p)
  return { tag = "Name", name = name, var = find_variable(p, name), pos = pos }
end

-- A primary expression with all fields and calls that follow it.
local function parse_suffixed(p)
  local node = parse_primary(p)
  while true do
    local kind, pos = p.kind, node.pos
    if kind == "." then
      advance(p)
      local name, at = take_name(p)
      node = { tag = "Index", object = node, key = text_node(name, at), pos = pos, at = at }
    elseif kind == "[" then
      advance(p)
      local key = parse_expression(p)
      advance(p)
      node = { tag = "Index", object = node, key = key, pos = pos, at = key.pos }
    elseif kind == ":" then
      local at = p.starts[p.at]
      advance(p)
      local name = take_name(p)
      node = { tag = "Method", object = node, name = name, args = parse_arguments(p), pos = pos, at = at }
    elseif kind == "(" or kind == "string" or kind == "{" then
      node = { tag = "Call", callee = node, args = parse_arguments(p), pos = pos }
    else
      return node
    end
  end
end

local CONSTANTS = { ["nil"] = "Nil", ["true"] = "True", ["false"] = "False", ["..."] = "Vararg" }

local function parse_simple(p)
  local kind, pos = p.kind, p.starts[p.at]
  if kind == "string" then
    return parse_text(p)
  elseif kind == "number" then
    local node = { tag = "Number", value = tonumber(p.raws[p.at]), pos = pos }
    advance(p)
    return node
  elseif CONSTANTS[kind] then
    advance(p)
    return { tag = CONSTANTS[kind], pos = pos }
  elseif kind == "{" then
    return parse_table(p)
  elseif kind == "function" then
    advance(p)
    return parse_body(p, pos)
  end
  return parse_suffixed(p)
end

-- How tightly operators hold what stands left and right of them.
local LEFT = { ["or"] = 1, ["and"] = 2, ["<"] = 3, [">"] = 3, ["<="] = 3, [">="] = 3, ["~="] = 3, ["=="] = 3,
  ["|"] = 4, ["~"] = 5, ["&"] = 6, ["<<"] = 7, [">>"] = 7, [".."] = 9, ["+"] = 10, ["-"] = 10, ["*"] = 11,
  ["/"] = 11, ["//"] = 11, ["%"] = 11, ["^"] = 14 }
local RIGHT = setmetatable({ [".."] = 8, ["^"] = 13 }, { __index = LEFT })
local UNARY = { ["not"] = true, ["-"] = true, ["#"] = true, ["~"] = true }
local UNARY_PRIORITY = 12

function parse_expression(p, limit)
  local left
  if UNARY[p.kind] then
    local operator, pos = p.kind, p.starts[p.at]
    advance(p)
    left = { tag = "Unary", operator = operator, inner = parse_expression(p, UNARY_PRIORITY), pos = pos }
  else
    left = parse_simple(p)
  end
  while LEFT[p.kind] and LEFT[p.kind] > (limit or 0) do
    local operator = p.kind
    advance(p)
    left = { tag = "Binary", operator = operator, left = left, right = parse_expression(p, RIGHT[operator]),
      pos = left.pos }
  end
  return left
end

-- ---------------------------------------------------------------------------------------------------
-- Statements

local function emit_list(p, list)
  for _, node in ipairs(list) do
    emit(p, node)
  end
end

local function parse_local(p)
  if accept(p, "function") then
    local pos = p.starts[p.at]
    declare(p, (take_name(p)))
    parse_body(p, pos)
    return
  end
  local names = {}
  repeat
    names[#names + 1] = take_name(p)
    if accept(p, "<") then
      advance(p)
      advance(p) -- >
    end
  until not accept(p, ",")
  local values = accept(p, "=") and parse_list(p) or {}
  emit_list(p, values)
  for index, name in ipairs(names) do
    declare(p, name, values[index])
  end
end

local function assign_global(p, name, init)
  local global = p.globals[name] or { count = 0 }
  p.globals[name] = global
  global.count = global.count + 1
  global.init = p.depth == 1 and init or nil
end

local function assign(p, target, init)
  if target.tag == "Index" then
    p.targets[#p.targets + 1] = target
    emit(p, target.object)
    emit(p, target.key)
  elseif target.var then
    target.var.assigned = true
  elseif target.tag == "Name" then
    assign_global(p, target.name, init)
  end
end

local function parse_function(p)
  local name, pos = take_name(p)
  local target = { tag = "Name", name = name, var = find_variable(p, name), pos = pos }
  while p.kind == "." or p.kind == ":" do
    local is_method = p.kind == ":"
    advance(p)
    local field, at = take_name(p)
    target = { tag = "Index", object = target, key = text_node(field, at), pos = pos, at = at,
      is_method = is_method }
  end
  assign(p, target)
  parse_body(p, pos, target.is_method)
end

local function parse_expression_statement(p)
  local first = parse_suffixed(p)
  if p.kind ~= "=" and p.kind ~= "," then
    emit(p, first)
    return
  end
  local targets = { first }
  while accept(p, ",") do
    targets[#targets + 1] = parse_suffixed(p)
  end
  advance(p) -- =
  local values = parse_list(p)
  for index, target in ipairs(targets) do
    assign(p, target, values[index])
  end
  emit_list(p, values)
end

local function parse_scoped_block(p)
  open_scope(p)
  parse_block(p)
  close_scope(p)
end

local function parse_for(p)
  local names = {}
  repeat
    names[#names + 1] = take_name(p)
  until not accept(p, ",")
  advance(p) -- = or in
  emit_list(p, parse_list(p))
  advance(p) -- do
  open_scope(p)
  for _, name in ipairs(names) do
    declare(p, name)
  end
  parse_block(p)
  close_scope(p)
  advance(p) -- end
end

local ENDS = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true, eof = true }

local STATEMENTS = {
  ["do"] = function(p)
    parse_scoped_block(p)
    advance(p)
  end,
  ["while"] = function(p)
    emit(p, parse_expression(p))
    advance(p) -- do
    parse_scoped_block(p)
    advance(p)
  end,
  -- What stands behind `until` sees the block's variables.
  ["repeat"] = function(p)
    open_scope(p)
    parse_block(p)
    advance(p) -- until
    emit(p, parse_expression(p))
    close_scope(p)
  end,
  ["if"] = function(p)
    repeat
      emit(p, parse_expression(p))
      advance(p) -- then
      parse_scoped_block(p)
    until not accept(p, "elseif")
    if accept(p, "else") then
      parse_scoped_block(p)
    end
    advance(p)
  end,
  ["for"] = parse_for,
  ["function"] = parse_function,
  ["local"] = parse_local,
  ["return"] = function(p)
    if not ENDS[p.kind] and p.kind ~= ";" then
      emit_list(p, parse_list(p))
    end
  end,
  ["goto"] = advance,
  ["break"] = function() end,
  [";"] = function() end,
  ["::"] = function(p)
    advance(p)
    advance(p)
  end,
}

function parse_block(p)
  while not ENDS[p.kind] do
    local statement = STATEMENTS[p.kind]
    if statement then
      advance(p)
      statement(p)
    else
      parse_expression_statement(p)
    end
  end
end

function M.parse(text)
  local kinds, raws, starts = lex.words(text)
  local p = { kinds = kinds, raws = raws, starts = starts, at = 1, kind = kinds[1], depth = 0,
    expressions = {}, globals = {}, targets = {}, has_own_env = false }
  open_scope(p)
  parse_block(p)
  return { expressions = p.expressions, globals = p.globals, targets = p.targets,
    has_own_env = p.has_own_env or p.globals._ENV ~= nil }
end

return M
