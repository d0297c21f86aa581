-- SPDX-License-Identifier: MIT
-- beadle runs prune: removes runs that are over and of which nothing is left to do.

local config = require "beadle.config"
local options = require "beadle.options"
local prune = require "beadle.run_prune"
local reader = require "beadle.run_reader"
local usage = require "beadle.recipe_usage"

local SPEC = {
  { name = "older-than", value = "TIME", take = prune.take_age,
    doc = "how long ago they ended, such as 90d or \"6 weeks\"; else keep_runs of the configuration" },
  { name = "all", doc = "also runs that are not done: what is left of them is lost, and what they sent is forgotten" },
  { name = "dry-run", doc = "say what would be removed, and remove nothing" },
  { name = "yes", doc = "do it without being asked" },
}

local USAGE = [[
Usage: beadle runs prune [--older-than 90d] [--all] [--dry-run] [--yes]

Removes the journals of runs that ended so long ago and are done: every row is done, or was decided by a person. A run
that is not done stays, and so does one that a process has. Files that were made of a run stay where they lie.

]]

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

local function describe(each)
  local about = each.empty and "nothing was done in it" or ("%s: %s, %s, %s"):format(each.state,
    plural(each.rows, "row"), plural(each.effects, "effect"), reader.size(each.size))
  local text = ("%s, ended %s ago, %s"):format(each.id, reader.took(math.floor(each.age)), about)
  if each.lost then
    text = text .. "\n  NOT DONE, and cannot be gone on with afterwards: " .. each.lost
  end
  for _, path in ipairs(each.files) do
    text = text .. "\n  stays, and beadle knows of it no more: " .. path
  end
  return text
end

local function ask(list, console)
  if not console.interactive then
    options.fail("removing cannot be taken back", "Give --yes, or --dry-run to see what would be removed.")
  end
  for _, each in ipairs(list) do
    console.err(describe(each))
  end
  local answer = console.ask(("Remove %s for good? [y/N] "):format(plural(#list, "run")))
  return answer and answer:lower():sub(1, 1) == "y"
end

local function tell_kept(kept)
  for _, each in ipairs(kept) do
    print(("Stays: %s, %s"):format(each.id, each.why))
  end
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("prune takes no \"%s\": it looks at all runs"):format(operands[1]))
  end
  local age = values.older_than or config.keep_runs()
  if not age then
    options.fail("prune needs an age", "Give --older-than 90d, or keep_runs = \"90 days\" in the configuration.")
  end
  local list, kept = prune.survey { age = age, all = values.all }
  if #list == 0 then
    tell_kept(kept)
    print "There is nothing to remove."
    return 0
  elseif values.dry_run then
    for _, each in ipairs(list) do
      print("Would be removed: " .. describe(each))
    end
    tell_kept(kept)
    return 0
  elseif not values.yes and not ask(list, usage.console()) then
    print "Nothing was removed."
    return 1
  end
  local all = true
  for _, each in ipairs(list) do
    local ok, why = prune.remove(each)
    all = all and ok
    print(ok and "Removed: " .. describe(each) or ("Stays: %s, %s"):format(each.id, why))
  end
  tell_kept(kept)
  return all and 0 or 1
end

return { run = run, summary = "removes runs that ended long ago and are done", usage = USAGE, spec = SPEC, takes = {} }
