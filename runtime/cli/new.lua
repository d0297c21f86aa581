-- beadle new FILE --from RECIPE: copies a recipe that comes with beadle, with a test beside it
-- SPDX-License-Identifier: MIT

local bundled = require "beadle.cli.recipes_bundled"
local fs = require "beadle.fs"
local options = require "beadle.options"

local SPEC = { { name = "from", value = "RECIPE", kind = "recipe", doc = "which one; `beadle recipes` lists them" } }

local USAGE = [[
Usage: beadle new FILE --from RECIPE

Copies a recipe that comes with beadle to FILE, which ends in .lua, to be changed; and its test to test_FILE beside it,
for `beadle test`. Nothing that is there already is written over.

]]

local function split(path)
  local folder, name = path:match "^(.*/)([^/]*)$"
  folder, name = folder or "", name or path
  local stem = name:match "^([%w_%-]+)%.lua$"
  if not stem then
    options.fail("FILE is a name of letters, digits, - and _ that ends in .lua", "Such as enrol.lua.")
  end
  return folder, stem
end

-- copy(path, recipe) -> the path of its test; nil when it has none. For `beadle init`, too.
local function texts(path, recipe)
  local folder, stem = split(path)
  local text, test = bundled.read(recipe)
  local pattern = recipe:gsub("%-", "%%-")
  text = text:gsub("scripts/" .. pattern .. "%.lua", stem .. ".lua"):gsub('name = "' .. pattern .. '"',
    ('name = "%s"'):format(stem), 1)
  test = test:gsub('"' .. pattern .. '%.lua"', ('"%s.lua"'):format(stem)):gsub('describe%("' .. pattern .. '"',
    ('describe("%s"'):format(stem)):gsub("beadle test scripts/tests/test_" .. pattern .. "%.lua",
    ("beadle test test_%s.lua"):format(stem))
  return { { path = path, text = text }, { path = ("%stest_%s.lua"):format(folder, stem), text = test } }
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("new takes the name of one file", "Such as `beadle new enrol.lua --from register-candidate`.")
  elseif not values.from then
    options.fail("new needs --from RECIPE", "`beadle recipes` lists them.")
  end
  local files = texts(operands[1], values.from)
  for _, each in ipairs(files) do
    if fs.exists(each.path) then
      options.fail(("%s is there already; nothing was written"):format(each.path), "Choose another name.")
    end
  end
  for _, each in ipairs(files) do
    fs.write(each.path, each.text, { shared = true })
  end
  print(("wrote %s and %s\n`beadle run %s --help` says how it is used, `beadle test %s` tests it."):format(
    files[1].path, files[2].path, files[1].path, files[2].path))
  return 0
end

return { run = run, texts = texts, usage = USAGE, spec = SPEC, takes = { "folder" } }
