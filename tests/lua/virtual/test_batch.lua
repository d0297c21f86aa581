-- SPDX-License-Identifier: MIT
-- beadle.batch: rows as a durable run, and what keeps it from sending too much. Vendors that are down, tokens that end
-- and long pauses take no time here.

local async = require "beadle.async"
local batch = require "beadle.batch"
local csv = require "beadle.csv"
local durable = require "beadle.durable"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local limits_of = require "beadle.limits"
local recipe_of = require "beadle.recipe"
local rows_of = require "beadle.batch_rows"
local native = require "beadle.test.native"
local runs = require "beadle.runs"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"

test.limit = 10 * 86400

local describe, it, equal = test.describe, test.it, test.equal

local folder, id, said

test.before_each(function()
  sandbox.reset()
  folder = os.tmpname()
  os.remove(folder)
  fs.make_folder(folder)
  runs.folder = function() return folder .. "/runs" end
  id, said = nil, {}
  for _, credit in ipairs(isograd.list_available_credits({}).credits) do
    sandbox.isograd.set_credits { des = credit.des, amount = 100000 }
  end
end)
test.after_each(function()
  native.remove_folder(folder)
end)

local function people(count)
  local lines = { "ema" }
  for index = 1, count do
    lines[index + 1] = ("p%d@example.org"):format(index)
  end
  fs.write(folder .. "/rows.csv", table.concat(lines, "\n") .. "\n")
end

local function recipe(row, more)
  local spec = { name = "example", summary = "An example", columns = { "ema", "id" }, row = row, unique = { "ema" },
    params = { { name = "ema", type = "email", required = true, doc = "who" } } }
  for name, value in pairs(more or {}) do
    spec[name] = value
  end
  return recipe_of(spec)
end

local function create(row)
  local made = isograd.create_candidate { ema = row.ema, fst_nam = "Ada", lst_nam = "Lovelace", gen_id = 3 }
  return { ema = row.ema, id = made.can_id }
end

local function add_test(row)
  create(row)
  return { ema = row.ema, id = isograd.add_test { ema = row.ema, tst_frm_id = 101 }.pla_tst_id }
end

-- Runs the batch, or goes on with it. Gives the exit status, and how many rows each of the files has.
local function run(of, values, wanted)
  local all = { rows = folder .. "/rows.csv", into = folder .. "/end", concurrency = 16, stop_after = 0 }
  for name, value in pairs(values or {}) do
    all[name] = value
  end
  local console = { err = function(text) said[#said + 1] = text end, out = print, ask = function() end,
    interactive = false }
  local status = batch.run(of, all, {}, { id = id, wanted = wanted, script = "x", rows = all.rows, folder = "/",
    command = { "batch" }, left_out = {} }, console)
  id = runs.list()[1].id
  local counts = {}
  for index, name in ipairs { "done", "failed", "in-doubt" } do
    counts[index] = 0
    for _ in csv.open(("%s/end/%s.csv"):format(folder, name)):rows() do
      counts[index] = counts[index] + 1
    end
  end
  return status, table.concat(counts, " ")
end

local function cell(file, name)
  local row = csv.open(("%s/end/%s.csv"):format(folder, file)):rows()()
  return row and row[name]
end

local function requests(operation)
  return #sandbox.isograd.requests { operation = operation }
end

describe("a batch", function()
  it("does every row once, and nothing when it goes on", function()
    people(500)
    local status, counts = run(recipe(create))
    equal(status, 0)
    equal(counts, "500 0 0")
    equal(requests "create_candidate", 500)
    equal(select(2, run(recipe(create))), "500 0 0")
    equal(requests "create_candidate", 500)
  end)

  it("keeps the rows that failed, and does only these again", function()
    people(20)
    local wrong = true
    local of = recipe(function(row)
      local result = create(row)
      if wrong and row.ema:find "^p[37]@" then
        error(error_value.new { kind = "rejected", code = 301, outcome = "none", message = "no credit is left" }, 0)
      end
      return result
    end)
    local status, counts = run(of)
    equal(status, 1)
    equal(counts, "18 2 0")
    equal(cell("failed", "error.code"), "301")
    equal(cell("failed", "error.kind"), "rejected")
    equal(cell("failed", "error.done_before"), "isograd.create_candidate for ema p3@example.org")
    wrong = false
    equal(select(2, run(of, nil, { lines = rows_of.lines "4" })), "19 1 0")
    equal(select(2, run(of, nil, { where = rows_of.condition "error.code == 302" })), "19 1 0")
    status, counts = run(of, nil, { where = rows_of.condition "error.code == 301" })
    equal(status, 0)
    equal(counts, "20 0 0")
    equal(requests "create_candidate", 20)
  end)

  it("shows what is in doubt, with what was sent", function()
    people(3)
    local function remind(row)
      local made = create(row)
      return isograd.send_registration_email { can_id = made.id, mai_tem_id = 7 }
    end
    sandbox.isograd.fault { kind = "lost reply", operation = "send_registration_email" }
    local status, counts = run(recipe(remind), { concurrency = 1 })
    equal(status, 1)
    equal(counts, "2 0 1")
    equal(cell("in-doubt", "ema"), "p1@example.org")
    equal(cell("in-doubt", "error.sent"):find("isograd.send_registration_email for", 1, true), 1)
    equal(cell("in-doubt", "error.find_out") ~= "", true)
    equal(cell("in-doubt", "error.in_doubt"), "yes")
    equal(requests "send_registration_email", 3)
    run(recipe(remind), { concurrency = 1 }, { failed = true })
    equal(requests "send_registration_email", 3)
  end)

  it("refuses two rows with the same key before anything is sent", function()
    fs.write(folder .. "/rows.csv", "ema\nada@example.org\nemmy@example.org\nAda@Example.org\n")
    local ok, err = pcall(run, recipe(create))
    equal(ok, false)
    equal(err.exit, 2)
    equal(said[1]:find("line 4: the same ema as line 2", 1, true) ~= nil, true)
    equal(requests "create_candidate", 0)
  end)
end)

describe("a host that is down", function()
  it("gets hardly a request more than there are calls, and all rows are done soon after it is back", function()
    people(4000)
    sandbox.isograd.set { latency = 0.05 }
    local came_back
    local status, counts = async.scope(function()
      async.spawn(function()
        async.sleep(3)
        sandbox.isograd.fault { kind = "status", status = 503, seconds = 60 }
      end)
      local began = time.elapsed()
      return run(recipe(function(row)
        local result = isograd.list_available_credits {}
        local after = time.elapsed() - began - 63
        if after > 0 and not came_back then
          came_back = after
        end
        return { ema = row.ema, id = #result.credits }
      end))
    end)
    equal(status, 0)
    equal(counts, "4000 0 0")
    test.truthy(requests "list_available_credits" <= 4200)
    test.truthy(came_back <= 5)
  end)

  it("has no effect twice", function()
    people(300)
    sandbox.isograd.set { latency = 0.05 }
    sandbox.isograd.fault { kind = "status", status = 503, nth = 50, seconds = 60 }
    local status, counts = run(recipe(create))
    equal(status, 0)
    equal(counts, "300 0 0")
    local seen, twice = {}, 0
    for _, candidate in ipairs(sandbox.isograd.candidates()) do
      twice = twice + (seen[candidate.ema] and 1 or 0)
      seen[candidate.ema] = true
    end
    equal(twice, 0)
  end)

  it("that asks for a long pause gets it", function()
    people(40)
    sandbox.isograd.fault { kind = "status", status = 429, headers = { ["Retry-After"] = "3600" }, times = 1, nth = 5 }
    local began = time.elapsed()
    local status, counts = run(recipe(create))
    equal(status, 0)
    equal(counts, "40 0 0")
    test.truthy(time.elapsed() - began >= 3600) -- it was asked again too early
    equal(requests "create_candidate", 41)
  end)
end)

describe("a token", function()
  it("that ends with 64 calls under way is fetched once, and no row fails", function()
    people(640)
    sandbox.reset() -- the token that this program has is not known any more
    sandbox.isograd.set { token_lifetime = 3, tell_lifetime = false, latency = 0.5 }
    local status, counts = run(recipe(create), { concurrency = 64 })
    equal(status, 0)
    equal(counts, "640 0 0")
    equal(requests "authenticate", 2)
  end)
end)

describe("a budget", function()
  it("lets nothing more be sent, and begins no more rows", function()
    people(50)
    local status, counts = run(recipe(add_test), { concurrency = 4, budget = { { name = "tests", unit = "tests",
      most = 10 } } })
    equal(status, 1)
    equal(requests "add_test", 10)
    equal(counts:match "^%d+", "10")
    test.truthy(requests "create_candidate" < 20) -- rows began that could not be ended
    equal(select(2, run(recipe(add_test), { budget = { { name = "tests", unit = "tests", most = 12 } } })):match "^%d+",
      "12")
    equal(requests "add_test", 12)
  end)

  it("for each person is counted for each", function()
    people(5)
    local function twice(row)
      add_test(row)
      return isograd.add_test { ema = row.ema, tst_frm_id = 103 }
    end
    local status, counts = run(recipe(twice), { budget = { { name = "tests-per-person", unit = "tests",
      per_person = true, most = 1 } } })
    equal(status, 1)
    equal(counts, "0 5 0")
    equal(requests "add_test", 5)
    equal(cell("failed", "error.message"):find("the budget tests-per-person=1 is used up", 1, true) ~= nil, true)
  end)

  it("has back what did not happen", function()
    people(3)
    sandbox.isograd.fault { kind = "answer", operation = "add_test", status = 200,
      body = '{"success": false, "error": {"code": 301, "message": "x"}}', type = "application/json" }
    run(recipe(add_test), { concurrency = 1, budget = { { name = "tests", unit = "tests", most = 3 } } })
    run(recipe(add_test), { concurrency = 1, budget = { { name = "tests", unit = "tests", most = 3 } } },
      { failed = true })
    equal(requests "add_test", 4)
    equal(cell("failed", "error.message"), nil)
  end)
end)

-- Limits over a journal that knows of so much and answers late.
local function limits_with(spent, most)
  local journal = { spend_later = function() end, has_spent = function() return nil end, spent = function()
    local now = spent
    async.sleep(1)
    return now
  end }
  return limits_of.new { run = { meta = {}, open_journal = function() return journal end }, say = print,
    budgets = limits_of.read("tests=" .. most) }
end

local ADD_TEST = { operation = "isograd.add_test", vendor = "isograd", url = "https://x.example",
  params = { ema = "ada@example.org", tst_frm_id = 101 } }

describe("what is left of a budget", function()
  it("is right when it is asked for while it is used up", function()
    local limits <close> = limits_with(5, 6)
    async.all {
      function() limits:before({ operation = "isograd.add_test" }, ADD_TEST) end,
      function()
        async.sleep(0.5)
        limits:used_up()
      end,
    }
    equal(limits:used_up(), "tests=6")
    test.raises("rejected", limits.before, limits, { operation = "isograd.add_test" }, ADD_TEST)
  end)

  it("is asked of the journal when something is given back first", function()
    local limits <close> = limits_with(6, 6)
    limits:give_back { operation = "isograd.add_test", uses = { { unit = "tests", amount = 1, persons = {} } } }
    equal(limits:used_up(), "tests=6")
  end)
end)

describe("a rate", function()
  it("is kept by reads and effects together", function()
    people(20)
    local began = time.elapsed()
    local status = run(recipe(add_test), { rate = 2 })
    equal(status, 0)
    test.truthy(time.elapsed() - began >= 39 / 2) -- 40 calls came in less than 19.5 s
  end)
end)

describe("a sleep", function()
  it("lets other rows run, and is not begun anew", function()
    people(30)
    local began = time.elapsed()
    local status = run(recipe(function(row, context)
      context.sleep "1 day"
      return create(row)
    end), { concurrency = 1 })
    equal(status, 0)
    test.truthy(time.elapsed() - began < 86400 + 60) -- rows slept one after the other
    equal(durable.active(), nil)
  end)
end)

test.run()
