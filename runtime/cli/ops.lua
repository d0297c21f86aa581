-- beadle ops [VENDOR] [--json]: lists the operations of the vendors
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = { { name = "json", doc = "print everything the catalogue says, as one JSON document" } }

local USAGE = [[
Usage: beadle ops [VENDOR] [--json]

Lists the operations of all vendors, or of one.

]]

local function counted(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 1 then
    options.fail "ops takes one vendor at most"
  end
  local names = operands[1] and { operands[1] } or catalogue.vendors()
  local vendors, rows, variants = json.array {}, {}, 0
  for _, name in ipairs(names) do
    local known = beadle.try(catalogue.describe, name)
    if not known then
      local nearest = catalogue.nearest(name, catalogue.vendors())
      options.fail(("there is no vendor \"%s\""):format(name), nearest and
        ("Did you mean %s?"):format(nearest) or ("Known are: %s."):format(
          table.concat(catalogue.vendors(), ", ")))
    end
    vendors[#vendors + 1] = known
    for _, operation in ipairs(known.operations) do
      variants = variants + (operation.variant_of and 1 or 0)
      rows[#rows + 1] = { operation.full_name, operation.effect,
        (operation.removed and "(removed) " or operation.deprecated and "(deprecated) " or "") .. operation.summary }
    end
  end
  if values.json then
    print(pretty.json({ version = 1, vendors = vendors }, { "version", "vendors", "name", "full_name" }))
  else
    print(pretty.table({ "operation", "effect", "what it does" }, rows))
    print(("\n%s%s. `beadle help NAME` shows one."):format(counted(#rows - variants, "operation"),
      variants > 0 and " and " .. counted(variants, "variant") or ""))
  end
  return 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "vendor" } }
