-- SPDX-License-Identifier: MIT
-- The kinds of faults that the sandbox makes on request, in this process and over HTTP: what a client sees, and
-- whether the vendor did what it was asked.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local native = require "beadle.sandbox.native"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal = test.describe, test.it, test.equal

local port = native.serve { host = "127.0.0.1", port = 0 }

local base = ("http://127.0.0.1:%d"):format(port)

local ADA = { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

-- The same request over a socket: the answer, or raises.
local function create_over_http()
  local form = { act_id = 1 }
  for name, value in pairs(ADA) do
    form[name] = value
  end
  -- Over another connection: one that breaks when it is used again is closed like one that was idle for too long.
  local other = base:gsub("127.0.0.1", "localhost")
  local signed_in = http.post(other .. "/oauth2/token?grant_type=client_credentials&scopes=usage",
    { form = { client_id = "test-client-id", client_secret = "test-client-secret" } })
  return http.post(base .. "/api/usage", { form = form, retry = false,
    headers = { Authorization = "Bearer " .. signed_in:json().access_token } })
end

local function create()
  return isograd.create_candidate(ADA, { retry = false })
end

local at_first = #sandbox.isograd.candidates()

local function created()
  return #sandbox.isograd.candidates() > at_first
end

local function fault(kind, more)
  local args = { operation = "isograd.create_candidate", kind = kind }
  for name, value in pairs(more or {}) do
    args[name] = value
  end
  sandbox.fault(args)
end

test.before_each(function()
  sandbox.reset()
  native.forget_tokens()
end)

describe("in this process", function()
  -- kind of fault, kind of error, outcome, whether it was done
  for _, case in ipairs {
    { "429", "rate_limit", "none", false }, { "500", "server", "unknown", false },
    { "503", "server", "unknown", false }, { "reset", "network", "unknown", false },
    { "reset after", "network", "unknown", true }, { "cut body", "network", "unknown", true },
    { "lost reply", "network", "unknown", true }, { "lost request", "network", "unknown", false },
  } do
    it(case[1], function()
      fault(case[1])
      local err = test.raises(case[2], create)
      equal(err.outcome, case[3])
      equal(created(), case[4])
    end)
  end

  it("429 says how long to wait", function()
    fault("429", { retry_after = 17 })
    equal(test.raises("rate_limit", create).retry_after, 17.0)
  end)

  it("reset and cut body are what they say", function()
    fault "reset"
    test.contains(test.raises("network", create).message, "the connection broke")
    fault "cut body"
    test.contains(test.raises("network", create).message, "ended too early")
  end)

  it("slow lasts as long as asked", function()
    fault("slow", { delay = 0.05 })
    local before = time.elapsed()
    create()
    test.truthy(time.elapsed() - before >= 0.05)
    fault("slow", { delay = 60 })
    test.raises("timeout", isograd.create_candidate, ADA, { timeout = "20 ms", retry = false })
  end)

  it("an expired token is renewed, and the call is made", function()
    create()
    sandbox.reset()
    create()
    local before = sandbox.isograd.counts().authenticate
    fault "expired token"
    isograd.create_candidate { gen_id = 3, ema = "bob@example.org", fst_nam = "Bob", lst_nam = "X" }
    equal(sandbox.isograd.counts().authenticate, before + 1)
  end)

  it("a token that is refused is not the request that was meant", function()
    create()
    sandbox.isograd.revoke_tokens()
    fault "lost reply"
    local added = { gen_id = 3, ema = "bob@example.org", fst_nam = "Bob", lst_nam = "X" }
    test.raises("network", isograd.create_candidate, added, { retry = false })
    equal(#sandbox.isograd.candidates(), at_first + 2)
  end)

  it("the nth is meant", function()
    fault("500", { nth = 2 })
    create()
    test.raises("server", isograd.create_candidate, { gen_id = 3, ema = "bob@example.org", fst_nam = "Bob",
      lst_nam = "X" }, { retry = false })
    isograd.create_candidate { gen_id = 3, ema = "cay@example.org", fst_nam = "Cay", lst_nam = "X" }
  end)
end)

describe("over HTTP", function()
  for _, kind in ipairs { "reset", "reset after", "cut body", "lost reply", "lost request" } do
    it(kind, function()
      fault(kind)
      local err = test.raises("network", create_over_http)
      if kind:find "reset" then
        test.contains(err.message, "the connection broke")
      elseif kind == "cut body" then
        test.contains(err.message, "ended too early")
      else
        test.contains(err.message, "without an answer")
      end
      equal(created(), kind == "reset after" or kind == "cut body" or kind == "lost reply")
    end)
  end

  it("429 and 500", function()
    fault "429"
    local answer = create_over_http()
    equal(answer.status, 429)
    equal(answer.headers["retry-after"], "1")
    fault "500"
    equal(create_over_http().status, 500)
    equal(created(), false)
    equal(create_over_http().status, 200)
    equal(created(), true)
  end)
end)

describe("a callback", function()
  it("comes twice", function()
    -- Nobody listens there: what counts is how often the vendor tries.
    sandbox.isograd.fault { kind = "callback twice" }
    local added = isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 102,
      cal_bac_pag = "http://127.0.0.1:1/done" }
    sandbox.isograd.finish_test { pla_tst_id = added.pla_tst_id, num_val = 742 }
    while #sandbox.isograd.calls() < 2 do
      async.sleep "1 ms"
    end
    equal(#sandbox.isograd.calls(), 2)
    equal(sandbox.isograd.calls()[1].url, sandbox.isograd.calls()[2].url)
  end)
end)

describe("what is wrong", function()
  for name, case in pairs {
    ["an unknown kind"] = { { operation = "isograd.add_test", kind = "lost replie" }, 'did you mean "lost reply"?' },
    ["an unknown operation"] = { { operation = "isograd.add_tset", kind = "429" }, "did you mean add_test?" },
    ["an unknown vendor"] = { { operation = "isogrd.add_test", kind = "429" }, "no vendor isogrd" },
    ["no operation"] = { { kind = "429" }, "a fault needs an operation" },
    ["a vendor without tokens"] = { { operation = "lara", kind = "expired token" }, "gives no tokens" },
    ["an unknown argument"] = { { operation = "isograd.add_test", kind = "429", nht = 2 }, "did you mean nth?" },
  } do
    it(name, function()
      test.contains(test.raises("argument", sandbox.fault, case[1]).message, case[2])
    end)
  end
end)

test.run()
