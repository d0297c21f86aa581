-- SPDX-License-Identifier: MIT
-- What killed programs leave in the folder of the runs: journals that were given up while they were made, files for a
-- moment. Nobody was told of such a run, and nothing was sent for it. For stdlib/runs.lua.

local database = require "beadle.database"
local error_value = require "beadle.error"
local run_journal = require "beadle.run_journal"

local M = {}

-- Journals whose program was killed before it could say that there is one. What cannot be read is left as it is.
local function look(path)
  local ok, journal = pcall(run_journal.open, { path = path, note = "looking at it" })
  if not ok then
    return nil, error_value.is(journal) and journal.empty
  end
  local _ <close> = journal
  local meta, counts = journal:meta(), journal:counts()
  return { state = "stopped", started = meta.started, script = meta.script, profile = meta.profile,
    rows = counts.rows, effects = counts.effects }
end

local function names_of(entries)
  local names = {}
  for _, entry in ipairs(entries) do
    names[entry.name] = true
  end
  return names
end

-- sweeper(folder, entries, write_status) -> function(id): whether it is a run. Removes what is none.
function M.sweeper(folder, entries, write_status)
  local names = names_of(entries)
  local function is_held(id)
    return database.holder(("%s/%s.sqlite"):format(folder, id)) ~= nil
  end
  for name in pairs(names) do
    local lock_of = name:match "^([%w-]+)%.sqlite%.lock$"
    local status_of = name:match "^([%w-]+)%.status%.%w+$" -- half written
    if lock_of and not names[lock_of .. ".sqlite"] and not is_held(lock_of)
      or status_of and not is_held(status_of) then
      os.remove(folder .. "/" .. name)
    end
  end
  return function(id)
    local path = ("%s/%s.sqlite"):format(folder, id)
    if names[id .. ".status"] or is_held(id) then
      return true
    end
    local status, is_unborn = look(path)
    if is_unborn then
      run_journal.remove(path)
    elseif status then
      pcall(write_status, id, status)
    end
    return not is_unborn
  end
end

return M
