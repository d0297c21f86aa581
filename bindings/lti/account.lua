-- SPDX-License-Identifier: MIT
-- What a launch is signed with, and where it goes: from the profile of the vendor, or as the caller says.

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local error_value = require "beadle.error"
local native = require "beadle.config.native"

local M = {}

local function fail(profile, vendor, name)
  local doc
  for _, field in ipairs(catalogue.settings(vendor.name).own) do
    doc = field.name == name and field.doc or doc
  end
  error(error_value.new { kind = "configuration", vendor = vendor.name, outcome = "none",
    message = ("profile %s does not say %s.%s"):format(profile, vendor.name, name),
    hint = ("Set it in the configuration: %s."):format(doc) }, 0)
end

-- The text of a secret is masked from here on. One too short to be masked would not be a secret.
local function as_secret(value)
  return type(value) == "string" and native.secret("secret", value) or value
end

-- find{vendor, profile, url, key, secret}: url, key, secret and whether the vendor is simulated there. What is given
-- goes before the profile's.
function M.find(given)
  local result = { url = given.url, key = given.key, secret = as_secret(given.secret) }
  local vendor = given.vendor
  if not vendor or given.url and given.key and given.secret then
    return result
  end
  local settings, profile, simulated = config.settings(vendor.name, given.profile)
  for _, name in ipairs { "url", "key", "secret" } do
    result[name] = result[name] or settings[vendor.lti[name]] or fail(profile, vendor, vendor.lti[name])
  end
  result.simulated, result.profile = simulated, profile
  return result
end

-- The setting of a vendor's profile for LTI: "url", "login" or "keys".
function M.address(vendor, which, profile)
  local settings, name = config.settings(vendor.name, profile)
  return settings[vendor.lti[which]] or fail(name, vendor, vendor.lti[which])
end

return M
