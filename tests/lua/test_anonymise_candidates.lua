-- SPDX-License-Identifier: MIT
-- scripts/anonymise-candidates.lua against the sandbox.

local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.isograd
local anonymise = dofile "scripts/anonymise-candidates.lua"

local function emails()
  local list = {}
  for index, candidate in ipairs(twin.candidates()) do
    list[index] = candidate.ema
  end
  return table.concat(list, " ")
end

local TWO = "ema\ngrace.hopper@example.org\nalan.turing@example.org\n"

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("candidates", function()
  it("are anonymised with --yes", function()
    local result = console.run(anonymise, { "--rows", console.file(TWO), "--yes" })
    equal(result.status, 0)
    test.contains(result.out, "Anonymised: 2.")
    test.lacks(emails(), "grace")
    test.lacks(emails(), "alan")
    test.contains(emails(), "zoe")
  end)

  it("are left alone without --yes where nobody can be asked", function()
    local result = console.run(anonymise, { "--rows", console.file(TWO) })
    equal(result.error.exit, 2)
    test.contains(result.error.message, "anonymises 2 candidates for good")
    same(twin.counts(), {})
  end)

  it("are anonymised when their number is typed", function()
    console.run(anonymise, { "--rows", console.file(TWO) }, { ask = function() return "2" end })
    test.lacks(emails(), "grace")
  end)

  it("are left alone when something else is typed", function()
    console.run(anonymise, { "--rows", console.file(TWO) }, { ask = function() return "yes" end })
    same(twin.counts(), {})
  end)

  it("who are unknown are shown, the others are done", function()
    local result = console.run(anonymise, { "--rows", console.file(TWO .. "nobody@example.org\n"), "--yes" })
    equal(result.status, 1)
    test.match(result.err, "4 +not_found +107")
    test.contains(result.out, "Anonymised: 2.")
  end)

  it("may be one", function()
    equal(console.run(anonymise, { "--ema", "alan.turing@example.org", "--yes" }).status, 0)
    test.lacks(emails(), "alan")
  end)

  it("named twice are refused", function()
    local result = console.run(anonymise, { "--rows", console.file(TWO .. "Alan.Turing@example.org\n"), "--yes" })
    test.contains(result.err, "line 4: the same ema as line 3")
    same(twin.counts(), {})
  end)
end)

test.run()
