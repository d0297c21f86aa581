-- SPDX-License-Identifier: MIT
-- beadle runs check RUN: whether a run's journal is whole, and what is damaged.

local database = require "beadle.database"
local error_value = require "beadle.error"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"

local MOST = 20

local USAGE = [[
Usage: beadle runs check RUN

Reads the whole journal of a run: its pages, the checksum of every row, and how many rows there must be. Says that it
is whole, or what is damaged. It changes nothing. Exit status 1 when it is damaged.

]]

local function sum(counts)
  local all = 0
  for _, count in pairs(counts) do
    all = all + count
  end
  return all
end

local function tell_whole(id, journal)
  journal:check()
  local counts = journal:counts()
  print(("The journal of the run %s is whole: %d rows, %d effects."):format(id, sum(counts.rows), sum(counts.effects)))
  return 0
end

-- What can still be told of a table. Each question by itself: one that meets a bad page fails.
local function look_at(db, each)
  local names = table.concat(each, ",")
  local ok, found = pcall(db.run, db, ("SELECT count(*) n,(SELECT n FROM tally WHERE name='%s') wanted FROM %s"):format(
    each.name, each.name))
  if not ok then
    return { each.name, "", "", "cannot be read" }
  end
  local wrong
  ok, wrong = pcall(db.run, db, ("SELECT %s FROM %s WHERE sum IS NOT beadle_sum(%s) LIMIT %d"):format(each[1],
    each.name, names, MOST))
  local keys = {}
  for index, row in ipairs(ok and wrong or {}) do
    keys[index] = reader.line(reader.name(tostring(row[each[1]])))
  end
  local verdict = not ok and "cannot be read to its end" or #keys > 0 and "altered: " .. table.concat(keys, ", ")
    or found[1].n ~= found[1].wanted and "rows are missing" or "whole"
  return { each.name, found[1].wanted or "", found[1].n, verdict }
end

local function tell_damage(path, err)
  print(tostring(err.message))
  local ok, db = pcall(database.open, { path = path, note = "beadle runs check" })
  if ok then
    local rows = {}
    for index, each in ipairs(run_journal.TABLES) do
      rows[index] = look_at(db, each)
    end
    db:close()
    print("\n" .. pretty.table({ "table", "had", "has", "" }, rows))
  end
  print "\nIt is not used as it is, for a row that is missing would be done twice. Put a backup of its files back, or"
  print "find out at the vendor which of its effects happened, and begin a new run with the rows that are left."
  return 1
end

local function check(id)
  local path = runs.path_of(id)
  local ok, result = pcall(function()
    local _, journal = reader.open(id, "beadle runs check")
    local _ <close> = journal
    return tell_whole(id, journal)
  end)
  if ok then
    return result
  elseif error_value.is(result, "io") and result.empty then
    print(("The run %s was given up before anything was sent: its journal is empty."):format(id))
    return 0
  elseif error_value.is(result, "io") then
    return tell_damage(path, result)
  end
  error(result, 0)
end

local function run(...)
  local values, operands = options.parse({}, { ... })
  if values.help then
    print(USAGE .. options.describe {})
    return 0
  elseif #operands ~= 1 then
    options.fail("check needs one run", "`beadle runs` lists them.")
  end
  return check(runs.find(operands[1]))
end

return { run = run, summary = "whether its journal is whole",
  usage = USAGE, spec = {}, takes = { "run" } }
