-- SPDX-License-Identifier: MIT
-- What `beadle lti explain` finds: the first thing that is wrong, and of a wrong signature the sender's mistake.

local explain = require "beadle.lti.explain"
local forms = require "beadle.lti.forms"
local json = require "beadle.json"
local lti = require "beadle.lti"
local native = require "beadle.lti.native"
local test = require "beadle.test"
local words = require "beadle.lti.explain_words"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local URL, NOW, SECRET = "https://tool.example.org/launch?course=7", 1700000000, "a-plain-secret"

local FIELDS = { { "lti_message_type", "basic-lti-launch-request" }, { "lti_version", "LTI-1p0" },
  { "resource_link_id", "link 1" }, { "resource_link_title", "one\r\ntwo" }, { "user_id", "l-1" },
  { "context_title", "" }, { "roles", " Learner" } }

local function sign(changes)
  local options = { url = URL, fields = FIELDS, key = "k", secret = SECRET, timestamp = NOW, nonce = "n-1" }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return lti.oauth1.sign_form(options)
end

local function look(text, changes)
  local options = { url = URL, secret = SECRET, now = NOW + 10 }
  for name, value in pairs(changes or {}) do
    options[name] = value ~= false and value or nil
  end
  return explain.explain(text, options)
end

local function first(...)
  local report = look(...)
  return report.first and report.first.name, report.first and report.first.text, report
end

-- A form whose signature is of another base string.
local function mistaken(change)
  local fields = sign()
  local base = lti.oauth1.base_string { method = "POST", url = URL, fields = fields }
  fields[#fields] = { "oauth_signature", native.signature("HMAC-SHA1", change(base), SECRET) }
  return forms.encode(fields)
end

local function state_of(report, name)
  for _, check in ipairs(report.checks) do
    if check.name == name then
      return check.state
    end
  end
end

describe("a launch of LTI 1.1", function()
  it("has nothing wrong when nothing is, in every form that it may come in", function()
    local signed = sign()
    local page = require("beadle.lti.page").submit { url = URL, fields = signed }
    local request = "POST /launch?course=7 HTTP/1.1\r\nHost: tool.example.org\r\n\r\n" .. forms.encode(signed)
    for _, text in ipairs { forms.encode(signed), json.encode(forms.map(signed)), page, request } do
      local report = look(text)
      equal(report.first, nil)
      same({ state_of(report, "message"), state_of(report, "signature"), state_of(report, "clock"),
        state_of(report, "nonce") }, { "ok", "ok", "ok", "open" })
    end
    for _, text in ipairs { page, request } do
      equal(state_of(look(text, { url = false }), "signature"), "ok")
    end
  end)

  it("says what is not checked without the secret or the address", function()
    local text = forms.encode(sign())
    equal(state_of(look(text, { secret = false }), "signature"), "open")
    equal(state_of(look(text, { url = false }), "signature"), "open")
  end)

  it("is too old, from the future, or counted in milliseconds", function()
    local name, text = first(forms.encode(sign()), { now = NOW + 7200 })
    equal(name, "clock")
    test.contains(text, "2 hours ago")
    equal((first(forms.encode(sign()), { now = NOW - 301 })), "clock")
    equal((first(forms.encode(sign()), { now = NOW + 7200, window = 8000 })), nil)
    name, text = first(forms.encode(sign { timestamp = NOW * 1000 }))
    equal(name, "clock")
    test.contains(text, "milliseconds")
  end)

  it("names the key that is not the expected one, and the fields that are missing", function()
    equal((first(forms.encode(sign()), { key = "other" })), "key")
    local fields = sign()
    table.remove(fields, #fields)
    local name, text = first(forms.encode(fields))
    equal(name, "OAuth fields")
    test.contains(text, "oauth_signature is missing")
    name, text = first "lti_message_type=basic-lti-launch-request&resource_link_id=1"
    equal(name, "message")
    test.contains(text, "lti_version is missing")
  end)

  it("shows the sender's mistake", function()
    local function finds(wanted, text, changes)
      local name, said, report = first(text, changes)
      equal(name, "signature")
      test.contains(said, wanted)
      return report
    end
    local encode = lti.oauth1.encode
    finds("another scheme", mistaken(function(base) return (base:gsub("https", "http", 1)) end))
    finds("usual port", mistaken(function(base) return (base:gsub("example%.org", "%0%%3A443", 1)) end))
    finds("slash at its end", mistaken(function(base) return (base:gsub("%%2Flaunch", "%0%%2F", 1)) end))
    finds("signs a GET", mistaken(function(base) return (base:gsub("^POST", "GET")) end))
    finds("a space as +", mistaken(function(base) return (base:gsub("%%2520", "%%2B")) end))
    finds("in lower case", mistaken(function(base)
      return (base:gsub("%%25(%x%x)", function(hex) return "%25" .. hex:lower() end))
    end))
    finds("LF for line breaks", mistaken(function(base) return (base:gsub("%%250D%%250A", "%%250A")) end))
    finds("leaves empty values out", mistaken(function(base) return (base:gsub("context_title%%3D%%26", "")) end))
    finds("does not sign the parameters of the address", mistaken(function(base)
      return (base:gsub("course%%3D7%%26", ""))
    end))
    finds("spaces around them", mistaken(function(base) return (base:gsub("roles%%3D%%2520", "roles%%3D")) end))
    local report = finds("the field user_id is not part", mistaken(function(base)
      return (base:gsub("%%26user_id%%3Dl%-1", ""))
    end))
    test.truthy(report.comparison)
    local fields = sign()
    fields[#fields + 1] = { "basiclti_submit", "Launch" }
    finds("the field basiclti_submit is not part", forms.encode(fields))
    finds("of another secret", forms.encode(sign { secret = "quite-another" }))
    equal(encode "ü", "%C3%BC")
  end)

  it("knows a + of the signature that came as a space", function()
    for i = 1, 200 do
      local signed = sign { nonce = "n-" .. i }
      local signature = signed[#signed][2]
      if signature:find("+", 1, true) then
        signed[#signed][2] = signature:gsub("+", " ")
        local _, text = first(forms.encode(signed))
        test.contains(text, "came as a space")
        return
      end
    end
    error "no signature had a +"
  end)

  it("shows both base strings with a caret at their first difference", function()
    local lines = words.compare("POST&http%3A%2F%2Fa", "POST&https%3A%2F%2Fa")
    same(lines, { "base strings, from byte 1 on; they differ at byte 10 of 19 here and 20 there",
      "here    POST&http%3A%2F%2Fa", "there   POST&https%3A%2F%2Fa", "                 ^" })
    equal(words.compare("a", "a"), nil)
    local long = ("x"):rep(500)
    test.contains(words.compare(long .. "a", long .. "b")[2], "here   …xxx")
    local _, text, report = first(forms.encode(sign { secret = "quite-another" }), { base_string = "POST&x" })
    test.contains(text, "the base strings differ")
    equal(report.comparison.there, "POST&x")
    local base = lti.oauth1.base_string { method = "POST", url = URL, fields = sign() }
    _, text = first(forms.encode(sign { secret = "quite-another" }), { base_string = base })
    test.contains(text, "the secrets differ")
  end)

  it("compares base strings without the secret", function()
    local text = forms.encode(sign())
    local name, said, report = first(text, { secret = false, base_string = "POST&x" })
    equal(name, "signature")
    test.contains(said, "the base strings differ")
    equal(report.comparison.there, "POST&x")
    local base = lti.oauth1.base_string { method = "POST", url = URL, fields = sign() }
    report = look(text, { secret = false, base_string = base })
    equal(report.first, nil)
    equal(state_of(report, "signature"), "open")
  end)
end)

describe("a request signed in its header", function()
  it("is checked with its body", function()
    local body = "<x/>"
    local header = lti.oauth1.sign_body { url = "https://lms.example.org/o", body = body, key = "k", secret = SECRET,
      timestamp = NOW }
    local text = ("POST /o HTTP/1.1\nHost: lms.example.org\nAuthorization: %s\nContent-Type: application/xml\n\n%s")
      :format(header, body)
    equal(look(text, { url = false }).first, nil)
    equal((first(text .. " ", { url = false })), "body")
    equal((first(text, { url = "https://lms.example.org/p" })), "signature")
  end)
end)

describe("an id_token", function()
  local key, other = lti.keys.generate {}, lti.keys.generate {}
  local L = "https://purl.imsglobal.org/spec/lti/claim/"
  local CLAIMS = { iss = "https://lms.example.org", aud = "c-1", sub = "l-1", iat = NOW, exp = NOW + 300, nonce = "n",
    email = "zoe@example.org", [L .. "message_type"] = "LtiResourceLinkRequest", [L .. "version"] = "1.3.0",
    [L .. "deployment_id"] = "d-1", [L .. "target_link_uri"] = "https://tool.example.org/launch",
    [L .. "resource_link"] = { id = "l" }, [L .. "roles"] = json.array {} }

  local function token(changes, with)
    local told = {}
    for name, value in pairs(CLAIMS) do
      told[name] = value
    end
    for name, value in pairs(changes or {}) do
      told[name] = value ~= false and value or nil
    end
    return lti.jwt.sign(told, with or key)
  end

  local FULL = { jwks = { keys = { key:jwk() } }, issuer = "https://lms.example.org", client_id = "c-1",
    deployment_id = "d-1", nonce = "n" }

  it("has nothing wrong when nothing is", function()
    local report = look(token(), FULL)
    equal(report.first, nil)
    for _, check in ipairs(report.checks) do
      equal(check.state, "ok")
    end
    equal(look("id_token=" .. token() .. "&state=s", FULL).first, nil)
  end)

  it("names the first thing that is wrong", function()
    local function name(changes, with, options)
      local all = {}
      for key_name, value in pairs(FULL) do
        all[key_name] = value
      end
      for key_name, value in pairs(options or {}) do
        all[key_name] = value
      end
      return (first(token(changes, with), all))
    end
    equal(name({}, other), "key")
    equal(name({}, lti.keys.load(other:pem(), { kid = key:kid() })), "signature")
    equal(name({ exp = NOW - 400 }), "clock")
    equal(name({}, nil, { now = NOW + 500 }), "clock")
    equal(name { iss = "https://other.example.org" }, "issuer")
    equal(name { aud = "c-2" }, "audience")
    equal(name { nonce = "m" }, "nonce")
    equal(name { nonce = false }, "nonce")
    equal(name { [L .. "deployment_id"] = "d-2" }, "deployment")
    equal(name { [L .. "roles"] = false }, "claims")
    equal(name { nbf = NOW + 200 }, "clock")
    equal(name { aud = json.array { "c-1", "c-2" }, azp = "c-1" }, nil)
    equal(name { aud = json.array { "c-1", "c-2" } }, "audience")
    equal(name { azp = "c-2" }, "audience")
  end)

  it("is looked at whatever its claims are", function()
    for claim, values in pairs {
      aud = { json.array { {} }, json.array { 1, json.null }, json.null, 5, { a = 1 } },
      iat = { 1e300, -5, "1700000000", json.null, {} }, exp = { 1e300, "1700000300", {} }, nbf = { "soon", {}, 1e300 },
      iss = { {}, json.null }, nonce = { {}, 5 }, [L .. "deployment_id"] = { {}, json.null },
    } do
      for _, value in ipairs(values) do
        local report = look(token { [claim] = value }, FULL)
        test.truthy(report.first)
      end
    end
  end)

  it("is looked at without keys, and when it cannot be read", function()
    equal(state_of(look(token()), "signature"), "open")
    local _, payload = token():match "^(.-)%.(.-)%."
    equal((first("eyJhbGciOiJub25lIn0." .. payload .. ".")), "algorithm")
    equal((first "eyJ.e30.x"), "token")
  end)

  it("is missing in a refusal", function()
    local name, text = first "error=login_required&error_description=sign+in&state=s"
    equal(name, "answer")
    test.contains(text, "login_required: sign in")
  end)
end)

describe("what is no launch", function()
  it("is said to be none", function()
    for _, text in ipairs { "", "hello", "<p>no form</p>", "{}", "a=%zz", "<imsx_POXEnvelopeRequest/>" } do
      local report = look(text)
      equal(report.first.name, "form")
    end
  end)
end)

test.run()
