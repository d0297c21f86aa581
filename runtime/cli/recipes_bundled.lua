-- SPDX-License-Identifier: MIT
-- The recipes that are part of the program, and their tests.
--
--   list() -> { { name = "register-candidate", summary = "..." }, ... }, by name
--   read(name) -> the recipe's text, its test's text; raises an error that names the nearest known one

local bundle = require "beadle.cli.bundle"
local catalogue = require "beadle.catalogue"
local options = require "beadle.options"

local M = {}

-- As it stands in the source, so that listing runs nothing.
local function summary_of(text)
  local quoted = text:match "[ ,]summary = (\"[^\n]-[^\\]\")"
  return quoted and load("return " .. quoted, "=summary", "t", {})()
end

function M.list()
  local list = {}
  for _, path in ipairs(bundle.names()) do
    local name = path:match "^recipes/([^/]+)%.lua$"
    if name then
      list[#list + 1] = { name = name, summary = summary_of(bundle.read(path)) }
    end
  end
  table.sort(list, function(one, other) return one.name < other.name end)
  return list
end

function M.read(name)
  local text = bundle.read(("recipes/%s.lua"):format(name))
  if text then
    return text, bundle.read(("recipes/tests/test_%s.lua"):format(name))
  end
  local names = {}
  for at, each in ipairs(M.list()) do
    names[at] = each.name
  end
  local nearest = catalogue.nearest(name, names)
  return options.fail(("there is no recipe \"%s\""):format(name), nearest and ("Did you mean %s?"):format(nearest)
    or "`beadle recipes` lists them.")
end

return M
