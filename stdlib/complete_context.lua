-- SPDX-License-Identifier: MIT
-- Where in a text of Lua the cursor stands, for stdlib/complete.lua. The text may be unfinished in any way.
--
--   at(text) -> {
--     word     the beginning of a name right before the cursor; ""
--     chain    names before it: { "isograd", "gender" } of isograd.gender.fe; nil: none. `colon` when it follows a ":"
--     text     in a literal text: what stands between its quote and the cursor; nil: outside
--     braces   the innermost table that is being written: { callee, path, given, key }; nil: none. callee: names of the
--              function that gets it; path: the names of the objects that it is within, "" for an element of a list;
--              given: set of the names it has so far; key: the name whose value the cursor is in, or nil
--     callee   names of the function whose arguments the cursor is in, also of f "text"; nil: none
--   }

local lex = require "beadle.check_lex"

local M = {}

local CLOSES = { ["}"] = "{", [")"] = "(", ["]"] = "[" }

-- The names of the chain that ends at the words' place `at`, and the place of its first word.
local function chain_back(words, at)
  local names = {}
  while at >= 1 and words.kinds[at] == "name" do
    table.insert(names, 1, words.raws[at])
    local before = words.kinds[at - 1]
    if before ~= "." and before ~= ":" then
      return names, at
    end
    at = at - 2
  end
  return nil, at
end

-- What an unfinished text holds: from its quote to the end; nil when the words end well.
local function unfinished(text, words)
  local last = #words.kinds
  local pos = words.starts[last]
  if pos > #text then
    return nil
  end
  local level = text:match("^%[(=*)%[", pos)
  if level then
    return text:sub(pos + #level + 2), true
  end
  local quote = text:sub(pos, pos)
  return (quote == '"' or quote == "'") and text:sub(pos + 1) or nil
end

-- One opening bracket and what follows it.
local function open_bracket(words, at, outer)
  local kind = words.kinds[at]
  local level = { kind = kind, outer = outer, given = {}, key = nil, path = {}, entries = 0 }
  local before = words.kinds[at - 1]
  if kind == "{" and outer and outer.kind == "{" then -- an object within an object, or within a list
    level.callee = outer.callee
    for index, name in ipairs(outer.path) do
      level.path[index] = name
    end
    level.path[#level.path + 1] = outer.key or ""
  elseif before == "(" and kind == "{" then
    level.callee = outer and outer.callee
  elseif before == "name" then
    level.callee = chain_back(words, at - 1)
  elseif kind == "{" and outer and outer.kind == "(" then -- f(x, {
    level.callee = nil
  end
  return level
end

local function note_entry(words, at, level)
  local kind = words.kinds[at]
  if kind == "," or kind == ";" then
    level.key, level.in_value = nil, false
    level.entries = level.entries + 1
  elseif kind == "=" and words.kinds[at - 1] == "name" and not level.in_value then
    level.key, level.in_value = words.raws[at - 1], true
    level.given[level.key] = true
  elseif kind ~= "name" and kind ~= "eof" then
    level.in_value = true -- an element of a list
  end
end

-- The innermost open bracket before the cursor.
local function innermost(words)
  local level
  for at, kind in ipairs(words.kinds) do
    if kind == "{" or kind == "(" or kind == "[" then
      if level and level.kind == "{" and kind ~= "{" then
        level.in_value = true
      end
      level = open_bracket(words, at, level)
    elseif CLOSES[kind] then
      if level and level.kind == CLOSES[kind] then
        level = level.outer
        if level and level.kind == "{" then
          level.in_value = true
        end
      end
    elseif level and level.kind == "{" then
      note_entry(words, at, level)
    elseif level and kind == "function" then
      level = { kind = "function", outer = level, given = {}, path = {} } -- its body is no argument
    elseif level and level.kind == "function" and kind == "end" then
      level = level.outer
    end
  end
  return level
end

local function in_comment(text, words)
  local last = #words.kinds
  local from = last > 1 and words.starts[last - 1] + #words.raws[last - 1] or 1
  local rest = text:sub(from)
  local dashes = rest:find("--", 1, true)
  return words.starts[last] > #text and dashes and not rest:sub(dashes):find "\n" or false
end

local function add_text(result, words)
  local last = #words.kinds
  local before = words.kinds[last - 1]
  if before == "name" then -- f "text"
    result.callee = chain_back(words, last - 1)
  end
end

function M.at(text)
  local kinds, raws, starts = lex.words(text)
  local words = { kinds = kinds, raws = raws, starts = starts }
  if in_comment(text, words) then
    return nil
  end
  local result = { word = "" }
  result.text = unfinished(text, words)
  local last = #kinds - 1 -- the word before "eof"
  local stem = last
  if not result.text and text:find "[%w_]$" and kinds[last] then
    result.word = raws[last]
    if kinds[last] == "number" or kinds[last] == "string" then
      return nil
    end
    stem = last - 1
  end
  local joint = not result.text and kinds[stem]
  if joint == "." or joint == ":" then
    result.chain = chain_back(words, stem - 1)
    result.colon = joint == ":"
    if not result.chain then
      return nil -- f().x: nothing is known without calling it
    end
  end
  if result.word ~= "" then -- what is being written is no word of the text yet
    kinds[last] = "eof"
  end
  local level = innermost(words)
  if level and level.kind == "{" then
    result.braces = { callee = level.callee, path = level.path, given = level.given, key = level.key,
      in_value = level.in_value }
  end
  if level and level.kind ~= "function" then
    result.callee = level.callee
  end
  if result.text then
    add_text(result, words)
  end
  return result
end

return M
