-- SPDX-License-Identifier: MIT
-- The vendors as they would be after what was planned: the sandbox's twins in this process, which planned effects are
-- applied to where the twin can follow. Nothing of it leaves the process. For stdlib/dry_run.lua.

local json = require "beadle.json"
local plausible = require "beadle.plausible"
local probe = require "beadle.catalogue.probe"
local conceal = require "beadle.conceal"
local sandbox = require "beadle.sandbox"
local task = require "beadle.task"

local M = {}

local clients = {} -- vendor -> its operations under the profile sandbox
local known = {}   -- "vendor name value" of the keys that were planned -> true

local function client_of(vendor)
  if not clients[vendor] then
    sandbox[vendor].number_from { first = plausible.FIRST_ID + 1000000 }
    clients[vendor] = require("beadle." .. vendor).client { profile = "sandbox" }
  end
  return clients[vendor]
end

-- ask(effect) -> true and the twin's answer, or false: it cannot follow, for what the real vendor has is not there.
function M.ask(effect)
  local operation = conceal.operation(effect.operation)
  local gate, reads = task.gate()
  local label = task.label()
  task.set_gate(nil)
  task.set_label(label and label .. ", planned" or "planned") -- for traces: this is no call of the script's
  local _ <close> = setmetatable({}, { __close = function()
    task.set_gate(gate, reads)
    task.set_label(label)
  end })
  local ok, answer = beadle.try(function()
    return true, client_of(effect.vendor)[operation.name](probe.arguments(effect), { retry = false })
  end)
  return ok or false, answer
end

local function place(vendor, name, value)
  return ("%s %s %s"):format(vendor, name, tostring(value))
end

-- note(effect): remembers by what later reads name the thing.
function M.note(effect)
  for name, value in pairs(effect.key) do
    if type(value) ~= "table" and value ~= json.null then
      known[place(effect.vendor, name, value)] = true
    end
  end
end

-- concerns(effect) -> "only" when a parameter was made up here, so that the vendor cannot know it; "maybe" when one is
-- the key of something planned; else nil.
function M.concerns(effect)
  if plausible.is_marked(effect.params) then
    return "only"
  end
  for name, value in pairs(effect.params) do
    if type(value) ~= "table" and known[place(effect.vendor, name, value)] then
      return "maybe"
    end
  end
end

return M
