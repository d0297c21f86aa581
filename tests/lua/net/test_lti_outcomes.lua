-- SPDX-License-Identifier: MIT
-- Outcomes over real sockets: the sender and the receiver against each other, and the sender against answers that are
-- late, wrong or never come.

local support = require "support"
local async = require "beadle.async"
local fs = require "beadle.fs"
local gradebook = require "beadle.lti.gradebook"
local http = require "beadle.http"
local outcomes = require "beadle.lti.outcomes"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local KEY, SECRET = "outcome-net-key", "outcome-net-secret"

-- Serves one handler at /outcomes while fn(url) runs.
local function with_server(handler, fn)
  return async.scope(function()
    local server <close> = http.serve { routes = { ["POST /outcomes"] = handler } }
    return fn(server.url .. "/outcomes")
  end)
end

local function options(url, more)
  local all = { url = url, sourcedid = "course 3:user & 42", key = KEY, secret = SECRET }
  for name, value in pairs(more or {}) do
    all[name] = value
  end
  return all
end

local function receiver(change)
  local grades = {}
  local all = { lookup = function(key) return key == KEY and SECRET or nil end,
    replace = function(sourcedid, score)
      async.sleep "1 ms"
      grades[sourcedid] = score
    end,
    read = function(sourcedid) return grades[sourcedid] end,
    delete = function(sourcedid) grades[sourcedid] = nil end }
  for name, value in pairs(change or {}) do
    all[name] = value
  end
  return outcomes.receiver(all), grades
end

describe("a grade", function()
  it("is sent, read and cleared", function()
    local handler, grades = receiver()
    with_server(handler, function(url)
      equal(outcomes.read(options(url)), nil)
      local answer = outcomes.replace(options(url, { score = 0.742 }))
      equal(answer.code_major, "success")
      equal(answer.description, "done")
      test.truthy(answer.message_id ~= answer.message_ref)
      equal(grades["course 3:user & 42"], 0.742)
      equal(outcomes.read(options(url)), 0.742)
      outcomes.replace(options(url, { score = 1 }))
      equal(outcomes.read(options(url)), 1.0)
      outcomes.delete(options(url))
      equal(outcomes.read(options(url)), nil)
    end)
  end)

  it("goes to an address with a query, and through a proxy's", function()
    local handler = receiver()
    with_server(handler, function(url)
      equal(outcomes.replace(options(url .. "?course=3&name=a%20b", { score = 1 })).code_major, "success")
    end)
    async.scope(function()
      local server <close> = http.serve { origin = "https://lms.example.org",
        routes = { ["POST /outcomes"] = handler } }
      local made = outcomes.request { operation = "readResult", url = "https://lms.example.org/outcomes", key = KEY,
        secret = SECRET, sourcedid = "s" }
      local answer = http.post(("http://127.0.0.1:%d/outcomes"):format(server.port), { headers = made.headers,
        body = made.body })
      equal(answer.status, 200)
    end)
  end)

  it("is kept 300 times at once, each in its row", function()
    local path = os.tmpname() .. ".csv"
    local book <close> = gradebook.open(path)
    local handler = receiver { replace = function(sourcedid, score, request)
      book:put { sourcedid = sourcedid, learner = sourcedid, score = score, message_id = request.outcome.message_id }
    end }
    with_server(handler, function(url)
      local list = {}
      for index = 1, 300 do
        list[index] = index
      end
      async.map(list, { concurrency = 30 }, function(index)
        outcomes.replace(options(url, { sourcedid = "s-" .. index % 150, score = index % 150 / 150 }))
      end)
    end)
    equal(#book:rows(), 150)
    local _, lines = fs.read(path):gsub("\n", "")
    equal(lines, 151)
    os.remove(path)
  end)
end)

describe("a refusal", function()
  it("has the platform's words and code", function()
    local handler = receiver { replace = function() return false, "the course is closed" end }
    with_server(handler, function(url)
      local err = test.raises("rejected", outcomes.replace, options(url, { score = 1 }))
      equal(err.code, "failure")
      equal(err.vendor_message, "the course is closed")
      test.contains(err.message, "the course is closed")
      equal(err.operation, "lti.outcomes.replace")
      equal(err.outcome, "none")
      equal(err.attempts, 1)
    end)
    with_server(outcomes.receiver { lookup = function() return SECRET end }, function(url)
      equal(test.raises("rejected", outcomes.delete, options(url)).code, "unsupported")
    end)
  end)

  it("of the signature is one of kind auth, and is not repeated", function()
    local handler = receiver()
    with_server(handler, function(url)
      local err = test.raises("auth", outcomes.replace, options(url, { score = 1, secret = "another-secret" }))
      equal(err.status, 401)
      equal(err.outcome, "none")
      equal(err.attempts, 1)
      test.contains(err.message, "the signature was refused")
      test.lacks(tostring(err), "another-secret")
    end)
  end)

  it("without a message has the status", function()
    local function answering(response) return function() return response end end
    for _, case in ipairs { { 404, "not_found", "none" }, { 403, "auth", "none" }, { 422, "rejected", "none" },
      { 302, "rejected", "unknown" }, { 501, "server", "unknown" } } do
      with_server(answering { status = case[1], body = "<h1>no</h1>" }, function(url)
        local err = test.raises(case[2], outcomes.replace, options(url, { score = 1 }))
        equal(err.status, case[1])
        equal(err.outcome, case[3])
        test.lacks(err.message, "<h1>")
      end)
    end
  end)
end)

describe("an answer that cannot be used", function()
  local function answered(body, operation)
    return with_server(function() return { headers = { ["Content-Type"] = "application/xml" }, body = body } end,
      function(url)
        return test.raises("decode", outcomes[operation or "replace"],
          options(url, { score = not operation and 1 or nil }))
      end)
  end

  it("leaves open whether it was done", function()
    local request = outcomes.request { operation = "readResult", url = "http://127.0.0.1/", sourcedid = "s", key = "k",
      secret = "secret-1" }
    for _, body in ipairs { "<html/>", "", "fine", "<!DOCTYPE a><a/>", request.body,
      outcomes.answer { message_ref = "of another" },
      (outcomes.answer { operation = "replaceResult" }:gsub("success", "fine")) } do
      local err = answered(body)
      equal(err.outcome, "unknown")
      equal(err.attempts, 1)
    end
    local text = outcomes.answer { operation = "readResult", score = 0.5 }
    for _, score in ipairs { "7", "0,5", "A+" } do
      equal(answered((text:gsub("0%.5", score)), "read").outcome, "none")
    end
  end)

  it("may say that it takes a while", function()
    with_server(function(request)
      local message = outcomes.parse(request.body)
      return { body = outcomes.answer { code_major = "processing", message_ref = message.message_id,
        operation = message.operation } }
    end, function(url)
      equal(outcomes.replace(options(url, { score = 1 })).code_major, "processing")
      equal(test.raises("rejected", outcomes.read, options(url)).retryable, true)
    end)
  end)
end)

describe("what passes", function()
  -- Answers `first` that often, then as a receiver does; notes each request.
  local function failing(first, times)
    local handler, grades = receiver()
    local seen = {}
    return function(request)
      seen[#seen + 1] = { id = outcomes.parse(request.body).message_id, auth = request.headers.authorization }
      return #seen <= times and first or handler(request)
    end, grades, seen
  end

  it("is tried again, each time with a signature of its own and the same message", function()
    for _, status in ipairs { 503, 429, 500 } do
      local handler, grades, seen = failing({ status = status, headers = { ["Retry-After"] = "0" } }, 2)
      with_server(handler, function(url)
        equal(outcomes.replace(options(url, { score = 0.25 })).code_major, "success")
      end)
      equal(grades["course 3:user & 42"], 0.25)
      equal(#seen, 3)
      equal(seen[1].id, seen[3].id)
      test.truthy(seen[1].auth ~= seen[2].auth and seen[2].auth ~= seen[3].auth)
    end
  end)

  it("is given up after three times, or at once when asked to", function()
    local handler, _, seen = failing({ status = 503 }, 9)
    with_server(handler, function(url)
      local err = test.raises("server", outcomes.replace, options(url, { score = 1 }))
      equal(err.attempts, 3)
      equal(err.outcome, "unknown")
      equal(#seen, 3)
      equal(test.raises("server", outcomes.replace, options(url, { score = 1, retry = false })).attempts, 1)
      equal(#seen, 4)
    end)
  end)

  it("is not waited for longer than there is time", function()
    local handler, _, seen = failing({ status = 429, headers = { ["Retry-After"] = "30" } }, 9)
    with_server(handler, function(url)
      local err = test.raises("rate_limit", outcomes.replace, options(url, { score = 1, timeout = "5 s" }))
      equal(err.retry_after, 30)
      equal(err.outcome, "none")
      equal(#seen, 1)
    end)
  end)

  it("may be a connection that breaks before the answer", function()
    local url = support.url .. "/fault/close-without-answer"
    local before = support.count("close-without-answer").requests
    local err = test.raises("network", outcomes.replace, options(url, { score = 1 }))
    equal(err.outcome, "unknown")
    equal(err.attempts, 3)
    equal(support.count("close-without-answer").requests - before, 3)
    equal(test.raises("network", outcomes.read, options(url)).outcome, "none")
  end)

  it("may be silence", function()
    local err = test.raises("timeout", outcomes.replace, options(support.url .. "/fault/accept-then-silence",
      { score = 1, timeout = "200 ms" }))
    equal(err.outcome, "unknown")
  end)

  it("may be nobody who listens", function()
    local err = test.raises("network", outcomes.replace, options("http://127.0.0.1:1/outcomes", { score = 1 }))
    equal(err.outcome, "none")
    equal(err.attempts, 3)
  end)
end)

describe("a sender", function()
  it("ends when it is cancelled", function()
    with_server(function() async.sleep(60) end, function(url)
      test.raises("timeout", async.timeout, 0.05, outcomes.replace, options(url, { score = 1 }))
    end)
  end)

  it("sends nothing that is wrong", function()
    for _, change in ipairs { { score = 1.5 }, { score = 0 / 0 }, { score = "1" }, { sourcedid = "" },
      { url = "no address" }, { sourced_id = "x" }, { timeout = "soon" }, { sourcedid = "a\0" } } do
      local all = options("http://127.0.0.1:1/outcomes", { score = 1 })
      for name, value in pairs(change) do
        all[name] = value
      end
      test.raises(nil, outcomes.replace, all)
    end
    test.raises("argument", outcomes.read, options("http://127.0.0.1:1/", { score = 1 }))
  end)
end)

test.run()
