-- SPDX-License-Identifier: MIT
-- The end of a batch: its files, what is said about it, and the JSON document for scripts. For stdlib/batch.lua.
--
--   finish(batch, source, values, outcome, seconds) -> exit status; raises what stopped the run. batch: recipe, run,
--   context, console, used_up

local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local files_of = require "beadle.batch_files"
local fs = require "beadle.fs"
local json = require "beadle.json"
local pretty = require "beadle.pretty"
local progress = require "beadle.progress"
local report_of = require "beadle.run_report"
local rows_of = require "beadle.batch_rows"
local run_files = require "beadle.run_files"
local run_reader = require "beadle.run_reader"
local time = require "beadle.time"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- In words

local function folder_of(values, run)
  if values.into then
    return values.into
  end
  return ("%s.%s"):format(values.rows:gsub("%.[ct]sv$", ""), run.id)
end

local COUNTED = { { "done", "done" }, { "failed", "failed" }, { "in_doubt", "in doubt" }, { "pending", "not finished" },
  { "skipped", "skipped" }, { "left", "not begun or not ended" } }

local function counts_text(counts, seconds)
  local parts = {}
  for _, each in ipairs(COUNTED) do
    local count = counts[each[1]]
    if count > 0 or each[1] == "done" or each[1] == "failed" then
      parts[#parts + 1] = ("%d %s"):format(count, each[2])
    end
  end
  return ("%d row%s: %s; in %s."):format(counts.total, counts.total == 1 and "" or "s",
    table.concat(parts, ", "), progress.duration_text(seconds))
end

-- What to do now: a list of { what, command }.
local function next_steps(counts, id)
  local list = {}
  local function add(is_so, text, command)
    list[#list + 1] = is_so and { text = text, command = command:format(id) } or nil
  end
  add(counts.in_doubt > 0, "What is in doubt: `%s` shows it and asks.", "beadle resolve %s")
  add(counts.left + counts.pending > 0, "What is left: `%s` goes on.", "beadle resume %s")
  add(counts.failed > 0, "What failed: `%s` does these rows again, nothing of them twice.", "beadle retry %s --failed")
  return list
end

local function stopped_text(batch, outcome)
  if batch.used_up then
    return ("Stopped: the budget %s is used up. With a larger one, `beadle resume %s -- --budget NAME=N` begins "
      .. "the others."):format(batch.used_up, batch.run.id)
  elseif outcome.repeated then
    return ("Stopped: %d rows in a row failed with the same error. --stop-after 0 goes on whatever fails."):format(
      outcome.repeated)
  elseif error_value.is(outcome.reason, "cancelled") then
    return "Stopped by a signal, such as Ctrl-C."
  elseif outcome.reason then
    return "Stopped: " .. (error_value.is(outcome.reason) and outcome.reason.message or tostring(outcome.reason))
  end
end

-- ---------------------------------------------------------------------------------------------------
-- For scripts

local MOST_REASONS = 20

local function reasons_value(reasons)
  local list = json.array {}
  for index = 1, math.min(MOST_REASONS, #reasons) do
    local each = reasons[index]
    list[index] = { count = each.lines.count, lines = each.lines:text():gsub("^lines? ", ""), kind = each.kind,
      code = each.code, text = each.key, hint = each.hint }
  end
  return list
end

local ORDER = { "version", "run", "recipe", "profile", "sandbox", "rows", "state", "status", "stopped", "seconds",
  "counts", "total", "done", "failed", "in_doubt", "not_finished", "skipped", "left", "reasons", "count", "files",
  "report", "next" }

local function document(batch, left, values, why, status, seconds)
  local counts, steps, files = left.counts, json.array {}, {}
  for index, step in ipairs(next_steps(counts, batch.run.id)) do
    steps[index] = step.command
  end
  for _, file in ipairs(left.files) do
    files[file.kind == "doubt" and "in_doubt" or file.kind] = { path = run_reader.absolute(file.path, batch.folder),
      rows = file.rows }
  end
  return pretty.json({ version = 1, run = batch.run.id, recipe = batch.recipe.name, profile = batch.context.profile,
    sandbox = batch.context.is_sandbox, state = batch.run.state, status = status, rows = batch.run.meta.rows_file,
    stopped = why or json.null, seconds = math.floor(seconds * 1000 + 0.5) / 1000,
    reasons = reasons_value(left.reasons), files = files, next = steps,
    report = values.report and run_reader.absolute(values.report, batch.folder),
    counts = { total = counts.total, done = counts.done, failed = counts.failed, in_doubt = counts.in_doubt,
      not_finished = counts.pending, skipped = counts.skipped, left = counts.left } }, ORDER)
end

-- ---------------------------------------------------------------------------------------------------
-- The files

-- The run knows what was made of it, so that a person can be taken out of that too: before it is written, without its
-- fingerprint, as a kill may leave it, and afterwards.
local function keep_files(batch, files, values)
  local folder, list = batch.folder, {}
  for index, file in ipairs(files) do
    list[index] = { kind = "end", path = run_reader.absolute(file.path, folder), print = file.print or "",
      delimiter = file.delimiter }
  end
  if values.report then
    list[#list + 1] = { kind = "report", path = run_reader.absolute(values.report, folder) }
  end
  batch.run:set_meta { files = run_files.merge(batch.run.meta.files, list) }
end

-- What the recipe makes of all results. They are in memory then: only for recipes that ask for it.
local function finish_recipe(batch, source)
  if not batch.recipe.spec.finish then
    return
  end
  local results = {}
  source:rewind()
  for entry in rows_of.with_known(batch.recipe, batch.run, source:entries()) do
    if entry.known and entry.known.state == "done" and entry.row then
      results[#results + 1] = { line = entry.line, row = entry.row,
        result = effects.decode(entry.known.result) or {} }
    end
  end
  return batch.recipe.spec.finish(results, batch.context)
end

local function is_all_done(counts)
  return counts.failed + counts.in_doubt + counts.pending + counts.left == 0
end

local function state_of(counts)
  return is_all_done(counts) and "done" or counts.left > 0 and "stopped" or "failed"
end

local function write_report(batch, path)
  batch.run:set_meta { state = batch.run.state, ended = time.now() } -- the page says so
  report_of.to_file(batch.run.journal, batch.run.id, path)
end

local function tell(batch, left, values, why, text, seconds)
  local say, out = batch.console.err, values.json and batch.console.err or batch.console.out
  local reasons = files_of.reasons_text(left.reasons, fs.columns "stderr")
  if reasons then
    batch.console.err_as_is(reasons)
  end
  if text and text ~= "" then
    out(text)
  end
  for _, file in ipairs(left.files) do
    say(file.text)
  end
  if values.report then
    say(values.report .. ": a page about the run.")
  else
    say(("`beadle runs report %s --out FILE.html` makes a page of it."):format(batch.run.id))
  end
  if why then
    say(why)
  end
  for _, step in ipairs(next_steps(left.counts, batch.run.id)) do
    say(step.text:format(step.command))
  end
  say(counts_text(left.counts, seconds))
end

function M.finish(batch, source, values, outcome, seconds)
  source:rewind()
  local entries, folder = rows_of.with_known(batch.recipe, batch.run, source:entries()), folder_of(values, batch.run)
  keep_files(batch, files_of.paths(folder), values)
  local left = files_of.write(batch.recipe, batch.run, entries, source.reader, folder)
  keep_files(batch, left.files, values)
  batch.run.state = state_of(left.counts)
  local text, status = finish_recipe(batch, source)
  if values.report then
    write_report(batch, values.report)
  end
  local why = stopped_text(batch, outcome)
  tell(batch, left, values, why, text, seconds)
  local reason = outcome.reason
  local is_stopped = reason and not outcome.repeated
  status = is_all_done(left.counts) and (status or 0) or 1
  if values.json then
    local signal = error_value.is(reason, "cancelled")
    batch.console.out(document(batch, left, values, why, not (is_stopped and signal) and status or nil, seconds))
  end
  if is_stopped then
    error(error_value.is(reason) and error_value.new { kind = reason.kind, message = reason.message,
      exit = reason.exit, quiet = true } or reason, 0)
  end
  return status
end

return M
