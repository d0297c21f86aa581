-- SPDX-License-Identifier: MIT
-- Tests isograd-to-scodoc-report.lua in the sandbox: beadle test scripts/tests/test_isograd-to-scodoc-report.lua

describe("isograd-to-scodoc-report", function()
  it("lists the students of a semester, and changes nothing", function()
    local tests = #sandbox.isograd.tests()
    local result = run("isograd-to-scodoc-report.lua", { "--formsemestre_id", 3, "--tst_frm_id", 101,
      "--output", "report.csv" }, { files = {} })
    assert.equal(0, result.status)
    assert.contains(result.files["report.csv"], "etudid")
    assert.equal(tests, #sandbox.isograd.tests())
  end)
end)
