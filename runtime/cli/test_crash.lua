-- SPDX-License-Identifier: MIT
-- beadle test --crash-points RECIPE: its words, and the job that they ask for. For runtime/cli/test.lua.

local bundled = require "beadle.cli.recipes_bundled"
local crash = require "beadle.crash_points"
local fs = require "beadle.fs"
local native = require "beadle.test.native"
local options = require "beadle.options"
local progress = require "beadle.progress"
local worker = require "beadle.cli.worker"

local M = { take_point = crash.point_of }

local PAUSE_S = 90
local LATER_S = 3600
local RESULTS = "crash-points-results" -- of a batch, in the copy of the folder

-- split(words) -> those of `beadle test`, those of the recipe: all behind its name.
function M.split(words)
  for index, word in ipairs(words) do
    local given = word == "--crash-points" and index + 1 or word:find "^%-%-crash%-points=" and index
    if word == "--" then
      break
    elseif given then
      return { table.unpack(words, 1, given) }, { table.unpack(words, given + 1) }
    end
  end
  return words, {}
end

local ONLY_HERE = { crash_point = "--crash-point", pause = "--pause", setup = "--setup" }

-- refuse(values): options that mean nothing without a recipe.
function M.refuse(values)
  for key, name in pairs(ONLY_HERE) do
    if values[key] then
      options.fail(name .. " goes with --crash-points RECIPE")
    end
  end
  if values.kills > 0 then
    options.fail "--kills goes with --crash-points RECIPE"
  end
end

local NOT_HERE = { filter = "--filter", clock = "--clock", real_time = "--real-time" }

local function refuse_others(values)
  for key, name in pairs(NOT_HERE) do
    if values[key] then
      options.fail(name .. " is for files of tests, not for crash points")
    end
  end
end

-- A file of the current folder is taken from the copy of it; another where it is.
local function place_of(path, folder)
  if path:sub(1, #folder + 1) == folder .. "/" then
    path = path:sub(#folder + 2)
  end
  local is_hidden = path:find "^%.[^/]" and not path:find "^%./" or path:find "/%."
  return (path:sub(1, 1) ~= "/" and is_hidden) and folder .. "/" .. path or path
end

local function file_at(path, folder, what)
  if not fs.exists(path) or fs.is_folder(path) then
    options.fail(("there is no %s %s"):format(what, path))
  end
  return place_of(path, folder)
end

-- The file that --rows names, and the other words.
local function without_rows(words)
  local others, rows, index = {}, nil, 1
  while index <= #words do
    local word = words[index]
    if word == "--rows" then
      rows = words[index + 1] or options.fail "--rows needs FILE"
      index = index + 1
    elseif word:find "^%-%-rows=" then
      rows = word:match "=(.*)$"
    else
      others[#others + 1] = word
    end
    index = index + 1
  end
  return rows, others
end

local function has_option(words, name)
  for _, word in ipairs(words) do
    if word == name or word:sub(1, #name + 1) == name .. "=" then
      return true
    end
  end
  return false
end

-- The command line of a run, and the recipe's own words of it.
local function command_of(recipe, words, folder)
  local is_file = recipe:find "[/.]" or fs.exists(recipe)
  local path = is_file and file_at(recipe, folder, "recipe") or recipe
  if not is_file then
    bundled.read(recipe) -- raises what is nearest where there is none
  end
  if words[1] == "--" then -- the script has options of its own, --rows too
    return { "run", "--durable", path, table.unpack(words, 2) }, { table.unpack(words, 2) }
  end
  local rows, others = without_rows(words)
  if not rows then
    return { "run", "--durable", path, table.unpack(others) }, others
  end
  local command = { "batch", path, file_at(rows, folder, "file of rows"), table.unpack(others) }
  if not has_option(others, "--into") then
    command[#command + 1], command[#command + 2] = "--into", RESULTS
  end
  return command, others
end

local function chosen_names(values)
  local names = values.crash_point and {}
  for index, point in ipairs(values.crash_point or {}) do
    names[index] = point.name
  end
  return names
end

-- job(values, words) -> as stdlib/crash_points.lua takes it
function M.job(values, words)
  refuse_others(values)
  local folder = native.current_folder()
  local command, arguments = command_of(values.crash_points, words, folder)
  return { spawn = worker.spawn, folder = folder, recipe = values.crash_points, words = command, arguments = arguments,
    given = words, seed = values.seed, timeout = values.timeout, pause = values.pause or PAUSE_S, later = LATER_S,
    setup = values.setup and file_at(values.setup, folder, "file"), chosen = chosen_names(values), kills = values.kills,
    count = values.jobs or worker.processors(), bail = values.bail, list = values.list, state = {} }
end

function M.run(job)
  local line <close> = progress.start {}
  crash.run(job, function(counts)
    line:update(counts)
  end)
end

local function quote(word)
  if word:find "^[%w_@%%+=:,./-]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function add_option(words, name, value)
  if value then
    words[#words + 1], words[#words + 2] = name, quote(tostring(value))
  end
end

-- repeater(values, job) -> function(test) -> the command that repeats one point exactly
function M.repeater(values, job)
  return function(test)
    local words = { "beadle", "test", "--seed", tostring(job.seed) }
    add_option(words, "--pause", values.pause and values.pause .. " s")
    add_option(words, "--setup", values.setup)
    if test.point then
      add_option(words, "--crash-point", test.name)
    end
    add_option(words, "--kills", test.moments and job.kills)
    add_option(words, "--crash-points", job.recipe)
    for _, word in ipairs(job.given) do
      words[#words + 1] = quote(word)
    end
    return table.concat(words, " ")
  end
end

return M
