---@meta beadle.catalogue
-- SPDX-License-Identifier: MIT

--- What the program knows about vendors: everything else reads it.
-- Not for scripts: about, check_profile, check_setting, check_value, form_of, from_wire, is_legal, lint, parse,
-- settings.
---@class beadle.catalogue
local catalogue = {}

---@return string[]
function catalogue.vendors() end

--- All that is known of a vendor: operations, parameters, results, errors, enumerations.
---@param vendor string
---@return table
function catalogue.describe(vendor) end

--- The known name that somebody most likely meant.
---@param wanted string
---@param names string[]
---@return string?
function catalogue.nearest(wanted, names) end

--- The full name of the operation that a function calls; nil for any other value.
---@param value any
---@return string?
function catalogue.operation_of(value) end

return catalogue
