-- SPDX-License-Identifier: MIT
-- Servers while time is virtual: without a socket, and reached by this program alone. Runs with --virtual-time.

local async = require "beadle.async"
local http = require "beadle.http"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

test.limit = 1e6

local seen

local function serve(options)
  options.routes = options.routes or {
    ["GET /echo/{id}"] = function(request)
      seen = { url = request.url, id = request.params.id, query = request.query, headers = request.headers,
        remote = request.remote }
      return { body = "got " .. request.params.id, headers = { ["X-Two"] = { "a", "b" } } }
    end,
    ["POST /echo/{id}"] = function(request)
      return { status = 201, json = { body = request.body, form = request.form and request.form.a,
        type = request.headers["content-type"] } }
    end,
    ["GET /slow"] = function()
      async.sleep "1 day"
      return "at last"
    end,
  }
  options.handler_timeout = "10 days"
  return http.serve(options)
end

describe("a server in virtual time", function()
  it("answers requests of the program, in an order of its own", function()
    local server <close> = serve {}
    local answer = http.get(server.url .. "/echo/7%20a?x=1&y=%C3%A9", { headers = { ["X-Mine"] = "yes" } })
    same({ answer.status, answer.body, answer.headers["x-two"] }, { 200, "got 7 a", "a, b" })
    same({ seen.id, seen.query.y, seen.headers["x-mine"], seen.remote }, { "7 a", "é", "yes", "127.0.0.1" })
    equal(seen.url, server.url .. "/echo/7%20a?x=1&y=%C3%A9")
    equal(seen.headers.host, "127.0.0.1:" .. server.port)
  end)

  it("gets bodies as they are sent", function()
    local server <close> = serve {}
    local answer = http.post(server.url .. "/echo/1", { form = { a = "b c" } })
    equal(answer.status, 201)
    same(answer:json(), { body = "a=b+c", form = "b c", type = "application/x-www-form-urlencoded" })
    equal(http.post(server.url .. "/echo/1", { body = ("x"):rep(1024 * 1024 + 1) }).status, 413)
    equal(http.request({ method = "HEAD", url = server.url .. "/echo/1" }).body, "")
    equal(http.get(server.url .. "/nothing").status, 404)
  end)

  it("takes as long as its handlers take, which is no time", function()
    local server <close> = serve {}
    local before = time.now()
    equal(http.get(server.url .. "/slow", { timeout = "2 days" }).body, "at last")
    equal(math.floor(time.now() - before), 86400)
  end)

  it("is given up by a client whose time limit is over, and its handler told", function()
    local told
    local server <close> = serve { routes = { ["GET /"] = function()
      local ok, err = pcall(async.sleep, "1 day")
      told = not ok and err.kind
    end } }
    local err = test.raises("timeout", http.get, server.url, { timeout = 5, retry = false })
    equal(err.status, nil)
    async.sleep(1)
    equal(told, "cancelled")
  end)

  it("is given up by a client that is cancelled", function()
    local told
    local server <close> = serve { routes = { ["GET /"] = function()
      local ok, err = pcall(async.sleep, "1 day")
      told = not ok and err.kind
    end } }
    local client = async.spawn(beadle.try, http.get, server.url, { timeout = "2 days" })
    async.sleep(1)
    client:cancel()
    async.sleep(1)
    equal(told, "cancelled")
  end)

  it("has a port that nobody else has", function()
    local one <close> = serve {}
    local two <close> = serve {}
    test.truthy(one.port ~= two.port)
    local err = test.raises("io", serve, { port = one.port })
    test.contains(err.message, "another server of this program has it")
    one:close()
    local again <close> = serve { port = one.port }
    equal(again.port, one.port)
  end)

  it("is reached by its origin, and by its name on this machine", function()
    local server <close> = serve { origin = "https://hooks.example.org" }
    equal(server.url, "https://hooks.example.org")
    equal(http.get("https://hooks.example.org/echo/1").body, "got 1")
    equal(seen.url, "https://hooks.example.org/echo/1")
    equal(http.get("https://HOOKS.example.org:443/echo/2").body, "got 2")
    equal(http.get(("http://localhost:%d/echo/3"):format(server.port)).body, "got 3")
    test.raises("permission", http.get, "http://hooks.example.org/echo/1") -- another scheme is another origin
    test.raises("permission", http.get, "https://other.example.org/echo/1")
  end)

  it("that is closed is not there", function()
    local server = serve {}
    server:close()
    local err = test.raises("configuration", http.get, server.url)
    test.contains(err.message, "virtual time")
  end)

  it("drops what it has not answered when it ends", function()
    local server = serve {}
    local client = async.spawn(beadle.try, http.get, server.url .. "/slow", { timeout = "2 days", retry = false })
    async.sleep(1)
    server:close()
    local answer, err = client:wait()
    equal(answer and answer.status or err.kind, 503) -- it was told, after the grace
    equal(err, nil)
  end)

  it("is there for many at once", function()
    local server <close> = serve {}
    local ids = {}
    for i = 1, 500 do
      ids[i] = i
    end
    local answers = async.map(ids, { concurrency = 100 }, function(id)
      return http.get(("%s/echo/%d"):format(server.url, id)).body
    end)
    for id, body in ipairs(answers) do
      equal(body, "got " .. id)
    end
  end)

  it("may be followed through a redirect to another", function()
    local second <close> = serve {}
    local first <close> = serve { routes = {
      ["GET /"] = function() return { redirect = second.url .. "/echo/r" } end,
    } }
    equal(http.get(first.url .. "/").status, 302)
    equal(http.get(first.url .. "/", { redirects = 2 }).body, "got r")
  end)

  it("may be asked by its own handler", function()
    local server
    server = serve { routes = {
      ["GET /outer"] = function() return "outer " .. http.get(server.url .. "/inner").body end,
      ["GET /inner"] = function() return "inner" end,
    } }
    local _ <close> = server
    equal(http.get(server.url .. "/outer").body, "outer inner")
  end)
end)

test.run()
