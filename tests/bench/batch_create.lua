-- SPDX-License-Identifier: MIT
-- A recipe of one effect a row, for batch.sh.

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"

return recipe {
  name = "create", summary = "Creates a candidate",
  params = { "isograd.create_candidate.ema", "isograd.create_candidate.fst_nam", "isograd.create_candidate.lst_nam" },
  columns = { "ema", "can_id" },
  unique = { "ema" },
  row = function(row)
    local candidate = isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = row.fst_nam,
      lst_nam = row.lst_nam }
    return { ema = row.ema, can_id = candidate.can_id }
  end,
}
