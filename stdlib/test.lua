-- SPDX-License-Identifier: MIT
-- beadle.test: tests that are scripts by themselves, run by `beadle FILE`. For tests of your own scripts there is
-- `beadle test` (docs/testing.md), which runs files of this kind too.
--
--   local test = require "beadle.test"
--   local describe, it = test.describe, test.it
--   describe("a candidate", function()
--     it("is created once", function()
--       test.equal(1, 1)
--     end)
--   end)
--   test.run()
--
-- run() prints one line a test and "N passed, N failed" at the end, and leaves with exit status 1 when one
-- failed. A test that lasts longer than test.limit seconds has failed.

local async = require "beadle.async"
local error_value = require "beadle.error"
local pretty = require "beadle.pretty"
local time = require "beadle.time"
local tree_of = require "beadle.test_tree"

local M = { limit = 60 }

local tree = tree_of.new()

-- ---------------------------------------------------------------------------------------------------
-- Declaring

-- use(tree): for `beadle test`, which runs what is declared in that tree itself; run() then does nothing.
local is_run_by_others = false

local function take(declare)
  M.describe, M.it, M.before_each, M.after_each = declare.describe, declare.it, declare.before_each, declare.after_each
end

function M.use(other)
  is_run_by_others = true
  take(tree_of.declarers(other))
end

-- before_each and after_each run around each test of the group and of the groups in it.
take(tree_of.declarers(tree))

-- ---------------------------------------------------------------------------------------------------
-- Checking

local function show(value)
  if type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) == "table" and not error_value.is(value) and not getmetatable(value) then
    local ok, text = pcall(pretty.json, value)
    return ok and text or tostring(value)
  end
  return tostring(value)
end

local function fail(message, level)
  error(message, (level or 2) + 1)
end

local function same(a, b)
  if a == b and math.type(a) == math.type(b) then
    return true
  elseif type(a) ~= "table" or type(b) ~= "table" then
    return a ~= a and b ~= b
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in pairs(b) do
    if a[key] == nil then
      return false
    end
  end
  return true
end

-- The same value; integers and floats differ.
function M.equal(actual, expected)
  if actual ~= expected or math.type(actual) ~= math.type(expected) then
    fail(("expected %s, got %s"):format(show(expected), show(actual)))
  end
end

-- Equal all the way down.
function M.same(actual, expected)
  if not same(actual, expected) then
    fail(("expected %s, got %s"):format(show(expected), show(actual)))
  end
end

function M.truthy(value)
  if not value then
    fail(("expected a value, got %s"):format(tostring(value)))
  end
  return value
end

function M.falsy(value)
  if value then
    fail(("expected nothing, got %s"):format(show(value)))
  end
end

-- The text holds the pattern.
function M.match(text, pattern)
  if not tostring(text):find(pattern) then
    fail(("expected a text that holds %q, got %s"):format(pattern, show(text)))
  end
end

-- The text holds these very characters.
function M.contains(text, wanted)
  if not tostring(text):find(wanted, 1, true) then
    fail(("expected a text that holds %q, got %s"):format(wanted, show(text)))
  end
end

function M.lacks(text, unwanted)
  if tostring(text):find(unwanted, 1, true) then
    fail(("expected a text without %q, got %s"):format(unwanted, show(text)))
  end
end

-- The function raises an error value of that kind (nil: anything); gives the error.
function M.raises(kind, fn, ...)
  local ok, err = pcall(fn, ...)
  if ok then
    fail(("expected an error of kind %s, but there was none"):format(kind or "any"))
  elseif kind and not error_value.is(err, kind) then
    fail(("expected an error of kind %s, got: %s"):format(kind, tostring(err)))
  end
  return err
end

-- ---------------------------------------------------------------------------------------------------
-- Running

local function on_error(err)
  if type(err) == "string" then
    return debug.traceback(err, 2)
  end
  return err
end

local function run_test(of, test)
  local started = time.elapsed()
  local passed, wrong = xpcall(async.timeout, on_error, M.limit, function()
    tree_of.call_hooks(of, "before_each")
    local ok, err = xpcall(test.fn, on_error)
    tree_of.call_hooks(of, "after_each")
    if not ok then
      error(err, 0)
    end
  end)
  if passed and time.elapsed() - started > M.limit then -- what it tests may have swallowed the cancellation
    return false, ("it lasted longer than %s s"):format(M.limit)
  end
  return passed, wrong
end

local function run_group(of, prefix, counts)
  for _, test in ipairs(of.nodes) do
    local name = prefix == "" and test.name or prefix .. " " .. test.name
    if test.nodes then
      run_group(test, name, counts)
    elseif counts.filter and not name:find(counts.filter, 1, true) then
      counts.skipped = counts.skipped + 1
    else
      local ok, err = run_test(of, test)
      counts[ok and "passed" or "failed"] = counts[ok and "passed" or "failed"] + 1
      print((ok and "ok      " or "FAILED  ") .. name)
      if not ok then
        print("        " .. tostring(err):gsub("\n", "\n        "))
      end
    end
  end
end

-- Runs what was declared. The script's first argument, if there is one, chooses tests by a part of their
-- names.
function M.run()
  if is_run_by_others then
    return
  end
  local counts = { passed = 0, failed = 0, skipped = 0, filter = arg and arg[1] }
  run_group(tree.root, "", counts)
  print(("%d passed, %d failed"):format(counts.passed, counts.failed))
  if counts.failed > 0 or counts.passed == 0 then
    os.exit(1)
  end
end

return M
