-- SPDX-License-Identifier: MIT
-- Which rows of a file a batch has to do: read from the file as they are needed, beside what the run's journal knows of
-- them. For stdlib/batch.lua. Nothing here grows with the file.

local error_value = require "beadle.error"
local effects = require "beadle.durable_effect"
local options = require "beadle.options"
local sqlite = require "beadle.sqlite"

local M = {}

local AT_ONCE = 200 -- rows read ahead, which the journal is asked about in one statement
local KEYS_AT_ONCE = 5000

-- ---------------------------------------------------------------------------------------------------
-- Uniqueness

-- A full disk is told of by what it stops.
local function exec(db, ...)
  local ok, err = pcall(db.exec, db, ...)
  if not ok then
    error(error_value.is(err, "io") and error_value.new { kind = "io", outcome = "none", cause = err,
      message = "the rows cannot be checked: " .. err.message,
      hint = "Free space in this folder, then begin again." } or err, 0)
  end
end

-- seen() -> function(index, key, line) for recipe_input's check, and an end to be closed. Keys are kept in a file that
-- nobody else sees, and that no kill leaves behind.
function M.seen()
  local db = sqlite.open ""
  local waiting = 0
  exec(db, "PRAGMA journal_mode=MEMORY") -- a journal on the disk would need the name
  exec(db, "PRAGMA synchronous=OFF")
  exec(db, "CREATE TABLE seen(at,key,line,PRIMARY KEY(at,key)) WITHOUT ROWID")
  exec(db, "BEGIN")
  local function see(index, key, line)
    local first
    for row in db:rows("SELECT line FROM seen WHERE at=? AND key=?", index, key) do
      first = row.line
    end
    if first then
      return first
    end
    exec(db, "INSERT INTO seen VALUES(?,?,?)", index, key, line)
    waiting = waiting + 1
    if waiting == KEYS_AT_ONCE then -- what is not committed is held in memory
      exec(db, "COMMIT")
      exec(db, "BEGIN")
      waiting = 0
    end
  end
  return see, setmetatable({}, { __close = function()
    db:close()
  end })
end

-- ---------------------------------------------------------------------------------------------------
-- What the journal knows

local function fill(run, page)
  local keys = {}
  for index, entry in ipairs(page) do
    keys[index] = entry.key
  end
  local known = run:known_rows(keys)
  for _, entry in ipairs(page) do
    entry.known = known[entry.key]
  end
end

-- with_known(recipe, run, entries) -> iterator of entries with `key` and `known`, what the journal has of the row.
function M.with_known(recipe, run, entries)
  local page, at = {}, 0
  return function()
    at = at + 1
    if not page[at] then
      page, at = {}, 1
      while #page < AT_ONCE do
        local entry = entries()
        if not entry then
          break
        end
        entry.key = entry.row and recipe:row_key(entry) or ("line %d"):format(entry.line)
        page[#page + 1] = entry
      end
      fill(run, page)
    end
    return page[at]
  end
end

-- passing(run) -> function for input:entries that passes over the lines whose rows came to an end in the run, where
-- there are many. For a file that is as it was when the run began. Where the last of them ends is not known.
function M.passing(run)
  local ranges, at = run.journal.closed_then, 1
  return function(line)
    while ranges[at] and ranges[at][2] <= line do
      at = at + 1
    end
    local range = ranges[at]
    return range and range[1] <= line and range[2] - line or nil
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Choosing

local function error_of(known)
  return known and known.error and effects.decode(known.error) or {}
end

-- A row that came to no end, or of whose end nobody knows, is gone on with; so is one that waits for somebody to say
-- whether what was done with other parameters is good. A result without an error is of a row that is not finished.
local function is_open(entry)
  local known = entry.known
  if not known or known.state == "running" or known.state == "parked" then
    return true
  end
  local err = error_of(known)
  return known.state == "failed" and (not known.error or err.outcome == "unknown" or err.changed == true)
end

local function is_failed(entry)
  return entry.known ~= nil and entry.known.state == "failed"
end

-- "7,19-40" -> function(line) -> boolean; or nil.
function M.lines(text)
  local ranges = {}
  for part in (text .. ","):gmatch "%s*([^,]*),"  do
    local from, to = part:match "^(%d+)%s*%-%s*(%d+)%s*$"
    from = math.tointeger(tonumber(from or part))
    to = to and math.tointeger(tonumber(to)) or from
    if not from or from > to then
      return nil
    end
    ranges[#ranges + 1] = { from, to }
  end
  return function(line)
    for _, range in ipairs(ranges) do
      if line >= range[1] and line <= range[2] then
        return true
      end
    end
    return false
  end
end

local function nothing()
  return nil
end

-- What an expression may look at. A field of what is not there is nil.
local EMPTY = setmetatable({}, { __index = nothing })

-- condition("error.code == 301") -> function(entry) -> boolean. Raises when it is no expression.
function M.condition(text)
  local at
  local env = setmetatable({}, { __index = function(_, name)
    return at[name]
  end, __newindex = function()
    options.fail "--where is a condition, and changes nothing"
  end })
  local chunk, wrong = load("return " .. text, "=where", "t", env)
  if not chunk then
    options.fail(("--where is no condition: %s"):format(wrong:gsub("^where:%d+: ", "")),
      "Such as: error.code == 301, or error.kind == \"timeout\" and row.ema:find \"@example.org$\"")
  end
  return function(entry)
    at = { error = setmetatable(error_of(entry.known), { __index = nothing }), row = entry.row or EMPTY,
      line = entry.line, state = entry.known and entry.known.state, string = string, math = math,
      tonumber = tonumber, tostring = tostring }
    local ok, result = pcall(chunk)
    if not ok then
      options.fail(("--where failed at line %d: %s"):format(entry.line, tostring(result):gsub("^where:%d+: ", "")))
    end
    return result and true or false
  end
end

-- chooser(wanted) -> function(entry) -> whether the row is to be run. wanted: nil, for what is left; or again:
-- { failed = true }, { lines = function }, { where = function }. Rows that are done, skipped or in doubt never are.
function M.chooser(wanted)
  if not wanted then
    return is_open
  end
  return function(entry)
    local state = entry.known and entry.known.state
    if state == "done" or state == "skipped" or state == "in_doubt" then
      return false
    end
    return (not wanted.failed or is_failed(entry)) and (not wanted.lines or wanted.lines(entry.line))
      and (not wanted.where or is_failed(entry) and wanted.where(entry))
  end
end

-- chosen(entries, choose) -> iterator of those. A row that was changed under way is given as it is.
function M.chosen(entries, choose)
  return function()
    for entry in entries do
      if entry.problem or choose(entry) then
        return entry
      end
    end
  end
end

M.error_of = error_of

-- Whether a failure may pass: what it called for was not there, or was overloaded.
local PASSING = { network = true, timeout = true, server = true, rate_limit = true }

function M.may_pass(err)
  return error_value.is(err) and PASSING[err.kind] or false
end

return M
