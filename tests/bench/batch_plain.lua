-- SPDX-License-Identifier: MIT
-- arg: RECIPE, ROWS, IN_FLIGHT. What `beadle batch RECIPE ROWS --concurrency IN_FLIGHT` does, but without a journal:
-- the rows are checked and run, with the same limits, and nothing is kept or written.

local gate = require "beadle.gate"
local input = require "beadle.recipe_input"
local limits_of = require "beadle.limits"
local progress = require "beadle.progress"
local recipe_rows = require "beadle.recipe_run"
local rows_of = require "beadle.batch_rows"

local recipe = dofile(arg[1])
local source <close> = input.open(recipe, arg[2], {}, {})

local function check()
  local see, done = rows_of.seen(os.tmpname())
  local _ <close> = done
  assert(source:check(see))
end

check()
local line <close> = progress.start { write = function() end }
local limits <close> = limits_of.new { run = { meta = {} }, budgets = {} }
local run = gate.with(limits:gate(), recipe_rows.rows, recipe, source:entries(), { concurrency = tonumber(arg[3]),
  total = source.count, context = {}, progress = line, say = print, stop_after = 0, on_end = function() end })
assert(run.counts.done == source.count, "not every row was done")
