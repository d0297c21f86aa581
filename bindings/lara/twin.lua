-- SPDX-License-Identifier: MIT
-- Lära, simulated. It follows the vendor's page on user/getsso; where the page is silent, what it does is our
-- assumption. Where that may matter, a setting changes it:
--   error_status      HTTP status of refusals (200)
--   link_lifetime     seconds that a link can be used, once (300)
--   strict            members of the JSON that nobody knows are refused (true), or else left out
-- Assumed without a setting: code 39 for an unknown user; 1 for what is required and missing; 2 for what has no
-- legal value; 18 for an address that is none; 20 for what is not known; urlRedirect wins over redirectType.

local json = require "beadle.json"
local people = require "beadle.sandbox.people"

local WORDS = {
  [1] = "Required id", [2] = "Invalid id", [13] = "Json data invalid : %s", [16] = "ApiID is empty",
  [17] = "Invalid ApiID", [18] = "Invalid Url", [19] = "Invalid IP", [20] = "%s", [39] = "Invalid userId",
}

local M = { operations = {}, control = {}, actions = {} }

local function refuse(twin, code, detail)
  return twin.answer_json(twin.state.settings.error_status,
    { errors = { message = WORDS[code]:format(detail), code = code } }, { "errors", "message", "code" })
end

function M.sign_in(twin, request)
  local key = request.headers.apiid
  if not key or key == "" then
    return refuse(twin, 16)
  elseif key ~= twin.state.key then
    return refuse(twin, 17)
  elseif twin.state.settings.address_refused then
    return refuse(twin, 19)
  end
end

function M.refuse(twin, fault)
  if fault.kind == "body" then
    return refuse(twin, 13, fault.text)
  elseif fault.kind == "missing" and fault.name ~= "redirectType" then
    return refuse(twin, 1)
  elseif fault.name == "urlRedirect" then
    return refuse(twin, 18)
  elseif fault.kind == "wrong" then
    return refuse(twin, 2)
  end
  return refuse(twin, 20, fault.text)
end

-- What a page of the portal is about, for its title.
local function target_of(values)
  if values.urlRedirect then
    return values.urlRedirect
  end
  return ("redirectType %d%s"):format(values.redirectType, values.refId and " " .. values.refId or "")
end

function M.operations.get_sso_url(twin, values, request)
  local user = twin.state.users[values.id]
  if not user then
    return refuse(twin, 39)
  end
  local token = {}
  for i = 1, 32 do
    token[i] = ("%x"):format(math.random(0, 15))
  end
  token = table.concat(token)
  twin.state.links[token] = { user = values.id, target = target_of(values), host = values.forceAccess == 1,
    until_at = twin.now() + twin.state.settings.link_lifetime }
  local base = request.url:match "^(https?://[^/?]+)"
  return twin.answer_json(200, { urlSSO = ("%s/Web/SignInSSO?token=%s"):format(base, token) })
end

-- The page that a link leads to.
local function sign_in_page(twin, request)
  local token = twin.fields(request.query).token or ""
  local link = twin.state.links[token]
  twin.state.links[token] = nil
  if not link or twin.now() > link.until_at then
    return twin.answer_html(403, "This link cannot be used", "<p>It was used already, or is too old.</p>")
  end
  local user = twin.state.users[link.user]
  return twin.answer_html(200, "Signed in", ("<p>%s %s is signed in and goes to <b>%s</b>.</p>"):format(
    twin.escape_html(user.firstName), twin.escape_html(user.lastName), twin.escape_html(link.target)))
end

M.routes = { ["GET /Web/SignInSSO"] = sign_in_page }

function M.operation_of() end

-- Opaque, as the vendor's are: base64 whose end is percent-encoded.
local function id_of(person)
  return ("TESTUSER%sAAAAAAAA%%3d%%3d"):format(person.number:gsub("%W", ""):upper())
end

function M.seed(_, state)
  state.settings.error_status, state.settings.link_lifetime = 200, 300
  state.settings.address_refused = false
  state.key = "00000000000000000000000000000000"
  state.users, state.links = {}, {}
  for _, group in ipairs { people.students, people.teachers } do
    for _, person in ipairs(group) do
      state.users[id_of(person)] = { id = id_of(person), firstName = person.first_name,
        lastName = person.last_name, email = person.email }
    end
  end
end

-- users(): all users, with the ids that get_sso_url takes.
function M.control.users(twin, args)
  twin.check_args("users", args, {})
  local list = json.array {}
  for _, user in pairs(twin.state.users) do
    list[#list + 1] = user
  end
  table.sort(list, function(a, b) return a.id < b.id end)
  return list
end

local GUIDE = [[
Lära
  API    {base}/lmsapi
  ApiID  {key}
  user   {user}
Try
  curl {base}/lmsapi/user/getsso -H 'ApiID: {key}' -H 'Content-Type: application/json' \
       -d '{"id": "{user}", "redirectType": 1}']]

-- guide{base}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local values = { base = args.base, key = twin.state.key, user = id_of(people.students[1]) }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%l+)}", values)
  end
  return lines
end

return M
