-- SPDX-License-Identifier: MIT
-- scripts/wait-for-result.lua, whose days pass at once. Runs with --virtual-time.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"

local here = arg[0]:match "^(.*)/virtual/[^/]*$"
package.path = here .. "/?.lua;" .. package.path
local console = require "recipe_console"
local recipe = dofile(here .. "/../../scripts/wait-for-result.lua")

local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local DAY = 86400
local PYTHON = 101
local twin = sandbox.isograd

test.limit = 400 * DAY
test.before_each(sandbox.reset)

local function people(count)
  local list = {}
  for i = 1, count do
    list[i] = ("p%d@example.org"):format(i)
    isograd.create_candidate { gen_id = 3, ema = list[i], fst_nam = "P" .. i, lst_nam = "Test" }
  end
  return list
end

local function rows_file(emails)
  return console.file("ema\n" .. table.concat(emails, "\n") .. "\n")
end

describe("wait-for-result", function()
  test.after_each(console.clean)

  it("mails each score when its test is finished", function()
    twin.set { start_after = 3600, finish_after = 2 * DAY }
    local emails, output = people(30), console.path ".csv"
    local result = console.run(recipe, { "--rows", rows_file(emails), "--tst_frm_id", "101", "--output", output })
    equal(result.status, 0)
    local rows = console.read_csv(output)
    equal(#rows, 30)
    for i, row in ipairs(rows) do
      same({ row.ema, row.test, row.told_by, row.mail }, { emails[i], "finished", "callback", "sent" })
    end
    local mails, to = sandbox.mail.mails(), {}
    equal(#mails, 30)
    for _, mail in ipairs(mails) do
      to[mail.to] = mail.text
    end
    for _, row in ipairs(rows) do
      test.contains(to[row.ema], row.txt_des)
    end
    -- Hardly anybody was asked before: once at the beginning, now and then, and when it had called.
    test.truthy(twin.counts().get_test_status < 30 * 150)
  end)

  it("asks when no call comes", function()
    twin.set { finish_after = DAY }
    people(1)
    local added = isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON } -- without a callback
    local result = console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101" })
    equal(result.status, 0)
    test.contains(result.out, "asking")
    test.contains(result.out, tostring(added.pla_tst_id))
    equal(#sandbox.mail.mails(), 1)
  end)

  it("only asks when it is told so", function()
    twin.set { finish_after = DAY }
    people(1)
    local result = console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101", "--ask_only" })
    equal(result.status, 0)
    same({ #twin.calls(), #sandbox.mail.mails() }, { 0, 1 })
  end)

  it("does not believe a call, but asks", function()
    twin.set { finish_after = 2 * DAY }
    people(1)
    local began = time.now()
    local caller = async.spawn(function()
      async.sleep(3600)
      local url = twin.tests()[#twin.tests()].cal_bac_pag
      equal(http.get(url).status, 200)
    end)
    local result = console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101", "--ask_every", "1 h" })
    caller:wait()
    equal(result.status, 0)
    equal(#sandbox.mail.mails(), 1)
    test.truthy(sandbox.mail.mails()[1].at - began >= 2 * DAY)
  end)

  it("ends with its time, and keeps who is not finished with the test", function()
    twin.set { finish_after = false }
    local failed = console.path ".csv"
    local result = console.run(recipe, { "--rows", rows_file(people(2)), "--tst_frm_id", "101", "--wait", "1 day",
      "--failed", failed })
    equal(result.status, 1)
    equal(#sandbox.mail.mails(), 0)
    local kept = console.read_csv(failed)
    same({ #kept, kept[1]["error.kind"] }, { 2, "pending" })
    local tests = twin.tests()
    test.contains(tostring(tests[#tests].pla_tst_id) .. tests[#tests - 1].pla_tst_id, kept[1].pla_tst_id)
    -- The candidates finish; those rows are gone on with, and nobody gets a second test.
    for _, row in ipairs(kept) do
      twin.finish_test { pla_tst_id = math.tointeger(row.pla_tst_id), num_val = 500 }
    end
    result = console.run(recipe, { "--rows", failed, "--tst_frm_id", "101" })
    equal(result.status, 0)
    same({ #twin.tests(), #sandbox.mail.mails() }, { #tests, 2 })
  end)

  it("refuses a template that cannot be filled before it adds a test", function()
    people(1)
    local before = #twin.tests()
    for _, text in ipairs { "Hello {{name}}", "Hello {{ema" } do
      local template = console.file(text, ".txt")
      local result = console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101", "--template", template })
      equal(result.error and result.error.kind, "argument")
    end
    equal(console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101", "--template", "no-such-file" }).error
      .kind, "io")
    equal(#twin.tests(), before)
  end)

  it("fills a template of one's own, for somebody else", function()
    twin.set { finish_after = 60 }
    people(1)
    local template = console.file("Subject: {{ema}}: {{num_val}}/{{max_val}}\n\nTest {{pla_tst_id}}: {{grade}}\n",
      ".txt")
    local result = console.run(recipe, { "--ema", "p1@example.org", "--tst_frm_id", "101", "--template", template,
      "--to", "office@example.org" })
    equal(result.status, 0)
    local sent = sandbox.mail.mails()[1]
    equal(sent.to, "office@example.org")
    test.match(sent.subject, "^p1@example.org: %d+/1000$")
    test.match(sent.text, "^Test %d+: 0%.%d+")
  end)

  it("mails nothing twice when the mail fails and the row is run again", function()
    twin.set { finish_after = 60 }
    people(1)
    sandbox.mail.fault { kind = "status", status = 550 }
    local failed = console.path ".csv"
    local result = console.run(recipe, { "--rows", rows_file { "p1@example.org" }, "--tst_frm_id", "101", "--failed",
      failed })
    equal(result.status, 1)
    equal(#sandbox.mail.mails(), 0)
    local tests = #twin.tests()
    equal(console.run(recipe, { "--rows", failed, "--tst_frm_id", "101" }).status, 0)
    same({ #twin.tests(), #sandbox.mail.mails() }, { tests, 1 })
  end)

  it("leaves a mail whose reply was lost in doubt, and sends no other", function()
    twin.set { finish_after = 60 }
    people(1)
    sandbox.mail.fault { kind = "lost reply" }
    local failed = console.path ".csv"
    local result = console.run(recipe, { "--rows", rows_file { "p1@example.org" }, "--tst_frm_id", "101", "--failed",
      failed })
    equal(result.status, 1)
    equal(console.read_csv(failed)[1]["error.in_doubt"], "yes")
    equal(#sandbox.mail.mails(), 1)
  end)
end)

test.run()
