-- SPDX-License-Identifier: MIT
-- The vendors' clock: what is due while it is moved on happens, each at its time.

local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"

local START, FINISH = 3600, 86400

local function status(test)
  return isograd.get_test_status { pla_tst_id = test.pla_tst_id }.sta_id
end

sandbox.isograd.set { start_after = START, finish_after = FINISH }
local before = sandbox.advance(0).now
local test = isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 102 }
assert(status(test) == isograd.test_status.not_started)

-- With `stop` no further than to the first thing that is due.
local told = sandbox.advance("3 days", true)
assert(told.happened)
assert(told.now - before >= START and told.now - before < START + 60, told.now - before)
assert(status(test) == isograd.test_status.started)

-- Without it all of it happens.
told = sandbox.advance "3 days"
assert(told.happened and told.calling == 0)
assert(told.now - before >= START + 3 * 86400)
assert(status(test) == isograd.test_status.finished)

-- Nothing is due: time passes all the same.
local later = sandbox.advance(60, true)
assert(not later.happened and later.now - told.now >= 60)

for _, wrong in ipairs { -1, 1e12 } do
  local ok, err = pcall(sandbox.advance, wrong)
  assert(not ok and err.kind == "argument" and err.outcome ~= "done", tostring(err))
end

-- Whether a vendor did what a request asked for, and what it said, is in the log of requests.
local refused = pcall(isograd.create_candidate, { gen_id = 3, ema = "grace.hopper@example.org", fst_nam = "G",
  lst_nam = "H" })
assert(not refused)
local log = sandbox.isograd.requests { operation = "create_candidate" }
assert(log[#log].done == false and log[#log].answer == nil)
log = sandbox.isograd.requests { operation = "add_test" }
assert(log[1].done == true and log[1].answer:find(tostring(test.pla_tst_id), 1, true))
log = sandbox.isograd.requests { operation = "get_test_status" }
assert(log[1].done == true and log[1].answer == nil, "what only reads is not kept")
