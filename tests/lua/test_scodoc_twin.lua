-- SPDX-License-Identifier: MIT
-- What the simulated ScoDoc does, operation by operation, as a script sees it and as curl would. In this process,
-- or, under tests/with-sandbox, over real HTTP.

local catalogue = require "beadle.catalogue"
local http = require "beadle.http"
local json = require "beadle.json"
local module = require "beadle.scodoc"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same, raises = test.describe, test.it, test.equal, test.same, test.raises

local served = os.getenv "BEADLE_TEST_SANDBOX"
local twin = (served and sandbox.at(served) or sandbox).scodoc
local API = (served or "https://scodoc.example.com") .. "/ScoDoc"

local NOW, LOCKED, MMI, LP = 3, 1, 4, 5 -- semesters
local GRACE, ALAN, EMILE, INES, OSKAR = 101, 102, 104, 105, 108

-- The module, which notes what is called.
local called = {}
local function noting(client)
  return setmetatable({}, { __index = function(_, name)
    called[name] = true
    return client[name]
  end })
end
local function client_of(options)
  options.profile = served and "served" or nil
  return noting(module.client(options))
end
local scodoc = client_of {}

-- ---------------------------------------------------------------------------------------------------
-- Helpers

local BASIC = {
  super = "dGVzdC11c2VyOlRlc3QtUGFzc3dvcmQtMDAwMQ==", reader = "bGVjdGV1cjpUZXN0LVBhc3N3b3JkLTAwMDI=",
  greta = "Z3JldGEuZ3JhZGVyOlRlc3QtUGFzc3dvcmQtMDAwNQ==", inactive = "YW5jaWVuOlRlc3QtUGFzc3dvcmQtMDAwNg==",
  wrong = "dGVzdC11c2VyOmZhdXg=", without = "YnJ1bm8ubWFydGluOng=",
}

local function sign_in(who)
  return http.post(API .. "/api/tokens", { headers = { Authorization = "Basic " .. BASIC[who] } })
end

local function token_of(who)
  return sign_in(who):json().token
end

-- Sends as curl would; who: a name in BASIC. Gives the whole answer.
local function send(who, method, path, value)
  return http.request { method = method, url = API .. path, json = value,
    headers = { Authorization = "Bearer " .. token_of(who) } }
end

local function get(who, path)
  return send(who, "GET", path)
end

local function ids(list, key)
  local result = {}
  for index, each in ipairs(list) do
    result[index] = each[key or "id"]
  end
  return result
end

local function refused(kind, status, words, fn, ...)
  local err = raises(kind, fn, ...)
  equal(err.status, status)
  if words then
    test.contains(err.vendor_message, words)
  end
  return err
end

test.before_each(twin.reset)

-- ---------------------------------------------------------------------------------------------------

describe("a token", function()
  it("is given for HTTP Basic, and again while it lives long enough", function()
    local answer = sign_in "super"
    equal(answer.status, 200)
    equal(#answer:json().token, 32)
    equal(token_of "super", answer:json().token)
    test.falsy(token_of "reader" == answer:json().token)
    twin.set { token_lifetime = 60 }
    twin.reset()
    twin.set { token_lifetime = 60 }
    test.falsy(token_of "super" == token_of "super")
    equal(type(scodoc.tokens().token), "userdata")
  end)

  it("is refused to who cannot log in", function()
    for _, who in ipairs { "inactive", "wrong", "without" } do
      local answer = sign_in(who)
      equal(answer.status, 401)
      same(answer:json(), { error = "Unauthorized", status = 401, message = "Non autorise (logic)" })
    end
  end)

  it("ends, and a call fetches another", function()
    twin.set { token_lifetime = 0 }
    local err = refused("auth", 401, "Non autorise (logic)", scodoc.departements)
    test.contains(err.meaning, "authentication is needed")
    twin.set { token_lifetime = 3600 }
    equal(#scodoc.departements(), 3)
    twin.reset() -- forgets the token that the client holds
    equal(#scodoc.departements(), 3)
  end)

  it("is revoked", function()
    local token = token_of "super"
    local headers = { Authorization = "Bearer " .. token }
    equal(http.request { method = "DELETE", url = API .. "/api/tokens", headers = headers }.status, 204)
    equal(http.get(API .. "/api/departements", { headers = headers }).status, 401)
    equal(http.request { method = "DELETE", url = API .. "/api/tokens", headers = headers }.status, 401)
    equal(http.get(API .. "/api/departements").status, 401)
  end)
end)

describe("departments", function()
  it("are listed and described", function()
    local list = scodoc.departements()
    same(ids(list, "acronym"), { "INFO", "MMI", "CJ" })
    same({ list[1].visible, list[3].visible, list[3].description }, { true, false, nil })
    same(scodoc.departements_ids(), { 1, 2, 3 })
    equal(scodoc.departement({ dept = "MMI" }).id, 2)
    equal(scodoc.departement({ dept_id = 2 }).acronym, "MMI")
    refused("not_found", 404, "inexistant", scodoc.departement, { dept = "NEANT" })
    raises("argument", scodoc.departement, {})
    raises("argument", scodoc.departement, { dept = "MMI", dept_id = 2 })
  end)

  it("are created, hidden and deleted with all they have", function()
    local made = scodoc.departement_create { acronym = "QLIO" }
    same({ made.id, made.visible }, { 4, true })
    refused("not_found", 404, "exists", scodoc.departement_create, { acronym = "QLIO" })
    twin.set { duplicate_status = 409 }
    refused("conflict", 409, "exists", scodoc.departement_create, { acronym = "QLIO" })
    refused("not_found", 404, "invalid", scodoc.departement_create, { acronym = "a b" })
    equal(scodoc.departement_edit({ dept_acronym = "QLIO", visible = false }).visible, false)
    refused("not_found", 404, nil, scodoc.departement_edit, { dept_acronym = "NEANT", visible = true })
    same(scodoc.departement_delete { dept_acronym = "INFO" }, { OK = true })
    local err = refused("not_found", 404, "inexistant", scodoc.departement_delete, { dept_acronym = "INFO" })
    equal(err.outcome, "none")
    same(scodoc.departements_ids(), { 2, 3, 4 })
    refused("not_found", 404, nil, scodoc.formsemestre, { formsemestre_id = NOW })
    refused("not_found", 404, nil, scodoc.etudiant, { etudid = GRACE })
    refused("not_found", 404, nil, scodoc.partition, { partition_id = 1 })
    refused("not_found", 404, nil, scodoc.evaluation_notes, { evaluation_id = 31 })
    same(ids(scodoc.formations()), { 2, 3 })
    twin.set { delete_empty = true }
    same(scodoc.departement_delete { dept_acronym = "CJ" }, {})
  end)

  it("have logos, and so has the site", function()
    same(scodoc.logos(), { "footer", "header" })
    local logo = scodoc.logo { nom = "header" }
    equal(logo.content_type, "image/png")
    equal(logo.bytes:sub(1, 8), "\137PNG\r\n\26\n")
    equal(logo.bytes:sub(-8, -5), "IEND")
    same(scodoc.departement_logos { dept = "MMI" }, { "header" })
    same(scodoc.departement_logos { dept_id = 1 }, {})
    equal(scodoc.departement_logo({ dept_id = 2, nom = "header" }).bytes, logo.bytes)
    equal(scodoc.departement_logo({ dept = "MMI", nom = "header" }).bytes, logo.bytes)
    refused("not_found", 404, "logo", scodoc.departement_logo, { dept = "INFO", nom = "header" })
    refused("not_found", 404, "logo", scodoc.logo, { nom = "neant" })
  end)
end)

describe("students", function()
  it("of running semesters are listed, short and long", function()
    local list = scodoc.etudiants_courants()
    same(ids(list), { 101, 102, 103, 104, 105, 106, 107, 108 })
    same({ list[3].nom, list[4].nom, list[3].email }, { "D'EXEMPLE", "CHÂTELAIN", nil })
    same({ table.unpack(list[3].sort_key) }, { "D'EXEMPLE", "ZOE" })
    twin.set { sort_key_text = true }
    local long = scodoc.etudiants_courants { long = true }
    same({ long[1].email, long[1].sort_key }, { "grace.hopper@example.org", "HOPPER;GRACE" })
  end)

  it("are found by each of their codes", function()
    local student = twin.students()[1]
    equal(student.code_nip, "e-1001")
    for _, selector in ipairs { { etudid = GRACE }, { nip = "e-1001" }, { ine = student.code_ine } } do
      local found = scodoc.etudiant(selector)
      same({ found.id, found.email, found.dept_acronym }, { GRACE, "grace.hopper@example.org", "INFO" })
    end
    same(ids(scodoc.etudiants_clef { etudid = GRACE }), { GRACE })
    same(ids(scodoc.etudiants_clef { nip = "e-1001" }), { GRACE, 109 }) -- in two departments
    same(ids(scodoc.etudiants_clef { ine = student.code_ine }), { GRACE, 109 })
    same(scodoc.etudiants_clef { nip = "1" }, {})
    refused("not_found", 404, "étudiant", scodoc.etudiant, { nip = "1" })
    raises("argument", scodoc.etudiant, { nip = "1", etudid = 1 })
    raises("argument", scodoc.etudiants)
    equal(get("super", "/api/etudiants").status, 404)
  end)

  it("of a department, a semester and a group are listed", function()
    same(ids(scodoc.departement_etudiants { dept = "MMI" }), { 106, 107, 108, 109 })
    same(ids(scodoc.departement_etudiants { dept_id = 3 }), {})
    same(ids(scodoc.formsemestre_etudiants { formsemestre_id = NOW }), { 101, 102, 103, 104, 105 })
    same(ids(scodoc.formsemestre_etudiants { formsemestre_id = NOW, etat = "D" }), { EMILE })
    local long = scodoc.formsemestre_etudiants { formsemestre_id = NOW, etat = module.etat.defaillant, long = true }
    same({ long[1].id, long[1].lieu_naissance, #long }, { INES, "Lille", 1 })
    long = scodoc.formsemestre_etudiants { formsemestre_id = NOW, long = true }
    equal(long[1].groups[1].group_name, "A")
    same(ids(scodoc.group_etudiants { group_id = 212 }), { 103, EMILE })
    same(ids(scodoc.group_etudiants { group_id = 212, etat = "I" }), { 103 })
    refused("not_found", 404, "groupe", scodoc.group_etudiants, { group_id = 1 })
    equal(get("super", "/api/formsemestre/3/etudiants/query?etat=I,D").status, 404)
  end)
end)

describe("programmes", function()
  it("are listed, described and exported", function()
    same(ids(scodoc.formations()), { 1, 2, 3 })
    equal(scodoc.formations()[1].departement.acronym, "INFO")
    same(scodoc.formations_ids(), { 1, 2, 3 })
    local formation = scodoc.formation { formation_id = 3 }
    same({ formation.code_specialite, formation.departement }, { "DWEB", nil })
    local tree = scodoc.formation_export { formation_id = 1 }
    same({ tree.formation_id, tree.ue[1].ue_id, tree.ue[1].matiere[1].module[1].code }, { nil, nil, "R301" })
    tree = scodoc.formation_export { formation_id = 1, with_ids = true }
    same({ tree.formation_id, tree.ue[1].ue_id, tree.ue[1].matiere[1].module[1].module_id }, { 1, 1, 11 })
    equal(scodoc.formation_export({ formation_id = 1, export_ids = true }).formation_id, 1)
    equal(scodoc.formation_referentiel_competences({ formation_id = 1 }).specialite, "INFO")
    equal(scodoc.formation_referentiel_competences { formation_id = 3 }, nil)
    refused("not_found", 404, "formation", scodoc.formation, { formation_id = 9 })
  end)
end)

describe("semesters", function()
  it("are listed, found and described", function()
    same(scodoc.departement_formsemestres_ids { dept = "INFO" }, { 1, 2, NOW })
    same(scodoc.departement_formsemestres_ids { dept_id = 2 }, { MMI, LP, 6 })
    same(ids(scodoc.departement_formsemestres_courants { dept = "MMI" }), { MMI, LP })
    same(ids(scodoc.departement_formsemestres_courants { dept_id = 1 }), { NOW })
    same(ids(scodoc.etudiant_formsemestres { nip = "e-1001" }), { 1, 2, NOW })
    same(ids(scodoc.etudiant_formsemestres { etudid = OSKAR }), { LP })
    local ine = twin.students()[2].code_ine
    same(ids(scodoc.etudiant_formsemestres { ine = ine }), { 1, 2, NOW })
    local semester = scodoc.formsemestre { formsemestre_id = NOW }
    equal(semester.session_id, ("INFO-BUT-FI-S%d-%d"):format(semester.semestre_id, semester.annee_scolaire))
    equal(semester.date_debut, semester.date_debut_iso:gsub("(%d+)-(%d+)-(%d+)", "%3/%2/%1"))
    test.contains(scodoc.formsemestre({ formsemestre_id = LP }).session_id, "MMI-LP-FI-DWEB-")
    local function found(query)
      return ids(scodoc.formsemestres_query(query))
    end
    same(found {}, { 1, 2, 3, 4, 5, 6 })
    same(found { etape_apo = "V7HU1", annee_scolaire = semester.annee_scolaire - 1 }, { 1, 2 })
    same(found { dept_acronym = "MMI", annee_scolaire = semester.annee_scolaire }, { MMI, LP })
    same(found { dept_id = 1, nip = "e-1002" }, { 1, 2, NOW })
    same(found { ine = ine }, { 1, 2, NOW })
    same(found { nip = "1" }, {})
  end)

  it("have a programme, evaluations and marks", function()
    local programme = scodoc.formsemestre_programme { formsemestre_id = NOW }
    same({ ids(programme.ues), ids(programme.ressources), ids(programme.saes), ids(programme.malus) },
      { { 1, 2 }, { 21, 22 }, { 23 }, { 24 } })
    same(programme.modules, {})
    same(ids(scodoc.formsemestre_programme({ formsemestre_id = LP }).modules), { 26, 27 })
    equal(scodoc.moduleimpl({ moduleimpl_id = 21 }).module.code, "R301")
    same(ids(scodoc.moduleimpl_evaluations { moduleimpl_id = 21 }), { 31, 32 })
    local notes = scodoc.evaluation_notes { evaluation_id = 32 }
    same({ notes["101"].value, notes["101"].note_max, notes["105"].value }, { 8.0, 10.0, "EXC" })
    twin.set { notes_object = false }
    notes = scodoc.evaluation_notes { evaluation_id = 31 }
    same({ notes[1].value, notes[3].value }, { 14.0, "ABS" })
    local states = scodoc.formsemestre_etat_evals { formsemestre_id = NOW }
    local first = states[1].evaluations[1]
    same({ states[1].code, first.nb_inscrits, first.ABS, first.is_complete }, { "R301", 4, 1, true })
    same({ states[2].evaluations[1].ATT, states[2].evaluations[1].is_complete }, { 1, false })
    equal(states[3].evaluations[1].nb_manquantes, 1)
    refused("not_found", 404, "évaluation", scodoc.evaluation_notes, { evaluation_id = 1 })
    refused("not_found", 404, "moduleimpl", scodoc.moduleimpl_evaluations, { moduleimpl_id = 1 })
  end)

  it("have results, as texts and as numbers", function()
    local list = scodoc.formsemestre_resultats { formsemestre_id = NOW }
    same(ids(list, "etudid"), { 101, 102, 103, 105 })
    -- R301: (14 + 16) / 2 = 15, weight 2; S301: 15, weight 1
    same({ list[1].moy_res_21_1, list[1].moy_sae_23_1, list[1].moy_ue_1 }, { "15.00", "15.00", "15.00" })
    same({ list[1].moy_ue_2, list[1].moy_gen, list[1].rang }, { "16.00", "15.40", "1" })
    same({ list[2].moy_ue_2, list[3].moy_res_21_1 }, { "~", "07.00" }) -- ATT, and ABS as 0
    list = scodoc.formsemestre_resultats { formsemestre_id = NOW, format = module.format.raw }
    equal(list[1].moy_gen, 15.4)
    test.truthy(list[2].moy_ue_2 ~= list[2].moy_ue_2)
    twin.set { resultats_object = true }
    equal(scodoc.formsemestre_resultats({ formsemestre_id = NOW })["101"].moy_gen, "15.40")
    twin.note { evaluation_id = 33, etudid = ALAN, value = 18.0 }
    equal(scodoc.formsemestre_resultats({ formsemestre_id = NOW })["102"].moy_ue_2, "18.00")
    equal(get("super", "/api/formsemestres/resultats").status, 404)
  end)

  it("have decisions of the jury", function()
    local list = scodoc.formsemestre_decisions_jury { formsemestre_id = 2 }
    same({ #list, list[1].rcues[1].code, list[1].rcues[1].ue_2.moy }, { 5, "ADM", 13.0 })
    same({ list[1].autorisations[1].semestre_id, #list[4].autorisations }, { 3, 0 })
    equal(#scodoc.formsemestre_decisions_jury({ formsemestre_id = NOW })[1].rcues, 0)
  end)
end)

describe("bulletins", function()
  it("say what a student achieved", function()
    local bulletin = scodoc.etudiant_formsemestre_bulletin { nip = "e-1001", formsemestre_id = NOW }
    same({ bulletin.type, bulletin.publie, bulletin.etudiant.nomprenom }, { "BUT", true, "Mme Grace Hopper" })
    local ue = bulletin.ues.UE1
    same({ ue.moyenne.value, ue.moyenne.rang, ue.ressources.R301.moyenne, ue.saes.S301.coef },
      { "15.00", "1", "15.00", 1.0 })
    same(ids(bulletin.ressources.R301.evaluations), { 31, 32 })
    same(bulletin.saes.S301.evaluations, {}) -- hidden
    same({ bulletin.semestre.notes.value, bulletin.semestre.groupes[1].group_name }, { "15.40", "A" })
    bulletin = scodoc.etudiant_formsemestre_bulletin { etudid = 103, formsemestre_id = NOW }
    equal(bulletin.ressources.R301.evaluations[1].note.value, "ABS")
    local short = scodoc.etudiant_formsemestre_bulletin { etudid = GRACE, formsemestre_id = NOW,
      version = module.version.short }
    equal(short.ressources.R301.evaluations, nil)
  end)

  it("are raw, with what is no number", function()
    local bulletin = scodoc.etudiant_formsemestre_bulletin { etudid = ALAN, formsemestre_id = NOW, format = "raw" }
    equal(bulletin.ues.UE1.saes.S301.moyenne, 13.0)
    local missing = bulletin.ues.UE2.moyenne.value
    test.truthy(missing ~= missing)
    test.contains(get("super", "/api/etudiant/etudid/102/formsemestre/3/bulletin?format=raw").body, "NaN")
  end)

  it("come as PDF", function()
    for _, version in ipairs { false, "short" } do
      local file = scodoc.etudiant_formsemestre_bulletin { etudid = GRACE, formsemestre_id = NOW, pdf = true,
        version = version or nil }
      equal(file.content_type, "application/pdf")
      equal(file.bytes:sub(1, 5), "%PDF-")
      test.contains(file.bytes, "Grace Hopper")
    end
  end)

  it("of classic programmes have modules, or matières", function()
    local ine = twin.students()[8].code_ine
    local function ue(version)
      return scodoc.etudiant_formsemestre_bulletin({ ine = ine, formsemestre_id = LP, version = version }).ues["UE-A"]
    end
    same({ ue "long".modules.M11.moyenne, ue "long".matieres }, { "15.00", nil })
    equal(ue "long_mat".matieres.Web.moyenne, "14.00")
    twin.set { matieres = false }
    equal(ue "short_mat".matieres.Web.moyenne, "nd")
  end)

  it("of a whole semester come at once", function()
    same(#scodoc.formsemestre_bulletins { formsemestre_id = NOW }, 5)
    equal(scodoc.formsemestre_bulletins({ formsemestre_id = LP, version = "short_mat" })[1].type, "classic")
    twin.set { publie = false }
    local bulletin = scodoc.formsemestre_bulletins({ formsemestre_id = NOW })[1]
    same({ bulletin.publie, bulletin.ues }, { false, nil })
    refused("not_found", 404, "étudiant", scodoc.etudiant_formsemestre_bulletin,
      { etudid = OSKAR, formsemestre_id = NOW })
  end)
end)

describe("groups", function()
  it("are created, renamed, put in order and deleted", function()
    local group = scodoc.partition_group_create { partition_id = 1, group_name = "C" }
    same({ group.group_name, group.partition_id }, { "C", 1 })
    refused("not_found", 404, "already exists", scodoc.partition_group_create, { partition_id = 1, group_name = "C" })
    equal(scodoc.group_edit({ group_id = group.id, group_name = "D" }).group_name, "D")
    equal(scodoc.group_edit({ group_id = group.id, group_name = "D" }).group_name, "D")
    refused("not_found", 404, "already exists", scodoc.group_edit, { group_id = group.id, group_name = "A" })
    scodoc.partition_groups_order { partition_id = 1, group_ids = { group.id, 212, 211 } }
    same(ids(scodoc.partition({ partition_id = 1 }).groups), { group.id, 212, 211 })
    refused("not_found", 404, "221", scodoc.partition_groups_order, { partition_id = 1, group_ids = { 221 } })
    same(scodoc.group_delete { group_id = 211 }, { OK = true })
    refused("not_found", 404, "groupe", scodoc.group_delete, { group_id = 211 })
    same(ids(scodoc.etudiant_formsemestre_groups { etudid = GRACE, formsemestre_id = NOW }), { 221, 231 })
    twin.set { group_key = "name" }
    equal(scodoc.partition({ partition_id = 2 }).groups[1].name, "TP1")
  end)

  it("take one place of a student in each partition", function()
    local function groups(selector)
      selector.formsemestre_id = NOW
      return ids(scodoc.etudiant_formsemestre_groups(selector), "group_name")
    end
    same(groups { nip = "e-1001" }, { "A", "TP1", "Parcours A" })
    for _ = 1, 2 do
      same(scodoc.group_set_etudiant { group_id = 212, etudid = GRACE }, { group_id = 212, etudid = GRACE })
    end
    same(groups { ine = twin.students()[1].code_ine }, { "B", "TP1", "Parcours A" })
    scodoc.group_remove_etudiant { group_id = 211, etudid = GRACE } -- is not there
    same(scodoc.group_remove_etudiant { group_id = 221, etudid = GRACE }, { etudid = GRACE })
    same(groups { etudid = GRACE }, { "B", "Parcours A" })
    same(scodoc.partition_remove_etudiant { partition_id = 1, etudid = GRACE }, { partition_id = 1, etudid = GRACE })
    same(groups { etudid = GRACE }, { "Parcours A" })
    refused("not_found", 404, "inscrit", scodoc.group_set_etudiant, { group_id = 212, etudid = OSKAR })
    refused("not_found", 404, "étudiant", scodoc.group_set_etudiant, { group_id = 212, etudid = 1 })
  end)

  it("are locked with their partition or semester", function()
    refused("permission", 403, "partition", scodoc.group_set_etudiant, { group_id = 231, etudid = ALAN })
    refused("permission", 403, "verrouillé", scodoc.partition_edit, { partition_id = 5, partition_name = "X" })
    refused("permission", 403, "verrouillé", scodoc.formsemestre_partition_create,
      { formsemestre_id = LOCKED, partition_name = "X" })
  end)

  it("stand in partitions that come and go", function()
    same(ids(scodoc.formsemestre_partitions { formsemestre_id = NOW }), { 1, 2, 3 })
    local made = scodoc.formsemestre_partition_create { formsemestre_id = NOW, partition_name = "LV2" }
    same({ made.partition_name, made.numero, #made.groups }, { "LV2", 3, 0 })
    refused("not_found", 404, "exists", scodoc.formsemestre_partition_create,
      { formsemestre_id = NOW, partition_name = "LV2" })
    equal(scodoc.partition_edit({ partition_id = made.id, partition_name = "LV3" }).partition_name, "LV3")
    refused("not_found", 404, "exists", scodoc.partition_edit, { partition_id = made.id, partition_name = "TD" })
    same(scodoc.formsemestre_partitions_order { formsemestre_id = NOW, partition_ids = { made.id, 3, 2, 1 } },
      { made.id, 3, 2, 1 })
    same(ids(scodoc.formsemestre_partitions { formsemestre_id = NOW }), { made.id, 3, 2, 1 })
    refused("not_found", 404, nil, scodoc.formsemestre_partitions_order,
      { formsemestre_id = NOW, partition_ids = { 4 } })
    same(scodoc.partition_delete { partition_id = 2 }, { OK = true })
    refused("not_found", 404, "partition", scodoc.partition_delete, { partition_id = 2 })
    refused("not_found", 404, "groupe", scodoc.group_etudiants, { group_id = 221 })
    twin.set { partitions_object = true }
    equal(scodoc.formsemestre_partitions({ formsemestre_id = NOW })["1"].partition_name, "TD")
  end)
end)

describe("roles", function()
  it("are created, changed and deleted", function()
    equal(#scodoc.roles(), 7)
    equal(#scodoc.permissions(), 22)
    local role = scodoc.role_create { role_name = "Laveur", permissions = { "ScoUsersView", "ScoView" } }
    same({ role.role_name, role.permissions[1], role.permissions[2] }, { "Laveur", "ScoView", "ScoUsersView" })
    refused("not_found", 404, "exists", scodoc.role_create, { role_name = "Laveur", permissions = {} })
    refused("not_found", 404, "Rien", scodoc.role_create, { role_name = "X", permissions = { "Rien" } })
    for _ = 1, 2 do
      equal(#scodoc.role_add_permission({ role_name = "Laveur", perm_name = "ScoEnsView" }).permissions, 3)
    end
    for _ = 1, 2 do
      equal(#scodoc.role_remove_permission({ role_name = "Laveur", perm_name = "ScoEnsView" }).permissions, 2)
    end
    refused("not_found", 404, "Rien", scodoc.role_add_permission, { role_name = "Laveur", perm_name = "Rien" })
    refused("not_found", 404, "rôle", scodoc.role_remove_permission, { role_name = "Rien", perm_name = "ScoView" })
    scodoc.user_role_add { uid = 3, role_name = "Laveur" }
    role = scodoc.role_edit { role_name = "Laveur", name = "Vitrier", permissions = { "ScoView" } }
    same({ role.role_name, #role.permissions }, { "Vitrier", 1 })
    equal(#scodoc.role_edit({ role_name = "Vitrier", permissions = {} }).permissions, 0)
    refused("not_found", 404, "exists", scodoc.role_edit, { role_name = "Vitrier", name = "Ens" })
    refused("not_found", 404, "rôle", scodoc.role_edit, { role_name = "Laveur", name = "Encore" })
    raises("argument", scodoc.role_edit, { role_name = "Vitrier" })
    equal(scodoc.user({ user_id = 3 }).roles_string, "Ens_INFO, Vitrier")
    same(scodoc.role_delete { role_name = "Vitrier" }, { OK = true })
    refused("not_found", 404, "rôle", scodoc.role_delete, { role_name = "Vitrier" })
    refused("not_found", 404, "rôle", scodoc.role, { role_name = "Vitrier" })
    equal(scodoc.role({ role_name = "Ens" }).id, 3)
    equal(scodoc.user({ user_id = 3 }).roles_string, "Ens_INFO")
  end)
end)

describe("users", function()
  it("are created without a password, get one, and can log in", function()
    local user = scodoc.user_create { user_name = "alain", nom = "alain", prenom = "bruno", dept = "INFO" }
    same({ user.id, user.nomplogin, user.status_txt }, { 7, "ALAIN Bruno (alain)", "actif" })
    equal(user.date_modif_passwd, nil)
    refused("not_found", 404, "exists", scodoc.user_create, { user_name = "alain", nom = "a", prenom = "b" })
    refused("not_found", 404, "user_name", scodoc.user_create, { user_name = "a b", nom = "a", prenom = "b" })
    refused("not_found", 404, "département", scodoc.user_create,
      { user_name = "x", nom = "a", prenom = "b", dept = "NEANT" })
    for _, simple in ipairs { "court", "motdepasse" } do
      local err = refused("rejected", 400, "invalid password", scodoc.user_password, { uid = 7, password = simple })
      equal(err.outcome, "none")
      test.contains(err.meaning, "too simple")
    end
    local function log_in()
      return http.post(API .. "/api/tokens", { headers = { -- alain:Essai-Secret-0042
        Authorization = "Basic YWxhaW46RXNzYWktU2VjcmV0LTAwNDI=" } }).status
    end
    equal(log_in(), 401)
    scodoc.user_password { uid = 7, password = "Essai-Secret-0042" }
    equal(log_in(), 200)
    scodoc.user_edit { uid = 7, active = false }
    equal(log_in(), 401)
  end)

  it("are found and changed", function()
    same(ids(scodoc.users_query()), { 1, 2, 3, 4, 5, 6 })
    same(ids(scodoc.users_query { departement = "MMI" }), { 4, 5 })
    same(ids(scodoc.users_query { active = true }), { 1, 2, 3, 4, 5 })
    same(ids(scodoc.users_query { starts_with = "no", departement = "INFO" }), { 3 })
    local user = scodoc.user_edit { uid = 3, nom = "noether-klein", dept = "MMI" }
    same({ user.nom, user.prenom, user.dept }, { "noether-klein", "Emmy", "MMI" })
    equal(scodoc.user_edit({ uid = 3, dept = json.null }).dept, nil)
    refused("not_found", 404, "département", scodoc.user_edit, { uid = 3, dept = "NEANT" })
    refused("not_found", 404, "user not found", scodoc.user, { user_id = 99 })
  end)

  it("hold roles in one department or in all", function()
    for _ = 1, 2 do
      equal(scodoc.user_role_add({ uid = 3, role_name = "Secr", dept_acronym = "MMI" }).roles_string,
        "Ens_INFO, Secr_MMI")
    end
    equal(scodoc.user_role_add({ uid = 3, role_name = "Secr" }).roles_string, "Ens_INFO, Secr_MMI, Secr")
    equal(scodoc.user_role_remove({ uid = 3, role_name = "Secr", dept_acronym = "MMI" }).roles_string,
      "Ens_INFO, Secr")
    equal(scodoc.user_role_remove({ uid = 3, role_name = "Secr", dept_acronym = "MMI" }).roles_string,
      "Ens_INFO, Secr")
    equal(scodoc.user_role_remove({ uid = 3, role_name = "Secr" }).roles_string, "Ens_INFO")
    refused("not_found", 404, "rôle", scodoc.user_role_add, { uid = 3, role_name = "Rien" })
    refused("not_found", 404, "département", scodoc.user_role_add,
      { uid = 3, role_name = "Ens", dept_acronym = "NEANT" })
  end)
end)

describe("a department before the operations", function()
  it("limits a client, in both forms of the address", function()
    local info = client_of { department = "INFO" }
    same(ids(info.formations()), { 1 })
    same(ids(info.etudiants_courants()), { 101, 102, 103, 104, 105 })
    same(ids(info.etudiants_clef { nip = "e-1001" }), { GRACE })
    refused("not_found", 404, "formsemestre", info.formsemestre, { formsemestre_id = MMI })
    local requests = twin.requests { operation = "formsemestre" }
    equal(requests[#requests].path, "/ScoDoc/INFO/api/formsemestre/4")
    same(ids(info.formations { department = "MMI" }), { 2, 3 })
    for _, path in ipairs { "/INFO/api/formations_ids", "/api/INFO/formations_ids" } do
      same(get("reader", path):json(), { 1 })
    end
    refused("not_found", 404, "département", scodoc.formations, { department = "NEANT" })
  end)

  it("is not part of the token's address", function()
    equal(type(client_of({ department = "INFO" }).tokens().token), "userdata")
    equal(twin.requests({ operation = "tokens" })[1].path, "/ScoDoc/api/tokens")
  end)
end)

describe("a user with fewer rights", function()
  it("sees one department", function()
    same(get("reader", "/api/formations_ids"):json(), { 1 })
    equal(#get("reader", "/api/departements"):json(), 3)
    equal(get("reader", "/api/formsemestre/3").status, 200)
    local answer = get("reader", "/api/formsemestre/4")
    same({ answer.status, answer:json().error }, { 403, "Forbidden" })
    equal(get("reader", "/MMI/api/formations").status, 403)
    equal(get("reader", "/api/departement/MMI/etudiants").status, 403)
    equal(get("reader", "/api/etudiant/etudid/106").status, 403)
    same(get("reader", "/api/etudiants/etudid/106"):json(), {})
  end)

  it("changes nothing", function()
    for _, path in ipairs { "/api/group/211/delete", "/api/role/Ens/delete", "/api/departement/CJ/delete",
      "/api/user/3/role/Ens/add" } do
      equal(send("reader", "POST", path).status, 403)
    end
    equal(get("reader", "/api/users/query").status, 403)
    equal(get("reader", "/api/logos").status, 403)
    equal(send("reader", "POST", "/api/partition/1/create", { group_name = "Z" }).status, 403)
  end)

  it("keeps the users of a department only", function()
    same(ids(get("greta", "/api/users/query"):json()), { 4, 5 })
    equal(get("greta", "/api/user/3").status, 404)
    local new = { user_name = "neuf", nom = "neuf", prenom = "n", dept = "INFO" }
    equal(send("greta", "POST", "/api/user/create", new).status, 403)
    new.dept = "MMI"
    equal(send("greta", "POST", "/api/user/create", new).status, 200)
    equal(send("greta", "POST", "/api/user/4/edit", { dept = "INFO" }).status, 403)
  end)

  it("may give roles where the summary table counts", function()
    equal(send("greta", "POST", "/api/user/4/role/Secr/add/departement/MMI").status, 403)
    twin.set { section_permissions = false }
    equal(send("greta", "POST", "/api/user/4/role/Secr/add/departement/MMI").status, 200)
    equal(send("greta", "POST", "/api/user/4/role/Secr/add").status, 403)
    equal(send("greta", "POST", "/api/role/Ens/delete").status, 403)
  end)
end)

describe("the wire", function()
  it("knows the routes of later versions", function()
    equal(send("super", "POST", "/api/partition/1/group/create", { group_name = "C" }).status, 200)
    same(ids(get("super", "/api/etudiant/nip/e-1001/formsemestre/3/groups"):json()), { 211, 221, 231 })
  end)

  it("is strict", function()
    local answer = get("super", "/api/formsemestres/query?anee=2026")
    equal(answer.status, 404)
    test.contains(answer:json().message, "takes no \"anee\"")
    equal(send("super", "POST", "/api/partition/1/create", { groupname = "C" }).status, 404)
    equal(send("super", "POST", "/api/departement/create", { visible = true }).status, 404)
    equal(send("super", "POST", "/api/user/3/password", "x").status, 400)
    equal(get("super", "/api/formsemestre/trois").status, 404)
    twin.set { strict = false }
    equal(get("super", "/api/formsemestres/query?anee=2026").status, 200)
  end)

  it("refuses as older versions do", function()
    twin.set { error_status = false }
    same(get("super", "/api/role/Rien"):json(), { error = "Not Found", message = "rôle inexistant" })
    twin.set { html_404 = true }
    local err = refused("not_found", 404, nil, scodoc.role, { role_name = "Rien" })
    test.contains(err.content_type, "text/html")
  end)

  it("is told by a guide", function()
    local guide = table.concat(twin.guide { base = "http://127.0.0.1:8080" }, "\n")
    test.contains(guide, "-u test-user:Test-Password-0001 http://127.0.0.1:8080/ScoDoc/api/tokens")
  end)
end)

describe("the vendor", function()
  it("has every operation tried here", function()
    local count = 0
    for _, operation in ipairs(catalogue.describe("scodoc").operations) do
      count = count + 1
      test.truthy(called[operation.name] or error(operation.name .. " is not tried", 0))
    end
    equal(count, 66)
  end)

  it("says of every writing operation how often it may be done", function()
    for _, operation in ipairs(catalogue.describe("scodoc").operations) do
      if operation.effect == "create" then
        same({ operation.repeatable, operation.probe.kind }, { nil, "read" })
      elseif operation.effect == "update" then
        equal(operation.repeatable, true)
      elseif operation.effect == "delete" then
        same({ operation.repeatable, operation.probe.code }, { true, 404 })
      end
    end
  end)
end)

test.run()
