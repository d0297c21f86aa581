-- SPDX-License-Identifier: MIT
-- From the fields of a request to the action that they ask for, checked by the catalogue.

local actions = require "beadle.twin.isograd.actions"
local records = require "beadle.twin.isograd.records"
local refusal = require "beadle.twin.isograd.refusal"
local json = require "beadle.json"
local wire = require "beadle.sandbox.wire"

local M = {}

M.ORDER_OF_REFUSAL = { "success", "error_code", "error_message" }
local ORDER_OF_RESULT = { "error_message", "success", "can_id", "tst_url", "gra_typ_id", "des" }

-- The operation of the catalogue that an act_id belongs to, and the name of its variant if it has one.
function M.operation(twin, act_id)
  for _, operation in ipairs(twin.vendor.operations) do
    for _, variant in ipairs(operation.variants or {}) do
      if tostring(variant.value) == act_id then
        return operation, variant.name
      end
    end
    local first = operation.params[1]
    if not operation.variant_of and not operation.variants and first.name == "act_id"
      and first.fallback == act_id then
      return operation
    end
  end
end

-- Whether a parameter is one of create_candidate.
local function is_of_candidate(twin, name)
  for _, param in ipairs(twin.operations.create_candidate.params) do
    if param.name == name then
      return true
    end
  end
  return false
end

local function check(twin, operation, fields)
  local settings = twin.state.settings
  if fields.rea_tst_id and twin:today() > settings.old_names_until then
    fields.rea_tst_id = nil
  end
  local values, wrong = wire.check(twin.name, operation, fields, settings.strict)
  if values then
    return values
  end
  local creates = operation.name == "create_candidate" or operation.name == "create_candidate_and_add_test"
  if wrong.kind == "missing" then
    refusal.refuse(105, wrong.name)
  elseif wrong.kind == "wrong" and creates and is_of_candidate(twin, wrong.name) then
    refusal.refuse(201)
  end
  return refusal.unlisted(wrong.text)
end

-- `launch`: the launch by LTI that asks for it, whose outcome service the test gets; nil for a call.
function M.perform(twin, request, fields, launch)
  if not fields.act_id then
    refusal.refuse(105, "act_id")
  end
  local operation = M.operation(twin, fields.act_id)
  if not operation then
    refusal.refuse(103)
  end
  local values = check(twin, operation, fields)
  values.launch = launch
  local base = request.url:match "^(https?://[^/?]+)"
  return actions.by_act[values.act_id](twin, records.account_of(twin, values), values, base)
end

-- The answer to an action that was done.
function M.answer_result(twin, result)
  local bare = result.bare
  result.bare, result.success = nil, true
  if not bare then
    result.error_message = json.null
  end
  return twin.answer_json(200, result, ORDER_OF_RESULT)
end

return M
