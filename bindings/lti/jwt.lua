-- SPDX-License-Identifier: MIT
-- beadle.lti.jwt: signed claims (RFC 7519, in the compact form of RFC 7515), RS256 and nothing else, as the 1EdTech
-- Security Framework 1.0 has them. What a token says of algorithms and keys chooses nothing but one of the keys that
-- are known already. Nothing here waits, unless a function that it is given does.

local check = require "beadle.lti.check"
local error_value = require "beadle.error"
local json = require "beadle.json"
local keys = require "beadle.lti.keys"
local native = require "beadle.lti.native"

local M = {}

local LONGEST = 64 * 1024 -- our assumption: a launch has a few KiB
local LONGEST_KID = 1024
-- Parts of a header that bring or name a key (RFC 7515, section 4.1).
local KEY_PARTS = { "jku", "jwk", "x5u", "x5c" }

-- ---------------------------------------------------------------------------------------------------
-- Signing

-- sign(claims, key) -> compact text. The key is private; its kid goes into the header. Whole numbers are written as
-- integers.
function M.sign(claims, key)
  if type(claims) ~= "table" or json.is_array(claims) or claims[1] ~= nil then
    check.fail("jwt.sign", "the claims must be a table of names and values")
  elseif getmetatable(key) ~= "key" then
    check.fail("jwt.sign", "the key must be one of beadle.lti.keys")
  end
  local header = ('{"alg":"RS256","kid":%s,"typ":"JWT"}'):format(json.encode(key:kid()))
  local text = native.base64url(header) .. "."
    .. native.base64url(json.encode(claims, { integral_floats = "int" }))
  return text .. "." .. native.base64url(key:sign(text))
end

-- ---------------------------------------------------------------------------------------------------
-- Reading

-- A JSON object in base64url; nil, reason, detail.
local function read_object(part, name)
  local text = native.from_base64url(part)
  if not text then
    return nil, "malformed_token", { part = name, why = "it is not base64url without padding" }
  end
  local ok, value = pcall(json.decode, text, { null = true })
  if not ok then
    return nil, "malformed_token", { part = name, why = value.message or tostring(value) }
  elseif type(value) ~= "table" or json.is_array(value) then
    return nil, "malformed_token", { part = name, why = "it is no JSON object" }
  end
  return value
end

-- The parts of a token; nil, reason, detail.
local function split(token)
  if #token > LONGEST then
    return nil, "too_large", { length = #token, longest = LONGEST }
  end
  local header, claims, signature = token:match "^([^.]*)%.([^.]*)%.([^.]*)$"
  if not header then
    local _, dots = token:gsub("%.", "")
    return nil, "malformed_token", { why = ("it has %d parts instead of 3"):format(dots + 1) }
  end
  return { header = header, claims = claims, signature = signature }
end

local function read(token)
  local parts, reason, detail = split(token)
  if not parts then
    return nil, reason, detail
  end
  parts.header_value, reason, detail = read_object(parts.header, "header")
  if parts.header_value then
    parts.claims_value, reason, detail = read_object(parts.claims, "claims")
  end
  if not parts.claims_value then
    return nil, reason, detail
  end
  return parts
end

-- read(token) -> header, claims: what it says, unchecked, for looking at it; nil, reason, detail.
function M.read(token)
  if type(token) ~= "string" then
    check.fail("jwt.read", "the token must be a text")
  end
  local parts, reason, detail = read(token)
  if not parts then
    return nil, reason, detail
  end
  return parts.header_value, parts.claims_value
end

-- ---------------------------------------------------------------------------------------------------
-- Checking: header and key

-- What is wrong with a header; nil when nothing is.
local function wrong_header(header)
  if header.alg ~= "RS256" then
    return "wrong_algorithm", { given = tostring(header.alg), expected = "RS256" }
  elseif header.crit ~= nil then
    return "critical_header", { part = "crit" }
  end
  for _, name in ipairs(KEY_PARTS) do
    if header[name] ~= nil then
      return "key_in_header", { part = name }
    end
  end
  if header.typ ~= nil and (type(header.typ) ~= "string" or header.typ:upper() ~= "JWT") then
    return "wrong_type", { given = tostring(header.typ), expected = "JWT" }
  elseif header.kid == nil then
    return "missing_kid", {}
  elseif type(header.kid) ~= "string" or header.kid == "" or #header.kid > LONGEST_KID then
    return "malformed_token", { part = "kid", why = "it is no text, or too long" }
  end
  return nil
end

-- The key of a JSON Web Key Set under that name; nil, reason, detail.
local function find_in_set(set, kid)
  if type(set.keys) ~= "table" then
    check.fail("jwt.verify", "the keys are no JSON Web Key Set: they have no \"keys\"")
  end
  local found
  for _, jwk in ipairs(set.keys) do
    if type(jwk) == "table" and jwk.kid == kid then
      if found then
        return nil, "ambiguous_key", { kid = kid }
      end
      found = jwk
    end
  end
  return found
end

-- A key of beadle.lti.keys; nil, reason, detail.
local function find_key(known, kid)
  local key, reason, detail
  if type(known) == "function" then
    key = known(kid)
  elseif type(known) == "table" then
    key, reason, detail = find_in_set(known, kid)
  else
    key = known:kid() == kid and known or nil
  end
  if reason then
    return nil, reason, detail
  elseif key == nil then
    return nil, "unknown_key", { kid = kid }
  elseif type(key) == "table" then
    local why
    key, why = keys.read_jwk(key)
    if not key then
      return nil, "unusable_key", { kid = kid, why = why }
    end
  elseif getmetatable(key) ~= "key" then
    check.fail("jwt.verify", "a function that gives a key must give one of beadle.lti.keys, a JSON Web Key or nil")
  end
  return key
end

-- ---------------------------------------------------------------------------------------------------
-- Checking: claims

-- is_time(value): whether it can be a claim's time, in seconds since 1970.
function M.is_time(value)
  return type(value) == "number" and value >= 0 and value < 1e15
end

-- wrong_audience(claims, audience) -> reason, detail; nil when they are for that audience.
function M.wrong_audience(claims, audience)
  local list = claims.aud
  if type(list) == "string" then
    list = { list }
  end
  if type(list) ~= "table" or (claims.azp ~= nil and type(claims.azp) ~= "string") then
    return "malformed_claim", { claim = type(list) == "table" and "azp" or "aud" }
  end
  local found, count = false, 0
  for key, each in pairs(list) do
    if type(key) ~= "number" or type(each) ~= "string" then
      return "malformed_claim", { claim = "aud" }
    end
    found, count = found or each == audience, count + 1
  end
  if not found then
    return "wrong_audience", { given = claims.aud, expected = audience }
  elseif claims.azp == nil and count > 1 then -- OpenID Connect Core 1.0, "ID Token Validation"
    return "missing_claim", { claim = "azp" }
  elseif claims.azp ~= nil and claims.azp ~= audience then
    return "wrong_authorized_party", { given = claims.azp, expected = audience }
  end
  return nil
end

local function wrong_times(claims, now, leeway, max_age)
  local detail = { now = now, exp = claims.exp, iat = claims.iat, nbf = claims.nbf, leeway = leeway }
  if now >= claims.exp + leeway then
    return "expired", detail
  elseif claims.nbf and now < claims.nbf - leeway then
    return "not_yet_valid", detail
  elseif claims.iat > now + leeway then
    return "issued_in_future", detail
  elseif now - claims.iat > max_age + leeway then
    detail.max_age = max_age
    return "stale_token", detail
  end
  return nil
end

local function wrong_claims(claims, options, now)
  for _, name in ipairs { "iss", "aud", "exp", "iat" } do
    if claims[name] == nil then
      return "missing_claim", { claim = name }
    end
  end
  for _, name in ipairs { "exp", "iat", "nbf" } do
    if claims[name] ~= nil and not M.is_time(claims[name]) then
      return "malformed_claim", { claim = name }
    end
  end
  if claims.iss ~= options.issuer then
    return "wrong_issuer", { given = tostring(claims.iss), expected = options.issuer }
  end
  local reason, detail = M.wrong_audience(claims, options.audience)
  if reason then
    return reason, detail
  end
  return wrong_times(claims, now, options.leeway or 60, options.max_age or 3600)
end

local function wrong_nonce(claims, options, now)
  local nonce = claims.nonce
  if not options.nonce and not options.nonces then
    return nil
  elseif nonce == nil or nonce == "" then
    return "missing_claim", { claim = "nonce" }
  elseif type(nonce) ~= "string" or #nonce > LONGEST_KID then
    return "malformed_claim", { claim = "nonce" }
  elseif options.nonce and not native.equal(nonce, options.nonce) then
    return "wrong_nonce", { given = nonce }
  elseif options.nonces then
    local leeway, max_age = options.leeway or 60, options.max_age or 3600
    local until_when = math.min(claims.exp, claims.iat + max_age) + leeway + 1
    if not options.nonces:use(claims.iss .. " " .. options.audience, nonce, until_when, now) then
      return "replayed_nonce", { nonce = nonce }
    end
  end
  return nil
end

local VERIFY = { keys = "table|function|key", issuer = "string", audience = "string", nonce = "string|boolean?",
  nonces = "table|userdata?", now = "number?", leeway = "number?", max_age = "number?" }

-- verify(token, { keys, issuer, audience, nonce = | nonces =, now =, leeway = 60, max_age = 3600 }) -> claims, header;
-- or nil, reason, detail. docs/lti.md, "Why a signature is refused", has the reasons.
--
-- `keys` is a JSON Web Key Set, a key, or a function(kid) that gives a key, a JSON Web Key or nil; jwt.jwks makes one.
-- `nonce` is the text that was sent, `nonces` a store that knows those that were used; nonce = false where a replay
-- does no harm. Times are seconds; a token is refused that is older than max_age, whatever it says. The nonce is used
-- up last, so that nobody but the issuer can use one up. A JSON null in the claims is json.null.
function M.verify(token, options)
  local operation = "jwt.verify"
  check.options(operation, options, VERIFY)
  if type(token) ~= "string" then
    check.fail(operation, "the token must be a text")
  elseif options.nonce == true or (options.nonce == nil and not options.nonces) then
    check.fail(operation, "the option \"nonce\" is missing", "Give the nonce that was sent, or a store as nonces.")
  end
  local parts, reason, detail = read(token)
  if not parts then
    return nil, reason, detail
  end
  local header, claims = parts.header_value, parts.claims_value
  reason, detail = wrong_header(header)
  if reason then
    return nil, reason, detail
  elseif parts.signature == "" then
    return nil, "missing_signature", {}
  end
  local signature = native.from_base64url(parts.signature)
  if not signature then
    return nil, "malformed_token", { part = "signature", why = "it is not base64url without padding" }
  end
  local key
  key, reason, detail = find_key(options.keys, header.kid)
  if not key then
    return nil, reason, detail
  elseif not key:verify(parts.header .. "." .. parts.claims, signature) then
    return nil, "bad_signature", { kid = header.kid, length = #signature }
  end
  local now = options.now or native.now()
  reason, detail = wrong_claims(claims, options, now)
  if not reason then
    reason, detail = wrong_nonce(claims, options, now)
  end
  if reason then
    return nil, reason, detail
  end
  return claims, header
end

-- ---------------------------------------------------------------------------------------------------
-- Keys of somebody else

local Keyring = {}
Keyring.__index = Keyring

local function refuse_set(why)
  error(error_value.new { kind = "decode", operation = "jwt.jwks",
    message = "the key set cannot be used: " .. why }, 0)
end

-- name -> key. Keys of other kinds are passed over, as RFC 7517, section 5, asks; of two with one name neither is
-- taken, for which one was meant cannot be known.
local function read_set(set)
  if type(set) ~= "table" or type(set.keys) ~= "table" then
    refuse_set "it has no \"keys\""
  elseif #set.keys > 100 then -- our assumption: a platform has a few
    refuse_set "it has more than 100 keys"
  end
  local known, twice = {}, {}
  for _, jwk in ipairs(set.keys) do
    local key = type(jwk) == "table" and type(jwk.kid) == "string" and keys.read_jwk(jwk)
    if key then
      twice[jwk.kid] = known[jwk.kid] ~= nil
      known[jwk.kid] = key
    end
  end
  for kid, is_twice in pairs(twice) do
    known[kid] = not is_twice and known[kid] or nil
  end
  return known
end

-- Whether the error ended the task, and says nothing of what the task was doing: beadle.try lets only such through.
local function is_own_end(err)
  return error_value.is(err) and not pcall(beadle.try, error, err, 0)
end

-- Fetches once for all tasks that ask meanwhile. `why` stays the error of the last attempt.
function Keyring:fetch()
  local flight = { done = false }
  self.flight, self.tried = flight, self.now()
  local ok, known = pcall(function()
    return read_set(self.get())
  end)
  self.flight = nil
  if ok then
    self.known, self.fetched, self.why = known, self.tried, nil
  elseif is_own_end(known) then
    self.tried = nil -- who asked is gone: the next may ask
  else
    self.why = known
  end
  if flight.event then
    flight.event:set()
  end
  if not ok then
    error(known, 0)
  end
end

function Keyring:wait()
  local flight = self.flight
  flight.event = flight.event or require "beadle.task".event()
  flight.event:wait()
end

-- Whether another attempt is allowed now. A clock that went back does not forbid it for longer.
function Keyring:may_fetch(now)
  return not self.tried or now - self.tried >= self.minimum or now < self.tried
end

function Keyring:find(kid)
  while self.flight do
    self:wait()
  end
  local now = self.now()
  local fresh = self.fetched and now - self.fetched < self.max_age and now >= self.fetched
  if fresh and self.known[kid] then
    return self.known[kid]
  elseif self:may_fetch(now) then
    self:fetch()
    return self.known[kid]
  elseif not fresh and self.why then
    error(self.why, 0)
  end
  return fresh and self.known[kid] or nil
end

-- jwks { fetch, now =, minimum = 60, max_age = 86400 } -> function(kid) -> key, or nil. `fetch` gives a JSON Web Key
-- Set as a table, and may wait; it is called for a name that is not known, or when the set is older than max_age, and
-- at most once in `minimum` seconds, whatever tokens ask for. Tasks that ask meanwhile wait for the same answer. While
-- it cannot be fetched and nothing fresh is known, the error of the last attempt is raised.
function M.jwks(options)
  check.options("jwt.jwks", options,
    { fetch = "function", now = "function?", minimum = "number?", max_age = "number?" })
  local ring = setmetatable({ get = options.fetch, now = options.now or native.now,
    minimum = options.minimum or 60, max_age = options.max_age or 86400, known = {} }, Keyring)
  return function(kid)
    return ring:find(kid)
  end
end

return M
