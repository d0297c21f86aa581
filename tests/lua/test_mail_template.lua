-- SPDX-License-Identifier: MIT
-- mail.fill: names and values, and nothing else.

local mail = require "beadle.mail"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local function refused(template, values, words)
  local err = test.raises("argument", mail.fill, template, values)
  equal(err.operation, "mail.fill")
  test.contains(tostring(err), words)
end

describe("a template", function()
  it("gets values in the place of names", function()
    same(mail.fill("Dear {{name}}, {{ points }} points for {{name}}.", { name = "Ada", points = 742 }),
      { text = "Dear Ada, 742 points for Ada." })
  end)

  it("may say its subject in front", function()
    same(mail.fill("Subject: Result of {{name}}\n\nHello {{name}}\n", { name = "Zoë" }),
      { subject = "Result of Zoë", text = "Hello Zoë\n" })
    same(mail.fill("Subject: A\r\n\r\nB\r\n", {}), { subject = "A", text = "B\n" })
    same(mail.fill("Note: this is text\n\nB", {}), { text = "Note: this is text\n\nB" })
    refused("Subject: A\nB", {}, "an empty line must stand behind")
    refused("Subject: A\nSubject: B\n\n", {}, "says subject twice")
  end)

  it("is HTML when it begins like a page, or says so; there values are escaped", function()
    local values = { name = "<b>\"Ada\" & 'Co'</b>" }
    local escaped = "&lt;b&gt;&quot;Ada&quot; &amp; &#39;Co&#39;&lt;/b&gt;"
    equal(mail.fill("<!DOCTYPE html>\n<p>{{name}}", values).html, "<!DOCTYPE html>\n<p>" .. escaped)
    equal(mail.fill("\n<html>{{name}}", values).html, "\n<html>" .. escaped)
    same(mail.fill("Subject: {{name}}\nContent-Type: text/html\n\n<p>{{name}}", values),
      { subject = values.name, html = "<p>" .. escaped })
    equal(mail.fill("{{name}}", values).text, values.name)
    refused("Content-Type: image/png\n\nx", {}, "text/plain or text/html")
  end)

  it("may be a table of its parts", function()
    same(mail.fill({ subject = "S {{a}}", text = "T {{a}}", html = "<p>{{a}}" }, { a = "&" }),
      { subject = "S &", text = "T &", html = "<p>&amp;" })
    refused({ body = "x" }, {}, "no \"body\"")
    refused({ text = 5 }, {}, "must be a text")
    refused(5, {}, "must be a text, or a table")
    refused("x", nil, "the values must be a table")
  end)

  it("is not filled a second time, and values are no patterns", function()
    equal(mail.fill("{{a}} {{b}}", { a = "{{b}} %1 %%", b = "x" }).text, "{{b}} %1 %% x")
  end)

  it("runs nothing", function()
    refused("{{os.exit()}}", {}, "is no name")
    refused("{{a b}}", { a = 1 }, "is no name")
    refused("{{}}", {}, "is no name")
    refused("line\n{{name", {}, "line 2")
    equal(mail.fill("a { b } c", {}).text, "a { b } c")
    equal(mail.fill("<html><style>a{b{c}}</style>", {}).html, "<html><style>a{b{c}}</style>")
  end)
end)

describe("values", function()
  it("that are missing are named, all of them, with their lines", function()
    refused("Subject: {{c}}\n\n{{a}}\n{{b}} {{ok}}", { ok = true },
      "c (line 1 of its subject), a (line 1 of its text), b (line 2 of its text)")
  end)

  it("that the template does not have are refused", function()
    refused("{{name}}", { name = "x", nam = "y" }, "the template has no {{nam}}")
    refused("{{name}}", { name = "x", nam = "y" }, "Did you mean name?")
  end)

  it("are texts, numbers and booleans", function()
    equal(mail.fill("{{a}} {{b}} {{c}}", { a = 1, b = 1.5, c = false }).text, "1 1.5 false")
    refused("{{a}}", { a = {} }, "the value of a must be a text")
    refused("{{a}}", { a = print }, "not a function")
  end)

  it("cannot break a subject's line", function()
    refused("Subject: {{a}}\n\n", { a = "x\r\nBcc: eve@example.org" }, "has a line break and stands in the subject")
  end)

  it("are what mail.send takes", function()
    local letter = mail.fill("Subject: {{a}}\n\n{{a}}", { a = "x" })
    letter.to = "ada@example.org"
    equal(mail.send(letter).recipients, 1)
  end)
end)

test.run()
