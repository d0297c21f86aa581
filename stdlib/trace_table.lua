-- SPDX-License-Identifier: MIT
-- A trace as tables on a terminal. For stdlib/trace.lua.

local phases = require "beadle.call_phases"
local pretty = require "beadle.pretty"

local M = {}

local MOST_ROWS = 100 -- of a longer run, the sums, what failed and what was slowest say more
local SLOWEST = 10

-- duration(seconds) -> "12.3 ms"
function M.duration(seconds)
  if seconds < 0.9995 then
    return ("%.1f ms"):format(seconds * 1000)
  elseif seconds < 120 then
    return ("%.2f s"):format(seconds)
  end
  return ("%d min %02d s"):format(seconds // 60, math.floor(seconds % 60))
end

-- size(bytes) -> "1.2 kB"
function M.size(bytes)
  if bytes < 1000 then
    return ("%d B"):format(bytes)
  elseif bytes < 1000000 then
    return ("%.1f kB"):format(bytes / 1000)
  end
  return ("%.1f MB"):format(bytes / 1000000)
end

-- answer(call) -> what came: "200", "no answer", "500 (server)".
function M.answer(call)
  local what = call.status and tostring(call.status) or call.tries == 0 and "not sent" or "no answer"
  return call.failed and ("%s (%s)"):format(what, tostring(call.kind)) or what
end

-- parts(call, most) -> the longest phases: "wait 12.0 ms, TLS 3.1 ms".
local function parts(call)
  local sums, order = {}, {}
  for _, phase in ipairs(phases.of(call)) do
    if not sums[phase.name] then
      order[#order + 1] = phase.name
    end
    sums[phase.name] = (sums[phase.name] or 0) + phase.seconds
  end
  table.sort(order, function(a, b) return sums[a] > sums[b] end)
  local texts = {}
  for index = 1, math.min(2, #order) do
    if sums[order[index]] >= 0.05 * call.total and sums[order[index]] > 0 then
      texts[#texts + 1] = ("%s %s"):format(order[index], M.duration(sums[order[index]]))
    end
  end
  return table.concat(texts, ", ")
end

local function call_rows(calls)
  local rows, labelled = {}, false
  for _, call in ipairs(calls) do
    labelled = labelled or call.label ~= nil
  end
  for _, call in ipairs(calls) do
    local row = { call.number, ("+%.3f"):format(call.at), call.operation, M.answer(call),
      call.tries, M.duration(call.total), parts(call) }
    if labelled then
      table.insert(row, 3, call.label or "")
    end
    rows[#rows + 1] = row
  end
  local headings = { "#", "start", "call", "answer", "sent", "time", "most of it" }
  if labelled then
    table.insert(headings, 3, "for")
  end
  return headings, rows
end

local function sum_rows(run)
  local rows = {}
  for _, sum in ipairs(run.sums) do
    rows[#rows + 1] = { sum.operation, sum.count, sum.failed, sum.tries, M.duration(sum.seconds),
      M.duration(sum.seconds / sum.count), M.duration(sum.slowest), M.size(sum.sent), M.size(sum.received) }
  end
  return { "call", "calls", "failed", "sent", "time", "mean", "slowest", "bytes out", "bytes in" }, rows
end

-- slowest(calls, count) -> list
function M.slowest(calls, count)
  local list = table.move(calls, 1, #calls, 1, {})
  table.sort(list, function(a, b)
    if a.total ~= b.total then
      return a.total > b.total
    end
    return a.number < b.number
  end)
  return table.move(list, 1, math.min(count, #list), 1, {})
end

local function failed(calls)
  local list = {}
  for _, call in ipairs(calls) do
    if call.failed and #list < MOST_ROWS then
      list[#list + 1] = call
    end
  end
  return list
end

-- totals(run) -> "12 calls in 1.2 s: 1 failed, 13 requests, ..."
function M.totals(run)
  local fails, tries, sent, received = 0, 0, 0, 0
  for _, sum in ipairs(run.sums) do
    fails, tries = fails + sum.failed, tries + sum.tries
    sent, received = sent + sum.sent, received + sum.received
  end
  return ("%d call%s in %s: %d failed, %d request%s, %s out, %s in"):format(run.count, run.count == 1 and "" or "s",
    M.duration(run.seconds), fails, tries, tries == 1 and "" or "s", M.size(sent), M.size(received))
end

-- text(run, columns) -> the tables.
function M.text(run, columns)
  local out = { "Trace: " .. M.totals(run) }
  local function add(title, headings, rows)
    if #rows > 0 then
      out[#out + 1] = (title and title .. "\n" or "") .. pretty.table(headings, rows, columns)
    end
  end
  if run.count <= MOST_ROWS then
    add(nil, call_rows(run.calls))
  else
    local bad = failed(run.calls)
    add(#bad < MOST_ROWS and "What failed:" or ("What failed, the first %d:"):format(MOST_ROWS), call_rows(bad))
  end
  if run.count > 1 then
    add("By call:", sum_rows(run))
  end
  if run.count > SLOWEST then
    add("The slowest:", call_rows(M.slowest(run.calls, SLOWEST)))
  end
  if run.left_out > 0 then
    out[#out + 1] = ("%d more calls are in the sums only."):format(run.left_out)
  end
  return table.concat(out, "\n\n")
end

return M
