-- SPDX-License-Identifier: MIT
-- The end of a recipe's run: what it leaves on the terminal and in files, and the exit status. For
-- stdlib/recipe_main.lua.

local durable = require "beadle.durable"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local params_of = require "beadle.recipe_params"
local report = require "beadle.recipe_report"
local summary = require "beadle.recipe_summary"

local M = {}

function M.tell(say, text)
  if text and text ~= "" then
    say(text)
  end
end

local tell = M.tell

-- finish(recipe, records, context) -> what the recipe makes of all results: a text, and an exit status.
function M.finish(recipe, records, context)
  local results = {}
  for _, record in ipairs(records) do
    if record.state == "done" then
      results[#results + 1] = { line = record.line, row = record.row, result = record.result }
    end
  end
  if recipe.spec.finish then
    return recipe.spec.finish(results, context)
  end
end

-- write_files(recipe, records, document, run, values) -> a sentence for each file, and the first error: what goes wrong
-- with one does not keep the others from being written.
function M.write_files(recipe, records, document, run, values)
  local notes, wrong = {}, nil
  local function try_write(write, ...)
    local ok, note = pcall(write, ...)
    notes[#notes + 1] = tostring(note)
    wrong = wrong or not ok and note or nil
  end
  if values.failed and (run.left_out > 0 or run.counts.pending > 0 or fs.exists(values.failed)) then
    try_write(report.failed_file, values.failed, records, run.rest, run.reader, params_of.names(recipe.params))
  end
  for _, path in ipairs(values.output or {}) do
    try_write(report.results_file, path, document, records, recipe.columns, run.reader)
  end
  return notes, wrong
end

local function show_results(recipe, records, document, values, console)
  if values.json then
    console.out(document)
  else
    tell(console.out, report.results_table(records, recipe.spec.shown or recipe.columns, fs.columns "stdout",
      recipe.row_name))
  end
end

-- Why rows were left out, as the error that ends the program; everything was said before.
local function end_error(reason)
  if not error_value.is(reason) then
    error(reason, 0)
  end
  error(error_value.new { kind = reason.kind, message = reason.message, exit = reason.exit, quiet = true }, 0)
end

-- Why no new row began, what is left, and what to do.
local function tell_stop(recipe, run, counts, values, console)
  local reason = run.reason
  if not run.repeated then
    console.err("Stopped: " .. (error_value.is(reason, "cancelled") and reason.message or tostring(reason)))
    return
  end
  local again = not recipe.spec.rows and values.failed or nil
  console.err(summary.stopped(run.repeated, reason, counts.not_begun, again, fs.columns "stderr"))
end

-- What became of the rows: shortest last, for that is what stays on the screen.
local function tell_end(recipe, run, counts, values, console, seconds)
  if run.reason then
    tell_stop(recipe, run, counts, values, console)
  end
  console.err(summary.counts_text(counts, seconds))
  if run.left_out == 0 then
    return
  end
  console.err(summary.left_out(run.records, run.rest, fs.columns "stderr", recipe.row_name))
end

-- The errand's run ends, unless it is left in the middle and no file tells which rows are left. Whether something of
-- the rows is kept, so that they can be gone on with.
local function end_errand(run, values, is_written)
  if not run.errand then
    return durable.active() ~= nil
  end
  local is_told = run.left_out > 0 and values.failed or run.left_out == 0 and values.output
  return run.errand:finish(run, is_written and (is_told or not run.reason))
end

-- report(recipe, run, values, context, console, seconds) -> exit status. Raises the error for which rows were left out,
-- and what went wrong with a file. run: of stdlib/recipe_run.lua, with left_out, how many rows were not done, rest, the
-- entries that were never begun, rest_error, and reader.
function M.report(recipe, run, values, context, console, seconds)
  local finished, text, status = pcall(M.finish, recipe, run.records, context)
  local counts = { total = run.counts.total, done = run.counts.done, failed = run.counts.failed,
    not_begun = run.left_out - run.counts.failed, pending = recipe.spec.pending and run.counts.pending or nil }
  if run.repeated and counts.not_begun == 0 then
    run.reason, run.repeated = nil, nil -- nothing was left to be stopped
  end
  local document = report.document(recipe, run.records, counts, context)
  local notes, wrong = M.write_files(recipe, run.records, document, run, values)
  local shown, unshown = true, nil
  if values.json or wrong or not values.output then
    shown, unshown = pcall(show_results, recipe, run.records, document, values, console) -- nobody may be reading
  end
  tell(console.err, summary.failures(run.records, fs.columns "stderr", recipe.row_name))
  if shown and finished then
    tell(values.json and console.err or console.out, text)
  end
  tell(console.err, table.concat(notes, "\n"))
  tell_end(recipe, run, counts, values, console, seconds)
  if not end_errand(run, values, shown and not wrong) and run.left_out > 0 and not values.failed
    and not recipe.spec.rows then
    console.err(summary.advice(counts.done, fs.columns "stderr"))
  end
  if wrong or run.rest_error or not finished or not shown then
    error(wrong or run.rest_error or not finished and text or unshown, 0)
  elseif run.reason then
    end_error(run.reason)
  end
  return (run.left_out > 0 or run.counts.pending > 0) and 1 or status or 0
end

return M
