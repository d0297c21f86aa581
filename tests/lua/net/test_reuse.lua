-- SPDX-License-Identifier: MIT
-- Kept connections: they are reused, and what goes wrong on one never sends an effect twice or takes another
-- answer for ours. libcurl by itself sends again whatever was lost on a kept connection, POST or not.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

-- Each test has a server of its own, and so connections that nobody else has used.
local profiles = {}
local subjects = {}

local function subject(name, path, more)
  local port = support.serve()
  local one = { profile = name, port = port, url = ("http://127.0.0.1:%s%s"):format(port, path) }
  profiles[name] = support.settings(path, { base_url = one.url })
  for key, value in pairs(more or {}) do
    profiles[name][key] = value
  end
  subjects[name] = one
end

local endings = { close = "/fault/close-without-answer-after/2", reset = "/fault/reset-on-reuse/2" }
for how, path in pairs(endings) do
  for _, case in ipairs { "effect", "repeatable", "http", "many" } do
    subject(how .. "-" .. case, path)
  end
end
subject("idle-close", "/fault/idle-close/20")
subject("idle-reset", "/fault/idle-reset/20")
subject("twice", "/fault/answer-twice/20")
subject("long", "/fault/long-body")
subject("silent", "/fault/accept-then-silence", { timeout = "300 ms" })
subject("kept", "/echo")
subject("slow", "/fault/accept-then-silence")
support.configure(profiles)

local marker = 0

local function create(one)
  marker = marker + 1
  local name = ("marker%d"):format(marker)
  local ok, result = pcall(isograd.client { profile = one.profile }.create_candidate, {
    gen_id = 3, ema = name .. "@example.org", fst_nam = "Ada", lst_nam = "Lovelace",
  })
  return ok, result, support.log(name .. "%40", one.port)
end

local function update(one)
  marker = marker + 1
  local id = 7000000 + marker
  local ok, result = pcall(isograd.client { profile = one.profile }.update_candidate, { can_id = id })
  return ok, result, support.log(("can_id=%d"):format(id), one.port)
end

for how in pairs(endings) do
  describe(("a kept connection that ends without an answer (%s)"):format(how), function()
    it("leaves an effect in doubt, sent once", function()
      local one = subjects[how .. "-effect"]
      for _ = 1, 5 do
        local ok, result, log = create(one)
        test.truthy(ok)
        test.equal(result.can_id, 1381134)
        local connection = log[1].connection
        ok, result, log = create(one)
        test.falsy(ok)
        test.equal(result.kind, "network")
        test.equal(result.outcome, "unknown")
        test.equal(result.retryable, false)
        test.equal(result.attempts, 1)
        test.equal(#log, 1)
        test.equal(log[1].connection, connection)
      end
    end)

    it("is no matter where the request may be repeated", function()
      local one = subjects[how .. "-repeatable"]
      test.truthy((update(one)))
      for _ = 1, 5 do
        local ok, _, log = update(one)
        test.truthy(ok)
        test.equal(#log, 2)
      end
    end)

    it("leaves a POST of beadle.http in doubt, sent once", function()
      local one = subjects[how .. "-http"]
      test.equal(http.post(one.url, { body = "first" }).status, 200)
      local err = test.raises("network", http.post, one.url, { body = "second" })
      test.equal(err.outcome, "unknown")
      test.equal(support.count("second", one.port).requests, 1)
    end)

    it("sends no effect twice among 64 at once", function()
      local one, failed = subjects[how .. "-many"], 0
      local client = isograd.client { profile = one.profile }
      for round = 1, 4 do
        local names = {}
        for i = 1, 64 do
          names[i] = ("many%d-%d"):format(round, i)
        end
        async.map(names, { concurrency = 64 }, function(name)
          local ok, err = pcall(client.create_candidate, {
            gen_id = 3, ema = name .. "@example.org", fst_nam = "Ada", lst_nam = "Lovelace",
          })
          if not ok then
            failed = failed + 1
            test.equal(err.outcome, "unknown")
          end
        end)
        for _, name in ipairs(names) do
          test.equal(support.count(name .. "%40", one.port).requests, 1)
        end
      end
      test.truthy(failed > 0)
    end)
  end)
end

describe("a kept connection that the server ends while it is idle", function()
  for _, how in ipairs { "idle-close", "idle-reset" } do
    it("is replaced: " .. how, function()
      local last
      for _ = 1, 4 do
        local ok, _, log = create(subjects[how])
        test.truthy(ok)
        test.equal(#log, 1)
        test.truthy(log[1].connection ~= last)
        last = log[1].connection
        support.until_answered(("marker%d%%40"):format(marker), subjects[how].port)
      end
    end)
  end
end)

describe("an answer that nobody asked for", function()
  it("is not taken for the answer to the next request", function()
    for _ = 1, 8 do
      local ok, result, log = create(subjects.twice)
      test.truthy(ok)
      test.equal(result.can_id, 1381134)
      test.equal(#log, 1)
      support.until_answered(("marker%d%%40"):format(marker), subjects.twice.port) -- twice, that is
    end
  end)

  it("ends the connection when it follows at once", function()
    local _, _, first = create(subjects.long)
    local _, _, second = create(subjects.long)
    test.truthy(first[1].connection ~= second[1].connection)
  end)
end)

describe("a connection", function()
  it("is kept for the next call", function()
    local one, last = subjects.kept, nil
    for i = 1, 20 do
      http.get(("%s?number%d-"):format(one.url, i))
      local connection = support.log(("number%d-"):format(i), one.port)[1].connection
      test.truthy(last == nil or connection == last)
      last = connection
    end
  end)

  it("is not used again after a time limit", function()
    local one = subjects.silent
    local ok, err, first = create(one)
    test.falsy(ok)
    test.equal(err.kind, "timeout")
    test.equal(http.get(("http://127.0.0.1:%s/echo?after"):format(one.port)).status, 200)
    test.truthy(support.log("/echo?after", one.port)[1].connection ~= first[1].connection)
  end)

  it("is not waited for where it cannot be shared", function()
    -- Nothing is shared over plain HTTP: no call waits for the first connection to show what it can.
    local one, waiting = subjects.slow, {}
    for i = 1, 32 do
      waiting[i] = async.spawn(beadle.try, http.get, one.url .. "?shared", { retry = false })
    end
    support.until_seen("?shared", 32, one.port)
    test.equal(support.count("?shared", one.port).connections, 32)
    for _, task in ipairs(waiting) do
      task:cancel()
    end
  end)
end)

test.run()
