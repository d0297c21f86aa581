-- beadle retry RUN --failed|--rows|--where ...: does rows of a batch again
-- SPDX-License-Identifier: MIT

local options = require "beadle.options"
local resume = require "beadle.cli.resume"
local rows_of = require "beadle.batch_rows"

local function take_lines(text)
  return rows_of.lines(text) and text or nil, "lines of the file, such as 7,19-40"
end

local SPEC = {
  { name = "failed", doc = "all rows that failed" },
  { name = "rows", value = "LINES", take = take_lines, doc = "rows by their lines in the file, such as 7,19-40" },
  { name = "where", value = "CONDITION", doc = "rows that failed and for which it holds: a Lua expression over error, "
    .. "row and line" },
  { name = "accept-changes", doc = "take what was done with other parameters as it is recorded" },
  { name = "json", doc = "print one JSON document about the end on standard output" },
}

local USAGE = [[
Usage: beadle retry RUN --failed | --rows 7,19-40 | --where 'error.code == 301' [-- OPTIONS]

Does rows of a batch again, and no others. What was done in them is not done again; rows that are done or in doubt are
left as they are. OPTIONS are added behind those of the batch, such as --budget tests=800.

]]

local function run(...)
  local values, operands = options.parse(SPEC, { ... }, "Options of the batch, such as --budget, go behind --.")
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  end
  local given = (values.failed and 1 or 0) + (values.rows and 1 or 0) + (values.where and 1 or 0)
  if #operands == 0 then
    options.fail("retry needs a run", "`beadle runs` lists them.")
  elseif given ~= 1 then
    options.fail "retry needs one of --failed, --rows and --where"
  end
  if values.where then
    rows_of.condition(values.where)
  end
  local only = values.failed and "failed" or values.rows and "rows " .. values.rows or "where " .. values.where
  return resume.go_on(operands, values, only)
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "run" } }
