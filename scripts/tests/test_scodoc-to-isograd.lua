-- SPDX-License-Identifier: MIT
-- Tests scodoc-to-isograd.lua in the sandbox: beadle test scripts/tests/test_scodoc-to-isograd.lua

describe("scodoc-to-isograd", function()
  it("gives each student of the group one test, also when it runs twice", function()
    local arguments = { "--formsemestre_id", 3, "--group_id", 212, "--tst_frm_id", 101 }
    local first = run("scodoc-to-isograd.lua", arguments)
    local tests = #sandbox.isograd.tests()
    local second = run("scodoc-to-isograd.lua", arguments)
    assert.equal(first.status, second.status)
    assert.equal(tests, #sandbox.isograd.tests())
    assert.calls "isograd.create_candidate"
  end)
end)
