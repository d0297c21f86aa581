-- SPDX-License-Identifier: MIT
-- Redirects. Vendors' calls never follow one. beadle.http follows those of GET and HEAD if it is told to, and
-- then sends nothing to another origin that may say who we are.
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local other = support.serve()
local other_url = "http://127.0.0.1:" .. other
support.openssl(("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s/key.pem -out %s/cert.pem "
  .. "-subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -days 2"):format(support.folder, support.folder))
local ca_file = support.folder .. "/cert.pem"
local secure_url = "https://127.0.0.1:" .. support.serve("--tls", ca_file, support.folder .. "/key.pem")
support.configure { redirect = support.settings "/fault/redirect" }

local SECRETS = {
  Authorization = "Bearer canary-redirect-1", ["X-API-Key"] = "canary-redirect-2", Cookie = "canary-redirect-3",
  ["X-Custom"] = "canary-redirect-4", ["Proxy-Authorization"] = "canary-redirect-5",
}

local function redirect(to, code, from)
  return ("%s/fault/redirect?code=%d&to=%s"):format(from or support.url, code or 302, support.escape(to))
end

local function header_of(request, name)
  for _, header in ipairs(request.headers) do
    if header[1]:lower() == name:lower() then
      return header[2]
    end
  end
  return nil
end

local function follow(url, options)
  options = options or {}
  options.redirects = options.redirects or 5
  return http.get(url, options)
end

describe("a redirect", function()
  it("is an answer like any other unless it is to be followed", function()
    for _, code in ipairs { 301, 302, 303, 307, 308 } do
      local answer = http.get(redirect(support.url .. "/echo?never", code))
      test.equal(answer.status, code)
      test.equal(answer.headers.location, support.url .. "/echo?never")
    end
    test.equal(support.count("GET /echo?never").requests, 0)
  end)

  it("is followed when it is to be: GET and HEAD", function()
    for _, code in ipairs { 301, 302, 303, 307, 308 } do
      local answer = follow(redirect(support.url .. "/echo?ok", code))
      test.equal(answer.status, 200)
      test.equal(answer.url, support.url .. "/echo?ok")
      answer = http.request { method = "HEAD", url = redirect("/echo?head", code), redirects = 1 }
      test.equal(answer.status, 200)
    end
    test.equal(support.log("HEAD /echo?head")[1].method, "HEAD")
  end)

  it("is not followed where the status is none of a redirect", function()
    for _, code in ipairs { 300, 304, 305, 306 } do
      test.equal(follow(redirect("/echo?odd", code)).status, code)
    end
    test.equal(support.count("GET /echo?odd").requests, 0)
  end)

  it("of a request with a body is never followed, and the body never sent again", function()
    for _, method in ipairs { "POST", "PUT", "PATCH", "DELETE", "OPTIONS" } do
      for _, code in ipairs { 301, 302, 303, 307, 308 } do
        local body = method ~= "DELETE" and method ~= "OPTIONS" and "canary-body" or nil
        local answer = http.request { method = method, url = redirect(other_url .. "/echo?body", code), body = body,
                                      redirects = 5 }
        test.equal(answer.status, code)
        answer = http.request { method = method, url = redirect("/echo?body", code), body = body, redirects = 5 }
        test.equal(answer.status, code)
      end
    end
    test.equal(support.count("canary-body", other).requests, 0)
    test.equal(support.count("/echo?body", other).requests, 0)
    test.equal(support.count(" /echo?body").requests, 0)
  end)

  it("is followed five times at most", function()
    local function chain(length)
      local url = support.url .. "/echo?end"
      for _ = 1, length do
        url = redirect(url)
      end
      return url
    end
    test.equal(follow(chain(5)).status, 200)
    test.equal(follow(chain(6)).status, 302)
    test.equal(follow(chain(2), { redirects = 1 }).status, 302)
    test.equal(follow(chain(1), { redirects = 0 }).status, 302)
    test.raises("argument", follow, chain(1), { redirects = 6 })
    test.raises("argument", follow, chain(1), { redirects = -1 })
    test.raises("argument", follow, chain(1), { redirects = "2 or so" })
  end)

  it("may be relative", function()
    local cases = {
      ["/echo?absolute"] = "/echo?absolute",
      ["../echo?up"] = "/echo?up",
      ["../../../echo?far"] = "/echo?far",
      ["./x/../../echo?dots"] = "/echo?dots",
      ["//127.0.0.1:" .. support.port .. "/echo?host"] = "/echo?host",
      ["/echo?fragment#here"] = "/echo?fragment",
    }
    for to, target in pairs(cases) do
      test.equal(follow(redirect(to)).url, support.url .. target)
    end
  end)
end)

describe("to the same origin, the script's headers", function()
  it("go along", function()
    follow(redirect("/echo?same"), { headers = SECRETS })
    local seen = support.log("GET /echo?same")[1]
    for name, value in pairs(SECRETS) do
      test.equal(header_of(seen, name), value)
    end
  end)
end)

describe("to another origin, the script's headers", function()
  local targets = {
    ["another port"] = function(path) return other_url .. path, other end,
    ["another name of the same address"] = function(path)
      return "http://localhost:" .. support.port .. path, support.port
    end,
  }
  for name, target in pairs(targets) do
    it("stay behind: " .. name, function()
      for _, code in ipairs { 301, 302, 303, 307, 308 } do
        local path = ("/echo?away%d"):format(code)
        local url, port = target(path)
        test.equal(follow(redirect(url, code), { headers = SECRETS }).status, 200)
        local seen = support.log("GET " .. path, port)[1]
        for header in pairs(SECRETS) do
          test.equal(header_of(seen, header), nil)
        end
        test.equal(header_of(seen, "Accept-Encoding"), "gzip")
      end
    end)
  end

  it("stay behind on the way back too", function()
    follow(redirect(redirect(support.url .. "/echo?back", 302, other_url)), { headers = SECRETS })
    local seen = support.log("GET /echo?back")[1]
    for header in pairs(SECRETS) do
      test.equal(header_of(seen, header), nil)
    end
  end)
end)

describe("a redirect that leads astray", function()
  it("from a secure connection to a plain one is not followed", function()
    local options = { ca_file = ca_file }
    test.equal(follow(redirect(secure_url .. "/echo?tls", 302, secure_url), options).status, 200)
    test.equal(follow(redirect(support.url .. "/echo?plain", 302, secure_url), options).status, 302)
    test.equal(support.count("GET /echo?plain").requests, 0)
  end)

  it("to a plain address of another machine is refused", function()
    test.raises("permission", follow, redirect "http://192.0.2.1/")
    test.raises("permission", follow, redirect "HTTP://192.0.2.1/")
  end)

  it("to anything but http is not followed", function()
    for _, to in ipairs { "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "javascript:alert(1)",
                          "data:text/plain,x", "http:", "http:///echo", "https://", "//", "http://user:pw@127.0.0.1/",
                          "http://127.0.0.1:99999/", "http://127.0.0.1:" .. support.port .. "@192.0.2.1/",
                          "http://127.0.0.1\\@192.0.2.1/", "/echo with space", "/\1", "/\127", "http://[::1/" } do
      test.equal(follow(redirect(to)).status, 302)
    end
    test.equal(follow(support.url .. "/fault/redirect").status, 302)
  end)
end)

describe("a vendor's redirect", function()
  it("is never followed", function()
    local client = isograd.client { profile = "redirect" }
    local err = test.raises("decode", client.get_test_status, { pla_tst_id = 7654321 })
    test.equal(err.status, 302)
    err = test.raises("decode", client.update_candidate, { can_id = 7654321 })
    test.equal(err.outcome, "unknown")
    test.equal(support.count("7654321").requests, 2)
  end)
end)

test.run()
