-- beadle doctor: checks the installation, the configuration and the credentials
-- SPDX-License-Identifier: MIT

local doctor = require "beadle.doctor"
local installation = require "beadle.cli.installation"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = {
  { name = "offline", doc = "make no calls" },
  { name = "json", doc = "print the findings as one JSON document" },
}

local USAGE = [[
Usage: beadle [--profile NAME] doctor

Checks libraries and their versions, certificates, the configuration, the clock, credentials (it signs in and makes
one harmless read at each vendor of the profile), folders and the terminal, and says what to do about each finding.
Exit status: 0 nothing is wrong, 1 something is.

]]

local WORDS = { ok = "ok     ", note = "note   ", warning = "WARNING", wrong = "WRONG  ", skipped = "skipped" }

local function count(findings, state)
  local number = 0
  for _, finding in ipairs(findings) do
    number = number + (finding.state == state and 1 or 0)
  end
  return number
end

local function print_text(findings)
  local topic
  for _, finding in ipairs(findings) do
    if finding.topic ~= topic then
      topic = finding.topic
      print(topic)
    end
    print(("  %s %s"):format(WORDS[finding.state], finding.text))
    if finding.advice then
      print(("          -> %s"):format(finding.advice))
    end
  end
  print(("\n%d wrong, %d to look at"):format(count(findings, "wrong"), count(findings, "warning")))
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("doctor takes no \"%s\""):format(operands[1]))
  end
  local findings = doctor.examine(installation, { offline = values.offline })
  if values.json then
    print(pretty.json({ version = 1, wrong = count(findings, "wrong"), warnings = count(findings, "warning"),
      findings = json.array { table.unpack(findings) } },
      { "version", "wrong", "warnings", "findings", "topic", "state", "text", "advice" }))
  else
    print_text(findings)
  end
  return count(findings, "wrong") > 0 and 1 or 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = {} }
