---@meta beadle.lti.jwt
-- SPDX-License-Identifier: MIT

---@class beadle.lti.jwt_options
---@field keys table|fun(kid: string): beadle.lti.key? a key set, or who knows the keys
---@field issuer? string
---@field audience? string
---@field nonce? string
---@field nonces? beadle.lti.nonce_store
---@field now? number
---@field leeway? number seconds; 60 unless told
---@field max_age? number seconds

--- Signed claims (RFC 7519), RS256 and nothing else.
---@class beadle.lti.jwt
local jwt = {}

---@param claims table<string, any>
---@param key beadle.lti.key
---@return string
function jwt.sign(claims, key) end

--- Header and claims, unchecked; or nil and a reason.
---@param token string
---@return table?, table|string
function jwt.read(token) end

--- The claims, or nil, a reason and what is known of it.
---@param token string
---@param options beadle.lti.jwt_options
---@return table?, string?, table?
function jwt.verify(token, options) end

--- Keys of a key set at an address, fetched when one is not known, at most once a minute.
---@param options table
---@return fun(kid: string): beadle.lti.key?
function jwt.jwks(options) end

return jwt
