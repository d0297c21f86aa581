-- SPDX-License-Identifier: MIT
-- What the environment says about connections counts only where a flag grants it. Every variable is also tried with
-- its flag, so that the variable is known to work.
local fs = require "beadle.fs"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local authority = support.authority "environment"
local certificate, key = authority:certificate "IP:127.0.0.1,DNS:localhost"
local secure = support.serve("--tls", certificate, key)
local proxy = support.serve()
local proxy_url = "http://127.0.0.1:" .. proxy
support.configure {}

-- Runs the script with these variables and no others that matter here, and a flag. Gives status, output, errors.
local function run(variables, script, flag)
  local before = { "env -u http_proxy -u https_proxy -u all_proxy -u no_proxy -u HTTP_PROXY -u HTTPS_PROXY",
                   "-u ALL_PROXY -u NO_PROXY" }
  for name, value in pairs(variables) do
    before[#before + 1] = name .. "=" .. support.quote(value)
  end
  return support.beadle({ "-E", flag or "-E", "-e", script }, table.concat(before, " "))
end

local function get(url, options)
  return ("print(select(2, pcall(beadle.http.get, %q, { retry = false, %s })).status)"):format(url, options or "")
end

local plain = get(support.url .. "/json?environment")
local tls = get(("https://127.0.0.1:%s/json"):format(secure), ("ca_file = %q"):format(authority.file))

local function seen_by_proxy()
  local numbers = support.count(nil, proxy)
  return numbers.requests + numbers.bad
end

-- What the proxy saw while fn ran; our own question about it is not counted.
local function at_proxy(fn)
  support.reset(proxy)
  local before = seen_by_proxy()
  local again = seen_by_proxy() - before
  fn()
  return seen_by_proxy() - before - 2 * again
end

describe("a proxy in the environment", function()
  for _, name in ipairs { "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
    it("is ignored: " .. name, function()
      local script = name:lower() == "https_proxy" and tls or plain
      test.equal(at_proxy(function()
        local status, out = run({ [name] = proxy_url }, script)
        test.equal(status, 0)
        test.equal(out, "200\n")
      end), 0)
    end)
  end

  -- libcurl reads HTTP_PROXY in lower case only: a CGI program would get that one from a header.
  for _, name in ipairs { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" } do
    it("is used where --allow-proxy grants it: " .. name, function()
      local script = name:lower() == "https_proxy" and tls or plain
      test.truthy(at_proxy(function()
        run({ [name] = proxy_url }, script, "--allow-proxy")
      end) > 0)
    end)
  end

  it("does not get what NO_PROXY keeps from it", function()
    for _, name in ipairs { "no_proxy", "NO_PROXY" } do
      test.equal(at_proxy(function()
        local _, out = run({ http_proxy = proxy_url, [name] = "127.0.0.1" }, plain, "--allow-proxy")
        test.equal(out, "200\n")
      end), 0)
    end
  end)

  it("does not make another machine one that plain HTTP may reach", function()
    local script = [[
      local ok, err = pcall(beadle.http.get, "http://192.0.2.1/", { retry = false })
      print(ok, err.kind)
    ]]
    test.equal(at_proxy(function()
      for _, flag in ipairs { "--allow-proxy", "-v" } do
        local _, out = run({ http_proxy = proxy_url }, script, flag)
        test.contains(out, "false\tpermission")
      end
    end), 0)
  end)
end)

describe("SSLKEYLOGFILE", function()
  it("is obeyed only where --allow-keylog grants it", function()
    local file = support.file ".keys"
    local status, out = run({ SSLKEYLOGFILE = file }, tls)
    test.equal(status, 0)
    test.equal(out, "200\n")
    test.equal(io.open(file), nil)
    run({ SSLKEYLOGFILE = file }, tls, "--allow-keylog")
    test.contains(fs.read(file), "CLIENT")
  end)
end)

describe("a certificate authority in the environment", function()
  for _, name in ipairs { "CURL_CA_BUNDLE", "SSL_CERT_FILE" } do
    it("is not trusted: " .. name, function()
      local script = ([[
        local _, err = pcall(beadle.http.get, "https://127.0.0.1:%s/json", { retry = false })
        print(err.kind, err.message)
      ]]):format(secure)
      local _, out = run({ [name] = authority.file }, script)
      test.contains(out, "network\t")
      test.contains(out, "no secure connection could be made")
    end)
  end

  it("is not trusted: SSL_CERT_DIR", function()
    local folder = support.file ".d"
    assert(os.execute("mkdir " .. folder))
    fs.write(folder .. "/ca.pem", fs.read(authority.file))
    support.openssl("rehash " .. folder)
    local _, out = run({ SSL_CERT_DIR = folder }, get(("https://127.0.0.1:%s/json"):format(secure)))
    test.equal(out, "nil\n")
  end)

  it("does not stand in the way of ca_file", function()
    for _, name in ipairs { "CURL_CA_BUNDLE", "SSL_CERT_FILE" } do
      local _, out = run({ [name] = "/nonexistent" }, tls)
      test.equal(out, "200\n")
    end
  end)
end)

describe(".netrc", function()
  it("is never read", function()
    local home = support.file ".home"
    assert(os.execute("mkdir -m 700 " .. home))
    fs.write(home .. "/.netrc", "machine 127.0.0.1 login a password canary\ndefault login a password canary\n")
    local _, out = run({ HOME = home, NETRC = home .. "/.netrc", CURL_HOME = home },
      get(support.url .. "/echo?netrc"))
    test.equal(out, "200\n")
    local seen = support.log "/echo?netrc"
    test.equal(#seen, 1)
    for _, header in ipairs(seen[1].headers) do
      test.truthy(header[1]:lower() ~= "authorization")
    end
  end)
end)

describe("LUA_INIT and the like", function()
  it("run nothing in a program that has credentials", function()
    local script = "print('mine', beadle.http.get('" .. support.url .. "/json').status)"
    for _, name in ipairs { "LUA_INIT", "LUA_INIT_5_4" } do
      local _, out = run({ [name] = "print 'theirs' os.exit(9)" }, script)
      test.equal(out, "mine\t200\n")
    end
  end)
end)

test.run()
