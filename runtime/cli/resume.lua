-- beadle resume RUN [--accept-changes]: goes on with a durable run
-- SPDX-License-Identifier: MIT

local again = require "beadle.cli.again"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"

local SPEC = {
  { name = "accept-changes", doc = "take what was done with other parameters as it is recorded" },
  { name = "json", doc = "of a batch: print one JSON document about the end on standard output" },
}

local USAGE = [[
Usage: beadle resume RUN [--accept-changes] [--json] [-- ARGUMENTS]

Starts the script of a durable run once more, with the command line and in the folder that it had. What was done
is not done again; what nobody knows of is settled first. The script may have been corrected meanwhile. RUN is an
id as `beadle runs` lists it, or its beginning or end. ARGUMENTS are added behind the script's own: options that
hold a secret are not kept and must be given again.

]]

-- batch RECIPE ROWS OPTIONS, with the run behind the recipe.
local function batch_command(id, meta, values, more, only)
  local words = { "--profile=" .. meta.profile, "batch", meta.command[2], "--run=" .. id }
  words[#words + 1] = only and "--only=" .. only or nil
  words[#words + 1] = values.accept_changes and "--accept-changes" or nil
  words[#words + 1] = values.json and "--json" or nil
  table.move(meta.command, 3, #meta.command, #words + 1, words)
  return table.move(more, 1, #more, #words + 1, words)
end

-- What a recipe did by itself goes on with the same rows. Files that are there are those of the run.
local function errand_command(meta, values, more)
  local words = table.move(meta.command, 1, #meta.command, 2, { "--profile=" .. meta.profile })
  table.move(more, 1, #more, #words + 1, words)
  for _, word in ipairs { "--continue", "--overwrite", values.accept_changes and "--accept-changes" or nil } do
    words[#words + 1] = word
  end
  return words
end

-- Options are taken before all others too, whatever follows.
local function command_of(id, meta, values, more, only)
  if meta.batch then
    return batch_command(id, meta, values, more, only)
  elseif meta.errand then
    return errand_command(meta, values, more)
  end
  local words = { "--profile=" .. meta.profile, "--durable=" .. id }
  words[#words + 1] = values.accept_changes and "--accept-changes" or nil
  for _, list in ipairs { meta.command, more } do
    for _, word in ipairs(list) do
      words[#words + 1] = word
    end
  end
  return words
end

local function check_secrets(meta, more)
  for _, name in ipairs(meta.left_out or {}) do
    local given = false
    for _, word in ipairs(more) do
      given = given or word == name or word:sub(1, #name + 1) == name .. "="
    end
    if not given then
      options.fail(("the option %s holds a secret and was not kept"):format(name),
        ("Give it again: `beadle resume RUN -- %s ...`."):format(name))
    end
  end
end

-- As a batch ends it, as far as the journal knows.
local function done_document(id, known)
  local meta, rows = known.meta, known.counts.rows
  return pretty.json({ version = 1, run = id, recipe = meta.recipe, profile = meta.profile, sandbox = meta.sandbox,
    state = "done", status = 0, rows = meta.rows_file, nothing_to_do = true,
    counts = { total = meta.total, done = rows.done or 0, skipped = rows.skipped or 0 } }, { "version", "run" })
end

-- go_on(operands, values, only): the run that the first operand names; `only`, for a batch, says which rows of it.
local function go_on(operands, values, only)
  local id = runs.find(table.remove(operands, 1))
  local path = runs.path_of(id)
  local meta = run_journal.facts { path = path }
  if values.json and not meta.batch then
    options.fail(("the run %s is no batch: what its script prints is its own"):format(id),
      ("`beadle runs show %s --json` tells what it did."):format(id))
  elseif meta.state == "done" then
    local known = run_journal.peek { path = path } -- refuses it when it is damaged
    print(values.json and done_document(id, known)
      or ("Run %s is done: there is nothing to go on with."):format(id))
    return 0
  elseif meta.state == "ended" then
    options.fail(("the run %s was ended for good: a person was forgotten, whose row would be done once more")
      :format(id),
      "Begin a new run with the rows that are left; `beadle runs export " .. id .. "` lists what was done.")
  elseif meta.errand and not meta.command then
    options.fail(("the run %s was begun by a script, %s"):format(id, meta.script), "Start that again.")
  elseif not meta.command then
    options.fail(("the run %s was given up before it had done anything"):format(id), "Begin it anew.")
  end
  if only and not meta.batch then
    options.fail(("the run %s is no batch"):format(id), "`beadle resume` goes on with it.")
  end
  check_secrets(meta, operands)
  again.start(meta.folder, command_of(id, meta, values, operands, only))
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... }, "Options of the script or batch go behind --.")
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands == 0 then
    options.fail("resume needs a run", "`beadle runs` lists them.")
  end
  return go_on(operands, values)
end

return { run = run, go_on = go_on, usage = USAGE, spec = SPEC, takes = { "run" } }
