-- SPDX-License-Identifier: MIT
-- A journal whose calls of the system, or SQLite's allocations, fail: the first, the second, ... once, and from there
-- on, until none fails. The error is named, and what was reported is there.
-- BEADLE_ROWS: of the run. BEADLE_EVERY: only each so many-th call.

local disk = require "beadle.disk"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local test = require "beadle.test"
local workload = require "workload"
local describe, it = test.describe, test.it

local ROWS = tonumber(os.getenv "BEADLE_ROWS") or 3
local EVERY = tonumber(os.getenv "BEADLE_EVERY") or 11

test.limit = 7200

local folder = os.tmpname()
os.remove(folder)
fs.make_folder(folder)
local path = folder .. "/run.sqlite"

local function empty(of)
  for _, entry in ipairs(fs.list(of)) do
    os.remove(of .. "/" .. entry.name)
  end
end

local function run()
  return workload.run { path = path, rows = ROWS, workers = 2, pages = 20, forget = true }
end

local WORDS = { "disk I/O error", "Input/output error", "full", "No space left", "out of memory", "unable to open",
   "cannot be opened for writing", "refuses a setting", "cannot be made" }

-- What is wrong with an error as a person sees it. A read that gives less than there is cannot be told from a file that
-- was cut.
local function unnamed(err, may_seem_cut)
  if not error_value.is(err, "io") then
    return "it is no io error: " .. tostring(err)
  elseif not err.message:find(path, 1, true) then
    return "it does not name the file: " .. err.message
  elseif err.empty or (err.damaged or err.unwitnessed) and not may_seem_cut then
    return "it is taken for damage: " .. err.message
  elseif err.damaged or err.unwitnessed then
    return nil
  end
  for _, words in ipairs(WORDS) do
    if err.message:find(words, 1, true) then
      return nil
    end
  end
  return "it does not say what failed: " .. err.message
end

local function check(told, err, where, cuts, may_seem_cut)
  local wrong = {}
  wrong[1] = err and unnamed(err, may_seem_cut)
  local record = disk.unwatch()
  for _, each in ipairs(told:check(path, nil)) do
    wrong[#wrong + 1] = each
  end
  for seed = 0, cuts - 1 do
    empty(folder)
    record:cut { at = #record, seed = seed, to = folder }
    for _, each in ipairs(told:check(path, #record)) do
      wrong[#wrong + 1] = ("after a loss of power, seed %d: %s"):format(seed, each)
    end
  end
  if #wrong > 0 then
    error(("%s: %s"):format(where, table.concat(wrong, "; ", 1, math.min(#wrong, 3))), 0)
  end
end

-- fail(nth) begins it, and gives how many have failed since.
local function loop(what, fail, cuts, every)
  local nth, named, failed = 0, 0, 1
  repeat
    nth = nth + 1
    if nth % every == 0 then
      empty(folder)
      disk.watch(folder)
      fail(nth)
      local told, err = run()
      failed = fail(0)
      named = named + (err and 1 or 0)
      check(told, err, ("%s, call %d"):format(what, nth), cuts)
    end
  until failed == 0
  print(("# %s: %d calls, %d of the runs stopped with an error"):format(what, nth - 1, named))
  test.truthy(named > 0)
end

-- A journal that is whole, and cannot be read: it is whole afterwards.
local function loop_opening(what, fail, every)
  empty(folder)
  disk.watch(folder)
  local told = run()
  local record = disk.unwatch()
  local nth = 0
  local failed
  repeat
    nth = nth + every
    empty(folder)
    record:cut { at = #record * 3 // 4, seed = 1, to = folder }
    local known = workload.known(path)
    empty(folder)
    record:cut { at = #record * 3 // 4, seed = 1, to = folder }
    disk.watch(folder)
    fail(nth)
    local ok, journal = pcall(run_journal.open, { path = path })
    if ok then
      journal:close()
    end
    failed = fail(0)
    check(known, not ok and journal or nil, ("%s, call %d of opening"):format(what, nth), 3, what:find "short")
  until failed == 0
  test.truthy(told.created)
  print(("# %s: %d calls of opening"):format(what, nth - 1))
end

test.after_each(function() empty(folder) end)

for _, fault in ipairs { "eio", "enospc", "short" } do
  for _, lasting in ipairs { false, true } do
    local what = fault .. (lasting and " from there on" or " once")
    local function fail(nth)
      return disk.fail { fault = fault, nth = nth, lasting = lasting }
    end
    describe("a journal with " .. what, function()
      it("keeps what was reported", function() loop(what, fail, 3, EVERY) end)
      it("is not damaged by opening it", function() loop_opening(what, fail, EVERY) end)
    end)
  end
end

for _, lasting in ipairs { false, true } do
  local what = "no memory" .. (lasting and " from there on" or " once")
  local function fail(nth)
    return disk.fail_memory(nth, lasting)
  end
  describe("a journal with " .. what, function()
    it("keeps what was reported", function() loop(what, fail, 1, EVERY * 7) end)
    it("is not damaged by opening it", function() loop_opening(what, fail, EVERY * 7) end)
  end)
end

test.run()
os.remove(folder)
