-- SPDX-License-Identifier: MIT
-- beadle.run_salvage: what can still be read of a run's journal that is refused, for people. Nothing is changed.
--
--   open(word, note) -> id, journal      journal:each("row"|"effect") -> iterator of records by their key
--   journal.found = { row = { had =, read =, altered = }, ... } of what was walked to its end; had: nil where unknown
--   journal:close()
-- A record that is not what was written has `altered`. A page that cannot be read is passed over from both sides.

local database = require "beadle.database"
local error_value = require "beadle.error"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"

local M = {}

local PAGE = 200

local TABLES = {}
for _, each in ipairs(run_journal.TABLES) do
  TABLES[each.name] = each
end

local Salvage = {}
Salvage.__index = Salvage

-- One page, after or before a record; nil where it cannot be read. Smaller ones come nearer to what is damaged.
local function page(db, each, beside, backwards, limit)
  local keys = table.concat(each, ",", 1, each.keys)
  local all = table.concat(each, ",")
  local places, values = {}, {}
  for index = 1, each.keys do
    places[index], values[index] = "?" .. index, beside and beside[each[index]]
  end
  local where = beside and ("WHERE (%s)%s(%s)"):format(keys, backwards and "<" or ">", table.concat(places, ",")) or ""
  local order = backwards and keys:gsub(",", " DESC,") .. " DESC" or keys
  local ok, found = pcall(db.run, db, ("SELECT %s,sum IS NOT beadle_sum(%s) altered FROM %s %s ORDER BY %s LIMIT %d")
    :format(all, all, each.name, where, order, limit), table.unpack(values, 1, beside and each.keys or 0))
  return ok and found or nil
end

local function next_page(db, each, beside, backwards)
  local found = page(db, each, beside, backwards, PAGE)
  return found or page(db, each, beside, backwards, 1)
end

local function id_of(each, record)
  local parts = {}
  for index = 1, each.keys do
    parts[index] = tostring(record[each[index]])
  end
  return table.concat(parts, "\0")
end

-- Walks one way until the end (true) or what cannot be read (false). Forwards each record is given at once; backwards,
-- until one that was given.
local function walk(db, each, backwards, give, given)
  local last
  while true do
    local found = next_page(db, each, last, backwards)
    if not found or #found == 0 then
      return found ~= nil
    end
    for _, record in ipairs(found) do
      if given[id_of(each, record)] then
        return true
      end
      give(record)
    end
    last = found[#found]
  end
end

local function had(db, name)
  local ok, found = pcall(db.run, db, "SELECT n FROM tally WHERE name=?", name)
  return ok and found[1] and found[1].n or nil
end

function Salvage:each(name)
  local each, db = TABLES[name], self.db
  local facts = { had = had(db, name), read = 0, altered = 0 }
  return coroutine.wrap(function()
    local given = {}
    local function give(record)
      record.altered = record.altered == 1
      facts.read = facts.read + 1
      facts.altered = facts.altered + (record.altered and 1 or 0)
      coroutine.yield(record)
    end
    local whole = walk(db, each, false, function(record)
      given[id_of(each, record)] = true
      give(record)
    end, {})
    if not whole then
      walk(db, each, true, give, given)
    end
    self.found[name] = facts
  end)
end

function Salvage:close()
  self.db:close()
end

Salvage.__close = Salvage.close

function M.open(word, note)
  local id = runs.find(word)
  local ok, db = pcall(database.open, { path = runs.path_of(id), note = note, examine = true, mend = true })
  if ok then
    return id, setmetatable({ db = db, found = {} }, Salvage)
  elseif error_value.is(db, "io") and db.damaged then
    error(error_value.new { kind = "io", outcome = "none", message = db.message, damaged = true,
      hint = "Nothing of it can be read. Put a backup of its files back: the file, and those that end in -wal, .lock."
      }, 0)
  end
  error(db, 0)
end

return M
