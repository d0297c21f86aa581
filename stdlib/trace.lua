-- SPDX-License-Identifier: MIT
-- beadle.trace: what `beadle run --trace[=FILE]` writes: every request of the run, without secrets and without what is
-- about a person. Without FILE a table on standard error; FILE.har, FILE.html, else JSON lines. For the program.
--
-- A call, of which the writers get a list:
--   number, at      its place, and seconds from the begin of the trace to its own
--   total           seconds, with waiting and all attempts
--   operation, vendor, profile, sandbox, effect, method, url
--   status, fault, failed, kind, code, message, outcome     of the last attempt; of the error
--   tries, attempts, queued, decoded                        as beadle.observe tells; phases: beadle.call_phases
--   body_size, answer_size, head_size, protocol
--   headers, answer_headers    lists of { name, value }
--   body, answer               with --trace-bodies
--   task, label                who called, such as "line 7"

local conceal = require "beadle.conceal"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local json = require "beadle.json"
local observe = require "beadle.observe"
local phases = require "beadle.call_phases"
local time = require "beadle.time"

local M = {}

-- Calls that are kept; of those behind them only the sums are, so that a trace of a long run does not eat the memory.
local MOST_KEPT = 50000

local trace -- of this run

-- ---------------------------------------------------------------------------------------------------
-- Recording

local function take_failure(call, failure)
  call.failed = true
  call.kind, call.code = failure.kind, failure.code
  call.message = failure.message and observe.hide(tostring(failure.message))
end

local function record(told)
  local call = {
    at = told.begun - trace.begun, operation = told.operation, vendor = told.vendor, profile = told.profile,
    sandbox = told.sandbox, effect = told.effect, method = told.method,
    url = conceal.url(told.operation, told.url, told.params), status = told.status, fault = told.fault,
    tries = told.tries, attempts = told.attempts, queued = told.queued, decoded = told.decoded,
    body_size = told.body_size, answer_size = told.answer_size, head_size = told.head_size, protocol = told.protocol,
    headers = conceal.headers(told.headers), answer_headers = conceal.headers(told.answer_headers),
    task = told.task, label = told.label,
  }
  call.total = phases.total(call)
  call.outcome = told.effect ~= "read" and told.outcome or nil
  if told.failure then
    take_failure(call, told.failure)
  end
  if trace.bodies then
    call.body = told.body and conceal.body(told.operation, told.body)
    call.answer = told.answer and conceal.body(told.operation, told.answer, told.params)
  end
  return call
end

-- Sums by operation: { operation, count, failed, tries, seconds, slowest, sent, received }.
local function add_sum(call)
  local sum = trace.sums[call.operation]
  if not sum then
    sum = { operation = call.operation, count = 0, failed = 0, tries = 0, seconds = 0, slowest = 0, sent = 0,
      received = 0 }
    trace.sums[call.operation] = sum
    trace.sums[#trace.sums + 1] = sum
  end
  sum.count, sum.tries, sum.seconds = sum.count + 1, sum.tries + call.tries, sum.seconds + call.total
  sum.failed = sum.failed + (call.failed and 1 or 0)
  sum.slowest = math.max(sum.slowest, call.total)
  sum.sent, sum.received = sum.sent + call.body_size, sum.received + call.answer_size
end

local function note(told)
  local call = record(told)
  trace.count = trace.count + 1
  call.number = trace.count
  add_sum(call)
  if trace.file then
    trace.file:write(json.encode(M.plain(call)), "\n")
  elseif #trace.calls < MOST_KEPT then
    trace.calls[#trace.calls + 1] = call
  end
end

-- plain(call) -> what JSON lines have of it.
function M.plain(call)
  local object = {}
  for key, value in pairs(call) do
    object[key] = value
  end
  object.start = time.iso(trace.wall + call.at)
  object.attempts = json.array {}
  for number, attempt in ipairs(call.attempts) do
    local entry = { begun = attempt.begun, ended = attempt.ended, status = attempt.status, fault = attempt.fault,
      phases = json.array {} }
    for _, phase in ipairs(phases.of_attempt(attempt, number)) do
      entry.phases[#entry.phases + 1] = { name = phase.name, seconds = phase.seconds }
    end
    object.attempts[number] = entry
  end
  for _, name in ipairs { "headers", "answer_headers" } do
    object[name] = json.array(call[name])
  end
  return object
end

-- ---------------------------------------------------------------------------------------------------
-- Begin and end

local function format_of(path)
  return path and (path:lower():match "%.(har)$" or path:lower():match "%.(html?)$" and "html" or "lines") or "table"
end

local function fail(path, why)
  error(error_value.new { kind = "argument", outcome = "none", exit = 2,
    message = ("the trace cannot be written to %s: %s"):format(path, tostring(why)) }, 0)
end

-- begin { path =, bodies = }: watches from now on. Raises when nothing can be written there, before anything is sent.
function M.begin(options)
  trace = { path = options.path, bodies = options.bodies, format = format_of(options.path), calls = {}, count = 0,
    sums = {}, begun = observe.now(), wall = time.now() }
  if trace.path then
    local ok, why = pcall(fs.write, trace.path, "") -- for its owner only
    if not ok then
      fail(trace.path, why.message or why)
    end
  end
  if trace.format == "lines" then
    trace.file = io.open(trace.path, "a") or fail(trace.path, "it cannot be opened")
    trace.file:setvbuf "line"
  end
  observe.tell(note, { bodies = options.bodies or false, answers = options.bodies or false })
end

local function order_sums(sums)
  table.sort(sums, function(a, b)
    if a.seconds ~= b.seconds then
      return a.seconds > b.seconds
    end
    return a.operation < b.operation
  end)
end

local function write_whole(run)
  local writer = require(run.format == "har" and "beadle.trace_har" or "beadle.trace_html")
  fs.write(run.path, writer.document(run))
end

-- finish(): writes what was seen. Raises when it cannot be written.
function M.finish()
  if not trace then
    return
  end
  local run = trace
  trace = nil
  run.seconds = observe.now() - run.begun
  run.left_out = run.file and 0 or run.count - #run.calls
  order_sums(run.sums)
  -- Calls are told of when they end; what one reads is when they began.
  table.sort(run.calls, function(a, b)
    if a.at ~= b.at then
      return a.at < b.at
    end
    return a.number < b.number
  end)
  for place, call in ipairs(run.calls) do
    call.number = place
  end
  if run.format == "table" then
    io.stderr:write(require("beadle.trace_table").text(run, fs.columns "stderr"), "\n")
    return
  elseif run.file then
    run.file:close()
  else
    write_whole(run)
  end
  io.stderr:write(("Trace of %d call%s: %s\n"):format(run.count, run.count == 1 and "" or "s", run.path))
end

return M
