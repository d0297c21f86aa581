-- SPDX-License-Identifier: MIT
-- beadle.pretty_value: values as people read them.

local json = require "beadle.json"
local pretty = require "beadle.pretty"
local value = require "beadle.pretty_value"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function lines(text)
  local list = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    list[#list + 1] = line
  end
  return list
end

describe("single values", function()
  it("are as Lua writes them; nil and null differ", function()
    equal(value.show(12345678901234567), "12345678901234567")
    equal(value.show(1.5), "1.5")
    equal(value.show(nil), "nil")
    equal(value.show(json.null), "null")
    equal(value.show("é \"x\"\n"), '"é \\"x\\"\\n"')
    equal(value.show "\xff", '"\\xff"')
    equal(value.show {}, "{}")
    equal(value.show(json.array {}), "[]")
  end)

  it("that are long texts are cut with their length", function()
    local shown = value.show(("é"):rep(1234))
    test.contains(shown, "…\" (1,234 characters)")
    test.truthy(utf8.len(shown) < 450)
  end)

  it("know operations and modules by their names", function()
    test.contains(value.show(beadle.isograd.add_test), "isograd.add_test")
    test.contains(value.show(beadle.isograd), "module beadle.isograd")
  end)

  it("that are secrets show their names only", function()
    local secret = require("beadle.config.native").secret("client_secret", "Sesame-Open-42")
    equal(value.show(secret), "[secret client_secret]")
    equal(value.show { key = secret }, "key  [secret client_secret]")
  end)
end)

describe("records", function()
  it("are aligned, in the order that is asked for", function()
    equal(value.show({ ema = "a@b", can_id = 7, deep = { x = 1 } }, { order = { "can_id", "ema" } }),
      "can_id  7\nema     \"a@b\"\ndeep    { x = 1 }")
  end)

  it("with lists of records have these below", function()
    equal(value.show({ list = { { id = 1, name = "some longer text to be shown" }, { id = 20, name = "b" } } },
      { width = 40 }),
      "list\n  id  name\n  --  ----------------------------\n   1  some longer text to be shown\n  20  b")
  end)

  it("that hold themselves come to an end", function()
    local loop = {}
    loop.self = loop
    test.contains(value.show(loop), "{…}")
  end)
end)

describe("lists of records", function()
  local list = {}
  for index = 1, 3 do
    list[index] = { id = 1000000000000 + index, text = ("words "):rep(20), other = index == 2 and json.null or nil }
  end

  it("are tables whose rows fit the width, ids whole", function()
    local shown = lines(value.show(list, { width = 50 }))
    test.match(shown[1], "^ +id +other +text")
    for index = 3, 5 do
      test.truthy(pretty.width(shown[index]) <= 50)
      test.contains(shown[index], tostring(1000000000000 + index - 2))
    end
  end)

  it("leave columns out rather than cut ids, and say which", function()
    local wide = { {} }
    for index = 1, 9 do
      wide[1]["number_" .. index] = 10 ^ 12 // 1 | 0
    end
    local shown = value.show(wide, { width = 60 })
    test.contains(shown, "1000000000000")
    test.contains(shown, "not shown: number_5")
  end)

  it("of many rows say how many more there are", function()
    local many = {}
    for index = 1, 250 do
      many[index] = { id = index }
    end
    test.contains(value.show(many), "150 more rows")
  end)
end)

describe("widths", function()
  it("count columns, not characters", function()
    equal(pretty.width "é漢字", 5)
    equal(pretty.width "e\u{301}", 1)
    equal(pretty.cut("漢字漢字", 5), "漢字")
  end)
end)

describe("colours", function()
  it("are only there when asked for", function()
    test.lacks(value.show { a = "x" }, "\27")
    test.contains(value.show({ a = "x" }, { colour = true }), "\27[32m\"x\"\27[0m")
  end)
end)

test.run()
