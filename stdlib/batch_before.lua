-- SPDX-License-Identifier: MIT
-- beadle.batch_before: whether rows that are about to be begun were done in an earlier run. A new run knows nothing of
-- what an old one sent, so it would do all of it once more. For stdlib/batch.lua.
--
--   look(recipe, source, facts) -> nil, or { message =, hint = }
--   unfinished(recipe, source, facts) -> the same for `beadle run RECIPE --rows`, which may do rows once more, but not
--                                        those of a batch that can be gone on with
-- facts: profile, rows_file (its whole path; not for `unfinished`), rows_print (its fingerprint). Earlier runs are
-- those of the same recipe and profile that have sent something: batches, and runs over rows that have not come to
-- their end. Found out are
--   the same rows           a file with the same content, whatever its name
--   the same file, changed  rows whose keys such a run has done, where the recipe says what is unique in a row
--   failed.csv of a run     rows in which something was done before they failed
-- What is not found out: the same people in another file, and runs that were removed.

local json = require "beadle.json"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"

local M = {}

local MOST_RUNS = 10 -- journals of the same file that are read: each is checked as a whole
local PAGE = 500

local function sum(counts, ...)
  local count = 0
  for _, state in ipairs { ... } do
    count = count + ((counts or {})[state] or 0)
  end
  return count
end

local function has_effects(counts)
  return sum(counts, "done", "resolved", "unknown", "intent", "forgotten") > 0
end

-- What a run that was killed or is under way says of itself may be a little old: then its journal is asked. Of one
-- that somebody has, or that is damaged, the worst is thought.
local function has_sent(status)
  if has_effects(status.effects) then
    return true
  elseif status.state ~= "running" and status.state ~= "stopped" then
    return false
  end
  local ok, known = pcall(run_journal.peek, { path = runs.path_of(status.id) })
  return not ok or has_effects(known.counts.effects)
end

local function earlier_runs(recipe, facts)
  local list = {}
  for _, status in ipairs(runs.list()) do
    local is_of_it = (status.batch or status.errand) and status.recipe == recipe.name
      and status.profile == facts.profile
      and (status.rows_print == facts.rows_print or facts.rows_file and status.rows_file == facts.rows_file)
    if is_of_it and has_sent(status) then
      list[#list + 1] = status
    end
  end
  return list
end

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

local AGAIN = "--again does all of it once more, as a new run."

local function how_to_go_on(status)
  if status.state == "running" then
    return ("It goes on: wait for its end. %s"):format(AGAIN)
  elseif status.state == "done" or status.state == "ended" then
    return AGAIN
  elseif status.errand then
    return ("`beadle resume %s` does what is left, and nothing twice. %s"):format(status.id, AGAIN)
  end
  return ("`beadle resume %s` does what is left, `beadle retry %s --failed` what failed; nothing of it twice. %s")
    :format(status.id, status.id, AGAIN)
end

local function told(status, what)
  return { run = status.id, message = ("%s by the run %s: %d of %s done"):format(what, status.id,
    sum(status.rows, "done"), status.total and plural(status.total, "row") .. " are" or "its rows are"),
    hint = how_to_go_on(status) }
end

-- ---------------------------------------------------------------------------------------------------
-- The same file, changed

local SENT_FOR = "SELECT count(DISTINCT row) n FROM effect WHERE state<>'failed' AND row IN (SELECT value FROM "
  .. "json_each(?1))"

local function count_known(recipe, source, journal)
  local count, keys = 0, {}
  local function ask()
    count = count + journal.db:run(SENT_FOR, json.encode(json.array(keys)))[1].n
    keys = {}
  end
  source:rewind()
  for entry in source:entries() do
    keys[#keys + 1] = entry.row and recipe:row_key(entry) or nil
    if #keys == PAGE then
      ask()
    end
  end
  ask()
  return count
end

local function in_changed_file(recipe, source, list, facts)
  local looked = 0
  for _, status in ipairs(recipe.unique[1] and list or {}) do
    if status.rows_file == facts.rows_file and looked < MOST_RUNS then
      looked = looked + 1
      local ok, count = pcall(function() -- of one that somebody has, or that is damaged, nothing can be said
        local journal <close> = run_journal.open { path = runs.path_of(status.id), note = "beadle batch" }
        return count_known(recipe, source, journal)
      end)
      if ok and count > 0 then
        local found = told(status, ("%s of %s %s begun"):format(plural(count, "row"), source.name, count == 1 and "was"
          or "were"))
        found.hint = "Put rows that are new into a file of their own. " .. found.hint
        return found
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- failed.csv

local function has_column(source, name)
  for _, column in ipairs(source.reader.columns) do
    if column == name then
      return true
    end
  end
  return false
end

local function in_failed_file(source)
  if not has_column(source, "error.done_before") then
    return nil
  end
  local count, first, run = 0, nil, nil
  source:rewind()
  for entry in source:entries() do
    local done = entry.cells["error.done_before"]
    if done and done ~= "" then
      count, first, run = count + 1, first or entry, run or entry.cells["error.run"]
    end
  end
  if count == 0 then
    return nil
  end
  run = run and run ~= "" and run or nil
  return { run = run, message = ("in %s of %s something was done before %s failed, such as in line %d: %s"):format(
    plural(count, "row"), source.name, count == 1 and "it" or "they", first.line, first.cells["error.done_before"]),
    hint = (run and ("Correct the rows in the file of the run %s, then `beadle retry %s --failed`: nothing is done "
      .. "twice. "):format(run, run) or "") .. "--again does these rows from their begin." }
end

-- ---------------------------------------------------------------------------------------------------

function M.look(recipe, source, facts)
  local found = in_failed_file(source)
  local list = not found and earlier_runs(recipe, facts) or {}
  for _, status in ipairs(list) do
    found = found or status.rows_print == facts.rows_print and told(status, ("the rows of %s were begun"):format(
      source.name)) or nil
  end
  found = found or in_changed_file(recipe, source, list, facts)
  source:rewind()
  return found
end

function M.unfinished(recipe, source, facts)
  for _, status in ipairs(earlier_runs(recipe, facts)) do
    local is_over = status.errand or status.state == "done" or status.state == "ended"
    if not is_over and status.rows_print == facts.rows_print then
      local found = told(status, ("the rows of %s were begun"):format(source.name))
      found.hint = found.hint:gsub("%-%-again does all of it once more, as a new run%.", "--forget begins anew all the "
        .. "same, and does once more what was done.")
      return found
    end
  end
end

return M
