---@meta beadle.time
-- SPDX-License-Identifier: MIT

--- The run's clock; in the sandbox it may be virtual.
---@class beadle.time
local time = {}

--- Seconds since 1970, UTC.
---@return number
function time.now() end

--- Seconds on a clock that never goes back.
---@return number
function time.elapsed() end

--- "2026-01-15T09:00:00Z"
---@param at? number seconds since 1970; now unless told
---@return string
function time.iso(at) end

--- "10 min" is 600.0
---@param duration beadle.duration
---@return number
function time.seconds(duration) end

--- Whether waiting takes no time in this run.
---@return boolean
function time.is_virtual() end

return time
