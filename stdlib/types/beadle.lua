---@meta _
-- SPDX-License-Identifier: MIT

--- Loads modules when they are first used: beadle.json is require "beadle.json".
---@class beadle
---@field version string
beadle = {}

--- Calls fn: its results, or nil and the error value.
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ... results of fn, or nil and a beadle.error
function beadle.try(fn, ...) end

--- Waits until a moment; returns at once when it is over. In a durable run it is the moment that was first said.
---@param moment number|string seconds since 1970, or "2026-03-01T08:00:00Z", "2026-03-01 08:00", "2026-03-01"
function beadle.wait_until(moment) end

--- A secret can be passed on and nothing else: it cannot be printed, joined to text, compared or encoded.
---@class beadle.secret

--- Options of one call of an operation.
---@class beadle.call_options
---@field timeout? beadle.duration for the call with all its attempts
---@field retry? boolean false: try once only
