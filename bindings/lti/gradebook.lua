-- SPDX-License-Identifier: MIT
-- beadle.lti.gradebook: one grade for each sourcedid, in a file that a spreadsheet or SQLite opens. What put and clear
-- have returned for is on the disk.
--
--   local book <close> = gradebook.open "grades.csv"                -- or grades.sqlite, grades.db
--   book:put { sourcedid = "s-1", learner = "Ada Lovelace", score = 0.742, message_id = "m-1" }
--   print(book:score "s-1")                                         --> 0.742
--
-- A row is { sourcedid, learner, score (0..1; nil: none, or cleared), received_at ("2026-01-15T09:00:00Z"),
-- message_id }. The same score again changes nothing, not even received_at. The database keeps each change in
-- grade_history too. A file that is there is gone on with; one that is something else is refused.

local async = require "beadle.async"
local csv = require "beadle.csv"
local envelope = require "beadle.lti.outcomes_envelope"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local lock = require "beadle.lock"
local sqlite = require "beadle.sqlite"
local time = require "beadle.time"

local M = {}

local COLUMNS = { "sourcedid", "learner", "score", "received_at", "message_id" }

local function fail(kind, message, hint)
  error(error_value.new { kind = kind, operation = "lti.gradebook", message = message, hint = hint,
    outcome = "none" }, 0)
end

local function check_text(value, name)
  if type(value) ~= "string" then
    fail("argument", ("the %s must be a text, not a %s"):format(name, type(value)))
  end
end

local function check_grade(grade)
  check_text(grade.sourcedid, "sourcedid")
  check_text(grade.learner, "learner")
  check_text(grade.message_id, "message_id")
  if type(grade.score) ~= "number" or not (grade.score >= 0 and grade.score <= 1) then
    fail("argument", ("the score must be from 0 to 1, not %s"):format(tostring(grade.score)))
  end
end

-- ---------------------------------------------------------------------------------------------------
-- A CSV file: written anew as a whole, and once for all changes that came while it was busy

local Csv = {}
Csv.__index = Csv

local function read_row(self, cells, line)
  local row = { sourcedid = cells.sourcedid, learner = cells.learner, received_at = cells.received_at,
    message_id = cells.message_id }
  if cells.score ~= "" then
    row.score = envelope.read_score(cells.score)
      or fail("decode", ("%s, line %d: \"%s\" is no score from 0 to 1"):format(self.path, line, cells.score))
  end
  if self.by_id[row.sourcedid] then
    fail("decode", ("%s, line %d: the sourcedid stands twice"):format(self.path, line))
  end
  self.list[#self.list + 1] = row
  self.by_id[row.sourcedid] = row
end

local function load(self)
  local reader <close> = csv.open(self.path, { delimiter = ",", encoding = "UTF-8" })
  if table.concat(reader.columns, ",") ~= table.concat(COLUMNS, ",") then
    fail("decode", ("%s is no gradebook: its columns are not %s"):format(self.path, table.concat(COLUMNS, ", ")),
      "Name a file that does not exist, or one that a gradebook has written.")
  end
  for cells, line in reader:rows() do
    read_row(self, cells, line)
  end
end

local function write(self)
  local writer = csv.writer(COLUMNS)
  for _, row in ipairs(self.list) do
    writer:add { sourcedid = row.sourcedid, learner = row.learner, received_at = row.received_at,
      message_id = row.message_id, score = row.score and envelope.score_text(row.score) }
  end
  fs.write(self.path, writer:text())
  self.formulas = writer.formulas
end

-- Returns when what is there now is on the disk. Tasks that are ready go first, so that their changes are written too.
local function flush(self, version)
  async.sleep(0)
  if self.written < version then
    local newest = self.version
    write(self) -- raises: then nothing counts as written, and whoever comes next writes it all
    self.written = newest
  end
end

local function change(self, row, score, message_id)
  self.version = self.version + 1
  row.score, row.message_id = score and score + 0.0, message_id
  row.received_at, row.version = time.iso(), self.version
end

function Csv:put(grade)
  check_grade(grade)
  local row = self.by_id[grade.sourcedid]
  local what = not row and "new" or row.score ~= grade.score and "changed" or "same"
  if not row then
    row = { sourcedid = grade.sourcedid, learner = grade.learner }
    self.list[#self.list + 1] = row
    self.by_id[row.sourcedid] = row
  end
  if what ~= "same" then
    change(self, row, grade.score, grade.message_id)
  end
  flush(self, row.version or 0) -- the same too: the first may not be on the disk yet
  return what
end

function Csv:clear(sourcedid, message_id)
  local row = self.by_id[sourcedid]
  if row and row.score then
    change(self, row, nil, message_id)
  end
  flush(self, row and row.version or 0)
  return row ~= nil
end

function Csv:score(sourcedid)
  local row = self.by_id[sourcedid]
  if row then
    flush(self, row.version or 0) -- nobody is told what may be lost
  end
  return row and row.score
end

function Csv:rows()
  return self.list
end

function Csv:close()
  if self.lock then
    self.lock:remove()
    self.lock = nil
  end
end

Csv.__close = Csv.close

local function open_csv(path)
  local self = setmetatable({ path = path, list = {}, by_id = {}, version = 0, written = 0, formulas = 0 }, Csv)
  self.lock = lock.open(path .. ".lock")
    or fail("conflict", ("%s is in use: another program is writing grades to it"):format(path))
  local ok, err = pcall(fs.exists(path) and load or write, self)
  if not ok then
    self:close()
    error(err, 0)
  end
  return self
end

-- ---------------------------------------------------------------------------------------------------
-- A database

local Database = {}
Database.__index = Database

local APPLICATION_ID = 0x62644C47 -- says whose file it is: SQLite, "PRAGMA application_id"
local VERSION = 1
local SCHEMA = {
  [[create table grades (sourcedid text primary key not null, learner text not null, score real,
    received_at text not null, message_id text not null) strict]],
  [[create table grade_history (id integer primary key, sourcedid text not null, learner text not null, score real,
    received_at text not null, message_id text not null) strict]],
  "create index grade_history_sourcedid on grade_history (sourcedid)",
  ("pragma application_id = %d"):format(APPLICATION_ID),
  ("pragma user_version = %d"):format(VERSION),
}

-- The first row, or nil.
local function first(db, ...)
  local next_row, _, _, _ <close> = db:rows(...)
  return next_row()
end

local function value_of(db, sql)
  return select(2, next(first(db, sql)))
end

local function prepare(db, path)
  if value_of(db, "select count(*) from sqlite_schema") == 0 then
    for _, statement in ipairs(SCHEMA) do
      db:exec(statement)
    end
  elseif value_of(db, "pragma application_id") ~= APPLICATION_ID or value_of(db, "pragma user_version") ~= VERSION then
    fail("decode", ("%s is a database of something else, or of another version of beadle"):format(path),
      "Name a file that does not exist, or one that a gradebook has written.")
  end
end

local function find(db, sourcedid)
  return first(db, "select * from grades where sourcedid = ?", sourcedid)
end

local function keep(db, row)
  db:exec([[insert into grades (sourcedid, learner, score, received_at, message_id)
    values (:sourcedid, :learner, :score, :received_at, :message_id)
    on conflict (sourcedid) do update set score = excluded.score, received_at = excluded.received_at,
      message_id = excluded.message_id]], row)
  db:exec([[insert into grade_history (sourcedid, learner, score, received_at, message_id)
    values (:sourcedid, :learner, :score, :received_at, :message_id)]], row)
end

function Database:put(grade)
  check_grade(grade)
  return self.db:transaction(function()
    local row = find(self.db, grade.sourcedid)
    if row and row.score == grade.score then
      return "same"
    end
    keep(self.db, { sourcedid = grade.sourcedid, learner = row and row.learner or grade.learner,
      score = grade.score + 0.0, message_id = grade.message_id, received_at = time.iso() })
    return row and "changed" or "new"
  end)
end

function Database:clear(sourcedid, message_id)
  return self.db:transaction(function()
    local row = find(self.db, sourcedid)
    if row and row.score then
      row.score, row.message_id, row.received_at = nil, message_id, time.iso()
      keep(self.db, row)
    end
    return row ~= nil
  end)
end

function Database:score(sourcedid)
  local row = find(self.db, sourcedid)
  return row and row.score
end

function Database:rows()
  local list = {}
  for row in self.db:rows "select * from grades order by rowid" do
    list[#list + 1] = row
  end
  return list
end

function Database:close()
  self.db:close()
end

Database.__close = Database.close

local function open_database(path)
  local db = sqlite.open(path)
  local ok, err = pcall(db.transaction, db, prepare, db, path)
  if not ok then
    db:close()
    error(err, 0)
  end
  return setmetatable({ path = path, db = db, formulas = 0 }, Database)
end

-- ---------------------------------------------------------------------------------------------------

-- open(path) -> book. The ending decides: .csv, or .sqlite, .sqlite3 and .db. Both are for their owner's eyes only.
-- A CSV file has one writer at a time (conflict), a database as many as like.
-- book:put { sourcedid, learner, score, message_id } -> "new", "changed" or "same"; book:clear(sourcedid, message_id)
-- -> whether there is such a row; book:score(sourcedid) -> score or nil; book:rows() -> list; book:close().
-- book.formulas: cells of the CSV file that a spreadsheet would calculate.
function M.open(path)
  check_text(path, "path")
  local ending = path:lower():match "%.(%w+)$"
  if ending == "csv" then
    return open_csv(path)
  elseif ending == "sqlite" or ending == "sqlite3" or ending == "db" then
    return open_database(path)
  end
  return fail("argument", ("%s: the file must end with .csv, .sqlite or .db"):format(path))
end

return M
