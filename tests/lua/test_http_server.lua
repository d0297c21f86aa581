-- SPDX-License-Identifier: MIT
-- http.serve over real sockets, served and asked in this very process.

local async = require "beadle.async"
local error_value = require "beadle.error"
local http = require "beadle.http"
local test = require "beadle.test"
local describe, it, equal, same, contains = test.describe, test.it, test.equal, test.same, test.contains

-- Runs fn(server, base) with a server of these routes, in a scope of its own.
local function with(options, fn)
  return async.scope(function()
    local server <close> = http.serve(options)
    return fn(server, server.url)
  end)
end

local function refused(options)
  local ok, err = pcall(http.serve, options)
  equal(ok, false)
  equal(err.kind, "argument")
  equal(err.outcome, "none")
  return tostring(err)
end

local function nothing() end

describe("a route", function()
  it("is found by method and path, and gives the parts of the path decoded", function()
    local seen
    with({ routes = {
      ["GET /done/{id}"] = function(request) seen = request.params.id end,
      ["GET /done/{id}/{what}"] = function(request) seen = request.params.id .. "|" .. request.params.what end,
      ["GET /done/all"] = function() seen = "all" end,
    } }, function(_, base)
      equal(http.get(base .. "/done/a%20b%2Fc").status, 204)
      equal(seen, "a b/c")
      http.get(base .. "/done/1/x+y")
      equal(seen, "1|x+y")
      http.get(base .. "/done/all")
      equal(seen, "all")
      http.get(base .. "/d%6Fne/a%6Cl")
      equal(seen, "all")
      equal(http.get(base .. "/done/").status, 404)
      equal(http.get(base .. "/done").status, 404)
    end)
  end)

  it("that is written out goes first, also when it lacks the method", function()
    with({ routes = {
      ["POST /a/b"] = function() return "post" end,
      ["GET /a/{x}"] = function(request) return request.params.x end,
      ["GET /{x}/c"] = function() return "c" end,
    } }, function(_, base)
      equal(http.post(base .. "/a/b").body, "post")
      equal(http.get(base .. "/a/b").body, "b")
      equal(http.get(base .. "/a/c").body, "c")
    end)
  end)

  it("that there is none of is 404, and with another method 405", function()
    with({ routes = { ["GET /a"] = nothing, ["PUT /a"] = nothing } }, function(_, base)
      equal(http.get(base .. "/b").status, 404)
      local answer = http.post(base .. "/a")
      equal(answer.status, 405)
      equal(answer.headers.allow, "GET, HEAD, PUT, OPTIONS")
      answer = http.request { method = "OPTIONS", url = base .. "/a" }
      equal(answer.status, 204)
      equal(answer.headers.allow, "GET, HEAD, PUT, OPTIONS")
    end)
  end)

  it("for GET answers HEAD too, without the body", function()
    with({ routes = { ["GET /a"] = function(request) return request.method end } }, function(_, base)
      local answer = http.request { method = "HEAD", url = base .. "/a" }
      equal(answer.status, 200)
      equal(answer.headers["content-length"], "4")
      equal(answer.body, "")
    end)
  end)

  it("can be added and taken away while the server runs", function()
    with({}, function(server, base)
      equal(http.get(base .. "/late").status, 404)
      server:route("GET /late", function() return "here" end)
      equal(http.get(base .. "/late").body, "here")
      equal(server:remove "GET /late", true)
      equal(server:remove "GET /late", false)
      equal(http.get(base .. "/late").status, 404)
    end)
  end)

  it("that is taken away leaves nothing behind", function()
    local routes = require("beadle.http_routes").new()
    local function handler_of(path)
      return (routes:find { method = "GET", path = path })
    end
    routes:add("GET /a/b", print)
    routes:add("POST /a/{x}/c", nothing)
    routes:add("GET /a/{x}", nothing)
    equal(routes:remove "GET /a/{x}", true)
    equal(handler_of "/a/y", nil)
    equal(routes:remove "POST /a/{x}/c", true)
    equal(routes:remove "POST /a/b", false)
    equal(handler_of "/a/b", print)
    equal(routes:remove "GET /a/b", true)
    equal(next(routes.root.texts), nil)
    equal(next(routes.exact), nil)
    routes:add("GET /a/b", print)
    equal(handler_of "/a/b", print)
  end)

  it("that is written wrong is refused before a socket is opened", function()
    contains(refused { routes = { ["Get /a"] = nothing } }, "Did you mean GET?")
    contains(refused { routes = { ["GET a"] = nothing } }, "METHOD /path")
    contains(refused { routes = { ["/a"] = nothing } }, "METHOD /path")
    contains(refused { routes = { "GET /a" } }, "METHOD /path")
    contains(refused { routes = { ["GET /a{id}"] = nothing } }, "a{id}")
    contains(refused { routes = { ["GET /{id}/{id}"] = nothing } }, "two parts named {id}")
    contains(refused { routes = { ["GET /a?b=c"] = nothing } }, "more than a path")
    contains(refused { routes = { ["GET /%zz"] = nothing } }, "percent-encoded")
    contains(refused { routes = { ["GET /a"] = "text" } }, "needs a function")
    contains(refused { routes = { ["GET /{a}"] = nothing, ["GET /{b}"] = nothing } }, "already a route")
  end)
end)

describe("an option", function()
  it("that is misspelt or out of range is refused", function()
    contains(refused { prot = 80 }, "Did you mean port?")
    contains(refused { port = 70000 }, "from 0 to 65535")
    contains(refused { max_body = "1 MiB" }, "whole number")
    contains(refused { idle_timeout = "soon" }, "a duration")
    contains(refused { handler_timeout = 0 }, "a duration")
    contains(refused { origin = "hooks.example.org" }, "a scheme and a host")
    contains(refused { origin = "https://hooks.example.org/path" }, "a scheme and a host")
    contains(refused { cert_file = "a.pem" }, "belong together")
    contains(refused "routes", "a table")
  end)

  it("host that is no address is an error that says so", function()
    local ok, err = pcall(http.serve, { host = "nowhere.example" })
    equal(ok, false)
    equal(err.kind, "io")
    contains(err.message, "nowhere.example")
  end)

  it("port that is taken is said", function()
    with({}, function(server)
      local ok, err = pcall(http.serve, { port = server.port })
      equal(ok, false)
      contains(err.message, "Address already in use")
    end)
  end)

  it("origin is what requests are named by", function()
    with({ origin = "https://hooks.example.org/", routes = { ["GET /a"] = function(request) return request.url end } },
      function(server)
        equal(server.url, "https://hooks.example.org")
        equal(http.get(("http://127.0.0.1:%d/a?b=c"):format(server.port)).body, "https://hooks.example.org/a?b=c")
      end)
  end)
end)

describe("a request", function()
  local kept
  local function keep(request)
    kept = request
    return { json = { query = request.query, list = request.query_list } }
  end

  it("has its query decoded, with every field in the list", function()
    with({ routes = { ["GET /q"] = keep } }, function(_, base)
      local answer = http.get(base .. "/q?a=1&b=%C3%A9+%2B&a=2&=x&c&&d=e=f"):json()
      same(answer.query, { a = "1", b = "é +", [""] = "x", c = "", d = "e=f" })
      same(answer.list, { { "a", "1" }, { "b", "é +" }, { "a", "2" }, { "", "x" }, { "c", "" }, { "d", "e=f" } })
      same(http.get(base .. "/q"):json().query, {})
    end)
  end)

  it("stays readable after it was answered", function()
    with({ routes = { ["POST /q"] = function(request) kept = request end } }, function(_, base)
      http.request { method = "POST", url = base .. "/q?a=b", form = { x = "y" }, headers = { ["X-Own"] = "z" } }
    end)
    collectgarbage()
    equal(kept.query.a, "b")
    equal(kept.form.x, "y")
    equal(kept.headers["x-own"], "z")
    equal(kept.remote, "127.0.0.1")
    equal(kept.method .. kept.path .. kept.target, "POST/q/q?a=b")
  end)

  it("gives a form as a table, as a call, and as a list", function()
    with({ routes = { ["POST /f"] = function(request)
      return { json = { request.form.a, request:form().b, request.form_list } }
    end } }, function(_, base)
      local answer = http.request { method = "POST", url = base .. "/f", body = "a=1&b=%26+%C3%A9&a=2",
        headers = { ["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8" } }
      same(answer:json(), { "1", "& é", { { "a", "1" }, { "b", "& é" }, { "a", "2" } } })
    end)
  end)

  it("that is no form where one is asked for is 415, and a broken one 400", function()
    with({ routes = { ["POST /f"] = function(request) return request.form.a end,
      ["GET /f"] = function(request) return request.query.a end,
      ["GET /p/{a}"] = function(request) return request.params.a end } }, function(_, base)
      local function post(body, content_type)
        return http.request { method = "POST", url = base .. "/f", body = body,
          headers = { ["Content-Type"] = content_type } }.status
      end
      local form = "application/x-www-form-urlencoded"
      equal(post("a=1", "text/plain"), 415)
      equal(post("a=1", "multipart/form-data; boundary=x"), 415)
      equal(post("a=1", form), 200)
      equal(post("a=%4", form), 400)
      equal(post("a=%zz", form), 400)
      equal(post("a=%ff", form), 400)
      equal(post("a=\xff", form), 400)
      equal(http.get(base .. "/f?a=%c3").status, 400)
      equal(http.get(base .. "/p/%c3").status, 400)
      equal(http.get(base .. "/p/%00").status, 400)
      equal(http.get(base .. "/p/%").status, 400)
    end)
  end)

  it("has whatever text a form or a query carries", function()
    with({ routes = { ["POST /f"] = function(request)
      return { json = { form = request.form, query = request.query.q } }
    end } }, function(_, base)
      math.randomseed(20261122)
      local function text()
        local points = {}
        for i = 1, math.random(0, 12) do
          local point = math.random(4) == 1 and math.random(0xe000, 0x10ffff) or math.random(1, 0x17f)
          points[i] = utf8.char(point)
        end
        return table.concat(points)
      end
      for _ = 1, 100 do
        local form, q = { ["x" .. text()] = text(), ["y" .. text()] = text() }, text()
        local escaped = q:gsub("[^%w]", function(byte) return ("%%%02x"):format(byte:byte()) end)
        local answer = http.request { method = "POST", url = base .. "/f?q=" .. escaped, form = form }:json()
        equal(answer.query, q)
        same(answer.form, form)
      end
    end)
  end)

  it("has its JSON decoded, or is 400", function()
    with({ routes = { ["POST /j"] = function(request) return { json = { got = request:json() } } end } },
      function(_, base)
        same(http.request { method = "POST", url = base .. "/j", json = { 1, "é" } }:json().got, { 1, "é" })
        local answer = http.request { method = "POST", url = base .. "/j", body = "{" }
        equal(answer.status, 400)
        contains(answer.body, "no JSON")
        equal(http.post(base .. "/j").status, 400)
      end)
  end)

  it("has its headers in lower case, joined where they came twice", function()
    with({ routes = { ["GET /h"] = function(request) return request.headers["x-a"] end } }, function(_, base)
      equal(http.get(base .. "/h", { headers = { ["X-A"] = "1" } }).body, "1")
    end)
  end)
end)

describe("an answer", function()
  local function answer_of(value)
    return with({ routes = { ["GET /"] = function() return value end, ["POST /"] = function() return value end } },
      function(_, base)
        return http.get(base .. "/", { retry = false }), http.post(base .. "/", { retry = false })
      end)
  end

  it("is nothing, a text, or a table", function()
    equal(answer_of(nil).status, 204)
    local answer = answer_of "grüße"
    equal(answer.status, 200)
    equal(answer.body, "grüße")
    equal(answer.headers["content-type"], "text/plain; charset=utf-8")
    answer = answer_of { status = 201, json = { a = 1 },
      headers = { ["X-A"] = "b", ["Set-Cookie"] = { "c=d", "e=f" } } }
    equal(answer.status, 201)
    same(answer:json(), { a = 1 })
    equal(answer.headers["x-a"], "b")
    contains(answer.headers["set-cookie"], "c=d")
    contains(answer.headers["set-cookie"], "e=f")
    answer = answer_of { html = "<p>" }
    equal(answer.headers["content-type"], "text/html; charset=utf-8")
    answer = answer_of { body = "a;b", headers = { ["content-type"] = "text/csv" } }
    equal(answer.headers["content-type"], "text/csv")
    equal(answer_of({ status = 404 }).status, 404)
    equal(#answer_of({ body = ("x"):rep(3000000) }).body, 3000000)
  end)

  it("redirects", function()
    local got, posted = answer_of { redirect = "/there" }
    equal(got.status, 302)
    equal(got.headers.location, "/there")
    equal(posted.status, 303)
    equal(answer_of({ redirect = "/there", status = 308 }).status, 308)
  end)

  it("that cannot be sent is 500", function()
    for _, value in ipairs {
      { headers = { ["X-A"] = "a\r\nX-B: c" } }, { headers = { ["X-A"] = "a\0" } }, { headers = { ["X A"] = "a" } },
      { headers = { ["Content-Length"] = "1" } }, { headers = { ["Transfer-Encoding"] = "chunked" } },
      { headers = { ["X-A"] = {} , ["X-B"] = true } }, { redirect = "/a\nb" }, { redirect = "/a", status = 200 },
      { status = 99 }, { status = 200.5 }, { status = "200" }, { body = 1 }, { body = "a", json = {} },
      { status = 204, body = "a" }, { text = "a" }, { json = function() end }, 5, true,
      error_value.new { kind = "io", message = "no answer" },
    } do
      equal(answer_of(value).status, 500)
    end
  end)
end)

describe("a handler", function()
  it("that fails is 500 with an id, and nothing of the error", function()
    with({ routes = { ["GET /"] = function() error "the password is canary-9b1" end } }, function(_, base)
      local answer = http.get(base .. "/", { retry = false })
      equal(answer.status, 500)
      test.equal(answer.body:find("canary", 1, true), nil)
      equal(answer.body:find("traceback", 1, true), nil)
      test.contains(answer.headers["content-type"], "application/json")
      equal(#answer:json().error.id, 8)
      answer = http.get(base .. "/", { retry = false, headers = { Accept = "text/html,*/*" } })
      contains(answer.headers["content-type"], "text/html")
      contains(answer.body, "<h1>500 Error</h1>")
    end)
  end)

  it("may raise an answer, or an error value that says how it is answered", function()
    with({ routes = {
      ["GET /a"] = function() error { status = 403, body = "not you" } end,
      ["GET /b"] = function()
        error(error_value.new { kind = "conflict", message = "it is <there> already", reply = 409 })
      end,
      ["GET /c"] = function()
        error(error_value.new { kind = "not_found", message = "a vendor's word", status = 404 })
      end,
      ["GET /d"] = function() error { status = 403, bdy = "not you" } end,
    } }, function(_, base)
      local answer = http.get(base .. "/a")
      equal(answer.status, 403)
      equal(answer.body, "not you")
      answer = http.get(base .. "/b", { headers = { Accept = "text/html" } })
      equal(answer.status, 409)
      contains(answer.body, "It is &lt;there&gt; already.")
      answer = http.get(base .. "/c", { retry = false })
      equal(answer.status, 500)
      equal(answer.body:find("vendor", 1, true), nil)
      equal(http.get(base .. "/d", { retry = false }).status, 500)
    end)
  end)

  it("may wait while others answer", function()
    with({ routes = {
      ["GET /slow"] = function() async.sleep(0.2) return "slow" end,
      ["GET /fast"] = function() return "fast" end,
    } }, function(_, base)
      local order = {}
      async.scope(function()
        async.spawn(function() table.insert(order, http.get(base .. "/slow").body) end)
        async.spawn(function() table.insert(order, http.get(base .. "/fast").body) end)
      end)
      same(order, { "fast", "slow" })
    end)
  end)

  it("may ask its own server", function()
    with({ routes = { ["GET /b"] = function() return "b" end } }, function(server, base)
      server:route("GET /a", function() return "a" .. http.get(base .. "/b").body end)
      equal(http.get(base .. "/a").body, "ab")
    end)
  end)

  it("answers when the tasks it spawned are over, and fails with them", function()
    with({ routes = {
      ["GET /a"] = function(request)
        async.spawn(function() async.sleep(0.01) request.done = true end)
        return { headers = { ["X-Done"] = "later" } }
      end,
      ["GET /b"] = function() async.spawn(function() async.sleep(0.01) error "child" end) return "fine" end,
    } }, function(_, base)
      equal(http.get(base .. "/a").status, 204)
      equal(http.get(base .. "/b", { retry = false }).status, 500)
    end)
  end)

  it("that takes too long is cancelled, and its client gets 503", function()
    local ended
    with({ handler_timeout = "100 ms", routes = { ["GET /"] = function()
      local ok, err = pcall(async.sleep, 60)
      ended = not ok and err.kind
    end } }, function(_, base)
      equal(http.get(base .. "/", { retry = false }).status, 503)
      async.sleep(0)
      equal(ended, "timeout")
    end)
  end)

  it("whose client leaves is cancelled", function()
    local began, ended = async.event(), async.event()
    with({ routes = { ["GET /"] = function()
      began:set()
      local ok, err = pcall(async.sleep, 60)
      equal(ok, false)
      equal(err.kind, "cancelled")
      ended:set()
    end } }, function(_, base)
      local client = async.spawn(pcall, http.get, base .. "/")
      began:wait()
      client:cancel()
      async.timeout(20, function() ended:wait() end)
    end)
  end)
end)

describe("closing", function()
  it("lets handlers under way end, and takes nothing new", function()
    local began, go = async.event(), async.event()
    async.scope(function()
      local server = http.serve { routes = { ["GET /"] = function() began:set() go:wait() return "done" end } }
      local body
      local client = async.spawn(function() body = http.get(server.url .. "/").body end)
      began:wait()
      local closer = async.spawn(function() server:close() end)
      async.sleep(0.05)
      equal(closer:status(), "running")
      local ok = pcall(http.get, server.url .. "/", { retry = false, timeout = 5 })
      equal(ok, false)
      go:set()
      closer:wait()
      client:wait()
      equal(body, "done")
      server:close() -- a second time nothing happens
    end)
  end)

  it("cancels those that outlast the grace, and answers 503", function()
    local began = async.event()
    async.scope(function()
      local server = http.serve { grace = "50 ms",
        routes = { ["GET /"] = function() began:set() async.sleep(60) end } }
      local status
      local client = async.spawn(function() status = http.get(server.url .. "/", { retry = false }).status end)
      began:wait()
      server:close()
      client:wait()
      equal(status, 503)
    end)
  end)

  it("sends what was answered to its end", function()
    async.scope(function()
      local server
      server = http.serve { routes = { ["GET /"] = function()
        server:close()
        return { body = ("x"):rep(8000000) }
      end } }
      equal(#http.get(server.url .. "/", { retry = false }).body, 8000000)
    end)
  end)

  it("is possible from a handler of its own", function()
    async.scope(function()
      local server
      server = http.serve { routes = { ["POST /stop"] = function() server:close() return "bye" end } }
      equal(http.post(server.url .. "/stop").body, "bye")
      server:wait()
    end)
  end)

  it("comes with the scope that opened it", function()
    local port
    local ok, err = pcall(async.scope, function()
      port = http.serve({ routes = { ["GET /"] = function() return "a" end } }).port
      error "the scope fails"
    end)
    equal(ok, false)
    contains(tostring(err), "the scope fails")
    equal(pcall(http.get, ("http://127.0.0.1:%d/"):format(port), { retry = false, timeout = 5 }), false)
  end)

  it("leaves the port to the next", function()
    local port = with({}, function(server) return server.port end)
    with({ port = port }, function(server) equal(server.port, port) end)
  end)
end)

test.run()
