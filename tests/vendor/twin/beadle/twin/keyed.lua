-- SPDX-License-Identifier: MIT
-- The simulation of a made-up vendor that does nothing.

return { seed = function() end, routes = {}, operation_of = function() end, control = {}, actions = {} }
