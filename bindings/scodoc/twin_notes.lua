-- SPDX-License-Identifier: MIT
-- Marks, averages and bulletins of the simulated ScoDoc.

local files = require "beadle.sandbox.files"
local json = require "beadle.json"
local view = require "beadle.twin.scodoc.view"

local give, null = view.give, view.null

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Averages

-- A mark on the scale of 20; nil when it does not count. An absence counts as 0.
local function on_20(evaluation, etudid)
  local note = evaluation.notes[etudid]
  if note == "ABS" then
    return 0.0
  end
  return type(note) == "number" and 20.0 * note / evaluation.note_max or nil
end

-- The weighted mean of { value, weight }; nil when nothing counts.
local function mean(pairs_of)
  local sum, weights = 0.0, 0.0
  for _, pair in ipairs(pairs_of) do
    if pair[1] and pair[2] > 0 then
      sum, weights = sum + pair[1] * pair[2], weights + pair[2]
    end
  end
  return weights > 0 and sum / weights or nil
end

local function evaluations_of(twin, moduleimpl)
  return view.all(twin.state.evaluations, function(each) return each.moduleimpl_id == moduleimpl.id end)
end

local function mean_of_module(twin, moduleimpl, etudid)
  local list = {}
  for _, evaluation in ipairs(evaluations_of(twin, moduleimpl)) do
    list[#list + 1] = { on_20(evaluation, etudid) or false, evaluation.coefficient }
  end
  return mean(list)
end

-- The modules of a semester, of one UE if it is given.
local function modules_of(twin, semester, ue)
  return view.all(twin.state.moduleimpls, function(moduleimpl)
    local module = twin.state.modules[moduleimpl.module_id]
    return moduleimpl.formsemestre_id == semester.id and (not ue or module.ue_id == ue.id)
  end)
end

-- The UEs that a semester teaches.
local function ues_of(twin, semester)
  return view.all(twin.state.ues, function(ue)
    return ue.formation_id == semester.formation_id and #modules_of(twin, semester, ue) > 0
  end)
end

local function mean_of_ue(twin, semester, ue, etudid)
  local list = {}
  for _, moduleimpl in ipairs(modules_of(twin, semester, ue)) do
    local weight = twin.state.modules[moduleimpl.module_id].coefficient
    list[#list + 1] = { mean_of_module(twin, moduleimpl, etudid) or false, weight }
  end
  return mean(list)
end

local function mean_of_semester(twin, semester, etudid)
  local list = {}
  for _, ue in ipairs(ues_of(twin, semester)) do
    list[#list + 1] = { mean_of_ue(twin, semester, ue, etudid) or false, ue.ects }
  end
  return mean(list)
end

-- All students of a semester who have not resigned.
local function students_of(twin, semester)
  local enrolled = twin.state.inscriptions[semester.id] or {}
  return view.all(twin.state.etudiants, function(student)
    return enrolled[student.id] and enrolled[student.id] ~= "D"
  end)
end

-- The lowest, highest and mean value of a function over the students, and how many are better than a value.
local function compare(twin, semester, of, own)
  local low, high, list, better = nil, nil, {}, 0
  for _, student in ipairs(students_of(twin, semester)) do
    local value = of(student.id)
    if value then
      low, high = math.min(low or value, value), math.max(high or value, value)
      list[#list + 1] = { value, 1 }
      better = better + (own and value > own and 1 or 0)
    end
  end
  return low, high, mean(list), better + 1, #list
end

-- ---------------------------------------------------------------------------------------------------
-- How numbers look: texts, or with format raw numbers, where there may be none

local NAN = "@NaN@"

local function written(value, raw)
  if raw then
    return value or NAN
  end
  return value and ("%05.2f"):format(value) or "~"
end

-- JSON has no NaN, and ScoDoc writes it all the same.
local function give_raw(twin, value)
  local answer = give(twin, value)
  answer.body = answer.body:gsub('"@NaN@"', "NaN")
  return answer
end

-- ---------------------------------------------------------------------------------------------------
-- Bulletins

-- The parts of a bulletin are made for a student (etudid) of a semester, in a version, raw or not.
local function note_of(bulletin, of)
  local own = of(bulletin.etudid)
  local low, high, middle, rank, count = compare(bulletin.twin, bulletin.semester, of, own)
  local raw = bulletin.raw
  return { value = written(own, raw), min = written(low, raw), max = written(high, raw), moy = written(middle, raw) },
    own and tostring(rank) or "", count
end

local function evaluations_in(bulletin, moduleimpl)
  local list, ue = json.array {}, bulletin.twin.state.modules[moduleimpl.module_id].ue_id
  for _, evaluation in ipairs(evaluations_of(bulletin.twin, moduleimpl)) do
    local note = note_of(bulletin, function(etudid) return on_20(evaluation, etudid) end)
    local word = evaluation.notes[bulletin.etudid]
    note.value = not bulletin.raw and type(word) == "string" and word or note.value
    list[#list + 1] = evaluation.visibulletin and { id = evaluation.id,
      coef = written(evaluation.coefficient, bulletin.raw), description = evaluation.description, date = evaluation.day,
      evaluation_type = evaluation.evaluation_type, note = note,
      poids = { [bulletin.twin.state.ues[ue].acronyme] = 1.0 } } or nil
  end
  return list
end

-- Modules of a sort by code.
local function modules_in(bulletin, sort)
  local by_code, twin = {}, bulletin.twin
  for _, moduleimpl in ipairs(modules_of(twin, bulletin.semester)) do
    local module = twin.state.modules[moduleimpl.module_id]
    if module.sort == sort then
      by_code[module.code] = { id = moduleimpl.id, titre = module.titre, code_apogee = json.null,
        url = ("/ScoDoc/%s/Scolarite/Notes/moduleimpl_status?moduleimpl_id=%d"):format(bulletin.acronym, moduleimpl.id),
        moyenne = note_of(bulletin, function(etudid) return mean_of_module(twin, moduleimpl, etudid) end),
        evaluations = not bulletin.short and evaluations_in(bulletin, moduleimpl) or nil }
    end
  end
  return by_code
end

-- Modules of an UE and a sort by code, with their weights; of one matière if it is given.
local function weights_in(bulletin, ue, sort, matiere)
  local by_code = {}
  for _, moduleimpl in ipairs(modules_of(bulletin.twin, bulletin.semester, ue)) do
    local module = bulletin.twin.state.modules[moduleimpl.module_id]
    if module.sort == sort and (not matiere or module.matiere == matiere) then
      by_code[module.code] = { id = moduleimpl.id, coef = module.coefficient,
        moyenne = written(mean_of_module(bulletin.twin, moduleimpl, bulletin.etudid), bulletin.raw) }
    end
  end
  return by_code
end

local function matieres_in(bulletin, ue)
  local by_title, sums = {}, {}
  for _, moduleimpl in ipairs(modules_of(bulletin.twin, bulletin.semester, ue)) do
    local module = bulletin.twin.state.modules[moduleimpl.module_id]
    local sum = sums[module.matiere] or {}
    sums[module.matiere] = sum
    sum[#sum + 1] = { mean_of_module(bulletin.twin, moduleimpl, bulletin.etudid) or false, module.coefficient }
  end
  for title, sum in pairs(sums) do
    by_title[title] = { moyenne = bulletin.twin.state.settings.matieres and written(mean(sum), bulletin.raw) or "nd",
      modules = weights_in(bulletin, ue, "module", title) }
  end
  return by_title
end

local function ue_in(bulletin, ue)
  local moyenne, rank, count = note_of(bulletin, function(etudid)
    return mean_of_ue(bulletin.twin, bulletin.semester, ue, etudid)
  end)
  moyenne.rang, moyenne.total = rank, count
  local look = { id = ue.id, titre = ue.titre, numero = ue.numero, type = 0, color = "#b80004", competence = json.null,
    moyenne = moyenne, bonus = written(0.0, bulletin.raw), malus = written(0.0, bulletin.raw), capitalise = json.null,
    ECTS = { acquis = 0.0, total = ue.ects } }
  if bulletin.but then
    look.ressources, look.saes = weights_in(bulletin, ue, "ressource"), weights_in(bulletin, ue, "sae")
  elseif bulletin.matieres then
    look.matieres = matieres_in(bulletin, ue)
  else
    look.modules = weights_in(bulletin, ue, "module")
  end
  return look
end

local function semester_in(bulletin)
  local twin, semester = bulletin.twin, bulletin.semester
  local notes, rank, count = note_of(bulletin, function(etudid) return mean_of_semester(twin, semester, etudid) end)
  local decision = (twin.state.decisions[semester.id] or {})[bulletin.etudid]
  local total = 0.0
  for _, ue in ipairs(ues_of(twin, semester)) do
    total = total + ue.ects
  end
  return { etapes = json.array { semester.etape_apo }, date_debut = semester.date_debut_iso,
    date_fin = semester.date_fin_iso, numero = semester.semestre_id, inscription = "",
    annee_universitaire = ("%d - %d"):format(semester.annee_scolaire, semester.annee_scolaire + 1),
    groupes = view.map(view.groups_of(twin, bulletin.etudid, semester.id), function(group)
      return view.group_of_student(twin, group)
    end),
    absences = { injustifie = 1, total = 2, metrique = "1/2 J." }, ECTS = { acquis = 0.0, total = total },
    notes = notes, rang = { value = rank, total = count, groupes = {} }, situation = "",
    decision = { code = decision and decision.code or "" } }
end

local function etudiant_in(bulletin, student)
  local look = view.etudiant_long(bulletin.twin, student)
  local title = ({ M = "M.", F = "Mme", X = "" })[student.civilite]
  look.sort_key, look.admission, look.adresses = nil, nil, nil
  look.nomprenom = ("%s %s %s"):format(title, student.prenom, student.nom):gsub("^ ", "")
  look.photo_url = ("/ScoDoc/%s/Scolarite/get_photo_image?etudid=%d&size=small"):format(bulletin.acronym, student.id)
  return look
end

local function make_bulletin(twin, semester, student, version, raw)
  local formation = twin.state.formations[semester.formation_id]
  local bulletin = { twin = twin, semester = semester, etudid = student.id, raw = raw,
    but = formation.type_parcours == 700, short = version:match "short" or version == "butcourt",
    matieres = version:match "_mat$", acronym = twin.state.departements[semester.dept_id].acronym }
  local look = { version = "0", type = bulletin.but and "BUT" or "classic", formsemestre_id = semester.id,
    date = os.date("!%Y-%m-%dT%H:%M:%S.000000Z", math.floor(twin.now())), publie = twin.state.settings.publie,
    etat_inscription = twin.state.inscriptions[semester.id][student.id], etudiant = etudiant_in(bulletin, student),
    formation = { id = formation.id, acronyme = formation.acronyme, titre_officiel = formation.titre_officiel,
      titre = formation.titre }, options = { show_abs = true, show_ects = true, show_minmax = true, show_rangs = true,
      temporary_txt = "Provisoire", bgcolor = "white" }, appreciations = json.array {} }
  if not look.publie then
    return look
  end
  look.ues, look.ues_capitalisees = {}, {}
  for _, ue in ipairs(ues_of(twin, semester)) do
    look.ues[ue.acronyme] = ue_in(bulletin, ue)
  end
  look.ressources = bulletin.but and modules_in(bulletin, "ressource") or nil
  look.saes = bulletin.but and modules_in(bulletin, "sae") or nil
  look.modules = not bulletin.but and modules_in(bulletin, "module") or nil
  look.semestre = semester_in(bulletin)
  return look
end

function M.formsemestre_bulletins(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local enrolled = twin.state.inscriptions[semester.id] or {}
  local students = view.all(twin.state.etudiants, function(student) return enrolled[student.id] end)
  return give(twin, view.map(students, function(student)
    return make_bulletin(twin, semester, student, values.version or "long")
  end))
end

function M.etudiant_formsemestre_bulletin(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local student
  student, refused = view.get_student(twin, request, values, semester.id)
  if not student then
    return refused
  elseif values.pdf then
    local title = ("Bulletin %s, %s %s"):format(semester.id, student.prenom, student.nom)
    return twin.answer(200, files.pdf(title), "application/pdf")
  end
  return give_raw(twin, make_bulletin(twin, semester, student, values.version or "long", values.format == "raw"))
end

-- ---------------------------------------------------------------------------------------------------
-- The rest

function M.formsemestre_programme(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local look = { ressources = json.array {}, saes = json.array {}, modules = json.array {}, malus = json.array {} }
  local lists = { ressource = look.ressources, sae = look.saes, module = look.modules, malus = look.malus }
  look.ues = view.map(ues_of(twin, semester), function(ue)
    return { id = ue.id, acronyme = ue.acronyme, titre = ue.titre, numero = ue.numero, ects = ue.ects, type = 0 }
  end)
  for _, moduleimpl in ipairs(modules_of(twin, semester)) do
    table.insert(lists[twin.state.modules[moduleimpl.module_id].sort], view.moduleimpl(twin, moduleimpl))
  end
  return give(twin, look)
end

local PREFIXES = { ressource = "moy_res", sae = "moy_sae" }

local function result_of(twin, semester, student, raw)
  local general = mean_of_semester(twin, semester, student.id)
  local _, _, _, rank = compare(twin, semester, function(etudid)
    return mean_of_semester(twin, semester, etudid)
  end, general)
  local look = { etudid = student.id, code_nip = student.code_nip, rang = general and tostring(rank) or "",
    moy_gen = written(general, raw), etat = twin.state.inscriptions[semester.id][student.id] }
  for _, ue in ipairs(ues_of(twin, semester)) do
    look[("moy_ue_%d"):format(ue.id)] = written(mean_of_ue(twin, semester, ue, student.id), raw)
    for _, moduleimpl in ipairs(modules_of(twin, semester, ue)) do
      local prefix = PREFIXES[twin.state.modules[moduleimpl.module_id].sort]
      if prefix then
        look[("%s_%d_%d"):format(prefix, moduleimpl.id, ue.id)] = written(
          mean_of_module(twin, moduleimpl, student.id), raw)
      end
    end
  end
  return look
end

-- A list, or by a setting the same by student.
local function give_each(twin, list, as_object)
  if not as_object then
    return give_raw(twin, list)
  end
  local by_student = {}
  for _, each in ipairs(list) do
    by_student[tostring(each.etudid)] = each
  end
  return give_raw(twin, by_student)
end

function M.formsemestre_resultats(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  return refused or give_each(twin, view.map(students_of(twin, semester), function(student)
    return result_of(twin, semester, student, values.format == "raw")
  end), twin.state.settings.resultats_object)
end

function M.moduleimpl(twin, values, request)
  local moduleimpl, refused = view.get(twin, request, "moduleimpls", values.moduleimpl_id)
  return refused or give(twin, view.moduleimpl(twin, moduleimpl))
end

function M.moduleimpl_evaluations(twin, values, request)
  local moduleimpl, refused = view.get(twin, request, "moduleimpls", values.moduleimpl_id)
  if not moduleimpl then
    return refused
  end
  local ue = twin.state.modules[moduleimpl.module_id].ue_id
  return give(twin, view.map(evaluations_of(twin, moduleimpl), function(evaluation)
    return { id = evaluation.id, moduleimpl_id = moduleimpl.id, description = evaluation.description,
      coefficient = evaluation.coefficient, note_max = evaluation.note_max, numero = evaluation.numero,
      evaluation_type = evaluation.evaluation_type, visibulletin = evaluation.visibulletin,
      publish_incomplete = evaluation.publish_incomplete, date_debut = evaluation.day .. "T08:00:00",
      date_fin = evaluation.day .. "T10:00:00", poids = { [tostring(ue)] = 1.0 } }
  end))
end

function M.evaluation_notes(twin, values, request)
  local evaluation, refused = view.get(twin, request, "evaluations", values.evaluation_id)
  if not evaluation then
    return refused
  end
  local list = json.array {}
  for etudid, value in pairs(evaluation.notes) do
    list[#list + 1] = { etudid = etudid, evaluation_id = evaluation.id, value = value, note_max = evaluation.note_max,
      comment = "", date = evaluation.day .. "T12:00:00", uid = 3 }
  end
  table.sort(list, function(a, b) return a.etudid < b.etudid end)
  return give_each(twin, list, twin.state.settings.notes_object)
end

local function state_of(evaluation, students)
  local look = { id = evaluation.id, description = evaluation.description, coefficient = evaluation.coefficient,
    nb_inscrits = #students, nb_manquantes = 0, ABS = 0, ATT = 0, EXC = 0 }
  for _, student in ipairs(students) do
    local note = evaluation.notes[student.id]
    if note == nil then
      look.nb_manquantes = look.nb_manquantes + 1
    elseif look[note] then
      look[note] = look[note] + 1
    end
  end
  look.is_complete = look.nb_manquantes == 0 and look.ATT == 0
  return look
end

function M.formsemestre_etat_evals(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local students = students_of(twin, semester)
  return give(twin, view.map(modules_of(twin, semester), function(moduleimpl)
    local module = twin.state.modules[moduleimpl.module_id]
    return { id = moduleimpl.id, code = module.code, titre = module.titre,
      evaluations = view.map(evaluations_of(twin, moduleimpl), function(evaluation)
        return state_of(evaluation, students)
      end) }
  end))
end

local function decision_of(twin, semester, student)
  local decision = (twin.state.decisions[semester.id] or {})[student.id]
  local rcues, next_semesters = json.array {}, json.array {}
  if decision then
    rcues[1] = { code = decision.code, moy = decision.moy, ue_1 = { moy = decision.ue_1 },
      ue_2 = { moy = decision.ue_2 } }
    next_semesters[1] = decision.code ~= "AJ" and { semestre_id = semester.semestre_id + 1 } or nil
  end
  return { etudid = student.id, code_nip = student.code_nip, rcues = rcues, autorisations = next_semesters,
    is_apc = twin.state.formations[semester.formation_id].type_parcours == 700,
    etat = twin.state.inscriptions[semester.id][student.id],
    annee = { code = null(decision and decision.code), ordre = 1 } }
end

function M.formsemestre_decisions_jury(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local enrolled = twin.state.inscriptions[semester.id] or {}
  return give(twin, view.map(view.all(twin.state.etudiants, function(student) return enrolled[student.id] end),
    function(student) return decision_of(twin, semester, student) end))
end

return M
