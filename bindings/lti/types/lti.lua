---@meta beadle.lti
-- SPDX-License-Identifier: MIT

---@class beadle.lti.user
---@field id string
---@field given? string
---@field family? string
---@field full? string
---@field email? string

---@class beadle.lti.launch_options
---@field operation? string|function of a vendor: "isograd.add_test", or the function
---@field params? table<string, any> its parameters
---@field url? string of any other tool
---@field key? string
---@field secret? string|beadle.secret
---@field custom? table<string, any>
---@field user? beadle.lti.user
---@field roles? string|string[]
---@field resource_link_id? string
---@field context? { id?: string, title?: string }
---@field locale? string
---@field return_url? string
---@field outcome? { url: string, sourcedid: string } where the grade shall go
---@field redirect? boolean

--- A launch of LTI 1.1, good for once.
---@class beadle.lti.form
---@field fields string[][] {name, value}, the signature last
local form = {}

---@param name string
---@return string?
function form:value(name) end

--- A page whose form submits itself.
---@return string
function form:html() end

--- The headers to send that page with.
---@return table<string, string>
function form.headers() end

--- URL-encoded.
---@return string
function form:body() end

--- Sends it without a browser, and follows where it leads.
---@param options? table
---@return { status: integer, url: string, title?: string, body: string, steps: table[] }
function form:post(options) end

---@class beadle.lti.launch
---@field version "1.1"|"1.3"
---@field user beadle.lti.user
---@field roles string[]
---@field resource_link table
---@field context? table
---@field custom table<string, string>
---@field outcome? { url: string, sourcedid: string }
---@field presentation? table
---@field key? string
---@field fields? table
---@field issuer? string
---@field deployment_id? string
---@field claims? table

--- Launches by LTI, and the grades that come back.
---@class beadle.lti
---@field oauth1 beadle.lti.oauth1
---@field jwt beadle.lti.jwt
---@field keys beadle.lti.keys
---@field nonces beadle.lti.nonces
---@field outcomes beadle.lti.outcomes
---@field gradebook beadle.lti.gradebook
---@field keyring beadle.lti.keyring
---@field browser beadle.lti.browser
---@field launch_form fun(options: beadle.lti.launch_options): beadle.lti.form a launch of LTI 1.1
---@field verify_launch fun(request: table, options: table): beadle.lti.launch?, string?, table? the launch, or nil, reason, detail
---@field platform fun(options: beadle.lti.platform_options): beadle.lti.platform the platform of LTI 1.3
---@field tool fun(options: beadle.lti.tool_options): beadle.lti.tool the tool of LTI 1.3
local lti = {}

return lti
