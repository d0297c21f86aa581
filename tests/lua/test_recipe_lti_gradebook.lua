-- SPDX-License-Identifier: MIT
-- scripts/lti-gradebook.lua against the sandbox: launches, grades that come back, pages, wrong input.

local async = require "beadle.async"
local console = require "recipe_console"
local csv = require "beadle.csv"
local fs = require "beadle.fs"
local http = require "beadle.http"
local outcomes = require "beadle.lti.outcomes"
local sandbox = require "beadle.sandbox"
local sqlite = require "beadle.sqlite"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local KEY, SECRET = "test-consumer-key", "test-consumer-secret" -- the simulated vendor's
local LEARNERS = "ema,fst_nam,lst_nam,user_id\nada@example.org,Ada,Lovelace,u-1\nemmy@example.org,Emmy,Noether,u-2\n"

local recipe = dofile "scripts/lti-gradebook.lua"

local function arguments(path, ...)
  return { "--rows", console.file(LEARNERS), "--tst_frm_id", "101", "--out", path, ... }
end

-- Runs the recipe beside fn(base, links, said), then cancels it as Ctrl-C does. Gives what fn gives, and the rest of
-- what the recipe said.
local function beside(path, fn, ...)
  local links, said, base = console.path ".csv", {}, nil
  local words = { err = function(text)
    said[#said + 1] = text
    base = base or text:match "Serving (%S+) until"
  end, out = function(text) said[#said + 1] = text end }
  local list = arguments(path, "--links", links, ...)
  local serving = async.spawn(pcall, recipe.run, recipe, list, words)
  while not base or not fs.exists(links) do
    async.sleep "1 ms"
  end
  local ok, err = pcall(fn, base, console.read_csv(links), said)
  serving:cancel()
  local _, result = serving:wait()
  if not ok then
    error(err, 0)
  end
  return table.concat(said, "\n"), result
end

local function grade(base, sourcedid, score, more)
  local options = { url = base .. "/outcomes", sourcedid = sourcedid, score = score, key = KEY, secret = SECRET }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  return outcomes.replace(options)
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("the errand", function()
  for _, ending in ipairs { ".csv", ".sqlite" } do
    it("launches, and keeps the grades that come, in " .. ending, function()
      local path = console.path(ending)
      local result = console.run(recipe, arguments(path, "--headless", "--until-graded"))
      equal(result.status, 0)
      test.contains(result.out, "Learners: 2. With a grade: 2.")
      test.contains(result.err, "Ada Lovelace: launched")
      local rows = {}
      if ending == ".csv" then
        rows = console.read_csv(path)
      else
        local db <close> = sqlite.open(path)
        for row in db:rows "select * from grades order by sourcedid" do
          rows[#rows + 1] = row
        end
      end
      equal(#rows, 2)
      equal(rows[1].sourcedid, "101:u-1")
      equal(rows[1].learner, "Ada Lovelace")
      local sent = {}
      for _, each in ipairs(sandbox.isograd.tests()) do
        if each.result and each.result.num_val ~= 742 then
          sent[#sent + 1] = each.result.num_val / 1000
        end
      end
      test.truthy(tonumber(rows[1].score) == sent[1] or tonumber(rows[1].score) == sent[2])
      test.match(rows[1].message_id, "^%x+$")
      for index, call in ipairs(sandbox.isograd.calls()) do
        while not call.status do -- the vendor has not yet seen the answer that ended the run
          async.sleep "1 ms"
          call = sandbox.isograd.calls()[index]
        end
        equal(call.status, 200)
      end
    end)
  end

  it("is over at once where all have a grade, and launches nobody again", function()
    local path = console.path ".csv"
    console.run(recipe, arguments(path, "--headless", "--until-graded"))
    local before, launches = fs.read(path), #sandbox.isograd.requests()
    local result = console.run(recipe, arguments(path, "--headless", "--until-graded"))
    equal(result.status, 0)
    equal(fs.read(path), before)
    equal(#sandbox.isograd.requests(), launches)
  end)

  it("says who has no grade when the time is over", function()
    local result = console.run(recipe, arguments(console.path ".csv", "--links", console.path ".csv", "--until-graded",
      "--wait", "20 ms"))
    equal(result.status, 1)
    test.contains(result.out, "With a grade: 0.")
    test.contains(result.out, "Without a grade: Ada Lovelace, Emmy Noether.")
  end)

  it("counts launches that are refused", function()
    local path = console.path ".csv"
    local list = arguments(path, "--headless", "--wait", "1 ms")
    list[4] = "999"
    local result = console.run(recipe, list)
    equal(result.status, 1)
    test.contains(result.err, "Ada Lovelace: not launched")
  end)
end)

describe("a learner's page", function()
  it("takes the test in the sandbox, and leads nowhere else", function()
    local path = console.path ".csv"
    beside(path, function(_, links)
      equal(#links, 2)
      local answer = http.get(links[2].link)
      equal(answer.status, 200)
      test.contains(answer.body, "Taken in the sandbox")
      test.lacks(answer.body, "<form")
      while not http.get(links[2].link).body:find "Your grade is" do
        async.sleep "5 ms"
      end
      equal(console.read_csv(path)[1].sourcedid, "101:u-2")
      equal(#sandbox.isograd.tests(), 3)
    end)
  end)

  it("is the same in the next run, and nobody guesses it", function()
    local first, second
    beside(console.path ".csv", function(_, links) first = links end)
    beside(console.path ".csv", function(_, links) second = links end)
    local token = first[1].link:match "/launch/(.+)$"
    equal(second[1].link:match "/launch/(.+)$", token)
    test.truthy(#token >= 43)
    test.lacks(token, "u-1")
    beside(console.path ".csv", function(base)
      for _, guess in ipairs { "x", "101:u-1", token:sub(1, -2), token .. "A" } do
        equal(http.get(base .. "/launch/" .. guess).status, 404)
      end
    end)
  end)

  it("shows the grade when there is one, and launches nothing", function()
    beside(console.path ".csv", function(base, links)
      grade(base, "101:u-1", 0.75)
      local answer = http.get(links[1].link)
      test.contains(answer.body, "0.75")
      test.lacks(answer.body, "oauth_signature")
    end)
  end)
end)

describe("a grade", function()
  it("that is sent again makes no second row, and another one takes its place", function()
    local path = console.path ".sqlite"
    local said = beside(path, function(base)
      grade(base, "101:u-1", 0.5)
      grade(base, "101:u-1", 0.5)
      grade(base, "101:u-1", 0.75)
      equal(outcomes.read { url = base .. "/outcomes", sourcedid = "101:u-1", key = KEY, secret = SECRET }, 0.75)
      equal(outcomes.read { url = base .. "/outcomes", sourcedid = "101:u-2", key = KEY, secret = SECRET }, nil)
    end)
    test.match(said, "Ada Lovelace: 0.5 %(new%)")
    test.match(said, "Ada Lovelace: 0.5 %(same%)")
    test.match(said, "Ada Lovelace: 0.75 %(changed%)")
    local db <close> = sqlite.open(path)
    local scores = {}
    for row in db:rows "select score from grade_history order by id" do
      scores[#scores + 1] = row.score
    end
    test.same(scores, { 0.5, 0.75 })
  end)

  it("may be taken back", function()
    local path = console.path ".csv"
    beside(path, function(base)
      grade(base, "101:u-1", 0.5)
      outcomes.delete { url = base .. "/outcomes", sourcedid = "101:u-1", key = KEY, secret = SECRET }
      equal(outcomes.read { url = base .. "/outcomes", sourcedid = "101:u-1", key = KEY, secret = SECRET }, nil)
      equal(console.read_csv(path)[1].score, "")
    end)
  end)

  it("of nobody, or with another key or secret, is refused", function()
    local path = console.path ".csv"
    beside(path, function(base)
      local err = test.raises("rejected", grade, base, "101:u-9", 1)
      test.contains(err.message, "no learner")
      test.raises("auth", grade, base, "101:u-1", 1, { key = "another-key" })
      test.raises("auth", grade, base, "101:u-1", 1, { secret = "another-secret" })
      for _, operation in ipairs { "read", "delete" } do
        test.raises("rejected", outcomes[operation],
          { url = base .. "/outcomes", sourcedid = "101:u-9", key = KEY, secret = SECRET })
      end
    end)
    equal(#console.read_csv(path), 0)
  end)

  it("is told as a formula where it would be one", function()
    local path = console.path ".csv"
    local rows = console.file "ema,fst_nam,lst_nam,user_id\nada@example.org,=Ada(),Lovelace,u-1\n"
    local said, base = {}, nil
    local words = { out = function(text) said[#said + 1] = text end,
      err = function(text) base = base or text:match "Serving (%S+) until" end }
    local serving = async.spawn(recipe.run, recipe, { "--rows", rows, "--tst_frm_id", "101", "--out", path, "--links",
      console.path ".csv", "--until-graded" }, words)
    while not base do
      async.sleep "1 ms"
    end
    grade(base, "101:u-1", 1)
    equal(serving:wait(), 0)
    test.contains(table.concat(said), "A spreadsheet would calculate them")
  end)
end)

describe("the end", function()
  it("by a cancellation tells how far it is, and is one", function()
    local path = console.path ".csv"
    local said, err = beside(path, function(base) grade(base, "101:u-2", 1) end)
    equal(err.kind, "cancelled")
    equal(err.quiet, true)
    test.contains(said, "Learners: 2. With a grade: 1.")
    test.contains(said, "Without a grade: Ada Lovelace.")
    equal(fs.exists(path .. ".lock"), false)
    equal(csv.trim(console.read_csv(path)[1].score), "1.0")
  end)
end)

describe("wrong input", function()
  local function refused(words, list)
    local result = console.run(recipe, list)
    test.contains(tostring(result.error) .. result.err, words)
    equal(result.error.exit, 2)
    equal(next(sandbox.isograd.counts()), nil)
  end

  it("is refused before anything begins", function()
    local path = console.path ".csv"
    refused("--rows is missing", { "--out", path, "--headless" })
    refused("--out is missing", { "--rows", path, "--headless" })
    refused("--links FILE is missing", arguments(path))
    refused("Did you mean --rows?", { "--row", path })
    refused("must be a number from 0 to 65535", arguments(path, "--port", "70000"))
    refused("must be a number of seconds", arguments(path, "--wait", "soon"))
    refused("must be a scheme and a host", arguments(path, "--origin", "lms.example.org/x"))
    refused("it takes no", arguments(path, "--headless", "more"))
    equal(fs.exists(path), false)
  end)

  it("of the file is named by its line", function()
    local path = console.path ".csv"
    local function of(text, ...)
      return { "--rows", console.file(text), "--out", path, "--headless", ... }
    end
    refused("line 2: tst_frm_id is missing", of(LEARNERS))
    refused("line 2: ema", of("ema,fst_nam,lst_nam\nno address,Ada,Lovelace\n", "--tst_frm_id", "101"))
    refused("line 3: the same learner as line 2", of("ema,fst_nam,lst_nam\na@x.org,A,B\nA@x.org,A,B\n", "--tst_frm_id",
      "101"))
    refused("the column \"name\" is not known", of("ema,fst_nam,lst_nam,name\na@x.org,A,B,C\n", "--tst_frm_id", "101"))
    refused("there is no learner", of("ema,fst_nam,lst_nam\n", "--tst_frm_id", "101"))
    refused("tst_frm_id", of(LEARNERS, "--tst_frm_id", "many"))
  end)

  it("does not write over what is no gradebook", function()
    local path = console.file "my own file\n"
    local result = console.run(recipe, arguments(path, "--headless"))
    equal(result.error.kind, "decode")
    equal(fs.read(path), "my own file\n")
  end)

  it("is all that --check looks for", function()
    local path = console.path ".csv"
    local more = console.file "ema,fst_nam,lst_nam,class\na@x.org,A,B,7\n"
    equal(console.run(recipe, { "--rows", more, "--tst_frm_id", "101", "--out", path, "--check", "--ignore", "class" })
      .status, 0)
    local result = console.run(recipe, arguments(path, "--check"))
    equal(result.status, 0)
    test.contains(result.err, "2 learner(s) right; nothing was sent.")
    equal(fs.exists(path), false)
    equal(next(sandbox.isograd.counts()), nil)
  end)

  it("has help", function()
    local result = console.run(recipe, { "--help" })
    equal(result.status, 0)
    test.contains(result.out, "--until-graded")
  end)
end)

test.run()
