-- SPDX-License-Identifier: MIT
-- What senders do wrong when they sign: each mistake is made here too, with the secret that is known, and the one whose
-- signature is the sent one is found. Source of the rules: RFC 5849, section 3.4; the list of mistakes is ours.

local native = require "beadle.lti.native"
local oauth1 = require "beadle.lti.oauth1"

local M = {}

local MOST_FIELDS = 200 -- for the trial that leaves one out at a time

-- The fields without the signature, each changed by `change`, which may leave one out.
local function changed(fields, change)
  local list = {}
  for _, field in ipairs(fields) do
    if field[1] ~= "oauth_signature" then
      local value = change(field[1], field[2])
      list[#list + 1] = value and { field[1], value } or nil
    end
  end
  return list
end

local function same(_, value)
  return value
end

local function other_scheme(url)
  if url:find "^https:" then
    return (url:gsub("^https:", "http:"))
  end
  return (url:gsub("^http:", "https:"))
end

local function other_slash(url)
  local path, query = url:match "^([^?]*)(.*)$"
  return (path:sub(-1) == "/" and path:sub(1, -2) or path .. "/") .. query
end

-- The address with its usual port written out, in a base string that is made already.
local function with_port(text, url)
  local encoded = oauth1.encode(url:match "^(https?://[^/?:]+)" or "")
  local port = url:find "^https:" and "%3A443" or "%3A80"
  local first, last = text:find(encoded, 1, true)
  return first and text:sub(1, last) .. port .. text:sub(last + 1) or nil
end

local function fields_trials(request, add)
  local url, fields, method = request.url, request.fields, request.method
  add("the sender signs with LF for line breaks; a browser sends CR LF", method, url,
    changed(fields, function(_, value) return (value:gsub("\r\n", "\n")) end))
  add("the sender leaves empty values out of what it signs; they belong there", method, url,
    changed(fields, function(_, value) return value ~= "" and value or nil end))
  add("the sender signs values with spaces around them that are not sent, or the reverse", method, url,
    changed(fields, function(_, value) return value:match "^%s*(.-)%s*$" end))
  add("the sender signs values that are encoded already", method, url,
    changed(fields, function(name, value) return name:find "^oauth_" and value or oauth1.encode(value) end))
  for i = 1, math.min(#fields, MOST_FIELDS) do
    local name = fields[i][1]
    if name ~= "oauth_signature" then
      local rest = {}
      for j, field in ipairs(fields) do
        rest[#rest + 1] = j ~= i and field or nil
      end
      add(("the field %s is not part of what the sender signed: it was added afterwards"):format(name), method, url,
        changed(rest, same))
    end
  end
end

-- find(request {method, url, fields, signature}, {secret}) -> { text, base_string } of the mistake that explains the
-- signature; nil when none does.
function M.find(request, options)
  if not options.secret or not request.fields then
    return nil
  end
  local found
  local signature = request.signature:gsub(" ", "+")
  local function try(text, base)
    if base and not found and native.matches("HMAC-SHA1", base, options.secret, signature) then
      found = { text = text, base_string = base }
    end
  end
  local function add(text, method, url, fields)
    local ok, base = pcall(oauth1.base_string, { method = method, url = url, fields = fields })
    try(text, ok and base or nil)
  end
  local fields = changed(request.fields, same)
  local usual = oauth1.base_string { method = request.method, url = request.url, fields = fields }
  if signature ~= request.signature then
    try("a + of the signature came as a space: the sender does not encode the form's values", usual)
  end
  add("the sender signs another scheme than the address has: " .. other_scheme(request.url), request.method,
    other_scheme(request.url), fields)
  add("the sender signs the address with, or without, a slash at its end", request.method, other_slash(request.url),
    fields)
  try("the sender signs the address with its usual port; it does not belong there", with_port(usual, request.url))
  add("the sender signs a GET; a launch is a POST", "GET", request.url, fields)
  if request.url:find "?" then
    add("the sender does not sign the parameters of the address", request.method, request.url:match "^[^?]*", fields)
  end
  try("the sender writes a space as + in what it signs; it is %20 there", (usual:gsub("%%2520", "%%2B")))
  try("the sender writes the hexadecimal digits of its encoding in lower case",
    (usual:gsub("%%25(%x%x)", function(hex) return "%25" .. hex:lower() end)))
  fields_trials({ method = request.method, url = request.url, fields = request.fields }, add)
  return found
end

return M
