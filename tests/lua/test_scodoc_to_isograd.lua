-- SPDX-License-Identifier: MIT
-- scripts/scodoc-to-isograd.lua against the sandbox.

local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local scodoc = require "beadle.scodoc"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.isograd
local register = dofile "scripts/scodoc-to-isograd.lua"

local function run(...)
  return console.run(register, { "--formsemestre_id", "3", "--tst_frm_id", "101", ... })
end

local function results_of(...)
  local path = console.path ".csv"
  local result = run("--output", path, ...)
  local by_id = {}
  for _, row in ipairs(console.read_csv(path)) do
    by_id[math.tointeger(row.etudid)] = row
  end
  return by_id, result
end

local function candidate(email)
  for _, each in ipairs(twin.candidates()) do
    if each.ema == email then
      return each
    end
  end
end

-- Has ScoDoc tell the students differently, once.
local function change_students(change)
  local list = scodoc.formsemestre_etudiants { formsemestre_id = 3, long = true, etat = "I" }
  change(list)
  sandbox.scodoc.fault { kind = "answer", operation = "formsemestre_etudiants", status = 200,
    type = "application/json", body = json.encode(list) }
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("a student", function()
  it("becomes a candidate with gender, number, group and test", function()
    local rows, result = results_of("--etat", "D")
    equal(result.status, 0)
    local created = candidate "emile.chatelain@example.org"
    same({ created.gen_id, created.fst_nam, created.lst_nam, created.ext_id }, { 1, "Émile", "CHÂTELAIN", "e-1004" })
    local session_id = scodoc.formsemestre { formsemestre_id = 3 }.session_id
    for _, group in ipairs(twin.groups()) do
      if group.dep_id == created.dep_id then
        equal(group.ext_dep_id, session_id .. " TD B")
      end
    end
    test.truthy(created.dep_id)
    same({ rows[104].nom, rows[104].prenom, rows[104].ema, rows[104].can_id, rows[104].done },
      { "CHÂTELAIN", "Émile", "emile.chatelain@example.org", tostring(created.can_id), "created, test added" })
    equal(#twin.mails(), 0)
  end)

  it("of no group joins none, and a woman is one", function()
    run("--etat", "DEF")
    local created = candidate "ines.benali@example.org"
    equal(created.gen_id, 2)
    equal(created.dep_id, nil)
  end)

  it("who is a candidate already is used, and what is there is not done twice", function()
    local before = #twin.tests()
    local rows, result = results_of()
    equal(result.status, 0)
    equal(#twin.candidates(), 3)
    equal(rows[101].done, "was there, has the test")
    equal(rows[101].pla_tst_id, "987654")
    equal(rows[102].done, "was there, has taken the test")
    equal(rows[102].pla_tst_id, "")
    equal(rows[103].done, "was there, test added")
    equal(#twin.tests(), before + 1)
    test.contains(result.out, "Candidates created: 0. Tests added: 1. E-mails sent: 0.")
  end)

  it("without a code_nip has the etudid as number", function()
    change_students(function(list)
      list[1].code_nip, list[1].email, list[1].civilite = nil, "new@example.org", "X"
    end)
    run()
    local created = candidate "new@example.org"
    equal(created.ext_id, "101")
    equal(created.gen_id, 3)
  end)

  it("without an e-mail address is reported, and the others are registered", function()
    change_students(function(list) list[3].email = " " end)
    local failed = console.path ".csv"
    local rows, result = results_of("--failed", failed)
    equal(result.status, 1)
    equal(rows[103].done, "not registered: no e-mail address")
    equal(rows[101].done, "was there, has the test")
    test.contains(result.out, "Not registered: 1\n  D'EXEMPLE Zoé (103): no e-mail address")
    local kept = console.read_csv(failed)
    equal(#kept, 1)
    same({ kept[1].etudid, kept[1].problem }, { "103", "no e-mail address" })
  end)

  it("with another student's address is not taken for that one", function()
    change_students(function(list) list[3].email = "Grace.Hopper@example.org" end)
    local rows, result = results_of()
    equal(result.status, 1)
    equal(rows[103].done, "not registered: the e-mail address of HOPPER Grace (101)")
  end)
end)

describe("the e-mail", function()
  it("goes to those only whose test is new", function()
    local rows, result = results_of("--mai_tem_id", "7")
    equal(result.status, 0)
    equal(#twin.mails(), 1)
    equal(twin.mails()[1].to, "zoe.dexemple@example.org")
    equal(rows[103].done, "was there, test added, e-mail sent")
    equal(rows[101].done, "was there, has the test")
  end)

  it("goes to new candidates", function()
    run("--etat", "DEF", "--mai_tem_id", "7")
    equal(twin.mails()[1].to, "ines.benali@example.org")
  end)

  it("that fails is told with what was done before", function()
    local result = run("--etat", "DEF", "--mai_tem_id", "999")
    equal(result.status, 1)
    test.match(result.err, "\n *105 +rejected")
    test.match(result.err:gsub("%s+", " "), "candidate %d+ created; test %d+ added")
  end)
end)

describe("a second run", function()
  it("adds nothing twice", function()
    for _, etat in ipairs { "I", "D", "DEF" } do
      run("--etat", etat, "--mai_tem_id", "7")
    end
    local candidates, tests, mails = #twin.candidates(), #twin.tests(), #twin.mails()
    for _, etat in ipairs { "I", "D", "DEF" } do
      local result = run("--etat", etat, "--mai_tem_id", "7")
      equal(result.status, 0)
      test.contains(result.out, "Candidates created: 0. Tests added: 0. E-mails sent: 0.")
    end
    same({ #twin.candidates(), #twin.tests(), #twin.mails() }, { candidates, tests, mails })
  end)

  it("gives the test to those whom the first could not", function()
    twin.set_credits { des = "Tests Python", amount = 0 }
    local first = run("--etat", "DEF")
    equal(first.status, 1)
    test.match(first.err, "\n *105 +rejected +301")
    twin.set_credits { des = "Tests Python", amount = 5 }
    local rows = results_of("--etat", "DEF", "--mai_tem_id", "7")
    equal(rows[105].done, "was there, test added, e-mail sent")
  end)

  it("is not needed when an answer was lost: asking again finds the test", function()
    local before = #twin.tests()
    twin.fault { kind = "lost reply", operation = "add_test" }
    local rows, result = results_of("--etat", "DEF")
    equal(result.status, 0)
    equal(rows[105].done, "created, test added")
    equal(#twin.tests(), before + 1)
    equal(results_of("--etat", "DEF")[105].done, "was there, has the test")
  end)
end)

describe("a group", function()
  it("may be all that is registered", function()
    local rows = results_of("--group_id", "212")
    equal(rows[101], nil)
    equal(rows[103].group, "TD B")
  end)

  it("may be of another partition", function()
    equal(results_of("--partition", "TP")[101].group, "TP1")
  end)

  it("that is not there is named with those that are", function()
    local result = run("--group_id", "999")
    equal(result.error.kind, "not_found")
    test.contains(result.error.message, "211 TD A, 212 TD B")
  end)
end)

describe("before anything is done", function()
  it("an unknown semester is refused", function()
    local result = console.run(register, { "--formsemestre_id", "99", "--tst_frm_id", "101" })
    equal(result.error.kind, "not_found")
    same(twin.counts(), {})
  end)

  it("--check says how many students there are", function()
    local result = run "--check"
    equal(result.status, 0)
    test.contains(result.err, "3 rows.")
    same(twin.counts(), {})
  end)

  it("an unknown state of enrolment is refused", function()
    equal(run("--etat", "X").error.exit, 2)
  end)
end)

describe("a test form that is not allowed", function()
  it("fails for everybody, and nobody gets an e-mail", function()
    local result = console.run(register, { "--formsemestre_id", "3", "--tst_frm_id", "999", "--mai_tem_id", "7" })
    equal(result.status, 1)
    test.contains(result.err, "Failed: etudid 101, 102, 103.")
    equal(#twin.mails(), 0)
  end)
end)

test.run()
