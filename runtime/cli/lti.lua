-- beadle lti COMMAND ...: launches by LTI: keys, launch, explain, registration
-- SPDX-License-Identifier: MIT

local options = require "beadle.options"

local PARTS = {
  { "explain", "decodes a launch and says what is wrong with it" },
  { "launch", "launches a tool, without a browser" },
  { "registration", "prints what a tool and its platform must know of each other" },
}

local function usage()
  print "Usage: beadle lti COMMAND [ARGUMENTS]\n\nCommands:"
  for _, part in ipairs(PARTS) do
    print(("  beadle lti %-14s %s"):format(part[1], part[2]))
  end
  print "\n`beadle lti COMMAND --help` shows the options of each."
end

local function run(name, ...)
  if name == "--help" or name == "-h" then
    usage()
    return 0
  elseif not name then
    options.fail("lti needs a command", "`beadle lti --help` lists them.")
  end
  local names = {}
  for i, part in ipairs(PARTS) do
    names[i] = part[1]
    if part[1] == name then
      return require("beadle.cli.lti_" .. name).run(...)
    end
  end
  local nearest = require("beadle.catalogue").nearest(name, names)
  return options.fail(("lti has no command \"%s\""):format(name),
    nearest and ("Did you mean %s?"):format(nearest) or "`beadle lti --help` lists them.")
end

return { run = run }
