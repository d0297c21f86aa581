-- SPDX-License-Identifier: MIT
-- What the simulated Isograd has: test forms, credits, templates, a few people; and how it grades.

local people = require "beadle.sandbox.people"

local M = {}

-- A credit is counted in parts, so that packs of 2, 3 and 4 tests a credit come out even.
M.CREDIT_UNITS = 12
M.PROCTORING = "Surveillance en ligne"

M.credit_names = { "Tests Python", "Tests Excel", M.PROCTORING }

M.forms = {
  [101] = { name = "Python", kind = "assessment", credit = "Tests Python", grade_type = 2, irt = true,
    skills = { ["45"] = { "Structures de données", "Data structures" }, ["46"] = { "Fonctions", "Functions" },
      ["47"] = { "Modules", "Modules", untested = true } } },
  [102] = { name = "Python, certification", kind = "certification", credit = "Tests Python", grade_type = 2,
    irt = true, skills = { ["45"] = { "Structures de données", "Data structures" } } },
  [103] = { name = "Excel, niveau", kind = "assessment", credit = "Tests Excel", grade_type = 1, irt = true,
    skills = { ["71"] = { "Mise en forme", "Formatting" }, ["72"] = { "Formules", "Formulas" } } },
  [201] = { name = "Réseaux, QCM", kind = "assessment", credit = "Tests Python", grade_type = 4, questions = 40,
    skills = { ["51"] = { "Réseaux", "Networks" }, ["52"] = { "Pare-feu", "Firewalls", untested = true } } },
  [204] = { name = "Rédaction", kind = "assessment", credit = "Tests Excel", grade_type = 3, manual = true,
    skills = { ["61"] = { "Rédaction", "Writing" } } },
  [207] = { name = "Excel, plage", kind = "assessment", credit = "Tests Excel", grade_type = 5, irt = true,
    skills = { ["71"] = { "Mise en forme", "Formatting" } } },
  [305] = { name = "Bases de données", kind = "assessment", credit = "Tests Python", grade_type = 15,
    skills = { ["81"] = { "Requêtes", "Queries" } } },
}

M.mail_templates = { [7] = "Inscription", [8] = "Rappel", [46000] = "Inscription" }
M.senders = { ["exams@example.org"] = true }
M.usual_sender = "no-reply@isograd.example"

function M.form_ids()
  local ids = {}
  for id in pairs(M.forms) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  return ids
end

function M.account()
  return {
    candidates = {}, tests = {}, sessions = {}, mails = {}, external_groups = {},
    groups = { ["10"] = { dep_id = 10, name = "L3 Informatique" },
      ["11"] = { dep_id = 11, name = "M1 Informatique" } },
    admins = { ["admin@example.org"] = true },
    credits = {
      ["Tests Python"] = { units = 150 * M.CREDIT_UNITS }, ["Tests Excel"] = { units = 75 * M.CREDIT_UNITS },
      [M.PROCTORING] = { units = 20 * M.CREDIT_UNITS },
    },
  }
end

local GENDERS = { M = 1, F = 2, X = 3 }

-- A few candidates who were there before: one with a test to take, one with a finished one.
function M.people(twin, account, create_candidate, make_test, end_test)
  local ids = {}
  for i, group in ipairs { 10, 10, 11 } do
    local person = people.students[i]
    ids[i] = create_candidate(twin, account, { gen_id = GENDERS[person.gender], ema = person.email,
      fst_nam = person.first_name, lst_nam = person.last_name, ext_id = person.number, dep_id = group })
  end
  local grace, alan = ids[1], ids[2]
  make_test(twin, account, grace, { tst_frm_id = 101 })
  local finished = make_test(twin, account, alan, { tst_frm_id = 101 })
  end_test(twin, finished, 742)
  finished.created_at, finished.started_at = twin.now() - 86400, twin.now() - 2700
end

-- Seconds since 1970 of a UTC day and hour (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
function M.utc(year, month, day, hour)
  local y, m, d = math.tointeger(tonumber(year)), math.tointeger(tonumber(month)), math.tointeger(tonumber(day))
  y = m <= 2 and y - 1 or y
  local era = y // 400
  local of_era = y - era * 400
  local of_year = (153 * (m + (m > 2 and -3 or 9)) + 2) // 5 + d - 1
  local days = era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
  return days * 86400 + hour * 3600
end

local LEVELS = { "Débutant", "Élémentaire", "Intermédiaire", "Avancé", "Expert" }
local HIGHEST = { [1] = 5, [2] = 1000, [3] = 1000, [5] = 1000, [15] = 100 }
local LOWEST = { [1] = 1, [5] = 1 }

-- The lowest and the highest grade of a form.
function M.bounds(form)
  return LOWEST[form.grade_type] or 0, HIGHEST[form.grade_type] or form.questions
end

-- The middle of a range grade's range: what its number is.
local function range_of(value)
  if value <= 350 then
    return 175.5, "1-350"
  end
  if value <= 700 then
    return 525, "350-700"
  end
  return 850, "700-1000"
end

-- The grade that get_results answers; random when none is given.
function M.grade(form, wanted)
  local lowest, highest = M.bounds(form)
  local value = wanted or math.random(lowest, highest)
  local text = ("%s/%d"):format(tostring(value), highest)
  if form.grade_type == 1 then
    text = ("%s – %s/5"):format(LEVELS[math.min(math.max(math.floor(value), 1), 5)], tostring(value))
  elseif form.grade_type == 5 then
    local middle, name = range_of(value)
    value, text = middle, name
  end
  return { gra_typ_id = form.grade_type, num_val = value, max_val = highest, txt_des = text }
end

-- One skill of a result; `share` is the grade from 0 to 1. -1 says that the skill was not tested.
local function detail(form, skill, language, share)
  if not form.irt then
    return { des = skill[language], successrate = skill.untested and -1 or math.floor(share * 100) / 100 }
  elseif skill.untested then
    return { des = skill[language], level = -1, level_des = "", scalemin = 1, scalemax = 5 }
  end
  return { des = skill[language], level = math.floor(share * 8 + 2) / 2, scalemin = 1, scalemax = 5,
    level_des = language == 1 and "Niveau atteint" or "Level reached" }
end

-- Descriptions are in French and English; English stands in for any other language.
function M.details(form, test, language)
  local known = (language == 1 or language == 2) and language or 2
  local details = {}
  local share = test.result.num_val / test.result.max_val
  for id, skill in pairs(form.skills) do
    details[id] = detail(form, skill, known, share)
  end
  return { des_lan_id = known, result_details = details }
end

-- Subject and text of a registration e-mail about some tests.
function M.registration_mail(candidate, tests, mail)
  local lines = { ("Bonjour %s %s,"):format(candidate.fst_nam, candidate.lst_nam), "",
    "Vous êtes inscrit(e) à :" }
  for _, test in ipairs(tests) do
    lines[#lines + 1] = ("  - %s : %s/test/start/%s"):format(M.forms[test.tst_frm_id].name, mail.base,
      test.token)
  end
  if candidate.password then
    lines[#lines + 1] = ("Votre mot de passe : %s"):format(candidate.password)
  end
  return M.mail_templates[mail.mai_tem_id] .. " à votre évaluation", table.concat(lines, "\n") .. "\n"
end

return M
