-- SPDX-License-Identifier: MIT
-- beadle.lti.xml: what it reads, and what it refuses by name.

local test = require "beadle.test"
local xml = require "beadle.lti.xml"
local describe, it, equal = test.describe, test.it, test.equal

local function refused(text, reason)
  local element, why, message = xml.read(text)
  equal(element, nil)
  equal(why, reason)
  test.truthy(#message > 0)
  return message
end

describe("a document", function()
  it("is elements, attributes and texts", function()
    local root = xml.read '<?xml version="1.0" encoding="utf-8"?>\n<a b="1">x<c>é &lt;&amp;&gt;&quot;&apos;</c>y</a>'
    test.same(root, { name = "a", attributes = { b = "1" }, text = "xy", { name = "c", text = "é <&>\"'" } })
  end)

  it("has its namespaces, whatever the prefix", function()
    local plain = xml.read '<a xmlns="urn:x"><b/></a>'
    local prefixed = xml.read '<q:a xmlns:q="urn:x"><q:b/></q:a>'
    test.same(plain, { name = "a", namespace = "urn:x", text = "", { name = "b", namespace = "urn:x", text = "" } })
    test.same(prefixed, plain)
    local outer = xml.read '<a xmlns:q="urn:x" q:b="1" b="2"/>'
    test.same(outer.attributes, { ["{urn:x}b"] = "1", b = "2" })
    equal(outer.namespace, nil)
  end)

  it("may have a byte order mark, comments, CDATA, instructions and character references", function()
    local root = xml.read "\u{FEFF}<a><?php x?>0.<!-- 9 -->5<![CDATA[5<]]>&#65;&#x42;</a><!-- end -->"
    equal(root.text, "0.55<AB")
  end)

  it("gives a line that ends with CR LF as LF", function()
    equal(xml.read("<a>x\r\ny</a>").text, "x\ny")
  end)
end)

describe("refused is", function()
  it("nothing, and what is no XML, with the line", function()
    refused("", "empty")
    for _, text in ipairs { " ", "score=1", "{}", "<a", "<a></b>", "<a/><a/>", "<a b=1/>", "<a b='1' b='2'/>",
      "<a>&x;</a>", "<a>\0</a>", "<a>\xE9</a>", "<a>\xED\xA0\x80</a>", "<a>\xC0\xAF</a>", "<a>&#0;</a>",
      "<a>&#xFFFF;</a>", "<q:a/>", "<a xmlns:q=''/>", "<a>\1</a>", "\n<?xml version='1.0'?><a/>", "<a>]]></a>" } do
      refused(text, "not_well_formed")
    end
    test.contains(refused("<a>\n\n<b></a>", "not_well_formed"), "line 3")
  end)

  it("every document type, whatever is in it", function()
    local lol = { "<!DOCTYPE a [<!ENTITY l0 \"lol\">" }
    for level = 1, 9 do
      lol[#lol + 1] = ("<!ENTITY l%d \"%s\">"):format(level, ("&l%d;"):format(level - 1):rep(10))
    end
    for _, text in ipairs {
      "<!DOCTYPE a><a/>",
      "<!DOCTYPE a []><a/>",
      "<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/x.dtd\"><a/>",
      "<!DOCTYPE a PUBLIC \"p\" \"http://127.0.0.1:1/x.dtd\"><a/>",
      "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
      "<!DOCTYPE a [<!ENTITY % x SYSTEM \"file:///etc/passwd\"> %x;]><a/>",
      "<!DOCTYPE a [<!ENTITY x \"" .. ("x"):rep(20000) .. "\">]><a>" .. ("&x;"):rep(5000) .. "</a>",
      "<!DOCTYPE a [<!ATTLIST a b CDATA \"default\">]><a/>",
      table.concat(lol) .. "]><a>&l9;</a>",
    } do
      refused(text, "doctype")
    end
  end)

  it("every encoding but UTF-8, declared or not", function()
    for _, name in ipairs { "ISO-8859-1", "US-ASCII", "UTF-16", "windows-1252", "UTF-7", "x-unknown", "utf8" } do
      refused(("<?xml version=\"1.0\" encoding=\"%s\"?><a/>"):format(name), "encoding")
    end
    refused("\xFF\xFE<\0a\0/\0>\0", "encoding")
    refused("\xFE\xFF\0<\0a\0/\0>", "encoding")
    refused("<\0a\0/\0>\0", "encoding")
    refused("\0<\0a\0/\0>", "encoding")
  end)

  it("what is beyond a limit, and not what is at it", function()
    refused("<a>" .. (" "):rep(65536) .. "</a>", "too_large")
    refused(("<a>"):rep(33) .. ("</a>"):rep(33), "too_deep")
    test.truthy(xml.read(("<a>"):rep(32) .. ("</a>"):rep(32)))
    refused("<a>" .. ("<b/>"):rep(1000) .. "</a>", "too_many_elements")
    equal(#xml.read("<a>" .. ("<b/>"):rep(999) .. "</a>"), 999)
    refused("<a>" .. ("x"):rep(16385) .. "</a>", "text_too_long")
    equal(#xml.read("<a>" .. ("x"):rep(16384) .. "</a>").text, 16384)
    refused("<a>" .. ("x"):rep(9000) .. "<b/>" .. ("x"):rep(9000) .. "</a>", "text_too_long")
    refused("<a b='" .. ("x"):rep(16385) .. "'/>", "text_too_long")
    refused("<" .. ("a"):rep(513) .. "/>", "name_too_long")
    test.truthy(xml.read("<" .. ("a"):rep(512) .. "/>"))
    local attributes = {}
    for index = 1, 257 do
      attributes[index] = ("a%d=''"):format(index)
    end
    refused("<a " .. table.concat(attributes, " ") .. "/>", "too_many_attributes")
    test.truthy(xml.read("<a " .. table.concat(attributes, " ", 1, 256) .. "/>"))
  end)

  it("a namespace that would make every name long", function()
    refused(("<a xmlns='urn:%s'>%s</a>"):format(("x"):rep(30000), ("<b/>"):rep(900)), "name_too_long")
  end)

  it("what is no text", function()
    test.raises(nil, xml.read)
    test.raises(nil, xml.read, {})
  end)
end)

test.run()
