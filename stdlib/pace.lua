-- SPDX-License-Identifier: MIT
-- beadle.pace: no more than so many calls in a time to one account of a vendor, by all programs of this user on this
-- machine together: they share when the last call was made, in a small file under the state folder.
--
--   pace.read("5/s") -> calls per second, or nil and what it must be; also "100/min", "1000/h"
--   local pace = pace.new { rate = 5 }
--   pace:take(vendor, profile)     waits until it is this call's turn
--   pace:take(origin)              the same for a host that is no vendor's

local async = require "beadle.async"
local config = require "beadle.config"
local digest = require "beadle.digest"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local runs = require "beadle.runs"
local sqlite = require "beadle.sqlite"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local UNITS = { s = 1, min = 60, h = 3600 }
local TRIES, TRY_AGAIN_S = 100, 0.02
local LONGEST_INTERVAL_S, LEAST_SLEEP_S = 86400, 0.001

function M.read(text)
  local count, unit = text:match "^%s*(%d+%.?%d*)%s*/%s*(%a+)%s*$"
  local rate = tonumber(count)
  if rate and rate > 0 and UNITS[unit] then
    return rate / UNITS[unit]
  end
  return nil, "a rate such as 5/s, 100/min or 1000/h"
end

local Pace = {}
Pace.__index = Pace

function M.new(options)
  return setmetatable({ interval = 1 / options.rate, accounts = {} }, Pace)
end

-- ---------------------------------------------------------------------------------------------------
-- Which account

-- Two programs with the same settings use the same account. What is secret is left out.
local function name_of(vendor, settings)
  local parts = {}
  for name, value in pairs(settings) do
    if type(value) == "string" then
      parts[#parts + 1] = name .. "=" .. value
    end
  end
  table.sort(parts)
  local hash = digest.sha256(table.concat(parts, "\n")):gsub("[^%w]", "")
  return ("%s-%s"):format(vendor:gsub("[^%w.-]+", "-"), hash:sub(1, 20))
end

-- The file is only a shared clock: one that cannot be read is made anew.
local function open_file(path)
  local db = sqlite.open(path)
  local ok, err = pcall(function()
    db:exec "PRAGMA synchronous=OFF" -- a loss of power forgets who came last, which is no harm
    db:exec "CREATE TABLE IF NOT EXISTS last(id INTEGER PRIMARY KEY CHECK(id=1),at REAL,interval REAL)"
  end)
  if not ok then
    db:close()
    error(err, 0)
  end
  return db
end

local function is_busy(err)
  return error_value.is(err) and err.retryable
end

local function open_patiently(path)
  local removed = false
  for _ = 1, TRIES do
    local ok, db = pcall(open_file, path)
    if ok then
      return db
    elseif is_busy(db) then
      task.sleep(TRY_AGAIN_S)
    elseif removed or error_value.is(db, "cancelled") then
      error(db, 0)
    else
      removed = true
      os.remove(path)
      os.remove(path .. "-journal")
    end
  end
  error(error_value.new { kind = "io", outcome = "none", retryable = true, message = path .. " is kept by others",
    hint = "It says when the last call was made; a program that has stopped may hold it." }, 0)
end

local function open(vendor, profile)
  local settings = {}
  if profile then
    local given, _, simulated = config.settings(vendor, profile)
    if simulated then
      return {} -- nobody else has this account
    end
    settings = given
  end
  local folder = runs.folder():gsub("/runs$", "/rates")
  fs.make_folder(folder)
  local path = ("%s/%s.sqlite"):format(folder, name_of(vendor, settings))
  return { path = path, db = open_patiently(path) }
end

-- ---------------------------------------------------------------------------------------------------
-- Turns. Nobody takes one ahead of its time, so a program that is killed leaves no gap.

-- Seconds until the next call may be made, and of the last one the moment that it counts from. What is said of the last
-- one is wrong when it is later than now: the clock was set back.
local function until_turn(last, now, interval)
  local at, own = tonumber(last.at), tonumber(last.interval)
  if not at or not own or own ~= own or own <= 0 or at > now then
    return 0, now
  end
  local left = at + math.min(math.max(own, interval), LONGEST_INTERVAL_S) - now
  if left > 0 then
    return left
  end
  return 0, -left < interval and now + left or now -- a little late: the next one is as early as it would have been
end

local function take_shared(account, interval)
  return account.db:transaction(function()
    local last = {}
    for row in account.db:rows "SELECT at,interval FROM last" do
      last = row
    end
    local left, at = until_turn(last, time.now(), interval)
    if left == 0 then
      account.db:exec("INSERT OR REPLACE INTO last VALUES(1,?,?)", at, interval)
    end
    return left
  end)
end

local function take_own(account, interval)
  local left, at = until_turn(account, time.now(), interval)
  if left == 0 then
    account.at, account.interval = at, interval
  end
  return left
end

-- Seconds until this program should ask again; 0: it is its turn. Others have the file for moments only.
local function take(account, interval)
  if not account.path then
    return take_own(account, interval)
  end
  account.db = account.db or open_patiently(account.path)
  local ok, left = pcall(take_shared, account, interval)
  if ok then
    account.failures = 0
    return left
  end
  account.failures = (account.failures or 0) + 1
  if account.failures == TRIES or error_value.is(left, "cancelled") then
    error(left, 0)
  elseif not is_busy(left) then
    account.db:close()
    account.db = nil
    os.remove(account.path)
  end
  return TRY_AGAIN_S
end

function Pace:take(name, profile)
  local key = name .. " " .. (profile or "")
  local account = self.accounts[key]
  if not account then
    account = open(name, profile)
    self.accounts[key] = account
  end
  while account.taking do
    account.taking:wait()
  end
  account.taking = async.event()
  local _ <close> = setmetatable({}, { __close = function()
    account.taking:set()
    account.taking = nil
  end })
  local left = take(account, self.interval)
  while left > 0 do
    task.sleep(math.max(left, LEAST_SLEEP_S))
    left = take(account, self.interval)
  end
end

function Pace:close()
  for _, account in pairs(self.accounts) do
    if account.db then
      account.db:close()
    end
  end
  self.accounts = {}
end

return M
