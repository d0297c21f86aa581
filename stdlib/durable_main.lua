-- SPDX-License-Identifier: MIT
-- `beadle run --durable SCRIPT`: a script or a recipe as a durable run (beadle.durable). For runtime/cli/cli.c.

local again = require "beadle.cli.again"
local config = require "beadle.config"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local log = require "beadle.log"
local options = require "beadle.options"
local prune = require "beadle.run_prune"
local runs = require "beadle.runs"
local usage = require "beadle.recipe_usage"

local M = {}

local MAIN = "" -- the row that is the script itself

-- ---------------------------------------------------------------------------------------------------
-- The command line, with which the run is started again

-- Names of options whose values are secrets.
local function secret_options(object)
  local names = {}
  for _, param in ipairs(type(object) == "table" and type(object.params) == "table" and object.params or {}) do
    if param.secret then
      names["--" .. param.name] = true
    end
  end
  return names
end

-- The words of the command line as they may be kept, and the options that are left out of it.
local function keepable(secrets)
  local words, left_out, index = {}, {}, 0
  while arg[index - 1] do
    index = index - 1
  end
  index = index + 1 -- behind the program
  while arg[index] do
    local word = arg[index]
    local name = word:match "^(%-%-[^=]+)"
    if name and secrets[name] and index > 0 then
      left_out[#left_out + 1] = name
      index = index + (word:find("=", 1, true) and 0 or 1)
    elseif not word:find "^%-%-durable" and word ~= "--accept-changes" or index > 0 then
      words[#words + 1] = log.masked(word)
    end
    index = index + 1
  end
  return words, left_out
end

local function keep_command(run, object)
  local words, left_out = keepable(secret_options(object))
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
local function run_object(run, facts, object, ...)
  local main = getmetatable(object)
  main = type(main) == "table" and main.__main
  if not main then
    return 0
  end
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

local function finish(run, console, err, status)
  if err ~= nil then
    run.state = error_value.is(err, "cancelled") and not err.in_doubt and "stopped" or "failed"
  else
    run.state = is_done(status) and "done" or "failed"
  end
  tell_end(run, console)
  run:close()
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
  local status
  local _ <close> = setmetatable({}, { __close = function(_, err)
    finish(run, console, err, status)
  end })
  if not facts.id then
    keep_command(run)
  else
    run:set_meta { state = "running" }
  end
  status = run:row(MAIN, { lazy = true, is_done = is_done }, function(...)
    return run_object(run, facts, chunk(...), ...)
  end, ...)
  return math.type(status) == "integer" and status or 0
end

return M
