---@meta beadle.json
-- SPDX-License-Identifier: MIT

--- JSON that keeps integers as integers and empty lists as lists.
---@class beadle.json
---@field null userdata what `null` is with { null = true }, and what is written as null
local json = {}

---@class beadle.json.decode_options
---@field null? boolean keep null as json.null instead of nil
---@field big? "text" integers beyond 64 bits as texts
---@field nan? boolean accept NaN and Infinity

---@param text string
---@param options? beadle.json.decode_options
---@return any
function json.decode(text, options) end

---@param value any
---@param options? { integral_floats?: "int" } how 5.0 is written
---@return string
function json.encode(value, options) end

--- The list, marked so that it is [] when it is empty.
---@generic T
---@param list? T[]
---@return T[]
function json.array(list) end

---@param value any
---@return boolean
function json.is_array(value) end

return json
