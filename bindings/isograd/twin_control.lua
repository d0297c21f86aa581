-- SPDX-License-Identifier: MIT
-- What scripts and tests may tell the simulated Isograd. Where an account is meant, {sub_com_id = 456} is the
-- sub-account.

local data = require "beadle.twin.isograd.data"
local records = require "beadle.twin.isograd.records"
local tests = require "beadle.twin.isograd.tests"
local json = require "beadle.json"

local M = {}

local function told_account(twin, args)
  return twin.state.accounts[tostring(args.sub_com_id or "main")]
    or twin.refuse("there is no sub-account %s", tostring(args.sub_com_id))
end

local function told_test(twin, args)
  return records.find_test(twin, args.pla_tst_id) or twin.refuse("there is no test %s", tostring(args.pla_tst_id))
end

-- start_test{pla_tst_id}: the candidate begins.
function M.start_test(twin, args)
  twin.check_args("start_test", args, { "pla_tst_id" })
  local test = told_test(twin, args)
  if test.status ~= records.STATUS.not_started then
    twin.refuse("the test %d has begun already", test.pla_tst_id)
  end
  tests.begin_test(twin, test)
end

-- finish_test{pla_tst_id [, num_val]}: the candidate hands in; without num_val the grade is random. A form that
-- people mark waits for num_val: then, or in a second call.
function M.finish_test(twin, args)
  twin.check_args("finish_test", args, { "pla_tst_id", "num_val" })
  local test = told_test(twin, args)
  local lowest, highest = data.bounds(data.forms[test.tst_frm_id])
  local grade = args.num_val
  if test.status == records.STATUS.finished then
    twin.refuse("the test %d is finished already", test.pla_tst_id)
  elseif test.status == records.STATUS.marking and not grade then
    twin.refuse("the test %d waits for its marks: give num_val", test.pla_tst_id)
  elseif grade and (type(grade) ~= "number" or grade < lowest or grade > highest) then
    twin.refuse("num_val must be a number from %d to %d", lowest, highest)
  end
  tests.end_test(twin, test, grade)
end

local function sorted(set, key)
  local list = json.array {}
  for _, each in pairs(set) do
    list[#list + 1] = each
  end
  table.sort(list, function(a, b) return a[key] < b[key] end)
  return list
end

-- Lists of what the account has. E-mails are sent, scheduled, missed (their day was past) or dropped (the
-- candidate is gone).
for name, key in pairs { candidates = "can_id", tests = "pla_tst_id", sessions = "ses_id", groups = "dep_id",
  mails = "id" } do
  M[name] = function(twin, args)
    twin.check_args(name, args, { "sub_com_id" })
    return sorted(told_account(twin, args)[name], key)
  end
end

-- set_credits{des, amount [, sub_com_id]}: what is left of a kind of credit.
function M.set_credits(twin, args)
  twin.check_args("set_credits", args, { "des", "amount", "sub_com_id" })
  local credit = told_account(twin, args).credits[args.des]
  if not credit then
    twin.refuse("there is no credit \"%s\"; known are %s", tostring(args.des),
      table.concat(data.credit_names, ", "))
  elseif type(args.amount) ~= "number" or args.amount < 0 then
    twin.refuse "amount must be a number from 0 on"
  end
  credit.units = math.floor(args.amount * data.CREDIT_UNITS)
end

-- lti_consumer{key, secret}: makes a consumer of LTI 1.1 known, or gives one another secret.
function M.lti_consumer(twin, args)
  twin.check_args("lti_consumer", args, { "key", "secret" })
  for _, name in ipairs { "key", "secret" } do
    if type(args[name]) ~= "string" or args[name] == "" then
      twin.refuse("%s must be a text", name)
    end
  end
  twin.state.consumers[args.key] = args.secret
end

local PLATFORM = { "issuer", "client_id", "deployment_id", "deployment_ids", "auth_url", "jwks_url", "jwks",
  "outcome_key" }

-- register_platform{issuer, client_id, deployment_id | deployment_ids, auth_url, jwks_url | jwks, outcome_key}: makes a
-- platform of LTI 1.3 known, or what is known of it anew. outcome_key: the LTI 1.1 consumer key with which grades of
-- its launches are signed.
function M.register_platform(twin, args)
  twin.check_args("register_platform", args, PLATFORM)
  local platform = { deployment_ids = args.deployment_ids or { args.deployment_id }, jwks_url = args.jwks_url,
    jwks = args.jwks, outcome_key = args.outcome_key or "test-consumer-key" }
  for _, name in ipairs { "issuer", "client_id", "auth_url" } do
    platform[name] = type(args[name]) == "string" and args[name] or twin.refuse("%s must be a text", name)
  end
  if #platform.deployment_ids == 0 then
    twin.refuse "deployment_id is required"
  elseif not args.jwks_url and not args.jwks then
    twin.refuse "jwks_url or jwks is required"
  end
  for index, each in ipairs(twin.state.platforms) do
    if each.issuer == platform.issuer and each.client_id == platform.client_id then
      twin.state.platforms[index] = platform
      return
    end
  end
  table.insert(twin.state.platforms, platform)
end

-- Ends all tokens, as if the vendor had restarted.
function M.revoke_tokens(twin, args)
  twin.check_args("revoke_tokens", args, {})
  twin.state.tokens = {}
end

local GUIDE = [[
Isograd
  token          {base}/oauth2/token?grant_type=client_credentials&scopes=usage
  API            {base}/api/usage
  client_id      {id}
  client_secret  {secret}
  LTI            {base}/public/lti.php, consumer key {key}, secret {consumer_secret}
Try
  curl -X POST '{base}/oauth2/token?grant_type=client_credentials&scopes=usage' \
       -d client_id={id} -d client_secret={secret}
  curl {base}/api/usage -H "Authorization: Bearer TOKEN" \
       -d act_id=1 -d gen_id=3 -d ema=ada@example.org -d fst_nam=Ada -d lst_nam=Lovelace]]

-- guide{base}: how to use it at that address, as lines of text.
function M.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local id, secret = next(twin.state.clients)
  local key, consumer_secret = next(twin.state.consumers)
  local values = { base = args.base, id = id, secret = secret, key = key, consumer_secret = consumer_secret }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{([%w_]+)}", values)
  end
  return lines
end

return M
