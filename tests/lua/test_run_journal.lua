-- SPDX-License-Identifier: MIT
-- beadle.database and beadle.run_journal: nothing that was written is lost without being missed.
-- BEADLE_FLIPS: how many bytes are altered, one at a time.

local async = require "beadle.async"
local database = require "beadle.database"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local CUTS = 200
local FLIPS = tonumber(os.getenv "BEADLE_FLIPS") or 250
local ENDINGS = { "", "-wal", ".lock" }

test.limit = 600

local paths = {}

local function fresh_path()
  local path = os.tmpname()
  os.remove(path)
  paths[#paths + 1] = path
  return path
end

test.after_each(function()
  for _, path in ipairs(paths) do
    for _, ending in ipairs { "", "-wal", ".lock", "-journal", "-shm" } do
      os.remove(path .. ending)
    end
  end
  paths = {}
end)

local function snapshot(path)
  local files = {}
  for _, ending in ipairs(ENDINGS) do
    files[ending] = fs.exists(path .. ending) and fs.read(path .. ending) or nil
  end
  return files
end

-- fs.write makes a file for its owner only, and waits for the disk; what comes after need not.
local function put(path, files)
  for _, ending in ipairs(ENDINGS) do
    if not files[ending] then
      os.remove(path .. ending)
    elseif not fs.exists(path .. ending) then
      fs.write(path .. ending, files[ending])
    else
      local file <close> = assert(io.open(path .. ending, "wb"))
      file:write(files[ending])
    end
  end
end

local function fill(journal, first, last)
  for index = first, last do
    local key = ("p%03d@example.org"):format(index)
    journal:begin_row(key, { line = index, cells = '{"ema":"' .. key .. '"}' })
    local effect = journal:intent { row = key, operation = "works.create", key = '{"ema":"' .. key .. '"}',
      occurrence = 1, effect = "create", probe = "repeat", params = '{"ema":"' .. key .. '"}', params_hash = "h" }
    journal:outcome(effect, "done", { answer = '{"can_id":' .. index .. "}" })
    journal:set_wait(key, "sleep", 1, { at = index })
    journal:end_row(key, "done", { result = "{}" })
  end
end

-- All that it knows, as a text.
local function dump(journal)
  local parts = {}
  for _, name in ipairs { "run", "row", "effect", "wait" } do
    for _, row in ipairs(journal.db:run("SELECT * FROM " .. name)) do
      local names = {}
      for column in pairs(row) do
        names[#names + 1] = column
      end
      table.sort(names)
      for _, column in ipairs(names) do
        parts[#parts + 1] = column .. "=" .. tostring(row[column])
      end
    end
  end
  return table.concat(parts, "\n")
end

-- Opens what lies there: true when it is refused, else whether it is all that was written.
local function refused_or_whole(path, whole)
  local ok, journal = pcall(run_journal.open, { path = path })
  if not ok then
    equal(journal.kind, "io")
    test.match(tostring(journal), path:gsub("%p", "%%%0"))
    return true, true
  end
  local same = dump(journal) == whole
  journal:close()
  return false, same
end

local function damaged(files, ending, change)
  local copy = {}
  for name, text in pairs(files) do
    copy[name] = name == ending and change(text) or text
  end
  return copy
end

local function try_cuts(files, whole, ending)
  local path, refused = fresh_path(), 0
  local size = #files[ending]
  for index = 0, CUTS - 1 do
    put(path, damaged(files, ending, function(text) return text:sub(1, size * index // CUTS) end))
    local is_refused, same = refused_or_whole(path, whole)
    test.truthy(same, ("cut after %d bytes of %d, and rows are missing"):format(size * index // CUTS, size))
    refused = refused + (is_refused and 1 or 0)
  end
  return refused
end

local function try_flips(files, whole, ending)
  local path, refused = fresh_path(), 0
  local size = #files[ending]
  for _ = 1, FLIPS do
    local at, bits = math.random(size), math.random(255)
    put(path, damaged(files, ending, function(text)
      return text:sub(1, at - 1) .. string.char(text:byte(at) ~ bits) .. text:sub(at + 1)
    end))
    local is_refused, same = refused_or_whole(path, whole)
    test.truthy(same, ("byte %d of %d altered by %d, and nobody noticed"):format(at, size, bits))
    refused = refused + (is_refused and 1 or 0)
  end
  return refused
end

local function closed()
  local path = fresh_path()
  local journal = run_journal.create { path = path, meta = { script = "a.lua" } }
  fill(journal, 1, 60)
  local whole = dump(journal)
  journal:close()
  return snapshot(path), whole, path
end

-- Of a program that was killed: all lies in the log.
local function left_open()
  local path = fresh_path()
  local journal = run_journal.create { path = path, meta = { script = "a.lua" } }
  fill(journal, 1, 30)
  local files, whole = snapshot(path), dump(journal)
  journal:close()
  return files, whole
end

describe("a journal", function()
  it("comes back as it was", function()
    local files, whole = closed()
    local path = fresh_path()
    put(path, files)
    local is_refused, same = refused_or_whole(path, whole)
    equal(is_refused, false)
    equal(same, true)
    files, whole = left_open()
    test.truthy(#files["-wal"] > 100000)
    put(path, files)
    is_refused, same = refused_or_whole(path, whole)
    equal(is_refused, false)
    equal(same, true)
  end)

  it("that is cut is refused", function()
    local files, whole = closed()
    test.truthy(try_cuts(files, whole, "") > CUTS * 0.95)
  end)

  it("whose log is cut is refused", function()
    local files, whole = left_open()
    test.truthy(try_cuts(files, whole, "-wal") > CUTS * 0.95)
  end)

  it("with an altered byte is refused, or as good as before", function()
    local files, whole = closed()
    test.truthy(try_flips(files, whole, "") > FLIPS // 20)
  end)

  it("with an altered byte in its log is refused, or as good as before", function()
    local files, whole = left_open()
    test.truthy(try_flips(files, whole, "-wal") > FLIPS // 20)
  end)

  it("that lacks a row is refused with what is missing", function()
    local _, _, path = closed()
    local db = database.open { path = path }
    db:run "DROP TRIGGER effect_delete"
    db:run "DELETE FROM effect WHERE row='p007@example.org'"
    db:close()
    local ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    test.match(err.message, "tables are missing")
    db = database.open { path = path }
    db:run [[CREATE TRIGGER effect_delete AFTER DELETE ON effect BEGIN UPDATE tally SET n=n-1 WHERE name='effect'; END]]
    db:close()
    ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    test.match(err.message, "the table effect has 59 rows and had 60")
  end)

  it("that says that it was never made, and knows of effects, is damaged", function()
    local _, _, path = closed()
    local db = database.open { path = path }
    db:run "PRAGMA user_version=0"
    db:close()
    local ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    equal(err.empty, nil)
    test.match(err.message, "it says that it is empty, and is not")
  end)

  it("that was given up while it was made says so, at whatever moment", function()
    local path = fresh_path()
    database.open({ path = path, create = true }):close()
    local ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    equal(err.empty, true)
    test.match(err.message, "was given up while it was made")
    local db = database.open { path = path }
    db:run "CREATE TABLE effect(row)"
    db:close()
    ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    equal(err.empty, true)
    fs.write(path, "") -- before the first page of it
    ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    equal(err.empty, true)
  end)

  it("of a later form is left alone", function()
    local _, _, path = closed()
    local db = database.open { path = path }
    db:run "PRAGMA user_version=99"
    db:close()
    test.raises("io", run_journal.open, { path = path })
  end)

  it("that others may read is refused", function()
    local _, _, path = closed()
    fs.write(path, fs.read(path), { shared = true })
    local ok, err = pcall(run_journal.open, { path = path })
    equal(ok, false)
    test.match(err.message, "others than you")
  end)
end)

describe("a database", function()
  local function open()
    return database.open { path = fresh_path(), create = true, note = "a test" }
  end

  it("puts what is asked for at once into few transactions", function()
    local db <close> = open()
    db:run "CREATE TABLE t(k PRIMARY KEY)"
    local before = db:run("SELECT n FROM commits")[1].n
    async.scope(function()
      for index = 1, 500 do
        async.spawn(db.run, db, "INSERT INTO t VALUES(?)", index)
      end
    end)
    equal(db:run("SELECT count(*) n FROM t")[1].n, 500)
    test.truthy(db:run("SELECT n FROM commits")[1].n - before < 50)
  end)

  it("carries the others out when one breaks a rule", function()
    local db <close> = open()
    db:run "CREATE TABLE t(k PRIMARY KEY)"
    local failed = 0
    async.scope(function()
      for _ = 1, 2 do
        for index = 1, 20 do
          async.spawn(function()
            local ok, err = pcall(db.run, db, "INSERT INTO t VALUES(?)", index)
            failed = failed + (not ok and err.kind == "conflict" and 1 or 0)
          end)
        end
      end
    end)
    equal(failed, 20)
    equal(db:run("SELECT count(*) n FROM t")[1].n, 20)
  end)

  it("carries out what a cancelled task had asked for", function()
    local db <close> = open()
    db:run "CREATE TABLE t(k PRIMARY KEY)"
    local tasks = {}
    for index = 1, 50 do
      tasks[index] = async.spawn(pcall, db.run, db, "INSERT INTO t VALUES(?)", index)
    end
    async.sleep(0)
    for _, each in ipairs(tasks) do
      each:cancel()
    end
    equal(db:run("SELECT count(*) n FROM t")[1].n, 50)
  end)

  it("that is full does nothing more, and loses nothing of before", function()
    local path = fresh_path()
    local db = database.open { path = path, create = true }
    db:run "CREATE TABLE t(k PRIMARY KEY, v)"
    db:run("INSERT INTO t VALUES(0,'')")
    db:run "PRAGMA max_page_count=8"
    local done, full = 0, nil
    for index = 1, 100 do
      local ok, err = pcall(db.run, db, "INSERT INTO t VALUES(?,?)", index, ("x"):rep(2000))
      if not ok then
        full = full or err
      else
        equal(full, nil)
        done = done + 1
      end
    end
    equal(full.kind, "io")
    test.match(full.message, "full")
    test.raises("io", db.run, db, "SELECT 1")
    db:close()
    db = database.open { path = path }
    equal(db:run("SELECT count(*) n FROM t")[1].n, done + 1)
    db:close()
  end)

  it("names who has it", function()
    local path = fresh_path()
    local db <close> = database.open { path = path, create = true, note = "enrolling" }
    equal(database.holder(path):match "^process %d+ on .*: enrolling$" ~= nil, true)
    local ok, err = pcall(database.open, { path = path })
    equal(ok, false)
    test.match(err.message, "is in use by process %d+ on .*: enrolling$")
    db:close()
    equal(database.holder(path), nil)
  end)
end)

describe("what is over", function()
  it("is told by its lines, where there are many one after the other", function()
    local path = fresh_path()
    local journal = run_journal.create { path = path }
    local function row(line, state, facts)
      journal:begin_row(("r%d"):format(line), { line = line }, false)
      if state then
        journal:end_row_later(("r%d"):format(line), state, facts or {})
      end
    end
    for line = 2, 400 do
      row(line, line % 3 == 0 and "skipped" or "done")
    end
    row(401, "failed", { error = '{"kind":"timeout","outcome":"unknown"}' })
    for line = 402, 550 do
      row(line, "failed", { error = '{"kind":"rejected","outcome":"none"}' })
    end
    row(551)
    for line = 552, 600 do
      row(line, "done")
    end
    journal:close()
    local again <close> = run_journal.open { path = path }
    local list = again.closed_then
    equal(#list, 2)
    equal(table.concat(list[1], "-"), "2-400")
    equal(table.concat(list[2], "-"), "402-550")
  end)

  it("is counted when it is opened", function()
    local path = fresh_path()
    local journal = run_journal.create { path = path }
    fill(journal, 1, 10)
    journal:begin_row("another", { line = 99 }, false)
    journal:set_meta {}
    local counts = journal:counts()
    journal:close()
    local again <close> = run_journal.open { path = path }
    equal(again.counts_then.rows.running, counts.rows.running)
    equal(again.counts_then.effects.done, counts.effects.done)
    equal(counts.effects.done ~= nil, true)
  end)
end)

describe("the text of a value", function()
  local text = database.text

  it("is the same for equal values", function()
    equal(text { b = 1, a = { 1, "x", true }, ["c d"] = 0.5 }, '{"a":[1,"x",true],"b":1,"c d":0.5}')
    equal(text {}, "{}")
    equal(text(require("beadle.json").array {}), "[]")
  end)

  it("leaves out what is no data, and says where a secret was", function()
    equal(text { a = print, b = io.stdout, c = 0 / 0, d = require("beadle.json").null },
      '{"b":"[secret]","c":null,"d":null}')
  end)

  it("keeps bytes that are no text", function()
    equal(text "\xff\0", '{"$bytes":"ff00"}')
    equal(text { a = "\xc3\xa9" }, '{"a":"\xc3\xa9"}')
  end)

  it("is refused for a table within itself", function()
    local wrong = {}
    wrong.wrong = wrong
    test.raises("argument", function() text(wrong) end)
  end)

  it("has many names in order", function()
    local value, names = {}, {}
    for index = 1, 200 do
      local name = ("n%03d"):format(index * 7 % 200)
      value[name] = index
      names[#names + 1] = name
    end
    table.sort(names)
    local at = 1
    for name in text(value):gmatch '"(n%d+)":' do
      equal(name, names[at])
      at = at + 1
    end
    equal(at, 201)
  end)
end)

test.run()
