---@meta beadle.lti.oauth1
-- SPDX-License-Identifier: MIT

---@alias beadle.lti.fields string[][]|table<string, string|number|string[]> {name, value} in order, or by name

---@class beadle.lti.sign_options
---@field method? string
---@field url string
---@field fields? beadle.lti.fields
---@field body? string
---@field key? string
---@field secret string|beadle.secret
---@field timestamp? integer
---@field nonce? string
---@field signature_method? string "HMAC-SHA1" unless told

---@class beadle.lti.oauth1_verify_options
---@field method string
---@field url string
---@field fields? beadle.lti.fields
---@field authorization? string
---@field body? string
---@field lookup fun(key: string): string|beadle.secret|nil
---@field nonces beadle.lti.nonce_store
---@field window? number seconds; 300 unless told
---@field now? number
---@field signature_method? string

--- Requests signed with a consumer's key and secret: OAuth 1.0 (RFC 5849), as LTI 1.1 uses it.
---@class beadle.lti.oauth1
local oauth1 = {}

--- Percent-encoded as RFC 3986 has it.
---@param text string
---@return string
function oauth1.encode(text) end

---@param options beadle.lti.sign_options
---@return string
function oauth1.base_string(options) end

---@param options beadle.lti.sign_options
---@return string
function oauth1.sign(options) end

--- The fields of a form, the signature among them.
---@param options beadle.lti.sign_options
---@return string[][]
function oauth1.sign_form(options) end

--- The value of the Authorization header.
---@param options beadle.lti.sign_options
---@return string
function oauth1.sign_body(options) end

--- What was signed, or nil, a reason and what is known of it.
---@param options beadle.lti.oauth1_verify_options
---@return table?, string?, table?
function oauth1.verify(options) end

--- A text that nobody guesses.
---@return string
function oauth1.nonce() end

return oauth1
