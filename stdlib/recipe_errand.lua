-- SPDX-License-Identifier: MIT
-- `beadle run RECIPE --rows FILE` as a durable run (beadle.durable), which `--continue` and `beadle resume` go on with
-- after a stop. For stdlib/recipe_main.lua.
--
-- Unlike other durable runs it is known by its rows: there is one run over a file at a time, and one that has come to
-- its end is removed, with all that it knew, for an errand leaves nothing behind but its results. It stays while
-- something is in doubt, and while rows are left that no file tells of.
--
--   open(recipe, source, values, facts) -> errand to be closed, or nil where nothing is kept: in a dry run, in the
--       sandbox inside the program, whose vendors are gone with it, and within another durable run. Refuses unless it
--       was said what becomes of an unfinished run. facts: texts, context, console, is_main (whether the command line
--       is the recipe's)
--   errand.known                how many rows need nothing more
--   errand:entries() -> iterator of the source's entries, with what is known of them
--   errand:ended(entry) -> what an earlier start has left of a row with which nothing more is to be done, or nil
--   errand:kept(entry) -> what the row has kept for --failed
--   errand:finish(outcome, is_told) -> whether the run is kept; is_told: files say what is left, so that nothing needs
--                               to be known any more

local again = require "beadle.cli.again"
local digest = require "beadle.digest"
local earlier = require "beadle.batch_before"
local command_line = require "beadle.run_command"
local config = require "beadle.config"
local durable = require "beadle.durable"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local failure = require "beadle.recipe_failure"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local options = require "beadle.options"
local rows_of = require "beadle.batch_rows"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local summary = require "beadle.recipe_summary"
local time = require "beadle.time"

local M = {}

local Errand = {}
Errand.__index = Errand

local is_open = rows_of.chooser(nil)

-- ---------------------------------------------------------------------------------------------------
-- Which run it is

-- What is handed over by a pipe has no name that means the same again.
local function has_name(source, path)
  return not (source.reader.is_copy or path:find "^/dev/" or path:find "^/proc/")
end

-- Rows that a recipe finds itself are those of its parameters.
local function own_rows_name(recipe, texts)
  local shown = {}
  for name, text in pairs(texts) do
    shown[name] = not recipe.params[name].secret and text or nil
  end
  return effects.encode { recipe = recipe.name, params = shown }
end

local function name_of(recipe, source, values, texts)
  if recipe.spec.rows then
    return own_rows_name(recipe, texts)
  elseif has_name(source, values.rows) then
    return fs.absolute(values.rows), true
  end
  return source.reader:fingerprint()
end

local function id_of(name)
  local hash = digest.sha256(name):lower():gsub("[^%l%d]", "")
  return "rows-" .. hash:sub(1, 12)
end

-- ---------------------------------------------------------------------------------------------------
-- An unfinished run

local function fail_held(source, holder)
  options.fail(("another run has %s, and is still under way: %s"):format(source.name, holder or "it has just begun"),
    "Wait for its end. What is done twice is paid and mailed twice.")
end

-- What is known of the rows, as far as those of the source are still those of the run.
local function describe(self, journal)
  local reading = { known_rows = function(_, keys)
    local known = {}
    for _, row in ipairs(journal:rows_of(keys)) do
      known[row.key] = row
    end
    return known
  end }
  local records = {}
  for entry in rows_of.with_known(self.recipe, reading, self.source:entries()) do
    local known, state = entry.known, "not_run"
    if known and is_open(entry) then
      state = "kept"
    elseif known then
      state = known.state == "done" and "done" or "failed"
    end
    records[#records + 1] = { index = entry.index, line = entry.line, state = state,
      in_doubt = known and known.state == "in_doubt" }
  end
  self.source:rewind()
  return summary.left_out(records, {}, nil, self.recipe.row_name)
end

local function why_not(self, meta)
  if meta.state == "ended" then
    return "it was ended for good, for a person was forgotten, whose row would be done once more"
  elseif meta.recipe ~= self.recipe.name then
    return ("that run was one of %s"):format(tostring(meta.recipe))
  elseif meta.profile ~= config.profile() then
    return ("that run was one under the profile %s"):format(tostring(meta.profile))
  elseif meta.rows ~= self.print and self.recipe:knows_by_line(self.source) then
    return ("%s was changed since: its lines are no longer those of that run"):format(self.source.name)
  end
end

local function refuse(self, journal, meta)
  local forget = ("--forget begins anew, and does once more what was done. `beadle runs show %s` tells what was.")
    :format(self.id)
  local begun = ("an earlier run over %s, %s, begun %s, has not come to its end"):format(self.source.name, self.id,
    time.iso(meta.started))
  local wrong = why_not(self, meta)
  if wrong then
    options.fail(("%s, and cannot be continued: %s"):format(begun, wrong), forget)
  end
  self.console.err(describe(self, journal))
  options.fail(begun, ("--continue, or `beadle resume %s`, does the rows that were not begun, goes on with those that "
    .. "can be gone on with, and takes the others as they are. "):format(self.id) .. forget)
end

-- Whether a run that begins anew would do something twice, or leave in doubt what it is.
local function has_effects(counts)
  for _, number in pairs(counts.effects) do
    if number > 0 then
      return true
    end
  end
  return false
end

-- Whether the run that lies there is gone on with; when not, nothing lies there any more.
local function take_up(self, values)
  if not fs.exists(runs.path_of(self.id)) then
    return false
  elseif runs.holder(self.id) then
    fail_held(self.source, runs.holder(self.id))
  elseif values.forget then
    runs.remove(self.id)
    return false
  end
  local ok, journal = pcall(run_journal.open, { path = runs.path_of(self.id), note = "beadle run" })
  if not ok and journal.empty then
    runs.remove(self.id)
    return false
  elseif not ok then
    journal.hint = ("%s --forget begins anew."):format(journal.hint or "")
    error(journal, 0)
  end
  local _ <close> = journal
  local meta, counts = journal:meta(), journal:counts()
  if values.continue and meta.state ~= "done" and not why_not(self, meta) then
    return true
  elseif meta.state == "done" or not has_effects(counts) then
    journal:close()
    runs.remove(self.id)
    return false
  end
  return refuse(self, journal, meta)
end

-- ---------------------------------------------------------------------------------------------------
-- Opening

local function new_meta(self, facts, rows_file)
  local words, left_out
  if facts.is_main then
    words, left_out = command_line.keepable(command_line.secret_options(self.recipe), { ["--forget"] = true })
  end
  return { errand = true, recipe = self.recipe.name, script = arg and arg[0] or self.recipe.name,
    folder = again.folder(), profile = config.profile(), sandbox = false, seed = math.random(0), rows = self.print,
    rows_print = self.print, rows_file = rows_file, command = words, left_out = left_out, total = self.source.count }
end

local function begin(self, facts, values, goes_on, rows_file)
  local common = { id = self.id, console = self.console, accept_changes = values.accept_changes, note = "beadle run",
    quiet = true }
  if goes_on then
    self.run = durable.open(common)
    self.run:set_meta { state = "running" }
    return
  end
  common.meta = new_meta(self, facts, rows_file)
  self.run = durable.new(common)
  local ok, err = pcall(self.run.open_journal, self.run)
  if not ok then
    self.run:close()
    if runs.holder(self.id) or error_value.is(err, "io") and err.message:find "File exists" then
      fail_held(self.source, runs.holder(self.id))
    end
    pcall(runs.remove, self.id) -- half of it
    error(err, 0)
  end
end

local function count_known(self)
  local count = 0
  for entry in self:entries() do
    count = count + (entry.known and not is_open(entry) and 1 or 0)
  end
  self.source:rewind()
  return count
end

-- Within another durable run, the rows are rows of that.
local function refuse_within(run, values)
  if run.meta.errand then
    options.fail "this program runs another recipe over its rows: one at a time"
  elseif values.continue or values.forget then
    options.fail(("--%s is not for durable runs"):format(values.continue and "continue" or "forget"),
      "`beadle resume RUN` goes on with one; without it, one begins anew.")
  end
end

local function refuse_continue(source, why)
  options.fail(("there is no record of an unfinished run over %s%s"):format(source.name, why or ""),
    "Without --continue, all of its rows are done.")
end

-- A batch over the same rows that can be gone on with has done some of them.
local function refuse_beside_batch(self)
  local found = self.print and earlier.unfinished(self.recipe, self.source, { profile = config.profile(),
    rows_print = self.print })
  if found then
    options.fail(found.message, found.hint)
  end
end

-- keeps(context) -> whether anything outlives the program that a run could go on with.
function M.keeps(context)
  return not context.is_sandbox
end

function M.open(recipe, source, values, facts)
  local within = durable.active()
  if within then
    refuse_within(within, values)
    return nil
  elseif gate.dry_run then
    return nil
  elseif not M.keeps(facts.context) then
    if values.continue then
      refuse_continue(source, ": the sandbox inside the program begins anew with each run, and none of it is kept")
    end
    return nil
  end
  fs.make_folder(runs.folder())
  local name, is_file = name_of(recipe, source, values, facts.texts)
  local self = setmetatable({ recipe = recipe, source = source, id = id_of(name), console = facts.console, known = 0,
    print = not recipe.spec.rows and source.reader:fingerprint() or nil }, Errand)
  local goes_on = take_up(self, values)
  if values.continue and not goes_on then
    refuse_continue(source)
  end
  if not goes_on and not values.forget then
    refuse_beside_batch(self)
  end
  begin(self, facts, values, goes_on, is_file and name or nil)
  math.randomseed(self.run.meta.seed)
  self.known = goes_on and count_known(self) or 0
  return self
end

-- ---------------------------------------------------------------------------------------------------
-- Rows

function Errand:entries()
  if not self.run.resumed then
    return self.source:entries()
  end
  return rows_of.with_known(self.recipe, self.run, self.source:entries())
end

local function error_of(known)
  if known.state == "skipped" then
    return error_value.new { kind = "cancelled", outcome = "none", message = "skipped: somebody decided so" }
  end
  return effects.error(known.error or "{}")
end

function Errand:kept(entry)
  for _, wait in ipairs(entry.known and self.run.journal:waits(entry.known.key) or {}) do
    if wait.kind == "kept" then
      return effects.decode(wait.value)
    end
  end
end

function Errand:ended(entry)
  local known = entry.known
  if not known or is_open(entry) then
    return nil
  elseif known.state == "done" then
    local result = effects.decode(known.result) or {}
    return { state = "done", result = result, pending = self.recipe:is_pending(result) }
  end
  local before, calls = {}, {}
  for _, effect in ipairs(self.run.journal:effects(known.key)) do
    if effect.state == "done" or effect.state == "resolved" then
      before[#before + 1] = ("%s %s"):format(effect.operation, effects.about(effect))
      calls[#calls + 1] = effect.operation
    end
  end
  local err = error_of(known)
  return { state = "failed", error = err, before = before, kept = self:kept(entry),
    in_doubt = known.state == "in_doubt" or failure.in_doubt(err, calls) }
end

-- ---------------------------------------------------------------------------------------------------
-- Ending

-- Whether nobody knows what became of something that was sent.
local function has_open_effects(run)
  return (run.effects.intent or 0) + (run.effects.unknown or 0) > 0
end

local function remove(self)
  self.run:finish "done" -- whoever has it before it is gone sees that
  pcall(runs.remove, self.id)
end

local function tell_kept(self, is_open_yet)
  if is_open_yet then
    self.console.err(("Run %s keeps what was done. `beadle resolve %s` shows what is in doubt and asks; then "
      .. "--continue, or `beadle resume %s`, does what is left."):format(self.id, self.id, self.id))
    return
  end
  self.console.err(("Run %s keeps what was done: --continue, or `beadle resume %s`, does what is left."):format(self.id,
    self.id))
end

function Errand:finish(outcome, is_told)
  local is_open_yet = has_open_effects(self.run)
  self.finished = true
  local is_left = is_open_yet or self.run.has_refused
  if not is_left and (is_told or not has_effects(self.run)) then
    remove(self)
    return false
  end
  tell_kept(self, is_open_yet)
  self.run:finish(error_value.is(outcome.reason, "cancelled") and "stopped" or "failed")
  return true
end

-- Where it did not come so far, nothing was begun, or something of our own broke.
function Errand:close()
  if self.finished then
    return
  elseif not self.run.resumed and not has_effects(self.run) then
    remove(self)
    return
  end
  self.run:finish "stopped"
end

Errand.__close = Errand.close

return M
