-- SPDX-License-Identifier: MIT
-- HTTP/2 over TLS, against nghttpd: it is used where the server offers it, calls share one connection, and what goes
-- wrong on a stream or a connection is no reason to do anything twice.
local async = require "beadle.async"
local fs = require "beadle.fs"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local authority = support.authority "http2"
local certificate, key = authority:certificate "IP:127.0.0.1,DNS:localhost"
local trust = { ca_file = authority.file }

local ANSWER = '{"error_message":null,"success":true,"can_id":1381134}'
-- At most 64 requests to a host are under way, and a connection carries up to 32.
local CONNECTIONS = 2

local root = support.file ".htdocs"
assert(os.execute("mkdir " .. root))
fs.write(root .. "/answer", ANSWER)
fs.write(root .. "/large", ("x"):rep(3000000))

-- Starts nghttpd; gives its address and a function that tells what it wrote.
local function nghttpd(options)
  local port, stop = support.serve() -- a port that is free
  stop()
  local log = support.file ".log"
  support.serve_other(
    ("sh -c 'exec nghttpd -v -d %s %s %s %s %s >%s 2>&1'"):format(root, options or "", port, key,
      certificate, log),
    ("openssl s_client -connect 127.0.0.1:%s"):format(port))
  return "https://127.0.0.1:" .. port, function()
    return fs.read(log)
  end
end

-- On how many connections it saw requests with the text.
local function connections(log, text)
  local seen, count = {}, 0
  for id, path in log:gmatch "%[id=(%d+)%][^\n]-:path: ([^\n]*)" do
    if path:find(text, 1, true) and not seen[id] then
      seen[id], count = true, count + 1
    end
  end
  return count
end

local function requests(log, text)
  local count = 0
  for path in log:gmatch ":path: ([^\n]*)" do
    count = count + (path:find(text, 1, true) and 1 or 0)
  end
  return count
end

local goes_away = support.serve("--tls", certificate, key, "--h2")
local refuses = support.serve("--tls", certificate, key, "--h2-reset", "7")
local resets = support.serve("--tls", certificate, key, "--h2-reset", "2")
local hangs_up = support.serve("--tls", certificate, key, "--h2-reset", "8")
local plain = support.serve("--tls", certificate, key)
local url, written = nghttpd()
local echo_url = nghttpd "--echo-upload"
local narrow_url, narrow_written = nghttpd "-m 4"

local function at(port)
  return support.settings("", { base_url = ("https://127.0.0.1:%s/json"):format(port), ca_file = authority.file })
end

support.configure {
  vendor = support.settings("", { base_url = url .. "/answer", ca_file = authority.file }),
  goes_away = at(goes_away), refuses = at(refuses), resets = at(resets), hangs_up = at(hangs_up),
}

local function call(profile)
  return isograd.client { profile = profile }.create_candidate {
    gen_id = 3, ema = "h2@example.org", fst_nam = "Ada", lst_nam = "Lovelace",
  }
end

local function times(count, fn)
  local functions = {}
  for i = 1, count do
    functions[i] = function() return fn(i) end
  end
  return async.all(functions)
end

describe("HTTP/2", function()
  it("is spoken where the server offers it, and 200 calls share one connection", function()
    times(200, function(i)
      test.equal(http.get(("%s/answer?shared%d"):format(url, i), trust).body, ANSWER)
    end)
    local log = written()
    test.equal(requests(log, "/answer?shared"), 200)
    test.truthy(connections(log, "/answer?shared") <= CONNECTIONS)
  end)

  it("carries vendors' calls and their bodies", function()
    local body = ("0123456789abcdef"):rep(20000)
    test.equal(http.post(echo_url .. "/echo", { body = body, ca_file = authority.file }).body, body)
    times(50, function(i)
      isograd.client { profile = "vendor" }.update_candidate { can_id = i, fst_nam = "Ada" }
    end)
  end)

  it("carries large answers beside small ones", function()
    times(40, function(i)
      local name = i % 4 == 0 and "large" or "answer"
      test.equal(#http.get(("%s/%s?mixed%d"):format(url, name, i), trust).body, name == "large" and 3000000 or #ANSWER)
    end)
    test.truthy(connections(written(), "?mixed") <= CONNECTIONS)
  end)

  it("keeps to the number of streams that the server allows", function()
    times(100, function(i)
      test.equal(http.get(("%s/answer?narrow%d"):format(narrow_url, i), trust).status, 200)
    end)
    test.equal(requests(narrow_written(), "?narrow"), 100)
  end)

  it("has answers like any other", function()
    test.equal(http.get(url .. "/no-such-thing", trust).status, 404)
    local head = http.request { method = "HEAD", url = url .. "/answer", ca_file = authority.file }
    test.equal(head.status, 200)
    test.equal(head.length_unknown, false)
    test.equal(http.get(url .. "/answer", trust).length_unknown, false)
  end)

  it("is not there where the server does not offer it", function()
    local answer = http.get(("https://127.0.0.1:%s/echo?plain"):format(plain), trust)
    test.equal(answer.status, 200)
  end)
end)

describe("a stream that is cancelled", function()
  it("leaves the others and their connection alone", function()
    local tasks = {}
    for i = 1, 40 do
      tasks[i] = async.spawn(beadle.try, http.get, ("%s/large?cancel%d"):format(url, i), trust)
    end
    async.sleep "20 ms"
    for i = 1, 40, 2 do
      tasks[i]:cancel()
    end
    for i = 2, 40, 2 do
      test.equal(#tasks[i]:wait().body, 3000000)
    end
    test.equal(#http.get(url .. "/large?cancel-after", trust).body, 3000000)
    test.truthy(connections(written(), "?cancel") <= CONNECTIONS)
  end)
end)

-- How many requests by HTTP/2 the test server saw, asked by HTTP/1.1, which it answers.
local function seen_by(port)
  local request = "GET /_count?contains=HTTP%%2F2 HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n"
  local answer = io.popen(("printf '%s' | openssl s_client -quiet -connect 127.0.0.1:%s 2>/dev/null"):format(
    request, port))
  local text = answer:read "a"
  answer:close()
  return tonumber(text:match '"requests":(%d+)')
end

describe("a server that goes away (GOAWAY)", function()
  it("is no reason to do anything twice", function()
    local err = test.raises("network", call, "goes_away")
    test.equal(err.outcome, "unknown")
    test.equal(err.attempts, 1)
    test.equal(seen_by(goes_away), 1)
    err = test.raises("network", http.get, ("https://127.0.0.1:%s/x"):format(goes_away), trust)
    test.equal(err.attempts, 3)
    test.truthy(seen_by(goes_away) >= 4)
  end)
end)

describe("a stream that the server resets", function()
  it("leaves an effect in doubt, sent once: an internal error, a cancellation", function()
    for profile, port in pairs { resets = resets, hangs_up = hangs_up } do
      local err = test.raises("network", call, profile)
      test.equal(err.outcome, "unknown")
      test.equal(err.attempts, 1)
      test.equal(err.retryable, false)
      test.equal(seen_by(port), 1)
    end
  end)

  it("leaves it in doubt even when the server says that it did not begin, which libcurl keeps to itself", function()
    local err = test.raises("network", call, "refuses")
    test.equal(err.outcome, "unknown")
    test.equal(seen_by(refuses), 1)
  end)
end)

test.run()
