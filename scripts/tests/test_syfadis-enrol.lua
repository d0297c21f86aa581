-- SPDX-License-Identifier: MIT
-- Tests syfadis-enrol.lua in the sandbox: beadle test scripts/tests/test_syfadis-enrol.lua

describe("syfadis-enrol", function()
  it("makes an account for whoever has none, and enrols nobody twice", function()
    local arguments = { "--session_id", 2850818, "--Login", "ada.lovelace", "--FirstName", "Ada", "--LastName",
      "Lovelace" }
    assert.equal(0, run("syfadis-enrol.lua", arguments).status)
    assert.calls("syfadis.create_user", 1)
    assert.calls("syfadis.register_trainee", 1)
    assert.equal(0, run("syfadis-enrol.lua", arguments).status)
    assert.calls("syfadis.register_trainee", 1)
  end)
end)
