-- SPDX-License-Identifier: MIT
-- beadle.recipe: what a recipe declares, and what it refuses before anything is sent.

local error_value = require "beadle.error"
local json = require "beadle.json"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local sample, rows_file = console.sample, console.rows_file

test.before_each(console.clean)
test.after_each(console.clean)

describe("a declaration", function()
  local function refused(change, pattern)
    test.match(test.raises("argument", sample, change), pattern)
  end

  it("takes type, choices and sentence from the catalogue", function()
    local param = sample().params.gen_id
    equal(param.type, "integer")
    same(param.choices, { "male", "female", "unspecified" })
    equal(param.doc, "the candidate's gender")
  end)

  it("names the nearest operation parameter", function()
    refused({ params = { "isograd.create_candidate.emma" } }, "Did you mean ema")
  end)

  it("names the nearest operation", function()
    refused({ params = { "isograd.create_candidat.ema" } }, "create_candidate")
  end)

  it("refuses unknown fields", function()
    refused({ colums = {} }, "Did you mean columns")
    refused({ params = { { name = "a", doc = "b", requird = true } } }, "Did you mean required")
  end)

  it("refuses a default that is not what the parameter must be", function()
    refused({ params = { { name = "n", type = "integer", doc = "n", default = "x" } } }, "must be a whole number")
  end)

  it("refuses a parameter called as an option", function()
    refused({ params = { { name = "rows", doc = "x" } } }, "cannot be called rows")
  end)

  it("refuses a parameter twice", function()
    refused({ params = { "isograd.create_candidate.ema", "isograd.add_test.ema" } }, "declared twice")
  end)

  it("refuses keys that are no parameters", function()
    refused({ unique = { "emma" } }, "no parameter")
  end)
end)

describe("check_row", function()
  it("gives typed values, defaults, and leaves out what is empty", function()
    same(sample():check_row { ema = " ada@example.org ", gen_id = "female", count = "" },
      { ema = "ada@example.org", gen_id = 2, count = 1 })
  end)

  it("names every problem", function()
    local row, problems = sample():check_row { ema = "ada", gen_id = "femal", count = "1.5" }
    equal(row, nil)
    equal(#problems, 3)
    test.contains(problems[1].message, "ema must be an e-mail address, not \"ada\"")
    test.contains(problems[2].message, "did you mean female?")
    test.contains(problems[3].message, "count must be a whole number")
  end)

  it("says what a missing parameter means", function()
    local _, problems = sample():check_row {}
    equal(problems[1].message, "ema is missing: the candidate's e-mail address")
  end)

  it("applies the catalogue's rules between parameters", function()
    local grouped = sample { params = { "isograd.create_candidate.dep_id", "isograd.create_candidate.ext_dep_id" } }
    local _, problems = grouped:check_row { dep_id = "1", ext_dep_id = "x" }
    equal(problems[1].message, "give dep_id or ext_dep_id, not both")
    test.truthy(grouped:check_row { dep_id = "1" })
  end)

  it("never shows a secret", function()
    local _, problems = sample { params = { "isograd.create_candidate.psw" } }:check_row { psw = "hun\nter2" }
    test.lacks(problems[1].message, "ter2")
  end)

  it("knows the types of own parameters", function()
    local own = sample { params = {
      { name = "day", type = "date", doc = "d" }, { name = "wait", type = "duration", doc = "d" },
      { name = "on", type = "flag", doc = "d" }, { name = "tone", choices = { "warm", "formal" }, doc = "d" },
    } }
    same(own:check_row { day = "2026-02-28", wait = "2 min", on = "yes", tone = "warm" },
      { day = "2026-02-28", wait = 120.0, on = true, tone = "warm" })
    local _, problems = own:check_row { day = "2026-02-30", wait = "long", on = "maybe", tone = "wram" }
    equal(#problems, 4)
    test.contains(problems[4].message, "did you mean warm?")
  end)
end)

describe("the command line", function()
  it("runs once, with --name value and --name=value", function()
    local result = console.run(sample(), { "--ema", "ada@example.org", "--count=3" })
    equal(result.status, 0)
    same(console.seen, { { ema = "ada@example.org", count = 3 } })
    equal(result.out, "ema    ada@example.org\ncount  3\n")
  end)

  it("names all problems before the row runs", function()
    local err = console.run(sample(), { "--gen_id", "9" }).error
    equal(err.exit, 2)
    test.contains(err.message, "--ema is missing")
    test.contains(err.message, "--gen_id must be")
    equal(#console.seen, 0)
  end)

  it("names the nearest option", function()
    test.contains(console.run(sample(), { "--cuont", "1" }).error, "Did you mean --count?")
  end)

  it("refuses a parameter twice", function()
    local err = console.run(sample(), { "--ema", "a@example.org", "--ema", "b@example.org" }).error
    test.contains(err.message, "--ema is given twice")
  end)

  it("tells whoever forgot --rows", function()
    test.contains(console.run(sample(), { "people.csv" }).error, "Did you mean --rows people.csv?")
  end)

  it("explains itself", function()
    local text = console.run(sample(), { "--help" }).out
    test.contains(text, "Notes rows.")
    test.contains(text, "--ema ADDRESS *")
    test.contains(text, "One of male, female, unspecified.")
    test.contains(text, "Default: 1.")
    test.contains(text, "--rows FILE")
    equal(#console.seen, 0)
  end)

  it("prints JSON alone on standard output", function()
    local document = json.decode(console.run(sample(), { "--ema", "ada@example.org", "--json" }).out)
    equal(document.sandbox, true)
    same(document.rows[1].result, { ema = "ada@example.org", count = 1 })
  end)

  it("only checks with --check", function()
    local result = console.run(sample(), { "--ema", "ada@example.org", "--check" })
    equal(result.status, 0)
    test.contains(result.err, "The parameters are right; nothing was sent.")
    test.contains(console.run(sample(), { "--rows", rows_file(3), "--check" }).err,
      "3 rows are right; nothing was sent.")
    equal(#console.seen, 0)
  end)

  it("lets an error of the row through", function()
    local failing = sample { row = function()
      error(error_value.new { kind = "rejected", message = "no", code = 301 }, 0)
    end }
    equal(console.run(failing, { "--ema", "ada@example.org" }).error.code, 301)
  end)

  it("says what a row that failed had done before", function()
    local failing = sample { row = function(_, context)
      context.did "candidate 7 created"
      error(error_value.new { kind = "rejected", message = "no", outcome = "none" }, 0)
    end }
    test.contains(console.run(failing, { "--ema", "ada@example.org" }).err, "Already done: candidate 7 created.")
  end)

  it("calls a mistake of the recipe one", function()
    local err = console.run(sample { row = function(row) return row.nothing.at_all end },
      { "--ema", "ada@example.org" }).error
    equal(err.kind, "script")
    equal(err.outcome, "none")
    test.match(err.where, "test_recipe.lua:%d+$")
    test.match(err.message, "^a mistake in the recipe: attempt to index a nil value")
    test.contains(err.traceback, "in field 'row'")
  end)

  it("says that a test is not finished by the exit status", function()
    equal(console.run(sample { pending = function() return true end }, { "--ema", "ada@example.org" }).status, 1)
  end)

  it("has a help that fits where nobody knows the width", function()
    for line in console.run(sample(), { "--help" }).out:gmatch "[^\n]+" do
      test.truthy(#line <= 96)
    end
  end)
end)

describe("a file", function()
  local function problems(text, arguments)
    local path = console.file(text)
    local result = console.run(sample { unique = { "ema" } }, { "--rows", path, table.unpack(arguments or {}) })
    equal(result.error and result.error.exit, 2)
    equal(#console.seen, 0)
    return result.err
  end

  it("is run row by row, and its nature is shown", function()
    local path = console.file "ema;count\r\na@example.org;2\r\nb@example.org;\r\n"
    local result = console.run(sample(), { "--rows", path })
    equal(result.status, 0)
    test.contains(result.err, "2 rows, 2 columns, semicolon, UTF-8, CRLF")
    same(console.seen, { { ema = "a@example.org", count = 2 }, { ema = "b@example.org", count = 1 } })
  end)

  it("takes what all rows share from options", function()
    console.run(sample(), { "--rows", rows_file(2), "--count", "7" })
    equal(console.seen[2].count, 7)
  end)

  it("has all its problems named, with line and column, before anything runs", function()
    local text = problems "ema,gen_id\nada,1\nb@example.org,9\nc@example.org\n,2\n"
    test.match(text, "line 2: ema must be an e%-mail address, not \"ada\"")
    test.match(text, "line 3: gen_id must be")
    test.match(text, "line 4: the row has 1 cell, the header 2")
    test.match(text, "line 5: ema is missing: the candidate's e%-mail address")
  end)

  it("has unknown columns named, with the nearest known one", function()
    local text = problems "ema,gender_id\na@example.org,1\n"
    test.match(text, "line 1: the column \"gender_id\" is not known; did you mean gen_id%?")
  end)

  it("has a misspelt column named once, not as a missing one too", function()
    test.lacks(problems "emma\na@example.org\n", "there is no column")
  end)

  it("may have columns that are ignored on demand", function()
    local path = console.file "ema,x,y\na@example.org,1,2\n"
    equal(console.run(sample(), { "--rows", path, "--ignore", "x,y" }).status, 0)
    equal(#console.seen, 1)
  end)

  it("may have columns that the recipe ignores", function()
    equal(console.run(sample { ignores = { "x" } }, { "--rows", console.file "ema,x\na@example.org,1\n" }).status, 0)
  end)

  it("has a missing column named once", function()
    local text = problems "gen_id\n1\n2\n"
    test.match(text, "there is no column ema %(the candidate's e%-mail address%)")
    test.lacks(text, "line 2")
  end)

  it("may not repeat a parameter that is an option", function()
    local text = problems("ema,count\na@example.org,1\n", { "--count", "2" })
    test.match(text, "count is a column of the file and the option")
  end)

  it("may not name a person twice, in whatever letters", function()
    test.match(problems "ema\na@example.org\nb@example.org\nA@Example.org\n", "line 4: the same ema as line 2")
  end)

  it("has a broken end named with the other problems", function()
    local text = problems "ema,count\nada,1\nb@example.org,\"2\n"
    test.match(text, "line 2: ema must be")
    test.match(text, "line 3: a quote that opens here")
  end)

  it("may have empty rows, which are passed over", function()
    local path = console.file "ema,count\na@example.org,1\n,\n , \nb@example.org,2\n"
    local result = console.run(sample(), { "--rows", path })
    test.contains(result.err, "Empty rows passed over: 2.")
    equal(#console.seen, 2)
  end)

  it("without rows is no failure", function()
    equal(console.run(sample(), { "--rows", console.file "ema\n" }).status, 0)
  end)

  it("that is not there is an error of the command line", function()
    equal(console.run(sample(), { "--rows", "/nowhere.csv" }).error.exit, 2)
  end)
end)

test.run()
