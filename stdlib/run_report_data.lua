-- SPDX-License-Identifier: MIT
-- What a report of a run says, counted in one walk over its rows and one over its effects; memory does not grow with
-- them. For stdlib/run_report.lua.

local effects = require "beadle.durable_effect"
local reader = require "beadle.run_reader"

local M = {}

local MAIN = ""
local BINS = 60
local MOST_ROWS = 100
local MOST_SLOW = 10
local MOST_ERRORS = 200 -- told apart; in a run whose every error is another one, the rest is one group
local EXAMPLES = 5
local STEP = math.log(1.05) -- a time in the histogram is right to 5 %

-- ---------------------------------------------------------------------------------------------------
-- Rows

local function is_settled(state)
  return state == "done" or state == "skipped"
end

local function row_entry(row)
  local err = reader.clean(row.error)
  return { name = reader.name(row.key), key = row.key, line = row.line, state = row.state, wake_at = row.wake_at,
    err = type(err) == "table" and err or { message = err and tostring(err) } }
end

local function add_error(groups, entry)
  local err = entry.err
  local name = ("%s\0%s\0%s"):format(err.kind or "", tostring(err.code or ""), tostring(err.meaning
    or err.code == nil and err.operation or ""))
  local group = groups[name] or #groups >= MOST_ERRORS and groups.others
  if not group and #groups == MOST_ERRORS then
    group = { kind = "others", meaning = "other errors", count = 0, rows = {} }
    groups.others = group
  elseif not group then
    group = { kind = err.kind or "script", code = err.code, meaning = err.meaning, message = err.message,
      hint = err.hint, budget = err.budget, operation = err.operation, count = 0, rows = {} }
    groups[name] = group
    groups[#groups + 1] = group
  end
  group.count = group.count + 1
  if #group.rows < EXAMPLES then
    group.rows[#group.rows + 1] = entry
  end
end

local function walk_rows(journal, data)
  for row in reader.each_row(journal) do
    local is_row = row.key ~= MAIN
    if is_row then
      data.rows[row.state] = (data.rows[row.state] or 0) + 1
      data.total = data.total + 1
    else
      data.main = row.state
    end
    if not is_settled(row.state) and (is_row or row.error and row.state ~= "running") then
      local entry = row_entry(row)
      local list = data.open[row.state] or {}
      data.open[row.state] = list
      list[#list + 1] = #list < MOST_ROWS and entry or nil
      if row.state == "failed" and not (not is_row and data.total > 0) then
        add_error(data.errors, entry)
      end
    end
  end
  table.sort(data.errors, function(a, b) return a.count > b.count end)
  data.errors[#data.errors + 1] = data.errors.others
end

-- ---------------------------------------------------------------------------------------------------
-- Effects

local CLASS = { done = "done", resolved = "done", failed = "failed", unknown = "open", intent = "open",
  forgotten = "open" }

local function add_time(operation, seconds)
  local bucket = math.floor(math.log(math.max(seconds, 0.0001)) / STEP)
  operation.histogram[bucket] = (operation.histogram[bucket] or 0) + 1
  operation.timed = operation.timed + 1
  operation.longest = math.max(operation.longest, seconds)
end

local function quantile(operation, part)
  local buckets, seen = {}, 0
  for bucket in pairs(operation.histogram) do
    buckets[#buckets + 1] = bucket
  end
  table.sort(buckets)
  for _, bucket in ipairs(buckets) do
    seen = seen + operation.histogram[bucket]
    if seen >= part * operation.timed then
      return math.min(math.exp((bucket + 1) * STEP), operation.longest)
    end
  end
end

local function add_slow(list, effect, seconds)
  if #list == MOST_SLOW and seconds <= list[#list].seconds then
    return
  end
  list[#list + 1] = { seconds = seconds, operation = effect.operation, row = reader.name(effect.row),
    sent_at = effect.sent_at, state = effect.state }
  table.sort(list, function(a, b) return a.seconds > b.seconds end)
  list[MOST_SLOW + 1] = nil
end

local function operation_of(data, name)
  local operation = data.operations[name]
  if not operation then
    operation = { name = name, count = 0, done = 0, failed = 0, open = 0, attempts = 0, timed = 0, longest = 0,
      histogram = {} }
    data.operations[name] = operation
    data.operations[#data.operations + 1] = operation
  end
  return operation
end

-- Whoever skipped a row has decided about all that is open in it.
local function is_decided(journal, effect)
  local row = journal:row(effect.row)
  return row ~= nil and row.state == "skipped"
end

local function add_doubt(journal, data, effect)
  if effect.state ~= "unknown" and effect.state ~= "intent" or #data.doubts >= MOST_ROWS
    or is_decided(journal, effect) then
    return
  end
  local err = reader.clean(effect.error)
  data.doubts[#data.doubts + 1] = { operation = effect.operation, about = reader.line(effects.about(effect)),
    row = reader.name(effect.row), sent_at = effect.sent_at, attempts = effect.attempts, probe = effect.probe,
    message = type(err) == "table" and err.message or nil, hint = type(err) == "table" and err.hint or nil }
end

local function add_effect(journal, data, effect)
  local class = CLASS[effect.state] or "open"
  local operation = operation_of(data, effect.operation)
  operation.count = operation.count + 1
  operation.attempts = operation.attempts + effect.attempts
  operation[class] = operation[class] + 1
  local bin = data.bins[math.min(BINS, 1 + math.floor((effect.sent_at - data.from) / data.width))]
  bin[class] = bin[class] + 1
  if effect.ended_at and class ~= "open" then
    local seconds = math.max(0, effect.ended_at - effect.sent_at)
    add_time(operation, seconds)
    add_slow(data.slowest, effect, seconds)
  end
  add_doubt(journal, data, effect)
end

local function walk_effects(journal, data)
  for effect in reader.each_effect(journal) do
    data.effects = data.effects + 1
    add_effect(journal, data, effect)
  end
  for _, operation in ipairs(data.operations) do
    operation.half = quantile(operation, 0.5)
    operation.most = quantile(operation, 0.95)
  end
  table.sort(data.operations, function(a, b) return a.name < b.name end)
end

-- ---------------------------------------------------------------------------------------------------
-- Times

local function span(journal, data)
  local found = journal.db:run("SELECT min(sent_at) first,max(sent_at) last_sent,max(ended_at) last FROM effect")[1]
  data.first, data.last = found.first, found.last and math.max(found.last, found.last_sent) or found.last_sent
  data.from = found.first or data.started or 0
  data.to = math.max(data.last or data.from, data.from)
  data.width = math.max((data.to - data.from) / BINS, 0.001)
  for index = 1, BINS do
    data.bins[index] = { done = 0, failed = 0, open = 0 }
  end
end

-- The longest time in which nothing was sent, and the time that is left without such bins.
local function find_pause(data)
  local longest, from, empty = 0, nil, 0
  for index, bin in ipairs(data.bins) do
    local busy = bin.done + bin.failed + bin.open > 0
    empty = busy and 0 or empty + 1
    data.busy = data.busy + (busy and data.width or 0)
    if empty > longest then
      longest, from = empty, index - empty + 1
    end
  end
  if longest >= BINS // 10 and longest * data.width >= 60 then
    data.pause = { from = data.from + (from - 1) * data.width, seconds = longest * data.width }
  end
end

-- gather(journal, id) -> data
function M.gather(journal, id)
  local meta = journal:meta()
  local data = { id = id, meta = meta, state = reader.state_of(meta), started = meta.started, ended = meta.ended,
    rows = {}, total = 0, open = {}, errors = {}, operations = {}, bins = {}, slowest = {}, doubts = {}, effects = 0,
    busy = 0, most_rows = MOST_ROWS }
  span(journal, data)
  walk_rows(journal, data)
  data.not_begun = math.max(0, (meta.total or 0) - data.total) -- the rows that were checked; only those begun are here
  data.total = data.total + data.not_begun
  walk_effects(journal, data)
  find_pause(data)
  return data
end

return M
