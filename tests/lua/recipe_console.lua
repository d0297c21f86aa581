-- SPDX-License-Identifier: MIT
-- For tests of recipes: runs one in this process and keeps what it says; a sample recipe; temporary files.

local csv = require "beadle.csv"
local fs = require "beadle.fs"
local recipe = require "beadle.recipe"

local M = { seen = {} }

local files = {}

-- path(ending) -> the name of a file that does not exist; M.clean removes it.
function M.path(ending)
  local name = os.tmpname()
  os.remove(name)
  files[#files + 1] = name .. (ending or "")
  return files[#files]
end

-- file(text, ending) -> the name of a file with that text.
function M.file(text, ending)
  local path = M.path(ending or ".csv")
  fs.write(path, text)
  return path
end

function M.clean()
  M.seen = {}
  for _, path in ipairs(files) do
    os.remove(path)
  end
  files = {}
end

-- rows_file(count) -> a file of so many people.
function M.rows_file(count)
  local lines = { "ema" }
  for index = 1, count do
    lines[index + 1] = ("p%d@example.org"):format(index)
  end
  return M.file(table.concat(lines, "\n") .. "\n")
end

-- read_csv(path) -> rows, reader
function M.read_csv(path)
  local rows, reader = {}, csv.open(path)
  for row in reader:rows() do
    rows[#rows + 1] = row
  end
  reader:close()
  return rows, reader
end

-- sample([change]) -> a recipe that notes its rows in M.seen. Fields of `change` replace its own.
function M.sample(change)
  local spec = {
    name = "sample", summary = "Notes rows",
    params = {
      "isograd.create_candidate.ema",
      { from = "isograd.create_candidate.gen_id", required = false },
      { name = "count", type = "integer", default = 1, doc = "how many" },
    },
    columns = { "ema", "count" },
    row = function(row)
      M.seen[#M.seen + 1] = row
      return { ema = row.ema, count = row.count }
    end,
  }
  for name, value in pairs(change or {}) do
    spec[name] = value
  end
  return recipe(spec)
end

-- run(object, arguments [, console]) -> {status, out, err, error}: `error` when it raised one.
function M.run(object, arguments, console)
  local out, err, drawn = {}, {}, {}
  console = console or {}
  console.out = function(text) out[#out + 1] = text .. "\n" end
  console.err = function(text) err[#err + 1] = text .. "\n" end
  console.progress = function(text) drawn[#drawn + 1] = text end
  console.interactive = console.ask ~= nil
  local ok, result = pcall(object.run, object, arguments, console)
  return { status = ok and result or nil, error = not ok and result or nil, out = table.concat(out),
    err = table.concat(err), drawn = table.concat(drawn) }
end

return M
