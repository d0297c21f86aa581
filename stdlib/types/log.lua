---@meta beadle.log
-- SPDX-License-Identifier: MIT

--- Lines to standard error, from the level of --log-level on. Secrets are masked.
---@class beadle.log
local log = {}

---@param ... any joined with a space
function log.error(...) end

---@param ... any
function log.warn(...) end

---@param ... any
function log.info(...) end

---@param ... any
function log.debug(...) end

---@param ... any
function log.trace(...) end

--- The text without the secrets that are known, for what is kept.
---@param text string
---@return string
function log.masked(text) end

return log
