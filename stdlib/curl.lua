-- SPDX-License-Identifier: MIT
-- beadle.curl: a call that was made, as a command line of curl. Secrets are variables of the shell; the lines above the
-- command say which. `call` is what beadle.observe tells of it.
--
--   curl.command(call) -> text

local catalogue = require "beadle.catalogue"

local M = {}

-- What must not stand in a command: everything that curl or beadle makes by itself.
local OWN_HEADERS = { ["accept-encoding"] = true, ["content-type"] = false, ["authorization"] = false }

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function variable(vendor, name)
  local prefix = vendor and vendor .. "_" or ""
  return (prefix .. name):upper():gsub("[^%w]", "_")
end

-- Names that differ only in their letters' case are two variables.
local function note(state, name)
  for _, each in ipairs(state.variables) do
    if each.name == name then
      return each.shell
    end
  end
  local shell, number = variable(state.vendor, name), 1
  while state.known[shell] do
    number = number + 1
    shell = ("%s_%d"):format(variable(state.vendor, name), number)
  end
  state.known[shell] = true
  state.variables[#state.variables + 1] = { shell = shell, name = name }
  return shell
end

-- A text for the shell in which secrets are variables: 'plain '"$SECRET"' plain'.
local function word(state, text)
  local parts, from = {}, 1
  while true do
    local first, last, name = text:find("%[secret ?([%w_]*)%]", from)
    if not first then
      break
    end
    if first > from then
      parts[#parts + 1] = quote(text:sub(from, first - 1))
    end
    parts[#parts + 1] = ('"$%s"'):format(note(state, name ~= "" and name or "secret"))
    from = last + 1
  end
  if from <= #text or #parts == 0 then
    parts[#parts + 1] = quote(text:sub(from))
  end
  return table.concat(parts)
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- Form fields one by one, encoded by curl: so that a variable holds the secret as it is.
local function add_form(state, body)
  for pair in body:gmatch "[^&]+" do
    local name, value = pair:match "^([^=]*)=?(.*)$"
    if value:find("[secret", 1, true) then
      state.out[#state.out + 1] = ("--data-urlencode %s%s"):format(quote(decode(name) .. "="), word(state, value))
    else
      local plain = not value:find "[%%+]" and not value:find "^[@=]"
      state.out[#state.out + 1] = plain and ("--data %s"):format(quote(pair))
        or ("--data-urlencode %s"):format(quote(decode(name) .. "=" .. decode(value)))
    end
  end
end

local function add_body(state, call, content_type)
  if not call.body then
    return
  end
  local is_form = not content_type or content_type:find("x-www-form-urlencoded", 1, true)
  if is_form and call.body ~= "" and not call.body:find "^%s*[{%[]" then
    add_form(state, call.body)
  else
    state.is_json = true
    state.out[#state.out + 1] = ("--data-raw %s"):format(word(state, call.body))
  end
end

local function add_headers(state, call, auth)
  local content_type
  for _, line in ipairs(call.headers) do
    local name, value = line:match "^([^:]*):%s*(.*)$"
    local lower = name:lower()
    if lower == "content-type" then
      content_type = value
    end
    if lower == "authorization" and value:find "^Basic" and auth and auth.user then
      state.out[#state.out + 1] = ('--user "$%s:$%s"'):format(note(state, auth.user), note(state, auth.password))
    elseif not OWN_HEADERS[lower] and not (lower == "content-type" and not call.body) then
      state.out[#state.out + 1] = ("--header %s"):format(word(state, line))
    end
  end
  return content_type
end

-- Where a variable comes from.
local function origin(state, each, auth)
  if auth and auth.operation and each.name == auth.token then
    return ("the %s that %s.%s answers; `%s.%s {}` then :curl shows how"):format(each.name, state.vendor,
      auth.operation, state.vendor, auth.operation)
  end
  for _, setting in ipairs(state.vendor and catalogue.settings(state.vendor).own or {}) do
    if setting.name == each.name then
      return ("%s.%s of the profile"):format(state.vendor, each.name)
    end
  end
  return ("the %s that the call was given%s"):format(each.name, state.is_json and ", as it stands in JSON" or "")
end

function M.command(call)
  if not (call.url or ""):find "^https?://" then
    return ("# %s went by another protocol than HTTP"):format(call.operation)
  end
  local auth = call.vendor and catalogue.describe(call.vendor).auth
  local state = { vendor = call.vendor, out = {}, variables = {}, known = {} }
  local content_type = add_headers(state, call, auth)
  add_body(state, call, content_type)
  local method = call.method
  local implied = call.body and "POST" or "GET"
  local head = "curl " .. (method == "HEAD" and "--head " or method ~= implied and "--request " .. method .. " " or "")
    .. word(state, call.url)
  local lines = {}
  for _, each in ipairs(state.variables) do
    lines[#lines + 1] = ("# %s: %s"):format(each.shell, origin(state, each, auth))
  end
  if call.sandbox then
    lines[#lines + 1] = "# The sandbox answered this call; `beadle sandbox --port 0` serves it for curl."
  end
  lines[#lines + 1] = table.concat({ head, table.unpack(state.out) }, " \\\n  ")
  return table.concat(lines, "\n")
end

return M
