-- SPDX-License-Identifier: MIT
-- A call that is cancelled, in every phase it can be in: it ends, says whether the vendor may have done it, uses
-- its connection no more, and harms nobody else. That no handle is left is checked when this program ends.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local time = require "beadle.time"
local support = require "support"
local describe, it = test.describe, test.it

local full = support.serve "--full"
local silent = support.serve "--silent"
local server = support.serve()
local narrow = support.serve()
local base = "http://127.0.0.1:" .. server

support.configure {
  token = support.settings("/json", { base_url = base .. "/json", auth_url = base .. "/fault/accept-then-silence" }),
  gate = support.settings("", { base_url = ("http://127.0.0.1:%s/fault/accept-then-silence"):format(narrow),
                                max_in_flight = 1 }),
  connect = support.settings("", { base_url = ("http://127.0.0.1:%s/"):format(full) }),
  handshake = support.settings("", { base_url = ("https://127.0.0.1:%s/"):format(silent) }),
  waiting = support.settings("", { base_url = base .. "/fault/accept-then-silence" }),
  head = support.settings("", { base_url = base .. "/fault/header-drip/20" }),
  reading = support.settings("", { base_url = base .. "/fault/body-drip/20" }),
}

local TOKEN = "grant_type=client_credentials"

local function count(text, port)
  return support.count(text, port or server).requests
end

local function until_seen(text, port)
  support.until_seen(text, 1, port or server)
end

local function a_while()
  async.sleep "100 ms"
end

local function seen(text)
  return function()
    until_seen(text)
    a_while()
  end
end

local function update(profile, id)
  return isograd.client { profile = profile }.update_candidate { can_id = id or 1, fst_nam = "Ada" }
end

local function status(method, code)
  return function()
    return http.request { method = method, url = ("%s/fault/status/%d?retry-after=60"):format(base, code) }
  end
end

-- The phase, how to get there, when it is reached, outcome of a call that changes something.
local phases = {
  { "that waits for the token", function() update "token" end, seen(TOKEN), "none" },
  { "that is being connected", function() update "connect" end, a_while, "none" },
  { "in the TLS handshake", function() update "handshake" end, a_while, "none" },
  { "that waits for the first byte", function() update("waiting", 5001) end, seen "can_id=5001", "unknown" },
  { "in the middle of the headers", function() update("head", 5002) end, seen "can_id=5002", "unknown" },
  { "in the middle of the body", function() update("reading", 5003) end, seen "can_id=5003", "unknown" },
  { "that was refused and will be tried again", status("POST", 429), seen "POST /fault/status/429", "none" },
  { "that failed and will be tried again", status("PUT", 503), seen "PUT /fault/status/503", "unknown" },
}

-- Starts fn in a task, cancels it when `reached` returns, and gives the error that it saw.
local function cancelled(reached, fn, ...)
  local result
  local task = async.spawn(function(...)
    result = table.pack(pcall(fn, ...))
  end, ...)
  reached()
  task:cancel()
  local begun = time.elapsed()
  pcall(task.wait, task)
  test.truthy(time.elapsed() - begun < 20) -- none of the limits of half a minute and more ended it
  test.equal(result[1], false)
  test.equal(result[2].kind, "cancelled")
  return result[2]
end

-- Somebody else at the same host meanwhile.
local function beside(fn)
  local going, calls = true, 0
  local other = async.spawn(function()
    while going do
      test.equal(http.get(base .. "/json/delay/5").status, 200)
      calls = calls + 1
    end
  end)
  local result = fn()
  local before = calls
  while calls < before + 3 do
    async.sleep "5 ms"
  end
  going = false
  other:wait()
  return result
end

describe("a call that is cancelled", function()
  for _, phase in ipairs(phases) do
    local doing, call, reached, outcome = table.unpack(phase)
    it(doing .. " ends, and others go on", function()
      local err = beside(function()
        return cancelled(reached, call)
      end)
      test.equal(err.outcome, outcome)
      local words = outcome == "unknown" and "is not known" or err.status and "did nothing" or "Nothing was sent"
      test.contains(tostring(err), words)
    end)
  end

  it("that waits for a token somebody else fetches leaves that one alone", function()
    support.reset(server)
    local first = async.spawn(pcall, update, "token")
    until_seen(TOKEN)
    local err = cancelled(a_while, update, "token")
    test.equal(err.outcome, "none")
    test.equal(first:status(), "running")
    test.equal(count(TOKEN), 1)
    first:cancel()
  end)

  it("that waits for its turn is never sent, and the turn goes to the next", function()
    local first = async.spawn(pcall, update, "gate", 6001)
    until_seen("can_id=6001", narrow)
    local third
    local err = cancelled(function()
      a_while()
      third = async.spawn(pcall, update, "gate", 6003)
      a_while()
    end, update, "gate", 6002)
    test.equal(err.outcome, "none")
    test.equal(count("can_id=6003", narrow), 0)
    first:cancel()
    until_seen("can_id=6003", narrow)
    test.equal(count("can_id=6002", narrow), 0)
    third:cancel()
  end)

  it("while its body is sent may have been done", function()
    local large = { body = ("x"):rep(8000000) }
    local err = cancelled(seen "?sending", http.post, base .. "/fault/stall-upload?sending", large)
    test.equal(err.outcome, "unknown")
    err = cancelled(a_while, http.post, ("http://127.0.0.1:%s/"):format(full), large)
    test.equal(err.outcome, "none")
  end)

  it("before it has begun was not sent", function()
    local task = async.spawn(pcall, update, "waiting", 6004)
    task:cancel()
    pcall(task.wait, task)
    test.equal(count "can_id=6004", 0)
  end)
end)

describe("the connection of a call that is cancelled", function()
  for _, path in ipairs { "/fault/accept-then-silence", "/fault/body-drip/20", "/fault/stall-upload",
                          "/fault/answer-late/200" } do
    it("is closed and never used again: " .. path, function()
      support.reset(server)
      local url = base .. path .. "?dirty"
      cancelled(seen "?dirty", http.post, url, { body = ("x"):rep(100000) })
      for i = 1, 5 do
        test.equal(http.get(("%s/echo?clean%d"):format(base, i)).status, 200)
      end
      local dirty = support.log("?dirty", server)[1].connection
      for _, request in ipairs(support.log("?clean", server)) do
        test.truthy(request.connection ~= dirty)
      end
      if path ~= "/fault/stall-upload" then -- it does not read, and so does not see that we left
        while support.log("?dirty", server)[1].answer ~= "client-left" do
          async.sleep "5 ms"
        end
      end
    end)
  end

  it("does not take those of 31 others with it", function()
    support.reset(server)
    local tasks = {}
    for i = 1, 32 do
      tasks[i] = async.spawn(beadle.try, http.get, base .. "/json/delay/300?crowd")
    end
    support.until_seen("?crowd", 32, server)
    tasks[7]:cancel()
    local answers = 0
    for i, task in ipairs(tasks) do
      local ok, answer = pcall(task.wait, task)
      answers = answers + (ok and answer and answer.status == 200 and i ~= 7 and 1 or 0)
    end
    test.equal(answers, 31)
    test.equal(count "?crowd", 32)
  end)

  it("is not needed by those that are cancelled a thousand at once", function()
    local tasks = {}
    for i = 1, 1000 do
      tasks[i] = async.spawn(pcall, http.get, base .. "/fault/accept-then-silence?many")
    end
    support.until_seen("?many", 64, server)
    for _, task in ipairs(tasks) do
      task:cancel()
    end
    for _, task in ipairs(tasks) do
      pcall(task.wait, task)
    end
    test.equal(http.get(base .. "/json").status, 200)
    while support.count(nil, server).open > 8 do
      async.sleep "5 ms"
    end
  end)
end)

-- ---------------------------------------------------------------------------------------------------
-- Ctrl-C

-- Runs the script as a program of its own, which gets the signal when `reached` returns. Gives status, output
-- and errors.
local function interrupted(signal, reached, script)
  local process = support.start_beadle { "-e", script }
  reached(process)
  process:signal(signal)
  return process:wait()
end

describe("Ctrl-C", function()
  local calls = {
    { "waiting", "Whether the vendor did it is not known", "can_id=7000" },
    { "token", "Nothing was sent", TOKEN },
  }
  for _, call in ipairs(calls) do
    local profile, words, text = table.unpack(call)
    it("during a call says what is known: " .. profile, function()
      for signal, expected in pairs { INT = 130, TERM = 143 } do
        support.reset(server)
        local code, out, err = interrupted(signal, seen(text), ([[
          local closed <close> = setmetatable({}, { __close = function() print "closed" end })
          beadle.isograd.client { profile = %q }.update_candidate { can_id = 7000, fst_nam = "Ada" }
        ]]):format(profile))
        test.equal(code, expected)
        test.contains(out, "closed")
        test.contains(err, "interrupted")
        test.contains(err, words)
        test.lacks(err, "internal error")
      end
    end)
  end

  for _, profile in ipairs { "connect", "handshake" } do
    it("before a connection is there says that nothing was sent: " .. profile, function()
      local code, _, err = interrupted("INT", function(process)
        process:until_written "ready"
        a_while()
      end, ([[
        io.stderr:write "ready\n"
        beadle.isograd.client { profile = %q }.update_candidate { can_id = 1, fst_nam = "Ada" }
      ]]):format(profile))
      test.equal(code, 130)
      test.contains(err, "Nothing was sent")
    end)
  end

  it("between attempts knows what the first may have done", function()
    support.reset(server)
    local code, _, err = interrupted("INT", seen "PUT /fault/status/503",
      ("beadle.http.request { method = 'PUT', url = %q }"):format(base .. "/fault/status/503?retry-after=60"))
    test.equal(code, 130)
    test.contains(err, "is not known")
  end)

  it("may be cleaned up after with another call", function()
    support.reset(server)
    local code, out = interrupted("INT", seen "can_id=7001", ([[
      local _, err = pcall(beadle.isograd.client { profile = "waiting" }.update_candidate, { can_id = 7001 })
      print(err.kind, err.outcome, beadle.http.get(%q).status)
      error(err)
    ]]):format(base .. "/json"))
    test.equal(code, 130)
    test.contains(out, "cancelled\tunknown\t200")
  end)

  it("twice ends the program at once", function()
    support.reset(server)
    local process = support.start_beadle { "-e", ([[
      local closed <close> = setmetatable({}, { __close = function()
        io.stderr:write "cleaning\n"
        beadle.async.sleep(1000)
      end })
      beadle.http.get(%q)
    ]]):format(base .. "/fault/accept-then-silence?twice") }
    until_seen "?twice"
    process:signal "INT"
    process:until_written "cleaning"
    process:signal "INT"
    local code, _, err = process:wait()
    test.equal(code, 130)
    test.contains(err, "stopped at once; what was under way is unknown")
  end)
end)

test.run()
