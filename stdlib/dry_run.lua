-- SPDX-License-Identifier: MIT
-- beadle.dry_run: what `beadle run --dry-run` does. Reads happen. An effect is not sent but planned, and answered so
-- that the script goes on: by the vendor's twin in this process where it can follow, else with a value made from the
-- operation's record. A vendor that is simulated anyway is simply asked: its twin ends with the process. It stands on
-- the gate (beadle.gate), which every effect of every vendor passes. For the program.

local config = require "beadle.config"
local error_value = require "beadle.error"
local gate_of = require "beadle.gate"
local task = require "beadle.task"

local M = {}

local run -- { json, plan, counts, total }

-- How an answer came about.
M.answers = {
  sandbox = "answered by the sandbox",
  overlay = "answered by the sandbox, as if it had been done",
  made_up = "answered with values made up from the catalogue",
  http = "answered with status 200 and an empty object",
  outcome = "answered as a platform does that takes a grade",
}

-- ---------------------------------------------------------------------------------------------------
-- The plan

local MOST_KEPT = 100000

local function note(effect, answer)
  run.total = run.total + 1
  run.counts[effect.effect] = (run.counts[effect.effect] or 0) + 1
  if #run.plan >= MOST_KEPT then
    return
  end
  local conceal = require "beadle.conceal"
  run.plan[#run.plan + 1] = {
    number = run.total, operation = effect.operation, effect = effect.effect, vendor = effect.vendor,
    profile = effect.profile, simulated = effect.sandbox or false, ["for"] = task.label(), method = effect.method,
    url = conceal.url(effect.operation, effect.url, effect.params),
    body = effect.body ~= "" and conceal.body(effect.operation, effect.body) or nil, answer = answer,
  }
end

local function note_read(effect, answer)
  run.reads = run.reads + 1
  if #run.plan < MOST_KEPT then
    run.plan[#run.plan + 1] = { operation = effect.operation, effect = "read", vendor = effect.vendor,
      profile = effect.profile, simulated = false, ["for"] = task.label(), answer = answer }
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Answering

local function from_overlay(effect)
  local overlay = require "beadle.dry_run_overlay"
  local ok, answer = overlay.ask(effect)
  if ok then
    return answer, "overlay"
  end
  return require("beadle.plausible").answer(effect.operation, effect.params), "made_up"
end

-- What a platform answers that takes a grade; nil when the request is none of the Basic Outcome Service.
local function outcome_body(effect)
  if effect.body:find("imsx_POXEnvelopeRequest", 1, true) then
    local outcomes = require "beadle.lti.outcomes"
    local asked = outcomes.parse(effect.body)
    return asked and outcomes.answer { operation = asked.operation, message_ref = asked.message_id }
  end
end

local function http_response(effect)
  local grade = outcome_body(effect)
  return require("beadle.http").response { status = 200, url = effect.url, body = grade or "{}",
    length_unknown = false, headers = { ["content-type"] = grade and "application/xml" or "application/json" } },
    grade and "outcome" or "http"
end

local function plan(effect, send)
  if not effect.vendor then
    local response, how = http_response(effect)
    note(effect, how)
    return response
  elseif effect.sandbox then
    note(effect, "sandbox")
    return send()
  end
  local answer, how = from_overlay(effect)
  require("beadle.dry_run_overlay").note(effect)
  note(effect, how)
  return answer
end

-- What was planned is asked for where it was planned; anything else, and what the vendor knows, is the vendor's.
local function read(effect, send)
  local concerns = effect.vendor and not effect.sandbox and run.total > 0
    and require("beadle.dry_run_overlay").concerns(effect)
  if not concerns then
    return send()
  elseif concerns == "only" then
    local answer, how = from_overlay(effect)
    note_read(effect, how)
    return answer
  end
  local ok, answer = pcall(send)
  if ok or not error_value.is(answer, "not_found") then
    return ok and answer or error(answer, 0)
  end
  local found, planned = require("beadle.dry_run_overlay").ask(effect)
  if not found then
    error(answer, 0)
  end
  note_read(effect, "overlay")
  return planned
end

-- ---------------------------------------------------------------------------------------------------
-- Begin and end

-- begin(json): from now on this task and those that it spawns send no effect.
function M.begin(as_json)
  run = { json = as_json, plan = {}, counts = {}, total = 0, reads = 0 }
  gate_of.dry_run = true
  task.set_gate(function(effect, send)
    if effect.effect == "read" then
      return read(effect, send)
    end
    return plan(effect, send)
  end, true)
end

local EXIT_PLANNED = 3

-- finish(status) -> the program's exit status: 3 when all went well and something was planned. Shows the plan.
function M.finish(status)
  if not run then
    return status
  end
  local ended = run
  run, gate_of.dry_run = nil, false
  ended.profile = config.profile()
  status = status == 0 and ended.total > 0 and EXIT_PLANNED or status
  require("beadle.dry_run_plan").show(ended, status)
  return status
end

return M
