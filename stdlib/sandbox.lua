-- SPDX-License-Identifier: MIT
-- beadle.sandbox: tells the simulated vendors what to do, and asks what they saw.
--
--   local sandbox = require "beadle.sandbox"
--   sandbox.isograd.finish_test { pla_tst_id = 987654, num_val = 742 }
--   print(#sandbox.isograd.mails())
--   sandbox.reset()                                   every vendor as at the beginning
--   local n = sandbox.snapshot()                      keeps what all vendors hold
--   sandbox.restore(n)                                and takes it back
--   sandbox.fork(fn, ...)                             results of fn, of whose doings nothing stays
--   sandbox.fault { operation = "isograd.add_test", nth = 2, kind = "lost reply" }
--   sandbox.advance "3 days"                          the vendors' clock, where waiting takes as long as it says
--   local remote = sandbox.at "http://127.0.0.1:8080" a sandbox served by `beadle sandbox`
--
-- Every vendor knows reset, snapshot, restore, fork, set, requests, counts, calls and fault; docs/sandbox.md
-- says what they take, and what each vendor knows beside them.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local http = require "beadle.http"
local json = require "beadle.json"
local native = require "beadle.sandbox.native"
local time = require "beadle.time"

local ALL = "all" -- in the place of a vendor's name: all of them

local function control_remote(base)
  return function(vendor, command, args)
    -- What the sandbox is told is no effect, which somebody would have to know of.
    local answer = gate.without(http.post, ("%s/_sandbox/%s/%s"):format(base, vendor, command), { json = args or {} })
    local value = json.decode(answer.body)
    if answer.status ~= 200 then
      error(error_value.new(value.error), 2)
    end
    return value.result
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Forks. Those that are running are a stack: each has kept what was there when it began.

-- Runs act(...) while no other fork begins or ends: a served sandbox answers in an order of its own.
local function alone(forks, act, ...)
  while forks.busy do
    forks.busy:wait()
  end
  local turn = async.event()
  forks.busy = turn
  local _ <close> = setmetatable({}, { __close = function()
    forks.busy = nil
    turn:set()
  end })
  return act(...)
end

local function begin_fork(forks, control, vendor)
  local fork = { vendor = vendor, snapshot = control(vendor, "snapshot"), done = async.event() }
  forks[#forks + 1] = fork
  return fork
end

-- Puts back what forks that are over have kept. One that began earlier waits for those that began in it.
local function put_back(forks, control)
  while #forks > 0 and forks[#forks].is_over do
    local fork = table.remove(forks)
    fork.done:set()
    control(fork.vendor, "restore", { snapshot = fork.snapshot, forget = true })
  end
end

local function forker(forks, control, vendor)
  return function(fn, ...)
    local fork = alone(forks, begin_fork, forks, control, vendor)
    local _ <close> = setmetatable({}, { __close = function()
      fork.is_over = true
      alone(forks, put_back, forks, control)
      fork.done:wait()
    end })
    return async.scope(fn, ...) -- tasks that fn began have ended, too, before the state is put back
  end
end

-- ---------------------------------------------------------------------------------------------------

local function vendor_proxy(control, vendor, forks)
  return setmetatable({ fork = forker(forks, control, vendor) }, {
    __index = function(proxy, command)
      local function tell(args)
        return control(vendor, command, args)
      end
      rawset(proxy, command, tell)
      return tell
    end,
  })
end

local function new(control)
  local forks = {}
  local M = { fork = forker(forks, control, ALL) }

  function M.reset()
    control(ALL, "reset")
  end

  function M.snapshot()
    return control(ALL, "snapshot")
  end

  function M.restore(snapshot)
    control(ALL, "restore", { snapshot = snapshot })
  end

  -- advance(duration [, stop]): moves the vendors' clock on, and theirs alone: what is due meanwhile happens. With
  -- `stop` no further than to the first of it. Gives now, happened, calling (requests of the vendors under way).
  function M.advance(duration, stop)
    return control(ALL, "advance", { seconds = time.seconds(duration), stop = stop })
  end

  -- fault { operation = "isograd.add_test", kind = ..., ... }: the vendor is part of the operation's name.
  function M.fault(args)
    local given, vendor, operation = {}, nil, nil
    for name, value in pairs(type(args) == "table" and args or {}) do
      given[name] = value
    end
    if type(given.operation) == "string" then
      vendor, operation = given.operation:match "^([^.]+)%.?(.*)$"
    end
    if not vendor then
      error(error_value.new { kind = "argument", outcome = "none", message = "a fault needs an operation",
        hint = 'Name it with its vendor: operation = "VENDOR.OPERATION"; "VENDOR" alone means any of them.' }, 2)
    end
    given.operation = operation ~= "" and operation or nil
    return M[vendor].fault(given)
  end

  return setmetatable(M, {
    __index = function(_, name)
      local vendors = catalogue.vendors()
      for _, vendor in ipairs(vendors) do
        if vendor == name then
          M[name] = vendor_proxy(control, name, forks)
          return M[name]
        end
      end
      local nearest = catalogue.nearest(tostring(name), vendors)
      error(error_value.new { kind = "argument", outcome = "none",
        message = ("the sandbox has no vendor %s"):format(tostring(name)),
        hint = nearest and ("Did you mean %s?"):format(nearest) or nil }, 2)
    end,
  })
end

local sandbox = new(native.control)

function sandbox.at(base)
  return new(control_remote((base:gsub("/$", ""))))
end

return sandbox
