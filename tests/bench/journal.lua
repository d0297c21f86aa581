-- SPDX-License-Identifier: MIT
-- Speed of the journal of durable runs: commits one after the other, effects of many tasks, opening, and what a run of
-- effects costs beside the same run without a journal. Run by `cmake --build BUILD --target bench`.
--
--   beadle bench/journal.lua [EFFECTS]      EFFECTS in the journal that is opened; 1000000 unless said

local async = require "beadle.async"
local durable = require "beadle.durable"
local fs = require "beadle.fs"
local http = require "beadle.http"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local time = require "beadle.time"

local IN_FLIGHT = 64
local SINGLE = 3000
local GROUPED = 100000
local CALLS = 6000

local folder = os.tmpname()
os.remove(folder)
fs.make_folder(folder)
runs.folder = function() return folder end

local function clean()
  for _, entry in ipairs(fs.list(folder)) do
    os.remove(folder .. "/" .. entry.name)
  end
  os.remove(folder)
end

local function seconds(fn)
  local began = time.elapsed()
  fn()
  return time.elapsed() - began
end

local function effect(index)
  local key = ('{"ema":"p%08d@example.org","tst_frm_id":101}'):format(index)
  return { row = tostring(index % 100000), operation = "works.add", key = key, occurrence = 1, effect = "create",
    probe = "repeat", params = key, params_hash = ("h"):rep(44) }
end

local function one_after_the_other(journal)
  for index = 1, SINGLE do
    journal:intent(effect(index))
  end
end

local function grouped(journal, first, count)
  async.scope(function()
    for worker = 1, IN_FLIGHT do
      async.spawn(function()
        for index = first + worker, first + count, IN_FLIGHT do
          local each = journal:intent(effect(index))
          journal:outcome(each, "done", { answer = '{"pla_tst_id":123456,"success":true}' })
        end
      end)
    end
  end)
end

-- Requests to a server of this program, each an effect of a row of its own.
local function calls(url, wrap)
  async.scope(function()
    for worker = 1, IN_FLIGHT do
      async.spawn(function()
        for index = worker, CALLS, IN_FLIGHT do
          wrap(("%d"):format(index), function() http.post(url, { body = "a" }) end)
        end
      end)
    end
  end)
end

local function ratio(takes)
  local server <close> = http.serve { routes = { ["POST /x"] = function()
    if takes > 0 then
      async.sleep(takes)
    end
    return "done"
  end } }
  local url = server.url .. "/x"
  local plain = seconds(function() calls(url, function(_, fn) fn() end) end)
  local run <close> = durable.new {}
  local kept = seconds(function() calls(url, function(key, fn) run:row(key, {}, fn) end) end)
  print(("  %d requests of %.0f ms, %d in flight: %.0f/s without a journal, %.0f/s with it: %.2f"):format(CALLS,
    takes * 1000, IN_FLIGHT, CALLS / plain, CALLS / kept, plain / kept))
end

print "journal:"
local path = folder .. "/bench.sqlite"
local journal = run_journal.create { path = path }
print(("  %.0f commits/s one after the other"):format(SINGLE / seconds(function() one_after_the_other(journal) end)))
print(("  %.0f effects/s of %d tasks"):format(GROUPED / seconds(function() grouped(journal, SINGLE, GROUPED) end),
  IN_FLIGHT))
local wanted = math.tointeger(tonumber(arg[1])) or 1000000
grouped(journal, SINGLE + GROUPED, math.max(0, wanted - SINGLE - GROUPED))
journal:close()
local opened = seconds(function() journal = run_journal.open { path = path } end)
print(("  %d effects: opened and checked in %.2f s"):format(wanted, opened))
journal:close()
ratio(0)
ratio(0.05)
clean()
