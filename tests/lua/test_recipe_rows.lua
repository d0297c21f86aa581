-- SPDX-License-Identifier: MIT
-- beadle.recipe: what becomes of the rows of a file, and what is kept about them.

local async = require "beadle.async"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local progress = require "beadle.progress"
local test = require "beadle.test"
local time = require "beadle.time"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local sample, rows_file, read_csv = console.sample, console.rows_file, console.read_csv

local function rejected()
  return error_value.new { kind = "rejected", message = "no", code = 301, meaning = "no credit is left",
    outcome = "none" }
end

-- Every second row fails with the error that `make` gives.
local function half_failing(make)
  return sample { row = function(row)
    console.seen[#console.seen + 1] = row
    if #console.seen % 2 == 0 then
      error(make(), 0)
    end
    return { ema = row.ema }
  end }
end

-- Each row makes the call, and then runs into a mistake of the recipe.
local function breaking_after(operation, params)
  return sample { row = function(row)
    operation(params)
    return row.nothing.at_all
  end }
end

test.before_each(console.clean)
test.after_each(console.clean)

describe("rows", function()
  it("run several at once, but not more than --concurrency", function()
    local busy, most = 0, 0
    local slow = sample { row = function()
      busy = busy + 1
      most = math.max(most, busy)
      async.sleep "5 ms"
      busy = busy - 1
    end }
    console.run(slow, { "--rows", rows_file(12), "--concurrency", "3" })
    equal(most, 3)
  end)

  it("that fail do not stop the others, and are shown", function()
    local result = console.run(half_failing(rejected), { "--rows", rows_file(4), "--concurrency", "1" })
    equal(result.status, 1)
    equal(#console.seen, 4)
    test.match(result.err, "\n *3 +rejected +301 +no credit is left +nothing\n")
    test.match(result.err, "2 done, 2 failed")
    test.contains(result.out, "p3@example.org")
    test.lacks(result.out, "p2@example.org")
  end)

  it("note their line in their error, each in its own", function()
    local shared = rejected()
    local failing = half_failing(function() return shared end)
    local path = console.path ".json"
    console.run(failing, { "--rows", rows_file(4), "--concurrency", "1", "--output", path })
    local kept = json.decode(fs.read(path)).rows
    equal(kept[2].line, 3)
    equal(kept[4].line, 5)
    equal(shared.row, nil)
  end)

  it("are not begun after an error that all would meet", function()
    for _, kind in ipairs { "auth", "configuration" } do
      console.seen = {}
      local result = console.run(half_failing(function() return error_value.new { kind = kind, message = "no" } end),
        { "--rows", rows_file(50), "--concurrency", "1" })
      equal(result.error.kind, kind)
      equal(#console.seen, 2)
      test.contains(result.err, "1 done, 1 failed, 48 not begun")
    end
  end)

  it("are not begun after a mistake of the recipe, which is called one", function()
    local result = console.run(sample { row = function(row) return row.nothing.at_all end },
      { "--rows", rows_file(50), "--concurrency", "1" })
    equal(result.error.kind, "script")
    test.contains(result.err, "0 done, 1 failed, 49 not begun")
    test.match(result.err, "Stopped: [^\n]*tests/lua/test_recipe_rows.lua:%d+: line 2: a mistake in the recipe: "
      .. "attempt to index a nil value %(field 'nothing'%) %[script%]%. Nothing was sent%.")
  end)

  it("are not begun when the account may not fetch a token", function()
    local failing = half_failing(function()
      return error_value.new { kind = "permission", message = "no", operation = "isograd.authenticate" }
    end)
    console.run(failing, { "--rows", rows_file(50), "--concurrency", "1" })
    equal(#console.seen, 2)
  end)

  it("that wait let others run", function()
    local order = {}
    local waiting = sample { row = function(row, context)
      if row.ema == "p1@example.org" then
        context.sleep "30 ms"
      end
      order[#order + 1] = row.ema:sub(1, 2)
    end }
    equal(console.run(waiting, { "--rows", rows_file(3), "--concurrency", "1" }).error, nil)
    same(order, { "p2", "p3", "p1" })
  end)

  it("go on after waiting when no row is left to begin", function()
    local waiting = sample { row = function(_, context) context.sleep "1 ms" end }
    local result = console.run(waiting, { "--rows", rows_file(3), "--concurrency", "1" })
    equal(result.status, 0)
    test.contains(result.err, "3 done, 0 failed")
  end)

  it("of one person never run at the same time", function()
    local busy, most = {}, 0
    local careful = sample { one_at_a_time = "ema", row = function(row)
      busy[row.ema:lower()] = (busy[row.ema:lower()] or 0) + 1
      most = math.max(most, busy[row.ema:lower()])
      async.sleep "5 ms"
      busy[row.ema:lower()] = busy[row.ema:lower()] - 1
    end }
    local path = console.file "ema,count\na@example.org,1\nA@example.org,2\na@example.org,3\nb@example.org,1\n"
    local result = console.run(careful, { "--rows", path })
    equal(most, 1)
    test.contains(result.err, "4 done")
  end)

  it("that leave a failing task behind fail alone", function()
    local leaky = sample { row = function(row)
      if row.ema == "p1@example.org" then
        async.spawn(error, "left behind")
      end
      async.sleep "2 ms"
    end }
    local result = console.run(leaky, { "--rows", rows_file(3) })
    test.contains(result.err, "2 done, 1 failed")
  end)

  it("appear in finish, in order, and its text is shown", function()
    local given
    local result = console.run(sample { finish = function(results)
      given = results
      return "That was all."
    end }, { "--rows", rows_file(3) })
    equal(given[3].line, 4)
    equal(given[3].row.ema, "p3@example.org")
    test.contains(result.out, "That was all.")
  end)

  it("that ended are reported even when finish fails", function()
    local result = console.run(sample { finish = function() error "late" end }, { "--rows", rows_file(2) })
    test.contains(result.out, "p2@example.org")
    test.match(result.error, "late")
  end)
end)

describe("the same error in a row", function()
  local function failing(make)
    return sample { row = function(row)
      console.seen[#console.seen + 1] = row
      local err = make(#console.seen)
      if err then
        error(err, 0)
      end
      return { ema = row.ema }
    end }
  end

  it("stops the run after five", function()
    local result = console.run(failing(rejected), { "--rows", rows_file(50), "--concurrency", "1" })
    equal(#console.seen, 5)
    equal(result.error.kind, "rejected")
    test.contains(result.err, "0 done, 5 failed, 45 not begun")
    test.contains(result.err, "Stopped: 5 rows in a row failed with the same error, rejected 301, no credit is left. "
      .. "45 rows were not begun.\n")
    test.contains(result.err, "--stop-after 0")
  end)

  it("leaves the rest to --failed, as input for the next run", function()
    local path = console.path ".csv"
    local result = console.run(failing(rejected), { "--rows", rows_file(20), "--concurrency", "1", "--failed", path })
    test.contains(result.err, "run what is left: --rows " .. path)
    local rows = read_csv(path)
    equal(#rows, 20)
    equal(rows[6]["error.kind"], "not_run")
    console.seen = {}
    equal(console.run(sample(), { "--rows", path }).status, 0)
    equal(#console.seen, 20)
  end)

  it("stops after as many as --stop-after says", function()
    console.run(failing(rejected), { "--rows", rows_file(50), "--concurrency", "1", "--stop-after", "2" })
    equal(#console.seen, 2)
  end)

  it("never does with --stop-after 0", function()
    local result = console.run(failing(rejected), { "--rows", rows_file(50), "--stop-after", "0" })
    equal(#console.seen, 50)
    equal(result.status, 1)
  end)

  it("does not stop where a row between went well, or met another error", function()
    local result = console.run(failing(function(count)
      return count % 5 ~= 0 and rejected() or nil
    end), { "--rows", rows_file(20), "--concurrency", "1" })
    equal(#console.seen, 20)
    equal(result.status, 1)
    console.seen = {}
    console.run(failing(function(count)
      return error_value.new { kind = "rejected", message = "no", code = count % 5 }
    end), { "--rows", rows_file(20), "--concurrency", "1" })
    equal(#console.seen, 20)
  end)

  it("is the same when a page that is no answer differs in its words only", function()
    console.run(failing(function(count)
      return error_value.new { kind = "decode",
        message = ("the answer is no JSON: expected a value (it begins: <html>%d)"):format(count) }
    end), { "--rows", rows_file(20), "--concurrency", "1" })
    equal(#console.seen, 5)
  end)

  it("says nothing of a stop when no row was left to begin", function()
    local result = console.run(failing(rejected), { "--rows", rows_file(5) })
    equal(result.status, 1)
    test.lacks(result.err, "Stopped")
  end)

  it("lets rows under way end", function()
    local failures, enough = 0, async.event()
    local slow = sample { row = function(row)
      if row.ema == "p1@example.org" then
        enough:wait()
        async.sleep "50 ms" -- the last failure is counted
        return { ema = row.ema }
      end
      failures = failures + 1
      if failures == 5 then
        enough:set()
      end
      error(rejected(), 0)
    end }
    local result = console.run(slow, { "--rows", rows_file(50), "--concurrency", "2" })
    test.contains(result.err, "1 done, 5 failed, 44 not begun")
  end)

  it("lets rows that wait go on", function()
    local waiting = sample { row = function(row, context)
      if row.ema == "p1@example.org" then
        context.sleep "100 ms"
        return { ema = row.ema }
      end
      error(rejected(), 0)
    end }
    local result = console.run(waiting, { "--rows", rows_file(50), "--concurrency", "2" })
    test.contains(result.err, "1 done, 5 failed, 44 not begun")
  end)

  it("keeps rows from beginning that wait for their turn", function()
    local lines = { "ema,count" }
    for index = 1, 20 do
      lines[index + 1] = "same@example.org," .. index
    end
    local alone = sample { one_at_a_time = "ema", row = function(row)
      console.seen[#console.seen + 1] = row
      async.sleep "1 ms"
      error(rejected(), 0)
    end }
    local result = console.run(alone, { "--rows", console.file(table.concat(lines, "\n")) })
    equal(#console.seen, 5)
    test.contains(result.err, "0 done, 5 failed, 15 not begun")
  end)

  it("gives way to an error that all would meet", function()
    local result = console.run(failing(function(count)
      return count <= 3 and rejected() or error_value.new { kind = "auth", message = "no" }
    end), { "--rows", rows_file(50), "--concurrency", "1", "--stop-after", "3" })
    equal(result.error.kind, "rejected")
    equal(#console.seen, 3)
  end)
end)

describe("the end", function()
  it("names the lines that were done and that failed, as ranges", function()
    local result = console.run(half_failing(rejected), { "--rows", rows_file(3), "--concurrency", "1" })
    test.contains(result.err, "Done: lines 2, 4.\nFailed: line 3.\n")
  end)

  it("names nothing when all were done", function()
    local result = console.run(sample(), { "--rows", rows_file(3) })
    test.lacks(result.err, "Done:")
    test.lacks(result.err, "--failed")
  end)

  it("tells rows in doubt from those that failed", function()
    local result = console.run(half_failing(function()
      return error_value.new { kind = "network", message = "lost", outcome = "unknown",
        operation = "isograd.send_registration_email" }
    end), { "--rows", rows_file(2), "--concurrency", "1" })
    test.contains(result.err, "Done: line 2.\nIn doubt: line 3.\n")
  end)

  it("warns of running the same file again", function()
    local result = console.run(half_failing(rejected), { "--rows", rows_file(2), "--concurrency", "1" })
    test.contains(result.err, "The same file would do the others once more.")
  end)

  it("does not when --failed keeps what is left", function()
    local result = console.run(half_failing(rejected), { "--rows", rows_file(2), "--concurrency", "1",
      "--failed", console.path ".csv" })
    test.lacks(result.err, "Run again only")
  end)

  it("says what to do, once for all lines with the same failure", function()
    local result = console.run(half_failing(function()
      return error_value.new { kind = "rejected", message = "no", outcome = "none", hint = "Buy more." }
    end), { "--rows", rows_file(4), "--concurrency", "1" })
    test.contains(result.err, "What to do:\n  lines 3, 5: Buy more.\n")
  end)

  it("says how to find out about a row in doubt", function()
    local result = console.run(half_failing(function()
      return error_value.new { kind = "network", message = "lost", outcome = "unknown",
        operation = "isograd.send_registration_email" }
    end), { "--rows", rows_file(2), "--concurrency", "1" })
    test.contains(result.err, "line 3: beadle help isograd.send_registration_email says under \"If lost\"")
  end)

  it("lists fifty failures, and of more only the reasons", function()
    local result = console.run(sample { row = function() error(rejected(), 0) end },
      { "--rows", rows_file(60), "--concurrency", "1", "--stop-after", "0" })
    test.match(result.err, "\n +51 +rejected +301 ")
    test.lacks(result.err, "\n  52  rejected")
    test.contains(result.err, "and 10 more that failed:\n  lines 52-61: rejected 301, no credit is left\n")
  end)

  it("keeps the rows that failed even when the file is gone", function()
    local path, failed = rows_file(3), console.path ".csv"
    local object = sample { row = function(row)
      fs.write(path, "ema\n")
      os.remove(path)
      error(error_value.new { kind = row.ema == "p1@example.org" and "rejected" or "auth", message = "no" }, 0)
    end }
    console.run(object, { "--rows", path, "--failed", failed, "--concurrency", "1" })
    equal(read_csv(failed)[1].ema, "p1@example.org")
  end)
end)

describe("a run that is cancelled", function()
  -- Runs in a task of its own, which is cancelled after `delay`.
  local function cancelled(object, arguments, delay)
    local result
    local task = async.spawn(function()
      result = console.run(object, arguments)
    end)
    async.sleep(delay)
    task:cancel()
    task:wait()
    return result
  end

  it("lets rows under way end, begins no other, and says what was done", function()
    local slow = sample { row = function(row)
      async.sleep "50 ms"
      return { ema = row.ema }
    end }
    local path = console.path ".csv"
    local result = cancelled(slow, { "--rows", rows_file(20), "--concurrency", "2", "--failed", path }, "20 ms")
    equal(result.error.kind, "cancelled")
    test.contains(result.err, "2 done, 0 failed, 18 not begun")
    equal(#read_csv(path), 18)
  end)

  it("wakes rows that wait", function()
    local waiting = sample { row = function(_, context) context.sleep "1 hour" end }
    local before = time.elapsed()
    local result = cancelled(waiting, { "--rows", rows_file(3) }, "20 ms")
    test.contains(result.err, "0 done, 3 failed")
    test.truthy(time.elapsed() - before < 5)
  end)
end)

describe("--failed", function()
  local function failed_rows(object, text, more)
    local path = console.path ".csv"
    local result = console.run(object, { "--rows", console.file(text), "--concurrency", "1", "--failed", path,
      table.unpack(more or {}) })
    return path, result
  end

  it("keeps the rows with their own columns and values, and why", function()
    local path = failed_rows(half_failing(rejected), "ema;count\r\na@example.org; 02 \r\nb@example.org; 03 \r\n")
    local rows, reader = read_csv(path)
    equal(#rows, 1)
    equal(rows[1].count, " 03 ")
    equal(rows[1]["error.line"], "3")
    equal(rows[1]["error.kind"], "rejected")
    equal(rows[1]["error.code"], "301")
    equal(rows[1]["error.outcome"], "none")
    equal(reader.delimiter, ";")
  end)

  it("is input for the same recipe", function()
    local path = failed_rows(half_failing(rejected), "ema\na@example.org\nb@example.org\n")
    console.seen = {}
    equal(console.run(sample(), { "--rows", path }).status, 0)
    same(console.seen, { { ema = "b@example.org", count = 1 } })
  end)

  it("keeps the rows that were not begun", function()
    local path = failed_rows(half_failing(function() return error_value.new { kind = "auth", message = "no" } end),
      "ema\na@example.org\nb@example.org\nc@example.org\nd@example.org\n")
    local rows = read_csv(path)
    equal(#rows, 3)
    equal(rows[3]["error.kind"], "not_run")
    equal(rows[3].ema, "d@example.org")
  end)

  it("holds the row back whose last call nobody knows about", function()
    local path = failed_rows(half_failing(function()
      return error_value.new { kind = "network", message = "lost", outcome = "unknown",
        operation = "isograd.send_registration_email" }
    end), "ema\na@example.org\nb@example.org\n")
    equal(read_csv(path)[1]["error.in_doubt"], "yes")
    console.seen = {}
    local result = console.run(sample(), { "--rows", path })
    equal(result.error.exit, 2)
    test.match(result.err, "line 2: an earlier run could not tell")
    equal(#console.seen, 0)
  end)

  it("does not hold back what the vendor itself keeps from happening twice", function()
    local path = failed_rows(half_failing(function()
      return error_value.new { kind = "network", message = "lost", outcome = "unknown",
        operation = "isograd.create_candidate" }
    end), "ema\na@example.org\nb@example.org\n")
    equal(read_csv(path)[1]["error.in_doubt"], "")
  end)

  it("holds back a row in which the recipe broke after what cannot be repeated", function()
    local rows = read_csv((failed_rows(breaking_after(isograd.send_registration_email,
      { pla_tst_ids = { 987654 }, mai_tem_id = 7 }), "ema\na@example.org\n")))
    equal(rows[1]["error.in_doubt"], "yes")
    equal(rows[1]["error.outcome"], "unknown")
  end)

  it("does not when all it had done may be repeated", function()
    local rows = read_csv((failed_rows(breaking_after(isograd.create_candidate,
      { gen_id = 3, ema = "x@example.org", fst_nam = "A", lst_nam = "B" }), "ema\na@example.org\n")))
    equal(rows[1]["error.in_doubt"], "")
    equal(rows[1]["error.outcome"], "unknown")
  end)

  it("does not when the recipe broke before it had changed anything", function()
    local rows = read_csv((failed_rows(breaking_after(isograd.get_test_status, { pla_tst_id = 987654 }),
      "ema\na@example.org\n")))
    equal(rows[1]["error.in_doubt"], "")
    equal(rows[1]["error.outcome"], "none")
    equal(rows[1]["error.kind"], "script")
  end)

  it("keeps rows that are done but not finished, and the exit status says so", function()
    local path, result = failed_rows(sample { pending = function(each) return each.ema == "b@example.org" end },
      "ema\na@example.org\nb@example.org\n")
    equal(result.status, 1)
    test.contains(result.err, "2 done (1 of them not finished), 0 failed")
    local rows = read_csv(path)
    equal(#rows, 1)
    equal(rows[1].ema, "b@example.org")
    equal(rows[1]["error.kind"], "pending")
  end)

  it("says what a row had done before", function()
    local path = failed_rows(sample { row = function(_, context)
      context.did "candidate 7 created"
      error(rejected(), 0)
    end }, "ema\na@example.org\n")
    equal(read_csv(path)[1]["error.done_before"], "candidate 7 created")
  end)

  it("is not written when every row was done", function()
    equal(fs.exists(failed_rows(sample(), "ema\na@example.org\n")), false)
  end)

  it("is emptied when every row was done and an old one lies there", function()
    local old = console.file "ema,error.kind\nold@example.org,rejected\n"
    console.run(sample(), { "--rows", rows_file(1), "--failed", old, "--overwrite" })
    equal(#read_csv(old), 0)
  end)

  it("may be the file that is run again", function()
    local path = failed_rows(half_failing(rejected), "ema\na@example.org\nb@example.org\n")
    console.seen = {}
    console.run(half_failing(rejected), { "--rows", path, "--failed", path, "--overwrite" })
    equal(#read_csv(path), 0)
  end)
end)

describe("--output", function()
  it("writes CSV and JSON", function()
    local as_csv, as_json = console.path ".csv", console.path ".json"
    local result = console.run(sample(), { "--rows", rows_file(2), "--output", as_csv, "--output", as_json })
    same(read_csv(as_csv)[2], { ema = "p2@example.org", count = "1" })
    equal(#json.decode(fs.read(as_json)).rows, 2)
    equal(result.out, "")
  end)

  it("is not written when no row was done, to be in nobody's way", function()
    local path = console.path ".csv"
    local result = console.run(sample { row = function() error(rejected(), 0) end },
      { "--rows", rows_file(2), "--output", path })
    equal(fs.exists(path), false)
    test.contains(result.err, path .. ": not written, for no row was done.")
  end)

  it("never replaces a file unasked", function()
    local path = console.file "precious\n"
    equal(console.run(sample(), { "--rows", rows_file(1), "--output", path }).error.exit, 2)
    equal(fs.read(path), "precious\n")
    equal(#console.seen, 0)
  end)

  it("is refused before the first row when it cannot be written", function()
    equal(console.run(sample(), { "--rows", rows_file(1), "--output", "/nowhere/x.csv" }).error.kind, "io")
    equal(#console.seen, 0)
  end)

  it("cannot be the file of the rows", function()
    local path = rows_file(1)
    equal(console.run(sample(), { "--rows", path, "--output", path, "--overwrite" }).error.exit, 2)
  end)

  it("cannot be the file of the rows under another name", function()
    local path = rows_file(1)
    local other = path:gsub("^/tmp/", "/tmp/../tmp/")
    local result = console.run(sample(), { "--rows", path, "--output", other, "--overwrite" })
    test.contains(result.error.message, "is the file of --rows")
    equal(#read_csv(path), 1)
  end)

  it("cannot be one file twice, also where it is not made yet", function()
    local path = console.path ".csv"
    local again = path:gsub("/([^/]+)$", "/.//%1")
    equal(console.run(sample(), { "--rows", rows_file(1), "--output", path, "--output", again }).error.exit, 2)
    equal(console.run(sample(), { "--rows", rows_file(1), "--output", path, "--failed", again }).error.exit, 2)
    equal(#console.seen, 0)
  end)

  it("warns of cells that a spreadsheet would calculate", function()
    local result = console.run(sample { row = function() return { ema = "=1+1" } end },
      { "--rows", rows_file(1), "--output", console.path ".csv" })
    test.contains(result.err, "A spreadsheet would calculate them")
  end)
end)

describe("what cannot be undone", function()
  local function deleting()
    return sample { irreversible = "deletes %d candidate(s) for good" }
  end

  it("wants --yes where nobody can be asked", function()
    local result = console.run(deleting(), { "--rows", rows_file(3) })
    equal(result.error.exit, 2)
    test.contains(result.error.message, "deletes 3 candidates for good")
    equal(#console.seen, 0)
  end)

  it("is done with --yes", function()
    console.run(deleting(), { "--ema", "ada@example.org", "--yes" })
    equal(#console.seen, 1)
  end)

  it("is done when the number is typed", function()
    local asked
    console.run(deleting(), { "--rows", rows_file(3) }, { ask = function(question)
      asked = question
      return "3"
    end })
    test.contains(asked, "This deletes 3 candidates for good. Type 3 to go on: ")
    equal(#console.seen, 3)
  end)

  it("is not done when something else is typed", function()
    for _, answer in ipairs { "y", "yes", "", "4" } do
      local result = console.run(deleting(), { "--rows", rows_file(3) }, { ask = function() return answer end })
      equal(result.error.kind, "cancelled")
    end
    equal(#console.seen, 0)
  end)
end)

describe("progress", function()
  it("is one line, removed at the end", function()
    local drawn = console.run(sample(), { "--rows", rows_file(3) }).drawn
    test.match(drawn, "\r\27%[K%d/3")
    test.match(drawn, "\r\27%[K$")
    test.lacks(drawn, "\n")
  end)

  it("makes room for what print writes", function()
    local written, real = {}, print
    local function note(text) written[#written + 1] = text end
    rawset(_G, "print", note)
    local line = progress.start { write = note }
    line:update { done = 1, failed = 1, total = 3 }
    print "hello"
    line:close()
    print "afterwards"
    rawset(_G, "print", real)
    same(written, { "\r\27[K2/3: 1 done, 1 failed\r", "\r\27[K", "hello", "afterwards" })
  end)

  it("is never wider than the terminal, whatever that is now", function()
    local written, width = {}, 12
    local line = progress.start { write = function(text) written[#written + 1] = text end,
      columns = function() return width end }
    line:update { done = 1, failed = 1, total = 3, waiting = 1 }
    line:close()
    equal(written[1], "\r\27[K2/3: 1 done\r")
  end)

  it("tells how long it has run before the first row has ended", function()
    equal(progress.line({ done = 0, failed = 0, total = 3, waiting = 0 }, 7), "0/3: 0 done, 7 s")
  end)

  it("tells rate and time left", function()
    equal(progress.line({ done = 45, failed = 5, total = 150, waiting = 0 }, 10),
      "50/150: 45 done, 5 failed, 5.0/s, 20 s left")
    equal(progress.line({ done = 1, failed = 0, total = 3, waiting = 2 }, 2), "1/3: 1 done, 2 waiting, 0.5/s")
  end)

  it("tells the rate of late, not that of all the time", function()
    equal(progress.line({ done = 50, failed = 0, total = 150 }, 10, 1), "50/150: 50 done, 1.0/s, 1 min 40 s left")
  end)

  it("tells what is in doubt, and until when rows are parked", function()
    local at = time.now()
    local line = progress.line({ done = 1, failed = 0, total = 9, in_doubt = 2, waiting = 3,
      wakes = { at + 90000, at } }, 2)
    equal(line, ("3/9: 1 done, 2 in doubt, 1 waiting, 2 parked, the next until %s, 1.5/s"):format(
      os.date("%H:%M", math.floor(at))))
    test.match(progress.line({ done = 0, failed = 0, total = 9, waiting = 1, wakes = { at + 90000 } }, 0),
      "until %d%d%d%d%-%d%d%-%d%d %d%d:%d%d$")
  end)

  it("tells no remaining time once it is being stopped", function()
    equal(progress.line({ done = 1, failed = 0, total = 9, stopping = true }, 2), "1/9: 1 done, stopping")
  end)

  it("has a bar where there is room for one", function()
    local written, width = {}, 40
    local line = progress.start { bar = true, write = function(text) written[#written + 1] = text end,
      columns = function() return width end }
    line:update { done = 1, failed = 1, total = 4 }
    line:close()
    equal(written[1], "\r\27[K[#######--------] 2/4: 1 done, 1 failed\r")
    equal(progress.bar(1, 12), "[##########]")
    equal(progress.bar(0.5, 9), "")
  end)

  it("is a line now and then where nobody looks on", function()
    local said, elapsed, now = {}, time.elapsed, 0
    time.elapsed = function() return now end
    local line = progress.start { say = function(text) said[#said + 1] = text end, bar = true }
    line.write = nil
    for second = 1, 95 do
      now = second
      line:update { done = second, failed = 0, total = 100 }
    end
    time.elapsed = elapsed
    same(said, { "30/100: 30 done, 1.0/s, 1 min 10 s left", "60/100: 60 done, 1.0/s, 40 s left",
      "90/100: 90 done, 1.0/s, 10 s left" })
  end)
end)

test.run()
