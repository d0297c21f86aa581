-- SPDX-License-Identifier: MIT
-- What the simulated ScoDoc has: a small IUT in the middle of its school year. Days follow from today, so that
-- some semesters always run.

local people = require "beadle.sandbox.people"

local M = {}

M.permissions = {
  "ScoSuperAdmin", "ScoView", "ScoEnsView", "ScoObservateur", "ScoUsersAdmin", "ScoUsersView",
  "ScoChangePreferences", "ScoChangeFormation", "ScoEditFormationTags", "ScoEditAllNotes", "ScoEditAllEvals",
  "ScoImplement", "ScoAbsChange", "ScoAbsAddBillet", "ScoEtudChangeAdr", "ScoEtudChangeGroups", "ScoEtudInscrit",
  "ScoEtudAddAnnotations", "ScoEntrepriseView", "ScoEntrepriseChange", "ScoEditPVJury", "ScoEditApo",
}

local ROLES = {
  { "Observateur", "ScoObservateur" },
  { "Ens", "ScoEntrepriseView", "ScoEtudAddAnnotations", "ScoAbsAddBillet", "ScoAbsChange", "ScoUsersView",
    "ScoObservateur", "ScoEnsView", "ScoView" },
  { "Secr", "ScoEtudInscrit", "ScoEtudChangeAdr", "ScoEtudChangeGroups", "ScoUsersView", "ScoView" },
  { "Admin", "ScoUsersAdmin", "ScoUsersView", "ScoEtudChangeGroups", "ScoChangeFormation", "ScoView" },
  { "RespPe", "ScoEditFormationTags" },
  { "LecteurAPI", "ScoView" },
}

M.simple_passwords = { password = true, motdepasse = true, azertyuiop = true, ["12345678"] = true }

-- ---------------------------------------------------------------------------------------------------
-- Time

-- The first year of the school year that a day, YYYY-MM-DD, belongs to.
function M.school_year(day)
  local year, month = day:match "^(%d+)-(%d+)"
  return tonumber(month) >= 9 and tonumber(year) or tonumber(year) - 1
end

-- First and last day of half a school year (1 or 2), or of a whole one (0).
local function days(year, half)
  local first = half == 2 and ("%d-02-01"):format(year + 1) or ("%d-09-01"):format(year)
  local last = half == 1 and ("%d-01-31"):format(year + 1) or ("%d-08-31"):format(year + 1)
  return first, last
end

-- ---------------------------------------------------------------------------------------------------
-- Tables, by id

local function add(list, id, object)
  object.id = id
  list[id] = object
  return object
end

local function seed_departements(state)
  add(state.departements, 1, { acronym = "INFO", description = "Informatique", visible = true })
  add(state.departements, 2, { acronym = "MMI", description = "Métiers du multimédia et de l'internet",
    visible = true })
  add(state.departements, 3, { acronym = "CJ", visible = false })
  for _, departement in pairs(state.departements) do
    departement.date_creation = "Wed, 04 May 2022 21:09:25 GMT"
  end
end

local function seed_formations(state)
  add(state.formations, 1, { dept_id = 1, acronyme = "BUT INFO", titre = "BUT Informatique",
    titre_officiel = "Bachelor universitaire de technologie informatique", version = 1, formation_code = "V1INF",
    type_parcours = 700, referentiel_competence_id = 1 })
  add(state.formations, 2, { dept_id = 2, acronyme = "BUT MMI", titre = "BUT Multimédia",
    titre_officiel = "Bachelor universitaire de technologie métiers du multimédia et de l'internet", version = 2,
    formation_code = "V1MMI", type_parcours = 700, referentiel_competence_id = 2 })
  add(state.formations, 3, { dept_id = 2, acronyme = "LP DWEB", titre = "Licence professionnelle web",
    titre_officiel = "Licence professionnelle développement web", version = 1, formation_code = "LPDW",
    type_parcours = 501, code_specialite = "DWEB" })
  add(state.ues, 1, { formation_id = 1, acronyme = "UE1", titre = "Réaliser", numero = 1, ects = 18.0 })
  add(state.ues, 2, { formation_id = 1, acronyme = "UE2", titre = "Gérer des données", numero = 2, ects = 12.0 })
  add(state.ues, 3, { formation_id = 2, acronyme = "UE1", titre = "Comprendre", numero = 1, ects = 30.0 })
  add(state.ues, 4, { formation_id = 3, acronyme = "UE-A", titre = "Programmation", numero = 1, ects = 60.0 })
  state.referentiels = {
    { specialite = "INFO", specialite_long = "Informatique", competences = { "Réaliser", "Gérer" } },
    { specialite = "MMI", specialite_long = "Multimédia", competences = { "Comprendre" } },
  }
  for id, row in pairs {
    [11] = { 1, "R301", "Développement web", "Dév web", "ressource", 2.0 },
    [12] = { 2, "R302", "Bases de données", "BD", "ressource", 1.0 },
    [13] = { 1, "S301", "Développer une application", "SAÉ appli", "sae", 1.0 },
    [14] = { 1, "MAL3", "Assiduité", "Assiduité", "malus", 0.0 },
    [15] = { 3, "R101", "Culture numérique", "Culture num", "ressource", 1.0 },
    [16] = { 4, "M11", "Langages du web", "Langages", "module", 3.0 },
    [17] = { 4, "M12", "Serveurs", "Serveurs", "module", 1.0 },
  } do
    add(state.modules, id, { ue_id = row[1], code = row[2], titre = row[3], abbrev = row[4], sort = row[5],
      coefficient = row[6], matiere = row[1] == 4 and "Web" or row[3] })
  end
end

local function seed_formsemestres(state, today)
  local year = M.school_year(today)
  local first, last = days(year, 1)
  local half = today <= last and 1 or 2
  local function semester(id, formation_id, of_year, part, rank, more)
    first, last = days(of_year, part)
    add(state.formsemestres, id, { formation_id = formation_id, dept_id = state.formations[formation_id].dept_id,
      annee_scolaire = of_year, semestre_id = rank, date_debut_iso = first, date_fin_iso = last, etat = true,
      modalite = "FI", responsables = { 3 }, etape_apo = more.etape_apo, titre = more.titre })
  end
  semester(1, 1, year - 1, 1, 1, { titre = "BUT Informatique", etape_apo = "V7HU1" })
  semester(2, 1, year - 1, 2, 2, { titre = "BUT Informatique", etape_apo = "V7HU1" })
  semester(3, 1, year, half, 2 + half, { titre = "BUT Informatique", etape_apo = "V7HU2" })
  semester(4, 2, year, half, half, { titre = "BUT Multimédia", etape_apo = "V8MM1" })
  semester(5, 3, year, 0, -1, { titre = "LP web" })
  semester(6, 3, year - 1, 0, -1, { titre = "LP web" })
  state.formsemestres[1].etat = false
end

-- ---------------------------------------------------------------------------------------------------
-- People

local function seed_student(state, id, person, dept_id)
  add(state.etudiants, id, { code_nip = person.number, code_ine = ("%09dA%s"):format(
    tonumber(person.number:match "%d+"), person.gender), dept_id = dept_id, civilite = person.gender,
    nom = person.last_name, prenom = person.first_name, email = person.email,
    date_naissance = ("2004-%02d-15"):format(id % 12 + 1) })
end

-- Students with the semesters that they are enrolled in, and how.
local function seed_students(state)
  local enrolled = {
    { [1] = "I", [2] = "I", [3] = "I" }, { [1] = "I", [2] = "I", [3] = "I" }, { [1] = "I", [2] = "I", [3] = "I" },
    { [1] = "I", [2] = "I", [3] = "D" }, { [1] = "I", [2] = "I", [3] = "DEF" }, { [4] = "I" }, { [4] = "I" },
    { [5] = "I" },
  }
  for index, person in ipairs(people.students) do
    local id = 100 + index
    seed_student(state, id, person, index <= 5 and 1 or 2)
    for formsemestre_id, etat in pairs(enrolled[index]) do
      state.inscriptions[formsemestre_id] = state.inscriptions[formsemestre_id] or {}
      state.inscriptions[formsemestre_id][id] = etat
    end
  end
  -- The first student was in another department before.
  seed_student(state, 109, people.students[1], 2)
  state.inscriptions[6] = { [109] = "I" }
end

local WHEN = "2022-08-20T12:00:00.000000+02:00"

local function seed_users(state)
  local super = { "SuperAdmin", table.unpack(M.permissions) }
  for index, row in ipairs { super, table.unpack(ROLES) } do
    add(state.roles, index, { role_name = row[1], permissions = { table.unpack(row, 2) } })
  end
  add(state.users, 1, { user_name = "test-user", nom = "compte", prenom = "api", active = true, email = "",
    password = "Test-Password-0001", roles = { { role = "SuperAdmin" } } })
  add(state.users, 2, { user_name = "lecteur", nom = "lecteur", prenom = "api", active = true, email = "",
    password = "Test-Password-0002", dept = "INFO", roles = { { role = "LecteurAPI", dept = "INFO" } } })
  local held = { { role = "Ens", dept = "INFO" }, { role = "Ens", dept = "MMI" }, { role = "Admin", dept = "MMI" } }
  for index, person in ipairs(people.teachers) do
    add(state.users, 2 + index, { user_name = person.email:match "^[^@]*", nom = person.last_name,
      prenom = person.first_name, active = true, email = person.email, dept = held[index].dept,
      roles = { held[index] } })
  end
  state.users[5].password = "Test-Password-0005"
  add(state.users, 6, { user_name = "ancien", nom = "ancien", prenom = "compte", active = false, email = "",
    password = "Test-Password-0006", roles = { { role = "LecteurAPI" } } })
  for _, user in pairs(state.users) do
    user.date_created, user.date_modif_passwd, user.last_seen = WHEN, WHEN, WHEN
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Groups

local function seed_groups(state)
  local function partition(id, formsemestre_id, name, names, locked)
    local numero = 0
    for _, other in pairs(state.partitions) do
      numero = other.formsemestre_id == formsemestre_id and numero + 1 or numero
    end
    add(state.partitions, id, { formsemestre_id = formsemestre_id, partition_name = name, numero = numero,
      bul_show_rank = false, groups_editable = not locked, show_in_lists = true, members = {} })
    for place, group_name in ipairs(names) do
      local group_id = 200 + 10 * id + place
      add(state.groups, group_id, { partition_id = id, group_name = group_name, numero = place - 1 })
    end
  end
  partition(1, 3, "TD", { "A", "B" })
  partition(2, 3, "TP", { "TP1", "TP2" })
  partition(3, 3, "Parcours", { "Parcours A" }, true)
  partition(4, 4, "TD", { "A" })
  partition(5, 1, "TD", { "A" })
  state.partitions[1].members = { [101] = 211, [102] = 211, [103] = 212, [104] = 212 }
  state.partitions[2].members = { [101] = 221, [102] = 222 }
  state.partitions[3].members = { [101] = 231 }
  state.partitions[4].members = { [106] = 241 }
  state.partitions[5].members = { [101] = 251, [102] = 251 }
end

-- ---------------------------------------------------------------------------------------------------
-- Marks

local function seed_notes(state)
  for id, row in pairs { [21] = { 11, 3 }, [22] = { 12, 3 }, [23] = { 13, 3 }, [24] = { 14, 3 }, [25] = { 15, 4 },
    [26] = { 16, 5 }, [27] = { 17, 5 }, [28] = { 12, 1 } } do
    add(state.moduleimpls, id, { module_id = row[1], formsemestre_id = row[2], responsable_id = 3, ens = { 3 } })
  end
  local function evaluation(id, moduleimpl_id, description, note_max, notes, hidden)
    local formsemestre = state.formsemestres[state.moduleimpls[moduleimpl_id].formsemestre_id]
    add(state.evaluations, id, { moduleimpl_id = moduleimpl_id, description = description, note_max = note_max,
      coefficient = 1.0, numero = 0, evaluation_type = 0, visibulletin = not hidden, publish_incomplete = false,
      day = formsemestre.date_debut_iso:gsub("01$", "15"), notes = notes })
  end
  evaluation(31, 21, "DS1", 20.0, { [101] = 14.0, [102] = 11.5, [103] = "ABS", [105] = 9.0 })
  evaluation(32, 21, "TP noté", 10.0, { [101] = 8.0, [102] = 6.5, [103] = 7.0, [105] = "EXC" })
  evaluation(33, 22, "DS1", 20.0, { [101] = 16.0, [102] = "ATT", [103] = 12.0, [105] = 8.0 })
  evaluation(34, 23, "Soutenance", 20.0, { [101] = 15.0, [102] = 13.0, [103] = 10.0 }, true)
  evaluation(35, 25, "Dossier", 20.0, { [106] = 17.0, [107] = 12.5 })
  evaluation(36, 26, "Projet", 20.0, { [108] = 15.0 })
  evaluation(37, 27, "TP", 20.0, { [108] = 11.0 })
  evaluation(38, 28, "DS1", 20.0, { [101] = 13.0, [102] = 12.0, [103] = 11.0, [104] = 10.0, [105] = 9.0 })
  state.decisions[2] = {
    [101] = { code = "ADM", moy = 12.5, ue_1 = 12.0, ue_2 = 13.0 },
    [102] = { code = "CMP", moy = 10.25, ue_1 = 9.5, ue_2 = 11.0 },
    [104] = { code = "AJ", moy = 8.0, ue_1 = 8.5, ue_2 = 7.5 },
  }
end

function M.seed(state, today)
  for _, name in ipairs { "departements", "formations", "ues", "modules", "formsemestres", "etudiants",
    "inscriptions", "partitions", "groups", "moduleimpls", "evaluations", "decisions", "users", "roles",
    "tokens" } do
    state[name] = {}
  end
  state.logos = { site = { "footer", "header" }, [2] = { "header" } }
  seed_departements(state)
  seed_formations(state)
  seed_formsemestres(state, today)
  seed_students(state)
  seed_users(state)
  seed_groups(state)
  seed_notes(state)
  state.ids = { departement = 3, partition = 5, group = 251, user = 6, role = 7 }
end

return M
