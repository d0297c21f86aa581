-- SPDX-License-Identifier: MIT
-- What each act_id does: function(twin, account, values, base) -> result, or nil and an answer that is no JSON.

local data = require "beadle.twin.isograd.data"
local mails = require "beadle.twin.isograd.mails"
local outcomes = require "beadle.twin.isograd.outcomes"
local records = require "beadle.twin.isograd.records"
local refusal = require "beadle.twin.isograd.refusal"
local tests = require "beadle.twin.isograd.tests"
local json = require "beadle.json"

local LOGIN_LINK_S = 30 * 60

local acts = {}
local M = { by_act = acts }

-- The group of a new candidate; one that is known by the account's own id is made on demand.
local function group_of(twin, account, values)
  if values.dep_id and not account.groups[tostring(values.dep_id)] then
    refusal.refuse(203)
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

function M.create_candidate(twin, account, values)
  local existing = records.by_email(account, values.ema)
  if existing then
    refusal.refuse(202, nil, { can_id = existing.can_id })
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
  records.put_candidate(account, candidate)
  return candidate
end

acts[1] = function(twin, account, values, base)
  local candidate = M.create_candidate(twin, account, values)
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
  records.form_of(values)
  local candidate = records.candidate_of(account, { ema = values.ema })
  local test = reuse and tests.unfinished(account, candidate, values.tst_frm_id)
    or tests.make_test(twin, account, candidate, values)
  test.outcome = outcomes.of_launch(values.launch) or test.outcome
  return start_answer(twin, test, values, base, true)
end

acts[2] = function(twin, account, values, base)
  return add_test(twin, account, values, base, true)
end

acts[9] = function(twin, account, values, base)
  return add_test(twin, account, values, base, false)
end

acts[8] = function(twin, account, values, base)
  records.form_of(values)
  local candidate = records.by_email(account, values.ema)
  if candidate and twin.state.settings.existing_is_error then
    refusal.refuse(202, nil, { can_id = candidate.can_id })
  end
  candidate = candidate or M.create_candidate(twin, account, values)
  local result, other = add_test(twin, account, values, base, twin.state.settings.combined_reuses)
  if result then
    result.can_id = candidate.can_id
  end
  return result, other
end

acts[16] = function(_, account, values)
  local test = records.test_of(account, values, 501)
  if not test.proctored and not tests.has_credit(account, data.PROCTORING, data.CREDIT_UNITS) then
    refusal.refuse(303)
  elseif not test.proctored then
    tests.take_credit(account, data.PROCTORING, data.CREDIT_UNITS)
    test.proctored = true
  end
  return {}
end

acts[17] = function(_, account, values)
  records.test_of(account, values, 501).proctored = false
  return {}
end

acts[23] = function(_, account, values)
  local test = records.test_of(account, values, 304)
  if test.status ~= records.STATUS.not_started then
    refusal.refuse(304)
  end
  records.remove_test(account, test)
  return {}
end

acts[58] = function(twin, account, values, base)
  local test = records.test_of(account, values, 501)
  if test.status ~= records.STATUS.finished then
    refusal.refuse(502)
  end
  local candidate = account.candidates[tostring(test.can_id)]
  local confirmation = tests.make_test(twin, account, candidate, { tst_frm_id = test.tst_frm_id,
    free = not twin.state.settings.confirmation_costs })
  confirmation.confirms = test.pla_tst_id
  return start_answer(twin, confirmation, values, base, false)
end

acts[51] = function(_, account, values)
  local candidate = records.candidate_of(account, { can_id = values.can_id })
  local other = values.ema and records.by_email(account, values.ema)
  if other and other ~= candidate then
    refusal.refuse(202, nil, { can_id = other.can_id })
  end
  records.set_email(account, candidate, values.ema or candidate.ema)
  for _, name in ipairs { "gen_id", "fst_nam", "lst_nam", "lan_id" } do
    candidate[name] = values[name] or candidate[name]
  end
  return {}
end

acts[24] = function(_, account, values)
  local candidate = records.candidate_of(account, values)
  records.remove_candidate(account, candidate)
  for _, test in ipairs(records.tests_of(account, candidate)) do
    records.remove_test(account, test)
  end
  return { bare = true }
end

acts[42] = function(twin, account, values, base)
  if not data.mail_templates[values.mai_tem_id] then
    refusal.unlisted(("there is no e-mail template %d"):format(values.mai_tem_id))
  end
  if values.ema_sen and not data.senders[values.ema_sen] then
    refusal.unlisted("this sender is not approved")
  end
  local can_ids, tests_by_can_id = mails.recipients(account, values)
  for _, can_id in ipairs(can_ids) do
    local mail = {
      id = twin:next_id("sent mail", 0), can_id = can_id, mai_tem_id = values.mai_tem_id,
      pla_tst_ids = tests_by_can_id[can_id], from = values.ema_sen or data.usual_sender, sen_dat = values.sen_dat,
      state = "scheduled", base = base,
    }
    mails.post_mail(twin, account, mail, values)
  end
  return { bare = true }
end

acts[6] = function(twin, account, values, base)
  local form = records.form_of(values)
  local test = tests.taken_test(account, values)
  if form.kind ~= "assessment" then
    refusal.refuse(601)
  end
  local link = base .. "/reports/pdf/" .. test.token
  if values.redirect then
    return nil, twin.answer_redirect(link)
  end
  return { pdf_url = link }
end

acts[4] = function(_, account, values)
  local test = tests.taken_test(account, values)
  local result = {}
  for key, value in pairs(test.result) do
    result[key] = value
  end
  result.no_sto_tim_spe = math.floor(test.finished_at - test.started_at)
  return result
end

acts[5] = function(_, account, values)
  local test = tests.taken_test(account, values)
  return data.details(data.forms[test.tst_frm_id], test, values.des_lan_id or 2)
end

acts[10] = function(_, account, values)
  return { sta_id = records.test_of(account, values, 501).status }
end

acts[11] = function(twin, account, values)
  local ses_id = twin:next_id("session", 1233)
  account.sessions[tostring(ses_id)] = { ses_id = ses_id, des = values.des, sta_dat = values.sta_dat,
    end_dat = values.end_dat, has_password = values.psw ~= nil }
  return { ses_id = ses_id }
end

acts[12] = function(twin, account, values)
  local candidate = records.candidate_of(account, { ema = values.ema })
  local number = tostring(twin:next_id("anonymous", 4700000))
  candidate.fst_nam, candidate.lst_nam = number, number
  records.set_email(account, candidate, number)
  candidate.ext_id = nil
  return {}
end

acts[13] = function(twin, account, values, base)
  if values.use_ema_for_adm and not account.admins[values.ema] then
    refusal.unlisted("there is no such administrator")
  end
  return nil, twin.answer_redirect(base .. "/admin/" .. twin.token())
end

acts[38] = function(twin, account, values, base)
  local candidate = records.candidate_of(account, { ema = values.ema })
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

return M
