-- SPDX-License-Identifier: MIT
-- scripts/syfadis-enrol.lua against the sandbox.

local odata = require "beadle.odata"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.syfadis
local enrol = dofile "scripts/syfadis-enrol.lua"

local JANUARY, FEBRUARY, MARCH = 2850818, 2850819, 1234 -- 12, 2 and 8 places; 3, 1 and nobody enrolled
local GRACE, ALAN, NADIA = 327680, 327681, 327684 -- the first two are in January
local TRAINEES = syfadis.trainee_set.training

local function ada(...)
  return { "--session_id", tostring(MARCH), "--Login", "ada", "--FirstName", "Ada", "--LastName", "Lovelace", ... }
end

local function user(id)
  return syfadis.get_user { id = id }
end

local function users_named(login)
  return #syfadis.list_users { filter = odata.eq("Login", login) }.value
end

local function trainees(session)
  return #syfadis.list_trainees { set = TRAINEES, filter = odata.eq("TrainingSession/Id", session) }.value
end

local function file(head, ...)
  return console.file(head .. "\n" .. table.concat({ ... }, "\n") .. "\n")
end

local function run(...)
  return console.run(enrol, { ... })
end

-- How often an operation reached the vendor.
local function count(operation)
  return twin.counts()[operation] or 0
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("one person", function()
  it("is created and enrolled", function()
    local result = console.run(enrol, ada("--Mail", "ada@example.org", "--ExternalId", "e-2001", "--PrimaryDomain",
      "131079"))
    equal(result.status, 0)
    test.match(result.out, "user +created")
    test.match(result.out, "enrolment +enrolled")
    local made = user(math.tointeger(tonumber(result.out:match "user_id +(%d+)")))
    same({ made.Name, made.Login, made.Mail, made.ExternalId, made.PrimaryDomainId },
      { "Ada Lovelace", "ada", "ada@example.org", "e-2001", 131079 })
    equal(trainees(MARCH), 1)
  end)

  it("is told how many places are left", function()
    test.contains(console.run(enrol, ada()).out, "Session 1234, session de mars: 7 of 8 places left.")
  end)

  for name, value in pairs { Login = "grace.hopper", ExternalId = "e-1001", Mail = "Grace.Hopper@Example.org" } do
    it("is found by " .. name, function()
      local result = run("--session_id", tostring(MARCH), "--" .. name, value)
      equal(result.status, 0)
      test.contains(result.out, "found by " .. name)
      test.match(result.out, "user_id +" .. GRACE)
      equal(count "create_user", 0)
    end)
  end

  it("is found by what names somebody, and stays as it is", function()
    local result = console.run(enrol, ada("--ExternalId", "e-1001", "--Mail", "ada@example.org"))
    test.contains(result.out, "found by ExternalId")
    same({ user(GRACE).FirstName, user(GRACE).Login }, { "Grace", "grace.hopper" })
    equal(count "update_user", 0)
  end)

  it("who is enrolled already is left alone", function()
    local result = run("--session_id", tostring(JANUARY), "--Login", "grace.hopper")
    equal(result.status, 0)
    test.match(result.out, "enrolment +was enrolled already")
    test.match(result.out, "trainee_id +2916356")
    equal(count "register_trainee", 0)
    test.contains(result.out, "9 of 12 places left")
  end)

  it("is not enrolled twice by a second run", function()
    console.run(enrol, ada())
    test.contains(console.run(enrol, ada()).out, "was enrolled already")
    equal(trainees(MARCH), 1)
    equal(users_named "ada", 1)
  end)

  it("needs something to be known by, and a name when new", function()
    local function refused(words, ...)
      local result = run(...)
      equal(result.error.kind, "argument")
      test.contains(result.error.message, words)
      equal(count "create_user", 0)
    end
    refused("give Login, ExternalId or Mail", "--session_id", "1234")
    refused("needs FirstName and LastName", "--session_id", "1234", "--Login", "ada", "--FirstName", "Ada")
  end)

  it("is not created for a session that takes nobody", function()
    local function refused(words, ...)
      local result = run("--Login", "ada", "--FirstName", "Ada", "--LastName", "Lovelace", "--session_id", ...)
      test.contains(tostring(result.error), words)
      equal(users_named "ada", 0)
    end
    refused("HTTP 404", "4711")
    syfadis.update_session { set = "TrainingSessions", id = MARCH, UserCountMax = 0 }
    refused("session 1234 is full", "1234")
    syfadis.cancel_session { set = "TrainingSessions", id = FEBRUARY, CancelReason = syfadis.cancel_reason.rentability,
        CancelDescription = "x" }
    refused("session 2850819 is cancelled", "2850819")
    syfadis.archive_session { set = "TrainingSessions", id = JANUARY }
    refused("session 2850818 is archived", "2850818")
  end)

  it("who is there several times, or archived, is named", function()
    syfadis.update_user { id = ALAN, ExternalId = "e-1001" }
    test.contains(run("--session_id", "1234", "--ExternalId", "e-1001").error.message,
      "several users with this ExternalId: 327680, 327681")
    syfadis.archive_user { id = NADIA }
    twin.set { list_archived = true }
    test.contains(run("--session_id", "1234", "--Login", user(NADIA).Login).error.message, "archived: " .. NADIA)
  end)

  it("whose registration was cancelled is named, and one that was archived does not count", function()
    local first = syfadis.register_trainee { set = TRAINEES, SessionId = MARCH, UserId = NADIA }
    syfadis.unregister_trainee { TraineeId = first.Id }
    twin.set { list_archived = true }
    local arguments = { "--session_id", "1234", "--Login", user(NADIA).Login }
    test.contains(console.run(enrol, arguments).out, "enrolled")
    syfadis.cancel_session { set = "TrainingSessions", id = MARCH, CancelReason = syfadis.cancel_reason.rentability,
        CancelDescription = "x" }
    test.contains(console.run(enrol, arguments).error.message, "but cancelled")
  end)
end)

describe("a lost answer", function()
  it("to a creation that was carried out is found out", function()
    twin.fault { kind = "lost reply", operation = "create_user" }
    twin.fault { kind = "lost reply", operation = "register_trainee" }
    local result = console.run(enrol, ada())
    equal(result.status, 0)
    test.match(result.out, "user +created")
    test.match(result.out, "enrolment +enrolled")
    same({ users_named "ada", trainees(MARCH), count "create_user", count "register_trainee" }, { 1, 1, 1, 1 })
  end)

  it("of which nothing is seen is in doubt", function()
    for _, operation in ipairs { "create_user", "register_trainee" } do
      twin.fault { kind = "lost request", operation = operation }
      equal(console.run(enrol, ada()).error.outcome, "unknown")
    end
    equal(console.run(enrol, ada()).status, 0)
    same({ users_named "ada", trainees(MARCH) }, { 1, 1 })
  end)

  it("after which looking fails is in doubt too", function()
    twin.fault { kind = "lost reply", operation = "create_user" }
    twin.fault { kind = "status", status = 500, operation = "list_users", nth = 3, times = 10 }
    local result = console.run(enrol, ada())
    same({ result.error.operation, result.error.outcome }, { "syfadis.create_user", "unknown" })
  end)
end)

describe("a file", function()
  it("is enrolled, and shown as a table", function()
    local path = file("Login,FirstName,LastName,Mail", "ada,Ada,Lovelace,", "grace.hopper,,,",
      ",Joan,Clarke,joan@example.org")
    local result = run("--rows", path, "--session_id", tostring(JANUARY))
    equal(result.status, 0)
    test.match(result.out, "2 +2850818 +ada +%d+ +created +%d+ +enrolled")
    test.match(result.out, "3 +2850818 +grace.hopper +327680 +found by Login +2916356 +was enrolled already")
    test.match(result.out, "4 +2850818 +joan@example.org +%d+ +created +%d+ +enrolled")
    test.contains(result.out, "session de janvier: 7 of 12 places left.")
    equal(trainees(JANUARY), 5)
  end)

  it("run twice enrols nobody twice", function()
    local path = file("Login,FirstName,LastName,session_id", "ada,Ada,Lovelace,1234", "joan,Joan,Clarke,1234",
      "ada,Ada,Lovelace,2850819")
    equal(run("--rows", path).status, 0)
    local before = #twin.users()
    local again = run("--rows", path)
    equal(again.status, 0)
    same({ #twin.users(), trainees(MARCH), trainees(FEBRUARY) }, { before, 2, 2 })
    same({ count "create_user", count "register_trainee" }, { 2, 3 })
    test.contains(again.out, "Session 1234, session de mars: 6 of 8 places left.")
    test.contains(again.out, "Session 2850819, session de février: 0 of 2 places left.")
  end)

  it("that names somebody for several sessions creates one user", function()
    local path = file("Login,ExternalId,Mail,FirstName,LastName,session_id", "ada,e-2001,,Ada,Lovelace,1234",
      ",e-2001,,Ada,Lovelace,2850818", ",e-2001,ada@example.org,Ada,Lovelace,2850819")
    local before = #twin.users()
    twin.set { latency = 0.01 }
    equal(run("--rows", path).status, 0)
    same({ #twin.users() - before, count "create_user", count "register_trainee" }, { 1, 1, 3 })
  end)

  it("that names somebody twice for one session is refused", function()
    local result = run("--rows", file("Mail,FirstName,LastName", "ada@example.org,A,L", "ADA@example.org,A,L"),
      "--session_id", "1234")
    equal(result.error.exit, 2)
    test.contains(result.err, "line 3: the same session_id and Mail as line 2")
    same(twin.counts(), {})
  end)

  it("with more people than places creates nobody who finds none", function()
    local path = file("Login,FirstName,LastName", "a,A,X", "b,B,X", "c,C,X")
    twin.set { latency = 0.01 }
    local result = run("--rows", path, "--session_id", tostring(FEBRUARY))
    equal(result.status, 1)
    test.contains(result.err, "session 2850819 is full")
    same({ count "create_user", trainees(FEBRUARY) }, { 1, 2 })
    test.contains(result.out, "0 of 2 places left")
  end)

  it("whose rows failed is run again from what failed", function()
    local path, failed = file("Login,FirstName,LastName", "ada,Ada,Lovelace", "joan,Joan,Clarke"), console.path ".csv"
    twin.fault { kind = "status", status = 400, operation = "register_trainee", nth = 2, body = "non" }
    local result = run("--rows", path, "--session_id", "1234", "--failed", failed)
    equal(result.status, 1)
    test.match(result.err, "user %d+ created")
    equal(run("--rows", failed, "--session_id", "1234").status, 0)
    same({ trainees(MARCH), count "create_user" }, { 2, 2 })
  end)

  it("is only checked with --check", function()
    equal(run("--rows", file("Login,FirstName,LastName", "ada,Ada,Lovelace"), "--session_id", "1234", "--check").status,
      0)
    same(twin.counts(), {})
  end)
end)

test.run()
