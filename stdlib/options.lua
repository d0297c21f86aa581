-- SPDX-License-Identifier: MIT
-- beadle.options: command line options from one table, for beadle's commands and for recipes.
--
-- parse(spec, arguments [, elsewhere]) -> values, operands. `spec` is a list of options:
--   name      "dry-run" for --dry-run; values are kept under it with "_" for "-"
--   short     one letter, optional
--   value     name of its value in help; without it the option is a flag
--   list      true: may be given several times, the value is a list
--   take      function(text) -> value, or nil and what it must be; without it the text is kept
--   default   the value when it is not given
--   kind      what completion offers for the value: "file", "lua", "folder", "profile", ..., or choices: "plain|json"
--   doc       one sentence
-- `elsewhere`: for an option that is not known, where others go. Raises an error with exit status 2.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"

local M = {}

-- Raises an error of usage.
function M.fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, outcome = "none", exit = 2 }, 0)
end

local function key_of(option)
  return (option.name:gsub("%-", "_"))
end

local function find(spec, name, elsewhere)
  local names = {}
  for _, option in ipairs(spec) do
    if option.name == name or option.short == name then
      return option
    end
    names[#names + 1] = option.name
  end
  names[#names + 1] = "help"
  local nearest = #name > 1 and catalogue.nearest(name, names)
  return M.fail(("unknown option %s%s"):format(#name > 1 and "--" or "-", name),
    nearest and ("Did you mean --%s?"):format(nearest)
      or elsewhere or "Options of beadle itself, such as --profile, go before the command.")
end

local function keep(values, option, text)
  local value = text
  if option.take then
    local must
    value, must = option.take(text)
    if value == nil then
      M.fail(("--%s must be %s, not \"%s\""):format(option.name, must, text))
    end
  end
  local key = key_of(option)
  if option.list then
    values[key] = values[key] or {}
    table.insert(values[key], value)
  else
    values[key] = value
  end
end

local function split(word)
  local name, text = word:match "^%-%-([^=]+)=(.*)$"
  if name then
    return name, text
  end
  return word:match "^%-%-(.+)$" or word:match "^%-(.)$"
end

function M.parse(spec, arguments, elsewhere)
  local values, operands, only_operands = {}, {}, false
  local index = 1
  while index <= #arguments do
    local word = arguments[index]
    local name, text = nil, nil
    if not only_operands and word ~= "-" and word:sub(1, 1) == "-" then
      name, text = split(word)
    end
    if word == "--" and not only_operands then
      only_operands = true
    elseif name == "help" or name == "h" then
      values.help = true
    elseif name then
      local option = find(spec, name, elsewhere)
      if not option.value and text then
        M.fail(("--%s takes no value"):format(option.name))
      elseif not option.value then
        values[key_of(option)] = true
      else
        if not text then
          index = index + 1
          text = arguments[index] or M.fail(("--%s needs %s"):format(option.name, option.value))
        end
        keep(values, option, text)
      end
    else
      operands[#operands + 1] = word
    end
    index = index + 1
  end
  for _, option in ipairs(spec) do
    local key = key_of(option)
    if values[key] == nil then
      values[key] = option.default
    end
  end
  return values, operands
end

-- The options, aligned, one a line.
function M.describe(spec)
  local rows, width = {}, 0
  for _, option in ipairs(spec) do
    local left = ("--%s%s"):format(option.name, option.value and " " .. option.value or "")
    if option.short then
      left = ("-%s, %s"):format(option.short, left)
    end
    rows[#rows + 1] = { left, option.doc or "" }
  end
  rows[#rows + 1] = { "--help", "print this" }
  for _, row in ipairs(rows) do
    width = math.max(width, #row[1])
  end
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = ("  %-" .. width .. "s  %s"):format(row[1], row[2])
  end
  return table.concat(lines, "\n")
end

return M
