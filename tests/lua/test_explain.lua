-- SPDX-License-Identifier: MIT
-- beadle.explain: errors, things, and the search through all operations.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local explain = require "beadle.explain"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it = test.describe, test.it

local isograd = beadle.isograd

local function failure(fn, ...)
  local ok, err = pcall(fn, ...)
  assert(not ok)
  return err
end

test.before_each(sandbox.reset)

describe("err:explain()", function()
  it("says kind, meaning, whether it was sent, and what to do", function()
    local err = failure(isograd.create_candidate, { gen_id = 3, ema = "grace.hopper@example.org", fst_nam = "G",
      lst_nam = "H" })
    local text = tostring(err:explain())
    test.contains(text, "Kind         conflict")
    test.match(text, "Code +202: ")
    test.contains(text, "It was sent, and the vendor did nothing.")
    test.match(text, "What to do +%S")
  end)

  it("of a call that was not sent says so", function()
    test.contains(tostring(failure(isograd.add_test, { emma = "x" }):explain()), "Nothing was sent.")
  end)

  it("of a lost answer says how to find out", function()
    sandbox.isograd.fault { operation = "send_registration_email", kind = "lost reply" }
    local err = failure(isograd.send_registration_email, { can_id = 1381134, pla_tst_ids = { 987654 }, mai_tem_id = 7 })
    local text = tostring(err:explain())
    test.contains(text, "whether the vendor did it is not known")
  end)

  it("is there for every kind", function()
    for _, kind in ipairs(beadle.error.kinds) do
      local text = tostring(beadle.error.new { kind = kind, message = "it failed" }:explain())
      test.contains(text, "It failed.\n")
      test.match(text, kind .. ": %l")
      test.match(text, "What to do +%u")
    end
  end)

  it("can be put into a text", function()
    test.contains("Why: " .. beadle.error.new { kind = "io", message = "x" }:explain(), "Why: X.")
  end)
end)

describe("things", function()
  it("are operations, by name and by value", function()
    test.contains(explain.thing "isograd.add_test", "isograd.add_test: Give a candidate a test")
    test.contains(explain.thing(isograd.add_test), "isograd.add_test: Give a candidate a test")
  end)

  it("are vendors, enumerations and modules", function()
    test.contains(explain.thing(isograd), "Operations")
    test.contains(explain.thing(isograd.gender), "isograd.gender.female")
    test.contains(explain.thing "isograd.gender", "isograd.gender.female")
    test.contains(explain.thing(async), "beadle.async: several things at once")
    test.contains(explain.thing "csv", "beadle.csv")
  end)

  it("are functions with the comment above them", function()
    test.contains(explain.thing(async.map), "concurrency = n")
  end)

  it("that nobody knows raise what is known by a name like it", function()
    test.contains(tostring(failure(explain.thing, "isograd.add_tset")), "isograd.add_test")
  end)

  it("have a text for every operation of every vendor", function()
    for _, vendor in ipairs(catalogue.vendors()) do
      for _, operation in ipairs(catalogue.describe(vendor).operations) do
        test.contains(explain.thing(operation.full_name), operation.summary)
      end
    end
  end)
end)

describe("the search", function()
  it("looks at names, parameters, errors and descriptions", function()
    test.contains(explain.search "proctor", "isograd.add_proctoring")
    test.contains(explain.search "proctor", "parameter add_pro")
    test.contains(explain.search "202", "error 202")
    test.contains(explain.search "FORMSEMESTRE", "scodoc.")
  end)

  it("wants all words", function()
    test.contains(explain.search "candidate delete", "isograd.delete_candidate")
    test.lacks(explain.search "candidate delete", "isograd.list_available_credits")
  end)

  it("says when nothing is found", function()
    test.contains(explain.search "xyzzy", "no operation says anything")
  end)
end)

test.run()
