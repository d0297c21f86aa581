-- SPDX-License-Identifier: MIT
-- What the catalogue makes of a call: paths, queries, headers, bodies, and how it is signed.

package.path = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
local profile = require "works_profile"

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local keyed = require "beadle.keyed"
local test = require "beadle.test"
local works = require "beadle.works"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local header = profile.header

local function body_of(args, operation)
  args.id = args.id or 1
  return works[operation or "build"](args).body
end

describe("the made-up vendors", function()
  it("are without a fault themselves", function()
    equal(catalogue.lint(), "")
  end)
end)

describe("a path", function()
  it("has its parameters, encoded", function()
    equal(works.build({ id = 7 }).path, "/echo/7")
    equal(works.build({ id = "a b/c?d#é%" }).path, "/echo/a%20b%2Fc%3Fd%23%C3%A9%25")
    equal(works.build({ id = 1, part = "x/y" }).path, "/echo/1/x%2Fy")
  end)

  it("has what a flag chooses", function()
    equal(works.build({ id = 1, deep = true }).path, "/echo/1/deep")
    equal(works.build({ id = 1, deep = false }).path, "/echo/1")
    equal(works.build({ id = 1, part = "x", deep = 1 }).target, "/echo/1/x/deep")
  end)

  it("cannot be left with dots", function()
    for _, id in ipairs { ".", ".." } do
      local err = test.raises("argument", works.build, { id = id })
      test.contains(err.message, "only dots")
    end
    equal(works.build({ id = "..." }).path, "/echo/...")
  end)

  it("is followed by the query", function()
    equal(works.build({ id = 1, q = "a b&c=d" }).target, "/echo/1?q=a%20b%26c%3Dd")
    equal(works.build({ id = 1 }).query, "")
  end)
end)

describe("headers", function()
  it("are sent as they are given", function()
    local answer = works.build { id = 1, ["X-Note"] = "a: b, é" }
    equal(header(answer, "X-Note"), "a: b, é")
    equal(header(answer, "X-Pass"), nil)
    equal(header(works.build { id = 1 }, "X-Note"), nil) -- not those of the call before
  end)

  it("may be secrets", function()
    equal(header(works.build { id = 1, ["X-Pass"] = "not to be shown" }, "X-Pass"), "not to be shown")
  end)

  it("have no second line", function()
    for _, text in ipairs { "a\r\nX-Other: b", "a\nb", "a\rb", "a\0b", "" } do
      test.raises("argument", works.build, { id = 1, ["X-Note"] = text })
      test.raises("argument", works.build, { id = 1, ["X-Pass"] = text })
    end
  end)

  it("say what the body is, where there is one", function()
    equal(header(works.build { id = 1 }, "Content-Type"), "application/json")
    equal(header(works.drop { id = 1 }, "Content-Type"), "application/json")
    local looked = works.look { id = 1 }
    same({ header(looked, "Content-Type"), header(looked, "Content-Length"), looked.body }, { nil, nil, "" })
    equal(header(looked, "Accept"), "application/json")
  end)
end)

describe("a signature", function()
  it("is a name and a password, as HTTP Basic has them", function()
    -- ada:test-pass:word-é
    equal(header(works.look { id = 1 }, "Authorization"), "Basic YWRhOnRlc3QtcGFzczp3b3JkLcOp")
  end)

  it("is not a name with a colon", function()
    local err = test.raises("configuration", works.client({ profile = "colon" }).look, { id = 1 })
    test.contains(err.message, "colon")
  end)

  it("is a key in its own header", function()
    local answer = keyed.look()
    equal(header(answer, "X-Key"), profile.key)
    equal(header(answer, "Authorization"), nil)
  end)
end)

describe("a JSON body", function()
  it("has the members that were given, in the order of the catalogue, and those with a default", function()
    equal(body_of {}, "{\"mode\":\"fast\",\"level\":3}")
    equal(body_of { level = 7, owner = "ada", mode = "a\"b" }, "{\"owner\":\"ada\",\"mode\":\"a\\\"b\",\"level\":7}")
  end)

  it("has null where that may be sent, and nowhere else", function()
    equal(body_of { owner = json.null }, "{\"owner\":null,\"mode\":\"fast\",\"level\":3}")
    test.raises("argument", works.build, { id = 1, mode = json.null })
    test.raises("argument", works.build, { id = 1, front = json.null })
  end)

  it("has flags as 1 and 0, and lists as lists", function()
    equal(body_of { quiet = true, numbers = 4 }, "{\"mode\":\"fast\",\"level\":3,\"quiet\":1,\"numbers\":[4]}")
    equal(body_of { quiet = false, numbers = { 4, 5 } },
      "{\"mode\":\"fast\",\"level\":3,\"quiet\":0,\"numbers\":[4,5]}")
  end)

  it("has the members of its structures in the order of the catalogue", function()
    equal(body_of { front = { colour = works.colour.red, name = "n" } },
      "{\"front\":{\"name\":\"n\",\"colour\":\"RED\"},\"mode\":\"fast\",\"level\":3}")
    equal(body_of { walls = { { windows = { { open = json.null, size = 2 } }, name = "n", tags = "a" } } },
      "{\"walls\":[{\"name\":\"n\",\"tags\":[\"a\"],\"windows\":[{\"size\":2,\"open\":null}]}],\"mode\":\"fast\","
      .. "\"level\":3}")
  end)

  it("has empty lists and objects as such", function()
    equal(body_of { walls = {}, list = {}, object = {} },
      "{\"walls\":[],\"list\":[],\"object\":{},\"mode\":\"fast\",\"level\":3}")
  end)

  it("takes anything where anything may be", function()
    same(json.decode(body_of { list = { 1, { a = { 2 } }, "x" }, object = { deep = { list = { true } } } }),
      { list = json.array { 1, { a = json.array { 2 } }, "x" }, object = { deep = { list = json.array { true } } },
        mode = "fast", level = 3 })
  end)

  it("goes with DELETE too", function()
    local answer = works.drop { id = 1, owner = "ada" }
    same({ answer.method, json.decode(answer.body).owner }, { "DELETE", "ada" })
  end)
end)

describe("a whole body", function()
  it("stands for the members, those with a default too", function()
    equal(works.whole({ body = { a = json.array { 1, 2 } } }).body, "{\"a\":[1,2]}")
    equal(works.whole({ body = json.array {} }).body, "[]")
    equal(works.whole({ body = "text" }).body, "\"text\"")
    equal(works.whole({ body = false }).body, "false")
    equal(header(works.whole { body = 1 }, "Content-Type"), "application/json")
  end)

  it("is not needed", function()
    equal(works.whole({ names = { "a", "b" } }).body, "{\"names\":[\"a\",\"b\"],\"mode\":\"fast\"}")
    equal(works.whole({ names = "a", mode = "slow" }).body, "{\"names\":[\"a\"],\"mode\":\"slow\"}")
  end)

  it("is not given beside members", function()
    test.contains(test.raises("argument", works.whole, { body = 1, names = "a" }).message, "one of them")
    test.contains(test.raises("argument", works.whole, { body = 1, mode = "a" }).message, "not for a body")
    test.contains(test.raises("argument", works.whole, {}).message, "one of them")
  end)

  it("is what JSON can say", function()
    for _, body in ipairs { print, { a = print }, { [1.5] = 1 }, 0 / 0 } do
      test.raises("argument", works.whole, { body = body })
    end
  end)
end)

test.run()
