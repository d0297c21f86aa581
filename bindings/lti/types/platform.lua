---@meta beadle.lti.platform
-- SPDX-License-Identifier: MIT

---@class beadle.lti.platform_options
---@field issuer string
---@field tools table[] each with client_id, deployment_id, login_url, redirect_uris
---@field keys? string|beadle.lti.key|beadle.lti.key[] a folder, a key, or keys; the usual folder unless told
---@field origin? string where the routes are reached; the issuer's unless told
---@field path? string "/lti" unless told
---@field hint_lifetime? beadle.duration
---@field token_lifetime? beadle.duration
---@field user_of? fun(request: beadle.http.server_request): string? who is signed in
---@field now? fun(): number

---@class beadle.lti.begun_launch
---@field url string the link that begins it
local launch = {}

--- A page that begins it by POST.
---@return string
function launch:html() end

---@return beadle.http.answer
function launch:response() end

--- The platform of LTI 1.3: makes launches, and answers the tool that asks who the user is.
---@class beadle.lti.platform
local platform = {}

--- For http.serve.
---@return table<string, beadle.http.handler>
function platform:routes() end

---@param options beadle.lti.launch_options
---@return beadle.lti.begun_launch
function platform:launch(options) end

---@param name "jwks"|"auth"|"token"
---@return string
function platform:address(name) end

---@param given table
function platform:add_tool(given) end

---@param client_id string
---@return table?
function platform:tool_named(client_id) end

--- What the tool's form asks for.
---@param client_id? string
---@return table
function platform:registration(client_id) end

---@class beadle.lti.platform_module
local M = {}

---@param options beadle.lti.platform_options
---@return beadle.lti.platform
function M.new(options) end

---@param vendor string
---@param profile? string
---@return table
function M.vendor_tool(vendor, profile) end

return M
