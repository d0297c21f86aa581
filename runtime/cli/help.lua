-- beadle help [VENDOR | VENDOR.OPERATION]: explains a vendor or an operation
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local help = require "beadle.help"
local options = require "beadle.options"

local USAGE = ([[
Usage: beadle help VENDOR | VENDOR.OPERATION

Explains a vendor, or the whole contract of one operation.
Vendors: %s.
`beadle --help` explains the command line.

]]):format(table.concat(catalogue.vendors(), ", "))

local function run(...)
  local values, operands = options.parse({}, { ... })
  if values.help or #operands ~= 1 then
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
  print(help.operation(topic))
  return 0
end

return { run = run, usage = USAGE, spec = {}, takes = { "help" } }
