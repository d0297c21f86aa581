-- SPDX-License-Identifier: MIT
-- Tests send-reminder.lua in the sandbox: beadle test scripts/tests/test_send-reminder.lua

local isograd = require "beadle.isograd"

describe("send-reminder", function()
  it("reminds whoever has not started, and nobody else", function()
    local waiting = isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 102 }
    local started = isograd.add_test { ema = "alan.turing@example.org", tst_frm_id = 102 }
    sandbox.isograd.start_test { pla_tst_id = started.pla_tst_id }
    local rows = ("ema,pla_tst_id\ngrace.hopper@example.org,%d\nalan.turing@example.org,%d\n"):format(
      waiting.pla_tst_id, started.pla_tst_id)
    local result = run("send-reminder.lua", { "--rows", "registered.csv", "--mai_tem_id", 8 },
      { files = { ["registered.csv"] = rows } })
    assert.equal(0, result.status)
    assert.mails(1, { to = "grace.hopper@example.org" })
    assert.mails(1)
  end)
end)
