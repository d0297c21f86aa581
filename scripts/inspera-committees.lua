-- SPDX-License-Identifier: MIT
-- Creates the committees of a test in Inspera Assessment and moves people into them, from a file of people.
--
--   beadle run scripts/inspera-committees.lua --rows juries.csv --testId 3437420 --failed failed.csv
--
-- with a file such as
--
--   committee,member,externalId,from
--   Jury A,contributor,greta.grader@example.org,
--   Jury A,candidate,alan.turing@example.org,Jury B

local inspera = require "beadle.inspera"
local recipe = require "beadle.recipe"

-- Calls an operation. The report of a recipe shows what a status means, and only the vendor's words, which are in
-- the message, say which committee or person is wrong.
local function call(operation, args)
  local answer, err = beadle.try(operation, args)
  if not answer then
    err.meaning = nil
    error(err, 0)
  end
  return answer
end

-- Committees that a run has made sure of: by its beginning, and then by test, name and type.
local made = {}

-- nil where rows are run one by one and have no beginning in common.
local function key_of(row, context)
  return context.started and table.concat({ tostring(context.started), tostring(row.testId),
    tostring(row.isExternal), row.committee, row.type }, "\0")
end

-- Creates the committee, once a run; one that is there already stays as it is.
local function make_sure(row, context)
  local key = key_of(row, context)
  if key and made[key] then
    return "there"
  end
  call(inspera.create_committees, {
    testId = row.testId, isExternal = row.isExternal, committees = { { name = row.committee, type = row.type } },
  })
  context.did(("committee %s is there"):format(row.committee))
  if key then
    made[key] = true
  end
  if row.member then
    context.sleep(row.pause)
  end
  return "made sure of"
end

local MOVES = { candidate = inspera.move_candidates, contributor = inspera.move_contributors }

local function move(row)
  call(MOVES[row.member], {
    testId = row.testId, isExternal = row.isExternal,
    [row.member .. "s"] = { {
      candidateId = row.candidateId, externalId = row.externalId,
      fromCommittee = row.from and { name = row.from, type = row.from_type },
      toCommittee = { name = row.committee, type = row.type },
    } },
  })
end

local function fail(message)
  error(beadle.error.new { kind = "argument", message = message, outcome = "none" }, 0)
end

-- What is wrong with a row as a whole, before anything is sent for it.
local function check(row)
  local has_id = row.candidateId or row.externalId
  if has_id and not row.member then
    fail "member must say whether this is a candidate or a contributor"
  elseif row.member and not has_id then
    fail(("a %s needs an id"):format(row.member))
  elseif row.member == "contributor" and row.candidateId then
    fail "a contributor has no candidateId, only an externalId"
  elseif row.from and not row.member then
    fail "from is for people"
  end
end

return recipe {
  name = "inspera-committees",
  summary = "Creates the committees of a test and moves people into them",
  doc = "A row without a person only creates its committee. A committee that is there already stays as it is, and "
    .. "moving somebody again changes nothing. How Inspera wants moves written is not in its document: run one row "
    .. "first, and look at the test in Inspera, before you run the whole file.",
  params = {
    "inspera.create_committees.testId",
    { name = "isExternal", from = "inspera.create_committees.isExternal" },
    { name = "committee", required = true, doc = "the committee's name, at most 50 characters" },
    { name = "type", choices = { "GRADING", "REASSESSMENT" }, default = "GRADING", doc = "what the committee is for" },
    { name = "member", choices = { "candidate", "contributor" }, doc = "who enters it" },
    { name = "candidateId", doc = "the candidate's id" },
    { name = "externalId", doc = "the person's id in your system" },
    { name = "from", doc = "the committee that the person leaves; without it, none" },
    { name = "from_type", choices = { "GRADING", "REASSESSMENT" }, default = "GRADING", doc = "what that one is for" },
    { name = "pause", type = "duration", default = "5 s",
      doc = "time between creating a committee and moving people into it, which Inspera needs" },
  },
  columns = { "testId", "committee", "type", "member", "candidateId", "externalId", "from", "state" },
  shown = { "committee", "member", "candidateId", "externalId", "state" },
  unique = { "committee", "type", "member", "candidateId", "externalId" },
  one_at_a_time = "committee",

  row = function(row, context)
    check(row)
    local state = make_sure(row, context)
    if row.member then
      move(row)
      state = "moved in"
    end
    return { testId = row.testId, committee = row.committee, type = row.type, member = row.member,
      candidateId = row.candidateId, externalId = row.externalId, from = row.from, state = state }
  end,
}
