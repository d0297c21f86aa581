-- beadle init [FOLDER]: makes a project: annotations for editors, an example and its test
-- SPDX-License-Identifier: MIT

local bundle = require "beadle.cli.bundle"
local files_of = require "beadle.cli.init_files"
local fs = require "beadle.fs"
local new = require "beadle.cli.new"
local options = require "beadle.options"

local SPEC = { { name = "check", doc = "write nothing; exit status 1 when the annotations are not this version's" } }

local USAGE = [[
Usage: beadle init [FOLDER]

Makes a project in the folder, or in this one:

  .luarc.json                for the Lua Language Server, which editors use
  .beadle/types/             annotations of all modules and operations
  .luacheckrc, .gitignore
  beadle.conf.lua.example    how a real vendor is named
  enroll.lua                 an example recipe, in a folder without scripts
  test_enroll.lua            its test, for `beadle test`

What is there already is left alone, and said. Only the annotations are written anew: run it again after an update of
beadle, or where somebody has just cloned the project.

]]

local EXAMPLE = { path = "enroll.lua", recipe = "register-candidate" }

local function has_scripts(folder)
  for _, entry in ipairs(fs.is_folder(folder) and fs.list(folder) or {}) do
    if entry.name:find "%.lua$" and entry.name ~= "beadle.conf.lua" then
      return true
    end
  end
  return false
end

-- What is to be done about a file: "made", "renewed", "same" or "kept".
local function verdict(path, file)
  if not fs.exists(path) then
    return "made"
  end
  local text = fs.read(path)
  if text == file.text then
    return "same"
  end
  return file.made and files_of.is_made(text) and "renewed" or "kept"
end

-- Annotations of modules that this version does not have.
local function left_over(folder, files)
  local known, list = {}, {}
  for _, file in ipairs(files) do
    known[file.path] = true
  end
  local types = folder .. files_of.types_folder
  for _, entry in ipairs(fs.is_folder(types) and fs.list(types) or {}) do
    local path = types .. entry.name
    if not entry.is_folder and not known[files_of.types_folder .. entry.name] and files_of.is_made(fs.read(path)) then
      list[#list + 1] = path
    end
  end
  return list
end

local function check(folder, files)
  local stale = #left_over(folder, files)
  for _, file in ipairs(files) do
    if file.made and verdict(folder .. file.path, file) ~= "same" then
      stale = stale + 1
    end
  end
  print(stale == 0 and "the annotations are those of this version"
    or ("%d annotation file%s differ%s from this version's: `beadle init` renews them"):format(stale,
      stale == 1 and "" or "s", stale == 1 and "s" or ""))
  return stale == 0 and 0 or 1
end

local function write(folder, files)
  local count = { made = 0, renewed = 0, same = 0, kept = 0 }
  for _, file in ipairs(files) do
    local path = folder .. file.path
    local word = verdict(path, file)
    if word == "made" or word == "renewed" then
      fs.make_folder(path:match "^(.*)/[^/]*$" or ".", { shared = true })
      fs.write(path, file.text, { shared = true })
    end
    if file.made and word ~= "kept" then
      count[word] = count[word] + 1
    elseif word == "same" then
      print(("%s  is there"):format(path))
    elseif word == "kept" then
      print(("%s  is there and is not beadle's: left alone"):format(path))
    else
      print(("%s  made"):format(path))
    end
  end
  return count
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 1 then
    options.fail "init takes one folder at most"
  end
  local folder = operands[1] and operands[1] ~= "." and operands[1]:gsub("/*$", "/") or ""
  if folder ~= "" and fs.exists(folder:sub(1, -2)) and not fs.is_folder(folder) then
    options.fail(("%s is a file"):format(operands[1]))
  end
  local files = files_of.list()
  if values.check then
    return check(folder, files)
  elseif not has_scripts(folder == "" and "." or folder) then
    table.move(new.texts(EXAMPLE.path, EXAMPLE.recipe), 1, 2, #files + 1, files)
  end
  local old = left_over(folder, files)
  local count = write(folder, files)
  for _, path in ipairs(old) do
    bundle.remove(path)
  end
  print(("%s%s  annotations: %d made, %d renewed, %d as they were, %d removed"):format(folder, files_of.types_folder,
    count.made, count.renewed, count.same, #old))
  return 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "folder" } }
