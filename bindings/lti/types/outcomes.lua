---@meta beadle.lti.outcomes
-- SPDX-License-Identifier: MIT

---@class beadle.lti.outcome_options
---@field url string
---@field sourcedid string
---@field key string
---@field secret string|beadle.secret
---@field score? number 0 to 1; of replace
---@field timeout? beadle.duration
---@field retry? boolean
---@field ca_file? string
---@field signature_method? string

---@class beadle.lti.receiver_options
---@field lookup fun(key: string): string|beadle.secret|nil
---@field replace? fun(sourcedid: string, score: number, request: table): any, string?
---@field read? fun(sourcedid: string, request: table): number?
---@field delete? fun(sourcedid: string, request: table): any, string?
---@field nonces? beadle.lti.nonce_store
---@field window? number
---@field signature_method? string

---@class beadle.lti.outcome_answer
---@field code_major "success"|"processing"|"failure"|"unsupported"
---@field description? string
---@field message_id? string
---@field message_ref? string

--- The Basic Outcome Service of LTI 1.1: one grade from 0 to 1 for one sourcedid.
---@class beadle.lti.outcomes
local outcomes = {}

--- A handler for http.serve.
---@param options beadle.lti.receiver_options
---@return beadle.http.handler
function outcomes.receiver(options) end

---@param options beadle.lti.outcome_options
---@return beadle.lti.outcome_answer
function outcomes.replace(options) end

---@param options beadle.lti.outcome_options
---@return number? score
function outcomes.read(options) end

---@param options beadle.lti.outcome_options
---@return beadle.lti.outcome_answer
function outcomes.delete(options) end

--- The signed request, without sending it.
---@param options table
---@return table
function outcomes.request(options) end

---@param options table
---@return string
function outcomes.answer(options) end

---@param body string
---@return table
function outcomes.parse(body) end

return outcomes
