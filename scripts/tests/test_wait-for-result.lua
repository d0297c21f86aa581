-- SPDX-License-Identifier: MIT
-- Tests wait-for-result.lua in the sandbox: beadle test scripts/tests/test_wait-for-result.lua

describe("wait-for-result", function()
  it("waits for the vendor's call, then mails the score", function()
    sandbox.isograd.set { start_after = 3600, finish_after = 86400 }
    local result = run("wait-for-result.lua", { "--ema", "grace.hopper@example.org", "--tst_frm_id", 102,
      "--wait", "3 days" })
    assert.equal(0, result.status)
    assert.calls("isograd.add_test", 1)
    assert.mails(1, { to = "grace.hopper@example.org" })
  end)
end)
