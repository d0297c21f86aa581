-- SPDX-License-Identifier: MIT
-- Makes the requests that simulated vendors want made, such as callbacks. To this machine only: the sandbox
-- never reaches anybody else.

local http = require "beadle.http"
local native = require "beadle.sandbox.native"
local time = require "beadle.time"

return function(id, url)
  if not native.is_this_machine(url) then
    native.called(id, 0, "the sandbox calls this machine only")
  elseif time.is_virtual() then
    native.called(id, 0, "in virtual time nothing real is called")
  else
    local ok, answer = pcall(http.get, url, { timeout = 30 })
    native.called(id, ok and answer.status or 0, not ok and tostring(answer) or nil)
  end
end
