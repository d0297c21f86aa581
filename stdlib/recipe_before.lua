-- SPDX-License-Identifier: MIT
-- What must be right, and what people are asked, before the rows of a recipe run. For stdlib/recipe_main.lua and
-- batch.lua.

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local error_value = require "beadle.error"
local options = require "beadle.options"
local task = require "beadle.task"

local M = {}

function M.describe_profile(context)
  return ("Profile %s%s."):format(context.profile,
    context.is_sandbox and ": everything is simulated, nothing leaves this machine" or "")
end

-- Raises unless the profile has all that the recipe's operations need. Nothing is sent.
function M.check_profile(recipe)
  config.check()
  local seen = {}
  for _, param in ipairs(recipe.params) do
    local operation = param.operation
    if operation and not seen[operation] then
      seen[operation] = true
      catalogue.check_profile(operation.vendor, operation.name)
    end
  end
end

-- Until its value is closed, Ctrl-C does not keep from being told what was done and what was not.
function M.end_in_order()
  task.orderly(true)
  return setmetatable({}, { __close = function() task.orderly(false) end })
end

-- confirm(recipe, count, values, console): asks before what cannot be undone.
function M.confirm(recipe, count, values, console)
  local what = recipe.spec.irreversible
  what = what and what:format(count):gsub("%(s%)", count == 1 and "" or "s")
  if not what or values.yes or count == 0 then
    return
  elseif not console.interactive or values.rows == "-" then
    options.fail(("this %s"):format(what), "Give --yes to have it done without being asked.")
  end
  local _ <close> = M.end_in_order()
  local answer = console.ask(("This %s. Type %d to go on: "):format(what, count))
  if answer ~= tostring(count) then
    error(error_value.new { kind = "cancelled", message = "not confirmed", outcome = "none", exit = 2 }, 0)
  end
end

-- Tells every problem of rows that were checked, and raises.
function M.refuse_rows(source, console)
  for _, problem in ipairs(source.problems) do
    console.err(source:format_problem(problem))
  end
  local more = source.problem_count - #source.problems
  if more > 0 then
    console.err(("and %d more"):format(more))
  end
  error(error_value.new { kind = "argument", exit = 2, outcome = "none", problems = source.problems,
    message = ("%s has %d problem%s"):format(source.name, source.problem_count,
      source.problem_count == 1 and "" or "s") }, 0)
end

return M
