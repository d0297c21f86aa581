-- SPDX-License-Identifier: MIT
-- beadle.lti.gradebook: rows and repeats, in both kinds of files.

local async = require "beadle.async"
local console = require "recipe_console"
local fs = require "beadle.fs"
local gradebook = require "beadle.lti.gradebook"
local sqlite = require "beadle.sqlite"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function grade(sourcedid, score, message_id, learner)
  return { sourcedid = sourcedid, score = score, message_id = message_id or "m-1", learner = learner or "Ada Lovelace" }
end

local function plain(row)
  return { sourcedid = row.sourcedid, learner = row.learner, score = row.score, message_id = row.message_id }
end

test.after_each(console.clean)

for _, ending in ipairs { ".csv", ".sqlite", ".db" } do
  describe("a gradebook in " .. ending, function()
    it("has one row for each sourcedid", function()
      local path = console.path(ending)
      local book <close> = gradebook.open(path)
      equal(book:put(grade("s-1", 0.5, "m-1")), "new")
      equal(book:put(grade("s-2", 1, "m-2", "Grace \"Amazing\" Hopper, RDML\né")), "new")
      equal(book:put(grade("s-1", 0.5, "m-3")), "same")
      equal(book:put(grade("s-1", 0.75, "m-4")), "changed")
      local rows = book:rows()
      equal(#rows, 2)
      test.same(plain(rows[1]), grade("s-1", 0.75, "m-4"))
      test.match(rows[1].received_at, "^%d+%-%d+%-%d+T%d+:%d+:%d+Z$")
      equal(book:score "s-1", 0.75)
      equal(book:score "s-3", nil)
    end)

    it("has it on the disk when put returns", function()
      local path = console.path(ending)
      local book = gradebook.open(path)
      book:put(grade("s-1", 0.5))
      book:put(grade("s-1", 0.25, "m-2"))
      if ending == ".csv" then
        test.contains(fs.read(path), "s-1,Ada Lovelace,0.25,")
      else
        local db <close> = sqlite.open(path)
        for row in db:rows "select score from grades" do
          equal(row.score, 0.25)
        end
      end
      book:close()
    end)

    it("goes on with what is there", function()
      local path = console.path(ending)
      local book = gradebook.open(path)
      book:put(grade("0042", 1 / 3, "=1+1", "é, \"x\"\n2"))
      book:put(grade("s-2", 0.5))
      book:clear("s-2", "m-9")
      book:close()
      local again <close> = gradebook.open(path)
      test.same(plain(again:rows()[1]), grade("0042", 1 / 3, "=1+1", "é, \"x\"\n2"))
      equal(again:score "s-2", nil)
      equal(again:put(grade("0042", 1 / 3)), "same")
      equal(again:put(grade("s-2", 0.5, "m-10")), "changed")
      equal(#again:rows(), 2)
    end)

    it("clears a grade", function()
      local book <close> = gradebook.open(console.path(ending))
      book:put(grade("s-1", 0))
      equal(book:score "s-1", 0.0)
      equal(book:clear("s-1", "m-2"), true)
      equal(book:clear("s-1", "m-3"), true)
      equal(book:clear("s-9", "m-4"), false)
      equal(book:score "s-1", nil)
      equal(book:rows()[1].message_id, "m-2")
      equal(#book:rows(), 1)
    end)

    it("takes many at once", function()
      local path = console.path(ending)
      local book = gradebook.open(path)
      local list = {}
      for index = 1, 200 do
        list[index] = grade(("s-%d"):format(index % 50), index / 200)
      end
      async.map(list, { concurrency = 50 }, function(each) book:put(each) end)
      book:close()
      equal(#gradebook.open(path):rows(), 50)
    end)

    it("refuses what is no grade", function()
      local book <close> = gradebook.open(console.path(ending))
      for _, wrong in ipairs { grade("s-1", 1.1), grade("s-1", 0 / 0), grade("s-1", "0.5"), grade(7, 0.5),
        { sourcedid = "s-1", score = 0.5, learner = "x" } } do
        test.raises("argument", book.put, book, wrong)
      end
      equal(#book:rows(), 0)
    end)
  end)
end

describe("a CSV file", function()
  it("has one writer", function()
    local path = console.path ".csv"
    local book = gradebook.open(path)
    test.contains(test.raises("conflict", gradebook.open, path).message, "in use")
    book:close()
    gradebook.open(path):close()
    equal(fs.exists(path .. ".lock"), false)
  end)

  it("that is something else is refused, and left alone", function()
    for _, text in ipairs { "ema,fst_nam\na@example.org,Ada\n", "",
      "sourcedid,learner,score,received_at,message_id\ns,l,x,t,m\n",
      "sourcedid,learner,score,received_at,message_id\ns,l,1.0,t,m\ns,l,0.5,t,m\n" } do
      local path = console.file(text)
      test.raises("decode", gradebook.open, path)
      equal(fs.read(path), text)
      equal(fs.exists(path .. ".lock"), false)
    end
  end)

  it("tells how many cells a spreadsheet would calculate", function()
    local book <close> = gradebook.open(console.path ".csv")
    book:put(grade("=cmd()", 0.5, "+1+1", "@x"))
    equal(book.formulas, 3)
  end)

  it("is written for all who wait, and a failure is told to all of them", function()
    local path = console.path ".csv"
    local book = gradebook.open(path)
    local write, calls, broken = fs.write, 0, true
    fs.write = function(...)
      calls = calls + 1
      if broken then
        error(beadle.error.new { kind = "io", message = "no space left" }, 0)
      end
      return write(...)
    end
    local ok, err = pcall(function()
      local list = { grade("s-1", 0.1), grade("s-2", 0.2), grade("s-3", 0.3) }
      local function put(each) return (select(2, beadle.try(book.put, book, each))) or false end
      for _, failure in ipairs(async.map(list, put)) do
        equal(failure.kind, "io")
      end
      equal(book:rows()[3].score, 0.3)
      broken, calls = false, 0
      for _, failure in ipairs(async.map(list, put)) do -- sent again, the same: now they are written
        equal(failure, false)
      end
      equal(calls, 1)
      test.contains(fs.read(path), "s-3,Ada Lovelace,0.3,")
    end)
    fs.write = write
    book:close()
    if not ok then
      error(err, 0)
    end
  end)
end)

describe("a database", function()
  it("keeps what grades were before", function()
    local path = console.path ".sqlite"
    local book <close> = gradebook.open(path)
    book:put(grade("s-1", 0.5, "m-1"))
    book:put(grade("s-1", 0.5, "m-2"))
    book:put(grade("s-1", 0.75, "m-3"))
    book:clear("s-1", "m-4")
    local db <close> = sqlite.open(path)
    local scores = {}
    for row in db:rows "select score, message_id from grade_history order by id" do
      scores[#scores + 1] = ("%s %s"):format(row.message_id, row.score)
    end
    test.same(scores, { "m-1 0.5", "m-3 0.75", "m-4 nil" })
  end)

  it("of something else is refused, and left alone", function()
    local path = console.path ".db"
    local db = sqlite.open(path)
    db:exec "create table grades (x)"
    test.contains(test.raises("decode", gradebook.open, path).message, "something else")
    for row in db:rows "select count(*) as n from sqlite_schema" do
      equal(row.n, 1)
    end
    db:close()
    test.raises("decode", gradebook.open, console.file(("x"):rep(5000), ".db"))
  end)

  it("has several writers", function()
    local path = console.path ".sqlite"
    local one <close> = gradebook.open(path)
    local other <close> = gradebook.open(path)
    one:put(grade("s-1", 0.5))
    equal(other:put(grade("s-1", 0.5)), "same")
    equal(other:put(grade("s-1", 0.75)), "changed")
    equal(one:score "s-1", 0.75)
  end)
end)

describe("a file", function()
  it("is told by its ending", function()
    for _, path in ipairs { "grades", "grades.txt", "grades.csv.bak", "csv" } do
      test.contains(test.raises("argument", gradebook.open, path).message, ".csv, .sqlite or .db")
    end
    test.raises("io", gradebook.open, "nowhere/grades.csv")
    test.raises("io", gradebook.open, "nowhere/grades.sqlite")
  end)
end)

test.run()
