-- SPDX-License-Identifier: MIT
-- run(PATH, arguments, options): runs a script or recipe within a test, as `beadle run` would, against the test's
-- own sandbox and clock. For files of tests.
--
--   local result = run("register-candidate.lua", { "--ema", "ada@example.org" })
--   result.status, result.out, result.err      exit status, what it wrote
--   result.error                               the error that ended it, or nil
-- options:
--   files   name -> text: the script runs in a new folder that has these; then result.files is what is in it
--           afterwards, name -> text
--   stdin   text of its standard input
-- The script has globals of its own. Modules of its own are loaded anew for each run.

local async = require "beadle.async"
local error_value = require "beadle.error"
local failure = require "beadle.test_failure"
local fs = require "beadle.fs"
local native = require "beadle.test.native"

local M = {}

local PLACES = { "%s", "%s.lua", "scripts/%s", "scripts/%s.lua" }
local TEST_GLOBALS -- the names that only files of tests have, and what they were before

-- hide(names): scripts do not see these globals, but what `names` has for them (false: nothing).
function M.hide(names)
  TEST_GLOBALS = names
end

local function find(path, folder)
  local tried = {}
  for _, base in ipairs { "", folder and folder .. "/" or nil } do
    for _, place in ipairs(PLACES) do
      local candidate = path:sub(1, 1) == "/" and path or base .. place:format(path)
      if fs.exists(candidate) and not fs.is_folder(candidate) then
        return candidate
      end
      tried[#tried + 1] = candidate
    end
  end
  return failure.raise(("there is no script %s; tried %s"):format(path, table.concat(tried, ", ")))
end

-- ---------------------------------------------------------------------------------------------------
-- What the script sees

local Exit = {}

local function exit(status)
  if status == nil or status == true then
    status = 0
  elseif status == false then
    status = 1
  end
  error(setmetatable({ kind = "cancelled", message = "os.exit", status = status }, Exit), 0)
end

local function environment(arguments, path)
  local env = {}
  env._G = env
  env.arg = { [0] = path, table.unpack(arguments) }
  env.os = setmetatable({ exit = exit }, { __index = os })
  env.load = function(chunk, name, mode, own)
    return load(chunk, name, mode, own or env)
  end
  env.loadfile = function(name, mode, own)
    return loadfile(name, mode, own or env)
  end
  env.dofile = function(name)
    local chunk, wrong = loadfile(name, "t", env)
    return (chunk or error(wrong, 0))()
  end
  return setmetatable(env, { __index = function(_, name)
    local hidden = TEST_GLOBALS and TEST_GLOBALS[name]
    if hidden == nil then
      return _G[name]
    end
    return hidden or nil
  end })
end

-- ---------------------------------------------------------------------------------------------------
-- Around it

local function write_files(folder, files)
  for name, text in pairs(files) do
    local made = folder
    for part in name:gmatch "([^/]+)/" do
      made = made .. "/" .. part
      native.make_folder(made)
    end
    fs.write(folder .. "/" .. name, text)
  end
end

local function read_files(folder, prefix, found)
  for _, entry in ipairs(fs.list(folder)) do
    local path = folder .. "/" .. entry.name
    if entry.is_folder then
      read_files(path, prefix .. entry.name .. "/", found)
    else
      local ok, text = pcall(fs.read, path)
      found[prefix .. entry.name] = ok and text or nil
    end
  end
  return found
end

local function with_input(text)
  local before, before_default = io.stdin, io.input()
  local file = io.tmpfile()
  file:write(text or "")
  file:seek "set"
  rawset(io, "stdin", file)
  io.input(file)
  return function()
    rawset(io, "stdin", before)
    io.input(before_default)
    file:close()
  end
end

-- Loads the modules that are not beadle's anew the next time.
local function forget_modules(before)
  for name in pairs(package.loaded) do
    if not before[name] and not name:find "^beadle%." then
      package.loaded[name] = nil
    end
  end
end

local function names_of(set)
  local names = {}
  for name in pairs(set) do
    names[name] = true
  end
  return names
end

-- ---------------------------------------------------------------------------------------------------
-- Running

local function run_chunk(chunk, arguments)
  local result = chunk(table.unpack(arguments))
  local main = type(result) == "table" and (getmetatable(result) or {}).__main
  if main then
    local status = main(result, table.unpack(arguments))
    return math.type(status) == "integer" and status or 0
  end
  return 0
end

local function status_of(err)
  if error_value.is(err) and err.exit and err.exit ~= 0 then
    return err.exit
  end
  return error_value.is(err, "configuration") and 78 or 1
end

local function take_output(result)
  result.out, result.err = native.release()
  if result.error ~= nil and not (error_value.is(result.error) and result.error.quiet) then
    result.err = ("%sbeadle: %s\n"):format(result.err, tostring(result.error))
  end
end

local OPTIONS = { files = true, stdin = true }

local function check(path, arguments, options)
  if type(path) ~= "string" or type(arguments) ~= "table" or type(options) ~= "table" then
    failure.raise "run takes a path, a list of arguments, and options"
  end
  for name in pairs(options) do
    if not OPTIONS[name] then
      failure.raise(("run has no option \"%s\"; known are files and stdin"):format(tostring(name)))
    end
  end
  for index, word in ipairs(arguments) do
    arguments[index] = tostring(word)
  end
end

local function absolute(path)
  return path:sub(1, 1) == "/" and path or native.current_folder() .. "/" .. path
end

local function run_in(folder, script, arguments, options, result)
  local home, modules, lua_path = native.current_folder(), names_of(package.loaded), package.path
  local restore_input = with_input(options.stdin)
  local own_arg = arg
  local _ <close> = setmetatable({}, { __close = function()
    restore_input()
    rawset(_G, "arg", own_arg)
    package.path = lua_path
    forget_modules(modules)
    native.enter_folder(home)
  end })
  local parent = script:match "^(.*)/[^/]*$"
  package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(parent, parent, package.path)
  local env = environment(arguments, script)
  rawset(_G, "arg", env.arg)
  local chunk, wrong = load(fs.read(script), "@" .. script, "t", env)
  if folder then
    native.enter_folder(folder)
  end
  native.capture()
  local ok, status = pcall(function()
    return async.scope(run_chunk, chunk or error(error_value.new { kind = "argument", message = wrong }, 0), arguments)
  end)
  if not ok and getmetatable(status) == Exit then
    result.status = status.status
  elseif ok then
    result.status = status
  else
    result.status, result.error = status_of(status), status
  end
  take_output(result)
end

function M.run(path, arguments, options, test_folder)
  arguments = { table.unpack(arguments or {}) }
  options = options or {}
  check(path, arguments, options)
  local script, result = absolute(find(path, test_folder)), {}
  if not options.files then
    run_in(nil, script, arguments, options, result)
  else
    local folder = native.temporary_folder()
    local _ <close> = setmetatable({}, { __close = function() native.remove_folder(folder) end })
    write_files(folder, options.files)
    run_in(folder, script, arguments, options, result)
    result.files = read_files(folder, "", {})
  end
  local err = result.error
  if error_value.is(err, "cancelled") or error_value.is(err, "timeout") and not err.vendor then
    error(err, 0) -- the test itself is being ended
  end
  return result
end

return M
