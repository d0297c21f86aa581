-- SPDX-License-Identifier: MIT
-- The clock of the simulated vendors: the run's, and what somebody has moved it on.

local wall_clock = wall_clock

local M = {}

local LONGEST_S = 10 * 366 * 86400

local skipped = 0

function M.now()
  return wall_clock() + skipped
end

local function move_to(at)
  skipped = skipped + math.max(at - M.now(), 0)
end

-- Why advance() cannot take these seconds, or nil.
function M.problem(seconds)
  if type(seconds) ~= "number" or seconds ~= seconds or seconds < 0 or seconds > LONGEST_S then
    return "advance takes seconds, a number from 0 on, and at most ten years"
  end
end

-- advance(seconds, stop, run_due) -> whether something happened. What is due meanwhile happens, each at its time:
-- run_due() does what is due now, and gives when the next thing is, or nil. With `stop` the clock goes no further than
-- to the first of it.
function M.advance(seconds, stop, run_due)
  local target, happened, at = M.now() + seconds, false, run_due()
  while at and at <= target and not (stop and happened) do
    move_to(at)
    happened, at = true, run_due()
  end
  if not (stop and happened) then
    move_to(target)
    run_due()
  end
  return happened
end

return M
