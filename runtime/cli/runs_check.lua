-- SPDX-License-Identifier: MIT
-- beadle runs check RUN: whether a run's journal is whole, and what is damaged.

local error_value = require "beadle.error"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local salvage = require "beadle.run_salvage"
local time = require "beadle.time"

local MOST = 20

local USAGE = [[
Usage: beadle runs check RUN [--repair]

Reads the whole journal of a run: its pages, the checksum of every row, how many rows there must be, and whether it has
all commits that its witness (the file that ends in .lock) has seen. Says that it is whole, or what is damaged, and what
can be done. It changes nothing. Exit status 1 when it is damaged.

]]

local SPEC = {
  { name = "repair", doc = "where only the witness is lost: look through all of it, and make a new one" },
}

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

-- What can still be told of a table.
local function look_at(journal, each)
  local keys = {}
  for record in journal:each(each.name) do
    if record.altered and #keys < MOST then
      keys[#keys + 1] = reader.line(reader.name(tostring(record[each[1]])))
    end
  end
  local facts = journal.found[each.name]
  local verdict = #keys > 0 and "altered: " .. table.concat(keys, ", ") .. (facts.altered > #keys and ", ..." or "")
    or facts.had ~= facts.read and "rows are missing" or "whole"
  return { each.name, facts.had or "", facts.read, verdict }
end

local function tell_tables(id)
  local ok, _, journal = pcall(salvage.open, id, "beadle runs check")
  if not ok then
    return false
  end
  local _ <close> = journal
  local rows = {}
  for index, each in ipairs(run_journal.TABLES) do
    rows[index] = look_at(journal, each)
  end
  print("\n" .. pretty.table({ "table", "had", "can be read", "" }, rows))
  return true
end

local function tell_damage(id, err)
  print(tostring(err.message))
  local readable = tell_tables(id)
  print "\nIt is not used as it is, for a row that is missing would be done twice. What can be done:"
  print "- Put a backup of its files back, all of one moment: the file, and those that end in -wal and .lock."
  if readable then
    print(("- `beadle runs export %s --damaged --out FILE.csv` writes what can be read, and marks what is"):format(id))
    print "  altered. Find out at the vendor about the rows that are altered or missing, and begin a new run with those"
    print "  that are left."
  end
  return 1
end

-- When something was last written, as far as it is there.
local function last_written(journal)
  local at = 0
  for _, text in ipairs { "max(began) a,max(ended) b FROM row", "max(sent_at) a,max(ended_at) b FROM effect" } do
    local found = journal.db:run("SELECT " .. text)[1]
    at = math.max(at, found.a or 0, found.b or 0)
  end
  return at > 0 and time.iso(at) or nil
end

local function tell_unwitnessed(id, err)
  print(tostring(err.message))
  print(("\nThe witness says how much was written, so that what is cut off is missed. Put it back from a backup, or\n"
    .. "`beadle runs check %s --repair` looks through all that is there and makes a new one."):format(id))
  return 1
end

local function repair(id)
  local journal <close> = run_journal.open { path = runs.path_of(id), note = "beadle runs check", mend = true }
  local counts, last = journal:counts(), last_written(journal)
  print(("The journal of the run %s got a new witness. All that is there is as it was written:\n%d rows, %d effects."
    ):format(id, sum(counts.rows), sum(counts.effects)))
  print(("Its last entry is of %s. Whether something came after that cannot be told: if it may have,\n"
    .. "look at the vendor before the run goes on."):format(last or "when it was made"))
  return 0
end

local function check(id, mends)
  local ok, result = pcall(function()
    local _, journal = reader.open(id, "beadle runs check")
    local _ <close> = journal
    return tell_whole(id, journal)
  end)
  if ok then
    return result
  elseif error_value.is(result, "io") and result.unwitnessed then
    if not mends then
      return tell_unwitnessed(id, result)
    end
    ok, result = pcall(repair, id)
    if ok then
      return result
    end
  end
  if error_value.is(result, "io") and result.empty then
    print(("The run %s was given up before anything was sent: its journal is empty."):format(id))
    return 0
  elseif error_value.is(result, "io") and result.damaged then
    return tell_damage(id, result)
  end
  error(result, 0)
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("check needs one run", "`beadle runs` lists them.")
  end
  return check(runs.find(operands[1]), values.repair)
end

return { run = run, summary = "whether its journal is whole",
  usage = USAGE, spec = SPEC, takes = { "run" } }
