-- SPDX-License-Identifier: MIT
-- A journal and a loss of power: what was reported as written is there, nothing else is, and it is not taken for
-- damage.
-- BEADLE_CUTS: at how many operations of each run (0: at all); BEADLE_SEEDS: how often at each.

local disk = require "beadle.disk"
local fs = require "beadle.fs"
local test = require "beadle.test"
local workload = require "workload"
local describe, it, equal = test.describe, test.it, test.equal

local CUTS = tonumber(os.getenv "BEADLE_CUTS") or 60
local SEEDS = tonumber(os.getenv "BEADLE_SEEDS") or 4

local AGAIN = 5 -- losses of power after a loss of power

test.limit = 7200

local folders = {}

local function fresh_folder()
  local folder = os.tmpname()
  os.remove(folder)
  fs.make_folder(folder)
  folders[#folders + 1] = folder
  return folder
end

local function empty(folder)
  for _, entry in ipairs(fs.list(folder)) do
    os.remove(folder .. "/" .. entry.name)
  end
end

test.after_each(function()
  for _, folder in ipairs(folders) do
    empty(folder)
    os.remove(folder)
  end
  folders = {}
end)

local function record(options)
  local folder = fresh_folder()
  disk.watch(folder)
  options.path = folder .. "/run.sqlite"
  local told, err = workload.run(options)
  equal(err, nil)
  return told, disk.unwatch()
end

-- The operations after which the power goes: spread evenly, from the first to the last.
local function moments(taken)
  local list, first = {}, taken:before()
  local count = CUTS > 0 and math.min(CUTS, #taken - first + 1) or #taken - first + 1
  for index = 0, count - 1 do
    list[#list + 1] = count > 1 and first + (#taken - first) * index // (count - 1) or #taken
  end
  return list
end

-- Calls fn(path, at, seed) with a folder as the cut left it.
local function each_cut(taken, lying, fn, moment)
  local folder, list = fresh_folder(), moments(taken)
  list[#list + 1] = moment
  for _, at in ipairs(list) do
    for seed = 0, SEEDS - 1 do
      empty(folder)
      taken:cut { at = at, seed = seed, to = folder, lying = lying }
      fn(folder .. "/run.sqlite", at, seed, folder)
    end
  end
end

-- Of the cuts that break a promise, how many there are and what the first few break.
local function fresh_faults()
  local faults = { count = 0 }
  function faults:add(wrong, ...)
    if #wrong > 0 then
      self.count = self.count + 1
      self[#self + 1] = self.count <= 5 and ("after operation %d, seed %d: "):format(...) .. wrong[1] or nil
    end
  end
  function faults:none(cuts)
    if self.count > 0 then
      error(("%d of %d losses of power broke a promise\n%s"):format(self.count, cuts, table.concat(self, "\n")), 0)
    end
  end
  return faults
end

local function check_all(told, taken)
  local faults, count = fresh_faults(), 0
  each_cut(taken, false, function(path, at, seed)
    faults:add(told:check(path, at), at, seed)
    count = count + 1
  end, told.forgetting and told.forgetting.done) -- before anything else is written
  print(("# %d operations, %d losses of power"):format(#taken, count))
  faults:none(count)
end

-- How many cuts break a promise.
local function count_broken(told, taken, lying)
  local broken = 0
  each_cut(taken, lying, function(path, at)
    broken = broken + (#told:check(path, at) > 0 and 1 or 0)
  end)
  return broken
end

describe("a loss of power", function()
  it("takes nothing of what was reported, row after row", function()
    check_all(record { rows = 40, workers = 1 })
  end)

  it("takes nothing of what was reported, with many rows at once and a log that is often emptied", function()
    check_all(record { rows = 120, workers = 16, pages = 40 })
  end)

  it("takes nothing of what was reported, and brings nothing back that was forgotten", function()
    check_all(record { rows = 30, workers = 4, forget = true })
  end)

  it("may come again while the journal is opened and goes on", function()
    local told, taken = record { rows = 12, workers = 8, pages = 40 }
    local faults, count, deeper = fresh_faults(), 0, fresh_folder()
    each_cut(taken, false, function(path, at, seed, folder)
      if at < told.created or seed < 2 then
        return
      end
      local after = workload.known(path)
      empty(folder)
      taken:cut { at = at, seed = seed, to = folder }
      disk.watch(folder)
      workload.go_on(after, path, 1001, 1003)
      local second = disk.unwatch()
      for each = 1, AGAIN do
        empty(deeper)
        local cut = math.random(second:before(), #second)
        second:cut { at = cut, seed = each, to = deeper }
        faults:add(after:check(deeper .. "/run.sqlite", cut), at, seed)
        count = count + 1
      end
    end)
    print(("# %d second losses of power"):format(count))
    faults:none(count)
  end)
end)

describe("the simulated disk", function()
  it("finds promises that are not kept by a disk that lies about syncs", function()
    local told, taken = record { rows = 40, workers = 4 }
    local broken = count_broken(told, taken, true)
    print(("# %d broken"):format(broken))
    test.truthy(broken > CUTS * SEEDS // 10)
  end)
end)

test.run()
