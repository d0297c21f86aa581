-- SPDX-License-Identifier: MIT
-- beadle.lti.keyring: the private keys of this side, in a folder of their owner alone, one file each. The newest signs;
-- the others stay in the key set, for tokens that are under way, until they are dropped.
--
-- A file is NUMBER-DATE-KID.pem. Numbers grow, so that a key is newer whatever the clock says, and making a key is one
-- step that a kill cannot halve.

local error_value = require "beadle.error"
local fs = require "beadle.fs"
local json = require "beadle.json"
local keys = require "beadle.lti.keys"
local time = require "beadle.time"

local M = {}

-- folder() -> $XDG_STATE_HOME/beadle/lti
M.folder = keys.default_folder

local function fail(kind, message, hint)
  error(error_value.new { kind = kind, message = message, hint = hint, outcome = "none" }, 0)
end

-- The entries of the folder's files, the oldest first; none when there is no folder.
local function entries(folder)
  local found = {}
  if not fs.is_folder(folder) then
    return found
  end
  keys.check_folder(folder)
  for _, file in ipairs(fs.list(folder)) do
    local number, date, kid = file.name:match "^(%d+)%-(%d%d%d%d%-%d%d%-%d%d)%-([%w_-]+)%.pem$"
    if number then
      found[#found + 1] = { number = tonumber(number), date = date, kid = kid, path = folder .. "/" .. file.name }
    end
  end
  table.sort(found, function(a, b)
    if a.number ~= b.number then
      return a.number < b.number
    end
    return a.kid < b.kid
  end)
  return found
end

-- list([folder]) -> a list of { kid, date, path, key }, the oldest first; the last one signs.
function M.list(folder)
  local found = entries(folder or M.folder())
  for _, entry in ipairs(found) do
    entry.key = keys.load_file(entry.path)
    if entry.key:kid() ~= entry.kid then
      fail("configuration", ("%s holds another key than its name says"):format(entry.path),
        "Give it the name that it had, or remove it.")
    end
  end
  return found
end

-- signer([folder]) -> the key that signs.
function M.signer(folder)
  folder = folder or M.folder()
  local all = M.list(folder)
  return #all > 0 and all[#all].key
    or fail("configuration", ("there is no key in %s"):format(folder), "Make one: beadle lti keys make")
end

-- jwks([folder]) -> the key set to publish (RFC 7517), the signer first.
function M.jwks(folder)
  local all, set = M.list(folder), json.array {}
  for i = #all, 1, -1 do
    set[#set + 1] = all[i].key:jwk()
  end
  return { keys = set }
end

-- add([folder [, bits]]) -> the key: a new one, which signs from now on.
function M.add(folder, bits)
  folder = folder or M.folder()
  keys.check_folder(folder, true)
  local all = entries(folder)
  local key = keys.generate { bits = bits }
  local number = #all > 0 and all[#all].number + 1 or 1
  key:save(("%s/%04d-%s-%s.pem"):format(folder, number, time.iso():sub(1, 10), key:kid()))
  return key
end

-- drop(folder, kid): forgets a key; not the one that signs.
function M.drop(folder, kid)
  folder = folder or M.folder()
  local all = entries(folder)
  for i, entry in ipairs(all) do
    if entry.kid == kid then
      if i == #all then
        fail("argument", ("%s is the key that signs"):format(kid), "Make another first: beadle lti keys rotate")
      end
      keys.forget(entry.path)
      return
    end
  end
  fail("not_found", ("there is no key %s in %s"):format(kid, folder), "`beadle lti keys list` shows them.")
end

return M
