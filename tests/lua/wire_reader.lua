-- SPDX-License-Identifier: MIT
-- Reads requests, on its own: nothing of the program's decoders is used, so that a fault of theirs is seen.

local json = require "beadle.json"

local M = {}

-- Percent-decoding; an escape that is none is an error.
function M.decode(text)
  local list, at = {}, 1
  while at <= #text do
    local char = text:sub(at, at)
    if char == "%" then
      local hex = text:match("^%x%x", at + 1) or error("a broken escape in " .. text, 0)
      char, at = string.char(tonumber(hex, 16)), at + 2
    end
    list[#list + 1], at = char, at + 1
  end
  return table.concat(list)
end

-- The fields of a form or query, each of which may come once.
function M.fields(text)
  local fields = {}
  for piece in text:gmatch "[^&]+" do
    local name, value = piece:match "^([^=]+)=(.*)$"
    if not name then
      error("no NAME=VALUE: " .. piece, 0)
    end
    name, value = M.decode(name:gsub("%+", " ")), M.decode((value:gsub("%+", " ")))
    if fields[name] then
      error("twice: " .. name, 0)
    end
    fields[name] = value
  end
  return fields
end

-- The segments of a path, decoded. Empty ones and dots would make it another path.
function M.segments(path)
  local list = {}
  for segment in path:gmatch "/([^/]*)" do
    if segment == "." or segment == ".." or segment:find "[^%w%%%-%._~$&'()*+,;=:@!]" then
      error("a segment that is none: " .. segment, 0)
    end
    list[#list + 1] = M.decode(segment)
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- JSON (RFC 8259)

local value_at

local function skip(text, at)
  return text:match("^[ \t\r\n]*()", at)
end

local function expect(text, at, char)
  if text:sub(at, at) ~= char then
    error(("JSON: %s expected at %d"):format(char, at), 0)
  end
  return at + 1
end

local ESCAPES = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ["\""] = "\"", ["\\"] = "\\", ["/"] = "/" }

local function escape_at(text, at)
  local char = text:sub(at, at)
  if ESCAPES[char] then
    return ESCAPES[char], at + 1
  end
  local code = tonumber(text:match("^u(%x%x%x%x)", at) or error("JSON: a broken escape", 0), 16)
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at + 5) or error("JSON: half a pair", 0), 16)
    return utf8.char(0x10000 + (code - 0xD800 << 10) + low - 0xDC00), at + 11
  end
  return utf8.char(code), at + 5
end

local function string_at(text, at)
  local list = {}
  at = expect(text, at, "\"")
  while text:sub(at, at) ~= "\"" do
    local plain, after = text:match("^([^%c\"\\]+)()", at)
    if text:sub(at, at) == "\\" then
      plain, after = escape_at(text, at + 1)
    end
    list[#list + 1], at = plain or error("JSON: a bare control character", 0), after
  end
  return table.concat(list), at + 1
end

local function list_at(text, at)
  local list = json.array {}
  at = skip(text, expect(text, at, "["))
  while text:sub(at, at) ~= "]" do
    if #list > 0 then
      at = expect(text, at, ",")
    end
    list[#list + 1], at = value_at(text, at)
    at = skip(text, at)
  end
  return list, at + 1
end

local function object_at(text, at)
  local object, first = {}, true
  at = skip(text, expect(text, at, "{"))
  while text:sub(at, at) ~= "}" do
    local name
    at = first and at or skip(text, expect(text, at, ","))
    name, at = string_at(text, at)
    if object[name] ~= nil then
      error("JSON: twice " .. name, 0)
    end
    object[name], at = value_at(text, expect(text, skip(text, at), ":"))
    at, first = skip(text, at), false
  end
  return object, at + 1
end

local WORDS = { ["true"] = true, ["false"] = false, null = json.null }

function value_at(text, at)
  at = skip(text, at)
  local char = text:sub(at, at)
  if char == "\"" then
    return string_at(text, at)
  elseif char == "[" then
    return list_at(text, at)
  elseif char == "{" then
    return object_at(text, at)
  end
  local word, after = text:match("^(%l+)()", at)
  if word then
    return WORDS[word], after
  end
  local number, behind = text:match("^(-?%d+%.?%d*[eE]?[-+]?%d*)()", at)
  return tonumber(number) or error("JSON: no value at " .. at, 0), behind
end

function M.json(text)
  local value, at = value_at(text, 1)
  if skip(text, at) <= #text then
    error("JSON: more behind its end", 0)
  end
  return value
end

-- ---------------------------------------------------------------------------------------------------
-- Comparing

local canonical

local function canonical_table(value)
  local list = {}
  if json.is_array(value) or value[1] ~= nil then
    for i, each in ipairs(value) do
      list[i] = canonical(each)
    end
    return "[" .. table.concat(list, ",") .. "]"
  end
  for name, each in pairs(value) do
    list[#list + 1] = ("%q:%s"):format(name, canonical(each))
  end
  table.sort(list)
  return "{" .. table.concat(list, ",") .. "}"
end

-- A text that is the same for values that JSON does not tell apart, 3 and 3.0, and for no others.
function canonical(value)
  if value == json.null then
    return "null"
  elseif type(value) == "table" then
    return canonical_table(value)
  elseif math.type(value) == "float" then
    local whole = math.tointeger(value)
    return whole and ("%d"):format(whole) or ("%.17g"):format(value)
  end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end
M.canonical = canonical

return M
