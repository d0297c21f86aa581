-- SPDX-License-Identifier: MIT
-- The lines of a session as Lua, for stdlib/repl.lua.
--
-- Variables that a line declares with `local` outside of any block stay: each is kept as the variable itself, not its
-- value, so that functions of earlier and later lines share it.
--
--   local variables = eval.new()
--   eval.compile(variables, text) -> function, or nil and what is wrong, and whether more lines may mend it

local lex = require "beadle.check_lex"
local native = require "beadle.session"

local load, next, pairs, ipairs, tostring = load, next, pairs, ipairs, tostring

local M = {}

local NAME = "=session" -- what messages say before the line
local MOST = 180 -- Lua takes 200 variables in one function

-- new([environment]): `environment` holds the globals of the lines; without it those of scripts.
function M.new(environment)
  return setmetatable({}, { environment = environment or _G })
end

-- value(variables, name) -> value, and whether there is such a variable.
function M.value(variables, name)
  local place = variables[name]
  if not place then
    return nil, false
  end
  local _, value = native.upvalue(place.fn, place.index)
  return value, true
end

-- ---------------------------------------------------------------------------------------------------
-- What a line declares

local OPENS = { ["function"] = true, ["do"] = true, ["if"] = true, ["repeat"] = true }

-- The names that follow a `local` at the words' place `at`: adds them to `list` as {name, attribute}.
local function read_names(kinds, raws, at, list)
  if kinds[at] == "function" then
    list[#list + 1] = { name = raws[at + 1] }
    return
  end
  while kinds[at] == "name" do
    local entry = { name = raws[at] }
    list[#list + 1] = entry
    if kinds[at + 1] == "<" then
      entry.attribute = raws[at + 2]
      at = at + 3
    end
    if kinds[at + 1] ~= "," then
      return
    end
    at = at + 2
  end
end

-- declared(text) -> list of {name, attribute}, the place of a `return` outside of any block or nil, and the set of all
-- names in the text.
function M.declared(text)
  local kinds, raws, starts = lex.words(text)
  local depth, list, names, returns = 0, {}, {}, nil
  for at, kind in ipairs(kinds) do
    if OPENS[kind] then
      depth = depth + 1
    elseif kind == "end" or kind == "until" then
      depth = depth - 1
    elseif kind == "local" and depth == 0 then
      read_names(kinds, raws, at + 1, list)
    elseif kind == "return" and depth == 0 then
      returns = starts[at]
    elseif kind == "name" then
      names[raws[at]] = true
    end
  end
  return list, returns, names
end

-- ---------------------------------------------------------------------------------------------------
-- Compiling

-- The Lua that keeps what was declared. A constant has no variable to keep, so it gets one.
local function keeping(list)
  local plain, constants = {}, {}
  for _, entry in ipairs(list) do
    if entry.attribute == "const" then
      constants[#constants + 1] = ("do local %s = %s _keep(function() return %s end) end"):format(entry.name,
        entry.name, entry.name)
    elseif not entry.attribute then -- what is closed at the line's end is of no use later
      plain[entry.name] = true
    end
  end
  local names = {}
  for name in pairs(plain) do
    names[#names + 1] = name
  end
  table.sort(names)
  local code = table.concat(constants, " ")
  if #names > 0 then
    code = ("%s _keep(function() return %s end)"):format(code, table.concat(names, ", "))
  end
  return code
end

local function with_keeping(text, list, returns)
  if #list == 0 then
    return text
  end
  local code = keeping(list)
  return returns and ("%s %s %s"):format(text:sub(1, returns - 1), code, text:sub(returns)) or text .. "\n" .. code
end

-- The variables of earlier lines that a text may mean.
local function wanted(variables, names)
  local list = {}
  for name in pairs(names) do
    if variables[name] and #list < MOST then
      list[#list + 1] = name
    end
  end
  table.sort(list)
  return list
end

local function keep_in(variables)
  return function(fn)
    local index = 1
    local name = native.upvalue(fn, index)
    while name do
      if name ~= "_ENV" then
        variables[name] = { fn = fn, index = index }
      end
      index = index + 1
      name = native.upvalue(fn, index)
    end
  end
end

local function wrap(variables, text, list, returns, names)
  local known = wanted(variables, names)
  local head = "local _keep"
  if #known > 0 then
    head = head .. ", " .. table.concat(known, ", ")
  end
  local code = ("%s = ... return function(...) %s\nend"):format(head, with_keeping(text, list, returns))
  local outer = load(code, NAME, "t", getmetatable(variables).environment)
  if not outer then
    return nil
  end
  local fn = outer(keep_in(variables))
  local index = 1
  local name = native.upvalue(fn, index)
  while name do
    if variables[name] and name ~= "_keep" then
      native.join(fn, index, variables[name].fn, variables[name].index)
    end
    index = index + 1
    name = native.upvalue(fn, index)
  end
  return fn
end

local function is_incomplete(message)
  return message:find "<eof>$" ~= nil
end

-- Of what is wrong with a text as an expression and as a statement, what a person would expect to hear.
local function choose_message(text, as_expression, as_statement)
  local first = text:match "^%s*([%w_]+)" or text:match "^%s*(.)" or ""
  local near = as_statement:match "near '?([^']*)'?$"
  local no_statement = as_statement:find("syntax error near", 1, true) or near == first
  return no_statement and as_expression or as_statement
end

-- compile(variables, text) -> function, is_expression; or nil, message, whether more lines may mend it.
function M.compile(variables, text)
  local body = text:gsub("^%s*=%s*([^=])", "%1") -- "=x", as older interpreters of Lua know it
  local expression, wrong = load("return " .. body, NAME, "t")
  local is_expression = expression ~= nil
  if is_expression then
    body = "return " .. body
  else
    local plain, message = load(text, NAME, "t")
    if not plain then
      return nil, choose_message(text, wrong, message), is_incomplete(message) or is_incomplete(wrong)
    end
    body = text
  end
  local list, returns, names = M.declared(body)
  local fn = wrap(variables, body, list, returns, names) or wrap(variables, body, {}, nil, names)
  if not fn then
    return nil, "session: too many variables in one line", false
  end
  return fn, is_expression
end

-- is_blank(text): nothing but spaces and comments.
function M.is_blank(text)
  local kinds = lex.words(text)
  return kinds[1] == "eof" and load(text, NAME, "t") ~= nil
end

-- pieces(text) -> the chunks of a text that is no chunk as a whole, line by line: a list of texts. The last may be
-- incomplete.
function M.pieces(variables, text)
  local list, piece = {}, nil
  for line in (text .. "\n"):gmatch "(.-)\n" do
    piece = piece and piece .. "\n" .. line or line
    local special = piece:find "^%s*[:?]"
    local fn, _, more = nil, nil, false
    if not special and not M.is_blank(piece) then
      fn, _, more = M.compile(variables, piece)
    end
    if special or fn or not more then
      list[#list + 1], piece = piece, nil
    end
  end
  if piece then
    list[#list + 1] = piece
  end
  return list
end

-- names(variables) -> list, sorted.
function M.names(variables)
  local list = {}
  for name in next, variables do
    list[#list + 1] = tostring(name)
  end
  table.sort(list)
  return list
end

return M
