-- SPDX-License-Identifier: MIT
-- beadle.lti: launches by LTI, and the grades that come back. docs/lti.md tells how each part is used.
--
--   launch_form{...}    an LTI 1.1 launch (launch.lua)            verify_launch(...)  checks one (verify.lua)
--   platform{...}       the platform of LTI 1.3 (platform.lua)    tool{...}           its tool (tool.lua)
--   oauth1, jwt, keys, nonces, outcomes, and other parts by their own names: beadle.lti.NAME, loaded when used
--
-- Source: LTI Implementation Guide 1.1, LTI Basic Outcomes 1.1, LTI Core 1.3, 1EdTech Security Framework 1.0.

local FUNCTIONS = {
  launch_form = { "launch", "form" },
  verify_launch = { "verify", "launch" },
  platform = { "platform", "new" },
  tool = { "tool", "new" },
}

local PARTS = { "jwt", "keys", "nonces", "oauth1", "outcomes" }

local function refuse(name)
  local catalogue = require "beadle.catalogue"
  local error_value = require "beadle.error"
  local known = { table.unpack(PARTS) }
  for each in pairs(FUNCTIONS) do
    known[#known + 1] = each
  end
  local nearest = catalogue.nearest(tostring(name), known)
  error(error_value.new { kind = "argument", outcome = "none", message = ("there is no lti.%s"):format(tostring(name)),
    hint = nearest and ("Did you mean lti.%s?"):format(nearest) or nil }, 2)
end

return setmetatable({}, {
  __name = "beadle.lti",
  __index = function(module, name)
    local place, found = FUNCTIONS[name], nil
    if place then
      found = require("beadle.lti." .. place[1])[place[2]]
    end
    for _, part in ipairs(PARTS) do
      found = part == name and require("beadle.lti." .. part) or found
    end
    rawset(module, name, found or refuse(name))
    return found
  end,
})
