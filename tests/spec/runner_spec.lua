-- SPDX-License-Identifier: MIT
-- What surrounds a test: its own sandbox, clock and random numbers, hooks, and scripts that it runs. Run by
-- `beadle test`.

local async = require "beadle.async"
local isograd = require "beadle.isograd"
local time = require "beadle.time"

local function create(email)
  return isograd.create_candidate { gen_id = 3, ema = email, fst_nam = "A", lst_nam = "B" }
end

local at_first = #sandbox.isograd.candidates()
local order = {}

describe("each test", function()
  local first_random, first_token

  it("has the sandbox for itself", function()
    create "ada@example.org"
    sandbox.isograd.set { latency = 3 }
    sandbox.fault { operation = "isograd.add_test", kind = "500", times = 100 }
  end)

  it("as it is at the beginning", function()
    assert.equal(at_first, #sandbox.isograd.candidates())
    create "ada@example.org"
    isograd.add_test { ema = "ada@example.org", tst_frm_id = 101 }
    assert.calls("isograd.authenticate", 1)
    assert.equal(1, #sandbox.isograd.requests { operation = "create_candidate" }) -- none with another test's token
  end)

  it("has a clock that jumps", function()
    assert.equal("2026-01-01T08:00:00Z", time.iso())
    async.sleep "3 days"
    assert.equal("2026-01-04T08:00:00Z", time.iso())
  end)

  it("that begins anew", function()
    assert.equal("2026-01-01T08:00:00Z", time.iso())
    sandbox.isograd.set { finish_after = 86400, start_after = 3600 }
    local added = isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 102 }
    async.sleep "2 days"
    assert.equal(isograd.test_status.finished, isograd.get_test_status { pla_tst_id = added.pla_tst_id }.sta_id)
  end)

  it("draws numbers", function() first_random, first_token = math.random(1 << 40), create("x@example.org") end)

  it("others than another test", function()
    assert.are_not.equal(first_random, math.random(1 << 40))
    assert.is_table(first_token)
  end)

  it("never reaches a vendor", function()
    assert.error_matches(function() require("beadle.http").get "https://www.example.com/" end, "sandbox")
    local other = isograd.client { profile = "live" }
    assert.is_number(other.create_candidate { gen_id = 3, ema = "l@example.org", fst_nam = "L", lst_nam = "L" }.can_id)
    assert.calls("isograd.create_candidate", 1)
  end)

  it("may end as pending", function() pending "not yet" end)
end)

describe("hooks", function()
  setup(function()
    order = { "setup" }
    create "from-setup@example.org"
  end)
  before_each(function() order[#order + 1] = "before" end)
  after_each(function() order[#order + 1] = "after" end)

  describe("of groups", function()
    before_each(function() order[#order + 1] = "inner before" end)
    after_each(function() order[#order + 1] = "inner after" end)

    it("run from outside in, and out again", function()
      finally(function() order[#order + 1] = "finally" end)
      assert.equal(at_first + 1, #sandbox.isograd.candidates())
      create "only-here@example.org"
      order[#order + 1] = "test"
    end)

    it("around each test", function()
      assert.same({ "setup", "before", "inner before", "test", "finally", "inner after", "after", "before",
        "inner before" }, order)
      assert.equal(at_first + 1, #sandbox.isograd.candidates())
    end)
  end)
end)

describe("what setup did", function()
  it("is gone behind its group", function()
    assert.equal(at_first, #sandbox.isograd.candidates())
  end)
end)

describe("run", function()
  local WORDS = [[
    local isograd = require "beadle.isograd"
    made_here = true
    print(arg[1], ..., describe, type(assert), io.read "l")
    io.stderr:write "to the other\n"
    local f = io.open("out.txt", "w"); f:write "written"; f:close()
    isograd.create_candidate { gen_id = 3, ema = arg[1], fst_nam = "A", lst_nam = "B" }
    pcall(os.exit, 3)
    os.exit(4)
  ]]

  -- A script in a folder of its own, and its result.
  local function script(text, ...)
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    require("beadle.fs").write(path, text)
    return run(path, ...)
  end

  it("gives status, output and files", function()
    local result = script(WORDS, { "a@example.org" }, { files = { ["in/a.txt"] = "A" }, stdin = "line\n" })
    assert.same({ status = 4, out = "a@example.org\ta@example.org\tnil\tfunction\tline\n", err = "to the other\n",
      files = { ["in/a.txt"] = "A", ["out.txt"] = "written" } }, result)
    assert.is_nil(rawget(_G, "made_here"))
    assert.calls("isograd.create_candidate", 1)
  end)

  it("gives the error", function()
    local result = script 'error "no"'
    assert.equal(1, result.status)
    assert.matches("beadle: .*:1: no\n$", result.err)
    result = script('require("beadle.isograd").add_tets {}', {})
    assert.equal("argument", result.error.kind)
    result = script "x = = 1"
    assert.equal(1, result.status)
  end)

  it("runs a recipe, with a fault", function()
    sandbox.fault { operation = "isograd.add_test", nth = 2, kind = "lost reply", times = 9 }
    local people = "ema,fst_nam,lst_nam,tst_frm_id\na@example.org,A,One,101\nb@example.org,B,Two,101\n"
    local result = run("register-candidate.lua", { "--rows", "people.csv", "--mai_tem_id", 7, "--failed", "f.csv" },
      { files = { ["people.csv"] = people } })
    assert.equal(1, result.status)
    assert.mails(1, { to = "a@example.org" })
    assert.contains(result.err, "IN DOUBT")
    assert.contains(result.files["f.csv"], "b@example.org")
  end)

  it("waits in virtual time", function()
    local before = time.now()
    script 'require("beadle.async").sleep "30 days"'
    assert.near(30 * 86400, time.now() - before, 1)
  end)

  it("refuses what it does not know", function()
    assert.error_matches(function() run "no-such-script" end, "there is no script no%-such%-script")
    assert.error_matches(function() run("register-candidate", {}, { fils = {} }) end, "no option")
  end)
end)
