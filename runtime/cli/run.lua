-- beadle run SCRIPT [ARGUMENTS]: runs a script, or a recipe by its name
-- SPDX-License-Identifier: MIT

-- The command line itself runs scripts (runtime/cli/cli.c); this is what --help, manual pages and completion know.

local options = require "beadle.options"

local USAGE = [[
Usage: beadle [OPTIONS] run SCRIPT [ARGUMENTS]
       beadle [OPTIONS] run RECIPE [ARGUMENTS]

Runs a script. Where no file has the name, it is that of a recipe that comes with beadle; `beadle recipes` lists
them. `beadle run RECIPE --help` shows what a recipe needs. A file of the same name with the ending .lua here or in
scripts/ is never passed over: then the whole name is wanted. - is standard input.

Options of beadle itself, such as --profile, may stand before or after `run`, but before the script.

]]

local function run()
  print(USAGE .. options.describe {})
  return 0
end

return { run = run, usage = USAGE, spec = {}, takes = { "script", "argument..." } }
