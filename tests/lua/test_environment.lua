-- SPDX-License-Identifier: MIT
-- What a script sees: an allow-list of globals, text chunks only, modules whose bodies may wait.

local async = require "beadle.async"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function with_module(name, code)
  package.preload[name] = nil
  package.loaded[name] = nil
  local folder = os.tmpname()
  os.remove(folder)
  local path = folder .. ".lua"
  local file <close> = assert(io.open(path, "w"))
  file:write(code)
  file:close()
  local before = package.path
  package.path = path
  return setmetatable({}, { __close = function()
    package.path = before
    os.remove(path)
  end })
end

describe("globals", function()
  it("that reach other programs are missing", function()
    equal(io.popen, nil)
    equal(os.execute, nil)
    equal(package.loadlib, nil)
    equal(os.setlocale, nil)
    equal(package.cpath, "")
  end)

  it("hold nothing of debug but traceback", function()
    local names = {}
    for name in pairs(debug) do
      names[#names + 1] = name
    end
    test.same(names, { "traceback" })
    equal(require "debug", debug)
  end)

  it("are those of Lua and one more", function()
    local known = {}
    for name in ([[_G _VERSION arg assert beadle collectgarbage coroutine debug dofile error getmetatable io
        ipairs load loadfile math next os package pairs pcall print rawequal rawget rawlen rawset require
        select setmetatable string table tonumber tostring type utf8 warn xpcall]]):gmatch "%S+" do
      known[name] = true
    end
    for name in pairs(_G) do
      test.truthy(known[name])
    end
  end)

  it("found through package.loaded are the same restricted ones", function()
    equal(package.loaded.io.popen, nil)
    equal(package.loaded.os.execute, nil)
    equal(package.loaded.coroutine, coroutine)
    equal(package.loaded.debug, debug)
  end)
end)

describe("load", function()
  local binary = string.dump(function() return 1 end)

  it("takes text", function()
    equal(load("return 1 + 1")(), 2)
    equal(load(coroutine.wrap(function() coroutine.yield "return "; coroutine.yield "3" end))(), 3)
    equal(load("return x", "chunk", "t", { x = 4 })(), 4)
    equal(load("return x", "chunk", "bt", { x = 5 })(), 5)
  end)

  it("refuses binary chunks, however they come", function()
    local chunk, why = load(binary)
    equal(chunk, nil)
    test.match(why, "binary")
    equal(load(binary, "x", "b"), nil)
    equal(load(binary, "x", "bt"), nil)
    local given = false
    equal(load(function() given = not given; return given and binary or nil end), nil)
  end)

  it("from files refuses them too", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "wb"))
    file:write(binary)
    file:close()
    equal(loadfile(path), nil)
    equal(loadfile(path, "b"), nil)
    test.raises(nil, dofile, path)
    os.remove(path)
  end)

  it("keeps the meaning of a missing environment", function()
    equal(load("return print", "x", "t")(), print)
    test.raises(nil, load("return print.x", "x", "t", nil))
  end)
end)

describe("dofile", function()
  it("may wait and gives the chunk's results", function()
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    file:write "#!/usr/bin/env beadle\nbeadle.async.sleep '1 ms' return 1, 2"
    file:close()
    test.same({ dofile(path) }, { 1, 2 })
    os.remove(path)
  end)
end)

describe("require", function()
  it("gives what the module returns, and loads it once", function()
    local guard <close> = with_module("test_once", "count = (count or 0) + 1 return { n = count }")
    test.truthy(guard)
    equal(require("test_once").n, 1)
    equal(require("test_once").n, 1)
    _G.count = nil
  end)

  it("gives true for a module that returns nothing, and passes name and path", function()
    local guard <close> = with_module("test_nothing", "given = { ... }")
    test.truthy(guard)
    local value, path = require "test_nothing"
    equal(value, true)
    equal(_G.given[1], "test_nothing")
    equal(_G.given[2], path)
    _G.given = nil
  end)

  it("lets a module's body wait", function()
    local guard <close> = with_module("test_waits", "beadle.async.sleep '2 ms' return 'waited'")
    test.truthy(guard)
    equal(require "test_waits", "waited")
  end)

  it("loads once for two tasks at the same time", function()
    local guard <close> = with_module("test_both", "count = (count or 0) + 1 beadle.async.sleep '2 ms' return count")
    test.truthy(guard)
    local load_it = function() return require "test_both" end
    test.same(async.all { load_it, load_it, load_it }, { 1, 1, 1 })
    _G.count = nil
  end)

  it("tries again after a failure", function()
    local guard <close> = with_module("test_fails", "if not second then error('first', 0) end return 'second'")
    test.truthy(guard)
    equal(test.raises(nil, require, "test_fails"), "first")
    _G.second = true
    equal(require "test_fails", "second")
    _G.second = nil
  end)

  it("names a module that requires itself", function()
    local guard <close> = with_module("test_circle", "return require 'test_circle'")
    test.truthy(guard)
    test.match(test.raises("argument", require, "test_circle").message, "requires itself")
  end)

  it("says where it looked", function()
    local err = test.raises("argument", require, "no.such.module")
    test.contains(err.message, "module 'no.such.module' not found")
    test.contains(err.message, "no file")
  end)

  it("names the file of a module that does not parse", function()
    local guard <close> = with_module("test_broken", "return = 1")
    test.truthy(guard)
    test.match(test.raises("argument", require, "test_broken").message, "test_broken.*%.lua:1:")
  end)

  it("uses package.preload and the searchers a script adds", function()
    package.preload.test_preload = function(name, extra) return { name, extra } end
    test.same(require "test_preload", { "test_preload", ":preload:" })
    table.insert(package.searchers, function(name)
      return name == "test_searched" and function() return "found" end or nil
    end)
    equal(require "test_searched", "found")
    table.remove(package.searchers)
  end)
end)

describe("the global beadle", function()
  it("loads modules when they are first used", function()
    equal(beadle.json, require "beadle.json")
    equal(beadle.async, async)
  end)

  it("is a module too", function()
    equal(require "beadle", beadle)
  end)

  it("names the nearest module for a wrong one", function()
    local err = test.raises("argument", function() return beadle.isogard end)
    equal(err.hint, "Did you mean beadle.isograd?")
    err = test.raises("argument", function() return beadle.asinc end)
    equal(err.hint, "Did you mean beadle.async?")
  end)
end)

describe("a folder", function()
  local source = os.getenv "BEADLE_SOURCE" or "."

  it("lists what is in it", function()
    local found = {}
    for _, entry in ipairs(beadle.fs.list(source .. "/tests")) do
      found[entry.name] = entry.is_folder
    end
    equal(found.lua, true)
    equal(found["CMakeLists.txt"], false)
    equal(found["."], nil)
  end)

  it("is told from a file", function()
    equal(beadle.fs.is_folder(source .. "/tests"), true)
    equal(beadle.fs.is_folder(source .. "/CMakeLists.txt"), false)
    test.raises("io", beadle.fs.list, source .. "/CMakeLists.txt")
  end)
end)

describe("an error value", function()
  it("is made, recognised and printed", function()
    local err = beadle.error.new { kind = "rejected", message = "no", code = 7, status = 200,
      operation = "x.y", outcome = "none", hint = "Ask again." }
    equal(beadle.error.is(err), true)
    equal(beadle.error.is(err, "rejected"), true)
    equal(beadle.error.is(err, "server"), false)
    equal(beadle.error.is "text", false)
    equal(tostring(err), "x.y: no [rejected, code 7, HTTP 200]. The vendor did nothing. Ask again.")
  end)

  it("of an unknown kind or without a message is refused", function()
    test.raises(nil, beadle.error.new, { kind = "strange", message = "x" })
    test.raises(nil, beadle.error.new, { kind = "server" })
  end)

  it("prints its causes", function()
    local err = beadle.error.new { kind = "server", message = "outer",
      cause = beadle.error.new { kind = "network", message = "inner", cause = "deepest" } }
    test.contains(tostring(err), "because: inner")
    test.contains(tostring(err), "because: deepest")
  end)

  it("lists the closed set of kinds", function()
    local kinds = {}
    for _, kind in ipairs(beadle.error.kinds) do
      kinds[kind] = true
    end
    for kind in ([[argument configuration permission network timeout cancelled auth not_found conflict
        rate_limit rejected server decode io script internal]]):gmatch "%S+" do
      test.truthy(kinds[kind])
      kinds[kind] = nil
    end
    equal(next(kinds), nil)
  end)
end)

describe("print and io.write", function()
  it("take what they take in Lua", function()
    test.raises(nil, io.write, {})
    equal(io.type(io.stdout), "file")
    equal(io.stdout:write "", io.stdout)
  end)
end)

test.run()
