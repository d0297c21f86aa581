-- SPDX-License-Identifier: MIT
-- Tokens: fetched once for all tasks, refreshed before they end, once more after a 401, and nobody waits for
-- somebody who has gone.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local support = require "support"
local describe, it = test.describe, test.it

local TOKEN, API = "/fault/token-expiring/token", "/fault/token-expiring/api"
local MANY = 64

-- Each subject has a server of its own, and so tokens of its own.
local profiles, ports = { twin = "sandbox" }, {}

local function subject(name, auth_path, api_path, more)
  local port = support.serve()
  ports[name] = port
  profiles[name] = support.settings("", {
    base_url = ("http://127.0.0.1:%s%s"):format(port, api_path or API),
    auth_url = ("http://localhost:%s%s"):format(port, auth_path or TOKEN),
  })
  for key, value in pairs(more or {}) do
    profiles[name][key] = value
  end
end

subject "once"
subject "expiry"
subject("refused", TOKEN, "/fault/status/401")
subject("no-token", "/fault/status/400")
subject("no-json", "/fault/html-200")
subject("outage", "/fault/status/503")
subject("outage-once", "/fault/status/503")
subject("hung", "/fault/accept-then-silence", API, { timeout = "300 ms", deadline = "1 s" })
subject("nobody", "/nothing/here", API)
subject("turns", TOKEN, API, { max_in_flight = 1, auth_url = nil })
profiles.turns.auth_url = ("http://127.0.0.1:%s%s"):format(ports.turns, TOKEN)
support.configure(profiles)

local function count(name, text)
  return support.count(text, ports[name]).requests
end

local person = 0
local function create(name, options)
  person = person + 1
  return isograd.client { profile = name }.create_candidate({
    gen_id = 3, ema = ("auth%d@example.org"):format(person), fst_nam = "Ada", lst_nam = "Lovelace",
  }, options)
end

-- What `count` tasks at once get from fn: results and errors.
local function together(how_many, fn)
  local results, errors, functions = {}, {}, {}
  for i = 1, how_many do
    functions[i] = function()
      local ok, result = pcall(fn, i)
      table.insert(ok and results or errors, result)
    end
  end
  async.all(functions)
  return results, errors
end

describe("a token", function()
  it("is fetched once for 64 tasks", function()
    local results = together(MANY, function()
      return create "once"
    end)
    test.equal(#results, MANY)
    test.equal(count("once", "POST " .. TOKEN), 1)
    test.equal(count("once", "POST " .. API), MANY)
  end)

  it("is fetched once more after a 401, with 64 tasks under way, and no call fails", function()
    create "expiry"
    for round = 1, 5 do
      local before = count("expiry", "POST " .. API)
      http.get(("http://localhost:%s/fault/token-expiring/revoke"):format(ports.expiry))
      local results, errors = together(MANY, function()
        return create "expiry"
      end)
      test.equal(#errors, 0)
      test.equal(#results, MANY)
      test.equal(count("expiry", "POST " .. TOKEN), 1 + round)
      -- At most one attempt more for each.
      local requests = count("expiry", "POST " .. API) - before
      test.truthy(requests > MANY and requests <= 2 * MANY)
    end
  end)

  it("that is refused twice is an error of the credentials", function()
    local _, errors = together(MANY, function()
      return create "refused"
    end)
    test.equal(#errors, MANY)
    for _, err in ipairs(errors) do
      test.equal(err.kind, "auth")
      test.equal(err.status, 401)
      test.equal(err.attempts, 2)
      test.equal(err.outcome, "none")
      test.equal(err.retryable, false)
      test.contains(err.hint, "credentials")
    end
    test.equal(count("refused", "POST " .. TOKEN), 2)
    test.equal(count("refused", "POST /fault/status/401"), 2 * MANY)
  end)

  it("that cannot be had gives all who wait the same error, with one request", function()
    for name, kind in pairs { ["no-token"] = "rejected", ["no-json"] = "decode", nobody = "not_found" } do
      local _, errors = together(MANY, function()
        return create(name)
      end)
      test.equal(#errors, MANY)
      for _, err in ipairs(errors) do
        test.equal(err, errors[1])
      end
      test.equal(errors[1].kind, kind)
      test.equal(errors[1].operation, "isograd.authenticate")
      test.equal(errors[1].outcome, "none")
      test.equal(count(name, "grant_type=client_credentials"), 1)
      -- The next call tries again.
      test.raises(kind, create, name)
      test.equal(count(name, "grant_type=client_credentials"), 2)
      test.equal(count(name, "POST " .. API), 0)
    end
  end)

  it("is asked for three times when its server fails", function()
    local _, errors = together(MANY, function()
      return create "outage"
    end)
    test.equal(#errors, MANY)
    test.equal(errors[1].kind, "server")
    test.equal(errors[MANY], errors[1])
    test.equal(count("outage", "grant_type=client_credentials"), 3)
  end)

  it("is asked for once by a call without retries, which says nothing for those that have some", function()
    local first = async.spawn(pcall, create, "outage-once", { retry = false })
    local _, errors = together(MANY, function()
      return create "outage-once"
    end)
    local _, err = first:wait()
    test.equal(err.kind, "server")
    test.equal(err.attempts, 1)
    test.equal(#errors, MANY)
    test.equal(errors[1].attempts, 3)
    test.equal(errors[MANY], errors[1])
    test.equal(count("outage-once", "grant_type=client_credentials"), 4)
    _, errors = together(MANY, function()
      return create("outage-once", { retry = false })
    end)
    test.equal(errors[1].attempts, 1)
    test.equal(errors[MANY], errors[1])
    test.equal(count("outage-once", "grant_type=client_credentials"), 5)
  end)

  it("that does not come ends all calls in their time", function()
    local begun = time.elapsed()
    local _, errors = together(16, function()
      return create "hung"
    end)
    test.equal(#errors, 16)
    for _, err in ipairs(errors) do
      test.equal(err.kind, "timeout")
      test.equal(err.outcome, "none")
    end
    test.truthy(time.elapsed() - begun < 40) -- not in the minute that a request has elsewhere
    test.equal(count("hung", "POST " .. API), 0)
  end)
end)

describe("the task that fetches a token", function()
  local function blocked(fn)
    -- The host takes one request at a time: what comes after this one waits.
    local path = "/json/delay/600?" .. person
    local block = async.spawn(http.get, ("http://127.0.0.1:%s%s"):format(ports.turns, path))
    async.sleep "50 ms"
    fn()
    block:wait()
  end

  it("hands over to the next when it is cancelled", function()
    create "turns"
    http.get(("http://localhost:%s/fault/token-expiring/revoke"):format(ports.turns))
    test.equal(count("turns", "POST " .. TOKEN), 1)
    -- A new client of the same profile has the same token; a 401 makes the first task fetch another.
    blocked(function()
      local tasks = {}
      for i = 1, 8 do
        tasks[i] = async.spawn(pcall, create, "turns")
      end
      async.sleep "20 ms"
      tasks[1]:cancel()
      for i = 2, 8 do
        local ok = tasks[i]:wait()
        test.equal(ok, true)
      end
    end)
    test.equal(count("turns", "POST " .. TOKEN), 2)
  end)

  for _, case in ipairs { "cancelled", "over its time", "out of its own time" } do
    it("hands over to the next when it is " .. case .. " while it waits for the answer", function()
      sandbox.isograd.reset()
      local client = isograd.client { profile = "twin" }
      sandbox.isograd.set { token_lifetime = 3600 }
      -- The first token is lost with the state, so the next call gets a 401; its fetch is the slow one.
      pcall(client.get_test_status, { pla_tst_id = 999999999 })
      sandbox.isograd.reset()
      sandbox.isograd.fault { kind = "slow", operation = "authenticate", delay = 30 }
      local errors, answers = {}, 0
      local function call(options)
        local ok, err = pcall(client.get_test_status, { pla_tst_id = 999999999 }, options)
        if not ok and err.code == 501 then
          answers = answers + 1
        else
          errors[#errors + 1] = err
        end
      end
      local begun = time.elapsed()
      local first = async.spawn(function()
        if case == "over its time" then
          pcall(async.timeout, "300 ms", call)
        else
          call(case == "out of its own time" and { timeout = "300 ms" } or nil)
        end
      end)
      async.sleep "50 ms"
      local others = {}
      for i = 1, 16 do
        others[i] = async.spawn(call)
      end
      async.sleep "50 ms"
      if case == "cancelled" then
        first:cancel()
      end
      for _, task in ipairs(others) do
        task:wait()
      end
      test.equal(answers, 16)
      test.truthy(time.elapsed() - begun < 20)
      pcall(first.wait, first)
      test.equal(#errors, 1)
      test.equal(errors[1].kind, case == "cancelled" and "cancelled" or "timeout")
      test.equal(sandbox.isograd.counts().authenticate, 2)
    end)
  end
end)

describe("the lifetime of a token", function()
  local client = isograd.client { profile = "twin" }

  it("is known: it is replaced before it ends", function()
    local status, out, err = support.beadle { "--virtual-time", "-E", (arg[0]:gsub("test_auth", "virtual_auth")) }
    if status ~= 0 then
      error(out .. err, 0)
    end
  end)

  it("of nothing means one token for the calls that wait, not tokens without end", function()
    sandbox.isograd.reset()
    for _, lifetime in ipairs { 0, -1, -9000000000000000000 } do
      local before = sandbox.isograd.counts().authenticate or 0
      sandbox.isograd.set { token_lifetime = 3600 }
      sandbox.isograd.fault { kind = "answer", operation = "authenticate", status = 200, type = "application/json",
        times = 1000,
        body = ('{"access_token":"canary-short-lived","token_type":"Bearer","expires_in":%d}'):format(lifetime) }
      local _, errors = together(16, function()
        return client.get_test_status { pla_tst_id = 1 }
      end)
      test.equal(#errors, 16)
      test.equal(errors[1].kind, "auth") -- the twin does not know that token
      test.truthy((sandbox.isograd.counts().authenticate or 0) - before <= 3)
      sandbox.isograd.reset()
    end
  end)
end)

test.run()
