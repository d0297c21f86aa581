-- SPDX-License-Identifier: MIT
-- Packed bodies: whole ones are unpacked, all others are faults. The second server sends one byte at a time.
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

local tiny = support.serve("--tiny-io", "1")
local servers = { whole = support.port, ["byte by byte"] = tiny }
support.configure { gzip = support.settings "/fault/gzip", cut = support.settings "/fault/gzip-cut" }

local function get(port, path, options)
  return http.get(("http://127.0.0.1:%s/fault/%s"):format(port, path), options)
end

for name, port in pairs(servers) do
  describe("a body that is sent " .. name, function()
    it("is unpacked", function()
      local plain = http.get(("http://127.0.0.1:%s/json"):format(port)).body
      for _, path in ipairs { "gzip", "gzip-members", "deflate" } do
        local answer = get(port, path)
        test.equal(answer.body, plain)
        test.equal(answer.length_unknown, false)
      end
    end)

    it("and cut is no answer", function()
      local err = test.raises("network", get, port, "gzip-cut", { retry = false })
      test.contains(err.message, "the answer ended too early")
    end)

    it("and damaged is no answer", function()
      for _, path in ipairs { "gzip-broken", "gzip-bad-crc", "gzip-trailing", "deflate/raw", "unknown-encoding",
                              "encodings-7" } do
        local err = test.raises("decode", get, port, path)
        test.contains(err.message, "cannot be unpacked")
        test.equal(err.attempts, 1)
        test.equal(err.retryable, false)
      end
    end)

    it("and bursts is stopped", function()
      local err = test.raises("decode", get, port, name == "whole" and "gzip-bomb/200" or "gzip-bomb/33")
      test.contains(err.message, "larger than the limit")
    end)
  end)
end

describe("a request", function()
  it("says what can be unpacked, and nothing else", function()
    http.get(support.url .. "/echo?accepts")
    local seen
    for _, header in ipairs(support.log("/echo?accepts")[1].headers) do
      if header[1]:lower() == "accept-encoding" then
        test.falsy(seen)
        seen = header[2]
      end
    end
    test.equal(seen, "gzip")
  end)

  it("may say otherwise", function()
    http.get(support.url .. "/echo?identity", { headers = { ["accept-encoding"] = "identity" } })
    local count = 0
    for _, header in ipairs(support.log("/echo?identity")[1].headers) do
      if header[1]:lower() == "accept-encoding" then
        test.equal(header[2], "identity")
        count = count + 1
      end
    end
    test.equal(count, 1)
  end)

  it("for the head alone has nothing to unpack", function()
    local answer = http.request { method = "HEAD", url = support.url .. "/json" }
    test.equal(answer.status, 200)
    test.equal(answer.body, "")
  end)
end)

describe("a vendor's answer", function()
  local person = { gen_id = 3, ema = "gzip@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

  it("may be packed", function()
    test.equal(isograd.client { profile = "gzip" }.create_candidate(person).can_id, 1381134)
  end)

  it("that was cut leaves the effect in doubt", function()
    local err = test.raises("network", isograd.client { profile = "cut" }.create_candidate, person)
    test.equal(err.outcome, "unknown")
    test.equal(err.attempts, 1)
  end)
end)

test.run()
