-- SPDX-License-Identifier: MIT
-- Tests lti-gradebook.lua in the sandbox: beadle test scripts/tests/test_lti-gradebook.lua

describe("lti-gradebook", function()
  it("launches a test for each learner and keeps the grades", function()
    local learners = "ema,fst_nam,lst_nam,user_id\nada@example.org,Ada,Lovelace,u-4711\n"
    local result = run("lti-gradebook.lua", { "--rows", "learners.csv", "--tst_frm_id", 101, "--out", "grades.csv",
      "--headless", "--until-graded" }, { files = { ["learners.csv"] = learners } })
    assert.equal(0, result.status)
    assert.contains(result.files["grades.csv"], "Ada")
  end)
end)
