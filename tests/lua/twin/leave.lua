-- SPDX-License-Identifier: MIT
-- leave.lua process|served: the program ends while answers wait for what the vendor fetches. Nothing may be
-- left then, or the process aborts. Run by ctest as twin_leave.

local async = require "beadle.async"
local http = require "beadle.http"
local sandbox = require "beadle.sandbox"

local base = "https://works.example"
if arg[1] == "served" then
  base = ("http://127.0.0.1:%d"):format(require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 })
end
for _ = 1, 3 do
  async.spawn(http.get, ("%s/fetch?url=http%%3A%%2F%%2F127.0.0.1%%3A%s%%2Fjson%%2Fdelay%%2F60000"):format(base,
    os.getenv "BEADLE_TEST_PORT"))
end
repeat
  async.sleep "2 ms"
until #sandbox.works.calls() == 3
os.exit(0, true)
