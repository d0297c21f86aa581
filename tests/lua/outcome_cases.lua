-- SPDX-License-Identifier: MIT
-- Messages of the Basic Outcome Service that are wrong, each with the reason it is refused for. Made from a right one.

local M = {}

local NAMESPACE = "http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0"

-- message { id =, operation =, sourced =, result =, namespace =, before = } -> text. Each part is XML, or "" for none.
function M.message(parts)
  local operation = parts.operation or "replaceResultRequest"
  local id = parts.id or "<imsx_messageIdentifier>m-1</imsx_messageIdentifier>"
  local result = parts.result
    or "<result><resultScore><language>en</language><textString>0.5</textString></resultScore></result>"
  local body = parts.body or ("<imsx_POXBody><%s><resultRecord><sourcedGUID>%s</sourcedGUID>%s</resultRecord></%s>"
    .. "</imsx_POXBody>"):format(operation, parts.sourced or "<sourcedId>s-1</sourcedId>", result, operation)
  return ("%s<imsx_POXEnvelopeRequest xmlns=\"%s\"><imsx_POXHeader><imsx_POXRequestHeaderInfo><imsx_version>V1.0"
    .. "</imsx_version>%s</imsx_POXRequestHeaderInfo></imsx_POXHeader>%s</imsx_POXEnvelopeRequest>"):format(
    parts.before or "", parts.namespace or NAMESPACE, id, body)
end

local function body(text)
  return M.message { body = ("<imsx_POXBody>%s</imsx_POXBody>"):format(text) }
end

local function score(text)
  return M.message { result = "<result><resultScore><textString>" .. text .. "</textString></resultScore></result>" }
end

-- Well-formed messages whose content is wrong: answered by a failure, with HTTP 200. {reason, text}
M.failures = {
  { "missing_message_id", M.message { id = "" } },
  { "missing_message_id", M.message { id = "<imsx_messageIdentifier> </imsx_messageIdentifier>" } },
  { "duplicate_element", M.message { id = ("<imsx_messageIdentifier>m-1</imsx_messageIdentifier>"):rep(2) } },
  { "no_operation", M.message { body = "<imsx_POXBody/>" } },
  { "no_operation", M.message { body = "" } },
  { "no_operation", body "<q:replaceResultRequest xmlns:q='urn:q'/>" },
  { "several_operations", body "<readResultRequest/><deleteResultRequest/>" },
  { "several_operations", body "<readResultRequest/><readResultRequest/>" },
  { "missing_sourcedid", M.message { sourced = "" } },
  { "missing_sourcedid", M.message { sourced = "<sourcedId/>" } },
  { "missing_sourcedid", M.message { operation = "readResultRequest", sourced = "<sourcedId> \n</sourcedId>" } },
  { "missing_sourcedid", M.message { sourced = "<q:sourcedId xmlns:q='urn:q'>s-1</q:sourcedId>" } },
  { "duplicate_element", M.message { sourced = "<sourcedId>s-1</sourcedId><sourcedId>s-2</sourcedId>" } },
  { "duplicate_element", M.message { operation = "deleteResultRequest",
    sourced = "<sourcedId>s-1</sourcedId></sourcedGUID><sourcedGUID><sourcedId>s-2</sourcedId>" } },
  { "duplicate_element", score "0</textString><textString>1" },
  { "missing_score", M.message { result = "" } },
  { "missing_score", M.message { result = "<result><resultData><text>0.5</text></resultData></result>" } },
  { "missing_score", score "" }, { "missing_score", score " " },
  { "not_a_number", score "0,5" }, { "not_a_number", score "5e-1" }, { "not_a_number", score "NaN" },
  { "not_a_number", score "-0" }, { "not_a_number", score "-0.1" }, { "not_a_number", score "+0.5" },
  { "not_a_number", score "inf" }, { "not_a_number", score "0x1" }, { "not_a_number", score "." },
  { "not_a_number", score "0.5.5" }, { "not_a_number", score "50%" }, { "not_a_number", score "0 .5" },
  { "not_a_number", score "0<b/>.5x" }, { "not_a_number", score "١" }, { "not_a_number", score "passed" },
  { "out_of_range", score "1.0000001" }, { "out_of_range", score "2" }, { "out_of_range", score "10.0" },
  { "out_of_range", score "1.00000000000000000000000000001" }, { "out_of_range", score(("9"):rep(400)) },
}

-- What is no message at all: HTTP 400. {reason, text}
M.no_messages = {
  { "empty", "" },
  { "not_well_formed", "score=0.5" },
  { "not_well_formed", "{\"score\":0.5}" },
  { "not_well_formed", M.message {}:sub(1, -2) },
  { "not_well_formed", M.message { id = "<imsx_messageIdentifier>&m;</imsx_messageIdentifier>" } },
  { "not_well_formed", M.message { id = "<imsx_messageIdentifier>\xE9</imsx_messageIdentifier>" } },
  { "not_an_envelope", "<html><body>0.5</body></html>" },
  { "not_an_envelope", M.message { namespace = "urn:another" } },
  { "doctype", M.message { before = "<!DOCTYPE imsx_POXEnvelopeRequest>" } },
  { "doctype", M.message { before = "<!DOCTYPE a [<!ENTITY s SYSTEM 'file:///etc/passwd'>]>",
    sourced = "<sourcedId>&s;</sourcedId>" } },
  { "doctype", M.message { before = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>",
    sourced = "<sourcedId>&b;</sourcedId>" } },
  { "encoding", M.message { before = "<?xml version='1.0' encoding='ISO-8859-1'?>" } },
  { "too_deep", M.message { sourced = ("<a>"):rep(40) .. ("</a>"):rep(40) } },
  { "too_many_elements", M.message { sourced = ("<a/>"):rep(1200) } },
  { "text_too_long", M.message { sourced = ("<sourcedId>%s</sourcedId>"):format(("s"):rep(17000)) } },
}

-- Scores that are right, and what they are. {text, number}
M.scores = {
  { "0", 0.0 }, { "1", 1.0 }, { "0.0", 0.0 }, { "1.0", 1.0 }, { "1.", 1.0 }, { ".5", 0.5 },
  { "0.742", 0.742 }, { "00.5", 0.5 }, { "0.92", 0.92 }, { " 0.5\n", 0.5 }, { "1.0000000000", 1.0 },
  { "0.<!-- -->5", 0.5 },
  { "<![CDATA[0.25]]>", 0.25 }, { "&#48;.5", 0.5 }, { "0.3333333333333333333333", 1 / 3 } }

M.score = score

return M
