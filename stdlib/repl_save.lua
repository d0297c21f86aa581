-- SPDX-License-Identifier: MIT
-- :save, for stdlib/repl_commands.lua: a session as a recipe (beadle.recipe) with a test beside it.
--
-- What went well and called a vendor, or made a variable, becomes the recipe's row. Texts, numbers and constants that
-- were given to operations become its parameters: those that an operation needs have to be given, the others have the
-- session's value. What it returns are the ids that the calls answered.

local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local lines_of = require "beadle.repl_save_lines"
local native = require "beadle.session"
local time = require "beadle.time"

local M = {}

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, outcome = "none" }, 0)
end

-- "some/folder/enrol-ada.lua" -> folder with its slash or "", "enrol-ada"
local function split(path)
  local folder, name = path:match "^(.*/)([^/]*)$"
  folder, name = folder or "", name or path
  local stem = name:match "^([%w_%-]+)%.lua$"
  if not stem then
    fail(":save takes the name of a file of letters, digits, - and _ that ends in .lua", "Such as :save enrol.lua")
  end
  return folder, stem
end

-- ---------------------------------------------------------------------------------------------------
-- The recipe

local function quote(text)
  return ("%q"):format(text):gsub("\\\n", "\\n")
end

local function params_text(params)
  local out = {}
  for _, param in ipairs(params) do
    local from = ("%s.%s"):format(param.operation, param.field)
    if not param.default and param.name == param.field then
      out[#out + 1] = ("    %s,"):format(quote(from))
    else
      local parts = { ("from = %s"):format(quote(from)) }
      if param.name ~= param.field then
        table.insert(parts, 1, ("name = %s"):format(quote(param.name)))
      end
      if param.default then
        parts[#parts + 1] = ("default = %s"):format(quote(param.default))
      end
      out[#out + 1] = ("    { %s },"):format(table.concat(parts, ", "))
    end
  end
  return table.concat(out, "\n")
end

local function columns_text(columns)
  local names, values = {}, {}
  for _, column in ipairs(columns) do
    names[#names + 1] = quote(column.name)
    values[#values + 1] = ("%s = %s"):format(column.name, column.value)
  end
  return table.concat(names, ", "), table.concat(values, ", ")
end

-- The names of what the row calls, for its summary.
local function summary_of(saved)
  local most = 3
  local names = table.concat(saved.operations, ", ", 1, math.min(most, #saved.operations))
  local more = #saved.operations - most
  return ("Calls %s%s"):format(names, more > 0 and (" and %d more"):format(more) or "")
end

local function recipe_text(stem, saved)
  local out = { "-- Saved from a session on " .. time.iso():sub(1, 10) .. ".", "--",
    ("--   beadle run %s.lua --help"):format(stem), "" }
  for _, name in ipairs(saved.modules) do
    out[#out + 1] = ("local %s = require \"beadle.%s\""):format(name, name)
  end
  local names, values = columns_text(saved.columns)
  local uses = { row = saved.uses_row, context = saved.uses_context }
  local arguments = uses.context and (uses.row and "row, context" or "_, context") or uses.row and "row" or ""
  out[#out + 1] = ""
  out[#out + 1] = "return recipe {"
  out[#out + 1] = ("  name = %s,"):format(quote(stem))
  out[#out + 1] = ("  summary = %s,"):format(quote(summary_of(saved)))
  out[#out + 1] = #saved.params > 0 and "  params = {\n" .. params_text(saved.params) .. "\n  }," or "  params = {},"
  out[#out + 1] = ("  columns = { %s },"):format(names)
  out[#out + 1] = ("  row = function(%s)"):format(arguments)
  out[#out + 1] = saved.body
  out[#out + 1] = ("    return { %s }"):format(values)
  out[#out + 1] = "  end,"
  out[#out + 1] = "}\n"
  return table.concat(out, "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- Its test

local function counts_text(saved)
  local out = {}
  for _, each in ipairs(saved.counts) do
    out[#out + 1] = ("    test.equal(sandbox.%s.counts().%s, %d)"):format(each.vendor, each.name, each.count)
  end
  return table.concat(out, "\n")
end

local function test_text(stem, saved)
  local given = {}
  for _, param in ipairs(saved.params) do
    if not param.default then
      given[#given + 1] = ("      %s = %s,"):format(param.name, quote(param.text))
    end
  end
  local out = { ("-- Tests %s.lua in the sandbox:"):format(stem), "--",
    ("--   beadle test test_%s.lua"):format(stem), "",
    ("local recipe = require %s"):format(quote(stem)), "local sandbox = require \"beadle.sandbox\"",
    "local test = require \"beadle.test\"", "", ("test.describe(%s, function()"):format(quote(stem)),
    "  test.before_each(sandbox.reset)", "", "  test.it(\"does what the session did\", function()",
    #given > 0 and "    local row = assert(recipe:check_row {\n" .. table.concat(given, "\n") .. "\n    })"
      or "    local row = assert(recipe:check_row {})",
    #saved.columns > 0 and "    local result = recipe:run_row(row)" or "    recipe:run_row(row)" }
  for _, column in ipairs(saved.columns) do
    out[#out + 1] = ("    test.truthy(result.%s)"):format(column.name)
  end
  out[#out + 1] = #saved.counts > 0 and counts_text(saved) or nil
  out[#out + 1] = "  end)\nend)\n\ntest.run()\n"
  return table.concat(out, "\n")
end

-- ---------------------------------------------------------------------------------------------------

-- Runs the recipe as its test does, in a sandbox that is put back afterwards. Gives what is wrong, or nil.
local function try_it(text, saved)
  local chunk, wrong = load(text, "=recipe", "t")
  if not chunk then
    return wrong
  end
  local sandbox = require "beadle.sandbox"
  local ok, err = pcall(function()
    local recipe, texts = chunk(), {}
    for _, param in ipairs(saved.params) do
      texts[param.name] = not param.default and param.text or nil
    end
    local row = assert(recipe:check_row(texts))
    if config.is_sandbox() then
      sandbox.fork(function()
        sandbox.reset()
        recipe:run_row(row)
      end)
    end
  end)
  return not ok and tostring(err) or nil
end

-- save(session, path) -> what to tell.
function M.save(session, path)
  local folder, stem = split(path)
  local test_path = ("%stest_%s.lua"):format(folder, stem)
  for _, each in ipairs { path, test_path } do
    if fs.exists(each) then
      fail(("%s is there already, and was left alone"):format(each), "Choose another name.")
    end
  end
  local saved = lines_of.collect(session)
  if #saved.operations == 0 then
    fail("no call of this session went well: there is nothing to save")
  end
  local text = recipe_text(stem, saved)
  if not native.may_be_kept(text) then
    fail("the session's lines hold a secret, so nothing was written", "Give secrets by the profile or by variables.")
  end
  local confirm = session.calls.confirm
  local calls = { list = session.calls.list, line = session.calls.line }
  session.calls.list, session.calls.line = {}, {}
  local wrong = try_it(text, saved)
  session.calls.list, session.calls.line, session.calls.confirm = calls.list, calls.line, confirm
  fs.write(path, text, { shared = true })
  fs.write(test_path, test_text(stem, saved), { shared = true })
  local told = ("wrote %s and %s\n`beadle run %s --help` says how it is used, `beadle test %s` tests it."):format(
    path, test_path, path, test_path)
  if wrong then
    told = told .. "\nIn a fresh sandbox it does not go well yet: " .. wrong
  elseif not config.is_sandbox() then
    told = told .. "\nIt was not tried: the session is not in the sandbox."
  end
  return told
end

return M
