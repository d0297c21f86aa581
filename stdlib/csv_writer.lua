-- SPDX-License-Identifier: MIT
-- The writing half of beadle.csv.
--
--   local writer = csv.writer({ "ema", "grade" }, { delimiter = ";" })
--   writer:add { ema = "ada@example.org", grade = 0.742 }
--   fs.write("grades.csv", writer:text())
--
-- Quotes stand only where they must. Lines end with CRLF, as RFC 4180 has it; {line_ending = "\n"} for LF.
-- {bom = true} begins with a byte order mark, without which Excel takes UTF-8 for something else.
--
-- Cells are never altered: what is written is read back. A cell that begins with =, +, - or @ is a formula
-- to a spreadsheet, whoever typed it into a form. The usual cures put a character before it, and then
-- another name or phone number is read back and sent to a vendor. So it is written as it is, and
-- writer.formulas counts such cells, to warn whoever would open the file with a double click.

local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local Writer = {}
Writer.__index = Writer

local function is_plain_list(value)
  for _, element in ipairs(value) do
    if type(element) == "table" or type(element) == "boolean" then
      return false
    end
  end
  return #value > 0
end

-- A value as a cell's text: nothing for nil, numbers so that they are read back exactly, a list with commas.
function M.text_of(value)
  if value == nil or value == json.null then
    return ""
  elseif math.type(value) == "float" then
    local short = ("%.14g"):format(value)
    return tonumber(short) == value and short or ("%.17g"):format(value)
  elseif type(value) ~= "table" then
    return tostring(value)
  elseif not is_plain_list(value) then
    return json.encode(value)
  end
  local parts = {}
  for index, element in ipairs(value) do
    parts[index] = M.text_of(element)
  end
  return table.concat(parts, ",")
end

-- Whether a spreadsheet would calculate it; plain numbers such as -5 are no danger.
local function is_formula(text)
  return text:find "^[=@\t\r]" or text:find "^[+-]" and not tonumber(text)
end

-- A blank line would be passed over: an empty cell that is alone is quoted.
local function quote(text, delimiter, alone)
  if text:find "[,;\t\"\r\n]" or text:find(delimiter, 1, true) or text:find "^ " or text:find " $"
    or (alone and text == "") then
    return '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

-- Adds a row; values by column name. A value that has no column is an error: it would be lost.
function Writer:add(values)
  for name in pairs(values) do
    if not self.known[name] then
      error(error_value.new { kind = "argument", outcome = "none",
        message = ("the file has no column \"%s\""):format(tostring(name)) }, 2)
    end
  end
  local cells = {}
  for index, name in ipairs(self.columns) do
    local text = M.text_of(values[name])
    self.formulas = self.formulas + (is_formula(text) and 1 or 0)
    cells[index] = quote(text, self.delimiter, #self.columns == 1)
  end
  self.rows = self.rows + 1
  self.lines[#self.lines + 1] = table.concat(cells, self.delimiter) .. self.line_ending
end

-- What was written since the last time, which is forgotten: for files that are not to be held in memory.
function Writer:take()
  local text = table.concat(self.lines)
  self.lines = {}
  return text
end

-- The whole file.
function Writer:text()
  return table.concat(self.lines)
end

-- new(columns [, {delimiter, line_ending, bom}]) -> writer
function M.new(columns, options)
  options = options or {}
  local self = setmetatable({ columns = columns, known = {}, delimiter = options.delimiter or ",",
    line_ending = options.line_ending or "\r\n", lines = {}, rows = 0, formulas = 0 }, Writer)
  local header = {}
  for index, name in ipairs(columns) do
    self.known[name] = true
    header[index] = quote(name, self.delimiter)
  end
  self.lines[1] = (options.bom and "\u{FEFF}" or "") .. table.concat(header, self.delimiter) .. self.line_ending
  return self
end

return M
