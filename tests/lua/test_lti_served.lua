-- SPDX-License-Identifier: MIT
-- Launches of both versions over real sockets: the simulated Isograd is served, platform and outcome service are
-- servers of this process, and what a browser does is done without one.

local async = require "beadle.async"
local browser = require "beadle.lti.browser"
local claims = require "beadle.lti.claims"
local forms = require "beadle.lti.forms"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local lti = require "beadle.lti"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local port = require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 }
local BASE = ("http://127.0.0.1:%d"):format(port)
local URL = BASE .. "/public/lti.php"
local KEY, OTHER_KEY = lti.keys.generate {}, lti.keys.generate {}
local ZOE = { id = "learner-42", given = "Zoé", family = "D'Exemple", email = "zoe@example.org" }

local function said(changes)
  local given = { operation = isograd.create_candidate_and_add_test, params = { gen_id = 3, tst_frm_id = 101 },
    user = ZOE }
  for name, value in pairs(changes or {}) do
    given[name] = value
  end
  return given
end

local function last_test()
  local tests = sandbox.isograd.tests()
  return tests[#tests]
end

-- Waits until the simulated Isograd has made as many requests, and they are over.
local function wait_for_calls(count)
  for _ = 1, 500 do
    local calls, over = sandbox.isograd.calls(), 0
    for _, call in ipairs(calls) do
      over = over + (call.state ~= "under way" and 1 or 0)
    end
    if over >= count then
      return calls
    end
    async.sleep(0.01)
  end
  error(("there were no %d calls"):format(count))
end

-- A server with an outcome service; gives it and the grades that came.
local function gradebook()
  local grades = {}
  local server = http.serve { routes = { ["POST /outcomes"] = lti.outcomes.receiver {
    lookup = function(key) return key == "test-consumer-key" and "test-consumer-secret" or nil end,
    replace = function(sourcedid, score) grades[sourcedid] = score end } } }
  return server, grades
end

describe("a launch by LTI 1.1 over real sockets", function()
  test.before_each(function() sandbox.reset() end)

  it("leads to the start page, and the grade comes back", function()
    local server, grades = gradebook()
    local _ <close> = server
    local form = lti.launch_form(said { url = URL, outcome = { url = server.url .. "/outcomes", sourcedid = "7:3" } })
    local page = form:post()
    same({ page.status, page.title }, { 200, "Python" })
    test.match(page.url, "^" .. BASE:gsub("%p", "%%%0") .. "/test/start/")
    sandbox.isograd.finish_test { pla_tst_id = last_test().pla_tst_id, num_val = 742 }
    local calls = wait_for_calls(1)
    same({ calls[1].status, grades["7:3"] }, { 200, 0.742 })
  end)

  it("is signed for its address: at another it is refused", function()
    local form = lti.launch_form(said { url = "https://recette.isograd.com/public/lti.php" })
    local answer = http.post(URL, { body = form:body(),
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } })
    equal(answer.status, 401)
    test.contains(answer.body, "bad_signature")
  end)

  it("answers what is no launch with a page", function()
    for _, how in ipairs { { "GET" }, { "POST", "a=b" }, { "POST", "" } } do
      local answer = http.request { method = how[1], url = URL, body = how[2] }
      equal(answer.status, 400)
      test.contains(answer.body, "No launch")
    end
  end)
end)

describe("a launch by LTI 1.3 over real sockets", function()
  test.before_each(function() sandbox.reset() end)

  -- A platform that the simulated Isograd knows; `keys` may change what it signs with.
  local function open(keys)
    local server, grades = gradebook()
    local platform = lti.platform { issuer = server.url, keys = keys or KEY, tools = { { client_id = "c-1",
      deployment_id = "d-1", login_url = URL, redirect_uris = { URL } } } }
    for route, handler in pairs(platform:routes()) do
      server:route(route, handler)
    end
    sandbox.isograd.register_platform { issuer = server.url, client_id = "c-1", deployment_id = "d-1",
      auth_url = platform:address "auth", jwks_url = platform:address "jwks" }
    return server, platform, grades
  end

  it("leads to the start page, by a link and by a form, and the grade comes back", function()
    local server, platform, grades = open()
    local _ <close> = server
    local launch = platform:launch(said { outcome = { url = server.url .. "/outcomes", sourcedid = "7:3" } })
    local page = launch:follow()
    same({ page.status, page.title, #page.steps }, { 200, "Python", 4 })
    local err = test.raises("auth", launch.follow, launch)
    test.contains(err.vendor_message, "the launch is not known, was used already, or is over")
    equal(err.outcome, "none")
    sandbox.isograd.finish_test { pla_tst_id = last_test().pla_tst_id, num_val = 100 }
    launch = platform:launch(said())
    page = browser.go { method = "POST", url = launch.login_url, fields = launch.fields }
    equal(page.title, "Python")
    wait_for_calls(2)
    equal(grades["7:3"], 0.1)
    local fetched = 0
    for _, call in ipairs(sandbox.isograd.calls()) do
      fetched = fetched + (call.fetch and 1 or 0)
    end
    equal(fetched, 1)
  end)

  it("stores the subject as ext_id", function()
    local server, platform = open()
    local _ <close> = server
    browser.go { url = platform:launch(said()).url }
    local candidates = sandbox.isograd.candidates()
    same({ candidates[#candidates].ema, candidates[#candidates].ext_id }, { "zoe@example.org", "learner-42" })
  end)

  -- Runs a launch up to the form that goes back to the tool; gives its fields and the cookie.
  local function reach(platform)
    local begun = http.get(platform:launch(said()).url, { redirects = 0 })
    local form = forms.of_html(http.get(begun.headers.location).body)
    return forms.map(form.fields), begun.headers["set-cookie"]:match "^[^;]*"
  end

  local function arrive(fields, cookie)
    return http.post(URL, { form = fields, headers = { Cookie = cookie } })
  end

  it("is refused where it is not what was asked for", function()
    local server, platform = open()
    local _ <close> = server
    local came, cookie = reach(platform)
    local _, told = lti.jwt.read(came.id_token)
    local function with(changes, key)
      local changed = {}
      for name, value in pairs(told) do
        changed[name] = value
      end
      for name, value in pairs(changes) do
        changed[name] = value
      end
      return { state = came.state, id_token = lti.jwt.sign(changed, key or KEY) }
    end
    local function refused(words, fields)
      local answer = arrive(fields, cookie)
      equal(answer.status, words == "wrong_message_type" and 400 or 401)
      test.contains(answer.body, words)
      came, cookie = reach(platform)
      told = select(2, lti.jwt.read(came.id_token))
    end
    refused("unknown_state", { state = "x", id_token = came.id_token })
    refused("state_mismatch", (function() cookie = "a=b" return came end)())
    refused("wrong_nonce", with { nonce = "x" })
    refused("wrong_audience", with { aud = "c-2" })
    refused("unknown_deployment", with { [claims.LTI .. "deployment_id"] = "d-2" })
    refused("wrong_message_type", with { [claims.LTI .. "message_type"] = "x" })
    refused("unknown_key", with({}, OTHER_KEY))
    equal(#sandbox.isograd.candidates(), 3)
    equal(arrive(came, cookie).status, 302)
    equal(arrive(came, cookie).status, 401)
  end)

  it("asks for the keys once, whoever signs", function()
    local server, platform = open()
    local _ <close> = server
    for _ = 1, 5 do
      local came, cookie = reach(platform)
      local _, told = lti.jwt.read(came.id_token)
      arrive({ state = came.state, id_token = lti.jwt.sign(told, OTHER_KEY) }, cookie)
    end
    equal(#sandbox.isograd.calls(), 1)
  end)

  it("is refused by a page when the platform is not known, or its keys cannot be had", function()
    local server, platform = open()
    local _ <close> = server
    sandbox.isograd.register_platform { issuer = server.url, client_id = "c-1", deployment_id = "d-1",
      auth_url = platform:address "auth", jwks_url = server.url .. "/nowhere" }
    local page = browser.go { url = platform:launch(said()).url }
    same({ page.status, page.title }, { 401, "Launch refused" })
    test.contains(page.body, "keys_unavailable")
    sandbox.reset()
    page = browser.go { url = platform:launch(said()).url }
    test.contains(page.body, "unknown_platform")
  end)

  it("needs its registration to be whole", function()
    test.raises("argument", sandbox.isograd.register_platform, { issuer = "x" })
    test.raises("argument", sandbox.isograd.register_platform, { isuer = "x" })
    test.raises("argument", sandbox.isograd.register_platform, { issuer = "x", client_id = "y", auth_url = "z",
      deployment_id = "1" })
  end)

  it("serves the tool's own key set", function()
    local set = http.get(BASE .. "/public/jwks.php"):json()
    equal(lti.keys.from_jwk(set.keys[1]):bits(), 2048)
  end)
end)

describe("platform and tool of ours over real sockets", function()
  it("agree", function()
    local tool_server <close> = http.serve { routes = {} }
    local platform_server <close> = http.serve { routes = {} }
    local tool = lti.tool { origin = tool_server.url, platforms = { { issuer = platform_server.url,
      client_id = "c-1", deployment_id = "d-1", auth_url = platform_server.url .. "/lti/auth",
      jwks_url = platform_server.url .. "/lti/jwks" } }, keys = OTHER_KEY,
      on_launch = function(launch) return "hello " .. launch.user.given .. " of " .. launch.custom.chapter end }
    local platform = lti.platform { issuer = platform_server.url, keys = KEY, tools = { { client_id = "c-1",
      deployment_id = "d-1", login_url = tool:address "login", redirect_uris = { tool:address "launch" } } } }
    for route, handler in pairs(tool:routes()) do
      tool_server:route(route, handler)
    end
    for route, handler in pairs(platform:routes()) do
      platform_server:route(route, handler)
    end
    local page = browser.go { url = platform:launch { resource_link_id = "l", user = ZOE,
      custom = { chapter = 3 } }.url }
    same({ page.status, page.body }, { 200, "hello Zoé of 3" })
    equal(http.get(tool:address "jwks"):json().keys[1].kid, OTHER_KEY:kid())
    equal(http.post(platform:address "token", { form = { grant_type = "client_credentials" } }).status, 400)
  end)
end)

describe("a tool of LTI 1.1 over real sockets", function()
  it("checks what it is sent", function()
    local seen
    local store = lti.nonces.open {}
    local server <close> = http.serve { routes = { ["POST /launch"] = function(request)
      local launch, reason = lti.verify_launch(request, { lookup = function() return "plain-secret" end,
        nonces = store })
      seen = launch or reason
      return launch and "welcome" or { status = 401, body = reason }
    end } }
    local form = lti.launch_form { url = server.url .. "/launch?course=7&x=%C3%A9", key = "k", secret = "plain-secret",
      resource_link_id = "l", user = ZOE, resource_link_description = "a\nb" }
    equal(form:post().body, "welcome")
    same(seen.user, ZOE)
    local err = test.raises("auth", form.post, form)
    equal(err.vendor_message, "replayed_nonce")
  end)
end)

test.run()
