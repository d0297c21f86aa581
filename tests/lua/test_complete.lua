-- SPDX-License-Identifier: MIT
-- beadle.complete: what is offered where.

local complete = require "beadle.complete"
local catalogue = require "beadle.catalogue"
local eval = require "beadle.repl_eval"
local repl = require "beadle.repl_names"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local session = { variables = eval.new(), modules = repl.modules() }

local function texts(text)
  local _, list = complete.candidates(session, text)
  local result = {}
  for index, each in ipairs(list) do
    result[index] = each.text
  end
  return result
end

local function offers(text, wanted)
  for _, each in ipairs(texts(text)) do
    if each == wanted then
      return true
    end
  end
  return false
end

local function run(text)
  assert(eval.compile(session.variables, text))()
end

test.before_each(sandbox.reset)

describe("names", function()
  it("of modules, vendors, globals and keywords", function()
    same(texts "isog", { "isograd" })
    same(texts "x = asy", { "async" })
    same(texts "prin", { "print" })
    same(texts "repea", { "repeat" })
  end)

  it("of the session's variables, with their values' fields", function()
    run "local person = { first_name = 'Ada', born = 1815 }"
    same(texts "pers", { "person" })
    same(texts "person.", { "born", "first_name" })
    same(texts "print(person.fi", { "first_name" })
  end)

  it("of operations and enumerations", function()
    same(texts "isograd.add_te", { "add_test" })
    same(texts "return isograd.gend", { "gender" })
    same(texts "isograd.gender.", { "male", "female", "unspecified" })
    test.truthy(offers("isograd.", "grade_fraction")) -- a helper in Lua
  end)

  it("of methods after a colon", function()
    run "local text, task = 'abc', require('beadle.async').spawn(function() end)"
    same(texts "text:up", { "upper" })
    same(texts "task:wa", { "wait" })
  end)

  it("of modules in require and of beadle", function()
    same(texts "require 'beadle.asy", { "beadle.async" })
    same(texts "beadle.asy", { "async" })
  end)

  it("are not offered in comments and numbers", function()
    same(texts "-- isog", {})
    same(texts "12", {})
    same(texts "f().x", {})
  end)
end)

describe("parameters", function()
  it("stand in the order that is wanted: required ones first", function()
    local list = texts "isograd.add_test { "
    same({ list[1], list[2] }, { "tst_frm_id", "ema" })
  end)

  it("that were given are not offered again", function()
    equal(offers("isograd.add_test { ema = 'a', ", "ema"), false)
    equal(offers("isograd.add_test { ema = 'a', ", "tst_frm_id"), true)
    equal(offers("isograd.add_test({ ema = f({1, 2}, function() return { ema } end), ", "ema"), false)
  end)

  it("are found over several lines and by a variable", function()
    run "local add = beadle.isograd.add_test"
    same(texts "add {\n  ema = 'a',\n  tst", { "tst_frm_id" })
  end)

  it("of objects within objects and in lists", function()
    same(texts "inspera.create_test { committees = { { na", { "name" })
    equal(offers("inspera.create_test { committees = { { ", "title"), false)
    equal(offers("inspera.create_test { committees = { { name = 'x' }, ", "title"), false)
    equal(offers("inspera.create_test { committees = { { name = 'x' } }, ", "title"), true)
  end)

  it("have only names that the catalogue has, for every operation", function()
    for _, vendor in ipairs(catalogue.vendors()) do
      for _, operation in ipairs(catalogue.describe(vendor).operations) do
        local list = texts(operation.full_name .. " { ")
        local wanted = 0
        for _, param in ipairs(operation.params) do
          local optional = not param.required or param.fallback or param.setting or param.means or param.read_only
          local fixed = operation.variant_value and param.name == operation.selector
          if not optional and not fixed and not param.rest then
            wanted = wanted + 1
            test.truthy(offers(operation.full_name .. " { ", param.name))
          end
        end
        test.truthy(#list >= wanted)
      end
    end
  end)
end)

describe("values", function()
  it("of enumerations are constants, also by their own names", function()
    same(texts "isograd.create_candidate { gen_id = ", { "isograd.gender.male", "isograd.gender.female",
      "isograd.gender.unspecified" })
    same(texts "isograd.create_candidate { gen_id = fem", { "isograd.gender.female" })
  end)

  it("are ids that the sandbox knows now", function()
    local before = #texts "isograd.delete_candidate { can_id = "
    local candidate = beadle.isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada",
      lst_nam = "L" }
    local list = texts "isograd.delete_candidate { can_id = "
    equal(#list, before + 1)
    equal(list[#list], tostring(candidate.can_id))
    test.truthy(offers("isograd.send_registration_email { pla_tst_ids = { ", "987654"))
    test.truthy(offers("isograd.add_test { ema = \"", "ada@example.org"))
    test.truthy(#texts "scodoc.formsemestre { formsemestre_id = " > 0)
  end)

  it("of another variable of Lua are names", function()
    same(texts "isograd.create_candidate { ema = asy", { "async" })
  end)
end)

describe("texts", function()
  it("are files where a path is expected", function()
    test.truthy(offers("fs.read 'tests/CMake", "tests/CMakeLists.txt"))
    test.truthy(offers("io.open(\"tests/lu", "tests/lua/"))
    same(texts "print 'tests", {})
  end)

  it("are profiles", function()
    same(texts "isograd.client { profile = '", { "sandbox" })
  end)
end)

describe("commands", function()
  it("are completed, and what they take", function()
    same(texts ":prof", { "profile" })
    same(texts ":profile san", { "sandbox" })
    same(texts ":confirm o", { "off", "on" })
    same(texts "?isograd.add_pro", { "isograd.add_proctoring" })
  end)
end)

describe("the answer", function()
  it("replaces the word by the only candidate", function()
    same(complete.answer(session, "isograd.add_te", 80), { remove = 6, insert = "add_test", listing = "" })
    same(complete.answer(session, "isograd.add_test { tst", 80), { remove = 3, insert = "tst_frm_id = ", listing = "" })
  end)

  it("adds what all have in common, else lists them with what they are", function()
    local answer = complete.answer(session, "isograd.ad", 80)
    equal(answer.insert, "add_")
    answer = complete.answer(session, "isograd.add_", 60)
    equal(answer.insert, "")
    test.match(answer.listing, "add_proctoring +Have a test watched online\n")
    for line in answer.listing:gmatch "[^\n]+" do
      test.truthy(utf8.len(line) < 60)
    end
  end)

  it("is nothing where nothing is known", function()
    same(complete.answer(session, "nothing_like_this", 80), { remove = 0, insert = "", listing = "" })
  end)

  it("survives any beginning of any example", function()
    for _, vendor in ipairs(catalogue.vendors()) do
      for _, operation in ipairs(catalogue.describe(vendor).operations) do
        local example = operation.example or "" -- one that the vendor removed has none
        for length = 0, #example do
          complete.candidates(session, example:sub(1, length))
        end
      end
    end
  end)
end)

test.run()
