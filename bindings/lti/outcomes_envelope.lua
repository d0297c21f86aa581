-- SPDX-License-Identifier: MIT
-- beadle.lti.outcomes_envelope: the messages of the Basic Outcome Service as text, written and read. Nothing here
-- waits, so the sandbox uses it too. Source: "LTI Basic Outcomes" 1.1, "Request" and "Response"; "LTI Implementation
-- Guide" 1.1, "Basic Outcome Service".

local xml = require "beadle.lti.xml"

local M = {}

local NAMESPACE = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"

M.OPERATIONS = { "replaceResult", "readResult", "deleteResult" }

local KNOWN = {}
for _, name in ipairs(M.OPERATIONS) do
  KNOWN[name] = true
end

-- ---------------------------------------------------------------------------------------------------
-- Grades as text: decimal, with a dot, from 0 to 1

-- read_score(text) -> number; or nil, "missing_score", "not_a_number" or "out_of_range". Neither sign nor exponent;
-- digits that a float does not hold count as well: 1.00000000000000000001 is out of range.
function M.read_score(text)
  local whole, dot, fraction = text:match "^(%d*)(%.?)(%d*)$"
  if text == "" then
    return nil, "missing_score"
  elseif not whole or whole == "" and fraction == "" then
    return nil, "not_a_number"
  end
  whole = whole:gsub("^0+", "")
  if whole ~= "" and (whole ~= "1" or fraction:find "[^0]") then
    return nil, "out_of_range"
  end
  return tonumber("0" .. whole .. dot .. fraction) + 0.0
end

-- score_text(number from 0 to 1) -> the shortest text that is read back as the same number, without an exponent: what
-- is below 1e-17 becomes 0.0.
function M.score_text(score)
  local text = ("%.14g"):format(score)
  text = tonumber(text) == score and text or ("%.17g"):format(score)
  if text:find "e" then
    text = ("%.17f"):format(score):gsub("0+$", "")
  end
  if not text:find "%." then
    return text .. ".0"
  end
  return (text:gsub("%.$", ".0"))
end

-- ---------------------------------------------------------------------------------------------------
-- Writing

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;",
  ["\r"] = "&#13;" }

-- can_be_written(text): whether XML has all its characters: UTF-8 without control characters and the two
-- noncharacters ("Extensible Markup Language" 1.0, "Characters").
function M.can_be_written(text)
  return utf8.len(text) ~= nil and not text:find "[%z\1-\8\11\12\14-\31]" and not text:find "\xEF\xBF[\xBE\xBF]"
end

-- escape(text) -> text that stands in an element or an attribute.
function M.escape(text)
  return (text:gsub("[&<>\"'\r]", ESCAPES))
end

local REQUEST = [[
<?xml version="1.0" encoding="UTF-8"?>
<imsx_POXEnvelopeRequest xmlns="%s">
  <imsx_POXHeader>
    <imsx_POXRequestHeaderInfo>
      <imsx_version>V1.0</imsx_version>
      <imsx_messageIdentifier>%s</imsx_messageIdentifier>
    </imsx_POXRequestHeaderInfo>
  </imsx_POXHeader>
  <imsx_POXBody>
    <%sRequest>
      <resultRecord>
        <sourcedGUID>
          <sourcedId>%s</sourcedId>
        </sourcedGUID>%s
      </resultRecord>
    </%sRequest>
  </imsx_POXBody>
</imsx_POXEnvelopeRequest>
]]

local RESULT = [[

        <result>
          <resultScore>
            <language>en</language>
            <textString>%s</textString>
          </resultScore>
        </result>]]

-- request { operation =, message_id =, sourcedid =, score = (of replaceResult) } -> text. The caller has checked the
-- values.
function M.request(message)
  local result = message.score and RESULT:format(M.score_text(message.score)) or ""
  return REQUEST:format(NAMESPACE, M.escape(message.message_id), message.operation, M.escape(message.sourcedid),
    result, message.operation)
end

local ANSWER = [[
<?xml version="1.0" encoding="UTF-8"?>
<imsx_POXEnvelopeResponse xmlns="%s">
  <imsx_POXHeader>
    <imsx_POXResponseHeaderInfo>
      <imsx_version>V1.0</imsx_version>
      <imsx_messageIdentifier>%s</imsx_messageIdentifier>
      <imsx_statusInfo>
        <imsx_codeMajor>%s</imsx_codeMajor>
        <imsx_severity>%s</imsx_severity>
        <imsx_description>%s</imsx_description>
        <imsx_messageRefIdentifier>%s</imsx_messageRefIdentifier>
        <imsx_operationRefIdentifier>%s</imsx_operationRefIdentifier>
      </imsx_statusInfo>
    </imsx_POXResponseHeaderInfo>
  </imsx_POXHeader>
  <imsx_POXBody>%s</imsx_POXBody>
</imsx_POXEnvelopeResponse>
]]

local READ_ANSWER = [[

    <readResultResponse>
      <result>
        <resultScore>
          <language>en</language>
          <textString>%s</textString>
        </resultScore>
      </result>
    </readResultResponse>
  ]]

local function answer_body(message)
  if message.operation == "readResult" and message.code_major == "success" then
    return READ_ANSWER:format(message.score and M.score_text(message.score) or "")
  elseif KNOWN[message.operation] then
    return ("\n    <%sResponse></%sResponse>\n  "):format(message.operation, message.operation)
  end
  return ""
end

local SEVERITY = { success = "status", processing = "status", failure = "error", unsupported = "error" }

-- answer { message_id =, code_major =, severity =?, description =?, message_ref =?, operation =?, score =? } -> text.
function M.answer(message)
  return ANSWER:format(NAMESPACE, M.escape(message.message_id), message.code_major,
    message.severity or SEVERITY[message.code_major], M.escape(message.description or ""),
    M.escape(message.message_ref or ""), M.escape(message.operation or ""), answer_body(message))
end

-- ---------------------------------------------------------------------------------------------------
-- Reading

-- What is wrong with a message, in words.
M.WORDS = {
  not_an_envelope = "it is no message of the Basic Outcome Service",
  missing_header = "it has no header",
  missing_message_id = "it has no imsx_messageIdentifier",
  duplicate_element = "an element stands twice that may stand once",
  no_operation = "it names no operation",
  several_operations = "it names more than one operation",
  missing_sourcedid = "it has no sourcedId",
  missing_score = "it has no score",
  not_a_number = "the score is no number: decimal digits with a dot, from 0 to 1",
  out_of_range = "score out of range: it must be from 0 to 1",
  missing_status = "it has no imsx_codeMajor",
  unknown_status = "its imsx_codeMajor is none of success, processing, failure and unsupported",
}

-- The element at the end of a path of names; nil where one is missing. Sets faults.duplicate where one stands twice.
-- Children of other namespaces and names are passed over.
local function at(element, faults, ...)
  for _, name in ipairs { ... } do
    local found
    for _, child in ipairs(element or {}) do
      if child.name == name and child.namespace == element.namespace then
        faults.duplicate = faults.duplicate or found ~= nil
        found = found or child
      end
    end
    element = found
  end
  return element
end

local function text_at(element, faults, ...)
  local found = at(element, faults, ...)
  return found and found.text:match "^%s*(.-)%s*$" or ""
end

local function fail(reason, message)
  return nil, reason, M.WORDS[reason], message
end

local function operation_of(body)
  local operation
  for _, child in ipairs(body or {}) do
    if child.namespace == body.namespace then
      if operation then
        return nil, "several_operations"
      end
      operation = child
    end
  end
  return operation, not operation and "no_operation" or nil
end

-- Completes the message of a replaceResult. Gives a reason, or nothing.
local function take_score(message, record, faults)
  message.score_text = text_at(record, faults, "result", "resultScore", "textString")
  message.language = text_at(record, faults, "result", "resultScore", "language")
  if faults.duplicate then
    return "duplicate_element"
  end
  local reason
  message.score, reason = M.read_score(message.score_text)
  return reason
end

local function read_request(root)
  local faults, message = {}, { kind = "request" }
  message.message_id = text_at(root, faults, "imsx_POXHeader", "imsx_POXRequestHeaderInfo", "imsx_messageIdentifier")
  local element, wrong = operation_of(at(root, faults, "imsx_POXBody"))
  if faults.duplicate then
    return fail("duplicate_element", message)
  elseif message.message_id == "" then
    return fail("missing_message_id", message)
  elseif not element then
    return fail(wrong, message)
  end
  message.operation = element.name:gsub("Request$", "")
  message.is_known = KNOWN[message.operation] == true and element.name == message.operation .. "Request"
  if not message.is_known then
    return message
  end
  local record = at(element, faults, "resultRecord")
  message.sourcedid = text_at(record, faults, "sourcedGUID", "sourcedId")
  local reason = message.sourcedid == "" and "missing_sourcedid"
    or message.operation == "replaceResult" and take_score(message, record, faults)
  reason = faults.duplicate and "duplicate_element" or reason
  if reason then
    return fail(reason, message)
  end
  return message
end

local function read_answer(root)
  local faults = {}
  local header = at(root, faults, "imsx_POXHeader", "imsx_POXResponseHeaderInfo")
  local status = at(header, faults, "imsx_statusInfo")
  local message = { kind = "answer", message_id = text_at(header, faults, "imsx_messageIdentifier"),
    code_major = text_at(status, faults, "imsx_codeMajor"):lower(),
    severity = text_at(status, faults, "imsx_severity"):lower(),
    description = text_at(status, faults, "imsx_description"),
    message_ref = text_at(status, faults, "imsx_messageRefIdentifier"),
    operation = text_at(status, faults, "imsx_operationRefIdentifier"),
    score_text = text_at(root, faults, "imsx_POXBody", "readResultResponse", "result", "resultScore", "textString") }
  if faults.duplicate then
    return fail("duplicate_element", message)
  elseif message.code_major == "" then
    return fail("missing_status", message)
  elseif not SEVERITY[message.code_major] then
    return fail("unknown_status", message)
  end
  if message.score_text ~= "" and message.code_major == "success" then
    local reason
    message.score, reason = M.read_score(message.score_text)
    if reason then
      return fail(reason, message)
    end
  end
  return message
end

-- parse(body) -> message; or nil, a reason (one word), words, and of a message whose rest could be read, that.
-- A request: { kind = "request", operation = "replaceResult", is_known =, message_id =, sourcedid =, score =,
-- score_text =, language = }. Of an operation that is not known, operation and message_id only.
-- An answer: { kind = "answer", code_major =, severity =, description =, message_id =, message_ref =, operation =,
-- score = (nil: none), score_text = }.
-- Reasons are those of beadle.lti.xml, and the names in WORDS. Whatever else stands in a message is passed over.
-- An answer's namespace is not compared: our assumption, some platforms use that of a draft.
function M.parse(body)
  local root, reason, words = xml.read(body)
  if not root then
    return nil, reason, words
  elseif root.name == "imsx_POXEnvelopeRequest" and root.namespace == NAMESPACE then
    return read_request(root)
  elseif root.name == "imsx_POXEnvelopeResponse" then
    return read_answer(root)
  end
  return fail "not_an_envelope"
end

return M
