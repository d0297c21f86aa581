---@meta beadle.fs
-- SPDX-License-Identifier: MIT

--- Files. What fails raises an error of kind "io".
-- Not for scripts: same, columns, replace, absolute.
---@class beadle.fs
local fs = {}

---@param path string
---@return string bytes
function fs.read(path) end

--- Replaces the file in one step. Without `shared` only its owner may read it.
---@param path string
---@param text string
---@param options? { shared?: boolean }
function fs.write(path, text, options) end

---@param path string
---@return boolean
function fs.exists(path) end

---@param path string
---@return boolean
function fs.is_folder(path) end

--- And those above it that are missing. Without `shared` for its owner only.
---@param path string
---@param options? { shared?: boolean }
function fs.make_folder(path, options) end

--- What is in a folder, in no order.
---@param path string
---@return { name: string, is_folder: boolean }[]
function fs.list(path) end

---@param name "stdin"|"stdout"|"stderr"
---@return boolean
function fs.is_terminal(name) end

return fs
