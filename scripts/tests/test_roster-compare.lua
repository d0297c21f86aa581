-- SPDX-License-Identifier: MIT
-- Tests roster-compare.lua in the sandbox: beadle test scripts/tests/test_roster-compare.lua

local LEFT = "mail,nom,prenom\ngrace.hopper@example.org,Hopper,Grace\n"

describe("roster-compare", function()
  it("is content with two lists of the same people", function()
    local result = run("roster-compare.lua", { "--left", "left.csv", "--right", "right.csv", "--key", "mail" },
      { files = { ["left.csv"] = LEFT, ["right.csv"] = (LEFT:gsub("grace", "GRACE")) } })
    assert.equal(0, result.status)
  end)

  it("names who is missing", function()
    local result = run("roster-compare.lua", { "--left", "left.csv", "--right", "right.csv", "--key", "mail" },
      { files = { ["left.csv"] = LEFT, ["right.csv"] = LEFT .. "alan.turing@example.org,Turing,Alan\n" } })
    assert.equal(1, result.status)
    assert.contains(result.out, "only right")
  end)
end)
