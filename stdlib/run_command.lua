-- SPDX-License-Identifier: MIT
-- The command line with which a durable run is started again. For stdlib/durable_main.lua and recipe_errand.lua.

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

-- keepable(secrets [, without]) -> the words of this program's command line as they may be kept, and the options that
-- are left out of it. `without` is a set of words that are passed over.
function M.keepable(secrets, without)
  local words, left_out, index = {}, {}, 0
  while arg[index - 1] do
    index = index - 1
  end
  index = index + 1 -- behind the program
  while arg[index] do
    local word = arg[index]
    local name = word:match "^(%-%-[^=]+)"
    if name and secrets[name] and index > 0 then
      left_out[#left_out + 1] = name
      index = index + (word:find("=", 1, true) and 0 or 1)
    elseif not (without and without[word]) and (index > 0 or not is_of_this_start(word)) then
      words[#words + 1] = log.masked(word)
    end
    index = index + 1
  end
  return words, left_out
end

return M
