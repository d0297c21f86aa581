-- SPDX-License-Identifier: MIT
-- The command line with which a durable run is started again. For stdlib/durable_main.lua, recipe_errand.lua and
-- runtime/cli/batch.lua.

local log = require "beadle.log"

local M = {}

-- Options that are about one start, and are before the script.
local function is_of_this_start(word)
  return word:find "^%-%-durable" or word == "--accept-changes"
end

-- secret_options(object) -> set of the options of a recipe whose values are secrets.
function M.secret_options(object)
  local names = {}
  for _, param in ipairs(type(object) == "table" and type(object.params) == "table" and object.params or {}) do
    if param.secret then
      names["--" .. param.name] = true
    end
  end
  return names
end

-- kept(words, drop) -> the words as they may be kept, and the options whose secrets are left out of them.
-- drop(word, name, index) says of a word that goes "word", of an option that goes with its value "value", and "secret"
-- where that is one. `name` is that of an option.
function M.kept(words, drop)
  local kept, left_out, index = {}, {}, 1
  while index <= #words do
    local word = words[index]
    local name = word:match "^(%-%-[^=]+)"
    local why = drop(word, name, index)
    if not why then
      kept[#kept + 1] = log.masked(word)
    elseif why ~= "word" then
      left_out[#left_out + 1] = why == "secret" and name or nil
      index = index + (word:find("=", 1, true) and 0 or 1)
    end
    index = index + 1
  end
  return kept, left_out
end

-- The words behind the program, and which of them is the script.
local function command_line()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return { table.unpack(arg, first + 1) }, -first
end

-- keepable(secrets [, without]) -> as `kept`, of this program's command line. `without` is a set of words that go.
function M.keepable(secrets, without)
  local words, script_at = command_line()
  return M.kept(words, function(word, name, index)
    if name and secrets[name] and index > script_at then
      return "secret"
    end
    local goes = without and without[word] or index <= script_at and is_of_this_start(word)
    return goes and "word" or nil
  end)
end

return M
