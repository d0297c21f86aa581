-- SPDX-License-Identifier: MIT
-- Any Lua value as people read it: lists of records as tables, ids whole, long texts cut with their length, null and
-- secrets as such. For terminals; JSON is beadle.pretty's.
--
--   value.show(x, { width = 80, colour = false, order = { "can_id", "ema" } }) -> text
--
-- width: columns that lines should not exceed. order: names that come first in records.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local json = require "beadle.json"
local pretty = require "beadle.pretty"

local M = {}

local TEXT_MOST, CELL_MOST, ROWS_MOST, DEEPEST = 400, 60, 100, 6
local NARROWEST = 20 -- that a column of texts is made
local HEADING_LEAST = 10
local WORD_MOST = 40 -- a word that is no longer is never cut: it may be an id, an address, a day

local COLOURS = { text = "32", number = "36", none = "35", key = "1", rule = "2", fault = "31", live = "1;31" }

-- paint(text, colour, how): with `colour` false the text as it is.
function M.paint(text, how, colour)
  return colour and ("\27[%sm%s\27[0m"):format(COLOURS[how], text) or text
end

-- wants_colour(stream): whether text on "stdout" or "stderr" may have colours (no-color.org, and TERM=dumb).
function M.wants_colour(stream)
  local fs = require "beadle.fs"
  local term = os.getenv "TERM"
  return (os.getenv "NO_COLOR" or "") == "" and term ~= nil and term ~= "" and term ~= "dumb"
    and fs.is_terminal(stream)
end

-- ---------------------------------------------------------------------------------------------------
-- Single values

local ESCAPES = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\\"] = "\\\\", ['"'] = '\\"' }

local function escape(text)
  text = text:gsub('[%c\\"]', function(c)
    return ESCAPES[c] or ("\\x%02x"):format(c:byte())
  end)
  if utf8.len(text) then
    return text
  end
  return (text:gsub("[\128-\255]", function(c)
    return ("\\x%02x"):format(c:byte())
  end))
end

local function grouped(number)
  local text = tostring(number):reverse():gsub("(%d%d%d)", "%1,"):reverse()
  return (text:gsub("^,", ""))
end

local function cut(text, most)
  local length = utf8.len(text) or #text
  if length <= most then
    return text
  end
  local unit = utf8.len(text) and "characters" or "bytes"
  local behind = utf8.len(text) and utf8.offset(text, most + 1) or most + 1
  return text:sub(1, behind - 1), ("(%s %s)"):format(grouped(length), unit)
end

local function show_text(text, most)
  local shown, note = cut(text, most)
  return note and ('"%s…" %s'):format(escape(shown), note) or ('"%s"'):format(escape(shown))
end

local function is_array(value)
  return json.is_array(value) or #value > 0
end

local function metafield(value, name)
  local metatable = getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, name) or nil
end

local function show_function(fn)
  local name = catalogue.operation_of(fn)
  return name and ("function %s; help(%s) explains it"):format(name, name) or tostring(fn)
end

-- What has its own words: modules, clients, explanations. Else nil.
local function own_words(value)
  local name = metafield(value, "__name")
  if error_value.is(value) or metafield(value, "__tostring") then
    return tostring(value)
  elseif type(name) == "string" and name:find "^beadle%.[%w_]+$" then
    return ("module %s; help(%s) says what is in it"):format(name, name:match "[%w_]+$")
  end
end

local function scalar(value, most, colour)
  local kind = type(value)
  if value == json.null then
    return M.paint("null", "none", colour), false
  elseif kind == "nil" then
    return M.paint("nil", "none", colour), false
  elseif kind == "string" then
    return M.paint(show_text(value, most), "text", colour), false
  elseif kind == "number" then
    return M.paint(tostring(value), "number", colour), true
  elseif kind == "function" then
    return show_function(value), false
  end
  return tostring(value), false
end

local function is_scalar(value)
  return type(value) ~= "table" or value == json.null or own_words(value) ~= nil
end

-- ---------------------------------------------------------------------------------------------------
-- Tables of Lua

local function key_text(key)
  if type(key) == "string" then
    return key:find "^[%a_][%w_]*$" and key or ('["%s"]'):format(escape(key))
  end
  return ("[%s]"):format(tostring(key))
end

local function is_id(name)
  return type(name) == "string" and (name:find "^[iI]d$" or name:find "_id$" or name:find "%lId$") ~= nil
end

-- Those of `order` first, then what is an id by its name.
local function keys_of(object, order)
  local keys, place = {}, setmetatable({}, { __index = function(_, name)
    return is_id(name) and 2 ^ 32 or nil
  end })
  for index, name in ipairs(order or {}) do
    place[name] = rawget(place, name) or index
  end
  for key in next, object do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    local at, bt = place[a] or math.huge, place[b] or math.huge
    if at ~= bt then
      return at < bt
    elseif type(a) == "number" and type(b) == "number" then
      return a < b
    end
    return tostring(a) < tostring(b)
  end)
  return keys
end

local inline

local function inline_parts(value, state, depth)
  local parts, size = {}, 0
  local list = is_array(value)
  for _, key in ipairs(list and value or keys_of(value, state.order)) do
    local text = list and inline(key, state, depth + 1)
      or ("%s = %s"):format(key_text(key), inline(value[key], state, depth + 1))
    parts[#parts + 1] = text
    size = size + #text
    if size > 2 * state.width then
      parts[#parts + 1] = "…"
      break
    end
  end
  return parts
end

function inline(value, state, depth)
  if is_scalar(value) then
    return type(value) == "table" and own_words(value) or (scalar(value, CELL_MOST, false))
  elseif next(value) == nil then
    return json.is_array(value) and "[]" or "{}"
  elseif depth > DEEPEST or state.open[value] then
    return "{…}"
  end
  state.open[value] = true
  local parts = inline_parts(value, state, depth)
  state.open[value] = nil
  return ("{ %s }"):format(table.concat(parts, ", "))
end

-- ---------------------------------------------------------------------------------------------------
-- Lists of records

local function is_record(value)
  return type(value) == "table" and value ~= json.null and not own_words(value) and not is_array(value)
    and next(value) ~= nil
end

local function is_list_of_records(value)
  if #value == 0 then
    return false
  end
  for index = 1, math.min(#value, ROWS_MOST) do
    if not is_record(value[index]) then
      return false
    end
  end
  return true
end

local function columns_of(list, order)
  local union = {}
  for index = 1, math.min(#list, ROWS_MOST) do
    for key in next, list[index] do
      union[key] = true
    end
  end
  return keys_of(union, order)
end

local function cell(value, state)
  if value == nil then
    return "", false
  elseif type(value) == "string" and not value:find "%c" and utf8.len(value) then
    local shown, note = cut(value, CELL_MOST)
    return note and shown .. "… " .. note or shown, false
  elseif type(value) == "number" then
    return tostring(value), true
  end
  return inline(value, state, 2), false
end

-- How wide a column has to stay: numbers and words are ids and the like, and never cut.
local function measure(cells, headings)
  local widths, least, right = {}, {}, {}
  for column, heading in ipairs(headings) do
    widths[column], right[column] = pretty.width(heading), true
    least[column] = HEADING_LEAST
    for _, row in ipairs(cells) do
      widths[column] = math.max(widths[column], pretty.width(row[column].text))
      right[column] = right[column] and (row[column].right or row[column].text == "")
      local text = row[column].text
      local is_word = not text:find "%s" and pretty.width(text) <= WORD_MOST
      least[column] = math.max(least[column], (row[column].right or is_word) and pretty.width(text) or NARROWEST)
    end
    if right[column] then
      least[column] = widths[column]
    end
    least[column] = math.min(least[column], widths[column])
  end
  return widths, least, right
end

local function total(widths)
  local sum = 2 * (#widths - 1)
  for _, width in ipairs(widths) do
    sum = sum + width
  end
  return sum
end

-- Narrows the widest columns, then drops the last ones. Gives how many columns are left.
local function fit(widths, least, most)
  while total(widths) > most do
    local widest
    for column, width in ipairs(widths) do
      if width > least[column] and (not widest or width > widths[widest]) then
        widest = column
      end
    end
    if not widest then
      break
    end
    widths[widest] = math.max(least[widest], widths[widest] - math.max(1, total(widths) - most))
  end
  while #widths > 1 and total(widths) > most do
    widths[#widths] = nil
  end
  return #widths
end

local function pad(text, width, right)
  local shown = text
  if pretty.width(text) > width then
    shown = pretty.cut(text, width - 1) .. "…"
  end
  local space = (" "):rep(width - pretty.width(shown))
  return right and space .. shown or shown .. space
end

local function add_rows(out, cells, widths, right, indent)
  for _, row in ipairs(cells) do
    local parts = {}
    for column, width in ipairs(widths) do
      parts[column] = pad(row[column].text, width, right[column])
    end
    out[#out + 1] = indent .. (table.concat(parts, "  "):gsub("%s+$", ""))
  end
end

local function show_records(list, state, indent)
  local names, cells, headings = columns_of(list, state.order), {}, {}
  for column, name in ipairs(names) do
    headings[column] = tostring(name)
  end
  for index = 1, math.min(#list, ROWS_MOST) do
    local row = {}
    for column, name in ipairs(names) do
      local text, right = cell(list[index][name], state)
      row[column] = { text = text, right = right }
    end
    cells[index] = row
  end
  local widths, least, right = measure(cells, headings)
  local kept = fit(widths, least, state.width - #indent)
  local head, rule, out = {}, {}, {}
  for column = 1, kept do
    head[column] = pad(headings[column], widths[column], right[column])
    rule[column] = ("-"):rep(widths[column])
  end
  out[1] = indent .. M.paint((table.concat(head, "  "):gsub("%s+$", "")), "key", state.colour)
  out[2] = indent .. M.paint(table.concat(rule, "  "), "rule", state.colour)
  add_rows(out, cells, widths, right, indent)
  local notes = {}
  if #list > ROWS_MOST then
    notes[#notes + 1] = ("%d more rows"):format(#list - ROWS_MOST)
  end
  if kept < #names then
    notes[#notes + 1] = ("not shown: %s"):format(table.concat(headings, ", ", kept + 1))
  end
  if #notes > 0 then
    out[#out + 1] = indent .. pretty.wrap(("(%s)"):format(table.concat(notes, "; ")), state.width, indent)
  end
  return table.concat(out, "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- Anything

local show_nested

local function show_fields(value, state, indent, depth)
  local keys, out, width = keys_of(value, state.order), {}, 0
  for _, key in ipairs(keys) do
    width = math.max(width, pretty.width(key_text(key)))
  end
  width = math.min(width, state.width // 3)
  for _, key in ipairs(keys) do
    local name = key_text(key)
    local space = (" "):rep(math.max(0, width - pretty.width(name)))
    local text = show_nested(value[key], state, indent .. "  ", depth + 1, width + 2)
    local gap = text:sub(1, 1) == "\n" and "" or space .. "  "
    out[#out + 1] = ("%s%s%s%s"):format(indent, M.paint(name, "key", state.colour), gap, text)
  end
  return table.concat(out, "\n")
end

local function show_elements(value, state, indent, depth)
  local out = {}
  for index = 1, math.min(#value, ROWS_MOST) do
    out[index] = indent .. show_nested(value[index], state, indent .. "  ", depth + 1, 0):gsub("^\n%s*", "")
  end
  if #value > ROWS_MOST then
    out[#out + 1] = ("%s(%d more)"):format(indent, #value - ROWS_MOST)
  end
  return table.concat(out, "\n")
end

-- Beside its key when it fits there, else below it, which begins with a line break.
function show_nested(value, state, indent, depth, used)
  if is_scalar(value) then
    if type(value) == "table" and value ~= json.null then
      return own_words(value)
    end
    return (scalar(value, TEXT_MOST, state.colour))
  end
  local text = inline(value, state, depth)
  if pretty.width(text) + used + #indent <= state.width and not text:find("…", 1, true) or depth > DEEPEST
    or state.open[value] then
    return text
  end
  state.open[value] = true
  local shown
  if is_list_of_records(value) then
    shown = show_records(value, state, indent)
  elseif is_array(value) then
    shown = show_elements(value, state, indent, depth)
  else
    shown = show_fields(value, state, indent, depth)
  end
  state.open[value] = nil
  return "\n" .. shown
end

-- show(value [, options]) -> text
function M.show(value, options)
  options = options or {}
  local state = { width = math.max(20, options.width or 80), colour = options.colour or false,
    order = options.order, open = {} }
  if is_scalar(value) then
    if type(value) == "table" and value ~= json.null then
      return own_words(value)
    end
    return (scalar(value, TEXT_MOST, state.colour))
  elseif next(value) == nil then
    return inline(value, state, 1)
  end
  state.open[value] = true
  if is_list_of_records(value) then
    return show_records(value, state, "")
  elseif is_record(value) then
    return show_fields(value, state, "", 1)
  end
  local text = inline(value, state, 1)
  state.open[value] = nil
  if pretty.width(text) <= state.width and not text:find("…", 1, true) then
    return text
  end
  state.open[value] = true
  return show_elements(value, state, "", 1)
end

return M
