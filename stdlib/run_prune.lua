-- SPDX-License-Identifier: MIT
-- beadle.run_prune: removes the journals of old runs.
--
--   survey { age = seconds, all = boolean, quick = boolean } -> list of runs to be removed, list of old ones that stay
--       { id, why }; quick: those that their status says are not done are not looked at
--   remove(each) -> true, or false and why not
--   automatic(say)     what the configuration asks for (keep_runs); never what is not done
--   take_age(text) -> seconds, or nil and what it must be
-- A run is over when nothing is left to do: it is done, or all its rows are done or skipped and none of its effects is
-- open. Its age counts from when it was last written to.

local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local time = require "beadle.time"

local M = {}

local UNITS = { d = 86400, day = 86400, days = 86400, w = 604800, week = 604800, weeks = 604800, h = 3600, hour = 3600,
  hours = 3600 }

function M.take_age(text)
  local count, unit = text:match "^%s*(%d+)%s*(%a+)%s*$"
  if count and UNITS[unit] then
    return tonumber(count) * UNITS[unit]
  end
  return nil, "an age such as 90d, 12w, 48h or \"90 days\""
end

-- ---------------------------------------------------------------------------------------------------
-- Looking

local function sum(counts)
  local count = 0
  for _, number in pairs(counts) do
    count = count + number
  end
  return count
end

-- What would be lost; nil when nothing is left to do.
local function left_of(meta, counts)
  if meta.state == "done" or meta.state == "ended" then
    return nil
  end
  local rows, parts = counts.rows, {}
  local open = (counts.effects.unknown or 0) + (counts.effects.intent or 0)
  local not_begun = math.max(0, (meta.total or 0) - sum(rows))
  for _, each in ipairs { { rows.failed, "failed" }, { rows.in_doubt, "in doubt" }, { rows.parked, "parked" },
    { rows.running, "begun" }, { not_begun, "not begun" } } do
    if (each[1] or 0) > 0 then
      parts[#parts + 1] = ("%d %s"):format(each[1], each[2])
    end
  end
  if #parts > 0 then
    return table.concat(parts, ", ")
  elseif open > 0 then
    return ("%d effects of which nobody knows whether they happened"):format(open)
  end
  return not meta.total and "it did not come to its end" or nil -- nobody knows how many rows there were to be
end

local function paths_of(meta)
  local list = {}
  for _, file in ipairs(meta.files or {}) do
    list[#list + 1] = fs.exists(file.path) and file.path or nil
  end
  return list
end

local function look(id)
  local known = run_journal.peek { path = runs.path_of(id) }
  local meta, counts = known.meta, known.counts
  return { id = id, state = (meta.state == nil or meta.state == "running") and "stopped" or meta.state,
    at = math.max(meta.ended or 0, meta.started or 0), rows = sum(counts.rows), effects = sum(counts.effects),
    lost = left_of(meta, counts), size = runs.size(id), files = paths_of(meta) }
end

local function examine(id, now)
  local holder = runs.holder(id)
  if holder then
    return nil, ("%s has it"):format(holder)
  end
  local ok, each = pcall(look, id)
  if not ok and error_value.is(each, "cancelled") then
    error(each, 0)
  elseif not ok and error_value.is(each) and each.empty then
    return { id = id, empty = true, age = now - (runs.began(id) or now), files = {}, size = 0 }
  elseif not ok then
    return nil, ("cannot be read: %s. If it is not needed, delete %s"):format(error_value.is(each) and each.message
      or tostring(each), runs.path_of(id))
  end
  each.age = now - each.at
  return each
end

-- To look into a large journal takes a second, and one that is not done would be looked into again and again.
local function is_worth_a_look(status, options)
  local rows = status.rows or {}
  return not options.quick or (rows.failed or 0) + (rows.in_doubt or 0) + (rows.parked or 0) + (rows.running or 0) == 0
end

function M.survey(options)
  local list, kept, now = {}, {}, time.now()
  for _, status in ipairs(runs.list()) do
    local id = status.id
    if now - (runs.began(id) or 0) >= options.age and is_worth_a_look(status, options) then -- begun later: no older
      local each, why = examine(id, now)
      if not each then
        kept[#kept + 1] = { id = id, why = why }
      elseif each.age >= options.age and (options.all or not each.lost) then
        list[#list + 1] = each
      elseif each.age >= options.age then
        kept[#kept + 1] = { id = id, why = ("it is not done: %s. --all removes it too"):format(each.lost) }
      end
    end
  end
  return list, kept
end

-- ---------------------------------------------------------------------------------------------------
-- Removing

function M.remove(each)
  local ok, err = pcall(runs.remove, each.id)
  if ok then
    return true
  end
  return false, ("it could not be removed: %s"):format(error_value.is(err) and err.message or tostring(err))
end

function M.automatic(say)
  local age = config.keep_runs()
  if not age then
    return
  end
  local count = 0
  for _, each in ipairs((M.survey { age = age, quick = true })) do
    count = count + (M.remove(each) and 1 or 0)
  end
  if count > 0 then
    say(("Removed as the configuration says (keep_runs): %d run%s that ended long ago and %s done."):format(count,
      count == 1 and "" or "s", count == 1 and "was" or "were"))
  end
end

return M
