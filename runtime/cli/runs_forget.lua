-- SPDX-License-Identifier: MIT
-- beadle runs forget PERSON: takes the personal data of one person out of all runs.

local export = require "beadle.run_export"
local error_value = require "beadle.error"
local forgetting = require "beadle.run_forget"
local fs = require "beadle.fs"
local options = require "beadle.options"
local reader = require "beadle.run_reader"
local report = require "beadle.run_report"
local run_files = require "beadle.run_files"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local usage = require "beadle.recipe_usage"

local SHORTEST = 3

local SPEC = {
  { name = "run", value = "RUN", doc = "only in this run; else in all" },
  { name = "dry-run", doc = "say what would be taken out, and change nothing" },
  { name = "end", doc = "also in runs that are not done: they are ended, and cannot be resumed" },
  { name = "yes", doc = "do it without being asked" },
}

local USAGE = [[
Usage: beadle runs forget PERSON [WORDS...] [--run RUN] [--dry-run] [--end] [--yes]

Takes the personal data of one person out of the journals of all runs, and out of the reports, exports and files at the
end of batches that beadle made of them, where they still lie as they were written. PERSON is what the person goes by
in the rows: an address, a number. WORDS are further names of the same person, such as a vendor's number; each is looked
for by itself.
A row in which the person occurs loses its cells, parameters, answers and errors, and its name; its times and states
stay, so that the sums stay right. A run that is not done would do the row once more, so it is left alone unless --end.

]]

local function plural(count, what)
  return ("%d %s%s"):format(count, what, count == 1 and "" or "s")
end

-- ---------------------------------------------------------------------------------------------------
-- Looking

local function is_hit(found)
  return found.rows > 0 or found.effects > 0 or found.meta or #found.in_files > 0
end

-- What batches have left at their end, in which the person is: a list of { file, rows, changed } or { file, problem }.
local function look_into_files(found, person)
  local list = {}
  for _, file in ipairs(found.files) do
    if file.kind == "end" and fs.exists(file.path) then
      local ok, rows, is_changed = pcall(run_files.find, file, person, found.traces)
      if not ok then
        list[#list + 1] = { file = file, problem = error_value.is(rows) and rows.message or tostring(rows) }
      elseif rows > 0 then
        list[#list + 1] = { file = file, rows = rows, changed = is_changed }
      end
    end
  end
  return list
end

local function look(id, person)
  local holder = runs.holder(id)
  if holder then
    return { id = id, problem = ("goes on: %s has it. Forget again when it has ended."):format(holder) }
  end
  local ok, found = pcall(function()
    local journal <close> = run_journal.open { path = runs.path_of(id), note = "beadle runs forget" }
    local values, meta = forgetting.find(journal, person), journal:meta()
    values.state, values.files = reader.state_of(meta), meta.files or {}
    values.in_files = look_into_files(values, person)
    return values
  end)
  if not ok and error_value.is(found) and found.empty then
    return nil
  elseif not ok and error_value.is(found, "cancelled") then
    error(found, 0)
  elseif not ok then
    return { id = id, problem = ("cannot be read: %s Who must be forgotten may be in it: delete it as a whole."):format(
      error_value.is(found) and found.message .. "." or tostring(found)) }
  end
  found.id = id
  return found
end

-- A later run that was told the same folder has written its files over those of an earlier one.
local function drop_overwritten(hits)
  local seen = {}
  for _, found in ipairs(hits) do -- the newest first
    for index = #found.in_files, 1, -1 do
      local each = found.in_files[index]
      if seen[each.file.path] then
        table.remove(found.in_files, index)
      end
    end
    for _, file in ipairs(found.files) do
      seen[file.path] = true
    end
  end
end

local function survey(ids, person)
  local all, hits, problems = {}, {}, {}
  for _, id in ipairs(ids) do
    local found = look(id, person)
    if found and found.problem then
      problems[#problems + 1] = found
    elseif found then
      all[#all + 1] = found
    end
  end
  drop_overwritten(all)
  for _, found in ipairs(all) do
    hits[#hits + 1] = is_hit(found) and found or nil
  end
  return hits, problems
end

local function can_go_on(found)
  return found.state ~= "done" and found.state ~= "ended"
end

local function describe_file(each)
  if each.problem then
    return ("\n  in %s, which cannot be read: %s"):format(each.file.path, each.problem)
  end
  return ("\n  in %s: %s%s"):format(each.file.path, plural(each.rows, "row"), each.changed
    and "; NOT touched, for somebody changed it: take them out yourself" or "")
end

local function describe(found)
  local text = ("%s (%s): %s, %s"):format(found.id, found.state, plural(found.rows, "row"),
    plural(found.effects, "effect"))
  if found.open > 0 then
    text = text .. (", %d of them in doubt: find out first (`beadle resolve %s`), nobody can afterwards"):format(
      found.open, found.id)
  end
  for _, each in ipairs(found.in_files) do
    text = text .. describe_file(each)
  end
  return text
end

-- ---------------------------------------------------------------------------------------------------
-- Doing

local function write_again(journal, id, file)
  if file.kind == "report" then
    report.to_file(journal, id, file.path)
  else
    export.to_file(file.path, function(put)
      return export.write(journal, id, { format = file.format, what = file.what, put = put })
    end)
  end
end

-- What a program that was killed has left of a file that it was writing.
local function remove_leftovers(files)
  for _, file in ipairs(files) do
    for _, path in ipairs(run_files.leftovers(file)) do
      if fs.exists(path) and os.remove(path) then
        print(("  removed, it was half written: %s"):format(path))
      end
    end
  end
end

-- Before the journal, which says what the rows of these files are.
local function renew_end_files(journal, found, person)
  local all = true
  for _, each in ipairs(found.in_files) do
    local ok, rows = false, each.problem
    if not each.changed and not each.problem then
      ok, rows = pcall(run_files.without, each.file, person, found.traces)
    end
    all = all and ok
    print(ok and ("  %s: %s taken out"):format(each.file.path, plural(rows, "row"))
      or each.changed and ("  NOT touched, for somebody changed it: %s names the person in %s"):format(each.file.path,
        plural(each.rows, "row")) or ("  COULD NOT be written anew, delete it: %s: %s"):format(each.file.path,
        tostring(rows)))
  end
  journal:set_meta { files = found.files } -- with the fingerprints of what was written
  return all
end

local function renew_files(journal, id, files)
  local failed = false
  for _, file in ipairs(files) do
    if file.kind ~= "end" and fs.exists(file.path) then
      local ok, err = pcall(write_again, journal, id, file)
      failed = failed or not ok
      print(ok and ("  written anew: %s"):format(file.path)
        or ("  COULD NOT be written anew, delete it: %s: %s"):format(file.path, tostring(err)))
    end
  end
  return not failed
end

local function keep_status(id, journal)
  local meta, counts = journal:meta(), journal:counts()
  runs.show_status(id, meta, counts)
end

local function forget(found, person)
  local journal <close> = run_journal.open { path = runs.path_of(found.id), note = "beadle runs forget" }
  if can_go_on(found) then
    journal:set_meta { state = "ended" } -- first: it must not go on with half of it gone
  end
  print(("%s:"):format(found.id))
  remove_leftovers(found.files)
  local all = renew_end_files(journal, found, person)
  local done = forgetting.forget(journal, person)
  keep_status(found.id, journal)
  print(("  %s and %s taken out%s."):format(plural(done.rows, "row"), plural(done.effects, "effect"),
    can_go_on(found) and "; the run is ended" or ""))
  local renewed = renew_files(journal, found.id, found.files)
  if renewed then
    forgetting.finish(journal)
  end
  return all and renewed
end

local function ask(console, hits)
  if not console.interactive then
    options.fail("forgetting cannot be taken back", "Give --yes, or --dry-run to see what would be taken out.")
  end
  for _, found in ipairs(hits) do
    console.err(describe(found))
  end
  local answer = console.ask(("Take this out of %s for good? [y/N] "):format(plural(#hits, "run")))
  return answer and answer:lower():sub(1, 1) == "y"
end

local LEFT = "Not touched: files that you keep yourself, such as the rows, results that scripts wrote, traces and "
  .. "backups; and what the vendors have."

-- Those that may be done now; what is told of the others is true of no run that was changed.
local function choose(hits, values)
  local chosen, left = {}, {}
  for _, found in ipairs(hits) do
    table.insert((not can_go_on(found) or values["end"]) and chosen or left, found)
  end
  return chosen, left
end

local function tell_left(left, problems)
  for _, found in ipairs(left) do
    print(("NOT in %s\n  It is not done: resumed, it would do the row once more. Finish it, or give --end to end it."):
      format(describe(found)))
  end
  for _, found in ipairs(problems) do
    print(("NOT in %s: it %s"):format(found.id, found.problem))
  end
end

local function check_words(words)
  if #words == 0 then
    options.fail("forget needs a person", "Give what the person goes by in the rows, such as an address.")
  end
  for _, word in ipairs(words) do
    if (utf8.len(word) or #word) < SHORTEST and not word:find "^%d+$" then
      options.fail(("\"%s\" is too short: it may mean many"):format(word),
        "Give an address, a number, or a whole name.")
    end
  end
end

local function forget_all(chosen, person)
  local all = true
  for _, found in ipairs(chosen) do
    all = forget(found, person) and all
  end
  return all
end

local function run(...)
  local values, words = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  end
  check_words(words)
  local person = forgetting.person(words)
  local hits, problems = survey(values.run and { runs.find(values.run) } or runs.ids(), person)
  local chosen, left = choose(hits, values)
  if #hits == 0 and #problems == 0 then
    print(("Nobody in the runs goes by %s."):format(table.concat(words, ", ")))
    return 0
  elseif values.dry_run then
    for _, found in ipairs(chosen) do
      print("Would be taken out of " .. describe(found))
    end
    tell_left(left, problems)
    return 0
  elseif #chosen > 0 and not values.yes and not ask(usage.console(), chosen) then
    print "Nothing was taken out."
    return 1
  end
  local all = forget_all(chosen, person)
  tell_left(left, problems)
  if #chosen > 0 then
    print(LEFT)
  end
  return all and #left == 0 and #problems == 0 and 0 or 1
end

return { run = run, summary = "takes the personal data of one person out of all runs",
  usage = USAGE, spec = SPEC, takes = { "argument..." } }
