-- SPDX-License-Identifier: MIT
-- What `beadle test` says: for people, and in the forms that other programs read. For runtime/cli/test.lua.
--
-- A report has begin(run), file(run, result) for each file, and finish(run, results), and writes through
-- run.write(text). run: seed, counts, seconds, interrupted, repeat_command(test, file).

local pretty = require "beadle.pretty"
local json = require "beadle.json"

local M = {}

local function indent(text, by)
  return (text:gsub("\n$", ""):gsub("\n", "\n" .. by))
end

-- The whole story of a failure, as text: where, what, the calls, the output, how to repeat it.
function M.story(run, result, test)
  local failure, parts = test.failure, {}
  local function add(title, lines)
    if #lines > 0 then
      parts[#parts + 1] = title .. "\n  " .. indent(table.concat(lines, "\n"), "  ")
    end
  end
  parts[#parts + 1] = (failure.place and failure.place .. ": " or "") .. indent(failure.message, "  ")
  add("called from", #(failure.trace or {}) > 1 and failure.trace or {})
  add("calls to the sandbox", test.calls or {})
  add("standard output", test.out and test.out ~= "" and { test.out } or {})
  add("standard error", test.err and test.err ~= "" and { test.err } or {})
  add("repeat with", { run.repeat_command(test, result.file) })
  return table.concat(parts, "\n")
end

-- A file that could not be run, as a test.
function M.broken_test(result)
  return { name = "(the file)", status = "error", seconds = result.seconds or 0, failure = result.broken,
    out = result.broken.out }
end

-- The tests of a file that ran, and the file itself when it is broken.
function M.ran(result)
  local list = {}
  for _, test in ipairs(result.tests) do
    if test.status then
      list[#list + 1] = test
    end
  end
  if result.broken then
    list[#list + 1] = M.broken_test(result)
  end
  return list
end

local function counted(count, word)
  return ("%d %s"):format(count, word)
end

local function summary(run)
  local counts = run.counts
  local words = { counted(counts.passed, "passed"), counted(counts.failed + counts.errors, "failed") }
  if counts.pending > 0 then
    words[#words + 1] = counted(counts.pending, "pending")
  end
  if counts.not_run > 0 then
    words[#words + 1] = counted(counts.not_run, "not run")
  end
  return ("%s%s in %.1f s; seed %d\n"):format(run.interrupted and "interrupted: " or "", table.concat(words, ", "),
    run.seconds, run.seed)
end

-- ---------------------------------------------------------------------------------------------------
-- For people

-- Control characters do things to a terminal.
local function disarm(text)
  return (text:gsub("[%z\1-\8\11-\31\127]", "?"))
end

local function quoted_output(text)
  return text and text ~= "" and "    | " .. indent(disarm(text), "    | ") .. "\n" or ""
end

local WORDS = { passed = "ok     ", failed = "FAILED ", error = "ERROR  ", pending = "pending" }

M.plain = {
  begin = function() end,
  file = function(run, result)
    local ran = M.ran(result)
    run.write(#ran > 0 and result.file .. "\n" or "")
    for _, test in ipairs(ran) do
      run.write(("  %s %s%s\n"):format(WORDS[test.status], test.name,
        test.why and test.why ~= "true" and (" (%s)"):format(test.why) or ""))
      if test.failure then
        run.write("    " .. indent(disarm(M.story(run, result, test)), "    ") .. "\n")
      elseif run.verbose then
        run.write(quoted_output(test.out) .. quoted_output(test.err))
      end
    end
  end,
  finish = function(run)
    run.write("\n" .. summary(run))
  end,
}

-- ---------------------------------------------------------------------------------------------------
-- TAP, version 13 (testanything.org, "TAP 13 specification")

-- A hash begins a directive, so one in a name is escaped.
local function tap_name(result, test)
  return (("%s: %s"):format(result.file, test.name):gsub("[%c]", " "):gsub("[\\#]", "\\%0"))
end

local function tap_block(text)
  local lines = { "  ---", "  message: |" }
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = "    " .. disarm(line)
  end
  lines[#lines + 1] = "  ..."
  return table.concat(lines, "\n") .. "\n"
end

M.tap = {
  begin = function(run)
    run.number = 0
    run.write(("TAP version 13\n# seed %d\n"):format(run.seed))
  end,
  file = function(run, result)
    for _, test in ipairs(M.ran(result)) do
      run.number = run.number + 1
      local good = test.status == "passed" or test.status == "pending"
      run.write(("%s %d - %s%s\n"):format(good and "ok" or "not ok", run.number, tap_name(result, test),
        test.status == "pending" and " # SKIP pending" or ""))
      if test.failure then
        run.write(tap_block(M.story(run, result, test)))
      end
    end
  end,
  finish = function(run)
    if run.interrupted then
      run.write "Bail out! interrupted\n"
    end
    run.write(("1..%d\n"):format(run.number))
  end,
}

-- ---------------------------------------------------------------------------------------------------
-- JUnit: the elements and attributes that the schema of Jenkins ("junit-10.xsd") knows, in its order

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["\r"] = "&#13;" }

-- XML 1.0 ("Characters") has no place for most control characters, not even escaped.
local function xml(text)
  text = text:gsub("[%z\1-\8\11\12\14-\31]", function(char) return ("\\x%02X"):format(char:byte()) end)
  text = text:gsub("\xEF\xBF[\xBE\xBF]", "?"):gsub("\xED[\xA0-\xBF][\x80-\xBF]", "?")
  return (text:gsub('[&<>"\r]', ESCAPES))
end

local function attribute(text)
  return (xml(text):gsub("\n", "&#10;"):gsub("\t", "&#9;"))
end

local function xml_element(out, name, text)
  if text and text ~= "" then
    out[#out + 1] = ("      <%s>%s</%s>"):format(name, xml(text), name)
  end
end

local function xml_case(out, run, result, test)
  out[#out + 1] = ('    <testcase name="%s" classname="%s" time="%.3f">'):format(attribute(test.name),
    attribute(result.file), test.seconds or 0)
  if test.status == "pending" then
    out[#out + 1] = "      <skipped/>"
  elseif test.failure then
    local element = test.status == "error" and "error" or "failure"
    out[#out + 1] = ('      <%s type="%s" message="%s">%s</%s>'):format(element, element,
      attribute(test.failure.message:match "^[^\n]*"), xml(M.story(run, result, test)), element)
  end
  xml_element(out, "system-out", test.out)
  xml_element(out, "system-err", test.err)
  out[#out + 1] = "    </testcase>"
end

local function xml_suite(out, run, result)
  local counts, tests = { failed = 0, error = 0, pending = 0, passed = 0 }, M.ran(result)
  for _, test in ipairs(tests) do
    counts[test.status] = counts[test.status] + 1
  end
  out[#out + 1] = ('  <testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f">'):format(
    attribute(result.file), #tests, counts.failed, counts.error, counts.pending, result.seconds or 0)
  for _, test in ipairs(tests) do
    xml_case(out, run, result, test)
  end
  out[#out + 1] = "  </testsuite>"
end

M.junit = {
  begin = function() end,
  file = function() end,
  finish = function(run, results)
    local counts = run.counts
    local out = { '<?xml version="1.0" encoding="UTF-8"?>',
      ('<testsuites name="beadle test, seed %d" tests="%d" failures="%d" errors="%d" time="%.3f">'):format(run.seed,
        counts.passed + counts.failed + counts.errors + counts.pending, counts.failed, counts.errors, run.seconds) }
    for _, result in ipairs(results) do
      xml_suite(out, run, result)
    end
    out[#out + 1] = "</testsuites>\n"
    run.write(table.concat(out, "\n"))
  end,
}

-- ---------------------------------------------------------------------------------------------------
-- JSON: one document

local ORDER = { "version", "seed", "interrupted", "seconds", "counts", "tests", "file", "name", "place", "status" }

M.json = {
  begin = function() end,
  file = function() end,
  finish = function(run, results)
    local tests = json.array {}
    for _, result in ipairs(results) do
      for _, test in ipairs(M.ran(result)) do
        local failure = test.failure
        tests[#tests + 1] = { file = result.file, name = test.name, status = test.status, seconds = test.seconds,
          place = test.place, message = failure and failure.message, failed_at = failure and failure.place,
          calls = test.calls and json.array(test.calls), out = test.out, err = test.err,
          ["repeat"] = failure and run.repeat_command(test, result.file) or nil }
      end
    end
    run.write(pretty.json({ version = 1, seed = run.seed, interrupted = run.interrupted or false,
      seconds = run.seconds, counts = run.counts, tests = tests }, ORDER) .. "\n")
  end,
}

return M
