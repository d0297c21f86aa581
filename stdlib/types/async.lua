---@meta beadle.async
-- SPDX-License-Identifier: MIT

--- Seconds, or a text such as "200 ms", "10 min" or "3 days".
---@alias beadle.duration number|string

--- A task runs beside others until it waits. It ends with the scope that it was spawned in.
---@class beadle.task
local task = {}

--- Its results; raises its error.
---@return any ...
function task:wait() end

--- Ends it: it sees an error of kind "cancelled" where it waits.
---@param why? "cancelled"|"timeout"
function task:cancel(why) end

---@return "running"|"done"|"failed"
function task:status() end

--- Something that happens once.
---@class beadle.event
local event = {}

--- Returns once somebody has called set(): at once when that was before.
function event:wait() end

function event:set() end

--- Several things at once, in scopes whose tasks never outlive them.
---@class beadle.async
local async = {}

--- Runs a task beside the caller, in the innermost scope.
---@param fn fun(...): any
---@param ... any arguments of fn
---@return beadle.task
function async.spawn(fn, ...) end

--- Returns when fn and all tasks spawned in it have ended. When one fails, the others are cancelled and its error raised.
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ... results of fn
function async.scope(fn, ...) end

--- Runs all at once, gives the list of their results. A nil is kept as false.
---@param functions (fun(): any)[]
---@return any[]
function async.all(functions) end

--- The first result; the others are cancelled.
---@param functions (fun(): any)[]
---@return any ...
function async.race(functions) end

---@class beadle.async.map_options
---@field concurrency? integer at most so many at once; 8 unless told

--- fn for each element, results in order. A nil is kept as false.
---@generic T, R
---@param list T[]
---@param options beadle.async.map_options
---@param fn fun(element: T, index: integer): R
---@return R[]
function async.map(list, options, fn) end

--- Raises an error of kind "timeout" when fn takes longer.
---@param duration beadle.duration
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ... results of fn
function async.timeout(duration, fn, ...) end

---@param duration beadle.duration
function async.sleep(duration) end

--- Waits until a moment; returns at once when it is over. Also as beadle.wait_until.
---@param moment number|string seconds since 1970, or a text such as "2026-03-01T08:00:00Z"
function async.wait_until(moment) end

---@return beadle.event
function async.event() end

return async
