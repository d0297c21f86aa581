-- SPDX-License-Identifier: MIT
-- Makes every call of every vendor that is an example of an operation with an effect, under the profile "served". For
-- tests/cli/test_dry_run.sh. Prints how many there were.

local catalogue = require "beadle.catalogue"
local odata = require "beadle.odata"

-- What examples leave to the script, such as a new password.
local globals = setmetatable({}, { __index = function(_, name) return _G[name] or "Test-Password-0099" end })

local count = 0
local function try(vendor, name, example)
  count = count + 1
  local chunk = assert(load(("local %s, odata = ...\n%s"):format(vendor, example), "=example", "t", globals))
  local ok, err = pcall(chunk, require("beadle." .. vendor), odata)
  if not ok then
    print(("%s.%s: %s"):format(vendor, name, tostring(err)))
  end
end

for _, vendor in ipairs(catalogue.vendors()) do
  for _, operation in ipairs(catalogue.describe(vendor).operations) do
    if operation.effect ~= "read" and not operation.removed then
      try(vendor, operation.name, operation.example)
    end
    for _, variant in ipairs(operation.variants or {}) do
      if variant.effect ~= "read" and variant.example then
        try(vendor, variant.name or operation.name, variant.example)
      end
    end
  end
end
print(("%d effects"):format(count))
