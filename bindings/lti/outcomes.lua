-- SPDX-License-Identifier: MIT
-- beadle.lti.outcomes: the Basic Outcome Service of LTI 1.1, which carries one grade, a decimal from 0 to 1, for one
-- sourcedid. The tool sends, the platform receives. Source: "LTI Basic Outcomes" 1.1; "LTI Implementation Guide" 1.1,
-- "Basic Outcome Service".
--
--   local outcomes = require "beadle.lti.outcomes"
--   outcomes.replace { url = url, sourcedid = sourcedid, score = 0.55, key = key, secret = secret }
--   server:route("POST /outcomes", outcomes.receiver { lookup = secret_of, replace = keep, read = look,
--     delete = clear })
--
-- receiver, replace, read and delete may wait. request, answer and parse do not, and are there in the sandbox's Lua
-- state too. docs/lti.md has all of it.

local check = require "beadle.lti.check"
local envelope = require "beadle.lti.outcomes_envelope"
local oauth1 = require "beadle.lti.oauth1"

local M = {}

local CONTENT_TYPE = "application/xml"
local CODES = { success = true, processing = true, failure = true, unsupported = true }
local SEVERITIES = { status = true, warning = true, error = true }

local function check_text(operation, name, text, may_be_empty)
  if text == "" and not may_be_empty then
    check.fail(operation, ("the option \"%s\" is empty"):format(name))
  elseif not envelope.can_be_written(text) then
    check.fail(operation, ("the option \"%s\" holds what XML cannot: control characters, or no UTF-8"):format(name))
  end
end

local function check_score(operation, score)
  if not (score >= 0 and score <= 1) then -- NaN is neither
    check.fail(operation, ("the score must be from 0 to 1, not %s"):format(tostring(score)))
  end
end

local function check_operation(operation, name)
  for _, known in ipairs(envelope.OPERATIONS) do
    if known == name then
      return
    end
  end
  check.fail(operation, ("there is no operation \"%s\""):format(name),
    "Known are: " .. table.concat(envelope.OPERATIONS, ", ") .. ".")
end

-- request { operation = "replaceResult" | "readResult" | "deleteResult", url =, sourcedid =, score = (of
-- replaceResult), key =, secret =, message_id =, timestamp =, nonce =, signature_method = } -> { method, url, headers,
-- body, message_id }, signed. It is good for one sending: a platform takes no nonce twice.
function M.request(options)
  local own = "lti.outcomes.request"
  check.options(own, options, { operation = "string", url = "string", sourcedid = "string", score = "number?",
    key = "string", secret = "secret", message_id = "string?", timestamp = "number?", nonce = "string?",
    signature_method = "string?" })
  check_operation(own, options.operation)
  check_text(own, "sourcedid", options.sourcedid)
  if options.operation ~= "replaceResult" and options.score then
    check.fail(own, options.operation .. " takes no score")
  elseif options.operation == "replaceResult" then
    check_score(own, options.score or check.fail(own, "the option \"score\" is missing"))
  end
  local message_id = options.message_id or oauth1.nonce()
  check_text(own, "message_id", message_id)
  local body = envelope.request { operation = options.operation, message_id = message_id,
    sourcedid = options.sourcedid, score = options.score }
  local authorization = oauth1.sign_body { method = "POST", url = options.url, body = body, key = options.key,
    secret = options.secret, timestamp = options.timestamp, nonce = options.nonce,
    signature_method = options.signature_method }
  return { method = "POST", url = options.url, body = body, message_id = message_id,
    headers = { ["Content-Type"] = CONTENT_TYPE, ["Authorization"] = authorization } }
end

-- answer { code_major = "success", operation =, message_ref =, description =, severity =, score = (of readResult; nil:
-- none yet), message_id = } -> text of the answer.
function M.answer(options)
  local own = "lti.outcomes.answer"
  check.options(own, options, { code_major = "string?", severity = "string?", description = "string?",
    message_ref = "string?", operation = "string?", score = "number?", message_id = "string?" })
  local message = { code_major = options.code_major or "success", severity = options.severity, score = options.score,
    operation = options.operation, message_ref = options.message_ref, description = options.description,
    message_id = options.message_id or oauth1.nonce() }
  if not CODES[message.code_major] then
    check.fail(own, "code_major must be success, processing, failure or unsupported")
  elseif message.severity and not SEVERITIES[message.severity] then
    check.fail(own, "severity must be status, warning or error")
  elseif message.score then
    check_score(own, message.score)
  end
  for _, name in ipairs { "description", "message_ref", "operation", "message_id" } do
    check_text(own, name, message[name] or "", true)
  end
  return envelope.answer(message)
end

-- parse(body) -> message of a request or an answer; or nil, reason, words, and what could be read of it. See
-- outcomes_envelope.lua.
M.parse = envelope.parse

-- ---------------------------------------------------------------------------------------------------
-- What waits is loaded when it is used: the sandbox's Lua state has none of it

-- receiver { lookup = function(key) -> secret | nil, nonces = (a store; in memory without), replace =
-- function(sourcedid, score, request), read = function(sourcedid, request) -> score | nil, delete =
-- function(sourcedid, request), window = 300, signature_method = } -> a handler for http.serve.
-- request.outcome has message_id, key, operation and score_text. A callback that returns `false, text` refuses: the
-- text is the description that the tool reads. One that raises is answered as a failure, and logged. Without a
-- callback its operation is unsupported.
function M.receiver(options)
  return require("beadle.lti.outcomes_receiver")(options)
end

-- replace { url =, sourcedid =, score =, key =, secret =, timeout =, retry =, ca_file =, signature_method = } -> the
-- platform's answer: { code_major =, description =, message_id =, message_ref = }. code_major is "success", or
-- "processing" where the platform has taken it and does it later. Raises `rejected`
-- with the platform's description and, as `code`, its code_major, where it refuses.
function M.replace(options)
  return require("beadle.lti.outcomes_sender").replace(options)
end

-- read { the same without score } -> the score, or nil when there is none yet.
function M.read(options)
  return require("beadle.lti.outcomes_sender").read(options)
end

-- delete { the same without score } -> the platform's answer.
function M.delete(options)
  return require("beadle.lti.outcomes_sender").delete(options)
end

return M
