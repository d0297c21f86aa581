-- SPDX-License-Identifier: MIT
-- Waits until tests are finished, then collects their grades, also as a number from 0 to 1.
--
--   beadle run scripts/collect-results.lua --rows registered.csv --wait "3 days" \
--     --output grades.csv --output grades.json

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local time = require "beadle.time"

local FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 600
local STATUS = {
  [isograd.test_status.not_started] = "not started",
  [isograd.test_status.started] = "started",
  [isograd.test_status.finished] = "finished",
  [isograd.test_status.marking_pending] = "waits for marking",
}

-- Asks until the test is finished or the time is over; the pauses grow, and differ from row to row.
local function wait_for_end(row, context)
  local pause = FIRST_PAUSE_S
  while true do
    local status = isograd.get_test_status { pla_tst_id = row.pla_tst_id, sub_com_id = row.sub_com_id }.sta_id
    local left = context.started + row.wait - time.elapsed()
    if status == isograd.test_status.finished or left <= 0 then
      return status
    end
    context.sleep(math.min(pause * (0.75 + math.random() / 2), left))
    pause = math.min(pause * 1.5, LONGEST_PAUSE_S)
  end
end

return recipe {
  name = "collect-results",
  summary = "Waits until tests are finished, then collects their grades",
  doc = "Takes what register-candidate wrote with --output. A test that is not finished when the time is over "
    .. "is listed without a grade, and kept by --failed, to be asked for later; the exit status is 1 then. grade "
    .. "is num_val as a number from 0 to 1, by the vendor's divisors.",
  params = {
    "isograd.get_results.ema",
    "isograd.get_results.tst_frm_id",
    { from = "isograd.get_results.pla_tst_id", required = true, doc = "the test, by the id that add_test answered" },
    { name = "wait", type = "duration", default = "1 hour", doc = "how long to wait for tests to be finished, in all" },
    "isograd.get_results.sub_com_id",
  },
  columns = { "ema", "pla_tst_id", "tst_frm_id", "test", "grade", "num_val", "max_val", "gra_typ_id", "txt_des" },
  shown = { "ema", "pla_tst_id", "test", "grade", "txt_des" },
  unique = { "pla_tst_id" },
  ignores = { "can_id", "candidate", "lgn_url", "tst_url", "mail" },

  pending = function(result)
    return result.test ~= "finished"
  end,

  row = function(row, context)
    local status = wait_for_end(row, context)
    local result = { ema = row.ema, pla_tst_id = row.pla_tst_id, tst_frm_id = row.tst_frm_id, test = STATUS[status] }
    if status == isograd.test_status.finished then
      local answer = isograd.get_results {
        ema = row.ema, tst_frm_id = row.tst_frm_id, pla_tst_id = row.pla_tst_id, sub_com_id = row.sub_com_id,
      }
      for _, name in ipairs { "num_val", "max_val", "gra_typ_id", "txt_des" } do
        result[name] = answer[name]
      end
      result.grade = isograd.grade_fraction(answer)
    end
    return result
  end,

  finish = function(results)
    local lines = {}
    for _, each in ipairs(results) do
      if each.result.test ~= "finished" then
        lines[#lines + 1] = ("  %s, test %d: %s"):format(each.result.ema, each.result.pla_tst_id, each.result.test)
      end
    end
    local finished = ("Finished: %d."):format(#results - #lines)
    return #lines > 0 and ("%s Not finished: %d\n%s"):format(finished, #lines, table.concat(lines, "\n")) or finished
  end,
}
