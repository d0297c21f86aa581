-- SPDX-License-Identifier: MIT
-- beadle.lti.check: the options of a call, refused by name when they are wrong. Nothing was sent then.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local native = require "beadle.lti.native"

local M = {}

-- Raises an error of kind "argument".
function M.fail(operation, message, hint)
  error(error_value.new { kind = "argument", operation = operation, message = message, hint = hint,
    outcome = "none" }, 0)
end

local KNOWN = {
  secret = { "a secret or a text", native.is_secret },
  key = { "a key of beadle.lti.keys", function(value)
    return type(value) == "userdata" and getmetatable(value) == "key"
  end },
}

local function fits(value, kind)
  if KNOWN[kind] then
    return KNOWN[kind][2](value)
  end
  return type(value) == kind
end

-- What each of "string|table" is called.
local function words(kinds)
  local list = {}
  for kind in kinds:gmatch "%a+" do
    list[#list + 1] = KNOWN[kind] and KNOWN[kind][1] or "a " .. kind
  end
  return table.concat(list, " or ")
end

-- Each option is one of `spec`: name -> types, "string", "string|table", with a "?" behind them when it may be
-- missing. Gives the options.
function M.options(operation, options, spec)
  if type(options) ~= "table" then
    M.fail(operation, "it takes a table of options")
  end
  for name in pairs(options) do
    if not spec[name] then
      local names = {}
      for known in pairs(spec) do
        names[#names + 1] = known
      end
      table.sort(names)
      local nearest = catalogue.nearest(tostring(name), names)
      M.fail(operation, ("there is no option \"%s\""):format(tostring(name)),
        nearest and ("Did you mean %s?"):format(nearest) or ("Known are: %s."):format(table.concat(names, ", ")))
    end
  end
  for name, kinds in pairs(spec) do
    local value = options[name]
    if value == nil then
      if not kinds:find("?", 1, true) then
        M.fail(operation, ("the option \"%s\" is missing"):format(name))
      end
    else
      local known = false
      for kind in kinds:gmatch "%a+" do
        known = known or fits(value, kind)
      end
      if not known then
        M.fail(operation, ("the option \"%s\" must be %s, not a %s"):format(name, words(kinds), type(value)))
      end
    end
  end
  return options
end

return M
