---@meta beadle.lti.keys
-- SPDX-License-Identifier: MIT

---@class beadle.lti.key
local key = {}

---@return string
function key:kid() end

---@return integer
function key:bits() end

---@return boolean
function key:is_private() end

--- Public, as a table.
---@return table<string, string>
function key:jwk() end

--- Private, PKCS#8.
---@return beadle.secret
function key:pem() end

---@return string
function key:public_pem() end

--- Private, into a new file.
---@param path string
function key:save(path) end

---@param text string
---@return string
function key:sign(text) end

---@param text string
---@param signature string
---@return boolean
function key:verify(text, signature) end

--- RSA keys of 2048 bits or more.
-- Not for scripts: check_folder, forget, read_jwk.
---@class beadle.lti.keys
local keys = {}

---@param options? { bits?: integer, kid?: string }
---@return beadle.lti.key
function keys.generate(options) end

---@param pem string|beadle.secret
---@param options? { kid?: string }
---@return beadle.lti.key
function keys.load(pem, options) end

---@param path string
---@param options? { kid?: string }
---@return beadle.lti.key
function keys.load_file(path, options) end

---@param jwk table<string, string>
---@return beadle.lti.key
function keys.from_jwk(jwk) end

--- Where this user's keys are.
---@return string
function keys.default_folder() end

return keys
