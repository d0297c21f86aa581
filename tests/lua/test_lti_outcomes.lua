-- SPDX-License-Identifier: MIT
-- beadle.lti.outcomes without a network: messages written and read, signatures, and what the receiver answers. The
-- network is in tests/lua/net/test_lti_outcomes.lua.

local cases = require "outcome_cases"
local fs = require "beadle.fs"
local json = require "beadle.json"
local log = require "beadle.log"
local nonces = require "beadle.lti.nonces"
local oauth1 = require "beadle.lti.oauth1"
local outcomes = require "beadle.lti.outcomes"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local FIXTURES = "tests/fixtures/lti/"
local URL = "http://lms.example.org/outcomes"
local KEY, SECRET = "outcome-test-key", "outcome-test-secret"

local function sign(body, change)
  local options = { url = URL, body = body, key = KEY, secret = SECRET }
  for name, value in pairs(change or {}) do
    options[name] = value
  end
  return { method = "POST", url = URL, body = body,
    headers = { ["content-type"] = "application/xml", authorization = oauth1.sign_body(options) } }
end

-- A receiver over a table of grades, and the table.
local function gradebook(change)
  local grades, seen = {}, {}
  local options = { lookup = function(key) return key == KEY and SECRET or nil end,
    replace = function(sourcedid, score, request)
      grades[sourcedid] = score
      seen[#seen + 1] = request.outcome
    end,
    read = function(sourcedid) return grades[sourcedid] end,
    delete = function(sourcedid) grades[sourcedid] = nil end }
  for name, value in pairs(change or {}) do
    options[name] = value or nil
  end
  return outcomes.receiver(options), grades, seen
end

local function request(operation, score, more)
  local options = { operation = operation, url = URL, key = KEY, secret = SECRET, sourcedid = "s-1", score = score }
  for name, value in pairs(more or {}) do
    options[name] = value
  end
  local made = outcomes.request(options)
  return { method = "POST", url = made.url, body = made.body,
    headers = { ["content-type"] = made.headers["Content-Type"], authorization = made.headers.Authorization } },
    made
end

-- The answer of a receiver, which must be a message with HTTP 200.
local function answer_of(receiver, made)
  local response = receiver(made)
  equal(response.status, 200)
  equal(response.headers["Content-Type"], "application/xml")
  return test.truthy(outcomes.parse(response.body))
end

describe("a request", function()
  it("is signed as openssl signs it", function()
    local vector = json.decode(fs.read(FIXTURES .. "outcome-signed.json"))
    local made = outcomes.request { operation = "replaceResult", url = vector.url, key = vector.key,
      secret = vector.secret, nonce = vector.nonce, timestamp = vector.timestamp, message_id = vector.message_id,
      sourcedid = vector.sourcedid, score = vector.score }
    equal(made.body, fs.read(FIXTURES .. vector.body_file))
    equal(made.headers.Authorization, vector.authorization)
    equal(made.headers["Content-Type"], "application/xml")
    equal(made.method, "POST")
    local signed = test.truthy(oauth1.verify { method = "POST", url = vector.url, body = made.body, nonces = false,
      authorization = vector.authorization, lookup = function() return vector.secret end, now = vector.timestamp })
    equal(signed.base_string, vector.base_string)
  end)

  it("is read back", function()
    for _, operation in ipairs { "replaceResult", "readResult", "deleteResult" } do
      local sourcedid = "a&b <\"'> é\u{1F600}\tx"
      local _, made = request(operation, operation == "replaceResult" and 0.125 or nil, { sourcedid = sourcedid })
      local message = outcomes.parse(made.body)
      equal(message.kind, "request")
      equal(message.operation, operation)
      equal(message.is_known, true)
      equal(message.message_id, made.message_id)
      equal(message.sourcedid, sourcedid)
      equal(message.score, operation == "replaceResult" and 0.125 or nil)
    end
  end)

  it("has an identifier that no other has", function()
    local seen = {}
    for _ = 1, 1000 do
      local _, made = request "readResult"
      test.falsy(seen[made.message_id])
      seen[made.message_id] = true
    end
  end)

  it("carries grades without an exponent, exactly", function()
    for _, score in ipairs { 0, 1, 0.0, 1.0, 0.1, 1 / 3, 0.1 + 0.2, 1e-5, 0.742, 1 - 2 ^ -53 } do
      local _, made = request("replaceResult", score)
      local text = made.body:match "<textString>(.-)</textString>"
      test.match(text, "^[01]%.%d+$")
      equal(outcomes.parse(made.body).score, score + 0.0)
    end
    local _, tiny = request("replaceResult", 1e-300)
    test.contains(tiny.body, "<textString>0.0</textString>")
  end)

  it("is refused before anything is made when it is wrong", function()
    local function refused(words, operation, score, more)
      test.contains(test.raises("argument", request, operation, score, more).message, words)
    end
    for _, score in ipairs { -0.1, 1.1, 0 / 0, 1 / 0 } do
      refused("from 0 to 1", "replaceResult", score)
    end
    refused("score", "replaceResult")
    refused("takes no score", "readResult", 0.5)
    refused("no operation \"replace\"", "replace", 0.5)
    refused("sourcedid", "readResult", nil, { sourcedid = "" })
    refused("sourcedid", "readResult", nil, { sourcedid = "a\0b" })
    refused("sourcedid", "readResult", nil, { sourcedid = "\xE9" })
    refused("message_id", "readResult", nil, { message_id = "\xEF\xBF\xBE" })
    refused("secret", "readResult", nil, { secret = 7 })
    test.contains(test.raises("argument", request, "readResult", nil, { sourced_id = "x" }).hint, "sourcedid")
  end)
end)

describe("a message of somebody else", function()
  it("is read, whatever its prefixes and extensions", function()
    local message = outcomes.parse(fs.read(FIXTURES .. "outcome-replace.xml"))
    equal(message.message_id, "vendor-message-17")
    equal(message.sourcedid, '{"course":3,"user":"é <7>"}')
    equal(message.score, 0.742)
    equal(message.score_text, "0.742")
    equal(message.language, "en")
  end)

  it("may be an answer", function()
    local message = outcomes.parse(fs.read(FIXTURES .. "outcome-answer-failure.xml"))
    equal(message.kind, "answer")
    equal(message.code_major, "failure")
    equal(message.description, "no such learner & no such course")
    equal(message.message_ref, "m-1")
  end)

  it("has its score", function()
    for _, case in ipairs(cases.scores) do
      local message, reason = outcomes.parse(cases.score(case[1]))
      equal(reason, nil)
      equal(message.score, case[2])
    end
  end)

  it("is refused by name when it is wrong", function()
    for _, list in ipairs { cases.failures, cases.no_messages } do
      for _, case in ipairs(list) do
        local message, reason, words = outcomes.parse(case[2])
        equal(message, nil)
        equal(reason, case[1])
        test.truthy(#words > 0)
      end
    end
  end)

  it("that was damaged is read or refused, and never more than that", function()
    local text, random = cases.message {}, 12345
    local function below(limit)
      random = (random * 1103515245 + 12345) & 0x7FFFFFFF
      return (random >> 8) % limit + 1
    end
    local tokens = { "0", "9", ".", "-", ",", "<", ">", "/", "&", ";", " ", "\n", "\0", "\xE9", "é", "<a/>", "&#0;",
      "" }
    local counts = { read = 0, refused = 0 }
    for _ = 1, 20000 do
      local damaged = text
      for _ = 1, below(3) do
        local at = below(#damaged)
        damaged = damaged:sub(1, at - 1) .. tokens[below(#tokens)] .. damaged:sub(at + below(2))
      end
      local message, reason = outcomes.parse(damaged)
      counts[message and "read" or "refused"] = counts[message and "read" or "refused"] + 1
      if message and message.is_known then
        test.truthy(message.message_id ~= "" and message.sourcedid ~= "")
        test.truthy(message.operation ~= "replaceResult" or message.score >= 0 and message.score <= 1)
      else
        test.truthy(message or type(reason) == "string")
      end
    end
    test.truthy(counts.read > 100)
    test.truthy(counts.refused > 1000)
  end)
end)

describe("an answer", function()
  it("is read back", function()
    local text = outcomes.answer { code_major = "failure", severity = "warning", description = "a <b> & \"c\"",
      message_ref = "m & 1", operation = "replaceResult", message_id = "r-1" }
    test.same(outcomes.parse(text), { kind = "answer", code_major = "failure", severity = "warning",
      description = "a <b> & \"c\"", message_ref = "m & 1", operation = "replaceResult", message_id = "r-1",
      score_text = "" })
  end)

  it("to readResult has the score, or an empty text", function()
    equal(outcomes.parse(outcomes.answer { operation = "readResult", score = 0.25 }).score, 0.25)
    local none = outcomes.answer { operation = "readResult" }
    test.contains(none, "<textString></textString>")
    equal(outcomes.parse(none).score, nil)
  end)

  it("cannot be made of what it does not know", function()
    test.raises("argument", outcomes.answer, { code_major = "fine" })
    test.raises("argument", outcomes.answer, { severity = "bad" })
    test.raises("argument", outcomes.answer, { description = "\1" })
    test.raises("argument", outcomes.answer, { operation = "readResult", score = 2 })
  end)

  it("is refused without a status, or with one that there is not", function()
    local text = outcomes.answer { operation = "readResult" }
    local _, reason = outcomes.parse((text:gsub("success", "fine")))
    equal(reason, "unknown_status")
    _, reason = outcomes.parse((text:gsub("<imsx_codeMajor>.-</imsx_codeMajor>", "")))
    equal(reason, "missing_status")
    _, reason = outcomes.parse((text:gsub("<textString>", "<textString>7")))
    equal(reason, "out_of_range")
  end)
end)

describe("a receiver", function()
  it("keeps, reads and clears a grade", function()
    local receiver, grades, seen = gradebook()
    local made, sent = request("replaceResult", 0.742)
    local answer = answer_of(receiver, made)
    equal(answer.code_major, "success")
    equal(answer.severity, "status")
    equal(answer.message_ref, sent.message_id)
    equal(answer.operation, "replaceResult")
    test.truthy(answer.message_id ~= "" and answer.message_id ~= sent.message_id)
    equal(grades["s-1"], 0.742)
    test.same(seen, { { message_id = sent.message_id, key = KEY, operation = "replaceResult", score_text = "0.742" } })
    equal(answer_of(receiver, request "readResult").score, 0.742)
    equal(answer_of(receiver, request "deleteResult").code_major, "success")
    equal(grades["s-1"], nil)
    local none = answer_of(receiver, request "readResult")
    equal(none.code_major, "success")
    equal(none.score, nil)
  end)

  it("takes the same message again", function()
    local receiver, grades = gradebook()
    for _ = 1, 3 do
      equal(answer_of(receiver, request("replaceResult", 0.5, { message_id = "m-1" })).code_major, "success")
    end
    equal(grades["s-1"], 0.5)
  end)

  it("answers wrong messages as failures, and calls nobody", function()
    local receiver, _, seen = gradebook()
    for _, case in ipairs(cases.failures) do
      local answer = answer_of(receiver, sign(case[2]))
      equal(answer.code_major, "failure")
      equal(answer.severity, "error")
      test.truthy(answer.description ~= "")
      equal(answer.message_ref, case[1] ~= "missing_message_id" and "m-1" or "")
    end
    equal(answer_of(receiver, sign(cases.score "1.1")).description, "score out of range: it must be from 0 to 1")
    equal(answer_of(receiver, sign(cases.score "1.1")).operation, "replaceResult")
    equal(#seen, 0)
  end)

  it("answers 400 to what is no message", function()
    local receiver = gradebook()
    for _, case in ipairs(cases.no_messages) do
      local response = receiver(sign(case[2]))
      equal(response.status, 400)
      test.contains(response.body, "no message")
    end
    equal(receiver(sign(outcomes.answer { operation = "readResult" })).status, 400)
  end)

  it("does not support what it does not know or was not given", function()
    local receiver = gradebook { delete = false }
    for _, operation in ipairs { "replaceGradesRequest", "replaceResult", "replaceresultRequest", "a" } do
      local answer = answer_of(receiver, sign(cases.message { operation = operation }))
      equal(answer.code_major, "unsupported")
      equal(answer.message_ref, "m-1")
    end
    equal(answer_of(receiver, sign(cases.message { operation = "replaceGradesRequest" })).operation, "replaceGrades")
    equal(answer_of(receiver, request "deleteResult").code_major, "unsupported")
  end)

  it("refuses with the words of its callbacks, and hides their errors", function()
    local refusing = gradebook { replace = function() return false, "the <course> is closed" end }
    local answer = answer_of(refusing, request("replaceResult", 1))
    equal(answer.code_major, "failure")
    equal(answer.description, "the <course> is closed")
    for _, fn in ipairs { function() error "password=hunter2" end,
      function() error(beadle.error.new { kind = "io", message = "password=hunter2" }) end,
      function() error { "password=hunter2" } end,
      function(x) return x.password.hunter2 end } do
      local failing = gradebook { replace = fn, read = fn, delete = fn }
      for _, made in ipairs { request("replaceResult", 1), request "readResult", (request "deleteResult") } do
        local response = failing(made)
        equal(response.status, 200)
        test.lacks(response.body, "hunter2")
        test.lacks(response.body, ".lua")
        equal(outcomes.parse(response.body).code_major, "failure")
      end
    end
    for _, score in ipairs { 2, -1, 0 / 0, "0.5" } do
      equal(answer_of(gradebook { read = function() return score end }, request "readResult").code_major, "failure")
    end
    local odd = gradebook { replace = function() return false, "\0" end }
    equal(answer_of(odd, request("replaceResult", 1)).description, "the platform refused it")
  end)

  it("lets a cancellation pass", function()
    local async = require "beadle.async"
    local receiver = gradebook { replace = function() async.sleep(60) end }
    test.raises("timeout", async.timeout, 0.01, receiver, (request("replaceResult", 1)))
  end)

  it("refuses what is no posted XML, before it looks at the signature", function()
    local receiver = gradebook()
    local function status(change)
      local made = request("replaceResult", 1)
      made.headers.authorization = nil
      for name, value in pairs(change) do
        made[name] = value
      end
      return receiver(made)
    end
    equal(status { method = "GET" }.status, 405)
    equal(status { method = "GET" }.headers.Allow, "POST")
    equal(status { body = (" "):rep(65537) }.status, 413)
    for _, kind in ipairs { "text/html", "application/x-www-form-urlencoded", "application/json", "",
      "application/xml; charset=ISO-8859-1", "application/xmlx", "text/xml;charset=utf-16" } do
      equal(status { headers = { ["content-type"] = kind } }.status, 415)
    end
    equal(status { headers = {} }.status, 415)
    for _, kind in ipairs { "application/xml", "text/xml; charset=UTF-8", "Application/XML;charset=\"utf-8\"",
      "application/vnd.ims.lis+xml" } do
      equal(status { headers = { ["content-type"] = kind } }.status, 401)
    end
  end)

  it("writes no line into the log that others have made up", function()
    local receiver = gradebook { replace = function() error("no", 0) end }
    local warn, err, logged = log.warn, log.error, {}
    log.warn = function(text) logged[#logged + 1] = text end
    log.error = log.warn
    local made = request("replaceResult", 0.5, { key = "k\nbeadle: error: forged" })
    local other = request("replaceResult", 0.5, { sourcedid = "s\nbeadle: error: forged" })
    local ok, why = pcall(function()
      equal(receiver(made).status, 401)
      equal(receiver(other).status, 200)
    end)
    log.warn, log.error = warn, err
    assert(ok, why)
    equal(#logged, 2)
    for _, text in ipairs(logged) do
      equal(text:find "\nbeadle: error: forged", nil)
    end
  end)

  it("refuses wrong signatures with 401; the reason is logged", function()
    local receiver, grades = gradebook()
    local message = cases.message {}
    local function refused(reason, made)
      local warn, logged = log.warn, nil
      log.warn = function(text) logged = text end
      local response = receiver(made)
      log.warn = warn
      test.contains(logged, reason)
      equal(response.status, 401)
      equal(response.headers["WWW-Authenticate"], 'OAuth realm=""')
      equal(response.body, "the signature was refused\n")
      equal(next(grades), nil)
    end
    refused("unknown_key", sign(message, { key = "another" }))
    refused("bad_signature", sign(message, { secret = "another-secret" }))
    refused("bad_signature", sign(message, { url = URL .. "/x" }))
    refused("bad_signature", sign(message, { method = "PUT" }))
    refused("stale_timestamp", sign(message, { timestamp = os.time() - 301 }))
    refused("future_timestamp", sign(message, { timestamp = os.time() + 330 }))
    refused("wrong_method", sign(message, { signature_method = "HMAC-SHA256" }))
    local changed = sign(message)
    changed.body = message:gsub("0%.5", "1.0")
    refused("wrong_body_hash", changed)
    local bare = sign(message)
    bare.headers.authorization = nil
    refused("missing_authorization", bare)
    bare.headers.authorization = "Bearer abc"
    refused("malformed_authorization", bare)
    local hashless = sign(message)
    hashless.headers.authorization = hashless.headers.authorization:gsub("oauth_body_hash=\"[^\"]*\",", "")
    refused("missing_body_hash", hashless)
    local twice = sign(message)
    twice.headers.authorization = twice.headers.authorization .. ',oauth_nonce="x"'
    refused("duplicate_parameter", twice)
    local again = sign(message)
    equal(receiver(again).status, 200)
    grades["s-1"] = nil
    refused("replayed_nonce", again)
  end)

  it("has its own window, method and nonces", function()
    local store = nonces.open {}
    local receiver = gradebook { window = 1000, signature_method = "HMAC-SHA256", nonces = store }
    local made = sign(cases.message {}, { timestamp = os.time() - 600, signature_method = "HMAC-SHA256",
      nonce = "n-1" })
    equal(receiver(made).status, 200)
    equal(receiver(made).status, 401)
    equal(store:use(KEY, "n-1", os.time() + 10), false)
  end)

  it("knows its options", function()
    test.contains(test.raises("argument", outcomes.receiver, { lookup = print, replcae = print }).hint, "replace")
    test.raises("argument", outcomes.receiver, {})
  end)
end)

test.run()
