-- SPDX-License-Identifier: MIT
-- beadle.runs: where durable runs are kept, and which there are.
--
--   folder() -> path          path_of(id) -> path of its journal          new_id() -> "20260101-080000-k3f9"
--   find(word) -> id          of a run; the beginning of an id is enough. Raises when there is none, or several
--   list() -> list of what is known at a glance, the newest first: { id, state, ... } of its status file
--   ids() -> list of all, the newest first
--   write_status(id, values)  what `list` gives, rewritten while a run goes on; it is for looking only
--   holder(id) -> text or nil: who has it now
--   remove(id)                with all that it knows. Raises when somebody has it

local catalogue = require "beadle.catalogue"
local database = require "beadle.database"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local hook = require "beadle.hook.native"
local json = require "beadle.json"
local sweep = require "beadle.runs_sweep"
local lock = require "beadle.lock"
local time = require "beadle.time"

local M = {}

local ENDING = ".sqlite"

-- XDG Base Directory Specification, "Environment variables": a relative path is to be ignored.
function M.folder()
  local state = os.getenv "XDG_STATE_HOME"
  local home = os.getenv "HOME"
  if state and state:sub(1, 1) == "/" then
    return state .. "/beadle/runs"
  elseif home and home:sub(1, 1) == "/" then
    return home .. "/.local/state/beadle/runs"
  end
  error(error_value.new { kind = "configuration", outcome = "none", hint = "Set HOME, or XDG_STATE_HOME.",
    message = "there is no place for the journal of a run: neither XDG_STATE_HOME nor HOME is set" }, 0)
end

function M.path_of(id)
  return ("%s/%s%s"):format(M.folder(), id, ENDING)
end

local function status_path(id)
  return ("%s/%s.status"):format(M.folder(), id)
end

-- Sorts by when it began.
function M.new_id()
  local _, random = hook.token()
  local stamp = time.iso():gsub("[-:Z]", ""):gsub("T", "-")
  return ("%s-%s"):format(stamp, random:lower():gsub("[^%l%d]", ""):sub(1, 4))
end

-- What was given up before it was a run is none.
function M.ids()
  local list = {}
  local ok, entries = pcall(fs.list, M.folder())
  local is_run = sweep.sweeper(M.folder(), ok and entries or {}, M.write_status)
  for _, entry in ipairs(ok and entries or {}) do
    local id = entry.name:match "^([%w-]+)%.sqlite$"
    list[#list + 1] = id and is_run(id) and id or nil
  end
  table.sort(list, function(a, b) return a > b end)
  return list
end

function M.find(word)
  local found = {}
  for _, id in ipairs(M.ids()) do
    if id == word then
      return id
    elseif id:sub(1, #word) == word or id:sub(-#word) == word then
      found[#found + 1] = id
    end
  end
  if #found == 1 then
    return found[1]
  end
  local nearest = #found == 0 and catalogue.nearest(word, M.ids())
  error(error_value.new { kind = "not_found", outcome = "none", exit = 2,
    hint = nearest and ("Did you mean %s?"):format(nearest) or "`beadle runs` lists them.",
    message = #found == 0 and ("there is no run %s"):format(word)
      or ("%s may mean %s"):format(word, table.concat(found, " or ")) }, 0)
end

function M.holder(id)
  return database.holder(M.path_of(id))
end

-- The lock goes last: while it is there, nobody else begins.
function M.remove(id)
  local path = M.path_of(id)
  local held = lock.open(path .. ".lock")
  if not held then
    error(error_value.new { kind = "io", outcome = "none",
      message = ("the run %s is in use by %s"):format(id, M.holder(id) or "another process") }, 0)
  end
  for _, ending in ipairs { "", "-journal", "-wal", "-shm" } do
    os.remove(path .. ending)
  end
  os.remove(status_path(id))
  held:remove()
end

function M.write_status(id, values)
  fs.write(status_path(id), json.encode(values) .. "\n")
end

local function read_status(id)
  local ok, values = pcall(function() return json.decode(fs.read(status_path(id))) end)
  return ok and type(values) == "table" and values or {}
end

-- A run that says it goes on, and that nobody has, was killed.
function M.list()
  local list = {}
  for index, id in ipairs(M.ids()) do
    local status = read_status(id)
    status.id, status.state = id, status.state or "running"
    if status.state == "running" and not M.holder(id) then
      status.state = "stopped"
    end
    list[index] = status
  end
  table.sort(list, function(a, b) -- an id says the second only
    if a.started and b.started and a.started ~= b.started then
      return a.started > b.started
    end
    return a.id > b.id
  end)
  return list
end

return M
