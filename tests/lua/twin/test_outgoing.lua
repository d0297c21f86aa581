-- SPDX-License-Identifier: MIT
-- What simulated vendors ask of others: calls that they make, and pages that they fetch before they answer. With the
-- made-up vendor of tests/vendor/twin, in process and over HTTP, against the test server.

local async = require "beadle.async"
local gate = require "beadle.gate"
local http = require "beadle.http"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local server = "http://127.0.0.1:" .. os.getenv "BEADLE_TEST_PORT"
local served = ("http://127.0.0.1:%d"):format(require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 })
local works = sandbox.works

local function query(fields)
  local list = {}
  for name, value in pairs(fields) do
    list[#list + 1] = name .. "=" .. value:gsub("[^%w]", function(c) return ("%%%02X"):format(c:byte()) end)
  end
  return table.concat(list, "&")
end

-- Waits until `count` calls of the vendor have ended; gives all.
local function ended(count)
  while true do
    local calls, over = works.calls(), 0
    for _, call in ipairs(calls) do
      over = over + (call.state == "under way" and 0 or 1)
    end
    if over >= count then
      return calls
    end
    async.sleep "2 ms"
  end
end

local function log_of(mark)
  return http.get(server .. "/_log?contains=" .. mark):json()
end

test.before_each(sandbox.reset)

local function fetches(base)
  local function ask(path, fields, options)
    return http.get(base .. path .. "?" .. query(fields), options)
  end

  it("comes before the answer", function()
    local answer = ask("/fetch", { url = server .. "/json?a=1", mark = "m1" })
    equal(answer.status, 200)
    test.match(answer.body, "^/fetch m1 200 {")
    test.contains(answer.headers["x-type"], "json")
    local calls = works.calls()
    same({ #calls, calls[1].state, calls[1].status, calls[1].fetch, calls[1].method },
      { 1, "done", 200, true, "GET" })
    test.contains(calls[1].answer, "{")
    equal(works.counts().build, 1)
    equal(works.requests()[1].status, 200)
  end)

  it("may be followed by another", function()
    local answer = ask("/two", { first = server .. "/json?first", second = server .. "/fault/close-without-answer" })
    test.match(answer.body, "^200 {.*} nil | nil nil .*closed without an answer")
    equal(works.calls()[2].state, "failed")
  end)

  it("goes to this machine only", function()
    local answer = ask("/fetch", { url = "https://example.org/jwks" })
    test.contains(answer.body, "nil nil the sandbox calls this machine only")
  end)

  it("of what is no address fails", function()
    test.contains(ask("/fetch", { url = "nonsense" }).body, "this machine only")
  end)

  it("that the vendor cannot go on from is an answer", function()
    local answer = ask("/broken", { url = server .. "/json" })
    equal(answer.status, 500)
    test.contains(answer.body, "the sandbox failed")
    equal(ask("/fetch", { url = server .. "/json" }).status, 200)
  end)

  it("that nobody waits for is made all the same", function()
    equal(ask("/aside", { url = server .. "/json?aside" }).body, "at once")
    equal(ended(1)[1].state, "done")
  end)

  it("meets the faults that a test asked for", function()
    local url = { url = server .. "/json?faults" }
    works.fault { kind = "lost reply" }
    test.raises("network", http.post, base .. "/fetch?" .. query(url)) -- a GET may be sent again
    equal(#works.seen(), 1) -- it was done all the same
    works.fault { kind = "cut", keep = 3 }
    equal(ask("/fetch", url).body, "/fe")
    works.fault { kind = "status", status = 503 }
    equal(ask("/fetch", url, { retry = false }).status, 503)
    equal(#works.seen(), 2) -- the third never came so far
    works.fault { kind = "slow", delay = 0.02 }
    equal(ask("/fetch", url).status, 200)
  end)

  it("does not keep other requests", function()
    local slow = async.spawn(ask, "/fetch", { url = server .. "/json/delay/300", mark = "slow" })
    local answers = async.map({ 1, 2, 3, 4, 5, 6, 7, 8 }, { concurrency = 8 }, function(number)
      return ask("/fetch", { url = server .. "/json?n=" .. number, mark = "m" .. number }).body
    end)
    for number, body in ipairs(answers) do
      test.contains(body, ("/fetch m%d 200"):format(number))
    end
    slow:cancel()
  end)

  it("goes on when the client has left", function()
    local client = async.spawn(beadle.try, ask, "/fetch", { url = server .. "/json/delay/60", mark = "left" })
    while #works.calls() == 0 do
      async.sleep "2 ms"
    end
    client:cancel()
    ended(1)
    same(works.seen(), { "left" })
    equal(ask("/fetch", { url = server .. "/json" }).status, 200)
  end)

  it("has a time limit of the client's", function()
    local err = test.raises("timeout", ask, "/fetch", { url = server .. "/json/delay/400" },
      { timeout = "50 ms", retry = false })
    equal(err.status, nil)
    ended(1)
  end)

  it("is answered once, by the state of its end, when another state is put back", function()
    local number = works.snapshot()
    local client = async.spawn(ask, "/fetch", { url = server .. "/json/delay/60", mark = "across" })
    while #works.calls() == 0 do
      async.sleep "2 ms"
    end
    works.restore { snapshot = number }
    same(works.calls(), {})
    test.contains(client:wait().body, "/fetch across 200")
    same(works.seen(), { "across" })
    equal(#log_of "delay/60" > 0, true)
  end)
end

describe("a page that a vendor fetches", function() fetches "https://works.example" end)
describe("a page that a served vendor fetches", function() fetches(served) end)

describe("a call that a vendor makes", function()
  local function call(what)
    equal(http.post("https://works.example/call", { json = what }).status, 202)
    return ended(1)[1]
  end

  it("has a method, headers and a body", function()
    local made = call { method = "POST", url = server .. "/echo?mark=whole", body = "<é/>", operation = "outcome",
      headers = { ["Content-Type"] = "application/xml", ["X-Sent"] = "yes" } }
    same({ made.state, made.status, made.method, made.body, made.operation },
      { "done", 200, "POST", "<é/>", "outcome" })
    test.contains(made.answer, "<é/>")
    local seen = log_of "mark%3Dwhole"
    equal(#seen, 1)
    equal(seen[1].method, "POST")
    equal(made.headers["X-Sent"], "yes")
  end)

  it("is made once, whatever comes of it", function()
    local made = call { method = "POST", url = server .. "/fault/close-without-answer?once" }
    equal(made.state, "failed")
    test.contains(made.why, "closed without an answer")
    equal(#log_of "once", 1)
    call { url = server .. "/fault/status/503?key=busy" }
    local second = ended(2)[2]
    same({ second.state, second.status, second.why }, { "done", 503, nil })
  end)

  it("is made once when the state before it is put back while it is under way", function()
    works.call_later { url = server .. "/json/delay/40?fork", after = 0 }
    local number = works.snapshot() -- what is due happens first: the call is asked for and not made yet
    works.restore { snapshot = number }
    same(ended(1)[1].state, "done")
    equal(#log_of "fork", 1)
  end)

  it("is no doing of the script's", function()
    local told = {}
    local function note(effect, send)
      told[#told + 1] = effect.operation
      return send()
    end
    gate.with(note, call, { method = "POST", url = server .. "/echo?watched", body = "x" })
    same(told, { "http.request" }) -- the script's own POST, to the vendor
  end)

  it("leaves the machine never", function()
    for _, url in ipairs { "http://192.0.2.1/", "https://example.org/", "ftp://127.0.0.1/", "http://127.0.0.1.example/",
      "http://127.0.0.1@example.org/" } do
      sandbox.reset()
      local made = call { url = url }
      same({ made.state, made.why }, { "failed", "the sandbox calls this machine only" })
    end
  end)
end)

test.run()
