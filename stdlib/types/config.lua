---@meta beadle.config
-- SPDX-License-Identifier: MIT

--- What the configuration says.
-- Not for scripts: check, is_local, keep_runs, read_base, settings, use,
-- vendors, vendors_of.
---@class beadle.config
local config = {}

--- The profile's name.
---@return string
function config.profile() end

--- Whether the profile is the sandbox.
---@return boolean
function config.is_sandbox() end

--- Names of all profiles, sorted.
---@return string[]
function config.profiles() end

--- Where others reach this program: the configuration's `public` and `listen`.
---@return table?
function config.public() end

return config
