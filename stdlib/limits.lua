-- SPDX-License-Identifier: MIT
-- beadle.limits: what keeps a batch from sending too much: budgets, a rate for each account of a vendor, and hosts that
-- are down. For stdlib/batch.lua. Whatever only reads passes `limits:gate()`; before an effect is sent, the durable run
-- asks limits:before, so that the journal has an intent only of what is really about to be sent.
--
--   local limits = limits_of.new { run =, rate = calls per second or nil, budgets = budgets.read(...), say = }
--   limits:before(record, effect)   waits; raises when a budget forbids it, and nothing was sent
--   limits:give_back(record)        the effect certainly did not happen
--   limits:used_up() -> text or nil: a budget of which nothing is left
--   limits:stop(), limits:close()

local async = require "beadle.async"
local breaker_of = require "beadle.breaker"
local budget_of = require "beadle.catalogue.budget"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local gate = require "beadle.gate"
local pace_of = require "beadle.pace"
local time = require "beadle.time"

local M = {}

local Limits = {}
Limits.__index = Limits

-- ---------------------------------------------------------------------------------------------------
-- Reading budgets

local PER_PERSON = "-per-person"

local function units()
  local names = {}
  for index, each in ipairs(budget_of.units()) do
    names[index] = each.unit
    names[each.unit] = true
  end
  return names
end

-- read("tests=400,mails-per-person=1") -> { { unit =, per_person =, most =, name = } }, or nil and what it must be.
function M.read(text)
  local list, known = {}, units()
  for part in text:gmatch "[^,]+" do
    local name, most = part:match "^%s*([%a_-]+)%s*=%s*(%d+)%s*$"
    local per_person = name and name:sub(-#PER_PERSON) == PER_PERSON
    local unit = per_person and name:sub(1, -#PER_PERSON - 1) or name
    if not unit or not known[unit] then
      local nearest = unit and catalogue.nearest(unit, known)
      return nil, ("NAME=N, where NAME is one of %s, or one of these with %s behind it%s"):format(
        table.concat(known, ", "), PER_PERSON, nearest and (" (did you mean %s?)"):format(nearest) or "")
    end
    list[#list + 1] = { name = name, unit = unit, per_person = per_person, most = math.tointeger(tonumber(most)) }
  end
  return list
end

function M.new(options)
  return setmetatable({ run = options.run, budgets = options.budgets or {}, used = {}, tokens = {},
    pace = options.rate and pace_of.new { rate = options.rate },
    breaker = breaker_of.new { say = options.say } }, Limits)
end

-- ---------------------------------------------------------------------------------------------------
-- Budgets. One effect is counted after the other, in the order in which the journal gets it.

local function journal_of(self)
  return self.run:open_journal()
end

-- What was used up in all, kept in memory; for one person, what the journal knows.
local function used(self, unit, person)
  if person == "" then
    self.used[unit] = self.used[unit] or journal_of(self):spent(unit, "")
    return self.used[unit]
  end
  return journal_of(self):spent(unit, person)
end

local function refusal(record, budget, person)
  return error_value.new { kind = "rejected", outcome = "none", budget = budget.name, operation = record.operation,
    message = ("the budget %s=%d is used up%s"):format(budget.name, budget.most, person ~= "" and " for " .. person
      or ""),
    hint = "Nothing was sent. A larger --budget lets `beadle retry` do these rows." }
end

local function check_one(self, record, budget, use)
  local persons = budget.per_person and use.persons or { "" }
  for _, person in ipairs(persons) do
    local more = budget.per_person and 1 or use.amount
    if used(self, budget.unit, person) + more > budget.most then
      error(refusal(record, budget, person), 0)
    end
  end
end

local function reserve(self, record, use)
  self.used[use.unit] = used(self, use.unit, "") + use.amount
  local journal = journal_of(self)
  journal:spend_later(record, use.unit, "", use.amount, use.had)
  for _, person in ipairs(use.persons) do
    journal:spend_later(record, use.unit, person, 1, use.had)
  end
end

-- One effect at a time, for the journal is asked and others would ask meanwhile.
local function with_lock(self, fn, ...)
  while self.locked do
    self.locked:wait()
  end
  self.locked = async.event()
  local ok, err = pcall(fn, ...)
  self.locked:set()
  self.locked = nil
  if not ok then
    error(err, 0)
  end
end

local function spend(self, record, uses)
  for _, use in ipairs(uses) do
    local had = journal_of(self):has_spent(record, use.unit)
    if not had or had == 0 then -- an effect that is sent again was counted
      for _, budget in ipairs(self.budgets) do
        if budget.unit == use.unit then
          check_one(self, record, budget, use)
        end
      end
      use.counts, use.had = true, had ~= nil
    end
  end
  record.uses = uses
  for _, use in ipairs(uses) do
    if use.counts then
      reserve(self, record, use)
    end
  end
end

-- give_back(record): what it would have used up.
function Limits:give_back(record)
  for _, use in ipairs(record.uses or {}) do
    local journal = journal_of(self)
    self.used[use.unit] = (self.used[use.unit] or use.amount) - use.amount
    journal:spend_later(record, use.unit, "", 0, true)
    for _, person in ipairs(use.persons) do
      journal:spend_later(record, use.unit, person, 0, true)
    end
  end
  record.uses = nil
end

function Limits:used_up()
  for _, budget in ipairs(self.budgets) do
    if not budget.per_person and used(self, budget.unit, "") >= budget.most then
      return ("%s=%d"):format(budget.name, budget.most)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Calls

local function host_of(effect)
  return effect.url:match "^%a[%w+.-]*://[^/?#]+" or effect.vendor or effect.url
end

local function wait_for_turn(self, effect)
  self.breaker:enter(host_of(effect))
  if self.pace and effect.vendor then
    self.pace:take(effect.vendor)
  end
end

function Limits:before(record, effect)
  local uses = budget_of.of(effect)
  if #uses > 0 then
    with_lock(self, spend, self, record, uses)
  end
  wait_for_turn(self, effect)
end

local function observe(self, effect, send)
  local host = host_of(effect)
  local results = table.pack(pcall(send))
  local err = not results[1] and results[2] or nil
  self.breaker:note(host, err)
  if error_value.is(err) and err.retry_after then
    self.breaker:hold(host, time.now() + err.retry_after)
  end
  if err ~= nil then
    if error_value.is(err) then
      err.host = host
    end
    error(err, 0)
  end
  return table.unpack(results, 2, results.n)
end

-- A call that fetches a token is part of the call that needs it, which had its turn.
local function fetches_token(self, effect)
  local vendor = effect.vendor
  if not vendor then
    return false
  end
  self.tokens[vendor] = self.tokens[vendor] or catalogue.describe(vendor).token_operation or ""
  return effect.operation == ("%s.%s"):format(vendor, self.tokens[vendor])
end

-- gate() -> what a row's calls go through (stdlib/gate.lua).
function Limits:gate()
  return gate.watching(function(effect, send)
    if effect.effect == "read" and not fetches_token(self, effect) then
      wait_for_turn(self, effect)
    end
    return observe(self, effect, send)
  end)
end

-- Whether the host of this error is being left alone.
function Limits:is_waiting_for(err)
  return err.host ~= nil and self.breaker:is_open(err.host)
end

function Limits:stop()
  self.breaker:stop()
end

function Limits:close()
  if self.pace then
    self.pace:close()
  end
end

Limits.__close = Limits.close

return M
