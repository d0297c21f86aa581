-- SPDX-License-Identifier: MIT
-- scripts/collect-results.lua against the sandbox.

local async = require "beadle.async"
local csv = require "beadle.csv"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local console = require "recipe_console"
local describe, it, equal = test.describe, test.it, test.equal

local twin = sandbox.isograd
local collect = dofile "scripts/collect-results.lua"

local function new_test(email, form)
  return isograd.create_candidate_and_add_test { gen_id = 3, ema = email, fst_nam = "A", lst_nam = "B",
    tst_frm_id = form or 101 }.pla_tst_id
end

-- Runs the recipe over rows {email, test [, form]}.
local function run(rows, ...)
  local lines = { "ema,pla_tst_id,tst_frm_id" }
  for index, row in ipairs(rows) do
    lines[index + 1] = ("%s,%d,%d"):format(row[1], row[2], row[3] or 101)
  end
  return console.run(collect, { "--rows", console.file(table.concat(lines, "\n")), ... })
end

local function results_of(rows, ...)
  local path = console.path ".csv"
  local result = run(rows, "--output", path, ...)
  return console.read_csv(path), result
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("results", function()
  it("are collected with the grade from 0 to 1", function()
    local rows = results_of { { "alan.turing@example.org", 987655 } }
    equal(rows[1].num_val, "742")
    equal(rows[1].max_val, "1000")
    equal(rows[1].grade, "0.742")
    equal(rows[1].test, "finished")
  end)

  it("are normalised by the kind of grade", function()
    local level, questions = new_test("a@example.org", 103), new_test("a@example.org", 201)
    twin.finish_test { pla_tst_id = level, num_val = 4 }
    twin.finish_test { pla_tst_id = questions, num_val = 30 }
    local rows = results_of { { "a@example.org", level, 103 }, { "a@example.org", questions, 201 } }
    equal(rows[1].grade, "0.4")
    equal(rows[2].grade, "0.75")
  end)

  it("are of the named test, not of the last one taken", function()
    local first = new_test "a@example.org"
    twin.finish_test { pla_tst_id = first, num_val = 100 }
    local second = new_test "a@example.org"
    twin.finish_test { pla_tst_id = second, num_val = 900 }
    local rows = results_of { { "a@example.org", first } }
    equal(rows[1].num_val, "100")
  end)

  it("go to a CSV and a JSON file", function()
    local as_csv, as_json = console.path ".csv", console.path ".json"
    run({ { "alan.turing@example.org", 987655 } }, "--output", as_csv, "--output", as_json)
    local document = json.decode(fs.read(as_json))
    equal(document.rows[1].result.grade, 0.742)
    equal(csv.open(as_csv).columns[1], "ema")
  end)
end)

describe("a test that is not finished", function()
  it("is listed without a grade when there is no time to wait", function()
    local rows, result = results_of({ { "grace.hopper@example.org", 987654 }, { "alan.turing@example.org", 987655 } },
      "--wait", "0")
    equal(result.status, 1)
    test.contains(result.err, "2 done (1 of them not finished), 0 failed")
    equal(rows[1].test, "not started")
    equal(rows[1].grade, "")
    test.contains(result.out, "Finished: 1. Not finished: 1\n  grace.hopper@example.org, test 987654: not started")
  end)

  it("is waited for", function()
    local finisher = async.spawn(function()
      async.sleep "50 ms"
      twin.finish_test { pla_tst_id = 987654, num_val = 500 }
    end)
    local rows = results_of({ { "grace.hopper@example.org", 987654 } }, "--wait", "1 s")
    finisher:wait()
    equal(rows[1].test, "finished")
    equal(rows[1].grade, "0.5")
  end)

  it("is not asked about all the time", function()
    local before = time.elapsed()
    results_of({ { "grace.hopper@example.org", 987654 } }, "--wait", "300 ms")
    test.truthy(time.elapsed() - before < 5)
    test.truthy(twin.counts().get_test_status <= 3)
  end)

  it("does not keep the others waiting", function()
    local rows = {}
    for index = 1, 4 do
      local email = ("p%d@example.org"):format(index)
      rows[index] = { email, new_test(email) }
    end
    twin.finish_test { pla_tst_id = rows[4][2], num_val = 1 }
    local found = results_of(rows, "--wait", "200 ms", "--concurrency", "1")
    equal(found[4].test, "finished")
    equal(found[1].test, "not started")
  end)
end)

describe("a file", function()
  it("that names a test twice is refused", function()
    local result = run { { "alan.turing@example.org", 987655 }, { "alan.turing@example.org", 987655 } }
    test.contains(result.err, "line 3: the same pla_tst_id as line 2")
  end)

  it("with an unknown test gives the others' results", function()
    local rows, result = results_of { { "x@example.org", 1 }, { "alan.turing@example.org", 987655 } }
    equal(result.status, 1)
    equal(#rows, 1)
    test.match(result.err, "not_found +501")
  end)
end)

test.run()
