-- SPDX-License-Identifier: MIT
-- What a recipe's run leaves behind: its results on the terminal, JSON, result files, and a file of the rows that
-- were not done. For stdlib/recipe.lua.

local csv = require "beadle.csv"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local input = require "beadle.recipe_input"
local json = require "beadle.json"
local pretty = require "beadle.pretty"
local summary = require "beadle.recipe_summary"

local M = {}

-- In --failed, behind the row's own columns.
local ERROR_COLUMNS = { "error.line", "error.kind", "error.code", "error.message", "error.outcome",
  "error.done_before", input.IN_DOUBT }

-- ---------------------------------------------------------------------------------------------------
-- Results as people read them

local function cell(value)
  if value == true or value == false then
    return value and "yes" or "no"
  elseif type(value) == "number" then
    return value
  end
  return csv.text_of(value)
end

-- lines(result, columns) -> text: one value a line.
function M.lines(result, columns)
  local width, lines = 0, {}
  for _, name in ipairs(columns) do
    width = math.max(width, #name)
  end
  for _, name in ipairs(columns) do
    local text = tostring(cell(result[name]))
    if text ~= "" then
      lines[#lines + 1] = ("%-" .. width .. "s  %s"):format(name, text)
    end
  end
  return table.concat(lines, "\n")
end

-- results_table(records, columns, most, row_name) -> text, or nil: the rows that were done, no wider than `most`
-- columns.
function M.results_table(records, columns, most, row_name)
  local headings, rows = { row_name }, {}
  for index, name in ipairs(columns) do
    headings[index + 1] = name
  end
  for _, record in ipairs(records) do
    if record.state == "done" then
      local row = { record.line }
      for index, name in ipairs(columns) do
        local value = record.result[name]
        row[index + 1] = value ~= nil and cell(value) or nil -- a column of numbers stays one
      end
      rows[#rows + 1] = row
    end
  end
  return #rows > 0 and pretty.table(headings, rows, most) or nil
end

-- ---------------------------------------------------------------------------------------------------
-- JSON

-- error_object(record) -> what is kept of the error of a row that failed.
function M.error_object(record)
  local err = record.error
  return { kind = err.kind, code = err.code, message = err.message, meaning = err.meaning, hint = err.hint,
    operation = err.operation, status = err.status, outcome = err.outcome,
    in_doubt = record.in_doubt or false, done_before = json.array(record.before or {}) }
end

-- document(recipe, records, counts, context) -> text
function M.document(recipe, records, counts, context)
  local rows = json.array {}
  for index, record in ipairs(records) do
    rows[index] = { [recipe.row_name] = record.line, state = record.state, pending = record.pending or nil,
      result = record.result and pretty.printable(record.result) or nil,
      error = record.error and M.error_object(record) or nil }
  end
  local document = { version = 1, recipe = recipe.name, profile = context.profile, sandbox = context.is_sandbox,
    counts = counts, rows = rows }
  local order = { "version", "recipe", "profile", "sandbox", "counts", "rows", recipe.row_name, "state", "pending",
    "total", "done", "failed", "not_begun" }
  table.move(recipe.columns, 1, #recipe.columns, #order + 1, order)
  return pretty.json(document, order)
end

-- ---------------------------------------------------------------------------------------------------
-- Files

-- As the file that was read is written: an Excel that made it reads the answer.
local function writer_options(reader)
  if not reader then
    return {}
  end
  return { delimiter = reader.delimiter, line_ending = reader.line_ending == "\n" and "\n" or "\r\n",
    bom = reader.bom or reader.encoding ~= "UTF-8" }
end

-- Writes the file; gives the sentence that says so.
local function write_csv(path, writer)
  fs.write(path, writer:text())
  local note = ("%s: %d row%s written."):format(path, writer.rows, writer.rows == 1 and "" or "s")
  if writer.formulas > 0 then
    note = note .. (" Cells that begin with =, +, - or @: %d. A spreadsheet would calculate them: import as text.")
      :format(writer.formulas)
  end
  return note
end

local function has_results(records)
  for _, record in ipairs(records) do
    if record.state == "done" then
      return true
    end
  end
  return false
end

-- results_file(path, document, records, columns, reader) -> note. The path's end says the format. Without a result,
-- nothing is written: the file would only be in the way of the next run.
function M.results_file(path, document, records, columns, reader)
  if not has_results(records) and not fs.exists(path) then
    return path .. ": not written, for no row was done."
  end
  if path:find "%.json$" then
    fs.write(path, document .. "\n")
    return path .. ": written."
  end
  local writer = csv.writer(columns, writer_options(reader))
  for _, record in ipairs(records) do
    if record.state == "done" then
      local row = {}
      for _, name in ipairs(columns) do
        row[name] = record.result[name]
      end
      writer:add(row)
    end
  end
  return write_csv(path, writer)
end

local function own_columns(reader)
  local columns = {}
  for _, name in ipairs(reader.columns) do
    if not name:find(input.ERROR_COLUMN) then
      columns[#columns + 1] = name
    end
  end
  return columns
end

-- Parameters that rows have kept and that are no columns of the file.
local function kept_columns(records, columns, params)
  local list, has = {}, {}
  for _, name in ipairs(columns) do
    has[name] = true
  end
  for _, name in ipairs(params) do
    for _, record in ipairs(records) do
      if not has[name] and (record.kept or {})[name] ~= nil then
        has[name], list[#list + 1] = true, name
      end
    end
  end
  return list
end

local function add_failed(writer, columns, record, params)
  local row, err = {}, record.error
  for _, name in ipairs(columns) do
    row[name] = record.cells[name]
  end
  for _, name in ipairs(params or {}) do
    row[name] = (record.kept or {})[name] or row[name]
  end
  row["error.line"] = record.line
  row["error.kind"] = err and err.kind or record.pending and "pending" or "not_run"
  row["error.code"] = err and err.code
  row["error.message"] = err and summary.meaning(err) or record.pending and "not finished" or "not begun"
  row["error.outcome"] = err and err.outcome
  row["error.done_before"] = table.concat(record.before or {}, "; ")
  row[input.IN_DOUBT] = record.in_doubt and "yes" or nil
  writer:add(row)
end

-- failed_file(path, records, rest, reader, params) -> note. Writes the rows that were not done, and the entries of
-- `rest`, which never began, with their own columns and values, and with what they kept of the recipe's parameters,
-- whose names are `params`: the file is input for the same recipe.
function M.failed_file(path, records, rest, reader, params)
  local columns = own_columns(reader)
  local kept = kept_columns(records, columns, params)
  table.move(kept, 1, #kept, #columns + 1, columns)
  local all = table.move(columns, 1, #columns, 1, {})
  table.move(ERROR_COLUMNS, 1, #ERROR_COLUMNS, #all + 1, all)
  local writer = csv.writer(all, writer_options(reader))
  for _, record in ipairs(records) do
    if record.state ~= "done" or record.pending then
      add_failed(writer, columns, record, params)
    end
  end
  for _, entry in ipairs(rest) do
    add_failed(writer, columns, entry)
  end
  return write_csv(path, writer)
end

-- check_writable(path, overwrite): raises unless a file can be written there.
function M.check_writable(path, overwrite)
  local existed = fs.exists(path)
  if existed and not overwrite then
    error(error_value.new { kind = "argument", outcome = "none", exit = 2,
      message = path .. " exists already", hint = "Choose another name, or give --overwrite." }, 0)
  end
  local file, why = io.open(path, "a")
  if not file then
    error(error_value.new { kind = "io", outcome = "none", exit = 2,
      message = "the file cannot be written: " .. why }, 0)
  end
  file:close()
  if not existed then
    os.remove(path)
  end
end

return M
