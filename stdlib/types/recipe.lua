---@meta beadle.recipe
-- SPDX-License-Identifier: MIT

---@class beadle.recipe.param
---@field from? string "isograd.add_test.tst_frm_id": type, sentence and check from there
---@field name? string
---@field type? "string"|"integer"|"number"|"flag"|"email"|"date"|"duration"
---@field doc? string
---@field required? boolean
---@field default? any
---@field choices? any[]
---@field secret? boolean

---@class beadle.recipe.context
---@field is_sandbox boolean
---@field profile string
---@field is_single boolean one person, not a file
---@field line? integer
---@field sleep fun(duration: beadle.duration) lets other rows run meanwhile
---@field aside fun(fn: function, ...): any fn(...), which waits for something else than a vendor
---@field remember fun(fn: function, ...): any fn(...), once also when a durable run goes on
---@field did fun(text: string) notes what is done already, for the report
---@field keep fun(value: any) all that was called is done; what of it --failed gets

---@class beadle.recipe.spec
---@field name string
---@field summary string
---@field doc? string
---@field params (string|beadle.recipe.param)[]
---@field columns string[] of the results, in order
---@field row fun(row: table<string, any>, context: beadle.recipe.context): table<string, any>?
---@field finish? fun(results: table[], context: beadle.recipe.context): string?, integer?
---@field shown? string[] columns of the table on the terminal
---@field show? fun(result: table, row: table, context: beadle.recipe.context): string?
---@field unique? string[]|string[][] no two rows may have the same
---@field one_at_a_time? string rows with the same value never run at the same time
---@field pending? fun(result: table): boolean
---@field ignores? string[] columns that may be there without being parameters
---@field irreversible? string "deletes %d candidate(s) for good": asks first
---@field concurrency? integer rows at once
---@field rows? fun(params: table<string, any>, context: beadle.recipe.context): table[]|fun(): table
---@field fields? string[] of the rows that `rows` gives

-- Not for scripts: row_key, run, cells_text, check_same_rows, knows_by_line.
---@class beadle.recipe.recipe
---@field spec beadle.recipe.spec
---@field params table
local recipe = {}

--- The row that texts mean, or nil and a list of problems.
---@param texts table<string, string>
---@return table<string, any>?, { name: string, message: string }[]?
function recipe:check_row(texts) end

---@param row table<string, any>
---@param context? table
---@return table<string, any>
function recipe:run_row(row, context) end

---@param result table<string, any>
---@return boolean
function recipe:is_pending(result) end

--- An errand declared once, run for one person or for every row of a file.
---@class beadle.recipe
---@overload fun(spec: beadle.recipe.spec): beadle.recipe.recipe
local M = {}

---@param spec beadle.recipe.spec
---@return beadle.recipe.recipe
function M.new(spec) end

return M
