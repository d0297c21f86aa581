-- SPDX-License-Identifier: MIT
-- beadle.lti.oauth1: what is signed is what others compute, byte for byte; what is checked is what was signed.

local fs = require "beadle.fs"
local json = require "beadle.json"
local native = require "beadle.lti.native"
local nonces = require "beadle.lti.nonces"
local oauth1 = require "beadle.lti.oauth1"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local function fixture(name)
  return json.decode(fs.read("tests/fixtures/lti/" .. name .. ".json"))
end

local function knows(key, secret)
  return function(asked)
    return asked == key and secret or nil
  end
end

describe("the base string", function()
  it("is that of the example of RFC 5849", function()
    local rfc = fixture "rfc5849_base_string"
    local flat = native.authorization(rfc.authorization)
    local fields = { { "c2", "" }, { "a3", "2 q" } }
    for i = 1, #flat, 2 do
      fields[#fields + 1] = { flat[i], flat[i + 1] }
    end
    equal(oauth1.base_string { method = rfc.method, url = rfc.url, fields = fields }, rfc.base_string)
  end)

  it("is that of a launch", function()
    local launch = fixture "launch_signed"
    equal(oauth1.base_string { method = "POST", url = launch.url, fields = launch.fields }, launch.base_string)
    equal(oauth1.sign { method = "POST", url = launch.url, fields = launch.fields, secret = launch.secret },
      launch.signature)
  end)

  it("is right where encoding, order, duplicates, ports and queries are awkward", function()
    local awkward = fixture "awkward_signed"
    local request = { method = awkward.method, url = awkward.url, fields = awkward.fields }
    equal(oauth1.base_string(request), awkward.base_string)
    request.secret = awkward.secret
    equal(oauth1.sign(request), awkward.signature)
    request.signature_method = "HMAC-SHA256"
    equal(oauth1.sign(request), awkward.signature_sha256)
  end)

  it("has the address without what does not count", function()
    for url, expected in pairs {
      ["http://EXAMPLE.com:80"] = "http%3A%2F%2Fexample.com%2F",
      ["http://example.com:443/"] = "http%3A%2F%2Fexample.com%3A443%2F",
      ["https://example.com:8443/A%2fb/../c?"] = "https%3A%2F%2Fexample.com%3A8443%2FA%252fb%2F..%2Fc",
      ["https://[2001:DB8::1]:443/x#part"] = "https%3A%2F%2F%5B2001%3Adb8%3A%3A1%5D%2Fx",
    } do
      equal(oauth1.base_string { method = "GET", url = url, fields = {} }, "GET&" .. expected .. "&")
    end
  end)

  it("encodes what RFC 3986 reserves and nothing else", function()
    equal(oauth1.encode "AZaz09-._~ *+%/é\0", "AZaz09-._~%20%2A%2B%25%2F%C3%A9%00")
  end)

  it("takes a table of names, with lists for names that come twice", function()
    local as_list = { { "a", "1" }, { "b", "x" }, { "b", "y" }, { "n", 7 } }
    equal(oauth1.base_string { method = "POST", url = "https://x.org/", fields = { a = 1, b = { "x", "y" }, n = 7 } },
      oauth1.base_string { method = "POST", url = "https://x.org/", fields = as_list })
  end)
end)

describe("a form that is signed", function()
  local url = "https://tool.example.org/launch?course=7"

  it("is the signature of a fixed time and nonce", function()
    local launch = fixture "launch_signed"
    local fields = {}
    for _, field in ipairs(launch.fields) do
      if field[1]:sub(1, 6) ~= "oauth_" then
        fields[#fields + 1] = field
      end
    end
    local signed = oauth1.sign_form { url = launch.url, fields = fields, key = launch.key, secret = launch.secret,
      timestamp = launch.timestamp, nonce = launch.nonce }
    same(signed[#signed], { "oauth_signature", launch.signature })
    equal(#signed, #launch.fields + 1)
  end)

  it("is accepted once", function()
    local signed = oauth1.sign_form { url = url, fields = { user_id = "é", n = 1 }, key = "k", secret = "s" }
    local store = nonces.open {}
    local request = { method = "POST", url = url, fields = signed, lookup = knows("k", "s"), nonces = store }
    equal(oauth1.verify(request).key, "k")
    local _, reason = oauth1.verify(request)
    equal(reason, "replayed_nonce")
  end)

  it("has the line breaks that a browser sends", function()
    local signed = oauth1.sign_form { url = url, fields = { { "text", "a\nb\r\nc\rd" } }, key = "k", secret = "s" }
    equal(signed[1][2], "a\r\nb\r\nc\r\nd")
  end)

  it("is accepted from a consumer that leaves out callback and version", function()
    local fields = { { "oauth_consumer_key", "k" }, { "oauth_nonce", "n" }, { "oauth_signature_method", "HMAC-SHA1" },
      { "oauth_timestamp", "1700000000" } }
    fields[5] = { "oauth_signature", oauth1.sign { method = "POST", url = url, fields = fields, secret = "s" } }
    test.truthy(oauth1.verify { method = "POST", url = url, fields = fields, lookup = knows("k", "s"), nonces = false,
      now = 1700000000 })
    for _, field in ipairs(oauth1.sign_form { url = url, fields = {}, key = "k", secret = "s", callback = false }) do
      test.truthy(field[1] ~= "oauth_callback")
    end
  end)

  it("is accepted up to the last second of its window, and no second longer", function()
    local signed = oauth1.sign_form { url = url, fields = {}, key = "k", secret = "s", timestamp = 1700000000 }
    local function reason_at(offset, window)
      local _, reason = oauth1.verify { method = "POST", url = url, fields = signed, lookup = knows("k", "s"),
        nonces = false, now = 1700000000 + offset, window = window }
      return reason
    end
    equal(reason_at(300), nil)
    equal(reason_at(-300), nil)
    equal(reason_at(301), "stale_timestamp")
    equal(reason_at(-301), "future_timestamp")
    equal(reason_at(300.5), "stale_timestamp")
    equal(reason_at(60, 59), "stale_timestamp")
  end)

  it("is refused as long as it would be fresh, once it was used", function()
    local signed = oauth1.sign_form { url = url, fields = {}, key = "k", secret = "s", timestamp = 1700000000 }
    local store = nonces.open {}
    local function verify(offset)
      return select(2, oauth1.verify { method = "POST", url = url, fields = signed, lookup = knows("k", "s"),
        nonces = store, now = 1700000000 + offset })
    end
    equal(verify(-300), nil)
    for _, offset in ipairs { -299, 0, 299, 300 } do
      equal(verify(offset), "replayed_nonce")
    end
    equal(verify(301), "stale_timestamp")
  end)

  it("of one consumer does not use up the nonce of another", function()
    local store = nonces.open {}
    for _, key in ipairs { "one", "two" } do
      local signed = oauth1.sign_form { url = url, fields = {}, key = key, secret = "s" .. key, nonce = "same" }
      test.truthy(oauth1.verify { method = "POST", url = url, fields = signed, lookup = knows(key, "s" .. key),
        nonces = store })
    end
  end)
end)

describe("a body that is signed", function()
  local outcome = fixture "outcome_signed"

  it("has the header that others compute", function()
    equal(oauth1.sign_body { url = outcome.url, body = outcome.body, key = outcome.key, secret = outcome.secret,
      timestamp = outcome.timestamp, nonce = outcome.nonce }, outcome.authorization)
  end)

  it("is accepted, whatever spaces and realm the header has", function()
    local spaced = outcome.authorization:gsub(",", " ,\t")
    spaced = spaced:gsub('^OAuth realm=""', 'oauth  realm="a \\"b\\", c=d"')
    for _, header in ipairs { outcome.authorization, spaced, (outcome.authorization:gsub("realm=\"\",", "")),
      { outcome.authorization } } do
      test.truthy(oauth1.verify { method = "POST", url = outcome.url, authorization = header, body = outcome.body,
        lookup = knows(outcome.key, outcome.secret), nonces = false, now = outcome.timestamp })
    end
  end)

  it("of another method is signed and accepted only where it was chosen", function()
    local header = oauth1.sign_body { url = outcome.url, body = "", key = "k", secret = "s",
      signature_method = "HMAC-SHA256" }
    local request = { method = "POST", url = outcome.url, authorization = header, body = "", lookup = knows("k", "s"),
      nonces = false }
    local _, reason, detail = oauth1.verify(request)
    equal(reason, "wrong_method")
    same(detail, { parameter = "oauth_signature_method", given = "HMAC-SHA256", expected = "HMAC-SHA1" })
    request.signature_method = "HMAC-SHA256"
    test.truthy(oauth1.verify(request))
  end)
end)

describe("nonces", function()
  it("are unlike each other", function()
    local seen = {}
    for _ = 1, 1000 do
      local nonce = oauth1.nonce()
      test.match(nonce, "^%x+$")
      equal(#nonce, 32)
      test.falsy(seen[nonce])
      seen[nonce] = true
    end
  end)
end)

describe("a call that is wrong", function()
  local function refused(pattern, fn, options)
    local err = test.raises("argument", fn, options)
    test.match(tostring(err), pattern)
    equal(err.outcome, "none")
  end

  it("is refused by name", function()
    refused("Did you mean secret", oauth1.sign, { method = "POST", url = "https://x.org/", fields = {}, secrt = "s" })
    refused('option "secret" is missing', oauth1.sign, { method = "POST", url = "https://x.org/", fields = {} })
    refused('"secret" must be a secret or a text', oauth1.sign,
      { method = "POST", url = "https://x.org/", fields = {}, secret = 7 })
    refused("empty consumer secret", oauth1.sign, { method = "POST", url = "https://x.org/", fields = {}, secret = "" })
    refused("url cannot be used", oauth1.sign, { method = "POST", url = "tool", fields = {}, secret = "s" })
    refused("broken", oauth1.sign, { method = "POST", url = "https://x.org/?a=%zz", fields = {}, secret = "s" })
    refused('the field "b" must be a text', oauth1.sign,
      { method = "POST", url = "https://x.org/", fields = { a = 1, b = true }, secret = "s" })
    refused("field b is not UTF%-8", oauth1.sign,
      { method = "POST", url = "https://x.org/", fields = { a = 1, b = "\xe9" }, secret = "s" })
    refused("made by signing", oauth1.sign_form,
      { url = "https://x.org/", fields = { oauth_nonce = "n" }, key = "k", secret = "s" })
    refused("neither HMAC", oauth1.sign_form,
      { url = "https://x.org/", fields = {}, key = "k", secret = "s", signature_method = "PLAINTEXT" })
    refused("realm", oauth1.sign_body, { url = "https://x.org/", body = "", key = "k", secret = "s", realm = 'a"b' })
    refused("whole seconds", oauth1.sign_form,
      { url = "https://x.org/", fields = {}, key = "k", secret = "s", timestamp = 1.5 })
  end)

  it("of verify is refused too, and an empty secret protects nothing", function()
    local signed = oauth1.sign_form { url = "https://x.org/", fields = {}, key = "k", secret = "s" }
    local request = { method = "POST", url = "https://x.org/", fields = signed, nonces = false }
    refused('"lookup" is missing', oauth1.verify, request)
    request.lookup = knows("k", "")
    refused("empty consumer secret", oauth1.verify, request)
    request.lookup = knows("k", 12)
    refused("lookup must give", oauth1.verify, request)
    request.lookup, request.nonces = knows("k", "s"), true
    refused('"nonces" must be a store', oauth1.verify, request)
    request.nonces, request.fields = false, nil
    refused("give the fields of the form, or the body", oauth1.verify, request)
  end)
end)

test.run()
