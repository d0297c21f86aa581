-- SPDX-License-Identifier: MIT
-- beadle.run_forget: takes one person out of a journal. What was sent stays counted: the row and its effects keep
-- their operation, state and times, under a name that says nothing, and lose all else.
--
--   person(words) -> matcher        the words are values that mean this person: an address, a number, a name
--   matcher.has(text) -> boolean    of any text; a value of JSON is compared as a whole, and within longer texts
--   find(journal, matcher) -> { rows = n, effects = n, open = n, meta = boolean, traces = }   what there is; changes
--       nothing; traces: as beadle.run_files takes them
--   forget(journal, matcher) -> the same, after it was done, in one transaction for each row;  finish(journal)
-- A row in which the person occurs goes as a whole, with all its effects and waits. Of the script's own row only the
-- effects go in which the person occurs.

local effects = require "beadle.durable_effect"
local json = require "beadle.json"
local reader = require "beadle.run_reader"
local run_files = require "beadle.run_files"
local run_journal = require "beadle.run_journal"

local M = {}

local FORGOTTEN = "[forgotten]"
local MAIN = ""

-- ---------------------------------------------------------------------------------------------------
-- Who it is

local function is_letter(text, at)
  local byte = text:byte(at)
  return byte and (byte >= 0x80 or string.char(byte):find "%w" ~= nil)
end

-- Whether the word stands in the text with no letter or digit beside it.
local function stands_in(text, word)
  local from = 1
  while true do
    local first, last = text:find(word, from, true)
    if not first then
      return false
    elseif not (first > 1 and is_letter(text, first - 1)) and not is_letter(text, last + 1) then
      return true
    end
    from = first + 1
  end
end

local function matches(words, value)
  local text = tostring(value):lower()
  for _, word in ipairs(words) do
    local is_number = word:find "^%d+$"
    if text == word or not is_number and type(value) == "string" and stands_in(text, word) then
      return true
    end
  end
  return false
end

local function occurs(words, value)
  if type(value) ~= "table" then
    return (type(value) == "string" or type(value) == "number") and matches(words, value)
  end
  for name, inner in pairs(value) do
    if type(name) == "string" and matches(words, name) or occurs(words, inner) then
      return true
    end
  end
  return false
end

-- A body is often JSON within JSON, or a form: `decode` has opened the first.
local function has(words, text)
  if not text then
    return false
  end
  local ok, value = pcall(effects.decode, text)
  return ok and occurs(words, value) or occurs(words, text)
end

function M.person(list)
  local words = {}
  for index, word in ipairs(list) do
    words[index] = word:lower()
  end
  return { words = words, has = function(text) return has(words, text) end }
end

-- ---------------------------------------------------------------------------------------------------
-- Where it is

local ROW_TEXTS = { "key", "cells", "result", "error" }
local EFFECT_TEXTS = { "row", "key", "params", "answer", "error" }

local function any(person, record, names)
  for _, name in ipairs(names) do
    if record[name] and person.has(record[name]) then
      return true
    end
  end
  return false
end

local function has_wait(journal, person, key)
  for _, wait in ipairs(journal:waits(key)) do
    if person.has(wait.value) then
      return true
    end
  end
  return false
end

-- The keys of the rows that go as a whole, and the effects of the script's own row.
local function gather(journal, person)
  local keys, own, row_has = {}, {}, {}
  local function add(key)
    if not row_has[key] then
      row_has[key] = true
      keys[#keys + 1] = key
    end
  end
  for row in reader.each_row(journal) do
    if row.key ~= MAIN and (any(person, row, ROW_TEXTS) or has_wait(journal, person, row.key)) then
      add(row.key)
    end
  end
  for effect in reader.each_effect(journal) do
    if any(person, effect, EFFECT_TEXTS) then
      if effect.row == MAIN then
        own[#own + 1] = effect
      else
        add(effect.row)
      end
    end
  end
  return keys, own
end

local function count_open(found, effect)
  found.effects = found.effects + 1
  if effect.state == "intent" or effect.state == "unknown" then
    found.open = found.open + 1
  end
end

local function count(journal, keys, own)
  local found, rows = { rows = #keys, effects = 0, open = 0 }, {}
  for _, key in ipairs(keys) do
    rows[#rows + 1] = journal:row(key)
    for _, effect in ipairs(journal:effects(key)) do
      count_open(found, effect)
    end
  end
  for _, effect in ipairs(own) do
    count_open(found, effect)
  end
  found.traces = run_files.traces(rows)
  return found
end

local function main_row_has(journal, person)
  local row = journal:row(MAIN)
  return row and any(person, row, ROW_TEXTS) or has_wait(journal, person, MAIN) or false
end

local function spent_has(journal, person)
  for _, each in ipairs(journal.db:run "SELECT DISTINCT row,person,key FROM spent") do
    if person.has(each.row) or person.has(each.person) or person.has(each.key) then
      return true
    end
  end
  return false
end

function M.find(journal, person)
  local keys, own = gather(journal, person)
  local found = count(journal, keys, own)
  found.meta = journal:meta().forgetting == true or person.has(json.encode(journal:meta()))
    or main_row_has(journal, person) or spent_has(journal, person)
  return found
end

-- ---------------------------------------------------------------------------------------------------
-- Taking it out

local TABLES = {}
for _, each in ipairs(run_journal.TABLES) do
  TABLES[each.name] = each
end

local function put(db, each, record)
  local values, places = {}, {}
  for index, name in ipairs(each) do
    values[index], places[index] = record[name], "?" .. index
  end
  local all = table.concat(places, ",")
  db:post(("INSERT INTO %s(%s,sum) VALUES(%s,beadle_sum(%s))"):format(each.name, table.concat(each, ","), all, all),
    table.unpack(values, 1, #each))
end

-- A name under which nothing lies yet.
local function new_names(journal)
  local last = 0
  local names = journal.db:run("SELECT key FROM row WHERE key GLOB 'forgotten [0-9]*' UNION ALL SELECT key FROM effect "
    .. "UNION ALL SELECT key FROM spent")
  for _, found in ipairs(names) do
    local number = found.key:match "^\"?forgotten (%d+)"
    last = math.max(last, math.tointeger(tonumber(number or 0)) or 0)
  end
  return function()
    last = last + 1
    return ("forgotten %d"):format(last)
  end
end

local KEPT_ROW = { "began", "ended" }
local KEPT_EFFECT = { "operation", "effect", "probe", "state", "sent_at", "ended_at", "attempts" }

local function copy(record, names)
  local kept = {}
  for _, name in ipairs(names) do
    kept[name] = record[name]
  end
  return kept
end

-- What is open is nobody's to settle any more; it is told apart by its state.
local function put_effect(db, effect, row, name)
  local kept = copy(effect, KEPT_EFFECT)
  kept.row, kept.key, kept.occurrence = row, json.encode(name), effect.occurrence
  if kept.state == "intent" or kept.state == "unknown" then
    kept.state = "forgotten"
  end
  put(db, TABLES.effect, kept)
end

local DELETE_EFFECT = "DELETE FROM effect WHERE row=?1 AND operation=?2 AND key=?3 AND occurrence=?4"

local function forget_row(journal, key, names)
  local db, row, list = journal.db, journal:row(key), journal:effects(key)
  local name = names()
  db:post("DELETE FROM wait WHERE row=?1", key)
  db:post("DELETE FROM effect WHERE row=?1", key)
  db:post("DELETE FROM row WHERE key=?1", key)
  if row then
    local kept = copy(row, KEPT_ROW)
    kept.key, kept.state = name, row.state == "done" and "done" or "skipped"
    put(db, TABLES.row, kept)
  end
  for _, effect in ipairs(list) do
    put_effect(db, effect, name, names())
  end
  db:run "SELECT 1" -- all of it is on the disk
end

local SPENT = TABLES.spent
local DELETE_SPENT = "DELETE FROM spent WHERE unit=?1 AND person=?2 AND row=?3 AND operation=?4 AND key=?5 AND "
  .. "occurrence=?6"

-- What was used up stays counted.
local function forget_spent(journal, person, is_gone, names)
  for _, each in ipairs(journal.db:run(("SELECT %s FROM spent"):format(table.concat(SPENT, ",")))) do
    if is_gone[each.row] or person.has(each.row) or person.has(each.person) or person.has(each.key) then
      journal.db:post(DELETE_SPENT, each.unit, each.person, each.row, each.operation, each.key, each.occurrence)
      each.row, each.key = each.row ~= MAIN and names() or MAIN, json.encode(names())
      each.person = each.person ~= "" and names() or ""
      put(journal.db, SPENT, each)
    end
  end
end

local function forget_own(journal, effect, names)
  journal.db:post(DELETE_EFFECT, effect.row, effect.operation, effect.key, effect.occurrence)
  put_effect(journal.db, effect, MAIN, names())
end

local function blank(person, value)
  if type(value) == "table" then
    for name, inner in pairs(value) do
      value[name] = blank(person, inner)
    end
    return value
  end
  local found = type(value) == "string" and person.has(value) or type(value) == "number" and person.has(tostring(value))
  return found and FORGOTTEN or value
end

local function forget_main(journal, person)
  local row = journal:row(MAIN)
  for _, wait in ipairs(row and journal:waits(MAIN) or {}) do
    if person.has(wait.value) then
      journal:set_wait(MAIN, wait.kind, wait.occurrence, FORGOTTEN)
    end
  end
  if not row or not any(person, row, ROW_TEXTS) then
    return
  end
  local kept = copy(row, { "key", "line", "state", "wake_at", "began", "ended" })
  for _, name in ipairs { "cells", "result", "error" } do
    kept[name] = row[name] and effects.encode(blank(person, effects.decode(row[name]))) or nil
  end
  journal.db:post("DELETE FROM row WHERE key=?1", MAIN)
  put(journal.db, TABLES.row, kept)
end

function M.forget(journal, person)
  local keys, own = gather(journal, person)
  local found, names = count(journal, keys, own), new_names(journal)
  journal:set_meta { forgetting = true } -- a stop from here on leaves something to do
  local is_gone = {}
  for _, key in ipairs(keys) do
    is_gone[key] = true
  end
  forget_spent(journal, person, is_gone, names) -- before the rows, by which it is found again after a stop
  for _, key in ipairs(keys) do
    forget_row(journal, key, names)
  end
  for _, effect in ipairs(own) do
    forget_own(journal, effect, names)
  end
  forget_main(journal, person)
  local meta = journal:meta()
  local command = meta.command
  meta.forgotten = (meta.forgotten or 0) + #keys + #own
  meta.command = command and blank(person, command)
  journal:set_meta(blank(person, meta))
  journal:check()
  journal.db:run "VACUUM"
  return found
end

-- When the files that were made of the run are without the person too.
function M.finish(journal)
  journal:set_meta { forgetting = false }
end

return M
