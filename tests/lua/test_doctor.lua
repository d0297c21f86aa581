-- SPDX-License-Identifier: MIT
-- What the doctor says of an installation that is broken, with made-up findings of its tools; and dates.

local catalogue = require "beadle.catalogue"
local doctor = require "beadle.doctor"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

-- An installation in which all is well, but for what `change` replaces.
local function tools(change)
  local all = {
    program = function() return "/usr/bin/beadle" end,
    libraries = function() return { { name = "thing", version = "1.9.10", least = "1.9.9" } } end,
    authorities = function() return nil, "/certificates" end,
    look = function() return { folder = true, readable = true, writable = true, mode = "700", mine = true } end,
  }
  for name, value in pairs(change or {}) do
    all[name] = value
  end
  return all
end

local function found(topic, state, change)
  for _, finding in ipairs(doctor.examine(tools(change), { offline = true })) do
    if finding.topic == topic and finding.state == state then
      return finding
    end
  end
end

local function library(version, least, wrong)
  return { libraries = function() return { { name = "thing", version = version, least = least, wrong = wrong } } end }
end

describe("libraries", function()
  it("are compared number by number", function()
    equal(found("installation", "wrong"), nil)
    for _, case in ipairs { { "1.9", "1.10" }, { "7.9.99", "7.86" }, { "2", "2.0.1" }, { "3.0.9-dev", "3.1" } } do
      test.contains(found("installation", "wrong", library(case[1], case[2])).text, "is too old")
    end
    for _, case in ipairs { { "1.10", "1.9" }, { "7.86.0", "7.86" }, { "2.0", "2" }, { "10", "9.9.9" } } do
      equal(found("installation", "wrong", library(case[1], case[2])), nil)
    end
  end)

  it("that are missing are said, with what to install", function()
    local finding = found("installation", "wrong", library(nil, "1", "libthing.so.1 is not here"))
    equal(finding.text, "thing: libthing.so.1 is not here")
    test.contains(finding.advice, "Install")
  end)
end)

describe("certificates", function()
  it("that are not there are said", function()
    local finding = found("certificates", "wrong", { authorities = function() return "/no/file", nil end,
      look = function() end })
    test.contains(finding.text, "/no/file")
    test.contains(finding.advice, "ca-certificates")
  end)

  it("a file without any is none", function()
    local path = os.tmpname()
    test.contains(found("certificates", "wrong", { authorities = function() return path end }).text, "no certificate")
    os.remove(path)
  end)
end)

describe("dates", function()
  it("are read as HTTP writes them", function()
    equal(doctor.http_date "Sun, 06 Nov 1994 08:49:37 GMT", 784111777)
    equal(doctor.http_date "Thu, 01 Jan 1970 00:00:00 GMT", 0)
    equal(doctor.http_date "Thu, 29 Feb 2024 23:59:59 GMT", 1709251199)
    equal(doctor.http_date "Fri, 01 Mar 2024 00:00:00 GMT", 1709251200)
    equal(doctor.http_date "Wed, 31 Dec 2025 23:59:59 GMT", 1767225599)
  end)

  it("or not at all", function()
    for _, text in ipairs { "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nvo 1994 08:49:37 GMT", "now" } do
      equal(doctor.http_date(text), nil)
    end
    equal(doctor.http_date(nil), nil)
  end)
end)

describe("each vendor", function()
  it("says how a profile of it is tried out, or why it cannot be", function()
    for _, name in ipairs(catalogue.vendors()) do
      local hello = catalogue.describe(name).hello
      test.truthy(hello.operation or hello.doc)
    end
  end)
end)

test.run()
