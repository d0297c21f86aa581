-- SPDX-License-Identifier: MIT
-- What a recipe's run keeps while it runs, and what becomes of it. tests/cli/test_recipe_kill.sh kills runs.

local error_value = require "beadle.error"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local native = require "beadle.journal"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal = test.describe, test.it, test.equal
local sample, rows_file, read_csv = console.sample, console.rows_file, console.read_csv

local function create(row)
  return isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = "A", lst_nam = "B", psw = row.psw }
end

-- Rows up to that one are done, those behind it are refused.
local function done_up_to(count)
  return sample { row = function(row)
    console.seen[#console.seen + 1] = row
    if tonumber(row.ema:match "%d+") > count then
      error(error_value.new { kind = "rejected", message = "no", code = 301, outcome = "none" }, 0)
    end
    return { ema = row.ema, count = 0.5 }
  end }
end

local function lines_of(path)
  local lines = {}
  for line in fs.read(path .. ".beadle-run"):gmatch "[^\n]+" do
    lines[#lines + 1] = json.decode(line)
  end
  return lines
end

test.before_each(function()
  console.clean()
  sandbox.reset()
end)
test.after_each(console.clean)

describe("while a row runs, its journal", function()
  it("says that a request that changes something is about to be sent, and what was done before", function()
    local path, kept = rows_file(1), nil
    local result = console.run(sample { row = function(row, context)
      create(row)
      context.did "candidate created"
      local test_id = isograd.add_test { ema = row.ema, tst_frm_id = 101 }.pla_tst_id
      kept = lines_of(path)
      return { ema = row.ema, count = test_id }
    end }, { "--rows", path })
    equal(result.status, 0)
    equal(kept[1].recipe, "sample")
    equal(kept[1].profile, "sandbox")
    test.same(kept[2], { line = 2, call = "isograd.create_candidate", before = {} })
    test.same(kept[3], { line = 2, call = "isograd.add_test", before = { "candidate created" } })
    equal(kept[4], nil)
  end)

  it("says so before it is sent", function()
    local path = rows_file(1)
    sandbox.isograd.fault { kind = "lost request", operation = "create_candidate", times = 3 }
    local kept
    console.run(sample { row = function(row)
      local ok = pcall(create, row)
      kept = not ok and lines_of(path)
      return { ema = row.ema }
    end }, { "--rows", path })
    equal(kept[2].call, "isograd.create_candidate")
  end)

  it("says nothing of requests that only read", function()
    local path, kept = rows_file(1), nil
    console.run(sample { row = function(row)
      isograd.get_test_status { pla_tst_id = 987654 }
      kept = fs.read(path .. ".beadle-run")
      return { ema = row.ema }
    end }, { "--rows", path })
    equal(kept, "")
  end)

  it("says it of tasks that the row has spawned, and of beadle.http", function()
    local path, kept = rows_file(1), nil
    console.run(sample { row = function(row)
      beadle.async.spawn(function()
        pcall(beadle.http.post, "http://127.0.0.1:1/", { body = "x" })
        kept = lines_of(path)
      end):wait()
      return { ema = row.ema }
    end }, { "--rows", path })
    equal(kept[2].call, "http.request")
  end)

  it("has no secrets", function()
    local path, kept = console.file "ema,psw\na@example.org,hunter2-hunter2\n", nil
    console.run(sample { params = { "isograd.create_candidate.ema", "isograd.create_candidate.psw" },
      row = function(row)
        create(row)
        kept = fs.read(path .. ".beadle-run")
        return { ema = row.ema }
      end }, { "--rows", path })
    test.contains(kept, "create_candidate")
    test.lacks(kept, "hunter2")
  end)

  it("keeps a request back when it cannot be written", function()
    local open = native.open
    native.open = function(...)
      local file = open(...)
      return setmetatable({ append = function() error(error_value.new { kind = "io", message = "full" }, 0) end },
        { __index = function(_, name) return function(_, ...) return file[name](file, ...) end end })
    end
    local result = console.run(sample { row = create }, { "--rows", rows_file(20), "--concurrency", "1" })
    native.open = open
    equal(result.error.kind, "io")
    equal(sandbox.isograd.counts().create_candidate, nil)
    test.contains(result.err, "0 done, 1 failed, 19 not begun")
  end)
end)

describe("at the end, the journal", function()
  it("is removed when all was done", function()
    local path = rows_file(3)
    equal(console.run(sample(), { "--rows", path }).status, 0)
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("is removed when rows failed, but none was kept from beginning", function()
    local path = rows_file(3)
    equal(console.run(done_up_to(2), { "--rows", path }).status, 1)
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("is removed when the run was stopped and nothing had been done", function()
    local path = rows_file(20)
    console.run(done_up_to(0), { "--rows", path })
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("is removed when the run was stopped and --failed has the rest", function()
    local path = rows_file(20)
    console.run(done_up_to(2), { "--rows", path, "--failed", console.path ".csv" })
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("stays when the run was stopped and no file has the rest", function()
    local path = rows_file(20)
    local result = console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    test.contains(result.err, path .. ".beadle-run keeps what was done")
    local again = console.run(done_up_to(20), { "--rows", path })
    equal(again.error.exit, 2)
    test.contains(again.err, "Done: lines 2-3.\nFailed: lines 4-8.\nNot begun: lines 9-21.")
    test.contains(again.error, "--continue does the rows that were not begun")
  end)
end)

describe("--continue", function()
  it("does what was not begun, and takes the rest as it was", function()
    local path, output, failed = rows_file(20), console.path ".csv", console.path ".csv"
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    console.seen = {}
    local given
    local recipe = done_up_to(20)
    recipe.spec.finish = function(results)
      given = results
    end
    local result = console.run(recipe, { "--rows", path, "--continue", "--output", output, "--failed", failed })
    equal(result.status, 1)
    equal(#console.seen, 13)
    test.contains(result.err, "15 done, 5 failed")
    equal(#given, 15)
    equal(given[1].result.count, 0.5)
    equal(#read_csv(output), 15)
    local left = read_csv(failed)
    equal(#left, 5)
    equal(left[1]["error.code"], "301")
    equal(left[1]["error.in_doubt"], "")
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("is refused where nothing is to be continued", function()
    local path = rows_file(2)
    local result = console.run(sample(), { "--rows", path, "--continue" })
    equal(result.error.exit, 2)
    equal(#console.seen, 0)
    equal(fs.exists(path .. ".beadle-run"), false)
  end)

  it("asks for the rows only that are left", function()
    local path, asked = rows_file(20), nil
    console.run(done_up_to(2), { "--rows", path, "--concurrency", "1" })
    local recipe = done_up_to(20)
    recipe.spec.irreversible = "deletes %d candidate(s) for good"
    console.run(recipe, { "--rows", path, "--continue" }, { ask = function(question)
      asked = question
      return "13"
    end })
    test.contains(asked, "This deletes 13 candidates for good.")
  end)
end)

describe("where nothing can be written beside the rows, the journal", function()
  it("is beside the results, or the run is refused", function()
    local path, output = rows_file(1), console.path ".csv"
    local open = native.open
    native.open = function(name)
      if name == path .. ".beadle-run" then
        error(error_value.new { kind = "io", message = name .. " cannot be written: Permission denied" }, 0)
      end
      return open(name)
    end
    local refused = console.run(sample(), { "--rows", path })
    local there
    local result = console.run(sample { row = function(row)
      there = fs.exists(output .. ".beadle-run")
      return { ema = row.ema }
    end }, { "--rows", path, "--output", output })
    native.open = open
    equal(refused.error.exit, 2)
    test.contains(refused.error, "no record of the run can be kept")
    equal(#console.seen, 0)
    equal(result.status, 0)
    equal(there, true)
  end)
end)

test.run()
