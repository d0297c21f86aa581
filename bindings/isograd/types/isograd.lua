---@meta _
-- SPDX-License-Identifier: MIT

---@class beadle.isograd
local isograd = {}

--- What get_results answers, as a number from 0 to 1.
---@param result table
---@param options? { divisors?: table<integer, number>, questions?: integer }
---@return number
function isograd.grade_fraction(result, options) end
