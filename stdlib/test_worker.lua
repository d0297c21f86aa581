-- SPDX-License-Identifier: MIT
-- Runs one file of tests, in a process of its own that `beadle test` has started: loads it, runs each test against
-- a fork of the sandbox, and tells the runner what happened, one JSON object a line. main{...} takes
--   file, seed, filter, limit (virtual seconds), skip (numbers), list, bail, fd (of the runner's pipe)
-- and writes
--   {event = "file", tests = [{number, name, place, pending}]}
--   {event = "begin", number}   {event = "end", number, status, seconds, failure, calls, out, err}
--   {event = "trouble", name, failure} when setup or teardown failed
--   {event = "broken", failure} when the file cannot be loaded
--   {event = "done"}
-- status: "passed", "failed", "error" (not by an assert) or "pending".

local async = require "beadle.async"
local config = require "beadle.config"
local failure = require "beadle.test_failure"
local json = require "beadle.json"
local native = require "beadle.test.native"
local time = require "beadle.time"
local tree_of = require "beadle.test_tree"

local M = {}

local job, tree
local cleanups -- of the running test: functions given to `finally`; nil between tests

local function emit(event)
  native.emit(job.fd, json.encode(event))
end

-- Bytes that are no UTF-8 cannot travel as JSON.
local function printable(text)
  if utf8.len(text) then
    return text
  end
  return (text:gsub("[\x80-\xff]", function(byte) return ("\\x%02X"):format(byte:byte()) end))
end

-- The name of a test, as it is shown and asked for: on one line.
local function shown(name)
  return (printable(name):gsub("%c", function(char) return ("\\x%02X"):format(char:byte()) end))
end

local function described(err)
  local found = failure.described(err)
  return { message = printable(tostring(found.message)), place = found.place, trace = json.array(found.trace or {}) },
    found.is_error
end

-- ---------------------------------------------------------------------------------------------------
-- What a file of tests sees

local ALIASES = { describe = { "describe", "context", "insulate", "expose" }, it = { "it", "spec", "test" },
  setup = { "setup", "lazy_setup", "strict_setup" }, teardown = { "teardown", "lazy_teardown", "strict_teardown" } }

local function pending(declare)
  return function(name, ...)
    if cleanups then
      return failure.raise_pending(name)
    end
    return declare.pending(name, ...)
  end
end

-- The globals of files of tests; what scripts under test see instead.
local function set_globals(folder)
  local declare = tree_of.declarers(tree)
  local script = require "beadle.test_script"
  local spy = require "beadle.test_spy"
  local names = { assert = require("beadle.test_assert").assert, spy = spy.spy, stub = spy.stub,
    before_each = declare.before_each, after_each = declare.after_each, pending = pending(declare),
    sandbox = require "beadle.sandbox" }
  for name, others in pairs(ALIASES) do
    for _, other in ipairs(others) do
      names[other] = declare[name]
    end
  end
  function names.finally(fn)
    table.insert(cleanups or failure.raise "finally is for within a test", fn)
  end
  function names.run(path, arguments, options)
    return script.run(path, arguments, options, folder)
  end
  local hidden = {}
  for name, value in pairs(names) do
    hidden[name] = rawget(_G, name) or false
    rawset(_G, name, value)
  end
  script.hide(hidden)
  require("beadle.test").use(tree)
end

-- ---------------------------------------------------------------------------------------------------
-- One test

-- A number from the run's seed and the test's name: a test is the same alone and among others.
local function seed_of(name)
  local hash = 0xcbf29ce484222325 -- FNV-1a
  for index = 1, #name do
    hash = (hash ~ name:byte(index)) * 0x100000001b3
  end
  return hash ~ job.seed
end

local function begin(seed, wall)
  native.begin(seed, wall)
  math.randomseed(seed)
  local sandbox = require "beadle.sandbox.native"
  sandbox.control("all", "seed", { seed = seed })
  sandbox.forget_tokens()
end

-- Calls fn; keeps the first failure.
local function attempt(result, fn, ...)
  local ok, err = xpcall(fn, failure.on_error, ...)
  if not ok and not result.raised then
    result.raised = err
  end
  return ok
end

local function body(test, result)
  if attempt(result, tree_of.call_hooks, test.group, "before_each") then
    attempt(result, test.fn)
  end
  for index = #cleanups, 1, -1 do
    attempt(result, cleanups[index])
  end
  attempt(result, tree_of.call_hooks, test.group, "after_each", true)
end

local function too_long(test, result)
  result.raised = failure.at(test.place, ("it did not end within %s s%s"):format(job.limit, time.is_virtual()
    and " of virtual time: it waits for something that does not come, or for longer than --limit" or ""))
end

-- The test itself, within the fork; what it wrote and called.
local function run_forked(test, result)
  native.capture()
  local started = time.elapsed()
  local ok, err = xpcall(async.timeout, failure.on_error, job.limit, body, test, result)
  if time.elapsed() - started >= job.limit then
    too_long(test, result)
  elseif not ok and not result.raised then
    result.raised = err
  end
  require("beadle.test_spy").revert_all()
  result.out, result.err = native.release()
  if result.raised and not failure.is_pending(result.raised) then
    result.calls = require("beadle.test_calls").lines()
  end
end

local function tell(test, result, seconds)
  local event = { event = "end", number = test.number, status = "passed", seconds = seconds }
  if failure.is_pending(result.raised) then
    event.status, event.why = "pending", tostring(result.raised.why)
  elseif result.raised then
    local is_error
    event.failure, is_error = described(result.raised)
    event.status = is_error and "error" or "failed"
    event.calls = json.array(result.calls or {})
    for index, line in ipairs(event.calls) do
      event.calls[index] = printable(line)
    end
  end
  event.out, event.err = printable(result.out or ""), printable(result.err or "")
  emit(event)
  return event.status
end

local function run_test(test, wall, broken)
  local started = native.real_time()
  emit { event = "begin", number = test.number }
  local result = { raised = broken }
  if test.pending then
    emit { event = "end", number = test.number, status = "pending", seconds = 0 }
    return "pending"
  elseif not broken then
    begin(seed_of(test.name), wall)
    cleanups = {}
    require("beadle.sandbox").fork(run_forked, test, result)
    cleanups = nil
  end
  return tell(test, result, native.real_time() - started)
end

-- ---------------------------------------------------------------------------------------------------
-- Groups

local run_group

local function run_nodes(group, wall, broken)
  for _, node in ipairs(group.nodes) do
    if job.stopped then
      return
    elseif node.nodes then
      run_group(node, wall, broken)
    elseif node.chosen then
      local status = run_test(node, wall, broken)
      job.stopped = job.bail and status ~= "passed" and status ~= "pending"
    end
  end
end

local function is_chosen(group)
  for _, test in ipairs(tree_of.tests(group)) do
    if test.chosen and not test.pending then
      return true
    end
  end
  return false
end

-- setup, the tests, teardown: what setup did to the sandbox is there in every test of the group, and nowhere else.
local function run_in_fork(group, wall)
  local result = {}
  begin(seed_of("setup of " .. tree_of.full_name(group)), wall)
  native.capture()
  attempt(result, function()
    for _, fn in ipairs(group.setup) do
      fn()
    end
  end)
  native.release()
  run_nodes(group, time.now(), result.raised)
  native.capture()
  attempt(result, function()
    for _, fn in ipairs(group.teardown) do
      fn()
    end
  end)
  native.release()
  if result.raised then
    emit { event = "trouble", name = "setup and teardown of " .. shown(tree_of.full_name(group)),
      failure = described(result.raised) }
  end
end

function run_group(group, wall, broken)
  local plain = #group.setup == 0 and #group.teardown == 0 or broken or not is_chosen(group)
  if plain then
    return run_nodes(group, wall, broken)
  end
  return require("beadle.sandbox").fork(run_in_fork, group, wall)
end

-- ---------------------------------------------------------------------------------------------------
-- The file

-- Numbers the tests, and chooses those that shall run. Tests of one name get a number behind it, for the seed.
local function number_tests()
  local listed, seen = json.array {}, {}
  for number, test in ipairs(tree_of.tests(tree.root)) do
    local title, name = test.name, tree_of.full_name(test)
    seen[name] = (seen[name] or 0) + 1
    test.number, test.title = number, title
    test.name = seen[name] > 1 and ("%s#%d"):format(name, seen[name]) or name
    test.chosen = not job.skip[number] and (not job.filter or shown(test.name):find(job.filter, 1, true) ~= nil)
    if test.chosen then
      listed[#listed + 1] = { number = number, name = shown(test.name), place = test.place }
    end
  end
  emit { event = "file", tests = listed }
end

local function load_file()
  local folder = job.file:match "^(.*)/[^/]*$" or "."
  package.path = ("%s/?.lua;%s/?/init.lua;%s"):format(folder, folder, package.path)
  tree = tree_of.new()
  set_globals(folder)
  local chunk, wrong = loadfile(job.file)
  if not chunk then
    return false, failure.on_error(wrong)
  end
  return xpcall(chunk, failure.on_error, job.file)
end

-- Tests never reach a vendor: every profile is the sandbox, also one that a script names.
local function keep_to_the_sandbox()
  local settings = config.settings
  config.settings = function(vendor)
    return settings(vendor, "sandbox")
  end
  config.check = function() end
end

function M.main(text)
  job = json.decode(text)
  local skip = {}
  for _, number in ipairs(job.skip) do
    skip[number] = true
  end
  job.skip = skip
  native.end_with_parent()
  keep_to_the_sandbox()
  local wall = time.now()
  begin(job.seed, wall)
  native.capture()
  local ok, err = load_file()
  local out, errors = native.release()
  if not ok then
    emit { event = "broken", failure = (described(err)), out = printable(out), err = printable(errors) }
  else
    number_tests()
    if not job.list then
      run_group(tree.root, wall)
    end
  end
  emit { event = "done" }
end

return M
