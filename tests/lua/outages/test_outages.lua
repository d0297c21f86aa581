-- SPDX-License-Identifier: MIT
-- Vendors that are down for a minute, in three ways, under batches of 10,000 calls, and tokens that end with 64 calls
-- under way. In virtual time: the clock jumps, the calls are real ones.
--
-- BEADLE_OUTAGE_CALLS, BEADLE_OUTAGE_ROWS: instead of the 10,000, and how many rows the smaller ones have (500).

local async = require "beadle.async"
local batch = require "beadle.batch"
local csv = require "beadle.csv"
local fs = require "beadle.fs"
local http = require "beadle.http"
local inspera = require "beadle.inspera"
local isograd = require "beadle.isograd"
local recipe_of = require "beadle.recipe"
local native = require "beadle.test.native"
local runs = require "beadle.runs"
local sandbox = require "beadle.sandbox"
local scodoc = require "beadle.scodoc"
local test = require "beadle.test"
local time = require "beadle.time"

test.limit = 10 * 86400

local describe, it, equal = test.describe, test.it, test.equal

local MANY = tonumber(os.getenv "BEADLE_OUTAGE_CALLS" or "") or 10000
local FEW = tonumber(os.getenv "BEADLE_OUTAGE_ROWS" or "") or 500
local DOWN_AFTER_S, DOWN_S = 0.2, 60

local folder

test.before_each(function()
  sandbox.reset()
  folder = os.tmpname()
  os.remove(folder)
  fs.make_folder(folder)
  runs.folder = function() return folder .. "/runs" end
end)
test.after_each(function()
  native.remove_folder(folder)
end)

local function recipe(act)
  return recipe_of { name = "example", summary = "An example", columns = { "name" }, unique = { "name" },
    params = { { name = "name", type = "string", required = true, doc = "what" } },
    row = function(row)
      act(row.name)
      return { name = row.name }
    end }
end

-- Runs a batch of so many rows. Gives the exit status, the rows of the three files, and what was said.
local function run(count, act, values)
  local lines = { "name" }
  for index = 1, count do
    lines[index + 1] = ("Name%d"):format(index)
  end
  fs.write(folder .. "/rows.csv", table.concat(lines, "\n") .. "\n")
  local said = {}
  local all = { rows = folder .. "/rows.csv", into = folder .. "/end", concurrency = 64, stop_after = 0 }
  for name, value in pairs(values or {}) do
    all[name] = value
  end
  local status = batch.run(recipe(act), all, {}, { script = "x", rows = all.rows, folder = "/", command = { "batch" },
    left_out = {} }, { err = function(text) said[#said + 1] = text end, out = print, ask = function() end,
    interactive = false })
  local counts = {}
  for index, name in ipairs { "done", "failed", "in-doubt" } do
    counts[index] = 0
    for _ in csv.open(("%s/end/%s.csv"):format(folder, name)):rows() do
      counts[index] = counts[index] + 1
    end
  end
  return status, table.concat(counts, " "), table.concat(said, "\n")
end

local function requests(vendor)
  local total = 0
  for _, count in pairs(sandbox[vendor].counts()) do
    total = total + count
  end
  return total
end

local acts = {
  isograd = {
    read = function() isograd.list_available_credits {} end,
    effect = function(name)
      isograd.create_candidate { ema = name .. "@example.org", fst_nam = "Ada", lst_nam = "Lovelace", gen_id = 3 }
    end,
    things = function()
      local names = {}
      for _, candidate in ipairs(sandbox.isograd.candidates()) do
        names[#names + 1] = candidate.ema:match "^(Name%d+)@"
      end
      return names
    end,
  },
  scodoc = {
    read = function() scodoc.departements_ids {} end,
    effect = function(name) scodoc.role_create { role_name = name, permissions = { "ScoView" } } end,
    things = function()
      local names = {}
      for _, role in ipairs(scodoc.roles {}) do
        names[#names + 1] = role.role_name:match "^Name%d+$"
      end
      return names
    end,
  },
  inspera = {
    read = nil, -- it has none but the token
    effect = function(name) inspera.create_committees { testId = 3437420, committees = { { name = name } } } end,
    things = function()
      local names = {}
      for _, committee in ipairs(sandbox.inspera.committees { testId = 3437420 }) do
        names[#names + 1] = committee.name:match "^Name%d+$"
      end
      return names
    end,
  },
}

-- Runs it with the vendor down for a minute, and judges.
local function check_outage(vendor, kind, count, act, seconds, concurrency)
  seconds = seconds or DOWN_S
  sandbox[vendor].set { latency = 0.05 }
  local began = time.elapsed()
  local back_at = began + DOWN_AFTER_S + seconds
  local came_back
  local status, counts, said = async.scope(function()
    async.spawn(function()
      async.sleep(DOWN_AFTER_S)
      sandbox[vendor].fault { kind = kind, status = kind == "status" and 503 or nil, seconds = seconds, times = 1 }
    end)
    return run(count, function(name)
      act(name)
      if time.elapsed() > back_at then
        came_back = came_back or time.elapsed() - back_at
      end
    end, { concurrency = concurrency or 64 })
  end)
  equal(counts, count .. " 0 0")
  equal(status, 0)
  test.match(said, "does not answer: its calls wait until it does")
  local sent = requests(vendor)
  -- What an outage costs does not grow with the calls: for fewer of them too, a twentieth of 10,000.
  test.truthy(sent <= count + 0.05 * 10000, ("%d requests for %d calls"):format(sent, count))
  test.truthy(came_back and came_back <= 5, ("back after %s s"):format(tostring(came_back)))
end

local function check_once(vendor, count)
  local seen, total = {}, 0
  for _, name in ipairs(acts[vendor].things()) do
    equal(seen[name], nil)
    seen[name] = true
    total = total + 1
  end
  equal(total, count)
end

describe("a vendor that is down for a minute under 10,000 calls", function()
  for name, kind in pairs { ["refuses connections"] = "refused", ["answers 503"] = "status",
    ["accepts and never answers"] = "silent" } do
    it(name .. ": hardly more requests than calls, and back within 5 s", function()
      check_outage("isograd", kind, MANY, acts.isograd.read)
    end)
  end
end)

describe("a vendor that does not answer for longer than a call waits", function()
  it("does not keep all rows in calls that repeat themselves", function()
    check_outage("isograd", "silent", FEW, acts.isograd.read, 75, 16) -- a third attempt would hang until after 90 s
  end)
end)

describe("effects at a vendor that is down for a minute", function()
  for vendor, of in pairs(acts) do
    for _, kind in ipairs { "refused", "status", "silent" } do
      it(("are done once: %s, %s"):format(vendor, kind), function()
        check_outage(vendor, kind, FEW, of.effect)
        check_once(vendor, FEW)
      end)
    end
  end
end)

describe("a token that ends with 64 calls under way", function()
  for vendor, name in pairs { isograd = "authenticate", scodoc = "tokens", inspera = "authenticate" } do
    it("is fetched once, and no row fails: " .. vendor, function()
      sandbox[vendor].set { latency = 0.5 }
      sandbox[vendor].fault { kind = "expired token", nth = 200 }
      local before = sandbox[vendor].counts()[name] or 0
      local status, counts = run(640, acts[vendor].effect)
      equal(status, 0)
      equal(counts, "640 0 0")
      local signed_in = (sandbox[vendor].counts()[name] or 0) - before
      equal(signed_in, 2) -- the reset of the sandbox made it forget the token that we had
      test.truthy(requests(vendor) <= 640 + 2 + 64 + 64, requests(vendor))
      check_once(vendor, 640)
    end)
  end
end)

describe("requests of beadle.http in a batch", function()
  local seen

  local function serve(answer)
    seen = {}
    return http.serve { routes = { ["GET /x"] = function()
      seen[#seen + 1] = time.elapsed()
      return answer(#seen)
    end, ["PUT /x"] = function()
      seen[#seen + 1] = time.elapsed()
      return answer(#seen)
    end } }
  end

  it("keep the rate, reads too", function()
    local server <close> = serve(function() return "yes" end)
    local status = run(20, function()
      http.get(server.url .. "/x")
      http.request { method = "PUT", url = server.url .. "/x", body = "1" }
    end, { rate = 4 })
    equal(status, 0)
    equal(#seen, 40)
    for index = 5, #seen do
      test.truthy(seen[index] - seen[index - 4] >= 0.99, "five calls in less than a second")
    end
  end)

  it("wait for a host that is down, and for one that asks for a pause", function()
    local down_until = time.elapsed() + 60
    local server <close> = serve(function(count)
      if count == 30 then
        return { status = 429, headers = {
          ["Retry-After"] = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.ceil(time.now()) + 100) } }
      elseif count > 100 and time.elapsed() < down_until + 100 then
        return { status = 503 }
      end
      return "yes"
    end)
    local status, counts = run(300, function()
      if http.get(server.url .. "/x", { retry = false }).status ~= 200 then
        error(beadle.error.new { kind = "server", message = "no", outcome = "none" }, 0)
      end
    end, { concurrency = 8 })
    equal(status, 0)
    equal(counts, "300 0 0")
    test.truthy(#seen <= 300 * 1.3, #seen)
    for index = 40, #seen do
      test.truthy(seen[index] - seen[30] >= 100 , ("number %d came %g s after the pause was asked for"):format(index,
        seen[index] - seen[30]))
    end
  end)
end)

test.run()
