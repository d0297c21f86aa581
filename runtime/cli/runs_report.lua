-- SPDX-License-Identifier: MIT
-- beadle runs report RUN --out FILE.html: a run as one page.

local again = require "beadle.cli.again"
local options = require "beadle.options"
local reader = require "beadle.run_reader"
local report = require "beadle.run_report"

local SPEC = {
  { name = "out", value = "FILE.html", doc = "where to write it, for its owner only" },
}

local USAGE = [[
Usage: beadle runs report RUN --out FILE.html

Writes one page about a run, for people who did not start it: what came of it, what happened when, errors by kind with
what to do, what is in doubt, and the slowest calls. It needs no network, and can be read dark, light and on paper.

]]

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("report needs one run", "`beadle runs` lists them.")
  elseif not values.out then
    options.fail("report needs a file", "Give --out FILE.html.")
  end
  local id, journal = reader.open(operands[1], "beadle runs report")
  local _ <close> = journal
  reader.keep_file(journal, reader.absolute(values.out, again.folder()), { kind = "report" })
  report.to_file(journal, id, values.out)
  print(("%s: the report of the run %s."):format(values.out, id))
  return 0
end

return { run = run, summary = "a page for people who did not start it",
  usage = USAGE, spec = SPEC, takes = { "run" } }
