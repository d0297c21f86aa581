-- SPDX-License-Identifier: MIT
-- beadle.run_files: the files that beadle made of a run, which the run knows (meta "files"), so that a person who is to
-- be forgotten can be taken out of them. Each is { kind =, path = }, kind "report", "export" (with format and what), or
-- "end": done.csv, failed.csv and in-doubt.csv of a batch, with `print`, the fingerprint of what beadle wrote, and the
-- delimiter.
--
--   print_of(path) -> text                  what another content would hardly have; of a CSV file; "" of none
--   merge(files, more) -> list              those of `more` in the place of those with the same path
--   traces(rows) -> { lines =, results = }  by which rows of the journal are found again in such files
--   find(file, person, traces) -> how many rows of an end file are about the person, and whether somebody changed it
--   without(file, person, traces) -> rows   writes it anew without them, in one step
--   leftovers(file) -> paths that a program which was killed may have left beside it

local csv = require "beadle.csv"
local effects = require "beadle.durable_effect"
local fs = require "beadle.fs"

local M = {}

local LINE = "error.line"

function M.print_of(path)
  local ok, text = pcall(function()
    local reader <close> = csv.open(path, { delimiter = "," }) -- of the bytes, whatever the delimiter is
    return reader:fingerprint()
  end)
  return ok and text or ""
end

-- As beadle wrote it; one that somebody changed may be written otherwise.
local function open(file)
  if M.print_of(file.path) ~= file.print then
    return csv.open(file.path), true
  end
  return csv.open(file.path, { delimiter = file.delimiter, encoding = "UTF-8" }), false
end

function M.merge(files, more)
  local list, is_new = {}, {}
  for _, file in ipairs(more) do
    is_new[file.path] = true
  end
  for _, file in ipairs(files or {}) do
    list[#list + 1] = not is_new[file.path] and file or nil
  end
  return table.move(more, 1, #more, #list + 1, list)
end

function M.leftovers(file)
  return { file.path .. ".new", file.path .. ".part" }
end

-- ---------------------------------------------------------------------------------------------------
-- Which rows are about a person

function M.traces(rows)
  local traces = { lines = {}, results = {} }
  for _, row in ipairs(rows) do
    if row.state ~= "done" and row.line then
      traces.lines[tostring(row.line)] = true
    elseif row.result then
      table.insert(traces.results, effects.decode(row.result))
    end
  end
  return traces
end

-- done.csv has no line: its rows are the results of the journal.
local function is_result(result, cells, columns)
  for _, name in ipairs(columns) do
    if cells[name] ~= csv.text_of(result[name]) then
      return false
    end
  end
  return true
end

local function is_about(cells, columns, person, traces)
  for _, name in ipairs(columns) do
    if name ~= LINE and person.has(cells[name]) then
      return true
    end
  end
  if cells[LINE] then
    return traces.lines[cells[LINE]] or false
  end
  for _, result in ipairs(traces.results) do
    if type(result) == "table" and is_result(result, cells, columns) then
      return true
    end
  end
  return false
end

function M.find(file, person, traces)
  local reader <close>, is_changed = open(file)
  local count = 0
  for cells in reader:rows(function() end) do
    count = count + (is_about(cells, reader.columns, person, traces) and 1 or 0)
  end
  return count, is_changed
end

-- ---------------------------------------------------------------------------------------------------
-- Writing

local BLOCK = 500

local function flush(file, writer)
  assert(file:write(writer:take()))
end

function M.without(file, person, traces)
  local path, removed = file.path .. ".new", 0
  do
    local reader <close> = open(file)
    local writer = csv.writer(reader.columns, { delimiter = reader.delimiter, bom = reader.bom,
      line_ending = reader.line_ending == "\n" and "\n" or "\r\n" })
    os.remove(path)
    fs.write(path, "") -- for its owner only
    local out <close> = assert(io.open(path, "ab"))
    for cells in reader:rows() do
      if is_about(cells, reader.columns, person, traces) then
        removed = removed + 1
      else
        writer:add(cells)
      end
      if writer.rows % BLOCK == 0 then
        flush(out, writer)
      end
    end
    flush(out, writer)
    assert(out:close())
  end
  assert(os.rename(path, file.path))
  file.print = M.print_of(file.path)
  return removed
end

return M
