-- SPDX-License-Identifier: MIT
-- beadle runs export RUN: what a run did, as CSV or JSON.

local again = require "beadle.cli.again"
local export = require "beadle.run_export"
local options = require "beadle.options"
local reader = require "beadle.run_reader"
local salvage = require "beadle.run_salvage"

local FORMATS = { csv = true, json = true }
local WHAT = { rows = true, effects = true }

local function take_format(text)
  return FORMATS[text] and text or nil, "csv or json"
end

local function take_what(text)
  return WHAT[text] and text or nil, "rows or effects"
end

local SPEC = {
  { name = "out", value = "FILE", doc = "write it there, for its owner only; else it is printed" },
  { name = "format", value = "csv|json", take = take_format,
    doc = "what to write; else the end of FILE says it, else csv" },
  { name = "what", value = "rows|effects", default = "rows", take = take_what,
    doc = "a line for each row (the default), or for each effect" },
  { name = "damaged",
    doc = "of a journal that is refused: what can be read, as CSV; the column damage marks what is altered" },
}

local USAGE = [[
Usage: beadle runs export RUN [--out FILE] [--format csv|json] [--what rows|effects] [--damaged]

Writes all rows of a run, with their state, cells, results and errors, or all effects with times and answers. JSON has
the effects of each row within it. Times are UTC. Personal data are in it as in the run; secrets are not.

]]

local function format_of(values)
  local ending = values.out and values.out:lower():match "%.(%w+)$"
  return values.format or FORMATS[ending] and ending or "csv"
end

local function tell(count, formulas, values)
  local text = ("%s: %d %s."):format(values.out, count, count == 1 and values.what:gsub("s$", "") or values.what)
  if formulas > 0 then
    text = text .. (" Cells that begin with =, +, - or @: %d. A spreadsheet would calculate them: import as text.")
      :format(formulas)
  end
  io.stderr:write(text, "\n")
end

local function put_to(values, fn)
  if values.out then
    return export.to_file(values.out, fn)
  end
  return fn(function(text) io.stdout:write(text) end)
end

-- Exit status 1: it is not all.
local function export_damaged(word, values)
  if format_of(values) ~= "csv" then
    options.fail("--damaged writes CSV", "Leave --format away, and let FILE end in .csv.")
  end
  local _, journal = salvage.open(word, "beadle runs export")
  local _ <close> = journal
  put_to(values, function(put)
    return export.write_damaged(journal, { what = values.what, put = put })
  end)
  local facts = journal.found[values.what:gsub("s$", "")]
  io.stderr:write(("%d of %s %s could be read, %d of them altered.\n"):format(facts.read,
    facts.had or "an unknown number of", values.what, facts.altered))
  return 1
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("export needs one run", "`beadle runs` lists them.")
  end
  if values.damaged then
    return export_damaged(operands[1], values)
  end
  local id, journal = reader.open(operands[1], "beadle runs export")
  local _ <close> = journal
  local how = { format = format_of(values), what = values.what }
  if not values.out then
    how.put = function(text) io.stdout:write(text) end
    export.write(journal, id, how)
    return 0
  end
  reader.keep_file(journal, reader.absolute(values.out, again.folder()), { kind = "export", format = how.format,
    what = how.what })
  local count, formulas = export.to_file(values.out, function(put)
    how.put = put
    return export.write(journal, id, how)
  end)
  tell(count, formulas, values)
  return 0
end

return { run = run, summary = "all rows or effects, as CSV or JSON",
  usage = USAGE, spec = SPEC, takes = { "run" } }
