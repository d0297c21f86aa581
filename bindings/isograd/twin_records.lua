-- SPDX-License-Identifier: MIT
-- Finds what an account of the simulated Isograd has; refuses what it has not.

local data = require "beadle.twin.isograd.data"
local refusal = require "beadle.twin.isograd.refusal"

local M = {}

M.STATUS = { not_started = 1, started = 2, finished = 3, marking = 4 }

function M.account_of(twin, values)
  local id = tostring(values.sub_com_id or "main")
  return twin.state.accounts[id] or refusal.unlisted(("this account has no sub-account %s"):format(id))
end

function M.by_email(account, email)
  local wanted = email:lower()
  for _, candidate in pairs(account.candidates) do
    if candidate.ema:lower() == wanted then
      return candidate
    end
  end
end

function M.candidate_of(account, values)
  local candidate
  if values.can_id then
    candidate = account.candidates[tostring(values.can_id)]
  else
    candidate = M.by_email(account, values.ema)
  end
  return candidate or refusal.refuse(107)
end

function M.form_of(values)
  return data.forms[values.tst_frm_id] or refusal.refuse(106)
end

function M.test_of(account, values, code)
  return account.tests[tostring(values.pla_tst_id)] or refusal.refuse(code)
end

function M.tests_of(account, candidate, form_id)
  local list = {}
  for _, test in pairs(account.tests) do
    if test.can_id == candidate.can_id and (form_id == nil or test.tst_frm_id == form_id) then
      list[#list + 1] = test
    end
  end
  table.sort(list, function(a, b) return a.pla_tst_id < b.pla_tst_id end)
  return list
end

-- Ids are unique over all accounts.
function M.find_test(twin, pla_tst_id)
  for _, account in pairs(twin.state.accounts) do
    if account.tests[tostring(pla_tst_id)] then
      return account.tests[tostring(pla_tst_id)]
    end
  end
end

return M
