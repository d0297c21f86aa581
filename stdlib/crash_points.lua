-- SPDX-License-Identifier: MIT
-- `beadle test --crash-points`: a recipe is killed at each boundary of each of its effects, gone on with, and compared
-- with a run that nothing happened to. For runtime/cli/test.lua.
--
-- run(job, on_progress) -> nothing; fills job.state, { file, tests, seconds } as reports have it, while it runs
-- job: what stdlib/crash_run.lua wants, and recipe (the name for reports), count (points at once), chosen (names of
-- points, or nil), kills (runs that are killed at random moments), bail, list.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local options = require "beadle.options"
local runs = require "beadle.crash_run"
local testing = require "beadle.test.native"
local verdict = require "beadle.crash_verdict"

local M = {}

M.PHASES = { "before intent", "before send", "after effect", "after answer", "after commit" }

-- Our assumption: shows everything that one kill would not, such as a kill while the run is being gone on with.
local MOST_KILLS_OF_ONE = 3

-- point_of("isograd.add_test#2 after effect") -> { operation, number, phase }, or nil and what it must be
function M.point_of(text)
  local operation, number, phase = text:match "^(%S+)#(%d+) (.+)$"
  for _, each in ipairs(M.PHASES) do
    if each == phase then
      return { operation = operation, number = math.tointeger(tonumber(number)), phase = phase, name = text }
    end
  end
  local nearest = phase and catalogue.nearest(phase, M.PHASES)
  return nil, ("an effect and a boundary, such as \"isograd.add_test#2 %s\": %s"):format(nearest or "after effect",
    table.concat(M.PHASES, ", "))
end

-- ---------------------------------------------------------------------------------------------------
-- The undisturbed run

local WAITS = "A recipe that waits for somebody who is not in the sandbox cannot be tested in this way. What vendors "
  .. "do by themselves, such as a test that ends, a script says that --setup names; --timeout gives it longer."
local NEEDS = "What it needs to find in the sandbox, a script makes that --setup names. Options of `beadle test` go "
  .. "before --crash-points; those behind the recipe are its own."
local OUTSIDE = "It reads %s, which no vendor of the sandbox is: what depends on that cannot be tested in this way."

-- Why nothing can be said about a recipe: it does not come to its end even when nothing happens to it. Else nil.
local function problem_of(run)
  local is_done = run.status == 0 and #run.doubts == 0
  if is_done and not run.hung then
    return nil
  end
  local what = run.hung and run.why or "it does not come to its end when nothing happens to it: exit status "
    .. tostring(run.status)
  local hint = run.outside[1] and OUTSIDE:format(run.outside[1]) or run.hung and WAITS or NEEDS
  local said = run.said:gsub("%s+$", "")
  return ("%s\n%s%s"):format(what, said ~= "" and ("It said:\n%s\n"):format(said) or "", hint)
end

local function check_events(job, run)
  if #run.events == 0 then
    options.fail(("%s has done nothing that could be lost or done twice: it only reads"):format(job.recipe),
      "Give it rows, or prepare the sandbox with --setup, so that it has something to do.")
  end
end

-- Which row each effect belongs to: what the vendors have, and what the program told, are in the same order.
local function know_rows(run)
  local told = {}
  run.where = {}
  for _, event in ipairs(run.events) do
    local list = told[event.operation] or {}
    told[event.operation] = list
    list[#list + 1] = event.ok and event or nil
    run.where[event.operation] = event.where
  end
  for _, effect in ipairs(run.effects) do
    local event = table.remove(told[effect.operation] or {}, 1)
    effect.row = event and event.row or nil
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Tests

local function story_of(findings, run)
  local parts = { verdict.story(findings) }
  if run.said ~= "" then
    parts[#parts + 1] = "The program that went on said:\n" .. run.said
  end
  return table.concat(parts, "\n")
end

local function judge(test, findings, doubts, run, place)
  if #findings > 0 then
    test.status = "failed"
    test.failure = { message = story_of(findings, run), trace = {}, place = place }
    test.calls = run.calls
    test.findings = findings
  else
    test.status = "passed"
  end
  if #doubts > 0 then
    test.why = "in doubt, a person decides: " .. table.concat(doubts, "; ")
    test.out = #findings == 0 and test.why .. "\n" or nil -- in reports that know no such word
  end
end

local function missed(run)
  if run.hung then
    return { { kind = "hung", text = run.why } }
  end
  return { { kind = "missed", text = ("the program ended with exit status %s and did not come to it"):format(
    tostring(run.status)) } }
end

local function try_point(job, reference, test)
  local run = runs.killed_at(job, test.point)
  run.where, run.exact = reference.where, not reference.unsteady
  if not run.reached then
    run.said = run.first_said
    return judge(test, missed(run), {}, run, test.place)
  end
  local findings, doubts = verdict.of(reference, run)
  judge(test, findings, doubts, run, test.place)
end

local function try_kills(job, reference, test)
  local run = runs.killed_after(job, test.moments)
  run.where, run.exact = reference.where, false -- rows may have come in another order
  local findings, doubts = verdict.of(reference, run)
  judge(test, findings, doubts, run)
end

local UNSTEADY = "The same rows do not give the same effects an hour later: what an effect is known by follows from "
  .. "the time, from random numbers or from something outside. When the run goes on it is another, and is sent again."

-- A run of its own that begins later, as one that goes on does. Without it what follows from the time is not seen.
local function try_later(job, reference, test)
  local run = runs.undisturbed(job, { later = job.later })
  run.where = reference.where
  local findings = verdict.of(reference, run)
  judge(test, findings, {}, run)
  if test.failure then
    test.failure.message = verdict.list(findings) .. "\n" .. UNSTEADY
    reference.unsteady = true
  end
end

local function errors_of(test, err)
  if error_value.is(err, "cancelled") or error_value.is(err) and err.exit == 2 then
    error(err, 0)
  end
  test.status = "error"
  test.failure = { message = error_value.is(err) and err.message or tostring(err), trace = {}, place = test.place }
end

local function run_test(job, reference, test)
  local began = testing.real_time()
  local ok, err = pcall(test.try, job, reference, test)
  test.seconds = testing.real_time() - began
  if not ok then
    errors_of(test, err)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Which there are

local function phases_of(event)
  return event.outside and { "before send", "after effect", "after answer" } or M.PHASES
end

local function add_points(tests, events)
  for _, event in ipairs(events) do
    for _, phase in ipairs(phases_of(event)) do
      tests[#tests + 1] = { name = ("%s#%d %s"):format(event.operation, event.number, phase), try = try_point,
        place = event.where, point = { operation = event.operation, number = event.number, phase = phase } }
    end
  end
end

-- How long each program lives: decided by the seed alone.
local function moments_of(seed, number, seconds)
  math.randomseed(seed, number)
  local list = { math.random() * seconds * 1.1 }
  while #list < MOST_KILLS_OF_ONE and math.random() < 0.5 do
    list[#list + 1] = math.random() * seconds
  end
  return list
end

local function add_kills(tests, job, seconds)
  for number = 1, job.kills or 0 do
    tests[#tests + 1] = { name = ("killed at random #%d"):format(number), try = try_kills,
      moments = moments_of(job.seed, number, seconds) }
  end
end

local function chosen_only(tests, chosen)
  local by_name, names, list = {}, {}, {}
  for _, test in ipairs(tests) do
    by_name[test.name] = test
    names[#names + 1] = test.name
  end
  for _, name in ipairs(chosen) do
    if not by_name[name] then
      local nearest = catalogue.nearest(name, names)
      options.fail(("there is no crash point %s"):format(name), nearest and ("Did you mean \"%s\"?"):format(nearest)
        or "--list prints them.")
    end
    list[#list + 1] = by_name[name]
  end
  return list
end

local function all_tests(job, reference, first)
  local tests = {}
  add_points(tests, reference.events)
  if job.chosen then
    tests = chosen_only(tests, job.chosen)
  else
    table.insert(tests, 1, first)
  end
  add_kills(tests, job, reference.seconds)
  for number, test in ipairs(tests) do
    test.number = number
  end
  return tests
end

local function has_failed(test)
  return test.status == "failed" or test.status == "error"
end

local function has_any_failed(tests)
  for _, test in ipairs(tests) do
    if has_failed(test) then
      return true
    end
  end
  return false
end

local function counts_of(tests)
  local counts = { done = 0, failed = 0, total = #tests }
  for _, test in ipairs(tests) do
    counts.done = counts.done + (test.status == "passed" and 1 or 0)
    counts.failed = counts.failed + (has_failed(test) and 1 or 0)
  end
  return counts
end

function M.run(job, on_progress)
  local state, began = job.state, testing.real_time()
  state.file, state.tests = job.recipe, {}
  local reference = runs.undisturbed(job, {})
  local problem = problem_of(reference)
  if problem then
    state.tests[1] = { name = "undisturbed", number = 1, status = "failed", seconds = reference.seconds,
      failure = { message = problem, trace = {} }, calls = reference.calls }
    state.seconds = testing.real_time() - began
    return
  end
  check_events(job, reference)
  know_rows(reference)
  local first = { name = "undisturbed, an hour later", try = try_later }
  state.tests = all_tests(job, reference, first)
  if job.list then
    return
  end
  run_test(job, reference, first)
  async.map(state.tests, { concurrency = job.count }, function(test)
    if not test.status and not (job.bail and has_any_failed(state.tests)) then
      run_test(job, reference, test)
    end
    on_progress(counts_of(state.tests))
    state.seconds = testing.real_time() - began
  end)
end

return M
