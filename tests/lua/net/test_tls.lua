-- SPDX-License-Identifier: MIT
-- TLS: whoever cannot prove who he is gets nothing, and plain HTTP stays on this machine.
local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local NAMES = "IP:127.0.0.1,DNS:localhost"
local authority = support.authority "test-authority"
local stranger = support.authority "stranger"
local certificate, key = authority:certificate(NAMES)

local function serve(with_certificate, with_key, ...)
  return (support.serve("--tls", with_certificate, with_key, ...))
end

local good = serve(certificate, key)
local wrong_host = serve(authority:certificate "DNS:example.org,IP:192.0.2.1")
local bad = {
  ["a certificate that signs itself"] = { serve(stranger.file, stranger.key), "self.signed" },
  ["a certificate of a stranger"] = { serve(stranger:certificate(NAMES)), "unable to get local issuer" },
  ["a certificate that has expired"] = { serve(authority:certificate(NAMES, "-days -1")), "expired" },
  ["a certificate for another host"] = { wrong_host, "127%.0%.0%.1" },
  ["a protocol before TLS 1.2"] = { serve(certificate, key, "--tls-max", "1.1"), "." },
}

local function at(port, path)
  return ("https://127.0.0.1:%s%s"):format(port, path)
end

local profiles = {
  good = support.settings("", { base_url = at(good, "/json"), ca_file = authority.file }),
  system = support.settings("", { base_url = at(good, "/json") }),
  missing = support.settings("", { base_url = at(good, "/json"), ca_file = support.folder .. "/no-such-file" }),
  plain = support.settings("", { base_url = ("https://127.0.0.1:%s/json"):format(support.port) }),
  elsewhere = support.settings("", { base_url = "http://192.0.2.1/json" }),
  shouted = support.settings("", { base_url = "HTTP://192.0.2.1/json" }),
  broken = support.settings("", { base_url = at(good, "/fault/tls-alert"), ca_file = authority.file }),
  garbage = support.settings("", { base_url = at(good, "/fault/tls-garbage"), ca_file = authority.file }),
}
for name, case in pairs(bad) do
  profiles[name] = support.settings("", { base_url = at(case[1], "/json"), ca_file = authority.file })
end
support.configure(profiles)

local person = { gen_id = 3, ema = "tls@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

local function create(profile)
  return isograd.client { profile = profile }.create_candidate(person)
end

local function is_refused(err, detail)
  test.equal(err.kind, "network")
  test.contains(err.message, "no secure connection could be made")
  test.equal(err.outcome, "none")
  test.equal(err.attempts, 1)
  test.equal(err.retryable, false)
  test.match(err.detail, detail)
end

describe("a server that proves who it is", function()
  it("is spoken to, with TLS 1.2 or better", function()
    test.equal(create "good".can_id, 1381134)
    test.equal(http.get(at(good, "/json"), { ca_file = authority.file }).status, 200)
    test.equal(http.get(("https://localhost:%s/json"):format(good), { ca_file = authority.file }).status, 200)
    for _, version in ipairs { "1.2", "1.3" } do
      local port = serve(certificate, key, "--tls-min", version, "--tls-max", version)
      http.get(at(port, "/echo?version"), { ca_file = authority.file })
      local seen = http.get(at(port, "/_log?contains=version"), { ca_file = authority.file }):json()
      test.equal(seen[1].tls, "TLSv" .. version)
    end
  end)

  it("is unknown without the file of its authority, also right after a call that had it", function()
    for _ = 1, 3 do
      test.equal(create "good".can_id, 1381134)
      is_refused(test.raises("network", create, "system"), ".")
      test.raises("network", http.get, at(good, "/json"))
      test.equal(http.get(at(good, "/json"), { ca_file = authority.file }).status, 200)
      test.raises("network", http.get, at(good, "/json"), { ca_file = stranger.file })
    end
  end)
end)

describe("nothing is sent to", function()
  for name, case in pairs(bad) do
    it(name, function()
      is_refused(test.raises("network", create, name), case[2])
      local err = test.raises("network", http.post, at(case[1], "/json"), { body = "x", ca_file = authority.file })
      is_refused(err, case[2])
    end)
  end

  it("a server while the file of the authority is missing", function()
    is_refused(test.raises("network", create, "missing"), "no%-such%-file")
    is_refused(test.raises("network", http.post, at(good, "/json"), { ca_file = key }), ".")
  end)

  it("a server that does not speak TLS", function()
    is_refused(test.raises("network", create, "plain"), ".")
  end)

  it("the server with the wrong host, as it says itself", function()
    local options = { ca_file = authority.file }
    local err = test.raises("network", http.get, at(wrong_host, "/json"), options)
    test.contains(err.hint, "ca_file")
  end)
end)

describe("a handshake that breaks", function()
  it("is a network fault: nothing was sent, and it may be tried again", function()
    local port, stop = support.serve "--silent"
    local url = ("https://127.0.0.1:%s/"):format(port)
    local task = async.spawn(beadle.try, http.post, url, { ca_file = authority.file })
    async.sleep "200 ms"
    stop()
    local _, err = task:wait()
    test.equal(err.kind, "network")
    test.equal(err.outcome, "none")
    test.equal(err.attempts, 3)
    test.contains(err.message, "the host could not be reached")
  end)
end)

describe("a secure connection that breaks in the middle of an answer", function()
  it("leaves the effect in doubt", function()
    for _, profile in ipairs { "broken", "garbage" } do
      local err = test.raises("network", create, profile)
      test.equal(err.outcome, "unknown")
      test.equal(err.attempts, 1)
    end
  end)

  it("is seen where the answer has a length", function()
    local options = { ca_file = authority.file, retry = false }
    for _, fault in ipairs { "short-body", "chunked-cut", "chunked-no-final", "reset-mid-body", "gzip-cut" } do
      test.raises("network", http.get, at(good, "/fault/" .. fault), options)
    end
    local whole = http.get(at(good, "/fault/no-length-cut"), options)
    test.equal(whole.length_unknown, true)
  end)
end)

describe("plain HTTP", function()
  it("does not leave this machine unless the profile allows it", function()
    for _, profile in ipairs { "elsewhere", "shouted" } do
      local err = test.raises("permission", create, profile)
      test.equal(err.outcome, "none")
      test.contains(err.message, "plain http")
    end
    for _, url in ipairs { "http://192.0.2.1/", "HTTP://192.0.2.1/", "hTTp://3221225985/", "http://0xc0000201/" } do
      test.raises("permission", http.get, url)
    end
  end)

  it("finds this machine under all its names", function()
    for _, host in ipairs { "127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f.1", "127.1", "0177.0.0.1" } do
      test.equal(http.get(("http://%s:%s/json"):format(host, support.port)).status, 200)
    end
  end)
end)

test.run()
