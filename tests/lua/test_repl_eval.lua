-- SPDX-License-Identifier: MIT
-- beadle.repl_eval: variables that are local to a line live on.

local eval = require "beadle.repl_eval"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local variables

local function run(text)
  local fn, wrong = eval.compile(variables, text)
  assert(fn, wrong)
  return fn()
end

test.before_each(function()
  variables = eval.new()
end)

describe("local variables", function()
  it("stay, and can be changed", function()
    run "local x, y = 1, 2"
    run "x = x + 10"
    equal(run "x + y", 13)
    equal(rawget(_G, "x"), nil)
  end)

  it("are shared with functions of earlier and later lines", function()
    run "local n = 0"
    run "local function up() n = n + 1 return n end"
    run "up()"
    run "n = 10"
    equal(run "up()", 11)
    equal(run "n", 11)
  end)

  it("that are declared again are others: older functions keep theirs", function()
    run "local n = 1"
    run "local function old() return n end"
    run "local n = 2"
    equal(run "old()", 1)
    equal(run "n", 2)
    run "local a = 1 local f = function() return a end local a = 2 local g = function() return a end"
    same({ run "f()", run "g()", run "a" }, { 1, 2, 2 })
  end)

  it("of blocks and functions do not stay", function()
    run "do local inner = 1 end for i = 1, 2 do local other = i end if true then local third = 3 end"
    run "local function f() local fourth = 4 end while true do local fifth = 5 break end repeat local s = 6 until s"
    same(eval.names(variables), { "f" })
  end)

  it("stay before a return", function()
    equal(run "local a = 5 return a * 2", 10)
    equal(run "a", 5)
  end)

  it("that are constants and recursive functions work", function()
    run "local K <const> = 7"
    equal(run "K", 7)
    run "local function fact(n) return n < 2 and 1 or n * fact(n - 1) end"
    equal(run "fact(5)", 120)
  end)

  it("that are closed at the end of their line do not stay", function()
    local closed = 0
    _G.closer = function() return setmetatable({}, { __close = function() closed = closed + 1 end }) end
    run "local c <close> = closer() local d = 1"
    _G.closer = nil
    equal(closed, 1)
    same(eval.names(variables), { "d" })
  end)

  it("hide globals, and comments do not", function()
    run "local print = 5 -- local nothing = 1"
    equal(run "print", 5)
    same(eval.names(variables), { "print" })
  end)

  it("of the standard library are changed for the lines only", function()
    variables = eval.new(require("beadle.repl_names").environment())
    run "table = { 1, 2 } shared_by_all = 3"
    equal(run "#table", 2)
    equal(type(table.concat), "function")
    equal(_G.shared_by_all, 3)
    _G.shared_by_all = nil
  end)

  it("stay in large numbers", function()
    for index = 1, 300 do
      run(("local v%d = %d"):format(index, index))
    end
    equal(run "v1 + v300", 301)
  end)
end)

describe("what is entered", function()
  it("is an expression, if it can be one", function()
    equal(run "1 + 1", 2)
    equal(run "= 2 + 2", 4)
    same({ run "1, nil, 3" }, { 1, nil, 3 })
  end)

  it("is incomplete where more may follow", function()
    for _, text in ipairs { "for i = 1, 2 do", "function f(", "x = {", "1 +", "local s = [[", "if x then", "f(", "x =",
      "return function()", "--[[ comment" } do
      local fn, _, more = eval.compile(variables, text)
      equal(fn, nil)
      test.truthy(more)
    end
  end)

  it("is wrong where nothing can follow, and says what a person would expect", function()
    local _, message, more = eval.compile(variables, "1 +* 2")
    equal(more, false)
    equal(message, "session:1: unexpected symbol near '*'")
    equal(select(2, eval.compile(variables, "x = = 1")), "session:1: unexpected symbol near '='")
    equal(select(2, eval.compile(variables, "for in")), "session:1: <name> expected near 'in'")
  end)

  it("has its own line numbers", function()
    local ok, err = pcall(run, "local a = 1\nerror 'here'")
    equal(ok, false)
    equal(err, "session:2: here")
  end)

  it("can be cut into lines that stand alone", function()
    same(eval.pieces(variables, "1 + 1\nfor i = 1, 2 do\nend\n:curl\n\nx ="),
      { "1 + 1", "for i = 1, 2 do\nend", ":curl", "", "x =" })
  end)

  it("is blank when there are only spaces and comments", function()
    test.truthy(eval.is_blank "  -- nothing")
    test.falsy(eval.is_blank "--[[ begins")
    test.falsy(eval.is_blank "1")
  end)
end)

test.run()
