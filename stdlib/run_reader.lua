-- SPDX-License-Identifier: MIT
-- beadle.run_reader: looks into runs that nobody has, page by page, for the commands of `beadle runs`.
--
--   open(word, note) -> id, journal    by the id, or its beginning or end. Raises when a process has the run (and who)
--   each_row(journal [, state]), each_effect(journal) -> iterators: by row, and of effects in the order of their row
--   effects_of(journal, key) -> list by the time they were sent
--   find_row(journal, word) -> row      by its key, its line, or a part of its key that no other has
--   clean(text) -> value                JSON of the journal, without secrets, for people to look at
--   name(key) -> text                   of a row, for people

local catalogue = require "beadle.catalogue"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local json = require "beadle.json"
local log = require "beadle.log"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local time = require "beadle.time"

local M = {}

local PAGE = 500
local HIDDEN = "[hidden]"

local function fail(kind, message, hint)
  error(error_value.new { kind = kind, outcome = "none", message = message, hint = hint,
    exit = kind == "not_found" and 2 or 1 }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Opening

local function refuse_held(id)
  local holder = runs.holder(id)
  if holder then
    fail("conflict", ("the run %s goes on: %s has it"):format(id, holder),
      "`beadle runs` shows how far it is. Look again when it has ended; Ctrl-C in it ends it, and it can be resumed.")
  end
end

function M.open(word, note)
  local id = runs.find(word)
  refuse_held(id)
  return id, run_journal.open { path = runs.path_of(id), note = note or "beadle runs" }
end

-- ---------------------------------------------------------------------------------------------------
-- Walking

local function pages(next_page)
  local page, index = {}, 0
  return function()
    index = index + 1
    if page and index > #page then
      page, index = next_page(page[#page]), 1
    end
    return page and page[index]
  end
end

-- The key of the script itself is "", so the first page is asked for in another way than those after it.
function M.each_row(journal, state)
  return pages(function(last)
    local where = ("%s (?1 IS NULL OR state=?1) ORDER BY key LIMIT %d"):format(last and "key>?2 AND" or "", PAGE)
    local columns = "SELECT key,line,state,cells,result,error,wake_at,began,ended FROM row WHERE "
    return last and journal.db:run(columns .. where, state, last.key) or journal.db:run(columns .. where, state)
  end)
end

local EFFECTS = "SELECT row,operation,key,occurrence,effect,probe,params,params_hash,state,sent_at,ended_at,attempts,"
  .. "answer,error FROM effect "

function M.each_effect(journal)
  local behind = (" ORDER BY row,operation,key,occurrence LIMIT %d"):format(PAGE)
  return pages(function(last)
    if not last then
      return journal.db:run(EFFECTS .. behind)
    end
    return journal.db:run(EFFECTS .. "WHERE (row,operation,key,occurrence)>(?1,?2,?3,?4)" .. behind, last.row,
      last.operation, last.key, last.occurrence)
  end)
end

function M.effects_of(journal, key)
  return journal:effects(key)
end

-- ---------------------------------------------------------------------------------------------------
-- Finding

-- What of the rows could be meant: those that have the word as their line or within their key, and the nearest key.
local function candidates(journal, word)
  local by_line, parts, near, names = {}, {}, {}, {}
  local line = math.tointeger(tonumber(word))
  for row in M.each_row(journal) do
    if line and row.line == line then
      by_line[#by_line + 1] = row.key
    elseif word ~= "" and row.key:lower():find(word:lower(), 1, true) and #parts < 4 then
      parts[#parts + 1] = row.key
    end
    names[#names + 1] = row.key ~= "" and row.key or nil
    if #names >= PAGE then
      near[#near + 1] = catalogue.nearest(word, names)
      names = {}
    end
  end
  near[#near + 1] = catalogue.nearest(word, names)
  return #by_line > 0 and by_line or parts, catalogue.nearest(word, near)
end

function M.find_row(journal, word)
  local row = journal:row(word)
  if row then
    return row
  end
  local found, nearest = candidates(journal, word)
  if #found == 1 then
    return journal:row(found[1])
  elseif #found > 1 then
    return fail("not_found", ("%s may mean several rows: %s"):format(word, table.concat(found, ", ", 1,
      math.min(#found, 3)) .. (#found > 3 and ", ..." or "")), "Give more of the key.")
  end
  return fail("not_found", ("the run has no row %s"):format(word), nearest and ("Did you mean %s?"):format(nearest)
    or "`beadle runs export RUN` lists all rows.")
end

-- ---------------------------------------------------------------------------------------------------
-- For people

-- Fields that say what they hold. What beadle itself knows as a secret is not in a journal at all.
local function is_private(name)
  name = tostring(name):lower()
  return name:find "passw" or name:find "secret" or name:find "token" or name:find "^pwd" or name:find "_pwd$"
    or name == "authorization"
end

-- Addresses that log somebody in carry what does so in their query.
local function hide_in_address(query)
  return (query:gsub("=([^&#%s]*)", function(value)
    return #value >= 16 and value:find "%d" and value:find "%a" and "=" .. HIDDEN or nil
  end))
end

local function hide_text(text)
  return (log.masked(text):gsub("(https?://[^%s?\"]+)(%?[^%s\"]+)", function(address, query)
    return address .. hide_in_address(query)
  end))
end

local function hide(value)
  if type(value) == "string" then
    return hide_text(value)
  elseif type(value) ~= "table" then
    return value
  end
  for name, inner in pairs(value) do
    local private = is_private(name) and (type(inner) == "string" or type(inner) == "number") and inner ~= ""
    value[name] = private and HIDDEN or hide(inner)
  end
  return value
end

function M.clean(text)
  if not text then
    return nil
  end
  local ok, value = pcall(effects.decode, text)
  return hide(ok and value or text)
end

function M.name(key)
  return key == "" and "(the script itself)" or key
end

-- state_of(meta) -> text: a run that nobody has, and that did not come to its end, was stopped.
function M.state_of(meta)
  return (meta.state == nil or meta.state == "running") and "stopped" or meta.state
end

-- As it can be found again from another folder.
function M.absolute(path, folder)
  return path:sub(1, 1) == "/" and path or folder .. "/" .. path
end

-- keep_file(journal, path, facts): notes a file that was made of a run, so that `forget` finds it.
function M.keep_file(journal, path, facts)
  local files = journal:meta().files or {}
  for index = #files, 1, -1 do
    if files[index].path == path then
      table.remove(files, index)
    end
  end
  facts.path = path
  files[#files + 1] = facts
  journal:set_meta { files = files }
end

-- when(seconds) -> text, in UTC; "" for nil.
function M.when(seconds)
  return seconds and time.iso(seconds) or ""
end

-- A date and time where the reader is.
function M.local_time(seconds)
  return os.date("%Y-%m-%d %H:%M:%S", math.floor(seconds))
end

-- took(seconds) -> "1.25 s", "3 min 5 s", "2 h 10 min", "3 days 4 h"
function M.took(seconds)
  if seconds < 0.9995 then
    return ("%d ms"):format(math.floor(seconds * 1000 + 0.5))
  elseif seconds < 60 then
    return (("%.2f"):format(seconds):gsub("%.?0+$", "")) .. " s"
  end
  local whole = math.floor(seconds + 0.5)
  if whole < 3600 then
    return ("%d min %d s"):format(whole // 60, whole % 60)
  elseif whole < 2 * 86400 then
    return ("%d h %d min"):format(whole // 3600, whole % 3600 // 60)
  end
  return ("%d days %d h"):format(whole // 86400, whole % 86400 // 3600)
end

-- size(bytes) -> "512 B", "80 kB", "1.2 MB"
function M.size(bytes)
  if bytes < 1000 then
    return ("%d B"):format(bytes)
  elseif bytes < 1e6 then
    return ("%d kB"):format((bytes + 500) // 1000)
  end
  return ("%.1f %s"):format(bytes < 1e9 and bytes / 1e6 or bytes / 1e9, bytes < 1e9 and "MB" or "GB")
end

-- One line of a value, without what would move a terminal's cursor.
function M.line(value)
  local text = type(value) == "string" and value or json.encode(value)
  return (text:gsub("[%c\127]", " "))
end

return M
