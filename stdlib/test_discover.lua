-- SPDX-License-Identifier: MIT
-- Which files are tests: those that are named, those in folders that are named, else those of the project. For
-- runtime/cli/test.lua.

local fs = require "beadle.fs"
local options = require "beadle.options"

local M = {}

local FOLDERS = { "tests", "spec" }

local function is_test(name)
  return name:find "%.lua$" and (name:find "^test_" or name:find "_test%.lua$" or name:find "_spec%.lua$") ~= nil
end

local function add_folder(paths, folder, recursive)
  local entries = fs.list(folder)
  table.sort(entries, function(one, other) return one.name < other.name end)
  for _, entry in ipairs(entries) do
    local path = folder == "." and entry.name or folder:gsub("/$", "") .. "/" .. entry.name
    if entry.is_folder and recursive and entry.name:sub(1, 1) ~= "." then
      add_folder(paths, path, true)
    elseif not entry.is_folder and is_test(entry.name) then
      paths[#paths + 1] = path
    end
  end
end

local function without_repeats(paths)
  local seen, list = {}, {}
  for _, path in ipairs(paths) do
    if not seen[path] then
      seen[path] = true
      list[#list + 1] = path
    end
  end
  return list
end

-- find(operands) -> list of paths. Raises an error of usage when there is nothing to run.
function M.find(operands)
  local paths = {}
  for _, operand in ipairs(operands) do
    if not fs.exists(operand) then
      options.fail(("there is no file %s"):format(operand))
    elseif fs.is_folder(operand) then
      add_folder(paths, operand, true)
    else
      paths[#paths + 1] = operand
    end
  end
  if #operands == 0 then
    add_folder(paths, ".", false)
    for _, folder in ipairs(FOLDERS) do
      if fs.is_folder(folder) then
        add_folder(paths, folder, true)
      end
    end
  end
  if #paths == 0 then
    options.fail("there are no tests " .. (#operands > 0 and "in " .. table.concat(operands, ", ") or "here"),
      "Files of tests are named test_*.lua, *_test.lua or *_spec.lua, and stand here or in tests/ or spec/.")
  end
  return without_repeats(paths)
end

return M
