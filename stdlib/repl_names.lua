-- SPDX-License-Identifier: MIT
-- The names that the lines of a session know without `require`: vendors, modules, and what the session itself has. For
-- stdlib/repl.lua.

local native = require "beadle.session"

local rawset = rawset

local M = {}

local function is_public(name)
  local short = name:match "^beadle%.(%l+)$"
  return short
end

-- modules() -> set of the names of the modules that a session knows without `require`.
function M.modules()
  local set = {}
  for name in pairs(native.modules()) do
    local short = is_public(name)
    if short and _G[short] == nil then
      set[short] = name
    end
  end
  set.session, set.repl, set.complete = nil, nil, nil
  return set
end

-- What Lua and beadle bring. A line that gives one of these another meaning does so for the lines of the session only:
-- `table = {}` must not break what the program itself is made of.
local STANDARD = {}
for name in ("_G _VERSION assert beadle collectgarbage coroutine debug dofile error getmetatable io ipairs load "
  .. "loadfile math next os package pairs pcall print rawequal rawget rawlen rawset require select setmetatable "
  .. "string table tonumber tostring type utf8 warn xpcall"):gmatch "%S+" do
  STANDARD[name] = true
end

-- The globals of the lines: those of scripts, but for the standard ones that lines have changed.
function M.environment()
  local environment = {}
  return setmetatable(environment, {
    __index = _G,
    __newindex = function(_, name, value)
      if STANDARD[name] then
        rawset(environment, name, value)
      else
        _G[name] = value
      end
    end,
  })
end

-- add_names(session): makes the modules, `_`, `err` and `help` names of the lines.
function M.add_names(session)
  session.modules = M.modules()
  local extra = {
    _ = function() return session.result end,
    err = function() return session.failure end,
    help = function() return session.help end,
  }
  setmetatable(_G, {
    __index = function(_, name)
      if extra[name] then
        return extra[name]()
      end
      return session.modules[name] and require(session.modules[name]) or nil
    end,
  })
end

return M
