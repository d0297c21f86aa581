---@meta beadle.lti.tool
-- SPDX-License-Identifier: MIT

---@class beadle.lti.tool_options
---@field origin string
---@field platforms table[] each with issuer, client_id, deployment_ids, auth_url, jwks_url or jwks
---@field on_launch fun(launch: beadle.lti.launch, request: beadle.http.server_request): beadle.http.answer|string|nil
---@field on_refusal? fun(reason: string, detail: table, request: beadle.http.server_request): beadle.http.answer|string|nil
---@field path? string "/lti" unless told
---@field target_link_uris? string[]
---@field keys? string|beadle.lti.key|beadle.lti.key[]
---@field leeway? beadle.duration
---@field max_age? beadle.duration
---@field state_lifetime? beadle.duration
---@field fetch? fun(url: string): table
---@field now? fun(): number

--- The tool of LTI 1.3: is told of a launch, asks the platform who the user is, and checks what comes.
---@class beadle.lti.tool
local tool = {}

---@return table<string, beadle.http.handler>
function tool:routes() end

---@param name "login"|"launch"|"jwks"
---@return string
function tool:address(name) end

---@return table
function tool:registration() end

---@class beadle.lti.tool_module
local M = {}

---@param options beadle.lti.tool_options
---@return beadle.lti.tool
function M.new(options) end

return M
