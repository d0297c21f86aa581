-- SPDX-License-Identifier: MIT
-- The tables of a run's journal, and whether all that was written to them is there. For stdlib/run_journal.lua.
--
--   build(db, put_meta)         makes them; put_meta() writes what is known of the run
--   check_version(db, path)     brings an earlier form to this one
--   check(db, path)             all of it: how many rows have which state, and the lines that are closed
--   checked(db, path, fn)       fn(); what SQLite finds to be damaged is refused as damaged, and `db` closed
-- What is refused is an error of kind "io" with `damaged`, or `empty`.

local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local VERSION = 1
local IOERR, CORRUPT, NOTADB = 10, 11, 26 -- SQLite's primary result codes (sqlite.org/rescode.html)

-- Without types: SQLite would turn a value into the column's, and its checksum would be another's. The columns of the
-- primary key come first.
local TABLES = {
  { name = "run", keys = 1, "name", "value" },
  { name = "row", keys = 1, counted = true, "key", "line", "state", "cells", "result", "error", "wake_at", "began",
    "ended" },
  { name = "effect", keys = 4, counted = true, "row", "operation", "key", "occurrence", "effect", "probe", "params",
    "params_hash", "before", "state", "sent_at", "ended_at", "attempts", "answer", "error" },
  { name = "wait", keys = 3, "row", "kind", "occurrence", "value" },
  { name = "spent", keys = 6, "unit", "person", "row", "operation", "key", "occurrence", "amount" },
}

M.TABLES = TABLES

function M.keys_of(each)
  return table.concat(each, ",", 1, each.keys)
end

function M.columns_of(each)
  return table.concat(each, ",")
end

-- ---------------------------------------------------------------------------------------------------
-- Schema

-- A count that triggers keep is part of the same transaction as the row.
local function schema()
  local statements = { "CREATE TABLE tally(name PRIMARY KEY,n) WITHOUT ROWID" }
  for _, each in ipairs(TABLES) do
    statements[#statements + 1] = ("CREATE TABLE %s(%s,sum,PRIMARY KEY(%s)) WITHOUT ROWID"):format(each.name,
      M.columns_of(each), M.keys_of(each))
    for event, step in pairs { INSERT = "+", DELETE = "-" } do
      statements[#statements + 1] = ("CREATE TRIGGER %s_%s AFTER %s ON %s BEGIN UPDATE tally SET n=n%s1 WHERE "
        .. "name='%s'; END"):format(each.name, event:lower(), event, each.name, step, each.name)
    end
  end
  return statements
end

-- MIGRATIONS[n] brings a file of version n to n + 1: a list of statements, each a transaction of its own, so that each
-- must leave a file that the next can go on with when it was interrupted.
local MIGRATIONS = {}

-- The version comes last: a file that has one has all of it, also what is known of the run (Journal:set_meta).
function M.build(db, put_meta)
  for _, statement in ipairs(schema()) do
    db:post(statement)
  end
  for _, each in ipairs(TABLES) do
    db:post("INSERT INTO tally VALUES(?,0)", each.name)
  end
  put_meta()
  db:run(("PRAGMA user_version=%d"):format(VERSION))
end

local function migrate(db, from)
  for version = from, VERSION - 1 do
    for _, statement in ipairs(MIGRATIONS[version]) do
      db:run(statement)
    end
    db:run(("PRAGMA user_version=%d"):format(version + 1))
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Damage

M.DAMAGED = "Nothing was changed. `beadle runs check RUN` says what is lost and what can be done."

local function refuse(path, what)
  error(error_value.new { kind = "io", outcome = "none", hint = M.DAMAGED, damaged = true,
    message = ("%s is damaged: %s"):format(path, what) }, 0)
end

function M.check_schema(db, path)
  local known = { ["CREATE TABLE commits(n INTEGER NOT NULL,id TEXT NOT NULL)"] = true }
  local count = 1
  for _, statement in ipairs(schema()) do
    known[statement] = true
    count = count + 1
  end
  local found = db:run "SELECT sql FROM sqlite_schema"
  for _, row in ipairs(found) do
    if not known[row.sql] then
      refuse(path, "its tables are not those of a run")
    end
  end
  if #found ~= count then
    refuse(path, "tables are missing")
  end
end

-- Lines of rows that came to an end and are not gone on with. Of an error that is no JSON the checksum tells.
local CLOSED = ",beadle_ranges(CASE WHEN state IN ('done','skipped','in_doubt') OR state='failed' AND "
  .. "json_valid(error) AND json_extract(error,'$.outcome') IS NOT 'unknown' AND json_extract(error,'$.changed') "
  .. "IS NOT 1 THEN line ELSE -1 END) closed"

-- Gives how many of its rows have which state, and of the table of rows the lines that are closed: all in one scan.
function M.check_table(db, path, each)
  local found = db:run(("SELECT count(*) n,count(CASE WHEN sum IS NOT beadle_sum(%s) THEN 1 END) wrong,"
    .. "beadle_ascends(%s) ascends,(SELECT n FROM tally WHERE name='%s') wanted%s FROM %s"):format(M.columns_of(each),
    M.keys_of(each), each.name, (each.counted and ",beadle_words(state) states" or "") .. (each.name == "row" and CLOSED
    or ""), each.name))[1]
  if found.n ~= found.wanted then
    refuse(path, ("the table %s has %d rows and had %s"):format(each.name, found.n, tostring(found.wanted)))
  elseif found.wrong > 0 then
    refuse(path, ("%d row%s of the table %s %s altered"):format(found.wrong, found.wrong == 1 and "" or "s",
      each.name, found.wrong == 1 and "is" or "are"))
  elseif found.ascends ~= 1 then
    refuse(path, ("the table %s is out of order"):format(each.name))
  end
  return found.states and json.decode(found.states), found.closed
end

-- What SQLite itself finds: a free page that is in use would be written over later.
local function check_pages(db, path)
  local found = db:run("PRAGMA quick_check(1)")[1].quick_check
  local code = found:match "error code=(%d+)"
  if code and math.tointeger(code) & 0xFF == IOERR then
    error(error_value.new { kind = "io", outcome = "none", message = path .. ": disk I/O error",
      hint = "Nothing was changed. Look at the disk, then try again." }, 0)
  elseif found ~= "ok" then
    refuse(path, (found:gsub("^%*%*%* in database main %*%*%*\n", ""):gsub("%s*\n%s*", "; ")))
  end
end

function M.check(db, path)
  M.check_schema(db, path)
  check_pages(db, path)
  local counts, closed = {}, {}
  for _, each in ipairs(TABLES) do
    local ranges
    counts[each.name], ranges = M.check_table(db, path, each)
    for from, to in (ranges or ""):gmatch "(%d+)-(%d+)" do
      closed[#closed + 1] = { math.tointeger(from), math.tointeger(to) }
    end
  end
  return { rows = counts.row, effects = counts.effect }, closed
end

-- A disk that cannot be read now is no damage.
function M.checked(db, path, fn)
  local ok, err = pcall(fn)
  if ok then
    return
  end
  db:close()
  local code = error_value.is(err, "io") and err.code and err.code & 0xFF
  if code == CORRUPT or code == NOTADB then
    refuse(path, err.message:gsub("^" .. path:gsub("%p", "%%%0") .. ": ", ""))
  end
  error(err, 0)
end

-- A file without a version was given up while it was made, unless it knows of an effect: then the version was altered.
local function refuse_unborn(db, path)
  for _, found in ipairs(db:run "SELECT name FROM sqlite_schema WHERE name IN ('row','effect')") do
    if #db:run(("SELECT 1 FROM %s LIMIT 1"):format(found.name)) > 0 then
      refuse(path, "it says that it is empty, and is not")
    end
  end
  error(error_value.new { kind = "io", outcome = "none", empty = true,
    message = ("%s was given up while it was made: nothing is in it"):format(path) }, 0)
end

function M.check_version(db, path)
  local version = db:run("PRAGMA user_version")[1].user_version
  if version == 0 then
    refuse_unborn(db, path)
  elseif version > VERSION or version < 0 then
    error(error_value.new { kind = "io", outcome = "none", hint = "Go on with the beadle that made it.",
      message = ("%s has the form %d, and this beadle knows up to %d"):format(path, version, VERSION) }, 0)
  end
  migrate(db, version)
end

return M
