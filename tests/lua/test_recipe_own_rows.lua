-- SPDX-License-Identifier: MIT
-- beadle.recipe: recipes that find their rows themselves.

local error_value = require "beadle.error"
local fs = require "beadle.fs"
local json = require "beadle.json"
local recipe = require "beadle.recipe"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

-- A recipe over as many rows as --count says. Fields of `change` replace its own.
local function own_rows(change)
  local spec = {
    name = "own-rows", summary = "Notes rows of its own",
    params = { { name = "count", type = "integer", required = true, doc = "how many" },
      { name = "tone", default = "warm", doc = "how to say it" } },
    fields = { "id", "name" },
    rows = function(params)
      local list = {}
      for index = 1, params.count do
        list[index] = { id = 100 + index, name = "N" .. index }
      end
      return list
    end,
    columns = { "id", "name", "tone" },
    row = function(row)
      console.seen[#console.seen + 1] = row
      return { id = row.id, name = row.name, tone = row.tone }
    end,
  }
  for name, value in pairs(change or {}) do
    spec[name] = value
  end
  return recipe(spec)
end

local function failing_second()
  return own_rows { row = function(row)
    if row.id == 102 then
      error(error_value.new { kind = "rejected", message = "no", outcome = "none" }, 0)
    end
    return { id = row.id }
  end }
end

test.before_each(console.clean)
test.after_each(console.clean)

describe("rows of a recipe's own", function()
  it("run as those of a file, with the parameters beside them", function()
    local result = console.run(own_rows(), { "--count", "3", "--tone", "formal" })
    equal(result.status, 0)
    equal(#console.seen, 3)
    equal(console.seen[1].tone, "formal")
    test.contains(result.err, "3 rows.\n")
    test.match(result.out, "103 +103 +N3 +formal")
    test.contains(result.err, "3 done, 0 failed")
  end)

  it("are not filled up by a parameter of the same name", function()
    local object = own_rows { fields = { "id", "tone" }, rows = function() return { { id = 1 } } end }
    console.run(object, { "--count", "1" })
    equal(console.seen[1].tone, nil)
    equal(console.seen[1].count, 1)
  end)

  it("may come from an iterator, and are all asked for before the first runs", function()
    local order = {}
    local object = own_rows {
      rows = function(params)
        local index = 0
        return function()
          index = index + 1
          order[#order + 1] = "asked"
          return index <= params.count and { id = index } or nil
        end
      end,
      row = function() order[#order + 1] = "run" end,
    }
    equal(console.run(object, { "--count", "2" }).status, 0)
    same(order, { "asked", "asked", "asked", "run", "run" })
  end)

  it("get the context of the run", function()
    local seen
    local object = own_rows { rows = function(_, context)
      seen = context
      return {}
    end }
    local result = console.run(object, { "--count", "1" })
    equal(result.status, 0)
    equal(seen.is_sandbox, true)
    test.contains(result.err, "0 rows.")
    test.contains(result.err, "Nothing was done.")
  end)

  it("that cannot be had end the run before anything is done", function()
    local object = own_rows { rows = function()
      error(error_value.new { kind = "not_found", message = "no such list", outcome = "none" }, 0)
    end }
    equal(console.run(object, { "--count", "1" }).error.kind, "not_found")
    equal(#console.seen, 0)
  end)

  it("are named by their first field when they fail", function()
    local result = console.run(failing_second(), { "--count", "4" })
    equal(result.status, 1)
    test.match(result.err, " id +error +code")
    test.match(result.err, "\n102 +rejected")
    test.contains(result.err, "Done: id 101, 103, 104.")
    test.contains(result.err, "Failed: id 102.")
    test.lacks(result.err, "The same file")
  end)

  it("without their first field are named by the next, or by their place", function()
    local object = own_rows {
      rows = function() return { { name = "A" }, {} } end,
      row = function() error(error_value.new { kind = "rejected", message = "no", outcome = "none" }, 0) end,
    }
    local err = console.run(object, { "--count", "1" }).err
    test.match(err, "\nA +rejected")
    test.match(err, "\n#2 +rejected")
  end)

  it("that fail are kept with the reason", function()
    local path = console.path ".csv"
    console.run(failing_second(), { "--count", "3", "--failed", path })
    local rows = console.read_csv(path)
    equal(#rows, 1)
    same({ rows[1].id, rows[1].name, rows[1]["error.kind"] }, { "102", "N2", "rejected" })
  end)

  it("go to result files and JSON, by the same name", function()
    local path = console.path ".json"
    console.run(own_rows(), { "--count", "2", "--output", path })
    local document = json.decode(fs.read(path))
    equal(document.rows[2].id, 102)
    equal(document.rows[2].result.name, "N2")
  end)

  it("are counted by --check, and not run", function()
    local result = console.run(own_rows(), { "--count", "2", "--check" })
    equal(result.status, 0)
    test.contains(result.err, "2 rows.")
    equal(#console.seen, 0)
  end)

  it("never run at the same time with the same value of one_at_a_time", function()
    local object = own_rows { fields = { "id", "name" }, one_at_a_time = "name",
      rows = function() return { { id = 1, name = "A" }, { id = 2, name = "A" } } end }
    equal(console.run(object, { "--count", "1" }).status, 0)
    equal(#console.seen, 2)
  end)

  it("know no file of rows", function()
    equal(console.run(own_rows(), { "--count", "1", "--rows", "people.csv" }).error.exit, 2)
    local help = console.run(own_rows(), { "--help" }).out
    test.lacks(help, "--rows")
    test.lacks(help, "--delimiter")
    test.contains(help, "--failed FILE")
  end)

  it("want their parameters on the command line", function()
    test.contains(console.run(own_rows(), {}).error.message, "--count is missing")
  end)
end)

describe("the exit status", function()
  it("may be the second value of finish", function()
    local object = own_rows { finish = function() return "They differ.", 1 end }
    local result = console.run(object, { "--count", "1" })
    equal(result.status, 1)
    test.contains(result.out, "They differ.")
  end)
end)

describe("a declaration", function()
  it("needs fields beside rows", function()
    test.raises("argument", own_rows, { fields = {} })
    test.raises("argument", own_rows, { rows = "people.csv" })
  end)

  it("has no unique and no ignores: these are about files", function()
    test.raises("argument", own_rows, { unique = { "count" } })
    test.raises("argument", own_rows, { one_at_a_time = "nobody" })
  end)

  it("that gives a field it does not name is told so", function()
    local object = own_rows { rows = function() return { { id = 1, nam = "A" } } end }
    test.contains(console.run(object, { "--count", "1" }).error.message, 'a row has "nam"')
  end)
end)

test.run()
