-- SPDX-License-Identifier: MIT
-- The password of a mail server is never shown: not by errors, logs of any level, or servers that repeat it. Each case
-- runs beadle as a program of its own, and everything that it wrote is searched.

local test = require "beadle.test"
local mail_server = require "mail_server"
local support = require "support"
local describe, it, equal = test.describe, test.it, test.equal

local MIDDLE = "c4n4ry-m41l"
local PASSWORD = "+\"" .. MIDDLE .. "/é ="
local SENT = "AG1lACsiYzRuNHJ5LW00MWwvw6kgPQ==" -- by AUTH PLAIN: RFC 4616
local FORMS = { MIDDLE, "YzRuNHJ5LW00MW", "c4n4ry%2Dm41l", SENT:sub(1, -3) }

local authority = support.authority "mail-authority"
local certificate, key = authority:certificate "IP:127.0.0.1"
local servers, profiles = {}, {}
for name, rules in pairs { good = "none", refused = "auth=535", later = "auth=454", cut = "auth=cut",
  unsigned = "noauth", ending = "end=cut", rcpt = "rcpt=550", garbage = "auth=garbage", hold = "auth=hold" } do
  servers[name] = mail_server.serve(rules, "--tls", certificate, key)
  profiles[name] = servers[name]:settings { user = "me", password = PASSWORD, ca_file = authority.file,
    plain_smtp = false, connect_timeout = 1, idle_timeout = 1 }
end
profiles.stranger = servers.good:settings { user = "me", password = PASSWORD, plain_smtp = false }
support.configure_mail(profiles)

local SHOW = [[
  local mail = require "beadle.mail"
  local ok, err = pcall(mail.client { profile = %q }.send, { to = "ada@example.org", subject = "s", text = "t" },
    { retry = false })
  print(ok, err)
  if not ok then
    for name, value in pairs(err) do print(name, type(value) == "table" and beadle.json.encode(value) or value) end
    print(debug.traceback(tostring(err)))
    for _, level in ipairs { "error", "warn", "info", "debug", "trace" } do beadle.log[level](tostring(err)) end
    error(err)
  end
]]

describe("the password", function()
  for name in pairs(profiles) do
    it("is not shown when " .. name, function()
      for _, level in ipairs { "error", "trace" } do
        local status, out, err = support.beadle({ "--log-level", level, "-e", SHOW:format(name) })
        equal(status, name == "good" and 0 or 1)
        for _, form in ipairs(FORMS) do
          test.falsy(out:find(form, 1, true) or err:find(form, 1, true))
        end
      end
    end)
  end

  it("was sent where it should be, or these tests show nothing", function()
    test.truthy(servers.good:count(SENT) > 0)
  end)
end)

test.run()
