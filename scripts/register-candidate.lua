-- SPDX-License-Identifier: MIT
-- Registers candidates: creates each one, adds the test, sends the registration e-mail.
--
--   beadle run scripts/register-candidate.lua --ema ada@example.org --fst_nam Ada --lst_nam Lovelace \
--     --tst_frm_id 101 --mai_tem_id 7
--   beadle run scripts/register-candidate.lua --rows candidates.csv --mai_tem_id 7 --failed failed.csv

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local sandbox = require "beadle.sandbox"

-- Creates the candidate, or finds the one with this e-mail address.
local function create_or_find(row)
  local candidate, err = beadle.try(isograd.create_candidate, {
    gen_id = row.gen_id, ema = row.ema, fst_nam = row.fst_nam, lst_nam = row.lst_nam, lan_id = row.lan_id,
    ext_id = row.ext_id, dep_id = row.dep_id, ext_dep_id = row.ext_dep_id, xtr_tim_fac = row.xtr_tim_fac,
    sub_com_id = row.sub_com_id,
  })
  if candidate then
    return candidate.can_id, candidate.lgn_url, "created"
  elseif err.code == 202 and err.response.can_id then
    return err.response.can_id, nil, "was there already"
  end
  error(err, 0)
end

-- The e-mail as the simulated vendor recorded it.
local function recorded_mail(can_id)
  local mails = sandbox.isograd.mails()
  for index = #mails, 1, -1 do
    local mail = mails[index]
    if mail.can_id == can_id then
      return mail.text and ("To: %s\nSubject: %s\n\n%s"):format(mail.to, mail.subject, mail.text)
        or ("The e-mail will be sent on %s."):format(mail.sen_dat)
    end
  end
end

return recipe {
  name = "register-candidate",
  summary = "Creates a candidate, adds a test, sends the registration e-mail",
  doc = "A candidate whose e-mail address is known already is used as it is, and so is a test of this form "
    .. "that the candidate has not finished; the e-mail is sent in any case, last.",
  params = {
    "isograd.create_candidate.ema",
    "isograd.create_candidate.fst_nam",
    "isograd.create_candidate.lst_nam",
    "isograd.add_test.tst_frm_id",
    "isograd.send_registration_email.mai_tem_id",
    { from = "isograd.create_candidate.gen_id", default = "unspecified" },
    "isograd.create_candidate.lan_id",
    "isograd.create_candidate.ext_id",
    "isograd.create_candidate.dep_id",
    "isograd.create_candidate.ext_dep_id",
    "isograd.create_candidate.xtr_tim_fac",
    "isograd.add_test.ses_id",
    "isograd.send_registration_email.sen_dat",
    "isograd.create_candidate.sub_com_id",
  },
  columns = { "ema", "can_id", "candidate", "pla_tst_id", "tst_frm_id", "lgn_url", "tst_url", "mail" },
  shown = { "ema", "can_id", "candidate", "pla_tst_id", "mail" },
  unique = { "ema", "tst_frm_id" },
  one_at_a_time = "ema",

  row = function(row, context)
    local can_id, lgn_url, candidate = create_or_find(row)
    context.did(("candidate %d %s"):format(can_id, candidate))
    local test = isograd.add_test {
      ema = row.ema, tst_frm_id = row.tst_frm_id, ses_id = row.ses_id, sub_com_id = row.sub_com_id,
    }
    context.did(("test %d added"):format(test.pla_tst_id))
    isograd.send_registration_email {
      can_id = can_id, pla_tst_ids = { test.pla_tst_id }, mai_tem_id = row.mai_tem_id, sen_dat = row.sen_dat,
      for_sen = row.sen_dat and true, sub_com_id = row.sub_com_id,
    }
    return { ema = row.ema, can_id = can_id, candidate = candidate, pla_tst_id = test.pla_tst_id,
      tst_frm_id = row.tst_frm_id, lgn_url = lgn_url, tst_url = test.tst_url,
      mail = row.sen_dat and "for " .. row.sen_dat or "sent" }
  end,

  show = function(result, _, context)
    return context.is_sandbox and recorded_mail(result.can_id)
  end,
}
