-- SPDX-License-Identifier: MIT
-- beadle.pretty: tables, and texts that are made to fit.

local pretty = require "beadle.pretty"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function widest(text)
  local most = 0
  for line in text:gmatch "[^\n]+" do
    most = math.max(most, pretty.width(line))
  end
  return most
end

describe("a table", function()
  it("has numbers on the right and texts on the left", function()
    equal(pretty.table({ "n", "name" }, { { 1, "a" }, { 10, "bc" } }),
      " n  name\n--  ----\n 1  a\n10  bc")
  end)

  it("folds texts at spaces where it would be too wide", function()
    equal(pretty.table({ "n", "name" }, { { 1, "one two three four" } }, 15),
      "n  name\n-  ------------\n1  one two\n   three four")
  end)

  it("breaks words that are too long, between characters", function()
    local text = pretty.table({ "name" }, { { ("é"):rep(25) } }, 10)
    equal(text, "name\n----------\néééééééééé\néééééééééé\nééééé")
  end)

  it("takes the width from the widest column first", function()
    local text = pretty.table({ "a", "b" }, { { "a@example.org", ("word "):rep(40) } }, 40)
    equal(widest(text), 40)
    test.contains(text, "a@example.org")
  end)

  it("stays as it is where it cannot be narrow enough", function()
    local text = pretty.table({ "a", "b" }, { { 123456, 123456 } }, 5)
    test.contains(text, "123456  123456")
  end)

  it("cuts what nobody would read", function()
    local text = pretty.table({ "a" }, { { ("x"):rep(300000) } }, 40)
    test.truthy(#text < 1000)
    test.match(text, "%.%.%.$")
  end)

  it("without a width is not folded", function()
    test.contains(pretty.table({ "a" }, { { ("word "):rep(100) .. "end" } }), ("word "):rep(100) .. "end")
  end)
end)

describe("shorten", function()
  it("counts characters, not bytes", function()
    equal(pretty.shorten("ééé", 3), "ééé")
    equal(pretty.shorten("éééé", 3), "ééé...")
  end)

  it("takes what is no UTF-8 byte by byte", function()
    equal(pretty.shorten("\xFF\xFF\xFF", 2), "\xFF\xFF...")
  end)
end)

test.run()
