-- SPDX-License-Identifier: MIT
-- Hooks and what waits for them, for days. Runs with --virtual-time.

local async = require "beadle.async"
local hooks = require "beadle.hook"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local DAY = 86400
local PYTHON = 101
local twin = sandbox.isograd

test.limit = 400 * DAY
test.before_each(sandbox.reset)

local function people(count)
  local list = {}
  for i = 1, count do
    list[i] = ("p%d@example.org"):format(i)
    isograd.create_candidate { gen_id = 3, ema = list[i], fst_nam = "P" .. i, lst_nam = "Test" }
  end
  return list
end

describe("a hook in virtual time", function()
  it("is called after days, which take no time", function()
    twin.set { finish_after = 3 * DAY }
    people(1)
    local hook <close> = hooks.open {}
    local began = time.now()
    isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON, cal_bac_pag = hook:url() .. "?who=p1" }
    local call = hook:wait { timeout = "4 days" }
    equal(math.floor((call.at - began) / DAY), 3)
    equal(call.query.who, "p1")
    async.sleep(1)
    same({ #twin.calls(), twin.calls()[1].state, twin.calls()[1].status, twin.calls()[1].answer },
      { 1, "done", 200, "Thank you.\n" })
  end)

  it("is waited for so long and no longer", function()
    local hook <close> = hooks.open {}
    local began = time.now()
    local err = test.raises("timeout", hook.wait, hook, { timeout = "3 days" })
    equal(math.floor(time.now() - began), 3 * DAY)
    test.contains(err.message, "within 3 days")
  end)

  it("is one of a hundred, each of them called once", function()
    twin.set { finish_after = 2 * DAY }
    local emails = people(100)
    local before = #twin.calls()
    local whose = async.map(emails, { concurrency = 100 }, function(email)
      local hook <close> = hooks.open {}
      isograd.add_test { ema = email, tst_frm_id = PYTHON,
        cal_bac_pag = hook:url() .. "?ema=" .. email:gsub("@", "%%40") }
      local call = hook:wait { timeout = "3 days" }
      return call.count == 1 and call.query.ema
    end)
    same(whose, emails)
    async.sleep(1)
    equal(#twin.calls() - before, 100)
    for _, call in ipairs(twin.calls()) do
      equal(call.status, 200)
    end
  end)

  it("is not called by a vendor that has a wrong address", function()
    twin.set { finish_after = DAY }
    people(1)
    local hook <close> = hooks.open {}
    isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON, cal_bac_pag = hook:url():sub(1, -3) }
    test.raises("timeout", hook.wait, hook, { timeout = "2 days" })
    same({ twin.calls()[1].state, twin.calls()[1].status }, { "done", 404 })
  end)

  it("that is closed is not there for a vendor that calls late", function()
    twin.set { finish_after = DAY }
    people(1)
    local hook = hooks.open {}
    isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON, cal_bac_pag = hook:url() }
    hook:close()
    async.sleep(2 * DAY)
    equal(twin.calls()[1].state, "failed")
    test.contains(twin.calls()[1].why, "virtual time")
  end)

  it("is the vendor's way out of the sandbox to nobody else", function()
    local hook <close> = hooks.open { origin = "https://hooks.example.org" }
    equal(http.get(hook:url()).status, 200)
    test.raises("permission", http.get, "https://elsewhere.example.org/")
    twin.set { finish_after = 60 }
    people(1)
    isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON, cal_bac_pag = "https://elsewhere.example.org/" }
    async.sleep(61)
    test.contains(twin.calls()[1].why, "this machine only")
  end)

  it("keeps what came in a fork as long as the fork", function()
    local hook <close> = hooks.open {}
    people(1)
    local count = sandbox.fork(function()
      twin.set { finish_after = DAY }
      isograd.add_test { ema = "p1@example.org", tst_frm_id = PYTHON, cal_bac_pag = hook:url() }
      hook:wait { timeout = "2 days" }
      return #twin.calls()
    end)
    same({ count, #twin.calls(), hook.count }, { 1, 0, 1 }) -- the call was made once, whatever the vendor knows
    async.sleep(3 * DAY)
    equal(hook.count, 1)
  end)
end)

test.run()
