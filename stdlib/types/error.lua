---@meta beadle.error
-- SPDX-License-Identifier: MIT

---@alias beadle.error.kind
---| "argument" # the call itself is wrong; nothing was sent
---| "permission" # the account, or the sandbox, does not allow it
---| "network" # the host could not be reached, or the connection broke
---| "timeout" # a time limit was reached
---| "cancelled" # the task was cancelled, or interrupted
---| "auth" # the vendor does not accept the credentials
---| "not_found" # there is no such thing at the vendor
---| "conflict" # it contradicts what is there
---| "rate_limit" # too many requests
---| "rejected" # the vendor refused for another reason
---| "server" # the vendor's server failed
---| "decode" # the answer cannot be read
---| "io" # a file or standard output
---| "configuration" # a profile or secret is missing or wrong
---| "script" # a mistake of a recipe
---| "internal" # a fault of beadle itself

--- What operations raise.
---@class beadle.error.value
---@field kind beadle.error.kind
---@field message string what happened, one sentence
---@field where? string file and line of the call in the script
---@field vendor? string
---@field operation? string "isograd.add_test"
---@field code? integer|string the vendor's own error number
---@field meaning? string what that number means
---@field vendor_message? string the vendor's own words
---@field status? integer HTTP status
---@field outcome? "none"|"done"|"unknown" of calls that change something: whether it happened
---@field retryable? boolean whether trying again later may help
---@field retry_after? number seconds
---@field attempts? integer how often the request was sent
---@field hint? string what to do
---@field response? table|string the vendor's answer
---@field content_type? string
---@field detail? string the network library's own words
---@field cause? any the error behind this one
---@field traceback? string

--- Error values.
---@class beadle.error
---@field kinds beadle.error.kind[]
local M = {}

---@param fields table<string, any> kind and message, and what else is known
---@return beadle.error.value
function M.new(fields) end

---@param value any
---@param kind? beadle.error.kind
---@return boolean
function M.is(value, kind) end

return M
