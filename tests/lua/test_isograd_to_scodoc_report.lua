-- SPDX-License-Identifier: MIT
-- scripts/isograd-to-scodoc-report.lua against the sandbox.

local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.isograd
local report = dofile "scripts/isograd-to-scodoc-report.lua"

local function run(...)
  return console.run(report, { "--formsemestre_id", "3", "--tst_frm_id", "101", ... })
end

-- The rows by their address, and the run.
local function results_of(...)
  local path = console.path ".csv"
  local result = run("--output", path, ...)
  local by_email = {}
  for _, row in ipairs(console.read_csv(path)) do
    by_email[row.ema] = row
  end
  return by_email, result
end

local function registered(...)
  return "--registered", console.file("ema,pla_tst_id,tst_frm_id,ext_id\n" .. table.concat({ ... }, "\n") .. "\n")
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("a student", function()
  it("who has finished is listed with the score, from 0 to 1 and out of 20", function()
    local rows, result = results_of()
    equal(result.status, 0)
    local alan = rows["alan.turing@example.org"]
    same({ alan.etudid, alan.code_nip, alan.nom, alan.prenom, alan.group, alan.joined_by, alan.test, alan.num_val,
      alan.max_val, alan.grade, alan.grade_20 }, { "102", "e-1002", "TURING", "Alan", "TD A", "e-mail", "finished",
      "742", "1000", "0.742", "14.84" })
  end)

  it("without a result is listed with the reason", function()
    local begun = isograd.add_test { ema = "zoe.dexemple@example.org", tst_frm_id = 101 }.pla_tst_id
    twin.start_test { pla_tst_id = begun }
    local rows, result = results_of()
    equal(rows["grace.hopper@example.org"].test, "not taken")
    equal(rows["zoe.dexemple@example.org"].test, "not finished")
    test.contains(result.out, "Not taken: 1. Finished: 1. Not finished: 1.")
  end)

  it("who is no candidate is listed as such", function()
    local row = results_of("--etat", "DEF")["ines.benali@example.org"]
    same({ row.test, row.joined_by, row.grade }, { "no candidate", "no candidate", "" })
  end)

  it("of another group is left out", function()
    local rows = results_of("--group_id", "212")
    equal(rows["alan.turing@example.org"], nil)
    equal(rows["zoe.dexemple@example.org"].group, "TD B")
  end)
end)

describe("with the file of those registered", function()
  it("how far each test is can be told", function()
    local rows = results_of(registered("grace.hopper@example.org,987654,101,"))
    equal(rows["grace.hopper@example.org"].test, "not started")
  end)

  it("the test counts that the file names, not the last one taken", function()
    local again = isograd.add_another_test { ema = "alan.turing@example.org", tst_frm_id = 101 }.pla_tst_id
    twin.finish_test { pla_tst_id = again, num_val = 100 }
    equal(results_of()["alan.turing@example.org"].num_val, "100")
    equal(results_of(registered("alan.turing@example.org,987655,101,"))["alan.turing@example.org"].num_val, "742")
  end)

  it("students are joined by external id where the address is another", function()
    local id = isograd.create_candidate_and_add_test { gen_id = 3, ema = "private@example.org", fst_nam = "Z",
      lst_nam = "D", ext_id = "e-1003", tst_frm_id = 101 }.pla_tst_id
    twin.finish_test { pla_tst_id = id, num_val = 500 }
    local row = results_of(registered(("private@example.org,%d,101,e-1003"):format(id)))["private@example.org"]
    same({ row.etudid, row.joined_by, row.grade_20 }, { "103", "external id", "10" })
  end)

  it("candidates that are no student are listed too", function()
    local id = isograd.create_candidate_and_add_test { gen_id = 3, ema = "guest@example.org", fst_nam = "G",
      lst_nam = "H", tst_frm_id = 101 }.pla_tst_id
    local rows, result = results_of(registered(("guest@example.org,%d,101,"):format(id)))
    same({ rows["guest@example.org"].etudid, rows["guest@example.org"].joined_by, rows["guest@example.org"].test },
      { "", "no student", "not started" })
    test.contains(result.out, "Candidates that are no student here: 1\n  guest@example.org: not started")
  end)

  it("tests of other forms are passed over", function()
    local rows = results_of(registered("guest@example.org,5,103,"))
    equal(rows["guest@example.org"], nil)
  end)

  it("a test that was deleted since is told", function()
    equal(results_of(registered("grace.hopper@example.org,5,101,"))["grace.hopper@example.org"].test, "deleted")
  end)

  it("which is what scodoc-to-isograd wrote", function()
    local path = console.path ".csv"
    console.run(dofile "scripts/scodoc-to-isograd.lua", { "--formsemestre_id", "3", "--tst_frm_id", "101",
      "--output", path })
    local rows, result = results_of("--registered", path)
    equal(result.status, 0)
    same({ rows["zoe.dexemple@example.org"].test, rows["grace.hopper@example.org"].test,
      rows["alan.turing@example.org"].test }, { "not started", "not started", "finished" })
    test.lacks(result.out, "no student")
  end)

  it("that cannot be read nothing is asked", function()
    equal(run("--registered", "/nonexistent.csv").error.kind, "io")
    same(twin.counts(), {})
  end)
end)

describe("a second run", function()
  it("tells the same, for nothing was changed", function()
    local tests = #twin.tests()
    equal(run().out, run().out)
    equal(#twin.tests(), tests)
  end)
end)

describe("a failure of the vendor", function()
  it("is not taken for a result that is missing", function()
    twin.fault { kind = "status", status = 500, operation = "get_results", times = 100, body = "{}",
      type = "application/json" }
    local result = run "--concurrency=1"
    equal(result.status, 1)
    test.match(result.err, "101 +server")
    test.lacks(result.out, "not taken")
  end)
end)

describe("a test form that is not allowed", function()
  it("fails for each student", function()
    local result = console.run(report, { "--formsemestre_id", "3", "--tst_frm_id", "999" })
    equal(result.status, 1)
    test.contains(result.err, "Failed: etudid 101, 102, 103.")
  end)
end)

test.run()
