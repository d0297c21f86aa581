-- SPDX-License-Identifier: MIT
-- Makes the requests that simulated vendors want made, such as callbacks: each once, and to this machine only, for
-- the sandbox never reaches anybody else.

local http = require "beadle.http"
local native = require "beadle.sandbox.native"

local TIMEOUT_S = 30

-- request: method, url, headers, body.
return function(id, request)
  if not native.may_call(request.url) then
    native.called(id, { why = "the sandbox calls this machine only" })
    return
  end
  local ok, answer = pcall(http.request, { method = request.method, url = request.url, headers = request.headers,
    body = request.body, timeout = TIMEOUT_S, retry = false })
  native.called(id, ok and { status = answer.status, headers = answer.headers, body = answer.body }
    or { why = tostring(answer) })
end
