-- SPDX-License-Identifier: MIT
-- beadle.pretty: values as people read them.

local json = require "beadle.json"

local M = {}

local function keys_of(object, order)
  local keys, place = {}, {}
  for index, name in ipairs(order or {}) do
    place[name] = index
  end
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    local at, bt = place[a] or math.huge, place[b] or math.huge
    if at ~= bt then
      return at < bt
    end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local function is_list(value)
  return json.is_array(value) or #value > 0
end

local function write(value, order, indent, out)
  if type(value) ~= "table" or next(value) == nil then
    out[#out + 1] = json.encode(value)
    return
  end
  local inner = indent .. "  "
  local list = is_list(value)
  local keys = not list and keys_of(value, order)
  out[#out + 1] = list and "[" or "{"
  for index = 1, list and #value or #keys do
    out[#out + 1] = (index > 1 and "," or "") .. "\n" .. inner
    if list then
      write(value[index], order, inner, out)
    else
      out[#out + 1] = json.encode(tostring(keys[index])) .. ": "
      write(value[keys[index]], order, inner, out)
    end
  end
  out[#out + 1] = "\n" .. indent .. (list and "]" or "}")
end

-- json(value [, order]) -> text: indented, the members named in the list `order` first, the others sorted.
function M.json(value, order)
  local out = {}
  write(value, order, "", out)
  return table.concat(out)
end

-- printable(value) -> a copy for M.json: a secret is shown as such, what JSON does not know as its text, and what
-- is no number, or nothing at all, as null.
function M.printable(value)
  local kind = type(value)
  if value == nil or value ~= value then
    return json.null
  elseif kind == "string" or kind == "boolean" or value == json.null
    or kind == "number" and math.abs(value) ~= math.huge then
    return value
  elseif kind ~= "table" then
    return tostring(value)
  end
  local copy = json.is_array(value) and json.array {} or {}
  for key, element in pairs(value) do
    copy[key] = M.printable(element)
  end
  return copy
end

-- Characters that take two columns, and none (Unicode, East Asian Width W and F, and combining marks); the ranges that
-- people's names and the vendors' words come from.
local WIDE = { { 0x1100, 0x115F }, { 0x2E80, 0x303E }, { 0x3041, 0x33FF }, { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF },
  { 0xA000, 0xA4CF }, { 0xAC00, 0xD7A3 }, { 0xF900, 0xFAFF }, { 0xFE30, 0xFE6F }, { 0xFF00, 0xFF60 },
  { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1F64F }, { 0x1F900, 0x1F9FF }, { 0x20000, 0x3FFFD } }
local NARROW = { { 0x0300, 0x036F }, { 0x200B, 0x200F }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F } }

local function is_in(ranges, code)
  for _, range in ipairs(ranges) do
    if code <= range[2] then
      return code >= range[1]
    end
  end
  return false
end

local function columns(code)
  if code < 0x300 then
    return 1
  end
  return is_in(NARROW, code) and 0 or is_in(WIDE, code) and 2 or 1
end

-- Columns that a text takes on a terminal.
function M.width(text)
  if not text:find "[\xCC-\xF4]" then -- nothing from U+0300 on
    return utf8.len(text) or #text
  elseif not utf8.len(text) then
    return #text
  end
  local width = 0
  for _, code in utf8.codes(text) do
    width = width + columns(code)
  end
  return width
end

-- cut(text, most) -> the beginning of the text that takes so many columns at most.
function M.cut(text, most)
  if not utf8.len(text) then
    return text:sub(1, most)
  end
  local width = 0
  for place, code in utf8.codes(text) do
    width = width + columns(code)
    if width > most then
      return text:sub(1, place - 1)
    end
  end
  return text
end

local function pad(text, width, right)
  local space = (" "):rep(width - M.width(text))
  return right and space .. text or text .. space
end

local NARROWEST = 8
local LONGEST_FOLDED = 400

-- Makes the widest columns of texts narrower until the table fits, or until that would make it unreadable.
local function fit(widths, right, most)
  local total = 2 * (#widths - 1)
  for _, width in ipairs(widths) do
    total = total + width
  end
  while total > most do
    local widest, second = nil, NARROWEST
    for column, width in ipairs(widths) do
      if not right[column] and (not widest or width > widths[widest]) then
        widest, second = column, widest and widths[widest] or second
      elseif not right[column] then
        second = math.max(second, width)
      end
    end
    if not widest or widths[widest] <= NARROWEST then
      return
    end
    local width = widths[widest]
    widths[widest] = math.max(NARROWEST, math.min(width - 1, math.max(second, width - (total - most))))
    total = total - width + widths[widest]
  end
end

-- shorten(text, most) -> text of at most so many characters, and "..." where there were more.
function M.shorten(text, most)
  local behind = utf8.len(text) and utf8.offset(text, most + 1) or most + 1
  return behind and behind <= #text and text:sub(1, behind - 1) .. "..." or text
end

-- The text in lines of at most so many columns: at spaces where there are some, else anywhere.
local function fold(text, width)
  local lines = {}
  text = M.shorten(text, LONGEST_FOLDED)
  for line in M.wrap(text, width):gmatch "[^\n]*" do
    while M.width(line) > width do
      local behind = utf8.len(line) and utf8.offset(line, width + 1) or width + 1
      lines[#lines + 1] = line:sub(1, behind - 1)
      line = line:sub(behind)
    end
    lines[#lines + 1] = line
  end
  return lines
end

local function add_row(lines, row, widths, right)
  local folded, height = {}, 1
  for column, text in ipairs(row) do
    folded[column] = M.width(text) > widths[column] and fold(text, widths[column]) or { text }
    height = math.max(height, #folded[column])
  end
  for index = 1, height do
    local parts = {}
    for column in ipairs(row) do
      parts[column] = pad(folded[column][index] or "", widths[column], right[column])
    end
    lines[#lines + 1] = (table.concat(parts, "  "):gsub("%s+$", ""))
  end
end

-- table(headings, rows [, most]) -> text: rows are lists; numbers stand right. With `most`, texts are folded so
-- that it is no wider than that, if it can be.
function M.table(headings, rows, most)
  local widths, cells, right = {}, { headings }, {}
  for _, row in ipairs(rows) do
    local line = {}
    for column = 1, #headings do
      local value = row[column]
      right[column] = right[column] ~= false and (type(value) == "number" or value == nil)
      line[column] = value == nil and "" or tostring(value):gsub("[%c]", " ")
    end
    cells[#cells + 1] = line
  end
  for _, line in ipairs(cells) do
    for column, text in ipairs(line) do
      widths[column] = math.max(widths[column] or 0, M.width(text))
    end
  end
  if most then
    fit(widths, right, most)
  end
  local lines, rule = {}, {}
  for column, width in ipairs(widths) do
    rule[column] = ("-"):rep(width)
  end
  add_row(lines, cells[1], widths, right)
  lines[#lines + 1] = table.concat(rule, "  ")
  for index = 2, #cells do
    add_row(lines, cells[index], widths, right)
  end
  return table.concat(lines, "\n")
end

-- wrap(text, width, indent) -> text broken at spaces, every line but the first indented.
function M.wrap(text, width, indent)
  local lines, line = {}, ""
  for word in text:gmatch "%S+" do
    if line ~= "" and M.width(line) + M.width(word) + 1 > width then
      lines[#lines + 1] = line
      line = word
    else
      line = line == "" and word or line .. " " .. word
    end
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n" .. (indent or ""))
end

return M
