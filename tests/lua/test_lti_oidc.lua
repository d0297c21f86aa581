-- SPDX-License-Identifier: MIT
-- LTI 1.3 without a network: a platform and a tool of ours, their routes called as a server would, under a clock that
-- the test sets. What an attacker would try at each step, and the reason for which it is refused.

local claims = require "beadle.lti.claims"
local forms = require "beadle.lti.forms"
local lti = require "beadle.lti"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local TOOL, PLATFORM = "https://tool.example.org", "https://lms.example.org"
local LAUNCH = TOOL .. "/lti/launch"
local KEY, OTHER_KEY = lti.keys.generate {}, lti.keys.generate {}

local clock, platform, tool, fetches, set, launched

local function now()
  return clock
end

local function new_tool(changes)
  local options = { origin = TOOL, now = now,
    platforms = { { issuer = PLATFORM, client_id = "c-1", deployment_ids = { "d-1", "d-2" },
      auth_url = PLATFORM .. "/lti/auth", jwks_url = PLATFORM .. "/lti/jwks" } },
    fetch = function()
      fetches = fetches + 1
      return set and set() or platform:routes()["GET /lti/jwks"]().json
    end,
    on_refusal = function(reason, detail) return { status = 401, reason = reason, detail = detail } end,
    on_launch = function(launch)
      launched[#launched + 1] = launch
      return { status = 200, launch = launch }
    end }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return lti.tool(options)
end

local function new_platform(changes)
  local options = { issuer = PLATFORM, keys = KEY, now = now, tools = {
    { client_id = "c-1", deployment_ids = { "d-1", "d-2" }, login_url = TOOL .. "/lti/login",
      redirect_uris = { LAUNCH }, target_link_uri = LAUNCH },
    { client_id = "c-2", deployment_id = "d-9", login_url = "https://other.example.org/login",
      redirect_uris = { "https://other.example.org/launch" } } } }
  for name, value in pairs(changes or {}) do
    options[name] = value
  end
  return lti.platform(options)
end

local function begin()
  clock, fetches, launched, set = 1700000000, 0, {}, nil
  platform, tool = new_platform(), nil
  tool = new_tool()
end

local function launch(changes)
  local said = { tool = "c-1", resource_link_id = "link-1", roles = "Learner", custom = { chapter = 3 },
    user = { id = "learner-42", given = "Zoé", family = "D'Exemple", email = "zoe@example.org" } }
  for name, value in pairs(changes or {}) do
    said[name] = value
  end
  return platform:launch(said)
end

-- Calls a route with what a browser would send.
local function send(side, route, url, fields, cookie)
  local method = route:match "^%u+"
  local body = method == "POST" and forms.encode(fields or {}) or ""
  return side:routes()[route] { method = method, url = url, body = body,
    headers = { cookie = cookie, ["content-type"] = "application/x-www-form-urlencoded" } }
end

local function fields_of(url)
  return forms.map(forms.decode(url:match "%?(.*)$"))
end

-- Steps 1 and 2: what the tool asks the platform, and its cookie.
local function login(of)
  local answer = send(tool, "GET /lti/login", of.url)
  return answer.headers and answer.headers.Location and fields_of(answer.headers.Location),
    answer.headers and answer.headers["Set-Cookie"] and answer.headers["Set-Cookie"]:match "^[^;]*", answer
end

-- Step 3: what the platform answers, as the fields of the form that its page submits.
local function authenticate(asked, changes)
  local given = {}
  for name, value in pairs(asked) do
    given[name] = value
  end
  for name, value in pairs(changes or {}) do
    given[name] = value ~= false and value or nil
  end
  local answer = send(platform, "GET /lti/auth", PLATFORM .. "/lti/auth?" .. forms.encode(forms.list(given)))
  local form = forms.of_html(answer.body)
  return form and forms.map(form.fields), form and form.action, answer
end

local function arrive(came, cookie)
  return send(tool, "POST /lti/launch", LAUNCH, forms.list(came), cookie)
end

-- A token of the platform's, with some claims changed, signed with `key`.
local function forge(token, changes, key)
  local _, told = lti.jwt.read(token)
  for name, value in pairs(changes) do
    told[name] = value ~= false and value or nil
  end
  return lti.jwt.sign(told, key or KEY)
end

-- Everything up to the answer of the platform.
local function reach(changes)
  local asked, cookie = login(launch(changes))
  return authenticate(asked), cookie, asked
end

describe("a launch by LTI 1.3", function()
  test.before_each(begin)

  it("tells the tool who the user is and what the link says", function()
    local came, cookie = reach { outcome = { url = PLATFORM .. "/o", sourcedid = "s" },
      context = { id = "course-7", title = "C", type = "CourseOffering" }, consumer = { guid = "g", name = "LMS" },
      locale = "fr-FR", return_url = PLATFORM .. "/back", roles = { "Instructor", "urn:x" } }
    local answer = arrive(came, cookie)
    equal(answer.status, 200)
    local got = answer.launch
    same({ got.version, got.issuer, got.client_id, got.deployment_id, got.target_link_uri },
      { "1.3", PLATFORM, "c-1", "d-1", LAUNCH })
    same(got.user, { id = "learner-42", given = "Zoé", family = "D'Exemple", email = "zoe@example.org" })
    same(got.custom, { chapter = "3" })
    same(got.roles, { "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor", "urn:x" })
    same(got.outcome, { url = PLATFORM .. "/o", sourcedid = "s" })
    same({ got.resource_link.id, got.context.id, got.presentation.locale, got.presentation.return_url,
      got.consumer.guid }, { "link-1", "course-7", "fr-FR", PLATFORM .. "/back", "g" })
  end)

  it("has the claims that the standard requires", function()
    local came = reach()
    local header, told = lti.jwt.read(came.id_token)
    same({ header.alg, header.kid, header.typ }, { "RS256", KEY:kid(), "JWT" })
    for _, name in ipairs { "iss", "aud", "sub", "exp", "iat", "nonce", claims.LTI .. "message_type",
      claims.LTI .. "version", claims.LTI .. "deployment_id", claims.LTI .. "target_link_uri",
      claims.LTI .. "resource_link", claims.LTI .. "roles" } do
      test.truthy(told[name] ~= nil)
    end
    equal(told.exp - told.iat, 300)
    equal(math.type(told.iat), "integer")
  end)

  it("begins by a form too", function()
    local begun = launch()
    local form = forms.of_html(begun:html())
    equal(form.action, TOOL .. "/lti/login")
    equal(forms.submits_itself(begun:html()), true)
    local answer = send(tool, "POST /lti/login", TOOL .. "/lti/login", form.fields)
    local came = authenticate(fields_of(answer.headers.Location))
    equal(arrive(came, answer.headers["Set-Cookie"]:match "^[^;]*").status, 200)
  end)

  it("binds its cookie to the site that posts, over TLS", function()
    local _, _, answer = login(launch())
    local cookie = answer.headers["Set-Cookie"]
    for _, word in ipairs { "HttpOnly", "SameSite=None", "Secure", "Path=/lti" } do
      test.contains(cookie, word)
    end
    equal(answer.headers["Cache-Control"], "no-store")
  end)

  it("goes on after the keys were rotated, and with the old one until then", function()
    local came, cookie = reach()
    equal(arrive(came, cookie).status, 200)
    local under_way, its_cookie = reach()
    platform = new_platform { keys = { OTHER_KEY, KEY } }
    equal(arrive(under_way, its_cookie).status, 200)
    equal(fetches, 1)
    came, cookie = reach()
    clock = clock + 61
    equal(arrive(came, cookie).status, 200)
    equal(fetches, 2)
  end)
end)

describe("the tool refuses", function()
  test.before_each(begin)

  local function reason(answer)
    equal(#launched, 0)
    return answer.reason
  end

  it("a state that it did not give, and one without its browser's cookie", function()
    local came, cookie = reach()
    came.state = "x" .. came.state:sub(2)
    equal(reason(arrive(came, cookie)), "unknown_state")
    came, cookie = reach()
    equal(reason(arrive(came)), "state_mismatch")
    equal(reason(arrive(came, (cookie:gsub("=.*", "=x")))), "state_mismatch")
    local _, other = reach()
    equal(reason(arrive(came, other)), "state_mismatch")
    equal(arrive(came, cookie).status, 200)
  end)

  it("an id_token that came before, under its state and under another", function()
    local came, cookie = reach()
    equal(arrive(came, cookie).status, 200)
    launched = {}
    equal(reason(arrive(came, cookie)), "unknown_state")
    local second, second_cookie = reach()
    equal(reason(arrive({ id_token = came.id_token, state = second.state }, second_cookie)), "wrong_nonce")
  end)

  it("a state that is too old", function()
    local came, cookie = reach()
    clock = clock + 601
    equal(reason(arrive(came, cookie)), "expired_state")
  end)

  it("claims of somebody or something else", function()
    local cases = {
      wrong_nonce = { nonce = "another" }, wrong_audience = { aud = "c-2" }, wrong_issuer = { iss = TOOL },
      expired = { exp = clock - 61, iat = clock - 100 }, issued_in_future = { iat = clock + 100 },
      unknown_deployment = { [claims.LTI .. "deployment_id"] = "d-3" },
      wrong_message_type = { [claims.LTI .. "message_type"] = "LtiDeepLinkingRequest" },
      wrong_lti_version = { [claims.LTI .. "version"] = "1.1" },
      wrong_target_link_uri = { [claims.LTI .. "target_link_uri"] = TOOL .. "/other" },
      missing_claim = { [claims.LTI .. "resource_link"] = false }, malformed_claim = { sub = ("x"):rep(256) },
      wrong_authorized_party = { aud = { "c-1", "c-2" }, azp = "c-2" },
    }
    for wanted, changes in pairs(cases) do
      local came, cookie = reach()
      came.id_token = forge(came.id_token, changes)
      equal(reason(arrive(came, cookie)), wanted)
    end
    for _, claim in ipairs { "deployment_id", "target_link_uri", "roles" } do
      local came, cookie = reach()
      came.id_token = forge(came.id_token, { [claims.LTI .. claim] = false })
      equal(reason(arrive(came, cookie)), "missing_claim")
    end
  end)

  it("a signature by another key under the name of the known one", function()
    local imposter = lti.keys.load(OTHER_KEY:pem(), { kid = KEY:kid() })
    local came, cookie = reach()
    came.id_token = forge(came.id_token, {}, imposter)
    equal(reason(arrive(came, cookie)), "bad_signature")
  end)

  it("a token without an algorithm, and one changed by a byte", function()
    local came, cookie = reach()
    local header, payload, signature = came.id_token:match "^(.-)%.(.-)%.(.*)$"
    came.id_token = "eyJhbGciOiJub25lIn0." .. payload .. "."
    equal(reason(arrive(came, cookie)), "wrong_algorithm")
    came, cookie = reach()
    came.id_token = header .. "." .. payload:gsub("^.", "f") .. "." .. signature
    test.truthy(reason(arrive(came, cookie)))
  end)

  it("a key that is not known, for which it asks at most once a minute", function()
    local first, first_cookie = reach()
    equal(arrive(first, first_cookie).status, 200)
    launched = {}
    for _ = 1, 20 do
      local came, cookie = reach()
      came.id_token = forge(came.id_token, {}, OTHER_KEY)
      equal(reason(arrive(came, cookie)), "unknown_key")
      clock = clock + 1
    end
    equal(fetches, 1)
    clock = clock + 60
    local came, cookie = reach()
    came.id_token = forge(came.id_token, {}, OTHER_KEY)
    equal(reason(arrive(came, cookie)), "unknown_key")
    equal(fetches, 2)
  end)

  it("everything while the keys cannot be had, and says so", function()
    set = function() error("the platform is down", 0) end
    local came, cookie = reach()
    local answer = arrive(came, cookie)
    equal(reason(answer), "keys_unavailable")
    test.contains(answer.detail.why, "the platform is down")
  end)

  it("a platform that it does not know, and an address that is not its own", function()
    local function begun(changes)
      local fields = { iss = PLATFORM, login_hint = "h", target_link_uri = LAUNCH, client_id = "c-1" }
      for name, value in pairs(changes) do
        fields[name] = value ~= false and value or nil
      end
      return reason(send(tool, "POST /lti/login", TOOL .. "/lti/login", forms.list(fields)))
    end
    equal(begun { iss = "https://evil.example.org" }, "unknown_platform")
    equal(begun { client_id = "c-7" }, "unknown_platform")
    equal(begun { target_link_uri = "https://evil.example.org/" }, "wrong_target_link_uri")
    equal(begun { login_hint = false }, "missing_parameter")
    equal(reason(send(tool, "GET /lti/login", TOOL .. "/lti/login?iss=a&iss=b")), "duplicate_parameter")
  end)

  it("a platform's error, and an answer without a token", function()
    local _, cookie, asked = reach()
    local answer = arrive({ error = "login_required", error_description = "sign in", state = asked.state }, cookie)
    same({ reason(answer), answer.detail.error, answer.detail.description },
      { "platform_error", "login_required", "sign in" })
    local came
    came, cookie = reach()
    equal(reason(arrive({ state = came.state }, cookie)), "missing_id_token")
  end)

  it("with a page that says why and repeats nothing that was sent", function()
    tool = new_tool { on_refusal = false }
    local answer = arrive { state = "<script>alert(1)</script>" }
    equal(answer.status, 401)
    test.contains(answer.body, "unknown state")
    test.lacks(answer.body, "<script>")
  end)
end)

describe("the platform refuses", function()
  test.before_each(begin)

  it("to answer at an address that is not registered, by a page and never by a redirect", function()
    for _, uri in ipairs { "https://evil.example.org/", LAUNCH .. "/", LAUNCH .. "?x=1", "http" .. LAUNCH:sub(6),
      "https://other.example.org/launch" } do
      local asked = login(launch())
      local fields, action, answer = authenticate(asked, { redirect_uri = uri })
      equal(fields, nil)
      equal(action, nil)
      equal(answer.status, 400)
      equal(answer.headers.Location, nil)
      test.lacks(answer.body, "evil")
    end
  end)

  it("a client that is not registered, by a page", function()
    local fields, _, answer = authenticate(login(launch()), { client_id = "c-7" })
    equal(fields, nil)
    equal(answer.status, 400)
  end)

  it("a request that is not the one of LTI, in the words of OIDC", function()
    local cases = {
      { { response_type = "code" }, "unsupported_response_type" }, { { scope = "profile" }, "invalid_scope" },
      { { response_mode = "query" }, "invalid_request" }, { { prompt = "login" }, "invalid_request" },
      { { nonce = false }, "invalid_request" }, { { login_hint = false }, "invalid_request" },
      { { lti_message_hint = false }, "invalid_request" }, { { state = false }, "invalid_request" },
    }
    for _, case in ipairs(cases) do
      local asked = login(launch())
      local came, action = authenticate(asked, case[1])
      equal(came.error, case[2])
      equal(came.id_token, nil)
      equal(came.state, case[1].state == nil and asked.state or nil)
      equal(action, LAUNCH)
    end
  end)

  it("hints that it did not give, that were used, that are old, or that are of two launches", function()
    local asked = login(launch())
    equal(authenticate(asked, { login_hint = "learner-42" }).error, "login_required")
    equal(authenticate(asked, { lti_message_hint = "link-1" }).error, "login_required")
    local other = login(launch { user = { id = "eve" } })
    equal(authenticate(asked, { login_hint = other.login_hint }).error, "login_required")
    test.truthy(authenticate(asked).id_token)
    equal(authenticate(asked).error, "login_required")
    asked = login(launch())
    clock = clock + 301
    equal(authenticate(asked).error, "login_required")
  end)

  it("a launch of another tool", function()
    local asked = login(launch())
    local came = authenticate(asked, { client_id = "c-2", redirect_uri = "https://other.example.org/launch" })
    equal(came.error, "unauthorized_client")
    test.truthy(authenticate(asked).id_token)
  end)

  it("another user than the one who is signed in", function()
    platform = new_platform { user_of = function() return "eve" end }
    equal(authenticate((login(launch()))).error, "login_required")
  end)

  it("what is said twice", function()
    local asked = login(launch())
    local answer = send(platform, "GET /lti/auth", PLATFORM .. "/lti/auth?" .. forms.encode(forms.list(asked))
      .. "&redirect_uri=https://evil.example.org")
    equal(answer.status, 400)
  end)

  it("to make launches of users without an id, or for deployments that it does not have", function()
    test.raises("argument", launch, { user = { given = "x" } })
    test.raises("argument", launch, { user = { id = "é" } })
    test.raises("argument", launch, { deployment_id = "d-3" })
    test.raises("argument", launch, { tool = "c-3" })
    test.raises("argument", launch, { target_link_uri = "javascript:alert(1)" })
  end)
end)

describe("the platform", function()
  test.before_each(begin)

  it("shows its public keys and no private part", function()
    platform = new_platform { keys = { OTHER_KEY, KEY } }
    local keys = platform:routes()["GET /lti/jwks"]().json.keys
    same({ #keys, keys[1].kid, keys[2].kid }, { 2, OTHER_KEY:kid(), KEY:kid() })
    for _, name in ipairs { "d", "p", "q", "dp", "dq", "qi" } do
      equal(keys[1][name], nil)
    end
  end)

  it("says what a tool's form asks for", function()
    local said = forms.map(platform:registration "c-1")
    same({ said["Platform ID (issuer)"], said["Client ID"], said["Deployment ID"],
      said["Authentication request URL"], said["Public key set URL"], said["Public key ID"] },
      { PLATFORM, "c-1", "d-1, d-2", PLATFORM .. "/lti/auth", PLATFORM .. "/lti/jwks", KEY:kid() })
  end)

  it("forgets launches that nobody followed", function()
    for _ = 1, 50 do
      launch()
    end
    clock = clock + 301
    launch()
    local count = 0
    for _ in pairs(platform.under_way) do
      count = count + 1
    end
    equal(count, 1)
  end)

  it("refuses what it cannot be made of, by name", function()
    test.contains(test.raises("argument", new_platform, { isuer = 1 }).hint, "issuer")
    test.raises("argument", new_platform, { keys = {} })
    test.raises("argument", new_platform, { issuer = "lms" })
    test.raises("argument", new_platform, { tools = { { client_id = "c" } } })
    test.raises("argument", new_platform, { token_lifetime = 0 })
  end)
end)

test.run()
