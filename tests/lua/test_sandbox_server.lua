-- SPDX-License-Identifier: MIT
-- The sandbox over HTTP: served and called in this very process.

local async = require "beadle.async"
local http = require "beadle.http"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local port = require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 }
local base = ("http://127.0.0.1:%d"):format(port)
local remote = sandbox.at(base)

local function token()
  local answer = http.post(base .. "/oauth2/token?grant_type=client_credentials&scopes=usage",
    { form = { client_id = "test-client-id", client_secret = "test-client-secret" } })
  return answer:json().access_token
end

local function act(fields, bearer)
  return http.post(base .. "/api/usage", { form = fields, headers = { Authorization = "Bearer " .. bearer } })
end

describe("the served sandbox", function()
  test.before_each(function() sandbox.reset() end)

  it("answers as the vendor's document shows", function()
    local answer = act({ act_id = 1, gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" },
      token())
    equal(answer.status, 200)
    equal(answer:json().success, true)
    equal(math.type(answer:json().can_id), "integer")
  end)

  it("gives links that lead back to itself", function()
    local links = act({ act_id = 2, ema = "grace.hopper@example.org", tst_frm_id = 101 }, token()):json()
    test.contains(links.tst_url, base)
    local page = http.get(links.tst_url)
    equal(page.status, 200)
    test.contains(page.body, "Finish this test")
  end)

  it("is the same sandbox as the one in the process", function()
    act({ act_id = 12, ema = "grace.hopper@example.org" }, token())
    equal(sandbox.isograd.counts().anonymize_candidate, 1)
    equal(remote.isograd.counts().anonymize_candidate, 1)
  end)

  it("says what it does not have", function()
    equal(http.get(base .. "/nothing").status, 404)
    equal(http.get(base .. "/api/usage").status, 405)
    equal(http.post(base .. "/_sandbox/isograd/nothing", { json = {} }).status, 400)
    equal(http.post(base .. "/_sandbox/nobody/reset", { json = {} }).status, 400)
    equal(http.get(base .. "/_sandbox/isograd/reset").status, 403)
    local from_a_page = { json = {}, headers = { Origin = "http://page.example" } }
    equal(http.post(base .. "/_sandbox/isograd/reset", from_a_page).status, 403)
    equal(http.post(base .. "/_sandbox/isograd/set", { body = "no json" }).status, 400)
  end)

  it("gives a script the error of a command", function()
    local err = test.raises("argument", remote.isograd.set, { latensy = 1 })
    test.contains(err.message, "did you mean latency?")
  end)

  it("refuses a body that is too large", function()
    equal(http.post(base .. "/api/usage", { body = ("x"):rep((1 << 20) + 1) }).status, 413)
    equal(http.post(base .. "/api/usage", { body = ("x"):rep(1 << 20) }).status, 401)
  end)

  it("answers late when told, many at once", function()
    remote.isograd.set { latency = 0.05 }
    local answers = async.map({ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 }, { concurrency = 10 }, function()
      return http.get(base .. "/admin/x").status
    end)
    equal(#answers, 10)
    for _, status in ipairs(answers) do
      equal(status, 200)
    end
  end)

  it("bears a client that leaves before the answer", function()
    remote.isograd.set { latency = 0.3 }
    test.raises("timeout", async.timeout, "20 ms", http.get, base .. "/admin/x")
    remote.isograd.set { latency = 0 }
    equal(http.get(base .. "/admin/x").status, 200)
  end)

  it("drops the connection when a reply shall be lost", function()
    remote.isograd.fault { kind = "lost reply", operation = "anonymize_candidate" }
    local err = test.raises("network", act, { act_id = 12, ema = "grace.hopper@example.org" }, token())
    equal(err.outcome, "unknown")
    equal(remote.isograd.counts().anonymize_candidate, 1)
  end)

  it("refuses a port that is taken", function()
    test.raises("io", require("beadle.sandbox.native").serve, { host = "127.0.0.1", port = port })
  end)

  it("still answers with a request under way when the program ends", function()
    remote.isograd.set { latency = 1000 }
    local task = async.spawn(beadle.try, http.get, base .. "/admin/x")
    async.sleep "20 ms"
    task:cancel()
    equal(json.encode(json.array {}), "[]")
  end)
end)

test.run()
