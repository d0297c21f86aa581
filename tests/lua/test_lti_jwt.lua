-- SPDX-License-Identifier: MIT
-- beadle.lti.keys and beadle.lti.jwt: keys go out and come back, tokens are checked, key sets are fetched seldom.

local async = require "beadle.async"
local fs = require "beadle.fs"
local json = require "beadle.json"
local jwt = require "beadle.lti.jwt"
local keys = require "beadle.lti.keys"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local NOW = 1700000000
local key = keys.generate {}

local function claims(changes)
  local all = { iss = "https://lms.example.org", aud = "client", sub = "7", exp = NOW + 300, iat = NOW, nonce = "n" }
  for name, value in pairs(changes or {}) do
    all[name] = value
  end
  return all
end

local function verify(token, changes)
  local options = { keys = { keys = { key:jwk() } }, issuer = "https://lms.example.org", audience = "client",
    nonce = "n", now = NOW }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return jwt.verify(token, options)
end

describe("a key", function()
  it("is named by its thumbprint, as the example of RFC 7638", function()
    local example = json.decode(fs.read "tests/fixtures/lti/rfc7638_thumbprint.json")
    equal(keys.from_jwk(example.jwk):kid(), example.thumbprint)
  end)

  it("has the sizes that are asked for", function()
    equal(key:bits(), 2048)
    equal(keys.generate { bits = 3072 }:bits(), 3072)
    for _, bits in ipairs { 1024, 2047, 2048.5, "2048" } do
      test.raises("argument", keys.generate, { bits = bits })
    end
  end)

  it("comes back from PEM", function()
    local again = keys.load(key:pem())
    equal(again:kid(), key:kid())
    test.truthy(again:is_private())
    same(again:jwk(), key:jwk())
    local public = keys.load(key:public_pem(), { kid = "mine" })
    test.falsy(public:is_private())
    equal(public:kid(), "mine")
    equal(public:jwk().kid, "mine")
    test.truthy(public:verify("text", again:sign "text"))
  end)

  it("comes back from a JSON Web Key, without its private half", function()
    local jwk = key:jwk()
    same({ jwk.kty, jwk.use, jwk.alg, jwk.e }, { "RSA", "sig", "RS256", "AQAB" })
    equal(jwk.d, nil)
    local public = keys.from_jwk(jwk)
    test.falsy(public:is_private())
    test.raises("argument", public.pem, public)
    test.raises("argument", public.sign, public, "text")
    test.raises("argument", public.save, public, os.tmpname())
    jwk.kid = nil
    equal(keys.from_jwk(jwk):kid(), key:kid())
  end)

  it("shows nothing of its private half", function()
    test.match(tostring(key), "^%[private key [%w_-]+%]$")
    equal(tostring(key:pem()), "[secret private key]")
    test.raises("permission", function()
      return "" .. key:pem()
    end)
  end)

  it("is saved for its owner only, and over no other", function()
    local path = os.tmpname()
    test.raises("io", key.save, key, path)
    os.remove(path)
    key:save(path)
    equal(keys.load_file(path):kid(), key:kid())
    equal(keys.load_file(path, { kid = "x" }):kid(), "x")
    fs.write(path, fs.read(path), { shared = true })
    local err = test.raises("permission", keys.load_file, path)
    test.match(tostring(err), "chmod 600")
    os.remove(path)
    test.raises("io", keys.load_file, path)
  end)

  it("of another type or size is refused, and nothing of it is shown", function()
    local pems = json.decode(fs.read "tests/fixtures/lti/refused_keys.json")
    for name, case in pairs(pems) do
      local err = test.raises("argument", keys.load, case.pem)
      test.contains(err.message, case.why)
      equal(err.message:find(case.pem:match "\n(.-)\n", 1, true), nil)
      test.truthy(name)
    end
    test.raises("argument", keys.load, "")
    test.raises("argument", keys.load, ("x"):rep(100000))
    test.raises("argument", keys.load, 7)
  end)

  it("of a key set is refused when it cannot be one", function()
    local function why(changes)
      local jwk = key:jwk()
      for name, value in pairs(changes) do
        jwk[name] = value
      end
      local read, words = keys.read_jwk(jwk)
      equal(read, nil)
      return words
    end
    test.contains(why { kty = "EC" }, "kty")
    test.contains(why { use = "enc" }, "use")
    test.contains(why { alg = "RS512" }, "alg")
    test.contains(why { d = "AQ" }, "private")
    test.contains(why { kid = 7 }, "kid")
    test.contains(why { n = "AQAB" }, "2048")
    test.contains(why { n = key:jwk().n .. "=" }, "numbers")
    test.contains(why { n = ("_"):rep(2000) }, "numbers")
    test.contains(why { n = ("_"):rep(1368) .. "_w" }, "8192")
    test.contains(why { e = "AQ" }, "numbers") -- 1
    test.contains(why { e = "BA" }, "numbers") -- 4
    test.contains(why { e = "" }, "numbers")
    test.contains(why { e = ("_"):rep(24) }, "numbers")
    test.contains(why { e = false }, "numbers")
  end)
end)

describe("a token", function()
  it("has its header and claims as they were given", function()
    local token = jwt.sign(claims { float = 2.0, list = json.array {} }, key)
    local header, read = jwt.read(token)
    same(header, { alg = "RS256", typ = "JWT", kid = key:kid() })
    same(read, claims { float = 2, list = {} })
    same(verify(token), read)
  end)

  it("is one for several audiences when we are the authorised party", function()
    local token = jwt.sign(claims { aud = json.array { "other", "client" }, azp = "client" }, key)
    test.truthy(verify(token))
    test.truthy(verify(jwt.sign(claims { aud = json.array { "client" } }, key)))
  end)

  it("is right within its leeway", function()
    local function reason(changes, options)
      return select(2, verify(jwt.sign(claims(changes), key), options))
    end
    equal(type(reason { exp = NOW - 59, iat = NOW - 70 }), "table") -- the header: it is accepted
    equal(reason { exp = NOW - 60, iat = NOW - 70 }, "expired")
    equal(reason({ exp = NOW, iat = NOW - 70 }, { leeway = 0 }), "expired")
    equal(type(reason { iat = NOW + 60 }), "table")
    equal(reason { iat = NOW + 61 }, "issued_in_future")
    equal(type(reason { nbf = NOW + 60 }), "table")
    equal(reason { nbf = NOW + 61 }, "not_yet_valid")
    equal(type(reason { iat = NOW - 3660 }), "table")
    equal(reason { iat = NOW - 3661 }, "stale_token")
    equal(reason({ iat = NOW - 161 }, { max_age = 100 }), "stale_token")
  end)

  it("is checked with a key, a function of keys, or of JSON Web Keys", function()
    local token = jwt.sign(claims(), key)
    test.truthy(verify(token, { keys = keys.from_jwk(key:jwk()) }))
    test.truthy(verify(token, { keys = function(kid) return kid == key:kid() and key or nil end }))
    test.truthy(verify(token, { keys = function() return key:jwk() end }))
    local _, reason = verify(token, { keys = function() return nil end })
    equal(reason, "unknown_key")
  end)

  it("that is none is read as none", function()
    for _, text in ipairs { "", ".", "..", "a.b.c", ("."):rep(10) } do
      local header, reason, detail = jwt.read(text)
      equal(header, nil)
      equal(reason, "malformed_token")
      equal(type(detail.why), "string")
    end
  end)

  it("is not checked without saying what of", function()
    local token = jwt.sign(claims(), key)
    for _, name in ipairs { "keys", "issuer", "audience" } do
      local options = { keys = key, issuer = "i", audience = "a", nonce = "n" }
      options[name] = nil
      local err = test.raises("argument", jwt.verify, token, options)
      test.contains(err.message, name)
    end
    test.raises("argument", jwt.verify, token, { keys = key, issuer = "i", audience = "a" })
    test.raises("argument", jwt.verify, token, { keys = { key:jwk() }, issuer = "i", audience = "a", nonce = "n" })
    test.raises("argument", jwt.verify, 7, { keys = key, issuer = "i", audience = "a", nonce = "n" })
    test.raises("argument", jwt.sign, { 1, 2 }, key)
    test.raises("argument", jwt.sign, claims(), key:jwk())
    test.raises("argument", jwt.sign, claims(), keys.from_jwk(key:jwk()))
  end)
end)

describe("a key set that is fetched", function()
  local second = keys.generate {}

  local function ring(options)
    local state = { now = NOW, count = 0, set = { key:jwk() } }
    state.find = jwt.jwks {
      now = function() return state.now end,
      fetch = function()
        state.count = state.count + 1
        if options and options.wait then
          async.sleep(options.wait)
        end
        if state.wrong then
          error(state.wrong, 0)
        end
        return { keys = state.set }
      end,
    }
    return state
  end

  it("is fetched once for what it holds", function()
    local state = ring()
    for _ = 1, 3 do
      equal(state.find(key:kid()):kid(), key:kid())
    end
    equal(state.count, 1)
  end)

  it("is fetched at most once a minute for a name that it does not hold", function()
    local state = ring()
    equal(state.find "x", nil)
    for i = 1, 50 do
      state.now = NOW + i
      equal(state.find("x" .. i), nil)
    end
    equal(state.count, 1)
    state.set = { key:jwk(), second:jwk() }
    state.now = NOW + 60
    equal(state.find(second:kid()):kid(), second:kid())
    equal(state.find(key:kid()):kid(), key:kid())
    equal(state.count, 2)
  end)

  it("is fetched once for all who ask meanwhile", function()
    local state = ring { wait = 0.01 }
    local asking = {}
    for i = 1, 20 do
      asking[i] = function()
        return state.find(i % 2 == 0 and key:kid() or "x" .. i)
      end
    end
    local found = async.all(asking)
    equal(state.count, 1)
    equal(found[2]:kid(), key:kid())
    equal(found[1], nil)
  end)

  it("is fetched again after a day, and forgets what was taken away", function()
    local state = ring()
    state.find(key:kid())
    state.set = { second:jwk() }
    state.now = NOW + 86399
    test.truthy(state.find(key:kid()))
    state.now = NOW + 86400
    equal(state.find(key:kid()), nil)
    equal(state.count, 2)
  end)

  it("that cannot be fetched is an error, and is not asked for again at once", function()
    local state = ring()
    state.wrong = "no network"
    for i = 0, 2 do
      state.now = NOW + i
      local ok, err = pcall(state.find, key:kid())
      equal(ok, false)
      equal(err, "no network")
    end
    equal(state.count, 1)
    state.wrong, state.now = nil, NOW + 60
    test.truthy(state.find(key:kid()))
    state.wrong, state.now = "no network", NOW + 120
    equal(pcall(state.find, "x"), false)
    test.truthy(state.find(key:kid())) -- it is still fresh
    equal(state.find "x", nil)
  end)

  it("whose first asker is cancelled is fetched by the next", function()
    local state = ring { wait = 0.05 }
    local first = async.spawn(beadle.try, async.timeout, 0.01, state.find, key:kid())
    while state.count == 0 do
      async.sleep(0)
    end
    local next_asker = async.spawn(state.find, key:kid())
    first:wait()
    equal(next_asker:wait():kid(), key:kid())
    equal(state.count, 2)
  end)

  it("passes over what is no key for us, and does not choose between two of one name", function()
    local state = ring()
    local twin = second:jwk()
    twin.kid = "same"
    local other = key:jwk()
    other.kid = "same"
    state.set = { "text", { kty = "oct", kid = "hmac", k = "AAAA" }, twin, other, twin, key:jwk() }
    test.truthy(state.find(key:kid()))
    equal(state.find "same", nil)
    equal(state.find "hmac", nil)
  end)

  it("that is none is an error", function()
    for _, set in ipairs { false, "text", 7 } do
      local find = jwt.jwks { fetch = function() return set end }
      test.raises("decode", find, "x")
    end
  end)
end)

test.run()
