-- SPDX-License-Identifier: MIT
-- Replaces the names and e-mail addresses of candidates by numbers. This cannot be undone.
--
--   beadle run scripts/anonymise-candidates.lua --rows leavers.csv --failed failed.csv

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"

return recipe {
  name = "anonymise-candidates",
  summary = "Replaces candidates' names and e-mail addresses by numbers, for good",
  doc = "Diplomas are changed too. Asks before it begins, in the sandbox as well; --yes answers beforehand.",
  params = {
    "isograd.anonymize_candidate.ema",
    "isograd.anonymize_candidate.sub_com_id",
  },
  columns = { "ema", "candidate" },
  unique = { "ema" },
  ignores = { "fst_nam", "lst_nam", "can_id", "candidate", "pla_tst_id", "tst_frm_id", "lgn_url", "tst_url", "mail" },
  irreversible = "anonymises %d candidate(s) for good",

  row = function(row)
    isograd.anonymize_candidate { ema = row.ema, sub_com_id = row.sub_com_id }
    return { ema = row.ema, candidate = "anonymised" }
  end,

  finish = function(results)
    return ("Anonymised: %d."):format(#results)
  end,
}
