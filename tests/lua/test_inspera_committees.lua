-- SPDX-License-Identifier: MIT
-- scripts/inspera-committees.lua against the sandbox.

local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.inspera
local recipe = dofile "scripts/inspera-committees.lua"

local TEST = { "--testId", "3437420", "--pause", "1 ms" }

local function run(...)
  local arguments = { table.unpack(TEST) }
  for _, word in ipairs { ... } do
    arguments[#arguments + 1] = word
  end
  return console.run(recipe, arguments)
end

local function file(...)
  return console.file("committee,type,member,candidateId,externalId,from\n" .. table.concat({ ... }, "\n") .. "\n")
end

local function committee(name, kind)
  for _, each in ipairs(twin.committees()) do
    if each.name == name and each.type == (kind or "GRADING") then
      return each
    end
  end
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("a file", function()
  it("creates each committee once and moves people in", function()
    local result = run("--rows", file("Jury C,,contributor,,greta.grader@example.org,",
      "Jury C,,candidate,e-1001,,Jury A", "Jury C,,candidate,,alan.turing@example.org,Jury A", "Jury D,,,,,"))
    equal(result.status, 0)
    same(committee "Jury C", { name = "Jury C", type = "GRADING", candidates = json.array { "e-1001", "e-1002" },
      contributors = json.array { "greta.grader@example.org" } })
    test.truthy(committee "Jury D")
    local created = 0
    for _, request in ipairs(twin.requests { operation = "create_committees" }) do
      created = created + (request.status == 200 and 1 or 0)
    end
    equal(created, 2)
    test.match(result.out, "Jury C +candidate +e%-1001 +moved in")
    test.match(result.out, "Jury D +made sure of")
  end)

  it("may be run again: nothing changes", function()
    local path = file("Jury C,,candidate,e-1001,,Jury A", "Jury C,REASSESSMENT,,,,")
    equal(run("--rows", path).status, 0)
    local before = twin.committees()
    equal(run("--rows", path).status, 0)
    same(twin.committees(), before)
    equal(#before, 5)
  end)

  it("names what the vendor refuses, and does the rest", function()
    local failed = console.path ".csv"
    local result = run("--rows", file("Jury C,,candidate,e-9999,,Jury A", "Jury C,,candidate,e-1001,,Jury A"),
      "--failed", failed)
    equal(result.status, 1)
    test.contains(result.err, "inspera.move_candidates")
    test.contains(result.err, "committee Jury C is there")
    same(committee("Jury C").candidates, json.array { "e-1001" })
    local rows = console.read_csv(failed)
    equal(#rows, 1)
    equal(rows[1].candidateId, "e-9999")
    test.contains(rows[1]["error.message"], "does not exist")
  end)

  it("says that nothing is known where the vendor reports errors with a 200", function()
    twin.set { partial = true }
    local result = run("--rows", file("Jury A,,candidate,e-9999,,"))
    equal(result.status, 1)
    test.contains(result.err, "not known, may safely be repeated")
  end)

  it("with an id and nobody whose it is, or the reverse, is refused row by row", function()
    local result = run("--rows", file("Jury C,,,e-1001,,", "Jury C,,candidate,,,", "Jury C,,contributor,e-1,,",
      "Jury C,,,,,Jury A"))
    equal(result.status, 1)
    for _, words in ipairs { "member must say", "a candidate needs an id", "only an externalId",
      "from is for people" } do
      test.contains(result.err, words)
    end
    equal(#twin.committees(), 3)
  end)

  it("that names somebody twice for a committee is refused", function()
    local result = run("--rows", file("Jury C,,candidate,e-1001,x,", "Jury C,,candidate,e-1001,x,"))
    test.contains(result.err, "line 3: the same committee")
    equal(#twin.committees(), 3)
  end)

  it("of a test that is not there stops nothing else, and says so", function()
    local result = console.run(recipe, { "--testId", "EXAM-X", "--isExternal", "--pause", "1 ms", "--rows",
      file("Jury C,,,,,") })
    equal(result.status, 1)
    test.contains(result.err, "there is no such test")
  end)

  it("waits before it uses a new committee", function()
    twin.set { visible_after = 0.05 }
    local path = file("Jury C,,candidate,e-1001,,Jury A")
    equal(run("--rows", path).status, 1)
    equal(console.run(recipe, { "--testId", "3437420", "--pause", "100 ms", "--rows",
      file("Jury D,,candidate,e-1001,,Jury A") }).status, 0)
  end)
end)

describe("one person", function()
  it("is moved, by the test's external id", function()
    local result = console.run(recipe, { "--testId", "EXAM-2026-01", "--isExternal", "--pause", "1 ms", "--committee",
      "Jury d'appel", "--type", "REASSESSMENT", "--member", "contributor", "--externalId",
      "bruno.martin@example.org", "--from", "Jury B" })
    equal(result.status, 0)
    same(committee("Jury d'appel", "REASSESSMENT").contributors, json.array { "bruno.martin@example.org" })
    test.match(result.out, "state +moved in")
  end)

  it("with nothing but a check is sent nowhere", function()
    equal(run("--committee", "Jury C", "--check").status, 0)
    equal(#twin.committees(), 3)
  end)
end)

test.run()
