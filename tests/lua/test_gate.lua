-- SPDX-License-Identifier: MIT
-- Gates: every effect passes them before it is sent, and nothing else does.

local async = require "beadle.async"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local task = require "beadle.task"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local ADA = { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

-- How many there are: a request may be sent twice, when the token has ended.
local function sent()
  local count = 0
  for _, candidate in ipairs(sandbox.isograd.candidates()) do
    count = count + (candidate.ema == ADA.ema and 1 or 0)
  end
  return count
end

local function create()
  return isograd.create_candidate(ADA)
end

local function refusing()
  error(error_value.new { kind = "permission", message = "not today", outcome = "none" }, 0)
end

describe("a gate", function()
  it("sees what is about to be sent, and gives the answer on", function()
    sandbox.reset()
    local seen
    local candidate = gate.with(function(effect, send)
      seen = effect
      equal(sent(), 0)
      return send()
    end, create)
    equal(math.type(candidate.can_id), "integer")
    equal(seen.operation, "isograd.create_candidate")
    equal(seen.vendor, "isograd")
    equal(seen.effect, "create")
    test.same(seen.key, { ema = "ada@example.org" })
    equal(seen.params.fst_nam, "Ada")
    equal(seen.method, "POST")
    test.match(seen.body, "ema=ada%%40example.org")
    test.match(seen.url, "^https://")
  end)

  it("answers in the vendor's place, and nothing is sent", function()
    sandbox.reset()
    local candidate = gate.with(function() return { can_id = -1 } end, create)
    test.same(candidate, { can_id = -1 })
    equal(sent(), 0)
  end)

  it("keeps what it refuses from being sent", function()
    sandbox.reset()
    local ok, err = pcall(gate.with, refusing, create)
    test.same({ ok, err.kind, sent() }, { false, "permission", 0 })
  end)

  it("may wait before and after", function()
    sandbox.reset()
    local candidate = gate.with(function(_, send)
      async.sleep "1 ms"
      local answer = send()
      async.sleep "1 ms"
      return answer
    end, create)
    equal(math.type(candidate.can_id), "integer")
  end)

  it("sees the vendor's refusal as an error value", function()
    sandbox.reset()
    create()
    local seen
    local ok, err = pcall(gate.with, function(_, send)
      local done, value = pcall(send)
      seen = value
      if not done then
        error(value, 0)
      end
      return value
    end, create)
    test.same({ ok, err.code, seen.code }, { false, 202, 202 })
  end)

  it("sends once", function()
    sandbox.reset()
    local ok, err = pcall(gate.with, function(_, send)
      send()
      return send()
    end, create)
    test.same({ ok, err.kind, sent() }, { false, "argument", 1 })
  end)

  it("lets reads pass", function()
    local passed = 0
    gate.with(function(_, send)
      passed = passed + 1
      return send()
    end, function()
      isograd.list_available_tests {}
    end)
    equal(passed, 0)
  end)

  it("holds for tasks that are spawned in it, and no longer afterwards", function()
    sandbox.reset()
    local passed = 0
    local function count(_, send)
      passed = passed + 1
      return send()
    end
    gate.with(count, async.all, { create, function()
      isograd.update_candidate { can_id = sandbox.isograd.candidates()[1].can_id, lan_id = 2 }
    end })
    equal(passed, 2)
    pcall(create)
    equal(passed, 2)
    equal(task.gate(), nil)
  end)

  it("comes before the one that is there already", function()
    sandbox.reset()
    local order = {}
    local function noting(name)
      return function(_, send)
        order[#order + 1] = name
        return send()
      end
    end
    gate.with(noting "outer", gate.with, noting "inner", create)
    test.same(order, { "inner", "outer" })
  end)

  it("is gone after an error", function()
    pcall(gate.with, refusing, create)
    equal(task.gate(), nil)
  end)

  it("has requests of beadle.http that may change something", function()
    local seen
    local answer = gate.with(function(effect)
      seen = effect
      return { status = 204 }
    end, http.post, "http://127.0.0.1:9/x", { form = { a = "b" } })
    test.same(answer, { status = 204 })
    test.same({ seen.operation, seen.effect, seen.method, seen.url, seen.body },
      { "http.request", "unknown", "POST", "http://127.0.0.1:9/x", "a=b" })
  end)

  it("gives the error the place of the call", function()
    sandbox.reset()
    create()
    local ok, err = pcall(gate.with, function(_, send) return send() end, create)
    equal(ok, false)
    test.match(err.where, "test_gate.lua:%d+$")
  end)

  it("gives a call back that was never sent, many times over", function()
    for _ = 1, 1000 do
      gate.with(function() return {} end, create)
    end
    sandbox.reset()
    equal(math.type(create().can_id), "integer")
  end)
end)

describe("a gate that asks for reads", function()
  local function with_reads(seen, fn)
    local before, reads = task.gate()
    task.set_gate(function(effect, send)
      seen[#seen + 1] = effect.operation .. " " .. effect.effect
      return send()
    end, true)
    local _ <close> = setmetatable({}, { __close = function() task.set_gate(before, reads) end })
    fn()
  end

  it("sees them, and one put before it sees effects only", function()
    sandbox.reset()
    local seen, inner = {}, {}
    with_reads(seen, function()
      isograd.list_available_tests {}
      gate.with(function(effect, send)
        inner[#inner + 1] = effect.operation
        return send()
      end, function()
        isograd.list_available_tests {}
        create()
      end)
      isograd.list_available_tests {}
    end)
    test.same(inner, { "isograd.create_candidate" })
    local listed = 0
    for _, each in ipairs(seen) do
      listed = listed + (each == "isograd.list_available_tests read" and 1 or 0)
    end
    equal(listed, 3)
    test.contains(table.concat(seen, ","), "isograd.create_candidate create")
  end)

  it("holds for tasks that are spawned, and no longer than it is there", function()
    local seen = {}
    with_reads(seen, function()
      async.spawn(isograd.list_available_tests, {}):wait()
    end)
    local count = #seen
    test.truthy(count > 0)
    isograd.list_available_tests {}
    equal(#seen, count)
  end)
end)

it("a task's label is that of those it spawns", function()
  task.set_label "line 7"
  equal(async.spawn(task.label):wait(), "line 7")
  local other = async.spawn(function()
    task.set_label "line 8"
    return task.label()
  end):wait()
  equal(other, "line 8")
  equal(task.label(), "line 7")
  task.set_label(nil)
  equal(task.label(), nil)
end)

it("a simulated vendor numbers new things from where it is told", function()
  sandbox.reset()
  sandbox.isograd.number_from { first = 1900000000 }
  equal(create().can_id, 1900000000)
  test.raises(nil, sandbox.isograd.number_from, {})
  sandbox.reset()
end)

test.run()
