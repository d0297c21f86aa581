-- SPDX-License-Identifier: MIT
-- What a project has, for `beadle init`: a list of { path, text, made }. `made`: it follows from the program and is
-- renewed; all else belongs to whoever has the project, and is written once.

local annotate = require "beadle.annotate"
local bundle = require "beadle.cli.bundle"
local catalogue = require "beadle.catalogue"

local M = {}

local HEADER = "-- Made by `beadle init`, which writes it anew: changes are lost.\n"
local TYPES = ".beadle/types/"

local NAMES = { { ".luarc.json", "luarc.json" }, { ".luacheckrc", "luacheckrc" }, { ".gitignore", "gitignore" } }

-- ---------------------------------------------------------------------------------------------------
-- An example of a configuration

local function sample(vendor, field)
  if field.secret then
    return ("env \"%s_%s\""):format(vendor.name:upper(), field.name:upper())
  elseif field.luacats == "integer" or field.luacats == "number" then
    return field.fallback or "0"
  elseif field.luacats == "boolean" then
    return field.fallback or "false"
  end
  return ("%q"):format(field.fallback or "...")
end

local function add_vendor(lines, name)
  local vendor = catalogue.describe(name)
  lines[#lines + 1] = ("      -- %s"):format(vendor.title)
  lines[#lines + 1] = ("      -- %s = {"):format(name)
  for _, field in ipairs(vendor.settings) do
    lines[#lines + 1] = ("      --   %s = %s, -- %s"):format(field.name, sample(vendor, field), field.doc)
  end
  lines[#lines + 1] = "      -- },"
end

local function configuration()
  local lines = { "-- Copy this to beadle.conf.lua, take away the dashes before a vendor and fill in what it needs.",
    "-- Then `beadle --profile live run SCRIPT` reaches it; without a profile everything stays in the sandbox.",
    "-- `beadle help VENDOR` explains the settings.", "return {", "  default = \"sandbox\",", "  profiles = {",
    "    live = {" }
  for _, name in ipairs(catalogue.vendors()) do
    add_vendor(lines, name)
  end
  table.move({ "    },", "  },", "}", "" }, 1, 4, #lines + 1, lines)
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------------------------------

-- types() -> list of { name, text }: an annotation file for each module.
function M.types()
  local list = {}
  for _, path in ipairs(bundle.names()) do
    local name = path:match "^types/(.+)$"
    if name then
      list[#list + 1] = { name = name, text = bundle.read(path) }
    end
  end
  for _, vendor in ipairs(catalogue.vendors()) do
    list[#list + 1] = { name = vendor .. ".lua", text = annotate.vendor(vendor) }
  end
  table.sort(list, function(one, other) return one.name < other.name end)
  return list
end

function M.is_made(text)
  return text:sub(1, #HEADER) == HEADER
end

-- Everything but the example recipe and its test.
function M.list()
  local list = {}
  for _, each in ipairs(NAMES) do
    list[#list + 1] = { path = each[1], text = bundle.read("project/" .. each[2]) }
  end
  list[#list + 1] = { path = "beadle.conf.lua.example", text = configuration() }
  for _, each in ipairs(M.types()) do
    list[#list + 1] = { path = TYPES .. each.name, text = HEADER .. each.text, made = true }
  end
  return list
end

M.types_folder = TYPES

return M
