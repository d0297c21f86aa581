-- SPDX-License-Identifier: MIT
-- What becomes of an effect of which nobody knows whether it happened: the program was killed while it was under way,
-- or its answer was lost. For stdlib/durable.lua.

local catalogue = require "beadle.catalogue"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local settle = require "beadle.catalogue.settle"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local MOST_TRIES = 3

local function operation_of(effect)
  for _, operation in ipairs(catalogue.describe(effect.vendor).operations) do
    if operation.full_name == effect.operation then
      return operation
    end
  end
end

-- A gate sends an effect once. Once more is a call of its own, which passes no gate: this one has let it through.
local function call_again(effect)
  local vendor = require("beadle." .. effect.vendor)
  return gate.without(vendor[effect.operation:match "^[^.]+%.(.+)$"], effect.params)
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

-- How a person finds out, as the record says.
local function advice(effect)
  local operation = effect.vendor and operation_of(effect)
  local probe = operation and operation.probe or {}
  if probe.kind == "read" then
    return ("Find out with %s.%s: %s."):format(effect.vendor, probe.operation, probe.doc)
  elseif probe.doc then
    return probe.doc:sub(1, 1):upper() .. probe.doc:sub(2) .. "."
  end
  return "Find out at the other side."
end

-- doubt(row, record, effect) -> the error that a person must decide about it. The row sends nothing from here on.
function M.doubt(row, record, effect)
  row.doubt = error_value.new { kind = "cancelled", operation = record.operation, outcome = "unknown", in_doubt = true,
    durable = true, hint = ("%s Then `beadle resolve %s`."):format(advice(effect), row.run.id),
    message = ("it was sent %s at %s, and no answer came; it is not sent again before somebody has found out"):format(
      effects.about(record), time.iso(record.sent_at)) }
  row.run:note(record, "unknown", { error = effects.error_text(row.doubt) })
  return row.doubt
end

-- The vendor may still be working on it.
local function wait_for_vendor(row, sent_at, effect)
  local left = sent_at + (effect.settle or 0) - time.now()
  if left > 0 then
    row.aside(task.sleep, left)
  end
end

-- Whether a refusal of the repeated request says that the first one had been carried out.
local function says_done(effect, err)
  return effect.probe_code ~= nil and error_value.is(err) and err.code == effect.probe_code and err.outcome == "none"
end

local function repeat_it(row, record, effect, next_send)
  for try = 1, MOST_TRIES do
    wait_for_vendor(row, record.sent_at, effect)
    local send = next_send()
    if not send then
      break
    end
    local state, result, err = row.run:attempt(record, effect, send, { attempts = record.attempts }, function(refusal)
      return says_done(effect, refusal) and settle.refusal_result(operation_of(effect), refusal)
    end)
    if not err then
      return result
    elseif state ~= "unknown" or try == MOST_TRIES or error_value.is(err, "cancelled") then
      error(err, 0)
    end
  end
end

-- settle(row, record, effect, next_send) -> the effect's result. Raises its error, or that it is in doubt. `record` has
-- when it was sent and how often.
function M.settle(row, record, effect, next_send)
  if record.probe == "repeat" then
    return repeat_it(row, record, effect, next_send)
  elseif record.probe == "read" then
    wait_for_vendor(row, record.sent_at, effect)
    local verdict, result = settle.ask(effect)
    if verdict == "happened" then
      row.run:note(record, "done", { answer = effects.answer_text(effect, result) })
      return result
    end
    local send = verdict == "not" and next_send()
    if send then
      return row.run:once(record, effect, send, { attempts = record.attempts })
    end
  end
  error(M.doubt(row, record, effect), 0)
end

return M
