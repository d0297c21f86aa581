-- SPDX-License-Identifier: MIT
-- The words of a Lua text, for stdlib/check.lua. Nothing is raised: a text that Lua does not take ends where it
-- stops making sense.

local M = {}

local find, sub, byte = string.find, string.sub, string.byte

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then true "
  .. "until while"):gmatch "%a+" do
  KEYWORDS[word] = true
end

local LONG_SYMBOLS = { ["..."] = true, ["=="] = true, ["~="] = true, ["<="] = true, [">="] = true, ["//"] = true,
  ["::"] = true, ["<<"] = true, [">>"] = true, [".."] = true }

-- ---------------------------------------------------------------------------------------------------
-- Texts

local SIMPLE = { a = "\a", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", v = "\v" }

-- What stands behind a backslash -> what it means, and where the text goes on.
local function read_escape(body, at)
  local digits = body:match("^%d%d?%d?", at)
  if digits then
    return string.char(tonumber(digits)), at + #digits
  end
  local letter = sub(body, at, at)
  if letter == "x" then
    return string.char(tonumber(sub(body, at + 1, at + 2), 16)), at + 3
  elseif letter == "u" then
    local hex = body:match("^{(%x+)}", at + 1)
    return utf8.char(tonumber(hex, 16)), at + 3 + #hex
  elseif letter == "z" then
    return "", body:match("^z%s*()", at)
  elseif letter == "\r" or letter == "\n" then
    return "\n", body:match("^\r\n()", at) or body:match("^\n\r()", at) or at + 1
  end
  return SIMPLE[letter] or letter, at + 1
end

local function unescape(body)
  local out, from = {}, 1
  local at = find(body, "\\", 1, true)
  while at do
    out[#out + 1] = sub(body, from, at - 1)
    out[#out + 1], from = read_escape(body, at + 1)
    at = find(body, "\\", from, true)
  end
  out[#out + 1] = sub(body, from)
  return table.concat(out)
end

-- text_of(raw) -> the text that a literal of an accepted script means.
function M.text_of(raw)
  local level = raw:match "^%[(=*)%["
  if not level then
    return unescape(sub(raw, 2, -2))
  end
  local body = sub(raw, #level + 3, -#level - 3):gsub("\r\n?", "\n")
  return (body:gsub("^\n", ""))
end

-- Where the short text that begins at `pos` ends; nil when it does not.
local function end_of_text(text, pos)
  local quote = sub(text, pos, pos)
  local at = pos + 1
  while true do
    at = find(text, "['\"\\\r\n]", at)
    local char = at and sub(text, at, at)
    if char == quote then
      return at
    elseif not at or char == "\n" or char == "\r" then
      return nil
    elseif char == "\\" then
      at = text:match("^z%s*()", at + 1) or text:match("^\r\n()", at + 1) or at + 2
    else
      at = at + 1
    end
  end
end

-- The end of the long bracket that begins at `pos`, nil when it has none; and whether one begins there.
local function end_of_bracket(text, pos)
  local level = text:match("^%[(=*)%[", pos)
  if not level then
    return nil, false
  end
  local _, last = find(text, "]" .. level .. "]", pos + #level + 2, true)
  return last, true
end

-- ---------------------------------------------------------------------------------------------------
-- Words

-- The place behind the comment that begins at `pos`.
local function skip_comment(text, pos)
  local last, is_long = end_of_bracket(text, pos + 2)
  if is_long then
    return (last or #text) + 1
  end
  return find(text, "[\r\n]", pos + 2) or #text + 1
end

local function end_of_number(text, pos)
  local _, last = find(text, "^0[xX][%x.]*[pP][+-]?%x*", pos)
  if not last then
    _, last = find(text, "^0[xX][%x.]*", pos)
  end
  if not last then
    _, last = find(text, "^%d*%.?%d*[eE][+-]?%d+", pos)
  end
  if not last then
    _, last = find(text, "^%d*%.?%d*", pos)
  end
  return last
end

local function end_of_symbol(text, pos)
  if LONG_SYMBOLS[sub(text, pos, pos + 2)] then
    return pos + 2
  end
  return LONG_SYMBOLS[sub(text, pos, pos + 1)] and pos + 1 or pos
end

-- The kind of the word at `pos`, and its end; kind nil for a comment, end nil where Lua would refuse it.
local function read_word(text, pos, char)
  if char == '"' or char == "'" then
    return "string", end_of_text(text, pos)
  elseif char == "[" then
    local last, is_long = end_of_bracket(text, pos)
    if is_long then
      return "string", last
    end
    return "[", pos
  elseif char == "-" and byte(text, pos + 1) == 45 then
    return nil, skip_comment(text, pos) - 1
  elseif find(text, "^%.?%d", pos) then
    return "number", end_of_number(text, pos)
  end
  local last = end_of_symbol(text, pos)
  return sub(text, pos, last), last
end

-- words(text) -> kinds, raws, starts: lists. A kind is "name", "string", "number", the keyword or symbol itself, and
-- at the end "eof".
function M.words(text)
  local kinds, raws, starts, count = {}, {}, {}, 0
  local pos = find(text, "%S")
  while pos do
    local kind, last
    local _, name_end = find(text, "^[%a_][%w_]*", pos)
    if name_end then
      local name = sub(text, pos, name_end)
      kind, last = KEYWORDS[name] and name or "name", name_end
    else
      kind, last = read_word(text, pos, sub(text, pos, pos))
    end
    if not last then
      break
    end
    if kind then
      count = count + 1
      kinds[count], raws[count], starts[count] = kind, sub(text, pos, last), pos
    end
    pos = find(text, "%S", last + 1)
  end
  count = count + 1
  kinds[count], raws[count], starts[count] = "eof", "", pos or #text + 1
  return kinds, raws, starts
end

return M
