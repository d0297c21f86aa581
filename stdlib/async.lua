-- SPDX-License-Identifier: MIT
-- beadle.async: several things at once, in scopes whose tasks never outlive them.
--
-- A task runs until it waits; another goes on meanwhile. When a task of a scope fails, the scope cancels the
-- others, waits until they have ended, and raises the error. A task that a failure shall not end is spawned
-- with beadle.try. Durations are seconds or texts such as "200 ms" or "3 days".

local error_value = require "beadle.error"
local moment = require "beadle.moment"
local task = require "beadle.task"
local time = require "beadle.time"

local pack, unpack = table.pack, table.unpack

local M = {}

-- spawn(fn, ...) -> task: runs fn(...) beside the caller, in the innermost scope, or in the caller's task,
-- which then does not end before it. task:wait() gives its results or raises its error, task:cancel() ends
-- it, task:status() says "running", "done" or "failed".
M.spawn = task.spawn

-- scope(fn, ...) -> results of fn: returns when fn and all tasks that were spawned in it have ended.
M.scope = task.scope

-- sleep(duration)
M.sleep = task.sleep

-- wait_until(moment): until then; at once when it is over. Seconds since 1970, or a text as beadle.moment reads it.
-- Also as beadle.wait_until.
function M.wait_until(at)
  local left = moment.read(at) - time.now()
  if left > 0 then
    M.sleep(left)
  end
end

local function check_list(list, name)
  if type(list) ~= "table" then
    error(error_value.new { kind = "argument", message = name .. " needs a list of functions" }, 3)
  end
end

-- event() -> event: event:wait() returns once somebody has called event:set().
M.event = task.event

-- all({fn, ...}) -> list of their first results, in the same order.
function M.all(functions)
  check_list(functions, "all")
  return M.scope(function()
    local tasks, results = {}, {}
    for i, fn in ipairs(functions) do
      tasks[i] = M.spawn(fn)
    end
    for i, each in ipairs(tasks) do
      results[i] = each:wait()
    end
    return results
  end)
end

-- race({fn, ...}) -> results of the first that ends well; the others are cancelled. When the first to end
-- fails, so does the race.
function M.race(functions)
  check_list(functions, "race")
  if #functions == 0 then
    error(error_value.new { kind = "argument", message = "race needs at least one function" }, 2)
  end
  return M.scope(function()
    local tasks, winner, over = {}, nil, task.event()
    for i, fn in ipairs(functions) do
      tasks[i] = M.spawn(function()
        local results = pack(fn())
        if not winner then
          winner = results
          over:set()
        end
      end)
    end
    over:wait()
    for _, each in ipairs(tasks) do
      each:cancel()
    end
    return unpack(winner, 1, winner.n)
  end)
end

-- map(list, {concurrency = n}, fn) -> list: fn(element, index) for each, at most n at once (default 8). The
-- results are in the list's order; nil is kept as `false`, so that #results is the list's length.
function M.map(list, options, fn)
  if type(options) == "function" then
    options, fn = {}, options
  end
  local concurrency = options.concurrency or 8
  if type(list) ~= "table" or type(fn) ~= "function" then
    error(error_value.new { kind = "argument", message = "map takes a list, options and a function" }, 2)
  elseif math.type(concurrency) ~= "integer" or concurrency < 1 then
    error(error_value.new { kind = "argument", message = "concurrency must be a whole number from 1 on" }, 2)
  end
  for name in pairs(options) do
    if name ~= "concurrency" then
      error(error_value.new { kind = "argument", message = ("map has no option \"%s\""):format(name),
        hint = "Did you mean concurrency?" }, 2)
    end
  end
  local results, next_index, count = {}, 1, #list
  M.scope(function()
    for _ = 1, math.min(concurrency, count) do
      M.spawn(function()
        while next_index <= count do
          local index = next_index
          next_index = index + 1
          local result = fn(list[index], index)
          if result == nil then
            result = false
          end
          results[index] = result
        end
      end)
    end
  end)
  return results
end

-- timeout(duration, fn, ...) -> results of fn; raises an error of kind "timeout" when it takes longer.
function M.timeout(duration, fn, ...)
  return M.scope(function(...)
    local body = M.spawn(fn, ...)
    local watch = M.spawn(function()
    task.sleep(duration)
      body:cancel "timeout"
    end)
    local results = pack(body:wait())
    watch:cancel()
    return unpack(results, 1, results.n)
  end, ...)
end

return M
