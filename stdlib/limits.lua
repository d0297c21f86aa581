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
local native = require "beadle.http.native"
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

-- A pause that a vendor asks for is kept also when the run goes on after a stop. One that is longer than this is no
-- pause (our assumption), and not waited for.
M.LONGEST_PAUSE_S = 7 * 86400
local KEPT_PAUSE_S = 60

local function hold_as_before(limits)
  for host, at in pairs(limits.run.meta.holds or {}) do
    limits.breaker:hold(host, math.min(at, time.now() + M.LONGEST_PAUSE_S))
  end
  return limits
end

function M.new(options)
  native.spare_hosts(true)
  return hold_as_before(setmetatable({ run = options.run, budgets = options.budgets or {}, used = {}, tokens = {},
    pace = options.rate and pace_of.new { rate = options.rate },
    breaker = breaker_of.new { say = options.say } }, Limits))
end

-- ---------------------------------------------------------------------------------------------------
-- Budgets. One effect is counted after the other, in the order in which the journal gets it.

local function journal_of(self)
  return self.run:open_journal()
end

-- What was used up in all, kept in memory; for one person, what the journal knows.
local function used(self, unit, person)
  if person == "" then
    local kept = not self.used[unit] and journal_of(self):spent(unit, "")
    self.used[unit] = self.used[unit] or kept -- others may have asked meanwhile, and used some
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
    local all = self.used[use.unit] -- nil: the journal is asked when it is needed
    self.used[use.unit] = all and all - use.amount
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
  local host = host_of(effect)
  repeat -- its turn may take long
    local is_trial = self.breaker:enter(host)
    if self.pace then
      self.pace:take(effect.vendor or host, effect.profile)
    end
  until is_trial or not self.breaker:is_open(host)
end

-- Of beadle.http any status is an answer; these say that the host is down (RFC 9110, "Server Error 5xx").
local DOWN = { [502] = true, [503] = true, [504] = true }

local function fault_in(effect, answer)
  local status = not effect.vendor and type(answer) == "table" and answer.status
  if not status or not DOWN[status] and status ~= 429 then
    return nil
  end
  return { kind = DOWN[status] and "server" or "rate_limit", retry_after = answer.retry_after }
end

local function hold(self, host, seconds)
  if seconds > M.LONGEST_PAUSE_S then
    return
  end
  local at = time.now() + seconds
  self.breaker:hold(host, at)
  if seconds > KEPT_PAUSE_S then
    local holds = self.run.meta.holds or {}
    holds[host] = math.max(holds[host] or 0, at)
    pcall(self.run.set_meta, self.run, { holds = holds }) -- when that fails, so does the journal's next write
  end
end

function Limits:before(record, effect)
  local uses = budget_of.of(effect)
  if #uses > 0 then
    with_lock(self, spend, self, record, uses)
  end
  wait_for_turn(self, effect)
end

local function observed(self, effect, host, began, ok, ...)
  local first = ...
  local wrong = not ok and first or fault_in(effect, first)
  self.breaker:note(host, wrong, began, error_value.is(first) and first.failed_at or nil)
  if type(wrong) == "table" and wrong.retry_after then
    hold(self, host, wrong.retry_after)
  end
  if ok then
    return ...
  elseif error_value.is(first) then
    first.host, first.failed_at = host, first.failed_at or host
  end
  error(first, 0)
end

local function observe(self, effect, send)
  return observed(self, effect, host_of(effect), time.elapsed(), pcall(send))
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
  native.spare_hosts(false)
  if self.pace then
    self.pace:close()
  end
end

Limits.__close = Limits.close

return M
