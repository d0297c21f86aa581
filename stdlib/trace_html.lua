-- SPDX-License-Identifier: MIT
-- A trace as one page: sums, and a waterfall of all calls. It needs no network and no script; calls stand in groups,
-- each with a scale of its own, of which the browser lays out those that are looked at. For stdlib/trace.lua.

local phases = require "beadle.call_phases"
local style = require "beadle.trace_style"
local tables = require "beadle.trace_table"
local time = require "beadle.time"

local M = {}

local GROUP = 100   -- calls that share a scale
local WIDTH = 1000  -- units of a bar's drawing
local BINS = 200    -- of the overview
local SLOWEST = 10

local CLASSES = { queue = "q", pause = "q", resolve = "r", connect = "k", TLS = "l", send = "s", wait = "w",
  ["send and wait"] = "w", exchange = "w", receive = "v", decode = "d" }
local LEGEND = { { "q", "queue, pause" }, { "r", "resolve" }, { "k", "connect" }, { "l", "TLS" }, { "s", "send" },
  { "w", "wait" }, { "v", "receive" }, { "d", "decode" } }

local function escape(text)
  return (tostring(text):gsub("[%z\1-\8\11-\31\127]", " "):gsub("[&<>\"']", {
    ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }))
end

local function number(value)
  return (("%.2f"):format(value):gsub("%.?0+$", ""))
end

-- ---------------------------------------------------------------------------------------------------
-- Bars

local function rect(class, x, width, title)
  return ('<rect class="%s" x="%s" y="2" width="%s" height="12"><title>%s</title></rect>'):format(class, number(x),
    number(math.max(width, 1.5)), escape(title))
end

-- The bar of a call on a scale from `from`, `span` seconds long.
local function bar(call, from, span)
  local out, at = {}, call.at - from
  for _, phase in ipairs(phases.of(call)) do
    if phase.seconds > 0 then
      out[#out + 1] = rect(CLASSES[phase.name] or "w", at / span * WIDTH, phase.seconds / span * WIDTH,
        ("%s %s"):format(phase.name, tables.duration(phase.seconds)))
    end
    at = at + phase.seconds
  end
  if #out == 0 then
    out[1] = rect("q", (call.at - from) / span * WIDTH, 1.5, "not sent")
  end
  return ('<svg viewBox="0 0 %d 16" preserveAspectRatio="none" role="img" aria-label="%s">%s</svg>'):format(WIDTH,
    escape(("begins at %.3f s, takes %s"):format(call.at, tables.duration(call.total))), table.concat(out))
end

-- The most calls that were under way at the same time.
local function peak(calls)
  local changes, now, most = {}, 0, 0
  for _, call in ipairs(calls) do
    changes[#changes + 1] = { at = call.at, by = 1 }
    changes[#changes + 1] = { at = call.at + call.total, by = -1 }
  end
  table.sort(changes, function(a, b)
    if a.at ~= b.at then
      return a.at < b.at
    end
    return a.by < b.by
  end)
  for _, change in ipairs(changes) do
    now = now + change.by
    most = math.max(most, now)
  end
  return math.max(most, 1)
end

-- How many calls were under way, over the whole run.
local function overview(run)
  local span = math.max(run.seconds, 1e-6)
  local busy, bad, most = {}, {}, 1
  for bin = 1, BINS do
    busy[bin], bad[bin] = 0, 0
  end
  local function bin_of(seconds)
    return math.max(1, math.min(BINS, math.floor(seconds / span * BINS) + 1))
  end
  for _, call in ipairs(run.calls) do
    local last = bin_of(call.at + call.total)
    for bin = bin_of(call.at), last do
      busy[bin] = busy[bin] + 1
      most = math.max(most, busy[bin])
    end
    bad[last] = bad[last] + (call.failed and 1 or 0)
  end
  local out, step = {}, WIDTH / BINS
  for bin = 1, BINS do
    local height = busy[bin] / most * 56
    if height > 0 then
      out[#out + 1] = ('<rect class="w" x="%s" y="%s" width="%s" height="%s"/>'):format(number((bin - 1) * step),
        number(60 - height), number(step - 0.6), number(height))
    end
    if bad[bin] > 0 then
      out[#out + 1] = ('<rect class="x" x="%s" y="62" width="%s" height="8"><title>%d failed</title></rect>'):format(
        number((bin - 1) * step), number(step - 0.6), bad[bin])
    end
  end
  return ([[<figure><figcaption>Calls under way, at most %d at once; below, where calls failed. %s in all.</figcaption>
<svg class="o" viewBox="0 0 %d 72" preserveAspectRatio="none" role="img" aria-label="calls under way over time">%s</svg>
</figure>]]):format(peak(run.calls), tables.duration(run.seconds), WIDTH, table.concat(out))
end

-- ---------------------------------------------------------------------------------------------------
-- Tables

local function is_number(cell)
  return type(cell) == "number" or tostring(cell):find "^[%d.]+ %a+$" ~= nil
end

local function row(cells, tag, right)
  local out = {}
  for index, cell in ipairs(cells) do
    out[index] = ("<%s%s>%s</%s>"):format(tag, is_number(right[index]) and ' class="num"' or "", escape(cell), tag)
  end
  return "<tr>" .. table.concat(out) .. "</tr>"
end

local function html_table(headings, rows)
  local out = { '<div class="scroll"><table><thead>', row(headings, "th", rows[1] or {}), "</thead><tbody>" }
  for _, cells in ipairs(rows) do
    out[#out + 1] = row(cells, "td", cells)
  end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out)
end

local function sums(run)
  local rows = {}
  for index, sum in ipairs(run.sums) do
    rows[index] = { sum.operation, sum.count, sum.failed, sum.tries, tables.duration(sum.seconds),
      tables.duration(sum.seconds / sum.count), tables.duration(sum.slowest), tables.size(sum.sent),
      tables.size(sum.received) }
  end
  return html_table({ "call", "calls", "failed", "requests", "time", "mean", "slowest", "bytes out", "bytes in" }, rows)
end

local function slowest(run)
  local rows = {}
  for index, call in ipairs(tables.slowest(run.calls, SLOWEST)) do
    rows[index] = { call.operation, call.number, tables.answer(call), call.tries, tables.duration(call.total),
      ("%.3f s"):format(call.at), call.label or "" }
  end
  return html_table({ "call", "number", "answer", "requests", "time", "began at", "for" }, rows)
end

-- ---------------------------------------------------------------------------------------------------
-- Calls

local function term(out, name, value)
  if value ~= nil and value ~= "" then
    out[#out + 1] = ("<dt>%s<dd>%s"):format(name, escape(value))
  end
end

local function headers(out, name, list)
  local lines = {}
  for index, header in ipairs(list) do
    lines[index] = escape(header.name .. ": " .. header.value)
  end
  if #lines > 0 then
    out[#out + 1] = ("<dt>%s<dd><pre>%s</pre>"):format(name, table.concat(lines, "\n"))
  end
end

local function phase_text(call)
  local parts = {}
  for _, phase in ipairs(phases.of(call)) do
    parts[#parts + 1] = ("%s %s"):format(phase.name, tables.duration(phase.seconds))
  end
  return table.concat(parts, ", ")
end

local function detail(call)
  local out = {}
  term(out, "request", ("%s %s"):format(call.method, call.url))
  term(out, "profile", call.profile and call.profile .. (call.sandbox and " (simulated)" or ""))
  term(out, "for", call.label)
  term(out, "task", call.task)
  term(out, "effect", call.effect)
  term(out, "error", call.failed and ("%s%s: %s"):format(tostring(call.kind),
    call.code and " " .. tostring(call.code) or "", call.message or ""))
  term(out, "on the other side", call.outcome and ({ none = "nothing was done", done = "it was done",
    unknown = "unknown: it may have been done" })[call.outcome])
  term(out, "phases", phase_text(call))
  for index, attempt in ipairs(#call.attempts > 1 and call.attempts or {}) do
    term(out, "attempt " .. index, ("%s, from %s to %s"):format(attempt.fault or "HTTP " .. tostring(attempt.status),
      tables.duration(attempt.begun), attempt.ended and tables.duration(attempt.ended) or "where it was stopped"))
  end
  term(out, "sizes", ("%s out, %s in%s"):format(tables.size(call.body_size), tables.size(call.answer_size),
    call.protocol and ", " .. call.protocol or ""))
  headers(out, "sent headers", call.headers)
  headers(out, "headers of the answer", call.answer_headers)
  for _, body in ipairs { { "body", call.body }, { "answer", call.answer } } do
    if body[2] and body[2] ~= "" then
      out[#out + 1] = ("<dt>%s<dd><pre>%s</pre>"):format(body[1], escape(body[2]))
    end
  end
  return "<dl>" .. table.concat(out) .. "</dl>"
end

local function one_call(call, from, span)
  return ('<details class="c%s"><summary><span class="n">%d</span><span class="p">%s%s</span>' ..
    '<span class="a">%s</span>' ..
    '<span class="t">%s</span>%s</summary>%s</details>'):format(call.failed and " f" or "", call.number,
    escape(call.operation), call.label and ("<small> %s</small>"):format(escape(call.label)) or "",
    escape(tables.answer(call)), tables.duration(call.total), bar(call, from, span), detail(call))
end

local function group(run, first)
  local last = math.min(first + GROUP - 1, #run.calls)
  local from, to = run.calls[first].at, 0
  for index = first, last do
    to = math.max(to, run.calls[index].at + run.calls[index].total)
  end
  local span = math.max(to - from, 1e-6)
  local out = { ('<section><h3>%.3f s to %.3f s</h3><div class="axis"><span>0</span><span>%s</span>' ..
    '<span>%s</span></div>'):format(from, to, tables.duration(span / 2), tables.duration(span)) }
  for index = first, last do
    out[#out + 1] = one_call(run.calls[index], from, span)
  end
  out[#out + 1] = "</section>"
  return table.concat(out, "\n")
end

local function legend()
  local out = {}
  for index, entry in ipairs(LEGEND) do
    out[index] = ('<li><svg viewBox="0 0 12 12"><rect class="%s" width="12" height="12"/></svg>%s'):format(entry[1],
      entry[2])
  end
  return '<ul class="legend">' .. table.concat(out) .. "</ul>"
end

-- document(run) -> text
function M.document(run)
  local out = {
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">",
    [[<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; ]]
      .. [[base-uri 'none'; form-action 'none'">]],
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    ("<title>Trace of %d calls</title><style>%s</style></head><body>"):format(run.count, style.text),
    ("<header><h1>Trace</h1><p>%s.</p><p class=\"small\">Began %s. Secrets and what is about a person are left "
      .. "out%s.</p></header>"):format(escape(tables.totals(run)), escape(time.iso(run.wall)),
      run.bodies and "" or ", bodies too"),
  }
  if run.count == 0 then
    out[#out + 1] = "<p>Nothing was called.</p></body></html>\n"
    return table.concat(out, "\n")
  end
  out[#out + 1] = overview(run)
  out[#out + 1] = "<h2>By call</h2>" .. sums(run)
  out[#out + 1] = "<h2>The slowest</h2>" .. slowest(run)
  out[#out + 1] = "<h2>All calls</h2>" .. legend()
  out[#out + 1] = '<p class="only"><label><input type="checkbox" id="only"> only those that failed</label></p>'
  if run.left_out > 0 then
    out[#out + 1] = ("<p>The last %d calls are in the sums only.</p>"):format(run.left_out)
  end
  for first = 1, #run.calls, GROUP do
    out[#out + 1] = group(run, first)
  end
  out[#out + 1] = "</body></html>\n"
  return table.concat(out, "\n")
end

return M
