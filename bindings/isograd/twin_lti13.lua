-- SPDX-License-Identifier: MIT
-- Launches by LTI 1.3 at the simulated Isograd: the login that a platform begins, and the id_token that comes back.
-- A platform is one that a test has registered (control register_platform). Our assumptions: the browser that began a
-- launch must end it, which a cookie says; target_link_uri is the launch address; a grade goes back when the launch
-- names an outcome service, signed with the platform's outcome_key (LTI Basic Outcomes knows no other signature).

local claims = require "beadle.lti.claims"
local forms = require "beadle.lti.forms"
local json = require "beadle.json"
local jwt = require "beadle.lti.jwt"

local LOGIN_S, REFETCH_S, LEEWAY_S = 600, 60, 60
local COOKIE = "isograd_lti_"

local M = {}

-- The vendor's own key: it signs nothing here, so the private half was not kept.
local PUBLIC_KEY = { kty = "RSA", use = "sig", alg = "RS256", e = "AQAB",
  kid = "lIuZi3YFhT1Al8hDM5he5NI8eh_31smvbPGCwZwmYiQ",
  n = "2ER2STfPh4I-RDfvVLpZK_4jmHwOHbqBIcjy2movAFkG-C8Quft-"
    .. "M9b4N4UkLF91Obh21rht3EmCkoUdHa19WyKypE4QsKNoNwEFKNtAoGx67ENY_TBF-"
    .. "sMDzncsu1X2nXkIXWwHJTAxSSdhTnaD_yctX6m8kn9PT-Qp9XNX0J-"
    .. "Qs9lx0JXmoiRVlzdwvYUClGcciy8Cl5Egw93NnmwtyJ69HS16RG3LQHjl9l_Ore2jOp9_b04o3N47zXI5hQMAexMibs58sJ6NhB6"
    .. "JaGMfT5ETmn59jaiYD3nLeV0-EWQdm-ZL7W8IQgmts3ZXEER4IpZvHO1Q7B53Am2onFRPXQ" }

function M.key_set(twin)
  return twin.answer_json(200, { keys = json.array { PUBLIC_KEY } }, { "kty", "kid", "use", "alg" })
end

local function launch_address(request)
  return request.url:match "^(https?://[^/?]+)" .. "/public/lti.php"
end

local function find_platform(twin, issuer, client_id)
  local found
  for _, platform in ipairs(twin.state.platforms) do
    if platform.issuer == issuer and (client_id == nil or platform.client_id == client_id) then
      if found then
        return nil -- which one was meant cannot be known
      end
      found = platform
    end
  end
  return found
end

-- ---------------------------------------------------------------------------------------------------
-- The login that a platform begins

local function cookie_of(request, name)
  for pair in (request.headers.cookie or ""):gmatch "[^;]+" do
    local key, value = pair:match "^%s*([^=]+)=(.*)$"
    if key == name then
      return value
    end
  end
end

local function forget_old(twin)
  for state, login in pairs(twin.state.lti_logins) do
    if login.until_at < twin.now() then
      twin.state.lti_logins[state] = nil
    end
  end
end

-- begin(twin, request, fields, lti): sends the browser to the platform. `lti` has refuse and perform.
function M.begin(twin, request, fields, lti)
  local platform, address = find_platform(twin, fields.iss, fields.client_id), launch_address(request)
  if not platform then
    return lti.refuse(twin, "unknown_platform", { parameter = "iss" })
  elseif fields.target_link_uri ~= address then
    return lti.refuse(twin, "wrong_target_link_uri", { parameter = "target_link_uri" })
  end
  forget_old(twin)
  local state, nonce, bound = twin.token(32), twin.token(32), twin.token(32)
  twin.state.lti_logins[state] = { issuer = platform.issuer, client_id = platform.client_id, nonce = nonce,
    bound = bound, target = address, until_at = twin.now() + LOGIN_S }
  local ask = { { "scope", "openid" }, { "response_type", "id_token" }, { "response_mode", "form_post" },
    { "prompt", "none" }, { "client_id", platform.client_id }, { "redirect_uri", address },
    { "login_hint", fields.login_hint }, { "state", state }, { "nonce", nonce } }
  ask[#ask + 1] = fields.lti_message_hint and { "lti_message_hint", fields.lti_message_hint } or nil
  local joint = platform.auth_url:find "?" and "&" or "?"
  local answer = twin.answer_redirect(platform.auth_url .. joint .. forms.encode(ask))
  local secure = address:find "^https:" and "; SameSite=None; Secure" or ""
  answer.headers["Set-Cookie"] = ("%s%s=%s; Path=/public; HttpOnly; Max-Age=%d%s"):format(COOKIE, state:sub(1, 16),
    bound, LOGIN_S, secure)
  answer.headers["Cache-Control"] = "no-store"
  return answer
end

-- ---------------------------------------------------------------------------------------------------
-- The id_token

-- The login that a state is of, which is used up; or nil and a reason.
local function take_login(twin, request, state)
  local login = twin.state.lti_logins[state or ""]
  if not login then
    return nil, "unknown_state"
  elseif cookie_of(request, COOKIE .. state:sub(1, 16)) ~= login.bound then
    return nil, "state_mismatch"
  end
  twin.state.lti_logins[state] = nil
  if login.until_at < twin.now() then
    return nil, "expired_state"
  end
  return login
end

-- Whether a key that is not known may be fetched: not more often than once in REFETCH_S.
local function may_fetch(twin, platform)
  return platform.jwks_url and (not platform.tried or twin.now() - platform.tried >= REFETCH_S)
end

local function check(twin, request, args, lti, fetched)
  local platform = find_platform(twin, args.login.issuer, args.login.client_id)
  if not platform then
    return lti.refuse(twin, "unknown_platform", { parameter = "iss" })
  end
  local told, reason, detail = jwt.verify(args.id_token, { keys = platform.jwks or { keys = {} },
    issuer = platform.issuer, audience = platform.client_id, nonce = args.login.nonce, now = twin.now(),
    leeway = LEEWAY_S })
  if reason == "unknown_key" and not fetched and may_fetch(twin, platform) then
    platform.tried = twin.now()
    return twin:fetch(platform.jwks_url, "lti_keys", args)
  elseif not told then
    return lti.refuse(twin, reason, detail)
  end
  reason, detail = claims.wrong(told, { deployment_ids = platform.deployment_ids,
    target_link_uri = args.login.target })
  if reason then
    return lti.refuse(twin, reason, detail)
  end
  local launch = claims.read(told)
  launch.key = platform.outcome_key
  return lti.perform(twin, request, launch)
end

function M.launch(twin, request, fields, lti)
  local login, reason = take_login(twin, request, fields.state)
  if not login then
    return lti.refuse(twin, reason, {})
  elseif fields.error then
    return lti.refuse(twin, "platform_error", { parameter = fields.error_description or fields.error })
  end
  return check(twin, request, { id_token = fields.id_token, login = login }, lti)
end

-- The platform's keys have come, or not.
function M.take_keys(twin, request, args, response, lti)
  local ok, set = pcall(json.decode, response.body or "")
  local platform = find_platform(twin, args.login.issuer, args.login.client_id)
  if response.why or response.status ~= 200 or not ok or type(set) ~= "table" or type(set.keys) ~= "table" then
    return lti.refuse(twin, "keys_unavailable",
      { parameter = response.why or ("HTTP %s"):format(tostring(response.status)) })
  elseif platform then
    platform.jwks = set
  end
  return check(twin, request, args, lti, true)
end

-- The custom parameters of an id_token, unchecked: for the log.
function M.custom_of(id_token)
  local header, told = jwt.read(id_token)
  local custom = header and told[claims.LTI .. "custom"]
  return type(custom) == "table" and custom or nil
end

return M
