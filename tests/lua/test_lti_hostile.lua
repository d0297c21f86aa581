-- SPDX-License-Identifier: MIT
-- Requests and tokens that must be refused, each with the reason that docs/lti.md names. Each is made from one that is
-- accepted, and leaves that one acceptable: what is forged uses up no nonce. What is said about it holds neither the
-- secret nor a signature that would have been right.

local fs = require "beadle.fs"
local json = require "beadle.json"
local keys = require "beadle.lti.keys"
local jwt = require "beadle.lti.jwt"
local native = require "beadle.lti.native"
local nonces = require "beadle.lti.nonces"
local oauth1 = require "beadle.lti.oauth1"
local pretty = require "beadle.pretty"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local NOW = 1700000000
local SECRET = "the-consumer-secret"
local reasons = {} -- that were seen

local function lookup(key)
  return key == "consumer" and SECRET or nil
end

local function index_of(fields, name)
  for i, field in ipairs(fields) do
    if field[1] == name then
      return i
    end
  end
end

local function set(fields, name, value)
  fields[index_of(fields, name)][2] = value
end

local function drop(fields, name)
  table.remove(fields, index_of(fields, name))
end

local function add(fields, name, value)
  fields[#fields + 1] = { name, value }
end

local function flip(text)
  return (text:sub(1, 1) == "A" and "B" or "A") .. text:sub(2)
end

-- What is told of a refusal gives nothing away.
local function check_silence(detail, signature)
  local told = pretty.json(detail)
  test.lacks(told, SECRET)
  if signature then
    test.lacks(told, signature)
    test.lacks(told, native.encode(signature))
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Forms

local URL = "https://tool.example.org/launch?course=7"

local function form()
  local fields = oauth1.sign_form { url = URL, key = "consumer", secret = SECRET, timestamp = NOW, nonce = "n-1",
    fields = { { "user_id", "learner 1" }, { "roles", "Learner" }, { "empty", "" } } }
  return { method = "POST", url = URL, fields = fields, lookup = lookup, now = NOW }
end

-- Signed anew, by somebody who has the secret.
local function signed_by_consumer(request)
  drop(request.fields, "oauth_signature")
  add(request.fields, "oauth_signature", oauth1.sign { method = request.method, url = request.url,
    fields = request.fields, secret = SECRET })
end

local FORMS = {
  { "a signature that was changed", "bad_signature", function(r)
    set(r.fields, "oauth_signature", flip(r.fields[index_of(r.fields, "oauth_signature")][2]))
  end },
  { "an empty signature", "missing_parameter", function(r) set(r.fields, "oauth_signature", "") end },
  { "no signature", "missing_parameter", function(r) drop(r.fields, "oauth_signature") end },
  { "a signature cut short", "bad_signature", function(r)
    local at = index_of(r.fields, "oauth_signature")
    r.fields[at][2] = r.fields[at][2]:sub(1, 10)
  end },
  { "a signature with more behind it", "bad_signature", function(r)
    local at = index_of(r.fields, "oauth_signature")
    r.fields[at][2] = r.fields[at][2] .. "AAAA"
  end },
  { "a signature with a zero byte behind it", "bad_signature", function(r)
    local at = index_of(r.fields, "oauth_signature")
    r.fields[at][2] = r.fields[at][2] .. "\0"
  end },
  { "a signature without its padding", "bad_signature", function(r)
    local at = index_of(r.fields, "oauth_signature")
    r.fields[at][2] = r.fields[at][2]:gsub("=", "")
  end },
  { "the signature of another secret", "bad_signature", function(r)
    drop(r.fields, "oauth_signature")
    add(r.fields, "oauth_signature", oauth1.sign { method = "POST", url = URL, fields = r.fields, secret = "other" })
  end },
  { "a consumer that nobody knows", "unknown_key", function(r) set(r.fields, "oauth_consumer_key", "nobody") end },
  { "an empty consumer key", "missing_parameter", function(r) set(r.fields, "oauth_consumer_key", "") end },
  { "no timestamp", "missing_parameter", function(r) drop(r.fields, "oauth_timestamp") end },
  { "no nonce", "missing_parameter", function(r) drop(r.fields, "oauth_nonce") end },
  { "another value of a field", "bad_signature", function(r) set(r.fields, "roles", "Instructor") end },
  { "one more field", "bad_signature", function(r) add(r.fields, "custom_admin", "1") end },
  { "one field fewer", "bad_signature", function(r) drop(r.fields, "empty") end },
  { "a field that comes twice", "bad_signature", function(r) add(r.fields, "user_id", "learner 2") end },
  { "the name of a field in another case", "bad_signature", function(r)
    r.fields[index_of(r.fields, "roles")][1] = "Roles"
  end },
  { "the value of a field in another case", "bad_signature", function(r) set(r.fields, "roles", "learner") end },
  { "a plus for a space", "bad_signature", function(r) set(r.fields, "user_id", "learner+1") end },
  { "an escape for a space", "bad_signature", function(r) set(r.fields, "user_id", "learner%201") end },
  { "two fields made one", "bad_signature", function(r)
    drop(r.fields, "roles")
    drop(r.fields, "empty")
    add(r.fields, "empty", "&roles=Learner")
  end },
  { "another path", "bad_signature", function(r) r.url = "https://tool.example.org/admin?course=7" end },
  { "another host", "bad_signature", function(r) r.url = "https://tool.example.net/launch?course=7" end },
  { "another port", "bad_signature", function(r) r.url = "https://tool.example.org:8443/launch?course=7" end },
  { "another scheme", "bad_signature", function(r) r.url = "http://tool.example.org/launch?course=7" end },
  { "another query", "bad_signature", function(r) r.url = "https://tool.example.org/launch?course=8" end },
  { "no query", "bad_signature", function(r) r.url = "https://tool.example.org/launch" end },
  { "a query with a broken escape", "malformed_url", function(r) r.url = URL .. "&x=%2" end },
  { "another method of HTTP", "bad_signature", function(r) r.method = "GET" end },
  { "a nonce that comes twice", "duplicate_parameter", function(r) add(r.fields, "oauth_nonce", "n-2") end },
  { "a consumer key in the query too", "duplicate_parameter", function(r)
    r.url = URL .. "&oauth_consumer_key=consumer"
  end },
  { "a signature that comes twice", "duplicate_parameter", function(r) add(r.fields, "oauth_signature", "AAAA") end },
  { "signed in plain text", "wrong_method", function(r)
    set(r.fields, "oauth_signature_method", "PLAINTEXT")
    set(r.fields, "oauth_signature", SECRET .. "&")
  end },
  { "a method in another case", "wrong_method", function(r)
    set(r.fields, "oauth_signature_method", "hmac-sha1")
    signed_by_consumer(r)
  end },
  { "a stronger method that was not chosen", "wrong_method", function(r)
    set(r.fields, "oauth_signature_method", "HMAC-SHA256")
  end },
  { "another version", "wrong_version", function(r)
    set(r.fields, "oauth_version", "2.0")
    signed_by_consumer(r)
  end },
  { "a token", "unexpected_parameter", function(r)
    add(r.fields, "oauth_token", "t")
    signed_by_consumer(r)
  end },
  { "an old one", "stale_timestamp", function(r) r.now = NOW + 301 end },
  { "one from the future", "future_timestamp", function(r) r.now = NOW - 301 end },
  { "a timestamp made new", "bad_signature", function(r)
    set(r.fields, "oauth_timestamp", tostring(NOW + 1000))
    r.now = NOW + 1000
  end },
  { "a timestamp that is no number", "malformed_parameter", function(r)
    set(r.fields, "oauth_timestamp", "0x6553f100")
    signed_by_consumer(r)
  end },
  { "a timestamp of many digits", "malformed_parameter", function(r)
    set(r.fields, "oauth_timestamp", ("9"):rep(400))
    signed_by_consumer(r)
  end },
  { "a nonce of many bytes", "malformed_parameter", function(r)
    set(r.fields, "oauth_nonce", ("n"):rep(256))
    signed_by_consumer(r)
  end },
  { "text that is no UTF-8", "not_utf8", function(r) set(r.fields, "user_id", "Zo\xe9") end },
  { "half a surrogate", "not_utf8", function(r) set(r.fields, "user_id", "\xed\xa0\x80") end },
  { "more fields than anybody sends", "too_large", function(r)
    for i = 1, 2000 do
      add(r.fields, "f" .. i, "")
    end
  end },
}

-- ---------------------------------------------------------------------------------------------------
-- Bodies

local OUTCOMES = "https://lms.example.org/outcomes"
local BODY = "<score>0.5</score>"

local function body()
  local header = oauth1.sign_body { url = OUTCOMES, body = BODY, key = "consumer", secret = SECRET, timestamp = NOW,
    nonce = "n-1" }
  return { method = "POST", url = OUTCOMES, authorization = header, body = BODY, lookup = lookup, now = NOW }
end

local function replace(r, pattern, by)
  local count
  r.authorization, count = r.authorization:gsub(pattern, by)
  equal(count, 1)
end

local BODIES = {
  { "another body", "wrong_body_hash", function(r) r.body = "<score>1.0</score>" end },
  { "a byte behind the body", "wrong_body_hash", function(r) r.body = BODY .. "\n" end },
  { "no body", "wrong_body_hash", function(r) r.body = "" end },
  { "another hash", "bad_signature", function(r)
    r.body = "<score>1.0</score>"
    replace(r, 'oauth_body_hash="[^"]*"', ('oauth_body_hash="%s"'):format(
      native.encode(native.body_hash("HMAC-SHA1", r.body)):gsub("%%", "%%%%")))
  end },
  { "no hash", "missing_body_hash", function(r) replace(r, 'oauth_body_hash="[^"]*",', "") end },
  { "two hashes", "duplicate_parameter", function(r)
    replace(r, "(oauth_body_hash=\"[^\"]*\",)", "%1%1")
  end },
  { "no header", "missing_authorization", function(r) r.authorization = nil end },
  { "an empty header", "malformed_authorization", function(r) r.authorization = "" end },
  { "two headers", "two_authorizations", function(r) r.authorization = { r.authorization, r.authorization } end },
  { "two headers made one", "malformed_authorization", function(r)
    r.authorization = r.authorization .. ", " .. r.authorization
  end },
  { "another scheme of signing in", "malformed_authorization", function(r) r.authorization = "Basic Y29uc3VtZXI6" end },
  { "a broken escape", "malformed_authorization", function(r)
    replace(r, 'oauth_nonce="n%-1"', 'oauth_nonce="n-1%%2"')
  end },
  { "a value without quotes", "malformed_authorization", function(r) replace(r, '"1.0"', "1.0") end },
  { "a value that does not end", "malformed_authorization", function(r)
    r.authorization = r.authorization:sub(1, -2)
  end },
  { "a parameter behind a space only", "malformed_authorization", function(r)
    replace(r, ',oauth_version', " oauth_version")
  end },
  { "a comma at the end", "malformed_authorization", function(r) r.authorization = r.authorization .. "," end },
  { "a line break in a value", "malformed_authorization", function(r) replace(r, '"n%-1"', '"n-1\r\n"') end },
  { "a realm that comes twice", "malformed_authorization", function(r)
    replace(r, 'realm="",', 'realm="a",REALM="b",')
  end },
  { "a realm that hides a signature", "missing_parameter", function(r)
    replace(r, 'realm=""', 'realm="\\"')
    replace(r, ',oauth_signature="', ',oauth_signature=\\"')
    r.authorization = r.authorization:gsub('"(oauth_[a-z_]+)', "%1"):gsub('([^\\])"', '%1\\"'):gsub('^OAuth realm=\\"',
      'OAuth realm="') .. '"'
  end },
  { "a realm made a parameter", "bad_signature", function(r) replace(r, "realm=", "realms=") end },
  { "a plus for a space in the key", "unknown_key", function(r)
    replace(r, 'oauth_consumer_key="consumer"', 'oauth_consumer_key="con+sumer"')
  end },
  { "a header that is too long", "malformed_authorization", function(r)
    replace(r, 'realm=""', 'realm="' .. ("a"):rep(20000) .. '"')
  end },
  { "a header that is no UTF-8", "malformed_authorization", function(r) replace(r, '"n%-1"', '"n%%E9"') end },
  { "one more parameter in the query", "bad_signature", function(r) r.url = OUTCOMES .. "?sourcedid=2" end },
}

-- ---------------------------------------------------------------------------------------------------
-- Tokens

local private, other = keys.generate {}, keys.generate {}
local short = json.decode(fs.read "tests/fixtures/lti/short_key.json")

local function claims()
  return { iss = "https://lms.example.org", aud = "client", sub = "7", exp = NOW + 300, iat = NOW, nonce = "n-1" }
end

local function token()
  return { token = jwt.sign(claims(), private), keys = { keys = { private:jwk(), other:jwk() } }, now = NOW,
    issuer = "https://lms.example.org", audience = "client" }
end

-- A token with that header and those claims, in truth signed by the key.
local function compact(header, payload, key)
  local text = native.base64url(type(header) == "table" and json.encode(header) or header) .. "."
    .. native.base64url(type(payload) == "table" and json.encode(payload) or payload)
  return text .. "." .. native.base64url((key or private):sign(text))
end

local function header(more)
  local parts = { alg = "RS256", kid = private:kid(), typ = "JWT" }
  for name, value in pairs(more or {}) do
    parts[name] = value
  end
  return parts
end

local function with_claims(changes)
  return function(r)
    local changed = claims()
    for name, value in pairs(changes) do
      changed[name] = value
    end
    r.token = jwt.sign(changed, private)
  end
end

local function without_claim(name)
  return function(r)
    local changed = claims()
    changed[name] = nil
    r.token = jwt.sign(changed, private)
  end
end

-- Signed with HMAC-SHA256 and the public key, as a library would check it that believes the header.
local function hmac_with_public_key(secret)
  local text = native.base64url(json.encode(header { alg = "HS256" })) .. "." .. native.base64url(json.encode(claims()))
  local mac = native.signature("HMAC-SHA256", text, secret)
  return text .. "." .. mac:gsub("+", "-"):gsub("/", "_"):gsub("=", "")
end

local TOKENS = {
  { "no signature wanted", "wrong_algorithm", function(r)
    r.token = native.base64url '{"alg":"none"}' .. "." .. native.base64url(json.encode(claims())) .. "."
  end },
  { "no signature wanted, in other letters", "wrong_algorithm", function(r)
    r.token = compact(header { alg = "nOnE" }, claims())
  end },
  { "HMAC with the public key as its secret", "wrong_algorithm", function(r)
    r.token = hmac_with_public_key(private:public_pem())
  end },
  { "another algorithm of RSA", "wrong_algorithm", function(r)
    r.token = compact(header { alg = "RS512" }, claims())
  end },
  { "no algorithm", "wrong_algorithm", function(r)
    r.token = compact({ kid = private:kid() }, claims())
  end },
  { "a list of algorithms", "wrong_algorithm", function(r)
    r.token = compact(header { alg = { "RS256" } }, claims())
  end },
  { "the name of another key", "bad_signature", function(r)
    r.token = compact(header { kid = other:kid() }, claims())
  end },
  { "a name that nobody knows", "unknown_key", function(r) r.token = compact(header { kid = "x" }, claims()) end },
  { "a name that is a path", "unknown_key", function(r)
    r.token = compact(header { kid = "../../dev/null" }, claims())
  end },
  { "no name", "missing_kid", function(r) r.token = compact({ alg = "RS256" }, claims()) end },
  { "a name that is no text", "malformed_token", function(r) r.token = compact(header { kid = 1 }, claims()) end },
  { "the address of a key set", "key_in_header", function(r)
    r.token = compact(header { jku = "https://evil.example/jwks" }, claims(), other)
  end },
  { "a key that it brings itself", "key_in_header", function(r)
    r.token = compact(header { jwk = other:jwk() }, claims(), other)
  end },
  { "the address of a certificate", "key_in_header", function(r)
    r.token = compact(header { x5u = "https://evil.example/x" }, claims(), other)
  end },
  { "a certificate", "key_in_header", function(r)
    r.token = compact(header { x5c = json.array { "MIIB" } }, claims(), other)
  end },
  { "an extension that must be understood", "critical_header", function(r)
    r.token = compact(header { crit = json.array { "b64" }, b64 = false }, claims())
  end },
  { "another type of token", "wrong_type", function(r) r.token = compact(header { typ = "at+jwt" }, claims()) end },
  { "the signature of another key", "bad_signature", function(r) r.token = compact(header(), claims(), other) end },
  { "an empty signature", "missing_signature", function(r) r.token = r.token:match "^(.*%.)" end },
  { "a signature cut short", "bad_signature", function(r) r.token = r.token:sub(1, -3) end },
  { "a signature with more behind it", "bad_signature", function(r) r.token = r.token .. "AAAA" end },
  { "a signature of zeros", "bad_signature", function(r)
    r.token = r.token:match "^(.*%.)" .. native.base64url(("\0"):rep(256))
  end },
  { "a signature with bits behind its end", "malformed_token", function(r)
    local last = r.token:sub(-1) -- of 256 bytes the last digit holds four bits
    local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    local at = digits:find(last, 1, true)
    r.token = r.token:sub(1, -2) .. digits:sub(at + 1, at + 1)
  end },
  { "padding", "malformed_token", function(r) r.token = r.token .. "==" end },
  { "standard base64", "malformed_token", function(r) r.token = r.token:gsub("^..", "+/") end },
  { "a line break in it", "malformed_token", function(r) r.token = r.token .. "\n" end },
  { "two parts", "malformed_token", function(r) r.token = r.token:match "^(.*)%." end },
  { "four parts", "malformed_token", function(r) r.token = r.token .. ".e30" end },
  { "five parts, encrypted", "malformed_token", function(r) r.token = r.token .. ".e30.e30" end },
  { "claims that were changed", "bad_signature", function(r)
    local parts = { r.token:match "^(.*)%.(.*)%.(.*)$" }
    local changed = claims()
    changed.sub = "8"
    r.token = parts[1] .. "." .. native.base64url(json.encode(changed)) .. "." .. parts[3]
  end },
  { "a header that was changed", "bad_signature", function(r)
    local _, payload, signature = r.token:match "^(.*)%.(.*)%.(.*)$"
    r.token = native.base64url(json.encode(header { x = 1 })) .. "." .. payload .. "." .. signature
  end },
  { "a claim that comes twice", "malformed_token", function(r)
    r.token = compact(header(), (json.encode(claims()):gsub("}$", ',"sub":"admin"}')))
  end },
  { "an algorithm that comes twice", "malformed_token", function(r)
    r.token = compact(('{"alg":"none","alg":"RS256","kid":"%s"}'):format(private:kid()), claims())
  end },
  { "claims that are a list", "malformed_token", function(r) r.token = compact(header(), "[1]") end },
  { "claims that are no UTF-8", "malformed_token", function(r) r.token = compact(header(), '{"iss":"\xe9"}') end },
  { "claims of a mebibyte", "too_large", with_claims { text = ("x"):rep(1 << 20) } },
  { "another issuer", "wrong_issuer", with_claims { iss = "https://lms.example.net" } },
  { "an issuer with a slash more", "wrong_issuer", with_claims { iss = "https://lms.example.org/" } },
  { "no issuer", "missing_claim", without_claim "iss" },
  { "another audience", "wrong_audience", with_claims { aud = "somebody" } },
  { "a list without us", "wrong_audience", with_claims { aud = json.array { "somebody", "else" } } },
  { "an empty list", "wrong_audience", with_claims { aud = json.array {} } },
  { "an audience that is a number", "malformed_claim", with_claims { aud = 7 } },
  { "several audiences and nobody authorised", "missing_claim", with_claims { aud = json.array { "client", "x" } } },
  { "another party authorised", "wrong_authorized_party",
    with_claims { aud = json.array { "client", "x" }, azp = "x" } },
  { "another party authorised, with one audience", "wrong_authorized_party", with_claims { azp = "x" } },
  { "one that has expired", "expired", with_claims { exp = NOW - 60, iat = NOW - 100 } },
  { "no end", "missing_claim", without_claim "exp" },
  { "an end that is a text", "malformed_claim", with_claims { exp = "1800000000" } },
  { "an end beyond counting", "malformed_claim", with_claims { exp = 1e300 } },
  { "one that is not valid yet", "not_yet_valid", with_claims { nbf = NOW + 61 } },
  { "one from the future", "issued_in_future", with_claims { iat = NOW + 61 } },
  { "no time of issue", "missing_claim", without_claim "iat" },
  { "an old one that lasts for years", "stale_token", with_claims { iat = NOW - 3661, exp = NOW + 1000000 } },
  { "no nonce", "missing_claim", without_claim "nonce" },
  { "a nonce that is a number", "malformed_claim", with_claims { nonce = 7 } },
  { "another nonce than was sent", "wrong_nonce", function(r)
    with_claims { nonce = "n-2" }(r)
    r.nonce = "n-1"
  end },
  { "a key of 1024 bits", "unusable_key", function(r)
    r.keys = { keys = { short } }
    r.token = compact(header { kid = short.kid }, claims())
  end },
  { "a key that is a secret for HMAC", "unusable_key", function(r)
    r.keys = { keys = { { kty = "oct", kid = private:kid(), k = "AAAA" } } }
  end },
  { "a key for encryption", "unusable_key", function(r)
    r.keys.keys[1].use = "enc"
  end },
  { "a key set with the private half", "unusable_key", function(r)
    r.keys.keys[1].d = "AAAA"
  end },
  { "two keys of one name", "ambiguous_key", function(r)
    r.keys.keys[2].kid = private:kid()
  end },
}

-- ---------------------------------------------------------------------------------------------------

local function check_all(what, cases, make, verify, signature_of)
  describe(what, function()
    it("unchanged, is accepted once", function()
      local store = nonces.open {}
      test.truthy(verify(make(), store))
      local _, reason = verify(make(), store)
      equal(reason, "replayed_nonce")
      reasons[reason] = true
    end)
    for _, case in ipairs(cases) do
      it(("with %s is refused: %s"):format(case[1], case[2]), function()
        local request, store = make(), nonces.open {}
        case[3](request)
        local accepted, reason, detail = verify(request, store)
        equal(accepted, nil)
        equal(reason, case[2])
        equal(type(detail), "table")
        check_silence(detail, signature_of(make()))
        reasons[reason] = true
        test.truthy(verify(make(), store)) -- no nonce was used up
      end)
    end
  end)
end

local function verify_request(request, store)
  request.nonces = store
  return oauth1.verify(request)
end

local function verify_token(request, store)
  return jwt.verify(request.token, { keys = request.keys, issuer = request.issuer, audience = request.audience,
    nonce = request.nonce, nonces = store, now = request.now })
end

check_all("a form", FORMS, form, verify_request, function(request)
  return request.fields[index_of(request.fields, "oauth_signature")][2]
end)
check_all("a body", BODIES, body, verify_request, function()
  return nil -- what is given back of it is what came
end)
check_all("a token", TOKENS, token, verify_token, function()
  return nil
end)

describe("the page", function()
  it("names each reason, and no other", function()
    local section = fs.read "docs/lti.md":match "### Forms and bodies\n(.-)\nTimes have a leeway"
    local named = {}
    for reason in section:gmatch "\n| `([a-z0-9_]+)` |" do
      named[reason] = true
    end
    test.same(named, reasons)
  end)
end)

test.run()
