-- SPDX-License-Identifier: MIT
-- beadle runs show RUN [--row KEY]: what a run did, or every effect of one of its rows.

local effects = require "beadle.durable_effect"
local export = require "beadle.run_export"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"

local MOST = 20

local SPEC = {
  { name = "row", value = "KEY", doc = "every effect of this row: its key, a part of the key, or its line" },
  { name = "json", doc = "print it as JSON" },
}

local USAGE = [[
Usage: beadle runs show RUN [--row KEY] [--json]

Shows what a run did, and the rows that are not done. With --row: what was sent for one row, when, and what the
answers were. RUN is an id as `beadle runs` lists it, or its beginning or end. Secrets are never shown.

]]

local STATES = { "done", "failed", "in_doubt", "parked", "running", "skipped" }
local EFFECT_STATES = { "done", "resolved", "failed", "unknown", "intent" }

-- Nobody has the run that is shown: what was under way was stopped.
local function state_name(state)
  return state == "running" and "begun" or (state:gsub("_", " "))
end

local function counts_line(counts, order)
  local parts = {}
  for _, state in ipairs(order) do
    if (counts[state] or 0) > 0 then
      parts[#parts + 1] = ("%d %s"):format(counts[state], state_name(state))
    end
  end
  return #parts > 0 and table.concat(parts, ", ") or "none"
end

local INDENT = 12

local function say(name, value)
  if value and value ~= "" then
    local columns, text = fs.columns "stdout", tostring(value)
    if columns then -- JSON has no spaces at which it could be folded
      text = text:gsub(",([\"{%[])", ", %1")
      text = pretty.wrap(text, math.max(20, columns - INDENT), (" "):rep(INDENT))
    end
    print(("  %-9s %s"):format(name, text))
  end
end

local function error_line(text)
  local err = reader.clean(text)
  if not err then
    return nil
  elseif type(err) ~= "table" then
    return reader.line(err)
  end
  local code = err.code and (" %s"):format(err.code) or ""
  return reader.line(("%s%s: %s"):format(err.kind or "error", code, tostring(err.message)))
end

-- ---------------------------------------------------------------------------------------------------
-- A row

local function print_effect(index, effect)
  print(("\n%d. %s %s: %s"):format(index, effect.operation, reader.line(effects.about(effect)), effect.state))
  local tries = effect.attempts > 1 and (", attempt %d"):format(effect.attempts) or ""
  say("sent", reader.when(effect.sent_at) .. tries)
  if effect.ended_at then
    say("ended", ("%s, after %s"):format(reader.when(effect.ended_at),
      reader.took(math.max(0, effect.ended_at - effect.sent_at))))
  end
  say("with", effect.params and reader.line(reader.clean(effect.params)) or "(forgotten)")
  say("answer", effect.answer and reader.line(reader.clean(effect.answer)))
  say("error", error_line(effect.error))
  local err = reader.clean(effect.error)
  say("to do", type(err) == "table" and err.hint and reader.line(err.hint))
end

local function show_row(journal, word, as_json)
  local row = reader.find_row(journal, word)
  if as_json then
    print(json.encode(export.row_value(journal, row)))
    return
  end
  print(("Row %s: %s"):format(reader.line(reader.name(row.key)), state_name(row.state)))
  say("line", row.line)
  say("began", reader.when(row.began))
  say("ended", reader.when(row.ended))
  say("wakes at", reader.when(row.wake_at))
  say("cells", row.cells and reader.line(reader.clean(row.cells)))
  say("result", row.result and reader.line(reader.clean(row.result)))
  say("error", error_line(row.error))
  local list = reader.effects_of(journal, row.key)
  for index, effect in ipairs(list) do
    print_effect(index, effect)
  end
  if #list == 0 then
    print "\nNothing was sent for it that changes anything."
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The run

local function not_done(journal)
  local rows, more = {}, 0
  for _, state in ipairs { "in_doubt", "failed", "parked", "running" } do
    for row in reader.each_row(journal, state) do
      if #rows < MOST then
        rows[#rows + 1] = { row.line or "", reader.line(reader.name(row.key)), state_name(state),
          error_line(row.error) or "" }
      else
        more = more + 1
      end
    end
  end
  return rows, more
end

local function show_run(id, journal, as_json)
  local value = export.run_value(id, journal)
  if as_json then
    print(json.encode(value))
    return
  end
  print(("Run %s: %s"):format(id, value.state))
  say("script", value.script)
  say("profile", value.profile)
  say("command", type(value.command) == "table" and reader.line(table.concat(value.command, " ")))
  say("folder", value.folder)
  say("started", value.started)
  say("ended", value.ended)
  say("rows", counts_line(value.rows, STATES) .. (value.not_begun > 0 and (", %d not begun"):format(value.not_begun)
    or ""))
  say("effects", counts_line(value.effects, EFFECT_STATES))
  say("forgotten", value.forgotten and ("%d rows of people who were forgotten"):format(value.forgotten))
  local rows, more = not_done(journal)
  if #rows > 0 then
    print("\n" .. pretty.table({ "line", "row", "state", "why" }, rows, fs.columns "stdout"))
    if more > 0 then
      print(("and %d more: `beadle runs export %s` lists all."):format(more, id))
    end
    print(("\n`beadle runs show %s --row KEY` shows what was sent for one."):format(id))
  end
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 1 then
    options.fail("show needs one run", "`beadle runs` lists them.")
  end
  local id, journal = reader.open(operands[1], "beadle runs show")
  local _ <close> = journal
  if values.row then
    show_row(journal, values.row, values.json)
  else
    show_run(id, journal, values.json)
  end
  return 0
end

return { run = run, summary = "what a run did, or every effect of one row",
  usage = USAGE, spec = SPEC, takes = { "run" } }
