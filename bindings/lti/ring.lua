-- SPDX-License-Identifier: MIT
-- The keys of a platform or a tool: the one that signs, and those that others may still hold signatures of.
--
-- of(value, what) -> ring. `value` is a key of lti.keys, a list of them (the first signs), or something that is a ring
-- already, such as what the folder of `beadle lti keys` opens as. A ring has
--   ring:current()  the key that signs
--   ring:public()   the JSON Web Key Set (RFC 7517) of all of them

local json = require "beadle.json"
local message = require "beadle.lti.message"

local M = {}

local Ring = {}
Ring.__index = Ring

function Ring:current()
  return self.keys[1]
end

function Ring:public()
  local set = { keys = json.array {} }
  for i, key in ipairs(self.keys) do
    set.keys[i] = key:jwk()
  end
  return set
end

local function is_private_key(value)
  return type(value) == "userdata" and getmetatable(value) == "key" and value:is_private()
end

function M.of(value, what)
  if type(value) == "table" and type(value.current) == "function" and type(value.public) == "function" then
    return value
  end
  local keys = is_private_key(value) and { value } or type(value) == "table" and value or {}
  if not is_private_key(keys[1]) then
    message.fail(what, "keys must be a key of lti.keys, a list of them, or a folder of keys",
      "`beadle lti keys` makes one.")
  end
  return setmetatable({ keys = keys }, Ring)
end

return M
