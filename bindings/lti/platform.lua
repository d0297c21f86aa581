-- SPDX-License-Identifier: MIT
-- The platform of LTI 1.3: makes launches, and answers the tool that asks who the user is.
--
--   local platform = lti.platform { issuer = server.url, keys = ring, tools = { { client_id = "c-1",
--     deployment_id = "d-1", login_url = ..., redirect_uris = { ... }, target_link_uri = ... } } }
--   for route, handler in pairs(platform:routes()) do server:route(route, handler) end
--   local launch = platform:launch { user = { id = "learner-42", ... }, ... }
--   launch.url        the link that begins it (GET);  launch:html()  a page that begins it (POST)
--   launch:follow()   all of it without a browser
--
-- new{...}: issuer; keys (the folder of `beadle lti keys`, the usual one unless told; or a key of lti.keys, or a list);
-- tools; origin (where the routes are reached, the issuer's unless told); path ("/lti"); hint_lifetime (300 s) and
-- token_lifetime (300 s); user_of = function(request) -> the id of the user who is signed in there, when the program
-- knows; now = function() -> seconds.
-- A launch is good for one authentication, soon after it was made; what is under way is kept in memory.
-- Source: LTI Core 1.3 and 1EdTech Security Framework 1.0, "OpenID Connect Launch Flow"; OpenID Connect Core 1.0.

local account = require "beadle.lti.account"
local browser = require "beadle.lti.browser"
local claims = require "beadle.lti.claims"
local forms = require "beadle.lti.forms"
local jwt = require "beadle.lti.jwt"
local launch_1p1 = require "beadle.lti.launch"
local message = require "beadle.lti.message"
local oauth1 = require "beadle.lti.oauth1"
local page = require "beadle.lti.page"
local ring = require "beadle.lti.ring"
local time = require "beadle.time"

local M = {}

local Platform = {}
Platform.__index = Platform
Platform.__name = "beadle.lti.platform"

local Launch = {}
Launch.__index = Launch
Launch.__name = "beadle.lti.launch"

local WHAT = "platform"
local OPTIONS = { "issuer", "keys", "tools", "origin", "path", "hint_lifetime", "token_lifetime", "user_of", "now" }
local TOOL = { "client_id", "deployment_id", "deployment_ids", "login_url", "redirect_uris", "target_link_uri", "name" }

-- ---------------------------------------------------------------------------------------------------
-- Registration

local function check_url(what, name, value)
  if type(value) ~= "string" or not value:find "^https?://[^/?#]" or value:find "[%c%s#]" then
    message.fail(what, ("%s must be an address that begins with http:// or https://, without #"):format(name))
  end
  return value
end

local function check_id(what, name, value)
  local wrong = claims.wrong_id(value)
  if wrong then
    message.fail(what, ("%s %s"):format(name, wrong))
  end
  return value
end

local function new_tool(given, index)
  local where = ("tools[%d]."):format(index)
  if type(given) ~= "table" then
    message.fail(WHAT, "tools must be a list of tables")
  end
  message.check_names(WHAT, given, TOOL, where)
  local tool = { name = given.name, client_id = check_id(WHAT, where .. "client_id", given.client_id),
    login_url = check_url(WHAT, where .. "login_url", given.login_url), deployments = {}, redirect_uris = {} }
  for i, id in ipairs(given.deployment_ids or { given.deployment_id }) do
    tool.deployments[i] = check_id(WHAT, where .. "deployment_id", id)
  end
  for i, uri in ipairs(given.redirect_uris or {}) do
    tool.redirect_uris[i] = check_url(WHAT, where .. "redirect_uris", uri)
  end
  tool.target_link_uri = check_url(WHAT, where .. "target_link_uri", given.target_link_uri or tool.redirect_uris[1])
  if #tool.deployments == 0 then
    message.fail(WHAT, where .. "deployment_id is required: a text of your choice that names this use of the tool")
  elseif #tool.redirect_uris == 0 then
    message.fail(WHAT, where .. "redirect_uris is required: the addresses that an id_token may be sent to")
  end
  return tool
end

local function seconds(options, name)
  local value = options[name] or 300
  if type(value) ~= "number" or value <= 0 or value > 3600 then
    message.fail(WHAT, ("%s must be seconds, up to 3600"):format(name))
  end
  return math.floor(value)
end

function M.new(options)
  message.check_names(WHAT, options, OPTIONS)
  local issuer = check_url(WHAT, "issuer", options.issuer)
  local platform = setmetatable({
    issuer = issuer, origin = check_url(WHAT, "origin", options.origin or issuer):gsub("/$", ""),
    path = options.path or "/lti", keys = ring.of(options.keys, WHAT), tools = {}, under_way = {},
    hint_lifetime = seconds(options, "hint_lifetime"), token_lifetime = seconds(options, "token_lifetime"),
    user_of = options.user_of, now = options.now or time.now,
  }, Platform)
  for i, tool in ipairs(options.tools or {}) do
    platform:add_tool(tool, i)
  end
  return platform
end

-- add_tool{...}: registers one more.
function Platform:add_tool(given)
  local tool = new_tool(given, #self.tools + 1)
  for _, each in ipairs(self.tools) do
    if each.client_id == tool.client_id then
      message.fail(WHAT, ("two tools have the client_id %s"):format(tool.client_id))
    end
  end
  table.insert(self.tools, tool)
  return tool
end

function Platform:address(name)
  return ("%s%s/%s"):format(self.origin, self.path, name)
end

-- tool_named(client_id): the tool; without one, the only one. Raises when there is none.
function Platform:tool_named(client_id)
  for _, tool in ipairs(self.tools) do
    if tool.client_id == client_id or client_id == nil and #self.tools == 1 then
      return tool
    end
  end
  return message.fail(WHAT, client_id and ("no tool has the client_id %s"):format(tostring(client_id))
    or "say which tool is launched: tool = its client_id")
end

-- What a tool's administrator asks for, as a list of {name, value}, in the order of the usual forms.
function Platform:registration(client_id)
  local tool = self:tool_named(client_id)
  return {
    { "Platform ID (issuer)", self.issuer },
    { "Client ID", tool.client_id },
    { "Deployment ID", table.concat(tool.deployments, ", ") },
    { "Authorization server ID", "" },
    { "Authentication request URL", self:address "auth" },
    { "Access token service URL", self:address "token" },
    { "Public key set URL", self:address "jwks" },
    { "Public key ID", self.keys:current():kid() },
  }
end

-- ---------------------------------------------------------------------------------------------------
-- Launches

local LAUNCH = { "tool", "deployment_id", "target_link_uri" }
for _, name in ipairs(message.options) do
  LAUNCH[#LAUNCH + 1] = name
end

local function forget_old(platform, now)
  for hint, entry in pairs(platform.under_way) do
    if entry.expires_at < now then
      platform.under_way[hint] = nil
    end
  end
end

-- launch{tool = client_id, target_link_uri, deployment_id, and what a launch says}
function Platform:launch(options)
  local what = "platform.launch"
  message.check_names(what, options, LAUNCH)
  local said, tool, now = message.read(options, what), self:tool_named(options.tool), self.now()
  local deployment = options.deployment_id or tool.deployments[1]
  local known = false
  for _, each in ipairs(tool.deployments) do
    known = known or each == deployment
  end
  if not known then
    message.fail(what, ("the tool %s has no deployment %s"):format(tool.client_id, tostring(deployment)))
  elseif not said.user.id then
    message.fail(what, "user.id is required: it is the subject of the id_token")
  end
  check_id(what, "user.id", said.user.id)
  forget_old(self, now)
  local entry = { tool = tool, deployment_id = deployment, message = said, expires_at = now + self.hint_lifetime,
    login_hint = oauth1.nonce(), message_hint = oauth1.nonce(),
    target_link_uri = check_url(what, "target_link_uri", options.target_link_uri or tool.target_link_uri) }
  self.under_way[entry.message_hint] = entry
  local fields = { { "iss", self.issuer }, { "login_hint", entry.login_hint },
    { "target_link_uri", entry.target_link_uri }, { "lti_message_hint", entry.message_hint },
    { "client_id", tool.client_id }, { "lti_deployment_id", deployment } }
  local joint = tool.login_url:find "?" and "&" or "?"
  return setmetatable({ fields = fields, login_url = tool.login_url, message = said,
    url = tool.login_url .. joint .. forms.encode(fields) }, Launch)
end

function Launch:html()
  return page.submit { url = self.login_url, fields = self.fields, language = self.message.presentation.locale }
end

-- follow{on_step}: does what the learner's browser would, and gives { status, url, title, body, steps }. Raises what
-- the tool, or the platform, says when it refuses.
function Launch:follow(options)
  options = options or {}
  message.check_names("platform.launch", options, { "on_step" })
  local vendor, host = self.message.vendor, self.login_url:match "^https?://([^/:?]+)"
  for _, each in ipairs(vendor and vendor.hosts or {}) do
    if each == host then
      launch_1p1.check_reachable(vendor, self.message.profile)
    end
  end
  local answer = browser.go { url = self.url, on_step = options.on_step }
  local refusal = launch_1p1.refusal(self.message, answer)
  if refusal then
    error(refusal, 0)
  end
  return answer
end

-- response(): the same as an answer of http.serve.
function Launch:response()
  return { status = 200, headers = page.headers, body = self:html() }
end

-- ---------------------------------------------------------------------------------------------------
-- The authentication endpoint

local function refuse_by_page(text)
  return { status = 400, headers = page.headers, body = page.failure("The launch cannot go on", text) }
end

local function is_registered(tool, uri)
  for _, each in ipairs(tool.redirect_uris) do
    if each == uri then
      return true
    end
  end
  return false
end

local function has_word(text, word)
  for each in (text or ""):gmatch "%S+" do
    if each == word then
      return true
    end
  end
  return false
end

-- What is wrong with a request whose answer may go to its redirect_uri: an error of OIDC and words; nil when nothing
-- is. OpenID Connect Core 1.0, "Authentication Error Response"; OAuth 2.0 (RFC 6749), 4.1.2.1.
local function wrong_request(asked)
  if asked.response_type ~= "id_token" then
    return "unsupported_response_type", "response_type must be id_token"
  elseif not has_word(asked.scope, "openid") then
    return "invalid_scope", "scope must be openid"
  elseif asked.response_mode ~= "form_post" then
    return "invalid_request", "response_mode must be form_post"
  elseif asked.prompt ~= "none" then
    return "invalid_request", "prompt must be none"
  elseif (asked.state or "") == "" then
    return "invalid_request", "state is missing"
  elseif (asked.nonce or "") == "" then
    return "invalid_request", "nonce is missing"
  elseif (asked.login_hint or "") == "" or (asked.lti_message_hint or "") == "" then
    return "invalid_request", "login_hint and lti_message_hint must be those of the login initiation"
  end
end

-- The launch that the hints are of, which is used up; or nil, an error of OIDC and words.
local function take_launch(platform, tool, asked, request)
  local entry = platform.under_way[asked.lti_message_hint]
  if not entry then
    return nil, "login_required", "the launch is not known, was used already, or is over"
  elseif entry.expires_at < platform.now() then
    platform.under_way[asked.lti_message_hint] = nil
    return nil, "login_required", "the launch began too long ago"
  elseif entry.login_hint ~= asked.login_hint then
    return nil, "login_required", "login_hint and lti_message_hint are of different launches"
  elseif entry.tool ~= tool then
    return nil, "unauthorized_client", "the launch is of another tool"
  elseif platform.user_of and platform.user_of(request) ~= entry.message.user.id then
    return nil, "login_required", "another user is signed in"
  end
  platform.under_way[asked.lti_message_hint] = nil
  return entry
end

local function answer_form(tool_uri, fields, title)
  return { status = 200, headers = page.headers, body = page.submit { url = tool_uri, fields = fields, title = title } }
end

local function authenticate(platform, request)
  local text = request.method == "POST" and request.body or (request.url:match "%?([^#]*)" or "")
  local fields, why = forms.decode(text or "")
  if not fields then
    return refuse_by_page("The request cannot be read: " .. why .. ".")
  end
  local twice, asked = forms.duplicate(fields), forms.map(fields)
  if twice then
    return refuse_by_page(("The request says %s twice."):format(twice))
  end
  local tool
  for _, each in ipairs(platform.tools) do
    tool = each.client_id == asked.client_id and each or tool
  end
  if not tool then
    return refuse_by_page "The tool is not registered here: its client_id is not known."
  elseif not is_registered(tool, asked.redirect_uri) then
    return refuse_by_page "The tool wants the answer at an address that is not registered as its redirect_uri."
  end
  local wrong, words = wrong_request(asked)
  local entry
  if not wrong then
    entry, wrong, words = take_launch(platform, tool, asked, request)
  end
  if wrong then
    local answer = { { "error", wrong }, { "error_description", words } }
    answer[3] = asked.state and { "state", asked.state } or nil
    return answer_form(asked.redirect_uri, answer, "Launch")
  end
  local id_token = jwt.sign(claims.of(entry.message, { issuer = platform.issuer, client_id = tool.client_id,
    deployment_id = entry.deployment_id, target_link_uri = entry.target_link_uri, nonce = asked.nonce,
    now = platform.now(), lifetime = platform.token_lifetime }), platform.keys:current())
  return answer_form(asked.redirect_uri, { { "id_token", id_token }, { "state", asked.state } }, "Launch")
end

-- routes() -> "METHOD /path" -> handler, for http.serve. The address of tokens is there because tools ask for one: no
-- service is offered that would need a token.
function Platform:routes()
  local function asked(request)
    return authenticate(self, request)
  end
  return {
    [("GET %s/jwks"):format(self.path)] = function()
      return { status = 200, json = self.keys:public(), headers = { ["Cache-Control"] = "max-age=60" } }
    end,
    [("GET %s/auth"):format(self.path)] = asked,
    [("POST %s/auth"):format(self.path)] = asked,
    [("POST %s/token"):format(self.path)] = function()
      return { status = 400, json = { error = "invalid_scope", error_description = "no service is offered here" } }
    end,
  }
end

-- The vendor's side of a registration, from the profile: for new_tool. Raises when the profile does not say it.
function M.vendor_tool(vendor, profile)
  return { login_url = account.address(vendor, "login", profile),
    redirect_uris = { account.address(vendor, "url", profile) },
    target_link_uri = account.address(vendor, "url", profile) }
end

return M
