-- SPDX-License-Identifier: MIT
-- The results of a test form of Isograd beside the students of a semester of ScoDoc.
--
--   beadle run scripts/isograd-to-scodoc-report.lua --formsemestre_id 3 --tst_frm_id 101 --output report.csv
--   beadle run scripts/isograd-to-scodoc-report.lua --formsemestre_id 3 --tst_frm_id 101 --registered registered.csv
--
-- with the file that scodoc-to-isograd or register-candidate wrote with --output.

local csv = require "beadle.csv"
local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local roster = require "beadle.scodoc.roster"

local STATUS = {
  [isograd.test_status.not_started] = "not started",
  [isograd.test_status.started] = "started",
  [isograd.test_status.finished] = "finished",
  [isograd.test_status.marking_pending] = "waits for marking",
}

-- What get_results refuses with, where the test's own id is not known. Whoever has not begun a test looks as who
-- has none.
local REFUSED = { [107] = "no candidate", [501] = "not taken", [502] = "not finished" }

-- ---------------------------------------------------------------------------------------------------
-- Who is registered, by a file

local function cell(cells, ...)
  for _, name in ipairs { ... } do
    local text = csv.trim(cells[name] or "")
    if text ~= "" then
      return text
    end
  end
end

local function candidate_of(cells)
  local id = cell(cells, "pla_tst_id")
  return { ema = cell(cells, "ema"), ext_id = cell(cells, "ext_id", "code_nip", "etudid"),
    pla_tst_id = id and math.tointeger(tonumber(id)), nom = cell(cells, "nom", "lst_nam"),
    prenom = cell(cells, "prenom", "fst_nam") }
end

-- The candidates of the test form: a list, without those that have no address. Of two lines about an address the
-- later one counts.
local function read_registered(path, tst_frm_id)
  local list, place = {}, {}
  local reader <close> = csv.open(path)
  for cells in reader:rows() do
    local candidate, form = candidate_of(cells), cell(cells, "tst_frm_id")
    if candidate.ema and (not form or tonumber(form) == tst_frm_id) then
      local key = candidate.ema:lower()
      place[key] = place[key] or #list + 1
      list[place[key]] = candidate
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Joining

local function index_of(candidates)
  local by_email, by_ext_id = {}, {}
  for _, candidate in ipairs(candidates) do
    by_email[candidate.ema:lower()] = candidate
    if candidate.ext_id then
      by_ext_id[candidate.ext_id] = candidate
    end
  end
  return by_email, by_ext_id
end

local function row_of(student, candidate, joined_by)
  return { etudid = student.etudid, code_nip = student.code_nip, nom = student.nom, prenom = student.prenom,
    group = student.group, ema = candidate and candidate.ema or student.email,
    pla_tst_id = candidate and candidate.pla_tst_id, joined_by = candidate and joined_by }
end

-- A row for each student, then one for each candidate that is none.
local function rows(params)
  local candidates = params.registered and read_registered(params.registered, params.tst_frm_id) or {}
  local by_email, by_ext_id = index_of(candidates)
  local list, joined = {}, {}
  for index, student in ipairs(roster.students { formsemestre_id = params.formsemestre_id,
    group_id = params.group_id, partition = params.partition, etat = params.etat, department = params.department }) do
    local same_email = student.email and by_email[student.email:lower()]
    local candidate = same_email or by_ext_id[student.code_nip] or by_ext_id[tostring(student.etudid)]
    list[index] = row_of(student, candidate, same_email and "e-mail" or "external id")
    joined[candidate or false] = true
  end
  for _, candidate in ipairs(candidates) do
    if not joined[candidate] then
      list[#list + 1] = { code_nip = candidate.ext_id, nom = candidate.nom, prenom = candidate.prenom,
        ema = candidate.ema, pla_tst_id = candidate.pla_tst_id, joined_by = "no student" }
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- One result

-- The vendor's answer, or nil and in words why there is none.
local function ask(row)
  if not row.ema then
    return nil, "no e-mail address"
  end
  if row.pla_tst_id then
    local status, err = beadle.try(isograd.get_test_status, { pla_tst_id = row.pla_tst_id,
      sub_com_id = row.sub_com_id })
    if not status then
      return nil, err.code == 501 and "deleted" or error(err, 0)
    elseif status.sta_id ~= isograd.test_status.finished then
      return nil, STATUS[status.sta_id]
    end
  end
  local answer, err = beadle.try(isograd.get_results, { ema = row.ema, tst_frm_id = row.tst_frm_id,
    pla_tst_id = row.pla_tst_id, sub_com_id = row.sub_com_id })
  return answer, not answer and (REFUSED[err.code] or error(err, 0)) or nil
end

local function report(row)
  local answer, why_not = ask(row)
  local result = { etudid = row.etudid, code_nip = row.code_nip, nom = row.nom, prenom = row.prenom,
    group = row.group, ema = row.ema, pla_tst_id = row.pla_tst_id, test = why_not or "finished",
    joined_by = row.joined_by or (answer or why_not ~= "no candidate") and row.ema and "e-mail" or "no candidate" }
  if answer then
    result.num_val, result.max_val, result.txt_des = answer.num_val, answer.max_val, answer.txt_des
    result.grade = isograd.grade_fraction(answer)
    result.grade_20 = math.floor(result.grade * 2000 + 0.5) / 100
  end
  return result
end

local function tell(results)
  local counts, order, strangers = {}, {}, {}
  for _, each in ipairs(results) do
    local state = each.result.test
    order[#order + 1] = not counts[state] and state or nil
    counts[state] = (counts[state] or 0) + 1
    if each.result.joined_by == "no student" then
      strangers[#strangers + 1] = ("  %s: %s"):format(each.result.ema, state)
    end
  end
  for index, state in ipairs(order) do
    order[index] = ("%s: %d."):format(state:gsub("^%l", string.upper), counts[state])
  end
  local text = table.concat(order, " ")
  return #strangers == 0 and text
    or ("%s\nCandidates that are no student here: %d\n%s"):format(text, #strangers, table.concat(strangers, "\n"))
end

return recipe {
  name = "isograd-to-scodoc-report",
  summary = "Lists the students of a ScoDoc semester with their results of an Isograd test form",
  doc = "Students and candidates are joined by e-mail address. With --registered they are also joined by external "
    .. "id, the test that counts is the one that the file names, and candidates that are no student here are "
    .. "listed. Without it, the last test taken counts, and who has not begun one looks as who has none: not taken. "
    .. "grade is num_val as a number from 0 to 1, by the vendor's divisors; grade_20 is that out of 20.",
  params = {
    "scodoc.formsemestre_etudiants.formsemestre_id",
    "isograd.get_results.tst_frm_id",
    { name = "registered", doc = "CSV file that scodoc-to-isograd or register-candidate wrote with --output" },
    { from = "scodoc.group_etudiants.group_id", required = false, doc = "only the students of this group" },
    { name = "partition", doc = "the partition whose groups are shown; without it, the first one" },
    { name = "etat", choices = { "I", "D", "DEF" }, default = "I",
      doc = "only students whose enrolment is in this state: enrolled, resigned or defaulting" },
    "scodoc.formsemestre_etudiants.department",
    "isograd.get_results.sub_com_id",
  },
  columns = { "etudid", "code_nip", "nom", "prenom", "group", "ema", "joined_by", "pla_tst_id", "test", "num_val",
    "max_val", "txt_des", "grade", "grade_20" },
  shown = { "nom", "prenom", "test", "num_val", "grade_20" },
  fields = { "etudid", "ema", "code_nip", "nom", "prenom", "group", "pla_tst_id", "joined_by" },
  rows = rows,
  row = report,
  finish = tell,
}
