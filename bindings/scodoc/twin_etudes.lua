-- SPDX-License-Identifier: MIT
-- Departments, logos, programmes, students and semesters of the simulated ScoDoc.

local files = require "beadle.sandbox.files"
local json = require "beadle.json"
local view = require "beadle.twin.scodoc.view"

local give, refuse, map = view.give, view.refuse, view.map

local M = {}

local function id_of(object)
  return object.id
end

-- Those objects of a table, each with a dept_id, that the request may see.
local function seen(twin, request, objects, passes)
  return view.all(objects, function(object)
    return view.sees(twin, request, object.dept_id) and (not passes or passes(object))
  end)
end

-- ---------------------------------------------------------------------------------------------------
-- Departments

function M.departements(twin)
  return give(twin, map(view.all(twin.state.departements), view.departement))
end

function M.departements_ids(twin)
  return give(twin, map(view.all(twin.state.departements), id_of))
end

function M.departement(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or give(twin, view.departement(departement))
end

function M.departement_create(twin, values, request)
  if not view.may_everywhere(twin, request) then
    return refuse(twin, 403)
  elseif not values.acronym:match "^[%w_%-]+$" then
    return refuse(twin, 404, "invalid acronym")
  elseif view.find(twin.state.departements, "acronym", values.acronym) then
    return refuse(twin, twin.state.settings.duplicate_status, "departement: acronym already exists")
  end
  local id = twin:next_id("departement", 0)
  local departement = { id = id, acronym = values.acronym, visible = values.visible ~= false,
    date_creation = os.date("!%a, %d %b %Y %H:%M:%S GMT", math.floor(twin.now())) }
  twin.state.departements[id] = departement
  return give(twin, view.departement(departement))
end

function M.departement_edit(twin, values, request)
  local departement, refused = view.get_departement(twin, request, { dept = values.dept_acronym })
  if not departement then
    return refused
  end
  departement.visible = values.visible
  return give(twin, view.departement(departement))
end

-- Takes the objects out that do not pass.
local function keep(objects, passes)
  for id, object in pairs(objects) do
    objects[id] = passes(object) and object or nil
  end
end

local function forget_departement(state, departement)
  local function elsewhere(object)
    return object.dept_id ~= departement.id
  end
  local function has(kind, key)
    return function(object) return state[kind][object[key]] ~= nil end
  end
  keep(state.etudiants, elsewhere)
  keep(state.formations, elsewhere)
  keep(state.formsemestres, elsewhere)
  keep(state.ues, has("formations", "formation_id"))
  keep(state.modules, has("ues", "ue_id"))
  keep(state.moduleimpls, has("formsemestres", "formsemestre_id"))
  keep(state.evaluations, has("moduleimpls", "moduleimpl_id"))
  keep(state.partitions, has("formsemestres", "formsemestre_id"))
  keep(state.groups, has("partitions", "partition_id"))
  for _, kind in ipairs { "inscriptions", "decisions" } do
    for formsemestre_id in pairs(state[kind]) do
      state[kind][formsemestre_id] = state.formsemestres[formsemestre_id] and state[kind][formsemestre_id] or nil
    end
  end
  state.logos[departement.id] = nil
end

function M.departement_delete(twin, values, request)
  local state = twin.state
  local departement, refused = view.get_departement(twin, request, { dept = values.dept_acronym })
  if not departement then
    return refused
  end
  forget_departement(state, departement)
  for _, user in pairs(state.users) do
    user.dept = user.dept ~= departement.acronym and user.dept or nil
    for index = #user.roles, 1, -1 do
      if user.roles[index].dept == departement.acronym then
        table.remove(user.roles, index)
      end
    end
  end
  state.departements[departement.id] = nil
  return view.deleted(twin)
end

-- ---------------------------------------------------------------------------------------------------
-- Logos

local function give_names(twin, names)
  return give(twin, json.array { table.unpack(names or {}) })
end

local function give_logo(twin, names, name)
  if not names or not view.contains(names, name) then
    return refuse(twin, 404, "logo inexistant")
  end
  return twin.answer(200, files.png, "image/png")
end

function M.logos(twin)
  return give_names(twin, twin.state.logos.site)
end

function M.logo(twin, values)
  return give_logo(twin, twin.state.logos.site, values.nom)
end

function M.departement_logos(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or give_names(twin, twin.state.logos[departement.id])
end

function M.departement_logo(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or give_logo(twin, twin.state.logos[departement.id], values.nom)
end

-- ---------------------------------------------------------------------------------------------------
-- Programmes

function M.formations(twin, _, request)
  return give(twin, map(seen(twin, request, twin.state.formations), function(formation)
    return view.formation(twin, formation)
  end))
end

function M.formations_ids(twin, _, request)
  return give(twin, map(seen(twin, request, twin.state.formations), id_of))
end

function M.formation(twin, values, request)
  local formation, refused = view.get(twin, request, "formations", values.formation_id)
  return refused or give(twin, view.formation(twin, formation, true))
end

local function export_ue(twin, ue, ids)
  local matieres, by_title = json.array {}, {}
  for _, module in ipairs(view.all(twin.state.modules, function(each) return each.ue_id == ue.id end)) do
    local matiere = by_title[module.matiere]
    if not matiere then
      matiere = { titre = module.matiere, numero = #matieres + 1, module = json.array {},
        matiere_id = ids and 100 * ue.id + #matieres + 1 or nil }
      by_title[module.matiere], matieres[#matieres + 1] = matiere, matiere
    end
    matiere.module[#matiere.module + 1] = { code = module.code, titre = module.titre,
      coefficient = module.coefficient, module_id = ids and module.id or nil }
  end
  return { acronyme = ue.acronyme, titre = ue.titre, matiere = matieres, ue_id = ids and ue.id or nil }
end

function M.formation_export(twin, values, request)
  local formation, refused = view.get(twin, request, "formations", values.formation_id)
  if not formation then
    return refused
  end
  local ues = view.all(twin.state.ues, function(ue) return ue.formation_id == formation.id end)
  return give(twin, { acronyme = formation.acronyme, titre = formation.titre, version = formation.version,
    formation_id = values.with_ids and formation.id or nil,
    ue = map(ues, function(ue) return export_ue(twin, ue, values.with_ids) end) })
end

function M.formation_referentiel_competences(twin, values, request)
  local formation, refused = view.get(twin, request, "formations", values.formation_id)
  if not formation then
    return refused
  end
  local framework = twin.state.referentiels[formation.referentiel_competence_id]
  if not framework then
    return give(twin, json.null)
  end
  local competences = {}
  for index, title in ipairs(framework.competences) do
    competences[title] = { titre = title, numero = index, couleur = "c" .. index, niveaux = {} }
  end
  return give(twin, { specialite = framework.specialite, specialite_long = framework.specialite_long,
    competences = competences, parcours = {} })
end

-- ---------------------------------------------------------------------------------------------------
-- Students

local function look(twin, list, long, formsemestre_id)
  return give(twin, map(list, function(student)
    return long and view.etudiant_long(twin, student, formsemestre_id) or view.etudiant(twin, student)
  end))
end

local function runs(twin, semester)
  local today = twin:today()
  return semester.date_debut_iso <= today and today <= semester.date_fin_iso
end

function M.etudiants_courants(twin, values, request)
  local state, current = twin.state, {}
  for formsemestre_id, enrolled in pairs(state.inscriptions) do
    for etudid in pairs(runs(twin, state.formsemestres[formsemestre_id]) and enrolled or {}) do
      current[etudid] = true
    end
  end
  return look(twin, seen(twin, request, state.etudiants, function(student)
    return current[student.id]
  end), values.long)
end

function M.etudiants_clef(twin, values, request)
  local list = {}
  for _, student in ipairs(view.find_students(twin, values)) do
    list[#list + 1] = view.sees(twin, request, student.dept_id) and student or nil
  end
  return look(twin, list, true)
end

function M.etudiant(twin, values, request)
  local student, refused = view.get_student(twin, request, values)
  return student and give(twin, view.etudiant_long(twin, student)) or refused
end

function M.departement_etudiants(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or look(twin, view.all(twin.state.etudiants, function(student)
    return student.dept_id == departement.id
  end))
end

function M.formsemestre_etudiants(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local enrolled = twin.state.inscriptions[semester.id] or {}
  return look(twin, view.all(twin.state.etudiants, function(student)
    local etat = enrolled[student.id]
    return etat and (not values.etat or etat == values.etat)
  end), values.long, semester.id)
end

function M.group_etudiants(twin, values, request)
  local group, refused = view.get(twin, request, "groups", values.group_id)
  if not group then
    return refused
  end
  local partition = twin.state.partitions[group.partition_id]
  local enrolled = twin.state.inscriptions[partition.formsemestre_id] or {}
  return look(twin, view.all(twin.state.etudiants, function(student)
    return partition.members[student.id] == group.id and (not values.etat or enrolled[student.id] == values.etat)
  end))
end

-- ---------------------------------------------------------------------------------------------------
-- Semesters

local function give_semesters(twin, list)
  return give(twin, map(list, function(semester) return view.formsemestre(twin, semester) end))
end

function M.departement_formsemestres_ids(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or give(twin, map(view.all(twin.state.formsemestres, function(semester)
    return semester.dept_id == departement.id
  end), id_of))
end

function M.departement_formsemestres_courants(twin, values, request)
  local departement, refused = view.get_departement(twin, request, values)
  return refused or give_semesters(twin, view.all(twin.state.formsemestres, function(semester)
    return semester.dept_id == departement.id and runs(twin, semester)
  end))
end

-- Whether a student with one of the codes that are given is enrolled.
local function has_student(twin, semester, values)
  for etudid in pairs(twin.state.inscriptions[semester.id] or {}) do
    local student = twin.state.etudiants[etudid]
    if (not values.nip or student.code_nip == values.nip) and (not values.ine or student.code_ine == values.ine) then
      return true
    end
  end
  return false
end

function M.formsemestres_query(twin, values, request)
  return give_semesters(twin, seen(twin, request, twin.state.formsemestres, function(semester)
    local departement = twin.state.departements[semester.dept_id]
    return (not values.annee_scolaire or semester.annee_scolaire == values.annee_scolaire)
      and (not values.dept_id or semester.dept_id == values.dept_id)
      and (not values.dept_acronym or departement.acronym == values.dept_acronym)
      and (not values.etape_apo or semester.etape_apo == values.etape_apo)
      and (not (values.nip or values.ine) or has_student(twin, semester, values))
  end))
end

function M.etudiant_formsemestres(twin, values, request)
  local student, refused = view.get_student(twin, request, values)
  if not student then
    return refused
  end
  local list = view.all(twin.state.formsemestres, function(semester)
    return (twin.state.inscriptions[semester.id] or {})[student.id]
  end)
  table.sort(list, function(a, b) return a.date_debut_iso < b.date_debut_iso end)
  return give_semesters(twin, list)
end

function M.formsemestre(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  return refused or give(twin, view.formsemestre(twin, semester))
end

return M
