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

-- ---------------------------------------------------------------------------------------------------
-- Candidates and tests are found without looking at all of them. What finds them is no state: it is made of a table of
-- the state when that is first asked for, and whoever changes the table does so here.

local by_email = setmetatable({}, { __mode = "k" }) -- account.candidates -> address in small letters -> candidate
local by_candidate = setmetatable({}, { __mode = "k" }) -- account.tests -> can_id -> pla_tst_id -> test

local function add_test(index, test)
  index[test.can_id] = index[test.can_id] or {}
  index[test.can_id][test.pla_tst_id] = test
end

local function candidates_of(account)
  local index = by_email[account.candidates]
  if not index then
    index = {}
    for _, candidate in pairs(account.candidates) do
      index[candidate.ema:lower()] = candidate
    end
    by_email[account.candidates] = index
  end
  return index
end

local function all_tests_of(account)
  local index = by_candidate[account.tests]
  if not index then
    index = {}
    for _, test in pairs(account.tests) do
      add_test(index, test)
    end
    by_candidate[account.tests] = index
  end
  return index
end

function M.by_email(account, email)
  return candidates_of(account)[email:lower()]
end

function M.put_candidate(account, candidate)
  candidates_of(account)[candidate.ema:lower()] = candidate
  account.candidates[tostring(candidate.can_id)] = candidate
end

function M.set_email(account, candidate, email)
  local index = candidates_of(account)
  index[candidate.ema:lower()] = nil
  candidate.ema = email
  index[email:lower()] = candidate
end

function M.remove_candidate(account, candidate)
  candidates_of(account)[candidate.ema:lower()] = nil
  account.candidates[tostring(candidate.can_id)] = nil
end

function M.put_test(account, test)
  add_test(all_tests_of(account), test)
  account.tests[tostring(test.pla_tst_id)] = test
end

function M.remove_test(account, test)
  all_tests_of(account)[test.can_id][test.pla_tst_id] = nil
  account.tests[tostring(test.pla_tst_id)] = nil
end

-- ---------------------------------------------------------------------------------------------------
-- What a request asks for

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
  for _, test in pairs(all_tests_of(account)[candidate.can_id] or {}) do
    if form_id == nil or test.tst_frm_id == form_id then
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
