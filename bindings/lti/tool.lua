-- SPDX-License-Identifier: MIT
-- The tool of LTI 1.3: is told of a launch, asks the platform who the user is, and checks what comes.
--
--   local tool = lti.tool { origin = server.url, on_launch = function(launch, request) return "hello" end,
--     platforms = { { issuer = ..., client_id = ..., deployment_ids = { ... }, auth_url = ..., jwks_url = ... } } }
--   for route, handler in pairs(tool:routes()) do server:route(route, handler) end
--
-- new{...}: origin; path ("/lti"); platforms, each with issuer, client_id, deployment_ids, auth_url and jwks_url or
-- jwks; on_launch(launch, request) -> answer of http.serve; on_refusal(reason, detail, request) -> answer, a page
-- unless told; target_link_uris (list: what may be launched; the launch address unless told); keys (served as its own);
-- leeway (60 s), max_age of tokens (3600 s), state_lifetime (600 s), fetch = function(url) -> key set, now.
-- A launch is as lti.verify_launch gives it, version "1.3", with issuer, deployment_id, target_link_uri, claims.
--
-- The browser that began a launch is the one that ends it: a cookie says so. Reasons, beside those of jwt.verify:
-- unknown_platform, unknown_state, expired_state, state_mismatch, missing_id_token, platform_error, unknown_deployment,
-- wrong_message_type, wrong_lti_version, wrong_target_link_uri, missing_claim, malformed_claim, duplicate_parameter,
-- malformed_form, missing_parameter, too_many_launches, keys_unavailable.
-- Source: LTI Core 1.3 and 1EdTech Security Framework 1.0, "OpenID Connect Launch Flow"; OpenID Connect Core 1.0.

local claims = require "beadle.lti.claims"
local error_value = require "beadle.error"
local forms = require "beadle.lti.forms"
local http = require "beadle.http"
local jwt = require "beadle.lti.jwt"
local log = require "beadle.log"
local message = require "beadle.lti.message"
local oauth1 = require "beadle.lti.oauth1"
local page = require "beadle.lti.page"
local ring = require "beadle.lti.ring"
local time = require "beadle.time"

local M = {}

local Tool = {}
Tool.__index = Tool
Tool.__name = "beadle.lti.tool"

local WHAT = "tool"
local OPTIONS = { "origin", "path", "platforms", "on_launch", "on_refusal", "target_link_uris", "keys", "leeway",
  "max_age", "state_lifetime", "fetch", "now" }
local PLATFORM = { "issuer", "client_id", "deployment_id", "deployment_ids", "auth_url", "jwks_url", "jwks" }
local COOKIE = "beadle_lti_"

-- Whoever asks begins a launch, so what is kept for those under way is bounded.
local MOST_UNDER_WAY = 10000

-- ---------------------------------------------------------------------------------------------------
-- Registration

local function need_text(where, given, name)
  if type(given[name]) ~= "string" or given[name] == "" then
    message.fail(WHAT, ("%s%s is required, a text"):format(where, name))
  end
  return given[name]
end

local function fetch_set(url)
  local answer = http.get(url, { headers = { Accept = "application/json" }, timeout = 20, redirects = 3 })
  if answer.status ~= 200 then
    error(("the key set at %s was answered with HTTP %d"):format(url, answer.status), 0)
  end
  return answer:json()
end

local function new_platform(given, index, tool)
  local where = ("platforms[%d]."):format(index)
  message.check_names(WHAT, given, PLATFORM, where)
  local platform = { deployment_ids = given.deployment_ids or { given.deployment_id } }
  for _, name in ipairs { "issuer", "client_id", "auth_url" } do
    platform[name] = need_text(where, given, name)
  end
  if #platform.deployment_ids == 0 then
    message.fail(WHAT, where .. "deployment_ids is required: the deployments that the platform may name")
  elseif given.jwks then
    platform.keys = given.jwks
  else
    local url = need_text(where, given, "jwks_url")
    local fetch = tool.fetch
    platform.keys = jwt.jwks { fetch = function() return fetch(url) end, now = tool.now }
  end
  return platform
end

function M.new(options)
  message.check_names(WHAT, options, OPTIONS)
  local tool = setmetatable({
    origin = need_text("", options, "origin"):gsub("/$", ""), path = options.path or "/lti", platforms = {},
    under_way = {}, count = 0, on_launch = options.on_launch, on_refusal = options.on_refusal,
    leeway = options.leeway, max_age = options.max_age, state_lifetime = options.state_lifetime or 600,
    fetch = options.fetch or fetch_set, now = options.now or time.now,
    keys = options.keys and ring.of(options.keys, WHAT) or nil,
  }, Tool)
  if type(tool.on_launch) ~= "function" then
    message.fail(WHAT, "on_launch is required: a function that gets the launch and gives the answer")
  end
  tool.target_link_uris = options.target_link_uris or { tool:address "launch" }
  for i, platform in ipairs(options.platforms or {}) do
    tool.platforms[i] = new_platform(platform, i, tool)
  end
  return tool
end

function Tool:address(name)
  return ("%s%s/%s"):format(self.origin, self.path, name)
end

-- What a platform's administrator asks for, as a list of {name, value}.
function Tool:registration()
  return {
    { "Initiate login URL", self:address "login" },
    { "Redirection URI", self:address "launch" },
    { "Target link URI", self.target_link_uris[1] },
    { "Public key set URL", self.keys and self:address "jwks" or "" },
  }
end

-- ---------------------------------------------------------------------------------------------------
-- Requests

local STATUS = { platform_error = 400, malformed_form = 400, duplicate_parameter = 400, missing_parameter = 400,
  too_many_launches = 503, keys_unavailable = 502 }

local function refuse(tool, request, reason, detail)
  log.info(("lti: a launch was refused: %s"):format(reason))
  if tool.on_refusal then
    return tool.on_refusal(reason, detail, request)
  end
  local what = detail and (detail.parameter or detail.claim or detail.description)
  return { status = STATUS[reason] or 401, headers = page.headers,
    body = page.failure("Launch refused", ("%s%s."):format(reason:gsub("_", " "), what and ": " .. what or "")) }
end

-- The fields of a request: those of its query or of its form; nil, reason, detail.
local function fields_of(request)
  local text = request.method == "POST" and request.body or request.url:match "%?([^#]*)"
  local fields, why = forms.decode(text or "")
  if not fields then
    return nil, "malformed_form", { why = why }
  end
  local twice = forms.duplicate(fields)
  if twice then
    return nil, "duplicate_parameter", { parameter = twice }
  end
  return forms.map(fields)
end

local function cookie(request, name)
  for pair in (request.headers.cookie or ""):gmatch "[^;]+" do
    local key, value = pair:match "^%s*([^=]+)=(.*)$"
    if key == name then
      return value
    end
  end
end

-- A state is known by its beginning; all of it says that it is the one.
local function cookie_name(state)
  return COOKIE .. state:sub(1, 16)
end

-- A cookie comes back with a form that another site posts only when SameSite=None, which browsers take over TLS only.
local function cookie_header(tool, name, value, lifetime)
  local secure = tool.origin:find "^https:" and "; SameSite=None; Secure" or ""
  return ("%s=%s; Path=%s; HttpOnly; Max-Age=%d%s"):format(name, value, tool.path, lifetime, secure)
end

-- ---------------------------------------------------------------------------------------------------
-- Step 1 and 2: told of a launch, asks the platform

local function find_platform(tool, issuer, client_id)
  local found
  for _, platform in ipairs(tool.platforms) do
    local fits = platform.issuer == issuer and (client_id == nil or platform.client_id == client_id)
    if fits and found then
      return nil -- which one was meant cannot be known
    end
    found = fits and platform or found
  end
  return found
end

local function forget_old(tool, now)
  for state, entry in pairs(tool.under_way) do
    if entry.expires_at < now then
      tool.under_way[state] = nil
      tool.count = tool.count - 1
    end
  end
end

local function is_known(list, value)
  for _, each in ipairs(list) do
    if each == value then
      return true
    end
  end
  return false
end

local function begin(tool, request)
  local asked, reason, detail = fields_of(request)
  if not asked then
    return refuse(tool, request, reason, detail)
  end
  for _, name in ipairs { "iss", "login_hint", "target_link_uri" } do
    if (asked[name] or "") == "" then
      return refuse(tool, request, "missing_parameter", { parameter = name })
    end
  end
  local platform, now = find_platform(tool, asked.iss, asked.client_id), tool.now()
  if not platform then
    return refuse(tool, request, "unknown_platform", { parameter = "iss", given = asked.iss })
  elseif not is_known(tool.target_link_uris, asked.target_link_uri) then
    return refuse(tool, request, "wrong_target_link_uri", { parameter = "target_link_uri" })
  end
  if tool.count >= MOST_UNDER_WAY then
    forget_old(tool, now)
  end
  if tool.count >= MOST_UNDER_WAY then
    return refuse(tool, request, "too_many_launches", {})
  end
  local state, nonce, bound = oauth1.nonce(), oauth1.nonce(), oauth1.nonce()
  tool.under_way[state] = { platform = platform, nonce = nonce, bound = bound, target = asked.target_link_uri,
    expires_at = now + tool.state_lifetime }
  tool.count = tool.count + 1
  local ask = { { "scope", "openid" }, { "response_type", "id_token" }, { "response_mode", "form_post" },
    { "prompt", "none" }, { "client_id", platform.client_id }, { "redirect_uri", tool:address "launch" },
    { "login_hint", asked.login_hint }, { "state", state }, { "nonce", nonce } }
  ask[#ask + 1] = asked.lti_message_hint and { "lti_message_hint", asked.lti_message_hint } or nil
  local joint = platform.auth_url:find "?" and "&" or "?"
  return { status = 302, headers = { Location = platform.auth_url .. joint .. forms.encode(ask),
    ["Set-Cookie"] = cookie_header(tool, cookie_name(state), bound, tool.state_lifetime),
    ["Cache-Control"] = "no-store" } }
end

-- ---------------------------------------------------------------------------------------------------
-- Step 3 and 4: the answer

-- The launch that a state is of, which is used up; or nil, reason, detail.
local function take_state(tool, state, request)
  local entry = tool.under_way[state or ""]
  if not entry then
    return nil, "unknown_state", {}
  elseif cookie(request, cookie_name(state)) ~= entry.bound then
    return nil, "state_mismatch", {} -- it is still good for the browser that it was made for
  end
  tool.under_way[state] = nil
  tool.count = tool.count - 1
  if entry.expires_at < tool.now() then
    return nil, "expired_state", {}
  end
  return entry
end

-- The platform's keys. Where they cannot be fetched, `failed` gets the error and no key is known.
local function keys_of(platform, failed)
  if type(platform.keys) ~= "function" then
    return platform.keys
  end
  return function(kid)
    local ok, key = pcall(platform.keys, kid)
    if ok then
      return key
    elseif error_value.is(key, "cancelled") then
      error(key, 0)
    end
    failed.why = key
  end
end

-- The launch of an id_token; or nil, reason, detail. May wait for the platform's keys.
local function check_token(tool, token, entry)
  local platform, failed = entry.platform, {}
  local told, header, detail = jwt.verify(token, { keys = keys_of(platform, failed), issuer = platform.issuer,
    audience = platform.client_id, nonce = entry.nonce, now = tool.now(), leeway = tool.leeway,
    max_age = tool.max_age })
  if failed.why then
    log.warn(("lti: the keys of %s cannot be fetched: %s"):format(platform.issuer, tostring(failed.why)))
    return nil, "keys_unavailable", { why = tostring(failed.why) }
  elseif not told then
    return nil, header, detail
  end
  local reason
  reason, detail = claims.wrong(told, { deployment_ids = platform.deployment_ids, target_link_uri = entry.target })
  if reason then
    return nil, reason, detail
  end
  return claims.read(told)
end

local function receive(tool, request)
  local came, reason, detail = fields_of(request)
  if not came then
    return refuse(tool, request, reason, detail)
  end
  local entry
  entry, reason, detail = take_state(tool, came.state, request)
  if not entry then
    return refuse(tool, request, reason, detail)
  elseif came.error then
    return refuse(tool, request, "platform_error", { error = came.error, description = came.error_description })
  elseif (came.id_token or "") == "" then
    return refuse(tool, request, "missing_id_token", { parameter = "id_token" })
  end
  local launch
  launch, reason, detail = check_token(tool, came.id_token, entry)
  if not launch then
    return refuse(tool, request, reason, detail)
  end
  launch.client_id = entry.platform.client_id
  return tool.on_launch(launch, request)
end

-- routes() -> "METHOD /path" -> handler, for http.serve.
function Tool:routes()
  local function begins(request)
    return begin(self, request)
  end
  return {
    [("GET %s/login"):format(self.path)] = begins,
    [("POST %s/login"):format(self.path)] = begins,
    [("POST %s/launch"):format(self.path)] = function(request)
      return receive(self, request)
    end,
    [("GET %s/jwks"):format(self.path)] = self.keys and function()
      return { status = 200, json = self.keys:public(), headers = { ["Cache-Control"] = "max-age=60" } }
    end or nil,
  }
end

return M
