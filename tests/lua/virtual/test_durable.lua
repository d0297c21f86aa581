-- SPDX-License-Identifier: MIT
-- beadle.durable: what is done is not done again, what nobody knows is settled or put before a person, and what waits
-- goes on. A run that is stopped is one whose journal is closed in the middle.

local async = require "beadle.async"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local hook = require "beadle.hook"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local time = require "beadle.time"

test.limit = 10 * 86400

local describe, it, equal = test.describe, test.it, test.equal

local folder, first_tests

test.before_each(function()
  sandbox.reset()
  first_tests = #sandbox.isograd.tests()
  folder = os.tmpname()
  os.remove(folder)
  runs.folder = function() return folder end
end)
test.after_each(function()
  for _, entry in ipairs(fs.exists(folder) and fs.list(folder) or {}) do
    os.remove(folder .. "/" .. entry.name)
  end
  os.remove(folder)
end)

local ADA = { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

local function candidates()
  local count = 0
  for _, candidate in ipairs(sandbox.isograd.candidates()) do
    count = count + (candidate.ema == ADA.ema and 1 or 0)
  end
  return count
end

-- Tests beyond those that the sandbox begins with.
local function added_tests()
  return #sandbox.isograd.tests() - first_tests
end

-- Runs fn as a row of a run, and gives true and its result, or false and its error, and the run's id.
local function attempt(id, fn, options)
  options = options or {}
  local run = id and durable.open { id = id, accept_changes = options.accept_changes, console = options.console }
    or durable.new { console = options.console }
  local ok, result, was_known = pcall(run.row, run, "a", { line = 2 }, fn)
  run:close()
  return ok, result, run.id, was_known
end

-- What the journal says of its effects, by operation.
local function effects_of(id)
  local journal <close> = run_journal.open { path = runs.path_of(id) }
  local list = {}
  for _, effect in ipairs(journal:effects "a") do
    list[effect.operation .. effect.occurrence] = effect
  end
  return list, journal:row "a"
end

-- A program that is killed: from `moment` on ("before", "after" the effect) nothing of this run is kept.
local function killed(moment, fn)
  local run = durable.new {}
  local lost = error_value.new { kind = "cancelled", message = "killed" }
  local ok = pcall(gate.with, function(_, send)
    if moment == "after" then
      send()
    end
    run.journal:close()
    run.journal = { outcome_later = function() end, end_row_later = function() end, close = function() end,
      set_meta_later = function() end }
    error(lost, 0)
  end, run.row, run, "a", { line = 2 }, fn)
  equal(ok, false)
  run:close()
  return run.id
end

describe("an effect that is done", function()
  it("gives the recorded result the next time, and is not sent", function()
    local ok, first, id = attempt(nil, function()
      local candidate = isograd.create_candidate(ADA)
      error(error_value.new { kind = "server", message = tostring(candidate.can_id) })
    end)
    equal(ok, false)
    local _, again = attempt(id, function() return isograd.create_candidate(ADA) end)
    equal(tostring(again.can_id), first.message)
    equal(math.type(again.can_id), "integer")
    equal(candidates(), 1)
  end)

  it("leaves a row that is done as it is", function()
    local _, _, id = attempt(nil, function() return { n = isograd.create_candidate(ADA).can_id } end)
    local ok, result, _, was_known = attempt(id, function() error "it runs" end)
    equal(ok, true)
    equal(math.type(result.n), "integer")
    equal(was_known, true)
  end)

  it("is another one when the row asks a second time", function()
    local function twice()
      local first = isograd.add_test { ema = ADA.ema, tst_frm_id = 101, reuse_unfinished = false }
      local second = isograd.add_test { ema = ADA.ema, tst_frm_id = 101, reuse_unfinished = false }
      return { first.pla_tst_id, second.pla_tst_id }
    end
    isograd.create_candidate(ADA)
    local _, result, id = attempt(nil, function()
      twice()
      error "no"
    end)
    equal(type(result), "string")
    local _, again = attempt(id, twice)
    test.truthy(again[1] ~= again[2])
    equal(added_tests(), 2)
  end)

  it("with other parameters is refused by name, and accepted when that is said", function()
    local other = { gen_id = 3, ema = ADA.ema, fst_nam = "Augusta", lst_nam = "Lovelace" }
    local _, _, id = attempt(nil, function()
      isograd.create_candidate(ADA)
      error "no"
    end)
    local ok, err = attempt(id, function()
      beadle.try(isograd.create_candidate, other)
      return isograd.add_test { ema = ADA.ema, tst_frm_id = 101 }
    end)
    equal(ok, false)
    equal(err.kind, "conflict")
    test.match(err.message, 'fst_nam: "Ada", and now "Augusta"')
    equal(added_tests(), 0)
    local asked
    local answers = { err = function() end, interactive = true, ask = function(question)
      asked = question
      return "y"
    end }
    equal((attempt(id, function() return isograd.create_candidate(other) end, { console = answers })), true)
    test.match(asked, "Augusta")
  end)

  it("with other parameters is taken as it is with accept_changes", function()
    local _, _, id = attempt(nil, function()
      isograd.create_candidate(ADA)
      error "no"
    end)
    equal((attempt(id, function()
      return isograd.create_candidate { gen_id = 3, ema = ADA.ema, fst_nam = "Augusta", lst_nam = "Lovelace" }
    end, { accept_changes = true })), true)
  end)

  it("keeps no secret", function()
    local _, _, id = attempt(nil, function()
      gate.without(isograd.get_token)
      return isograd.create_candidate(ADA)
    end)
    local list = effects_of(id)
    for _, effect in pairs(list) do
      test.truthy(not (effect.params .. effect.answer):find("token", 1, true))
    end
  end)
end)

describe("an effect that was refused", function()
  it("may be tried again", function()
    local function add() return isograd.add_test { ema = ADA.ema, tst_frm_id = 101 } end
    local ok, err, id = attempt(nil, add)
    equal(ok, false)
    equal(err.outcome, "none")
    isograd.create_candidate(ADA)
    equal((attempt(id, add)), true)
    local list = effects_of(id)
    equal(list["isograd.add_test1"].attempts, 2)
    equal(list["isograd.add_test1"].state, "done")
  end)
end)

describe("an effect of which nobody knows", function()
  it("is sent again where its record says that this tells, and had not happened", function()
    local id = killed("before", function() return isograd.create_candidate(ADA) end)
    equal(effects_of(id)["isograd.create_candidate1"].state, "intent")
    equal(candidates(), 0)
    local ok, result = attempt(id, function() return isograd.create_candidate(ADA) end)
    equal(ok, true)
    equal(math.type(result.can_id), "integer")
    equal(candidates(), 1)
  end)

  it("has the result that the refusal carries when it had happened", function()
    local id = killed("after", function() return isograd.create_candidate(ADA) end)
    equal(candidates(), 1)
    local ok, result = attempt(id, function() return isograd.create_candidate(ADA) end)
    equal(ok, true)
    equal(math.type(result.can_id), "integer")
    equal(candidates(), 1)
    equal(effects_of(id)["isograd.create_candidate1"].state, "done")
  end)

  it("is looked for where reading tells, and sent again only when it is not there", function()
    local function create()
      return syfadis.create_group { set = syfadis.group_set.structures, Name = "Beadles", Code = "B" }
    end
    local function sent()
      return sandbox.syfadis.counts().create_group or 0
    end
    local ok, found = attempt(killed("after", create), create)
    equal(ok, true, tostring(found))
    equal(found.Name, "Beadles")
    equal(sent(), 1)
    sandbox.reset()
    ok, found = attempt(killed("before", create), create)
    equal(ok, true, tostring(found))
    equal(found.Name, "Beadles")
    equal(sent(), 1)
  end)

  it("is in doubt where nothing tells, and nothing more is sent in its row", function()
    local candidate = isograd.create_candidate(ADA)
    local function mail()
      beadle.try(isograd.send_registration_email, { can_id = candidate.can_id, mai_tem_id = 7 })
      isograd.add_test { ema = ADA.ema, tst_frm_id = 101 }
    end
    local id = killed("after", mail)
    local before = #sandbox.isograd.mails()
    local ok, err = attempt(id, function()
      pcall(isograd.send_registration_email, { can_id = candidate.can_id, mai_tem_id = 7 })
      return isograd.add_test { ema = ADA.ema, tst_frm_id = 101 }
    end)
    equal(ok, false)
    equal(err.in_doubt, true)
    test.match(err.hint, "beadle resolve " .. id:gsub("%-", "%%-"))
    equal(#sandbox.isograd.mails(), before)
    equal(added_tests(), 0)
    local _, row = effects_of(id)
    equal(row.state, "in_doubt")
  end)

  it("is settled at once when its answer is lost on the way", function()
    local lose = true
    local run = durable.new {}
    local result = gate.with(function(_, send)
      local answer = send()
      if lose then
        lose = false
        error(error_value.new { kind = "network", message = "lost", outcome = "unknown" }, 0)
      end
      return answer
    end, run.row, run, "a", {}, function() return isograd.create_candidate(ADA) end)
    run:close()
    equal(math.type(result.can_id), "integer")
    equal(candidates(), 1)
  end)

  it("is still not known when its repetition is not let in", function()
    local function create() return isograd.create_candidate(ADA) end
    isograd.list_available_credits {} -- signed in
    sandbox.isograd.fault { kind = "lost reply", operation = "create_candidate" }
    sandbox.isograd.fault { kind = "status", status = 429, operation = "create_candidate", nth = 2, times = 9 }
    local ok, err, id = attempt(nil, create)
    equal(ok, false)
    equal(err.kind, "rate_limit")
    equal(err.outcome, "unknown")
    equal(effects_of(id)["isograd.create_candidate1"].state, "unknown")
    local result
    ok, result = attempt(id, create)
    equal(ok, true, tostring(result))
    equal(math.type(result.can_id), "integer")
    equal(candidates(), 1)
  end)

  it("is asked for its result when the vendor says that it was done and no more", function()
    local function create() return isograd.create_candidate(ADA) end
    sandbox.isograd.fault { kind = "answer", operation = "create_candidate", body = '{"success": true}',
      type = "application/json" }
    local ok, result = attempt(nil, create)
    equal(ok, true, tostring(result))
    equal(math.type(result.can_id), "integer")
    equal(candidates(), 1)
  end)

  it("of a request to no vendor is in doubt, but for PUT and DELETE", function()
    local seen = {}
    local function note(request)
      seen[request.method] = (seen[request.method] or 0) + 1
      return "noted"
    end
    local server <close> = http.serve { routes = { ["POST /x"] = note, ["PUT /x"] = note } }
    local function ask(method)
      return function() return http.request { method = method, url = server.url .. "/x", body = "a" } end
    end
    local ok, err = attempt(killed("after", ask "POST"), ask "POST")
    equal(ok, false)
    equal(err.in_doubt, true)
    equal(seen.POST, 1)
    local answer
    ok, answer = attempt(killed("after", ask "PUT"), ask "PUT")
    equal(ok, true)
    equal(answer.status, 200)
    equal(seen.PUT, 2)
  end)

  it("of a request to no vendor that is done gives its response again", function()
    local server <close> = http.serve { routes = { ["POST /x"] = function() return { json = { n = 5 } } end } }
    local function ask()
      local response = http.post(server.url .. "/x", { body = "a" })
      error(error_value.new { kind = "server", message = tostring(response:json().n) .. response.status }, 0)
    end
    local _, first, id = attempt(nil, ask)
    equal(first.message, "5200")
    local _, second = attempt(id, ask)
    equal(second.message, "5200")
    equal(second.message, first.message)
  end)
end)

describe("a wait", function()
  it("goes on with what is left of it", function()
    local function wait()
      local began = time.now()
      async.sleep "1 h"
      return time.now() - began
    end
    local run = durable.new {}
    local body = async.spawn(pcall, run.row, run, "a", {}, wait)
    async.sleep "20 min"
    body:cancel()
    pcall(body.wait, body)
    run:close()
    local _, rest = attempt(run.id, wait)
    test.truthy(rest > 2390 and rest < 2410, "it slept " .. tostring(rest))
  end)

  it("until a moment lasts as it was first said", function()
    local function wait()
      beadle.wait_until(time.now() + 100)
      error(tostring(time.now()), 0)
    end
    local _, first, id = attempt(nil, wait)
    async.sleep "1 h"
    local began = time.now()
    local _, second = attempt(id, wait)
    test.truthy(tonumber(second) - began < 1)
    test.truthy(tonumber(second) > tonumber(first))
  end)

  it("for a call keeps the hook's address, and a call that came", function()
    local address
    local function open()
      local opened <close> = hook.open {}
      address = address or opened:url()
      equal(opened:url(), address)
      return opened:wait { timeout = "3 days" }.query.n
    end
    local run = durable.new {}
    local body = async.spawn(pcall, run.row, run, "a", {}, open)
    async.sleep "1 s"
    equal(http.get(address .. "?n=5").status, 200)
    body:cancel()
    pcall(body.wait, body)
    run:close()
    local ok, n = attempt(run.id, open)
    equal(ok, true, tostring(n))
    equal(n, "5")
  end)

  it("for a call ends when it was first said", function()
    local function open()
      local opened <close> = hook.open {}
      return opened:wait { timeout = "3 days" }
    end
    local run = durable.new {}
    local body = async.spawn(pcall, run.row, run, "a", {}, open)
    async.sleep "2 days"
    body:cancel()
    pcall(body.wait, body)
    run:close()
    local began = time.now()
    local ok, err = attempt(run.id, open)
    equal(ok, false)
    equal(err.kind, "timeout")
    local days = (time.now() - began) / 86400
    test.truthy(days > 0.99 and days < 1.01, "it took " .. days)
  end)
end)

describe("a run", function()
  it("that somebody has is refused by name", function()
    local run = durable.new {}
    run:row("a", {}, function() return 1 end)
    local ok, err = pcall(run_journal.open, { path = runs.path_of(run.id) })
    equal(ok, false)
    equal(err.kind, "io")
    test.match(err.message, "is in use by process %d+ on ")
    run:close()
  end)

  it("leaves no file when nothing was done", function()
    local run = durable.new {}
    run:row("", { lazy = true }, function() return 1 end)
    run:close()
    equal(#runs.list(), 0)
  end)

  it("is listed with what is known at a glance", function()
    local _, _, id = attempt(nil, function() return isograd.create_candidate(ADA) end)
    local list = runs.list()
    equal(#list, 1)
    equal(list[1].id, id)
    equal(list[1].effects.done, 1)
    equal(runs.find(id:sub(-4)), id)
    test.raises("not_found", runs.find, "nothing")
  end)

  it("sends nothing more once it cannot be written", function()
    local run = durable.new {}
    local ok, err = pcall(run.row, run, "a", {}, function()
      isograd.create_candidate(ADA)
      run.journal = setmetatable({ intent = function()
        error(error_value.new { kind = "io", message = "database or disk is full" }, 0)
      end, outcome_later = function() end, end_row_later = function() end, close = function() end,
        set_meta_later = function() end }, { __index = run.journal })
      pcall(isograd.add_test, { ema = ADA.ema, tst_frm_id = 101 })
      pcall(isograd.add_test, { ema = ADA.ema, tst_frm_id = 101 })
    end)
    equal(ok, false)
    equal(err.kind, "io")
    test.match(tostring(err), "disk is full")
    equal(added_tests(), 0)
    run:close()
  end)
end)

describe("what is kept", function()
  it("is equal for equal values, whatever their order", function()
    local effects = require "beadle.durable_effect"
    equal(effects.encode { b = 1, a = { "x", json.array {} } }, '{"a":["x",[]],"b":1}')
    local bytes = "\255\0\1"
    equal(effects.decode(effects.encode { bytes }) [1], bytes)
    test.same(effects.differences('{"a":1,"b":2}', '{"a":1,"b":3,"c":4}'), { "b: 2, and now 3", "c: none, and now 4" })
  end)
end)

test.run()
