-- SPDX-License-Identifier: MIT
-- Registers the students of a semester of ScoDoc as candidates of Isograd, each with a test.
--
--   beadle run scripts/scodoc-to-isograd.lua --formsemestre_id 3 --tst_frm_id 101 --output registered.csv
--   beadle run scripts/scodoc-to-isograd.lua --formsemestre_id 3 --group_id 211 --tst_frm_id 101 --mai_tem_id 7
--
-- It may be run again when students have come: who has the test keeps it, and gets no second one and no e-mail.

local async = require "beadle.async"
local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local roster = require "beadle.scodoc.roster"
local scodoc = require "beadle.scodoc"

local GENDERS = { M = isograd.gender.male, F = isograd.gender.female }
local NO_ADDRESS = "no e-mail address"

-- ---------------------------------------------------------------------------------------------------
-- Students

-- What goes before the names of groups, for these are the same in every semester.
local function name_of_semester(params)
  local semester = scodoc.formsemestre { formsemestre_id = params.formsemestre_id, department = params.department }
  return semester.session_id or ("formsemestre %d"):format(params.formsemestre_id)
end

-- Why a student cannot be registered; `first` holds the first student of each address.
local function problem(student, first)
  if not student.email then
    return NO_ADDRESS
  end
  local key = student.email:lower()
  local other = first[key]
  first[key] = other or student
  return other and ("the e-mail address of %s %s (%d)"):format(other.nom, other.prenom, other.etudid) or nil
end

local function students(params)
  local semester, first, rows = name_of_semester(params), {}, {}
  for index, student in ipairs(roster.students { formsemestre_id = params.formsemestre_id,
    group_id = params.group_id, partition = params.partition, etat = params.etat, department = params.department }) do
    rows[index] = { etudid = student.etudid, code_nip = student.code_nip, civilite = student.civilite,
      nom = student.nom, prenom = student.prenom, ema = student.email, group = student.group,
      ext_dep_id = student.group and ("%s %s"):format(semester, student.group), problem = problem(student, first) }
  end
  return rows
end

-- ---------------------------------------------------------------------------------------------------
-- One candidate

-- Creates the candidate, or finds the one with this e-mail address; the second value is true for one that is certainly
-- new. Where an answer was lost, a durable run finds out that there is one, and not since when; a link to log in comes
-- only with the answer to a creation.
local function create_or_find(row)
  local candidate, err = beadle.try(isograd.create_candidate, {
    gen_id = GENDERS[row.civilite] or isograd.gender.unspecified, ema = row.ema, fst_nam = row.prenom,
    lst_nam = row.nom, ext_id = row.code_nip or tostring(row.etudid), ext_dep_id = row.ext_dep_id,
    lan_id = row.lan_id, sub_com_id = row.sub_com_id,
  })
  if candidate then
    return candidate.can_id, candidate.lgn_url ~= nil
  elseif err.code == 202 and err.response.can_id then
    return err.response.can_id, false
  end
  error(err, 0)
end

-- Gives the test, or answers with the one that is there; nil where the candidate has taken it.
local function add_test(row)
  local test, err = beadle.try(isograd.add_test, { ema = row.ema, tst_frm_id = row.tst_frm_id, max_num_tst = 1,
    ses_id = row.ses_id, sub_com_id = row.sub_com_id })
  return test or err.code ~= 402 and error(err, 0) or nil
end

local function credits_left(row)
  local sum = 0
  for _, credit in ipairs(isograd.list_available_credits { sub_com_id = row.sub_com_id }.credits) do
    sum = sum + credit.amount
  end
  return sum
end

-- Runs act(...) while no other row does, so that a credit that is used meanwhile is this row's.
local under_way

local function alone(act, ...)
  while under_way do
    under_way:wait()
  end
  local over = async.event()
  under_way = over
  local _ <close> = setmetatable({}, { __close = function()
    under_way = nil
    over:set()
  end })
  return act(...)
end

-- The test, and whether it is new. The platform does not tell whether a test was there before; that a credit
-- is used does, and after a stop the credits are others.
local function give_test(row, is_new_candidate, context)
  if is_new_candidate then
    return add_test(row), true
  end
  local before = context.remember(credits_left, row)
  local test = add_test(row)
  return test, test ~= nil and context.remember(credits_left, row) < before
end

local function words(is_new_candidate, test, is_new_test)
  local told = is_new_candidate and "created" or "was there"
  if not test then
    return told .. ", has taken the test"
  end
  return told .. (is_new_test and ", test added" or ", has the test")
end

-- ---------------------------------------------------------------------------------------------------

local function register(row, context)
  local result = { etudid = row.etudid, code_nip = row.code_nip, nom = row.nom, prenom = row.prenom, ema = row.ema,
    group = row.group, tst_frm_id = row.tst_frm_id }
  if row.problem then
    result.done = "not registered: " .. row.problem
    return result
  end
  local can_id, is_new_candidate = create_or_find(row)
  context.did(("candidate %d %s"):format(can_id, is_new_candidate and "created" or "was there"))
  local test, is_new_test = alone(give_test, row, is_new_candidate, context)
  result.can_id, result.pla_tst_id = can_id, test and test.pla_tst_id
  result.done = words(is_new_candidate, test, is_new_test)
  if is_new_test and row.mai_tem_id then
    context.did(("test %d added"):format(test.pla_tst_id))
    isograd.send_registration_email { can_id = can_id, pla_tst_ids = { test.pla_tst_id }, mai_tem_id = row.mai_tem_id,
      sub_com_id = row.sub_com_id }
    result.done = result.done .. ", e-mail sent"
  end
  return result
end

local function is_unregistered(result)
  return result.can_id == nil
end

local function tell(results)
  local created, added, sent, not_registered = 0, 0, 0, {}
  for _, each in ipairs(results) do
    local result = each.result
    created = created + (result.done:find "^created" and 1 or 0)
    added = added + (result.done:find ", test added" and 1 or 0)
    sent = sent + (result.done:find ", e%-mail sent" and 1 or 0)
    if is_unregistered(result) then
      not_registered[#not_registered + 1] = ("  %s %s (%d): %s"):format(result.nom, result.prenom, result.etudid,
        each.row.problem)
    end
  end
  local counts = ("Candidates created: %d. Tests added: %d. E-mails sent: %d."):format(created, added, sent)
  return #not_registered == 0 and counts
    or ("%s\nNot registered: %d\n%s"):format(counts, #not_registered, table.concat(not_registered, "\n"))
end

return recipe {
  name = "scodoc-to-isograd",
  summary = "Registers the students of a ScoDoc semester as Isograd candidates with a test",
  doc = "Candidates are found again by their e-mail address, and so is a test of this form that a candidate has. "
    .. "Whoever has taken it gets no other. With --mai_tem_id the registration e-mail goes to those whose test is "
    .. "new. Students whose e-mail address is missing, or is another student's, are named and not registered; the "
    .. "exit status is then 1. ext_id is code_nip, else etudid. Groups are those of --group_id or --partition; in "
    .. "Isograd the name of the semester stands before theirs.",
  params = {
    "scodoc.formsemestre_etudiants.formsemestre_id",
    "isograd.add_test.tst_frm_id",
    { from = "scodoc.group_etudiants.group_id", required = false, doc = "only the students of this group" },
    { name = "partition", doc = "the partition whose groups are taken over; without it, the first one" },
    { name = "etat", choices = { "I", "D", "DEF" }, default = "I",
      doc = "only students whose enrolment is in this state: enrolled, resigned or defaulting" },
    { from = "isograd.send_registration_email.mai_tem_id", required = false,
      doc = "e-mail template; without it, no e-mail is sent" },
    "isograd.create_candidate.lan_id",
    "isograd.add_test.ses_id",
    "scodoc.formsemestre_etudiants.department",
    "isograd.create_candidate.sub_com_id",
  },
  columns = { "etudid", "code_nip", "nom", "prenom", "ema", "group", "can_id", "pla_tst_id", "tst_frm_id", "done" },
  shown = { "nom", "prenom", "ema", "can_id", "done" },
  fields = { "etudid", "code_nip", "civilite", "nom", "prenom", "ema", "group", "ext_dep_id", "problem" },
  rows = students,
  row = register,
  pending = is_unregistered,
  finish = tell,
}
