-- SPDX-License-Identifier: MIT
-- Writes the tables of docs/faults.md from the list of faults that tests play (tests/lua/net/fault_list.lua), or with
-- --check tells whether they are stale.

local fs = require "beadle.fs"

local root = (arg[0]:gsub("tests/docs/[^/]*$", ""))
local path = root .. "docs/faults.md"
local list = dofile(root .. "tests/lua/net/fault_list.lua")

local BEGIN, END = "<!-- from tests/lua/net/fault_list.lua -->\n", "<!-- end -->\n"

-- What a class is called where a fault is of it.
local function short(title)
  return title:sub(1, 1):lower() .. title:sub(2):gsub(" %(.*", "")
end

local function class_table(out)
  out[#out + 1] = "| | reads | effects that can be found out about | effects of which nothing tells |\n"
  out[#out + 1] = "| --- | --- | --- | --- |\n"
  for _, name in ipairs(list.order) do
    local class = list.classes[name]
    out[#out + 1] = ("| **%s** | %s | %s | %s |\n"):format(class.title, class.read, class.key, class.none)
  end
end

local function classes_of(fault)
  local names, seen = {}, {}
  for _, form in ipairs(fault[3]) do
    if not form.control and not seen[form.class] then
      seen[form.class] = true
      names[#names + 1] = short(list.classes[form.class].title)
    end
  end
  return table.concat(names, "; or: ")
end

local function fault_table(out)
  list.each(function() end)
  out[#out + 1] = "\n| | fault | what it comes to |\n| --- | --- | --- |\n"
  for number, fault in ipairs(list.faults) do
    out[#out + 1] = ("| %d | %s | %s |\n"):format(number, fault[1], classes_of(fault))
  end
end

local out = {}
class_table(out)
fault_table(out)
local text = fs.read(path)
local _, from = text:find(BEGIN, 1, true)
local to = text:find(END, 1, true)
assert(from and to, "docs/faults.md has lost the lines between which the tables stand")
local wanted = text:sub(1, from) .. table.concat(out) .. text:sub(to)
if wanted == text then
  print(("docs/faults.md shows all %d faults"):format(#list.faults))
elseif arg[1] == "--check" then
  print "docs/faults.md is stale: run build/beadle tests/docs/faults.lua"
  os.exit(1)
else
  local file <close> = assert(io.open(path, "w")) -- everybody may read it
  file:write(wanted)
  print "docs/faults.md is written"
end
