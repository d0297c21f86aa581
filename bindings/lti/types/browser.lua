---@meta beadle.lti.browser
-- SPDX-License-Identifier: MIT

--- Follows a launch as a browser would.
---@class beadle.lti.browser
local browser = {}

---@param options { url: string }|table
---@return { status: integer, url: string, title?: string, body: string, steps: table[] }
function browser.go(options) end

---@param base string
---@param link string
---@return string
function browser.resolve(base, link) end

return browser
