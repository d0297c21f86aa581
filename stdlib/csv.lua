-- SPDX-License-Identifier: MIT
-- beadle.csv: reads and writes CSV files as they really are.
--
--   local csv = require "beadle.csv"
--   local reader <close> = csv.open "candidates.csv"        "-" is standard input
--   print(reader:describe())                               3 columns, semicolon, Windows-1252, CRLF
--   for row, line in reader:rows() do
--     print(line, row.ema)
--   end
--
-- Reading follows RFC 4180. The delimiter (comma, semicolon, tab), a byte order mark, the encoding (UTF-8 or
-- Windows-1252; cells come as UTF-8) and the line endings are detected; {delimiter = ";", encoding = "UTF-8"}
-- decides instead. The first row names the columns. Cells are texts, exactly as they are; only the column
-- names are trimmed. Empty lines are passed over. What is broken raises an error of kind "decode" that names
-- file and line: another number of cells than columns, a column without a name or with another one's, a
-- quote that never closes or stands inside an unquoted cell. Memory does not grow with the file.
--
-- csv.writer(columns) writes; see stdlib/csv_writer.lua.

local detect = require "beadle.csv_detect"
local error_value = require "beadle.error"
local writer = require "beadle.csv_writer"

local M = { writer = writer.new, text_of = writer.text_of }

local LARGEST_RECORD = 1 << 20
local ENDING_NAMES = { ["\n"] = "LF", ["\r\n"] = "CRLF", ["\r"] = "CR" }
local NO_BREAK_SPACE = "\u{A0}"

-- trim(text): without spaces at its ends, those of spreadsheets too.
function M.trim(text)
  local before
  repeat
    before = text
    text = text:match "^%s*(.-)%s*$"
    text = text:sub(1, 2) == NO_BREAK_SPACE and text:sub(3) or text
    text = text:sub(-2) == NO_BREAK_SPACE and text:sub(1, -3) or text
  until text == before
  return text
end

-- ---------------------------------------------------------------------------------------------------
-- Records: lines until the quotes are closed

local Reader = {}
Reader.__index = Reader

-- Appends a block to the buffer; false at the end.
local function fill(self)
  local block = detect.read_block(self.source, self.name)
  if not block then
    self.at_end = true
    return false
  end
  if self.encoding == "Windows-1252" then
    block = block:gsub("[\x80-\xFF]", detect.to_utf8)
  end
  self.buffer = self.buffer:sub(self.position) .. block
  self.position = 1
  return true
end

-- The next line of the file and its ending; nil at the end.
local function next_line(self)
  local from = self.position
  while true do
    local at = self.buffer:find("[\r\n]", from)
    local cut_off = at == #self.buffer and self.buffer:byte(at) == 13 -- a CR whose LF may follow
    if at and (not cut_off or self.at_end or not fill(self)) then
      local ending = self.buffer:match("^\r\n", at) or self.buffer:sub(at, at)
      local line = self.buffer:sub(self.position, at - 1)
      self.position = at + #ending
      self.line = self.line + 1
      return line, ending
    elseif not at then
      from = #self.buffer - self.position + 2 -- where the buffer's new part will be
      if from > LARGEST_RECORD then
        detect.fail(self.name, self.line + 1, "the line is too long")
      elseif self.at_end or not fill(self) then
        break
      end
    else
      from = self.position
    end
  end
  local line = self.buffer:sub(self.position)
  self.buffer, self.position = "", 1
  if line == "" then
    return nil
  end
  self.line = self.line + 1
  return line, ""
end

-- Goes behind lines of the buffer that end with LF; gives how many of `count` are left.
local function pass_feeds(self, count)
  local at = self.buffer:find("\n", self.position, true)
  while at do
    self.position, self.line, count = at + 1, self.line + 1, count - 1
    at = count > 0 and self.buffer:find("\n", at + 1, true)
  end
  return count
end

-- Goes behind so many lines, whatever is in them.
local function pass_lines(self, count)
  while count > 0 do
    if not self.buffer:find("\r", self.position, true) then
      count = pass_feeds(self, count)
    end
    if count > 0 and not next_line(self) then
      return
    end
    count = count - 1
  end
end

local function count_quotes(text)
  local _, count = text:gsub('"', "")
  return count
end

-- The text of the next record, the line it begins on, and whether it has quotes; nil at the end.
local function next_record(self)
  local line, ending
  repeat
    line, ending = next_line(self)
  until line ~= ""
  if not line then
    return nil
  end
  local begins = self.line
  local quotes = count_quotes(line)
  if quotes == 0 then
    return line, begins, false
  end
  local pieces, size = { line }, #line
  while quotes % 2 == 1 do
    pieces[#pieces + 1] = ending
    line, ending = next_line(self)
    size = size + #(line or "")
    if not line or size > LARGEST_RECORD then
      detect.fail(self.name, begins, "a quote that opens here is never closed")
    end
    pieces[#pieces + 1] = line
    quotes = quotes + count_quotes(line)
  end
  return table.concat(pieces), begins, true
end

-- ---------------------------------------------------------------------------------------------------
-- Cells

local function split_plain(text, delimiter)
  local cells, from, count = {}, 1, 0
  while true do
    local at = text:find(delimiter, from, true)
    count = count + 1
    cells[count] = text:sub(from, at and at - 1)
    if not at then
      return cells
    end
    from = at + 1
  end
end

-- A quoted cell that begins at `from`: its text and the place behind its last quote.
local function quoted_cell(text, from, fail)
  local search = from + 1
  while true do
    local at = text:find('"', search, true) or fail "a quote that opens here is never closed"
    if text:byte(at + 1) ~= 34 then
      return text:sub(from + 1, at - 1):gsub('""', '"'), at + 1
    end
    search = at + 2
  end
end

local function split_quoted(text, delimiter, fail)
  local cells, position = {}, 1
  repeat
    local cell, behind
    if text:byte(position) == 34 then
      cell, behind = quoted_cell(text, position, fail)
      if behind <= #text and text:sub(behind, behind) ~= delimiter then
        fail "text follows behind the closing quote of a cell"
      end
    else
      behind = text:find(delimiter, position, true) or #text + 1
      cell = text:sub(position, behind - 1)
      if cell:find('"', 1, true) then
        fail "a quote stands inside a cell that is not quoted: quote the cell and double the quote in it"
      end
    end
    cells[#cells + 1] = cell
    position = behind + 1
  until behind > #text
  return cells
end

local function next_cells(self)
  local text, line, has_quotes = next_record(self)
  if not text then
    return nil
  elseif not has_quotes then
    return split_plain(text, self.delimiter), line
  end
  return split_quoted(text, self.delimiter, function(message)
    detect.fail(self.name, line, message)
  end), line
end

-- ---------------------------------------------------------------------------------------------------
-- Reader

local function read_header(self)
  local cells, line = next_cells(self)
  if not cells then
    detect.fail(self.name, nil, "the file is empty; its first row must name the columns")
  end
  local seen = {}
  for index, cell in ipairs(cells) do
    local name = M.trim(cell)
    if name == "" then
      detect.fail(self.name, line, ("column %d has no name"):format(index))
    elseif seen[name] then
      detect.fail(self.name, line, ("columns %d and %d are both called \"%s\""):format(seen[name], index, name))
    end
    seen[name], cells[index] = index, name
  end
  self.header_line = line
  return cells
end

-- Back to before the first row.
function Reader:rewind()
  self.source:seek("set", self.start)
  self.buffer, self.position, self.at_end, self.line = "", 1, false, self.first_line - 1
  self.columns = read_header(self)
end

-- pass_over(count): so many lines, where a row begins behind them. Only between two rows.
function Reader:pass_over(count)
  pass_lines(self, count)
end

-- rows([on_problem]) -> iterator of row, line: row is a table by column name. A row with too few or too many
-- cells raises, or is passed over and told to on_problem(line, message).
function Reader:rows(on_problem)
  local columns = self.columns
  return function()
    while true do
      local cells, line = next_cells(self)
      if not cells then
        return nil
      elseif #cells == #columns then
        local row = {}
        for index, name in ipairs(columns) do
          row[name] = cells[index]
        end
        return row, line
      end
      local message = ("the row has %d cell%s, the header %d"):format(#cells, #cells == 1 and "" or "s", #columns)
      if not on_problem then
        detect.fail(self.name, line, message)
      end
      on_problem(line, message)
    end
  end
end

local FNV_PRIME = 1099511628211
local EIGHT = "<" .. ("i8"):rep(8)

local function mix(hash, word)
  hash = (hash ~ word) * FNV_PRIME
  return hash ~ hash >> 29
end

-- Eight words at once, for a file of a million rows is read before a run goes on.
local function mix_block(hash, block)
  local unpack = string.unpack
  local padded = block .. ("\0"):rep(-#block % 8)
  local many = #padded - #padded % 64
  for at = 1, many, 64 do
    local a, b, c, d, e, f, g, h = unpack(EIGHT, padded, at)
    hash = (hash ~ a) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ b) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ c) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ d) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ e) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ f) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ g) * FNV_PRIME
    hash = ((hash ~ hash >> 29) ~ h) * FNV_PRIME
    hash = hash ~ hash >> 29
  end
  for at = many + 1, #padded, 8 do
    hash = mix(hash, unpack("<i8", padded, at))
  end
  return hash
end

-- fingerprint() -> a text that another content of the file would hardly give. Reading begins anew afterwards.
function Reader:fingerprint()
  local hash, size = -3750763034362895579, 0 -- FNV-1a, eight bytes at a time
  self.source:seek("set", 0)
  for block in function() return detect.read_block(self.source, self.name) end do
    hash = mix_block(hash, block)
    size = size + #block
  end
  self:rewind()
  return ("%d-%016x"):format(size, hash)
end

-- What was detected, for people.
function Reader:describe()
  local parts = { ("%d column%s"):format(#self.columns, #self.columns == 1 and "" or "s") }
  if #self.columns > 1 then
    parts[2] = detect.delimiter_names[self.delimiter] or ("delimiter \"%s\""):format(self.delimiter)
  end
  parts[#parts + 1] = self.encoding .. (self.bom and " with byte order mark" or "")
  parts[#parts + 1] = ENDING_NAMES[self.line_ending]
  return table.concat(parts, ", ")
end

function Reader:close()
  if self.source.close then
    self.source:close()
  end
end

Reader.__close = Reader.close

local OPTIONS = { delimiter = true, encoding = true }

local function check_options(options)
  for name in pairs(options) do
    if not OPTIONS[name] then
      error(error_value.new { kind = "argument", outcome = "none",
        message = ("csv.open has no option \"%s\"; known are delimiter and encoding"):format(tostring(name)) }, 3)
    end
  end
  local encoding = options.encoding
  if encoding ~= nil and encoding ~= "UTF-8" and encoding ~= "Windows-1252" then
    error(error_value.new { kind = "argument", outcome = "none",
      message = "the encoding must be \"UTF-8\" or \"Windows-1252\"" }, 3)
  elseif options.delimiter ~= nil and not tostring(options.delimiter):find "^[^\"\r\n]$" then
    error(error_value.new { kind = "argument", outcome = "none", message = "the delimiter must be one character" }, 3)
  end
end

local function new_reader(source, name, options, is_copy)
  local found = detect.detect(source, name, options)
  local self = setmetatable({ source = source, name = name, start = found.start, first_line = found.line,
    delimiter = found.delimiter, encoding = found.encoding, bom = found.bom, line_ending = found.line_ending,
    is_copy = is_copy or false,
  }, Reader)
  self:rewind()
  return self
end

-- What cannot be read twice is copied to a file without a name, which nobody else can open.
local function spool(file, name)
  local copy = assert(io.tmpfile())
  for block in function() return detect.read_block(file, name) end do
    assert(copy:write(block))
  end
  copy:seek "set"
  return copy
end

-- open(path [, options]) -> reader
function M.open(path, options)
  options = options or {}
  check_options(options)
  if path == "-" then
    return new_reader(spool(io.stdin, "standard input"), "standard input", options, true)
  end
  local file, why = io.open(path, "rb")
  if not file then
    error(error_value.new { kind = "io", message = "the file cannot be read: " .. why,
      path = path, outcome = "none" }, 2)
  end
  local is_copy = not file:seek "set"
  if is_copy then
    local copy = spool(file, path)
    file:close()
    file = copy
  end
  return new_reader(file, path, options, is_copy)
end

-- ---------------------------------------------------------------------------------------------------
-- Text as a source

local Text = {}
Text.__index = Text

function Text:read(count)
  local block = self.text:sub(self.position, self.position + count - 1)
  self.position = self.position + #block
  return block ~= "" and block or nil
end

function Text:seek(_, offset)
  self.position = (offset or 0) + 1
  return offset
end

-- decode(text [, options]) -> reader, as open: for text that is at hand. `name` is what errors call it.
function M.decode(text, options, name)
  options = options or {}
  check_options(options)
  return new_reader(setmetatable({ text = text, position = 1 }, Text), name or "the text", options)
end

return M
