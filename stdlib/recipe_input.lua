-- SPDX-License-Identifier: MIT
-- The rows of a recipe, from a CSV file: checked as a whole before the first one runs, then read again one
-- by one, so that memory does not grow with the file. For stdlib/recipe.lua.

local catalogue = require "beadle.catalogue"
local csv = require "beadle.csv"
local error_value = require "beadle.error"
local params_of = require "beadle.recipe_params"

local M = {}

local MOST_PROBLEMS = 1000

-- What recipe_report.lua adds to the rows of --failed. Read back, these columns are no parameters.
M.ERROR_COLUMN = "^error%."
M.IN_DOUBT = "error.in_doubt"

local Input = {}
Input.__index = Input

-- ---------------------------------------------------------------------------------------------------
-- Problems

local function add_problem(self, line, message)
  self.problem_count = self.problem_count + 1
  if self.problem_count <= MOST_PROBLEMS then
    self.problems[self.problem_count] = { line = line, message = message }
  end
end

function Input:format_problem(problem)
  if problem.line then
    return ("%s, line %d: %s"):format(self.name, problem.line, problem.message)
  end
  return ("%s: %s"):format(self.name, problem.message)
end

-- ---------------------------------------------------------------------------------------------------
-- Columns

local function unknown_column(self, name, taken)
  local free = {}
  for _, known in ipairs(params_of.names(self.recipe.params)) do
    if not taken[known] then
      free[#free + 1] = known
    end
  end
  local nearest = catalogue.nearest(name, free)
  add_problem(self, self.header_line, ("the column \"%s\" is not known; %s --ignore %s passes over it"):format(name,
    nearest and ("did you mean %s? Otherwise"):format(nearest) or "",
    name:find "[^%w_.-]" and ("\"%s\""):format(name) or name):gsub("  +", " "))
  return nearest
end

-- Required parameters that neither a column nor an option gives. One that a misspelt column was meant to be is
-- no problem of its own.
local function check_absent(self, taken, meant)
  for _, param in ipairs(self.recipe.params) do
    if param.required and (not taken[param.name] or self.ignored[param.name]) and self.fixed[param.name] == nil then
      self.absent[param.name] = true
      if not meant[param.name] then
        add_problem(self, self.header_line, ("there is no column %s (%s)%s"):format(param.name, param.doc,
          self.columns_only[param.name] and "; as an option --" .. param.name .. " means another thing here"
          or (", and --%s is not given either"):format(param.name)))
      end
    end
  end
end

local function check_columns(self)
  local taken, meant = {}, {}
  for _, name in ipairs(self.reader.columns) do
    taken[name] = true
  end
  for _, name in ipairs(self.reader.columns) do
    if self.recipe.params[name] and not self.ignored[name] then
      self.columns[#self.columns + 1] = name
      if self.fixed[name] ~= nil then
        add_problem(self, self.header_line, ("%s is a column of the file and the option --%s: give it in one place")
          :format(name, name))
      end
    elseif not name:find(M.ERROR_COLUMN) and not self.ignored[name] then
      local nearest = unknown_column(self, name, taken)
      meant[nearest or ""] = true
    end
  end
  check_absent(self, taken, meant)
  for name in pairs(self.wished) do
    if not taken[name] then
      add_problem(self, self.header_line, ("--ignore %s: there is no such column"):format(name))
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Rows

-- A row of which every cell is empty: what spreadsheets leave behind.
local function is_empty(cells)
  for _, text in pairs(cells) do
    if csv.trim(text) ~= "" then
      return false
    end
  end
  return true
end

local function texts_of(self, cells)
  local texts = {}
  for name, text in pairs(self.fixed) do
    texts[name] = text
  end
  for _, name in ipairs(self.columns) do
    texts[name] = cells[name]
  end
  return texts
end

-- The typed row, or nil and its problems.
local function check_cells(self, cells)
  local row, problems = self.recipe:check_row(texts_of(self, cells))
  if cells[M.IN_DOUBT] and csv.trim(cells[M.IN_DOUBT]) ~= "" then
    problems = problems or {}
    problems[#problems + 1] = { message = "an earlier run could not tell whether this row was done: find out, "
      .. "then delete the row, or empty its cell " .. M.IN_DOUBT .. " to have it done again" }
  end
  return not problems and row or nil, problems
end

local function check_unique(self, row, line)
  for index, names in ipairs(self.recipe.unique) do
    local key = params_of.key(self.recipe.params, names, row)
    local first = key and self.seen(index, key, line)
    if first then
      add_problem(self, line, ("the same %s as line %d"):format(table.concat(names, " and "), first))
    end
  end
end

local function check_rows(self)
  local function on_problem(line, message)
    add_problem(self, line, message)
  end
  for cells, line in self.reader:rows(on_problem) do
    if is_empty(cells) then
      self.empty = self.empty + 1
    else
      self.count = self.count + 1
      local row, problems = check_cells(self, cells)
      for _, problem in ipairs(problems or {}) do
        if not (problem.missing and self.absent[problem.name]) then
          add_problem(self, line, problem.message)
        end
      end
      if row then
        check_unique(self, row, line)
      end
    end
  end
end

-- see(index, key, line) -> the line on which the key was before, or nil: remembers keys in memory.
local function memory(count)
  local keys = {}
  for index = 1, count do
    keys[index] = {}
  end
  return function(index, key, line)
    local first = keys[index][key]
    keys[index][key] = first or line
    return first
  end
end

local function begin_check(self)
  self.header_line = self.reader.header_line
  self.problems, self.problem_count, self.count, self.empty = {}, 0, 0, 0
  self.absent, self.columns = {}, {}
  check_columns(self)
end

-- The rows are those of which an earlier check said how many there are, and that there is nothing wrong with them.
function Input:check_again(count, empty)
  begin_check(self)
  self.count, self.empty = count, empty
  return self.problem_count == 0
end

-- Reads the whole file and fills in `problems`; count and empty say how many rows there are. `see` remembers keys
-- elsewhere than in memory.
function Input:check(see)
  begin_check(self)
  self.seen = see or memory(#self.recipe.unique)
  local ok, err = pcall(check_rows, self)
  if not ok then
    if not error_value.is(err, "decode") then
      error(err, 0)
    end
    add_problem(self, err.line, err.detail)
  end
  self.seen = nil
  self.reader:rewind()
  return self.problem_count == 0
end

-- entries([pass]) -> iterator of {index, line, cells, row}. A row that is no longer what was checked has `problem`
-- instead of `row`: somebody changed the file meanwhile. pass(line) may say how many lines from this one on are passed
-- over, of which the last ends a row.
function Input:entries(pass)
  local waiting, first, index = {}, 1, 0
  local next_row = self.reader:rows(function(line, message)
    waiting[#waiting + 1] = { line = line, cells = {}, problem = message }
  end)
  local function read()
    local cells, line
    local lines = pass and pass(self.reader.line + 1)
    if lines then
      self.reader:pass_over(lines)
      index = index + lines
    end
    repeat
      cells, line = next_row()
    until not cells or not is_empty(cells)
    if cells then
      local row, problems = check_cells(self, cells)
      waiting[#waiting + 1] = { line = line, cells = cells, row = row, problem = problems and problems[1].message }
    end
  end
  return function()
    if not waiting[first] then
      waiting, first = {}, 1
      read()
    end
    local entry = waiting[first]
    if entry then
      first, index = first + 1, index + 1
      entry.index = index
    end
    return entry
  end
end

function Input:describe()
  return ("%s: %d row%s, %s.%s"):format(self.name, self.count, self.count == 1 and "" or "s", self.reader:describe(),
    self.empty > 0 and (" Empty rows passed over: %d."):format(self.empty) or "")
end

-- Before the first row again.
function Input:rewind()
  self.reader:rewind()
end

function Input:close()
  self.reader:close()
end

Input.__close = Input.close

-- open(recipe, path, fixed, options) -> input: `fixed` holds the texts of the options that all rows share;
-- options are delimiter, encoding, ignore, a list of columns, and columns_only, a set of parameters that are no
-- options.
function M.open(recipe, path, fixed, options)
  local ok, reader = pcall(csv.open, path, { delimiter = options.delimiter, encoding = options.encoding })
  if not ok then
    reader.exit = 2 -- nothing was done
    error(reader, 0)
  end
  local self = setmetatable({ recipe = recipe, reader = reader, name = reader.name, fixed = fixed,
    ignored = {}, wished = {}, columns_only = options.columns_only or {} }, Input)
  for _, name in ipairs(recipe.ignores) do
    self.ignored[name] = true
  end
  for _, name in ipairs(options.ignore or {}) do
    self.ignored[name], self.wished[name] = true, true
  end
  return self
end

return M
