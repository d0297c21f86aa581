-- SPDX-License-Identifier: MIT
-- Snapshots and forks of the sandbox, of all vendors and of one, in this process and over HTTP; and how long they
-- take, which is shown and not checked: run it alone to read the figures.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local port = require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 }
local remote = sandbox.at(("http://127.0.0.1:%d/"):format(port))

local function create(name)
  return isograd.create_candidate { gen_id = 3, ema = name .. "@example.org", fst_nam = name, lst_nam = "X" }
end

local function create_user(name)
  return syfadis.create_user { FirstName = name, LastName = "X", Login = name }
end

-- How many candidates and users there are.
local function there()
  return { #sandbox.isograd.candidates(), #sandbox.syfadis.users() }
end

local before

test.before_each(function()
  sandbox.reset()
  before = there()
end)

local function more(candidates, users)
  return { before[1] + candidates, before[2] + users }
end

describe("all vendors", function()
  it("are put back together, as often as one likes", function()
    create "ada"
    local number = sandbox.snapshot()
    create "bob"
    create_user "cay"
    for _ = 1, 2 do
      sandbox.restore(number)
      same(there(), more(1, 0))
      create_user "dee"
      same(there(), more(1, 1))
    end
    sandbox.reset()
    same(there(), before)
    sandbox.restore(number)
    same(there(), more(1, 0))
  end)

  it("may be put back one by one", function()
    local number = sandbox.snapshot()
    create "ada"
    create_user "bob"
    sandbox.syfadis.restore { snapshot = number }
    same(there(), more(1, 0))
  end)

  it("have no snapshot that was never taken, or that is of one vendor", function()
    test.contains(test.raises("argument", sandbox.restore, 4711).message, "no snapshot 4711")
    local number = sandbox.isograd.snapshot()
    create "ada"
    test.contains(test.raises("argument", sandbox.restore, number).message, "of all vendors")
    test.contains(test.raises("argument", sandbox.syfadis.restore, { snapshot = number }).message, "of syfadis")
    same(there(), more(1, 0))
  end)

  it("forget a snapshot when told", function()
    local number = sandbox.snapshot()
    sandbox.isograd.restore { snapshot = number, forget = true }
    test.raises("argument", sandbox.isograd.restore, { snapshot = number })
    test.raises("argument", sandbox.restore, number)
    sandbox.syfadis.restore { snapshot = number }
  end)

  it("refuse what they do not know", function()
    test.contains(test.raises("argument", sandbox.isograd.restore, { snapshto = 1 }).message, "did you mean snapshot?")
    test.raises("argument", sandbox.isograd.snapshot, { name = "x" })
    local url = ("http://127.0.0.1:%d/_sandbox/all/"):format(port)
    equal(http.post(url .. "candidates", { json = {} }).status, 400)
    equal(http.post(url .. "snapshot", { json = { name = "x" } }).status, 400)
  end)
end)

-- The same for the sandbox in this process and for one that is reached by its address.
local function forks(which)
  it("gives the results of its function, of whose doings nothing stays", function()
    same({ which.fork(function(name, number)
      create(name)
      create_user(name)
      same(there(), more(1, 1))
      return name, nil, number
    end, "ada", 7) }, { "ada", nil, 7 })
    same(there(), before)
    equal(sandbox.isograd.counts().create_candidate, nil)
  end)

  it("sees what was there before", function()
    create "ada"
    which.fork(function() same(there(), more(1, 0)) end)
    same(there(), more(1, 0))
  end)

  it("puts back when the function raises", function()
    local err = error_value.new { kind = "rejected", message = "enough" }
    local ok, raised = pcall(which.fork, function()
      create "ada"
      error(err, 0)
    end)
    same({ ok, rawequal(raised, err) }, { false, true })
    same(there(), before)
  end)

  it("puts back when it is cancelled", function()
    local begun
    test.raises("timeout", async.timeout, "50 ms", which.fork, function()
      create "ada"
      begun = there()
      async.sleep "1 h"
    end)
    same(begun, more(1, 0))
    same(there(), before)
  end)

  it("waits for the tasks that its function began", function()
    which.fork(function()
      async.spawn(function()
        async.sleep "5 ms"
        create "ada"
      end)
    end)
    same(there(), before)
  end)

  it("may be within another", function()
    which.fork(function()
      create "ada"
      which.fork(function()
        create "bob"
        same(there(), more(2, 0))
        which.syfadis.fork(create_user, "cay")
        pcall(which.isograd.fork, error, "x")
        same(there(), more(2, 0))
      end)
      same(there(), more(1, 0))
    end)
    same(there(), before)
  end)

  it("that overlaps with others leaves nothing, whoever ends first", function()
    async.map({ 30, 5, 15, 1, 20 }, { concurrency = 5 }, function(wait, index)
      which.fork(function()
        create("p" .. index)
        async.sleep(wait / 1000)
      end)
    end)
    same(there(), before)
  end)

  it("of one vendor leaves the others alone", function()
    which.isograd.fork(function()
      create "ada"
      create_user "bob"
      same(there(), more(1, 1))
    end)
    same(there(), more(0, 1))
  end)

  it("keeps its settings and faults to itself", function()
    which.fork(function()
      sandbox.isograd.set { error_status = 400 }
      sandbox.isograd.fault { kind = "status", status = 503, times = 100 }
    end)
    equal(sandbox.isograd.set({}).error_status, 200)
    create "ada"
  end)
end

describe("a fork", function() forks(sandbox) end)
describe("a fork over HTTP", function() forks(remote) end)

describe("a request that the vendor made", function()
  it("is noted where it was made, and not mistaken for another", function()
    local page = ("http://127.0.0.1:%d/admin/x"):format(port)
    local function finish(email)
      local added = isograd.add_another_test { ema = email, tst_frm_id = 101, cal_bac_pag = page }
      sandbox.isograd.finish_test { pla_tst_id = added.pla_tst_id }
    end
    local function ended(count)
      repeat
        async.sleep "2 ms"
        local calls = sandbox.isograd.calls()
      until #calls == count and calls[count].state == "done"
      return sandbox.isograd.calls()
    end
    finish "zoe.dexemple@example.org"
    local number = sandbox.isograd.snapshot() -- the call is under way
    ended(1)
    finish "grace.hopper@example.org"
    equal(ended(2)[2].id, sandbox.isograd.calls()[1].id + 1)
    sandbox.isograd.restore { snapshot = number }
    local calls = sandbox.isograd.calls()
    same({ #calls, calls[1].state, calls[1].status }, { 1, "done", 200 })
  end)
end)

-- ---------------------------------------------------------------------------------------------------
-- How long it takes

local ROUNDS = 250

local function nothing() end

-- Milliseconds that one of many rounds takes.
local function duration(act)
  local started = time.elapsed()
  for _ = 1, ROUNDS do
    act()
  end
  return (time.elapsed() - started) / ROUNDS * 1000
end

local function measure(name, which)
  local number = which.snapshot()
  local restore = which == sandbox and function() sandbox.restore(number) end
    or function() which.restore { snapshot = number } end
  print(("        %-24s  %5.2f  %8.2f  %7.2f  %5.2f"):format(name, duration(which.reset),
    duration(which.snapshot), duration(restore), duration(function() which.fork(nothing) end)))
end

-- Fills the log, whose requests the states share.
local function fill_log(vendor)
  local fetch = { isograd = isograd.list_available_credits, syfadis = function() syfadis.list_users { top = 1 } end }
  for _ = 1, fetch[vendor] and 1000 or 0 do
    fetch[vendor]()
  end
end

describe("how long it takes (ms)", function()
  it("reset, snapshot, restore and fork, of each vendor", function()
    print "                                  reset  snapshot  restore   fork"
    for _, vendor in ipairs(catalogue.vendors()) do
      measure(vendor, sandbox[vendor])
    end
    measure("all", sandbox)
    for _, vendor in ipairs { "isograd", "syfadis" } do
      fill_log(vendor)
      local number = sandbox[vendor].snapshot()
      local take = duration(sandbox[vendor].snapshot)
      print(("        %s, after 1000 requests: snapshot %.2f, restore %.2f"):format(vendor, take,
        duration(function() sandbox[vendor].restore { snapshot = number } end)))
    end
    equal(json.encode(there()), json.encode(before))
  end)
end)

test.run()
