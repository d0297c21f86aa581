-- SPDX-License-Identifier: MIT
-- What a failure of a row means: whose mistake it is, whether the row is in doubt, whether every other row would
-- meet it too. For stdlib/recipe.lua.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Mistakes of the recipe

-- Errors of Lua itself are texts. Those that begin in a file of the recipe are its own.
local function script_error(value)
  local text = tostring(value)
  if text:find "^%[beadle%]" then
    return error_value.new { kind = "internal", message = text }
  end
  local where, words = text:match "^([^\n]-:%d+): (.*)$"
  return error_value.new { kind = "script", where = where, message = "a mistake in the recipe: " .. (words or text),
    hint = "Mend it. beadle --log-level debug shows how it came there." }
end

local function on_error(err)
  if error_value.is(err) then
    return err
  end
  local own = script_error(err)
  own.traceback = debug.traceback(tostring(err), 2)
  return own
end

-- call(fn, ...) -> true and its results, or false and an error value.
function M.call(fn, ...)
  return xpcall(fn, on_error, ...)
end

-- copy(err) -> an error value of its own, for several rows may have met the very same, and each notes its line.
function M.copy(err)
  if not error_value.is(err) then
    return script_error(err)
  end
  local copy = {}
  for name, value in pairs(err) do
    copy[name] = value
  end
  return error_value.new(copy)
end

-- ---------------------------------------------------------------------------------------------------
-- Doubt

local function find_operation(full_name)
  local vendor, name = tostring(full_name):match "^([^.]+)%.(.+)$"
  local known = vendor and beadle.try(catalogue.describe, vendor)
  for _, operation in ipairs(known and known.operations or {}) do
    if operation.name == name then
      return operation, operation.variants
    end
    for _, variant in ipairs(operation.variants or {}) do
      if variant.name == name then
        return variant
      end
    end
  end
end

-- What parameters the call had is not known here.
local function repeats_always(probe)
  return probe.kind == "repeat" and not (probe.when or probe.single)
end

local function may_be_repeated(full_name)
  local operation, variants = find_operation(full_name)
  for _, variant in ipairs(variants or {}) do
    if not repeats_always(variant.probe) then
      return false
    end
  end
  return operation ~= nil and repeats_always(operation.probe)
end

local function all_may_be_repeated(calls)
  for _, name in ipairs(calls) do
    if not may_be_repeated(name) then
      return false
    end
  end
  return true
end

local function is_mistake(err)
  return error_value.is(err, "script") or error_value.is(err, "internal") and not err.operation
end

-- in_doubt(err, calls) -> whether having the row done again could do something twice. `calls` are the operations
-- that the row has called and that change something. A vendor's error tells what became of its call. A mistake of
-- the recipe, or a stop while it computed, tells nothing: then all that it had called counts.
function M.in_doubt(err, calls)
  if is_mistake(err) or error_value.is(err, "cancelled") and not err.outcome then
    return not all_may_be_repeated(calls)
  elseif err.outcome ~= "unknown" then
    return false
  end
  return not (err.operation and may_be_repeated(err.operation))
end

-- outcome(err, calls) -> what is known about the row.
function M.outcome(err, calls)
  if is_mistake(err) then
    return #calls == 0 and "none" or "unknown"
  end
  return err.outcome
end

-- ---------------------------------------------------------------------------------------------------
-- What others meet too

local STOPPING = { configuration = true, auth = true, script = true }

local function is_of_token(err)
  local vendor, name = tostring(err.operation):match "^([^.]+)%.(.+)$"
  local known = vendor and beadle.try(catalogue.describe, vendor)
  return known and known.token_operation == name
end

-- stops_all(err) -> whether every row would fail in the same way; so it is when nothing can be kept any more.
function M.stops_all(err)
  return STOPPING[err.kind] or err.durable and err.kind == "io" or err.kind == "permission" and is_of_token(err)
    or false
end

-- What is said of an answer that cannot be read ends with its first words, in which a time or a number may stand.
local function comparable(err)
  return err.kind == "decode" and err.message:gsub(" %(.*", "") or err.message
end

-- same(one, other) -> whether two rows met the same.
function M.same(one, other)
  return one.operation == other.operation and one.kind == other.kind and one.code == other.code
    and comparable(one) == comparable(other)
end

return M
