-- SPDX-License-Identifier: MIT
-- What becomes of an effect of which nobody knows whether it happened: the program was killed while it was under way,
-- or its answer was lost. For stdlib/durable.lua.

local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local probe = require "beadle.catalogue.probe"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local MOST_TRIES, LONGEST_PAUSE_S = 3, 60

-- A gate sends an effect once. Once more is a call of its own, which passes no gate: this one has let it through.
local function call_again(effect)
  local vendor = require("beadle." .. effect.vendor)
  if effect.profile then -- the account that it was sent to
    vendor = vendor.client { profile = effect.profile }
  end
  return gate.without(vendor[effect.operation:match "^[^.]+%.(.+)$"], probe.arguments(effect))
end

-- sender(effect, send) -> function that sends, each time that it is called; nil the second time, where it cannot.
function M.sender(effect, send)
  local used
  return function()
    if not used then
      used = true
      return send
    end
    return effect.vendor and function()
      return call_again(effect)
    end
  end
end

-- before(effect) -> what has to be known before it is sent, as the journal keeps it, or nil. When that cannot be found
-- out, nothing is sent.
function M.before(effect)
  if not effect.vendor then
    return nil
  end
  local ok, ids = pcall(probe.before, effect)
  if not ok then
    if error_value.is(ids) then
      ids.outcome = "none"
    end
    error(ids, 0)
  end
  return ids and effects.encode(ids) or nil
end

-- How a person finds out, as the record says.
local function advice(effect, why)
  local told = effect.vendor and probe.record(effect)
  local told_probe = told and told.probe or {}
  if told_probe.kind == "read" then
    return ("%s.%s tells: %s."):format(effect.vendor, told_probe.operation, told_probe.doc)
  end
  local text = told_probe.doc or why or "find out at the other side"
  text = text:sub(1, 1):upper() .. text:sub(2) .. "."
  local says_where = not effect.vendor or text:find "look" or text:find "shows"
  return says_where and text or text .. " Look at the vendor's own pages, or ask those whom it is for."
end

-- The error that a person must decide about it. The row sends nothing from here on.
local function doubt(row, record, effect, why)
  row.doubt = error_value.new { kind = "cancelled", operation = record.operation, outcome = "unknown", in_doubt = true,
    durable = true, hint = ("%s Then `beadle resolve %s`."):format(advice(effect, why), row.run.id),
    message = ("it was sent %s at %s, and no answer came; it is not sent again before somebody has found out"):format(
      effects.about(record), time.iso(record.sent_at)) }
  row.run:note(record, "unknown", { error = effects.error_text(row.doubt) })
  return row.doubt
end

-- The vendor may still be working on it.
local function wait_for_vendor(row, effect)
  local left = effect.vendor and probe.ready_at(effect) - time.now() or 0
  if left > 0 then
    row.aside(task.sleep, left)
  end
end

-- Ids that other effects of the run are known to have made: what has one of them is not this effect's.
local function taken(row, record, effect)
  local told = probe.of(effect)
  if not told or not told.id then
    return nil
  end
  local names, ids = { told.id }, {}
  for _, field in ipairs(told.result or {}) do
    names[#names + 1] = field.member == told.id and field.name or nil
  end
  for _, answer in ipairs(row.run:answers_like(record)) do
    for _, name in ipairs(names) do
      ids[#ids + 1] = type(answer) == "table" and answer[name] or nil
    end
  end
  return ids
end

local function verdict_of(row, record, effect)
  if not effect.vendor then
    return record.probe == "repeat" and "repeat" or "unknown"
  end
  effect.taken = taken(row, record, effect)
  return probe.settle(effect)
end

-- What the error of the repeated request says of both: a repetition that was not let in says nothing of the first.
local function judge(effect, err)
  if not effect.vendor or error_value.is(err, "cancelled") then
    return "unknown"
  end
  local verdict, result = probe.read_repeat(effect, false, err)
  return verdict, verdict == "happened" and (result or {}) or nil
end

local function send_again(row, record, effect, send)
  local state, result, err = row.run:attempt(record, effect, send, { attempts = record.attempts }, function(wrong)
    return judge(effect, wrong)
  end)
  return not err or state ~= "unknown" or error_value.is(err, "cancelled"), result, err
end

local function keep_found(row, record, effect, result)
  row.run:note(record, "done", { answer = effects.answer_text(effect, result) })
  return result
end

-- One try: whether that is the end of it, the result, and an error.
local function try_once(row, record, effect, next_send)
  effect.sent_at = record.sent_at
  wait_for_vendor(row, effect)
  local verdict, what, err = verdict_of(row, record, effect)
  if verdict == "happened" then
    return true, keep_found(row, record, effect, what)
  elseif verdict == "not" and what then
    row.run:note(record, "failed", { error = effects.error_text(what) })
    error(what, 0)
  elseif verdict == "unknown" and not err then
    error(doubt(row, record, effect, what), 0)
  elseif verdict == "unknown" then
    return false, nil, err
  end
  local send = next_send()
  if not send then
    return false
  end
  return send_again(row, record, effect, send)
end

-- Waits as long as the vendor asks before the next try; false: that is too long.
local function pause(row, err)
  local left = error_value.is(err) and err.retry_after or 0
  if left > LONGEST_PAUSE_S then
    return false
  elseif left > 0 then
    row.aside(task.sleep, left)
  end
  return true
end

-- The error of the last try. Unless it is about the effect itself, the effect is as little known as before.
local function still(record, err)
  record.state = record.state ~= "failed" and "unknown" or record.state
  if record.state == "unknown" and error_value.is(err) and err.outcome == "none" then
    err.outcome = "unknown"
  end
  return err
end

-- settle(row, record, effect, next_send) -> the effect's result; nothing when it cannot be sent again from here. Raises
-- its error, or that it is in doubt. `record` has when it was sent, how often, and what was there before.
function M.settle(row, record, effect, next_send)
  effect.before = effects.decode(record.before)
  for try = 1, MOST_TRIES do
    local is_over, result, err = try_once(row, record, effect, next_send)
    if err and (is_over or try == MOST_TRIES or not pause(row, err)) then
      error(still(record, err), 0)
    elseif is_over then
      return result
    elseif not err then
      return
    end
  end
end

return M
