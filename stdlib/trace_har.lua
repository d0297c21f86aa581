-- SPDX-License-Identifier: MIT
-- A trace as HAR 1.2 (HTTP Archive; "HAR 1.2 Spec", Jan Odvarko), one entry for each attempt. Members that begin with
-- "_" are ours, as the format allows. Times of phases that were not needed, or are not known, are -1. For
-- stdlib/trace.lua.

local json = require "beadle.json"
local phases = require "beadle.call_phases"

local M = {}

local function milliseconds(seconds)
  return seconds and math.floor(seconds * 1e6 + 0.5) / 1000 or -1
end

-- "2026-01-15T09:00:00.123Z"
local function iso(seconds)
  local whole = math.floor(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%S", whole) .. (".%03dZ"):format(math.floor((seconds - whole) * 1000))
end

local function headers_of(list)
  local headers = json.array {}
  for index, header in ipairs(list) do
    headers[index] = { name = header.name, value = header.value }
  end
  return headers
end

local function header(list, wanted)
  for _, each in ipairs(list) do
    if each.name:lower() == wanted then
      return each.value
    end
  end
end

-- What hides a value has spaces, and an address has none.
local function address(url)
  return (url:gsub(" ", "%%20"):gsub("%[", "%%5B"):gsub("%]", "%%5D"))
end

local function query_of(url)
  local list = json.array {}
  for name, value in (url:match "%?(.*)$" or ""):gmatch "([^&=]+)=?([^&]*)" do
    list[#list + 1] = { name = name, value = value }
  end
  return list
end

-- The phases of HAR: "ssl" is a part of "connect".
local function timings(call, attempt, number)
  local times = { blocked = -1, dns = -1, connect = -1, ssl = -1, send = 0, wait = 0, receive = 0 }
  local by_name = {}
  for _, phase in ipairs(phases.of_attempt(attempt, number)) do
    by_name[phase.name] = phase.seconds
  end
  local before = call.attempts[number - 1]
  local blocked = before and before.ended and attempt.begun - before.ended or call.queued
  times.blocked = milliseconds(blocked)
  times.dns = milliseconds(by_name.resolve)
  times.ssl = milliseconds(by_name.TLS)
  if by_name.connect or by_name.TLS then
    times.connect = milliseconds((by_name.connect or 0) + (by_name.TLS or 0))
  end
  times.send = milliseconds(by_name.send or 0)
  times.wait = milliseconds(by_name.wait or by_name["send and wait"] or by_name.exchange or 0)
  times.receive = milliseconds(by_name.receive or 0)
  local sum = 0
  for name, value in pairs(times) do
    if name ~= "ssl" and value > 0 then
      sum = sum + value
    end
  end
  return times, sum
end

local function request_of(call)
  local request = {
    method = call.method, url = address(call.url), httpVersion = call.protocol or "unknown", cookies = json.array {},
    headers = headers_of(call.headers), queryString = query_of(call.url), headersSize = -1,
    bodySize = call.body_size,
  }
  if call.body then
    request.postData = { mimeType = header(call.headers, "content-type") or "application/x-www-form-urlencoded",
      text = call.body }
  end
  return request
end

local function response_of(call, attempt, is_last)
  local headers = is_last and call.answer_headers or {}
  local content = { size = is_last and call.answer_size or -1, mimeType = header(headers, "content-type") or "" }
  if is_last and call.answer then
    content.text = call.answer
  end
  return {
    status = attempt.status or 0, statusText = "", httpVersion = call.protocol or "unknown", cookies = json.array {},
    headers = headers_of(headers), content = content, redirectURL = "",
    headersSize = is_last and call.head_size or -1, bodySize = -1, _error = attempt.fault,
  }
end

local function entry_of(run, call, number, attempt)
  local is_last = number == #call.attempts
  local times, sum = timings(call, attempt, number)
  local blocked = times.blocked > 0 and times.blocked / 1000 or 0
  return {
    startedDateTime = iso(run.wall + call.at + attempt.begun - blocked), time = sum,
    request = request_of(call), response = response_of(call, attempt, is_last), cache = {}, timings = times,
    connection = nil, comment = ("%s, attempt %d of %d"):format(call.operation, number, call.tries),
    _call = call.number, _operation = call.operation, _profile = call.profile, _sandbox = call.sandbox,
    _effect = call.effect, _outcome = is_last and call.outcome or nil, _kind = is_last and call.kind or nil,
    _code = is_last and call.code or nil, _label = call.label, _task = call.task,
  }
end

-- document(run) -> text
function M.document(run)
  local entries = {}
  for _, call in ipairs(run.calls) do
    for number, attempt in ipairs(call.attempts) do
      entries[#entries + 1] = json.encode(entry_of(run, call, number, attempt))
    end
  end
  local head = json.encode { version = "1.2", creator = { name = "beadle", version = beadle.version },
    comment = ("%d calls; without secrets and without what is about a person%s"):format(run.count,
      run.left_out > 0 and ("; the last %d are left out"):format(run.left_out) or "") }
  return ('{"log":%s,"entries":[\n%s\n]}}\n'):format(head:sub(1, -2), table.concat(entries, ",\n"))
end

return M
