-- SPDX-License-Identifier: MIT
-- What is known about the rows of a run while it runs, in a file beside theirs: FILE.beadle-run. It outlives a kill
-- and a loss of power, so that the next run over the same rows does nothing twice. For stdlib/recipe.lua.
--
-- One JSON object a line, on the disk before the program goes on. The first says which run it is; then
--   {"line": 5, "call": "isograd.add_test", "before": [...]}   about to be sent: the row is begun
--   {"line": 5, "kept": {...}, "before": [...]}                all that it called is done: it can be gone on with
--   {"line": 5, "state": "done", "result": {...}}              or "failed", with its error
-- A row that was begun and has no end is in doubt, unless the last that is known of it is what it kept.

local error_value = require "beadle.error"
local json = require "beadle.json"
local native = require "beadle.journal"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local report = require "beadle.recipe_report"
local summary = require "beadle.recipe_summary"
local time = require "beadle.time"

local M = {}

local SUFFIX = ".beadle-run"
local VERSION = 1

local Journal = {}
Journal.__index = Journal

-- ---------------------------------------------------------------------------------------------------
-- Writing

local function append(self, object)
  if self.header then
    self.file:append(json.encode(self.header))
    self.header = nil
  end
  self.file:append(json.encode(object))
end

-- call(record, operation): a request of the row is about to be sent.
function Journal:call(record, operation)
  append(self, { line = record.line, call = operation, before = json.array(record.before) })
end

-- kept(record): what the row needs to go on from here, as data that has a JSON form.
function Journal:kept(record)
  append(self, { line = record.line, kept = record.kept, before = json.array(record.before) })
end

-- ended(record). One that was stopped before it had called anything is as if it had not begun.
function Journal:ended(record)
  if error_value.is(record.error, "cancelled") and #record.calls == 0 then
    return
  end
  append(self, { line = record.line, state = record.state, pending = record.pending or nil,
    result = record.result and pretty.printable(record.result) or nil,
    error = record.error and pretty.printable(report.error_object(record)) or nil })
end

-- remove(): all that it keeps is kept elsewhere.
function Journal:remove()
  self.file:remove()
  self.header = nil
end

-- One in which nothing was written says nothing.
function Journal:close()
  if self.header and self.is_new then
    self.file:remove()
  end
  self.file:close()
end

Journal.__close = Journal.close

-- ---------------------------------------------------------------------------------------------------
-- Reading

local function decode(path, line)
  local ok, value = pcall(json.decode, line)
  if not ok or type(value) ~= "table" then
    options.fail(("the record of an earlier run, %s, cannot be read"):format(path),
      "Find out what was done, then begin anew with --forget.")
  end
  return value
end

local function doubtful(operation)
  return error_value.new { kind = "cancelled", outcome = "unknown", operation = operation,
    message = "an earlier run ended in the middle of this row" }
end

local function take_call(earlier, object)
  earlier[object.line] = { state = "failed", in_doubt = true, before = object.before, error = doubtful(object.call) }
end

local function take_kept(earlier, object)
  earlier[object.line] = { state = "not_run", kept = object.kept, before = object.before }
end

local function take_end(earlier, object)
  local kept = object.error
  earlier[object.line] = { state = object.state, result = object.result, pending = object.pending or false,
    in_doubt = kept and kept.in_doubt, before = kept and kept.done_before or {},
    error = kept and error_value.new { kind = kept.kind, code = kept.code, message = kept.message or "",
      meaning = kept.meaning, hint = kept.hint, operation = kept.operation, status = kept.status,
      outcome = kept.outcome } or nil }
end

-- What the lines say: the run's header, or nil, and rows by their line.
local function read(file, path)
  local header, earlier = nil, {}
  for line in file:read():gmatch "[^\n]+" do
    local object = decode(path, line)
    if not header then
      header = object
    elseif object.call then
      take_call(earlier, object)
    elseif object.kept then
      take_kept(earlier, object)
    else
      take_end(earlier, object)
    end
  end
  return header, earlier
end

-- ---------------------------------------------------------------------------------------------------
-- An unfinished run

-- Which rows are which, as far as the rows of the file are still those of the run.
local function describe(source, earlier)
  local records = {}
  for entry in source:entries() do
    local record = { index = entry.index, line = entry.line, state = "not_run" }
    for name, value in pairs(earlier[entry.line] or {}) do
      record[name] = value
    end
    record.state = record.kept and "kept" or record.state
    records[#records + 1] = record
  end
  source:rewind()
  return summary.left_out(records, {})
end

local function why_not(source, header, mine)
  if header.recipe ~= mine.recipe then
    return ("that run was one of %s"):format(tostring(header.recipe))
  elseif header.profile ~= mine.profile then
    return ("that run was one under the profile %s"):format(tostring(header.profile))
  elseif header.fingerprint ~= mine.fingerprint then
    return ("%s was changed since: its lines are no longer those of that run"):format(source.name)
  end
end

local function refuse(source, path, header, earlier, mine, say)
  local wrong = why_not(source, header, mine)
  local forget = ("--forget begins anew, and does once more what was done. What is known is in %s."):format(path)
  local begun = ("an earlier run over %s, begun %s, has not come to its end"):format(source.name,
    tostring(header.started))
  if wrong then
    options.fail(("%s, and cannot be continued: %s"):format(begun, wrong), forget)
  end
  say(describe(source, earlier))
  options.fail(begun, "--continue does the rows that were not begun or can be gone on with, and takes the others as "
    .. "they are. " .. forget)
end

-- ---------------------------------------------------------------------------------------------------
-- Opening

local function try_open(path)
  local ok, file = pcall(native.open, path)
  if ok and not file then
    options.fail(("another run has %s, and is still under way"):format(path),
      "Wait for its end. What is done twice is paid and mailed twice.")
  end
  return ok and file or nil, file
end

-- Where it may be: beside the rows, else beside what is written.
local function places(source, values)
  local list = {}
  if not (source.reader.is_copy or values.rows:find "^/dev/" or values.rows:find "^/proc/") then
    list[1] = values.rows .. SUFFIX
  end
  for _, path in ipairs { (values.output or {})[1] or false, values.failed or false } do
    list[#list + 1] = path and path .. SUFFIX or nil
  end
  return list
end

local function open_file(source, values)
  local why
  for _, path in ipairs(places(source, values)) do
    local file, wrong = try_open(path)
    if file then
      return file, path
    end
    why = why or wrong
  end
  if why then
    options.fail(("no record of the run can be kept: %s"):format(why.message),
      "Give --output a name in a folder that can be written.")
  end
end

-- What becomes of an unfinished run, as it was said; refuses when nothing was said.
local function take_up(self, source, values, say)
  local header, earlier = read(self.file, self.path)
  self.is_new = not header or values.forget or false
  if not header and values.continue then
    options.fail(("there is no record of an unfinished run over %s"):format(source.name),
      "Without --continue, all of its rows are done.")
  elseif not header then
    return
  elseif values.forget then
    self.file:clear()
  elseif not values.continue or why_not(source, header, self.header) then
    refuse(source, self.path, header, earlier, self.header, say)
  else
    self.header, self.earlier = nil, earlier
  end
end

-- open(recipe, source, values, context, say) -> journal with `earlier`, what an unfinished run has left, by line, and
-- `known`, how many rows need nothing more; nil where there is no place for a journal. Refuses unless it was said what
-- becomes of an unfinished run.
function M.open(recipe, source, values, context, say)
  local file, path = open_file(source, values)
  if not file then
    return nil
  end
  local self = setmetatable({ file = file, path = path, earlier = {}, known = 0,
    header = { beadle_run = VERSION, recipe = recipe.name, profile = context.profile,
      fingerprint = source.reader:fingerprint(), started = time.iso(time.now()) } }, Journal)
  local ok, err = pcall(take_up, self, source, values, say)
  if not ok then
    self:close()
    error(err, 0)
  end
  for _, earlier in pairs(self.earlier) do
    self.known = self.known + (earlier.state == "not_run" and 0 or 1)
  end
  return self
end

return M
