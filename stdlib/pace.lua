-- SPDX-License-Identifier: MIT
-- beadle.pace: no more than so many calls in a time to one account of a vendor, by all programs of this user on this
-- machine together: they share when the next call may be made, in a small file under the state folder.
--
--   pace.read("5/s") -> calls per second, or nil and what it must be; also "100/min", "1000/h"
--   local pace = pace.new { rate = 5 }
--   pace:take(vendor)     waits until it is this call's turn

local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local native = require "beadle.lti.native"
local runs = require "beadle.runs"
local sqlite = require "beadle.sqlite"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local UNITS = { s = 1, min = 60, h = 3600 }
local TRIES, TRY_AGAIN_S = 100, 0.02

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
  local hash = native.body_hash("HMAC-SHA256", table.concat(parts, "\n")):gsub("[^%w]", "")
  return ("%s-%s"):format(vendor, hash:sub(1, 20))
end

local function open(vendor)
  local settings, _, simulated = config.settings(vendor)
  if simulated then
    return { at = 0 } -- nobody else has this account
  end
  local folder = runs.folder():gsub("/runs$", "/rates")
  fs.make_folder(folder)
  local db = sqlite.open(("%s/%s.sqlite"):format(folder, name_of(vendor, settings)))
  db:exec "PRAGMA synchronous=OFF" -- a loss of power forgets who came last, which is no harm
  db:exec "CREATE TABLE IF NOT EXISTS turn(id INTEGER PRIMARY KEY CHECK(id=1),at REAL)"
  return { db = db }
end

-- ---------------------------------------------------------------------------------------------------
-- Turns

-- The moment of this call's turn; the next one is an interval later.
local function next_turn(at, now, interval)
  local turn = math.max(at or 0, now)
  return turn, turn + interval
end

local function take_shared(account, interval)
  return account.db:transaction(function()
    local at
    for row in account.db:rows "SELECT at FROM turn" do
      at = row.at
    end
    local turn, following = next_turn(at, time.now(), interval)
    account.db:exec("INSERT OR REPLACE INTO turn VALUES(1,?)", following)
    return turn
  end)
end

-- Others have the file for moments only.
local function take_patiently(account, interval)
  for try = 1, TRIES do
    local ok, turn = pcall(take_shared, account, interval)
    if ok then
      return turn
    elseif try == TRIES or not (error_value.is(turn) and turn.retryable) then
      error(turn, 0)
    end
    task.sleep(TRY_AGAIN_S)
  end
end

function Pace:take(vendor)
  local account = self.accounts[vendor]
  if not account then
    account = open(vendor)
    self.accounts[vendor] = account
  end
  local turn
  if account.db then
    turn = take_patiently(account, self.interval)
  else
    turn, account.at = next_turn(account.at, time.now(), self.interval)
  end
  local left = turn - time.now()
  if left > 0 then
    task.sleep(left)
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
