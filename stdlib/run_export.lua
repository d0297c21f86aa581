-- SPDX-License-Identifier: MIT
-- beadle.run_export: a run as CSV or JSON, written piece by piece, so that large ones take no memory.
--
--   write(journal, id, { format = "csv"|"json", what = "rows"|"effects", put = function(text) })
--   to_file(path, fn)     fn(put) writes the file, which only its owner may read; it is there as a whole or not at all
-- write_damaged(journal, options): the same of beadle.run_salvage's, as CSV, with a column that says what is altered.
-- Times are UTC. Secrets are not in it.

local csv_writer = require "beadle.csv_writer"
local fs = require "beadle.fs"
local json = require "beadle.json"
local reader = require "beadle.run_reader"

local M = {}

local BLOCK = 200 -- rows that are put at once

-- ---------------------------------------------------------------------------------------------------
-- CSV

local ROW = { "key", "line", "state", "began", "ended", "wakes_at", "error_kind", "error_code", "error_meaning",
  "error_message" }
local EFFECT = { "row", "operation", "key", "occurrence", "state", "sent", "ended", "seconds", "attempts", "parameters",
  "answer", "error_kind", "error_code", "error_message" }

local function add_names(names, value)
  if type(value) == "table" and not json.is_array(value) and #value == 0 then
    for name in pairs(value) do
      names[name] = true
    end
  end
end

local function sorted(names)
  local list = {}
  for name in pairs(names) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

-- The names of all cells and results, which differ from row to row.
local function row_columns(rows)
  local cells, results, columns = {}, {}, table.move(ROW, 1, #ROW, 1, {})
  for row in rows do
    add_names(cells, reader.clean(row.cells))
    add_names(results, reader.clean(row.result))
  end
  for _, name in ipairs(sorted(cells)) do
    columns[#columns + 1] = "cell." .. name
  end
  for _, name in ipairs(sorted(results)) do
    columns[#columns + 1] = "result." .. name
  end
  return columns
end

local function add_error(values, text, meaning)
  local err = reader.clean(text)
  if type(err) == "table" then
    values.error_kind, values.error_code, values.error_message = err.kind, err.code, err.message
    values.error_meaning = meaning and err.meaning or nil
  else
    values.error_message = err
  end
end

local function add_fields(values, prefix, fields)
  if type(fields) == "table" and not json.is_array(fields) and #fields == 0 then
    for name, value in pairs(fields) do
      values[prefix .. name] = value
    end
  end
end

local function row_cells(row)
  local values = { key = row.key, line = row.line, state = row.state, began = reader.when(row.began),
    ended = reader.when(row.ended), wakes_at = reader.when(row.wake_at) }
  add_error(values, row.error, true)
  add_fields(values, "cell.", reader.clean(row.cells))
  add_fields(values, "result.", reader.clean(row.result))
  return values
end

local function as_text(text)
  local value = reader.clean(text)
  return value ~= nil and (type(value) == "string" and value or json.encode(value)) or nil
end

local function effect_cells(effect)
  local values = { row = effect.row, operation = effect.operation, key = as_text(effect.key),
    occurrence = effect.occurrence, state = effect.state, sent = reader.when(effect.sent_at),
    ended = reader.when(effect.ended_at), attempts = effect.attempts, parameters = as_text(effect.params),
    answer = as_text(effect.answer),
    seconds = effect.ended_at and ("%.3f"):format(math.max(0, effect.ended_at - effect.sent_at)) or nil }
  add_error(values, effect.error)
  return values
end

local function put_block(writer, put)
  put(writer:text())
  writer.lines = {}
end

local function write_records(columns, records, cells, put)
  local writer = csv_writer.new(columns)
  for record in records do
    writer:add(cells(record))
    if writer.rows % BLOCK == 0 then
      put_block(writer, put)
    end
  end
  put_block(writer, put)
  return writer.rows, writer.formulas
end

local function write_csv(journal, options)
  if options.what == "rows" then
    return write_records(row_columns(reader.each_row(journal)), reader.each_row(journal), row_cells, options.put)
  end
  return write_records(EFFECT, reader.each_effect(journal), effect_cells, options.put)
end

-- Of what is altered, anything may stand where something else was expected.
local function marked(cells)
  return function(record)
    local ok, values = pcall(cells, record)
    if not ok then
      values = { row = record.row, key = record.key, state = record.state }
    end
    values.damage = record.altered and "altered" or nil
    return values
  end
end

local function with_damage(columns)
  return table.move(columns, 1, #columns, 2, { "damage" })
end

function M.write_damaged(journal, options)
  if options.what == "rows" then
    local columns = with_damage(row_columns(journal:each "row"))
    return write_records(columns, journal:each "row", marked(row_cells), options.put)
  end
  return write_records(with_damage(EFFECT), journal:each "effect", marked(effect_cells), options.put)
end

-- ---------------------------------------------------------------------------------------------------
-- JSON

-- effect_value(effect), row_value(row): as `beadle runs show --json` has them too.
function M.effect_value(effect)
  return { operation = effect.operation, key = reader.clean(effect.key), occurrence = effect.occurrence,
    state = effect.state, sent_at = reader.when(effect.sent_at), attempts = effect.attempts,
    ended_at = effect.ended_at and reader.when(effect.ended_at) or nil, params = reader.clean(effect.params),
    answer = reader.clean(effect.answer), error = reader.clean(effect.error) }
end

function M.row_value(journal, row)
  local list = json.array {}
  for _, effect in ipairs(reader.effects_of(journal, row.key)) do
    list[#list + 1] = M.effect_value(effect)
  end
  return { key = row.key, line = row.line, state = row.state, began = reader.when(row.began),
    ended = row.ended and reader.when(row.ended) or nil, wake_at = row.wake_at and reader.when(row.wake_at) or nil,
    cells = reader.clean(row.cells), result = reader.clean(row.result), error = reader.clean(row.error),
    effects = list }
end

function M.run_value(id, journal)
  local meta, counts = journal:meta(), journal:counts()
  local known = 0
  for _, count in pairs(counts.rows) do
    known = known + count
  end
  return { id = id, state = reader.state_of(meta), script = meta.script, profile = meta.profile,
    command = meta.command and reader.clean(json.encode(meta.command)) or nil, folder = meta.folder,
    started = reader.when(meta.started), ended = meta.ended and reader.when(meta.ended) or nil, rows = counts.rows,
    effects = counts.effects, forgotten = meta.forgotten, total = meta.total,
    not_begun = math.max(0, (meta.total or 0) - known) }
end

local function write_json(journal, id, options)
  local count = 0
  options.put(('{"run":%s,\n"%s":['):format(json.encode(M.run_value(id, journal)), options.what))
  if options.what == "rows" then
    for row in reader.each_row(journal) do
      options.put((count > 0 and ",\n" or "\n") .. json.encode(M.row_value(journal, row)))
      count = count + 1
    end
  else
    for effect in reader.each_effect(journal) do
      local value = M.effect_value(effect)
      value.row = effect.row
      options.put((count > 0 and ",\n" or "\n") .. json.encode(value))
      count = count + 1
    end
  end
  options.put "\n]}\n"
  return count, 0
end

-- -> how many there were, and how many cells a spreadsheet would calculate
function M.write(journal, id, options)
  if options.format == "json" then
    return write_json(journal, id, options)
  end
  return write_csv(journal, options)
end

-- ---------------------------------------------------------------------------------------------------
-- Files

function M.to_file(path, fn)
  local part = path .. ".part"
  os.remove(part)
  fs.write(part, "") -- for its owner only
  local file <close> = assert(io.open(part, "ab"))
  local results = table.pack(pcall(fn, function(text)
    assert(file:write(text))
  end))
  local closed, why = file:close()
  if not results[1] or not closed then
    os.remove(part)
    error(results[1] and why or results[2], 0)
  end
  assert(os.rename(part, path))
  return table.unpack(results, 2, results.n)
end

return M
