-- SPDX-License-Identifier: MIT
-- The keys of a platform or a tool: the one that signs, and those that others may still hold signatures of.
--
-- of(value, what) -> ring. `value` is the folder of `beadle lti keys` (nil: the usual one), a key of lti.keys, or a
-- list of them (the first signs). A folder is read anew each time, so that keys may be rotated meanwhile. A ring has
--   ring:current()  the key that signs
--   ring:public()   the JSON Web Key Set (RFC 7517) of all of them

local json = require "beadle.json"
local keyring = require "beadle.lti.keyring"
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

local Folder = {}
Folder.__index = Folder

function Folder:current()
  return keyring.signer(self.path)
end

function Folder:public()
  return keyring.jwks(self.path)
end

-- folder(path): the ring of a folder; raises when it has no key.
function M.folder(path)
  keyring.signer(path)
  return setmetatable({ path = path }, Folder)
end

function M.of(value, what)
  if value == nil or type(value) == "string" then
    return M.folder(value)
  elseif getmetatable(value) == Folder then
    return value
  end
  local keys = is_private_key(value) and { value } or type(value) == "table" and value or {}
  if not is_private_key(keys[1]) then
    message.fail(what, "keys must be a folder of keys, a key of lti.keys, or a list of them",
      "`beadle lti keys` makes a folder.")
  end
  return setmetatable({ keys = keys }, Ring)
end

return M
