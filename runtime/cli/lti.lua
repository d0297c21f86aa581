-- beadle lti COMMAND: keys and launches of LTI; `beadle lti --help` lists them
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local options = require "beadle.options"

-- Each is a module beadle.cli.lti_NAME with run(...) and a summary.
local COMMANDS = { "explain", "keys", "launch", "registration" }

local USAGE = [[
Usage: beadle lti COMMAND [ARGUMENTS]

Keys and launches of LTI. `beadle lti COMMAND --help` shows one.

]]

local function print_help()
  local lines = {}
  for at, name in ipairs(COMMANDS) do
    lines[at] = ("  %-13s %s"):format(name, require("beadle.cli.lti_" .. name).summary)
  end
  print(("%sCommands:\n%s"):format(USAGE, table.concat(lines, "\n")))
  return 0
end

local function run(name, ...)
  if name == "--help" or name == "-h" then
    return print_help()
  elseif not name then
    options.fail("lti needs a command", ("Known are: %s."):format(table.concat(COMMANDS, ", ")))
  end
  for _, known in ipairs(COMMANDS) do
    if name == known then
      return require("beadle.cli.lti_" .. name).run(...)
    end
  end
  local nearest = catalogue.nearest(name, COMMANDS)
  return options.fail(("lti has no command \"%s\""):format(name), nearest and ("Did you mean %s?"):format(nearest)
    or ("Known are: %s."):format(table.concat(COMMANDS, ", ")))
end

return { run = run, usage = USAGE, spec = {}, parts = COMMANDS, takes = {} }
