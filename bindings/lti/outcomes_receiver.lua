-- SPDX-License-Identifier: MIT
-- The platform's side of the Basic Outcome Service: a handler for http.serve. Nobody's bytes are read as XML before
-- their signature is right.

local check = require "beadle.lti.check"
local error_value = require "beadle.error"
local envelope = require "beadle.lti.outcomes_envelope"
local log = require "beadle.log"
local nonces_of = require "beadle.lti.nonces"
local oauth1 = require "beadle.lti.oauth1"
local show = require "beadle.lti.show"

local OWN = "lti.outcomes.receiver"
local MOST_BYTES = 65536 -- what beadle.lti.xml reads; a message has about 1,000

local LONGEST_LOGGED = 200

-- What a tool reads where a callback has failed; why, stands in the log.
local FAILED = "the platform could not do it; it may be sent again"

-- ---------------------------------------------------------------------------------------------------
-- Answers

-- Of requests that are no messages.
local function plain(status, text, headers)
  headers = headers or {}
  headers["Content-Type"] = "text/plain; charset=utf-8"
  return { status = status, headers = headers, body = text .. "\n" }
end

local function pox(message, code_major, description, score)
  return { status = 200, headers = { ["Content-Type"] = "application/xml" }, body = envelope.answer {
    message_id = oauth1.nonce(), code_major = code_major, description = description, score = score,
    message_ref = message.message_id, operation = message.operation } }
end

-- ---------------------------------------------------------------------------------------------------
-- Before the message

local function is_xml(content_type)
  local name, rest = (content_type or ""):lower():match "^%s*([^;%s]+)%s*(.*)$"
  local charset = rest and rest:match "charset%s*=%s*\"?([^\";%s]*)"
  return (name == "application/xml" or name == "text/xml" or name ~= nil and name:find "^application/.+%+xml$" ~= nil)
    and (charset == nil or charset == "utf-8")
end

-- The answer to what cannot be a message, or nil.
local function wrong_request(request)
  if request.method ~= "POST" then
    return plain(405, "messages of the Basic Outcome Service are posted", { Allow = "POST" })
  elseif #(request.body or "") > MOST_BYTES then
    return plain(413, ("a message has at most %d bytes"):format(MOST_BYTES))
  elseif not is_xml(request.headers["content-type"]) then
    return plain(415, "the message must be application/xml in UTF-8")
  end
end

-- What others say, as it stands in the log: on the same line, and not all of what is long.
local function quoted(text)
  return ("\"%s\""):format(show.plain(#text > LONGEST_LOGGED and text:sub(1, LONGEST_LOGGED) .. "..." or text))
end

-- The consumer's key, or nil and the answer.
local function authenticate(self, request)
  local signed, reason, detail = oauth1.verify { method = "POST", url = request.url, body = request.body or "",
    authorization = request.headers.authorization, lookup = self.lookup, nonces = self.nonces, window = self.window,
    signature_method = self.signature_method }
  if signed then
    return signed.key
  end
  log.warn(("an outcome was refused: %s%s"):format(reason,
    detail.key and (" (key %s)"):format(quoted(detail.key)) or ""))
  -- Which reason it is helps who forges: it stands in the log only.
  return nil, plain(401, "the signature was refused", { ["WWW-Authenticate"] = 'OAuth realm=""' })
end

-- ---------------------------------------------------------------------------------------------------
-- The message

local CALLBACKS = { replaceResult = "replace", readResult = "read", deleteResult = "delete" }

local function call(self, message, request)
  local callback = self[CALLBACKS[message.operation]]
  if message.operation == "replaceResult" then
    return callback(message.sourcedid, message.score, request)
  end
  return callback(message.sourcedid, request)
end

local function check_read(score)
  if score ~= nil and not (type(score) == "number" and score >= 0 and score <= 1) then
    error(error_value.new { kind = "argument", operation = OWN, outcome = "none",
      message = ("read must give a score from 0 to 1, or nil, not %s"):format(tostring(score)) }, 0)
  end
  return score
end

-- What the callback says: true and the score, or false and why not.
local function perform(self, message, request)
  local result, words = call(self, message, request)
  if result == false then
    return false, type(words) == "string" and envelope.can_be_written(words) and words or "the platform refused it"
  end
  return true, message.operation == "readResult" and check_read(result) or nil
end

local function with_traceback(err)
  return error_value.is(err) and err or debug.traceback(tostring(err), 2)
end

-- The same, where the callback may raise. Cancellations go on: then there is no answer, and the tool sends again.
local function perform_safely(self, message, request)
  local passed, done, result = xpcall(perform, with_traceback, self, message, request)
  if passed then
    return done, result
  elseif error_value.is(done) then
    beadle.try(error, done, 0) -- raises what is a cancellation
  end
  log.error(("%s of the sourcedid %s failed: %s"):format(message.operation, quoted(message.sourcedid),
    tostring(done)))
  return false, FAILED
end

local function answer_to(self, message, request)
  if not message.is_known or not self[CALLBACKS[message.operation]] then
    return pox(message, "unsupported", "the operation is not supported")
  end
  local done, result = perform_safely(self, message, request)
  if not done then
    return pox(message, "failure", result)
  end
  return pox(message, "success", "done", result)
end

local function handle(self, request)
  local wrong = wrong_request(request)
  if wrong then
    return wrong
  end
  local key, refusal = authenticate(self, request)
  if not key then
    return refusal
  end
  local message, reason, words, part = envelope.parse(request.body)
  message = message or part
  if not message or message.kind ~= "request" then
    log.warn(("an outcome could not be read: %s"):format(reason or "an answer"))
    return plain(400, "no message: " .. (words or envelope.WORDS.not_an_envelope))
  elseif reason then
    log.warn(("an outcome was refused: %s"):format(reason))
    return pox(message, "failure", words)
  end
  request.outcome = { message_id = message.message_id, key = key, operation = message.operation,
    score_text = message.score_text }
  return answer_to(self, message, request)
end

return function(options)
  check.options(OWN, options, { lookup = "function", nonces = "table|userdata?", replace = "function?",
    read = "function?", delete = "function?", window = "number?", signature_method = "string?" })
  local self = { lookup = options.lookup, nonces = options.nonces or nonces_of.open {}, replace = options.replace,
    read = options.read, delete = options.delete, window = options.window,
    signature_method = options.signature_method }
  return function(request)
    return handle(self, request)
  end
end
