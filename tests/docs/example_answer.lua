-- SPDX-License-Identifier: MIT
-- An answer of an operation as a script gets it, for the vendors' pages: that of its first fixture, which the tests
-- hold against the catalogue. Lists keep their first element, and what is long is cut; "…" says so.

local fs = require "beadle.fs"
local help_fields = require "beadle.help_fields"
local json = require "beadle.json"
local pretty = require "beadle.pretty"

local M = {}

local DEEPEST, LONGEST, MOST_LINES = 4, 60, 40
local CUT = "…"

-- In whole characters of UTF-8.
local function cut_text(text)
  if #text <= LONGEST then
    return text
  end
  local at = LONGEST
  while text:byte(at + 1) and text:byte(at + 1) & 0xC0 == 0x80 do
    at = at - 1
  end
  return text:sub(1, at) .. CUT
end

local function shorten(value, depth)
  if type(value) == "string" then
    return cut_text(value)
  elseif type(value) ~= "table" or value == json.null or next(value) == nil then
    return value
  elseif depth == 0 then
    return CUT
  elseif json.is_array(value) then
    return json.array { shorten(value[1], depth - 1), #value > 1 and CUT or nil }
  end
  local copy = {}
  for name, member in pairs(value) do
    copy[name] = shorten(member, depth - 1)
  end
  return copy
end

local function lines_in(text)
  return select(2, text:gsub("\n", "")) + 1
end

local function add_names(names, fields)
  for _, field in ipairs(fields or {}) do
    names[#names + 1] = field.name
    add_names(names, field.fields)
  end
  return names
end

-- text(operation, path) -> JSON of the answer in the fixture at `path`, as deep as fits; nil when there is none.
function M.text(operation, path)
  if not fs.exists(path) then
    return nil
  end
  local answer = json.decode(fs.read(path)).result
  if type(answer) ~= "table" or next(answer) == nil then
    return nil
  end
  local order, text = add_names({}, help_fields.result_fields(operation)), nil
  for depth = DEEPEST, 1, -1 do
    text = pretty.json(shorten(answer, depth), order)
    if lines_in(text) <= MOST_LINES then
      break
    end
  end
  return text
end

return M
