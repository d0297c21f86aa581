-- beadle help [VENDOR | OPERATION | COMMAND]: explains a vendor, an operation or a command
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local help = require "beadle.help"
local options = require "beadle.options"

local USAGE = ([[
Usage: beadle help VENDOR | VENDOR.OPERATION | COMMAND

Explains a vendor, the whole contract of one operation, or a command.
Vendors: %s.
`beadle --help` explains the command line.

]]):format(table.concat(catalogue.vendors(), ", "))

-- The command of this name, or nil.
local function command_of(name)
  local ok, command = pcall(require, "beadle.cli." .. (name:match "^%l+$" or "?"))
  return ok and type(command) == "table" and command.run and command or nil
end

local function run(...)
  local values, operands = options.parse({}, { ... })
  local whole = operands[2] and command_of(operands[1])
  if #operands == 2 and whole and whole.parts then
    return whole.run(operands[2], "--help")
  elseif values.help or #operands ~= 1 then
    if values.help or #operands == 0 then
      print(USAGE .. options.describe {})
      return 0
    end
    options.fail("help explains one thing at a time")
  end
  local topic = operands[1]
  for _, vendor in ipairs(catalogue.vendors()) do
    if vendor == topic then
      print(help.vendor(topic))
      return 0
    end
  end
  local command = command_of(topic)
  if command then
    return command.run "--help"
  end
  local nearest = not topic:find(".", 1, true) and catalogue.nearest(topic, catalogue.vendors())
  if nearest then
    options.fail(("there is no vendor \"%s\""):format(topic), ("Did you mean %s?"):format(nearest))
  end
  print(help.operation(topic))
  return 0
end

return { run = run, usage = USAGE, spec = {}, takes = { "help" } }
