-- SPDX-License-Identifier: MIT
-- What people and programs do to the files of a run: each is refused by name, nothing is changed by looking, and what
-- can be read is still shown.

local database = require "beadle.database"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local salvage = require "beadle.run_salvage"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local ENDINGS = { "", "-wal", ".lock" }
local FLIPS = tonumber(os.getenv "BEADLE_FLIPS") or 100

test.limit = 1200

local folder = os.tmpname()
os.remove(folder)
fs.make_folder(folder)
runs.folder = function() return folder end

test.after_each(function()
  for _, entry in ipairs(fs.list(folder)) do
    os.remove(folder .. "/" .. entry.name)
  end
end)

local function path_of(name)
  return ("%s/%s.sqlite"):format(folder, name)
end

local function fill(journal, first, last)
  for index = first, last do
    local key = ("p%03d@example.org"):format(index)
    journal:begin_row(key, { line = index, cells = '{"ema":"' .. key .. '"}' })
    journal:end_row(key, "done", { result = '{"n":' .. index .. "}" })
  end
end

local function files_of(name)
  local files = {}
  for _, ending in ipairs(ENDINGS) do
    local path = path_of(name) .. ending
    files[ending] = fs.exists(path) and fs.read(path) or nil
  end
  return files
end

local function put(name, files)
  for _, ending in ipairs(ENDINGS) do
    local path = path_of(name) .. ending
    os.remove(path)
    if files[ending] then
      fs.write(path, files[ending])
    end
  end
end

-- A run that came to its end.
local function closed(name, rows)
  local journal = run_journal.create { path = path_of(name), meta = { script = name } }
  fill(journal, 1, rows)
  journal:close()
  return files_of(name)
end

-- One that was killed: its last rows are in the log only.
local function killed(name, rows)
  closed(name, rows // 2)
  local journal = run_journal.open { path = path_of(name) }
  fill(journal, rows // 2 + 1, rows)
  local files = files_of(name)
  journal:close()
  put(name, files)
  return files
end

local function refusal(name)
  local ok, err = pcall(run_journal.open, { path = path_of(name) })
  if ok then
    err:close()
    error("it was opened", 2)
  end
  equal(err.kind, "io")
  return err
end

local WITNESS = 1536 -- bytes; behind them stands who has it

-- An empty log is none.
local function same_files(name, files)
  for _, ending in ipairs(ENDINGS) do
    local path = path_of(name) .. ending
    local now = fs.exists(path) and fs.read(path) or ""
    local before = files[ending] or ""
    if ending == ".lock" then
      now, before = now:sub(1, WITNESS), before:sub(1, WITNESS)
    end
    equal(ending .. (now == before and " is as it was" or " was changed"), ending .. " is as it was")
  end
end

local function refused_as(name, words, field)
  local files = files_of(name)
  local err = refusal(name)
  test.match(err.message, words)
  equal(err[field] == true, true)
  same_files(name, files)
  return err
end

describe("a run's journal", function()
  it("is not taken back to an older copy of itself", function()
    local old = closed("a", 10)
    local journal = run_journal.open { path = path_of "a" }
    fill(journal, 11, 12)
    journal:close()
    local new = files_of "a"
    put("a", { [""] = old[""], [".lock"] = new[".lock"] })
    refused_as("a", "it has %d+ commits, and had %d+", "damaged")
  end)

  it("whose log was deleted is refused", function()
    local files = killed("a", 20)
    put("a", { [""] = files[""], [".lock"] = files[".lock"] })
    refused_as("a", "it has %d+ commits, and had %d+", "damaged")
  end)

  it("with the log of another run is refused, and not mixed with it", function()
    local a, b = killed("a", 20), killed("b", 30)
    put("a", { [""] = a[""], ["-wal"] = b["-wal"], [".lock"] = a[".lock"] })
    refused_as("a", "its log or .* is of another one", "damaged")
    put("a", a)
    local journal <close> = run_journal.open { path = path_of "a" }
    equal(journal:counts().rows.done, 20)
  end)

  it("is not another run's", function()
    local a, b = closed("a", 20), closed("b", 30)
    put("a", { [""] = b[""], [".lock"] = a[".lock"] })
    refused_as("a", "is of another one", "damaged")
  end)

  it("that lost its witness is refused, and gets a new one when it is told to", function()
    local files = killed("a", 20)
    os.remove(path_of "a" .. ".lock")
    local err = refused_as("a", "%.lock is missing", "unwitnessed")
    test.match(err.hint, "%-%-repair")
    run_journal.open({ path = path_of "a", mend = true }):close()
    local journal <close> = run_journal.open { path = path_of "a" }
    equal(journal:counts().rows.done, 20)
    equal(#files[".lock"] > 0, true)
  end)

  it("that is damaged too gets no new witness", function()
    local files = closed("a", 20)
    local at = files[""]:find "p007@example.org"
    put("a", { [""] = files[""]:sub(1, at) .. "X" .. files[""]:sub(at + 2) })
    local ok, err = pcall(run_journal.open, { path = path_of "a", mend = true })
    equal(ok, false)
    equal(err.damaged, true)
    equal(fs.exists(path_of "a" .. ".lock"), false)
  end)

  it("with an empty witness is refused", function()
    local files = closed("a", 20)
    put("a", { [""] = files[""], [".lock"] = "" })
    refused_as("a", "%.lock is damaged", "unwitnessed")
  end)

  it("that is empty is refused, and not taken for one that was never made", function()
    local files = closed("a", 20)
    put("a", { [""] = "", [".lock"] = files[".lock"] })
    test.match(refusal("a").message, "it is empty")
    test.truthy(not refusal("a").empty)
  end)

  it("that is a link or a folder is refused", function()
    closed("b", 2)
    local files = closed("a", 2)
    os.remove(path_of "a")
    fs.make_folder(path_of "a")
    test.match(refusal("a").message, "it is no file")
    os.remove(path_of "a")
    put("a", files)
  end)

  it("is not made where one is, and that one stays", function()
    local files = closed("a", 20)
    local ok, err = pcall(run_journal.create, { path = path_of "a" })
    equal(ok, false)
    test.match(err.message, "File exists")
    same_files("a", files)
  end)

  it("is the same, or refused, whatever byte of its witness is altered", function()
    local files = killed("a", 20)
    local refused = 0
    for _ = 1, FLIPS do
      local lock, at = files[".lock"], math.random(#files[".lock"])
      put("a", files)
      fs.write(path_of "a" .. ".lock", lock:sub(1, at - 1) .. string.char(lock:byte(at) ~ math.random(255))
        .. lock:sub(at + 1))
      local ok, journal = pcall(run_journal.open, { path = path_of "a" })
      refused = refused + (ok and 0 or 1)
      if ok then
        equal(journal:counts().rows.done, 20)
        journal:close()
      end
    end
    test.truthy(refused < FLIPS // 2) -- two more places say the same
  end)
end)

describe("what is refused", function()
  local function keys(name, of)
    local _, journal = salvage.open(name, "a test")
    local _ <close> = journal
    local list, altered = {}, {}
    for record in journal:each(of) do
      list[#list + 1] = record.key
      altered[#altered + 1] = record.altered and record.key or nil
    end
    return list, altered, journal.found[of]
  end

  it("still shows its rows, and which are altered", function()
    local files = closed("a", 20)
    local at = files[""]:find('{"n":7}', 1, true)
    put("a", { [""] = files[""]:sub(1, at + 4) .. "8" .. files[""]:sub(at + 6), [".lock"] = files[".lock"] })
    equal(refusal("a").damaged, true)
    local list, altered, found = keys("a", "row")
    equal(#list, 20)
    same(altered, { "p007@example.org" })
    same(found, { had = 20, read = 20, altered = 1 })
  end)

  it("still shows what an older copy knows", function()
    local old = closed("a", 10)
    local journal = run_journal.open { path = path_of "a" }
    fill(journal, 11, 12)
    journal:close()
    put("a", { [""] = old[""], [".lock"] = files_of("a")[".lock"] })
    equal(#keys("a", "row"), 10)
  end)

  it("shows what is on both sides of a page that cannot be read", function()
    local files = closed("a", 600)
    local text = files[""]
    local page = (text:find "p300@example.org" - 1) // 4096
    local broken = text:sub(1, page * 4096) .. ("\0"):rep(4096) .. text:sub((page + 1) * 4096 + 1)
    put("a", { [""] = broken, [".lock"] = files[".lock"] })
    equal(refusal("a").damaged, true)
    local list, altered, found = keys("a", "row")
    equal(found.had, 600)
    test.truthy(#list > 500 and #list < 600)
    equal(#altered, 0)
    equal(list[1], "p001@example.org")
  end)
end)

describe("a database that is examined", function()
  it("writes nothing before it is trusted", function()
    local files = killed("a", 20)
    local db = database.open { path = path_of "a", examine = true }
    equal(db:run("SELECT count(*) n FROM row")[1].n, 20)
    db:close()
    same_files("a", files)
    run_journal.open({ path = path_of "a" }):close()
    equal(fs.exists(path_of "a" .. "-wal"), false)
  end)
end)

test.run()
os.remove(folder)
