-- SPDX-License-Identifier: MIT
-- What a batch leaves behind: done.csv, failed.csv and in-doubt.csv, in the order of the rows' file, and the sentences
-- that say why rows failed. All from the journal, row by row. For stdlib/batch.lua.

local catalogue = require "beadle.catalogue"
local csv = require "beadle.csv"
local effects = require "beadle.durable_effect"
local files_of = require "beadle.run_files"
local fs = require "beadle.fs"
local input = require "beadle.recipe_input"
local params_of = require "beadle.recipe_params"
local pretty = require "beadle.pretty"
local rows_of = require "beadle.batch_rows"
local summary = require "beadle.recipe_summary"
local time = require "beadle.time"

local M = {}

local FLUSH = 500
local MOST_REASONS = 100

local FAILED = { "error.line", "error.kind", "error.code", "error.message", "error.meaning", "error.hint",
  "error.outcome", "error.done_before", "error.run" }
local DOUBT = { "error.line", "error.sent", "error.sent_at", "error.message", "error.find_out", "error.done_before",
  "error.run", input.IN_DOUBT }

-- ---------------------------------------------------------------------------------------------------
-- A file that is written as rows come

local File = {}
File.__index = File

local function open_file(path, columns, reader)
  local writer = csv.writer(columns, { delimiter = reader.delimiter, bom = reader.bom,
    line_ending = reader.line_ending == "\n" and "\n" or "\r\n" })
  os.remove(path .. ".new")
  fs.write(path .. ".new", "") -- for its owner only
  local file = assert(io.open(path .. ".new", "ab"))
  return setmetatable({ path = path, writer = writer, file = file, rows = 0 }, File)
end

local function flush(self)
  assert(self.file:write(self.writer:take()))
end

function File:add(values)
  self.writer:add(values)
  self.rows = self.rows + 1
  if self.rows % FLUSH == 0 then
    flush(self)
  end
end

-- A file that is there is a whole one, also after a loss of power: the run is only done afterwards.
function File:finish()
  flush(self)
  assert(self.file:close())
  fs.replace(self.path .. ".new", self.path)
end

-- ---------------------------------------------------------------------------------------------------
-- Columns

local function own_columns(reader)
  local columns, has = {}, {}
  for _, name in ipairs(reader.columns) do
    if not name:find(input.ERROR_COLUMN) then
      columns[#columns + 1], has[name] = name, true
    end
  end
  return columns, has
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

local function cells_of(columns, entry)
  local values = {}
  for _, name in ipairs(columns) do
    values[name] = entry.cells[name]
  end
  return values
end

-- ---------------------------------------------------------------------------------------------------
-- Rows

local function meaning_of(operation, err)
  if err.meaning or not err.code or not operation then
    return err.meaning
  end
  local vendor = operation:match "^[^.]+"
  local known = beadle.try(catalogue.describe, vendor)
  for _, each in ipairs(known and known.errors or {}) do
    if each.code == err.code then
      return each.meaning or each.doc
    end
  end
end

local function is_open(effect)
  return effect.state == "intent" or effect.state == "unknown"
end

-- What a row has sent, for one who would do it in another run.
local function done_text(effect)
  if effect.state == "done" or effect.state == "resolved" then
    return ("%s %s"):format(effect.operation, effects.about(effect))
  end
  return is_open(effect) and ("%s %s (perhaps)"):format(effect.operation, effects.about(effect)) or nil
end

local function add_failed(self, entry, known)
  local err, done, kept = rows_of.error_of(known), {}, {}
  if known then
    for _, effect in ipairs(self.run.journal:effects(known.key)) do
      done[#done + 1] = done_text(effect)
    end
    for _, wait in ipairs(self.run.journal:waits(known.key)) do
      kept = wait.kind == "kept" and effects.decode(wait.value) or kept
    end
  end
  local values = cells_of(self.columns, entry)
  for _, name in ipairs(self.kept) do
    values[name] = type(kept) == "table" and kept[name] or values[name]
  end
  local pending = known and known.state == "failed" and not known.error
  values["error.line"] = entry.line
  values["error.kind"] = err.kind or pending and "pending" or "not_run"
  values["error.code"] = err.code
  values["error.message"] = err.operation and ("%s: %s"):format(err.operation, err.message or "") or err.message
    or pending and "not finished" or known and "not ended" or "not begun"
  values["error.meaning"] = meaning_of(err.operation, err)
  values["error.hint"] = err.hint
  values["error.outcome"] = err.outcome
  values["error.done_before"] = table.concat(done, "; ")
  values["error.run"] = self.run.id
  self.failed:add(values)
  return err, pending
end

local function add_doubt(self, entry, known)
  local err, done, sent, at = rows_of.error_of(known), {}, {}, nil
  for _, effect in ipairs(self.run.journal:effects(known.key)) do
    local text = ("%s %s"):format(effect.operation, effects.about(effect))
    if is_open(effect) then
      sent[#sent + 1] = ("%s with %s"):format(text, effect.params or "what was forgotten")
      at = at or effect.sent_at
    else
      done[#done + 1] = done_text(effect)
    end
  end
  local values = cells_of(self.columns, entry)
  values["error.line"] = entry.line
  values["error.sent"] = table.concat(sent, "; ")
  values["error.sent_at"] = at and time.iso(at)
  values["error.message"] = err.message
  values["error.find_out"] = err.hint
  values["error.done_before"] = table.concat(done, "; ")
  values["error.run"] = self.run.id
  values[input.IN_DOUBT] = "yes"
  self.doubt:add(values)
end

local function add_done(self, known)
  local result, values = effects.decode(known.result) or {}, {}
  for _, name in ipairs(self.recipe.columns) do
    values[name] = result[name]
  end
  self.done:add(values)
end

-- Why rows failed, with how many of which lines. Of very many reasons, only the first are told apart.
local function note_reason(self, entry, err, pending)
  local key = pending and "not finished" or err.kind and ("%s%s: %s"):format(err.kind,
    err.code and " " .. err.code or "", summary.meaning(err))
  if not key then
    return
  end
  if not self.reasons[key] then
    if #self.reasons == MOST_REASONS then
      key = "other"
    end
    if not self.reasons[key] then
      self.reasons[key] = { key = key, lines = summary.lines(), hint = err.hint, kind = pending and "pending"
        or key ~= "other" and err.kind or nil, code = key ~= "other" and err.code or nil }
      table.insert(self.reasons, self.reasons[key])
    end
  end
  self.reasons[key].lines:add(entry.index, entry.line)
end

local function add(self, entry)
  local known, counts = entry.known, self.counts
  local state = known and known.state
  counts.total = counts.total + 1
  if state == "done" then
    counts.done = counts.done + 1
    add_done(self, known)
  elseif state == "in_doubt" then
    counts.in_doubt = counts.in_doubt + 1
    add_doubt(self, entry, known)
  elseif state == "skipped" then
    counts.skipped = counts.skipped + 1
  else
    local err, pending = add_failed(self, entry, known)
    note_reason(self, entry, err, pending)
    local what = state == "failed" and (pending and "pending" or "failed") or "left"
    counts[what] = counts[what] + 1
  end
end

-- Parameters that rows have kept and that are no columns of the file.
local function kept_columns(recipe, run, has)
  local list = {}
  for _, name in ipairs(params_of.names(recipe.params)) do
    list[#list + 1] = not has[name] and (run.meta.kept or {})[name] and name or nil
  end
  return list
end

-- Sentences say of failed.csv what its rows are: most people look for those that failed.
local function rows_text(kind, rows, counts)
  local text = ("%d row%s"):format(rows, rows == 1 and "" or "s")
  if kind == "failed" and counts.left + counts.pending > 0 then
    text = ("%s: %d failed, %d not begun or not finished"):format(text, counts.failed, counts.left + counts.pending)
  end
  return text
end

-- paths(folder) -> list of { path } of the files that write makes there.
function M.paths(folder)
  return { { path = folder .. "/done.csv" }, { path = folder .. "/failed.csv" }, { path = folder .. "/in-doubt.csv" } }
end

-- write(recipe, run, entries, reader, folder) -> { counts, reasons, files }. The entries are all of the file's, with
-- what is known. counts: total, done, failed, in_doubt, pending, skipped, left. files: list of { kind, path, rows,
-- text, print, delimiter }, print as beadle.run_files has it.
function M.write(recipe, run, entries, reader, folder)
  fs.make_folder(folder)
  local columns, has = own_columns(reader)
  local kept = kept_columns(recipe, run, has)
  local self = { recipe = recipe, run = run, columns = columns, kept = kept, reasons = {},
    counts = { total = 0, done = 0, failed = 0, in_doubt = 0, pending = 0, skipped = 0, left = 0 },
    done = open_file(folder .. "/done.csv", recipe.columns, reader),
    failed = open_file(folder .. "/failed.csv", join(columns, kept, FAILED), reader),
    doubt = open_file(folder .. "/in-doubt.csv", join(columns, DOUBT), reader) }
  for entry in entries do
    add(self, entry)
  end
  local files = {}
  for index, kind in ipairs { "done", "failed", "doubt" } do
    local file = self[kind]
    file:finish()
    files[index] = { kind = kind, path = file.path, rows = file.rows, delimiter = reader.delimiter,
      print = files_of.print_of(file.path),
      text = ("%s: %s."):format(file.path, rows_text(kind, file.rows, self.counts)) }
  end
  return { counts = self.counts, reasons = self.reasons, files = files }
end

-- reasons_text(reasons, columns) -> text or nil: why rows failed, the most frequent first.
function M.reasons_text(reasons, columns)
  if #reasons == 0 then
    return nil
  end
  table.sort(reasons, function(a, b) return a.lines.count > b.lines.count end)
  local lines = { "Why rows were not done:" }
  for index = 1, math.min(10, #reasons) do
    local each = reasons[index]
    local text = ("%d (%s): %s"):format(each.lines.count, each.lines:text(), each.key)
    lines[#lines + 1] = "  " .. (columns and pretty.wrap(text, columns - 4, "    ") or text)
    lines[#lines + 1] = each.hint and "    " .. (columns and pretty.wrap(each.hint, columns - 4, "    ") or each.hint)
  end
  if #reasons > 10 then
    lines[#lines + 1] = ("  and %d more reasons"):format(#reasons - 10)
  end
  return table.concat(lines, "\n")
end

return M
