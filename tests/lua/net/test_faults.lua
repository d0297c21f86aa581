-- SPDX-License-Identifier: MIT
-- Every fault that the test server can play: what libcurl says of it, what the caller is told, and how
-- often the server sees the request. Five ways to call: beadle.http with GET and POST, and through the
-- catalogue a read, an effect that may be repeated, and one that may not.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local tiny = (os.getenv "BEADLE_TEST_OPTIONS" or ""):find("tiny-io", 1, true) ~= nil

-- An expectation: kind ("ok": no error), attempts, outcome of the effects.
local function expect(kind, attempts, outcome)
  return { kind = kind, attempts = attempts, outcome = outcome }
end

-- The connection failed after the request was sent: repeated where that is harmless, else in doubt.
local function doubt(kind)
  local again, once = expect(kind, 3, "unknown"), expect(kind, 1, "unknown")
  return { get = again, post = once, read = again, again = again, once = once }
end

-- The answer cannot be taken, and would be the same again.
local function wrong()
  local once = expect("decode", 1, "unknown")
  return { get = once, post = once, read = once, again = once, once = once }
end

-- Fine as HTTP, useless to the catalogue.
local function useless()
  local fine, once = expect("ok", 1), expect("decode", 1, "unknown")
  return { get = fine, post = fine, read = once, again = once, once = once }
end

-- It says that it was done, but lacks what a new candidate's answer has.
local function incomplete()
  local fine = expect("ok", 1)
  return { get = fine, post = fine, read = fine, again = fine, once = expect("decode", 1, "done") }
end

local function good()
  local fine = expect("ok", 1)
  return { get = fine, post = fine, read = fine, again = fine, once = fine }
end

-- Any status is an answer to beadle.http; the numbers say how often each way sends the request.
local function status(kind, outcome, repeated, once)
  return {
    get = expect("ok", repeated), post = expect("ok", once),
    read = expect(kind, repeated, outcome), again = expect(kind, repeated, outcome),
    once = expect(kind, once, outcome),
  }
end

local function unsent(kind, attempts)
  local none = expect(kind, attempts, "none")
  return { get = none, post = none, read = none, again = none, once = none }
end

-- path; libcurl's code, 0 when it sees nothing wrong, nil when it is ended by us; what is expected.
-- early: the server records the request before its body. large: too much for one byte at a time. apart: what
-- it sends too much may come when the connection already carries another request, so that is none of ours.
-- limit: the time that one exchange may take.
local faults = {
  -- The connection
  { "reset-before-answer", 56, doubt "network" },
  { "reset-mid-body", 56, doubt "network" },
  { "close-without-answer", 52, doubt "network" },
  { "accept-then-silence", 28, doubt "timeout", limit = "1 s" },
  { "stall-upload", 28, doubt "timeout", limit = "1 s", early = true },
  { "early-413", 0, status("rejected", "none", 1, 1), early = true },
  { "answer-late/50", 0, incomplete() },
  { "other-answer", 0, incomplete() },
  -- Framing
  { "short-body", 18, doubt "network" },
  { "long-body", 0, good(), apart = true },
  { "two-content-lengths", nil, wrong() },
  { "two-content-lengths/300/200", nil, wrong() },
  { "two-content-lengths/200/200", 0, good() },
  { "negative-content-length", 8, wrong() },
  { "word-content-length", 8, wrong() },
  { "nul-in-header", 8, wrong() },
  { "header-without-colon", 8, wrong() },
  { "length-and-chunked", 0, good() },
  { "chunked", 0, good() },
  { "chunked-cut", 18, doubt "network" },
  { "chunked-no-final", 18, doubt "network" },
  { "bad-chunk-size", 56, wrong() },
  { "no-length-close", 0, good() },
  { "no-length-cut", 0, useless() },
  { "http09", 1, wrong() },
  { "garbage", 1, wrong() },
  { "wrong-version", 1, wrong() },
  { "header-huge", 27, wrong(), large = true },
  { "headers-many", nil, wrong(), large = true },
  { "header-drip", 28, doubt "timeout", limit = "1 s" },
  { "body-drip", 28, doubt "timeout", limit = "1 s" },
  { "informational/20", 0, good() },
  { "informational/21", nil, wrong() },
  { "informational", nil, wrong() },
  { "body-on-204", 0, useless(), apart = true },
  -- Packing
  { "gzip", 0, good() },
  { "gzip-members", 0, good() },
  { "deflate", 0, good() },
  { "deflate/raw", nil, wrong() },
  { "gzip-bomb", nil, wrong(), large = true },
  { "gzip-cut", 0, doubt "network" },
  { "gzip-broken", nil, wrong() },
  { "gzip-bad-crc", nil, wrong() },
  { "gzip-trailing", nil, wrong() },
  { "unknown-encoding", nil, wrong() },
  { "encodings-7", nil, wrong() },
  -- Content
  { "html-200", 0, useless() },
  { "empty-200", 0, useless() },
  { "wrong-type", 0, useless() },
  { "wrong-charset", 0, good() },
  { "json-bom", 0, useless() },
  { "json-latin1", 0, useless() },
  { "json-deep", 0, useless(), large = true },
  { "json-huge", nil, wrong(), large = true },
  { "json-long-number", 0, useless() },
  { "json-half", 0, useless() },
  { "json-duplicate-keys", 0, useless() },
  -- Statuses
  { "status/400", 0, status("rejected", "none", 1, 1) },
  { "status/403", 0, status("permission", "none", 1, 1) },
  { "status/404", 0, status("not_found", "none", 1, 1) },
  { "status/409", 0, status("conflict", "none", 1, 1) },
  { "status/410", 0, status("not_found", "none", 1, 1) },
  { "status/413", 0, status("rejected", "none", 1, 1) },
  { "status/422", 0, status("rejected", "none", 1, 1) },
  { "status/408", 0, status("rejected", "none", 3, 3) },
  { "status/425", 0, status("rejected", "none", 3, 3) },
  { "status/429", 0, status("rate_limit", "none", 3, 3) },
  { "status/500", 0, status("server", "unknown", 3, 1) },
  { "status/501", 0, status("server", "unknown", 1, 1) },
  { "status/502", 0, status("server", "unknown", 3, 1) },
  { "status/503", 0, status("server", "unknown", 3, 1) },
  { "status/504", 0, status("server", "unknown", 3, 1) },
  { "status/101", nil, wrong() },
  { "status/304", 0, useless() },
  { "redirect", 0, useless() },
}

local ways = { "get", "post", "read", "again", "once" }

-- Each way has a host of its own, so that all do not pay for retries from one bucket: these are five ways
-- to write 127.0.0.1.
local hosts = {
  get = "127.1", post = "127.0.1", read = "127.0.0.1", again = "0x7f.1", once = "2130706433",
}

local function profile_of(fault, way)
  return ("%s-%s"):format(fault.name, way)
end

local function address(fault, way, marker)
  local path = fault.early and ("%s/%d"):format(fault[1], marker) or fault[1]
  return ("http://%s:%s/fault/%s"):format(hosts[way], fault.port, path)
end

local profiles = {}
local chosen = {}
for i, fault in ipairs(faults) do
  fault.name, fault.markers = fault[1], {}
  fault.port = fault.apart and support.serve(table.unpack(tiny and { "--tiny-io", "1" } or {})) or support.port
  if not (tiny and fault.large) then
    chosen[#chosen + 1] = fault
  end
  for k, way in ipairs(ways) do
    fault.markers[way] = 1000000 + i * 10 + k
    local more = { base_url = address(fault, way, fault.markers[way]), timeout = fault.limit }
    profiles[profile_of(fault, way)] = support.settings("", more)
  end
end

-- A port that nobody listens on.
local closed, stop = support.serve()
stop()
local refused = { "refused", 7, unsent("network", 3) }
local nowhere = { "nowhere", 6, unsent("network", 3) }
profiles.refused = support.settings("", { base_url = ("http://127.0.0.1:%s"):format(closed) })
profiles.nowhere = support.settings("", { base_url = "https://no..such..host" })
support.configure(profiles)

local calls = {}

-- With beadle.http the time limit covers everything, so the retries of a fault with a limit need more.
function calls.get(url, _, marker, limit)
  return http.get(("%s?marker=%d"):format(url, marker), { timeout = limit })
end

function calls.post(url, _, marker, limit)
  return http.post(url, { form = { marker = marker }, timeout = limit })
end

function calls.read(_, profile, marker)
  return isograd.client { profile = profile }.get_test_status { pla_tst_id = marker }
end

function calls.again(_, profile, marker)
  return isograd.client { profile = profile }.update_candidate { can_id = marker, fst_nam = "Ada" }
end

function calls.once(_, profile, marker)
  return isograd.client { profile = profile }.create_candidate {
    gen_id = 3, ema = ("m%d@example.org"):format(marker), fst_nam = "Ada", lst_nam = "Lovelace",
  }
end

-- What happened, in the words of an expectation.
local function perform(way, ...)
  local ok, result = pcall(calls[way], ...)
  if ok then
    return { kind = "ok" }
  end
  -- The server's usual answer is one to create_candidate.
  if way == "read" and result.kind == "decode" and result.message:find("it lacks sta_id", 1, true) then
    return { kind = "ok" }
  end
  return result
end

local function check(fault, way, got)
  local expected = fault[3][way]
  local label = ("%s, %s: "):format(fault.name, way)
  local function same(what, actual, wanted)
    if actual ~= wanted then
      error(("%sexpected %s %s, got %s (%s)"):format(label, what, wanted, actual, tostring(got)), 0)
    end
  end
  local attempts = expected.attempts
  if way == "get" and fault.limit then
    attempts = got.attempts -- the limit is that of all attempts together
  end
  same("kind", got.kind, expected.kind)
  if got.kind ~= "ok" then
    same("attempts", got.attempts, attempts)
    local is_effect = way == "post" or way == "again" or way == "once"
    same("outcome", got.outcome, is_effect and expected.outcome or nil)
    same("operation", got.operation, way == "read" and "isograd.get_test_status"
      or way == "again" and "isograd.update_candidate"
      or way == "once" and "isograd.create_candidate" or "http.request")
  end
  local code = got.detail and tonumber(got.detail:match "%(libcurl (%d+)%)$")
  -- 55: it tried five kept connections, and each was being closed.
  if code and code ~= 55 and fault[2] then
    same("libcurl's code", code, fault[2])
  end
  return attempts
end

-- The server's own count: what must not be sent twice was not, whatever we were told.
local function check_count(fault, way, attempts)
  local marker = fault.markers[way]
  local requests = support.count(tostring(marker), fault.port).requests
  if way == "post" or way == "once" then
    if requests ~= attempts then
      error(("%s, %s: the server saw it %d times instead of %d"):format(fault.name, way, requests, attempts), 0)
    end
  -- libcurl sends once more, uncounted, what was lost on a kept connection.
  elseif requests < attempts or requests > 2 * attempts then
    error(("%s, %s: the server saw it %d times in %d attempts"):format(fault.name, way, requests, attempts), 0)
  end
end

-- All of a kind at once: most of the time goes by between attempts.
local results = {}
local function perform_all(limited)
  async.scope(function()
    for _, fault in ipairs(chosen) do
      for _, way in ipairs((fault.limit ~= nil) == limited and ways or {}) do
        async.spawn(function()
          local marker = fault.markers[way]
          results[profile_of(fault, way)] =
            perform(way, address(fault, way, marker), profile_of(fault, way), marker, fault.limit)
        end)
      end
    end
  end)
end

-- Those with a limit before the crowd, which would keep them from being sent within it.
perform_all(true)
perform_all(false)

describe("a fault", function()
  for _, fault in ipairs(chosen) do
    it(fault.name, function()
      for _, way in ipairs(ways) do
        local attempts = check(fault, way, results[profile_of(fault, way)])
        check_count(fault, way, attempts)
      end
    end)
  end
end)

describe("a request that cannot leave", function()
  for _, fault in ipairs { refused, nowhere } do
    it("is certainly not done: " .. fault[1], function()
      fault.name = fault[1]
      local url = fault == refused and ("http://127.0.0.1:%s"):format(closed) or "https://no..such..host"
      async.all {
        function() check(fault, "get", perform("get", url, nil, 1)) end,
        function() check(fault, "post", perform("post", url, nil, 1)) end,
        function() check(fault, "read", perform("read", nil, fault.name, 1)) end,
        function() check(fault, "again", perform("again", nil, fault.name, 1)) end,
        function() check(fault, "once", perform("once", nil, fault.name, 1)) end,
      }
    end)
  end
end)

describe("an answer without a length", function()
  it("is marked", function()
    local whole = http.get(support.url .. "/fault/no-length-close")
    test.equal(whole.length_unknown, true)
    test.equal(#whole.body, 200)
    test.equal(http.get(support.url .. "/fault/no-length-cut").length_unknown, true)
    test.equal(http.get(support.url .. "/json").length_unknown, false)
    test.equal(http.get(support.url .. "/fault/chunked").length_unknown, false)
  end)
end)

describe("an oddity of a server", function()
  local oddities = {
    ["long-body"] = "an answer was longer than it said",
    ["length-and-chunked"] = "an answer gave both a length and chunks",
  }
  for path, words in pairs(oddities) do
    it("is said once a run: " .. path, function()
      local code, out, err = support.beadle { "-E", "-e", ([[
        for _ = 1, 5 do
          print(beadle.http.get(%q).status)
          beadle.async.sleep "20 ms"
        end
      ]]):format(support.url .. "/fault/" .. path) }
      test.equal(code, 0)
      test.equal(out, ("200\n"):rep(5))
      local _, times = err:gsub(words, "")
      -- What comes a byte at a time may come too late, when the connection is idle.
      test.truthy(times == 1 or tiny and times == 0)
    end)
  end
end)

describe("an upload", function()
  it("that is answered early with a refusal is refused, not in doubt", function()
    local answer = http.post(support.url .. "/fault/early-413/drain", { body = ("x"):rep(tiny and 1000 or 3000000) })
    test.equal(answer.status, 413)
  end)
end)

test.run()
