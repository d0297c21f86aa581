-- SPDX-License-Identifier: MIT
-- The query options of OData 4.0 as a service understands them: $filter is parsed to a tree and evaluated for an
-- entity, $expand and $orderby are parsed to lists. Whatever is not understood is refused with 400.

local M = {}

local function refuse(format, ...)
  error({ refused = true, status = 400, message = format:format(...) }, 0)
end
M.refuse = refuse

-- ---------------------------------------------------------------------------------------------------
-- Tokens

local PATTERNS = {
  { "space", "^%s+" },
  { "time", "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d[%d:.]*[Z%d:+-]*" }, { "time", "^%d%d%d%d%-%d%d%-%d%d" },
  { "number", "^%-?%d+%.?%d*[eE]?%-?%d*" }, { "word", "^[%a_$@][%w_.$]*[%w_./$]*" }, { "mark", "^[(),:]" },
}

local function text_token(source, at)
  local finish = at
  repeat
    finish = source:find("'", finish + 1, true)
    if not finish then
      refuse("a text is not closed at position %d", at)
    end
    local doubled = source:sub(finish + 1, finish + 1) == "'"
    finish = doubled and finish + 1 or finish
  until not doubled
  return { kind = "text", value = (source:sub(at + 1, finish - 1):gsub("''", "'")), at = at }, finish + 1
end

local function next_token(source, at)
  if source:sub(at, at) == "'" then
    return text_token(source, at)
  end
  for _, pattern in ipairs(PATTERNS) do
    local from, to = source:find(pattern[2], at)
    if from then
      return { kind = pattern[1], value = source:sub(from, to), at = at }, to + 1
    end
  end
  refuse("\"%s\" is not understood at position %d", source:sub(at, at + 9), at)
end

local function tokens_of(source)
  local tokens, at = {}, 1
  while at <= #source do
    local token
    token, at = next_token(source, at)
    if token.kind ~= "space" then
      tokens[#tokens + 1] = token
    end
  end
  return tokens
end

-- ---------------------------------------------------------------------------------------------------
-- $filter to a tree

local OPERATORS = { eq = true, ne = true, gt = true, ge = true, lt = true, le = true }
local FUNCTIONS = { contains = 2, startswith = 2, endswith = 2, tolower = 1, toupper = 1, length = 1, trim = 1,
  indexof = 2, substring = 3, year = 1, month = 1, day = 1 }

local parse_or

local function peek(parser, value)
  local token = parser.tokens[parser.at]
  return token and token.kind ~= "text" and (value == nil or token.value == value) and token or nil
end

local function take(parser, value)
  local token = parser.tokens[parser.at]
  if not token or value and (token.value ~= value or token.kind == "text") then
    refuse("%s is expected %s", value or "more", token and "at position " .. token.at or "at the end")
  end
  parser.at = parser.at + 1
  return token
end

local function parse_call(parser, name)
  local node = { kind = "call", name = name }
  take(parser, "(")
  repeat
    node[#node + 1] = parse_or(parser)
    local more = peek(parser, ",")
    parser.at = more and parser.at + 1 or parser.at
  until not more
  take(parser, ")")
  if #node > FUNCTIONS[name] then
    refuse("%s takes %d values at most", name, FUNCTIONS[name])
  end
  return node
end

-- Domains/any(d:d/Id eq 5)
local function parse_lambda(parser, path, operator)
  take(parser, "(")
  local name = take(parser).value
  take(parser, ":")
  local node = { kind = "lambda", path = path, operator = operator, name = name, parse_or(parser) }
  take(parser, ")")
  return node
end

local WORDS = { ["true"] = { kind = "literal", value = true }, ["false"] = { kind = "literal", value = false },
  null = { kind = "literal", null = true } }

local function parse_word(parser, token)
  local path, operator = token.value:match "^(.*)/(a[nl][yl])$"
  if WORDS[token.value] then
    return WORDS[token.value]
  elseif FUNCTIONS[token.value] and peek(parser, "(") then
    return parse_call(parser, token.value)
  elseif path and peek(parser, "(") then
    return parse_lambda(parser, path, operator)
  elseif peek(parser, "(") then
    refuse("there is no function %s", token.value)
  end
  return { kind = "path", path = token.value }
end

local function parse_primary(parser)
  local token = take(parser)
  if token.kind == "text" or token.kind == "time" then
    return { kind = "literal", value = token.value, is_time = token.kind == "time" }
  elseif token.kind == "number" then
    return { kind = "literal", value = tonumber(token.value) or refuse("%s is no number", token.value) }
  elseif token.value == "(" then
    local node = parse_or(parser)
    take(parser, ")")
    return node
  elseif token.kind == "word" then
    return parse_word(parser, token)
  end
  refuse("\"%s\" is not expected at position %d", token.value, token.at)
end

local function parse_in(parser, left)
  local node = { kind = "in", left }
  take(parser, "(")
  repeat
    node[#node + 1] = parse_primary(parser)
    local more = peek(parser, ",")
    parser.at = more and parser.at + 1 or parser.at
  until not more
  take(parser, ")")
  return node
end

local function parse_comparison(parser)
  local left = parse_primary(parser)
  local token = peek(parser)
  if token and OPERATORS[token.value] then
    parser.at = parser.at + 1
    return { kind = "compare", operator = token.value, left, parse_primary(parser) }
  elseif token and token.value == "in" then
    parser.at = parser.at + 1
    return parse_in(parser, left)
  end
  return left
end

local function parse_not(parser)
  if peek(parser, "not") then
    parser.at = parser.at + 1
    return { kind = "not", parse_not(parser) }
  end
  return parse_comparison(parser)
end

local function parse_and(parser)
  local node = parse_not(parser)
  while peek(parser, "and") do
    parser.at = parser.at + 1
    node = { kind = "and", node, parse_not(parser) }
  end
  return node
end

function parse_or(parser)
  local node = parse_and(parser)
  while peek(parser, "or") do
    parser.at = parser.at + 1
    node = { kind = "or", node, parse_and(parser) }
  end
  return node
end

-- filter(text) -> tree
function M.filter(text)
  local parser = { tokens = tokens_of(text), at = 1 }
  local tree = parse_or(parser)
  local rest = parser.tokens[parser.at]
  if rest then
    refuse("\"%s\" is not expected at position %d", rest.value, rest.at)
  end
  return tree
end

-- ---------------------------------------------------------------------------------------------------
-- Lists

-- Pieces between a separator that is in no text and no parentheses.
local function split(text, separator)
  local pieces, depth, from, quoted = {}, 0, 1, false
  for at = 1, #text do
    local c = text:sub(at, at)
    quoted = quoted ~= (c == "'")
    if not quoted then
      depth = depth + (c == "(" and 1 or c == ")" and -1 or 0)
      if depth == 0 and c == separator then
        pieces[#pieces + 1] = text:sub(from, at - 1)
        from = at + 1
      end
    end
  end
  if depth ~= 0 or quoted then
    refuse("quotes or parentheses are not closed: %s", text)
  end
  pieces[#pieces + 1] = text:sub(from)
  return pieces
end

local KNOWN = { ["$select"] = true, ["$expand"] = true, ["$filter"] = true, ["$orderby"] = true, ["$top"] = true,
  ["$skip"] = true, ["$count"] = true }

-- expand(text) -> list of {name, options}; options by the name behind "$".
function M.expand(text)
  local list = {}
  for _, piece in ipairs(split(text, ",")) do
    local name, inner = piece:match "^%s*([%w_]+)%s*(.-)%s*$"
    local options = {}
    if not name or inner ~= "" and not inner:find "^%(.*%)$" then
      refuse("\"%s\" is no navigation property to expand", piece)
    end
    for _, option in ipairs(inner ~= "" and split(inner:sub(2, -2), ";") or {}) do
      local key, value = option:match "^%s*(%$?[%w]+)=(.*)$"
      if not KNOWN[key] then
        refuse("\"%s\" is no option of an expansion", option)
      end
      options[key:sub(2)] = value
    end
    list[#list + 1] = { name = name, options = options }
  end
  return list
end

-- select(text) -> list of names
function M.select(text)
  local list = {}
  for _, piece in ipairs(split(text, ",")) do
    list[#list + 1] = piece:match "^%s*(%S+)%s*$" or refuse("$select has an empty name")
  end
  return list
end

-- orderby(text) -> list of {tree, descending}
function M.orderby(text)
  local list = {}
  for _, piece in ipairs(split(text, ",")) do
    local path, direction = piece:match "^%s*(.-)%s+(%a+)%s*$"
    if direction ~= "asc" and direction ~= "desc" then
      path, direction = piece, "asc"
    end
    list[#list + 1] = { tree = M.filter(path), descending = direction == "desc" }
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Evaluation. `scope.value(path)` gives a property's value, its catalogue field, and whether it is there;
-- `scope.elements(path)` the scopes of a collection's elements.

-- Seconds, so that writings of one moment are equal.
local function moment(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then
    return nil
  end
  local hour, minute, second = rest:match "^T(%d%d):(%d%d):?([%d.]*)"
  local days = os.time { year = tonumber(year), month = tonumber(month), day = tonumber(day), hour = 12 }
  return days + (tonumber(hour) or 0) * 3600 + (tonumber(minute) or 0) * 60 + (tonumber(second) or 0)
end

-- An enumeration is compared with its name or its number, as a text.
local function enum_value(field, value)
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    if tostring(choice.number) == tostring(value) then
      return choice.value
    end
  end
  return value
end

local function comparable(left, right)
  local field = left.field or right.field
  if left.value == nil or right.value == nil then
    return left.value, right.value
  elseif field and field.type == "enumeration" then
    return enum_value(field, left.value), enum_value(field, right.value)
  elseif field and field.type == "moment" then
    local a, b = moment(tostring(left.value)), moment(tostring(right.value))
    if not a or not b or left.is_text or right.is_text then
      refuse("%s is a point in time, which is written without quotes", field.name)
    end
    return a, b
  elseif type(left.value) ~= type(right.value) then
    refuse("a %s is compared with a %s", type(left.value), type(right.value))
  end
  return left.value, right.value
end

local function ordered(a, b)
  if a == nil or b == nil then
    return false
  elseif type(a) == "boolean" then
    refuse("truth has no order")
  end
  return a < b
end

local COMPARE = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  lt = ordered,
  gt = function(a, b) return ordered(b, a) end,
  le = function(a, b) return a ~= nil and a == b or ordered(a, b) end,
  ge = function(a, b) return a ~= nil and a == b or ordered(b, a) end,
}

local function check_text(name, operand)
  if operand.value ~= nil and type(operand.value) ~= "string" then
    refuse("%s takes texts", name)
  end
  return operand.value
end

local function day_part(from, to)
  return function(text) return tonumber(text:sub(from, to)) end
end

-- Case counts, as the vendor says.
local CALLS = {
  contains = function(text, part) return text:find(part, 1, true) ~= nil end,
  startswith = function(text, part) return text:sub(1, #part) == part end,
  endswith = function(text, part) return part == "" or text:sub(-#part) == part end,
  indexof = function(text, part) return (text:find(part, 1, true) or 0) - 1 end,
  tolower = string.lower, toupper = string.upper, length = function(text) return utf8.len(text) or #text end,
  trim = function(text) return text:match "^%s*(.-)%s*$" end,
  year = day_part(1, 4), month = day_part(6, 7), day = day_part(9, 10),
}

local evaluate

local function truth(tree, scope)
  local operand = evaluate(tree, scope)
  if type(operand.value) ~= "boolean" and operand.value ~= nil then
    refuse("the expression is neither true nor false")
  end
  return operand.value == true
end

local function call(tree, scope)
  local first, second = evaluate(tree[1], scope), tree[2] and evaluate(tree[2], scope)
  local text = check_text(tree.name, first)
  if tree.name == "substring" then
    local length = tree[3] and evaluate(tree[3], scope).value
    return { value = text and text:sub(second.value + 1, length and second.value + length or -1), is_text = true }
  elseif text == nil then
    return {}
  end
  local argument = second and (check_text(tree.name, second) or "")
  if not argument and FUNCTIONS[tree.name] == 2 then
    refuse("%s takes two values", tree.name)
  end
  local value = CALLS[tree.name](text, argument)
  return { value = value, is_text = type(value) == "string" }
end

local function lambda(tree, scope)
  local wanted = tree.operator == "any"
  for _, element in ipairs(scope.elements(tree.path)) do
    if truth(tree[1], element.named(tree.name, scope)) == wanted then
      return { value = wanted }
    end
  end
  return { value = not wanted }
end

local NODES = {
  literal = function(tree)
    return { value = tree.value, is_text = type(tree.value) == "string" and not tree.is_time }
  end,
  path = function(tree, scope)
    local value, field = scope.value(tree.path)
    return { value = value, field = field }
  end,
  compare = function(tree, scope)
    local a, b = comparable(evaluate(tree[1], scope), evaluate(tree[2], scope))
    return { value = COMPARE[tree.operator](a, b) }
  end,
  ["in"] = function(tree, scope)
    local left, found = evaluate(tree[1], scope), false
    for i = 2, #tree do
      local a, b = comparable(left, evaluate(tree[i], scope))
      found = found or a == b
    end
    return { value = found }
  end,
  ["and"] = function(tree, scope)
    local left, right = truth(tree[1], scope), truth(tree[2], scope)
    return { value = left and right }
  end,
  ["or"] = function(tree, scope)
    local left, right = truth(tree[1], scope), truth(tree[2], scope)
    return { value = left or right }
  end,
  ["not"] = function(tree, scope) return { value = not truth(tree[1], scope) } end,
  call = call,
  lambda = lambda,
}

function evaluate(tree, scope)
  return NODES[tree.kind](tree, scope)
end

M.truth = truth

-- Whether entity a comes before b; nulls come first.
function M.before(orders, a, b)
  for _, order in ipairs(orders) do
    local x, y = evaluate(order.tree, a), evaluate(order.tree, b)
    local left, right = x.value, y.value
    if left ~= right then
      local before = left == nil or right ~= nil and left < right
      return before ~= order.descending
    end
  end
  return false
end

return M
