-- SPDX-License-Identifier: MIT
-- What all parts of the simulated ScoDoc need: refusals, rights, finding an object that a request may see, and
-- how objects look in answers.

local json = require "beadle.json"

local M = {}

local REASONS = { [400] = "Bad Request", [401] = "Unauthorized", [403] = "Forbidden", [404] = "Not Found" }

function M.refuse(twin, status, message)
  local settings = twin.state.settings
  if status == 404 and settings.html_404 then
    return twin.answer_html(404, "Not Found", "<p>The requested URL was not found on the server.</p>")
  end
  return twin.answer_json(status, { error = REASONS[status], message = message,
    status = settings.error_status and status or nil }, { "error", "status", "message" })
end

function M.give(twin, value)
  return twin.answer_json(200, value)
end

-- The answer to a deletion.
function M.deleted(twin)
  if twin.state.settings.delete_empty then
    return twin.answer(200, "")
  end
  return M.give(twin, { OK = true })
end

-- The objects of a table that pass, by id.
function M.all(objects, passes)
  local list = json.array {}
  for _, object in pairs(objects) do
    if not passes or passes(object) then
      list[#list + 1] = object
    end
  end
  table.sort(list, function(a, b) return a.id < b.id end)
  return list
end

function M.map(list, look)
  local result = json.array {}
  for index, each in ipairs(list) do
    result[index] = look(each)
  end
  return result
end

function M.find(objects, key, value)
  return M.all(objects, function(object) return object[key] == value end)[1]
end

function M.contains(list, value)
  for index, each in ipairs(list) do
    if each == value then
      return index
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Rights

local function role_has(state, name, permission)
  local role = M.find(state.roles, "role_name", name)
  return role and M.contains(role.permissions, permission)
end

-- Whether a user holds a permission: in the department of that acronym, in all ("all"), or anywhere (nil).
function M.may(state, user, permission, acronym)
  for _, held in ipairs(user.roles) do
    if (acronym == nil or held.dept == nil or held.dept == acronym) and role_has(state, held.role, permission) then
      return true
    end
  end
  return permission == nil
end

function M.may_everywhere(twin, request)
  return M.may(twin.state, request.user, request.permission, "all")
end

-- Whether the request may see what is in a department.
function M.sees(twin, request, dept_id)
  if request.dept and request.dept.id ~= dept_id then
    return false
  end
  local departement = twin.state.departements[dept_id]
  return M.may(twin.state, request.user, request.permission, departement and departement.acronym or "all")
end

local MISSING = {
  departements = "département inexistant", formations = "formation inexistante",
  formsemestres = "formsemestre inexistant", partitions = "partition inexistante", groups = "groupe inexistant",
  moduleimpls = "moduleimpl inexistant", evaluations = "évaluation inexistante", etudiants = "étudiant inexistant",
}

-- The department that an object is part of.
local function dept_of(state, kind, object)
  if kind == "departements" then
    return object.id
  elseif object.dept_id then
    return object.dept_id
  elseif kind == "evaluations" then
    return dept_of(state, "moduleimpls", state.moduleimpls[object.moduleimpl_id])
  elseif kind == "groups" then
    return dept_of(state, "partitions", state.partitions[object.partition_id])
  end
  return state.formsemestres[object.formsemestre_id].dept_id
end

-- The object of that kind and id; or nil and the refusal for who may not see it.
function M.get(twin, request, kind, id)
  local object = twin.state[kind][id]
  local dept_id = object and dept_of(twin.state, kind, object)
  if not object or request.dept and request.dept.id ~= dept_id then
    return nil, M.refuse(twin, 404, MISSING[kind])
  elseif not M.sees(twin, request, dept_id) then
    return nil, M.refuse(twin, 403)
  end
  return object
end

-- The department that dept_id or dept means.
function M.get_departement(twin, request, values)
  local named = values.dept and M.find(twin.state.departements, "acronym", values.dept)
  return M.get(twin, request, "departements", values.dept_id or named and named.id or 0)
end

-- The students that etudid, nip or ine mean, those who enrolled last first.
function M.find_students(twin, values)
  local state = twin.state
  local function last_day(etudid)
    local last = ""
    for formsemestre_id, students in pairs(state.inscriptions) do
      local day = state.formsemestres[formsemestre_id].date_debut_iso
      last = students[etudid] and day > last and day or last
    end
    return last
  end
  local list = M.all(state.etudiants, function(student)
    return student.id == values.etudid or student.code_nip == values.nip or student.code_ine == values.ine
  end)
  table.sort(list, function(a, b) return last_day(a.id) > last_day(b.id) end)
  return list
end

-- The one student that is meant; or nil and the refusal. `enrolled`: in that semester.
function M.get_student(twin, request, values, enrolled)
  local found, refused = nil, nil
  for _, student in ipairs(M.find_students(twin, values)) do
    local fits = not enrolled or (twin.state.inscriptions[enrolled] or {})[student.id]
    if fits and not found then
      found, refused = M.get(twin, request, "etudiants", student.id)
    end
  end
  return found, refused or M.refuse(twin, 404, MISSING.etudiants)
end

-- ---------------------------------------------------------------------------------------------------
-- Texts

local PLAIN = { ["à"] = "a", ["â"] = "a", ["ç"] = "c", ["é"] = "e", ["è"] = "e", ["ê"] = "e", ["ë"] = "e",
  ["î"] = "i", ["ï"] = "i", ["ł"] = "l", ["ñ"] = "n", ["ô"] = "o", ["ö"] = "o", ["ù"] = "u", ["û"] = "u",
  ["ü"] = "u", ["É"] = "E", ["È"] = "E", ["Ç"] = "C", ["À"] = "A", ["Ł"] = "L", ["Ö"] = "O" }
local CAPITAL = { ["à"] = "À", ["â"] = "Â", ["ç"] = "Ç", ["é"] = "É", ["è"] = "È", ["ê"] = "Ê", ["ë"] = "Ë",
  ["î"] = "Î", ["ï"] = "Ï", ["ł"] = "Ł", ["ñ"] = "Ñ", ["ô"] = "Ô", ["ö"] = "Ö", ["ù"] = "Ù", ["û"] = "Û",
  ["ü"] = "Ü" }

local function capitals(text)
  return (text:gsub(utf8.charpattern, CAPITAL):upper())
end

local function sort_text(text)
  return (text:gsub(utf8.charpattern, PLAIN):upper())
end

local function initial_up(text)
  return (text:gsub("^%l", string.upper))
end

local function day_of(iso)
  return (iso:gsub("^(%d+)-(%d+)-(%d+)$", "%3/%2/%1"))
end

local function null(value)
  if value == nil then
    return json.null
  end
  return value
end

M.null = null

-- ---------------------------------------------------------------------------------------------------
-- How objects look

function M.departement(departement)
  return { id = departement.id, acronym = departement.acronym, description = null(departement.description),
    visible = departement.visible, date_creation = departement.date_creation }
end

function M.etudiant(twin, student)
  local key = { sort_text(student.nom), sort_text(student.prenom) }
  return { id = student.id, code_nip = student.code_nip, code_ine = student.code_ine, dept_id = student.dept_id,
    civilite = student.civilite, nom = capitals(student.nom), nom_usuel = json.null, prenom = student.prenom,
    sort_key = twin.state.settings.sort_key_text and table.concat(key, ";") or json.array(key) }
end

-- Everything; with the groups of a semester when it is about one.
function M.etudiant_long(twin, student, formsemestre_id)
  local look = M.etudiant(twin, student)
  look.etudid, look.date_naissance, look.email = student.id, student.date_naissance, student.email
  look.emailperso, look.boursier, look.nationalite = json.null, false, "Française"
  look.admission = { bac = "STI2D", annee_bac = 2022 }
  look.adresses = json.array { { domicile = "1 rue du Test", codepostaldomicile = "59000",
    villedomicile = "Lille", paysdomicile = "France" } }
  look.dept_acronym = twin.state.departements[student.dept_id].acronym
  look.dept_naissance, look.lieu_naissance = "59", "Lille"
  look.photo_filename, look.scodoc7_id, look.statut = json.null, json.null, "I"
  look.groups = formsemestre_id and M.map(M.groups_of(twin, student.id, formsemestre_id), function(group)
    return { partition_name = twin.state.partitions[group.partition_id].partition_name,
      group_name = group.group_name }
  end)
  return look
end

function M.formation(twin, formation, alone)
  return { id = formation.id, formation_id = formation.id, dept_id = formation.dept_id,
    acronyme = formation.acronyme, titre = formation.titre, titre_officiel = formation.titre_officiel,
    version = formation.version, formation_code = formation.formation_code,
    type_parcours = formation.type_parcours, code_specialite = null(formation.code_specialite),
    referentiel_competence_id = null(formation.referentiel_competence_id),
    departement = not alone and M.departement(twin.state.departements[formation.dept_id]) or nil }
end

local function session_id(departement, formation, semester)
  local rank = semester.semestre_id > 0 and "S" .. semester.semestre_id or formation.code_specialite
  return ("%s-%s-%s-%s-%d"):format(departement.acronym, formation.acronyme:match "^%S+", semester.modalite, rank,
    semester.annee_scolaire)
end

function M.formsemestre(twin, semester)
  local formation = twin.state.formations[semester.formation_id]
  local departement = twin.state.departements[semester.dept_id]
  local numbered = semester.semestre_id > 0 and ("%s semestre %d"):format(semester.titre, semester.semestre_id)
  return { id = semester.id, formsemestre_id = semester.id, semestre_id = semester.semestre_id,
    titre = semester.titre, titre_court = formation.acronyme, titre_num = numbered or semester.titre,
    titre_formation = formation.titre, session_id = session_id(departement, formation, semester),
    annee_scolaire = semester.annee_scolaire, date_debut = day_of(semester.date_debut_iso),
    date_fin = day_of(semester.date_fin_iso), date_debut_iso = semester.date_debut_iso,
    date_fin_iso = semester.date_fin_iso, etat = semester.etat, modalite = semester.modalite,
    etape_apo = null(semester.etape_apo), elt_sem_apo = json.null, elt_annee_apo = json.null,
    parcours = json.array {}, block_moyennes = false, gestion_semestrielles = false, gestion_compensation = false,
    bul_bgcolor = "white", bul_hide_xml = false, resp_can_edit = false, resp_can_change_ens = true,
    ens_can_edit_eval = false, scodoc7_id = json.null, dept_id = semester.dept_id,
    departement = M.departement(departement), formation_id = formation.id,
    formation = M.formation(twin, formation, true), responsables = json.array { table.unpack(semester.responsables) } }
end

function M.moduleimpl(twin, moduleimpl)
  local module = twin.state.modules[moduleimpl.module_id]
  return { id = moduleimpl.id, moduleimpl_id = moduleimpl.id, module_id = module.id,
    formsemestre_id = moduleimpl.formsemestre_id, responsable_id = moduleimpl.responsable_id,
    computation_expr = json.null, ens = json.array { table.unpack(moduleimpl.ens) },
    module = { id = module.id, code = module.code, titre = module.titre, abbrev = module.abbrev,
      ue_id = module.ue_id, coefficient = module.coefficient } }
end

local function by_numero(list)
  table.sort(list, function(a, b)
    if a.numero ~= b.numero then
      return a.numero < b.numero
    end
    return a.id < b.id
  end)
  return list
end

function M.groups_in(twin, partition_id)
  return by_numero(M.all(twin.state.groups, function(group) return group.partition_id == partition_id end))
end

function M.partitions_in(twin, formsemestre_id)
  return by_numero(M.all(twin.state.partitions, function(partition)
    return partition.formsemestre_id == formsemestre_id
  end))
end

-- The groups of a student in a semester.
function M.groups_of(twin, etudid, formsemestre_id)
  local list = json.array {}
  for _, partition in ipairs(M.partitions_in(twin, formsemestre_id)) do
    list[#list + 1] = twin.state.groups[partition.members[etudid]]
  end
  return list
end

function M.group(twin, group)
  return { id = group.id, [twin.state.settings.group_key] = group.group_name, partition_id = group.partition_id,
    numero = group.numero }
end

function M.partition(twin, partition, alone)
  local groups = not alone and M.map(M.groups_in(twin, partition.id), function(group)
    return M.group(twin, group)
  end)
  return { id = partition.id, partition_id = alone and partition.id or nil, partition_name = partition.partition_name,
    numero = partition.numero, bul_show_rank = partition.bul_show_rank, groups_editable = partition.groups_editable,
    formsemestre_id = partition.formsemestre_id, show_in_lists = partition.show_in_lists, groups = groups or nil }
end

-- With its partition, as in a list of a student's groups.
function M.group_of_student(twin, group)
  local look = M.group(twin, group)
  look.partition = M.partition(twin, twin.state.partitions[group.partition_id], true)
  return look
end

function M.role(role)
  return { id = role.id, role_name = role.role_name, permissions = json.array { table.unpack(role.permissions) } }
end

function M.user(user)
  local nom, prenom = initial_up(user.nom), initial_up(user.prenom)
  local initial = prenom:match(utf8.charpattern) or ""
  local roles = {}
  for index, held in ipairs(user.roles) do
    roles[index] = held.dept and held.role .. "_" .. held.dept or held.role
  end
  return { id = user.id, user_name = user.user_name, nom = user.nom, prenom = user.prenom, dept = null(user.dept),
    active = user.active, email = user.email, date_created = user.date_created,
    date_modif_passwd = null(user.date_modif_passwd), date_expiration = json.null, last_seen = null(user.last_seen),
    status_txt = user.active and "actif" or "fermé", roles_string = table.concat(roles, ", "), nom_fmt = nom,
    prenom_fmt = prenom, nomprenom = ("%s %s."):format(nom, initial), prenomnom = ("%s. %s"):format(initial, nom),
    nomplogin = ("%s %s (%s)"):format(capitals(user.nom), prenom, user.user_name),
    nomcomplet = ("%s %s"):format(prenom, nom) }
end

return M
