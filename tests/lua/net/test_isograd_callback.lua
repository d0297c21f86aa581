-- SPDX-License-Identifier: MIT
-- The callback of a finished test, really made: to the test server on this machine.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.isograd

local server = "http://127.0.0.1:" .. os.getenv "BEADLE_TEST_PORT"

-- Waits until the vendor's only call has ended.
local function call_ended()
  local call
  repeat
    async.sleep "2 ms"
    call = twin.calls()[1]
  until call and (call.state == "done" or call.state == "failed")
  return call
end

local function finish_with(page)
  sandbox.reset()
  local planned = isograd.add_test { ema = "zoe.dexemple@example.org", tst_frm_id = 101, cal_bac_pag = page }
  twin.finish_test { pla_tst_id = planned.pla_tst_id }
  return call_ended()
end

describe("the callback", function()
  it("is one GET of the address as it was given", function()
    local call = finish_with(server .. "/json?done=5&of=a%20b")
    same({ call.state, call.status }, { "done", 200 })
    local log = http.get(server .. "/_log?contains=done%3D5"):json()
    equal(#log, 1)
    local request = log[1]
    same({ request.method, request.target }, { "GET", "/json?done=5&of=a%20b" })
  end)

  it("that is refused is known", function()
    local call = finish_with(server .. "/fault/close-without-answer")
    equal(call.state, "failed")
    test.truthy(call.why)
  end)
end)

test.run()
