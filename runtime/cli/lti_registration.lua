-- beadle lti registration --issuer URL --client-id ID: prints what a tool and its platform must know of each other
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local options = require "beadle.options"
local platforms = require "beadle.lti.platform"
local ring = require "beadle.lti.ring"

local SPEC = {
  { name = "issuer", value = "URL", doc = "how the platform calls itself, an address of yours" },
  { name = "origin", value = "URL", doc = "where its routes are reached; the issuer unless told" },
  { name = "path", value = "PATH", default = "/lti", doc = "before the routes; /lti unless told" },
  { name = "client-id", value = "ID", doc = "how the tool shall know the platform" },
  { name = "deployment-id", value = "ID", default = "1", doc = "a name for this use of the tool; 1 unless told" },
  { name = "keys", value = "FOLDER", doc = "made by `beadle lti keys`" },
  { name = "tool", value = "VENDOR", doc = "whose tool; the only vendor that takes launches unless told" },
}

local USAGE = [[
Usage: beadle lti registration --issuer URL --client-id ID --keys FOLDER [OPTIONS]

Prints the values for the tool's form, and what the tool gives in return, from the profile.

]]

local function find_vendor(name)
  local found
  for _, each in ipairs(catalogue.vendors()) do
    local vendor = catalogue.describe(each)
    found = vendor.lti and (name == nil or name == each) and vendor or found
  end
  return found or options.fail(("no vendor \"%s\" takes launches by LTI"):format(tostring(name)))
end

local function print_rows(title, rows)
  print(title)
  for _, row in ipairs(rows) do
    print(("  %-28s %s"):format(row[1], row[2] ~= "" and row[2] or "(leave empty)"))
  end
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("registration takes no \"%s\""):format(operands[1]))
  end
  for _, name in ipairs { "issuer", "client_id", "keys" } do
    if not values[name] then
      options.fail(("--%s is missing"):format((name:gsub("_", "-"))))
    end
  end
  local vendor = find_vendor(values.tool)
  local tool = platforms.vendor_tool(vendor)
  tool.client_id, tool.deployment_id = values.client_id, values.deployment_id
  local platform = platforms.new { issuer = values.issuer, origin = values.origin, path = values.path,
    keys = ring.folder(values.keys), tools = { tool } }
  print_rows(("For %s, from you:"):format(vendor.title), platform:registration())
  print_rows(("\nFor you, from %s:"):format(vendor.title), {
    { "Initiate login URL", tool.login_url }, { "Redirection URI", tool.redirect_uris[1] },
    { "Public key set URL", require("beadle.lti.account").address(vendor, "keys") },
  })
  return 0
end

return { run = run, summary = "prints what a tool and its platform must know of each other",
  usage = USAGE, spec = SPEC, takes = {} }
