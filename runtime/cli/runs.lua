-- beadle runs: lists the durable runs
-- SPDX-License-Identifier: MIT

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

Lists the durable runs of this user, the newest first. A run that is "stopped" was ended before it was done, and
`beadle resume RUN` goes on with it; what is in doubt, `beadle resolve RUN` shows.

]]

local function cells(status)
  local effects = status.effects or {}
  local open = (effects.unknown or 0) + (effects.intent or 0)
  return { status.id, status.state, status.script or "", status.profile or "",
    status.started and time.iso(status.started) or "", (effects.done or 0) + (effects.resolved or 0),
    status.state == "running" and 0 or open, (status.rows or {}).in_doubt or 0 }
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("runs takes no \"%s\""):format(operands[1]))
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

return { run = run, usage = USAGE, spec = SPEC, takes = {} }
