-- beadle resolve RUN: decides what became of effects that are in doubt
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local effects = require "beadle.durable_effect"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local time = require "beadle.time"
local usage = require "beadle.recipe_usage"

local MOST = 1000

local WORDS = { h = "happened", n = "not", s = "skip", l = "later", b = "back", q = "quit" }
local DECISIONS = { "happened", "not", "skip", "later" }

local function take_word(text)
  for _, word in ipairs(DECISIONS) do
    if word == text then
      return word
    end
  end
  local nearest = catalogue.nearest(text, DECISIONS)
  return nil, "happened, not, skip or later" .. (nearest and (" (did you mean %s?)"):format(nearest) or "")
end

local function take_number(text)
  local number = math.tointeger(tonumber(text))
  if number and number > 0 then
    return number
  end
  return nil, "a number from the list"
end

local function take_result(text)
  local ok, value = pcall(json.decode, text)
  if ok then
    return { value = value }
  end
  return nil, "JSON, such as '{\"can_id\": 123}'"
end

local SPEC = {
  { name = "effect", value = "N", take = take_number, doc = "decide about this one, by its number in the list" },
  { name = "as", value = "WORD", take = take_word, doc = "happened, not, or skip: the decision, without being asked" },
  { name = "result", value = "JSON", take = take_result, doc = "with happened: what the call would have returned" },
  { name = "json", doc = "print what is in doubt as JSON, and ask nothing" },
}

local USAGE = [=[
Usage: beadle resolve RUN [--effect N --as happened|not|skip [--result JSON]] [--json]

Shows each effect of a run of which nobody knows whether it happened, and asks:
  h  it happened: the script gets the result that you give, and nothing is sent
  n  it did not happen: it may be sent again
  s  skip the row: nothing more is done in it
  l  later: it stays in doubt
  b  back to the one before
  q  quit: what was answered so far counts
Without a terminal it lists them; --effect and --as decide about one. Afterwards `beadle resume RUN` goes on.

]=]

-- Whoever skipped a row has decided about all that is open in it.
local function in_doubt(journal)
  local list = {}
  for _, effect in ipairs(journal:unsettled(MOST)) do
    local row = journal:row(effect.row)
    list[#list + 1] = not (row and row.state == "skipped") and effect or nil
  end
  return list
end

-- A line of it, folded where it is wider than the terminal.
local function add(lines, columns, text)
  text = reader.line(text)
  lines[#lines + 1] = "   " .. (columns and pretty.wrap(text, math.max(20, columns - 8), "     ") or text)
end

local function row_name(row)
  return row.line and ("%s (line %d)"):format(reader.name(row.key), row.line) or reader.name(row.key)
end

local function describe(journal, index, effect, columns)
  local title = ("%d. %s %s"):format(index, effect.operation, reader.line(effects.about(effect)))
  local lines = { columns and pretty.wrap(title, columns - 8, "     ") or title }
  local row = effect.row ~= "" and journal:row(effect.row)
  if row then
    add(lines, columns, "row: " .. row_name(row))
  end
  add(lines, columns, ("sent: %s%s"):format(time.iso(effect.sent_at),
    effect.attempts > 1 and (", %d times"):format(effect.attempts) or ""))
  add(lines, columns, "with: " .. (effect.params and reader.line(reader.clean(effect.params)) or "(forgotten)"))
  local err = reader.clean(effect.error)
  if type(err) == "table" then
    add(lines, columns, "error: " .. tostring(err.message))
    if err.hint then
      add(lines, columns, "how to find out: " .. err.hint:gsub(" Then `beadle resolve [^`]*`%.$", "")) -- which this is
    end
  end
  if effect.probe == "repeat" then
    add(lines, columns, "`beadle resume` finds out by itself.")
  end
  return table.concat(lines, "\n")
end

local function decide(journal, effect, word, result)
  if word == "later" then
    return false
  elseif word == "happened" then
    journal:outcome(effect, "resolved", { answer = effects.encode(result and result.value or {}) })
  elseif word == "not" then
    journal:outcome(effect, "failed", { error = effects.encode { kind = "cancelled", outcome = "none",
      message = "somebody found out that it did not happen" } })
  end
  journal:end_row(effect.row, word == "skip" and "skipped" or "running", {})
  return true
end

-- Result; or nil when the person would rather answer otherwise.
local function ask_result(console)
  while true do
    local text = console.ask "What did it return? JSON such as {\"can_id\": 123}, or nothing; b: back. "
    if not text or text == "b" then
      return nil
    elseif text == "" then
      return { value = {} }
    end
    local result, must = take_result(text)
    if result then
      return result
    end
    console.err("It must be " .. must .. ".")
  end
end

local function ask_word(console, index)
  while true do
    local answer = console.ask(("[h]appened, did [n]ot, [s]kip the row, [l]ater, %s[q]uit? "):format(
      index > 1 and "[b]ack, " or ""))
    local word = not answer and "quit" or WORDS[answer:lower():sub(1, 1)]
    if word and not (word == "back" and index == 1) then
      return word
    end
    console.err "One of the letters."
  end
end

-- One is decided at once, so that Ctrl-C loses nothing; back undoes that.
local function undo(journal, effect, was)
  journal:outcome(effect, was.state, { error = was.error, answer = was.answer })
  journal:end_row(effect.row, was.row and was.row.state or "in_doubt", was.row or {})
end

local function copy_of(journal, effect)
  return { state = effect.state, error = effect.error, answer = effect.answer, row = journal:row(effect.row) }
end

-- Of a row that is skipped, the others are no longer in doubt.
local function next_open(list, skipped, index)
  while list[index] and skipped[list[index].row] do
    index = index + 1
  end
  return index
end

local function walk(journal, list, console, columns)
  console.err(("%d in doubt. What is answered counts at once."):format(#list))
  local index, before, skipped = 1, {}, {}
  while list[index] do
    local effect = list[index]
    console.err("\n" .. describe(journal, index, effect, columns))
    local word = ask_word(console, #before + 1)
    local result = word == "happened" and ask_result(console) or nil
    if word == "quit" then
      return
    elseif word == "back" then
      local last = table.remove(before)
      index = last.index
      if last.was then
        undo(journal, list[index], last.was)
        skipped[list[index].row] = nil
      end
    elseif word ~= "happened" or result then
      before[#before + 1] = { index = index, was = word ~= "later" and copy_of(journal, effect) or nil }
      decide(journal, effect, word, result)
      skipped[effect.row] = word == "skip" or nil
      index = next_open(list, skipped, index + 1)
    end
  end
end

local function json_of(journal, id, list)
  local values = json.array {}
  for index, effect in ipairs(list) do
    local row, err = journal:row(effect.row), reader.clean(effect.error)
    values[index] = { effect = index, row = effect.row, line = row and row.line, operation = effect.operation,
      key = reader.clean(effect.key), sent_at = time.iso(effect.sent_at), attempts = effect.attempts,
      params = reader.clean(effect.params), error = err, settles_itself = effect.probe == "repeat" }
  end
  return json.encode { version = 1, run = id, in_doubt = values }
end

local function decide_one(journal, id, list, values)
  local effect = list[values.effect]
  if not effect then
    options.fail(("there is no number %d: %d %s in doubt"):format(values.effect, #list, #list == 1 and "is" or "are"),
      ("`beadle resolve %s --json` lists them."):format(id))
  end
  decide(journal, effect, values.as, values.result)
end

local function write_status(id, journal)
  local meta, counts = journal:meta(), journal:counts()
  runs.show_status(id, meta, counts, meta.state == "running" and "stopped" or nil)
end

local function tell_left(journal, id, values)
  local left = in_doubt(journal)
  if values.json then
    print(json_of(journal, id, left))
  else
    print(("%s in doubt. `beadle resume %s` goes on."):format(#left == 0 and "Nothing is" or #left .. " still", id))
  end
  return #left == 0 and 0 or 1
end

local function resolve(id, journal, values, console)
  local list = in_doubt(journal)
  if values.as and #list > 0 then
    decide_one(journal, id, list, values)
  elseif values.json then
    print(json_of(journal, id, list))
    return #list == 0 and 0 or 1
  elseif #list == 0 then
    print(("Nothing in the run %s is in doubt."):format(id))
    return 0
  elseif console.interactive then
    walk(journal, list, console, fs.columns "stderr")
  else
    for index, effect in ipairs(list) do
      print(describe(journal, index, effect))
    end
    return 1
  end
  write_status(id, journal)
  return tell_left(journal, id, values)
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("resolve needs one run", "`beadle runs` lists them.")
  elseif (values.effect == nil) ~= (values.as == nil) then
    options.fail "--effect and --as go together"
  elseif values.result and values.as ~= "happened" then
    options.fail "--result goes with --as happened"
  end
  local id = runs.find(operands[1])
  local journal <close> = run_journal.open { path = runs.path_of(id), note = "beadle resolve" }
  return resolve(id, journal, values, usage.console())
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "run" } }
