-- SPDX-License-Identifier: MIT
-- Tests anonymise-candidates.lua in the sandbox: beadle test scripts/tests/test_anonymise-candidates.lua

describe("anonymise-candidates", function()
  it("anonymises after --yes", function()
    local result = run("anonymise-candidates.lua", { "--ema", "grace.hopper@example.org", "--yes" })
    assert.equal(0, result.status)
    assert.calls("isograd.anonymize_candidate", 1)
    for _, candidate in ipairs(sandbox.isograd.candidates()) do
      assert.are_not.equal("grace.hopper@example.org", candidate.ema)
    end
  end)

  it("does nothing without an answer", function()
    local result = run("anonymise-candidates.lua", { "--ema", "grace.hopper@example.org" }, { stdin = "" })
    assert.are_not.equal(0, result.status)
    assert.calls("isograd.anonymize_candidate", 0)
  end)
end)
