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

--- A secret can be passed on and nothing else: it cannot be printed, joined to text, compared or encoded.
---@class beadle.secret

--- Options of one call of an operation.
---@class beadle.call_options
---@field timeout? beadle.duration for the call with all its attempts
---@field retry? boolean false: try once only
