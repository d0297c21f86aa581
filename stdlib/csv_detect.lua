-- SPDX-License-Identifier: MIT
-- What a CSV file is, found by looking at all of it once, block by block: byte order mark, encoding, line
-- ending, delimiter. For stdlib/csv.lua.
--
-- A file that is UTF-8 from its first to its last byte is UTF-8. One that is not is Windows-1252, unless it
-- holds what only UTF-8 can mean or bytes that Windows-1252 does not have: then nobody can tell what a name
-- in it says, and guessing would write a wrong one, so it is refused.

local error_value = require "beadle.error"

local M = { BLOCK = 65536 }

local BYTE_ORDER_MARK = "\xEF\xBB\xBF"
local DELIMITERS = { ",", ";", "\t" }

M.delimiter_names = { [","] = "comma", [";"] = "semicolon", ["\t"] = "tab" }

-- Windows-1252 differs from Latin-1 at 0x80 to 0x9F; five of those bytes have no meaning.
local WINDOWS_1252 = {
  [0x80] = 0x20AC, [0x82] = 0x201A, [0x83] = 0x0192, [0x84] = 0x201E, [0x85] = 0x2026, [0x86] = 0x2020,
  [0x87] = 0x2021, [0x88] = 0x02C6, [0x89] = 0x2030, [0x8A] = 0x0160, [0x8B] = 0x2039, [0x8C] = 0x0152,
  [0x8E] = 0x017D, [0x91] = 0x2018, [0x92] = 0x2019, [0x93] = 0x201C, [0x94] = 0x201D, [0x95] = 0x2022,
  [0x96] = 0x2013, [0x97] = 0x2014, [0x98] = 0x02DC, [0x99] = 0x2122, [0x9A] = 0x0161, [0x9B] = 0x203A,
  [0x9C] = 0x0153, [0x9E] = 0x017E, [0x9F] = 0x0178,
}
local NO_WINDOWS_1252 = "[\x81\x8D\x8F\x90\x9D]"

-- By byte: the same character in UTF-8.
M.to_utf8 = {}
for byte = 0x80, 0xFF do
  local code = WINDOWS_1252[byte] or (byte >= 0xA0 and byte) or nil
  M.to_utf8[string.char(byte)] = code and utf8.char(code)
end

-- Letters with accents and typographic quotes as UTF-8 has them. In Windows-1252 the same bytes read
-- "Ã©" or "â€™", which nobody writes.
local UTF8_SIGNS = { "\xC3[\x80-\xBF]", "\xE2\x80[\x90-\xBF]" }

function M.fail(name, line, message, hint)
  error(error_value.new {
    kind = "decode", path = name, line = line, outcome = "none", hint = hint, detail = message,
    message = line and ("%s, line %d: %s"):format(name, line, message) or ("%s: %s"):format(name, message),
  }, 0)
end

-- read_block(source, name): the next bytes, or nil at the end. Raises an error of kind "io".
function M.read_block(source, name)
  local block, why = source:read(M.BLOCK)
  if not block and why then
    error(error_value.new { kind = "io", message = ("%s cannot be read: %s"):format(name, why),
      path = name, outcome = "none" }, 0)
  end
  return block
end

-- ---------------------------------------------------------------------------------------------------
-- Encoding

local function count_lines(text)
  if not text:find("\r", 1, true) then
    local count, at = 0, text:find("\n", 1, true)
    while at do
      count, at = count + 1, text:find("\n", at + 1, true)
    end
    return count
  end
  local _, feeds = text:gsub("\n", "")
  local _, returns = text:gsub("\r", "")
  local _, both = text:gsub("\r\n", "")
  return feeds + returns - both
end

-- The start of a character that the block's end cuts off, or nil.
local function cut_character(block, at)
  local lead = block:byte(at)
  local length = lead >= 0xF0 and 4 or lead >= 0xE0 and 3 or 2
  local rest = block:sub(at)
  if lead >= 0xC2 and lead <= 0xF4 and #rest < length and rest:find "^.[\x80-\xBF]*$" then
    return rest
  end
end

-- What the whole file says about its encoding. Each fact is the line on which it was first seen.
local function scan(source, name)
  local facts = { first = "" }
  local lines, carry, returned = 0, "", false
  local function note(fact, block, at)
    if at and not facts[fact] then
      facts[fact] = lines + 1 + count_lines(block:sub(1, at - 1))
    end
  end
  while true do
    local read = M.read_block(source, name)
    local block = carry .. (read or "")
    carry = ""
    if returned and block:sub(1, 1) == "\n" then
      lines = lines - 1 -- a CRLF that lies across two blocks
    end
    if #facts.first < M.BLOCK then
      facts.first = facts.first .. block
    end
    note("zero", block, block:find("\0", 1, true))
    local valid, at = utf8.len(block)
    if not valid then
      local cut = read and cut_character(block, at)
      if cut then
        carry, block = cut, block:sub(1, at - 1)
      else
        note("no_utf8", block, at)
      end
    end
    if valid ~= #block then -- not only ASCII
      note("no_windows", block, block:find(NO_WINDOWS_1252))
      for _, sign in ipairs(UTF8_SIGNS) do
        note("utf8_sign", block, block:find(sign))
      end
    end
    lines = lines + count_lines(block)
    if block ~= "" then
      returned = block:sub(-1) == "\r"
    end
    if not read then
      return facts
    end
  end
end

local function guess_encoding(facts, name, has_mark)
  if not facts.no_utf8 then
    return "UTF-8"
  elseif has_mark then
    M.fail(name, facts.no_utf8, "the file begins as UTF-8, but this line is not",
      "Save the file as UTF-8 again.")
  elseif facts.utf8_sign then
    M.fail(name, facts.no_utf8, ("this line is not UTF-8, while line %d is"):format(facts.utf8_sign),
      "Two encodings are mixed: save the file as UTF-8, or say which encoding it is.")
  elseif facts.no_windows then
    M.fail(name, facts.no_windows, "a character is neither UTF-8 nor Windows-1252",
      "Save the file as UTF-8.")
  end
  return "Windows-1252"
end

local function wanted_encoding(wanted, facts, name)
  if wanted == "UTF-8" and facts.no_utf8 then
    M.fail(name, facts.no_utf8, "this line is not UTF-8")
  elseif wanted == "Windows-1252" and facts.no_windows then
    M.fail(name, facts.no_windows, "a character is not Windows-1252")
  end
  return wanted
end

-- ---------------------------------------------------------------------------------------------------
-- Delimiter

-- The header's text, up to the first line ending outside quotes, and that line ending.
local function first_record(text)
  local from = 1
  while true do
    local at = text:find("[\r\n]", from)
    if not at then
      return text, nil
    end
    local _, quotes = text:sub(1, at - 1):gsub('"', "")
    if quotes % 2 == 0 then
      return text:sub(1, at - 1), text:match("^\r\n", at) or text:sub(at, at)
    end
    from = at + 1
  end
end

-- A header of one column needs no delimiter. One that has other signs instead was meant to have several.
local function refuse_other_signs(header, count, name, line)
  local is_page = header:find "^%s*<"
  if is_page or count == 0 and header:find("|", 1, true) then
    M.fail(name, line, "no delimiter was found: , ; or tab expected",
      is_page and "This looks like a web page, not like a CSV file." or "Save it with one of these.")
  end
end

local function guess_delimiter(header, name, line)
  local bare = header:gsub('"[^"]*"', "")
  local best, most, second = DELIMITERS[1], 0, 0
  for _, delimiter in ipairs(DELIMITERS) do
    local _, count = bare:gsub(delimiter, "")
    if count > most then
      best, most, second = delimiter, count, most
    elseif count > second then
      second = count
    end
  end
  refuse_other_signs(bare, most, name, line)
  if most > 0 and most == second then
    M.fail(name, line, "the header could be separated in two ways", "Say which delimiter it is.")
  end
  return best
end

-- detect(source, name, wanted) -> {encoding, bom, line_ending, delimiter, start, line}: `start` is the
-- offset of the header and `line` its line. `wanted` may give an encoding and a delimiter.
function M.detect(source, name, wanted)
  local facts = scan(source, name)
  local text = facts.first
  if text:find "^PK\3\4" or text:find "^\xD0\xCF\x11\xE0" then
    M.fail(name, nil, "this is an Excel workbook; save it as CSV")
  elseif text:find "^\xFF\xFE" or text:find "^\xFE\xFF" then
    M.fail(name, nil, "the file is UTF-16", "Save it as \"CSV UTF-8\".")
  elseif facts.zero then
    M.fail(name, facts.zero, "a NUL character: this is no text", "Save it as \"CSV UTF-8\".")
  end
  local found = { bom = text:sub(1, #BYTE_ORDER_MARK) == BYTE_ORDER_MARK, start = 0, line = 1 }
  if found.bom then
    found.start = #BYTE_ORDER_MARK
  end
  found.encoding = wanted.encoding and wanted_encoding(wanted.encoding, facts, name)
    or guess_encoding(facts, name, found.bom)
  text = text:sub(found.start + 1)
  -- A spreadsheet's own note of the delimiter.
  local said, ending = text:match "^[sS][eE][pP]=([,;\t])(\r?\n)"
  if said then
    found.start, found.line = found.start + #"sep=;" + #ending, 2
    text = text:sub(#"sep=;" + #ending + 1)
  end
  local header
  header, found.line_ending = first_record(text)
  found.line_ending = found.line_ending or "\n"
  found.delimiter = wanted.delimiter or said or guess_delimiter(header, name, found.line)
  return found
end

return M
