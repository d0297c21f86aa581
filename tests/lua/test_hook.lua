-- SPDX-License-Identifier: MIT
-- Hooks, over real sockets of this machine.

local async = require "beadle.async"
local hooks = require "beadle.hook"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local log = require "beadle.log"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

test.before_each(sandbox.reset)

local function status(url, options)
  local request = { url = url, retry = false }
  for name, value in pairs(options or {}) do
    request[name] = value
  end
  return http.request(request).status
end

-- The texts that are logged while fn runs.
local function logged(fn)
  local texts, real = {}, log.warn
  log.warn = function(format, ...)
    texts[#texts + 1] = format:format(...)
  end
  local ok, err = pcall(fn)
  log.warn = real
  if not ok then
    error(err, 0)
  end
  return table.concat(texts, "\n")
end

describe("a hook", function()
  it("waits for the call that a vendor makes when a test ends", function()
    local hook <close> = hooks.open {}
    local added = isograd.add_another_test { ema = "grace.hopper@example.org", tst_frm_id = 101,
      cal_bac_pag = hook:url() }
    sandbox.isograd.finish_test { pla_tst_id = added.pla_tst_id }
    local call = hook:wait { timeout = 20 }
    same({ call.method, call.count, hook.count }, { "GET", 1, 1 })
    test.truthy(math.abs(call.at - time.now()) < 20)
  end)

  it("has an address of its own, with 192 bits that nobody guesses", function()
    local one <close> = hooks.open {}
    local two <close> = hooks.open {}
    local first, second = one:url(), two:url()
    test.match(first, "^http://127%.0%.0%.1:%d+/hooks/[%w_-]+%.[%w_-]+$")
    equal(#first:match "%.([%w_-]+)$", 32)
    test.truthy(first:match "%.([%w_-]+)$" ~= second:match "%.([%w_-]+)$")
    equal(first:match "^http://[^/]+", second:match "^http://[^/]+") -- one server for all
  end)

  it("keeps a call that comes before anybody waits", function()
    local hook <close> = hooks.open {}
    equal(hook:came(), nil)
    equal(status(hook:url() .. "?ref=7&ref=8&name=%C3%A9"), 200)
    local call = hook:wait()
    same({ call.query.name, call.query_list[1][2], call.query_list[2][2] }, { "é", "7", "8" })
    equal(hook:came(), call)
  end)

  it("counts a second call, answers it as the first, and gives the first", function()
    local hook <close> = hooks.open { answer = "noted" }
    equal(http.get(hook:url() .. "?n=1").body, "noted")
    equal(http.get(hook:url() .. "?n=2").body, "noted")
    local call = hook:wait { timeout = 5 }
    same({ call.query.n, call.count, hook.count }, { "1", 2, 2 })
    equal(hook:wait({ timeout = 5 }).query.n, "1")
  end)

  it("takes a call whose parts cannot be read", function()
    local hook <close> = hooks.open { methods = "POST" }
    equal(status(hook:url() .. "?name=%E9&b=1", { method = "POST", body = "a=%E9",
      headers = { ["Content-Type"] = "application/x-www-form-urlencoded" } }), 200)
    local call = hook:wait { timeout = 5 }
    same({ call.count, call.query, call.form, call.body }, { 1, {}, nil, "a=%E9" })
    test.contains(call.url, "?name=%E9&b=1")
  end)

  it("is waited for by several tasks", function()
    local hook <close> = hooks.open {}
    local tasks = {}
    for i = 1, 5 do
      tasks[i] = async.spawn(hook.wait, hook, { timeout = 20 })
    end
    async.sleep "5 ms"
    equal(status(hook:url()), 200)
    for _, task in ipairs(tasks) do
      equal(task:wait(), hook:came())
    end
  end)

  it("says what did not come in time", function()
    local hook <close> = hooks.open {}
    local err = test.raises("timeout", hook.wait, hook, { timeout = "20 ms" })
    test.contains(err.message, "no call came to the hook http://127.0.0.1:")
    test.contains(err.message, "within 20 ms")
    test.lacks(err.message, hook:url():match "%.([%w_-]+)$")
    equal(status(hook:url()), 200) -- it may come later
    equal(hook:wait({ timeout = "20 ms" }).count, 1)
  end)

  it("is no longer waited for by a task that is cancelled", function()
    local hook <close> = hooks.open {}
    local task = async.spawn(hook.wait, hook, { timeout = "1 hour" })
    async.sleep "5 ms"
    task:cancel()
    test.raises("cancelled", task.wait, task)
    equal(status(hook:url()), 200)
    equal(hook.count, 1)
  end)

  it("that is closed ends the wait, and refuses calls", function()
    local other <close> = hooks.open {} -- the server goes on
    local hook = hooks.open {}
    local task = async.spawn(beadle.try, hook.wait, hook)
    async.sleep "5 ms"
    hook:close()
    hook:close()
    local call, err = task:wait()
    same({ call, err.kind }, { nil, "argument" })
    test.contains(err.message, "was closed before a call came")
    local text = logged(function() equal(status(hook:url()), 404) end)
    test.contains(text, "a call from 127.0.0.1 was refused: GET /hooks/")
    test.lacks(text, hook:url():match "%.([%w_-]+)$")
    equal(hook.count, 0)
    equal(status(other:url()), 200)
  end)

  it("keeps its call when it is closed after it", function()
    local hook = hooks.open {}
    equal(status(hook:url()), 200)
    hook:close()
    equal(hook:wait().count, 1)
  end)

  it("ends its server with the last of all", function()
    local hook = hooks.open {}
    hook:close()
    local err = test.raises("network", http.get, hook:url(), { retry = false })
    equal(err.outcome, nil)
  end)

  it("refuses whoever does not know its address, and logs that", function()
    local hook <close> = hooks.open {}
    local other <close> = hooks.open {}
    local url, token = hook:url(), hook:url():match "%.([%w_-]+)$"
    local base, id = url:match "^(.*/hooks/)([%w_-]+)%."
    local wrong = {
      url:sub(1, -2), url .. "A", url:sub(1, -2) .. (url:sub(-1) == "A" and "B" or "A"), base .. id .. ".", base .. id,
      base .. "." .. token, other:url():match "^(.*)%." .. "." .. token, url .. "/", url:gsub("/hooks/", "/hook/"),
      base, base .. "%2e%2e/", base .. id .. "%2E" .. token:sub(2),
    }
    local text = logged(function()
      for _, each in ipairs(wrong) do
        equal(status(each), 404)
      end
    end)
    test.contains(text, "no hook is open there")
    test.lacks(text, token:sub(3, -3))
    same({ hook.count, other.count, hook:came() }, { 0, 0, nil })
  end)

  it("refuses other methods than its own", function()
    local hook <close> = hooks.open {}
    local poster <close> = hooks.open { methods = { "POST", "GET" } }
    local answer = http.request { method = "POST", url = hook:url(), body = "a=1", retry = false }
    same({ answer.status, answer.headers.allow }, { 405, "GET" })
    equal(status(hook:url(), { method = "HEAD" }), 405)
    equal(status(hook:url(), { method = "DELETE" }), 405)
    equal(hook.count, 0)
    equal(status(poster:url(), { method = "POST", form = { score = "é 1" } }), 200)
    local call = poster:wait()
    same({ call.method, call.form.score, call.body }, { "POST", "é 1", "score=%C3%A9+1" })
    equal(status(poster:url(), { method = "POST", json = { a = 1 } }), 200) -- no form, and that is fine
  end)

  it("sends a browser on where it is told to", function()
    local hook <close> = hooks.open { redirect = "https://lms.example.org/done?x=1" }
    local answer = http.get(hook:url())
    same({ answer.status, answer.headers.location }, { 302, "https://lms.example.org/done?x=1" })
    equal(hook.count, 1)
    local page <close> = hooks.open { answer = { status = 202, html = "<p>Thank you.</p>" } }
    answer = http.get(page:url())
    same({ answer.status, answer.body }, { 202, "<p>Thank you.</p>" })
  end)

  it("is reached through a proxy with a path, whether that is handed on or not", function()
    local hook <close> = hooks.open { origin = "https://www.example.org/beadle/", path = "/isograd/done" }
    local url = hook:url()
    test.match(url, "^https://www%.example%.org/beadle/isograd/done/[%w_-]+%.[%w_-]+$")
    equal(status(url), 200) -- in the sandbox an own origin is reached
    equal(status((url:gsub("/beadle/", "/"))), 200)
    equal(status((url:gsub("/beadle/", "/other/"))), 404)
    equal(hook.count, 2)
  end)

  it("is reached by the simulated vendor at an origin of the outside", function()
    local hook <close> = hooks.open { origin = "https://hooks.example.org" }
    local added = isograd.add_another_test { ema = "grace.hopper@example.org", tst_frm_id = 101,
      cal_bac_pag = hook:url() }
    sandbox.isograd.finish_test { pla_tst_id = added.pla_tst_id }
    equal(hook:wait({ timeout = 20 }).count, 1)
  end)

  it("has the address again that it had", function()
    local url
    do
      local hook <close> = hooks.open { path = "/again" }
      url = hook:url()
    end
    local other <close> = hooks.open {}
    local hook <close> = hooks.open { again = url }
    equal(hook:url():match "/again/.*$", url:match "/again/.*$")
    equal(status(hook:url()), 200)
    test.raises("argument", hooks.open, { again = url }) -- it is open
    for _, wrong in ipairs { "nonsense", "http://127.0.0.1/hooks/abc.short", url .. "/more", 7 } do
      test.raises("argument", hooks.open, { again = wrong })
    end
    equal(other.count, 0)
  end)

  it("is not mistaken for another, in a hundred tasks at once", function()
    local rows = {}
    for i = 1, 100 do
      rows[i] = i
    end
    local seen = async.map(rows, { concurrency = 100 }, function(row)
      local hook <close> = hooks.open {}
      local caller = async.spawn(http.get, ("%s?row=%d"):format(hook:url(), row))
      local call = hook:wait { timeout = 30 }
      equal(caller:wait().status, 200)
      return tonumber(call.query.row)
    end)
    same(seen, rows)
  end)

  it("outlives the task that opened the server", function()
    local first
    async.scope(function()
      async.spawn(function() first = hooks.open {} end)
    end)
    local second <close> = hooks.open {}
    local _ <close> = first
    equal(status(first:url()), 200)
    equal(status(second:url()), 200)
  end)

  it("refuses options that it does not know or cannot use", function()
    for wrong, words in pairs {
      [{ orgin = "x" }] = "no option \"orgin\"", [{ origin = "hooks.example.org" }] = "the option origin",
      [{ origin = "https://a.example/x?y" }] = "the option origin", [{ path = "hooks" }] = "the option path",
      [{ path = "/a/../b" }] = "the option path", [{ path = "/a//b" }] = "the option path",
      [{ methods = "PATCHY" }] = "PATCHY", [{ methods = {} }] = "at least one", [{ port = 70000 }] = "port",
      [{ answer = 7 }] = "answer", [{ answer = { body = 7 } }] = "answer", [{ redirect = "/here" }] = "redirect",
      [{ redirect = "https://a.example/", answer = "b" }] = "not both", [{ redirect = "https://a\r\nb" }] = "redirect",
    } do
      test.contains(test.raises("argument", hooks.open, wrong).message, words)
    end
    test.contains(test.raises("argument", hooks.open, { orgin = "x" }).hint, "origin")
    local hook <close> = hooks.open {}
    test.contains(test.raises("argument", hook.wait, hook, { timout = 1 }).hint, "timeout")
    test.raises("argument", hook.wait, hook, { timeout = "soon" })
    test.raises("argument", hooks.open, { port = 1 }) -- the server has another
    test.raises("argument", hooks.open, { origin = "https://hooks.example.org" })
  end)

  it("cannot listen where somebody else does", function()
    local server <close> = http.serve { routes = {} }
    local err = test.raises("io", hooks.open, { port = server.port })
    test.contains(err.message, "Address already in use")
    local hook <close> = hooks.open {} -- and the next one can
    equal(status(hook:url()), 200)
  end)

  it("is not written anywhere with its address", function()
    local hook <close> = hooks.open {}
    test.lacks(tostring(hook), hook:url():match "%.([%w_-]+)$")
    same({ pcall(string.format, "%s", hook) }, { true, tostring(hook) })
  end)
end)

test.run()
