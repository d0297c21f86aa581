-- SPDX-License-Identifier: MIT
-- The sandbox: finds the twin that a request is for, has the catalogue check it, keeps the twins' state.
-- Runs in a Lua state of its own; transport_twin.h says how it is called.
--
-- A twin (bindings/<vendor>/twin.lua) returns:
--   seed(twin, state)               fills an empty state; the state holds nothing but data
--   routes                          "METHOD /path/{name}" -> function(twin, request) -> answer
--   asides                          the same for a part of another request: no fault hits it, no log has it
--   operation_of(twin, request)     -> the operation's name, and the name of its variant if it has one
--   operations, sign_in, refuse     instead of those two: the routes follow from the catalogue, see
--                                   operations.lua
--   resumes                         name -> function(twin, request, args, response) -> answer: what a handler that
--                                   fetches first says when it knows (outgoing.lua)
--   also(twin, path)                -> the catalogue's way to write a path that the vendor knows too, or nil
--   may_be_false                    names of settings that are a number or false
--   (state.tokens                   where a twin whose vendor gives tokens keeps those that are valid)
--   actions                         name -> function(twin, args): what a schedule may name
--   control                         name -> function(twin, args) -> value: what scripts and tests may tell
--                                   it; guide{base} gives the lines that tell a person how to use it
-- and is called with `twin`: state, and the services below.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local json = require "beadle.json"
local by_catalogue = require "beadle.sandbox.operations"
local clock = require "beadle.sandbox.clock"
local faults = require "beadle.sandbox.faults"
local knowledge = require "beadle.sandbox.known"
local outgoing = require "beadle.sandbox.outgoing"
local routes = require "beadle.sandbox.routes"
local wire = require "beadle.sandbox.wire"

local LOG_LENGTH = 1000

local Twin = {}
Twin.__index = Twin

-- ---------------------------------------------------------------------------------------------------
-- Services for twins

Twin.now = clock.now

-- Today's day, YYYY-MM-DD, UTC.
function Twin:today()
  return os.date("!%Y-%m-%d", math.floor(self.now()))
end

-- Has an action run `delay` seconds from now. What is due at the same time runs in the order it was asked.
function Twin:schedule(delay, action, args)
  table.insert(self.state.schedule, { at = self.now() + delay, number = self:next_id("schedule", 0),
    action = action, args = args })
end

-- As outgoing.call; a test may have asked for a call that is made twice.
function Twin:call(what)
  for _ = 1, faults.times_called(self, type(what) == "table" and what.operation or nil) do
    outgoing.call(self, what)
  end
end

Twin.fetch = outgoing.fetch

function Twin:next_id(name, first)
  local ids = self.state.ids
  ids[name] = math.max(ids[name] or first, self.state.ids_from or 0) + 1
  return ids[name]
end

-- A token that nobody guesses by counting. The run's seed decides it.
function Twin.token(length)
  local letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
  local token = {}
  for i = 1, length or 20 do
    local at = math.random(#letters)
    token[i] = letters:sub(at, at)
  end
  return table.concat(token)
end

-- Refuses what a twin is told: an error for the script that told it.
function Twin.refuse(message, ...)
  error(error_value.new { kind = "argument", message = message:format(...), outcome = "none" }, 0)
end

-- Refuses arguments of a command that it does not know.
function Twin.check_args(command, args, known)
  for name in pairs(args) do
    local is_known = false
    for _, each in ipairs(known) do
      is_known = is_known or each == name
    end
    if not is_known then
      local nearest = catalogue.nearest(tostring(name), known)
      Twin.refuse("%s takes no \"%s\"%s", command, tostring(name),
        nearest and ("; did you mean %s?"):format(nearest) or "")
    end
  end
end

Twin.answer = wire.answer
Twin.answer_json = wire.answer_json
Twin.answer_html = wire.answer_html
Twin.answer_redirect = wire.answer_redirect
Twin.fields = wire.fields
Twin.basic = wire.basic
Twin.bearer = wire.bearer
Twin.escape_html = wire.escape_html

-- ---------------------------------------------------------------------------------------------------
-- The twins

local twins, by_host = {}, {}

local function fresh_state(twin)
  local state = {
    schedule = {}, calls = json.array {}, ids = {}, log = json.array {}, faults = json.array {},
    counts = {}, settings = { latency = 0, strict = true },
  }
  twin.state = state
  twin.code.seed(twin, state)
end

local function add_asides(list, asides)
  for _, route in ipairs(routes.compile(asides or {})) do
    route.aside = true
    list[#list + 1] = route
  end
end

local function load_twins()
  for _, name in ipairs(catalogue.vendors()) do
    local description = catalogue.describe(name)
    local operations = {}
    for _, operation in ipairs(description.operations) do
      operations[operation.name] = operation
    end
    local twin = setmetatable({
      name = name, code = require("beadle.twin." .. name), vendor = description, operations = operations,
    }, Twin)
    twin.routes = routes.compile(twin.code.routes or {})
    add_asides(twin.routes, twin.code.asides)
    twin.by_catalogue = by_catalogue.compile(description, twin.code.operations or {})
    fresh_state(twin)
    twins[#twins + 1], twins[name] = twin, twin
    for _, host in ipairs(description.hosts) do
      by_host[host] = twin
    end
  end
end

-- What is one table in two places stays one; `seen` has the copies by their originals.
local function copy(value, seen)
  if type(value) ~= "table" then
    return value
  elseif seen[value] then
    return seen[value]
  end
  local result = getmetatable(value) and json.is_array(value) and json.array {} or {}
  seen[value] = result
  for key, element in next, value do
    result[key] = type(element) == "table" and copy(element, seen) or element
  end
  return result
end

-- Requests that were logged never change: both states have the same ones.
local function copy_state(state)
  local seen = {}
  for _, entry in ipairs(state.log) do
    seen[entry] = entry
  end
  return copy(state, seen)
end

-- ---------------------------------------------------------------------------------------------------
-- Requests

-- By host when it is a vendor's own, else by path: the first twin that knows it. Without one, the methods
-- that the path knows.
local function find_twin(request)
  local owner, methods = by_host[request.host], {}
  for _, twin in ipairs(owner and { owner } or twins) do
    local route, params = routes.find(twin, request, methods)
    if route then
      return twin, route, params
    end
  end
  return nil, methods
end

-- Counts all vendors' requests: which came before which, also where the clock stands still.
local request_count = 0

local function log_request(twin, request, answer)
  local log, done = twin.state.log, wire.was_done(twin.vendor, answer)
  local operation = twin.operations[request.operation]
  local is_effect = operation and operation.effect ~= "read"
  request_count = request_count + 1
  log[#log + 1] = {
    number = request_count, at = twin.now(), method = request.method, host = request.host, path = request.path,
    query = request.query, headers = request.headers, body = request.body, operation = request.operation,
    variant = request.variant, status = answer.status, fault = answer.fault, envelope = request.envelope,
    params = request.params, done = done, answer = done and is_effect and outgoing.excerpt(answer.body) or nil,
  }
  if #log > LOG_LENGTH then
    table.remove(log, 1)
  end
end

local function note(twin, request, answer)
  answer.delay = answer.delay or (twin.state.settings.latency > 0 and twin.state.settings.latency or nil)
  local operation = request.operation or request.path
  twin.state.counts[operation] = (twin.state.counts[operation] or 0) + 1
  log_request(twin, request, answer)
  return answer
end

-- The answer, or what the transport needs to know of one that waits: for which request.
local function settle(twin, request, answer)
  if answer.fetches then
    return { later = outgoing.wait(answer, request) }
  end
  return note(twin, request, faults.after(twin, request, answer))
end

local function answer_request(twin, route, request)
  if route.operation then
    request.operation = route.operation.name
  else
    request.operation, request.variant = twin.code.operation_of(twin, request)
  end
  local refused = faults.before(twin, request)
  if refused then
    return note(twin, request, refused)
  end
  return settle(twin, request, route.operation and by_catalogue.answer(twin, route, request.params, request)
    or route.act(twin, request))
end

local function no_such_thing(request, methods)
  local answer = wire.answer(#methods > 0 and 405 or 404, ("the sandbox has no %s %s on %s\n"):format(
    request.method, request.path, request.host))
  answer.headers.Allow = #methods > 0 and table.concat(methods, ", ") or nil
  return answer
end

local run_due

local function handle(request)
  local twin, route, params = find_twin(request)
  if not twin then
    return no_such_thing(request, route)
  end
  run_due(twin, clock.now()) -- what is due has happened, whoever is woken first
  request.params = params
  if route.aside then
    return route.act(twin, request)
  end
  return answer_request(twin, route, request)
end

-- ---------------------------------------------------------------------------------------------------
-- Time

function run_due(twin, now)
  local schedule = twin.state.schedule
  table.sort(schedule, function(a, b)
    if a.at ~= b.at then
      return a.at < b.at
    end
    return a.number < b.number
  end)
  while schedule[1] and schedule[1].at <= now do
    local entry = table.remove(schedule, 1)
    twin.code.actions[entry.action](twin, entry.args)
  end
  return schedule[1] and schedule[1].at
end

local function tick()
  local now, next_at = clock.now(), nil
  for _, twin in ipairs(twins) do
    local at = run_due(twin, now)
    if at and (next_at == nil or at < next_at) then
      next_at = at
    end
  end
  return next_at and math.max(next_at - now, 0), outgoing.take()
end

local snapshots = {} -- number -> { vendor's name -> state }

-- A call is noted in the snapshots too: it was made once, and is not made again when they are put back.
local function states_of(twin)
  local states = { twin.state }
  for _, snapshot in pairs(snapshots) do
    states[#states + 1] = snapshot[twin.name]
  end
  return states
end

-- A request that a vendor made is over: gives the answer that waited for it, if one did.
local function called(id, result)
  local entry = outgoing.ended(id, result, states_of)
  if entry.request then
    run_due(entry.twin, clock.now())
    return settle(entry.twin, entry.request, outgoing.resume(entry, result))
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What every twin can be told

local common = {}
local snapshot_count = 0

local function new_snapshot(states)
  snapshot_count = snapshot_count + 1
  snapshots[snapshot_count] = states
  return snapshot_count
end

-- Back to the beginning. Random choices go on.
function common.reset(twin)
  fresh_state(twin)
end

-- Keeps the state; gives the number that `restore` takes.
function common.snapshot(twin, args)
  twin.check_args("snapshot", args, {})
  return new_snapshot { [twin.name] = copy_state(twin.state) }
end

-- Takes a snapshot's state back. With `forget` nobody needs the snapshot any more: its state is not copied.
function common.restore(twin, args)
  twin.check_args("restore", args, { "snapshot", "forget" })
  local snapshot = snapshots[args.snapshot]
  local state = snapshot and snapshot[twin.name]
  if not state then
    twin.refuse("there is no snapshot %s of %s", tostring(args.snapshot), twin.name)
  end
  twin.state = args.forget and state or copy_state(state)
  if args.forget then
    snapshot[twin.name] = nil
    snapshots[args.snapshot] = next(snapshot) and snapshot or nil
  end
end

local function fits_setting(twin, name, value)
  local may_be_false = false
  for _, each in ipairs(twin.code.may_be_false or {}) do
    may_be_false = may_be_false or each == name
  end
  if may_be_false then
    return value == false or type(value) == "number" and value >= 0
  end
  return type(value) == type(twin.state.settings[name]) and (type(value) ~= "number" or value >= 0)
end

-- Changes settings; gives all of them.
function common.set(twin, args)
  local settings = twin.state.settings
  twin.check_args(("sandbox.%s.set"):format(twin.name), args, wire.names_of(settings))
  for name, value in pairs(args) do
    if not fits_setting(twin, name, value) then
      twin.refuse("the setting %s cannot be %s; now it is %s", name, tostring(value), tostring(settings[name]))
    end
  end
  for name, value in pairs(args) do
    settings[name] = value
  end
  return settings
end

-- What is made from now on gets numbers from `first` on, so that it cannot be taken for something else.
function common.number_from(twin, args)
  twin.check_args("number_from", args, { "first" })
  if math.type(args.first) ~= "integer" or args.first < 1 then
    twin.refuse "number_from takes first, a whole number"
  end
  twin.state.ids_from = args.first - 1
end

-- The requests that came, the last ones; {operation = ...} chooses.
function common.requests(twin, args)
  local result = json.array {}
  twin.check_args("requests", args, { "operation" })
  for _, entry in ipairs(twin.state.log) do
    if faults.is_of(entry, args.operation) then
      result[#result + 1] = entry
    end
  end
  return result
end

-- How often each operation was called.
function common.counts(twin)
  return twin.state.counts
end

-- The requests that the vendor made, such as callbacks.
function common.calls(twin)
  return twin.state.calls
end

common.fault = faults.add

-- The ids and the like that it holds under the name of a parameter.
common.known = knowledge.known

-- The names of all that it can be told.
function common.commands(twin)
  return knowledge.commands(common, twin.code.control)
end

-- What all vendors together can be told, under the name ALL.
local ALL = "all"
local for_all = {}

function for_all.reset(args)
  Twin.check_args("reset", args, {})
  for _, twin in ipairs(twins) do
    common.reset(twin)
  end
end

function for_all.snapshot(args)
  Twin.check_args("snapshot", args, {})
  local states = {}
  for _, twin in ipairs(twins) do
    states[twin.name] = copy_state(twin.state)
  end
  return new_snapshot(states)
end

-- All or none: a snapshot of one vendor is refused before anything is put back.
function for_all.restore(args)
  local snapshot = snapshots[args.snapshot] or {}
  for _, twin in ipairs(twins) do
    if not snapshot[twin.name] then
      Twin.refuse("there is no snapshot %s of all vendors", tostring(args.snapshot))
    end
  end
  for _, twin in ipairs(twins) do
    common.restore(twin, args)
  end
end

local function first_due()
  local at
  for _, twin in ipairs(twins) do
    local due = run_due(twin, clock.now())
    at = due and (not at or due < at) and due or at
  end
  return at
end

-- Moves the clock of the vendors on by `seconds`, as if these had passed; with `stop` no further than to the first
-- thing that is due. Gives what time it is, whether something happened, and how many requests of the vendors are under
-- way.
function for_all.advance(args)
  Twin.check_args("advance", args, { "seconds", "stop" })
  local problem = clock.problem(args.seconds)
  if problem then
    Twin.refuse("%s", problem)
  end
  local happened = clock.advance(args.seconds, args.stop, first_due)
  return { now = clock.now(), happened = happened, calling = outgoing.under_way() }
end

-- Begins the random choices anew. Whatever follows is the same for the same seed.
function for_all.seed(args)
  Twin.check_args("seed", args, { "seed" })
  math.randomseed(args.seed)
end

local function control_all(command, args)
  for _, twin in ipairs(twins) do
    run_due(twin, clock.now())
  end
  return (for_all[command] or Twin.refuse("all vendors together know no \"%s\"", command))(args)
end

local function control(name, command, args)
  if name == ALL then
    return control_all(command, args)
  end
  local twin = twins[name]
  if not twin then
    Twin.refuse("the sandbox has no vendor \"%s\"", name)
  end
  local act = twin.code.control[command] or common[command]
  if not act then
    local known = {}
    for _, set in ipairs { common, twin.code.control } do
      for each in pairs(set) do
        known[each] = true
      end
    end
    local nearest = catalogue.nearest(command, wire.names_of(known))
    Twin.refuse("the sandbox of %s knows no \"%s\"%s", name, command,
      nearest and ("; did you mean %s?"):format(nearest) or "")
  end
  run_due(twin, clock.now())
  return act(twin, args)
end

load_twins()

return { handle = handle, tick = tick, called = called, control = control }
