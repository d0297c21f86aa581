-- SPDX-License-Identifier: MIT
-- Syfadis, simulated: a small academy behind OData 4.0. It follows the vendor's page "oData gestion des entités";
-- where the page is silent, what it does is our assumption. Where that may matter, a setting changes it:
--   page_size              elements of a list before it goes on at @odata.nextLink (100)
--   enumerations           answers have "names" or "numbers"
--   error_body             "odata": {"error": {"code", "message"}}; "text": the words alone
--   error_status           HTTP status of refusals instead of 400; 0: as it is
--   unknown_set_status     for a set that does not exist, such as one in the wrong case (500)
--   unlisted_status        of actions whose statuses the page does not list (204)
--   login_unique           a second user with a login is refused (true)
--   register_twice         a second registration for a session is made (false)
--   places_checked         a full session takes nobody (true)
--   list_archived          lists have what was archived too (false)
--   archived_readable      what was archived can be read by its id (true)
--   restore_active         restoring what is not archived does nothing (true), or is refused
--   always_representation  changes answer the entity without being asked (false)
--   meeting_in_value       a single meeting comes in a list of one (true)
--   base64_taken           bytes are taken as Base64 too (true)
--   read_only              the account lacks the privilege to write (false)
--   basic_enabled          HTTP Basic is enabled on the server (true)
--   strict                 members of the JSON and options that nobody knows are refused (true), or else kept
-- Assumed without a setting: the sets of the actions for meetings and trainings, @odata.bind for links, `Name`
-- required for groups and trainings, `Password`, the 400 for an unknown id in a body.

local data = require "beadle.twin.syfadis.data"
local json = require "beadle.json"
local people = require "beadle.twin.syfadis.people"
local schema = require "beadle.twin.syfadis.schema"
local sessions = require "beadle.twin.syfadis.sessions"
local store = require "beadle.twin.syfadis.store"
local trainings = require "beadle.twin.syfadis.trainings"

local M = { operations = {}, control = {}, actions = {}, own_query = { ["$skiptoken"] = true }, seed = data.seed }

local function refuse(twin, status, message)
  local settings = twin.state.settings
  status = status == 400 and settings.error_status > 0 and settings.error_status or status
  if settings.error_body ~= "odata" then
    return twin.answer(status, message)
  end
  return store.json(twin, status, { error = { code = tostring(status), message = message } })
end

-- What is refused deep within an operation becomes an answer here.
local function answering(act)
  return function(twin, ...)
    local ok, answer = pcall(act, twin, ...)
    if ok then
      return answer
    elseif type(answer) == "table" and answer.refused then
      return refuse(twin, answer.status, answer.message)
    end
    error(answer, 0)
  end
end

for _, room in ipairs { people, sessions, trainings } do
  for name, act in pairs(room.operations) do
    M.operations[name] = answering(act)
  end
end

function M.sign_in(twin, request)
  local user, password = twin.basic(request)
  local account = twin.state.account
  if not twin.state.settings.basic_enabled then
    return refuse(twin, 401, "401 Unauthorized")
  elseif user ~= account.user or password ~= account.password then
    return refuse(twin, 401, "401 Invalid username or password")
  elseif twin.state.settings.read_only and request.method ~= "GET" then
    return refuse(twin, 401, "401 Unauthorized")
  end
end

function M.refuse(twin, fault)
  return refuse(twin, 400, "Erreur technique ou fonctionnelle : " .. fault.text)
end

-- ---------------------------------------------------------------------------------------------------
-- Spellings. The page contradicts itself; each of its spellings leads where it means.

local SINGULAR = { User = "Users", Domain = "Domains", Trainee = "Trainees", Training = "Trainings",
  Evaluation = "Evaluations", EvaluationTrainee = "EvaluationTrainees", TrainingSession = "TrainingSessions",
  EvaluationSession = "EvaluationSessions", MeetingSession = "MeetingSessions" }

function M.also(_, path)
  path = path:gsub("^(/odata%-api/)%%20", "%1"):gsub("^(/odata%-api/)%%[cC]3%%89valuation", "%1Evaluation")
    :gsub("^(/odata%-api/)Évaluation", "%1Evaluation"):gsub("/Service%.", "/Services.")
    :gsub("/Services%.%%20", "/Services."):gsub("/TrainingSessions/(Services%.%a*Attendance)", "/MeetingSessions/%1")
  return (path:gsub("^(/odata%-api/)(%a+)", function(before, set) return before .. (SINGULAR[set] or set) end))
end

function M.operation_of() end

-- What no operation of the page is about: any set can be read.
local function read_any(twin, request)
  local refused = M.sign_in(twin, request)
  if refused then
    return refused
  end
  local set, id = request.params.what:match "^(%w+)%((%d+)%)$"
  if set then
    return store.entity(twin, request, 200, store.get(twin, set, tonumber(id)))
  end
  return store.list(twin, request, request.params.what)
end

local function refuse_any(twin, request)
  local set = request.params.what:match "^%w*"
  if twin.state.sets[set] then
    return refuse(twin, 400, ("Erreur technique ou fonctionnelle : %s %s"):format(request.method, request.path))
  end
  return refuse(twin, twin.state.settings.unknown_set_status, ("there is no set %s"):format(set))
end

local function metadata(twin)
  local sets = {}
  for set in pairs(schema.first_ids) do
    sets[#sets + 1] = ("<EntitySet Name=\"%s\" EntityType=\"Syfadis.%s\"/>"):format(set, set)
  end
  table.sort(sets)
  return twin.answer(200, ("<?xml version=\"1.0\" encoding=\"utf-8\"?><edmx:Edmx Version=\"4.0\" "
    .. "xmlns:edmx=\"http://docs.oasis-open.org/odata/ns/edmx\"><edmx:DataServices><Schema Namespace=\"Syfadis\" "
    .. "xmlns=\"http://docs.oasis-open.org/odata/ns/edm\"><EntityContainer Name=\"Container\">%s"
    .. "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"):format(table.concat(sets)), "application/xml")
end

M.routes = {
  ["GET /odata-api/$metadata"] = metadata,
  ["GET /odata-api/{what}"] = answering(read_any),
  ["POST /odata-api/{what}"] = answering(refuse_any),
  ["PATCH /odata-api/{what}"] = answering(refuse_any),
  ["DELETE /odata-api/{what}"] = answering(refuse_any),
}

-- ---------------------------------------------------------------------------------------------------
-- What scripts and tests may tell it

-- users(): all users with id, name and login.
function M.control.users(twin, args)
  twin.check_args("users", args, {})
  local list = json.array {}
  for id, record in pairs(twin.state.sets.Users) do
    list[#list + 1] = { id = id, name = record.values.Name, login = record.values.Login }
  end
  table.sort(list, function(a, b) return a.id < b.id end)
  return list
end

-- kept{what}: what no operation answers: pictures, documents, privileges, pages, tutor_hours.
function M.control.kept(twin, args)
  twin.check_args("kept", args, { "what" })
  local known = { pictures = true, documents = true, privileges = true, pages = true, tutor_hours = true }
  if not known[args.what] then
    twin.refuse("kept knows pictures, documents, privileges, pages and tutor_hours")
  end
  local kept = {}
  for key, value in pairs(twin.state[args.what]) do
    kept[tostring(key)] = value
  end
  return kept
end

local GUIDE = [[
Syfadis
  API      {base}/odata-api
  account  {user} / {password}
Try
  curl -g -u '{user}:{password}' '{base}/odata-api/Users?$select=FirstName,LastName&$top=3'
  curl -u '{user}:{password}' -X PATCH -H 'Content-Type: application/json' \
       -H 'Prefer: return=representation' -d '{"Code": "MAT-0042"}' '{base}/odata-api/Users(327680)']]

-- guide{base}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base" })
  local values = { base = args.base, user = twin.state.account.user, password = twin.state.account.password }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%l+)}", values)
  end
  return lines
end

return M
