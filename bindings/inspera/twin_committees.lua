-- SPDX-License-Identifier: MIT
-- The committees of a simulated test and the people in them: see twin.lua. A candidate is in one committee at most, a
-- contributor in any number.

local json = require "beadle.json"

local M = {}

local GRADING = "GRADING"

-- What a refusal says of a committee that is not there.
function M.missing(item)
  return ("Committee %s does not exist"):format(item.name)
end

-- Names the same committee. Without a type, GRADING.
local function is(committee, item)
  return committee.name == item.name and committee.type == (item.type or GRADING)
end

local function index_of(test, item)
  for i, committee in ipairs(test.committees) do
    if is(committee, item) then
      return i
    end
  end
end

-- The committee with that name, of any type, the one that grades first.
local function by_name(test, name)
  local found
  for _, committee in ipairs(test.committees) do
    if committee.name == name and (not found or committee.type == GRADING) then
      found = committee
    end
  end
  return found
end

-- find(twin, test, {name, type}): the committee, if it is there and to be seen by now.
function M.find(twin, test, item)
  local i = index_of(test, item)
  local committee = i and test.committees[i]
  if not committee and not item.type then
    committee = by_name(test, item.name)
  end
  return committee and committee.visible_at <= twin.now() and committee or nil
end

-- Makes the committee, or updates it.
function M.put(twin, test, item)
  local kind = item.type or GRADING
  local same_name = by_name(test, item.name)
  if twin.state.settings.name_is_key and same_name then
    for _, member in ipairs(M.members(test, same_name)) do
      member.place.type = kind
    end
    same_name.type = kind
  elseif not index_of(test, item) then
    table.insert(test.committees, { name = item.name, type = kind,
      visible_at = twin.now() + twin.state.settings.visible_after })
  end
end

-- members(test, committee): who is in it; each with kind, id and place, which is what says so.
function M.members(test, committee)
  local list = {}
  for _, candidate in ipairs(test.candidates) do
    if candidate.committee and is(candidate.committee, committee) then
      list[#list + 1] = { kind = "candidates", id = candidate.candidateId or candidate.externalId,
        place = candidate.committee }
    end
  end
  for _, contributor in ipairs(test.contributors) do
    for _, place in ipairs(contributor.committees) do
      if is(place, committee) then
        list[#list + 1] = { kind = "contributors", id = contributor.externalId, place = place }
      end
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- People

local function find_person(test, kind, item)
  for _, person in ipairs(test[kind]) do
    local same_id = item.candidateId == nil or person.candidateId == item.candidateId
    local same_external = item.externalId == nil or person.externalId == item.externalId
    if (item.candidateId or item.externalId) and same_id and same_external then
      return person
    end
  end
end

-- The committees that somebody is in, as a list that may be changed for contributors.
local function places_of(person)
  return person.committees or { person.committee }
end

local function place_in(person, committee)
  for i, place in ipairs(places_of(person)) do
    if is(place, committee) then
      return i
    end
  end
end

local function leave(person, committee)
  if person.committees then
    table.remove(person.committees, place_in(person, committee))
  else
    person.committee = nil
  end
end

local function enter(person, committee)
  local place = { name = committee.name, type = committee.type }
  if not person.committees then
    person.committee = place
  elseif not place_in(person, committee) then
    table.insert(person.committees, place)
  end
end

local function unknown_person(kind, item)
  return ("%s %s does not exist"):format(kind == "candidates" and "Candidate" or "Contributor",
    item.candidateId or item.externalId or "without an id")
end

local function not_in(person, committee)
  return ("%s is not in committee %s"):format(person.candidateId or person.externalId, committee.name)
end

-- check_move(twin, test, kind, item): what is wrong with a move, or nil.
function M.check_move(twin, test, kind, item)
  local settings, person = twin.state.settings, find_person(test, kind, item)
  local target = M.find(twin, test, item.toCommittee)
  local source = item.fromCommittee and M.find(twin, test, item.fromCommittee)
  if not person then
    return unknown_person(kind, item)
  elseif not target then
    return M.missing(item.toCommittee)
  elseif item.fromCommittee and not source then
    return M.missing(item.fromCommittee)
  elseif place_in(person, target) and (not source or not place_in(person, source)) then
    return settings.move_again_is_error
      and ("%s is in committee %s already"):format(person.candidateId or person.externalId, target.name) or nil
  elseif source then
    return not place_in(person, source) and not_in(person, source) or nil
  elseif not settings.move_from_none or person.committee then
    return "No committee to move from"
  end
end

function M.move(twin, test, kind, item)
  local person, target = find_person(test, kind, item), M.find(twin, test, item.toCommittee)
  local source = item.fromCommittee and M.find(twin, test, item.fromCommittee)
  if source and place_in(person, source) then
    leave(person, source)
  end
  enter(person, target)
end

-- check_remove(twin, test, kind, item): what is wrong with a removal, or nil.
function M.check_remove(twin, test, kind, item)
  local person, committee = find_person(test, kind, item), M.find(twin, test, item.committee)
  if not person then
    return unknown_person(kind, item)
  elseif not committee then
    return M.missing(item.committee)
  end
  return not place_in(person, committee) and not_in(person, committee) or nil
end

function M.remove(twin, test, kind, item)
  leave(find_person(test, kind, item), M.find(twin, test, item.committee))
end

-- Deletes the committee if it is there; people in it lose it.
function M.delete(twin, test, item)
  local committee = M.find(twin, test, item)
  if not committee then
    return
  end
  table.remove(test.committees, index_of(test, committee))
  for _, kind in ipairs { "candidates", "contributors" } do
    for _, person in ipairs(test[kind]) do
      if place_in(person, committee) then
        leave(person, committee)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- People of a test that is made or changed

local function committee_named(twin, test, name)
  if not by_name(test, name) then
    M.put(twin, test, { name = name })
  end
  return by_name(test, name)
end

local function put_person(twin, test, kind, given)
  local person = find_person(test, kind, { candidateId = given.candidateId, externalId = given.externalId })
  if not person then
    person = kind == "contributors" and { userId = 9000 + twin:next_id("user", 100), committees = {} } or {}
    table.insert(test[kind], person)
  end
  for name, value in pairs(given) do
    if name ~= "committeeName" and name ~= "committeesName" then
      person[name] = value
    end
  end
  if given.committeeName then
    enter(person, committee_named(twin, test, given.committeeName))
  end
  for _, name in ipairs(given.committeesName or {}) do
    enter(person, committee_named(twin, test, name))
  end
end

-- put_people(twin, test, values): adds the people of a call, or changes who is there already.
function M.put_people(twin, test, values)
  for _, kind in ipairs { "candidates", "contributors" } do
    for _, given in ipairs(values[kind] or {}) do
      put_person(twin, test, kind, given)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Showing

local function names_of(places)
  local names = json.array {}
  for i, place in ipairs(places) do
    names[i] = place.name
  end
  return names
end

-- people(test): everybody, with the names of their committees.
function M.people(test)
  local shown = { candidates = json.array {}, contributors = json.array {} }
  for i, person in ipairs(test.candidates) do
    shown.candidates[i] = { candidateId = person.candidateId, externalId = person.externalId,
      firstName = person.firstName, lastName = person.lastName, email = person.email,
      committeeName = person.committee and person.committee.name }
  end
  for i, person in ipairs(test.contributors) do
    shown.contributors[i] = { externalId = person.externalId, firstName = person.firstName,
      lastName = person.lastName, email = person.email, roles = json.array(person.roles or {}),
      committeesName = names_of(person.committees) }
  end
  return shown
end

-- show(twin, test): the test as the vendor shows it to clients.
function M.show(twin, test)
  local shown = { testId = test.testId, externalTestId = test.externalTestId, title = test.title,
    committees = json.array {}, contributors = json.array {} }
  for _, committee in ipairs(test.committees) do
    if committee.visible_at <= twin.now() then
      table.insert(shown.committees, { name = committee.name, type = committee.type })
    end
  end
  for i, person in ipairs(test.contributors) do
    shown.contributors[i] = {
      userId = person.userId, userName = (person.externalId or ""):match "^[^@]*", firstName = person.firstName,
      lastName = person.lastName, roles = json.array(person.roles or {}),
      externalUserIds = json.array { { authType = "FEIDE", externalUserId = person.externalId } },
      committeesName = names_of(person.committees),
    }
  end
  return shown
end

return M
