-- SPDX-License-Identifier: MIT
-- The breaker of a batch: which host it names.
local breaker_of = require "beadle.breaker"
local error_value = require "beadle.error"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it = test.describe, test.it

local API, TOKENS = "https://api.example.org", "https://login.example.org"

local function fail(breaker, times, host, at)
  for _ = 1, times do
    breaker:note(host, error_value.new { kind = "network", message = "refused" }, time.elapsed(), at)
  end
end

describe("a host that is down", function()
  it("is named, and named again when it is back", function()
    local said = {}
    local breaker = breaker_of.new { say = function(text) said[#said + 1] = text end }
    fail(breaker, 5, API)
    breaker:note(API, nil, time.elapsed())
    test.same(said, { API .. " does not answer: its calls wait until it does.", API .. " answers again." })
  end)

  it("is named where calls to another need it, as those for a token", function()
    local said = {}
    local breaker = breaker_of.new { say = function(text) said[#said + 1] = text end }
    fail(breaker, 5, API, TOKENS)
    test.equal(breaker:is_open(API), true)
    breaker:note(API, nil, time.elapsed())
    test.same(said, { ("%s does not answer: calls to %s wait until it does."):format(TOKENS, API),
      TOKENS .. " answers again." })
  end)
end)
