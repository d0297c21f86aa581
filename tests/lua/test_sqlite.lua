-- SPDX-License-Identifier: MIT
-- beadle.sqlite: values there and back, one statement at a time, errors, locks, and what a file may be.

local console = require "recipe_console"
local fs = require "beadle.fs"
local sqlite = require "beadle.sqlite"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function rows(db, ...)
  local list = {}
  for row in db:rows(...) do
    list[#list + 1] = row
  end
  return list
end

local function fresh()
  local path = console.path ".sqlite"
  local db = sqlite.open(path)
  db:exec "create table t (id integer primary key, name text unique, value)"
  return db, path
end

test.after_each(console.clean)

describe("a value", function()
  it("comes back as it was", function()
    local db <close> = fresh()
    for index, value in ipairs { 0, -1, math.maxinteger, math.mininteger, 0.5, 1 / 3, -1e300, 1 / 0, "", "é\u{1F600}",
      "0042", "a'b\"; drop table t; --", "\0\1\xFF", "\xED\xA0\x80", ("x"):rep(100000) } do
      equal(db:exec("insert into t (id, value) values (?, ?)", index, value), 1)
      equal(rows(db, "select value from t where id = ?", index)[1].value, value)
    end
  end)

  it("that is nil is null, and a boolean a number", function()
    local db <close> = fresh()
    db:exec("insert into t values (?, ?, ?)", 1, nil, true)
    db:exec("insert into t values (?, ?, ?)", 2, nil, nil)
    test.same(rows(db, "select * from t order by id"), { { id = 1, value = 1 }, { id = 2 } })
    equal(#rows(db, "select id from t where value is null"), 1)
  end)

  it("may have a name", function()
    local db <close> = fresh()
    db:exec("insert into t values (:id, :name, :value)", { id = 1, name = "a" })
    test.same(rows(db, "select * from t where name = :name or id = :id", { name = "a" }), { { id = 1, name = "a" } })
    test.contains(test.raises("argument", db.exec, db, "insert into t values (:id, null, null)", { it = 1 }).message,
      "no :it")
  end)

  it("that cannot be kept is refused", function()
    local db <close> = fresh()
    for _, value in ipairs { {}, print, io.stdout, 0 / 0 } do
      test.raises("argument", db.exec, db, "insert into t (id, value) values (?, ?)", 1, value)
    end
    test.raises("argument", db.exec, db, "insert into t (id) values (?)")
    test.raises("argument", db.exec, db, "insert into t (id) values (?)", 1, 2)
    equal(#rows(db, "select * from t"), 0)
  end)
end)

describe("a statement", function()
  it("tells how many rows it changed", function()
    local db <close> = fresh()
    equal(db:exec "insert into t (id) values (1), (2), (3)", 3)
    equal(db:exec "update t set value = 7 where id > 1", 2)
    equal(db:exec "select * from t", 0)
    equal(db:exec "delete from t where id = 9", 0)
    equal(db:exec "create table u (x)", 0)
    equal(db:exec "delete from t", 3)
  end)

  it("stands alone", function()
    local db <close> = fresh()
    local err = test.raises("argument", db.exec, db, "delete from t; drop table t")
    test.contains(err.message, "one statement")
    equal(db:exec "delete from t ; \n", 0)
    test.raises("argument", db.exec, db, "")
    test.raises("argument", db.exec, db, "-- nothing")
    test.raises(nil, db.exec, db, "delete from t\0 where id = 1")
  end)

  it("that is wrong raises what SQLite says", function()
    local db <close>, path = fresh()
    local err = test.raises("argument", db.exec, db, "insret into t")
    test.contains(err.message, "syntax error")
    test.contains(err.message, path)
    test.raises("argument", db.exec, db, "select * from nowhere")
    test.raises("argument", db.exec, db, "select \"a text\"") -- not a name: it is none of SQLite's texts either
    db:exec("insert into t (name) values (?)", "a")
    err = test.raises("conflict", db.exec, db, "insert into t (name) values (?)", "a")
    test.contains(err.message, "UNIQUE")
    equal(err.code, 2067)
    equal(db:exec("insert into t (name) values (?)", "b"), 1)
  end)

  it("reaches no other file and loads no code", function()
    local db <close> = fresh()
    local other = console.path ".sqlite"
    for _, sql in ipairs { "attach '" .. other .. "' as o", "select load_extension('x')", "pragma writable_schema = on",
      "select readfile('/etc/passwd')" } do
      pcall(db.exec, db, sql)
    end
    equal(fs.exists(other), false)
    test.raises("argument", db.exec, db, "attach '" .. other .. "' as o")
    test.raises("argument", db.exec, db, "select load_extension('x')")
    test.raises(nil, db.exec, db, "update sqlite_schema set sql = 'x'")
  end)
end)

describe("rows", function()
  it("come one at a time, and the loop may end early", function()
    local db <close> = fresh()
    db:exec "insert into t (id) values (1), (2), (3)"
    local count = 0
    for row in db:rows "select id from t order by id" do
      count = count + 1
      if row.id == 2 then
        break
      end
    end
    equal(count, 2)
    equal(db:exec "drop table t", 0) -- which a statement that is not over would not let
  end)

  it("end with an error inside the loop", function()
    local db <close> = fresh()
    db:exec "insert into t (id) values (1), (2)"
    test.raises(nil, function()
      for _ in db:rows "select * from t" do
        error "no"
      end
    end)
    equal(db:exec "drop table t", 0)
  end)

  it("have no two columns of one name", function()
    local db <close> = fresh()
    test.contains(test.raises("argument", db.rows, db, "select 1 as a, 2 as a").message, "two columns")
    test.same(rows(db, "select 1 as a, 2 as b"), { { a = 1, b = 2 } })
  end)

  it("raise when the database is closed meanwhile", function()
    local db = fresh()
    db:exec "insert into t (id) values (1), (2)"
    test.raises(nil, function()
      for _ in db:rows "select * from t" do
        db:close()
      end
    end)
  end)
end)

describe("a transaction", function()
  it("is kept as a whole", function()
    local db <close> = fresh()
    local a, b = db:transaction(function(first, second)
      db:exec("insert into t (id) values (?)", first)
      db:exec("insert into t (id) values (?)", second)
      return first, second
    end, 1, 2)
    equal(a + b, 3)
    equal(#rows(db, "select * from t"), 2)
  end)

  it("leaves nothing when it fails", function()
    local db <close> = fresh()
    test.raises("conflict", db.transaction, db, function()
      db:exec("insert into t (name) values (?)", "a")
      db:exec("insert into t (name) values (?)", "a")
    end)
    local ok, err = pcall(db.transaction, db, function()
      db:exec("insert into t (name) values (?)", "a")
      error("mine", 0)
    end)
    equal(ok, false)
    equal(err, "mine")
    equal(#rows(db, "select * from t"), 0)
    equal(db:transaction(function() return db:exec("insert into t (name) values (?)", "a") end), 1)
  end)

  it("cannot wait, begin twice, or be closed", function()
    local async = require "beadle.async"
    local db = fresh()
    test.raises(nil, db.transaction, db, function() async.sleep(0) end)
    test.raises("argument", db.transaction, db, function() db:transaction(print) end)
    test.raises("argument", db.transaction, db, function() db:close() end)
    test.raises(nil, db.exec, db, "select 1")
  end)
end)

describe("a file", function()
  it("keeps what was written", function()
    local db, path = fresh()
    db:exec("insert into t (id, name) values (?, ?)", 1, "a")
    db:close()
    db:close()
    local again <close> = sqlite.open(path)
    equal(rows(again, "select name from t")[1].name, "a")
  end)

  it("that is no database, or a folder, is refused", function()
    test.raises("decode", sqlite.open, console.file(("no database "):rep(100), ".sqlite"))
    test.contains(test.raises("io", sqlite.open, "/tmp").message, "it is no file")
    test.contains(test.raises("io", sqlite.open, "/nowhere/x.sqlite").message, "No such file")
  end)

  it("has a name, not an address", function()
    local name = ("file:beadle-%d?mode=memory"):format(os.time())
    local db = sqlite.open(name)
    db:exec "create table t (x)"
    db:close()
    equal(fs.exists(name), true)
    os.remove(name)
  end)

  it("that somebody else has locked is said so, and may be tried again", function()
    local db <close>, path = fresh()
    local other <close> = sqlite.open(path)
    db:exec "begin immediate"
    local err = test.raises("io", other.exec, other, "insert into t (id) values (1)")
    equal(err.retryable, true)
    test.contains(err.message, "locked")
    db:exec "commit"
    equal(other:exec "insert into t (id) values (1)", 1)
  end)
end)

test.run()
