-- SPDX-License-Identifier: MIT
-- arg: COUNT, IN_FLIGHT. Workflows of three calls, one after the other.

local async = require "beadle.async"
local isograd = require "beadle.isograd"

local count, in_flight = tonumber(arg[1]), tonumber(arg[2])
local next_one, sum = 0, 0

local function workflow(number)
  local email = "ada" .. number .. "@example.org"
  local candidate = isograd.create_candidate { gen_id = 3, ema = email, fst_nam = "Ada", lst_nam = "Lovelace" }
  local test = isograd.add_test { ema = email, tst_frm_id = 101 }
  isograd.send_registration_email { pla_tst_ids = { test.pla_tst_id }, mai_tem_id = 7 }
  sum = sum + candidate.can_id
end

async.scope(function()
  for _ = 1, in_flight do
    async.spawn(function()
      while next_one < count do
        next_one = next_one + 1
        workflow(next_one)
      end
    end)
  end
end)
print(sum)
