-- SPDX-License-Identifier: MIT
-- The command line of a recipe: its options, --help, and what is wrong with what was typed. For
-- stdlib/recipe.lua.

local error_value = require "beadle.error"
local fs = require "beadle.fs"
local options = require "beadle.options"
local params_of = require "beadle.recipe_params"
local pretty = require "beadle.pretty"

local M = {}

local WIDEST = 96
local MOST_CONCURRENCY = 1000
local STOP_AFTER = 5

local function whole_number(text)
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  if number and number >= 1 and number <= MOST_CONCURRENCY then
    return number
  end
  return nil, ("a whole number from 1 to %d"):format(MOST_CONCURRENCY)
end

local function count(text)
  local number = text:find "^%d+$" and math.tointeger(tonumber(text))
  return number, not number and "a whole number" or nil
end

local DELIMITERS = { comma = ",", semicolon = ";", tab = "\t", [","] = ",", [";"] = ";", ["\t"] = "\t" }
local ENCODINGS = { ["utf-8"] = "UTF-8", utf8 = "UTF-8", ["windows-1252"] = "Windows-1252", cp1252 = "Windows-1252" }

local function one_of(map, must)
  return function(text)
    local value = map[text:lower()]
    return value, not value and must or nil
  end
end

local function result_path(text)
  if text:find "%.csv$" or text:find "%.json$" then
    return text
  end
  return nil, "a name that ends in .csv or .json"
end

-- What is about a file of rows: a recipe that finds its rows itself does not have it.
local OF_FILES = { rows = true, ignore = true, delimiter = true, encoding = true }
local OWN_ROWS_DOC = { failed = "keep the rows that were not done, with the reason",
  check = "ask for the rows and stop: nothing is changed" }

local function without_file(list)
  local left = {}
  for _, option in ipairs(list) do
    if not OF_FILES[option.name] then
      option.doc = OWN_ROWS_DOC[option.name] or option.doc
      left[#left + 1] = option
    end
  end
  return left
end

local function common_options(recipe)
  local list = {
    { name = "rows", value = "FILE", doc = "run for every row of a CSV file; - is standard input" },
    { name = "failed", value = "FILE", doc = "keep the rows that were not done, ready to be run again" },
    { name = "output", value = "FILE", list = true, take = result_path,
      doc = "write the results; .csv or .json; may be given twice" },
    { name = "overwrite", doc = "replace these files where they exist" },
    { name = "json", doc = "print one JSON document instead of tables" },
    { name = "check", doc = "check everything and stop: nothing is sent" },
    { name = "concurrency", value = "N", take = whole_number, default = recipe.spec.concurrency or 8,
      doc = ("rows at once (%d unless given)"):format(recipe.spec.concurrency or 8) },
    { name = "stop-after", value = "N", take = count, default = STOP_AFTER,
      doc = ("stop after N rows in a row with the same error (%d unless given; 0: never)"):format(STOP_AFTER) },
    { name = "continue", doc = "go on with a run that was stopped: nothing of it is done twice" },
    { name = "accept-changes", doc = "with --continue: take what was done otherwise as it is recorded" },
    { name = "forget", doc = "begin anew all the same, and do done rows once more" },
    { name = "ignore", value = "COLUMN", list = true, doc = "pass over a column; may be given several times" },
    { name = "delimiter", value = "NAME", take = one_of(DELIMITERS, "comma, semicolon or tab"),
      doc = "comma, semicolon or tab, instead of what is detected" },
    { name = "encoding", value = "NAME", take = one_of(ENCODINGS, "utf-8 or windows-1252"),
      doc = "utf-8 or windows-1252, instead of what is detected" },
  }
  if recipe.spec.irreversible then
    table.insert(list, 1, { name = "yes", doc = "do it without being asked: it cannot be undone" })
  end
  return recipe.spec.rows and without_file(list) or list
end

local function is_flag(param)
  return param.type == "flag" or param.type == "boolean"
end

local LABELS = { string = "TEXT", integer = "N", number = "NUMBER", email = "ADDRESS", date = "YYYY-MM-DD",
  datetime = "TIME", duration = "DURATION", secret = "SECRET", url = "URL", ["integer list"] = "N,N" }

-- What a value is called under which parse keeps it.
local function key_of(name)
  return (name:gsub("%-", "_"))
end

local function param_options(recipe)
  local list = {}
  for index, param in ipairs(recipe.params) do
    list[index] = { name = param.name, list = not is_flag(param) or nil,
      value = not is_flag(param) and (param.choices and "NAME" or LABELS[param.type] or "VALUE") or nil }
  end
  return list
end

-- Names of choices with | between them, for completion; nil when they are none.
local function choice_names(choices)
  local names = {}
  for at, choice in ipairs(choices or {}) do
    names[at] = tostring(type(choice) == "table" and (choice.name or choice.value) or choice)
  end
  return #names > 0 and table.concat(names, "|") or nil
end

-- options(recipe) -> list as beadle.options has it, with doc and kind of the parameters: for completion.
function M.options(recipe)
  local list = param_options(recipe)
  for index, option in ipairs(list) do
    option.doc, option.list = recipe.params[index].doc, nil
    option.kind = choice_names(recipe.params[index].choices)
  end
  return table.move(common_options(recipe), 1, #common_options(recipe), #list + 1, list)
end

-- check_names(recipe): no parameter may be called as an option is.
function M.check_names(recipe)
  for _, option in ipairs(common_options(recipe)) do
    if recipe.params[key_of(option.name)] then
      error(error_value.new { kind = "argument", outcome = "none",
        message = ("recipe %s: a parameter cannot be called %s, for there is an option of that name"):format(
          recipe.name, key_of(option.name)) }, 0)
    end
  end
end

-- What a batch does otherwise.
local NOT_OF_BATCHES = { rows = true, failed = true, output = true, overwrite = true, json = true, continue = true,
  forget = true, ["accept-changes"] = true }

local BATCH_TEXTS = { check = "check the rows and stop: nothing is sent" }

-- What a batch has of the options of recipes.
function M.batch_common(recipe)
  local list = {}
  for _, option in ipairs(common_options(recipe)) do
    option.doc = BATCH_TEXTS[option.name] or option.doc
    list[#list + 1] = not NOT_OF_BATCHES[option.name] and option or nil
  end
  return list
end

-- batch_options(recipe, more, hidden) -> the options of `beadle batch`, for parse_batch, and a set of the parameters
-- that are called as one of them is: such a parameter is a column of the file, and no option.
function M.batch_options(recipe, more, hidden)
  local spec, taken = {}, {}
  for _, list in ipairs { more, hidden, M.batch_common(recipe) } do
    table.move(list, 1, #list, #spec + 1, spec)
  end
  local is_option = {}
  for _, option in ipairs(spec) do
    is_option[key_of(option.name)] = true
  end
  for index, option in ipairs(param_options(recipe)) do
    local name = recipe.params[index].name
    taken[name] = is_option[name]
    spec[#spec + 1] = not taken[name] and option or nil
  end
  return spec, taken
end

-- ---------------------------------------------------------------------------------------------------
-- What is wrong

local function sentence(problem)
  return problem.rule and problem.message or "--" .. problem.message
end

-- fail(recipe, problems): raises one error that names all of them.
function M.fail(recipe, problems)
  local lines = {}
  for index, problem in ipairs(problems) do
    lines[index] = sentence(problem)
  end
  options.fail(table.concat(lines, "\n        "), ("--help shows the parameters of %s."):format(recipe.name))
end

local function refuse_operands(operands, is_batch)
  local word = operands[1]
  if word and is_batch then
    options.fail(("\"%s\" belongs to no option"):format(word), "A batch has one file of rows.")
  elseif word then
    options.fail(("\"%s\" belongs to no option"):format(word),
      word:find "%.[ct]sv$" and ("Did you mean --rows %s?"):format(word) or nil)
  end
end

-- Whether two names are of one file, also where it is not made yet.
local function is_same_file(one, other)
  local function plain(path)
    return (path:gsub("//+", "/"):gsub("/%./", "/"):gsub("^%./", ""))
  end
  return plain(one) == plain(other) or fs.same(one, other)
end

-- What is written must not replace the rows, nor another file that is written. Only --failed may replace the
-- rows: it keeps all of them that are still to be done.
local function refuse_same_files(values)
  local taken = { values.rows and { name = "rows", path = values.rows } }
  taken[#taken + 1] = values.failed and { name = "failed", path = values.failed }
  for _, path in ipairs(values.output or {}) do
    for _, other in ipairs(taken) do
      if is_same_file(path, other.path) then
        options.fail(("--output %s is the file of --%s"):format(path, other.name))
      end
    end
    taken[#taken + 1] = { name = "output", path = path }
  end
end

local function refuse_contradictions(recipe, values)
  refuse_same_files(values)
  if values.continue and values.forget then
    options.fail "--continue and --forget contradict each other"
  elseif values.accept_changes and not values.continue then
    options.fail "--accept-changes goes with --continue"
  elseif recipe.spec.rows then
    return
  end
  for _, name in ipairs { "failed", "ignore", "delimiter", "encoding", "continue", "forget" } do
    if values[name] and not values.rows then
      options.fail(("--%s needs --rows"):format(name))
    end
  end
end

local function split_commas(list)
  local names = {}
  for _, text in ipairs(list) do
    for name in text:gmatch "[^,]+" do
      names[#names + 1] = name
    end
  end
  return names
end

local function take_texts(recipe, values, taken)
  values.ignore = values.ignore and split_commas(values.ignore)
  local texts, problems = {}, {}
  for _, param in ipairs(recipe.params) do
    local given = not taken[param.name] and values[param.name]
    if given == true then
      texts[param.name] = "true"
    elseif given then
      texts[param.name] = given[1]
      if #given > 1 then
        problems[#problems + 1] = { message = param.name .. " is given twice" }
      end
    end
  end
  local wrong = params_of.check_given(recipe.params, texts) -- of rows, the file may say the rest
  if not values.rows then
    wrong = select(2, recipe:check_row(texts)) or {}
  end
  table.move(wrong, 1, #wrong, #problems + 1, problems)
  if #problems > 0 then
    M.fail(recipe, problems)
  end
  return values, texts
end

-- parse(recipe, arguments) -> values of the options, texts of the parameters that were given.
function M.parse(recipe, arguments)
  local spec = param_options(recipe)
  table.move(common_options(recipe), 1, #common_options(recipe), #spec + 1, spec)
  local values, operands = options.parse(spec, arguments)
  if values.help then
    return values
  end
  refuse_operands(operands)
  refuse_contradictions(recipe, values)
  return take_texts(recipe, values, {})
end

-- parse_batch(recipe, spec, taken, arguments) -> the same for `beadle batch`; `rows` is the file. spec and taken are
-- those of batch_options.
function M.parse_batch(recipe, spec, taken, arguments)
  local values, operands = options.parse(spec, arguments)
  if values.help then
    return values
  elseif #operands == 0 then
    options.fail("batch needs a file of rows", ("Such as: beadle batch %s ROWS.csv"):format(recipe.name))
  end
  values.rows = table.remove(operands, 1)
  if values.rows == "-" then
    options.fail("a batch reads its rows again when it goes on: standard input cannot be",
      "Keep them in a file first.")
  end
  refuse_operands(operands, true)
  return take_texts(recipe, values, taken)
end

-- ---------------------------------------------------------------------------------------------------
-- Help

local function describe_param(param)
  local parts = { param.doc .. "." }
  if param.choices then
    parts[#parts + 1] = ("One of %s."):format(table.concat(param.choices, ", "))
  end
  if param.default_text then
    parts[#parts + 1] = ("Default: %s."):format(param.default_text)
  end
  if param.secret then
    parts[#parts + 1] = "Better in a file than on the command line, where others see it."
  end
  return table.concat(parts, " ")
end

local function help_width()
  return math.max(40, math.min(WIDEST, fs.columns "stdout" or WIDEST))
end

local function add_params(lines, recipe, most, taken)
  local rows, width = {}, 0
  local specs = param_options(recipe)
  for index, param in ipairs(recipe.params) do
    local left = taken[param.name] and ("%s (column)%s"):format(param.name, param.required and " *" or "")
      or ("--%s%s%s"):format(param.name, specs[index].value and " " .. specs[index].value or "",
      param.required and " *" or "")
    rows[index] = { left, describe_param(param) }
    width = math.max(width, #left)
  end
  for _, row in ipairs(rows) do
    lines[#lines + 1] = ("  %-" .. width .. "s  %s"):format(row[1],
      pretty.wrap(row[2], most - width - 4, (" "):rep(width + 4)))
  end
end

local RULES = "Every parameter may be a column of the file. What is the same for all rows may be an option "
  .. "instead; a parameter that is both is refused. Empty cells are as if they were not there. The whole file is "
  .. "checked first, and nothing is done when a row of it is wrong. The exit status is 1 when a row failed."

local OWN_ROWS_RULES = "The rows are asked for first, all of them; nothing is done when that fails. The exit status "
  .. "is 1 when a row failed."

-- help(recipe) -> text
function M.help(recipe)
  local words, width = {}, help_width()
  for index, param in ipairs(recipe.params) do
    if param.required then
      words[#words + 1] = ("--%s %s"):format(param.name, param_options(recipe)[index].value or "")
    end
  end
  local command = "beadle run " .. (arg and arg[0] and arg[0]:find(recipe.name, 1, true) and arg[0]
    or recipe.name .. ".lua")
  local first = pretty.wrap(("%s %s"):format(command, table.concat(words, " ")), width - 7, (" "):rep(11))
  local lines = { "Usage: " .. first }
  if recipe.spec.rows then
    lines[1] = lines[1] .. " [OPTIONS]"
  else
    lines[2] = ("       %s --rows FILE.csv [OPTIONS]"):format(command)
  end
  lines[#lines + 1] = "\n" .. recipe.spec.summary .. "."
  if recipe.spec.doc then
    lines[#lines + 1] = ""
    lines[#lines + 1] = pretty.wrap(recipe.spec.doc, width)
  end
  lines[#lines + 1] = "\nParameters (* required)"
  add_params(lines, recipe, width, {})
  lines[#lines + 1] = "\nOptions"
  lines[#lines + 1] = options.describe(common_options(recipe))
  lines[#lines + 1] = "\n" .. pretty.wrap(recipe.spec.rows and OWN_ROWS_RULES or RULES, width)
  return table.concat(lines, "\n")
end

-- batch_help(recipe, word, more, taken) -> text: the same for `beadle batch WORD`, whose own options are `more`.
function M.batch_help(recipe, word, more, taken)
  local width = help_width()
  local lines = { ("Usage: beadle batch %s ROWS.csv [OPTIONS]\n\n%s."):format(word, recipe.spec.summary) }
  if recipe.spec.doc then
    lines[#lines + 1] = "\n" .. pretty.wrap(recipe.spec.doc, width)
  end
  lines[#lines + 1] = "\nParameters (* required)"
  add_params(lines, recipe, width, taken)
  lines[#lines + 1] = "\nOptions of the batch"
  lines[#lines + 1] = options.describe(table.move(M.batch_common(recipe), 1, #M.batch_common(recipe), #more + 1,
    table.move(more, 1, #more, 1, {})))
  if next(taken) then
    lines[#lines + 1] = "\nA parameter that is called as an option of the batch can only be a column of the file."
  end
  lines[#lines + 1] = "\n" .. pretty.wrap(RULES, width)
  return table.concat(lines, "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- The terminal

-- console() -> where a recipe's text goes unless the caller says otherwise.
function M.console()
  return {
    out = print,
    err = function(text)
      io.stdout:flush()
      io.stderr:write(text, "\n")
    end,
    ask = function(question)
      io.stderr:write(question)
      local answer = io.read "l"
      if not answer then
        io.stderr:write "\n" -- the end of input has left the cursor behind the question
      end
      return answer
    end,
    interactive = fs.is_terminal "stdin" and fs.is_terminal "stderr",
  }
end

return M
