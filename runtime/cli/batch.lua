-- beadle batch RECIPE ROWS.csv [OPTIONS]: a recipe over the rows of a file, which survives being stopped
-- SPDX-License-Identifier: MIT

local again = require "beadle.cli.again"
local batch = require "beadle.batch"
local bundled = require "beadle.cli.recipes_bundled"
local command_line = require "beadle.run_command"
local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local limits = require "beadle.limits"
local options = require "beadle.options"
local pace = require "beadle.pace"
local rows_of = require "beadle.batch_rows"
local usage = require "beadle.recipe_usage"

local SPEC = {
  { name = "profile", value = "NAME", doc = "the profile, as before the command" },
  { name = "rate", value = "N/s", take = pace.read,
    doc = "calls per s, min or h to an account, with all other programs of this user" },
  { name = "budget", value = "LIST", take = limits.read,
    doc = "such as tests=400,mails-per-person=1: no more is sent" },
  { name = "into", value = "FOLDER", doc = "where done.csv, failed.csv and in-doubt.csv go" },
  { name = "report", value = "FILE.html", doc = "write a page about the run there, for others" },
  { name = "json", doc = "print one JSON document about the end on standard output" },
  { name = "again", doc = "also rows that an earlier run has done: as a new run, all of it once more" },
  { name = "accept-changes", doc = "take what was done with other parameters as it is recorded" },
}

-- For `beadle resume` and `beadle retry`.
local OF_BEADLE = {
  { name = "run", value = "RUN" },
  { name = "only", value = "WHICH" },
}

local USAGE = [[
Usage: beadle batch RECIPE ROWS.csv [--concurrency N] [--rate 5/s] [--budget tests=400] [OPTIONS OF THE RECIPE]

Runs a recipe for every row of a file. All rows are checked first. What was sent is kept in a journal: after a stop,
whatever stopped it, `beadle resume RUN` goes on, and nothing is done twice. `beadle batch RECIPE --help` shows the
recipe's own options. Ctrl-C once: no new row begins; twice: those under way are stopped too.

]]

-- ---------------------------------------------------------------------------------------------------
-- The recipe

-- The file of that name, or the recipe that comes with beadle. Gives the recipe's name too.
local function read(word)
  if not word:find "[/.]" and not fs.exists(word) then
    return (bundled.read(word)), "=" .. word
  elseif not fs.exists(word) or fs.is_folder(word) then
    options.fail(("there is no recipe %s"):format(word), "`beadle recipes` lists those that come with beadle.")
  end
  return fs.read(word), "@" .. word
end

local function load_recipe(path)
  local text, name = read(path)
  local chunk, wrong = load((text:gsub("^#[^\n]*", "")), name, "t")
  if not chunk then
    error(error_value.new { kind = "argument", outcome = "none", message = wrong, exit = 1 }, 0)
  end
  local recipe = gate.with(function(effect)
    options.fail(("%s is no recipe: it would act at once (%s)"):format(path, effect.operation),
      "`beadle run` is for scripts; a recipe only says what is to be done for a row.")
  end, chunk)
  if type(recipe) ~= "table" or type(recipe.run_row) ~= "function" or not recipe.spec then
    options.fail(("%s is no recipe: it returns none"):format(path), "See `beadle.recipe`.")
  end
  return recipe
end

-- ---------------------------------------------------------------------------------------------------
-- Beginning again

-- Options that are only about one start.
local PASSING = { ["--run"] = true, ["--only"] = true, ["--profile"] = true }
local PASSING_FLAGS = { ["--accept-changes"] = true, ["--yes"] = true, ["--again"] = true, ["--json"] = true }

-- The words of the command as they may be kept, and the options that are left out of it.
local function keepable(words, secrets)
  return command_line.kept({ "batch", table.unpack(words) }, function(word, name)
    return secrets[name] and "secret" or PASSING[name] and "value" or PASSING_FLAGS[word] and "word" or nil
  end)
end

-- Options of beadle itself go before all others.
local function with_profile(name, words)
  local again_words = { "--profile=" .. name, "batch" }
  local index = 1
  while index <= #words do
    local is_it = words[index] == "--profile"
    if not is_it and not words[index]:find "^%-%-profile=" then
      again_words[#again_words + 1] = words[index]
    end
    index = index + (is_it and 2 or 1)
  end
  again.start(again.folder(), again_words)
end

-- "failed", "rows 7,19-40", "where EXPRESSION" -> as batch_rows.chooser takes it.
local function wanted_of(text)
  if not text then
    return nil
  elseif text == "failed" then
    return { failed = true }
  end
  local what, rest = text:match "^(%a+) (.*)$"
  if what == "rows" then
    return { lines = rows_of.lines(rest) }
  end
  return { where = rows_of.condition(rest) }
end

local function run(...)
  local words = { ... }
  if #words == 0 or words[1] == "--help" or words[1] == "-h" then
    print(USAGE .. options.describe(SPEC))
    return #words == 0 and 2 or 0
  end
  local path = words[1]
  if path:sub(1, 1) == "-" then
    options.fail(("batch needs a recipe before its options, not %s"):format(path),
      "Such as: beadle batch RECIPE ROWS.csv --concurrency 4")
  end
  local recipe = load_recipe(path)
  local spec, taken = usage.batch_options(recipe, SPEC, OF_BEADLE)
  local values, texts = usage.parse_batch(recipe, spec, taken, { table.unpack(words, 2) })
  if values.help then
    print(usage.batch_help(recipe, path, SPEC, taken))
    return 0
  elseif values.profile and values.profile ~= config.profile() then
    with_profile(values.profile, words)
  end
  values.columns_only = taken
  local kept, left_out = keepable(words, command_line.secret_options(recipe))
  return batch.run(recipe, values, texts, { id = values.run, wanted = wanted_of(values.only), script = path,
    rows = values.rows, folder = again.folder(), command = kept, left_out = left_out }, usage.console())
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "script", "argument..." } }
