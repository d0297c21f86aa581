-- SPDX-License-Identifier: MIT
-- What the journal keeps of an effect: which one it is, what it was asked for with, and what came of it. All as JSON
-- with sorted names, so that equal values are equal texts, and without secrets. For stdlib/durable.lua.

local database = require "beadle.database"
local digest = require "beadle.digest"
local error_value = require "beadle.error"
local json = require "beadle.json"
local probe = require "beadle.catalogue.probe"

local M = {}

local SECRET = "[secret]"

-- ---------------------------------------------------------------------------------------------------
-- JSON

-- encode(value) -> text: of equal values the same. Bytes that are no text come back as they were (M.decode).
M.encode = database.text

local function restore(value)
  if type(value) ~= "table" then
    return value
  elseif value["$bytes"] then
    return (value["$bytes"]:gsub("%x%x", function(byte)
      return string.char(tonumber(byte, 16))
    end))
  end
  for name, inner in pairs(value) do
    value[name] = restore(inner)
  end
  return value
end

-- decode(text) -> value; nil for nil.
function M.decode(text)
  return text and restore(json.decode(text)) or nil
end

-- ---------------------------------------------------------------------------------------------------
-- Which effect it is

-- A request to no vendor says by its address what it is about. Its body is what it is asked for with.
local function parts_of(effect)
  if effect.params then
    return effect.key, effect.params
  end
  local params = { method = effect.method, url = effect.url, body = effect.body }
  return { method = effect.method, url = effect.url }, params
end

-- To repeat these is as good as to have them done once (RFC 9110, "Idempotent Methods").
local IDEMPOTENT = { PUT = true, DELETE = true }

local function probe_of(effect)
  if not effect.vendor then
    return IDEMPOTENT[effect.method] and "repeat" or "none"
  end
  local told = probe.of(effect)
  return told and told.kind or "none"
end

-- Passwords and the like that the call was given as texts are not kept.
local function without_secrets(effect, params)
  local told, copy = effect.vendor and probe.record(effect), {}
  for name, value in pairs(params) do
    copy[name] = value
  end
  for _, param in ipairs(told and told.params or {}) do
    copy[param.name] = copy[param.name] ~= nil and param.secret and SECRET or copy[param.name]
  end
  return copy
end

-- of(row, effect) -> what the journal keeps of it before it is sent. `row` counts how often the same was asked for:
-- {key =, seen = {}}.
function M.of(row, effect)
  local key, params = parts_of(effect)
  local record = { row = row.key, operation = effect.operation, key = M.encode(key), effect = effect.effect,
    params = M.encode(without_secrets(effect, params)) }
  local name = record.operation .. " " .. record.key
  row.seen[name] = (row.seen[name] or 0) + 1
  record.occurrence = row.seen[name]
  record.params_hash = digest.sha256(record.params)
  record.probe = probe_of(effect)
  return record
end

-- ---------------------------------------------------------------------------------------------------
-- What came of it

local RESPONSE = { __index = { json = function(response) return json.decode(response.body) end } }

-- What the other side would take for who we are is not kept.
local PRIVATE = { ["set-cookie"] = true, ["authorization"] = true, ["www-authenticate"] = true }

local function without_private(headers)
  local copy = {}
  for name, value in pairs(headers) do
    copy[name] = not PRIVATE[name] and value or nil
  end
  return copy
end

-- answer_text(effect, result) -> text
function M.answer_text(effect, result)
  if not effect.params and type(result) == "table" and type(result.headers) == "table" then
    return M.encode { status = result.status, headers = without_private(result.headers), body = result.body,
      url = result.url }
  end
  return M.encode(result)
end

-- answer(effect, text) -> the result that the call had.
function M.answer(effect, text)
  local result = M.decode(text)
  if not effect.params and type(result) == "table" then
    return setmetatable(result, RESPONSE)
  end
  return result
end

local ERROR_FIELDS = { "kind", "message", "code", "status", "meaning", "hint", "outcome", "operation", "vendor",
  "vendor_message", "retryable", "changed", "budget" }

-- error_text(err) -> text
function M.error_text(err)
  if not error_value.is(err) then
    return M.encode { kind = "script", message = tostring(err) }
  end
  local kept = {}
  for _, name in ipairs(ERROR_FIELDS) do
    local value = err[name]
    kept[name] = type(value) ~= "table" and value or nil
  end
  return M.encode(kept)
end

-- error(text) -> an error value
function M.error(text)
  return error_value.new(M.decode(text))
end

-- ---------------------------------------------------------------------------------------------------
-- Differences

local function show(value)
  local text = M.encode(value)
  return #text > 60 and text:sub(1, 60) .. "..." or text
end

-- differences(before, now) -> list of "tst_frm_id 101 -> 102": between two texts of parameters.
function M.differences(before, now)
  local old, new, names, list = M.decode(before) or {}, M.decode(now) or {}, {}, {}
  for _, values in ipairs { old, new } do
    for name in pairs(values) do
      names[name] = true
    end
  end
  for name in pairs(names) do
    local left, right = M.encode(old[name]), M.encode(new[name])
    if left ~= right then
      list[#list + 1] = ("%s: %s, and now %s"):format(name, old[name] == nil and "none" or show(old[name]),
        new[name] == nil and "none" or show(new[name]))
    end
  end
  table.sort(list)
  return list
end

-- about(record) -> "for ema ada@example.org": for messages, behind the operation's name.
function M.about(record)
  local key, names, parts = M.decode(record.key) or {}, {}, {}
  for name in pairs(key) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = type(key[name]) == "table" and M.encode(key[name]) or tostring(key[name])
    parts[#parts + 1] = ("%s %s"):format(name, value)
  end
  local text = #parts > 0 and "for " .. table.concat(parts, ", ") or "without a key"
  return record.occurrence > 1 and ("%s, number %d"):format(text, record.occurrence) or text
end

return M
