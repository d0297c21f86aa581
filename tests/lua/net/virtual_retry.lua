-- SPDX-License-Identifier: MIT
-- The waits between attempts, on a clock that jumps: test_retry.lua runs this with --virtual-time. What is
-- measured is exact, and a wait of two minutes takes no time.
local async = require "beadle.async"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it = test.describe, test.it

test.limit = 1e8 -- of the same clock

local ID = 999999999 -- no such test: an answer all the same

local function fault(status, retry_after, times)
  sandbox.isograd.fault {
    kind = "status", status = status, times = times or 1, body = "{}",
    headers = retry_after and { ["Retry-After"] = retry_after } or nil,
  }
end

-- A read, which is repeated: its error (501 when it got through), and how long it took.
local function read(options)
  local begun = time.elapsed()
  local _, err = pcall(isograd.get_test_status, { pla_tst_id = ID }, options)
  return err, time.elapsed() - begun
end

local people = 0
local function create(options)
  people = people + 1
  local begun = time.elapsed()
  local ok, result = pcall(isograd.create_candidate, {
    gen_id = 3, ema = ("retry%d@example.org"):format(people), fst_nam = "Ada", lst_nam = "Lovelace",
  }, options)
  return ok, result, time.elapsed() - begun
end

local function between(value, least, most)
  if value < least or value > most then
    error(("expected %g to %g, got %g"):format(least, most, value), 2)
  end
end

local function http_date(seconds, format)
  return os.date(format or "!%a, %d %b %Y %H:%M:%S GMT", math.floor(time.now()) + seconds)
end

-- Each call that needs no retry puts one back into the host's budget for retries.
local function refill()
  for _ = 1, 500 do
    read()
  end
end

test.before_each(function()
  sandbox.isograd.reset()
  refill()
end)

describe("Retry-After", function()
  it("in seconds is kept to", function()
    for _, seconds in ipairs { 1, 7, 20, 119 } do
      fault(503, tostring(seconds))
      local err, took = read { timeout = "10 min" }
      test.equal(err.code, 501)
      test.equal(err.attempts, 2)
      between(took, seconds, seconds + math.min(seconds / 10, 1) + 0.6)
    end
  end)

  it("as a date is kept to, in the three forms that there are", function()
    for _, format in ipairs { "!%a, %d %b %Y %H:%M:%S GMT", "!%A, %d-%b-%y %H:%M:%S GMT", "!%a %b %d %H:%M:%S %Y" } do
      local at = math.floor(time.now()) + 30
      fault(503, http_date(30, format))
      local err = read { timeout = "10 min" }
      test.equal(err.attempts, 2)
      between(time.now(), at, at + 2)
    end
  end)

  it("of nothing, and a date that is past, wait as if there were none", function()
    for _, value in ipairs { "0", http_date(-3600), "Thu, 01 Jan 1970 00:00:00 GMT" } do
      fault(503, value)
      local err, took = read()
      test.equal(err.attempts, 2)
      between(took, 0, 0.502)
    end
  end)

  it("that is garbage is ignored", function()
    for _, value in ipairs { "-1", "-120", "soon", "1.5", "1e9", "0x10", "12 s", "+3", "٣", "1;2",
                             "99999999999999999999999", ("9"):rep(300), "Thu, 32 Foo 2026 99:99:99 GMT",
                             "Thu, 01 Jan 2026", "NaN", "inf" } do
      fault(503, value, 9)
      local err, took = read()
      test.equal(err.kind, "server")
      test.equal(err.attempts, 3)
      test.equal(err.retry_after, nil)
      between(took, 0, 1.503)
    end
  end)

  it("of more than two minutes is left to the caller", function()
    for _, seconds in ipairs { 121, 3600, 86400 } do
      fault(429, tostring(seconds))
      local err, took = read { timeout = "1 day" }
      test.equal(err.kind, "rate_limit")
      test.equal(err.attempts, 1)
      test.equal(err.retry_after, seconds + 0.0)
      test.equal(took, 0.0)
    end
  end)

  it("beyond the time limit is left to the caller", function()
    fault(503, "30", 9)
    local err, took = read { timeout = "20 s" }
    test.equal(err.kind, "server")
    test.equal(err.attempts, 1)
    test.equal(err.retry_after, 30.0)
    test.equal(took, 0.0)
  end)
end)

describe("the wait between attempts", function()
  it("is random, up to half a second and then up to one", function()
    local first, second, sum = {}, {}, 0
    for i = 1, 200 do
      fault(503)
      local _, took = read()
      first[i], sum = took, sum + took
    end
    for i = 1, 80 do
      fault(503, nil, 2)
      second[i] = select(2, read())
    end
    table.sort(first)
    table.sort(second)
    between(first[1], 0, 0.05)
    between(first[200], 0.45, 0.502)
    between(sum / 200, 0.2, 0.3)
    between(second[80], 1, 1.503)
  end)

  it("comes at most twice", function()
    fault(503, nil, 100)
    local err = read()
    test.equal(err.attempts, 3)
    test.equal(err.kind, "server")
  end)

  it("is not there when retries are off", function()
    fault(503)
    local err, took = read { retry = false }
    test.equal(err.attempts, 1)
    test.equal(took, 0.0)
  end)
end)

describe("the time limit", function()
  it("covers all attempts", function()
    fault(503, "1", 100)
    local err, took = read { timeout = "2500 ms" }
    between(took, 1, 2.5)
    test.truthy(err.attempts <= 3)
    sandbox.isograd.reset()
    sandbox.isograd.set { latency = 4 }
    for _, limit in ipairs { 1, 5, 9 } do
      err, took = read { timeout = limit }
      if err.kind == "timeout" then
        test.equal(took, limit + 0.0)
      else
        between(took, 0, limit)
      end
    end
  end)
end)

describe("what may be done twice", function()
  it("is repeated: a read, and an effect that says so", function()
    local ok, candidate = create()
    test.truthy(ok)
    fault(503)
    isograd.update_candidate { can_id = candidate.can_id, fst_nam = "Augusta" }
    test.equal(sandbox.isograd.counts().update_candidate, 2)
  end)

  it("is not an effect that does not say so", function()
    for _, status in ipairs { 500, 502, 503, 504 } do
      fault(status, "1")
      local ok, err, took = create()
      test.falsy(ok)
      test.equal(err.attempts, 1)
      test.equal(err.outcome, "unknown")
      test.equal(err.retryable, false)
      test.equal(took, 0.0)
    end
  end)

  it("is whatever the vendor certainly has not begun", function()
    for _, status in ipairs { 429, 408, 425 } do
      fault(status, "2")
      local ok, _, took = create()
      test.truthy(ok)
      between(took, 2, 3)
    end
    test.equal(#sandbox.isograd.requests { operation = "create_candidate" }, 6)
  end)

  it("stays in doubt when a later attempt is refused", function()
    fault(503)
    local err = test.raises("not_found", isograd.update_candidate, { can_id = 999999999, fst_nam = "Ada" })
    test.equal(err.attempts, 2)
    test.equal(err.outcome, "unknown")
  end)
end)

describe("a task that is cancelled between two attempts", function()
  it("ends at once, and knows what may have been done", function()
    for status, outcome in pairs { [429] = "none", [503] = "unknown" } do
      fault(status, "60", 9)
      local result
      local begun = time.elapsed()
      local task = async.spawn(beadle.try, function()
        local _, err = pcall(isograd.update_candidate, { can_id = 999999999, fst_nam = "Ada" })
        result = err
      end)
      async.sleep "10 s"
      task:cancel()
      pcall(task.wait, task)
      test.equal(result.kind, "cancelled")
      test.equal(result.outcome, outcome)
      test.equal(time.elapsed() - begun, 10.0)
      sandbox.isograd.reset()
    end
  end)
end)

describe("an outage", function()
  it("is not answered with a storm, and is over when it is over", function()
    local calls, attempts = 10000, 0
    fault(503, nil, 1000000)
    local list = {}
    for i = 1, calls do
      list[i] = i
    end
    async.map(list, { concurrency = 64 }, function()
      local err = read()
      test.equal(err.kind, "server")
      attempts = attempts + err.attempts
    end)
    between(attempts, calls, calls * 1.05)
    sandbox.isograd.reset()
    local begun = time.elapsed()
    test.equal(read().code, 501)
    between(time.elapsed() - begun, 0, 5)
    refill()
    fault(503)
    test.equal(read().attempts, 2)
  end)
end)

test.run()
