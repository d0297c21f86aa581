---@meta beadle.lti.nonces
-- SPDX-License-Identifier: MIT

---@class beadle.lti.nonce_store
local store = {}

--- true the first time, false afterwards, and when it has expired.
---@param owner string
---@param nonce string
---@param expires_at number seconds since 1970
---@param now? number
---@return boolean
function store:use(owner, nonce, expires_at, now) end

function store:close() end

--- What was used once and must not be used again.
---@class beadle.lti.nonces
local nonces = {}

--- path: a file of several processes, true: that of this user; without it in memory.
---@param options { path?: string|true, table?: table }
---@return beadle.lti.nonce_store
function nonces.open(options) end

---@return string
function nonces.default_path() end

return nonces
