-- SPDX-License-Identifier: MIT
-- Random sets of parameters, made from the catalogue alone: legal ones reach the vendor exactly as they are meant,
-- and the twin understands them so; those with one thing wrong are refused, by name, and nothing is sent.
--
-- BEADLE_TEST_SEED and BEADLE_TEST_SETS choose others, and more of them. Under tests/with-sandbox all goes over HTTP.

package.path = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
local calls = require "random_calls"
local random_mail = require "random_mail"
local reader = require "wire_reader"

local by_catalogue = require "beadle.sandbox.operations"
local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local wire = require "beadle.sandbox.wire"

local SEED = math.tointeger(os.getenv "BEADLE_TEST_SEED" or 20260115)
local SETS = math.tointeger(os.getenv "BEADLE_TEST_SETS" or 1000)
local BATCH = 200
local SERVED = os.getenv "BEADLE_TEST_SANDBOX"

local function fail(message, ...)
  error(message:format(...), 0)
end

-- ---------------------------------------------------------------------------------------------------
-- What arrived, against what was meant

local function compare(what, arrived, wanted)
  for name, value in pairs(wanted) do
    if arrived[name] ~= value then
      fail("%s %s: %q was meant, %q arrived", what, name, value, tostring(arrived[name]))
    end
  end
  for name, value in pairs(arrived) do
    if wanted[name] == nil then
      fail("%s %s: nothing was meant, %q arrived", what, name, value)
    end
  end
end

local function check_body(request, wanted)
  local content_type = request.headers["content-type"]
  if wanted.json then
    local body = reader.canonical(reader.json(request.body))
    if body ~= reader.canonical(wanted.json[1]) then
      fail("the body: %s was meant, %s arrived", reader.canonical(wanted.json[1]), body)
    end
    test.equal(content_type, "application/json")
  elseif next(wanted.form) then
    compare("the form's", reader.fields(request.body), wanted.form)
    test.equal(content_type, "application/x-www-form-urlencoded")
  else
    test.equal(request.body, "")
  end
end

local function check_arrived(request, wanted)
  test.equal(request.method, wanted.method)
  test.equal(request.host, SERVED and "127.0.0.1" or wanted.host)
  compare("the path's segment", reader.segments(request.path), wanted.segments)
  compare("the query's", reader.fields(request.query or ""), wanted.query)
  for name, value in pairs(wanted.headers) do
    test.equal(request.headers[name], value)
  end
  check_body(request, wanted)
end

-- ---------------------------------------------------------------------------------------------------
-- What the twin's own reader understood

local function check_texts(operation, wanted, understood)
  for _, param in ipairs(operation.params) do
    local text = wanted[param.place] and wanted[param.place][param.wire or param.name:lower()]
      or wanted[param.place] and wanted[param.place][param.name]
    local value = understood[param.name]
    if text and (value == nil or calls.text(param, value) ~= text) then
      fail("%s: the twin understood %s of %q", param.name, tostring(value), text)
    end
  end
end

local function check_members(operation, wanted, understood)
  for name, value in pairs(wanted) do
    local known, free = operation.param[name], operation.free_param and understood[operation.free_param.name] or {}
    local got = free[name]
    if known then
      got = understood[name]
    elseif got == nil and understood.rest then
      got = understood.rest[name]
    end
    local nothing = known and value == json.null and got == nil
    if not nothing and (got == nil or reader.canonical(got) ~= reader.canonical(value)) then
      fail("%s: the twin understood %s of %s", name, got ~= nil and reader.canonical(got) or "nothing",
        reader.canonical(value))
    end
  end
end

local function check_understood(vendor, operation, args, request, wanted)
  local routes = vendor.routes
  local base = operation.variant_of and vendor.operation[operation.variant_of] or operation
  if next(wanted.form) then -- its twin reads forms with the checks of wire.lua
    local values, problem = wire.check(vendor.name, base, wire.fields(request.body), true)
    return check_texts(base, wanted, values or fail("the twin would refuse it: %s", problem.text))
  elseif not base.path or not wanted.members and request.body == "{}" then
    return -- routed by its twin alone, or {}: as a whole body it is the same as no members
  end
  local path = { method = request.method, path = request.path, body = request.body, query = request.query,
    headers = request.headers }
  local route, in_path = by_catalogue.find(routes, path, {}, request.path)
  if not route or route.operation.name ~= base.name then
    fail("the twin takes it for %s", route and route.operation.name or "nothing")
  end
  local strict = not (base.free_param and args[base.free_param.name])
  local values, problem = by_catalogue.read(route.operation, path, in_path, strict)
  if not values then
    fail("the twin would refuse it: %s", problem.text)
  end
  check_texts(base, wanted, values)
  for name, text in pairs(in_path) do
    local param = base.param[name]
    if param.place == "path" and calls.text(param, values[name]) ~= text then
      fail("%s: the twin understood %s of %q", name, tostring(values[name]), text)
    end
  end
  if wanted.members then
    check_members(base, wanted.json[1], values)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Running sets

-- Makes a call; gives the error of one that was not sent.
local function make_call(vendor, operation, args)
  local ok, err = pcall(vendor.module[operation.name], args, { retry = false })
  if not ok and (type(err) ~= "table" or err.kind == "argument" or err.kind == "internal") then
    return tostring(err)
  end
end

-- The requests that came when these sets were sent, or the first error. A vendor answers each with {}.
local function send(vendor, sets)
  vendor.twin.reset()
  vendor.twin.fault { kind = "answer", times = #sets, body = "{}", type = "application/json",
    status = vendor.protocol == "smtp" and 250 or 200 }
  for _, set in ipairs(sets) do
    local err = make_call(vendor, set.operation, set.args)
    if err then
      return nil, err
    end
  end
  local requests = vendor.twin.requests()
  if #requests ~= #sets then
    return nil, ("%d requests came of %d calls"):format(#requests, #sets)
  end
  return requests
end

local function check(vendor, set, request)
  if vendor.protocol == "smtp" then
    return random_mail.check(set.args, request)
  end
  local wanted = calls.expected(vendor, set.operation, set.args)
  check_arrived(request, wanted)
  check_understood(vendor, set.operation, set.args, request, wanted)
end

-- What is wrong with one set; nil when nothing is.
local function fault_of(vendor, set)
  local requests, err = send(vendor, { set })
  if not requests then
    return err
  end
  local ok, why = pcall(check, vendor, set, requests[1])
  return not ok and tostring(why) or nil
end

-- Sets are not made smaller until they are refused for another reason.
local function sort_of(fault)
  return fault and (fault:match "^(.-) must be .*%[argument%]" or fault:match "%[(%l+)%]" or "arrived")
end

local function report(vendor, set)
  local sort = sort_of(fault_of(vendor, set))
  local function fails(args)
    return calls.is_legal(vendor, set.operation, args)
      and sort_of(fault_of(vendor, { operation = set.operation, args = args })) == sort
  end
  local args = calls.shrink(set.args, fails)
  fail("seed %d: %s\n  %s", SEED, fault_of(vendor, { operation = set.operation, args = args }),
    calls.call(set.operation, args))
end

local function check_batch(vendor, sets)
  local requests = send(vendor, sets)
  for i, set in ipairs(sets) do
    if not requests or not pcall(check, vendor, set, requests[i]) then
      if fault_of(vendor, set) then
        report(vendor, set)
      end
    end
  end
  if not requests then
    fail("seed %d: a set fails behind others, but not alone", SEED)
  end
end

local function sign_in(vendor)
  for _, operation in ipairs(vendor.callable) do
    if not operation.without_token then
      pcall(vendor.module[operation.name], calls.legal(vendor, operation), { retry = false })
      return
    end
  end
end

local function prepare(name)
  local vendor = calls.vendor(name)
  local module = require("beadle." .. name)
  vendor.module = SERVED and module.client { profile = "served" } or module
  vendor.twin = (SERVED and sandbox.at(SERVED) or sandbox)[name]
  local handlers = {}
  for _, operation in ipairs(vendor.operations) do
    handlers[operation.name] = operation.path and true
  end
  vendor.routes = by_catalogue.compile(catalogue.describe(name), handlers)
  return vendor
end

local function test_legal(vendor)
  math.randomseed(SEED)
  sign_in(vendor)
  local sets, began = {}, os.clock()
  for i = 1, SETS do
    -- each operation in turn, so that none is left out
    local operation = vendor.callable[(i - 1) % #vendor.callable + 1]
    sets[#sets + 1] = { operation = operation, args = calls.legal(vendor, operation) }
    if #sets == BATCH or i == SETS then
      check_batch(vendor, sets)
      sets = {}
    end
  end
  print(("        %d sets of %s in %.1f s, seed %d"):format(SETS, vendor.name, os.clock() - began, SEED))
end

local function check_refused(vendor, operation, args, name)
  local ok, err = pcall(vendor.module[operation.name], args, { retry = false })
  local why = ok and "it was not refused" or type(err) ~= "table" and tostring(err)
    or (err.kind ~= "argument" or err.outcome ~= "none") and ("%s, outcome %s: %s"):format(err.kind, err.outcome,
      err.message)
    or not err.message:find(name, 1, true) and ("%q is not named: %s"):format(name, err.message)
  if why then
    fail("seed %d: %s\n  %s", SEED, why, calls.call(operation, args))
  end
end

local function test_illegal(vendor)
  math.randomseed(SEED)
  vendor.twin.reset()
  local began = os.clock()
  for i = 1, SETS do
    local operation = vendor.callable[(i - 1) % #vendor.callable + 1]
    check_refused(vendor, operation, calls.illegal(vendor, operation))
  end
  test.same(vendor.twin.counts(), {})
  print(("        %d sets of %s in %.1f s, seed %d"):format(SETS, vendor.name, os.clock() - began, SEED))
end

for _, name in ipairs(catalogue.vendors()) do
  test.describe(name, function()
    local vendor = prepare(name)
    test.it("gets what is meant", function() test_legal(vendor) end)
    test.it("gets nothing of what is wrong", function() test_illegal(vendor) end)
  end)
end

test.run()
