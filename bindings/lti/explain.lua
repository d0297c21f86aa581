-- SPDX-License-Identifier: MIT
-- Looks at a launch that somebody is debugging and says what is wrong with it, the first thing first. The clock comes
-- behind the signature: a launch that is looked at the day after is always too old.
--
-- explain(text, options) -> report { what, fields, checks = list of { name, state, text }, first = the first that is
-- wrong, comparison = { here, there } base strings, claims }
--   state is "ok", "wrong" or "open": what was not checked, for want of what it takes
-- options: url (where it was sent), secret, now, window, base_string (the sender's), jwks (a key set), issuer,
-- client_id, deployment_id, nonce.
-- Reads an id_token, an URL-encoded body, a JSON object of fields, a page with a form, or a request with its headers
-- and body.

local claims = require "beadle.lti.claims"
local forms = require "beadle.lti.forms"
local json = require "beadle.json"
local jwt = require "beadle.lti.jwt"
local oauth1 = require "beadle.lti.oauth1"
local time = require "beadle.time"
local trials = require "beadle.lti.explain_trials"
local verify = require "beadle.lti.verify"
local words = require "beadle.lti.explain_words"

local M = {}

local Report = {}
Report.__index = Report

function Report:add(name, state, text)
  local check = { name = name, state = state, text = text }
  table.insert(self.checks, check)
  if state == "wrong" and not self.first then
    self.first = check
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What it is

local function is_token(text)
  return text:find "^[%w_%-]+%.[%w_%-]+%.[%w_%-]*$" ~= nil
end

-- A request as it was written down: an optional line "POST /path HTTP/1.1", headers, an empty line, the body.
local function read_request(text)
  local head, body = text:gsub("\r\n", "\n"):match "^(.-)\n\n(.*)$"
  if not head then
    head, body = text:gsub("\r\n", "\n"), ""
  end
  local found = { headers = {}, body = text:match "\r\n\r\n(.*)$" or body }
  for line in (head .. "\n"):gmatch "(.-)\n" do
    local method, target = line:match "^(%u+) (%S+) HTTP/%d"
    local name, value = line:match "^([%w%-]+):%s*(.-)%s*$"
    if method then
      found.method, found.target = method, target
    elseif name then
      found.headers[name:lower()] = value
    end
  end
  return found
end

local function of_json(text)
  local ok, value = pcall(json.decode, text)
  if not ok or type(value) ~= "table" then
    return nil
  end
  local fields = {}
  for name, each in pairs(value) do
    if type(each) == "string" or type(each) == "number" then
      fields[name] = tostring(each)
    end
  end
  return next(fields) and forms.list(fields) or nil
end

-- read(text) -> { token } | { fields, url, method } | { authorization, body, url, method }; nil and why not.
function M.read(text)
  local trimmed = text:match "^%s*(.-)%s*$"
  if trimmed == "" then
    return nil, "there is nothing to look at"
  elseif is_token(trimmed) then
    return { token = trimmed }
  elseif trimmed:find "^<" then
    local form = forms.of_html(trimmed)
    if not form then
      return nil, trimmed:find "imsx_POX" and "it is the body of an outcome: its Authorization header is needed too"
        or "the page has no form"
    end
    local url = form.action:find "^https?://" and form.action or nil
    return { fields = form.fields, url = url, method = form.method }
  elseif trimmed:find "^%{" then
    local fields = of_json(trimmed)
    return fields and { fields = fields } or nil, "the JSON is no object of names and texts"
  elseif trimmed:find "^%u+ %S+ HTTP/" or trimmed:find "^[%w%-]+:%s" then
    local request = read_request(text)
    local host = request.headers.host
    local url = request.target and (request.target:find "^https?:" and request.target
      or host and "https://" .. host .. request.target) or nil
    if request.headers.authorization and request.headers.authorization:find "^[Oo][Aa]uth" then
      return { authorization = request.headers.authorization, body = request.body, url = url, method = request.method }
    end
    local fields, why = forms.decode(request.body:match "^%s*(.-)%s*$")
    return fields and #fields > 0 and { fields = fields, url = url, method = request.method } or nil,
      why or "the request has no form"
  end
  local fields, why = forms.decode(trimmed:gsub("[\r\n]", ""))
  if not fields then
    return nil, why
  elseif #fields == 0 or not trimmed:find "=" then
    return nil, "it is neither an id_token nor a form, a page with a form or a request"
  end
  return { fields = fields }
end

-- ---------------------------------------------------------------------------------------------------
-- LTI 1.1, and outcomes

local function check_clock(report, timestamp, options)
  local number = math.tointeger(tonumber(timestamp))
  local window, now = options.window or 300, options.now or time.now()
  if not number then
    return report:add("clock", "wrong", ("oauth_timestamp is \"%s\", not whole seconds since 1970"):format(timestamp))
  end
  local text = ("signed %s, %s; tools allow %d s"):format(time.iso(number), words.distance(number - now), window)
  if number > 1e11 then
    text = text .. ". It looks like milliseconds"
  end
  report:add("clock", math.abs(number - now) <= window and "ok" or "wrong", text)
end

local DIFFER = "the base strings differ: see below"

-- Why a signature is wrong, by what would have made it right.
local function explain_signature(report, request, options, detail)
  local here = detail.base_string
  if options.base_string then
    report.comparison = { here = here, there = options.base_string }
    if here == options.base_string then
      return "both sides sign the same base string, so the secrets differ, or one side forgets the & behind it"
    end
    return DIFFER
  end
  local trial = trials.find(request, options)
  if trial then
    report.comparison = trial.base_string ~= here and { here = here, there = trial.base_string } or nil
    return trial.text
  end
  return "the signature is of another secret, address or content. The base string of this side is below: compare it "
    .. "with the sender's (--base-string)"
end

-- Of a signature that cannot be computed: the sender's base string can be compared all the same.
local function without_secret(report, key, options)
  local wanted = ("give the secret of \"%s\": --secret-env or --secret-file"):format(key)
  if not options.base_string then
    return report:add("signature", "open", wanted)
  elseif options.base_string == report.base_string then
    return report:add("signature", "open", "both sides sign the same base string; " .. wanted)
  end
  report.comparison = { here = report.base_string, there = options.base_string }
  report:add("signature", "wrong", DIFFER)
end

-- The reasons of oauth1.verify that are about a part that a check of its own has.
local CHECK_OF = {
  wrong_method = "method", missing_parameter = "OAuth fields", duplicate_parameter = "OAuth fields",
  wrong_version = "OAuth fields", unexpected_parameter = "OAuth fields", malformed_parameter = "OAuth fields",
  missing_body_hash = "OAuth fields", malformed_authorization = "OAuth fields", wrong_body_hash = "body",
  not_utf8 = "OAuth fields", too_large = "OAuth fields", malformed_url = "address",
}

local function check_signature(report, request, options)
  local url, key = options.url or request.url, request.key
  if not url then
    return report:add("signature", "open", "the address that it was sent to is not known: give --url")
  end
  local signed, reason, detail = oauth1.verify { method = request.method or "POST", url = url,
    fields = request.fields, authorization = request.authorization, body = request.body, nonces = false,
    now = tonumber(request.timestamp) or 0, lookup = function() return options.secret end }
  if signed then
    report.base_string = signed.base_string
    return report:add("signature", "ok", ("fits the secret of \"%s\" and the address %s"):format(key, url))
  elseif reason == "unknown_key" then
    report.base_string = detail.base_string
    return without_secret(report, key, options)
  elseif reason == "bad_signature" then
    report.base_string = detail.base_string
    local bare = { method = request.method or "POST", url = url, fields = request.fields, body = request.body,
      signature = request.signature }
    return report:add("signature", "wrong", explain_signature(report, bare, options, detail))
  end
  report:add(CHECK_OF[reason] or "signature", "wrong", words.of(reason, detail))
end

-- The fields of OAuth of an Authorization header, unchecked.
local function of_header(header)
  local found = {}
  for name, value in header:gmatch "([%w_]+)%s*=%s*\"([^\"]*)\"" do
    found[#found + 1] = { name, (value:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)) }
  end
  return found
end

local function explain_oauth(report, read, options)
  local map = forms.map(read.fields or of_header(read.authorization))
  local request = { method = read.method, url = read.url, fields = read.fields, authorization = read.authorization,
    body = read.authorization and read.body or nil, key = map.oauth_consumer_key or "",
    timestamp = map.oauth_timestamp, signature = map.oauth_signature or "" }
  if read.fields then
    local reason, detail = verify.wrong_message(read.fields)
    report:add("message", reason and "wrong" or "ok", reason and words.of(reason, detail)
      or "basic-lti-launch-request, LTI-1p0, with a resource_link_id")
  end
  for _, name in ipairs { "oauth_consumer_key", "oauth_signature_method", "oauth_timestamp", "oauth_nonce",
    "oauth_signature" } do
    if (map[name] or "") == "" then
      return report:add("OAuth fields", "wrong", ("%s is missing"):format(name))
    end
  end
  if map.oauth_signature_method ~= "HMAC-SHA1" then
    report:add("method", "wrong", ("oauth_signature_method is %s; LTI 1.1 signs with HMAC-SHA1"):format(
      map.oauth_signature_method))
  end
  if options.key and options.key ~= map.oauth_consumer_key then
    report:add("key", "wrong", ("the consumer key is \"%s\", not \"%s\""):format(map.oauth_consumer_key, options.key))
  end
  check_signature(report, request, options)
  check_clock(report, map.oauth_timestamp, options)
  report:add("nonce", "open", "whether the tool has seen the nonce before, only the tool knows")
  report.fields = read.fields or of_header(read.authorization)
end

-- ---------------------------------------------------------------------------------------------------
-- LTI 1.3

local function check_header(report, header)
  if header.alg ~= "RS256" then
    return report:add("algorithm", "wrong", ("alg is %s; LTI 1.3 takes RS256 only"):format(tostring(header.alg)))
  elseif type(header.kid) ~= "string" then
    return report:add("key", "wrong", "the header names no key (kid)")
  end
  report:add("algorithm", "ok", "RS256")
end

local function check_times(report, told, now)
  local issued, ends, begins = told.iat, told.exp, told.nbf
  if not jwt.is_time(issued) or not jwt.is_time(ends) then
    return report:add("clock", "wrong", "iat and exp must be there, seconds since 1970")
  elseif begins ~= nil and not jwt.is_time(begins) then
    return report:add("clock", "wrong", "nbf must be seconds since 1970")
  elseif begins and now < begins - 60 then
    return report:add("clock", "wrong", ("not valid before %s (nbf), %s"):format(time.iso(begins),
      words.distance(begins - now)))
  end
  local text = ("issued %s, %s; ends %s, %s"):format(time.iso(issued), words.distance(issued - now), time.iso(ends),
    words.distance(ends - now))
  local wrong = now >= ends + 60 or issued > now + 60 or now - issued > 3660
  report:add("clock", wrong and "wrong" or "ok", text)
end

local function check_expected(report, name, given, expected, flag)
  if expected == nil then
    report:add(name, "open", ("is %s; %s says what it should be"):format(tostring(given), flag))
  else
    report:add(name, given == expected and "ok" or "wrong", given == expected and tostring(given)
      or ("is %s, not %s"):format(tostring(given), expected))
  end
end

local function check_audience(report, told, options)
  local list = {}
  for i, each in ipairs(type(told.aud) == "table" and told.aud or { told.aud }) do
    list[i] = tostring(each)
  end
  local text = #list > 0 and table.concat(list, " ") or tostring(told.aud)
  if options.client_id == nil then
    return report:add("audience", "open", ("is %s; --client-id says what it should be"):format(text))
  end
  local reason, detail = jwt.wrong_audience(told, options.client_id)
  if reason == "wrong_audience" then
    return report:add("audience", "wrong", ("is %s, not %s"):format(text, options.client_id))
  end
  report:add("audience", reason and "wrong" or "ok", reason and words.of(reason, detail) or text)
end

-- Reasons that jwt.verify finds in claims whose signature fits; they have checks of their own.
local AFTER_THE_SIGNATURE = { expired = true, not_yet_valid = true, issued_in_future = true, stale_token = true,
  missing_claim = true, malformed_claim = true, wrong_audience = true, wrong_authorized_party = true }

local function check_token_signature(report, token, header, told, options)
  if not options.jwks then
    return report:add("signature", "open", ("give the platform's keys to check it (key %s): --jwks"):format(
      tostring(header.kid)))
  end
  local audience = type(told.aud) == "table" and (told.azp or told.aud[1]) or told.aud
  local ok, reason, detail = jwt.verify(token, { keys = options.jwks, issuer = tostring(told.iss),
    audience = tostring(audience), nonce = false, now = jwt.is_time(told.iat) and told.iat or 0 })
  if ok or AFTER_THE_SIGNATURE[reason] then
    return report:add("signature", "ok", ("by the key %s of the set"):format(header.kid))
  elseif reason == "unknown_key" then
    return report:add("key", "wrong", ("the key %s is not in the set, which has %s"):format(tostring(header.kid),
      words.kids(options.jwks)))
  end
  report:add(reason == "bad_signature" and "signature" or "token", "wrong", words.of(reason, detail))
end

local function explain_token(report, token, options)
  local header, told, detail = jwt.read(token)
  if not header then
    return report:add("token", "wrong", words.of(told, detail))
  end
  report.header, report.claims = header, told
  check_header(report, header)
  check_token_signature(report, token, header, told, options)
  check_times(report, told, options.now or time.now())
  check_expected(report, "issuer", told.iss, options.issuer, "--issuer")
  check_audience(report, told, options)
  check_expected(report, "deployment", told[claims.LTI .. "deployment_id"], options.deployment_id, "--deployment-id")
  if type(told.nonce) ~= "string" or told.nonce == "" then
    report:add("nonce", "wrong", "there is none")
  else
    check_expected(report, "nonce", told.nonce, options.nonce, "--nonce")
  end
  local reason, more = claims.wrong(told, {})
  report:add("claims", reason and "wrong" or "ok", reason and words.of(reason, more)
    or "message type, version, deployment, target and resource link are there")
end

-- ---------------------------------------------------------------------------------------------------

local function explain_answer(report, map, options)
  report.fields = { { "state", map.state or "" } }
  if (map.state or "") == "" then
    report:add("state", "wrong", "there is no state beside the id_token")
  else
    report:add("state", "open", "whether it is the browser's own, only the tool knows")
  end
  explain_token(report, map.id_token, options)
end

function M.explain(text, options)
  local report = setmetatable({ checks = {} }, Report)
  local read, why = M.read(text)
  if not read then
    report.what = "no launch"
    report:add("form", "wrong", why)
    return report
  end
  local map = read.fields and forms.map(read.fields) or {}
  if read.token then
    report.what = "id_token of LTI 1.3"
    explain_token(report, read.token, options)
  elseif map.id_token then
    report.what = "answer of a platform of LTI 1.3"
    explain_answer(report, map, options)
  elseif map.error then
    report.what, report.fields = "refusal of a platform of LTI 1.3", read.fields
    report:add("answer", "wrong", ("the platform says %s: %s"):format(map.error, map.error_description or "no more"))
  elseif map.login_hint then
    report.what, report.fields = "login initiation, or request for authentication, of LTI 1.3", read.fields
    report:add("message", "open", "it is no launch yet: nothing in it is signed")
  elseif read.authorization then
    report.what = "request signed in its Authorization header, as outcomes are"
    explain_oauth(report, read, options)
  else
    report.what, report.fields = ("launch of LTI 1.1, %d fields"):format(#read.fields), read.fields
    explain_oauth(report, read, options)
  end
  return report
end

return M
