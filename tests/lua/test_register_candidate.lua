-- SPDX-License-Identifier: MIT
-- scripts/register-candidate.lua against the sandbox.

local sandbox = require "beadle.sandbox"
local json = require "beadle.json"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.isograd
local register = dofile "scripts/register-candidate.lua"

local ADA = { "--ema", "ada@example.org", "--fst_nam", "Ada", "--lst_nam", "Lovelace", "--tst_frm_id", "101",
  "--mai_tem_id", "7" }

local function ada(...)
  local arguments = { table.unpack(ADA) }
  for _, word in ipairs { ... } do
    arguments[#arguments + 1] = word
  end
  return arguments
end

local function candidate(email)
  for _, each in ipairs(twin.candidates()) do
    if each.ema == email then
      return each
    end
  end
end

local function file(...)
  return console.file("ema,fst_nam,lst_nam,tst_frm_id\n" .. table.concat({ ... }, "\n") .. "\n")
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("one candidate", function()
  it("is created, gets the test and one e-mail", function()
    equal(console.run(register, ADA).status, 0)
    local created = candidate "ada@example.org"
    equal(created.fst_nam, "Ada")
    equal(created.gen_id, 3)
    local mails = twin.mails()
    equal(#mails, 1)
    equal(mails[1].can_id, created.can_id)
    local tests = twin.tests()
    same(mails[1].pla_tst_ids, { tests[#tests].pla_tst_id })
    equal(tests[#tests].tst_frm_id, 101)
  end)

  it("is shown with its id, links and the e-mail", function()
    local out = console.run(register, ADA).out
    test.contains(out, tostring(candidate("ada@example.org").can_id))
    test.match(out, "lgn_url +https://")
    test.match(out, "tst_url +https://")
    test.contains(out, "To: ada@example.org\nSubject: Inscription")
    test.contains(out, "Bonjour Ada Lovelace")
  end)

  it("who exists is used, and that is said", function()
    local arguments = ada()
    arguments[2] = "alan.turing@example.org"
    local out = console.run(register, arguments).out
    test.match(out, "candidate +was there already")
    test.contains(out, tostring(candidate("alan.turing@example.org").can_id))
    equal(#twin.candidates(), 3)
    equal(twin.mails()[1].to, "alan.turing@example.org")
  end)

  it("registered twice has one test", function()
    local before = #twin.tests()
    console.run(register, ADA)
    console.run(register, ADA)
    equal(#twin.tests(), before + 1)
  end)

  it("may get the e-mail on a later day", function()
    local result = console.run(register, ada("--sen_dat", "2999-01-01"))
    equal(result.status, 0)
    test.contains(result.out, "will be sent on 2999-01-01")
    equal(twin.mails()[1].state, "scheduled")
  end)

  it("with a wrong address is refused before anything is sent", function()
    local arguments = ada()
    arguments[2] = "ada"
    equal(console.run(register, arguments).error.exit, 2)
    same(twin.counts(), {})
  end)

  it("gets no e-mail when the test is refused", function()
    local arguments = ada()
    arguments[8] = "999"
    equal(console.run(register, arguments).error.code, 106)
    equal(#twin.mails(), 0)
  end)
end)

describe("a file", function()
  it("is registered, and shown as a table", function()
    local path = file("a@example.org,A,One,101", "b@example.org,B,Two,103", "alan.turing@example.org,Alan,Turing,101")
    local result = console.run(register, { "--rows", path, "--mai_tem_id", "7" })
    equal(result.status, 0)
    equal(#twin.mails(), 3)
    test.match(result.out, "3 +b@example.org +%d+ +created +%d+ +sent")
    test.match(result.out, "4 +alan.turing@example.org +%d+ +was there already")
  end)

  it("with Windows-1252 letters reaches the vendor as UTF-8", function()
    console.run(register, { "--rows", "tests/fixtures/csv/excel_semicolon_1252.csv", "--mai_tem_id", "7" })
    equal(candidate("zoe.martin@example.org").lst_nam, "d’Arc – Œuvrard")
  end)

  it("that names somebody twice for one test is refused", function()
    local result = console.run(register, { "--rows", file("a@example.org,A,One,101", "A@example.org,A,One,101"),
      "--mai_tem_id", "7" })
    test.contains(result.err, "line 3: the same ema and tst_frm_id as line 2")
    equal(#twin.mails(), 0)
  end)

  it("may give somebody two tests: created once", function()
    local path = file("a@example.org,A,One,101", "a@example.org,A,One,103", "a@example.org,A,One,201")
    equal(console.run(register, { "--rows", path, "--mai_tem_id", "7" }).status, 0)
    equal(#twin.candidates(), 4)
    equal(#twin.mails(), 3)
  end)

  it("whose rows failed can be run again: nobody gets a second e-mail", function()
    local path, failed = file("a@example.org,A,One,101", "b@example.org,B,Two,101"), console.path ".csv"
    twin.fault { kind = "status", status = 200, operation = "add_test", nth = 2, type = "application/json",
      body = json.encode { success = false, error_code = 301, error_message = "no credit" } }
    equal(console.run(register, { "--rows", path, "--mai_tem_id", "7", "--failed", failed }).status, 1)
    equal(#twin.mails(), 1)
    local again = console.run(register, { "--rows", failed, "--mai_tem_id", "7" })
    equal(again.status, 0)
    test.contains(again.out, "was there already")
    equal(#twin.mails(), 2)
    test.truthy(twin.mails()[1].to ~= twin.mails()[2].to)
  end)

  it("whose e-mail was lost on the way back is not run again unasked", function()
    local failed = console.path ".csv"
    twin.fault { kind = "lost reply", operation = "send_registration_email" }
    local result = console.run(register, { "--rows", file "a@example.org,A,One,101", "--mai_tem_id", "7",
      "--failed", failed })
    equal(result.status, 1)
    test.contains(result.err, "IN DOUBT")
    equal(console.run(register, { "--rows", failed, "--mai_tem_id", "7" }).error.exit, 2)
    equal(#twin.mails(), 1)
  end)

  it("stops when the vendor does not accept the credentials", function()
    local rows = {}
    for index = 1, 40 do
      rows[index] = ("p%d@example.org,P,%d,101"):format(index, index)
    end
    twin.revoke_tokens()
    twin.fault { kind = "status", status = 401, operation = "authenticate", times = 1000, body = "{}",
      type = "application/json" }
    local result = console.run(register, { "--rows", file(table.unpack(rows)), "--mai_tem_id", "7" })
    equal(result.error.kind, "auth")
    test.contains(result.err, "not begun")
    test.truthy((twin.counts().authenticate or 0) <= 8)
    equal(#twin.candidates(), 3)
  end)
end)

test.run()
