-- SPDX-License-Identifier: MIT
-- What the vendors of a sandbox have in the end: effects by operation and natural key, and e-mails. For
-- stdlib/crash_points.lua.
--
-- seen.of(site) -> { effects = list of { operation, key, text }, mails = list of texts }, in the order in which they
--                  came. Two of the same text are one effect done twice.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local LOG_LENGTH = 1000 -- requests that a vendor of the sandbox remembers

local known = {} -- vendor -> operation's name -> { operation, record }

local function operations_of(vendor)
  if not known[vendor] then
    local by_name = {}
    for _, operation in ipairs(catalogue.describe(vendor).operations) do
      by_name[operation.name] = operation
    end
    known[vendor] = by_name
  end
  return known[vendor]
end

-- ---------------------------------------------------------------------------------------------------
-- Which effect a request was

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function take_form(fields, text)
  for piece in (text or ""):gmatch "[^&]+" do
    local name, value = piece:match "^([^=]*)=(.*)$"
    if name then
      name = decode(name):gsub("%[%]$", "")
      fields[name] = fields[name] and fields[name] .. "," .. decode(value) or decode(value)
    end
  end
end

local function fields_of(request)
  local fields = {}
  take_form(fields, request.query)
  local ok, body = pcall(json.decode, request.body or "")
  if ok and type(body) == "table" then
    for name, value in pairs(body) do
      fields[name] = value
    end
  elseif request.envelope then -- a mail, whose fields are lines of its head
    fields.to = table.concat(request.envelope.to, ",")
    fields.subject = ("\n" .. request.body):match "\n[Ss]ubject: ([^\r\n]*)"
  else
    take_form(fields, request.body)
  end
  for name, value in pairs(request.params or {}) do
    fields[name] = value
  end
  return fields
end

local function text_of(value)
  return type(value) == "table" and json.encode(value) or tostring(value)
end

-- The natural key as the request has it; all that it says where it has none of it.
local function key_of(operation, request)
  local fields, parts, names = fields_of(request), {}, {}
  for _, name in ipairs(operation.key or {}) do
    names[#names + 1] = fields[name] ~= nil and name or nil
  end
  if #names == 0 then
    return (("%s %s %s"):format(request.path, request.query or "", request.body or ""):gsub("%s+", " "))
  end
  for index, name in ipairs(names) do
    parts[index] = ("%s %s"):format(name, text_of(fields[name]))
  end
  return table.concat(parts, ", ")
end

-- ---------------------------------------------------------------------------------------------------
-- Of one site

-- Where repeating does no harm, a request that was answered as one before is not another effect.
local function add(effects, operation, request, answers)
  local key = key_of(operation, request)
  local text = ("%s %s"):format(operation.full_name, key)
  local is_harmless = operation.probe and operation.probe.kind == "repeat"
  local answered = ("%s\0%s"):format(text, request.answer or "")
  if not (is_harmless and answers[answered]) then
    effects[#effects + 1] = { operation = operation.full_name, key = key, text = text, number = request.number }
  end
  answers[answered] = true
end

local function check_length(list)
  if #list >= LOG_LENGTH then
    error(error_value.new { kind = "argument", outcome = "none", exit = 2,
      message = ("the recipe makes %d requests of one vendor or more, and the sandbox does not remember them all")
        :format(LOG_LENGTH),
      hint = "A few rows show the same: test with fewer." }, 0)
  end
  return list
end

local function vendor_effects(site, vendor, effects)
  local operations, answers = operations_of(vendor), {}
  for _, request in ipairs(check_length(site.sandbox[vendor].requests {})) do
    local operation = operations[request.variant or request.operation]
    if operation and operation.effect ~= "read" and request.done and request.number >= site.first then
      add(effects, operation, request, answers)
    end
  end
end

local function elsewhere(site, effects)
  for index, what in ipairs(site:taken()) do
    if index > site.taken_before then
      local key = ("%s %s"):format(what.method, what.url)
      effects[#effects + 1] = { operation = "http.request", key = key, text = "http.request " .. key,
        number = math.huge }
    end
  end
end

local function knows(twin, command)
  for _, name in ipairs(twin.commands()) do
    if name == command then
      return true
    end
  end
  return false
end

local function mail_text(mail)
  local to = mail.recipients and table.concat(mail.recipients, ", ") or mail.to
  return ("%s: %s"):format(to, tostring(mail.subject))
end

local function mails_of(site)
  local list = {}
  for _, vendor in ipairs(catalogue.vendors()) do
    local twin = site.sandbox[vendor]
    for _, mail in ipairs(knows(twin, "mails") and twin.mails() or {}) do
      list[#list + 1] = mail_text(mail)
    end
  end
  return list
end

function M.of(site)
  local effects = {}
  for _, vendor in ipairs(catalogue.vendors()) do
    vendor_effects(site, vendor, effects)
  end
  table.sort(effects, function(a, b) return a.number < b.number end)
  elsewhere(site, effects)
  return { effects = effects, mails = mails_of(site) }
end

return M
