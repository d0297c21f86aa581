-- SPDX-License-Identifier: MIT
-- beadle.recipe: an errand declared once, run for one person or for every row of a file.
--
--   local recipe = require "beadle.recipe"
--   return recipe {
--     name = "greet-candidate",
--     summary = "Looks up a candidate's link",
--     params = {
--       "isograd.login_as_candidate.ema",                     type, sentence and check from the catalogue
--       { from = "isograd.add_test.tst_frm_id", required = false, doc = "..." },
--       { name = "tone", choices = { "warm", "formal" }, default = "warm", doc = "how to say it" },
--     },
--     columns = { "ema", "link" },
--     row = function(row, context)
--       return { ema = row.ema, link = isograd.login_as_candidate { ema = row.ema }.location }
--     end,
--   }
--
-- `beadle run FILE --help` says how it is used: `--ema ada@example.org`, or `--rows people.csv` with a column
-- for each parameter; what is the same for all rows may be an option beside --rows. A parameter that is both
-- a column and an option is refused. Before the first row runs, all of the file is checked and every problem
-- named. One row's failure does not stop the others.
--
-- Fields: name, summary, doc, params, columns (of the results, in order), row, and
--   finish(results, context)   once, after the rows: a list of {line, row, result}; the text it gives is shown, and
--                              a second value is the exit status when no row failed
--   shown                      columns of the table on the terminal, where all would be too many
--   show(result, row, context) a text shown under the result of a single run
--   unique                     {"ema"} or {{"ema"}, {"pla_tst_id"}}: no two rows may have the same
--   one_at_a_time              "ema": rows with the same value never run at the same time
--   pending(result)            whether the errand is not finished although nothing failed: it is counted on its own,
--                              kept by --failed, and the exit status is 1
--   ignores                    columns that may be in the file without being parameters
--   irreversible               "deletes %d candidate(s) for good": asks first, or wants --yes
--   concurrency                rows at once, 8 unless said; --concurrency decides
--   rows(params, context)      the rows, where they come from somewhere else than a file: a list, or an iterator, of
--                              tables. All are asked for before the first one runs. There is no --rows then, and
--                              `row` gets a row with the parameters beside it
--   fields                     what each of these rows may have, in order; the first that it has names the row
-- A parameter: name, type (string, integer, number, flag, email, date, duration), doc, required, default,
-- choices, secret; or from = "vendor.operation.parameter", where name, doc, required and default may differ.
--
-- `row` returns a table by the names in columns, or raises an error value (beadle.error): this row failed, the
-- others go on. An error of Lua itself is a mistake of the recipe, which each row would meet, and ends the run. Do
-- last what cannot be repeated: a row that failed is run again from its begin. A run over rows is durable
-- (stdlib/recipe_errand.lua): when it was stopped and goes on, what a row has sent is not sent again. The context has
-- is_sandbox, profile, is_single, line, and
--   sleep(duration)            lets other rows run meanwhile, and ends with the run
--   aside(fn, ...)             fn(...), which waits for something else than a vendor, in the same way: its results
--   did(text)                  notes what is done already, for the report should the row fail later
--   remember(fn, ...)          fn(...), whose value the row decides by and a durable run keeps: reads are asked again
--                              after a stop, and an answer that the row itself changes would be another then
--   keep(value)                all that the row has called is done and known: should the row fail from here on, it is
--                              in no doubt. Parameters in the value, a table, are put into the row's line of --failed,
--                              so that it can be begun anew with them
--
-- `beadle batch` (stdlib/batch.lua) runs the same recipes over many rows.
--
-- Other drivers use recipe.spec, recipe.params, recipe:check_row(texts) -> row, or nil and a list of problems
-- {name, message}, and recipe:run_row(row, context) -> result.

local async = require "beadle.async"
local config = require "beadle.config"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local main = require "beadle.recipe_main"
local memory = require "beadle.durable_memory"
local params_of = require "beadle.recipe_params"
local source_of = require "beadle.recipe_source"
local usage = require "beadle.recipe_usage"

local Recipe = {}
Recipe.__index = Recipe

local FIELDS = { "name", "summary", "doc", "params", "columns", "shown", "row", "finish", "show", "unique",
  "one_at_a_time", "pending", "ignores", "irreversible", "concurrency", "rows", "fields" }

local function fail(message)
  error(error_value.new { kind = "argument", message = message, outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Declaring

local function check_known_params(recipe, names, what)
  for _, name in ipairs(names) do
    if not recipe.params[name] then
      fail(("recipe %s: %s names \"%s\", which is no parameter"):format(recipe.name, what, tostring(name)))
    end
  end
end

local function new(spec)
  params_of.check_names(spec, FIELDS, "a recipe")
  if type(spec.name) ~= "string" or type(spec.summary) ~= "string" then
    fail "a recipe needs a name and a summary"
  elseif type(spec.row) ~= "function" or type(spec.params) ~= "table" or type(spec.columns) ~= "table" then
    fail(("recipe %s needs params, columns and a function row"):format(spec.name))
  end
  source_of.check(spec)
  local unique = spec.unique or {}
  if type(unique[1]) == "string" then
    unique = { unique }
  end
  local recipe = setmetatable({ spec = spec, name = spec.name, row = spec.row, columns = spec.columns,
    params = params_of.declare(spec.params, spec.name), unique = unique, one_at_a_time = spec.one_at_a_time,
    ignores = spec.ignores or {}, row_name = spec.rows and spec.fields[1] or "line" }, Recipe)
  for _, names in ipairs(unique) do
    check_known_params(recipe, names, "unique")
  end
  if not spec.rows then
    check_known_params(recipe, { spec.one_at_a_time }, "one_at_a_time")
  end
  usage.check_names(recipe)
  return recipe
end

function Recipe:check_row(texts)
  return params_of.check(self.params, texts)
end

local function unique_key(self, row)
  local key = self.unique[1] and params_of.key(self.params, self.unique[1], row)
  return key and key:gsub("%c", ", ")
end

-- row_key(record) -> text by which a durable run knows a row again: what must be unique in it, else its line. Rows that
-- the recipe finds itself have their own (stdlib/recipe_source.lua).
function Recipe:row_key(record)
  if self.spec.rows then
    return (record.entry or record).key
  end
  return unique_key(self, record.row) or ("line %d"):format(record.line)
end

-- knows_by_line(source) -> whether there is a row of the file that is known by its line.
function Recipe:knows_by_line(source)
  if self.spec.rows then
    return false
  end
  local found = false
  for entry in source:entries() do
    found = found or entry.row ~= nil and unique_key(self, entry.row) == nil
  end
  source:rewind()
  return found
end

-- check_same_rows(run, source [, print]): rows that a durable run knows again by their lines must be those of before.
-- `print` is the fingerprint of the file, where it is known.
function Recipe:check_same_rows(run, source, print)
  if not self.spec.rows and not run:same("rows", print or source.reader:fingerprint())
      and self:knows_by_line(source) then
    error(error_value.new { kind = "argument", outcome = "none", exit = 2,
      message = ("%s was changed since the run %s began: its lines are no longer those of that run"):format(
        source.name, run.id),
      hint = "A recipe that says what is unique in its rows may go on with a corrected file." }, 0)
  end
end

-- cells_text(record) -> the row as it may be kept.
function Recipe:cells_text(record)
  local cells = {}
  for name, value in pairs(record.cells or {}) do
    local param = self.params[name]
    cells[name] = not (param and param.secret) and value or nil
  end
  return effects.encode(cells)
end

function Recipe:is_pending(result)
  return self.spec.pending ~= nil and self.spec.pending(result) and true or false
end

local function nothing() end

function Recipe:run_row(row, context)
  local base = { is_sandbox = config.is_sandbox(), profile = config.profile(), sleep = async.sleep, did = nothing,
    keep = nothing, aside = function(fn, ...) return fn(...) end, remember = memory.remember }
  for name, value in pairs(context or {}) do
    base[name] = value
  end
  return self.row(row, base) or {}
end

-- ---------------------------------------------------------------------------------------------------
-- Running

-- run(arguments [, console]) -> exit status. `console` may replace where text goes: out(text), err(text),
-- ask(question) -> answer, interactive, progress(text).
function Recipe:run(arguments, console)
  return main.run(self, arguments, console or {})
end

function Recipe:__main(...)
  return main.run(self, { ... }, {}, true)
end

return setmetatable({ new = new }, { __call = function(_, spec) return new(spec) end })
