-- SPDX-License-Identifier: MIT
-- A run of a recipe that nothing happens to, or that is killed and gone on with until its end. For
-- stdlib/crash_points.lua.
--
-- job: what stdlib/crash_site.lua wants, and words (the command line of the first program), arguments (of the recipe),
-- pause (seconds for which a killed run lies still).
--   undisturbed(job, { later = }) -> run      later: seconds by which it begins later
--   killed_at(job, point) -> run              point: { operation, number, phase }
--   killed_after(job, moments) -> run         real seconds for which each program lives; then one that is left alone
-- run: effects, mails (stdlib/crash_seen.lua), events, status, seconds, said, calls, reached, outside, why, hung, rows,
-- doubts, exact.

local calls = require "beadle.test_calls"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local run_journal = require "beadle.run_journal"
local seen = require "beadle.crash_seen"
local site_of = require "beadle.crash_site"

local M = {}

local MOST_RESUMES, MOST_DOUBTS = 5, 1000

-- ---------------------------------------------------------------------------------------------------
-- What the journal says

local function all_rows(journal)
  local rows, after = {}, ""
  repeat
    local page = journal:rows { after = after }
    for _, row in ipairs(page) do
      rows[row.key], after = row.state, row.key
    end
  until #page == 0
  local script = journal:row "" -- the one row of a script comes after nothing
  rows[""] = script and script.state or nil
  return rows
end

-- Of a row that is done nothing is in doubt: one that looks what is there before it asks for an effect may have found
-- it done, and not have asked again.
local function doubts_of(journal, rows)
  local list = {}
  for _, effect in ipairs(journal:unsettled(MOST_DOUBTS)) do
    if rows[effect.row] ~= "done" and rows[effect.row] ~= "skipped" then
      list[#list + 1] = { row = effect.row, operation = effect.operation, probe = effect.probe,
        about = effects.about(effect) }
    end
  end
  return list
end

-- A journal that was killed while it was made has nothing in it, and nothing was sent.
local function is_unmade(err)
  return error_value.is(err) and (err.empty or err.message:find("given up while it was made", 1, true) ~= nil)
end

-- The newest run that can be gone on with; what was given up before it had done anything is begun anew.
local function open_newest(site)
  for _, id in ipairs(site:runs()) do
    local ok, journal = pcall(run_journal.open, { path = site:path_of(id), note = "beadle test --crash-points" })
    if not ok and not is_unmade(journal) then
      error(journal, 0)
    end
    local meta = ok and journal:meta()
    if ok and meta.command then
      return id, journal, meta
    elseif ok then
      journal:close()
    end
  end
end

-- state_of(site) -> { id, state, rows, doubts, left_out }; without id when nothing was kept, and so nothing was sent.
local function state_of(site)
  local id, journal, meta = open_newest(site)
  if not id then
    return { rows = {}, doubts = {} }
  end
  local _ <close> = journal
  local rows = all_rows(journal)
  return { id = id, state = meta.state, rows = rows, doubts = doubts_of(journal, rows), left_out = meta.left_out or {} }
end

-- ---------------------------------------------------------------------------------------------------
-- Going on

-- Options that hold secrets are not kept with the command line.
local function secrets_again(job, left_out)
  local words = {}
  for _, name in ipairs(left_out) do
    for index, word in ipairs(job.arguments) do
      if word == name then
        table.move(job.arguments, index, index + 1, #words + 1, words)
      elseif word:sub(1, #name + 1) == name .. "=" then
        words[#words + 1] = word
      end
    end
  end
  return words
end

local function next_words(job, state)
  if not state.id then
    return job.words
  end
  local words = { "resume", state.id, "--" }
  local secrets = secrets_again(job, state.left_out)
  return table.move(secrets, 1, #secrets, #words + 1, words)
end

-- What must change, or going on once more changes nothing.
local function outline(state)
  local keys, parts = {}, {}
  for key in pairs(state.rows) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for index, key in ipairs(keys) do
    parts[index] = key .. "=" .. state.rows[key]
  end
  return ("%s %s %d %s"):format(tostring(state.id), tostring(state.state), #state.doubts, table.concat(parts, " "))
end

-- go_on(site, job, options) -> how the last program ended, and the journal's state then.
local function go_on(site, job, options)
  local state, last = state_of(site), nil
  site:advance(job.pause)
  for _ = 1, MOST_RESUMES do
    local before = outline(state)
    last = site:start(next_words(job, state), options)
    state = state_of(site)
    local is_over = last.status == 0 and not last.signal or #state.doubts > 0 or last.hung
    if is_over or outline(state) == before then
      break
    end
  end
  return last, state
end

-- ---------------------------------------------------------------------------------------------------
-- Runs

local function said(result)
  return (result.err ~= "" and result.err or result.out)
end

local function ended(site, first, last, state)
  if first.reached and first.signal == nil then
    error(error_value.new { kind = "internal", outcome = "none",
      message = "the program was not killed where it stood" }, 0)
  end
  local run = seen.of(site)
  run.events, run.reached, run.outside = first.events, first.reached, last.outside
  run.status, run.seconds, run.why, run.hung = last.status, first.seconds, last.why or first.why, last.hung
  run.first_said, run.said, run.rows, run.doubts, run.exact = said(first), said(last), state.rows, state.doubts, true
  run.calls = calls.lines(site.sandbox, site.first)
  return run
end

function M.undisturbed(job, options)
  local site <close> = site_of.open(job)
  if options.later then
    site:advance(options.later)
  end
  local only = site:start(job.words, { one_by_one = true })
  return ended(site, only, only, state_of(site))
end

function M.killed_at(job, point)
  local site <close> = site_of.open(job)
  local first = site:start(job.words, { one_by_one = true, point = point })
  if not first.reached then
    return ended(site, first, first, state_of(site))
  end
  return ended(site, first, go_on(site, job, { one_by_one = true }))
end

function M.killed_after(job, moments)
  local site <close> = site_of.open(job)
  local first
  for _, seconds in ipairs(moments) do
    local state = state_of(site)
    local result = site:start(next_words(job, state), { kill_after = seconds })
    first = first or result
    if not result.signal then -- it has come to its end
      break
    end
  end
  return ended(site, first, go_on(site, job, {}))
end

return M
