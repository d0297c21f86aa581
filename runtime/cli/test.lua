-- beadle test [FILE|FOLDER...]: runs tests of your own scripts in the sandbox
-- SPDX-License-Identifier: MIT

local crash = require "beadle.cli.test_crash"
local discover = require "beadle.test_discover"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local json = require "beadle.json"
local native = require "beadle.test.native"
local options = require "beadle.options"
local pool = require "beadle.test_pool"
local pretty = require "beadle.pretty"
local reports = require "beadle.test_report"
local task = require "beadle.task"
local time = require "beadle.time"
local worker = require "beadle.cli.worker"

local FORMATS = { plain = reports.plain, tap = reports.tap, junit = reports.junit, json = reports.json }
local LARGEST_SEED = 0x7fffffff

local function whole(least, what)
  return function(text)
    local number = text:find "^%d+$" and math.tointeger(tonumber(text))
    if number and number >= least then
      return number
    end
    return nil, what
  end
end

local function duration(text)
  local ok, seconds = pcall(time.seconds, text:find "^[%d.]+$" and tonumber(text) or text)
  if ok and seconds > 0 then
    return seconds
  end
  return nil, 'a duration such as "30 s" or "5 min"'
end

local function format(text)
  return FORMATS[text] and text, "plain, tap, junit or json"
end

local function clock(text)
  return text:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$" and text, "a time such as 2026-09-01T08:00:00Z"
end

local SPEC = {
  { name = "filter", value = "TEXT", doc = "only tests whose full name holds the text" },
  { name = "list", doc = "print the names of the tests, and run none" },
  { name = "bail", doc = "stop at the first failure" },
  { name = "verbose", doc = "show what tests that passed have written, too" },
  { name = "jobs", short = "j", value = "N", take = whole(1, "a number from 1 on"),
    doc = "files at once; default: one for each processor" },
  { name = "seed", value = "N", take = whole(0, "a whole number"),
    doc = "decides every random choice; a failure names the seed that repeats it" },
  { name = "format", value = "FORMAT", default = "plain", take = format, kind = "plain|tap|junit|json",
    doc = "plain (default), tap, junit or json" },
  { name = "output", short = "o", value = "FILE", doc = "write the report there, and a plain one to standard output" },
  { name = "timeout", value = "DURATION", default = 60, take = duration,
    doc = "real time for one test; default: 60 s" },
  { name = "limit", value = "DURATION", default = 366 * 86400, take = duration,
    doc = "virtual time for one test; default: 366 days" },
  { name = "clock", value = "TIME", take = clock, doc = "when each test begins; default: 2026-01-01T08:00:00Z" },
  { name = "real-time", doc = "waiting takes as long as it says" },
  { name = "crash-points", value = "RECIPE", kind = "lua",
    doc = "kill the recipe at each boundary of its effects, and go on with "
    .. "it; what follows is for the recipe" },
  { name = "crash-point", value = "POINT", list = true, take = crash.take_point,
    doc = "with --crash-points: only this one, such as 'isograd.add_test#2 after effect'" },
  { name = "kills", value = "N", default = 0, take = whole(0, "a whole number"),
    doc = "with --crash-points: so many runs more, killed at random moments" },
  { name = "pause", value = "DURATION", take = duration,
    doc = "with --crash-points: for how long a killed run lies still; default: 90 s, which take no time" },
  { name = "setup", value = "FILE", kind = "lua", doc = "with --crash-points: a script that prepares the sandbox" },
}

local USAGE = [[
Usage: beadle test [FILE|FOLDER...]
       beadle test [OPTIONS] --crash-points RECIPE [--rows FILE] [OPTIONS OF THE RECIPE]

Runs tests of your own scripts: describe, it, before_each and asserts as in busted. Each test has the sandbox for
itself, as it is at the beginning, and a clock that jumps over waiting; no test reaches a vendor. Without a file:
test_*.lua, *_test.lua and *_spec.lua here and in tests/ and spec/. `beadle doc testing` says more.

--crash-points runs a recipe as a durable run in a sandbox of its own, kills it at each boundary of each of its effects
(before the intent is written, before it is sent, when it is done and not answered, when it is answered and not written
down, after that), goes on with `beadle resume`, and compares what the vendors have in the end: it reports what was
lost, done twice or mailed twice. It runs in a copy of the current folder.

Exit status: 0 all passed, 1 some did not, 2 wrong usage or nothing to run, 130 interrupted.

]]

-- ---------------------------------------------------------------------------------------------------

local function quote(word)
  if word:find "^[%w_@%%+=:,./-]+$" then
    return word
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- The command that repeats one test exactly.
local function repeater(values, seed)
  return function(test, file)
    local words = { "beadle", "test", "--seed", tostring(seed) }
    for _, name in ipairs { "clock" } do
      if values[name] then
        words[#words + 1], words[#words + 2] = "--" .. name, values[name]
      end
    end
    if values.real_time then
      words[#words + 1] = "--real-time"
    end
    if test.number then
      words[#words + 1], words[#words + 2] = "--filter", quote(test.name)
    end
    words[#words + 1] = quote(file)
    return table.concat(words, " ")
  end
end

local function count_tests(states)
  local counts = { passed = 0, failed = 0, errors = 0, pending = 0, not_run = 0 }
  local names = { passed = "passed", failed = "failed", error = "errors", pending = "pending" }
  for _, state in pairs(states) do
    for _, test in ipairs(state.tests or {}) do
      local name = names[test.status] or "not_run"
      counts[name] = counts[name] + 1
    end
    counts.errors = counts.errors + (state.broken and 1 or 0)
  end
  return counts
end

local function list_of(states, files)
  local list = {}
  for index in ipairs(files) do
    if states[index] and states[index].tests then
      list[#list + 1] = states[index]
    end
  end
  return list
end

local function print_list(states, files, as_json)
  local tests = json.array {}
  for _, state in ipairs(list_of(states, files)) do
    for _, test in ipairs(state.tests) do
      tests[#tests + 1] = { file = state.file, name = test.name, place = test.place }
      if not as_json then
        print(("%s: %s"):format(test.place or state.file, test.name))
      end
    end
    if state.broken then
      io.stderr:write(("beadle test: %s cannot be loaded: %s\n"):format(state.file, state.broken.message))
    end
  end
  if as_json then
    print(pretty.json({ version = 1, tests = tests }, { "version", "tests", "file", "name", "place" }))
  end
  return tests
end

-- What reports write to: the terminal, and the file when there is one.
local function writers(values)
  local plain = { report = reports.plain, write = function(text)
    io.write(text)
    io.stdout:flush()
  end }
  if not values.output then
    plain.report = FORMATS[values.format]
    return { plain }
  end
  local pieces = {}
  return { plain, { report = FORMATS[values.format], write = function(text) pieces[#pieces + 1] = text end,
    close = function() fs.write(values.output, table.concat(pieces), { shared = true }) end } }
end

local function each_report(run, sinks, name, ...)
  for _, sink in ipairs(sinks) do
    run.write = sink.write
    sink.report[name](run, ...)
  end
end

local function exit_status(counts, values)
  local ran = counts.passed + counts.failed + counts.errors + counts.pending
  if counts.failed + counts.errors > 0 then
    return 1
  elseif ran == 0 then
    options.fail(values.filter and ("no test has \"%s\" in its name"):format(values.filter)
      or "the files hold no tests")
  end
  return 0
end

-- work(on_file) fills `states` and may call on_file(state) for each file that has ended.
local function report_on(values, files, states, run, work)
  local sinks, started = writers(values), native.real_time()
  run.verbose = values.verbose
  each_report(run, sinks, "begin")
  local ok, err = pcall(work, function(state)
    each_report(run, sinks, "file", state)
  end)
  if not ok and not error_value.is(err, "cancelled") then
    error(err, 0)
  end
  run.interrupted = not ok or nil
  run.counts, run.seconds = count_tests(states), native.real_time() - started
  each_report(run, sinks, "finish", list_of(states, files))
  for _, sink in ipairs(sinks) do
    if sink.close then
      sink.close()
    end
  end
  if not ok then
    err.quiet = true
    error(err, 0)
  end
  return exit_status(run.counts, values)
end

local function run_all(values, files, job)
  local states = {}
  return report_on(values, files, states, { seed = job.seed, repeat_command = repeater(values, job.seed) },
    function(on_file)
      pool.run(worker.spawn, job, files, values.jobs or worker.processors(), on_file, states)
    end)
end

local function list_all(values, files, job)
  local states = {}
  pool.run(worker.spawn, job, files, values.jobs or worker.processors(), function() end, states)
  local tests = print_list(states, files, values.format == "json")
  local counts = count_tests(states)
  return counts.errors > 0 and 1 or #tests > 0 and 0 or exit_status(counts, values)
end

local function run_crash_points(values, words)
  local job = crash.job(values, words)
  local states, files = { job.state }, { job.recipe }
  task.orderly(true) -- Ctrl-C: what was done is printed
  if values.list then
    crash.run(job)
    print_list(states, files, values.format == "json")
    return 0
  end
  return report_on(values, files, states, { seed = job.seed, repeat_command = crash.repeater(values, job) },
    function(on_file)
      local ok, err = pcall(crash.run, job)
      on_file(job.state)
      if not ok then
        error(err, 0)
      end
    end)
end

local function run(...)
  local words, recipe_words = crash.split { ... }
  local values, operands = options.parse(SPEC, words)
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  end
  math.randomseed()
  values.seed = values.seed or math.random(LARGEST_SEED)
  if values.crash_points then
    return run_crash_points(values, recipe_words)
  end
  crash.refuse(values)
  local files = discover.find(operands)
  local job = { seed = values.seed, filter = values.filter, limit = values.limit,
    timeout = values.timeout, clock = values.clock, real_time = values.real_time, list = values.list,
    bail = values.bail }
  if values.list then
    return list_all(values, files, job)
  end
  task.orderly(true) -- Ctrl-C: what was done is printed
  return run_all(values, files, job)
end

return { run = run, usage = USAGE, spec = SPEC, takes = { "lua..." } }
