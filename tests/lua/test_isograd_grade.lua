-- SPDX-License-Identifier: MIT
-- Grades of Isograd as a number from 0 to 1, with the divisors of "LTI - Notes via Basic Outcome Service".

local isograd = require "beadle.isograd"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local types = isograd.grade_type

local function fraction(kind, value, highest, options)
  return isograd.grade_fraction({ gra_typ_id = kind, num_val = value, max_val = highest }, options)
end

local function close(value, wanted)
  if math.abs(value - wanted) > 1e-12 then
    error(("expected %.17g, got %.17g"):format(wanted, value), 2)
  end
end

describe("grade_fraction", function()
  it("divides a level by 10, as documented: the best gives 0.5", function()
    close(fraction(types.level, 1, 5), 0.1)
    close(fraction(types.level, 5, 5), 0.5)
  end)

  it("divides a score by 1000", function()
    close(fraction(types.score, 550, 1000), 0.55)
    close(fraction(types.score, 0, 1000), 0)
    close(fraction(types.score, 1000, 1000), 1)
  end)

  it("divides an average by 1000", function()
    close(fraction(types.average, 587.5, 1000), 0.5875)
  end)

  it("divides right answers by questions", function()
    close(fraction(types.num_correct, 31, 40), 0.775)
    close(fraction(types.num_correct, 31, 40, { questions = 62 }), 0.5)
  end)

  it("takes the middle of a range and divides it by 1000", function()
    for value, wanted in pairs { [1] = 0.1755, [175.5] = 0.1755, [350] = 0.1755, [351] = 0.525, [525] = 0.525,
      [700] = 0.525, [701] = 0.85, [1000] = 0.85 } do
      close(fraction(types.range, value, 1000), wanted)
    end
  end)

  it("divides a score out of 100 by 1000, as documented: the best gives 0.1", function()
    close(fraction(types.on_100_average, 100, 100), 0.1)
  end)

  it("takes divisors of the caller's for one type, and keeps the others", function()
    local mine = { divisors = { [types.on_100_average] = 100, [types.level] = 5 } }
    close(fraction(types.on_100_average, 88, 100, mine), 0.88)
    close(fraction(types.level, 3, 5, mine), 0.6)
    close(fraction(types.score, 500, 1000, mine), 0.5)
    close(fraction(types.on_100_average, 88, 100), 0.088)
  end)

  it("shows its divisors", function()
    same(isograd.grade_divisors, { [1] = 10, [2] = 1000, [3] = 1000, [5] = 1000, [15] = 1000 })
  end)

  it("is found in clients too", function()
    close(isograd.client({ sub_com_id = 456 }).grade_fraction { gra_typ_id = 2, num_val = 100 }, 0.1)
  end)
end)

describe("grade_fraction refuses", function()
  local function refused(...)
    local err = test.raises("argument", isograd.grade_fraction, ...)
    equal(err.operation, "isograd.grade_fraction")
    return err.message
  end

  it("what is no result", function()
    test.contains(refused(nil), "what isograd.get_results answers")
    test.contains(refused {}, "what isograd.get_results answers")
    test.contains(refused { gra_typ_id = 2, num_val = "550" }, "what isograd.get_results answers")
  end)

  it("a type that is not known", function()
    test.contains(refused { gra_typ_id = 6, num_val = 1 }, "grade type 6")
    test.contains(refused { num_val = 1 }, "grade type nil")
  end)

  it("right answers of an unknown number of questions", function()
    test.contains(refused { gra_typ_id = 4, num_val = 3 }, "questions = n")
    test.contains(refused({ gra_typ_id = 4, num_val = 3, max_val = 40 }, { questions = 0 }), "questions = n")
  end)

  it("a divisor that is none, and options that it does not know", function()
    test.contains(refused({ gra_typ_id = 2, num_val = 3 }, { divisors = { [2] = 0 } }), "divisor")
    test.contains(refused({ gra_typ_id = 2, num_val = 3 }, { divisors = { [2] = "x" } }), "divisor")
    test.contains(refused({ gra_typ_id = 2, num_val = 3 }, { divisor = 10 }), "\"divisor\"")
  end)
end)

test.run()
