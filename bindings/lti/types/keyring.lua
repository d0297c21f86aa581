---@meta beadle.lti.keyring
-- SPDX-License-Identifier: MIT

--- The folder of `beadle lti keys`.
---@class beadle.lti.keyring
local keyring = {}

---@return string
function keyring.folder() end

---@param folder? string
---@return table[]
function keyring.list(folder) end

--- The key that signs.
---@param folder? string
---@return beadle.lti.key
function keyring.signer(folder) end

--- The key set to publish.
---@param folder? string
---@return table
function keyring.jwks(folder) end

---@param folder? string
---@param bits? integer
---@return beadle.lti.key
function keyring.add(folder, bits) end

---@param folder? string
---@param kid string
function keyring.drop(folder, kid) end

return keyring
