---@meta _
-- SPDX-License-Identifier: MIT

---@class beadle.mail
local mail = {}

--- What mail.send takes, with a value in the place of each {{name}}.
---@param template string|{ subject?: string, text?: string, html?: string }
---@param values table<string, any>
---@return { subject?: string, text?: string, html?: string }
function mail.fill(template, values) end
