-- SPDX-License-Identifier: MIT
-- Tests register-candidate.lua in the sandbox: beadle test scripts/tests/test_register-candidate.lua

local ADA = { "--ema", "ada@example.org", "--fst_nam", "Ada", "--lst_nam", "Lovelace", "--tst_frm_id", 101,
  "--mai_tem_id", 7 }

describe("register-candidate", function()
  it("creates the candidate, adds the test, sends one e-mail", function()
    local result = run("register-candidate.lua", ADA)
    assert.equal(0, result.status)
    assert.calls("isograd.create_candidate", 1)
    assert.calls("isograd.add_test", 1)
    assert.mails(1, { to = "ada@example.org" })
  end)

  it("goes on with the next row when one fails", function()
    sandbox.fault { operation = "isograd.create_candidate", kind = "500", times = 1 }
    local people = "ema,fst_nam,lst_nam,tst_frm_id\na@example.org,A,One,101\nb@example.org,B,Two,101\n"
    local result = run("register-candidate.lua", { "--rows", "people.csv", "--mai_tem_id", 7, "--concurrency", 1,
      "--failed", "failed.csv" }, { files = { ["people.csv"] = people } })
    assert.equal(1, result.status)
    assert.contains(result.files["failed.csv"], "a@example.org")
    assert.mails(1, { to = "b@example.org" })
  end)
end)
