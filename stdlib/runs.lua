-- SPDX-License-Identifier: MIT
-- beadle.runs: where durable runs are kept, and which there are.
--
--   folder() -> path          path_of(id) -> path of its journal          new_id() -> "20260101-080000-k3f9"
--   find(word) -> id          of a run; the beginning of an id is enough. Raises when there is none, or several
--   list() -> list of what is known at a glance, the newest first: { id, state, size, ... }, as its status file says
--   ids() -> list of all, the newest first
--   write_status(id, values)  what `list` gives, rewritten while a run goes on; it is for looking only
--   show_status(id, meta, counts, state)  the same, of a run's facts and its journal's counts
--   holder(id) -> text or nil: who has it now
--   remove(id)                with all that it knows. Raises when somebody has it
--   files_of(id) -> list of the paths of all that lies there of the run       began(id) -> seconds since 1970

local catalogue = require "beadle.catalogue"
local database = require "beadle.database"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local hook = require "beadle.hook.native"
local json = require "beadle.json"
local lock = require "beadle.lock"
local moment = require "beadle.moment"
local sweep = require "beadle.runs_sweep"
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
  for _, each in ipairs(M.files_of(id)) do
    if each ~= path .. ".lock" then
      os.remove(each)
    end
  end
  held:remove()
end

function M.write_status(id, values)
  fs.write(status_path(id), json.encode(values) .. "\n")
end

-- Of the run's facts (meta) those by which people, and beadle.batch_before, find it. `state` when it is another.
function M.show_status(id, meta, counts, state)
  M.write_status(id, { state = state or meta.state, started = meta.started, updated = time.now(),
    script = meta.script, profile = meta.profile, rows = counts.rows, effects = counts.effects, batch = meta.batch,
    errand = meta.errand, recipe = meta.recipe, total = meta.total, rows_file = meta.rows_file,
    rows_print = meta.rows_print })
end

-- The journal, what SQLite has beside it, the lock and the status; also of a run whose journal is gone.
function M.files_of(id)
  local list = {}
  for _, entry in ipairs(fs.is_folder(M.folder()) and fs.list(M.folder()) or {}) do
    if entry.name:sub(1, #id + 1) == id .. "." then
      list[#list + 1] = M.folder() .. "/" .. entry.name
    end
  end
  table.sort(list)
  return list
end

function M.began(id)
  local stamp, found = id:gsub("^(%d%d%d%d)(%d%d)(%d%d)%-(%d%d)(%d%d)(%d%d)%-.*$", "%1-%2-%3T%4:%5:%6Z")
  return found == 1 and beadle.try(moment.read, stamp) or nil
end

local function read_status(id)
  local ok, values = pcall(function() return json.decode(fs.read(status_path(id))) end)
  return ok and type(values) == "table" and values or {}
end

-- size(id) -> bytes of the journal. Not for a run that this process has: a file that is closed loses its locks (POSIX).
function M.size(id)
  local size = 0
  for _, ending in ipairs { "", "-wal" } do
    local file = io.open(M.path_of(id) .. ending, "rb")
    if file then
      size = size + file:seek "end"
      file:close()
    end
  end
  return size
end

-- A run that says it goes on, and that nobody has, was killed.
function M.list()
  local list = {}
  for index, id in ipairs(M.ids()) do
    local status = read_status(id)
    status.id, status.state, status.size = id, status.state or "running", M.size(id)
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
