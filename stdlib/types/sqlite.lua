---@meta beadle.sqlite
-- SPDX-License-Identifier: MIT

---@class beadle.sqlite.database
local database = {}

--- Runs one statement; how many rows it changed. Values stand for "?" in order, or in a table for ":name".
---@param sql string
---@param ... any
---@return integer
function database:exec(sql, ...) end

--- For a loop: each row as a table by the names of its columns.
---@param sql string
---@param ... any
---@return fun(): table<string, any>
function database:rows(sql, ...) end

--- All that fn does or nothing. fn must not wait.
---@param fn fun(...): any
---@param ... any arguments of fn
---@return any ... results of fn
function database:transaction(fn, ...) end

function database:close() end

--- An SQLite database in a file.
---@class beadle.sqlite
local sqlite = {}

--- Made for its owner only when there is none; ":memory:" is one that is nowhere, "" a file that goes with the program.
---@param path string
---@return beadle.sqlite.database
function sqlite.open(path) end

return sqlite
