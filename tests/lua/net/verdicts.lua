-- SPDX-License-Identifier: MIT
-- What a durable run makes of each of the 45 faults (fault_list.lua): what a row comes to, how often the vendor sees
-- its request, and that after the fault the row comes to its end with the effect done exactly once, or stays in doubt
-- with nothing sent twice. Real operations, at a sandbox that is served, through the test server in front of it.
--
-- Five ways: a read; effects that may be repeated, whose repetition tells, which another operation tells of, and of
-- which nothing tells. Each fault once and lasting, with the effect carried out before it and not.
-- Run under tests/with-sandbox and tests/with-server. BEADLE_FAULT_FORMS=1: one form of each fault; BEADLE_FAULT: the
-- path of the only one.

local async = require "beadle.async"
local durable = require "beadle.durable"
local fs = require "beadle.fs"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local list = require "fault_list"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
local sandbox_of = require "beadle.sandbox"
local support = require "support"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local describe, it = test.describe, test.it

local base = assert(os.getenv "BEADLE_TEST_SANDBOX", "run this under tests/with-sandbox")
local sandbox = sandbox_of.at(base)
local sandbox_port = base:match ":(%d+)$"
local tiny = (os.getenv "BEADLE_TEST_OPTIONS" or ""):find("tiny-io", 1, true) ~= nil
local only, most = os.getenv "BEADLE_FAULT", tonumber(os.getenv "BEADLE_FAULT_FORMS" or "") or math.huge

runs.folder = function() return support.folder .. "/runs" end

local cases = {}

local WAYS = { "read", "again", "key", "look", "none" }

-- ---------------------------------------------------------------------------------------------------
-- The cases: a fault's form, a way, once or lasting, carried out before or not

local function add_case(fault, form, way, length, through)
  local name = ("c%d%s%s%s"):format(#cases + 1, way, length, through and "t" or "n")
  cases[#cases + 1] = { name = name, fault = fault, form = form, class = form.class, way = way, length = length,
    through = through, label = ("%d %s, %s, %s, %s"):format(fault.number, form.path, way, length,
      through and "carried out" or "not carried out") }
end

-- What answers as if all were well has done it; what refuses has not.
local MAY_BE_DONE = { lost = true, failing = true, unusable = true }

local function add_cases(fault, form)
  for _, way in ipairs(WAYS) do
    local fixed = form.server or form.url -- passes nothing on
    local both = MAY_BE_DONE[form.class] and way ~= "read" and not fixed and not form.early
    local slow = way == "again" and form.limit -- twelve times the limit
    if form.class == "good" then
      add_case(fault, form, way, "once", true)
    else
      if not fixed then
        add_case(fault, form, way, "once", false)
      end
      if both then
        add_case(fault, form, way, "once", true)
      end
      if not slow then
        add_case(fault, form, way, "lasting", both or false)
      end
    end
  end
end

list.each(function(fault, form)
  fault.forms = (fault.forms or 0) + 1
  if not (tiny and form.large) and (not only or only == form.path) and fault.forms <= most then
    add_cases(fault, form)
  end
end)

-- ---------------------------------------------------------------------------------------------------
-- Where they are played. Each has a host of its own, so that they do not share one budget for retries.

local function host_of(case)
  return case.name .. ".localhost"
end

local authority = support.authority "faults"
local names = { "IP:127.0.0.1", "DNS:localhost" }
for _, case in ipairs(cases) do
  names[#names + 1] = case.form.tls and "DNS:" .. host_of(case) or nil
end
local certificate, key = authority:certificate(table.concat(names, ","))
local others, other_key = authority:certificate "DNS:elsewhere.example"

local closed, stop = support.serve()
stop()
local tls_port = support.serve("--tls", certificate, key, table.unpack(tiny and { "--tiny-io", "1" } or {}))
local own_ports = {}

local function own_port(form)
  if not own_ports[form] then
    local options = {}
    for _, option in ipairs(form.server) do
      options[#options + 1] = option
      if option == "--tls" then
        options[#options + 1] = form.strange == "host" and others or certificate
        options[#options + 1] = form.strange == "host" and other_key or key
      end
    end
    own_ports[form] = support.serve(table.unpack(options))
  end
  return own_ports[form]
end

local function origin_of(case)
  local form = case.form
  if form.url then
    return form.url == "closed" and "http://127.0.0.1:" .. closed or form.url
  elseif form.server then
    local scheme = form.server[1] == "--tls" and "https" or "http"
    return ("%s://127.0.0.1:%s"):format(scheme, own_port(form))
  elseif form.tls then
    return ("https://%s:%s/front/%s"):format(host_of(case), tls_port, case.name)
  end
  return ("http://%s:%s/front/%s"):format(host_of(case), support.port, case.name)
end

-- The vendors' settings: as those of the sandbox, below another origin.
local function settings_of(origin, form)
  local more = { settle = "50 ms", timeout = form and form.limit }
  if form and form.strange ~= "ca" and origin:find "^https" and not form.url then
    more.ca_file = authority.file
  end
  local function with(own)
    for name, value in pairs(more) do
      own[name] = value
    end
    return own
  end
  return {
    isograd = with { base_url = origin .. "/api/usage", auth_url = base .. "/oauth2/token",
      client_id = "test-client-id", client_secret = "test-client-secret" },
    syfadis = with { base_url = origin .. "/odata-api", user = "test-user", password = "Test-Password-0001" },
  }
end

-- ---------------------------------------------------------------------------------------------------
-- The configuration

local function literal(value)
  if type(value) ~= "table" then
    return ("%q"):format(value)
  end
  local parts = {}
  for name, each in pairs(value) do
    parts[#parts + 1] = ("[%q] = %s"):format(name, literal(each))
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local profiles = { over = settings_of(base) }
for _, case in ipairs(cases) do
  profiles[case.name] = settings_of(origin_of(case), case.form)
end
fs.write(os.getenv "BEADLE_CONFIG", "return " .. literal { default = "over", profiles = profiles } .. "\n")

local function make_rule(case)
  if case.form.server or case.form.url then
    return
  end
  local port = case.form.tls and tls_port or support.port
  local url = ("%s://localhost:%s/_rule?key=%s&port=%s&times=%d&through=%d&contains=%s&fault=%s"):format(
    case.form.tls and "https" or "http", port, case.name, sandbox_port, case.length == "once" and 1 or 1000000000,
    case.through and 1 or 0, (case.way == "read" or case.way == "again") and "" or "POST",
    support.escape(case.form.path))
  local answer = http.post(url, { ca_file = case.form.tls and authority.file or nil })
  assert(answer.status == 200, answer.body)
end

-- ---------------------------------------------------------------------------------------------------
-- The ways

local first_test, group_set = sandbox.isograd.tests()[1].pla_tst_id, "Structures"
local direct = { isograd = isograd.client { profile = "over" }, syfadis = syfadis.client { profile = "over" } }

local function address(case)
  return case.name .. "@example.org"
end

local prepare, act = {}, {}

local function make_candidate(case)
  case.can_id = direct.isograd.create_candidate { ema = address(case), gen_id = 3, fst_nam = "Ada",
    lst_nam = "Lovelace" }.can_id
end

prepare.again, prepare.none = make_candidate, make_candidate

function act.read(_, client)
  return client.isograd.get_test_status { pla_tst_id = first_test }
end

function act.again(case, client)
  return client.isograd.update_candidate { can_id = case.can_id, fst_nam = case.name }
end

function act.key(case, client)
  return client.isograd.create_candidate { ema = address(case), gen_id = 3, fst_nam = "Ada", lst_nam = "Lovelace" }
end

function act.look(case, client)
  return client.syfadis.create_group { set = group_set, Name = case.name, Code = case.name }
end

function act.none(case, client)
  return client.isograd.send_registration_email { can_id = case.can_id, mai_tem_id = 7 }
end

-- The usual good answer of the test server is one to create_candidate.
local function is_good_read(case, err)
  return case.way == "read" and case.class == "good" and type(err) == "table" and err.kind == "decode"
    and err.message:find("it lacks sta_id", 1, true)
end

local function perform(case, profile)
  local client = { isograd = isograd.client { profile = profile }, syfadis = syfadis.client { profile = profile } }
  local results = table.pack(pcall(act[case.way], case, client))
  if not results[1] and not is_good_read(case, results[2]) then
    error(results[2], 0)
  end
  return true
end

-- How often the vendor has done it.
local function count_effects()
  local counts = {}
  local function add(name)
    counts[name] = (counts[name] or 0) + 1
  end
  for _, candidate in ipairs(sandbox.isograd.candidates()) do
    add("key " .. candidate.ema)
    add("again " .. candidate.fst_nam)
  end
  for _, mail in ipairs(sandbox.isograd.mails()) do
    add("none " .. mail.to)
  end
  for _, group in ipairs(direct.syfadis.list_groups { set = group_set }:all()) do
    add("look " .. group.Name)
  end
  return function(case)
    local by_name = case.way == "look" or case.way == "again"
    return counts[("%s %s"):format(case.way, by_name and case.name or address(case))] or 0
  end
end

-- How often it was sent: reads that settle are none of these.
local function count_requests(case)
  if case.form.server or case.form.url then
    return nil
  end
  local text = case.way == "look" and "POST /front/" or " /front/"
  local port = case.form.tls and tls_port or support.port
  local url = ("%s://localhost:%s/_count?contains=%s"):format(case.form.tls and "https" or "http", port,
    support.escape(text .. case.name .. "/"))
  return http.get(url, { ca_file = case.form.tls and authority.file or nil }):json().requests
end

-- ---------------------------------------------------------------------------------------------------
-- The run, and the same run once the fault is over

-- Those with a limit before the crowd, which would keep them from being answered within it.
local function rows_of(run, profile, into)
  for _, kind in ipairs { "limit", "huge", "other" } do
    async.map(cases, { concurrency = kind == "huge" and 3 or 400 }, function(case)
      if (case.form.limit and "limit" or case.form.huge and "huge" or "other") == kind then
        local ok, err = pcall(run.row, run, case.name, { again = true }, perform, case, profile or case.name)
        case[into] = { err = not ok and err or nil }
      end
    end)
  end
end

local function note(journal, into)
  local effects = count_effects()
  for _, case in ipairs(cases) do
    local row = journal:row(case.name)
    case[into].state = row and row.state or error(case[into].err, 0)
    case[into].effects, case[into].requests = effects(case), count_requests(case)
  end
end

local function play()
  async.map(cases, { concurrency = 50 }, function(case)
    make_rule(case)
    if prepare[case.way] then
      prepare[case.way](case)
    end
  end)
  local run = durable.new {}
  run:open_journal()
  rows_of(run, nil, "first")
  note(run:open_journal(), "first")
  run:close()
  local again = durable.open { id = run.id }
  rows_of(again, "over", "second")
  note(again:open_journal(), "second")
  again:close()
  local ok, err = pcall(function()
    local journal <close> = run_journal.open { path = runs.path_of(run.id) }
    journal:check()
  end)
  return ok, err
end

-- ---------------------------------------------------------------------------------------------------
-- What is expected

-- Whether a row that met the fault once comes to its end by itself.
local function once(case)
  local class, way = case.class, case.way
  if class == "token" and way == "look" then -- that vendor has no tokens
    return "failed", 1
  elseif class == "good" then
    return "done", way == "look" and 1 or nil
  elseif class == "refused" or class == "pause" then
    return "failed", 1
  elseif class == "busy" or class == "token" then
    return "done", 2
  elseif way == "none" then
    return "in_doubt", 1
  elseif way == "read" then
    return class == "unusable" and "failed" or "done", class == "unusable" and 1 or 2
  end
  return "done", way == "look" and case.through and 1 or 2 -- another operation shows that it is there
end

-- What may be repeated is, with each sending; what was sent in vain is sent three times more to settle it.
local SETTLING = 3

local function lasting(case)
  local class, way, attempts = case.class, case.way, case.form.attempts
  if not MAY_BE_DONE[class] then
    return "failed", class == "token" and way == "look" and 1 or attempts
  elseif way == "none" then
    return "in_doubt", 1
  elseif way == "read" then
    return "failed", attempts
  elseif way == "look" and case.through then
    return "done", 1
  end
  return "failed", (1 + SETTLING) * (way == "again" and attempts or 1)
end

local function check(case)
  local first, second = case.first, case.second
  local state, requests = (case.length == "once" and once or lasting)(case)
  local function same(what, actual, wanted)
    if actual ~= wanted then
      error(("%s: expected %s %s, got %s (%s; then %s)"):format(case.label, what, wanted, actual,
        tostring(first.err), tostring(second.err)), 0)
    end
  end
  same("state", first.state, state)
  if first.requests and requests then
    -- libcurl sends once more, uncounted, what was lost on a kept connection and may be repeated.
    local spare = (case.way == "read" or case.way == "again") and requests or 0
    if first.requests < requests or first.requests > requests + spare then
      same("requests", first.requests, requests)
    end
  end
  if state == "failed" then
    same("kind", first.err.kind, case.form.kind)
    local unknown = MAY_BE_DONE[case.class] and case.way ~= "read"
      and not (case.way == "look" and case.form.server) -- what was there before could not be asked
    same("outcome", first.err.outcome, unknown and "unknown" or case.way ~= "read" and "none" or nil)
  end
  if case.class == "pause" then
    same("retry_after", first.err.retry_after, 3600)
  end
  local doubt = state == "in_doubt"
  same("state in the end", second.state, doubt and "in_doubt" or "done")
  if doubt then
    same("doubt", first.err.in_doubt and second.err.in_doubt, true)
  end
  same("requests after it was over", second.requests, first.requests)
  if case.way ~= "read" then
    same("effects", second.effects, doubt and not case.through and 0 or 1)
  end
end

local journal_ok, journal_err = play()

describe("a fault", function()
  local by_fault = {}
  for _, case in ipairs(cases) do
    by_fault[case.fault] = by_fault[case.fault] or {}
    table.insert(by_fault[case.fault], case)
  end
  for _, fault in ipairs(list.faults) do
    if by_fault[fault] then
      it(("%d: %s"):format(fault.number, fault.name), function()
        for _, case in ipairs(by_fault[fault]) do
          check(case)
        end
      end)
    end
  end
end)

describe("the journal", function()
  it("is whole", function()
    test.equal(journal_ok, true, tostring(journal_err))
  end)
end)

test.run()
