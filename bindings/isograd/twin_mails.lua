-- SPDX-License-Identifier: MIT
-- Registration e-mails: to whom, about which tests, when.

local data = require "beadle.twin.isograd.data"
local records = require "beadle.twin.isograd.records"
local json = require "beadle.json"

local M = {}

-- The tests that a mail is about: those it names, else all that the candidate has not begun.
local function tests_of_mail(account, candidate, mail)
  local named, list = {}, {}
  for _, id in ipairs(mail.pla_tst_ids or {}) do
    named[id] = true
  end
  for _, test in ipairs(records.tests_of(account, candidate)) do
    local pending = mail.pla_tst_ids == nil and test.status == records.STATUS.not_started
    if pending or named[test.pla_tst_id] then
      list[#list + 1] = test
    end
  end
  return list
end

function M.send_mail(twin, account, mail)
  local candidate = account.candidates[tostring(mail.can_id)]
  if not candidate then
    mail.state = "dropped"
    return
  end
  mail.state, mail.sent_at, mail.to = "sent", twin.now(), candidate.ema
  mail.subject, mail.text = data.registration_mail(candidate, tests_of_mail(account, candidate, mail), mail)
end

-- Sends a mail now, or later, or never: by its day.
function M.post_mail(twin, account, mail, values)
  table.insert(account.mails, mail)
  local today = twin:today()
  if not mail.sen_dat or values.for_sen and mail.sen_dat <= today then
    return M.send_mail(twin, account, mail)
  elseif mail.sen_dat < today then
    mail.state = "missed"
    return
  end
  local year, month, day = mail.sen_dat:match "(%d+)-(%d+)-(%d+)"
  twin:schedule(math.max(data.utc(year, month, day, 6) - twin.now(), 0), "send_mail",
    { mail = mail.id, sub_com_id = values.sub_com_id })
end

-- Who gets a registration e-mail, and about which tests: the owners of the tests, else the candidate.
function M.recipients(account, values)
  if not values.pla_tst_ids then
    return { records.candidate_of(account, { can_id = values.can_id }).can_id }, {}
  end
  local ids, tests = {}, {}
  for _, id in ipairs(values.pla_tst_ids) do
    local can_id = records.test_of(account, { pla_tst_id = id }, 501).can_id
    if not tests[can_id] then
      tests[can_id] = json.array {}
      ids[#ids + 1] = can_id
    end
    table.insert(tests[can_id], id)
  end
  return ids, tests
end

return M
