-- SPDX-License-Identifier: MIT
-- The simulation of a made-up vendor that calls others: it fetches pages before it answers, and makes calls.

local json = require "beadle.json"

local M = { routes = {}, resumes = {}, control = {}, actions = {} }

function M.seed(_, state)
  state.seen = json.array {}
end

function M.operation_of()
  return "build"
end

local function wanted(twin, request)
  return twin.fields(request.query)
end

local function tell(response)
  return ("%s %s %s"):format(tostring(response.status), tostring(response.body), tostring(response.why))
end

-- ?url=...: what the page there says.
M.routes["GET /fetch"] = function(twin, request)
  return twin:fetch(wanted(twin, request).url, "fetched", { mark = wanted(twin, request).mark })
end

M.routes["POST /fetch"] = M.routes["GET /fetch"]

function M.resumes.fetched(twin, request, args, response)
  table.insert(twin.state.seen, args.mark or "none")
  local answer = twin.answer(200, ("%s %s %s"):format(request.path, args.mark, tell(response)))
  answer.headers["X-Type"] = response.headers and response.headers["content-type"]
  return answer
end

-- ?first=...&second=...: two pages, one after the other.
M.routes["GET /two"] = function(twin, request)
  return twin:fetch(wanted(twin, request).first, "first", {})
end

function M.resumes.first(twin, request, _, response)
  return twin:fetch(wanted(twin, request).second, "second", { first = tell(response) })
end

function M.resumes.second(twin, _, args, response)
  return twin.answer(200, args.first .. " | " .. tell(response))
end

M.routes["GET /broken"] = function(twin, request)
  return twin:fetch(wanted(twin, request).url, "broken", {})
end

function M.resumes.broken()
  error "this twin is broken on purpose"
end

-- Fetches and forgets to wait.
M.routes["GET /aside"] = function(twin, request)
  twin:fetch(wanted(twin, request).url, "fetched", {})
  return twin.answer(200, "at once")
end

-- Makes the call that the body describes.
M.routes["POST /call"] = function(twin, request)
  twin:call(json.decode(request.body))
  return twin.answer(202, "it will be made")
end

function M.actions.call(twin, args)
  twin:call(args.url)
end

-- { url =, after = seconds }
function M.control.call_later(twin, args)
  twin:schedule(args.after, "call", { url = args.url })
end

function M.control.seen(twin)
  return twin.state.seen
end

return M
