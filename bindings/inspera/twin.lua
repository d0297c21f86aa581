-- SPDX-License-Identifier: MIT
-- Inspera Assessment, simulated: tokens, tests, and their committees. It follows the vendor's page "API to handle
-- committees" and, for tokens, "Inspera Assessment API"; where they are silent, what it does is our assumption.
-- Where that may matter, a setting changes it:
--   token_lifetime          seconds that a token lives (3600)
--   code_in_query           the key may come as `code` in the query, as older versions of the page had it (false)
--   unauthorized_status     HTTP status without a valid token (401)
--   allowed                 the key's user may handle committees (true); else 403
--   error_member            member of a refusal that holds its texts ("errors", a list) or its text ("error", ...)
--   partial                 each committee or person is taken by itself; what is wrong is listed in `errors` of a 200
--                           (false: one that is wrong refuses all, with 400)
--   existing_is_error       a committee that is there is refused (false: it is updated)
--   name_is_key             an update may change a committee's type (false: another type is another committee)
--   delete_missing_status   HTTP status for a committee that is not there: 400, or 200, as if it had been
--   delete_needs_empty      a committee with people in it is not deleted (false: they lose it)
--   move_again_is_error     somebody who is in the target already is refused (false)
--   move_from_none          a move without fromCommittee takes who is in none (true)
--   any_body                bodies of move and remove that we do not know are accepted, without an effect (false)
--   external_moves          move and remove know isExternal (true)
--   mismatch_status         HTTP status for Inspera's own id with isExternal (409)
--   edit_by_external_id     a test with the externalTestId of one that is there changes that one (true)
--   edit_replaces           without keepCandidates an edit takes off the candidates that it does not name (true)
--   answers_ids             a test that was made is answered with its ids (true)
--   check_names             a person's committee has to be there (true); else it is made
--   visible_after           seconds until a new committee can be used (0)
--   wrap_result             the test that can be read is within `result` (false)
--   strict                  members of the JSON that nobody knows are refused (true), or else left out
-- Assumed without a setting: 400 for what is missing, empty or has no legal value, an unknown person among it; a name
-- alone means the committee that grades, if both types have it. The test can be read: GET /v1/test/{testId}.

local by_catalogue = require "beadle.sandbox.operations"
local committees = require "beadle.twin.inspera.committees"
local json = require "beadle.json"
local people = require "beadle.sandbox.people"

local WORDS = {
  [400] = "No input data or invalid data provided",
  [401] = "Invalid or expired token",
  [403] = "Permission denied",
  [404] = "Could not resolve test from provided data",
  [409] = "External Id of test data does not match provided data",
}

local M = { operations = {}, control = {}, actions = {} }

local function answer(twin, status, value)
  return twin.answer_json(status, value, { "success", "testId", "externalTestId", "title", "error", "description" })
end

local function refuse(twin, status, ...)
  local texts = json.array { ... }
  if #texts == 0 then
    texts[1] = WORDS[status]
  end
  local member = twin.state.settings.error_member
  return answer(twin, status, { [member] = member == "errors" and texts or table.concat(texts, "; ") })
end

-- The answer of a list of which some may be wrong. `check` finds what is wrong, `act` does one.
local function each(twin, list, check, act)
  local errors = json.array {}
  if #list == 0 then
    return refuse(twin, 400)
  end
  for _, item in ipairs(list) do
    local why = check(item)
    errors[#errors + 1] = why
    if not why and twin.state.settings.partial then
      act(item)
    end
  end
  if #errors > 0 and twin.state.settings.partial then
    return answer(twin, 200, { success = false, errors = errors })
  elseif #errors > 0 then
    return refuse(twin, 400, table.unpack(errors))
  elseif not twin.state.settings.partial then
    for _, item in ipairs(list) do
      act(item)
    end
  end
  return answer(twin, 200, { success = true })
end

-- ---------------------------------------------------------------------------------------------------
-- Tokens

local function token_error(twin, status, word, description)
  return answer(twin, status, { error = word, description = description })
end

-- The parameters stand in the query, or, as some clients send them, in the body.
local function authenticate(twin, request)
  local fields, settings = twin.fields(request.query), twin.state.settings
  for name, value in pairs(twin.fields(request.body)) do
    fields[name] = fields[name] or value
  end
  local key = request.headers.code or settings.code_in_query and fields.code
  if not fields.grant_type or not fields.client_id then
    return token_error(twin, 400, "invalid_request")
  elseif fields.grant_type ~= "authorization_code" then
    return token_error(twin, 501, "unsupported_grant_type")
  elseif fields.client_id ~= twin.state.client_id or key ~= twin.state.key then
    return token_error(twin, 401, "invalid_grant")
  elseif twin.state.several_tokens then
    return token_error(twin, 409, "Multiple tokens for user", "Please contact inspera support")
  end
  local token = twin.token(32)
  twin.state.tokens[token] = twin.now() + settings.token_lifetime
  return twin.answer_json(200, { access_token = token, expires_in = settings.token_lifetime },
    { "access_token", "expires_in" })
end

function M.sign_in(twin, request)
  local ends = twin.state.tokens[twin.bearer(request) or ""]
  if not ends or twin.now() >= ends then
    return refuse(twin, twin.state.settings.unauthorized_status, WORDS[401])
  elseif not twin.state.settings.allowed then
    return refuse(twin, 403)
  end
end

function M.refuse(twin, fault)
  if fault.text:find(".type must be", 1, true) then
    return refuse(twin, 400, "Wrong committee type")
  end
  return refuse(twin, 400, WORDS[400], "sandbox: " .. fault.text)
end

-- ---------------------------------------------------------------------------------------------------
-- Tests

local function by_external_id(twin, id)
  for _, test in pairs(twin.state.tests) do
    if test.externalTestId ~= nil and test.externalTestId == tostring(id) then
      return test
    end
  end
end

-- The test that a call is about, or nil and the answer.
local function test_of(twin, values, external_is_known)
  local own = twin.state.tests[tostring(values.testId)]
  local test = own
  if values.isExternal and external_is_known ~= false then
    test = by_external_id(twin, values.testId)
    if not test and own then
      return nil, refuse(twin, twin.state.settings.mismatch_status, WORDS[409])
    end
  end
  if not test then
    return nil, refuse(twin, 404)
  end
  return test
end

function M.operations.create_committees(twin, values)
  local test, refused = test_of(twin, values)
  return refused or each(twin, values.committees, function(item)
    return twin.state.settings.existing_is_error and committees.find(twin, test, item)
      and ("Committee %s exists"):format(item.name) or nil
  end, function(item)
    committees.put(twin, test, item)
  end)
end

function M.operations.delete_committees(twin, values)
  local test, refused = test_of(twin, values)
  local settings = twin.state.settings
  return refused or each(twin, values.committees, function(item)
    local committee = committees.find(twin, test, item)
    if not committee then
      return settings.delete_missing_status ~= 200 and committees.missing(item) or nil
    end
    return settings.delete_needs_empty and #committees.members(test, committee) > 0
      and ("Committee %s is not empty"):format(item.name) or nil
  end, function(item)
    committees.delete(twin, test, item)
  end)
end

-- An operation that moves people of a kind, or removes them: bodies of our model, or any.
local function people_operation(kind, check, act)
  return function(twin, values, request)
    local settings = twin.state.settings
    local test, refused = test_of(twin, values, settings.external_moves)
    if refused then
      return refused
    elseif not values[kind] then
      return settings.any_body and answer(twin, 200, { success = true }) or M.refuse(twin, request.fault)
    end
    return each(twin, values[kind], function(item)
      return check(twin, test, kind, item)
    end, function(item)
      act(twin, test, kind, item)
    end)
  end
end

for _, kind in ipairs { "candidates", "contributors" } do
  M.operations["move_" .. kind] = people_operation(kind, committees.check_move, committees.move)
  M.operations["remove_" .. kind] = people_operation(kind, committees.check_remove, committees.remove)
end

local TEST_MEMBERS = { "externalTestId", "title", "startTime", "endTime", "useShortPassword", "keepCandidates",
  "authenticationSystem", "duration", "sourceTemplateId" }

local function new_test(twin)
  return { testId = twin:next_id("test", 3437420), committees = {}, candidates = {}, contributors = {} }
end

-- What is wrong with the committees that people of a new or changed test are in.
local function wrong_names(twin, test, values)
  local errors, named = json.array {}, {}
  for _, item in ipairs(values.committees or {}) do
    named[item.name] = true
  end
  local function check(name)
    if not named[name] and not committees.find(twin, test, { name = name }) then
      errors[#errors + 1] = committees.missing { name = name }
    end
  end
  for _, candidate in ipairs(values.candidates or {}) do
    if candidate.committeeName then
      check(candidate.committeeName)
    end
  end
  for _, contributor in ipairs(values.contributors or {}) do
    for _, name in ipairs(contributor.committeesName or {}) do
      check(name)
    end
  end
  return errors
end

function M.operations.create_test(twin, values)
  local settings = twin.state.settings
  local test = settings.edit_by_external_id and values.externalTestId and by_external_id(twin, values.externalTestId)
  local is_new = not test
  test = test or new_test(twin)
  local errors = settings.check_names and wrong_names(twin, test, values) or {}
  if #errors > 0 then
    return refuse(twin, 400, table.unpack(errors))
  elseif values.endTime <= values.startTime then
    return refuse(twin, 400, WORDS[400], "sandbox: endTime is not after startTime")
  end
  for _, name in ipairs(TEST_MEMBERS) do
    test[name] = values[name] == nil and test[name] or values[name]
  end
  for _, item in ipairs(values.committees or {}) do
    committees.put(twin, test, item)
  end
  if values.candidates and settings.edit_replaces and not values.keepCandidates and not is_new then
    test.candidates = {}
  end
  committees.put_people(twin, test, values)
  twin.state.tests[tostring(test.testId)] = test
  return answer(twin, 200, { success = true, testId = settings.answers_ids and test.testId or nil,
    externalTestId = settings.answers_ids and test.externalTestId or nil })
end

-- ---------------------------------------------------------------------------------------------------
-- Other addresses

-- The page writes the address with and without a slash at its end.
local function create_test_with_slash(twin, request)
  return by_catalogue.answer(twin, { operation = twin.operations.create_test }, {}, request)
end

local function show_test(twin, request)
  local fields = twin.fields(request.query)
  local refused = M.sign_in(twin, request)
  local test
  if not refused then
    test, refused = test_of(twin, { testId = request.params.testId, isExternal = fields.isExternal == "true" })
  end
  if refused then
    return refused
  end
  local shown = committees.show(twin, test)
  return answer(twin, 200, twin.state.settings.wrap_result and { result = shown } or shown)
end

M.routes = {
  ["POST /api/authenticate/token/"] = authenticate,
  ["POST /api/authenticate/token"] = authenticate,
  ["POST /api/v1/test/"] = create_test_with_slash,
  ["GET /api/v1/test/{testId}"] = show_test,
}

function M.operation_of(_, request)
  if request.path:find("/authenticate/token", 1, true) then
    return "authenticate"
  elseif request.method == "POST" then
    return "create_test"
  end
end

-- ---------------------------------------------------------------------------------------------------
-- State

local function seed_people(test)
  for i, student in ipairs(people.students) do
    local name = i <= 4 and "Jury A" or i <= 7 and "Jury B" or nil -- the last one is in none
    test.candidates[i] = { candidateId = student.number, externalId = student.email, firstName = student.first_name,
      lastName = student.last_name, email = student.email, committee = name and { name = name, type = "GRADING" } }
  end
  local NAMES = { { "Jury A", "Jury B" }, { "Jury B" }, { "Jury A" } }
  for i, teacher in ipairs(people.teachers) do
    local list = {}
    for k, name in ipairs(NAMES[i] or {}) do
      list[k] = { name = name, type = "GRADING" }
    end
    test.contributors[i] = { userId = 9000 + i, externalId = teacher.email, firstName = teacher.first_name,
      lastName = teacher.last_name, email = teacher.email, roles = { "evaluate" }, committees = list }
  end
end

local SETTINGS = {
  token_lifetime = 3600, code_in_query = false, unauthorized_status = 401, allowed = true, error_member = "errors",
  partial = false, existing_is_error = false, name_is_key = false, delete_missing_status = 400,
  delete_needs_empty = false, move_again_is_error = false, move_from_none = true, any_body = false,
  external_moves = true, mismatch_status = 409, edit_by_external_id = true, edit_replaces = true, answers_ids = true,
  check_names = true, visible_after = 0, wrap_result = false,
}

function M.seed(_, state)
  for name, value in pairs(SETTINGS) do
    state.settings[name] = value
  end
  state.client_id, state.key, state.tokens, state.tests = "test-client", "test-api-key", {}, {}
  local test = { testId = 3437420, externalTestId = "EXAM-2026-01", title = "Examen de janvier",
    startTime = "2026-01-15T08:00:00.000Z", endTime = "2026-01-15T12:00:00.000Z", committees = {}, candidates = {},
    contributors = {} }
  for i, name in ipairs { "Jury A", "Jury B" } do
    test.committees[i] = { name = name, type = "GRADING", visible_at = 0 }
  end
  test.committees[3] = { name = "Jury d'appel", type = "REASSESSMENT", visible_at = 0 }
  seed_people(test)
  state.tests[tostring(test.testId)] = test
end

-- ---------------------------------------------------------------------------------------------------
-- What it can be told

local function test_for(twin, command, args)
  twin.check_args(command, args, { "testId" })
  local id = args.testId or 3437420
  return twin.state.tests[tostring(id)] or by_external_id(twin, id)
    or twin.refuse("there is no test %s", tostring(id))
end

-- tests(): all tests, without their people.
function M.control.tests(twin, args)
  twin.check_args("tests", args, {})
  local list = json.array {}
  for _, test in pairs(twin.state.tests) do
    local shown = { testId = test.testId }
    for _, name in ipairs(TEST_MEMBERS) do
      shown[name] = test[name]
    end
    list[#list + 1] = shown
  end
  table.sort(list, function(a, b) return a.testId < b.testId end)
  return list
end

-- committees{testId}: the committees of a test, each with the people in it.
function M.control.committees(twin, args)
  local test, list = test_for(twin, "committees", args), json.array {}
  for i, committee in ipairs(test.committees) do
    list[i] = { name = committee.name, type = committee.type, candidates = json.array {},
      contributors = json.array {} }
    for _, member in ipairs(committees.members(test, committee)) do
      table.insert(list[i][member.kind], member.id)
    end
  end
  return list
end

-- people{testId}: the candidates and contributors of a test, and which committees each is in.
function M.control.people(twin, args)
  return committees.people(test_for(twin, "people", args))
end

-- revoke_tokens(): ends all tokens.
function M.control.revoke_tokens(twin, args)
  twin.check_args("revoke_tokens", args, {})
  twin.state.tokens = {}
end

-- several_tokens{is = true}: the token server finds several tokens for the user, and answers 409.
function M.control.several_tokens(twin, args)
  twin.check_args("several_tokens", args, { "is" })
  twin.state.several_tokens = args.is ~= false
end

local GUIDE = [[
Inspera Assessment
  API        {base}/api
  client id  {client}
  API key    {key}
  test       3437420, or EXAM-2026-01 with isExternal=true
Try
  curl -X POST -H 'code: {key}' \
       '{base}/api/authenticate/token/?grant_type=authorization_code&client_id={client}'
  curl {base}/api/v1/test/3437420/committees -H 'Authorization: Bearer TOKEN' \
       -H 'Content-Type: application/json' -d '{"committees": [{"name": "Jury C"}]}'
  curl {base}/api/v1/test/3437420 -H 'Authorization: Bearer TOKEN']]

-- guide{base}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local values = { base = args.base, key = twin.state.key, client = twin.state.client_id }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%l+)}", values)
  end
  return lines
end

return M
