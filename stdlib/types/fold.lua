---@meta beadle.fold
-- SPDX-License-Identifier: MIT

--- Texts without accents and case, for comparing.
---@class beadle.fold
local fold = {}

--- "Łódź, Straße" is "lodz, strasse".
---@param text string
---@return string
function fold.text(text) end

--- Of a person: fold.name("NOËL", "Anne-Sophie") is "anne noel sophie", in any order of the names.
---@param ... string
---@return string
function fold.name(...) end

return fold
