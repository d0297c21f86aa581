-- SPDX-License-Identifier: MIT
-- Adds tests, waits until each is finished, fetches the score and mails it.
--
--   beadle run scripts/wait-for-result.lua --ema ada@example.org --tst_frm_id 101 --wait "3 days"
--   beadle run scripts/wait-for-result.lua --rows candidates.csv --tst_frm_id 101 --template result.txt \
--     --output results.csv --failed failed.csv

local error_value = require "beadle.error"
local fs = require "beadle.fs"
local hooks = require "beadle.hook"
local isograd = require "beadle.isograd"
local mail = require "beadle.mail"
local recipe = require "beadle.recipe"
local sandbox = require "beadle.sandbox"
local time = require "beadle.time"

local TEMPLATE = [[
Subject: Your test result

Hello,

you have finished your test. Your result: {{txt_des}}
]]
local NAMES = { "ema", "pla_tst_id", "tst_frm_id", "grade", "num_val", "max_val", "txt_des" }
local STATUS = {
  [isograd.test_status.not_started] = "not started",
  [isograd.test_status.started] = "started",
  [isograd.test_status.finished] = "finished",
  [isograd.test_status.marking_pending] = "waits for marking",
}

-- ---------------------------------------------------------------------------------------------------
-- The mail

local function fill(template, values)
  local used = {}
  for _, name in ipairs(NAMES) do
    if template:find("{{%s*" .. name .. "%s*}}") then
      used[name] = values[name] == nil and "" or values[name]
    end
  end
  local filled = mail.fill(template, used)
  filled.subject = filled.subject or "Your test result"
  return filled
end

local templates = {}

-- The template's text. What is wrong with it is told before a test is added.
local function template_of(row)
  local path = row.template or ""
  if not templates[path] then
    local text = row.template and fs.read(row.template) or TEMPLATE
    fill(text, {})
    templates[path] = text
  end
  return templates[path]
end

-- The e-mail as the simulated mail server got it.
local function recorded_mail()
  local mails = sandbox.mail.mails()
  local last = mails[#mails]
  return last and ("To: %s\nSubject: %s\n\n%s"):format(last.to, last.subject, last.text or last.html)
end

-- ---------------------------------------------------------------------------------------------------
-- The test

-- The hook on which the vendor calls when the test ends, and the test: a new one, or the one that the row names, of
-- whose end nobody is called.
local function begin(row, context)
  if row.pla_tst_id then
    return nil, row.pla_tst_id
  end
  local hook = not row.ask_only and hooks.open {} or nil
  local address = hook and hook:url()
  local ok, test = pcall(isograd.add_test, { ema = row.ema, tst_frm_id = row.tst_frm_id, ses_id = row.ses_id,
    sub_com_id = row.sub_com_id, cal_bac_pag = address })
  if not ok then
    local _ <close> = hook
    error(test, 0)
  end
  context.did(("test %d added"):format(test.pla_tst_id))
  context.keep { pla_tst_id = test.pla_tst_id }
  return hook, test.pla_tst_id
end

-- Until the vendor calls, or it is time to ask: a callback may be lost.
local function wait_for_call(hook, duration, context)
  if not hook or hook:came() then
    context.sleep(duration)
    return
  end
  local ok, err = pcall(context.aside, hook.wait, hook, { timeout = duration })
  if not ok and not (error_value.is(err, "timeout") and err.operation == "hook:wait") then
    error(err, 0)
  end
end

-- Anybody may have made the call: what counts is what the vendor says when it is asked.
local function wait_for_end(hook, id, row, context)
  while true do
    local status = isograd.get_test_status { pla_tst_id = id, sub_com_id = row.sub_com_id }.sta_id
    local left = context.started + row.wait - time.elapsed()
    if status == isograd.test_status.finished or left <= 0 then
      return status
    end
    wait_for_call(hook, math.min(row.ask_every * (0.75 + math.random() / 2), left), context)
  end
end

return recipe {
  name = "wait-for-result",
  summary = "Adds a test, waits until it is finished, fetches the score, sends a mail",
  doc = "Isograd calls when the test ends; since a call may be lost, it is also asked now and then. A test of this "
    .. "form that the candidate has not finished is waited for, and no other is added. The mail goes through the "
    .. "profile's mail server, last. A test that is not finished when the time is over is listed without a grade; "
    .. "--failed keeps it with its pla_tst_id, so that no second test is added, and the exit status is 1.",
  params = {
    "isograd.add_test.ema",
    "isograd.add_test.tst_frm_id",
    { name = "wait", type = "duration", default = "3 days",
      doc = "how long to wait for the tests to be finished, in all" },
    { name = "ask_every", type = "duration", default = "30 min", doc = "how often to ask whether a test is finished" },
    { name = "ask_only", type = "flag", required = false,
      doc = "only ask, and have nobody call: for a machine that the vendor cannot reach" },
    { name = "to", type = "email", required = false, doc = "who gets the mail; the candidate unless it is given" },
    { name = "template", type = "string", required = false,
      doc = "file with the mail: Subject: and an empty line first, then a text with {{txt_des}}, {{grade}}, {{ema}}" },
    { from = "isograd.get_results.pla_tst_id", required = false,
      doc = "a test that was added before: it is waited for, and no other is added" },
    "isograd.add_test.ses_id",
    "isograd.add_test.sub_com_id",
  },
  columns = { "ema", "pla_tst_id", "tst_frm_id", "test", "told_by", "grade", "num_val", "max_val", "gra_typ_id",
    "txt_des", "mail" },
  shown = { "ema", "pla_tst_id", "test", "told_by", "grade", "txt_des", "mail" },
  unique = { { "ema", "tst_frm_id" }, { "pla_tst_id" } },
  ignores = { "can_id", "candidate", "lgn_url", "tst_url", "mail", "test", "told_by", "grade", "num_val", "max_val",
    "gra_typ_id", "txt_des" },

  pending = function(result)
    return result.test ~= "finished"
  end,

  row = function(row, context)
    local template = template_of(row)
    local opened, id = begin(row, context)
    local hook <close> = opened
    local status = wait_for_end(hook, id, row, context)
    local result = { ema = row.ema, pla_tst_id = id, tst_frm_id = row.tst_frm_id, test = STATUS[status],
      told_by = hook and hook:came() and "callback" or "asking" }
    if status ~= isograd.test_status.finished then
      return result
    end
    local answer = isograd.get_results { ema = row.ema, tst_frm_id = row.tst_frm_id, pla_tst_id = id,
      sub_com_id = row.sub_com_id }
    for _, name in ipairs { "num_val", "max_val", "gra_typ_id", "txt_des" } do
      result[name] = answer[name]
    end
    result.grade = isograd.grade_fraction(answer)
    local message = fill(template, result)
    message.to = row.to or row.ema
    mail.send(message)
    result.mail = "sent"
    return result
  end,

  show = function(result, _, context)
    return context.is_sandbox and result.mail and recorded_mail()
  end,
}
