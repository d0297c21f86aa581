-- SPDX-License-Identifier: MIT
-- beadle.lti.oauth1: requests signed with a consumer's key and secret, without a token: OAuth 1.0 (RFC 5849) as the
-- LTI Implementation Guide 1.1 ("LTI Security Model") uses it for forms, and OAuth Request Body Hash as LTI Basic
-- Outcomes 1.1 uses it for bodies. Nothing here waits, unless a function that it is given does.
--
-- Fields are a list of {name, value}, or a table of names and values; a value is a text, a number, or (in a table of
-- names) a list of them. They are plain: not encoded. Secrets are secrets or texts. The method of signing is what the
-- option signature_method says, "HMAC-SHA1" unless told otherwise, never what a request asks for.

local check = require "beadle.lti.check"
local error_value = require "beadle.error"
local native = require "beadle.lti.native"

local M = {}

local MOST_FIELDS, LONGEST_FIELDS = 2000, 4 * 1024 * 1024 -- our assumption: a launch has some dozens
local LONGEST_NONCE = 255 -- our assumption: the standards name no length
local METHODS = { ["HMAC-SHA1"] = true, ["HMAC-SHA256"] = true }
local REQUIRED = { "oauth_consumer_key", "oauth_signature_method", "oauth_timestamp", "oauth_nonce",
  "oauth_signature" }

-- encode(text): percent-encoded as RFC 5849, section 3.6 has it.
M.encode = native.encode

-- nonce() -> text: 128 random bits. In the sandbox they follow from the run's seed.
M.nonce = native.nonce

-- ---------------------------------------------------------------------------------------------------
-- Fields

local function text_of(operation, name, value)
  if type(value) == "string" then
    return value
  elseif math.type(value) == "integer" then
    return ("%d"):format(value)
  elseif type(value) == "number" then
    return tostring(value)
  end
  return check.fail(operation, ("the field \"%s\" must be a text or a number, not a %s"):format(tostring(name),
    type(value)))
end

local function add_field(operation, flat, name, value)
  if type(name) ~= "string" then
    check.fail(operation, "the name of a field must be a text")
  elseif type(value) == "table" then
    for _, each in ipairs(value) do
      add_field(operation, flat, name, each)
    end
  else
    flat[#flat + 1] = name
    flat[#flat + 1] = text_of(operation, name, value)
  end
end

-- A flat list of names and values. Those of a table of names come in the order of the names.
local function flatten(operation, fields)
  local flat = {}
  if fields[1] ~= nil then
    for _, field in ipairs(fields) do
      if type(field) ~= "table" then
        check.fail(operation, "the fields must be a list of {name, value}, or a table of names and values")
      end
      add_field(operation, flat, field[1], text_of(operation, field[1], field[2]))
    end
    return flat
  end
  local names = {}
  for name in pairs(fields) do
    if type(name) ~= "string" then
      check.fail(operation, "the fields must be a list of {name, value}, or a table of names and values")
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    add_field(operation, flat, name, fields[name])
  end
  return flat
end

local function append(flat, more)
  table.move(more, 1, #more, #flat + 1, flat)
end

-- Of a wrong list: the word for it, and the field.
local function wrong_fields(flat)
  local size = 0
  for i = 1, #flat, 2 do
    size = size + #flat[i] + #flat[i + 1]
    if not utf8.len(flat[i]) or not utf8.len(flat[i + 1]) then
      return "not_utf8", (utf8.len(flat[i]) and flat[i] or "number " .. (i + 1) // 2)
    end
  end
  if #flat // 2 > MOST_FIELDS or size > LONGEST_FIELDS then
    return "too_large"
  end
  return nil
end

local function without_signature(flat)
  local rest = {}
  for i = 1, #flat, 2 do
    if flat[i] ~= "oauth_signature" then
      rest[#rest + 1], rest[#rest + 2] = flat[i], flat[i + 1]
    end
  end
  return rest
end

-- ---------------------------------------------------------------------------------------------------
-- Signing

local function method_of(operation, options)
  local method = options.signature_method or "HMAC-SHA1"
  if not METHODS[method] then
    check.fail(operation, ("the signature_method \"%s\" is neither HMAC-SHA1 nor HMAC-SHA256"):format(method))
  end
  return method
end

-- The base string of fields that are flat; the parameters of the address are added.
local function base_string(method, url, flat)
  url = url:gsub("#.*", "")
  local query, wrong = native.query(url)
  if not query then
    return nil, wrong
  end
  local all = without_signature(flat)
  append(all, query)
  return native.base_string(method, url, all)
end

local function checked_base_string(operation, method, url, flat)
  local wrong, field = wrong_fields(flat)
  if wrong == "not_utf8" then
    check.fail(operation, ("the field %s is not UTF-8"):format(field))
  elseif wrong then
    check.fail(operation, "there are too many fields, or they are too long")
  end
  local text, why = base_string(method, url, flat)
  return text or check.fail(operation, "the url cannot be used: " .. why)
end

-- base_string { method, url, fields } -> text. A field oauth_signature is left out.
function M.base_string(options)
  check.options("oauth1.base_string", options, { method = "string", url = "string", fields = "table" })
  return checked_base_string("oauth1.base_string", options.method, options.url,
    flatten("oauth1.base_string", options.fields))
end

-- sign { method, url, fields, secret } -> the signature, in base64.
function M.sign(options)
  check.options("oauth1.sign", options,
    { method = "string", url = "string", fields = "table", secret = "secret", signature_method = "string?" })
  local text = checked_base_string("oauth1.sign", options.method, options.url,
    flatten("oauth1.sign", options.fields))
  return native.signature(method_of("oauth1.sign", options), text, options.secret)
end

-- The fields of OAuth that a signed request has, flat.
local function oauth_fields(operation, options)
  local timestamp = options.timestamp or math.floor(native.now())
  if math.tointeger(timestamp) == nil or timestamp < 0 then
    check.fail(operation, "the option \"timestamp\" must be whole seconds since 1970")
  elseif options.key == "" then
    check.fail(operation, "the option \"key\" is empty")
  end
  return {
    "oauth_consumer_key", options.key,
    "oauth_nonce", options.nonce or native.nonce(),
    "oauth_signature_method", method_of(operation, options),
    "oauth_timestamp", ("%d"):format(math.tointeger(timestamp)),
    "oauth_version", "1.0",
  }
end

local function refuse_oauth_fields(operation, flat)
  for i = 1, #flat, 2 do
    if flat[i]:sub(1, 6) == "oauth_" then
      check.fail(operation, ("the field \"%s\" is made by signing"):format(flat[i]),
        "Leave it out; key, nonce, timestamp and callback are options.")
    end
  end
end

-- A browser submits every line break of a form as CR LF (HTML, "Constructing the entry list").
local function normalise_breaks(flat)
  for i, text in ipairs(flat) do
    flat[i] = text:gsub("\r\n?", "\n"):gsub("\n", "\r\n")
  end
end

-- sign_form { url, fields, key, secret, timestamp =, nonce =, callback =, signature_method = } -> a list of
-- {name, value}: the fields, then those of OAuth, the signature last, ready to be sent by POST. `callback` is
-- "about:blank" unless it is another text, or false for none. Line breaks in values become CR LF, as browsers send
-- them.
function M.sign_form(options)
  local operation = "oauth1.sign_form"
  check.options(operation, options, { url = "string", fields = "table", key = "string", secret = "secret",
    timestamp = "number?", nonce = "string?", callback = "string|boolean?", signature_method = "string?" })
  local flat = flatten(operation, options.fields)
  refuse_oauth_fields(operation, flat)
  normalise_breaks(flat)
  append(flat, oauth_fields(operation, options))
  if options.callback ~= false then
    append(flat, { "oauth_callback", type(options.callback) == "string" and options.callback or "about:blank" })
  end
  local text = checked_base_string(operation, "POST", options.url, flat)
  append(flat, { "oauth_signature", native.signature(method_of(operation, options), text, options.secret) })
  local signed = {}
  for i = 1, #flat, 2 do
    signed[#signed + 1] = { flat[i], flat[i + 1] }
  end
  return signed
end

-- sign_body { url, body, key, secret, method = "POST", timestamp =, nonce =, realm = "", signature_method = } -> the
-- value of the Authorization header.
function M.sign_body(options)
  local operation = "oauth1.sign_body"
  check.options(operation, options, { method = "string?", url = "string", body = "string", key = "string",
    secret = "secret", timestamp = "number?", nonce = "string?", realm = "string?", signature_method = "string?" })
  local method = method_of(operation, options)
  local realm = options.realm or ""
  if realm:find "[%c\"\\]" then
    check.fail(operation, "the realm holds a quote, a backslash or a control character")
  end
  local flat = { "oauth_body_hash", native.body_hash(method, options.body) }
  append(flat, oauth_fields(operation, options))
  local text = checked_base_string(operation, options.method or "POST", options.url, flat)
  append(flat, { "oauth_signature", native.signature(method, text, options.secret) })
  local parts = { ("realm=\"%s\""):format(realm) }
  for i = 1, #flat, 2 do
    parts[#parts + 1] = ("%s=\"%s\""):format(native.encode(flat[i]), native.encode(flat[i + 1]))
  end
  return "OAuth " .. table.concat(parts, ",")
end

-- ---------------------------------------------------------------------------------------------------
-- Checking

-- All parameters of the request, flat, with those of the header and the address; nil, reason, detail.
local function read_request(options)
  local flat = options.fields and flatten("oauth1.verify", options.fields) or {}
  local header = options.authorization
  if type(header) == "table" then
    if #header > 1 then
      return nil, "two_authorizations", { count = #header }
    end
    header = header[1]
  end
  if not header and options.body then
    return nil, "missing_authorization", {}
  elseif header then
    local parameters, why = native.authorization(header)
    if not parameters then
      return nil, "malformed_authorization", { why = why }
    end
    append(flat, parameters)
  end
  local query, why = native.query(options.url)
  if not query then
    return nil, "malformed_url", { why = why }
  end
  local all = table.move(flat, 1, #flat, 1, {})
  append(all, query)
  local wrong, field = wrong_fields(all)
  if wrong then
    return nil, wrong, { parameter = field }
  end
  return all, flat
end

-- The parameters of OAuth by name; nil, reason, detail.
local function read_oauth(all)
  local oauth = {}
  for i = 1, #all, 2 do
    local name = all[i]
    if name:sub(1, 6) == "oauth_" then
      if oauth[name] then
        return nil, "duplicate_parameter", { parameter = name }
      end
      oauth[name] = all[i + 1]
    end
  end
  return oauth
end

-- What can be said before anything is computed; nil when all is well.
local function wrong_oauth(oauth, options, method)
  for _, name in ipairs(REQUIRED) do
    if (oauth[name] or "") == "" then
      return "missing_parameter", { parameter = name, empty = oauth[name] ~= nil }
    end
  end
  if options.body and not oauth.oauth_body_hash then
    return "missing_body_hash", { parameter = "oauth_body_hash" }
  elseif (oauth.oauth_token or "") ~= "" then
    return "unexpected_parameter", { parameter = "oauth_token" }
  elseif oauth.oauth_version and oauth.oauth_version ~= "1.0" then
    return "wrong_version", { parameter = "oauth_version", given = oauth.oauth_version }
  elseif oauth.oauth_signature_method ~= method then
    return "wrong_method", { parameter = "oauth_signature_method", given = oauth.oauth_signature_method,
      expected = method }
  elseif not oauth.oauth_timestamp:find "^[1-9]%d*$" or #oauth.oauth_timestamp > 15 then
    return "malformed_parameter", { parameter = "oauth_timestamp", given = oauth.oauth_timestamp:sub(1, 40) }
  elseif #oauth.oauth_nonce > LONGEST_NONCE then
    return "malformed_parameter", { parameter = "oauth_nonce", length = #oauth.oauth_nonce }
  end
  return nil
end

local function find_secret(lookup, key)
  local secret = lookup(key)
  if secret ~= nil and not native.is_secret(secret) then
    error(error_value.new { kind = "argument", operation = "oauth1.verify", outcome = "none",
      message = "lookup must give a secret, a text or nil, not a " .. type(secret) }, 0)
  end
  return secret
end

-- Of a request that its consumer has signed: whether it is fresh and came once.
local function wrong_time(oauth, options, now, window)
  local timestamp = math.tointeger(oauth.oauth_timestamp)
  local detail = { timestamp = timestamp, now = now, window = window }
  if now - timestamp > window then
    return "stale_timestamp", detail
  elseif timestamp - now > window then
    return "future_timestamp", detail
  elseif options.nonces
    and not options.nonces:use(oauth.oauth_consumer_key, oauth.oauth_nonce, timestamp + window + 1, now) then
    return "replayed_nonce", { nonce = oauth.oauth_nonce }
  end
  return nil
end

-- verify { method, url, fields = | authorization =, body =, lookup, nonces, window = 300, now =, signature_method = }
-- -> { key, timestamp, nonce, base_string }; or nil, reason, detail. docs/lti.md, "Why a signature is refused", has the
-- reasons.
--
-- A form gives its fields; with `body` the request is one that is signed in its Authorization header, hash of the body
-- included. `authorization` is the header's value, or the list of all that came. lookup(key) gives the consumer's
-- secret or nil. `nonces` is a store of beadle.lti.nonces, or false where a replay does no harm, as in explaining. The
-- nonce is used up last, so that nobody but the consumer can use one up. A request under an unknown key is computed
-- like any other. detail.base_string is what was signed here; no detail ever has a signature that would be right.
function M.verify(options)
  local operation = "oauth1.verify"
  check.options(operation, options, { method = "string", url = "string", fields = "table?",
    authorization = "string|table?", body = "string?", lookup = "function", nonces = "table|userdata|boolean",
    window = "number?", now = "number?", signature_method = "string?" })
  local window, method = options.window or 300, method_of(operation, options)
  if not options.fields and not options.body then
    check.fail(operation, "give the fields of the form, or the body")
  elseif options.fields and options.body then
    check.fail(operation, "give the fields of the form or the body, not both")
  elseif window ~= window or window < 0 then
    check.fail(operation, "the option \"window\" must be seconds")
  elseif options.nonces == true then
    check.fail(operation, "the option \"nonces\" must be a store, or false")
  end

  local all, flat, detail = read_request(options)
  if not all then
    return nil, flat, detail
  end
  local oauth, reason, more = read_oauth(all)
  if not oauth then
    return nil, reason, more
  end
  reason, more = wrong_oauth(oauth, options, method)
  if reason then
    return nil, reason, more
  end
  local key = oauth.oauth_consumer_key
  local secret = find_secret(options.lookup, key)
  local text = base_string(options.method, options.url, flat)
  local hash = options.body and native.body_hash(method, options.body)
  local matches = native.matches(method, text, secret, oauth.oauth_signature)
  if secret == nil then
    return nil, "unknown_key", { key = key, base_string = text }
  elseif not matches then
    return nil, "bad_signature", { key = key, base_string = text, length = #oauth.oauth_signature }
  elseif hash and not native.equal(hash, oauth.oauth_body_hash) then
    return nil, "wrong_body_hash", { key = key, given = oauth.oauth_body_hash, expected = hash }
  end
  reason, more = wrong_time(oauth, options, options.now or native.now(), window)
  if reason then
    return nil, reason, more
  end
  return { key = key, timestamp = math.tointeger(oauth.oauth_timestamp), nonce = oauth.oauth_nonce,
    base_string = text }
end

return M
