-- SPDX-License-Identifier: MIT
-- The lifetime of tokens, on a clock that jumps: test_auth.lua runs this with --virtual-time.
local async = require "beadle.async"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"

test.limit = 1e8 -- of the same clock

test.describe("the lifetime of a token", function()
  for _, lifetime in ipairs { 1, 60, 3600 } do
    test.it(("of %d s is known: it is replaced before it ends"):format(lifetime), function()
      sandbox.isograd.reset()
      sandbox.isograd.set { token_lifetime = lifetime }
      local person = { gen_id = 3, ema = ("life%d@example.org"):format(lifetime), fst_nam = "A", lst_nam = "B" }
      local candidate = isograd.create_candidate(person)
      for _ = 1, 50 do
        async.sleep(lifetime / 10)
        isograd.update_candidate { can_id = candidate.can_id, fst_nam = "Ada" }
      end
      local counts = sandbox.isograd.counts()
      test.equal(counts.update_candidate, 50) -- no request was refused and sent again
      test.truthy(counts.authenticate >= 5 and counts.authenticate <= 12)
    end)
  end
end)

test.run()
