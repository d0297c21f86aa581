-- SPDX-License-Identifier: MIT
-- What is wrong with a run that was killed and gone on with, beside one that nothing happened to. For
-- stdlib/crash_points.lua.
--
-- verdict.of(reference, run) -> findings, doubts
--   reference   { effects, mails } as crash_seen gives them; each effect may have `row`, that of the recipe
--   run         the same, and: exact (rows came in the same order, so that vendors gave the same numbers), status (the
--               exit status of the last program), said (what it wrote), doubts (effects of the journal that are in
--               doubt), rows (state by key), where (place in the recipe by operation)
-- findings: list of { kind, text }; doubts: list of texts.

local M = {}

-- Kinds: why it usually happens, and what to do.
M.ADVICE = {
  duplicate = "An effect is known again by its row, operation and natural key. It was asked for again with another "
    .. "key, or outside of a row, where nothing is kept. Let the key follow from the row alone: not from the time, "
    .. "from a file that changes, or from random numbers drawn for all rows together.",
  ["second mail"] = "Somebody gets the same e-mail twice. It was sent again, or by a request that the journal could "
    .. "not know again: one whose address differs each time, or that is made outside of a row.",
  lost = "It was not done when the run went on. Usually the recipe keeps outside of the journal, in a file or a "
    .. "variable, that it was done, and believes that.",
  other = "The run decided otherwise when it went on. What it decides by is not the same after a stop: the time of "
    .. "day, a file that it has changed itself, random numbers, or what a vendor says now that the effect has "
    .. "happened. context.remember(fn, ...) keeps such an answer with the row.",
  ["in doubt"] = "The journal could not settle it, though the operation's record says how.",
  stopped = "The run could not be gone on with. What the program said is below.",
  missed = "The undisturbed run came to this effect, and this one did not: the recipe does not do the same for the "
    .. "same rows.",
  hung = "The program did not end. --timeout gives it longer.",
  unsettled = "Rows are neither done nor in doubt, and `beadle resume` does not finish them.",
}

local function counted(list, text_of)
  local counts, order = {}, {}
  for _, each in ipairs(list) do
    local text = text_of(each)
    if not counts[text] then
      counts[text] = 0
      order[#order + 1] = text
    end
    counts[text] = counts[text] + 1
  end
  return counts, order
end

local function effect_text(effect)
  return effect.text
end

local function itself(text)
  return text
end

local function times(count)
  return count == 0 and "not at all" or count == 1 and "once" or count == 2 and "twice" or ("%d times"):format(count)
end

-- ---------------------------------------------------------------------------------------------------
-- Effects

local function place_of(run, operation)
  local place = operation and run.where and run.where[operation]
  return place and (" (%s)"):format(place) or ""
end

local function operation_of(text)
  return text:match "^(%S+)"
end

local function totals(effects)
  return (counted(effects, function(effect) return effect.operation end))
end

-- What the undisturbed run never did: something done once more under another key, or something else.
local function kind_of_other(operation, wanted_totals, got_totals)
  local wanted = wanted_totals[operation]
  return wanted and got_totals[operation] > wanted and "duplicate" or "other"
end

local function compare_exactly(reference, run, add)
  local wanted, order = counted(reference.effects, effect_text)
  local got, got_order = counted(run.effects, effect_text)
  local wanted_totals, got_totals = totals(reference.effects), totals(run.effects)
  local others = {} -- operations of which there are others
  for _, text in ipairs(got_order) do
    local operation = operation_of(text)
    local place = place_of(run, operation)
    if not wanted[text] then
      others[operation] = true
      add(kind_of_other(operation, wanted_totals, got_totals), ("%s was done %s, and never in the undisturbed run, in "
        .. "which %s was done %s%s"):format(text, times(got[text]), operation, times(wanted_totals[operation] or 0),
        place))
    elseif got[text] > wanted[text] then
      add("duplicate", ("%s was done %s instead of %s%s"):format(text, times(got[text]), times(wanted[text]), place))
    end
  end
  for _, text in ipairs(order) do
    local operation = operation_of(text)
    if (got[text] or 0) < wanted[text] then
      local left = ("%s was done %s instead of %s%s"):format(text, times(got[text] or 0), times(wanted[text]),
        place_of(run, operation))
      add(others[operation] and "other" or "lost", left, text, wanted[text] - (got[text] or 0))
    end
  end
end

-- Of an operation: how many keys have it once, twice, ...; vendors may have given other numbers.
local function shapes(effects)
  local by_operation, list = {}, {}
  for text, count in pairs((counted(effects, effect_text))) do
    local operation = operation_of(text)
    by_operation[operation] = by_operation[operation] or { most = 0, all = 0, keys = 0 }
    local shape = by_operation[operation]
    shape.most, shape.all, shape.keys = math.max(shape.most, count), shape.all + count, shape.keys + 1
    if shape.most == count then
      shape.text = text
    end
    list[operation] = true
  end
  local names = {}
  for name in pairs(list) do
    names[#names + 1] = name
  end
  table.sort(names)
  return by_operation, names
end

local NONE = { most = 0, all = 0, keys = 0 }

local function compare_shapes(reference, run, add)
  local wanted, names = shapes(reference.effects)
  local got, got_names = shapes(run.effects)
  for _, name in ipairs(got_names) do
    local before, now = wanted[name] or NONE, got[name]
    if now.most > before.most and before.most > 0 then
      add("duplicate", ("%s was done %s instead of %s%s"):format(now.text, times(now.most), times(before.most),
        place_of(run, name)))
    elseif now.all > before.all then
      add(before.all == 0 and "other" or "duplicate", ("%s was done %s instead of %s, with %d different keys%s"):format(
        name, times(now.all), times(before.all), now.keys, place_of(run, name)))
    end
  end
  for _, name in ipairs(names) do
    local before, now = wanted[name], got[name] or NONE
    if now.all < before.all then
      add("lost", ("%s was done %s instead of %s%s"):format(name, times(now.all), times(before.all),
        place_of(run, name)), name, before.all - now.all)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What is in doubt may not have happened, and nothing more was sent in its row

local function rows_in_doubt(run)
  local rows, some = {}, false
  for _, effect in ipairs(run.doubts) do
    rows[effect.row] = true
    some = true
  end
  return rows, some
end

-- How many of the effects of that text, or of that operation, the undisturbed run had in rows that are in doubt now.
-- One outside of all rows waits for them.
local function excused(reference, name, rows)
  local count = 0
  for _, effect in ipairs(reference.effects) do
    local is_it = effect.text == name or effect.operation == name
    count = count + (is_it and (effect.row == nil or rows[effect.row]) and 1 or 0)
  end
  return count
end

local function doubt_texts(run, add)
  local texts = {}
  for _, effect in ipairs(run.doubts) do
    if effect.probe == "none" then
      texts[#texts + 1] = ("%s %s"):format(effect.operation, effect.about)
    else
      add("in doubt", ("%s %s is in doubt, though it could be settled"):format(effect.operation, effect.about))
    end
  end
  return texts
end

local function compare_mails(reference, run, add)
  local wanted = counted(reference.mails, itself)
  local got, order = counted(run.mails, itself)
  for _, text in ipairs(order) do
    if got[text] > (wanted[text] or 0) and (wanted[text] or run.exact) then
      add(wanted[text] and "second mail" or "other", ("the e-mail to %s was sent %s instead of %s"):format(text,
        times(got[text]), wanted[text] and times(wanted[text]) or "never"))
    end
  end
end

local function check_end(run, add)
  local pending = {}
  for key, state in pairs(run.rows) do
    if state ~= "done" and state ~= "in_doubt" and state ~= "skipped" then
      pending[#pending + 1] = ("%s (%s)"):format(key == "" and "the script" or key, state)
    end
  end
  table.sort(pending)
  if run.hung then
    add("hung", run.why)
  elseif #pending > 0 then
    add("unsettled", "not done: " .. table.concat(pending, ", "))
  elseif run.status ~= 0 and #run.doubts == 0 then
    add("stopped", ("it ended with exit status %s when it was gone on with"):format(tostring(run.status)))
  end
end

function M.of(reference, run)
  local findings, rows, some = {}, rows_in_doubt(run)
  local function add(kind, text, name, count)
    local is_excused = name and some and excused(reference, name, rows) >= count
    if not is_excused then
      findings[#findings + 1] = { kind = kind, text = text }
    end
  end
  local compare = run.exact and compare_exactly or compare_shapes
  compare(reference, run, add)
  compare_mails(reference, run, add)
  local doubts = doubt_texts(run, add)
  check_end(run, add)
  return findings, doubts
end

-- What is wrong, one a line.
function M.list(findings)
  local lines = {}
  for index, finding in ipairs(findings) do
    lines[index] = ("%s: %s"):format(finding.kind, finding.text)
  end
  return table.concat(lines, "\n")
end

-- The same, and for each kind of it why and what to do.
function M.story(findings)
  local lines, told = { M.list(findings) }, {}
  for _, finding in ipairs(findings) do
    if not told[finding.kind] then
      told[finding.kind] = true
      lines[#lines + 1] = M.ADVICE[finding.kind]
    end
  end
  return table.concat(lines, "\n")
end

return M
