-- SPDX-License-Identifier: MIT
-- arg: COUNT, IN_FLIGHT. Form POSTs with checks, the JSON answer read for its can_id.

local async = require "beadle.async"
local isograd = require "beadle.isograd"

local count, in_flight = tonumber(arg[1]), tonumber(arg[2])
local next_one, sum = 0, 0

async.scope(function()
  for _ = 1, in_flight do
    async.spawn(function()
      while next_one < count do
        next_one = next_one + 1
        local candidate = isograd.create_candidate {
          gen_id = 3, ema = "ada" .. next_one .. "@example.org", fst_nam = "Ada", lst_nam = "Lovelace",
        }
        sum = sum + candidate.can_id
      end
    end)
  end
end)
print(sum)
