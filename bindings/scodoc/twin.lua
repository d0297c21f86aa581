-- SPDX-License-Identifier: MIT
-- ScoDoc, simulated. It follows the vendor's document "ScoDoc 9 API"; where the document is silent, what it does
-- is our assumption. Where that may matter, a setting changes it:
--   token_lifetime       seconds that a token lives (3600)
--   token_kept           a token with more seconds than this to live is given again (60)
--   error_status         refusals have the member status (true); older versions leave it out
--   html_404             404 comes as a page (false)
--   duplicate_status     HTTP status for a name in use (404)
--   section_permissions  where the sections and the summary table of the document name different permissions,
--                        the section's is asked (true), which is stricter
--   sort_key_text        sort_key is one text "NOM;PRENOM" (false), as in later versions
--   group_key            the member that holds a group's name ("group_name"); "name" elsewhere
--   partitions_object    formsemestre_partitions answers an object by id (false)
--   resultats_object     formsemestre_resultats answers an object by student (false), as in older versions
--   notes_object         evaluation_notes answers an object by student (true), or a list
--   delete_empty         a deletion answers nothing (false) instead of {"OK": true}
--   publie               bulletins are published (true)
--   matieres             averages of matières are computed (true); without it they are "nd"
--   password_min         characters that a password needs (8)
--   strict               what nobody knows is refused (true), or else left out
-- Assumed without a setting:
--   Without a department in the address, the object's department decides what a user may do; lists leave out
--   what the user may not see. A department in the address hides everything else: 404.
--   A locked partition or semester cannot be changed: 403. A student must be enrolled in the semester of a group:
--   404. All roles are the site's: changing them takes the permission in all departments.

local data = require "beadle.twin.scodoc.data"
local etudes = require "beadle.twin.scodoc.etudes"
local groupes = require "beadle.twin.scodoc.groupes"
local json = require "beadle.json"
local notes = require "beadle.twin.scodoc.notes"
local people = require "beadle.sandbox.people"
local users = require "beadle.twin.scodoc.users"
local view = require "beadle.twin.scodoc.view"

local M = { operations = {}, control = {}, actions = {} }

for _, part in ipairs { etudes, groupes, notes, users } do
  for name, act in pairs(part) do
    M.operations[name] = act
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Paths

-- The second form of a department's address, /ScoDoc/api/INFO/..., and routes of later versions.
function M.also(twin, path)
  local acronym, rest = path:match "^/ScoDoc/api/([^/]+)(/.*)$"
  if acronym and view.find(twin.state.departements, "acronym", acronym) then
    path = ("/ScoDoc/%s/api%s"):format(acronym, rest)
  end
  return (path:gsub("(/partition/%d+)/group/create$", "%1/create")
    :gsub("(/etudiant/%l+/[^/]+)/formsemestre(/%d+/groups)$", "%1/semestre%2"))
end

-- ---------------------------------------------------------------------------------------------------
-- Tokens

local UNAUTHORIZED = "Non autorise (logic)"

local function user_of_token(twin, token)
  for _, user in pairs(twin.state.users) do
    local held = twin.state.tokens[user.id]
    if held and held.token == token and held.until_at > twin.now() and user.active then
      return user
    end
  end
end

function M.operations.tokens(twin, _, request)
  local settings, name, password = twin.state.settings, twin.basic(request)
  local user = name and view.find(twin.state.users, "user_name", name)
  if not user or not user.active or not user.password or user.password ~= password then
    return view.refuse(twin, 401, UNAUTHORIZED)
  end
  local held = twin.state.tokens[user.id]
  if not held or held.until_at - twin.now() <= settings.token_kept then
    held = { token = twin.token(32), until_at = twin.now() + settings.token_lifetime }
    twin.state.tokens[user.id] = held
  end
  return view.give(twin, { token = held.token })
end

local function revoke(twin, request)
  local user = user_of_token(twin, twin.bearer(request))
  if not user then
    return view.refuse(twin, 401, UNAUTHORIZED)
  end
  twin.state.tokens[user.id] = nil
  return twin.answer(204, "")
end

M.routes = { ["DELETE /ScoDoc/api/tokens"] = revoke }

function M.operation_of() end

-- ---------------------------------------------------------------------------------------------------
-- Every request

local IN_SUMMARY = {
  role_add_permission = "ScoUsersAdmin", role_remove_permission = "ScoUsersAdmin", role_create = "ScoUsersAdmin",
  role_delete = "ScoUsersAdmin", role_edit = "ScoUsersAdmin", user_role_add = "ScoUsersAdmin",
}

-- The permission that an operation asks for; nil: none.
local function needed(twin, operation)
  local other = not twin.state.settings.section_permissions and IN_SUMMARY[operation.name]
  return other or operation.permission
end

function M.sign_in(twin, request, operation)
  if operation.without_token then
    return nil
  end
  request.user = user_of_token(twin, twin.bearer(request))
  if not request.user then
    return view.refuse(twin, 401, UNAUTHORIZED)
  end
  local acronym = request.params.department
  request.dept = acronym and view.find(twin.state.departements, "acronym", acronym)
  if acronym and not request.dept then
    return view.refuse(twin, 404, "département inexistant")
  end
  request.permission = needed(twin, operation)
  if not view.may(twin.state, request.user, request.permission, acronym) then
    return view.refuse(twin, 403)
  end
end

-- The vendor answers 404 for a missing or invalid parameter.
function M.refuse(twin, fault)
  return view.refuse(twin, fault.kind == "body" and 400 or 404, fault.text)
end

function M.seed(twin, state)
  for name, value in pairs {
    token_lifetime = 3600, token_kept = 60, error_status = true, html_404 = false, duplicate_status = 404,
    section_permissions = true, sort_key_text = false, group_key = "group_name", partitions_object = false,
    resultats_object = false, notes_object = true, delete_empty = false, publie = true, matieres = true,
    password_min = 8,
  } do
    state.settings[name] = value
  end
  data.seed(state, twin:today())
end

-- ---------------------------------------------------------------------------------------------------
-- What tests and people may ask

-- students(): all students, with their codes and the semesters that they are enrolled in.
function M.control.students(twin, args)
  twin.check_args("students", args, {})
  return view.map(view.all(twin.state.etudiants), function(student)
    local look, semesters = view.etudiant_long(twin, student), json.array {}
    for formsemestre_id, enrolled in pairs(twin.state.inscriptions) do
      semesters[#semesters + 1] = enrolled[student.id] and formsemestre_id or nil
    end
    table.sort(semesters)
    look.formsemestres = semesters
    return look
  end)
end

-- note{evaluation_id, etudid, value}: enters a mark, a number or a word such as "ABS", as a teacher would.
function M.control.note(twin, args)
  twin.check_args("note", args, { "evaluation_id", "etudid", "value" })
  local evaluation = twin.state.evaluations[args.evaluation_id]
  if not evaluation then
    twin.refuse("there is no evaluation %s", tostring(args.evaluation_id))
  end
  evaluation.notes[args.etudid] = args.value
end

local GUIDE = [[
ScoDoc
  API       {base}/ScoDoc/api, and {base}/ScoDoc/INFO/api for one department
  login     test-user, Test-Password-0001 (all rights); lecteur, Test-Password-0002 (ScoView in INFO)
  student   nip {nip}
Try
  TOKEN=$(curl -s -X POST -u test-user:Test-Password-0001 {base}/ScoDoc/api/tokens | cut -d'"' -f4)
  curl -H "Authorization: Bearer $TOKEN" {base}/ScoDoc/api/departements
  curl -H "Authorization: Bearer $TOKEN" {base}/ScoDoc/api/etudiant/nip/{nip}/formsemestre/3/bulletin]]

-- guide{base}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local values = { base = args.base, nip = people.students[1].number }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%l+)}", values)
  end
  return lines
end

return M
