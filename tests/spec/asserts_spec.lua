-- SPDX-License-Identifier: MIT
-- Every assert of files of tests: one call that holds and one that does not, and what it then says. Run by
-- `beadle test`. What is checked with is Lua's own.

local isograd = require "beadle.isograd"

local function must(value, message)
  if not value then
    error(message or "it does not hold", 2)
  end
end

-- holds(fn, ...) and fails(fn, text, ...): an assert, called with what follows.
local function holds(fn, ...)
  local ok, err = pcall(fn, ...)
  must(ok, "it failed: " .. tostring(err))
end

local function fails(text, fn, ...)
  local ok, err = pcall(fn, ...)
  must(not ok, "it did not fail")
  must(tostring(err):find(text, 1, true), ("expected %q in: %s"):format(text, tostring(err)))
end

local function raiser(err)
  return function() error(err, 0) end
end

local function nothing() end

describe("values", function()
  it("equal", function()
    holds(assert.equal, 1, 1)
    holds(assert.are.equal, "a", "a")
    holds(assert.equals, 1, 1.0)
    fails('expected: "a"\n     got: "b"', assert.equal, "a", "b")
    fails("one and the same table", assert.is_equal, {}, {})
    holds(assert.are_not.equal, {}, {})
    holds(assert.is_not_equal, 1, 2)
    fails("the values are equal: 1", assert.not_equal, 1, 1)
  end)

  it("same", function()
    local around = {}
    around.me = around
    holds(assert.same, { 1, { a = 2 } }, { 1, { a = 2 } })
    holds(assert.same, around, around)
    holds(assert.are_not.same, { 1 }, { 1, 2 })
    fails("a.b[2]\n    expected: 3\n         got: nothing", assert.same, { a = { b = { 1, 3 } } },
      { a = { b = { 1 } } })
    fails('["x y"]\n    expected: nothing\n         got: true', assert.same, {}, { ["x y"] = true })
    fails("both are { 1 }", assert.are_not.same, { 1 }, { 1 })
    fails("and 5 more differences", assert.same, {}, table.pack(table.unpack((function()
      local list = {}
      for i = 1, 24 do
        list[i] = i
      end
      return list
    end)())))
  end)

  it("true, false, nil, truthy, falsy", function()
    holds(assert.is_true, true)
    fails("expected true, got 1", assert.is_true, 1)
    holds(assert.is_false, false)
    fails("expected false, got nil", assert.is_false, nil)
    holds(assert.is_nil, nil)
    fails("expected nil, got false", assert.is_nil, false)
    holds(assert.is_not_nil, false)
    fails("expected anything but nil", assert.is_not_nil, nil)
    holds(assert.truthy, 0)
    fails("counts as true", assert.truthy, false)
    holds(assert.falsy, nil)
    fails("nil or false", assert.falsy, 0)
    holds(assert.True, true)
    holds(assert.is_not_true, 1)
  end)

  it("types", function()
    for name, value in pairs { number = 1, string = "", table = {}, boolean = false, ["function"] = nothing } do
      holds(assert["is_" .. name], value)
      fails("expected a " .. name, assert["is_" .. name], nil)
      fails("anything but", assert["is_not_" .. name], value)
    end
  end)

  it("near, unique, matches, contains", function()
    holds(assert.near, 1, 1.04, 0.05)
    fails("within 0.05", assert.near, 1, 1.06, 0.05)
    holds(assert.unique, { 1, { 2 }, { 3 } })
    fails("[1] and [3] are the same", assert.unique, { { 2 }, 1, { 2 } })
    holds(assert.matches, "^%d+$", "12")
    fails("matches", assert.matches, "^%d+$", "x")
    holds(assert.has_no.match, "%d", "x")
    holds(assert.contains, "a.b", ".")
    holds(assert.contains, { { 1 }, 2 }, { 1 })
    fails("expected 3", assert.contains, { 1, 2 }, 3)
  end)

  it("a last argument is a message", function()
    fails("two numbers\nthe values", assert.equal, 1, 2, "two numbers")
    fails("really\nexpected true", assert.is_true, false, "really")
  end)

  it("assert itself is Lua's own", function()
    local a, b = assert(1, 2)
    must(a == 1 and b == 2)
    fails("why", assert, false, "why")
    local err = { "e" }
    local _, raised = pcall(assert, nil, err)
    must(rawequal(raised, err))
  end)

  it("one that is not known says which is near", function()
    fails('there is no assert "eqaul"; did you mean equal?', assert.are.eqaul, 1, 1)
  end)
end)

describe("errors", function()
  it("has_error", function()
    holds(assert.has_error, raiser "x")
    holds(assert.has_error, raiser "file.lua:3: x", "x")
    holds(assert.errors, raiser { code = 3, kind = "k" }, { code = 3 })
    fails("there was none", assert.has_error, nothing)
    fails('expected the error "x"\ngot: "y"', assert.has_error, raiser "y", "x")
    fails("expected the error { code = 4 }", assert.error, raiser { code = 3 }, { code = 4 })
    holds(assert.has_no.errors, nothing)
    fails("there was an error: x", assert.has_no_error, raiser "x")
    fails("needs a function", assert.has_error, 1)
  end)

  it("gives the error", function()
    local err = assert.has_error(function() isograd.add_test { ema = "nobody@example.org", tst_frm_id = 101 } end,
      { kind = "not_found", code = 107 })
    must(err.vendor == "isograd")
  end)

  it("error_matches", function()
    holds(assert.error_matches, raiser "abc 12", "%d+$")
    holds(assert.has.error_match, raiser "abc", "b")
    fails("expected an error that matches", assert.error_matches, raiser "abc", "%d")
    fails("there was none", assert.error_matches, nothing, "x")
    holds(assert.has_no.error_match, raiser "abc", "%d")
  end)
end)

describe("the sandbox", function()
  local function create(email)
    return isograd.create_candidate { gen_id = 3, ema = email, fst_nam = "A", lst_nam = "B" }
  end

  it("calls", function()
    fails("expected some calls of isograd.create_candidate, there were 0", assert.calls, "isograd.create_candidate")
    create "a@example.org"
    create "b@example.org"
    holds(assert.calls, "isograd.create_candidate", 2)
    holds(assert.calls, "isograd.create_candidate")
    fails("expected 1 calls", assert.calls, "isograd.create_candidate", 1)
    fails("there were 2 calls", assert.no.calls, "isograd.create_candidate")
    holds(assert.no.calls, "isograd.add_test")
    fails("did you mean add_test?", assert.calls, "isograd.add_tets", 1)
    fails("named with its vendor", assert.calls, "add_test", 1)
  end)

  it("a call whose token had expired counts once", function()
    create "a@example.org"
    sandbox.isograd.revoke_tokens()
    create "b@example.org"
    assert.calls("isograd.create_candidate", 2)
  end)

  it("mails", function()
    holds(assert.mails, 0)
    local added = isograd.add_test { ema = "alan.turing@example.org", tst_frm_id = 101 }
    isograd.send_registration_email { pla_tst_ids = { added.pla_tst_id }, mai_tem_id = 7 }
    holds(assert.mails, 1)
    holds(assert.mails, 1, { to = "alan.turing@example.org" })
    fails("there were 0", assert.mails, 1, { to = "grace.hopper@example.org" })
    fails("there were 1 e-mails", assert.has_no.mails, 1)
  end)
end)

describe("spies", function()
  it("remember calls", function()
    local seen = spy.new(function(x) return x + 1 end)
    must(seen(1) == 2)
    seen(5)
    holds(assert.spy(seen).was.called, 2)
    holds(assert.spy(seen).was.called)
    fails("expected 1 calls, there were 2", assert.spy(seen).was.called, 1)
    holds(assert.spy(seen).was_called_with, 5)
    fails("expected a call with { 6 }", assert.spy(seen).was.called_with, 6)
    holds(assert.spy(seen).was_not.called_with, 6)
  end)

  local module = { name = function() return "own" end }

  it("replace, for the time of a test", function()
    stub(module, "name").returns "stubbed"
    must(module.name() == "stubbed")
    spy.on(module, "name")
  end)

  it("and are gone in the next", function()
    must(module.name() == "own")
  end)
end)
