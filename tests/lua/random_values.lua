-- SPDX-License-Identifier: MIT
-- Random values for the fields that a catalogue describes, legal ones and wrong ones. math.random decides.

local json = require "beadle.json"

local M = {}

local random = math.random

function M.pick(list)
  return list[random(#list)]
end

function M.chance(percent)
  return random(100) <= percent
end

local pick, chance = M.pick, M.chance

-- ---------------------------------------------------------------------------------------------------
-- Texts

-- What breaks addresses, forms, filters, JSON and shells; accents as one character and as two; from right to left;
-- beyond the first plane; joined emoji; invisible ones.
local NASTY = {
  "'", "\"", "%", "%41", "%2F", "+", "&", "=", ";", "/", "?", "#", "..", ".", "\\", " ", "  ", "<b>", "{x}", "[0]",
  "|", "`", "$filter", "@odata.bind", "(1)", ",", ":", "~", "*", "^", "!", "é", "e\u{301}", "Ł", "ß", "שלום", "مرحبا",
  "\u{202E}", "\u{200B}", "\u{FEFF}", "漢字", "😀", "👩\u{200D}🔬", "\u{10FFFF}", "\u{80}", "\u{FFFF}", "null",
  "true", "NaN", "0", "a", "Zz", "\\u0000", "]]", "--", "-",
}
local BREAKS = { "\n", "\r\n", "\t", "\1", "\27", "\127" }
local IN_ADDRESS = { "a", "Z", "9", "-", ".", "_", "~", "!", "$", "&", "'", "(", ")", "*", "+", ",", ";", "=", ":", "@",
  "/", "?", "%20", "%C3%A9", "%2F", "%26" }

local function pieces(list, count)
  local text = {}
  for i = 1, count do
    text[i] = pick(list)
  end
  return table.concat(text)
end

local function characters(text, most)
  return text:sub(1, (utf8.offset(text, most + 1) or #text + 1) - 1)
end

-- A text of as many characters as the field allows; `long`: it may be very long.
local function text_of(field, list, long)
  local count = chance(3) and long and random(200, 4000) or random(8)
  local least, most = field.min or 0, field.max or math.maxinteger
  local text = characters(pieces(list, count), most)
  while utf8.len(text) < least do
    text = text .. "x"
  end
  return text
end

local function line(field, long)
  return text_of(field, NASTY, long)
end

local WITH_BREAKS = table.move(BREAKS, 1, #BREAKS, #NASTY + 1, { table.unpack(NASTY) })

local function email()
  local function part()
    return (pieces(NASTY, random(4)):gsub("[@ ,;]", "") .. "x")
  end
  return part() .. "@" .. part()
end

local ATOMS = { "a", "Z", "9", "+", "-", "_", "'", "&", "=", "?", "#", "%", "!", "{x}", "ada.l", "0" }
local LABELS = { "example", "x", "a-b", "9", "xn--9ca" }

-- An address, alone or behind a name: one in quotes may have what breaks a list of addresses.
local function mailbox()
  local domain = {}
  for i = 1, random(3) do
    domain[i] = pick(LABELS)
  end
  local address = pieces(ATOMS, random(6)) .. "@" .. table.concat(domain, ".")
  if chance(40) then
    return address
  end
  local name = pieces(NASTY, random(12)):gsub("[\"\\]", "")
  return chance(50) and ("\"%s\" <%s>"):format(name, address)
    or ("Ada %s <%s>"):format(name:gsub("[,;:<>()@%[%]]", ""), address)
end

local function day()
  return ("%04d-%02d-%02d"):format(pick { 0, 1, 1970, 2000, 2024, 2026, 9999 }, random(12), random(28))
end

local function time_of_day()
  return ("%02d:%02d"):format(pick { 0, 23, random(0, 23) }, pick { 0, 59, random(0, 59) })
end

local function timestamp()
  local fraction = chance(30) and "." .. pick { "0", "000", "123456789" } or ""
  return ("%sT%s:%02d%sZ"):format(day(), time_of_day(), random(0, 60), fraction)
end

-- ---------------------------------------------------------------------------------------------------
-- Numbers

local EDGES = { math.mininteger, math.mininteger + 1, -1, 0, 1, 2147483647, 2147483648, 4294967296,
  9007199254740991, 9007199254740992, 9007199254740993, math.maxinteger - 1, math.maxinteger }
local FLOATS = { 0.1 + 0.2, 1 / 3, 5e-324, 1.7976931348623157e308, -2.5, 1e15, 1e16, 1e22, 123456789.125, -0.0 }

-- A whole number that was computed may be a float: 3.0.
local function maybe_float(value)
  local is_exact = value > -(1 << 53) and value < 1 << 53
  return is_exact and chance(15) and value + 0.0 or value
end

local function whole(field)
  if field.enumeration then
    return maybe_float(pick(field.enumeration.choices).value)
  elseif not field.min then
    return maybe_float(pick { pick(EDGES), random(0), random(1000) })
  end
  local edge = pick(EDGES)
  local inside = edge >= field.min and edge <= field.max and edge or random(field.min, field.max)
  return maybe_float(pick { field.min, field.max, inside, math.min(field.min + random(9), field.max) })
end

-- ---------------------------------------------------------------------------------------------------
-- Anything that JSON has

local function anything(depth)
  local kind = random(depth > 0 and 8 or 5)
  if kind == 1 then
    return line({}, false)
  elseif kind == 2 then
    return pick(EDGES)
  elseif kind == 3 then
    return pick(FLOATS)
  elseif kind == 4 then
    return chance(50)
  elseif kind == 5 then
    return depth < 3 and json.null or "x" -- not the whole
  elseif kind <= 6 then
    local list = json.array {}
    for i = 1, random(0, 3) do
      list[i] = anything(depth - 1)
    end
    return list
  end
  local object = {}
  for _ = 1, random(0, 3) do
    object["k" .. line({}, false)] = anything(depth - 1)
  end
  return object
end

function M.anything()
  return anything(3)
end

-- ---------------------------------------------------------------------------------------------------
-- By type

local function several(make, least)
  return function(field, members)
    if chance(25) then
      return make(field, members)
    end
    local list = {}
    for i = 1, random(least, 4) do
      list[i] = make(field, members)
    end
    return list
  end
end

local function link(field)
  if field.set and chance(60) then
    return pick { 1, 0, 131072, 9007199254740993, math.maxinteger, math.mininteger }
  end
  return ("%s(%d)"):format(field.set or "Things", random(1000)) .. line({}, false)
end

local function choice_or(make)
  return function(field)
    return field.enumeration and pick(field.enumeration.choices).value or make(field)
  end
end

local function object(_, members)
  if not members then
    local any = {}
    for i = 1, random(0, 3) do
      any["k" .. i .. line({}, false)] = M.anything()
    end
    return any
  end
  return M.members(members, 60)
end

local MAKE = {
  integer = whole,
  number = function() return pick { pick(FLOATS), pick(EDGES), random() * 10 ^ random(-9, 9) } end,
  id = function(field) return chance(50) and whole(field) or line(field) .. "x" end,
  string = choice_or(function(field)
    local text = line(field, true)
    return field.place == "path" and text:find "^%.%.?$" and "..." or text
  end),
  text = choice_or(function(field) return chance(10) and "" or text_of(field, WITH_BREAKS, true) end),
  secret = function(field) return field.place == "header" and "x" .. line(field) .. "x" or line(field) .. "x" end,
  email = email,
  url = function() return "https://example.org/" .. pieces(IN_ADDRESS, random(0, 40)) end,
  date = day,
  datetime = function() return day() .. " " .. time_of_day() end,
  timestamp = timestamp,
  moment = function() return chance(50) and day() or timestamp() end,
  boolean = function() return chance(50) end,
  flag = function() return pick { true, false, 1, 0 } end,
  enumeration = function(field)
    if not field.enumeration then
      return pick { 0, 7, 987654, math.maxinteger, line({}) .. "x" }
    end
    local choice = pick(field.enumeration.choices)
    return pick { choice.value, choice.number, tostring(choice.number), field.enumeration.open and 987654 or nil }
  end,
  mailbox = mailbox,
  ["mailbox list"] = several(mailbox, 1),
  ["media type"] = function() return pick { "application/pdf", "image/svg+xml", "x/y-z_1.0" } end,
  content = function()
    local bytes = {}
    for i = 1, pick { 0, 1, random(200) } do
      bytes[i] = string.char(random(0, 255))
    end
    return table.concat(bytes)
  end,
  ["integer list"] = several(whole, 1),
  ["string list"] = several(choice_or(function(field)
    local text = line(field)
    return field.place == "query" and text:gsub(",", ".") or text -- a comma ends an element there
  end), 1),
  link = link,
  ["link list"] = several(link, 0),
  bytes = function()
    local bytes = {}
    for i = 1, random(20) do
      bytes[i] = random(0, 255)
    end
    return chance(50) and bytes or string.char(table.unpack(bytes))
  end,
  any = function() return M.anything() end,
  object = object,
  list = function(field, members)
    local list = {}
    for i = 1, random(0, 3) do
      list[i] = members and object(field, members) or M.anything()
    end
    return list
  end,
}

-- A legal value of a field; `members`: those of an object, or of a list's elements.
function M.legal(field, members)
  if field.nullable and chance(15) and field.place == "json" then
    return json.null
  end
  return (MAKE[field.type] or error("no values of type " .. field.type, 0))(field, members)
end

-- An object with the required ones of these members and some of the others. Links may be named as they travel.
function M.members(fields, percent)
  local made = {}
  for _, field in ipairs(fields) do
    if not field.read_only and (field.required or chance(percent)) then
      local name = field.suffix and chance(30) and field.name .. field.suffix or field.name
      local null = field.nullable and chance(15)
      made[name] = null and json.null or M.legal(field, field.fields)
    end
  end
  return made
end

-- ---------------------------------------------------------------------------------------------------
-- Wrong ones

local NO_LINE = { "", "a\nb", "a\rb", "a\r\nX-Injected: 1", "a\0b", "\0", "a\127", "\xff", "\xed\xa0\x80", "a\tb",
  true, 5, {} }
local NO_WHOLE = { "x", "", 1.5, true, {}, 2.0 ^ 63, 0 / 0, math.huge, -math.huge }

local function and_also(list, ...)
  local all = { table.unpack(list) }
  for _, each in ipairs { ... } do
    all[#all + 1] = each
  end
  return all
end

local NO_MAILBOX = { "x", "@x", "x@", "a@b@c", "a b@c", "a@b,c@d", "a@b, c@d", "é@x.org", "a@é.org", "A, B <a@b>",
  "a@b>", "<a@b> x", "a..b@c", ".a@b", "a.@b", "a@-b", "a@b..c", "a@b.", "a@[127.0.0.1]", "A \"B\" <a@b>",
  "a@b\r\nBcc: c@d", "Ada\nBcc: c@d <a@b>", "<>", ("x"):rep(65) .. "@b", "a@" .. ("x"):rep(64), "a@b_c" }

local WRONG = {
  integer = NO_WHOLE,
  number = { "x", true, {}, 0 / 0, math.huge },
  id = { "", true, {}, 1.5, "a\nb", "a\0b", "\xff" },
  string = NO_LINE,
  text = { 5, true, {}, "a\0b", "\xff", "\xc0\x80" },
  secret = { "", "a\nb", "a\0b", true, {}, 5 },
  email = and_also(NO_LINE, "x", "@x", "x@", "a@b@c", "a b@c", "a@b,c@d", "a@b\r\nBcc: c@d"),
  url = and_also(NO_LINE, "x", "ftp://x", "https://", "https://a b/", "https://a/#f", "https://é/", "https://u:p@h/"),
  date = and_also(NO_LINE, "2026-02-30", "2026-1-1", "20260101", "2026-01-01\n", "2026-13-01", "2026-01-01 00:00"),
  datetime = and_also(NO_LINE, "2026-01-01", "2026-01-01 24:00", "2026-01-01T00:00", "2026-02-29 00:00"),
  timestamp = and_also(NO_LINE, "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00.Z"),
  moment = and_also(NO_LINE, "2026-01-01 00:00", "2026-02-30", "2026-01-01T00:00:00+01:00"),
  boolean = { 1, 0, "true", {} },
  flag = { 2, -1, "1", {} },
  enumeration = { 1.5, true, {}, "", "a\nb", "a\0b" },
  mailbox = and_also(NO_LINE, table.unpack(NO_MAILBOX)),
  ["mailbox list"] = { {}, { 5 }, { "x" }, { "a@b", "x" }, { "a@b\r\nBcc: c@d" }, { a = "a@b" }, "x", true, 5,
    pick(NO_MAILBOX), { "a@b", pick(NO_MAILBOX) }, { { "a@b" } } },
  ["media type"] = and_also(NO_LINE, "x", "a/", "/b", "a b/c", "a/b; c=d", "a/b/c", "é/x"),
  content = { 5, true, {} },
  ["integer list"] = { {}, { "x" }, { 1.5 }, { a = 1 }, { 1, a = 1 }, "x", true, 1.5, { { 1 } } },
  ["string list"] = { { 5 }, { "" }, { "a\nb" }, { "x", "a\0b" }, { a = "x" }, true, 5, "", { { "x" } } },
  link = { true, {}, 1.5, "", "a\nb" },
  ["link list"] = { { true }, { a = 1 }, true, 1.5, "", { "" } },
  bytes = { "", {}, { 256 }, { -1 }, { 1.5 }, { "x" }, { a = 1 }, 5, true },
  any = { print, 0 / 0, { a = print }, { [1.5] = 1 } },
  object = { 5, "x", true, { 1, 2 }, json.array {} },
  list = { 5, "x", true, { a = 1 }, { 1, a = 1 } },
}

local function out_of_bounds(field, list)
  if field.enumeration and not field.enumeration.open then
    list[#list + 1] = type(field.enumeration.choices[1].value) == "string" and "no such choice" or 987654
    return
  elseif not field.min then
    return
  end
  local is_number = field.type:find "^integer" or field.type == "number"
  if is_number and field.min > math.mininteger then
    list[#list + 1] = field.min - 1
  elseif not is_number and field.max < 100000 then
    list[#list + 1] = ("é"):rep(field.max + 1)
  end
  if is_number and field.max < math.maxinteger then
    list[#list + 1] = field.max + 1
  end
end

-- A value that is wrong for a field.
function M.wrong(field)
  local list = and_also(WRONG[field.type] or error("no values of type " .. field.type, 0))
  out_of_bounds(field, list)
  if field.place == "path" and (field.type == "string" or field.type == "id") then
    list[#list + 1] = pick { ".", ".." }
  elseif field.place == "query" and field.type == "string list" then
    list[#list + 1] = {}
  elseif field.place == "header" then
    list[#list + 1] = pick { " a", "a ", " " }
  end
  if not field.nullable and field.type ~= "any" then
    list[#list + 1] = json.null
  end
  return pick(list)
end

return M
