-- SPDX-License-Identifier: MIT
-- beadle.lti.nonces: what was used once and must not be used again until it is too old anyway.
--
--   local store <close> = nonces.open { path = "nonces.sqlite" }  -- a file of several processes, safe from a kill
--   local store = nonces.open { path = true }                     -- that of this user, default_path()
--   local store = nonces.open {}                                  -- in memory
--   local store = nonces.open { table = t }                       -- in a table of texts and numbers, to be kept
--   if store:use(owner, nonce, expires_at) then ... end
--
-- use(owner, nonce, expires_at [, now]) -> true the first time, false afterwards, and false when it has expired. Times
-- are seconds since 1970; `now` is the run's clock unless told otherwise. What "true" was said for is on the disk. A
-- file that cannot be written, is locked for more than five seconds or is broken raises an error of kind "io", and so
-- does a clock that went back beyond what was removed already: nothing is accepted then. Old ones are removed a few
-- at a time.

local check = require "beadle.lti.check"
local native = require "beadle.lti.native"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- In memory

local Memory = {}
Memory.__index = Memory

local function key_of(owner, nonce)
  return ("%d:%s:%s"):format(#owner, owner, nonce)
end

-- Looks at a few entries of each call, so that no call has to look at all: four for each that is added.
local function sweep(store, now)
  local used, at = store.used, store.at
  if at ~= nil and used[at] == nil then
    at = nil -- the table was changed by its owner
  end
  for _ = 1, 4 do
    local key, expires_at = next(used, at)
    if key == nil then
      at = nil
    elseif expires_at < now then
      used[key] = nil
    else
      at = key
    end
  end
  store.at = at
end

local function check_use(owner, nonce, expires_at, now)
  if type(owner) ~= "string" or type(nonce) ~= "string" then
    check.fail("nonces.use", "the owner and the nonce must be texts")
  elseif type(expires_at) ~= "number" or expires_at ~= expires_at then
    check.fail("nonces.use", "expires_at must be seconds since 1970")
  elseif now ~= nil and type(now) ~= "number" then
    check.fail("nonces.use", "now must be seconds since 1970")
  end
  return now or native.now()
end

function Memory:use(owner, nonce, expires_at, now)
  now = check_use(owner, nonce, expires_at, now)
  if not self.used then
    check.fail("nonces.use", "the store is closed")
  end
  sweep(self, now)
  local key = key_of(owner, nonce)
  if expires_at < now or (self.used[key] and self.used[key] >= now) then
    return false
  end
  self.used[key] = expires_at
  return true
end

function Memory:close()
  self.used = nil
end

Memory.__close = Memory.close

-- ---------------------------------------------------------------------------------------------------
-- Opening

-- default_path() -> the path of this user's file, in $XDG_STATE_HOME/beadle.
function M.default_path()
  return require "beadle.lti.store".default_path()
end

-- open { path = | table = } -> store
function M.open(options)
  check.options("nonces.open", options, { path = "string|boolean?", table = "table?" })
  if options.path and options.table then
    check.fail("nonces.open", "give a path or a table, not both")
  elseif options.path then
    local store = require "beadle.lti.store"
    return store.open(options.path == true and store.default_path() or options.path)
  end
  return setmetatable({ used = options.table or {} }, Memory)
end

return M
