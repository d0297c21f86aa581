-- beadle lti explain TOKEN_OR_BODY: decodes a launch and says what is wrong with it
-- SPDX-License-Identifier: MIT

local explain = require "beadle.lti.explain"
local fs = require "beadle.fs"
local http = require "beadle.http"
local json = require "beadle.json"
local options = require "beadle.options"
local secrets = require "beadle.cli.lti_secret"
local show = require "beadle.lti.show"
local time = require "beadle.time"
local words = require "beadle.lti.explain_words"

local function seconds_of(text)
  local number = tonumber(text)
  if number then
    return number
  end
  local year, month, day, hour, minute, second = text:match "^(%d%d%d%d)-(%d%d)-(%d%d)[T ](%d%d):(%d%d):(%d%d)Z?$"
  if not year then
    return nil, "seconds since 1970, or a time of UTC such as 2026-01-15T09:00:00Z"
  end
  local y, m, d = tonumber(year), tonumber(month), tonumber(day)
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local of_era = y - era * 400
  local of_year = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  local days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
  return days * 86400 + hour * 3600 + minute * 60 + second
end

local SPEC = {
  { name = "url", value = "URL", doc = "where the launch was sent" },
  { name = "secret-env", value = "NAME", doc = "the environment variable that holds the consumer's secret" },
  { name = "secret-file", value = "FILE", doc = "the file that holds the consumer's secret" },
  { name = "key", value = "KEY", doc = "the consumer key that is expected" },
  { name = "base-string", value = "TEXT|FILE", doc = "the base string that the sender signed, to be compared" },
  { name = "window", value = "SECONDS", default = 300, take = function(text)
    local number = tonumber(text)
    if number and number >= 0 then
      return number
    end
    return nil, "seconds"
  end, doc = "that a timestamp may be off; 300 unless told" },
  { name = "jwks", value = "FILE|URL", doc = "the platform's key set" },
  { name = "issuer", value = "URL", doc = "the issuer that is expected" },
  { name = "client-id", value = "ID", doc = "the client_id that is expected" },
  { name = "deployment-id", value = "ID", doc = "the deployment_id that is expected" },
  { name = "nonce", value = "TEXT", doc = "the nonce that was sent" },
  { name = "at", value = "TIME", take = seconds_of, doc = "when it was received; now unless told" },
  { name = "personal", doc = "show what names a person in full" },
}

local USAGE = [[
Usage: beadle lti explain TOKEN_OR_BODY|FILE|- [OPTIONS]

Looks at a launch that somebody is debugging, sends nothing, and names the first thing that is wrong. Takes an id_token,
the body of a form, a page with the form, a JSON object of its fields, or a request with its headers and body; - is
standard input. Exit status 1 when something is wrong.

]]

local function read_file(path)
  if path == "-" then
    return io.read "a"
  end
  return fs.read(path)
end

-- The text itself, or what the file of that name holds.
local function text_or_file(word)
  if word == "-" or #word < 4096 and not word:find "[\n=]" and fs.exists(word) then
    return read_file(word)
  end
  return word
end

local function read_jwks(place)
  if not place then
    return nil
  elseif place:find "^https?://" then
    local answer = http.get(place, { timeout = 20 })
    if answer.status ~= 200 then
      options.fail(("the key set at %s was answered with HTTP %d"):format(place, answer.status))
    end
    return answer:json()
  end
  local ok, set = pcall(json.decode, read_file(place))
  if not ok or type(set) ~= "table" or type(set.keys) ~= "table" then
    options.fail(("%s is no JSON Web Key Set"):format(place))
  end
  return set
end

local function print_claims(report, in_full)
  local list = {}
  for name, value in pairs(report.claims) do
    local short = name:gsub("^https://purl%.imsglobal%.org/spec/[%w-]+/claim/", "")
    list[#list + 1] = { short, type(value) == "table" and json.encode(value) or tostring(value) }
  end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  print(("  header    alg %s, kid %s, typ %s"):format(tostring(report.header.alg), tostring(report.header.kid),
    tostring(report.header.typ)))
  for _, line in ipairs(show.lines(list, "    ", in_full)) do
    print(line)
  end
end

local STATES = { ok = "ok   ", wrong = "WRONG", open = "?    " }

local function print_report(report, in_full)
  print(report.what)
  for _, line in ipairs(report.fields and show.lines(report.fields, "    ", in_full) or {}) do
    print(line)
  end
  if report.claims then
    print_claims(report, in_full)
  end
  print()
  local width = 0
  for _, check in ipairs(report.checks) do
    width = math.max(width, #check.name)
  end
  for _, check in ipairs(report.checks) do
    print(("  %s  %s  %s"):format(STATES[check.state], check.name .. (" "):rep(width - #check.name), check.text))
  end
end

local function print_base_strings(report)
  local comparison = report.comparison
  local lines = comparison and words.compare(comparison.here, comparison.there)
  if lines then
    print()
    for _, line in ipairs(lines) do
      print(line)
    end
  elseif report.first and report.first.name == "signature" and report.base_string and not comparison then
    print("\nbase string of this side:\n" .. report.base_string)
  end
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail(#operands == 0 and "explain needs a launch: a text, a file, or - for standard input"
      or "explain takes one launch; put it between quotes")
  end
  local base_string = values.base_string and text_or_file(values.base_string):match "^%s*(.-)%s*$"
  local report = explain.explain(text_or_file(operands[1]), { url = values.url, secret = secrets.read(values),
    key = values.key, base_string = base_string, window = values.window, jwks = read_jwks(values.jwks),
    issuer = values.issuer, client_id = values.client_id, deployment_id = values.deployment_id, nonce = values.nonce,
    now = values.at or time.now() })
  print_report(report, values.personal)
  print_base_strings(report)
  print()
  if report.first then
    print(("The first thing that is wrong: %s: %s."):format(report.first.name, report.first.text))
    return 1
  end
  print "Nothing is wrong in what could be checked."
  return 0
end

return { run = run, summary = "decodes a launch and says what is wrong with it",
  usage = USAGE, spec = SPEC, takes = { "file" } }
