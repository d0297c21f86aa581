-- SPDX-License-Identifier: MIT
-- scripts/send-reminder.lua against the sandbox.

local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal = test.describe, test.it, test.equal

local twin = sandbox.isograd
local remind = dofile "scripts/send-reminder.lua"

local function new_test(email, form)
  return isograd.create_candidate_and_add_test { gen_id = 3, ema = email, fst_nam = "A", lst_nam = "B",
    tst_frm_id = form or 101 }.pla_tst_id
end

-- Runs the recipe over rows {email, test}.
local function run(rows, ...)
  local lines = { "ema;pla_tst_id" }
  for index, row in ipairs(rows) do
    lines[index + 1] = ("%s;%d"):format(row[1], row[2])
  end
  return console.run(remind, { "--rows", console.file(table.concat(lines, "\r\n")), "--mai_tem_id", "8", ... })
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("a reminder", function()
  it("goes to whoever has not started, and to nobody else", function()
    local waiting, started, finished = new_test "w@example.org", new_test "s@example.org", new_test "f@example.org"
    twin.start_test { pla_tst_id = started }
    twin.finish_test { pla_tst_id = finished }
    local result = run { { "w@example.org", waiting }, { "s@example.org", started }, { "f@example.org", finished } }
    equal(result.status, 0)
    equal(#twin.mails(), 1)
    equal(twin.mails()[1].to, "w@example.org")
    equal(twin.mails()[1].mai_tem_id, 8)
    test.contains(result.out, "Reminders sent: 1. Not needed: 2.")
  end)

  it("does not go to whose test waits for marking", function()
    local marking = new_test("m@example.org", 204)
    twin.finish_test { pla_tst_id = marking }
    local result = run { { "m@example.org", marking } }
    equal(#twin.mails(), 0)
    test.contains(result.out, "waits for marking")
  end)

  it("is about the one test of the row", function()
    local first = new_test "a@example.org"
    new_test("a@example.org", 103)
    run { { "a@example.org", first } }
    test.contains(twin.mails()[1].text, "Python")
    test.lacks(twin.mails()[1].text, "Excel")
  end)

  it("goes out once for one person of the command line", function()
    local waiting = new_test "w@example.org"
    local arguments = { "--ema", "w@example.org", "--pla_tst_id", tostring(waiting), "--mai_tem_id", "8" }
    equal(console.run(remind, arguments).status, 0)
    equal(#twin.mails(), 1)
  end)
end)

describe("a file", function()
  it("that names a test twice is refused, and nobody is written to", function()
    local waiting = new_test "w@example.org"
    local result = run { { "w@example.org", waiting }, { "other@example.org", waiting } }
    test.contains(result.err, "line 3: the same pla_tst_id as line 2")
    equal(#twin.mails(), 0)
  end)

  it("that names a person twice is refused, and nobody is written to", function()
    local one, other = new_test "w@example.org", new_test("w@example.org", 103)
    local result = run { { "w@example.org", one }, { "W@example.org", other } }
    test.contains(result.err, "line 3: the same ema as line 2")
    equal(#twin.mails(), 0)
  end)

  it("with an unknown test reminds the others", function()
    local waiting = new_test "w@example.org"
    local result = run { { "x@example.org", 1 }, { "w@example.org", waiting } }
    equal(result.status, 1)
    test.match(result.err, "not_found +501")
    equal(#twin.mails(), 1)
  end)

  it("that register-candidate wrote is taken as it is", function()
    local written = console.path ".csv"
    local register = dofile "scripts/register-candidate.lua"
    console.run(register, { "--rows", "tests/fixtures/csv/plain.csv", "--mai_tem_id", "7", "--output", written })
    equal(console.run(remind, { "--rows", written, "--mai_tem_id", "8" }).status, 0)
    equal(#twin.mails(), 4)
  end)
end)

test.run()
