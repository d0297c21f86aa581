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

local data = require "beadle.twin.isograd.data"
local pages = require "beadle.twin.isograd.pages"
local wire = require "beadle.sandbox.wire"
local json = require "beadle.json"

local STATUS = { not_started = 1, started = 2, finished = 3, marking = 4 }
local LOGIN_LINK_S = 30 * 60
local TOKEN_HOST = "auth.isograd.com"

-- ---------------------------------------------------------------------------------------------------
-- Refusals: the vendor's numbers, in its words

local WORDS = {
  [103] = "La propriété act_id n'est pas valide",
  [105] = "La propriété \"%s\" est requise",
  [106] = "Ce tst_frm_id n'est pas autorisé",
  [107] = "Ce candidat n'existe pas",
  [201] = "Le candidat n'a pas pu être créé (probablement parce que l'un des paramètres n'est pas valide)",
  [202] = "Il existe déjà un candidat avec cet email sur votre compte",
  [203] = "Impossible de trouver le dep_id mentionné dans le compte et impossible de créer le candidat",
  [301] = "Vous n'avez plus de crédits pour ce type de test",
  [303] = "Vous n'avez plus de crédit de surveillance",
  [304] = "Le test est déjà commencé ou n'existe pas",
  [402] = "Le candidat a déjà passé max_num_tst pour ce tst_frm_id",
  [501] = "Ce pla_tst_id n'existe pas",
  not_taken = "Le candidat n'a pas passé ce test", -- 501 too: the number has two meanings
  [502] = "Le test n'est pas terminé",
  [601] = "Le test doit être une évaluation",
}

local Refusal = {}

-- Leaves an action with the vendor's error.
local function refuse(code, detail, extra)
  error(setmetatable({ code = code, message = WORDS[code]:format(detail or ""), extra = extra }, Refusal), 0)
end

local function refuse_not_taken()
  error(setmetatable({ code = 501, message = WORDS.not_taken }, Refusal), 0)
end

-- Leaves an action with an error that the vendor's page does not number.
local function refuse_unlisted(message)
  error(setmetatable({ message = "sandbox: " .. message }, Refusal), 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Looking things up

local function account_of(twin, values)
  local id = tostring(values.sub_com_id or "main")
  return twin.state.accounts[id] or refuse_unlisted(("this account has no sub-account %s"):format(id))
end

local function by_email(account, email)
  local wanted = email:lower()
  for _, candidate in pairs(account.candidates) do
    if candidate.ema:lower() == wanted then
      return candidate
    end
  end
end

local function candidate_of(account, values)
  local candidate
  if values.can_id then
    candidate = account.candidates[tostring(values.can_id)]
  else
    candidate = by_email(account, values.ema)
  end
  return candidate or refuse(107)
end

local function form_of(values)
  return data.forms[values.tst_frm_id] or refuse(106)
end

local function test_of(account, values, code)
  return account.tests[tostring(values.pla_tst_id)] or refuse(code)
end

local function tests_of(account, candidate, form_id)
  local list = {}
  for _, test in pairs(account.tests) do
    if test.can_id == candidate.can_id and (form_id == nil or test.tst_frm_id == form_id) then
      list[#list + 1] = test
    end
  end
  table.sort(list, function(a, b) return a.pla_tst_id < b.pla_tst_id end)
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- The life of a test

local function begin_test(twin, test)
  if test.status == STATUS.not_started then
    test.status = STATUS.started
    test.started_at = twin.now()
  end
end

-- The candidate hands in. A form that people mark then waits for its grade, unless it is given.
local function end_test(twin, test, grade)
  local form = data.forms[test.tst_frm_id]
  begin_test(twin, test)
  if test.status == STATUS.started then
    test.finished_at = twin.now()
    if test.cal_bac_pag then
      twin:call(test.cal_bac_pag)
    end
  end
  test.status = form.manual and not grade and STATUS.marking or STATUS.finished
  test.result = test.status == STATUS.finished and data.grade(form, grade) or nil
end

local function has_credit(account, name, cost)
  return account.credits[name].units >= cost
end

local function take_credit(account, name, cost)
  local credit = account.credits[name]
  credit.units = credit.units - cost
end

-- Takes all the credits that a test costs, or none.
local function pay_test(account, form, values)
  local cost = data.CREDIT_UNITS // (values.nb_test_by_credit or 1)
  if not has_credit(account, form.credit, cost) then
    refuse(301)
  elseif values.add_pro and not has_credit(account, data.PROCTORING, data.CREDIT_UNITS) then
    refuse(303)
  end
  take_credit(account, form.credit, cost)
  if values.add_pro then
    take_credit(account, data.PROCTORING, data.CREDIT_UNITS)
  end
end

local function refuse_too_many(twin, account, candidate, values)
  if not values.max_num_tst then
    return
  end
  local since = values.max_num_tst_per and twin.now() - values.max_num_tst_per * 86400 or -math.huge
  local count = 0
  for _, test in ipairs(tests_of(account, candidate, values.tst_frm_id)) do
    count = count + (test.created_at >= since and 1 or 0)
  end
  if count >= values.max_num_tst then
    refuse(402)
  end
end

local function schedule_life(twin, test)
  local settings, id = twin.state.settings, { pla_tst_id = test.pla_tst_id }
  if settings.start_after then
    twin:schedule(settings.start_after, "start", id)
  end
  if settings.finish_after then
    twin:schedule(settings.finish_after, "finish", id)
  end
end

local function make_test(twin, account, candidate, values)
  local form = form_of(values)
  refuse_too_many(twin, account, candidate, values)
  if values.ses_id and not account.sessions[tostring(values.ses_id)] then
    refuse_unlisted(("there is no session %d"):format(values.ses_id))
  end
  if not values.free then
    pay_test(account, form, values)
  end
  local test = {
    pla_tst_id = twin:next_id("test", 987653), can_id = candidate.can_id, tst_frm_id = values.tst_frm_id,
    status = STATUS.not_started, created_at = twin.now(), token = twin.token(), ses_id = values.ses_id,
    proctored = values.add_pro or false, cal_bac_pag = values.cal_bac_pag, rtn_pag = values.rtn_pag,
    cpf_id = values.cpf_id, full_screen = values.nee_ful_scr or false,
  }
  account.tests[tostring(test.pla_tst_id)] = test
  schedule_life(twin, test)
  return test
end

local function unfinished(account, candidate, form_id)
  for _, test in ipairs(tests_of(account, candidate, form_id)) do
    if test.status < STATUS.finished then
      return test
    end
  end
end

-- Ids are unique over all accounts.
local function find_test(twin, pla_tst_id)
  for _, account in pairs(twin.state.accounts) do
    if account.tests[tostring(pla_tst_id)] then
      return account.tests[tostring(pla_tst_id)]
    end
  end
end

-- The test that results are asked for: the named one, else the last that was taken.
local function taken_test(account, values)
  form_of(values)
  local candidate = candidate_of(account, { ema = values.ema })
  local chosen
  for _, test in ipairs(tests_of(account, candidate, values.tst_frm_id)) do
    if values.pla_tst_id then
      chosen = test.pla_tst_id == values.pla_tst_id and test or chosen
    elseif test.status ~= STATUS.not_started then
      chosen = test
    end
  end
  chosen = chosen or refuse_not_taken()
  return chosen.status == STATUS.finished and chosen or refuse(502)
end

-- ---------------------------------------------------------------------------------------------------
-- Mail

-- The tests that a mail is about: those it names, else all that the candidate has not begun.
local function tests_of_mail(account, candidate, mail)
  local named, list = {}, {}
  for _, id in ipairs(mail.pla_tst_ids or {}) do
    named[id] = true
  end
  for _, test in ipairs(tests_of(account, candidate)) do
    local pending = mail.pla_tst_ids == nil and test.status == STATUS.not_started
    if pending or named[test.pla_tst_id] then
      list[#list + 1] = test
    end
  end
  return list
end

local function send_mail(twin, account, mail)
  local candidate = account.candidates[tostring(mail.can_id)]
  if not candidate then
    mail.state = "dropped"
    return
  end
  mail.state, mail.sent_at, mail.to = "sent", twin.now(), candidate.ema
  mail.subject, mail.text = data.registration_mail(candidate, tests_of_mail(account, candidate, mail), mail)
end

-- Sends a mail now, or later, or never: by its day.
local function post_mail(twin, account, mail, values)
  table.insert(account.mails, mail)
  local today = twin:today()
  if not mail.sen_dat or values.for_sen and mail.sen_dat <= today then
    return send_mail(twin, account, mail)
  elseif mail.sen_dat < today then
    mail.state = "missed"
    return
  end
  local year, month, day = mail.sen_dat:match "(%d+)-(%d+)-(%d+)"
  twin:schedule(math.max(data.utc(year, month, day, 6) - twin.now(), 0), "send_mail",
    { mail = mail.id, sub_com_id = values.sub_com_id })
end

-- Who gets a registration e-mail, and about which tests: the owners of the tests, else the candidate.
local function recipients(account, values)
  if not values.pla_tst_ids then
    return { candidate_of(account, { can_id = values.can_id }).can_id }, {}
  end
  local ids, tests = {}, {}
  for _, id in ipairs(values.pla_tst_ids) do
    local can_id = test_of(account, { pla_tst_id = id }, 501).can_id
    if not tests[can_id] then
      tests[can_id] = json.array {}
      ids[#ids + 1] = can_id
    end
    table.insert(tests[can_id], id)
  end
  return ids, tests
end

-- ---------------------------------------------------------------------------------------------------
-- Actions by act_id

local acts = {}

-- The group of a new candidate; one that is known by the account's own id is made on demand.
local function group_of(twin, account, values)
  if values.dep_id and not account.groups[tostring(values.dep_id)] then
    refuse(203)
  elseif not values.ext_dep_id then
    return values.dep_id
  end
  local dep_id = account.external_groups[values.ext_dep_id]
  if not dep_id then
    dep_id = twin:next_id("group", 500)
    account.external_groups[values.ext_dep_id] = dep_id
    account.groups[tostring(dep_id)] = { dep_id = dep_id, ext_dep_id = values.ext_dep_id }
  end
  return dep_id
end

local function create_candidate(twin, account, values)
  local existing = by_email(account, values.ema)
  if existing then
    refuse(202, nil, { can_id = existing.can_id })
  end
  local dep_id = group_of(twin, account, values)
  local password = values.psw or twin.token(12)
  local candidate = {
    can_id = twin:next_id("candidate", 1381133), ema = values.ema, gen_id = values.gen_id,
    fst_nam = values.fst_nam, lst_nam = values.lst_nam, lan_id = values.lan_id or 1, ext_id = values.ext_id,
    dep_id = dep_id, job_id = values.job_id, xtr_tim_fac = values.xtr_tim_fac or 0,
    password = not values.no_psw_rst and password or nil, -- else it is stored hashed
    asked_to_change_it = not values.no_psw_rst, created_at = twin.now(),
  }
  account.candidates[tostring(candidate.can_id)] = candidate
  return candidate
end

acts[1] = function(twin, account, values, base)
  local candidate = create_candidate(twin, account, values)
  local param = twin.token(24)
  twin.state.logins[param] = { can_id = candidate.can_id, until_at = twin.now() + LOGIN_LINK_S }
  return { can_id = candidate.can_id, lgn_url = base .. "/continuelogin/CandidateContinueLogin?param=" .. param }
end

-- The answer of the actions that lead to a test's start page.
local function start_answer(twin, test, values, base, with_id)
  local link = base .. "/test/start/" .. test.token
  if values.redirect then
    return nil, twin.answer_redirect(link)
  elseif values.html then
    return nil, twin.answer(200, ("<a class=\"isograd_start_test_button\" href=\"%s\">Démarrer le test</a>")
      :format(twin.escape_html(link)), "text/html; charset=utf-8")
  end
  return { tst_url = link, pla_tst_id = with_id and test.pla_tst_id or nil }
end

local function add_test(twin, account, values, base, reuse)
  form_of(values)
  local candidate = candidate_of(account, { ema = values.ema })
  local test = reuse and unfinished(account, candidate, values.tst_frm_id)
    or make_test(twin, account, candidate, values)
  return start_answer(twin, test, values, base, true)
end

acts[2] = function(twin, account, values, base)
  return add_test(twin, account, values, base, true)
end

acts[9] = function(twin, account, values, base)
  return add_test(twin, account, values, base, false)
end

acts[8] = function(twin, account, values, base)
  form_of(values)
  local candidate = by_email(account, values.ema)
  if candidate and twin.state.settings.existing_is_error then
    refuse(202, nil, { can_id = candidate.can_id })
  end
  candidate = candidate or create_candidate(twin, account, values)
  local result, other = add_test(twin, account, values, base, twin.state.settings.combined_reuses)
  if result then
    result.can_id = candidate.can_id
  end
  return result, other
end

acts[16] = function(_, account, values)
  local test = test_of(account, values, 501)
  if not test.proctored and not has_credit(account, data.PROCTORING, data.CREDIT_UNITS) then
    refuse(303)
  elseif not test.proctored then
    take_credit(account, data.PROCTORING, data.CREDIT_UNITS)
    test.proctored = true
  end
  return {}
end

acts[17] = function(_, account, values)
  test_of(account, values, 501).proctored = false
  return {}
end

acts[23] = function(_, account, values)
  local test = test_of(account, values, 304)
  if test.status ~= STATUS.not_started then
    refuse(304)
  end
  account.tests[tostring(test.pla_tst_id)] = nil
  return {}
end

acts[58] = function(twin, account, values, base)
  local test = test_of(account, values, 501)
  if test.status ~= STATUS.finished then
    refuse(502)
  end
  local candidate = account.candidates[tostring(test.can_id)]
  local confirmation = make_test(twin, account, candidate, { tst_frm_id = test.tst_frm_id,
    free = not twin.state.settings.confirmation_costs })
  confirmation.confirms = test.pla_tst_id
  return start_answer(twin, confirmation, values, base, false)
end

acts[51] = function(_, account, values)
  local candidate = candidate_of(account, { can_id = values.can_id })
  local other = values.ema and by_email(account, values.ema)
  if other and other ~= candidate then
    refuse(202, nil, { can_id = other.can_id })
  end
  for _, name in ipairs { "gen_id", "ema", "fst_nam", "lst_nam", "lan_id" } do
    candidate[name] = values[name] or candidate[name]
  end
  return {}
end

acts[24] = function(_, account, values)
  local candidate = candidate_of(account, values)
  account.candidates[tostring(candidate.can_id)] = nil
  for _, test in ipairs(tests_of(account, candidate)) do
    account.tests[tostring(test.pla_tst_id)] = nil
  end
  return { bare = true }
end

acts[42] = function(twin, account, values, base)
  if not data.mail_templates[values.mai_tem_id] then
    refuse_unlisted(("there is no e-mail template %d"):format(values.mai_tem_id))
  end
  if values.ema_sen and not data.senders[values.ema_sen] then
    refuse_unlisted("this sender is not approved")
  end
  local can_ids, tests = recipients(account, values)
  for _, can_id in ipairs(can_ids) do
    local mail = {
      id = twin:next_id("sent mail", 0), can_id = can_id, mai_tem_id = values.mai_tem_id,
      pla_tst_ids = tests[can_id], from = values.ema_sen or data.usual_sender, sen_dat = values.sen_dat,
      state = "scheduled", base = base,
    }
    post_mail(twin, account, mail, values)
  end
  return { bare = true }
end

acts[6] = function(twin, account, values, base)
  local form = form_of(values)
  local test = taken_test(account, values)
  if form.kind ~= "assessment" then
    refuse(601)
  end
  local link = base .. "/reports/pdf/" .. test.token
  if values.redirect then
    return nil, twin.answer_redirect(link)
  end
  return { pdf_url = link }
end

acts[4] = function(_, account, values)
  local test = taken_test(account, values)
  local result = {}
  for key, value in pairs(test.result) do
    result[key] = value
  end
  result.no_sto_tim_spe = math.floor(test.finished_at - test.started_at)
  return result
end

acts[5] = function(_, account, values)
  local test = taken_test(account, values)
  return data.details(data.forms[test.tst_frm_id], test, values.des_lan_id or 2)
end

acts[10] = function(_, account, values)
  return { sta_id = test_of(account, values, 501).status }
end

acts[11] = function(twin, account, values)
  local ses_id = twin:next_id("session", 1233)
  account.sessions[tostring(ses_id)] = { ses_id = ses_id, des = values.des, sta_dat = values.sta_dat,
    end_dat = values.end_dat, has_password = values.psw ~= nil }
  return { ses_id = ses_id }
end

acts[12] = function(twin, account, values)
  local candidate = candidate_of(account, { ema = values.ema })
  local number = tostring(twin:next_id("anonymous", 4700000))
  candidate.fst_nam, candidate.lst_nam, candidate.ema = number, number, number
  candidate.ext_id = nil
  return {}
end

acts[13] = function(twin, account, values, base)
  if values.use_ema_for_adm and not account.admins[values.ema] then
    refuse_unlisted("there is no such administrator")
  end
  return nil, twin.answer_redirect(base .. "/admin/" .. twin.token())
end

acts[38] = function(twin, account, values, base)
  local candidate = candidate_of(account, { ema = values.ema })
  local token = twin.token()
  twin.state.logins[token] = { can_id = candidate.can_id, until_at = twin.now() + LOGIN_LINK_S }
  return nil, twin.answer_redirect(base .. "/candidate/" .. token)
end

acts[14] = function()
  return { tests = json.array(data.form_ids()) }
end

acts[15] = function(_, account)
  local list = json.array {}
  for _, name in ipairs(data.credit_names) do
    local units = account.credits[name].units
    local amount = units / data.CREDIT_UNITS
    list[#list + 1] = { des = name, amount = math.tointeger(amount) or amount }
  end
  return { credits = list }
end

-- ---------------------------------------------------------------------------------------------------
-- Requests

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

-- The operation of the catalogue that an act_id belongs to, and the name of its variant if it has one.
local function operation_by_act(twin, act_id)
  for _, operation in ipairs(twin.vendor.operations) do
    for _, variant in ipairs(operation.variants or {}) do
      if tostring(variant.value) == act_id then
        return operation, variant.name
      end
    end
    local first = operation.params[1]
    if not operation.variant_of and not operation.variants and first.name == "act_id"
      and first.fallback == act_id then
      return operation
    end
  end
end

-- Whether a parameter is one of create_candidate.
local function is_of_candidate(twin, name)
  for _, param in ipairs(twin.operations.create_candidate.params) do
    if param.name == name then
      return true
    end
  end
  return false
end

local function check(twin, operation, fields)
  local settings = twin.state.settings
  if fields.rea_tst_id and twin:today() > settings.old_names_until then
    fields.rea_tst_id = nil
  end
  local values, wrong = wire.check(twin.name, operation, fields, settings.strict)
  if values then
    return values
  end
  local creates = operation.name == "create_candidate" or operation.name == "create_candidate_and_add_test"
  if wrong.kind == "missing" then
    refuse(105, wrong.name)
  elseif wrong.kind == "wrong" and creates and is_of_candidate(twin, wrong.name) then
    refuse(201)
  end
  return refuse_unlisted(wrong.text)
end

local function perform(twin, request, fields)
  if not fields.act_id then
    refuse(105, "act_id")
  end
  local operation = operation_by_act(twin, fields.act_id)
  if not operation then
    refuse(103)
  end
  local values = check(twin, operation, fields)
  local base = request.url:match "^(https?://[^/?]+)"
  return acts[values.act_id](twin, account_of(twin, values), values, base)
end

local ORDER_OF_REFUSAL = { "success", "error_code", "error_message" }
local ORDER_OF_RESULT = { "error_message", "success", "can_id", "tst_url", "gra_typ_id", "des" }

local function answer_refusal(twin, refusal)
  local answer = { success = false, error_code = refusal.code, error_message = refusal.message }
  for key, value in pairs(refusal.extra or {}) do
    answer[key] = value
  end
  return twin.answer_json(twin.state.settings.error_status, answer, ORDER_OF_REFUSAL)
end

local function use(twin, request)
  if request.host == TOKEN_HOST then
    return elsewhere(twin, request)
  elseif not is_signed_in(twin, request) then
    local answer = twin.answer_json(401, { error = "invalid_token" })
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer
  end
  local ok, result, other = pcall(perform, twin, request, wire.fields(request.body))
  if not ok then
    if getmetatable(result) ~= Refusal then
      error(result, 0)
    end
    return answer_refusal(twin, result)
  elseif other then
    return other
  end
  local bare = result.bare
  result.bare, result.success = nil, true
  if not bare then
    result.error_message = json.null
  end
  return twin.answer_json(200, result, ORDER_OF_RESULT)
end

-- ---------------------------------------------------------------------------------------------------
-- The twin

local M = {
  routes = pages.routes(begin_test, end_test), actions = {}, control = {},
  may_be_false = { "start_after", "finish_after" },
}

M.routes["POST /oauth2/token"] = authenticate
M.routes["POST /api/usage"] = use

function M.operation_of(twin, request)
  if request.path == "/oauth2/token" then
    return "authenticate"
  elseif request.path == "/api/usage" then
    local operation, variant = operation_by_act(twin, wire.fields(request.body).act_id)
    return operation and operation.name, variant
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
  state.accounts = { main = data.account(), ["456"] = data.account() }
  data.people(twin, state.accounts.main, create_candidate, make_test, end_test)
end

-- A test may have been deleted before its time.
function M.actions.start(twin, args)
  local test = find_test(twin, args.pla_tst_id)
  if test then
    begin_test(twin, test)
  end
end

function M.actions.finish(twin, args)
  local test = find_test(twin, args.pla_tst_id)
  if test and test.status < STATUS.finished then
    end_test(twin, test)
  end
end

function M.actions.send_mail(twin, args)
  local account = account_of(twin, args)
  for _, mail in ipairs(account.mails) do
    if mail.id == args.mail then
      send_mail(twin, account, mail)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What scripts and tests may tell it. Where an account is meant, {sub_com_id = 456} is the sub-account.

local function told_account(twin, args)
  return twin.state.accounts[tostring(args.sub_com_id or "main")]
    or twin.refuse("there is no sub-account %s", tostring(args.sub_com_id))
end

local function told_test(twin, args)
  return find_test(twin, args.pla_tst_id) or twin.refuse("there is no test %s", tostring(args.pla_tst_id))
end

-- start_test{pla_tst_id}: the candidate begins.
function M.control.start_test(twin, args)
  twin.check_args("start_test", args, { "pla_tst_id" })
  local test = told_test(twin, args)
  if test.status ~= STATUS.not_started then
    twin.refuse("the test %d has begun already", test.pla_tst_id)
  end
  begin_test(twin, test)
end

-- finish_test{pla_tst_id [, num_val]}: the candidate hands in; without num_val the grade is random. A form that
-- people mark waits for num_val: then, or in a second call.
function M.control.finish_test(twin, args)
  twin.check_args("finish_test", args, { "pla_tst_id", "num_val" })
  local test = told_test(twin, args)
  local lowest, highest = data.bounds(data.forms[test.tst_frm_id])
  local grade = args.num_val
  if test.status == STATUS.finished then
    twin.refuse("the test %d is finished already", test.pla_tst_id)
  elseif test.status == STATUS.marking and not grade then
    twin.refuse("the test %d waits for its marks: give num_val", test.pla_tst_id)
  elseif grade and (type(grade) ~= "number" or grade < lowest or grade > highest) then
    twin.refuse("num_val must be a number from %d to %d", lowest, highest)
  end
  end_test(twin, test, grade)
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
  M.control[name] = function(twin, args)
    twin.check_args(name, args, { "sub_com_id" })
    return sorted(told_account(twin, args)[name], key)
  end
end

-- set_credits{des, amount [, sub_com_id]}: what is left of a kind of credit.
function M.control.set_credits(twin, args)
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

-- Ends all tokens, as if the vendor had restarted.
function M.control.revoke_tokens(twin, args)
  twin.check_args("revoke_tokens", args, {})
  twin.state.tokens = {}
end

local GUIDE = [[
Isograd
  token          {base}/oauth2/token?grant_type=client_credentials&scopes=usage
  API            {base}/api/usage
  client_id      {id}
  client_secret  {secret}
Try
  curl -X POST '{base}/oauth2/token?grant_type=client_credentials&scopes=usage' \
       -d client_id={id} -d client_secret={secret}
  curl {base}/api/usage -H "Authorization: Bearer TOKEN" \
       -d act_id=1 -d gen_id=3 -d ema=ada@example.org -d fst_nam=Ada -d lst_nam=Lovelace]]

-- guide{base}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local id, secret = next(twin.state.clients)
  local values, lines = { base = args.base, id = id, secret = secret }, json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%w+)}", values)
  end
  return lines
end

return M
