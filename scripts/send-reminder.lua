-- SPDX-License-Identifier: MIT
-- Reminds those who have not started their test; nobody else, and nobody twice.
--
--   beadle run scripts/send-reminder.lua --rows registered.csv --mai_tem_id 8 --failed failed.csv

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"

local STATUS = {
  [isograd.test_status.not_started] = "not started",
  [isograd.test_status.started] = "started",
  [isograd.test_status.finished] = "finished",
  [isograd.test_status.marking_pending] = "waits for marking",
}

return recipe {
  name = "send-reminder",
  summary = "Sends an e-mail to each candidate whose test is not started",
  doc = "Takes what register-candidate wrote with --output. A file that names a test or a person twice is "
    .. "refused. The platform cannot tell whose test it is: ema says it, so that nobody is reminded twice.",
  params = {
    "isograd.create_candidate.ema",
    "isograd.get_test_status.pla_tst_id",
    "isograd.send_registration_email.mai_tem_id",
    "isograd.send_registration_email.ema_sen",
    "isograd.get_test_status.sub_com_id",
  },
  columns = { "ema", "pla_tst_id", "test", "reminder" },
  unique = { { "pla_tst_id" }, { "ema" } },
  ignores = { "can_id", "candidate", "tst_frm_id", "lgn_url", "tst_url", "mail" },

  row = function(row)
    local status = isograd.get_test_status { pla_tst_id = row.pla_tst_id, sub_com_id = row.sub_com_id }.sta_id
    local result = { ema = row.ema, pla_tst_id = row.pla_tst_id, test = STATUS[status], reminder = "not needed" }
    if status == isograd.test_status.not_started then
      isograd.send_registration_email {
        pla_tst_ids = { row.pla_tst_id }, mai_tem_id = row.mai_tem_id, ema_sen = row.ema_sen,
        sub_com_id = row.sub_com_id,
      }
      result.reminder = "sent"
    end
    return result
  end,

  finish = function(results)
    local sent = 0
    for _, each in ipairs(results) do
      sent = sent + (each.result.reminder == "sent" and 1 or 0)
    end
    return ("Reminders sent: %d. Not needed: %d."):format(sent, #results - sent)
  end,
}
