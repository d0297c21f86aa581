---@meta beadle.lti.gradebook
-- SPDX-License-Identifier: MIT

---@class beadle.lti.grade
---@field sourcedid string
---@field learner? string
---@field score? number 0 to 1
---@field received_at? string
---@field message_id? string

---@class beadle.lti.book
local book = {}

---@param grade beadle.lti.grade
function book:put(grade) end

---@param sourcedid string
---@param message_id? string
function book:clear(sourcedid, message_id) end

---@param sourcedid string
---@return number?
function book:score(sourcedid) end

---@return beadle.lti.grade[]
function book:rows() end

function book:close() end

--- One grade for each sourcedid, in a CSV file or a database. What put and clear have returned for is on the disk.
---@class beadle.lti.gradebook
local gradebook = {}

---@param path string ends with .csv, .sqlite or .db
---@return beadle.lti.book
function gradebook.open(path) end

return gradebook
