-- SPDX-License-Identifier: MIT
-- What takes time in launches: a form that was kept too long, hints and states that end, a grade that comes when the
-- test is over. Platform, tool and outcome service are servers of this process, reached without a socket.

local async = require "beadle.async"
local browser = require "beadle.lti.browser"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local lti = require "beadle.lti"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

test.limit = 30 * 86400

local URL = "https://recette.isograd.com/public/lti.php"
local KEY, NEXT_KEY = lti.keys.generate {}, lti.keys.generate {}

local function said(changes)
  local given = { operation = isograd.create_candidate_and_add_test, params = { gen_id = 3, tst_frm_id = 101 },
    user = { id = "learner-42", given = "Zoé", family = "D'Exemple", email = "zoe@example.org" } }
  for name, value in pairs(changes or {}) do
    given[name] = value
  end
  return given
end

local function open_platform(server, keys)
  local platform = lti.platform { issuer = server.url, keys = keys, tools = { { client_id = "c-1",
    deployment_id = "d-1", login_url = URL, redirect_uris = { URL } } } }
  for route, handler in pairs(platform:routes()) do
    server:remove(route)
    server:route(route, handler)
  end
  return platform
end

local function register(platform)
  sandbox.isograd.register_platform { issuer = platform.issuer, client_id = "c-1", deployment_id = "d-1",
    auth_url = platform:address "auth", jwks_url = platform:address "jwks" }
end

describe("in virtual time", function()
  test.before_each(function() sandbox.reset() end)

  it("a form is good for five minutes", function()
    local early, late = lti.launch_form(said()), lti.launch_form(said())
    async.sleep(299)
    equal(early:post().status, 200)
    async.sleep(2)
    test.contains(tostring(test.raises("auth", late.post, late)), "stale_timestamp")
    sandbox.isograd.set { lti_window = 600 }
    equal(late:post().status, 200)
  end)

  it("a nonce that was used is refused as long as its form is good", function()
    local form = lti.launch_form(said())
    form:post()
    async.sleep(290)
    test.contains(tostring(test.raises("auth", form.post, form)), "replayed_nonce")
  end)

  it("the grade of a launch comes when the test is over", function()
    local came
    local server <close> = http.serve { routes = { ["POST /outcomes"] = lti.outcomes.receiver {
      lookup = function() return "test-consumer-secret" end,
      replace = function(sourcedid, score) came = { sourcedid, score, time.now() } end } } }
    sandbox.isograd.set { finish_after = 3 * 86400 }
    local began = time.now()
    lti.launch_form(said { outcome = { url = server.url .. "/outcomes", sourcedid = "7:3" } }):post()
    async.sleep(3 * 86400 - 1)
    equal(came, nil)
    async.sleep(2)
    equal(came[1], "7:3")
    equal(came[3] - began >= 3 * 86400, true)
  end)

  it("a launch by LTI 1.3 begins within five minutes", function()
    local server <close> = http.serve { routes = {} }
    local platform = open_platform(server, KEY)
    register(platform)
    local soon, late = platform:launch(said()), platform:launch(said())
    async.sleep(290)
    equal(browser.go { url = soon.url }.title, "Python")
    async.sleep(20)
    local page = browser.go { url = late.url }
    same({ page.status, page.title }, { 401, "Launch refused" })
    test.contains(page.body, "the launch began too long ago")
  end)

  it("new keys are fetched when a minute has passed since the last time", function()
    local server <close> = http.serve { routes = {} }
    local platform = open_platform(server, KEY)
    register(platform)
    equal(browser.go { url = platform:launch(said()).url }.title, "Python")
    platform = open_platform(server, { NEXT_KEY, KEY })
    test.contains(browser.go { url = platform:launch(said()).url }.body, "unknown_key")
    async.sleep(61)
    equal(browser.go { url = platform:launch(said()).url }.title, "Python")
    equal(#sandbox.isograd.calls(), 2)
  end)
end)

test.run()
