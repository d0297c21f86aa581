-- SPDX-License-Identifier: MIT
-- Prints how many requests the served sandbox at an address got: of operations with an effect, and of those that only
-- read. For tests/cli/test_dry_run.sh.

local catalogue = require "beadle.catalogue"
local remote = require("beadle.sandbox").at(arg[1])

local effects, reads = 0, 0
for _, vendor in ipairs(catalogue.vendors()) do
  local counts = remote[vendor].counts()
  local token = catalogue.describe(vendor).token_operation
  for _, operation in ipairs(catalogue.describe(vendor).operations) do
    local count = counts[operation.name] or 0
    if operation.effect == "read" then
      reads = reads + (operation.name ~= token and count or 0)
    else
      effects = effects + count
    end
  end
end
print(("effects %d reads %d"):format(effects, reads))
