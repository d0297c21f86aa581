-- SPDX-License-Identifier: MIT
-- What the run of a file comes to, for people: which rows failed and why, what to do about them, which were
-- done. For stdlib/recipe.lua.

local pretty = require "beadle.pretty"
local progress = require "beadle.progress"

local M = {}

local MOST_FAILURES, MOST_REASONS, MOST_RANGES = 50, 10, 10

-- meaning(err) -> what failed, in words.
function M.meaning(err)
  local text = err.meaning or err.message
  return err.operation and ("%s: %s"):format(err.operation, text) or text
end

-- ---------------------------------------------------------------------------------------------------
-- Lines of the file, as "2-41, 44 and 50"

local Lines = {}
Lines.__index = Lines

function M.lines(row_name)
  return setmetatable({ count = 0, ranges = {}, row_name = row_name or "line" }, Lines)
end

-- Lines of rows that follow each other are one range, whatever lies between them. What else names rows is none.
function Lines:add(index, line)
  local last = self.ranges[#self.ranges]
  self.count = self.count + 1
  if last and last.index + 1 == index and self.row_name == "line" then
    last.index, last.to, last.count = index, line, last.count + 1
  else -- those that are not told are only counted
    self.ranges[math.min(#self.ranges, MOST_RANGES) + 1] = { index = index, from = line, to = line, count = 1 }
  end
end

function Lines:text()
  local parts, told = {}, 0
  for position = 1, math.min(MOST_RANGES, #self.ranges) do
    local range = self.ranges[position]
    parts[position] = range.from == range.to and tostring(range.from) or ("%d-%d"):format(range.from, range.to)
    told = told + range.count
  end
  local name = self.row_name == "line" and self.count > 1 and "lines" or self.row_name
  local text = name .. " " .. table.concat(parts, ", ")
  return told < self.count and ("%s and %d more"):format(text, self.count - told) or text
end

-- ---------------------------------------------------------------------------------------------------
-- Failures

-- What became of the row, as far as one knows.
local function effect(record)
  local parts = table.move(record.before or {}, 1, #(record.before or {}), 1, {})
  if record.in_doubt then
    parts[#parts + 1] = "IN DOUBT: find out before it is done again"
  elseif record.error.outcome == "unknown" then
    parts[#parts + 1] = "not known, may safely be repeated"
  elseif record.error.outcome == "done" then
    parts[#parts + 1] = "the call was carried out all the same"
  end
  return #parts > 0 and table.concat(parts, "; ") or "nothing"
end

-- Groups the records by a text that key(record) gives: a list of {key, lines}, in the order of appearance.
local function group(records, key, row_name)
  local groups, by_key = {}, {}
  for _, record in ipairs(records) do
    local text = key(record)
    if text and not by_key[text] then
      by_key[text] = { key = text, lines = M.lines(row_name) }
      groups[#groups + 1] = by_key[text]
    end
    if text then
      by_key[text].lines:add(record.index, record.line)
    end
  end
  return groups
end

local function wrap(text, columns, indent)
  return columns and pretty.wrap(text, columns, indent) or text
end

-- "lines 2-5: KEY", one group a line.
local function add_groups(out, groups, columns)
  for position, each in ipairs(groups) do
    if position > MOST_REASONS then
      out[#out + 1] = ("  and %d more"):format(#groups - MOST_REASONS)
      return
    end
    out[#out + 1] = "  " .. wrap(("%s: %s"):format(each.lines:text(), each.key), columns and columns - 2, "    ")
  end
end

local function reason(record)
  return ("%s%s, %s"):format(record.error.kind, record.error.code and " " .. record.error.code or "",
    M.meaning(record.error))
end

local function hint(record)
  if record.in_doubt and record.error.operation then
    return ("beadle help %s says under \"If lost\" how to find out whether it happened."):format(record.error.operation)
  end
  return record.error.hint
end

-- failures(records [, columns [, row_name]]) -> text, or nil: a table of the rows that failed, and what to do about
-- them.
-- `columns` is the terminal's width. Of very many failures, most are told by their reasons only.
function M.failures(records, columns, row_name)
  local rows, failed, others = {}, {}, {}
  for _, record in ipairs(records) do
    if record.state == "failed" then
      local err = record.error
      failed[#failed + 1] = record
      if #failed <= MOST_FAILURES then
        rows[#rows + 1] = { record.line, err.kind, err.code, M.meaning(err), effect(record) }
      else
        others[#others + 1] = record
      end
    end
  end
  if #failed == 0 then
    return nil
  end
  local out = { pretty.table({ row_name or "line", "error", "code", "meaning", "already done" }, rows, columns) }
  if #others > 0 then
    out[#out + 1] = ("and %d more that failed:"):format(#others)
    add_groups(out, group(others, reason, row_name), columns)
  end
  local hints = group(failed, hint, row_name)
  if #hints > 0 then
    out[#out + 1] = "What to do:"
    add_groups(out, hints, columns)
  end
  return table.concat(out, "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- The end

local STATES = { { "done", "Done" }, { "failed", "Failed" }, { "in doubt", "In doubt" },
  { "kept", "Can be gone on with" }, { "not_run", "Not begun" } }

-- left_out(records, rest, columns [, row_name]) -> text: which rows were done, failed, are in doubt and were not
-- begun. `rest` lists the rows that were never read.
function M.left_out(records, rest, columns, row_name)
  local lines = {}
  for _, state in ipairs(STATES) do
    lines[state[1]] = M.lines(row_name)
  end
  for _, record in ipairs(records) do
    lines[record.in_doubt and "in doubt" or record.state]:add(record.index, record.line)
  end
  for _, entry in ipairs(rest) do
    lines.not_run:add(entry.index, entry.line)
  end
  local out = {}
  for _, state in ipairs(STATES) do
    local these = lines[state[1]]
    if these.count > 0 then
      out[#out + 1] = wrap(("%s: %s."):format(state[2], these:text()), columns, "  ")
    end
  end
  return table.concat(out, "\n")
end

-- advice(done, columns) -> text, where nothing keeps the rows that were left out.
function M.advice(done, columns)
  return wrap("Run again only what was not done: --failed FILE keeps these rows, ready to be run again."
    .. (done > 0 and " The same file would do the others once more." or ""), columns)
end

-- stopped(times, err, not_begun, failed, columns) -> text: why a run was stopped before its end, and what to do.
-- `failed` is the file of the rows that are left, or nil.
function M.stopped(times, err, not_begun, failed, columns)
  local lines = { ("Stopped: %d rows in a row failed with the same error, %s. %d row%s not begun."):format(times,
    reason { error = err }, not_begun, not_begun == 1 and " was" or "s were") }
  lines[2] = ("%sThen run what is left%s. --stop-after 0 goes on whatever fails."):format(
    err.hint and err.hint .. " " or "Do away with its cause. ", failed and ": --rows " .. failed or "")
  for index, line in ipairs(lines) do
    lines[index] = wrap(line, columns, "  ")
  end
  return table.concat(lines, "\n")
end

-- counts_text(counts, seconds) -> "198 done, 2 failed, in 3 s"
function M.counts_text(counts, seconds)
  local done = ("%d done"):format(counts.done)
  if (counts.pending or 0) > 0 then
    done = ("%s (%d of them not finished)"):format(done, counts.pending)
  end
  local parts = { done, ("%d failed"):format(counts.failed) }
  if counts.not_begun > 0 then
    parts[#parts + 1] = ("%d not begun"):format(counts.not_begun)
  end
  parts[#parts + 1] = "in " .. progress.duration_text(seconds)
  return table.concat(parts, ", ")
end

return M
