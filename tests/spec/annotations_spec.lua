-- SPDX-License-Identifier: MIT
-- The globals that files of tests have, and what editors and luacheck are told of them in a project of `beadle init`.

local bundle = require "beadle.cli.bundle"

local STANDARD = {}
for name in ("_G _VERSION arg beadle collectgarbage coroutine debug dofile error getmetatable io ipairs load loadfile "
  .. "math next os package pairs pcall print rawequal rawget rawlen rawset require select setmetatable string table "
  .. "tonumber tostring type utf8 warn xpcall"):gmatch "%S+" do
  STANDARD[name] = true
end

local function own_globals()
  local names = {}
  for name in pairs(_G) do
    if not STANDARD[name] then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

describe("the globals of tests", function()
  it("are those that are annotated", function()
    local names = {}
    for line in bundle.read("types/testing.lua"):gmatch "[^\n]+" do
      names[#names + 1] = line:match "^function ([%w_]+)" or line:match "^([%w_]+) ="
    end
    table.sort(names)
    assert.same(own_globals(), names)
  end)

  it("are those that luacheck knows", function()
    local settings = { files = {} }
    assert(load(bundle.read "project/luacheckrc", "=luacheckrc", "t", setmetatable(settings, { __index = _G })))()
    local known = settings.files["**/test_*.lua"].read_globals
    local names = {}
    for key, value in pairs(known) do
      names[#names + 1] = type(key) == "string" and key or value
    end
    table.sort(names)
    assert.same(own_globals(), names)
  end)
end)
