-- SPDX-License-Identifier: MIT
-- What twins need of HTTP: forms in, answers out, and the catalogue's check of what came.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"

local M = {}

-- The keys of a table, in an order that is always the same.
function M.names_of(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Percent-decoding; nil when an escape is broken. In a path a plus is one.
function M.decode(text, in_path)
  text = in_path and text or text:gsub("+", " ")
  local broken = text:gsub("%%%x%x", ""):find "%%"
  if broken then
    return nil
  end
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The fields of a form or query as a list of {name, value}; nil when it is broken.
function M.pairs_of(text)
  local list = {}
  for piece in (text or ""):gmatch "[^&]+" do
    local name, value = piece:match "^([^=]*)=?(.*)$"
    name, value = M.decode(name), M.decode(value)
    if not name or not value then
      return nil
    end
    list[#list + 1] = { name = name, value = value }
  end
  return list
end

-- The same by name; of a repeated name ("ids[]" as PHP writes lists, or given twice) the values are joined
-- with commas.
function M.fields(text)
  local fields = {}
  for _, pair in ipairs(M.pairs_of(text) or {}) do
    local name = pair.name:gsub("%[%]$", "")
    fields[name] = fields[name] and (fields[name] .. "," .. pair.value) or pair.value
  end
  return fields
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
  local bits, count, bytes = 0, 0, {}
  for digit in text:gsub("=+$", ""):gmatch "." do
    local value = DIGITS:find(digit, 1, true)
    if not value then
      return nil
    end
    bits, count = (bits << 6 | value - 1) & 0xffffff, count + 6
    if count >= 8 then
      count = count - 8
      bytes[#bytes + 1] = string.char(bits >> count & 0xff)
    end
  end
  return table.concat(bytes)
end

-- The name and the password of HTTP Basic; nil when the request has none that can be read.
function M.basic(request)
  local text = (request.headers.authorization or ""):match "^Basic ([%w+/]+=*)$"
  local pair = text and from_base64(text)
  if pair then
    return pair:match "^([^:]*):(.*)$"
  end
end

-- The token of "Authorization: Bearer"; nil when there is none.
function M.bearer(request)
  return (request.headers.authorization or ""):match "^Bearer (%S+)$"
end

-- ---------------------------------------------------------------------------------------------------
-- Answers

function M.answer(status, body, content_type)
  return { status = status, body = body,
    headers = { ["Content-Type"] = content_type or "text/plain; charset=utf-8" } }
end

local function sorted_keys(object, order)
  local keys, place = {}, {}
  for index, name in ipairs(order) do
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
    return a < b
  end)
  return keys
end

local function write(value, order, out)
  if type(value) ~= "table" or next(value) == nil then
    out[#out + 1] = json.encode(value)
  elseif json.is_array(value) or value[1] ~= nil then
    out[#out + 1] = "["
    for index, element in ipairs(value) do
      out[#out + 1] = index > 1 and "," or nil
      write(element, order, out)
    end
    out[#out + 1] = "]"
  else
    out[#out + 1] = "{"
    for index, key in ipairs(sorted_keys(value, order)) do
      out[#out + 1] = (index > 1 and "," or "") .. json.encode(key) .. ":"
      write(value[key], order, out)
    end
    out[#out + 1] = "}"
  end
end

-- The members named in the list `order` come first, the others by name: the same run gives the same bytes.
function M.answer_json(status, value, order)
  local out = {}
  write(value, order or {}, out)
  return M.answer(status, table.concat(out), "application/json")
end

function M.escape_html(text)
  return (tostring(text):gsub("[&<>\"']", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
    ["\""] = "&quot;", ["'"] = "&#39;" }))
end

-- A page of the sandbox; `body` is HTML.
function M.answer_html(status, title, body)
  return M.answer(status, ("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>%s</title>"
    .. "<style>body{font:16px/1.5 sans-serif;max-width:40em;margin:3em auto;padding:0 1em}"
    .. "footer{margin-top:3em;color:#666;font-size:.85em}</style></head><body><h1>%s</h1>%s"
    .. "<footer>beadle sandbox: this vendor is simulated.</footer></body></html>\n"):format(
    M.escape_html(title), M.escape_html(title), body), "text/html; charset=utf-8")
end

function M.answer_redirect(url)
  local answer = M.answer(302, "")
  answer.headers.Location = url
  return answer
end

-- Whether a vendor did what it was asked for, as its answer says.
function M.was_done(vendor, answer)
  local envelope, body = vendor.envelope, answer.body or ""
  if answer.status < 200 or answer.status > 399 then
    return false
  elseif envelope.ok then
    return not body:find(('"%s"%%s*:%%s*false'):format(envelope.ok))
  end
  return not (envelope.failure and body:find(('^%%s*{%%s*"%s"%%s*:'):format(envelope.failure)))
end

-- ---------------------------------------------------------------------------------------------------
-- Checks

local function wrong(kind, name, text)
  return { kind = kind, name = name, text = text }
end

-- The typed values of the fields that the operation knows.
local function read_values(vendor, operation, fields, known)
  local values = {}
  for _, param in ipairs(operation.params) do
    local text, target = fields[param.name], param.means or param.name
    if not param.ours then
      known[#known + 1] = param.name
      known[param.name] = true
    end
    if not param.ours and text ~= nil and text ~= "" then
      local value, must = catalogue.from_wire(vendor, operation.name, param.name, text)
      if value == nil then
        return nil, wrong("wrong", param.name, ("%s must be %s"):format(param.name, must))
      elseif values[target] ~= nil then
        return nil, wrong("wrong", param.name, ("%s is given twice"):format(target))
      end
      values[target] = value
    end
  end
  return values
end

local function unknown_field(operation, fields, known)
  local unknown
  for name in pairs(fields) do
    if not known[name] and (unknown == nil or name < unknown) then
      unknown = name
    end
  end
  if unknown then
    local nearest = catalogue.nearest(unknown, known)
    return wrong("unknown", unknown, ("%s takes no \"%s\"%s"):format(operation.full_name, unknown,
      nearest and ("; did you mean %s?"):format(nearest) or ""))
  end
end

local function missing_field(operation, values)
  for _, param in ipairs(operation.params) do
    if param.required and values[param.name] == nil then
      return wrong("missing", param.name, param.name .. " is required")
    end
  end
end

-- A flag that is off is as good as none.
local function is_given(operation, values, name)
  local value = values[name]
  for _, param in ipairs(operation.params) do
    if param.name == name and param.type == "flag" then
      return value == true or value == 1
    end
  end
  return value ~= nil
end

local function needs_second(operation, rule, values)
  local first = values[rule.names[1]]
  if not rule.values or first == nil then
    return is_given(operation, values, rule.names[1])
  end
  for _, value in ipairs(rule.values) do
    if value == first then
      return true
    end
  end
  return false
end

-- The first rule that typed values do not keep: kind, name, and a sentence. Without `strict` only what is missing is
-- wrong.
function M.broken_rule(operation, values, strict)
  for _, rule in ipairs(operation.rules) do
    local given = 0
    for _, name in ipairs(rule.names) do
      given = given + (is_given(operation, values, name) and 1 or 0)
    end
    if given == 0 and (rule.kind == "any_of" or rule.kind == "one_of") then
      return wrong("missing", rule.names[1], rule.doc)
    elseif strict and given > 1 and (rule.kind == "not_both" or rule.kind == "one_of") then
      return wrong("wrong", rule.names[2], rule.doc)
    elseif strict and rule.kind == "needs" and needs_second(operation, rule, values)
      and not is_given(operation, values, rule.names[2]) then
      return wrong("missing", rule.names[2], rule.doc)
    end
  end
end

-- Checks the fields of a request by the catalogue's record of the operation. Gives the typed values, or nil
-- and what is wrong: kind ("missing", "unknown", "wrong"), name, and a sentence. Without `strict`, what is not
-- known or cannot be read is left out, and only what is missing is wrong.
function M.check(vendor, operation, fields, strict)
  local known = {}
  if not strict then
    local readable = {}
    for _, param in ipairs(operation.params) do
      local text = fields[param.name]
      local fits = text and not param.ours
        and catalogue.from_wire(vendor, operation.name, param.name, text) ~= nil
      readable[param.name] = fits and text or nil
    end
    fields = readable
  end
  local values, fault = read_values(vendor, operation, fields, known)
  if not values then
    return nil, fault
  end
  fault = strict and unknown_field(operation, fields, known) or missing_field(operation, values)
    or M.broken_rule(operation, values, strict)
  if fault then
    return nil, fault
  end
  return values
end

return M
