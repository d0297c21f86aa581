-- SPDX-License-Identifier: MIT
-- The rows of a recipe that finds them itself, with its function `rows`, instead of reading a file. It looks as a
-- file does (stdlib/recipe_input.lua) to stdlib/recipe.lua, which says how such a recipe is written.

local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"

local M = {}

local Source = {}
Source.__index = Source

local function fail(recipe, message)
  error(error_value.new { kind = "argument", outcome = "none",
    message = ("recipe %s: %s"):format(recipe.name, message) }, 0)
end

local function each(rows)
  if type(rows) == "function" then
    return rows
  end
  local index = 0
  return function()
    index = index + 1
    return rows[index]
  end
end

-- What the recipe's `row` gets: the row with the parameters of the run beside it. A field that a row lacks is not
-- filled by a parameter of the same name.
local function with_params(self, row)
  local whole = {}
  for name, value in pairs(self.params) do
    whole[name] = value
  end
  for name in pairs(self.known) do
    whole[name] = row[name]
  end
  return whole
end

-- What names a row: its first field, or the next one that it has, or its place.
local function name_of(self, row)
  for _, field in ipairs(self.reader.columns) do
    if row[field] ~= nil then
      return row[field]
    end
  end
  return "#" .. self.count
end

local function add(self, row)
  if type(row) ~= "table" then
    fail(self.recipe, "rows must give tables, one for each row")
  end
  for name in pairs(row) do
    if not self.known[name] then
      fail(self.recipe, ("a row has \"%s\", which is not in fields"):format(tostring(name)))
    end
  end
  self.count = self.count + 1
  self.list[self.count] = { index = self.count, line = name_of(self, row), cells = row, row = with_params(self, row) }
end

-- By what a run that goes on knows a row again: its name, and all of it where several have that name, or none.
local function add_keys(self)
  local named, seen = {}, {}
  for _, entry in ipairs(self.list) do
    named[tostring(entry.line)] = (named[tostring(entry.line)] or 0) + 1
  end
  for _, entry in ipairs(self.list) do
    local name = tostring(entry.line)
    local is_alone = named[name] == 1 and not name:find "^#" and name ~= ""
    local key = is_alone and name or ("%s %s"):format(name:gsub("^#.*", ""), effects.encode(entry.cells))
    seen[key] = (seen[key] or 0) + 1
    entry.key = (seen[key] > 1 and ("%s, number %d"):format(key, seen[key]) or key):gsub("%c", " ")
  end
end

-- Asks for all rows before the first one runs, so that nothing is done when one of them cannot be had.
function Source:check()
  for row in each(self.recipe.spec.rows(self.params, self.context)) do
    add(self, row)
  end
  add_keys(self)
  return true
end

-- entries() -> iterator of {index, line, cells, row, key}, as of a file; `line` is what names the row.
function Source:entries()
  return each(self.list)
end

function Source.rewind() end

function Source:describe()
  return ("%d row%s."):format(self.count, self.count == 1 and "" or "s")
end

-- open(recipe, params, context) -> source: `params` are the values of the options.
function M.open(recipe, params, context)
  local fields = recipe.spec.fields
  local self = setmetatable({ recipe = recipe, params = params, context = context, name = recipe.name,
    list = {}, known = {}, count = 0, problems = {}, problem_count = 0,
    reader = { columns = fields, encoding = "UTF-8" } }, Source)
  for _, name in ipairs(fields) do
    self.known[name] = true
  end
  return self
end

-- check(spec): raises unless what a recipe says of its own rows fits together.
function M.check(spec)
  if not spec.rows then
    if spec.fields then
      fail(spec, "fields are of a recipe with a function rows")
    end
    return
  elseif type(spec.rows) ~= "function" or type(spec.fields) ~= "table" or not spec.fields[1] then
    fail(spec, "rows is a function, and fields the list of what each of its rows has")
  elseif spec.unique or spec.ignores then
    fail(spec, "unique and ignores are about files; rows gives what is to be done")
  end
  local alone = spec.one_at_a_time
  for _, name in ipairs(spec.fields) do
    alone = alone ~= name and alone or nil
  end
  if alone then
    fail(spec, ("one_at_a_time names \"%s\", which is not in fields"):format(tostring(alone)))
  end
end

return M
