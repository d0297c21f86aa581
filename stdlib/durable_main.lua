-- SPDX-License-Identifier: MIT
-- `beadle run --durable SCRIPT`: a script or a recipe as a durable run (beadle.durable). For runtime/cli/cli.c.

local again = require "beadle.cli.again"
local command_line = require "beadle.run_command"
local config = require "beadle.config"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local options = require "beadle.options"
local prune = require "beadle.run_prune"
local runs = require "beadle.runs"
local usage = require "beadle.recipe_usage"

local M = {}

local MAIN = "" -- the row that is the script itself

local function keep_command(run, object)
  local words, left_out = command_line.keepable(command_line.secret_options(object))
  run:set_meta { command = words, left_out = left_out }
end

-- ---------------------------------------------------------------------------------------------------
-- Beginning

local function refuse(message, hint)
  options.fail(message, hint)
end

local function open(facts, console)
  if not facts.id then
    prune.automatic(console.err)
    return durable.new { console = console, accept_changes = facts.accept_changes, note = facts.script,
      meta = { script = facts.script, folder = again.folder(), profile = config.profile(),
        sandbox = config.is_sandbox(), seed = math.random(0) } }
  end
  local run = durable.open { id = runs.find(facts.id), console = console, accept_changes = facts.accept_changes,
    note = facts.script }
  if run.meta.state == "ended" then
    run.state = "ended"
    run:close()
    refuse(("the run %s was ended for good: a person was forgotten, whose row would be done once more"):format(run.id))
  elseif run.meta.profile ~= config.profile() then
    run:close()
    refuse(("the run %s was one under the profile %s"):format(run.id, run.meta.profile),
      ("`beadle resume %s` takes that."):format(run.id))
  end
  return run
end

-- What the object that a script returns does with the command line.
local function run_object(run, facts, outcome, object, ...)
  local main = getmetatable(object)
  main = type(main) == "table" and main.__main
  if not main then
    return 0
  end
  outcome.in_recipe = true
  if not facts.id then
    keep_command(run, object)
  end
  return main(object, ...)
end

local function is_done(status)
  return math.type(status) ~= "integer" or status == 0
end

-- ---------------------------------------------------------------------------------------------------
-- Ending

local function has_doubt(run)
  return (run.rows.in_doubt or 0) > 0
end

local function tell_end(run, console)
  if not run.journal then
    return
  elseif run.state == "done" then
    console.err(("Run %s is done."):format(run.id))
  elseif has_doubt(run) then
    console.err(("Run %s: of what it sent, something is in doubt. `beadle resolve %s` shows it, then "
      .. "`beadle resume %s` goes on."):format(run.id, run.id, run.id))
  else
    console.err(("Run %s is not done: `beadle resume %s` goes on."):format(run.id, run.id))
  end
end

-- What a start of the script came to. `over`: it returned; `exit`: the status it gave to os.exit, which is its end too,
-- unless a recipe's rows or an effect were under way.
local function state_of(run, outcome, err)
  if outcome.over then
    return is_done(outcome.status) and "done" or "failed"
  elseif outcome.exit then
    local effects = run.effects
    local is_whole = not outcome.in_recipe and (effects.intent or 0) + (effects.unknown or 0) == 0
    return outcome.exit ~= 0 and "failed" or is_whole and "done" or "stopped"
  elseif err == nil then -- it was ended without being asked, for it had not ended in time
    return "stopped"
  end
  return error_value.is(err, "cancelled") and not err.in_doubt and "stopped" or "failed"
end

local function finish(run, console, outcome, err)
  if outcome.finished then
    return
  end
  outcome.finished = true
  run.state = state_of(run, outcome, err)
  if outcome.exit and run.state == "done" then
    run:end_main(MAIN)
  end
  tell_end(run, console)
  run:close()
end

-- os.exit gives its status on. Where it ends the program at once, within a function that Lua calls back, all that is
-- known has to be on the disk before.
local function watch_exit(run, console, outcome)
  local exit = os.exit
  os.exit = function(code, ...) -- luacheck: ignore 122
    outcome.exit = outcome.exit or code == nil and 0 or code == true and 0 or math.tointeger(code) or 1
    if not coroutine.isyieldable() then
      finish(run, console, outcome)
    end
    return exit(code, ...)
  end
end

-- run(facts, chunk, ...) -> exit status. Facts: script, id (of a run that goes on), accept_changes.
function M.run(facts, chunk, ...)
  local console = usage.console()
  local run = open(facts, console)
  if run.meta.state == "done" then
    run.state = "done"
    run:close()
    console.err(("Run %s is done: there is nothing to go on with."):format(run.id))
    return 0
  end
  math.randomseed(run.meta.seed)
  local outcome = {}
  watch_exit(run, console, outcome)
  local _ <close> = setmetatable({}, { __close = function(_, err)
    finish(run, console, outcome, err)
  end })
  if not facts.id then
    keep_command(run)
  else
    run:set_meta { state = "running" }
  end
  outcome.status = run:row(MAIN, { lazy = true, is_done = is_done }, function(...)
    return run_object(run, facts, outcome, chunk(...), ...)
  end, ...)
  outcome.over = true
  return math.type(outcome.status) == "integer" and outcome.status or 0
end

return M
