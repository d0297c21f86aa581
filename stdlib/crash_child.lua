-- SPDX-License-Identifier: MIT
-- What the program of a recipe under `beadle test --crash-points` does besides: it tells its runner of each effect, and
-- stops where it is to be killed. Loaded by -e in processes that stdlib/crash_site.lua starts; no other program has it,
-- so a run pays nothing and risks nothing for being testable.
--
-- main() reads the environment variable BEADLE_CRASH_POINT, JSON:
--   fd           of the runner's pipe
--   base, elsewhere   the sandbox, and who takes what is for anybody else
--   seed         of random choices
--   point        { operation =, number =, phase = }: where it waits to be killed; none: nowhere
--   one_by_one   rows are done one after the other, so that effects have the same numbers again
-- It emits events:
--   effect { operation, number, row, key, where, outside }   before an effect
--   ended { operation, number, ok }    when its outcome is kept
--   at                           when it waits to be killed
--   sending { last, elsewhere }  when it is about to send what will be done and not answered
--   outside { url }              when it reads what the sandbox does not have
--
-- Two gates see an effect: one within the row, before its intent is written and after its outcome was, and one around
-- the program, where the effect is sent.

local catalogue = require "beadle.catalogue"
local durable = require "beadle.durable"
local effects = require "beadle.durable_effect"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local http = require "beadle.http"
local json = require "beadle.json"
local clock = require "beadle.crash_clock"
local sandbox_of = require "beadle.sandbox"
local task = require "beadle.task"
local testing = require "beadle.test.native"

local M = { VARIABLE = "BEADLE_CRASH_POINT", CODE = 'require("beadle.crash_child").main()' }

local NEVER_S = 3600 -- whoever waits is killed long before
local plain_sleep = task.sleep

local job, sandbox
local counts, numbers = {}, setmetatable({}, { __mode = "k" })

local function emit(event)
  testing.emit(job.fd, json.encode(event))
end

-- ---------------------------------------------------------------------------------------------------
-- Which effect it is

-- Where in the recipe the call stands: the first line of the traceback that is not beadle's own.
local function where()
  for line in debug.traceback("", 3):gmatch "[^\n]+" do
    local place = line:match "^%s*([^%s:%[][^:]*%.lua:%d+):"
    if place and not place:find "^beadle[/.]" then
      return place
    end
  end
end

local function tell(effect)
  local row = durable.current()
  local name = effect.operation
  counts[name] = (counts[name] or 0) + 1
  numbers[effect] = counts[name]
  local key = effect.params and effect.key or { method = effect.method, url = effect.url }
  emit { event = "effect", operation = name, number = counts[name], row = row and row.key,
    key = effects.encode(key), outside = not row or nil, where = where() }
end

local function is_at(effect, phase)
  local point = job.point
  return point and point.phase == phase and point.operation == effect.operation and point.number == numbers[effect]
end

-- Where the program is to be killed it does nothing more.
local function stop_at(effect, phase)
  if is_at(effect, phase) then
    emit { event = "at" }
    plain_sleep(NEVER_S)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Sending

local function last_request(vendor)
  local last = 0
  for _, request in ipairs(sandbox[vendor].requests {}) do
    last = math.max(last, request.number)
  end
  return last
end

-- The vendor does what comes next, and does not answer it.
local function send_unanswered(effect, send)
  local vendors = effect.vendor and { effect.vendor } or catalogue.vendors()
  local last, operation = json.array {}, effect.vendor and effect.operation:match "%.(.+)$" or nil
  for index, vendor in ipairs(vendors) do
    last[index] = { vendor = vendor, number = last_request(vendor), operation = operation }
    sandbox[vendor].fault { operation = operation, kind = "slow", delay = NEVER_S }
  end
  emit { event = "sending", last = last }
  return send()
end

local own_ports = {} -- of servers that the recipe has opened

local function starts_with(url, base)
  return url:sub(1, #base + 1) == base .. "/"
end

-- What tells the sandbox, or is for a server of this program, is no effect at a vendor.
local function is_our_own(url)
  local port = url:match "^https?://[^/@]+:(%d+)" -- of this machine, where it is one of ours
  local host = url:match "^https?://([^/:]+)"
  return starts_with(url, job.base .. "/_sandbox") or starts_with(url, job.elsewhere)
    or (host == "127.0.0.1" or host == "localhost") and own_ports[port] ~= nil
end

local function is_played(effect)
  return effect.vendor ~= nil or starts_with(effect.url, job.base)
end

-- What goes to nobody whom the sandbox plays is taken, and answered without a word.
local function send_elsewhere(effect, hold)
  if hold then
    emit { event = "sending", elsewhere = true }
  end
  local answer = gate.without(http.post, job.elsewhere .. "/taken", { json = { method = effect.method,
    url = effect.url, body = effect.body and effects.encode(effect.body), hold = hold } })
  assert(answer.status == 200, answer.body)
  return answer
end

local function refuse_reading(effect)
  emit { event = "outside", url = effect.url }
  error(error_value.new { kind = "permission", outcome = "none", operation = effect.operation,
    message = ("%s cannot be read here: crash points have the vendors of the sandbox, and nobody else"):format(
      effect.url) }, 0)
end

local function send_out(effect, send)
  local hold = is_at(effect, "after effect")
  if not is_played(effect) then
    return send_elsewhere(effect, hold)
  elseif hold then
    return send_unanswered(effect, send)
  end
  return send()
end

-- The end of a pcall, as if there had been none.
local function pass_on(ok, ...)
  if not ok then
    error((...), 0)
  end
  return ...
end

local function tell_end(effect, ok)
  emit { event = "ended", operation = effect.operation, number = numbers[effect], ok = ok }
end

local function around_program(effect, send)
  if not effect.vendor and is_our_own(effect.url) then
    return send()
  elseif effect.effect == "read" then
    return clock.busy(is_played(effect) and send or refuse_reading, effect)
  end
  local in_row = numbers[effect]
  if not in_row then
    tell(effect)
    stop_at(effect, "before intent")
  end
  stop_at(effect, "before send")
  local results = table.pack(pcall(clock.busy, send_out, effect, send))
  stop_at(effect, "after answer")
  if not in_row then
    tell_end(effect, results[1])
  end
  return pass_on(table.unpack(results, 1, results.n))
end

local function within_row(effect, send)
  if numbers[effect] then -- a row within this one has told of it
    return send()
  end
  tell(effect)
  stop_at(effect, "before intent")
  local results = table.pack(pcall(send))
  tell_end(effect, results[1])
  stop_at(effect, "after commit")
  return pass_on(table.unpack(results, 1, results.n))
end

-- ---------------------------------------------------------------------------------------------------
-- Beginning

local function watch_rows(run)
  local row = run.row
  function run.row(self, key, facts, fn, ...)
    return row(self, key, facts, function(...)
      return gate.with(within_row, fn, ...)
    end, ...)
  end
  return run
end

local function watch_runs()
  for _, name in ipairs { "new", "open" } do
    local plain = durable[name]
    durable[name] = function(options)
      return watch_rows(plain(options))
    end
  end
end

-- `beadle resume` becomes another program.
local function go_along()
  local again = require "beadle.cli.again"
  local start = again.start
  again.start = function(folder, words)
    return start(folder, { "-e", M.CODE, table.unpack(words) })
  end
end

local function know_servers()
  local servers = require "beadle.http_server"
  local open = servers.open
  servers.open = function(...)
    local server = open(...)
    own_ports[tostring(server.port)] = true
    return server
  end
end

local function one_by_one()
  local rows = require "beadle.recipe_run"
  local plain = rows.rows
  rows.rows = function(recipe, entries, settings)
    settings.concurrency = 1
    return plain(recipe, entries, settings)
  end
end

function M.main()
  if job then
    return
  end
  testing.end_with_parent()
  job = json.decode(os.getenv(M.VARIABLE))
  sandbox = sandbox_of.at(job.base)
  package.loaded["beadle.sandbox"] = sandbox
  math.randomseed(job.seed) -- decides what the run's journal keeps as its seed
  clock.install(sandbox)
  watch_runs()
  know_servers()
  go_along()
  if job.one_by_one then
    one_by_one()
  end
  gate.watching(around_program)
  task.set_gate(around_program, true)
end

return M
