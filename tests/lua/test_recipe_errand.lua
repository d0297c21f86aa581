-- SPDX-License-Identifier: MIT
-- A recipe's run over rows as a durable run: what it keeps while it runs, what becomes of that, and how it goes on.
-- tests/cli/test_recipe_kill.sh kills runs.

local durable = require "beadle.durable"
local errand = require "beadle.recipe_errand"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local recipe = require "beadle.recipe"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal = test.describe, test.it, test.equal
local sample, rows_file, read_csv = console.sample, console.rows_file, console.read_csv

local keeps, create_journal, remove = errand.keeps, run_journal.create, runs.remove
local folder, first_candidates

local function create(row, more)
  return isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = more or "A", lst_nam = "B", psw = row.psw }
end

local function refusal()
  return error_value.new { kind = "rejected", message = "no", code = 301, outcome = "none" }
end

-- Rows up to that one are done, those behind it are refused.
local function done_up_to(count, change)
  change = change or {}
  change.row = function(row)
    console.seen[#console.seen + 1] = row
    if tonumber(row.ema:match "%d+") > count then
      error(refusal(), 0)
    end
    return { ema = row.ema, count = create(row).can_id + 0.5 }
  end
  return sample(change)
end

-- Candidates beyond those that the sandbox begins with.
local function created()
  return #sandbox.isograd.candidates() - first_candidates
end

-- What the one journal that there is says while a program has it: through the program's own run.
local function effects_of(key)
  return (durable.active().journal:effects(key))
end

-- As a program that is killed leaves its run: in the middle, and there.
local function killed()
  runs.remove = function() end
  durable.active().finish = function(self)
    self.state = "running"
    self:close()
  end
  error(error_value.new { kind = "cancelled", message = "killed" }, 0)
end

test.before_each(function()
  console.clean()
  sandbox.reset()
  first_candidates = #sandbox.isograd.candidates()
  folder = os.tmpname()
  os.remove(folder)
  runs.folder = function() return folder end
  errand.keeps = function() return true end
end)
test.after_each(function()
  errand.keeps = keeps
  run_journal.create, runs.remove = create_journal, remove
  console.clean()
  for _, entry in ipairs(fs.exists(folder) and fs.list(folder) or {}) do
    os.remove(folder .. "/" .. entry.name)
  end
  os.remove(folder)
end)

local function files() -- of runs
  return #fs.list(folder)
end

describe("while a row runs, its run", function()
  it("knows each request that changes something before it is sent, and what came of it", function()
    local first, second
    local result = console.run(sample { row = function(row)
      create(row)
      isograd.add_test { ema = row.ema, tst_frm_id = 101 }
      first = effects_of "line 2"
      sandbox.isograd.fault { kind = "lost request", operation = "send_registration_email", times = 3 }
      pcall(isograd.send_registration_email, { can_id = 4711, mai_tem_id = 7 })
      second = effects_of "line 2"
      return { ema = row.ema }
    end }, { "--rows", rows_file(1) })
    equal(#first, 2)
    equal(first[1].operation, "isograd.create_candidate")
    equal(first[2].state, "done")
    equal(second[3].operation, "isograd.send_registration_email")
    equal(result.status, 1)
  end)

  it("knows nothing of requests that only read", function()
    local count
    console.run(sample { row = function(row)
      isograd.get_test_status { pla_tst_id = 987654 }
      count = #effects_of "line 2"
      return { ema = row.ema }
    end }, { "--rows", rows_file(1) })
    equal(count, 0)
  end)

  it("knows those of tasks that the row has spawned, and of beadle.http", function()
    local known
    console.run(sample { row = function(row)
      beadle.async.spawn(function()
        pcall(beadle.http.post, "http://127.0.0.1:1/", { body = "x" })
        known = effects_of "line 2"
      end):wait()
      return { ema = row.ema }
    end }, { "--rows", rows_file(1) })
    equal(known[1].operation, "http.request")
  end)

  it("has no secrets, nor of the row", function()
    local path, kept = console.file "ema,psw\na@example.org,hunter2-hunter2\n", nil
    console.run(sample { params = { "isograd.create_candidate.ema", "isograd.create_candidate.psw" },
      row = function(row)
        create(row)
        kept = json.encode(durable.active().journal:row("line 2")) .. json.encode(effects_of("line 2"))
        return { ema = row.ema }
      end }, { "--rows", path })
    test.contains(kept, "create_candidate")
    test.contains(kept, "a@example.org")
    test.lacks(kept, "hunter2")
  end)

  it("keeps a request back when that cannot be written, and then no row begins", function()
    run_journal.create = function(...)
      local journal = create_journal(...)
      return setmetatable({ intent = function() error(error_value.new { kind = "io", message = "full" }, 0) end },
        { __index = journal })
    end
    local object = sample { row = function(row) create(row) end }
    local result = console.run(object, { "--rows", rows_file(20), "--concurrency", "1" })
    equal(result.error.kind, "io")
    equal(created(), 0)
    test.contains(result.err, "0 done, 1 failed, 19 not begun")
  end)

  it("is of no other recipe of the program", function()
    local inner
    console.run(sample { row = function(row)
      inner = console.run(sample(), { "--rows", rows_file(1) })
      return { ema = row.ema }
    end }, { "--rows", rows_file(1) })
    equal(inner.error.exit, 2)
    test.contains(inner.error, "one at a time")
  end)
end)

describe("at the end, a run", function()
  it("is removed when all was done", function()
    equal(console.run(done_up_to(3), { "--rows", rows_file(3) }).status, 0)
    equal(created(), 3)
    equal(files(), 0)
  end)

  it("is removed when rows failed, but none was kept from beginning", function()
    equal(console.run(done_up_to(2), { "--rows", rows_file(3) }).status, 1)
    equal(files(), 0)
  end)

  it("is removed when it was stopped and had sent nothing", function()
    console.run(done_up_to(0), { "--rows", rows_file(20) })
    equal(files(), 0)
  end)

  it("is removed when it was stopped and --failed has the rest", function()
    console.run(done_up_to(2), { "--rows", rows_file(20), "--failed", console.path ".csv" })
    equal(files(), 0)
  end)

  it("is removed when nobody wanted it after all", function()
    local object = done_up_to(3)
    object.spec.irreversible = "deletes %d candidate(s) for good"
    equal(console.run(object, { "--rows", rows_file(3) }, { ask = function() return "no" end }).error.kind, "cancelled")
    equal(files(), 0)
  end)

  it("stays when it was stopped and no file has the rest", function()
    local path = rows_file(20)
    local result = console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    local id = runs.list()[1].id
    test.contains(result.err, ("Run %s keeps what was done: --continue, or `beadle resume %s`"):format(id, id))
    local again = console.run(done_up_to(20), { "--rows", path })
    equal(again.error.exit, 2)
    test.contains(again.err, "Done: lines 2-3.\nFailed: lines 4-8.\nNot begun: lines 9-21.")
    test.contains(again.error, id)
    test.contains(again.error, "--continue")
    test.contains(again.error, "--forget begins anew")
    equal(created(), 2)
  end)

  it("stays, and is found again, under whatever name its rows go", function()
    local path = rows_file(20)
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    equal(console.run(done_up_to(20), { "--rows", (path:gsub("^/", "/./")) }).error.exit, 2)
    sandbox.reset()
    equal(console.run(done_up_to(20), { "--rows", rows_file(20) }).status, 0)
  end)

  it("stays when something is in doubt, whatever the files say", function()
    sandbox.isograd.fault { kind = "lost reply", operation = "send_registration_email", times = 3 }
    local path, failed = rows_file(2), console.path ".csv"
    local object = sample { row = function(row)
      local can_id = create(row).can_id
      isograd.add_test { ema = row.ema, tst_frm_id = 101 }
      isograd.send_registration_email { can_id = can_id, mai_tem_id = 7 }
      return { ema = row.ema }
    end }
    local result = console.run(object, { "--rows", path, "--failed", failed, "--concurrency", "1" })
    equal(result.status, 1)
    local id = runs.list()[1].id
    test.contains(result.err, "beadle resolve " .. id)
    equal(read_csv(failed)[1]["error.in_doubt"], "yes")
    equal(console.run(object, { "--rows", path }).error.exit, 2)
  end)
end)

describe("--continue", function()
  it("does what was not begun, and takes the rest as it was", function()
    local path, output, failed = rows_file(20), console.path ".csv", console.path ".csv"
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    console.seen = {}
    local given
    local object = done_up_to(20, { finish = function(results)
      given = results
    end })
    local result = console.run(object, { "--rows", path, "--continue", "--output", output, "--failed", failed })
    equal(result.status, 1)
    equal(#console.seen, 13)
    equal(created(), 15)
    test.contains(result.err, "15 done, 5 failed")
    equal(#given, 15)
    equal(given[1].result.count % 1, 0.5)
    equal(#read_csv(output), 15)
    local left = read_csv(failed)
    equal(#left, 5)
    equal(left[1]["error.code"], "301")
    equal(left[1]["error.in_doubt"], "")
    equal(files(), 0)
  end)

  it("tells rows apart that it did not come to, and forgets nothing of those that were done", function()
    local path, failed = rows_file(20), console.path ".csv"
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    local result = console.run(sample { row = function() error "a mistake" end },
      { "--rows", path, "--continue", "--concurrency", "1", "--failed", failed })
    test.contains(result.err, "2 done, 6 failed, 12 not begun")
    equal(#read_csv(failed), 18)
  end)

  it("sends nothing twice of a row that was in the middle", function()
    local path = rows_file(1)
    local broken = true
    local object = sample { row = function(row)
      local can_id = create(row).can_id
      if broken then
        killed()
      end
      return { ema = row.ema, count = can_id }
    end }
    console.run(object, { "--rows", path })
    broken, runs.remove = false, remove
    local result = console.run(object, { "--rows", path, "--continue" })
    equal(result.status, 0)
    equal(created(), 1)
    equal(files(), 0)
  end)

  it("does not take other parameters for the same, unless it is told to", function()
    local path, name, broken = rows_file(1), "Ada", true
    local object = sample { row = function(row)
      create(row, name)
      if broken then
        killed()
      end
      return { ema = row.ema }
    end }
    console.run(object, { "--rows", path })
    broken, name, runs.remove = false, "Augusta", remove
    local refused = console.run(object, { "--rows", path, "--continue" })
    equal(refused.status, 1)
    test.contains(refused.err, 'fst_nam: "Ada", and now "Augusta"')
    equal(created(), 1)
  end)

  it("is refused where nothing is to be continued", function()
    local result = console.run(sample(), { "--rows", rows_file(2), "--continue" })
    equal(result.error.exit, 2)
    equal(#console.seen, 0)
    equal(files(), 0)
  end)

  it("is refused in the sandbox inside the program, which keeps nothing", function()
    errand.keeps = keeps
    local path = rows_file(20)
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    equal(fs.exists(folder), false)
    local result = console.run(done_up_to(20), { "--rows", path, "--continue" })
    equal(result.error.exit, 2)
    test.contains(result.error, "sandbox inside the program")
  end)

  it("asks for the rows only that are left", function()
    local path, asked = rows_file(20), nil
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    local object = done_up_to(20)
    object.spec.irreversible = "deletes %d candidate(s) for good"
    console.run(object, { "--rows", path, "--continue" }, { ask = function(question)
      asked = question
      return "13"
    end })
    test.contains(asked, "This deletes 13 candidates for good.")
  end)

  it("wants the file as it was where rows are known by their lines, and else not", function()
    local path = rows_file(20)
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    fs.write(path, (fs.read(path):gsub("p20@", "q20@")))
    local result = console.run(done_up_to(20), { "--rows", path, "--continue" })
    test.contains(result.error, "was changed since")
    sandbox.reset()
    path = rows_file(20)
    console.run(done_up_to(2, { unique = { "ema" } }), { "--rows", path, "--concurrency", "1" })
    fs.write(path, (fs.read(path):gsub("p20@", "q20@")))
    result = console.run(done_up_to(20, { unique = { "ema" } }), { "--rows", path, "--continue" })
    test.contains(result.err, "15 done, 5 failed")
  end)
end)

describe("--forget", function()
  it("begins anew, and does once more what was done", function()
    local path = rows_file(20)
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    sandbox.reset()
    equal(console.run(done_up_to(20), { "--rows", path, "--forget" }).status, 0)
    equal(created(), 20)
    equal(files(), 0)
  end)
end)

describe("rows that a recipe finds itself", function()
  local function own_rows(count, last)
    return recipe {
      name = "own-rows", summary = "Creates", params = { { name = "tone", default = "warm", doc = "how" } },
      fields = { "ema", "note" }, columns = { "ema" },
      rows = function()
        local list = {}
        for index = 1, last do
          list[index] = { ema = ("p%d@example.org"):format(index), note = index }
        end
        return list
      end,
      row = function(row)
        console.seen[#console.seen + 1] = row
        if row.note > count then
          error(refusal(), 0)
        end
        create(row)
        return { ema = row.ema }
      end,
    }
  end

  it("are known again by their names", function()
    console.run(own_rows(2, 20), { "--concurrency", "1" })
    equal(console.run(own_rows(20, 21), {}).error.exit, 2)
    equal(console.run(own_rows(20, 21), { "--tone", "formal", "--check" }).status, 0)
    local result = console.run(own_rows(21, 21), { "--continue" })
    test.contains(result.err, "16 done, 5 failed")
    equal(created(), 16)
    equal(files(), 0)
  end)

  it("that have one name are told apart by all of them", function()
    local object = own_rows(2, 2)
    object.spec.rows = function()
      return { { ema = "p1@example.org", note = 1 }, { ema = "p1@example.org", note = 2 }, {} }
    end
    local keys = {}
    object.row = function(row)
      keys[#keys + 1] = durable.current().key
      return { ema = row.ema }
    end
    equal(console.run(object, { "--concurrency", "1" }).status, 0)
    equal(keys[1], 'p1@example.org {"ema":"p1@example.org","note":1}')
    equal(keys[2], 'p1@example.org {"ema":"p1@example.org","note":2}')
    equal(keys[3], " {}")
  end)
end)

test.run()
