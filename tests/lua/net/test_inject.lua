-- SPDX-License-Identifier: MIT
-- What a script gives travels in its place and cannot leave it; what cannot travel is refused before
-- anything is sent.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

support.configure {
  echo = support.settings "/echo",
  twin = "sandbox",
}
local client = isograd.client { profile = "echo" }

local function refuses(fn, ...)
  local before = support.count().requests
  local err = test.raises("argument", fn, ...)
  test.equal(err.outcome, "none")
  test.equal(support.count().requests, before)
  return err
end

local BREAKS = { "\r", "\n", "\r\n", "\0", "\27", "\127", "a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\r\n\r\nGET / HTTP/1.1",
                 "\r\n b", "a\0b" }

describe("a header", function()
  it("has a name that is one", function()
    for _, name in ipairs { "", " ", "X Y", "X:", "X\r\nY", "X\0", "X\n", "X(", "X/", "X@", "X\"", "X;", "X,", "X=",
                            "\200", "é", "X\t", ":", "\r\nX" } do
      refuses(http.get, support.url .. "/echo", { headers = { [name] = "value" } })
    end
    refuses(http.get, support.url .. "/echo", { headers = { "X: y" } })
    refuses(http.get, support.url .. "/echo", { headers = "X: y" })
  end)

  it("has a value of one line", function()
    for _, value in ipairs(BREAKS) do
      local err = refuses(http.get, support.url .. "/echo", { headers = { ["X-Test"] = value } })
      test.contains(err.message, "X-Test")
      test.lacks(err.message, "\n")
    end
    for _, value in ipairs { {}, print, true } do
      refuses(http.get, support.url .. "/echo", { headers = { ["X-Test"] = value } })
    end
  end)

  it("does not say where the message ends, or whom it is for", function()
    for _, name in ipairs { "Host", "content-length", "Transfer-Encoding", "CONNECTION", "Expect", "Upgrade", "TE",
                            "Trailer", "Keep-Alive", "Proxy-Connection" } do
      refuses(http.post, support.url .. "/echo", { headers = { [name] = "5" }, body = "hello" })
    end
  end)

  it("arrives as it is", function()
    local sent = { ["X-Empty"] = "", ["X-Blank"] = "  ", ["X-Colon"] = "a: b", ["X-Semicolon"] = ";",
                   ["X-Percent"] = "%0d%0aX-Evil: 1",
                   ["X-Tab"] = "a\tb", ["X-Number"] = 42, ["X-Utf8"] = "é€😀", ["X-Long"] = ("y"):rep(8000),
                   ["!#$%&'*+-.^_`|~0aZ"] = "token" }
    local seen = {}
    for _, header in ipairs(http.get(support.url .. "/echo", { headers = sent }):json().headers) do
      test.equal(seen[header[1]], nil)
      seen[header[1]] = header[2]
    end
    for name, value in pairs(sent) do
      test.equal(seen[name], tostring(value):match "^%s*(.-)%s*$")
    end
    test.equal(seen["X-Evil"], nil)
  end)
end)

describe("an address", function()
  it("is one, or is refused", function()
    local base = "127.0.0.1:" .. support.port
    for _, url in ipairs {
      "", "/echo", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd", "http:/" .. base, "http://", "http:///echo",
      "http://user@" .. base .. "/", "http://user:pw@" .. base .. "/", "http://127.0.0.1:1@" .. base .. "/",
      "http://" .. base .. "/a b", "http://" .. base .. "/\r\nX-Evil: 1", "http://" .. base .. "/\n",
      "http://" .. base .. "/\0",
      "http://" .. base .. "\\@192.0.2.1/", "http://" .. base .. "/é", "http://" .. base .. "/#fragment",
      "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:x/", "http://127.0.0.1:/",
      "http://127.0.0.1:-1/", "http://[::1/", "http://exa mple/", "http://exa%6dple/", "http://é/",
      " http://" .. base .. "/", "http://" .. base .. "/|",
      "http://a,b/", "http://a;b/", "http://a'b/",
    } do
      refuses(http.get, url)
      refuses(http.post, url, { body = "x" })
    end
    for _, value in ipairs { 5, true, {} } do
      refuses(http.request, { url = value })
    end
    refuses(http.request, {})
  end)

  it("arrives as it is", function()
    for _, target in ipairs { "/echo?a=b&c=%0D%0A&d=../..&e=%2F", "/echo?%00", "/echo??=?", "/echo?a[]=1",
                              "/echo?'()*!$,;:@" } do
      test.equal(http.get(support.url .. target):json().target, target)
    end
    -- Dots in a path are the script's, and stay.
    test.equal(http.get(support.url .. "/x/../echo").status, 404)
  end)
end)

describe("an option", function()
  it("that is not known or cannot be is refused", function()
    local url = support.url .. "/echo"
    test.contains(refuses(http.get, url, { header = {} }).hint, "headers")
    refuses(http.get, url, { [1] = "x" })
    refuses(http.request, { url = url, method = "get" })
    refuses(http.request, { url = url, method = "GET\r\nX: y" })
    refuses(http.request, { url = url, method = "TRACE" })
    refuses(http.request, { url = url, method = "CONNECT" })
    refuses(http.get, url, { body = "x" })
    refuses(http.post, url, { body = "x", form = {} })
    refuses(http.post, url, { body = 5 })
    refuses(http.post, url, { form = "a=b" })
    refuses(http.post, url, { form = { "a" } })
    refuses(http.post, url, { form = { a = {} } })
    refuses(http.post, url, { json = print })
    refuses(http.get, url, { retry = 3 })
    refuses(http.get, url, { redirects = 1.5 })
    refuses(http.get, url, { ca_file = "a\0b" })
    refuses(http.get, url, { ca_file = "" })
  end)

  it("may be changed while the request is under way", function()
    local options = { url = support.url .. "/fault/status/503?key=changed&times=1", headers = { ["X-Kept"] = "yes" },
                      ca_file = support.folder .. "/none" }
    local task = async.spawn(http.request, options)
    async.sleep "20 ms"
    options.url, options.headers["X-Kept"], options.ca_file = "http://192.0.2.1/", nil, nil
    collectgarbage()
    collectgarbage()
    test.equal(task:wait().status, 200)
    local log = support.log "key=changed"
    test.equal(#log, 2)
  end)
end)

describe("a parameter of an operation", function()
  it("is one line, or is refused", function()
    for _, value in ipairs(BREAKS) do
      local err = refuses(client.update_candidate, { can_id = 1, fst_nam = "Ada" .. value })
      test.contains(err.message, "fst_nam")
      test.lacks(err.message, "Ada")
      refuses(client.update_candidate, { can_id = 1, ema = "ada@example.org" .. value })
      refuses(client.add_test, { ema = "ada@example.org", tst_frm_id = 1, rtn_pag = "https://example.org/" .. value })
    end
  end)
end)

describe("a token", function()
  it("that would break out of its header is refused", function()
    local twin = isograd.client { profile = "twin" }
    for _, break_out in ipairs { "\r\nX-Evil: 1", "\nX-Evil: 1", "\0", "\27[31m" } do
      sandbox.isograd.fault { kind = "answer", operation = "authenticate", status = 200, type = "application/json",
        body = json.encode { access_token = "canary-token" .. break_out, token_type = "Bearer", expires_in = 3600 } }
      local err = test.raises("decode", twin.get_test_status, { pla_tst_id = 1 })
      test.equal(err.operation, "isograd.authenticate")
      test.lacks(json.encode { tostring(err), err.response, err.detail }, "canary")
    end
    test.equal(sandbox.isograd.counts().get_test_status or 0, 0)
    test.raises("not_found", twin.get_test_status, { pla_tst_id = 1 })
  end)
end)

-- ---------------------------------------------------------------------------------------------------
-- Ten thousand random sets

math.randomseed(20260122)

local PIECES = {
  "&", "=", "+", "%", "%00", "%0d%0a", "#", ";", "/", "?", "\\", "\"", "'", "<", ">", "..", "../", "@", " ", "  ", ":",
  ",", "|", "^", "`", "{", "}", "[", "]", "~", "!", "$", "(", ")", "*", "-", "_", ".", "é", "ü", "ß", "€", "😀", "中",
  "\u{85}", "\u{2028}", "\u{202e}", "\u{7ff}", "\u{fffd}", "\u{10ffff}", "&act_id=52", "&can_id=1", "a", "Z", "0",
  "null", "true", "' OR 1=1 --", "${x}", "{{x}}",
}

local function random_text(also)
  local parts = {}
  for i = 1, math.random(1, 12) do
    local pick = math.random(#PIECES + (also and 3 or 1))
    parts[i] = PIECES[pick] or string.char(math.random(also and 0 or 33, also and 255 or 126))
  end
  return table.concat(parts)
end

local function decode_form(body)
  local fields, count = {}, 0
  for name, value in body:gmatch "([^&=]*)=([^&=]*)" do
    local function plain(text)
      return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex)
        return string.char(tonumber(hex, 16))
      end))
    end
    fields[plain(name)], count = plain(value), count + 1
  end
  return fields, count
end

describe("ten thousand random sets", function()
  it("of a form reach the server exactly", function()
    local list = {}
    for i = 1, 5000 do
      list[i] = i
    end
    async.map(list, { concurrency = 32 }, function()
      local form, count = {}, 0
      for _ = 1, math.random(1, 5) do
        local name = random_text(true)
        count = count + (form[name] == nil and 1 or 0)
        form[name] = random_text(true)
      end
      local seen, seen_count = decode_form(http.post(support.url .. "/echo", { form = form }):json().body)
      test.equal(seen_count, count)
      for name, value in pairs(form) do
        test.equal(seen[name], value)
      end
    end)
  end)

  it("of an operation reach the server exactly", function()
    for batch = 1, 5 do
      support.reset()
      local sent, list = {}, {}
      for i = 1, 1000 do
        list[i] = batch * 1000 + i
        sent[list[i]] = { fst_nam = random_text(), lst_nam = random_text(), lan_id = tostring(math.random(8)),
                          gen_id = tostring(math.random(3)) }
      end
      async.map(list, { concurrency = 32 }, function(id)
        local person = sent[id]
        -- The echo is no answer of the vendor's; what counts is what the server saw.
        test.raises("decode", client.update_candidate, {
          can_id = id, fst_nam = person.fst_nam, lst_nam = person.lst_nam, lan_id = tonumber(person.lan_id),
          gen_id = tonumber(person.gen_id),
        })
      end)
      local seen = 0
      for _, request in ipairs(support.log "act_id=51") do
        local fields, count = decode_form(request.body)
        local person = sent[math.tointeger(tonumber(fields.can_id))]
        test.equal(count, 6)
        test.equal(fields.act_id, "51")
        test.equal(request.target, "/echo")
        for name, value in pairs(person) do
          test.equal(fields[name], value)
        end
        seen = seen + 1
      end
      test.equal(seen, 1000)
    end
  end)
end)

test.run()
