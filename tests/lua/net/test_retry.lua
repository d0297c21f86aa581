-- SPDX-License-Identifier: MIT
-- Retries against a real server. The waits themselves are measured in virtual_retry.lua, where the clock jumps.
local async = require "beadle.async"
local http = require "beadle.http"
local test = require "beadle.test"
local time = require "beadle.time"
local support = require "support"
local describe, it = test.describe, test.it

support.configure {}

local keys = 0

-- The address of an answer that fails `times` times and then goes well.
local function failing(status, times, retry_after)
  keys = keys + 1
  local query = retry_after and "&retry-after=" .. support.escape(retry_after) or ""
  return ("%s/fault/status/%d?key=k%d&times=%d%s"):format(support.url, status, keys, times, query), "key=k" .. keys
end

local function took(fn, ...)
  local begun = time.elapsed()
  local result = fn(...)
  return time.elapsed() - begun, result
end

local function at_least(value, least)
  if value < least then
    error(("expected at least %g, got %g"):format(least, value), 2)
  end
end

describe("on a clock that jumps", function()
  for _, seed in ipairs { 1, 2 } do
    it("waits are as told, random and bounded, seed " .. seed, function()
      local status, out, err = support.beadle { "--virtual-time", "--seed", tostring(seed), "-E",
        (arg[0]:gsub("test_retry", "virtual_retry")) }
      if status ~= 0 then
        error(out .. err, 0)
      end
    end)
  end
end)

describe("a server that says when to come back", function()
  it("is not asked earlier: seconds", function()
    local url, key = failing(503, 1, "1")
    local seconds, answer = took(http.get, url)
    test.equal(answer.status, 200)
    at_least(seconds, 1)
    test.equal(support.count(key).requests, 2)
  end)

  it("is not asked earlier: a date", function()
    local at = math.floor(time.now()) + 2
    local url, key = failing(429, 1, os.date("!%a, %d %b %Y %H:%M:%S GMT", at))
    test.equal(http.post(url).status, 200)
    at_least(time.now(), at)
    test.equal(support.count(key).requests, 2)
  end)

  it("is not asked again when it says more than two minutes", function()
    local url, key = failing(429, 9, "121")
    local answer = http.get(url)
    test.equal(answer.status, 429)
    test.equal(answer.headers["retry-after"], "121")
    test.equal(support.count(key).requests, 1)
  end)
end)

describe("a method", function()
  it("that may be repeated is, three times at most", function()
    async.map({ "GET", "HEAD", "PUT", "DELETE", "OPTIONS" }, function(method)
      local url, key = failing(503, 9)
      test.equal(http.request { method = method, url = url }.status, 503)
      test.equal(support.count(key).requests, 3)
    end)
  end)

  it("that may not be repeated is sent once, but for what was certainly not done", function()
    async.map({ "POST", "PATCH" }, function(method)
      local url, key = failing(503, 9)
      test.equal(http.request { method = method, url = url, body = "x" }.status, 503)
      test.equal(support.count(key).requests, 1)
      url, key = failing(429, 9)
      test.equal(http.request { method = method, url = url, body = "x" }.status, 429)
      test.equal(support.count(key).requests, 3)
    end)
  end)

  it("is sent once when the script does not want retries", function()
    local url, key = failing(503, 9)
    test.equal(http.get(url, { retry = false }).status, 503)
    test.equal(support.count(key).requests, 1)
  end)
end)

describe("an outage", function()
  it("gets hardly more requests than calls: 503", function()
    local port = support.serve()
    local url = ("http://127.0.0.1:%s/fault/status/503"):format(port)
    local list = {}
    for i = 1, 3000 do
      list[i] = i
    end
    async.map(list, { concurrency = 64 }, function()
      test.equal(http.get(url).status, 503)
    end)
    local seen = support.count("/fault/status/503", port)
    at_least(seen.requests + seen.forgotten, 3000)
    test.truthy(support.count(nil, port).requests <= 3000 * 1.05)
  end)

  it("gets hardly more attempts than calls: nobody listens", function()
    local port, stop = support.serve()
    stop()
    local attempts, list = 0, {}
    for i = 1, 2000 do
      list[i] = i
    end
    async.map(list, { concurrency = 64 }, function()
      local err = test.raises("network", http.post, ("http://127.0.0.1:%s/"):format(port))
      attempts = attempts + err.attempts
      test.equal(err.outcome, "none")
    end)
    at_least(attempts, 2000)
    test.truthy(attempts <= 2000 * 1.05)
  end)
end)

test.run()
