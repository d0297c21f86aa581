-- SPDX-License-Identifier: MIT
-- Prints a configuration whose profile "served" leads to a sandbox that is served at an address, arg[1], with its mail
-- server at another, arg[2]. Run by tests/with-sandbox.

local catalogue = require "beadle.catalogue"

local base, smtp = arg[1], arg[2]

print "return { profiles = { served = {"
for _, vendor in ipairs(catalogue.vendors()) do
  print(("  %s = {"):format(vendor))
  for _, setting in ipairs(catalogue.settings(vendor).own) do
    local value = setting.sandbox or setting.fallback
    if value then
      value = setting.type == "url" and value:gsub("^https://[^/]+", base) or value
      value = setting.type == "mail server" and smtp or value
      print(("    %s = %q,"):format(setting.name, value))
    end
  end
  if catalogue.describe(vendor).protocol == "http" then
    print "    settle = \"50 ms\"," -- the sandbox is quick, and so shall the tests be
  end
  print "  },"
end
print "} } }"
