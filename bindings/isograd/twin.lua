-- SPDX-License-Identifier: MIT
-- Isograd, simulated. It follows the vendor's page "Isograd API"; where the page is silent, what it does is
-- our assumption. Where that may matter, a setting changes it:
--   token_lifetime       seconds that a token lives (3600)
--   tell_lifetime        a token comes with token_type and expires_in (true); the page shows neither
--   invalid_client_status   HTTP status for wrong credentials (401); 400 is as likely
--   error_status         HTTP status of refusals (200)
--   start_after, finish_after   seconds after which a test starts and ends by itself; false (as it begins):
--                        only when told
--   old_names_until      last day on which rea_tst_id is known ("2025-12-31")
--   existing_is_error    create_candidate_and_add_test refuses a candidate that exists, with 202 (false)
--   combined_reuses      create_candidate_and_add_test adds its test as act_id 2 does (true), or as 9
--   confirmation_costs   a confirmation test uses a credit (false)
--   lti_window           seconds that the timestamp of a launch by LTI 1.1 may be off (300)
--   outcomes             grades are sent to the outcome service that a launch names (true); the vendor has it off
--                        until it is asked for
--   strict               what is not known or cannot be read is refused (true), or else left out
-- Assumed without a setting:
--   No number: an unknown sub-account, session, e-mail template or sender, an unknown administrator, an
--   unknown parameter. Such refusals have success = false and our own words.
--   Numbers that the page gives elsewhere: 107 and 501 for an unknown candidate or test; 202 for an e-mail in
--   use in update_candidate; 303 for add_pro; 502 for a confirmation of an unfinished test; 106, 107, 501 and
--   502 of the results as JSON as of those as PDF. No 303 when proctoring is removed.
--   HTTP 401 without a valid token; redirect wins over html; refusals are JSON even where a link was asked for.
--   max_num_tst counts the tests that were added, taken or not. A pack of n uses 1/n of a credit. Deleting a
--   test or its proctoring gives no credit back.
--   A mail without sen_dat is sent at once; one for today or later at 6:00 UTC of its day, or at once when that
--   is past; one for a past day never, but with for_sen. Each candidate of pla_tst_ids gets a mail.
--   cal_bac_pag is called when the candidate hands in, marked or not. Links of login_as_candidate end as those
--   of create_candidate do. can_id decides when delete_candidate has both.

local actions = require "beadle.twin.isograd.actions"
local control = require "beadle.twin.isograd.control"
local data = require "beadle.twin.isograd.data"
local dispatch = require "beadle.twin.isograd.dispatch"
local lti = require "beadle.twin.isograd.lti"
local lti13 = require "beadle.twin.isograd.lti13"
local mails = require "beadle.twin.isograd.mails"
local pages = require "beadle.twin.isograd.pages"
local records = require "beadle.twin.isograd.records"
local refusal = require "beadle.twin.isograd.refusal"
local tests = require "beadle.twin.isograd.tests"
local wire = require "beadle.sandbox.wire"

local TOKEN_HOST = "auth.isograd.com"

local function elsewhere(twin, request)
  return twin.answer(404, ("the sandbox has no %s on %s\n"):format(request.path, request.host))
end

-- At an address of the vendor's own each thing is where the page says; at ours everything is.
local function is_vendor_host(twin, host)
  for _, each in ipairs(twin.vendor.hosts) do
    if each == host then
      return true
    end
  end
  return false
end

local function authenticate(twin, request)
  if request.host ~= TOKEN_HOST and is_vendor_host(twin, request.host) then
    return elsewhere(twin, request)
  end
  local query, form = wire.fields(request.query), wire.fields(request.body)
  if query.grant_type ~= "client_credentials" or (query.scopes or query.scope) ~= "usage" then
    return twin.answer_json(400, { error = "invalid_request",
      error_description = "grant_type=client_credentials and scopes=usage belong in the query" })
  end
  if not form.client_id or not form.client_secret then
    return twin.answer_json(400, { error = "invalid_request",
      error_description = "client_id and client_secret belong in the body" })
  end
  local settings = twin.state.settings
  if twin.state.clients[form.client_id] ~= form.client_secret then
    return twin.answer_json(settings.invalid_client_status, { error = "invalid_client" })
  end
  local token = "test-" .. twin.token(32)
  twin.state.tokens[token] = twin.now() + settings.token_lifetime
  return twin.answer_json(200, {
    access_token = token, token_type = settings.tell_lifetime and "Bearer" or nil,
    expires_in = settings.tell_lifetime and settings.token_lifetime or nil,
  }, { "access_token", "token_type" })
end

local function is_signed_in(twin, request)
  local token = (request.headers.authorization or ""):match "^Bearer (%S+)$"
  local until_at = token and twin.state.tokens[token]
  return until_at ~= nil and twin.now() < until_at
end

local function answer_refusal(twin, raised)
  local answer = { success = false, error_code = raised.code, error_message = raised.message }
  for key, value in pairs(raised.extra or {}) do
    answer[key] = value
  end
  return twin.answer_json(twin.state.settings.error_status, answer, dispatch.ORDER_OF_REFUSAL)
end

local function use(twin, request)
  if request.host == TOKEN_HOST then
    return elsewhere(twin, request)
  elseif not is_signed_in(twin, request) then
    local answer = twin.answer_json(401, { error = "invalid_token" })
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
  end
  local ok, result, other = pcall(dispatch.perform, twin, request, wire.fields(request.body))
  if not ok then
    if not refusal.is(result) then
      error(result, 0)
    end
    return answer_refusal(twin, result)
  elseif other then
    return other
  end
  return dispatch.answer_result(twin, result)
end

-- What is on the hosts of the platform, not on the one of tokens.
local function at_vendor(act)
  return function(twin, request)
    return request.host == TOKEN_HOST and elsewhere(twin, request) or act(twin, request)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The twin

local M = {
  routes = pages.routes(tests.begin_test, tests.end_test), actions = {}, control = control,
  resumes = { lti_keys = lti.resume },
  may_be_false = { "start_after", "finish_after" },
}

M.routes["POST /oauth2/token"] = authenticate
M.routes["POST /api/usage"] = use
M.routes["POST /public/lti.php"] = at_vendor(lti.receive)
M.routes["GET /public/lti.php"] = at_vendor(lti.receive)
M.routes["GET /public/jwks.php"] = at_vendor(lti13.key_set)

function M.operation_of(twin, request)
  if request.path == "/oauth2/token" then
    return "authenticate"
  elseif request.path == "/api/usage" then
    local operation, variant = dispatch.operation(twin, wire.fields(request.body).act_id)
    return operation and operation.name, variant
  elseif request.path == "/public/lti.php" then
    return lti.operation_of(twin, request)
  end
end

function M.seed(twin, state)
  local settings = state.settings
  settings.token_lifetime, settings.tell_lifetime = 3600, true
  settings.invalid_client_status, settings.error_status = 401, 200
  settings.start_after, settings.finish_after = false, false
  settings.old_names_until = "2025-12-31"
  settings.existing_is_error, settings.combined_reuses = false, true
  settings.confirmation_costs = false
  state.clients = { ["test-client-id"] = "test-client-secret" }
  state.tokens, state.logins = {}, {}
  settings.lti_window, settings.outcomes = 300, true
  state.consumers, state.lti_nonces = { ["test-consumer-key"] = "test-consumer-secret" }, {}
  state.platforms, state.lti_logins = {}, {}
  state.accounts = { main = data.account(), ["456"] = data.account() }
  data.people(twin, state.accounts.main, actions.create_candidate, tests.make_test, tests.end_test)
end

-- A test may have been deleted before its time.
function M.actions.start(twin, args)
  local test = records.find_test(twin, args.pla_tst_id)
  if test then
    tests.begin_test(twin, test)
  end
end

function M.actions.finish(twin, args)
  local test = records.find_test(twin, args.pla_tst_id)
  if test and test.status < records.STATUS.finished then
    tests.end_test(twin, test)
  end
end

function M.actions.send_mail(twin, args)
  local account = records.account_of(twin, args)
  for _, mail in ipairs(account.mails) do
    if mail.id == args.mail then
      mails.send_mail(twin, account, mail)
    end
  end
end

return M
