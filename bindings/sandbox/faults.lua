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

local function given(fault)
  local answer = wire.answer(fault.status or 200, fault.body or "", fault.type)
  for name, value in pairs(fault.headers or {}) do
    answer.headers[name] = value
  end
  return answer
end

-- What a fault makes of a request before the twin has seen it: an answer, or nil when the twin shall go on.
function M.before(twin, request)
  local fault = M.take(twin, request, "before")
  if fault and fault.expires then
    twin.state.tokens = {}
    return nil
  elseif fault and fault.breaks then
    return { status = 0, headers = {}, body = "", fault = fault.breaks }
  end
  return fault and given(fault)
end

-- What one makes of the twin's answer. A request whose token is refused is not the one that was meant: the client
-- signs in and sends it again.
function M.after(twin, request, answer)
  if answer.status == 401 and twin.state.tokens then
    return answer
  end
  local fault = M.take(twin, request, "after")
  if not fault then
    return answer
  elseif fault.breaks == "cut" then
    if not answer.headers or (answer.body or "") == "" then -- there is nothing to cut
      answer.fault = "lost"
      return answer
    end
    local keep = math.min(fault.keep or #answer.body // 2, #answer.body - 1)
    answer.headers["Content-Length"] = tostring(#answer.body)
    answer.body, answer.fault = answer.body:sub(1, keep), "cut"
    return answer
  elseif fault.breaks then
    answer.fault = fault.breaks
    return answer
  end
  answer = fault.status and given(fault) or answer
  answer.body = fault.keep and answer.body:sub(1, fault.keep) or answer.body
  answer.delay = fault.delay
  return answer
end

-- How often the vendor makes a request that is due; `operation`: what it is about, nil when it is about none.
function M.times_called(twin, operation)
  return M.take(twin, { operation = operation }, "callback") and 2 or 1
end

-- ---------------------------------------------------------------------------------------------------
-- Asking for one

-- needs: an argument without which the kind means nothing. status, delay: when the test names none.
local KINDS = {
  status = { when = "before", needs = "status" }, answer = { when = "before" },
  ["lost request"] = { when = "before", breaks = "lost" }, ["lost reply"] = { when = "after", breaks = "lost" },
  refused = { when = "before", breaks = "refused" }, silent = { when = "before", breaks = "silent" },
  reset = { when = "before", breaks = "reset" }, ["reset after"] = { when = "after", breaks = "reset" },
  slow = { when = "after", delay = 10 }, cut = { when = "after", needs = "keep" },
  ["cut body"] = { when = "after", breaks = "cut" }, ["expired token"] = { when = "before", expires = true },
  ["callback twice"] = { when = "callback" },
}

local RETRY_AFTER = 1 -- seconds, of the kind "429"

-- A kind that is a number is that status.
local function kind_of(name)
  local status = math.tointeger(tonumber(name))
  if status and status >= 400 and status <= 599 then
    return { when = "before", status = status }
  end
  return KINDS[name]
end

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
  retry_after = { "a number of whole seconds, from 0 on", function(value)
    return is_whole(value, 0, math.maxinteger)
  end },
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

local function refuse_kind(twin, name)
  local known = wire.names_of(KINDS)
  table.insert(known, "429")
  table.insert(known, "500")
  local nearest = catalogue.nearest(tostring(name), known)
  twin.refuse("there is no fault \"%s\"; %s", tostring(name), nearest and ("did you mean \"%s\"?"):format(nearest)
    or "known are: " .. table.concat(known, ", "))
end

local function check_operation(twin, operation)
  if operation and not twin.operations[operation] then
    local nearest = catalogue.nearest(tostring(operation), wire.names_of(twin.operations))
    twin.refuse("%s has no operation \"%s\"%s", twin.name, tostring(operation),
      nearest and ("; did you mean %s?"):format(nearest) or "")
  end
end

local function headers_of(kind, args)
  local headers = args.headers
  if kind.status == 429 or args.retry_after then
    headers = { ["Retry-After"] = tostring(args.retry_after or RETRY_AFTER) }
    for name, value in pairs(args.headers or {}) do
      headers[name] = value
    end
  end
  return headers
end

-- Makes a request go wrong. kind:
--   "429", "500" or any such status   refused before anything was done; 429 with retry_after, seconds (1)
--   "status", "answer"                with status, headers, body, type; "answer": 200 when there is no status
--   "lost request", "lost reply"      no answer comes; in the second case it was done
--   "refused"                         nobody listens; over HTTP the connection is closed without an answer
--   "silent"                          no answer comes, and the connection stays
--   "reset", "reset after"            the connection breaks; in the second case it was done
--   "slow"                            the answer comes after delay, seconds (10)
--   "cut"                             a whole answer whose body ends after keep bytes
--   "cut body"                        the connection ends within the body, after keep bytes (half)
--   "expired token"                   the vendor forgets its tokens before it looks at the request
--   "callback twice"                  what the vendor calls back is called twice
-- operation: which; nth: which of them (1); times: how many (1); or seconds: all for so long.
function M.add(twin, args)
  local kind = kind_of(args.kind) or refuse_kind(twin, args.kind)
  twin.check_args("fault", args, { "kind", "operation", "nth", "times", "seconds", "status", "headers", "body", "type",
    "delay", "keep", "retry_after" })
  check_args(twin, args)
  if kind.needs and args[kind.needs] == nil then
    twin.refuse("the fault \"%s\" needs %s", args.kind, kind.needs)
  elseif kind.expires and not twin.state.tokens then
    twin.refuse("%s gives no tokens, so none can expire", twin.name)
  end
  check_operation(twin, args.operation)
  table.insert(twin.state.faults, {
    operation = args.operation, nth = args.nth or 1, times = args.times or 1, when = kind.when,
    breaks = kind.breaks, expires = kind.expires, status = args.status or kind.status,
    headers = headers_of(kind, args), body = args.body, type = args.type,
    delay = args.delay or kind.delay, keep = args.keep, until_at = args.seconds and twin.now() + args.seconds,
  })
end

return M
