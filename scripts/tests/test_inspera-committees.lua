-- SPDX-License-Identifier: MIT
-- Tests inspera-committees.lua in the sandbox: beadle test scripts/tests/test_inspera-committees.lua

describe("inspera-committees", function()
  it("creates a committee and moves people into it", function()
    local people = "committee,member,externalId,from\nJury C,contributor,greta.grader@example.org,\n"
    local result = run("inspera-committees.lua", { "--rows", "juries.csv", "--testId", 3437420 },
      { files = { ["juries.csv"] = people } })
    assert.equal(0, result.status)
    local names = {}
    for _, committee in ipairs(sandbox.inspera.committees { testId = 3437420 }) do
      names[#names + 1] = committee.name
    end
    assert.contains(names, "Jury C")
  end)
end)
