-- beadle doc [TOPIC]: shows the documentation that is part of the program
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local documents = require "beadle.cli.documents"
local fs = require "beadle.fs"
local markdown = require "beadle.markdown"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = {
  { name = "search", value = "WORD", doc = "find the lines that hold a word or some words" },
  { name = "raw", doc = "print the page as it was written, in Markdown" },
  { name = "no-pager", doc = "print a long page at once" },
}

local USAGE = [[
Usage: beadle doc [TOPIC]

Lists the topics, or shows one. On a terminal a long page is shown with PAGER, or less.

]]

-- Pages about the program itself, for those who change it.
local FOR_DEVELOPERS = { architecture = true, decisions = true, performance = true }

local WIDEST, NARROWEST, USUAL = 100, 40, 80

local function width()
  return math.max(NARROWEST, math.min(WIDEST, fs.columns "stdout" or USUAL))
end

local function colour()
  return fs.is_terminal "stdout" and (os.getenv "NO_COLOR" or "") == "" and os.getenv "TERM" ~= "dumb"
end

local function topics()
  local names = documents.names()
  table.sort(names)
  return names
end

-- ---------------------------------------------------------------------------------------------------
-- The list

local function add_group(lines, title, names)
  if #names == 0 then
    return
  end
  local rows = {}
  for index, name in ipairs(names) do
    local text = documents.read(name)
    local summary = markdown.summary(text)
    rows[index] = { name, summary ~= "" and summary or markdown.title(text) or "" }
  end
  lines[#lines + 1] = pretty.table({ title, "" }, rows, width()):gsub("\n%-[- ]*\n", "\n", 1) .. "\n"
end

local function list()
  local guides, vendors, developers = {}, {}, {}
  for _, name in ipairs(topics()) do
    local group = FOR_DEVELOPERS[name] and developers or name:find "^vendors" and vendors or guides
    group[#group + 1] = name
  end
  local lines = {}
  add_group(lines, "Guides", guides)
  add_group(lines, "Vendors", vendors)
  add_group(lines, "For developers of beadle", developers)
  lines[#lines + 1] = "`beadle doc TOPIC` shows one; `beadle doc --search WORD` finds a word in all of them."
  print(table.concat(lines, "\n"))
end

-- ---------------------------------------------------------------------------------------------------
-- One topic

-- The topic of that name, or the only one whose last part is that.
local function find(wanted)
  wanted = wanted:gsub("^docs/", ""):gsub("%.md$", "")
  local short, names = {}, topics()
  local known = { table.unpack(names) }
  for _, name in ipairs(names) do
    if name == wanted then
      return name
    elseif name:match "[^/]*$" == wanted:lower() then
      short[#short + 1] = name
    end
    known[#known + 1] = name:match "/([^/]*)$"
  end
  if #short == 1 then
    return short[1]
  end
  local nearest = catalogue.nearest(wanted, known)
  return options.fail(("there is no topic \"%s\""):format(wanted), nearest and ("Did you mean %s?"):format(nearest)
    or ("`beadle doc` lists the topics; `beadle doc --search %s` looks into them."):format(wanted))
end

-- Links from page to page become commands.
local function linker(topic)
  local folder = topic:match "^(.*)/[^/]*$" or (topic == "vendors" and "vendors" or nil)
  local known = {}
  for _, name in ipairs(topics()) do
    known[name] = true
  end
  return function(target, words)
    local path = target:match "^([^#:]+)%.md"
    if not path then
      return target:sub(1, 1) == "#" and words or nil
    end
    path = folder and folder .. "/" .. path or path
    path = path:gsub("[^/]+/%.%./", ""):gsub("/README$", ""):gsub("^%./", "")
    return known[path] and ("%s (beadle doc %s)"):format(words, path) or words
  end
end

local function show(wanted, values)
  local topic = find(wanted)
  local text = documents.read(topic)
  if not values.raw then
    text = markdown.render(text, { width = width(), colour = colour(), link = linker(topic) })
  end
  if values.raw or values.no_pager or not documents.page(text) then
    io.write(text)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Searching

local function search_page(topic, wanted, found)
  local number, section = 0, nil
  for line in (documents.read(topic) .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    section = line:match "^#+%s+(.*)$" or section
    if line:lower():find(wanted, 1, true) then
      found[#found + 1] = { topic = topic, number = number, section = section or "", line = line:match "^%s*(.-)%s*$" }
    end
  end
end

local function search(word)
  local found, most = {}, width()
  for _, topic in ipairs(topics()) do
    search_page(topic, word:lower(), found)
  end
  local last
  for _, each in ipairs(found) do
    local head = ("%s, %s"):format(each.topic, each.section)
    if head ~= last then
      print((last and "\n" or "") .. head)
      last = head
    end
    print(("  %4d  %s"):format(each.number, pretty.shorten(each.line, most - 11)))
  end
  if #found == 0 then
    io.stderr:write(("beadle doc: nothing about \"%s\"\n"):format(word))
    return 1
  end
  return 0
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 1 then
    options.fail "doc shows one topic at a time"
  elseif values.search then
    if #operands > 0 or values.search == "" then
      options.fail "--search takes a word, and looks into all topics"
    end
    return search(values.search)
  elseif #operands == 0 then
    list()
    return 0
  end
  show(operands[1], values)
  return 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "document" } }
