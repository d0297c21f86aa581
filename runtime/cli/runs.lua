-- beadle runs [COMMAND RUN]: lists the durable runs, and looks into one
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
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
local COMMANDS = { "show", "report", "export", "diff", "check", "forget" }

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

local function cells(status)
  local effects = status.effects or {}
  local open = (effects.unknown or 0) + (effects.intent or 0)
  return { status.id, status.state, status.script or "", status.profile or "",
    status.started and time.iso(status.started) or "", (effects.done or 0) + (effects.resolved or 0),
    status.state == "running" and 0 or open, (status.rows or {}).in_doubt or 0 }
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
  local rows = {}
  for index, status in ipairs(list) do
    rows[index] = cells(status)
  end
  print(pretty.table({ "run", "state", "script", "profile", "started", "done", "open", "in doubt" }, rows,
    fs.columns "stdout"))
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
