-- SPDX-License-Identifier: MIT
-- What a failed assert raises, and what becomes of any error for the report. For stdlib/test*.lua.

local diff = require "beadle.test_diff"
local tree = require "beadle.test_tree"

local M = {}

local Failure = {}
Failure.__index = Failure
Failure.__name = "failure"

function Failure:__tostring()
  return self.place and ("%s: %s"):format(self.place, self.message) or self.message
end

local Pending = {}
Pending.__index = Pending

function M.raise(message)
  error(setmetatable({ message = message, place = tree.place() }, Failure), 0)
end

-- Ends the running test: it is to be written.
function M.raise_pending(why)
  error(setmetatable({ why = why or true }, Pending), 0)
end

function M.is_pending(err)
  return getmetatable(err) == Pending
end

-- The lines of a traceback that are the user's.
local function own_lines(trace)
  local lines = {}
  for line in trace:gmatch "[^\n]+" do
    local text = line:match "^%s+(.*)$"
    if text and not text:find "^%[" and not text:find "^%(%.%.%." then
      lines[#lines + 1] = text
    end
  end
  return lines
end

-- A message handler: keeps where an error came from. To be used with xpcall.
function M.on_error(err)
  if getmetatable(err) == Pending then
    return err
  elseif getmetatable(err) == Failure then
    err.trace = err.trace or own_lines(debug.traceback("", 2))
    return err
  end
  local caught = { cause = err, trace = own_lines(debug.traceback("", 2)), is_error = true }
  if type(err) == "string" then
    local place, message = err:match "^(.-:%d+): (.*)$"
    caught.place, caught.message = place, message or err
  else
    local text = (getmetatable(err) or type(err) ~= "table") and tostring(err) or diff.show(err)
    local place, message = text:match "^([^%s:]+:%d+): (.*)$"
    caught.place, caught.message = place or tree.place(), message or text
  end
  return setmetatable(caught, Failure)
end

-- at(place, message) -> what xpcall gives for an error there.
function M.at(place, message)
  return setmetatable({ message = message, place = place, trace = {}, is_error = true }, Failure)
end

-- described(err) -> { message, place, trace, is_error } of anything that was raised.
function M.described(err)
  if getmetatable(err) ~= Failure then
    err = M.on_error(err)
  end
  return { message = err.message, place = err.place or err.trace and err.trace[1] and err.trace[1]:match "^(.-:%d+):",
    trace = err.trace, is_error = err.is_error }
end

return M
