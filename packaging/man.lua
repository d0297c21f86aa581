-- SPDX-License-Identifier: MIT
-- Writes the manual pages, from what the commands say of themselves (--help) and the tables of their options.
--
--   beadle packaging/man.lua FOLDER DATE       beadle.1 and beadle-COMMAND.1, for man(1); DATE as 2026-11-22
--   beadle packaging/man.lua --list            their names

local fs = require "beadle.fs"
local program = require "beadle.cli.program"

local folder, date = ...
local ROOT = arg[0]:match "^(.*)/packaging/" or "."

-- ---------------------------------------------------------------------------------------------------
-- Text for roff

local function escape(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("`([^`]*)`", "\\fB%1\\fP")
  return (text:gsub("^([.'])", "\\&%1"):gsub("\n([.'])", "\n\\&%1"))
end

local function quote(text)
  return '"' .. escape(text):gsub('"', '\\(dq') .. '"'
end

local Page = {}
Page.__index = Page

function Page:add(line)
  self[#self + 1] = line
end

function Page:section(title)
  self:add(".SH " .. quote(title))
end

-- A term and what it is.
function Page:item(term, text)
  self:add ".TP"
  self:add("\\fB" .. escape(term) .. "\\fP")
  self:add(escape(text))
end

-- Paragraphs; lines that are indented stand as they are.
function Page:words(text)
  local is_first = true
  for block in (text .. "\n\n"):gmatch "(.-)\n\n+" do
    if block:find "%S" then
      if not is_first then
        self:add ".PP"
      end
      is_first = false
      if block:find "^  " then
        self:add ".nf"
        self:add(escape(block))
        self:add ".fi"
      else
        self:add(escape((block:gsub("\n%s*", "\n"))))
      end
    end
  end
end

function Page:save(name)
  fs.write(("%s/%s.1"):format(folder, name), table.concat(self, "\n") .. "\n", { shared = true })
end

local function new(name, summary)
  local page = setmetatable({}, Page)
  page:add '.\\" Made by packaging/man.lua from the program itself.'
  page:add((".TH %s 1 %s %s %s"):format(quote(name:upper()), date, quote("beadle " .. beadle.version),
    quote "beadle manual"))
  page:section "NAME"
  page:add(("%s \\- %s"):format(escape(name), escape(summary)))
  return page
end

local function add_synopsis(page, lines)
  page:section "SYNOPSIS"
  page:add ".nf"
  for _, line in ipairs(lines) do
    page:add("\\fB" .. escape(line) .. "\\fP")
  end
  page:add ".fi"
end

local function add_options(page, spec)
  page:section "OPTIONS"
  for _, option in ipairs(spec) do
    page:item(("%s--%s%s"):format(option.short and ("-%s, "):format(option.short) or "", option.name,
      option.value and " " .. option.value or ""), option.doc .. ".")
  end
  page:item("--help", "Say how it is used.")
end

-- ---------------------------------------------------------------------------------------------------
-- Pages of commands

-- "Usage: ...\n       ...\n\ntext" -> lines of the synopsis, text
local function split_usage(usage)
  local head, text = (usage .. "\n\n"):match "^Usage: (.-)\n\n(.*)$"
  local lines = {}
  for line in (head .. "\n"):gmatch "%s*(.-)\n" do
    lines[#lines + 1] = line
  end
  return lines, text
end

local function command_page(name, summary, command)
  local page = new("beadle-" .. name, summary)
  local lines, text = split_usage(command.usage)
  add_synopsis(page, lines)
  page:section "DESCRIPTION"
  page:words(text)
  if command.parts then
    page:section "COMMANDS"
    for _, part in ipairs(command.parts) do
      page:item(("beadle-%s-%s(1)"):format(name:gsub(" ", "-"), part),
        require(("beadle.cli.%s_%s"):format(name, part)).summary .. ".")
    end
  end
  add_options(page, command.spec)
  page:section "SEE ALSO"
  page:add ".BR beadle (1)"
  page:save("beadle-" .. name)
end

local function each_command(fn)
  for _, each in ipairs(program.commands()) do
    local command = require("beadle.cli." .. each.name)
    fn(each.name, each.summary, command)
    for _, part in ipairs(command.parts or {}) do
      local of_part = require(("beadle.cli.%s_%s"):format(each.name, part))
      fn(("%s-%s"):format(each.name, part), of_part.summary, of_part)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- beadle(1)

-- Rows of the first table below a heading of a page of docs/.
local function table_in(path, heading)
  local text = fs.read(("%s/docs/%s"):format(ROOT, path))
  local rows = {}
  for left, right in (text:match("\n## " .. heading .. "\n(.*)$") or ""):gmatch "\n| (`[^|]*) | ([^\n]-) |%f[\n]" do
    rows[#rows + 1] = { left:gsub("`", ""), (right:gsub("%[([^%]]*)%]%([^)]*%)", "%1")) }
  end
  assert(#rows > 0, path .. " has no table under " .. heading)
  return rows
end

local function main_page()
  local page = new("beadle", "runs errands at assessment and learning platforms")
  add_synopsis(page, program.synopses)
  page:section "DESCRIPTION"
  page:words(program.summary)
  page:section "COMMANDS"
  for _, each in ipairs(program.commands()) do
    page:item(each.usage, ("%s; \\fBbeadle-%s\\fP(1)."):format(each.summary, each.name))
    page[#page] = page[#page]:gsub("\\efB(.-)\\efP", "\\fB%1\\fP")
  end
  page:section "OPTIONS"
  for _, option in ipairs(program.options()) do
    page:item(option.name .. (option.value and (option.optional and ("[=%s]"):format(option.value)
      or " " .. option.value) or ""), option.doc .. ".")
  end
  page:section "EXIT STATUS"
  for _, each in ipairs(program.statuses()) do
    page:item(tostring(each.status), each.doc .. ".")
  end
  page:section "ENVIRONMENT"
  for _, row in ipairs(table_in("configuration.md", "Environment variables")) do
    page:item(row[1], row[2] .. ".")
  end
  page:section "FILES"
  page:item("beadle.conf.lua", "The project's profiles, in the current folder.")
  page:item("$XDG_CONFIG_HOME/beadle/beadle.conf.lua", "The user's; ~/.config unless the variable says otherwise.")
  page:item("/etc/beadle/beadle.conf.lua", "The system's.")
  page:section "SEE ALSO"
  local names = {}
  each_command(function(name) names[#names + 1] = (".BR beadle\\-%s (1)"):format(escape(name)) end)
  page:add(table.concat(names, ",\n"):gsub("%(1%),", "(1) ,"))
  page:save "beadle"
end

if folder == "--list" then
  print "beadle"
  each_command(function(name) print("beadle-" .. name) end)
  return
end
each_command(command_page)
main_page()
