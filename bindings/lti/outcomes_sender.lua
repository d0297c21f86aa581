-- SPDX-License-Identifier: MIT
-- The tool's side of the Basic Outcome Service. Each operation may be repeated: what is sent twice leaves the same
-- grade. So it is, like any request that may be; but each attempt has a signature of its own, since a platform takes no
-- nonce twice. All have one messageIdentifier.

local async = require "beadle.async"
local check = require "beadle.lti.check"
local envelope = require "beadle.lti.outcomes_envelope"
local error_value = require "beadle.error"
local http = require "beadle.http"
local oauth1 = require "beadle.lti.oauth1"
local outcomes = require "beadle.lti.outcomes"
local time = require "beadle.time"

local M = {}

-- As of requests to vendors: docs/errors.md, "When a request is repeated".
local ATTEMPTS, FIRST_WAIT, LONGEST_PAUSE, TIME_LIMIT = 3, 0.5, 120, 120

local PASSING = { [408] = true, [425] = true, [429] = true, [500] = true, [502] = true, [503] = true, [504] = true }
local KINDS = { [401] = "auth", [403] = "auth", [404] = "not_found", [410] = "not_found", [429] = "rate_limit" }

-- ---------------------------------------------------------------------------------------------------
-- Reading what came

local function failure(fields)
  return error_value.new(fields)
end

-- Of an HTTP status that is no success.
local function status_failure(response, message)
  local status = response.status
  local said = message and message.description ~= "" and message.description or nil
  local reason = said or (response.body or ""):match "^%s*([%g ]+)"
  local kind = KINDS[status] or (status >= 500 and "server" or "rejected")
  return failure { kind = kind, status = status, vendor_message = said, code = message and message.code_major,
    message = ("the platform answered HTTP %d%s"):format(status,
      reason and not reason:find "<" and ": " .. reason:sub(1, 200) or ""),
    outcome = (status >= 500 or status < 400) and "unknown" or "none", retryable = PASSING[status] == true,
    retry_after = tonumber(response.headers["retry-after"]),
    hint = status == 401 and "Key, secret, clock and address must be those that the platform knows." or nil }
end

local function decode_failure(response, message)
  return failure { kind = "decode", status = response.status, outcome = "unknown", retryable = false,
    message = "the platform's answer cannot be read: " .. message }
end

-- The message of an answer, or nil and the error.
local function read_response(response, message_id)
  local message, reason, words = envelope.parse(response.body)
  if message and message.kind ~= "answer" then
    message, words = nil, envelope.WORDS.not_an_envelope
  end
  local is_pox = message ~= nil and response.status ~= 401
  if response.status >= 500 or not is_pox and (response.status < 200 or response.status > 299) then
    return nil, status_failure(response, message)
  elseif not message then
    return nil, decode_failure(response, words or reason)
  elseif message.message_ref ~= "" and message.message_ref ~= message_id then
    return nil, decode_failure(response, "it belongs to another message")
  elseif message.code_major == "failure" or message.code_major == "unsupported" then
    local said = message.description ~= "" and message.description or message.code_major
    return nil, failure { kind = "rejected", status = response.status, code = message.code_major, outcome = "none",
      message = "the platform refused: " .. said, vendor_message = message.description, retryable = false }
  end
  return message
end

-- ---------------------------------------------------------------------------------------------------
-- Sending

-- One attempt: the answer's message, or nil and the error.
local function attempt(call, options, deadline)
  local request = outcomes.request { operation = call.operation, url = options.url, sourcedid = options.sourcedid,
    score = options.score, key = options.key, secret = options.secret, message_id = call.message_id,
    signature_method = options.signature_method }
  local response, err = beadle.try(http.request, { method = request.method, url = request.url,
    headers = request.headers, body = request.body, ca_file = options.ca_file, retry = false,
    timeout = math.max(deadline - time.elapsed(), 0.001) })
  if not response then
    return nil, err
  end
  return read_response(response, call.message_id)
end

-- Seconds until the next attempt, or nil when there is none.
local function pause_before_next(err, number, options, deadline)
  -- What http would not repeat because it may have been done may be repeated here.
  local is_passing = err.retryable or err.outcome == "unknown" and (err.kind == "network" or err.kind == "timeout")
  if not is_passing or options.retry == false or number == ATTEMPTS then
    return nil
  end
  local wait = math.random() * FIRST_WAIT * 2 ^ (number - 1)
  if err.retry_after then
    wait = math.max(wait, err.retry_after)
  end
  return wait <= LONGEST_PAUSE and time.elapsed() + wait < deadline and wait or nil
end

local function send(call, options)
  local deadline = time.elapsed() + time.seconds(options.timeout or TIME_LIMIT)
  local maybe_done = false
  for number = 1, ATTEMPTS do
    local message, err = attempt(call, options, deadline)
    if message then
      return message
    end
    maybe_done = maybe_done or err.outcome == "unknown"
    local wait = pause_before_next(err, number, options, deadline)
    if not wait then
      err.operation, err.attempts = call.name, number
      err.outcome = call.changes and (maybe_done and "unknown" or err.outcome) or "none"
      error(err, 0)
    end
    async.sleep(wait)
  end
end

local function begin(name, operation, options, has_score)
  check.options(name, options, { url = "string", sourcedid = "string", score = has_score and "number" or nil,
    key = "string", secret = "secret", timeout = "number|string?", retry = "boolean?", ca_file = "string?",
    signature_method = "string?" })
  return send({ name = name, operation = operation, message_id = oauth1.nonce(),
    changes = operation ~= "readResult" }, options)
end

local function told(message)
  return { code_major = message.code_major, description = message.description, message_id = message.message_id,
    message_ref = message.message_ref }
end

function M.replace(options)
  return told(begin("lti.outcomes.replace", "replaceResult", options, true))
end

function M.delete(options)
  return told(begin("lti.outcomes.delete", "deleteResult", options))
end

function M.read(options)
  local message = begin("lti.outcomes.read", "readResult", options)
  if message.code_major == "processing" then
    error(failure { kind = "rejected", operation = "lti.outcomes.read", code = "processing", outcome = "none",
      retryable = true, message = "the platform has not found the score yet" }, 0)
  end
  return message.score
end

return M
