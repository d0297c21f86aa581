-- SPDX-License-Identifier: MIT
-- Requests and answers as others may see them: without secrets, and without what the catalogue says is about a person.
-- Names, sizes and everything else stay, so that one sees what was sent. For traces and plans.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local observe = require "beadle.observe"

local M = {}

local DEEPEST = 40
local SHORTEST = 4 -- a shorter value hides only what is the same as a whole
local SHORTEST_SAID_AGAIN = 3

-- Headers that say nothing of who calls or who is spoken of.
local HEADERS = {}
for name in ([[accept accept-encoding allow cache-control connection content-disposition content-encoding content-length
  content-type date etag expires last-modified odata-maxversion odata-version retry-after server
  strict-transport-security transfer-encoding user-agent vary ratelimit-limit ratelimit-remaining ratelimit-reset
  x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset x-request-id x-correlation-id]]):gmatch "%S+" do
  HEADERS[name] = true
end

-- ---------------------------------------------------------------------------------------------------
-- What the catalogue hides

local vendors, operations = {}, {}

local function note(flags, field)
  local flag = field.secret and "secret" or field.personal and "personal"
  for _, name in ipairs { field.name, field.wire or field.name } do
    flags[name] = flags[name] or flag or nil
  end
end

local function note_all(flags, fields)
  for _, field in ipairs(fields or {}) do
    note(flags, field)
    note_all(flags, field.fields)
  end
end

local function vendor_of(name)
  if vendors[name] == nil then
    local ok, vendor = pcall(catalogue.describe, name)
    local entry = ok and { operations = {}, flags = {} }
    for _, operation in ipairs(ok and vendor.operations or {}) do
      entry.operations[operation.name] = operation
      for _, variant in ipairs(operation.variants or {}) do
        if variant.name then
          entry.operations[variant.name] = operation
        end
      end
    end
    for _, part in ipairs(ok and vendor.tables or {}) do
      note_all(entry.flags, part.fields)
    end
    vendors[name] = entry or false
  end
  return vendors[name] or nil
end

-- operation(full name) -> its description, or nil: not one of the catalogue.
function M.operation(full)
  local vendor, name = tostring(full):match "^([^.]+)%.(.+)$"
  local entry = vendor and vendor_of(vendor)
  return entry and entry.operations[name]
end

-- The names that are hidden in an operation's requests and answers: name -> "secret" or "personal".
local function flags_of(full)
  if operations[full] == nil then
    local operation = M.operation(full)
    local flags = operation and setmetatable({}, { __index = vendor_of(full:match "^[^.]+").flags })
    if flags then
      note_all(flags, operation.params)
      note_all(flags, operation.result)
      for _, answer in ipairs(operation.answers or {}) do
        note(flags, answer)
      end
    end
    operations[full] = flags or false
  end
  return operations[full] or nil
end

local function word(flag, name)
  return ("[%s %s]"):format(flag, name)
end

-- value(operation, value) -> a copy for json.encode, with what is hidden replaced.
local function copy(flags, value, depth)
  if type(value) ~= "table" or value == json.null then
    return type(value) == "userdata" and value ~= json.null and "[secret]" or value
  elseif depth > DEEPEST then
    return "[...]"
  end
  local result = (json.is_array(value) or #value > 0) and json.array {} or {}
  for key, inner in next, value do
    local flag = type(key) == "string" and flags[key]
    if flag and inner ~= json.null and inner ~= "" then
      result[key] = word(flag, key)
    else
      result[key] = copy(flags, inner, depth + 1)
    end
  end
  return result
end

function M.value(full, value)
  return copy(flags_of(full) or {}, value, 1)
end

-- ---------------------------------------------------------------------------------------------------
-- Addresses

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function add_texts(list, flag, name, value)
  if type(value) == "table" then
    for _, inner in pairs(value) do
      add_texts(list, flag, name, inner)
    end
  elseif value ~= nil and value ~= json.null and tostring(value) ~= "" then
    list[#list + 1] = { text = tostring(value), word = word(flag, name) }
  end
end

local function hidden_texts(flags, params)
  local list = {}
  for name, value in pairs(params or {}) do
    if flags[name] then
      add_texts(list, flags[name], name, value)
    end
  end
  return list
end

local function hide_segment(segment, hidden)
  local plain = decode(segment)
  for _, each in ipairs(hidden) do
    if plain == each.text or #each.text >= SHORTEST and plain:find(each.text, 1, true) then
      return each.word
    end
  end
  return segment
end

local function hide_pairs(text, hide)
  return (text:gsub("([^&=]+)=([^&]*)", function(name, value)
    return value ~= "" and name .. "=" .. hide(decode(name), value) or nil
  end))
end

-- url(operation, url, params) -> the address. Of one that is not in the catalogue, no value of the query is shown.
function M.url(full, url, params)
  local flags = flags_of(full)
  local base, query = url:match "^([^?]*)%??(.*)$"
  base = base:gsub("//[^/@]*@", "//[secret user]@")
  if not flags then
    return observe.hide(base .. (query ~= "" and "?" .. hide_pairs(query, function() return "[value]" end) or ""))
  end
  local hidden = hidden_texts(flags, params)
  if #hidden > 0 then
    base = base:gsub("[^/]+", function(segment) return hide_segment(segment, hidden) end)
  end
  query = hide_pairs(query, function(name, value)
    return flags[name] and word(flags[name], name) or hide_segment(value, hidden)
  end)
  return observe.hide(base .. (query ~= "" and "?" .. query or ""))
end

-- ---------------------------------------------------------------------------------------------------
-- Bodies and headers

local function not_shown(text)
  return ("[%d bytes, not shown]"):format(#text)
end

local function percent(text, space)
  return (text:gsub("[^%w%-._~ ]", function(c) return ("%%%02X"):format(c:byte()) end):gsub(" ", space))
end

-- Takes out what was sent, wherever a vendor says it again: as it is, in a form, in an address, in JSON.
local function hide_sent(text, hidden)
  table.sort(hidden, function(a, b) return #a.text > #b.text end)
  for _, each in ipairs(hidden) do
    local escaped = json.encode(each.text):sub(2, -2)
    for _, form in ipairs(#each.text >= SHORTEST_SAID_AGAIN and
      { each.text, escaped, percent(each.text, "+"), percent(each.text, "%%20"), percent(escaped, "+") } or {}) do
      text = text:gsub(form:gsub("%p", "%%%0"), (each.word:gsub("%%", "%%%%")))
    end
  end
  return text
end

-- body(operation, text [, params]) -> the text; what is neither JSON nor a form is not shown. With what was sent,
-- answers that repeat it do not show it.
function M.body(full, text, params)
  local flags = flags_of(full) or {}
  local hidden = hidden_texts(flags, params)
  if text == "" then
    return text
  elseif text:find "^%s*[%[{]" then
    local ok, value = pcall(json.decode, text)
    local encoded, shown = pcall(json.encode, ok and copy(flags, value, 1))
    return ok and encoded and observe.hide(hide_sent(shown, hidden)) or not_shown(text)
  elseif text:find "^[%w_.%%+%[%]$-]+=[^%c{}<>]*$" then
    return observe.hide(hide_sent(hide_pairs(text, function(name, value)
      return flags[name] and word(flags[name], name) or value
    end), hidden))
  end
  return not_shown(text)
end

-- headers(lines) -> list of { name, value }: the values of those that may say who somebody is are left out.
function M.headers(lines)
  local list = {}
  for _, line in ipairs(lines or {}) do
    local name, value = line:match "^([^:]+):%s*(.-)%s*$"
    if name then
      list[#list + 1] = { name = name, value = HEADERS[name:lower()] and observe.hide(value) or "[hidden]" }
    end
  end
  return list
end

return M
