-- beadle check FILE...: finds mistakes in scripts without running them
-- SPDX-License-Identifier: MIT

local check = require "beadle.check"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = { { name = "json", doc = "print the findings as one JSON document" } }

local USAGE = [[
Usage: beadle check FILE...

Finds mistakes in scripts and recipes without running them: unknown operations, parameters, constants and
modules, each with the nearest known name; values that would be refused; what the vendor has removed or
deprecated; and syntax errors. Of a folder all *.lua in it are checked, - is standard input.
Values that only a run knows are left alone. Exit status: 0 nothing found, 1 something found.

]]

-- Adds the scripts in a folder and below, in the order of their names; hidden ones are left out.
local function add_folder(paths, folder)
  local entries = fs.list(folder)
  table.sort(entries, function(one, other) return one.name < other.name end)
  for _, entry in ipairs(entries) do
    local path = ("%s/%s"):format((folder:gsub("/$", "")), entry.name)
    if entry.name:sub(1, 1) == "." then
      goto continue
    elseif entry.is_folder then
      add_folder(paths, path)
    elseif entry.name:find "%.lua$" and not fs.is_folder(path) then
      paths[#paths + 1] = path
    end
    ::continue::
  end
end

-- All files that the operands mean; a wrong one is said before anything is checked.
local function find_files(operands)
  local paths = {}
  for _, operand in ipairs(operands) do
    local before = #paths
    if operand ~= "-" and not fs.exists(operand) then
      options.fail(("there is no file %s"):format(operand))
    elseif fs.is_folder(operand) then
      add_folder(paths, operand)
    else
      paths[#paths + 1] = operand
    end
    if #paths == before then
      options.fail(("there is no *.lua in %s"):format(operand))
    end
  end
  return paths
end

local function read(path)
  if path == "-" then
    return io.read "a", "stdin"
  end
  local ok, text = pcall(fs.read, path)
  if not ok then
    text.exit = 2
    error(text, 0)
  end
  return text, path, path:match "^(.*)/[^/]*$" or "."
end

local function check_files(paths)
  local findings, files_with = {}, 0
  for _, path in ipairs(paths) do
    local text, name, folder = read(path)
    local found = check.text(text, { folder = folder })
    files_with = files_with + (#found > 0 and 1 or 0)
    for _, finding in ipairs(found) do
      finding.file = name
      findings[#findings + 1] = finding
    end
  end
  return findings, files_with
end

local function print_lines(findings)
  for _, each in ipairs(findings) do
    print(("%s:%d:%d: %s: %s%s"):format(each.file, each.line, each.column, each.severity, each.message,
      each.nearest and ("; did you mean %s?"):format(each.nearest) or ""))
  end
end

local function print_json(findings, count)
  print(pretty.json({ version = 1, files = count, findings = json.array(findings) },
    { "version", "files", "findings", "file", "line", "column", "severity", "message", "nearest" }))
end

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end

local function summary(findings, files_with, count)
  if #findings == 0 then
    return ("%s checked, nothing found"):format(plural(count, "file"))
  end
  return ("%s in %d of %s"):format(plural(#findings, "finding"), files_with, plural(count, "file"))
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands == 0 then
    options.fail("check needs a file", "`beadle check --help` says more.")
  end
  local paths = find_files(operands)
  local findings, files_with = check_files(paths)
  if values.json then
    print_json(findings, #paths)
  else
    print_lines(findings)
  end
  io.stdout:flush() -- the last line is the summary, wherever both are read together
  io.stderr:write(("beadle check: %s\n"):format(summary(findings, files_with, #paths)))
  return #findings > 0 and 1 or 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "lua..." } }
