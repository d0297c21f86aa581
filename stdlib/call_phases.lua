-- SPDX-License-Identifier: MIT
-- Where the time of a request went, as beadle.observe tells of it. For sessions and traces.

local M = {}

local ENDS = { { "resolve", "resolved" }, { "connect", "connected" }, { "TLS", "secured" }, { "send", "sent" } }

local function add(list, name, seconds, attempt)
  if seconds and seconds >= 0 then
    list[#list + 1] = { name = name, seconds = seconds, attempt = attempt }
  end
end

-- of_attempt(attempt [, number]) -> list of { name, seconds, attempt = number }. Where libcurl does not tell when the
-- last byte left (before 8.10), "send and wait" is one phase; without a connection there is only "exchange".
function M.of_attempt(attempt, number)
  local list, from, sent = {}, 0, false
  for _, phase in ipairs(ENDS) do
    local ended = attempt[phase[2]]
    if ended and ended >= from then
      add(list, phase[1], ended - from, number)
      from, sent = ended, phase[1] == "send"
    end
  end
  if attempt.answered then
    add(list, sent and "wait" or "send and wait", attempt.answered - from, number)
    from = attempt.answered
  end
  if attempt.ended then
    add(list, #list > 0 and "receive" or "exchange", math.max(0, attempt.ended - attempt.begun - from), number)
  end
  return list
end

-- of(call) -> the same for all attempts, with "queue" before, "pause" between and "decode" after them.
function M.of(call)
  local list, before = {}, nil
  add(list, "queue", call.queued)
  for number, attempt in ipairs(call.attempts) do
    add(list, "pause", before and attempt.begun - before)
    for _, phase in ipairs(M.of_attempt(attempt, number)) do
      list[#list + 1] = phase
    end
    before = attempt.ended
  end
  add(list, "decode", call.decoded)
  return list
end

-- total(call) -> seconds
function M.total(call)
  local sum = 0
  for _, phase in ipairs(M.of(call)) do
    sum = sum + phase.seconds
  end
  return sum
end

return M
