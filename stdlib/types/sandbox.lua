---@meta beadle.sandbox
-- SPDX-License-Identifier: MIT

--- What a simulated vendor can be told and asked; each has commands of its own beside these.
---@class beadle.sandbox.twin
---@field set fun(settings: table<string, any>) changes how it behaves
---@field requests fun(options?: table): table[] what it was asked, the newest last
---@field counts fun(): table<string, integer> how often each operation was called
---@field calls fun(): table[] what it has called itself
---@field fault fun(fault: table) makes something go wrong
---@field reset fun()
---@field [string] fun(...): any

--- Tells the simulated vendors what to do, and asks what they saw.
---@class beadle.sandbox
---@field [string] beadle.sandbox.twin
local sandbox = {}

--- Every vendor as at the beginning.
function sandbox.reset() end

--- Keeps what all vendors hold.
---@return integer
function sandbox.snapshot() end

---@param snapshot integer
function sandbox.restore(snapshot) end

--- Results of fn, of whose doings nothing stays.
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ...
function sandbox.fork(fn, ...) end

--- Moves the vendors' clock on, and theirs alone, as if so much time had passed. For a sandbox that is served; where
--- time is virtual, waiting does it.
---@param duration number|string
---@param stop? boolean no further than to the first thing that is due
---@return { now: number, happened: boolean, calling: integer } calling: requests of the vendors under way
function sandbox.advance(duration, stop) end

---@class beadle.sandbox.fault
---@field operation string "VENDOR.OPERATION", or a vendor
---@field kind string "429", "500", "slow", "reset", "lost request", "lost reply", "cut body", ...
---@field nth? integer the first that goes wrong, from now on; 1 unless told
---@field times? integer how many go wrong; 1 unless told
---@field delay? number seconds, of "slow"
---@field retry_after? number seconds, of "429"

--- Makes requests of an operation go wrong.
---@param args beadle.sandbox.fault
function sandbox.fault(args) end

--- A sandbox that `beadle sandbox` serves.
---@param base string
---@return beadle.sandbox
function sandbox.at(base) end

return sandbox
