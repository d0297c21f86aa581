-- beadle recipes: lists the recipes that come with beadle
-- SPDX-License-Identifier: MIT

local bundled = require "beadle.cli.recipes_bundled"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = { { name = "json", doc = "print them as one JSON document" } }

local USAGE = [[
Usage: beadle recipes

Lists the recipes that come with beadle. `beadle run NAME --help` shows what one needs, `beadle run NAME` runs it, and
`beadle new FILE --from NAME` makes a copy of your own to change.

]]

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("recipes takes no \"%s\""):format(operands[1]))
  end
  local list = bundled.list()
  if values.json then
    print(pretty.json({ version = 1, recipes = json.array(list) }, { "version", "recipes", "name", "summary" }))
    return 0
  end
  local rows = {}
  for at, each in ipairs(list) do
    rows[at] = { each.name, each.summary }
  end
  print(pretty.table({ "recipe", "what it does" }, rows))
  print "\n`beadle run NAME --help` shows one; `beadle new FILE --from NAME` copies it."
  return 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = {} }
