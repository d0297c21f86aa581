-- SPDX-License-Identifier: MIT
-- What a test makes go wrong between a request and a twin's answer.

local catalogue = require "beadle.catalogue"
local wire = require "beadle.sandbox.wire"

local M = {}

-- Whether a request is of an operation, which may be a variant's name; nil: of any.
function M.is_of(request, operation)
  return operation == nil or operation == request.operation or operation == request.variant
end

-- The fault that a test asked for at this point; `when` is "before" or "after" the twin's own work.
function M.take(twin, request, when)
  local list = twin.state.faults
  for index = #list, 1, -1 do
    if list[index].until_at and list[index].until_at <= twin.now() then
      table.remove(list, index)
    end
  end
  for index, fault in ipairs(list) do
    if M.is_of(request, fault.operation) and fault.when == when then
      fault.nth = fault.nth - 1
      if fault.nth <= 0 then
        fault.times = fault.times - 1
        if fault.times <= 0 and not fault.until_at then
          table.remove(list, index)
        end
        return fault
      end
    end
  end
end

-- The answer that a fault gives instead of the twin's.
function M.answer(fault)
  local answer = wire.answer(fault.status or 200, fault.body or "", fault.type)
  for name, value in pairs(fault.headers or {}) do
    answer.headers[name] = value
  end
  return answer
end

-- ---------------------------------------------------------------------------------------------------
-- Asking for one

local KINDS = {
  status = { when = "before", needs = "status" }, answer = { when = "before" },
  ["lost request"] = { when = "before", lost = true }, ["lost reply"] = { when = "after", lost = true },
  slow = { when = "after", needs = "delay" }, cut = { when = "after", needs = "keep" },
}

local function is_line(value)
  return type(value) == "string" and not value:find "[%c]"
end

local function is_whole(value, least, most)
  local whole = type(value) == "number" and math.tointeger(value)
  return whole and whole >= least and whole <= most
end

local function are_headers(value)
  if type(value) ~= "table" then
    return false
  end
  for name, text in pairs(value) do
    if not is_line(name) or not name:find "^[%w!#$%%&'*+%-.^_`|~]+$" or not is_line(text) then
      return false
    end
  end
  return true
end

-- What each argument of a fault must be.
local ARGS = {
  nth = { "a whole number from 1 on", function(value) return is_whole(value, 1, math.maxinteger) end },
  times = { "a whole number from 1 on", function(value) return is_whole(value, 1, math.maxinteger) end },
  status = { "an HTTP status, from 200 to 599", function(value) return is_whole(value, 200, 599) end },
  keep = { "a number of bytes, from 0 on", function(value) return is_whole(value, 0, math.maxinteger) end },
  delay = { "a number of seconds, from 0 on", function(value)
    return type(value) == "number" and value >= 0 and value < math.huge
  end },
  seconds = { "a number of seconds, from 0 on", function(value)
    return type(value) == "number" and value >= 0 and value < math.huge
  end },
  headers = { "a table of names and texts of one line", are_headers },
  type = { "a content type, a text of one line", is_line },
  body = { "a text", function(value) return type(value) == "string" end },
}

local function check_args(twin, args)
  for name, value in pairs(args) do
    local must = ARGS[name]
    if must and not must[2](value) then
      twin.refuse("%s of a fault must be %s, not %s", name, must[1],
        type(value) == "table" and "this table" or ("%q"):format(tostring(value)))
    end
  end
end

-- Makes a request go wrong. kind: "status" (with status, headers, body, type), "lost request", "lost reply",
-- "slow" (with delay, seconds), "cut" (with keep, bytes), "answer" (a whole answer instead of the twin's).
-- operation: which; nth: which of them (1); times: how many (1); or seconds: all for so long.
function M.add(twin, args)
  local kind = KINDS[args.kind]
  if not kind then
    twin.refuse("there is no fault \"%s\"", tostring(args.kind))
  end
  twin.check_args("fault", args, { "kind", "operation", "nth", "times", "seconds", "status", "headers", "body", "type",
    "delay", "keep" })
  check_args(twin, args)
  if kind.needs and args[kind.needs] == nil then
    twin.refuse("the fault \"%s\" needs %s", args.kind, kind.needs)
  end
  if args.operation and not twin.operations[args.operation] then
    local nearest = catalogue.nearest(tostring(args.operation), wire.names_of(twin.operations))
    twin.refuse("%s has no operation \"%s\"%s", twin.name, tostring(args.operation),
      nearest and ("; did you mean %s?"):format(nearest) or "")
  end
  table.insert(twin.state.faults, {
    operation = args.operation, nth = args.nth or 1, times = args.times or 1, when = kind.when,
    lost = kind.lost, status = args.status, headers = args.headers, body = args.body, type = args.type,
    delay = args.delay, keep = args.keep, until_at = args.seconds and twin.now() + args.seconds,
  })
end

return M
