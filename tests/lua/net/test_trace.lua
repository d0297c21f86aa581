-- SPDX-License-Identifier: MIT
-- --trace: where the time of real connections went, in four formats, and nothing secret or personal in any of them.
local fs = require "beadle.fs"
local json = require "beadle.json"
local test = require "beadle.test"
local support = require "support"
local describe, it, equal = test.describe, test.it, test.equal

local SECRET = "canary-4f21c-secret"
local TOKEN = "bench-access-token" -- the server's
local PERSON = "zoe.canary7@example.org"
local FIRST_NAME = "Zoecanary"

local authority = support.authority "trace"
local tls_port = support.serve("--tls", authority:certificate "DNS:localhost,IP:127.0.0.1")

support.configure {
  net = support.settings("/json", { client_secret = SECRET }),
  echo = support.settings("/echo", { client_secret = SECRET }),
  tls = support.settings("", { base_url = ("https://localhost:%s/json"):format(tls_port), ca_file = authority.file,
    client_secret = SECRET }),
  cut = support.settings("/fault/short-body", { client_secret = SECRET }),
  busy = support.settings("/fault/status/503", { client_secret = SECRET }),
}

local CALLS = ([[
  local client = beadle.isograd.client { profile = PROFILE }
  local person = { gen_id = 3, ema = "%s", fst_nam = "%s", lst_nam = "Canaryson" }
  for _ = 1, 2 do pcall(client.create_candidate, person) end
]]):format(PERSON, FIRST_NAME)

-- Runs the calls with a trace; gives what was written to the file, or to standard error.
local function trace(profile, ending, ...)
  local path = ending and support.file(ending)
  local arguments = { path and "--trace=" .. path or "--trace", ... }
  arguments[#arguments + 1] = "-e"
  arguments[#arguments + 1] = CALLS:gsub("PROFILE", ("%q"):format(profile))
  local status, _, err = support.beadle(arguments)
  equal(status, 0)
  return path and fs.read(path) or err, err
end

local function lines(text)
  local list = {}
  for line in text:gmatch "[^\n]+" do
    list[#list + 1] = json.decode(line)
  end
  return list
end

local function calls_of(text, operation)
  local list = {}
  for _, call in ipairs(lines(text)) do
    if call.operation == operation then
      list[#list + 1] = call
    end
  end
  return list
end

local function names_of(phases)
  local names = {}
  for _, phase in ipairs(phases) do
    names[#names + 1] = phase.name
    test.truthy(phase.seconds >= 0)
  end
  return " " .. table.concat(names, ",") .. ","
end

describe("the phases", function()
  it("of a new connection have its making, those of a kept one have not", function()
    local calls = calls_of(trace("tls", ".json"), "isograd.create_candidate")
    equal(#calls, 2)
    local first, second = names_of(calls[1].attempts[1].phases), names_of(calls[2].attempts[1].phases)
    for _, name in ipairs { "connect,", "TLS,", "wait,", "receive," } do
      test.contains(first, name)
    end
    test.truthy(not second:find "connect" and not second:find "TLS")
    test.contains(second, "wait,")
    test.truthy(calls[1].at <= calls[2].at)
  end)

  it("are no longer than the call", function()
    for _, call in ipairs(lines(trace("tls", ".json"))) do
      local sum = 0
      for _, attempt in ipairs(call.attempts) do
        for _, phase in ipairs(attempt.phases) do
          sum = sum + phase.seconds
        end
      end
      test.truthy(sum <= call.total + 1e-6, call.operation)
    end
  end)

  it("count each attempt", function()
    local call = calls_of(trace("busy", ".json"), "isograd.create_candidate")[1]
    equal(call.failed, true)
    equal(call.kind, "server")
    equal(call.status, 503)
    equal(call.outcome, "unknown")
    equal(call.tries, #call.attempts)
    equal(call.attempts[1].status, 503)
  end)
end)

describe("a trace", function()
  it("says what was sent, how much of it, and how it went", function()
    local text = trace("net", ".json")
    local token = calls_of(text, "isograd.authenticate")
    equal(#token, 1)
    equal(token[1].effect, "read")
    local call = calls_of(text, "isograd.create_candidate")[1]
    equal(call.method, "POST")
    equal(call.effect, "create")
    equal(call.profile, "net")
    equal(call.protocol, "HTTP/1.1")
    test.truthy(call.body_size > 40)
    test.truthy(call.answer_size > 0)
    test.match(call.start, "^%d%d%d%d%-%d%d%-%d%dT")
  end)

  it("has requests of beadle.http too, without the values of their queries", function()
    local path = support.file ".json"
    local status = support.beadle { "--trace=" .. path, "--profile", "net", "-e",
      ("beadle.http.get(%q)"):format(support.url .. "/json?key=" .. SECRET) }
    equal(status, 0)
    local call = lines(fs.read(path))[1]
    equal(call.operation, "http.request")
    test.match(call.url, "/json%?key=%[value%]$")
  end)

  it("is only readable by its owner", function()
    local path = support.file ".html"
    support.beadle { "--trace=" .. path, "-e", "" }
    local pipe = io.popen("stat -c %a " .. support.quote(path))
    equal(pipe:read "l", "600")
    pipe:close()
  end)

  it("is refused before anything is sent when it cannot be written", function()
    support.reset()
    local status, _, err = support.beadle { "--trace=/nowhere/x.har", "--profile", "net", "-e",
      "beadle.isograd.list_available_tests {}" }
    equal(status, 2)
    test.contains(err, "/nowhere/x.har")
    equal(support.count("list_available").requests, 0)
  end)

  it("is written although the script fails, and after Ctrl-C", function()
    local path = support.file ".html"
    local status = support.beadle { "--trace=" .. path, "-e", "beadle.isograd.client {profile = 'net'}"
      .. ".list_available_tests {} error 'over'" }
    equal(status, 1)
    test.contains(fs.read(path), "isograd.list_available_tests")
    path = support.file ".json"
    support.reset()
    local process = support.start_beadle { "--trace=" .. path, "--profile", "net", "-e",
      ("beadle.http.get(%q)"):format(support.url .. "/fault/accept-then-silence") }
    support.until_seen("accept-then-silence", 1)
    process:signal "INT"
    equal(process:wait(), 130)
    local call = lines(fs.read(path))[1]
    equal(call and call.kind, "cancelled")
  end)
end)

describe("no trace", function()
  local FORMS = { SECRET, TOKEN, PERSON, PERSON:gsub("@", "%%40"), FIRST_NAME, "Canaryson" }
  for _, profile in ipairs { "net", "echo", "tls", "cut", "busy" } do
    it("shows a secret or a person: " .. profile, function()
      support.reset()
      for _, ending in ipairs { false, ".har", ".html", ".json" } do
        for _, bodies in ipairs { "--trace", "--trace-bodies" } do
          local text, err = trace(profile, ending or nil, bodies == "--trace-bodies" and bodies or "-W")
          test.contains(text, "isograd.create_candidate")
          for _, form in ipairs(FORMS) do
            for _, each in ipairs { text, err } do
              if each:lower():find(form:lower(), 1, true) then
                error(("%s of %s with %s shows %s"):format(ending or "the table", profile, bodies, form), 0)
              end
            end
          end
        end
      end
      if profile ~= "tls" and profile ~= "net" then -- those the server does not log
        test.truthy(support.count(TOKEN).requests > 0)
        test.truthy(support.count "zoe.canary7%40example.org".requests > 0) -- it really went over the wire
      end
    end)
  end

  it("has bodies unless they are asked for", function()
    test.truthy(not trace("net", ".json"):find("act_id", 1, true))
    local call = calls_of(trace("net", ".json", "--trace-bodies"), "isograd.create_candidate")[1]
    test.contains(call.body, "ema=[personal ema]")
    test.contains(call.body, "gen_id=3")
  end)
end)

-- ---------------------------------------------------------------------------------------------------
-- HAR 1.2: "HAR 1.2 Spec", sections log to timings

local STRING, NUMBER, LIST, OBJECT = "string", "number", "list", "object"
local ENTRY = { startedDateTime = STRING, time = NUMBER, request = OBJECT, response = OBJECT, cache = OBJECT,
  timings = OBJECT }
local REQUEST = { method = STRING, url = STRING, httpVersion = STRING, cookies = LIST, headers = LIST,
  queryString = LIST, headersSize = NUMBER, bodySize = NUMBER }
local RESPONSE = { status = NUMBER, statusText = STRING, httpVersion = STRING, cookies = LIST, headers = LIST,
  content = OBJECT, redirectURL = STRING, headersSize = NUMBER, bodySize = NUMBER }

local function check(object, shape, what)
  for name, kind in pairs(shape) do
    local value = object[name]
    local is = type(value) == "table" and (json.is_array(value) and LIST or OBJECT) or type(value)
    equal(is, kind, what .. "." .. name)
  end
end

describe("a HAR file", function()
  for _, profile in ipairs { "net", "tls", "busy", "cut" } do
    it("has the structure of HAR 1.2: " .. profile, function()
      local log = json.decode((trace(profile, ".har", "--trace-bodies"))).log
      equal(log.version, "1.2")
      equal(log.creator.name, "beadle")
      test.truthy(#log.entries >= 3)
      for _, entry in ipairs(log.entries) do
        check(entry, ENTRY, "entry")
        check(entry.request, REQUEST, "request")
        check(entry.response, RESPONSE, "response")
        check(entry.response.content, { size = NUMBER, mimeType = STRING }, "content")
        check(entry.timings, { send = NUMBER, wait = NUMBER, receive = NUMBER, blocked = NUMBER, dns = NUMBER,
          connect = NUMBER, ssl = NUMBER }, "timings")
        test.match(entry.startedDateTime, "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$")
        test.truthy(not entry.request.url:find "[ %[]")
        for _, list in ipairs { entry.request.headers, entry.response.headers, entry.request.queryString } do
          for _, pair in ipairs(list) do
            check(pair, { name = STRING, value = STRING }, "pair")
          end
        end
        local sum = 0
        for _, name in ipairs { "blocked", "dns", "connect", "send", "wait", "receive" } do
          sum = sum + math.max(0, entry.timings[name])
        end
        test.truthy(math.abs(sum - entry.time) < 0.01) -- "ssl" is within "connect"
      end
    end)
  end
end)

describe("the page", function()
  it("needs nothing from elsewhere, runs nothing, and escapes what vendors say", function()
    local text = trace("echo", ".html", "--trace-bodies")
    test.contains(text, "default-src 'none'")
    for _, wrong in ipairs { "<script", " src=", "href=", "@import", "url(" } do
      test.truthy(not text:find(wrong, 1, true), wrong)
    end
    local path = support.file ".html"
    support.beadle { "--trace=" .. path, "--profile", "net", "-e", ([[
      require "beadle.task".set_label "<b>&'\""
      beadle.http.get(%q)]]):format(support.url .. "/json") }
    text = fs.read(path)
    test.contains(text, "&lt;b&gt;&amp;&#39;&quot;")
    test.truthy(not text:find("<b>", 1, true))
  end)
end)

test.run()
