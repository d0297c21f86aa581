---@meta beadle.scodoc.roster
-- SPDX-License-Identifier: MIT

---@class beadle.scodoc.student
---@field etudid integer
---@field code_nip? string
---@field civilite? string
---@field nom string
---@field prenom string
---@field email? string
---@field group? string

--- The students of a semester as one list, with e-mail addresses and groups.
---@class beadle.scodoc.roster
local roster = {}

---@param options { formsemestre_id: integer, group_id?: integer, partition?: string, etat?: string, department?: string }
---@return beadle.scodoc.student[]
function roster.students(options) end

return roster
