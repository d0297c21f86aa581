-- SPDX-License-Identifier: MIT
-- Checks of what is inside the objects and lists that a call sends: where a fault is, and what it is.

package.path = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
require "works_profile"

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local test = require "beadle.test"
local works = require "beadle.works"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local NAME = "front.name must be a text of one line, not empty of at most 5 characters"
local SIZE = "front.windows[1].size must be a whole number from 1 to 9"

-- Fails unless the call is refused with exactly that text.
local function refused(args, message)
  args.id = 1
  local err = test.raises("argument", works.build, args)
  equal(err.message, message)
  equal(err.outcome, "none")
  test.contains(err.hint, "beadle help works.build")
end

local function wall(more)
  local value = { name = "n" }
  for name, each in pairs(more) do
    value[name] = each
  end
  return value
end

describe("a member", function()
  it("that is required and missing is named with its place", function()
    refused({ front = {} }, "front.name is required (its name)")
    refused({ walls = { wall {}, {} } }, "walls[2].name is required (its name)")
    refused({ walls = { wall { windows = { { size = 1 }, { size = 2 }, { open = true } } } } },
      "walls[1].windows[3].size is required (its size)")
  end)

  it("that nobody knows is named with the nearest", function()
    refused({ front = wall { colur = "RED" } }, "front takes no \"colur\"; did you mean colour?")
    refused({ walls = { wall {}, wall { windows = { { size = 1, opne = true } } } } },
      "walls[2].windows[1] takes no \"opne\"; did you mean open?")
    refused({ front = wall { zzzzzzzz = 1 } }, "front takes no \"zzzzzzzz\"")
  end)

  it("of the wrong type says which it wants", function()
    refused({ front = { name = 7 } }, NAME)
    refused({ front = wall { windows = { { size = "1" } } } }, SIZE)
    refused({ front = wall { windows = { { size = 1.5 } } } }, SIZE)
    refused({ front = wall { windows = { { size = 1, open = 1 } } } }, "front.windows[1].open must be true or false")
    refused({ front = wall { tags = { "a", 1 } } }, "front.tags must be a list of texts of one line of at most 3 "
      .. "characters")
    refused({ front = wall { since = "2026-01-01" } },
      "front.since must be a time in UTC written YYYY-MM-DDThh:mm:ssZ")
    refused({ front = wall { windows = { size = 1 } } }, "front.windows must be a list")
    refused({ front = wall { windows = 1 } }, "front.windows must be a list")
    refused({ front = wall { more = print } }, "front.more must be a value that JSON has")
  end)

  it("has bounds, counted in characters", function()
    refused({ front = { name = "123456" } }, NAME)
    refused({ front = { name = "" } }, NAME)
    refused({ front = wall { windows = { { size = 10 } } } }, SIZE)
    refused({ front = wall { windows = { { size = 0 } } } }, SIZE)
    refused({ front = wall { tags = { "abc", "abcd" } } }, "front.tags must be a list of texts of one line of at most "
      .. "3 characters")
    works.build { id = 1, front = { name = "ééééé", tags = { "éàü" } } }
  end)

  it("with choices is one of them", function()
    refused({ front = wall { colour = "red" } }, "front.colour must be one of these: \"RED\" (red), \"BLUE\" (blue)")
    works.build { id = 1, front = wall { colour = works.colour.blue } }
  end)

  it("is null where that may be sent, and nowhere else", function()
    works.build { id = 1, front = wall { note = json.null, windows = { { size = 1, open = json.null } } } }
    refused({ front = { name = json.null } }, NAME)
    refused({ front = wall { windows = json.null } }, "front.windows must be a list")
  end)

  it("that is anything may be null, or hold it", function()
    local answer = works.build { id = 1, front = wall { more = { json.null, { a = json.null } } } }
    same(json.decode(answer.body, { null = true }).front.more, json.array { json.null, { a = json.null } })
  end)
end)

describe("an element", function()
  it("of a list of objects is one", function()
    refused({ walls = { wall {}, "x" } }, "walls[2] must be a table, not a string")
    refused({ walls = { wall { windows = { 7 } } } }, "walls[1].windows[1] must be a table, not a number")
    refused({ walls = { { "name" } } }, "walls[1] takes no \"[1]\"")
  end)
end)

describe("a structure", function()
  it("is a list or an object as the catalogue has it", function()
    local LIST, OBJECT = "walls must be a list, not a table", "front must be an object, not a table"
    refused({ walls = wall {} }, LIST)
    refused({ walls = { wall {}, nil, wall {} } }, LIST)
    refused({ front = { wall {} } }, OBJECT)
    refused({ walls = "x" }, "walls must be a list, not \"x\"")
    refused({ front = 1 }, "front must be an object, not 1")
  end)

  it("says its first fault only, beside those of other parameters", function()
    local err = test.raises("argument", works.build, { id = 1, front = { a = 1, name = 2 }, level = "x" })
    test.match(err.message, "^front takes no \"a\".*; level must be a whole number")
  end)

  it("does not show what is about a person", function()
    local err = test.raises("argument", works.build, { id = 1, front = wall { note = 12345 } })
    equal(err.message, "front.note must be a text")
  end)

  it("is JSON on a command line, and checked there", function()
    same(catalogue.parse("works", "build", "front", "{\"name\": \"n\"}"), { name = "n" })
    equal(catalogue.parse("works", "build", "front", "[]"), nil)
    equal(catalogue.parse("works", "build", "walls", "{\"name\": \"n\"}"), nil)
    equal(catalogue.parse("works", "build", "walls", "x"), nil)
  end)

  it("of a request is checked in the same way", function()
    local legal, why = catalogue.check_value("works", "build", "walls", json.array { { name = "n" }, {} })
    same({ legal, why }, { false, "walls[2].name is required (its name)" })
    equal(catalogue.check_value("works", "build", "walls", json.array {}), true)
    equal(catalogue.check_value("works", "build", "walls", {}), true)
  end)
end)

test.run()
