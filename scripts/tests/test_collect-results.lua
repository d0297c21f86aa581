-- SPDX-License-Identifier: MIT
-- Tests collect-results.lua in the sandbox: beadle test scripts/tests/test_collect-results.lua

local isograd = require "beadle.isograd"

describe("collect-results", function()
  it("waits for the end of a test and writes the grade", function()
    sandbox.isograd.set { start_after = 3600, finish_after = 86400 }
    local test = isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 102 }
    local rows = ("ema,tst_frm_id,pla_tst_id\ngrace.hopper@example.org,102,%d\n"):format(test.pla_tst_id)
    local result = run("collect-results.lua", { "--rows", "registered.csv", "--wait", "3 days",
      "--output", "grades.csv" }, { files = { ["registered.csv"] = rows } })
    assert.equal(0, result.status)
    assert.contains(result.files["grades.csv"], "grace.hopper@example.org")
    assert.contains(result.files["grades.csv"], "finished")
  end)
end)
