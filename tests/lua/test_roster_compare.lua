-- SPDX-License-Identifier: MIT
-- scripts/roster-compare.lua against the sandbox.

local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local compare = dofile "scripts/roster-compare.lua"

local SEMESTER = "scodoc:formsemestre_id=3,etat=I"

local function run(left, right, ...)
  return console.run(compare, { "--left", left, "--right", right, ... })
end

local function file(...)
  return console.file("mail,nom,prenom\n" .. table.concat({ ... }, "\n") .. "\n")
end

-- The rows in short, and the run.
local function rows_of(left, right, ...)
  local path = console.path ".csv"
  local result = run(left, right, "--output", path, ...)
  local list = {}
  for index, row in ipairs(console.read_csv(path)) do
    list[index] = ("%s: %s%s"):format(row.where, row.key, row.other ~= "" and " = " .. row.other or "")
  end
  return list, result
end

local GRACE, ALAN, ZOE = "grace.hopper@example.org,HOPPER,Grace", "alan.turing@example.org,TURING,Alan",
  "zoe.dexemple@example.org,D'EXEMPLE,Zoé"

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("two lists", function()
  it("of the same people are equal: status 0", function()
    local result = run(SEMESTER, file(ZOE, ALAN, GRACE), "--key", "mail")
    equal(result.status, 0)
    test.contains(result.out, "Both: 3. Only left: 0. Only right: 0.\nThey are equal.")
  end)

  it("that differ end with status 1, and say who is missing where", function()
    local rows, result = rows_of(SEMESTER, file(ALAN, "ada@example.org,Lovelace,Ada", GRACE), "--key", "mail")
    equal(result.status, 1)
    same(rows, { "both: grace.hopper@example.org", "both: alan.turing@example.org",
      "only left: zoe.dexemple@example.org", "only right: ada@example.org" })
    test.contains(result.out, "Both: 2. Only left: 1. Only right: 1.\nThey differ.")
  end)

  it("are equal where addresses differ in case and accents only", function()
    equal(run(SEMESTER, file("Grace.Hopper@Example.org,,", ALAN, "zoé.dexemple@example.org,,"), "--key",
      "mail").status, 0)
  end)

  it("may both be files, with columns of their own", function()
    local right = console.file("Adresse;Nom\nA@example.org;One\n")
    local rows, result = rows_of(file("a@example.org,One,"), right, "--key", "mail", "--right_key", "Adresse")
    equal(result.status, 0)
    same(rows, { "both: a@example.org" })
  end)

  it("may both be semesters, or groups", function()
    equal(run(SEMESTER, SEMESTER).status, 0)
    same((rows_of("scodoc:formsemestre_id=3,group_id=211", "scodoc:formsemestre_id=3,group_id=221")),
      { "both: grace.hopper@example.org", "only left: alan.turing@example.org" })
  end)

  it("may be compared by external id", function()
    local right = console.file("number\nE-1001\ne-1002\ne-9\n")
    same((rows_of(SEMESTER, right, "--key", "number", "--by", "external_id")),
      { "both: e-1001", "both: e-1002", "only left: e-1003", "only right: e-9" })
  end)

  it("that are empty are equal", function()
    equal(run(file(), file(), "--key", "mail").status, 0)
  end)
end)

describe("somebody with another address", function()
  it("is probably the same when the name is", function()
    local rows, result = rows_of(SEMESTER, file(GRACE, ALAN, "z@private.example,Zoe,d’exemple"), "--key", "mail")
    equal(rows[3], "probable: zoe.dexemple@example.org = z@private.example")
    equal(result.status, 1)
  end)

  it("is left alone when several have that name", function()
    local rows = rows_of(SEMESTER, file(GRACE, ALAN, "z1@x.example,D'Exemple,Zoé", "z2@x.example,D'Exemple,Zoé"),
      "--key", "mail")
    same({ table.unpack(rows, 3) }, { "only left: zoe.dexemple@example.org", "only right: z1@x.example",
      "only right: z2@x.example" })
  end)

  it("or without one is found by name too", function()
    local rows = rows_of(SEMESTER, file(GRACE, ALAN, ",Dexemple,Zoé", ",D'EXEMPLE,Zoé"), "--key", "mail")
    equal(rows[3], "probable: zoe.dexemple@example.org")
    equal(rows[4], "only right: ")
  end)
end)

describe("somebody", function()
  it("who stands in a list twice is told, with the line", function()
    local rows, result = rows_of(SEMESTER, file(GRACE, ALAN, ZOE, "GRACE.hopper@example.org,,"), "--key", "mail")
    equal(rows[4], "twice right: GRACE.hopper@example.org")
    equal(result.status, 1)
    test.contains(run(SEMESTER, file(GRACE, ALAN, ZOE, GRACE), "--key", "mail").out, "line 5")
  end)

  it("with the same address and another name is the same, and that is noted", function()
    local result = run(SEMESTER, file(GRACE, ALAN, "zoe.dexemple@example.org,Martin,Zoé"), "--key", "mail")
    equal(result.status, 0)
    test.contains(result.out, "the right has Martin Zoé")
  end)
end)

describe("what cannot be compared", function()
  it("ends with status 2, not as a difference", function()
    equal(run(SEMESTER, "scodoc:formsemestre_id=99").error.exit, 2)
    equal(run(SEMESTER, "/nonexistent.csv", "--key", "mail").error.exit, 2)
    equal(run(SEMESTER, file(GRACE)).error.exit, 2)
    equal(run(SEMESTER, "scodoc:formsemestre_id=x").error.exit, 2)
    equal(run(SEMESTER, "scodoc:group_id=211").error.exit, 2)
    equal(run(SEMESTER, "moodle:course=3").error.exit, 2)
    equal(run(SEMESTER, console.file "mail\n\"open\n", "--key", "mail").error.exit, 2)
  end)

  it("names a column that is not there, and the nearest", function()
    local err = run(SEMESTER, file(GRACE), "--key", "mial").error
    test.contains(err.message, "has no column \"mial\"")
    test.contains(err.hint, "mail")
    equal(run(SEMESTER, file(GRACE), "--key", "mail", "--nom", "surname").error.exit, 2)
  end)

  it("passes on that the vendor refuses the login", function()
    sandbox.scodoc.fault { kind = "status", status = 401, operation = "tokens", times = 100, body = "{}",
      type = "application/json" }
    local err = run(SEMESTER, SEMESTER).error
    same({ err.kind, err.exit }, { "auth", 2 })
  end)
end)

test.run()
