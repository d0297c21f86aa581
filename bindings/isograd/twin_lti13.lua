-- SPDX-License-Identifier: MIT
local M = {}
function M.key_set() end
function M.begin() end
function M.launch() end
function M.custom_of() end
return M
