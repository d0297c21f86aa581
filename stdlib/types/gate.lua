---@meta beadle.gate
-- SPDX-License-Identifier: MIT

--- A request that may change something, before it is sent.
---@class beadle.effect
---@field operation string "isograd.add_test", "http.request"
---@field effect "create"|"update"|"delete"|"send"|"spend"|"unknown"
---@field vendor? string
---@field params? table<string, any>
---@field key? table<string, any> those that say "this is the same effect"
---@field method string
---@field url string
---@field body? string

--- What every effect passes before it is sent.
-- Not for scripts: find, watching, without.
---@class beadle.gate
local M = {}

--- Calls fn; what it changes passes `gate`, whose result is the call's. Without send() nothing is sent.
---@param gate fun(effect: beadle.effect, send: fun(): any): any
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ... results of fn
function M.with(gate, fn, ...) end

return M
