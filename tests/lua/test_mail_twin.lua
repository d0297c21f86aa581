-- SPDX-License-Identifier: MIT
-- The sandbox's mail server: what it keeps and shows, whom it refuses, and what scripts can have go wrong.

local gate = require "beadle.gate"
local json = require "beadle.json"
local mail = require "beadle.mail"
local message = require "beadle.mail.message"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.mail

test.before_each(sandbox.reset)

local function send(more)
  local letter = { to = "ada@example.org", subject = "Your result", text = "742 points" }
  for name, value in pairs(more or {}) do
    letter[name] = value
  end
  return mail.send(letter)
end

local function fails(more, kind)
  return test.raises(kind, send, more)
end

describe("the sandbox", function()
  it("keeps every mail, and passes none on", function()
    local answer = send { to = { "Zoë <zoe@example.org>", "ada@example.org" }, cc = "ada@example.org",
      bcc = "eve@example.org", attachments = { { name = "é.pdf", content = "%PDF\0", type = "application/pdf" } } }
    local mails = twin.mails()
    equal(#mails, 1)
    same(mails[1].recipients, { "zoe@example.org", "ada@example.org", "eve@example.org" })
    equal(mails[1].sender, "sandbox@example.org")
    equal(mails[1].from, "Sandbox <sandbox@example.org>")
    equal(mails[1].to, "Zoë <zoe@example.org>, ada@example.org")
    equal(mails[1].subject, "Your result")
    equal(mails[1].text, "742 points")
    equal(mails[1].html, nil)
    equal(mails[1].message_id, answer.message_id)
    same(mails[1].attachments, { { name = "é.pdf", type = "application/pdf", size = 5 } })
    test.falsy(mails[1].raw:find("eve", 1, true))
    equal(answer.recipients, 3)
    equal(answer.reply, "2.0.0 Ok: queued as SANDBOX0001")
  end)

  it("shows those to one person, and forgets all when it is told to", function()
    send()
    send { to = "bob@example.org" }
    equal(#twin.mails { to = "BOB@example.org" }, 1)
    equal(#twin.mails(), 2)
    twin.clear()
    equal(#twin.mails(), 0)
  end)

  it("gives its mails back with a snapshot", function()
    send()
    sandbox.fork(function()
      send()
      equal(#twin.mails(), 2)
    end)
    equal(#twin.mails(), 1)
  end)

  it("gives every mail an id of its own, in the sender's domain", function()
    local ids = {}
    for i = 1, 20 do
      ids[i] = send { from = "me@exams.example.org" }.message_id
      test.match(ids[i], "^<%x+@exams%.example%.org>$")
      for j = 1, i - 1 do
        test.truthy(ids[i] ~= ids[j])
      end
    end
  end)
end)

describe("a recipient that is refused", function()
  it("is named; nobody gets the mail", function()
    twin.refuse { address = "Bob@example.org", text = "5.1.1 Who is that?" }
    local err = fails({ to = { "ada@example.org", "bob@example.org" } }, "rejected")
    equal(err.recipient, "bob@example.org")
    equal(err.code, 550)
    equal(err.status, nil)
    equal(err.outcome, "none")
    equal(err.step, "recipient")
    equal(err.message, "the mail server refused the recipient bob@example.org: 550 5.1.1 Who is that?")
    test.match(tostring(err), "%[rejected, code 550%]%. Nothing was sent%.")
    equal(#twin.mails(), 0)
  end)

  it("for now is asked again", function()
    twin.refuse { address = "ada@example.org", status = 450, times = 2 }
    send()
    equal(#twin.mails(), 1)
    equal(twin.counts().send, 3)
  end)

  it("because the sender is new to it: the mail goes out later", function()
    twin.set { greylist = 300 }
    local err = fails(nil, "server")
    equal(err.code, 451)
    equal(err.retryable, true)
    equal(err.outcome, "none")
    twin.set { greylist = 0 }
    send()
  end)

  it("is refused as one too many", function()
    twin.set { most_recipients = 2 }
    local err = fails({ to = { "a@b.c", "b@b.c", "c@b.c" } }, "server")
    equal(err.code, 452)
    equal(err.recipient, "c@b.c")
  end)

  it("needs what a refusal needs", function()
    test.contains(test.raises("argument", twin.refuse, {}).message, "address")
    test.contains(test.raises("argument", twin.refuse, { address = "a@b", status = 250 }).message, "status")
    test.contains(test.raises("argument", twin.refuse, { address = "a@b", times = 0 }).message, "times")
    test.contains(test.raises("argument", twin.refuse, { address = "a@b", text = "a\r\nb" }).message, "one line")
  end)
end)

describe("what goes wrong", function()
  it("with a message that is too large", function()
    twin.set { most_bytes = 1000 }
    local err = fails({ text = ("x"):rep(2000) }, "rejected")
    equal(err.code, 552)
    equal(err.step, "message")
  end)

  it("with a reply that is lost: the mail is there, and is not sent again", function()
    twin.fault { kind = "lost reply", times = 3 }
    local err = fails(nil, "network")
    equal(err.outcome, "unknown")
    equal(err.retryable, false)
    equal(err.attempts, 1)
    equal(#twin.mails(), 1)
    equal(twin.mails()[1].message_id, err.message_id)
  end)

  it("for now: the mail is sent again, and once", function()
    twin.fault { kind = "status", status = 451, body = "4.3.0 Busy" }
    send()
    equal(#twin.mails(), 1)
  end)

  it("when the server takes its time", function()
    twin.fault { kind = "slow", delay = 0.05 }
    send()
    twin.fault { kind = "slow", delay = 10 }
    local err = test.raises("timeout", mail.send, { to = "a@b.c", subject = "s", text = "t" }, { timeout = 0.05 })
    equal(err.outcome, "unknown")
  end)
end)

describe("a call that is wrong", function()
  local function refused(args, words)
    local err = test.raises("argument", mail.send, args)
    equal(err.outcome, "none")
    test.contains(err.message, words)
    equal(#twin.requests(), 0)
  end

  it("is refused before anything is sent, with the reason", function()
    refused({ subject = "s", text = "t" }, "to is required")
    refused({ to = "a@b.c", text = "t" }, "subject is required")
    refused({ to = "a@b.c", subject = "s" }, "text or html is required")
    refused({ to = "a@b@c", subject = "s", text = "t" }, "more than one '@'")
    refused({ to = { "a@b.c", "é@b.c" }, subject = "s", text = "t" }, "not ASCII")
    refused({ to = "a@é.c", subject = "s", text = "t" }, "xn--")
    refused({ to = "Lovelace, Ada <a@b.c>", subject = "s", text = "t" }, "put the name in quotes")
    refused({ to = "a@b.c", subject = "s", text = "t", attachments = { { name = "x" } } },
      "attachments[1].content is required")
    refused({ to = "a@b.c", subjekt = "s", text = "t" }, "did you mean subject?")
  end)

  it("cannot put a header of its own into the message", function()
    for _, text in ipairs { "s\r\nBcc: eve@example.org", "s\nBcc: eve@example.org", "s\rBcc: x", "s\0" } do
      refused({ to = "a@b.c", subject = text, text = "t" }, "subject must be")
      refused({ to = "a@b.c", subject = "s", text = "t", reply_to = "A <a@b.c>" .. text }, "reply_to must be")
      refused({ to = "a@b.c", subject = "s", text = "t", from = text .. " <a@b.c>" }, "from must be")
      refused({ to = "a@b.c", subject = "s", text = "t", attachments = { { name = text, content = "" } } },
        "attachments[1].name must be")
      refused({ to = "a@b.c", subject = "s", text = "t", attachments = { { name = "x", content = "", type = text } } },
        "attachments[1].type must be")
    end
  end)

  it("may hold anything in its text, and that stays there", function()
    local text = ".\r\n.\r\nQUIT\nFrom me\n--=_m\n\tx \n" .. ("long "):rep(500) .. "\1\27é"
    send { text = text, html = text }
    local seen = twin.mails()[1]
    equal(seen.text, (text:gsub("\r\n", "\n")))
    equal(seen.html, seen.text)
    for line in seen.raw:gmatch "([^\r\n]*)\r\n" do
      test.truthy(#line <= 78)
    end
  end)
end)

describe("a gate", function()
  it("sees a mail before it leaves, and may keep it", function()
    local seen
    local answer = gate.with(function(effect)
      seen = effect
      return { message_id = "<planned>" }
    end, send, { to = { "ada@example.org" }, bcc = "eve@example.org" })
    equal(answer.message_id, "<planned>")
    equal(seen.operation, "mail.send")
    equal(seen.effect, "send")
    same(seen.key, { to = { "ada@example.org" }, subject = "Your result" })
    equal(seen.params.bcc, "eve@example.org")
    equal(message.parse(seen.body).text, "742 points\n")
    equal(seen.url, "smtp://mail.example.org:587")
    equal(#twin.mails(), 0)
  end)

  it("may let it go", function()
    gate.with(function(_, go) return go() end, send)
    equal(#twin.mails(), 1)
  end)
end)

describe("messages of other programs", function()
  local function shown(lines)
    return message.parse(table.concat(lines, "\r\n"))
  end

  it("are read in other charsets, encodings and shapes", function()
    local seen = shown { "From: =?ISO-8859-1?Q?Ren=E9_Descartes?= <rene@example.org>",
      "Subject: =?utf-8?q?a=20?=", " =?utf-8?b?YsOp?=", "Content-Type: text/html; charset=ISO-8859-1",
      "Content-Transfer-Encoding: quoted-printable", "", "caf=E9 =", "cr=E8me" }
    equal(seen.from, "René Descartes <rene@example.org>")
    equal(seen.subject, "a bé")
    equal(seen.html, "café crème")
    equal(seen.text, nil)
    same(seen.attachments, json.array {})
  end)

  it("have files by the names that they are given", function()
    local seen = shown { "Content-Type: multipart/mixed; boundary=\"x;y\"", "", "no part", "--x;y", "", "body",
      "--x;y", "Content-Type: image/png; name=a.png", "Content-Transfer-Encoding: base64", "", "AAAA", "AA==", "--x;y",
      "Content-Disposition: attachment; filename*0*=utf-8''%C3%A9; filename*1=\"b;c.txt\"", "", "12345", "--x;y--",
      "behind" }
    equal(seen.text, "body")
    same(seen.attachments, { { name = "a.png", type = "image/png", size = 4 },
      { name = "éb;c.txt", type = "text/plain", size = 5 } })
  end)
end)

test.run()
