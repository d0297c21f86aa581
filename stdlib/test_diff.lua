-- SPDX-License-Identifier: MIT
-- Values side by side, for people: how a value is written, and where two differ. For stdlib/test*.lua.

local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local MOST_DIFFERENCES = 20
local MOST_TEXT = 2000 -- characters of one value

local function is_plain(value)
  return type(value) == "table" and not error_value.is(value)
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    if type(a) == type(b) and (type(a) == "number" or type(a) == "string") then
      return a < b
    end
    return type(a) == "number" or type(b) ~= "number" and tostring(a) < tostring(b)
  end)
  return keys
end

-- A text as Lua writes it, on one line; UTF-8 stays readable.
local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(char)
    local short = ({ ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" })[char]
    return short or ("\\x%02X"):format(char:byte())
  end) .. '"'
end

local function write_key(key)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then
    return key
  end
  return "[" .. (type(key) == "string" and quote(key) or tostring(key)) .. "]"
end

local function write(value, indent, seen)
  if type(value) == "string" then
    return quote(value)
  elseif value == json.null then
    return "null"
  elseif not is_plain(value) then
    return tostring(value)
  elseif seen[value] then
    return "(the table around it)"
  elseif next(value) == nil then
    return "{}"
  end
  seen[value] = true
  local parts, inner, list = {}, indent .. "  ", 0
  for _, key in ipairs(sorted_keys(value)) do
    local text = write(value[key], inner, seen)
    list = key == list + 1 and key or list
    parts[#parts + 1] = key == list and list > 0 and text or write_key(key) .. " = " .. text
  end
  seen[value] = nil
  local line = "{ " .. table.concat(parts, ", ") .. " }"
  if #line <= 60 and not line:find "\n" then
    return line
  end
  return "{\n" .. inner .. table.concat(parts, ",\n" .. inner) .. ",\n" .. indent .. "}"
end

-- show(value) -> text: as Lua writes it, keys sorted, no longer than a screen.
function M.show(value)
  local text = write(value, "", {})
  if #text <= MOST_TEXT then
    return text
  end
  local cut = MOST_TEXT
  while cut > 0 and (text:byte(cut + 1) or 0) & 0xC0 == 0x80 do
    cut = cut - 1
  end
  return ("%s... (%d bytes in all)"):format(text:sub(1, cut), #text)
end

local function compare(expected, actual, path, seen, found)
  if rawequal(expected, actual) or expected == actual or expected ~= expected and actual ~= actual then
    return
  elseif not is_plain(expected) or not is_plain(actual) then
    found[#found + 1] = { path = path, expected = expected, actual = actual }
    return
  elseif seen[expected] == actual then
    return
  end
  seen[expected] = actual
  local keys = {}
  for key in pairs(expected) do
    keys[key] = true
  end
  for key in pairs(actual) do
    keys[key] = true
  end
  for _, key in ipairs(sorted_keys(keys)) do
    local written = write_key(key)
    compare(expected[key], actual[key], path .. (written:sub(1, 1) == "[" and written or "." .. written), seen,
      found)
  end
end

-- differences(expected, actual) -> list of { path, expected, actual }; empty when they are the same all the way
-- down. Whole numbers and floats of one value are the same, metatables do not count.
function M.differences(expected, actual)
  local found = {}
  compare(expected, actual, "", {}, found)
  return found
end

local function show_missing(value)
  return value == nil and "nothing" or M.show(value)
end

-- explain(expected, actual) -> text: what differs, place by place.
function M.explain(expected, actual)
  if not is_plain(expected) or not is_plain(actual) then
    return ("expected: %s\n     got: %s"):format(M.show(expected), M.show(actual))
  end
  local lines, found = {}, M.differences(expected, actual)
  for index, each in ipairs(found) do
    if index > MOST_DIFFERENCES then
      lines[#lines + 1] = ("... and %d more differences"):format(#found - MOST_DIFFERENCES)
      break
    end
    local path = each.path:gsub("^%.", "")
    lines[#lines + 1] = ("%s\n    expected: %s\n         got: %s"):format(path == "" and "(the value)" or path,
      show_missing(each.expected):gsub("\n", "\n      "), show_missing(each.actual):gsub("\n", "\n      "))
  end
  return ("%d %s\n  %s\nexpected: %s\n     got: %s"):format(#found, #found == 1 and "difference:" or "differences:",
    table.concat(lines, "\n  "), M.show(expected), M.show(actual))
end

return M
