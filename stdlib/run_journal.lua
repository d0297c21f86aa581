-- SPDX-License-Identifier: MIT
-- beadle.run_journal: what is known about one run, in one SQLite file that one process has at a time
-- (beadle.database). What a call has written is on the disk when it returns.
--
--   create { path =, meta = { ... }, note = } -> journal    open { path =, note = } -> journal
--       open { mend = true } takes what is whole but lacks its witness (FILE.lock), and makes a new one
--   peek { path = } -> { meta =, counts = }: of a run that nobody has      facts { path = } -> meta: the same unchecked
-- Raise an error of kind "io" when somebody has the file (and who), and when it is damaged: each row of a table has a
-- checksum, each table knows how many rows it has, and the number of commits is witnessed beside the file. A damaged
-- journal is refused as a whole: a row that is missing would be done twice. An error with `empty` set is that of a
-- journal that was given up while it was made: no effect was sent with it.
--
-- Texts are JSON as beadle.json writes it, without secrets; times are seconds since 1970.
--   journal:meta() -> table of values     journal:set_meta { name = value, ... }
--   journal:row(key) -> the row, or nil
--   journal:begin_row(key, { line =, cells = } [, known]) -> what was known before, or nil; `known` is that, or false,
--       where it was asked for already
--   journal:end_row(key, state, { result =, error =, wake_at = })   state: done, failed, in_doubt, parked, skipped
--   journal:effects(row) -> list          journal:effect(row, operation, key, occurrence) -> the effect, or nil
--   journal:intent(effect [, known]) -> effect   before it is sent; `known` is its record when there is one already
--   journal:outcome(effect, state, { answer =, error = })           state: done, failed, unknown, resolved
--   journal:outcome_later(...)            the same from where nothing can be waited for
--   journal:waits(row) -> list            journal:set_wait(row, kind, occurrence, value)
--   journal:rows_of(keys) -> list of those that are known
--   journal:spend_later(effect, unit, person, amount, had)   what an effect uses up (person "": of all); `had`: the
--                                         journal has this of the effect already, perhaps as 0, for it did not happen
--   journal:spent(unit, person) -> amount               journal:has_spent(effect, unit) -> amount or nil
--   journal:rows { state =, after =, limit = } -> list, by key      journal:unsettled(limit) -> list of effects
--   journal:counts() -> { rows = { by state }, effects = { by state } }
--   journal.counts_then                   these as they were when it was opened
--   journal.closed_then                   list of { from, to }: lines one after the other whose rows had come to an end
--                                         then and are not gone on with, where there are many
--   journal:check()                       all of it once more; raises when it is damaged
--   journal:close()

local database = require "beadle.database"
local error_value = require "beadle.error"
local json = require "beadle.json"
local time = require "beadle.time"

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

M.TABLES = TABLES -- for beadle.run_forget

local function keys_of(each)
  return table.concat(each, ",", 1, each.keys)
end

local function columns_of(each)
  return table.concat(each, ",")
end

-- ---------------------------------------------------------------------------------------------------
-- Schema

-- A count that triggers keep is part of the same transaction as the row.
local function schema()
  local statements = { "CREATE TABLE tally(name PRIMARY KEY,n) WITHOUT ROWID" }
  for _, each in ipairs(TABLES) do
    statements[#statements + 1] = ("CREATE TABLE %s(%s,sum,PRIMARY KEY(%s)) WITHOUT ROWID"):format(each.name,
      columns_of(each), keys_of(each))
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
local function build(db, put_meta)
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

local DAMAGED = "Nothing was changed. `beadle runs check RUN` says what is lost and what can be done."

local function refuse(path, what)
  error(error_value.new { kind = "io", outcome = "none", hint = DAMAGED, damaged = true,
    message = ("%s is damaged: %s"):format(path, what) }, 0)
end

local function check_schema(db, path)
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
local function check_table(db, path, each)
  local found = db:run(("SELECT count(*) n,count(CASE WHEN sum IS NOT beadle_sum(%s) THEN 1 END) wrong,"
    .. "beadle_ascends(%s) ascends,(SELECT n FROM tally WHERE name='%s') wanted%s FROM %s"):format(columns_of(each),
    keys_of(each), each.name, (each.counted and ",beadle_words(state) states" or "") .. (each.name == "row" and CLOSED
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

local function check(db, path)
  check_schema(db, path)
  check_pages(db, path)
  local counts, closed = {}, {}
  for _, each in ipairs(TABLES) do
    local ranges
    counts[each.name], ranges = check_table(db, path, each)
    for from, to in (ranges or ""):gmatch "(%d+)-(%d+)" do
      closed[#closed + 1] = { math.tointeger(from), math.tointeger(to) }
    end
  end
  return { rows = counts.row, effects = counts.effect }, closed
end

-- A disk that cannot be read now is no damage.
local function checked(db, path, fn)
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

local function check_version(db, path)
  local version = db:run("PRAGMA user_version")[1].user_version
  if version == 0 then
    refuse_unborn(db, path)
  elseif version > VERSION or version < 0 then
    error(error_value.new { kind = "io", outcome = "none", hint = "Go on with the beadle that made it.",
      message = ("%s has the form %d, and this beadle knows up to %d"):format(path, version, VERSION) }, 0)
  end
  migrate(db, version)
end

-- ---------------------------------------------------------------------------------------------------
-- Statements

local function places(from, to)
  local list = {}
  for index = from, to do
    list[#list + 1] = "?" .. index
  end
  return table.concat(list, ",")
end

-- The statement that writes a whole row: a new one, or, when `again`, in the place of one.
local function put_statement(each, again)
  local all = places(1, #each)
  return ("INSERT %sINTO %s(%s,sum) VALUES(%s,beadle_sum(%s))"):format(again and "OR REPLACE " or "", each.name,
    columns_of(each), all, all)
end

-- The statement that sets some columns of the row whose primary key comes first.
local function set_statement(each, names)
  local place, sets, sum, where = {}, {}, {}, {}
  for index, name in ipairs(names) do
    place[name] = "?" .. each.keys + index
    sets[index] = ("%s=%s"):format(name, place[name])
  end
  for index, name in ipairs(each) do
    sum[index] = place[name] or name
    if index <= each.keys then
      where[index] = ("%s=?%d"):format(name, index)
    end
  end
  return ("UPDATE %s SET %s,sum=beadle_sum(%s) WHERE %s"):format(each.name, table.concat(sets, ","),
    table.concat(sum, ","), table.concat(where, " AND "))
end

local function get_statement(each, behind)
  return ("SELECT %s FROM %s %s"):format(columns_of(each), each.name, behind)
end

local RUN, ROW, EFFECT, WAIT, SPENT = table.unpack(TABLES)
local PUT_META = "INSERT INTO run(name,value,sum) VALUES(?1,?2,beadle_sum(?1,?2)) ON CONFLICT(name) DO UPDATE SET "
  .. "value=?2,sum=beadle_sum(?1,?2)"
local PUT_WAIT = "INSERT INTO wait(row,kind,occurrence,value,sum) VALUES(?1,?2,?3,?4,beadle_sum(?1,?2,?3,?4)) ON "
  .. "CONFLICT(row,kind,occurrence) DO UPDATE SET value=?4,sum=beadle_sum(?1,?2,?3,?4)"
local PUT_ROW = put_statement(ROW)
local BEGIN_ROW = set_statement(ROW, { "line", "state", "cells", "wake_at", "began" })
local END_ROW = set_statement(ROW, { "state", "result", "error", "wake_at", "ended" })
local PUT_EFFECT = put_statement(EFFECT)
local SEND_AGAIN = set_statement(EFFECT, { "params", "params_hash", "before", "state", "sent_at", "attempts" })
local OUTCOME = set_statement(EFFECT, { "state", "ended_at", "answer", "error" })
local GET_ROW = get_statement(ROW, "WHERE key=?1")
local GET_ROWS = get_statement(ROW, "WHERE key>?1 AND (?2 IS NULL OR state=?2) ORDER BY key LIMIT ?3")
local GET_EFFECT = get_statement(EFFECT, "WHERE row=?1 AND operation=?2 AND key=?3 AND occurrence=?4")
local GET_EFFECTS = get_statement(EFFECT, "WHERE row=?1 ORDER BY sent_at")
local GET_UNSETTLED = get_statement(EFFECT, "WHERE state IN ('intent','unknown') ORDER BY row,sent_at LIMIT ?1")
local GET_ROWS_OF = get_statement(ROW, "WHERE key IN (SELECT value FROM json_each(?1))")
local PUT_SPENT = put_statement(SPENT)
local SET_SPENT = set_statement(SPENT, { "amount" })
local GET_SPENT = "SELECT sum(amount) n FROM spent WHERE unit=?1 AND person=?2"
local HAS_SPENT = get_statement(SPENT, "WHERE unit=?1 AND person='' AND row=?2 AND operation=?3 AND key=?4 AND "
  .. "occurrence=?5")
local GET_WAITS = get_statement(WAIT, "WHERE row=?1")

-- ---------------------------------------------------------------------------------------------------
-- The journal

local Journal = {}
Journal.__index = Journal
Journal.__name = "beadle.run_journal"

function Journal:meta()
  local values = {}
  for _, row in ipairs(self.db:run(get_statement(RUN, ""))) do
    values[row.name] = json.decode(row.value)
  end
  return values
end

-- From where nothing can be waited for.
function Journal:set_meta_later(values)
  for name, value in pairs(values) do
    self.db:post(PUT_META, name, json.encode(value))
  end
end

function Journal:set_meta(values)
  self:set_meta_later(values)
  self.db:run "SELECT 1" -- comes after them, in their transaction or a later one
end

function Journal:row(key)
  return self.db:run(GET_ROW, key)[1]
end

-- Does not wait for the disk: whatever of the row is written later comes after this.
function Journal:begin_row(key, facts, known)
  if known == nil then
    known = self:row(key)
  end
  if known then
    self.db:post(BEGIN_ROW, key, facts.line, "running", facts.cells, nil, time.now())
  else
    self.db:post(PUT_ROW, key, facts.line, "running", facts.cells, nil, nil, nil, time.now(), nil)
  end
  return known or nil
end

function Journal:end_row(key, state, facts)
  facts = facts or {}
  self.db:run(END_ROW, key, state, facts.result, facts.error, facts.wake_at, time.now())
end

-- From where nothing can be waited for.
function Journal:end_row_later(key, state, facts)
  self.db:post(END_ROW, key, state, facts.result, facts.error, facts.wake_at, time.now())
end

function Journal:effects(row)
  return self.db:run(GET_EFFECTS, row)
end

function Journal:effect(row, operation, key, occurrence)
  return self.db:run(GET_EFFECT, row, operation, key, occurrence)[1]
end

function Journal:unsettled(limit)
  return self.db:run(GET_UNSETTLED, limit)
end

-- answers(operation, key) -> list of the answers of all rows' effects that were done.
function Journal:answers(operation, key)
  local list = {}
  for _, found in ipairs(self.db:run("SELECT answer FROM effect WHERE operation=?1 AND key=?2 AND answer IS NOT NULL",
    operation, key)) do
    list[#list + 1] = found.answer
  end
  return list
end

function Journal:intent(effect, known)
  local now = time.now()
  if known then
    self.db:run(SEND_AGAIN, effect.row, effect.operation, effect.key, effect.occurrence, effect.params,
      effect.params_hash, effect.before, "intent", now, known.attempts + 1)
  else
    self.db:run(PUT_EFFECT, effect.row, effect.operation, effect.key, effect.occurrence, effect.effect, effect.probe,
      effect.params, effect.params_hash, effect.before, "intent", now, nil, 1, nil, nil)
  end
  effect.state, effect.sent_at, effect.attempts = "intent", now, known and known.attempts + 1 or 1
  return effect
end

local function outcome_values(effect, state, facts)
  effect.state = state
  return effect.row, effect.operation, effect.key, effect.occurrence, state, time.now(), facts.answer, facts.error
end

function Journal:outcome(effect, state, facts)
  self.db:run(OUTCOME, outcome_values(effect, state, facts))
end

function Journal:outcome_later(effect, state, facts)
  self.db:post(OUTCOME, outcome_values(effect, state, facts))
end

function Journal:waits(row)
  return self.db:run(GET_WAITS, row)
end

function Journal:set_wait(row, kind, occurrence, value)
  self.db:run(PUT_WAIT, row, kind, occurrence, json.encode(value))
end

function Journal:rows_of(keys)
  return self.db:run(GET_ROWS_OF, json.encode(json.array(keys)))
end

-- What an effect is about to use up is on the disk before its intent, which is written after it.
function Journal:spend_later(effect, unit, person, amount, had)
  self.db:post(had and SET_SPENT or PUT_SPENT, unit, person, effect.row, effect.operation, effect.key,
    effect.occurrence, amount)
end

function Journal:spent(unit, person)
  return self.db:run(GET_SPENT, unit, person)[1].n or 0
end

function Journal:has_spent(effect, unit)
  local found = self.db:run(HAS_SPENT, unit, effect.row, effect.operation, effect.key, effect.occurrence)[1]
  return found and found.amount
end

function Journal:rows(options)
  return self.db:run(GET_ROWS, options.after or "", options.state, options.limit or 1000)
end

function Journal:counts()
  local counts = {}
  for _, each in ipairs { { "row", "rows" }, { "effect", "effects" } } do
    local found = self.db:run(("SELECT beadle_words(state) states FROM %s"):format(each[1]))[1]
    counts[each[2]] = json.decode(found.states)
  end
  return counts
end

function Journal:check()
  check(self.db, self.path)
end

function Journal:close()
  self.db:close()
end

Journal.__close = Journal.close

-- ---------------------------------------------------------------------------------------------------
-- Opening

-- The database's own words begin with its path.
local function not_made(path, err)
  local why = err.message
  why = why:sub(1, #path + 2) == path .. ": " and why:sub(#path + 3) or why
  return error_value.new { kind = "io", outcome = "none", cause = err,
    message = ("%s cannot be made: %s"):format(path, why), hint = "Free space or mend the disk, then begin anew." }
end

function M.create(options)
  local db = database.open { path = options.path, create = true, note = options.note }
  local journal = setmetatable({ db = db, path = options.path }, Journal)
  local ok, err = pcall(build, db, function() journal:set_meta_later(options.meta or {}) end)
  if not ok then
    db:close()
    M.remove(options.path)
    error(error_value.is(err, "io") and not_made(options.path, err) or err, 0)
  end
  return journal
end

-- remove(path): a journal that nobody has, with what lies beside it.
function M.remove(path)
  for _, ending in ipairs { "-journal", "-wal", "-shm", "", ".lock" } do -- the lock last
    os.remove(path .. ending)
  end
end

local UNWITNESSED = "Put it back, or have all that is there looked through and a new one made by `beadle runs check "
  .. "RUN --repair`."

local function open_database(options)
  local ok, db = pcall(database.open, { path = options.path, note = options.note, examine = true, mend = options.mend })
  if ok then
    return db
  elseif error_value.is(db, "io") and (db.damaged or db.unwitnessed) then
    error(error_value.new { kind = "io", outcome = "none", message = db.message, damaged = db.damaged,
      unwitnessed = db.unwitnessed, hint = db.damaged and DAMAGED or UNWITNESSED }, 0)
  end
  error(db, 0)
end

function M.open(options)
  local db = open_database(options)
  local counts, closed
  checked(db, options.path, function()
    check_version(db, options.path)
    counts, closed = check(db, options.path)
  end)
  db:trust()
  return setmetatable({ db = db, path = options.path, counts_then = counts, closed_then = closed }, Journal)
end

function M.peek(options)
  local journal <close> = M.open { path = options.path, note = "looking at it" }
  return { meta = journal:meta(), counts = journal.counts_then }
end

-- The facts of a run alone: nothing else is looked at, for whoever goes on with the run checks it as a whole.
function M.facts(options)
  local db = database.open { path = options.path, note = "looking at it" }
  local journal <close> = setmetatable({ db = db, path = options.path }, Journal)
  local meta
  checked(db, options.path, function()
    check_version(db, options.path)
    check_schema(db, options.path)
    check_table(db, options.path, RUN)
    meta = journal:meta()
  end)
  return meta
end

return M
