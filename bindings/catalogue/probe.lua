-- SPDX-License-Identifier: MIT
-- beadle.catalogue.probe: whether an effect happened whose answer was lost. What tells, the vendor's record says
-- (struct bd_probe in operation.h); here is what reads it, for all vendors.
--
--   local verdict, what, err = probe.settle(effect)
--
-- An effect is what a gate sees (stdlib/gate.lua), of which `operation` and `params` are needed, and `profile` where it
-- is not the run's. `before` is what probe.before said of it, `taken` a list of ids that other effects are known to
-- have made. The verdicts are
--
--   "happened", result     `result` is what the call would have answered, as far as it can be found out
--   "not", error           it did not happen. The error is that of a repeated call that the vendor refused: there is
--                          no use in sending it again; nil otherwise
--   "unknown", why, error  nothing tells, or it could not be asked. With an error: asking again later may help
--   "repeat"               sending it again tells, and does no harm: pass its outcome to read_repeat
--
-- Nobody asks before ready_at(effect): until then the vendor may still be at work, and "not" could be wrong.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- The record

local vendors = {} -- described once

local function described(name)
  if not vendors[name] then
    local vendor = catalogue.describe(name)
    vendor.by_name = {}
    for _, operation in ipairs(vendor.operations) do
      vendor.by_name[operation.name] = operation
    end
    vendors[name] = vendor
  end
  return vendors[name]
end

local function is_given(value)
  return value ~= nil and value ~= json.null
end

local records = {} -- by the operation's full name; false: of no vendor

local function find_record(full_name)
  local vendor_name, name = full_name:match "^([%w_]+)%.([%w_]+)$"
  for _, each in ipairs(catalogue.vendors()) do
    if each == vendor_name then
      local vendor = described(vendor_name)
      return { vendor = vendor, operation = vendor.by_name[name] }
    end
  end
  return false
end

-- record(effect) -> what the catalogue says of the operation, or of the variant that the effect is, and the vendor;
-- nil for what is no vendor's operation.
function M.record(effect)
  local known = records[effect.operation]
  if known == nil then
    known = find_record(effect.operation)
    records[effect.operation] = known
  end
  if not known then
    return nil
  end
  local operation, vendor = known.operation, known.vendor
  for _, variant in ipairs(operation and operation.variants or {}) do
    if effect.params and variant.value == effect.params[operation.selector] then
      return variant, vendor, operation
    end
  end
  return operation, vendor, operation
end

-- arguments(effect) -> the parameters as a script gives them: what stands for other names is among them.
function M.arguments(effect)
  local record, _, operation = M.record(effect)
  local args = {}
  for name, value in pairs(effect.params) do
    args[name] = value
  end
  for _, param in ipairs(record and record.params or operation.params) do
    local rest = param.rest and args[param.name]
    if rest then
      args[param.name] = nil
      for name, value in pairs(rest) do
        args[name] = value
      end
    end
  end
  return args
end

local function is_single(value)
  return type(value) == "table" and #value == 1
end

-- of(effect) -> its probe; nil and a sentence where nothing tells.
function M.of(effect)
  local record = M.record(effect)
  local probe = record and record.probe
  if not probe then
    return nil, "what it did is not described, so nothing tells whether it happened"
  elseif probe.kind == "none" then
    return nil, probe.doc
  elseif probe.when and not is_given(effect.params[probe.when])
    or probe.single and not is_single(effect.params[probe.single]) then
    return nil, probe.otherwise
  end
  return probe
end

-- delay(effect) -> seconds that the vendor may still work on it: the setting `settle` of the profile, or the
-- vendor's; 0 in the sandbox.
function M.delay(effect)
  local _, vendor = M.record(effect)
  return vendor and catalogue.settle(vendor.name, effect.profile) or 0
end

-- ready_at(effect) -> when it may be asked, in seconds as effect.sent_at.
function M.ready_at(effect)
  return effect.sent_at + M.delay(effect)
end

-- ---------------------------------------------------------------------------------------------------
-- Comparing

-- Ids travel as numbers and as texts.
local function same_scalar(a, b)
  return a == b or type(a) ~= "table" and type(b) ~= "table" and type(a) ~= "boolean" and type(b) ~= "boolean"
    and tostring(a) == tostring(b)
end

local function holds(list, value)
  for _, each in ipairs(list) do
    if same_scalar(each, value) then
      return true
    end
  end
  return false
end

-- Lists are the same when they hold the same, in any order.
local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return same_scalar(a, b)
  end
  for i = 1, math.max(#a, #b) do
    if a[i] == nil or b[i] == nil or not holds(b, a[i]) or not holds(a, b[i]) then
      return false
    end
  end
  return true
end

-- The member of a thing: "Role/Id" lies within another, "name|title" has either name.
local function member(thing, path)
  for names in path:gmatch "[^/]+" do
    local found
    for name in names:gmatch "[^|]+" do
      if found == nil and type(thing) == "table" then
        found = thing[name]
      end
    end
    if not is_given(found) then
      return nil
    end
    thing = found
  end
  return thing
end

local function fits(thing, match, params)
  local value = member(thing, match.member)
  if match.how == "same" then
    return not is_given(params[match.param]) or value ~= nil and same(value, params[match.param])
  end
  return (value ~= nil and value ~= false) == (match.how == "set")
end

local function matches(thing, probe, params)
  for _, match in ipairs(probe.match) do
    if not fits(thing, match, params) then
      return false
    end
  end
  return true
end

-- ---------------------------------------------------------------------------------------------------
-- Reading

local function applies(condition, params)
  local value = condition.when and params[condition.when]
  return not condition.when
    or is_given(value) and value ~= false and (not condition.is or tostring(value) == condition.is)
end
M.applies = applies

local function filter_of(demands, params)
  local odata, list = require "beadle.odata", {}
  for _, demand in ipairs(demands) do
    list[#list + 1] = is_given(params[demand.param]) and odata.eq(demand.member, params[demand.param]) or nil
  end
  return odata.all(table.unpack(list))
end

local function arguments(probe, vendor, params)
  local args = {}
  for _, common in ipairs(vendor.common or {}) do
    args[common.name] = params[common.name]
  end
  for _, ask in ipairs(probe.ask) do
    if applies(ask, params) then
      local value = ask.text
      if ask.filter then
        value = filter_of(ask.filter, params)
      elseif ask.param then
        value = params[ask.param]
      end
      args[ask.name] = is_given(value) and value or args[ask.name]
    end
  end
  return args
end

-- The things that an answer shows.
local function things_in(answer, probe, operation)
  if operation.paging then
    return (answer:all())
  elseif probe.list then
    answer = member(answer, probe.list) or {}
  elseif operation.result_kind ~= "list" and operation.result_kind ~= "each" then
    return { answer }
  end
  local list = {}
  for _, thing in pairs(answer) do
    list[#list + 1] = thing
  end
  return list
end

-- The things that match; raises what the read raises.
local function find(effect, probe)
  local _, vendor = M.record(effect)
  local module = require("beadle." .. vendor.name)
  if effect.profile then
    module = module.client { profile = effect.profile }
  end
  local operation, found = vendor.by_name[probe.operation], {}
  local answer = module[operation.name](arguments(probe, vendor, effect.params))
  for _, thing in ipairs(things_in(answer, probe, operation)) do
    found[#found + 1] = matches(thing, probe, effect.params) and thing or nil
  end
  return found
end

local function is_cancelled(err)
  return type(err) ~= "string" and err.kind == "cancelled"
end

-- Whether a refusal is the one that says that it happened.
local function has_code(effect, probe, err)
  if type(err) == "string" or not probe.code then
    return false
  end
  local _, _, operation = M.record(effect)
  return err.code == probe.code or operation.codes_are_statuses and err.status == probe.code
end

local function tells(effect, probe, err)
  return has_code(effect, probe, err)
    and (not probe.says or (err.vendor_message or ""):find(probe.says, 1, true) ~= nil)
end

-- ---------------------------------------------------------------------------------------------------
-- Verdicts

-- What the call would have answered, from what was found.
local function result_of(effect, probe, thing)
  local _, _, operation = M.record(effect)
  if probe.result then
    local result = {}
    for _, field in ipairs(probe.result) do
      result[field.name] = thing and member(thing, field.member)
    end
    return result
  elseif operation.result_kind == "none" or not thing or probe.gone then
    return {}
  end
  return thing
end

local function fresh_of(effect, probe, found)
  local list = {}
  for _, thing in ipairs(found) do
    local id = member(thing, probe.id)
    local known = holds(effect.before or {}, id) or holds(effect.taken or {}, id)
    list[#list + 1] = not known and thing or nil
  end
  return list
end

-- Of several alike, the one that was not there before.
local function judge_alike(effect, probe, found)
  local fresh = fresh_of(effect, probe, found)
  if #fresh == 0 then
    return "not"
  elseif not effect.before then
    return "unknown", ("%s shows %d like it, and what was there before it was sent was not noted"):format(
      probe.operation, #fresh)
  elseif #fresh > 1 then
    return "unknown", ("%s shows %d like it that were not there before it was sent"):format(probe.operation,
      #fresh)
  end
  return "happened", result_of(effect, probe, fresh[1])
end

local function judge(effect, probe)
  local ok, found = pcall(find, effect, probe)
  if not ok and is_cancelled(found) then
    error(found, 0)
  elseif not ok and tells(effect, probe, found) then
    return "happened", result_of(effect, probe)
  elseif not ok and type(found) ~= "string" and found.kind == "not_found" then
    if probe.gone then
      return "unknown", ("%s does not find where to look: %s"):format(probe.operation, found.message)
    end
    return "not"
  elseif not ok then
    return "unknown", ("%s could not be asked: %s"):format(probe.operation, tostring(found)), found
  elseif probe.gone then
    return #found == 0 and "happened" or "not", #found == 0 and result_of(effect, probe) or nil
  elseif probe.id then
    return judge_alike(effect, probe, found)
  elseif #found == 0 then
    return "not"
  end
  return "happened", result_of(effect, probe, found[1])
end

-- before(effect) -> what has to be known before the effect is sent, so that it can be told from others alike: a list of
-- ids, to be kept with the intent and given back as effect.before. nil: nothing has to. Raises what the read raises.
function M.before(effect)
  local probe = M.of(effect)
  if not probe or not probe.id then
    return nil
  end
  local ids = json.array {}
  for _, thing in ipairs(find(effect, probe)) do
    ids[#ids + 1] = member(thing, probe.id)
  end
  return ids
end

-- settle(effect) -> a verdict, see above.
function M.settle(effect)
  local probe, why = M.of(effect)
  if not probe then
    return "unknown", why
  elseif probe.kind == "repeat" then
    return "repeat"
  end
  local verdict, what, err = judge(effect, probe)
  if verdict ~= "happened" or not probe.also or not applies({ when = probe.also.when }, effect.params) then
    return verdict, what, err
  end
  local second, because, problem = judge(effect, probe.also)
  if second == "happened" then
    return verdict, what
  end
  return second, because, problem
end

-- What says of the call itself that the vendor does not take it; anything else may go well later.
local FINAL = { rejected = true, not_found = true, conflict = true, argument = true }

-- read_repeat(effect, ok, value) -> a verdict: the effect was sent again, and answered `value` or raised it.
function M.read_repeat(effect, ok, value)
  local probe = M.of(effect)
  if ok then
    return "happened", value
  elseif is_cancelled(value) then
    error(value, 0)
  elseif probe and tells(effect, probe, value) then
    return "happened", result_of(effect, probe, value)
  elseif probe and has_code(effect, probe, value) then
    return "unknown", ("it was repeated, and the vendor's words do not tell: %s"):format(tostring(value))
  elseif type(value) ~= "string" and value.outcome == "none" and FINAL[value.kind] then
    return "not", value
  end
  return "unknown", ("it was repeated, and that failed: %s"):format(tostring(value)), value
end

return M
