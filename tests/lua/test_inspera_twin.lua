-- SPDX-License-Identifier: MIT
-- The simulated Inspera Assessment: what each operation does to its tests, and what it refuses.

local async = require "beadle.async"
local http = require "beadle.http"
local inspera = require "beadle.inspera"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.inspera
local T = 3437420
local A, B = { name = "Jury A" }, { name = "Jury B" }

test.before_each(function()
  sandbox.reset()
  pcall(inspera.delete_committees, { testId = T, committees = {} }) -- a new token, for the old ones are gone
end)

local function committee(name, kind)
  for _, each in ipairs(twin.committees()) do
    if each.name == name and each.type == (kind or "GRADING") then
      return each
    end
  end
end

local function refused(kind, status, words, operation, args)
  local ok, err = pcall(inspera[operation], args)
  equal(ok, false)
  equal(err.kind, kind)
  equal(err.status, status)
  test.contains(err.vendor_message or "", words)
  return err
end

-- A request as some other program would make it.
local function post(path, body, headers, method)
  return http.request { method = method or "POST", url = "https://iad.inspera.no/api" .. path, body = body,
    headers = headers }
end

local function has(list, wanted)
  for _, each in ipairs(list) do
    if each == wanted then
      return true
    end
  end
  return false
end

describe("a token", function()
  it("is fetched once for many calls", function()
    for _ = 1, 3 do
      inspera.create_committees { testId = T, committees = { A } }
    end
    equal(twin.counts().authenticate, 1)
  end)

  it("is renewed when the vendor ends it", function()
    twin.revoke_tokens()
    inspera.create_committees { testId = T, committees = { A } }
    equal(twin.counts().authenticate, 2)
  end)

  it("is refused for a wrong key", function()
    local err = refused("auth", 401, "invalid_grant", "authenticate", { code = "wrong" })
    test.contains(err.message, "the API key is not valid")
    refused("auth", 401, "invalid_grant", "authenticate", { client_id = "wrong" })
  end)

  it("is refused for a user with several", function()
    twin.several_tokens {}
    refused("conflict", 409, "Multiple tokens for user", "authenticate", {})
    twin.revoke_tokens()
    refused("conflict", 409, "Multiple tokens", "create_committees", { testId = T, committees = { A } })
    equal(committee "Jury A" ~= nil, true)
    twin.several_tokens { is = false }
    inspera.create_committees { testId = T, committees = { A } }
  end)

  it("is not shown", function()
    equal(tostring(inspera.authenticate().access_token):find "test", nil)
  end)

  it("needs no Inspera to be refused: a bad one is 401, whatever status that has", function()
    twin.fault { kind = "answer", operation = "authenticate", status = 200, type = "application/json", times = 9,
      body = "{\"access_token\": \"made-up-token\"}" }
    twin.revoke_tokens()
    refused("auth", 401, "Invalid or expired token", "create_committees", { testId = T, committees = { A } })
    twin.set { unauthorized_status = 403 }
    refused("permission", 403, "", "create_committees", { testId = T, committees = { A } })
  end)
end)

describe("committees", function()
  it("are created, with the type they are given", function()
    inspera.create_committees { testId = T, committees = { { name = "Jury C" },
      { name = "Jury C", type = inspera.committee_type.reassessment } } }
    test.truthy(committee "Jury C")
    test.truthy(committee("Jury C", "REASSESSMENT"))
    equal(#twin.committees(), 5)
  end)

  it("that are there are updated: a second call changes nothing", function()
    for _ = 1, 2 do
      inspera.create_committees { testId = T, committees = { { name = "Jury C" }, A } }
    end
    equal(#twin.committees(), 4)
    equal(#committee("Jury A").candidates, 4)
  end)

  it("that are there are refused when the vendor is said to do so", function()
    twin.set { existing_is_error = true }
    refused("rejected", 400, "Committee Jury A exists", "create_committees", { testId = T, committees = { A } })
  end)

  it("may change their type when the name is the key", function()
    twin.set { name_is_key = true }
    inspera.create_committees { testId = T, committees = { { name = "Jury A", type = "REASSESSMENT" } } }
    equal(#twin.committees(), 3)
    equal(#committee("Jury A", "REASSESSMENT").candidates, 4)
  end)

  it("are found by the test's external id", function()
    inspera.create_committees { testId = "EXAM-2026-01", isExternal = true, committees = { { name = "Jury C" } } }
    test.truthy(committee "Jury C")
  end)

  it("of an unknown test are refused", function()
    local err = refused("not_found", 404, "Could not resolve test", "create_committees",
      { testId = 1, committees = { A } })
    equal(err.outcome, "none")
    refused("not_found", 404, "", "create_committees", { testId = "EXAM-2026-01", committees = { A } })
    refused("not_found", 404, "", "create_committees", { testId = "other", isExternal = true, committees = { A } })
  end)

  it("of Inspera's id given as an external one are a conflict", function()
    refused("conflict", 409, "External Id", "create_committees", { testId = T, isExternal = true, committees = { A } })
    twin.set { mismatch_status = 404 }
    refused("not_found", 404, "", "create_committees", { testId = T, isExternal = true, committees = { A } })
  end)

  it("are no business of a user without the rights", function()
    twin.set { allowed = false }
    refused("permission", 403, "Permission denied", "delete_committees", { testId = T, committees = { A } })
    equal(#twin.committees(), 3)
  end)

  it("after an error of the vendor are not known to be created", function()
    twin.fault { kind = "status", operation = "create_committees", status = 500, type = "application/json",
      body = json.encode { errors = { "Internal server error, please contact Inspera support" } } }
    local ok, err = pcall(inspera.create_committees, { testId = T, committees = { A } }, { retry = false })
    equal(ok, false)
    same({ err.kind, err.outcome, err.retryable }, { "server", "unknown", true })
  end)

  it("are created again when the answer was lost, and once", function()
    twin.fault { kind = "lost reply", operation = "create_committees" }
    inspera.create_committees { testId = T, committees = { { name = "Jury C" } } }
    equal(twin.counts().create_committees, 2)
    equal(#twin.committees(), 4)
  end)

  it("that are none are no input", function()
    refused("rejected", 400, "No input data", "create_committees", { testId = T, committees = {} })
  end)

  it("with a name that is too long, or none, are refused here", function()
    for _, each in ipairs { { name = ("x"):rep(51) }, {}, { name = "C", type = "grading" }, { nme = "C" } } do
      local ok, err = pcall(inspera.create_committees, { testId = T, committees = { each } })
      same({ ok, err.kind, err.outcome }, { false, "argument", "none" })
    end
    equal(twin.counts().create_committees, nil)
    inspera.create_committees { testId = T, committees = { { name = ("é"):rep(50) } } }
  end)
end)

describe("deleting committees", function()
  it("takes them away, and their people lose them", function()
    inspera.delete_committees { testId = T, committees = { A } }
    equal(committee "Jury A", nil)
    local everybody = twin.people()
    equal(everybody.candidates[1].committeeName, nil)
    equal(everybody.candidates[5].committeeName, "Jury B")
    same(everybody.contributors[1].committeesName, json.array { "Jury B" })
  end)

  it("sends a body and says what it is", function()
    inspera.delete_committees { testId = T, committees = { A } }
    local request = twin.requests { operation = "delete_committees" }
    request = request[#request]
    equal(request.method, "DELETE")
    equal(request.headers["content-type"], "application/json")
    same(json.decode(request.body), { committees = { { name = "Jury A" } } })
  end)

  it("tells the types apart", function()
    refused("rejected", 400, "Committee Jury A does not exist", "delete_committees",
      { testId = T, committees = { { name = "Jury A", type = "REASSESSMENT" } } })
    inspera.delete_committees { testId = T, committees = { { name = "Jury d'appel", type = "REASSESSMENT" } } }
    equal(#twin.committees(), 2)
  end)

  it("twice is answered 400, which says that it is done", function()
    inspera.delete_committees { testId = T, committees = { A } }
    refused("rejected", 400, "Committee Jury A does not exist", "delete_committees",
      { testId = T, committees = { A } })
    twin.set { delete_missing_status = 200 }
    inspera.delete_committees { testId = T, committees = { A } }
  end)

  it("whose answer was lost is not known to be done, and not done twice", function()
    twin.fault { kind = "lost reply", operation = "delete_committees" }
    local before = twin.counts().delete_committees
    local ok, err = pcall(inspera.delete_committees, { testId = T, committees = { A } })
    same({ ok, err.outcome }, { false, "unknown" })
    equal(twin.counts().delete_committees, before + 1)
  end)

  it("refuses all when one is not there", function()
    refused("rejected", 400, "Committee X does not exist", "delete_committees",
      { testId = T, committees = { A, { name = "X" } } })
    test.truthy(committee "Jury A")
  end)

  it("in part is an error whose outcome is unknown, with the vendor's words", function()
    twin.set { partial = true }
    local err = refused("rejected", 200, "Committee X does not exist", "delete_committees",
      { testId = T, committees = { A, { name = "X" }, { name = "Y" } } })
    equal(err.outcome, "unknown")
    equal(err.vendor_message, "Committee X does not exist; Committee Y does not exist")
    test.contains(tostring(err), "Committee Y does not exist")
    equal(committee "Jury A", nil)
  end)

  it("may need them to be empty", function()
    twin.set { delete_needs_empty = true }
    refused("rejected", 400, "is not empty", "delete_committees", { testId = T, committees = { A } })
  end)
end)

-- For candidates and contributors alike: who sits in Jury A alone.
local PEOPLE = {
  candidates = { candidateId = "e-1001", move = "move_candidates", remove = "remove_candidates" },
  contributors = { externalId = "greta.grader@example.org", move = "move_contributors",
    remove = "remove_contributors" },
}

for _, kind in ipairs { "candidates", "contributors" } do
  local person = PEOPLE[kind]
  local id = person.candidateId or person.externalId
  local move, remove = person.move, person.remove

  local function moved(from, to)
    return { testId = T, [kind] = { { candidateId = person.candidateId, externalId = person.externalId,
      fromCommittee = from, toCommittee = to } } }
  end
  local function removed(from)
    return { testId = T, [kind] = { { candidateId = person.candidateId, externalId = person.externalId,
      committee = from } } }
  end

  describe(move, function()
    it("takes somebody from one committee to the other", function()
      inspera[move](moved(A, B))
      equal(has(committee("Jury A")[kind], id), false)
      equal(has(committee("Jury B")[kind], id), true)
    end)

    it("twice changes nothing", function()
      inspera[move](moved(A, B))
      inspera[move](moved(A, B))
      equal(has(committee("Jury B")[kind], id), true)
      twin.set { move_again_is_error = true }
      refused("rejected", 400, "already", move, moved(A, B))
    end)

    it("knows tests by their external id", function()
      local args = moved(A, B)
      args.testId, args.isExternal = "EXAM-2026-01", true
      inspera[move](args)
      equal(has(committee("Jury B")[kind], id), true)
      twin.set { external_moves = false }
      refused("not_found", 404, "", move, args)
    end)

    it("refuses committees that are not there", function()
      refused("rejected", 400, "Committee X does not exist", move, moved(A, { name = "X" }))
      refused("rejected", 400, "Committee X does not exist", move, moved({ name = "X" }, B))
      refused("rejected", 400, "does not exist", move, moved(A, { name = "Jury B", type = "REASSESSMENT" }))
      equal(has(committee("Jury A")[kind], id), true)
    end)

    it("refuses who is not in the committee to leave", function()
      inspera.create_committees { testId = T, committees = { { name = "Jury C" } } }
      local err = refused("rejected", 400, "is not in committee Jury C", move, moved({ name = "Jury C" }, B))
      test.contains(err.message, "[personal]") -- in what is shown; the vendor's words have the id
    end)

    it("refuses who is not on the test", function()
      local args = moved(A, B)
      args[kind][1].externalId, args[kind][1].candidateId = "nobody@example.org", nil
      refused("rejected", 400, "nobody@example.org", move, args)
      args[kind][1].externalId = nil
      refused("rejected", 400, "without an id", move, args)
    end)

    it("in part is an error whose outcome is unknown", function()
      twin.set { partial = true }
      local args = moved(A, B)
      args[kind][2] = { externalId = "nobody@example.org", toCommittee = B }
      equal(refused("rejected", 200, "nobody@example.org does not exist", move, args).outcome, "unknown")
      equal(has(committee("Jury B")[kind], id), true)
    end)

    it("takes a body of one's own, and refuses what the sandbox does not know", function()
      local body = moved(A, B)
      body.testId = nil
      inspera[move] { testId = T, body = body }
      equal(has(committee("Jury B")[kind], id), true)
      refused("rejected", 400, "takes no \"people\"", move, { testId = T, body = { people = { 1 } } })
      twin.set { any_body = true }
      inspera[move] { testId = T, body = { people = { 1 } } }
    end)

    it("wants people or a body, not both", function()
      for _, more in ipairs { {}, { body = { a = 1 } } } do
        local args = more.body and moved(A, B) or { testId = T }
        args.body = more.body
        local ok, err = pcall(inspera[move], args)
        same({ ok, err.kind }, { false, "argument" })
        test.contains(err.message, "one of them")
      end
    end)
  end)

  describe(remove, function()
    it("takes somebody out of a committee", function()
      inspera[remove](removed(A))
      equal(has(committee("Jury A")[kind], id), false)
    end)

    it("twice is refused", function()
      inspera[remove](removed(A))
      refused("rejected", 400, "is not in committee", remove, removed(A))
      refused("rejected", 400, "Committee X does not exist", remove, removed { name = "X" })
    end)

    it("whose answer was lost is not repeated", function()
      twin.fault { kind = "lost reply", operation = remove }
      local ok, err = pcall(inspera[remove], removed(A))
      same({ ok, err.outcome }, { false, "unknown" })
      equal(twin.counts()[remove], 1)
    end)
  end)
end

describe("who is in no committee", function()
  it("enters one by a move from none", function()
    local args = { testId = T, candidates = { { candidateId = "e-1008", toCommittee = A } } }
    inspera.move_candidates(args)
    equal(twin.people().candidates[8].committeeName, "Jury A")
  end)

  it("does not, when moves come from somewhere", function()
    twin.set { move_from_none = false }
    refused("rejected", 400, "No committee to move from", "move_candidates",
      { testId = T, candidates = { { candidateId = "e-1008", toCommittee = A } } })
  end)

  it("is a contributor in several", function()
    inspera.move_contributors { testId = T, contributors = { { externalId = "greta.grader@example.org",
      toCommittee = B } } }
    same(twin.people().contributors[3].committeesName, json.array { "Jury A", "Jury B" })
  end)

  it("is no candidate who is in one already", function()
    refused("rejected", 400, "No committee to move from", "move_candidates",
      { testId = T, candidates = { { candidateId = "e-1001", toCommittee = B } } })
  end)
end)

local FEBRUARY = { externalTestId = "EXAM-2026-02", title = "February", startTime = "2026-02-02T08:00:00.000Z",
  endTime = "2026-02-02T12:00:00.000Z" }

local function february(more)
  local args = {}
  for name, value in pairs(FEBRUARY) do
    args[name] = value
  end
  for name, value in pairs(more or {}) do
    args[name] = value
  end
  return args
end

local ZOE = { candidateId = "e-1003", firstName = "Zoé", lastName = "D'Exemple", committeeName = "Jury A" }

describe("create_test", function()
  it("makes a test with committees and the people in them", function()
    local made = inspera.create_test(february { committees = { A, { name = "Appeal", type = "REASSESSMENT" } },
      candidates = { ZOE, { candidateId = "e-1001" } },
      contributors = { { externalId = "greta.grader@example.org", roles = { inspera.role.evaluate, "other" },
        committeesName = { "Jury A", "Appeal" } } } })
    same(made, { success = true, testId = 3437421, externalTestId = "EXAM-2026-02" })
    same(twin.committees { testId = 3437421 }, json.array {
      { name = "Jury A", type = "GRADING", candidates = json.array { "e-1003" },
        contributors = json.array { "greta.grader@example.org" } },
      { name = "Appeal", type = "REASSESSMENT", candidates = json.array {},
        contributors = json.array { "greta.grader@example.org" } },
    })
    equal(#twin.tests(), 2)
    inspera.create_committees { testId = made.testId, committees = { B } }
    equal(#twin.committees { testId = "EXAM-2026-02" }, 3)
  end)

  it("with the same externalTestId changes it", function()
    local first = inspera.create_test(february { committees = { A }, candidates = { ZOE } })
    local second = inspera.create_test(february { title = "Changed" })
    equal(second.testId, first.testId)
    equal(twin.tests()[2].title, "Changed")
    equal(#twin.people({ testId = first.testId }).candidates, 1)
  end)

  it("keeps candidates when told", function()
    inspera.create_test(february { committees = { A }, candidates = { ZOE } })
    inspera.create_test(february { keepCandidates = true, candidates = { { candidateId = "e-1001" } } })
    equal(#twin.people({ testId = "EXAM-2026-02" }).candidates, 2)
    inspera.create_test(february { candidates = { { candidateId = "e-1002" } } })
    equal(#twin.people({ testId = "EXAM-2026-02" }).candidates, 1)
    twin.set { edit_replaces = false }
    inspera.create_test(february { candidates = { { candidateId = "e-1001" } } })
    equal(#twin.people({ testId = "EXAM-2026-02" }).candidates, 2)
  end)

  it("without one, or where that is no key, makes another", function()
    local args = february()
    args.externalTestId = nil
    equal(inspera.create_test(args).testId ~= inspera.create_test(args).testId, true)
    twin.set { edit_by_external_id = false }
    inspera.create_test(february())
    inspera.create_test(february())
    equal(#twin.tests(), 5)
  end)

  it("puts people into committees that are there already", function()
    inspera.create_test(february { externalTestId = "EXAM-2026-01", keepCandidates = true,
      candidates = { { candidateId = "e-1008", committeeName = "Jury B" } } })
    equal(has(committee("Jury B").candidates, "e-1008"), true)
    equal(#twin.people().candidates, 8)
  end)

  it("refuses committees that are nowhere", function()
    refused("rejected", 400, "Committee Jury A does not exist", "create_test", february { candidates = { ZOE } })
    refused("rejected", 400, "Committee X does not exist", "create_test",
      february { contributors = { { externalId = "a@example.org", committeesName = "X" } } })
    equal(#twin.tests(), 1)
    twin.set { check_names = false }
    inspera.create_test(february { candidates = { ZOE } })
    equal(#twin.committees { testId = "EXAM-2026-02" }, 1)
  end)

  it("refuses an end before the beginning, and here what is no time", function()
    refused("rejected", 400, "endTime", "create_test", february { endTime = "2026-02-02T07:00:00.000Z" })
    local ok, err = pcall(inspera.create_test, february { startTime = "2026-02-02 08:00", title = false })
    same({ ok, err.kind }, { false, "argument" })
    ok, err = pcall(inspera.create_test, {})
    equal(ok, false)
    for _, name in ipairs { "title", "startTime", "endTime" } do
      test.contains(err.message, name .. " is required")
    end
  end)

  it("may answer without ids", function()
    twin.set { answers_ids = false }
    same(inspera.create_test(february()), { success = true })
  end)
end)

describe("other programs", function()
  local JSON = { ["Content-Type"] = "application/json" }

  local function sign_in(path, headers, body)
    local answer = post("/authenticate/token" .. path, body or "", headers)
    return answer.status, json.decode(answer.body)
  end
  local function signed(headers)
    local _, answer = sign_in("/?grant_type=authorization_code&client_id=test-client", { code = "test-api-key" })
    local all = { Authorization = "Bearer " .. answer.access_token }
    for name, value in pairs(headers or JSON) do
      all[name] = value
    end
    return all
  end
  local function texts(answer)
    return table.concat(json.decode(answer.body).errors, "; ")
  end

  it("sign in with a query or a form, with or without the slash", function()
    equal(sign_in("/?grant_type=authorization_code&client_id=test-client", { code = "test-api-key" }), 200)
    equal(sign_in("", { code = "test-api-key", ["Content-Type"] = "application/x-www-form-urlencoded" },
      "grant_type=authorization_code&client_id=test-client"), 200)
  end)

  it("are told what is wrong with it", function()
    local QUERY = "/?grant_type=authorization_code&client_id=test-client"
    equal(sign_in("/", { code = "test-api-key" }), 400)
    equal(sign_in("/?grant_type=password&client_id=test-client", { code = "test-api-key" }), 501)
    local status, answer = sign_in(QUERY, {})
    same({ status, answer.error }, { 401, "invalid_grant" })
    equal(sign_in(QUERY .. "&code=test-api-key", {}), 401)
    twin.set { code_in_query = true }
    equal(sign_in(QUERY .. "&code=test-api-key", {}), 200)
    twin.several_tokens {}
    status, answer = sign_in(QUERY .. "&code=test-api-key", {})
    same({ status, answer.description }, { 409, "Please contact inspera support" })
  end)

  it("need a token", function()
    equal(post("/v1/test/3437420/committees", "{}", JSON).status, 401)
    equal(post("/v1/test/3437420", nil, {}, "GET").status, 401)
  end)

  it("hear what is wrong with a body", function()
    local path, headers = "/v1/test/3437420/committees", signed()
    local function wrong(body, words, others)
      local answer = post(path, body, others or headers)
      equal(answer.status, 400)
      test.contains(texts(answer), words)
    end
    wrong("", "No input data or invalid data provided")
    wrong("{}", "committees is required")
    wrong("{", "no JSON")
    wrong("[]", "no JSON object")
    wrong("{\"committees\": 1}", "committees must be")
    wrong("{\"committees\": [{\"name\": \"C\", \"type\": \"OTHER\"}]}", "Wrong committee type")
    wrong("{\"committees\": [{\"name\": \"" .. ("x"):rep(51) .. "\"}]}", "at most 50 characters")
    wrong("{\"committees\": [{\"name\": \"C\"}], \"commitees\": []}", "did you mean committees?")
    wrong("{\"committees\": [{\"name\": \"C\"}]}", "must be application/json",
      signed { ["Content-Type"] = "text/plain" })
    twin.set { strict = false }
    equal(post(path, "{\"committees\": [{\"name\": \"C\"}], \"commitees\": []}", headers).status, 200)
  end)

  it("may find the texts in another member", function()
    twin.set { error_member = "error" }
    local headers = signed()
    equal(json.decode(post("/v1/test/1/committees", "{\"committees\": []}", headers).body).error,
      "Could not resolve test from provided data")
    refused("not_found", 404, "Could not resolve", "create_committees", { testId = 1, committees = { A } })
  end)

  it("create tests with a slash at the end, as the page writes it", function()
    equal(post("/v1/test/", json.encode(FEBRUARY), signed()).status, 200)
    equal(twin.counts().create_test, 1)
  end)

  it("read a test", function()
    local headers = signed {}
    local function read(path)
      local answer = post("/v1/test/" .. path, nil, headers, "GET")
      return answer.status, json.decode(answer.body)
    end
    local status, shown = read "EXAM-2026-01?isExternal=true"
    equal(status, 200)
    same({ shown.testId, #shown.committees, shown.contributors[3].userName }, { T, 3, "greta.grader" })
    equal(read "1", 404)
    twin.set { wrap_result = true }
    equal(select(2, read "3437420").result.testId, T)
  end)

  it("are told so for methods and paths that are none", function()
    equal(post("/v1/test/3437420/committees", nil, signed {}, "GET").status, 405)
    equal(post("/v1/nothing", nil, signed {}, "GET").status, 404)
  end)

  it("are shown how", function()
    local text = table.concat(twin.guide { base = "http://127.0.0.1:1" }, "\n")
    test.contains(text, "curl http://127.0.0.1:1/api/v1/test/3437420/committees")
    test.contains(text, "test-api-key")
  end)
end)

describe("time", function()
  it("goes by before a new committee can be used, when it is said to", function()
    twin.set { visible_after = 0.05 }
    inspera.create_committees { testId = T, committees = { { name = "Jury C" } } }
    local args = { testId = T, candidates = { { candidateId = "e-1008", toCommittee = { name = "Jury C" } } } }
    refused("rejected", 400, "Committee Jury C does not exist", "move_candidates", args)
    async.sleep(0.06)
    inspera.move_candidates(args)
    test.truthy(time.now() > 0)
  end)
end)

describe("the people", function()
  it("are those of other vendors' sandboxes", function()
    equal(twin.people().candidates[1].externalId, "grace.hopper@example.org")
    local isograd = sandbox.isograd.candidates()
    equal(isograd[1].ema, "grace.hopper@example.org")
  end)

  it("of an unknown test are refused", function()
    local err = test.raises("argument", twin.people, { testId = 1 })
    test.contains(err.message, "there is no test 1")
    test.raises("argument", twin.committees, { test = 1 })
  end)
end)

test.run()
