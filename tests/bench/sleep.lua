-- SPDX-License-Identifier: MIT
-- arg: COUNT. Tasks that sleep; prints the bytes that each takes, everything counted.

local async = require "beadle.async"

local count = tonumber(arg[1])

local function resident()
  local file <close> = assert(io.open "/proc/self/statm")
  local _, pages = file:read("n", "n")
  return pages * 4096
end

collectgarbage()
local before = resident()
async.scope(function()
  for _ = 1, count do
    async.spawn(function()
      async.sleep(1)
    end)
  end
  async.sleep(0.01) -- by now all of them sleep
  print(("%.0f"):format((resident() - before) / count))
end)
