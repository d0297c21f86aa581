-- SPDX-License-Identifier: MIT
-- Grades of Isograd as a number from 0 to 1, as its LTI outcomes are ("Isograd API", "LTI - Notes via Basic
-- Outcome Service").

local error_value = require "beadle.error"

local M = {}

-- What the document divides each type of grade by. Two look odd and are as documented: a level of 1 to 5 is
-- divided by 10, a score out of 100 by 1000. Give your own divisors where you know better.
M.grade_divisors = { [1] = 10, [2] = 1000, [3] = 1000, [5] = 1000, [15] = 1000 }

-- The middle of the range that a number lies in: 1-350, 350-700, 700-1000.
local function middle_of_range(value)
  if value <= 350 then
    return (1 + 350) / 2
  elseif value <= 700 then
    return (350 + 700) / 2
  end
  return (700 + 1000) / 2
end

local function fail(message)
  error(error_value.new { kind = "argument", message = message, operation = "isograd.grade_fraction",
    outcome = "none" }, 0)
end

local function check_options(options)
  for name in pairs(options) do
    if name ~= "divisors" and name ~= "questions" then
      fail(("there is no option \"%s\"; known are divisors and questions"):format(tostring(name)))
    end
  end
end

-- What a type's number is divided by.
local function divisor_of(kind, own)
  local divisor = own and own[kind] or M.grade_divisors[kind]
  if not divisor then
    fail(("the grade type %s is not known"):format(tostring(kind)))
  elseif type(divisor) ~= "number" or divisor <= 0 then
    fail(("the divisor of grade type %s must be a number above 0"):format(tostring(kind)))
  end
  return divisor
end

-- grade_fraction(result [, {divisors = {[15] = 100}, questions = n}]) -> number from 0 to 1.
-- `result` is what get_results answers. A number of right answers is divided by the number of questions:
-- `questions`, else the result's max_val.
function M.grade_fraction(result, options)
  options = options or {}
  check_options(options)
  if type(result) ~= "table" or type(result.num_val) ~= "number" then
    fail "the result must be what isograd.get_results answers"
  end
  local kind, value = result.gra_typ_id, result.num_val
  if kind == 4 then
    local questions = options.questions or result.max_val
    if type(questions) ~= "number" or questions <= 0 then
      fail "the number of questions is not known: give {questions = n}"
    end
    return value / questions
  end
  return (kind == 5 and middle_of_range(value) or value) / divisor_of(kind, options.divisors)
end

return M
