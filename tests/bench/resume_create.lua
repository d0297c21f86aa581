-- SPDX-License-Identifier: MIT
-- A recipe of one effect a row, for resume.sh. BENCH_FIRST: the file that gets the time of each call. Without it, the
-- run ends at its first row.

local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local time = require "beadle.time"

local first = os.getenv "BENCH_FIRST"

return recipe {
  name = "create", summary = "Creates a candidate",
  params = { "isograd.create_candidate.ema", "isograd.create_candidate.fst_nam", "isograd.create_candidate.lst_nam" },
  columns = { "ema", "can_id" },
  unique = { "ema" },
  row = function(row)
    if not first then
      error "to be gone on with"
    end
    local file <close> = assert(io.open(first, "a"))
    file:write(("%.3f\n"):format(time.now()))
    return { ema = row.ema, can_id = isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = row.fst_nam,
      lst_nam = row.lst_nam }.can_id }
  end,
}
