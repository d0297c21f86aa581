-- beadle runs [COMMAND RUN]: lists the durable runs, and looks into one
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"
local runs = require "beadle.runs"
local time = require "beadle.time"

local SPEC = {
  { name = "json", doc = "print them as a JSON list" },
}

local USAGE = [[
Usage: beadle runs [--json]
       beadle runs COMMAND RUN [OPTIONS]

Lists the durable runs of this user, the newest first. A run that is "stopped" was ended before it was done, and
`beadle resume RUN` goes on with it; what is in doubt, `beadle resolve RUN` shows.

]]

-- Each is a module beadle.cli.runs_NAME with run(...) and a summary.
local COMMANDS = { "show", "report", "export", "diff", "check", "forget", "prune" }

local function print_help()
  print(USAGE .. options.describe(SPEC) .. "\n\nCommands:")
  for _, name in ipairs(COMMANDS) do
    print(("  %-8s %s"):format(name, require("beadle.cli.runs_" .. name).summary))
  end
  print "\n`beadle runs COMMAND --help` shows one."
end

local function unknown(name)
  local nearest = catalogue.nearest(name, COMMANDS)
  options.fail(("runs has no command \"%s\""):format(name), nearest and ("Did you mean %s?"):format(nearest)
    or ("Known are: %s."):format(table.concat(COMMANDS, ", ")))
end

local function done_text(status)
  if status.batch or status.errand then
    return ("%d/%d"):format((status.rows or {}).done or 0, status.total or 0)
  end
  local effects = status.effects or {}
  local count = (effects.done or 0) + (effects.resolved or 0)
  return ("%d effect%s"):format(count, count == 1 and "" or "s")
end

local function doubt_of(status)
  local effects = status.effects or {}
  local open = status.state ~= "running" and (effects.unknown or 0) + (effects.intent or 0) or 0
  return status.batch and ((status.rows or {}).in_doubt or 0) or open
end

local function what_text(status)
  local script = status.recipe or status.script and status.script:match "[^/]*$" or ""
  return status.rows_file and ("%s %s"):format(script, status.rows_file:match "[^/]*$") or script
end

local function age_text(status)
  local at = status.started or runs.began(status.id)
  return at and reader.took(math.floor(math.max(0, time.now() - at))) or ""
end

local function cells(status)
  return { status.id, status.state, done_text(status), (status.rows or {}).failed or 0, doubt_of(status),
    age_text(status), reader.size(status.size), status.profile or "", what_text(status) }
end

local HEADINGS = { "run", "state", "done", "failed", "in doubt", "age", "size", "profile", "what" }
local NARROW = 110

-- Two lines for each: an id that is broken in two could not be copied.
local function lines_of(status)
  local row = cells(status)
  local failed = row[4] > 0 and (", %d failed"):format(row[4]) or ""
  local doubt = row[5] > 0 and (", %d in doubt"):format(row[5]) or ""
  return ("%s  %-7s  %s done%s%s\n    %s"):format(row[1], row[2], row[3], failed, doubt,
    table.concat({ what_text(status), "profile " .. row[8], row[6] .. " old", row[7] }, ", "))
end

local function list_all(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print_help()
    return 0
  elseif #operands > 0 then
    unknown(operands[1])
  end
  local list = runs.list()
  if values.json then
    print(json.encode(json.array(list)))
    return 0
  elseif #list == 0 then
    print(("There are no runs in %s."):format(runs.folder()))
    return 0
  end
  local columns, rows = fs.columns "stdout", {}
  local narrow = columns and columns < NARROW
  for index, status in ipairs(list) do
    rows[index] = (narrow and lines_of or cells)(status)
  end
  print(narrow and table.concat(rows, "\n") or pretty.table(HEADINGS, rows, columns))
  return 0
end

local function run(name, ...)
  for _, known in ipairs(COMMANDS) do
    if name == known then
      return require("beadle.cli.runs_" .. name).run(...)
    end
  end
  return list_all(name, ...)
end

return { run = run, usage = USAGE, spec = SPEC, parts = COMMANDS, takes = {} }
