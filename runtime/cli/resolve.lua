-- beadle resolve RUN: decides what became of effects that are in doubt
-- SPDX-License-Identifier: MIT

local effects = require "beadle.durable_effect"
local json = require "beadle.json"
local options = require "beadle.options"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local time = require "beadle.time"
local usage = require "beadle.recipe_usage"

local MOST = 1000

local WORDS = { h = "happened", n = "not", s = "skip", l = "later" }

local function take_word(text)
  for _, word in pairs(WORDS) do
    if word == text then
      return word
    end
  end
  return nil, "happened, not, skip or later"
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
}

local USAGE = [=[
Usage: beadle resolve RUN [--effect N --as happened|not|skip [--result JSON]]

Shows each effect of a run of which nobody knows whether it happened, and asks:
  h  it happened: the script gets the result that you give, and nothing is sent
  n  it did not happen: it may be sent again
  s  skip the row: nothing more is done in it
  l  later: it stays in doubt
Without a terminal it lists them; --effect and --as decide about one. Afterwards `beadle resume RUN` goes on.

]=]

local function describe(index, effect)
  local lines = { ("%d. %s %s"):format(index, effect.operation, effects.about(effect)) }
  if effect.row ~= "" then
    lines[#lines + 1] = "   row: " .. effect.row
  end
  lines[#lines + 1] = ("   sent: %s%s"):format(time.iso(effect.sent_at),
    effect.attempts > 1 and (", %d times"):format(effect.attempts) or "")
  lines[#lines + 1] = "   with: " .. (effect.params or "(forgotten)")
  local err = effect.error and effects.decode(effect.error)
  if err then
    lines[#lines + 1] = "   error: " .. tostring(err.message)
    lines[#lines + 1] = err.hint and "   how to find out: " .. err.hint or nil
  end
  if effect.probe == "repeat" then
    lines[#lines + 1] = "   `beadle resume` finds out by itself."
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

local function ask_result(console)
  while true do
    local text = console.ask "What did it return? JSON, such as {\"can_id\": 123}; empty for nothing: "
    if not text or text == "" then
      return { value = {} }
    end
    local result, must = take_result(text)
    if result then
      return result
    end
    console.err("It must be " .. must .. ".")
  end
end

local function ask_word(console)
  while true do
    local answer = console.ask "[h]appened, did [n]ot, [s]kip the row, or [l]ater? "
    local word = answer and WORDS[answer:lower():sub(1, 1)]
    if word or not answer then
      return word or "later"
    end
  end
end

local function walk(journal, list, console)
  local decided = 0
  for index, effect in ipairs(list) do
    console.err(describe(index, effect))
    local word = ask_word(console)
    local result = word == "happened" and ask_result(console) or nil
    decided = decided + (decide(journal, effect, word, result) and 1 or 0)
  end
  return decided
end

local function decide_one(journal, list, values)
  local effect = list[values.effect]
  if not effect then
    options.fail(("there is no number %d: %d %s in doubt"):format(values.effect, #list, #list == 1 and "is" or "are"))
  end
  return decide(journal, effect, values.as, values.result) and 1 or 0
end

local function write_status(id, journal)
  local meta, counts = journal:meta(), journal:counts()
  runs.write_status(id, meta, counts, meta.state == "running" and "stopped" or nil)
end

local function resolve(id, journal, values, console)
  local list = journal:unsettled(MOST)
  if #list == 0 then
    print(("Nothing in the run %s is in doubt."):format(id))
    return 0
  elseif values.as then
    decide_one(journal, list, values)
  elseif console.interactive then
    walk(journal, list, console)
  else
    for index, effect in ipairs(list) do
      print(describe(index, effect))
    end
    return 1
  end
  write_status(id, journal)
  local left = #journal:unsettled(MOST)
  print(("%s in doubt. `beadle resume %s` goes on."):format(left == 0 and "Nothing is" or left .. " still", id))
  return left == 0 and 0 or 1
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
