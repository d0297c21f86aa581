-- SPDX-License-Identifier: MIT
-- Tests lara-sso-links.lua in the sandbox: beadle test scripts/tests/test_lara-sso-links.lua

describe("lara-sso-links", function()
  it("writes a link for a user", function()
    local user = sandbox.lara.users()[1]
    local result = run("lara-sso-links.lua", { "--rows", "users.csv", "--redirectType", "my_dashboard",
      "--output", "links.csv" }, { files = { ["users.csv"] = ("id\n%s\n"):format(user.id) } })
    assert.equal(0, result.status)
    assert.contains(result.files["links.csv"], "https://")
    assert.calls("lara.get_sso_url", 1)
  end)
end)
