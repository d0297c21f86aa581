-- SPDX-License-Identifier: MIT
-- Mail over real sockets: what goes out, what a server may answer at each step, connections that break in each, TLS
-- and signing in. What may have been sent is never sent again, and what certainly was not is.

local async = require "beadle.async"
local mail = require "beadle.mail"
local message = require "beadle.mail.message"
local test = require "beadle.test"
local mail_server = require "mail_server"
local support = require "support"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local PASSWORD = "c4n4ry-p4ssw0rd"
local LETTER = { to = { "ada@example.org", "bob@example.org" }, subject = "Résultat", text = "742 points\n.\nEnd" }
local NAMES = "IP:127.0.0.1,DNS:localhost"
local authority, stranger = support.authority "mail-authority", support.authority "stranger"
local certificate, key = authority:certificate(NAMES)

local servers, profiles = {}, {}

-- A server with these rules, and a profile of that name for it.
local function add(name, rules, more, ...)
  servers[name] = mail_server.serve(rules, ...)
  profiles[name] = servers[name]:settings(more)
end

add("good", "none")
add("slow", "end=late")
add("signed", "none", { user = "me", password = PASSWORD })
add("unsigned", "noauth", { user = "me", password = PASSWORD })

-- What certainly was not sent: a reply at each step before the message's end, and at that.
local REPLIES = {
  greeting = "hello", ehlo = "hello", mail = "sender", rcpt = "recipient", data = "data", ["end"] = "message",
}
for step in pairs(REPLIES) do
  add("4-" .. step, step .. "=451")
  add("5-" .. step, step .. "=554")
  add("again-" .. step, step .. "=421,again")
end
add("second", "rcpt2=550")
add("auth-4", "auth=454", { user = "me", password = PASSWORD })
add("auth-5", "auth=535", { user = "me", password = PASSWORD })

-- Connections that end, in each of the steps and ways.
for _, step in ipairs { "greeting", "ehlo", "mail", "rcpt", "rcpt2", "data", "end" } do
  for _, way in ipairs { "cut", "reset" } do
    add(way .. "-" .. step, ("%s=%s"):format(step, way))
  end
  add("back-" .. step, step .. "=cut,again")
  add("hold-" .. step, step .. "=hold", { idle_timeout = 1, connect_timeout = 1 })
end
add("garbage", "greeting=garbage")
add("garbage-end", "end=garbage")

-- TLS.
local tls = { "--tls", certificate, key }
add("starttls", "none", { ca_file = authority.file, plain_smtp = false, user = "me", password = PASSWORD },
  table.unpack(tls))
add("smtps", "implicit", { ca_file = authority.file, user = "me", password = PASSWORD }, table.unpack(tls))
profiles.smtps.smtp = servers.smtps.tls_url
for _, step in ipairs { "starttls", "auth" } do
  for _, way in ipairs { "cut", "reset" } do
    add(way .. "-" .. step, ("%s=%s"):format(step, way), { ca_file = authority.file, plain_smtp = false, user = "me",
      password = PASSWORD }, table.unpack(tls))
  end
end
add("stripped", "nostarttls", { ca_file = authority.file, plain_smtp = false, user = "me", password = PASSWORD },
  table.unpack(tls))
add("starttls-4", "starttls=454", { ca_file = authority.file, plain_smtp = false }, table.unpack(tls))
add("inject", "inject", { ca_file = authority.file, plain_smtp = false }, table.unpack(tls))
add("stranger", "none", { plain_smtp = false, ca_file = authority.file }, "--tls", stranger:certificate(NAMES))
add("expired", "none", { plain_smtp = false, ca_file = authority.file }, "--tls",
  authority:certificate(NAMES, "-days -1"))
add("wrong_host", "none", { plain_smtp = false, ca_file = authority.file }, "--tls",
  authority:certificate "DNS:example.org")
add("smtps-stranger", "implicit", { ca_file = authority.file }, "--tls", stranger:certificate(NAMES))
profiles["smtps-stranger"].smtp = servers["smtps-stranger"].tls_url
profiles.nowhere = { smtp = "smtp://127.0.0.1:1", from = "me@example.org" }
profiles.half = { smtp = servers.good.url, from = "me@example.org", user = "me" }
profiles.nobody = { smtp = servers.good.url }

support.configure_mail(profiles)

local function send(profile, more, options)
  local letter = {}
  for _, part in ipairs { LETTER, more or {} } do
    for name, value in pairs(part) do
      letter[name] = value
    end
  end
  return mail.client { profile = profile }.send(letter, options)
end

local function fails(profile, ...)
  local ok, err = pcall(send, profile, ...)
  test.falsy(ok)
  return err
end

describe("a mail that is taken", function()
  it("arrives as it was written, with its envelope", function()
    local answer = send("good", { bcc = "eve@example.org", cc = "bob@EXAMPLE.org" })
    local commands, messages = servers.good:seen()
    same({ table.unpack(commands, 2) }, { "1 MAIL FROM:<me@example.org>", "1 RCPT TO:<ada@example.org>",
      "1 RCPT TO:<bob@example.org>", "1 RCPT TO:<eve@example.org>", "1 DATA" })
    local seen = message.parse(messages[1])
    equal(seen.subject, LETTER.subject)
    equal(seen.text, LETTER.text)
    equal(seen.from, "Bead Le <me@example.org>")
    equal(seen.to, "ada@example.org, bob@example.org")
    equal(seen.message_id, answer.message_id)
    equal(answer.recipients, 3)
    equal(answer.reply, "2.0.0 taken as number 1")
    test.falsy(messages[1]:find("eve", 1, true))
  end)

  it("goes on the connection of the one before", function()
    send "good"
    send "good"
    equal(servers.good:count "EHLO", 1)
  end)

  it("lets other tasks run while the server thinks about it", function()
    local turns = 0
    async.scope(function()
      async.spawn(function()
        for _ = 1, 20 do
          async.sleep "2 ms"
          turns = turns + 1
        end
      end)
      send "slow"
      equal(turns, 20) -- the server takes 300 ms
    end)
  end)

  it("goes out beside others, no more of them at once than the profile says", function()
    local letters = {}
    for i = 1, 20 do
      letters[i] = ("person%d@example.org"):format(i)
    end
    async.map(letters, { concurrency = 20 }, function(to) send("slow", { to = to }) end)
    local commands, messages = servers.slow:seen()
    equal(#messages, 21)
    local connections = {}
    for _, line in ipairs(commands) do
      connections[line:match "^%d+"] = true
    end
    local count = 0
    for _ in pairs(connections) do
      count = count + 1
    end
    test.truthy(count <= 4 and count > 1)
  end)
end)

describe("a server that refuses", function()
  for step, name in pairs(REPLIES) do
    it(("for now at %s: a mail that was not sent, tried again"):format(step), function()
      local err = fails("4-" .. step)
      equal(err.kind, "server")
      equal(err.code, 451)
      equal(err.outcome, "none")
      equal(err.retryable, true)
      equal(err.attempts, 3)
      equal(err.step, step == "greeting" and "greeting" or name)
      test.contains(err.message, "4.7.1 the first line 4.7.1 as the rules say")
      test.contains(tostring(err), "Nothing was sent")
    end)

    it(("for good at %s: rejected, and not tried again"):format(step), function()
      local err = fails("5-" .. step)
      equal(err.kind, "rejected")
      equal(err.code, 554)
      equal(err.outcome, "none")
      equal(err.retryable, false)
      equal(err.attempts, 1)
    end)

    it(("for now at %s, and takes it then"):format(step), function()
      send("again-" .. step)
      local _, messages = servers["again-" .. step]:seen()
      equal(#messages, step == "end" and 2 or 1) -- it refused the first whole
    end)
  end

  it("one of several recipients: nobody gets it, and the error says who", function()
    local err = fails "second"
    equal(err.recipient, "bob@example.org")
    test.contains(err.message, "the recipient bob@example.org: 550")
    equal(err.outcome, "none")
    local commands, messages = servers.second:seen()
    equal(#messages, 0)
    equal(servers.second:count "DATA", 0)
    equal(commands[#commands], "1 QUIT")
  end)

  it("to sign somebody in", function()
    local err = fails "auth-5"
    equal(err.kind, "auth")
    equal(err.code, 535)
    equal(err.step, "sign_in")
    equal(err.attempts, 1)
    equal(servers["auth-5"]:count "MAIL", 0)
    err = fails "auth-4"
    equal(err.kind, "server")
    equal(err.code, 454)
    equal(err.retryable, true)
  end)
end)

describe("a connection that breaks", function()
  for _, way in ipairs { "cut", "reset" } do
    for _, step in ipairs { "greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "rcpt2", "data" } do
      it(("(%s) at %s: nothing was sent, so it is tried again"):format(way, step), function()
        local err = fails(way .. "-" .. step)
        equal(err.kind, "network")
        equal(err.outcome, "none")
        equal(err.retryable, true)
        equal(err.attempts, 3)
        local _, messages = servers[way .. "-" .. step]:seen()
        equal(#messages, 0)
      end)
    end

    it(("(%s) behind the message: nobody knows, so it is sent once only"):format(way), function()
      local err = fails(way .. "-end")
      equal(err.kind, "network")
      equal(err.outcome, "unknown")
      equal(err.retryable, false)
      equal(err.attempts, 1)
      equal(err.step, "message")
      local _, messages = servers[way .. "-end"]:seen()
      equal(#messages, 1)
      equal(message.parse(messages[1]).message_id, err.message_id)
      test.contains(err.hint, err.message_id)
    end)
  end

  for _, step in ipairs { "greeting", "ehlo", "mail", "rcpt", "data" } do
    it(("at %s the first time only: the mail goes out once"):format(step), function()
      send("back-" .. step)
      local _, messages = servers["back-" .. step]:seen()
      equal(#messages, 1)
    end)
  end
end)

describe("a server that stands still", function()
  for _, step in ipairs { "greeting", "ehlo", "mail", "rcpt", "data" } do
    it(("at %s: a time-out, and nothing was sent"):format(step), function()
      local err = fails("hold-" .. step, nil, { retry = false })
      equal(err.kind, "timeout")
      equal(err.outcome, "none")
    end)
  end

  it("behind the message: nobody knows", function()
    local err = fails("hold-end", nil, { timeout = 30 })
    equal(err.kind, "timeout")
    equal(err.outcome, "unknown")
    equal(err.attempts, 1)
  end)

  it("lets a task that is cancelled go at once, with what is known", function()
    for step, outcome in pairs { rcpt = "none", ["end"] = "unknown" } do
      local err
      local log = servers["hold-" .. step]
      local before = log:count(step == "end" and "DATA" or "RCPT")
      async.scope(function()
        local task = async.spawn(function()
          local _, failure = pcall(send, "hold-" .. step, nil, { retry = false })
          err = failure
        end)
        while log:count(step == "end" and "DATA" or "RCPT") == before or step == "end" and log:open() do
          async.sleep "2 ms"
        end
        task:cancel()
      end)
      equal(err.kind, "cancelled")
      equal(err.outcome, outcome)
    end
  end)
end)

describe("what is no mail server", function()
  it("is told from a mail server", function()
    local err = fails "garbage"
    equal(err.kind, "decode")
    equal(err.outcome, "none")
  end)

  it("and what it says behind a message means that nobody knows", function()
    local err = fails "garbage-end"
    equal(err.outcome, "unknown")
    equal(err.retryable, false)
  end)

  it("is named when nothing is there", function()
    local err = fails("nowhere", nil, { retry = false })
    equal(err.kind, "network")
    test.contains(err.message, "smtp://127.0.0.1:1")
    test.contains(err.message, "refused")
  end)
end)

describe("TLS", function()
  it("is begun by STARTTLS before anything is said", function()
    send "starttls"
    local commands = servers.starttls:seen()
    equal(commands[2], "1 STARTTLS")
    test.contains(commands[4], "AUTH PLAIN")
  end)

  it("is there from the first byte with smtps", function()
    send "smtps"
    equal(servers.smtps:count "STARTTLS", 0)
    equal(servers.smtps:count "MAIL", 1)
  end)

  it("is demanded: a server without it gets neither the password nor the mail", function()
    local err = fails "stripped"
    equal(err.kind, "network")
    test.contains(err.message, "no secure connection could be made")
    equal(err.outcome, "none")
    equal(err.retryable, false)
    equal(servers.stripped:count "AUTH", 0)
    equal(servers.stripped:count "MAIL", 0)
    equal(servers.stripped:count "EHLO", 1)
  end)

  for name, what in pairs { ["starttls-4"] = "that is refused", stranger = "with a stranger's certificate",
    expired = "with a certificate that has expired", wrong_host = "with a certificate of another host",
    ["smtps-stranger"] = "with a stranger's certificate from the first byte" } do
    it(what .. " sends nothing", function()
      local err = fails(name)
      equal(err.kind, "network")
      test.contains(err.message, "no secure connection could be made")
      equal(err.outcome, "none")
      equal(err.attempts, 1)
      equal(servers[name]:count "MAIL", 0)
    end)
  end

  it("takes no answer that stood in clear behind that to STARTTLS", function()
    local err = fails("inject", nil, { retry = false })
    equal(err.outcome, "none")
    equal(servers.inject:count "MAIL", 0)
  end)
end)

describe("one connection after the other", function()
  it("of different accounts and servers mixes nothing up", function()
    local before = servers.signed:count "DATA"
    for _ = 1, 3 do
      send "good"
      send "signed"
      equal(fails "5-mail".code, 554)
      send "starttls"
    end
    equal(servers.signed:count "DATA", before + 3)
    equal(servers.good:count "AUTH", 0)
  end)
end)

describe("signing in", function()
  it("sends the name and the password", function()
    send "signed"
    test.truthy(servers.signed:count "AUTH PLAIN" > 0)
    equal(servers.signed:count "AG1lAGM0bjRyeS1wNHNzdzByZA==", servers.signed:count "AUTH PLAIN")
  end)

  it("is no option where the profile says it: a server without it gets no mail", function()
    local err = fails "unsigned"
    equal(err.kind, "auth")
    equal(err.outcome, "none")
    equal(servers.unsigned:count "AUTH", 0)
    local _, messages, begun = servers.unsigned:seen()
    equal(#messages, 0)
    test.falsy(begun)
  end)

  it("takes a name and a password, or neither", function()
    local err = fails "half"
    equal(err.kind, "configuration")
    test.contains(err.message, "mail.password")
  end)

  it("needs a sender", function()
    local err = fails "nobody"
    equal(err.kind, "configuration")
    test.contains(err.message, "mail.from")
  end)
end)

test.run()
