-- SPDX-License-Identifier: MIT
-- beadle.catalogue.budget: what an effect uses up, as its record says (struct bd_budget in operation.h).
--
--   for _, use in ipairs(budget.of(effect)) do print(use.unit, use.amount, table.concat(use.persons, " ")) end
--
-- An effect is what a gate sees (stdlib/gate.lua). `unit` is a plural, such as "tests" or "mails"; `amount` a number;
-- `persons` those it is for, each once, as texts: addresses in small letters without the name beside them, or ids.
-- Nobody is named: the list is empty, and the amount 1.

local json = require "beadle.json"
local probe = require "beadle.catalogue.probe"

local M = {}

local function address_of(text)
  return (text:match "<([^<>]+)>%s*$" or text):lower()
end

local function add_persons(persons, value)
  if type(value) == "table" then
    for _, each in ipairs(value) do
      add_persons(persons, each)
    end
  elseif value ~= nil and value ~= json.null then
    local text = address_of(tostring(value))
    persons[#persons + 1] = not persons[text] and text or nil
    persons[text] = true
  end
end

local function persons_of(names, params)
  local seen, persons = {}, {}
  for _, name in ipairs(names) do
    add_persons(seen, params[name])
  end
  for i, text in ipairs(seen) do
    persons[i] = text
  end
  return persons
end

-- What a variant's own function has by its name.
local function with_selector(record, params)
  return setmetatable({ [record.selector or 1] = record.variant_value }, { __index = params })
end

-- of(effect) -> list of { unit, amount, persons }; empty when it uses nothing up, or is not described.
function M.of(effect)
  local list, record = {}, nil
  if effect.params then
    local _, _, operation = probe.record(effect)
    record = operation
  end
  for _, budget in ipairs(record and record.budgets or {}) do
    if probe.applies(budget, with_selector(record, effect.params)) then
      local persons = persons_of(budget.persons, effect.params)
      list[#list + 1] = { unit = budget.unit, amount = math.max(1, #persons), persons = persons }
    end
  end
  return list
end

-- units() -> what can be counted, of all vendors: a list of { unit, operations }, by unit.
function M.units()
  local catalogue = require "beadle.catalogue"
  local by_unit, list = {}, {}
  for _, name in ipairs(catalogue.vendors()) do
    for _, operation in ipairs(catalogue.describe(name).operations) do
      for _, budget in ipairs(operation.budgets) do
        if not by_unit[budget.unit] then
          by_unit[budget.unit] = { unit = budget.unit, operations = {} }
          list[#list + 1] = by_unit[budget.unit]
        end
        table.insert(by_unit[budget.unit].operations, operation.full_name)
      end
    end
  end
  table.sort(list, function(a, b) return a.unit < b.unit end)
  return list
end

return M
