-- SPDX-License-Identifier: MIT
-- The life of a test: made, paid, begun, handed in.

local data = require "beadle.twin.isograd.data"
local records = require "beadle.twin.isograd.records"
local outcomes = require "beadle.twin.isograd.outcomes"
local refusal = require "beadle.twin.isograd.refusal"

local M = {}

function M.begin_test(twin, test)
  if test.status == records.STATUS.not_started then
    test.status = records.STATUS.started
    test.started_at = twin.now()
  end
end

-- The candidate hands in. A form that people mark then waits for its grade, unless it is given.
function M.end_test(twin, test, grade)
  local form = data.forms[test.tst_frm_id]
  M.begin_test(twin, test)
  if test.status == records.STATUS.started then
    test.finished_at = twin.now()
    if test.cal_bac_pag then
      twin:call(test.cal_bac_pag)
    end
  end
  test.status = form.manual and not grade and records.STATUS.marking or records.STATUS.finished
  test.result = test.status == records.STATUS.finished and data.grade(form, grade) or nil
  outcomes.send(twin, test)
end

function M.has_credit(account, name, cost)
  return account.credits[name].units >= cost
end

function M.take_credit(account, name, cost)
  local credit = account.credits[name]
  credit.units = credit.units - cost
end

-- Takes all the credits that a test costs, or none.
local function pay_test(account, form, values)
  local cost = data.CREDIT_UNITS // (values.nb_test_by_credit or 1)
  if not M.has_credit(account, form.credit, cost) then
    refusal.refuse(301)
  elseif values.add_pro and not M.has_credit(account, data.PROCTORING, data.CREDIT_UNITS) then
    refusal.refuse(303)
  end
  M.take_credit(account, form.credit, cost)
  if values.add_pro then
    M.take_credit(account, data.PROCTORING, data.CREDIT_UNITS)
  end
end

local function refuse_too_many(twin, account, candidate, values)
  if not values.max_num_tst then
    return
  end
  local since = values.max_num_tst_per and twin.now() - values.max_num_tst_per * 86400 or -math.huge
  local count = 0
  for _, test in ipairs(records.tests_of(account, candidate, values.tst_frm_id)) do
    count = count + (test.created_at >= since and 1 or 0)
  end
  if count >= values.max_num_tst then
    refusal.refuse(402)
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

function M.make_test(twin, account, candidate, values)
  local form = records.form_of(values)
  refuse_too_many(twin, account, candidate, values)
  if values.ses_id and not account.sessions[tostring(values.ses_id)] then
    refusal.unlisted(("there is no session %d"):format(values.ses_id))
  end
  if not values.free then
    pay_test(account, form, values)
  end
  local test = {
    pla_tst_id = twin:next_id("test", 987653), can_id = candidate.can_id, tst_frm_id = values.tst_frm_id,
    status = records.STATUS.not_started, created_at = twin.now(), token = twin.token(), ses_id = values.ses_id,
    proctored = values.add_pro or false, cal_bac_pag = values.cal_bac_pag, rtn_pag = values.rtn_pag,
    cpf_id = values.cpf_id, full_screen = values.nee_ful_scr or false,
    outcome = outcomes.of_launch(values.launch),
  }
  records.put_test(account, test)
  schedule_life(twin, test)
  return test
end

function M.unfinished(account, candidate, form_id)
  for _, test in ipairs(records.tests_of(account, candidate, form_id)) do
    if test.status < records.STATUS.finished then
      return test
    end
  end
end

-- The test that results are asked for: the named one, else the last that was taken.
function M.taken_test(account, values)
  records.form_of(values)
  local candidate = records.candidate_of(account, { ema = values.ema })
  local chosen
  for _, test in ipairs(records.tests_of(account, candidate, values.tst_frm_id)) do
    if values.pla_tst_id then
      chosen = test.pla_tst_id == values.pla_tst_id and test or chosen
    elseif test.status ~= records.STATUS.not_started then
      chosen = test
    end
  end
  chosen = chosen or refusal.not_taken()
  return chosen.status == records.STATUS.finished and chosen or refusal.refuse(502)
end

return M
