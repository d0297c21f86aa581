---@meta beadle.hook
-- SPDX-License-Identifier: MIT

---@class beadle.hook.options
---@field origin? string how others reach this program; the configuration's `public` unless told
---@field port? integer
---@field path? string before the random part; "/hooks" unless told
---@field methods? string[] { "GET" } unless told
---@field answer? string|beadle.http.answer what the caller gets
---@field redirect? string where the caller is sent on to instead
---@field again? string an address that a hook had before: this one has it again

---@class beadle.hook.call
---@field method string
---@field path string
---@field query table<string, string>
---@field query_list string[][]
---@field headers table<string, string>
---@field body string
---@field form? table<string, string>
---@field remote string
---@field at number seconds since 1970
---@field count integer how many have come

--- An address that others call.
-- Not for scripts: take.
---@class beadle.hook.hook
---@field count integer how many calls came
local hook = {}

---@return string
function hook:url() end

--- The first call that came, also when it came before. Raises an error of kind "timeout".
---@param options? { timeout?: beadle.duration }
---@return beadle.hook.call
function hook:wait(options) end

--- The same without waiting.
---@return beadle.hook.call?
function hook:came() end

function hook:close() end

--- Addresses that others call when something has happened, and waiting for that.
---@class beadle.hook
local M = {}

---@param options? beadle.hook.options
---@return beadle.hook.hook
function M.open(options) end

return M
