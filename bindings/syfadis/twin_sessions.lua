-- SPDX-License-Identifier: MIT
-- Sessions, meetings, attendance and registrations of the simulated Syfadis.

local json = require "beadle.json"
local people = require "beadle.twin.syfadis.people"
local store = require "beadle.twin.syfadis.store"

local M = {}

local LINK_OF = { Trainees = "TrainingSession", EvaluationTrainees = "EvaluationSession" }
local SET_OF = { Trainees = "TrainingSessions", EvaluationTrainees = "EvaluationSessions" }

local operations = {
  list_sessions = people.list(), get_session = people.read(), archive_session = people.archive(),
  list_meeting_sessions = people.list "MeetingSessions",
  list_trainee_presence_views = people.list "TraineePresenceViews",
  list_trainees = people.list(), get_trainee = people.read(),
}
M.operations = operations

local function check_dates(from, to)
  if type(from) == "string" and type(to) == "string" and from:sub(1, 10) > to:sub(1, 10) then
    store.refuse(400, "Erreur technique ou fonctionnelle : la fin précède le début")
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Sessions

-- Wrapped in a list of one, as the vendor's example shows it.
function operations.get_meeting_session(twin, values, request)
  local record = store.get(twin, "MeetingSessions", values.id)
  if not twin.state.settings.meeting_in_value then
    return store.entity(twin, request, 200, record)
  end
  local answer = store.render(twin, record, store.options(twin, request))
  return store.json(twin, 200, { ["@odata.context"] = store.context(request, "MeetingSessions"),
    value = json.array { answer } })
end

local function create_session(set, link, target, names)
  return function(twin, values, request)
    local id = values[link .. "Id"]
    local subject = twin.state.sets[target][id]
    if not subject or subject.values.DeletedOn ~= json.null then
      store.refuse(400, "Erreur technique ou fonctionnelle : %sId %d n'existe pas", link, id)
    end
    check_dates(values.StartedOn, values.FinishedOn)
    local properties = people.with_own(values, names)
    local answer = people.create(twin, request, set, properties, { [link] = id, PrimaryDomain = 131072 })
    local record = twin.state.sets[set][twin.state.ids[set]]
    record.values.UserCount = 0
    if set == "TrainingSessions" then
      record.values.UserCountMax = values.rest.UserCountMax or subject.values.UserCountMax
      record.values.AvailablePlaces = record.values.UserCountMax
      record.values.Duration, record.values.DurationHours = subject.values.Duration, subject.values.DurationHours
      answer = store.entity(twin, request, 201, record)
    end
    return answer
  end
end

operations.create_training_session = create_session("TrainingSessions", "Training", "Trainings",
  { "Name", "StartedOn", "FinishedOn", "Modality" })
operations.create_evaluation_session = create_session("EvaluationSessions", "Evaluation", "Evaluations",
  { "Name", "StartedOn", "FinishedOn" })

local function count_places(record)
  local most = record.values.UserCountMax
  if record.set == "TrainingSessions" and type(most) == "number" then
    record.values.AvailablePlaces = math.max(0, most - record.values.UserCount)
  end
end

function operations.update_session(twin, values, request)
  local record = store.active(twin, values.set, values.id)
  local properties = people.with_own(values, {})
  check_dates(properties.StartedOn or record.values.StartedOn, properties.FinishedOn or record.values.FinishedOn)
  local answer = people.update(twin, request, record, properties)
  count_places(record)
  return answer
end

function operations.change_training_session_dates(twin, values, request)
  local record = store.active(twin, "TrainingSessions", values.SessionId)
  local from, to = values.StartedOn or record.values.StartedOn, values.FinishedOn or record.values.FinishedOn
  check_dates(from, to)
  record.values.StartedOn, record.values.FinishedOn = from, to
  return store.changed(twin, request, record)
end

function operations.set_training_session_tutors_and_place(twin, values, request)
  local record = store.active(twin, "TrainingSessions", values.SessionId)
  for _, id in ipairs(values.TutorIds or {}) do
    if not twin.state.sets.Users[id] then
      store.refuse(400, "Erreur technique ou fonctionnelle : le tuteur %d n'existe pas", id)
    end
  end
  if values.LocalisationId and not twin.state.sets.Localisations[values.LocalisationId] then
    store.refuse(400, "Erreur technique ou fonctionnelle : le lieu %d n'existe pas", values.LocalisationId)
  end
  record.links.Tutors = values.TutorIds or record.links.Tutors
  record.links.Localisations = values.LocalisationId or record.links.Localisations
  return store.changed(twin, request, record)
end

function operations.cancel_session(twin, values)
  local record = store.active(twin, values.set, values.id)
  if record.values.IsCancelled then
    store.refuse(400, "Erreur technique ou fonctionnelle : la session est déjà annulée")
  end
  local reason = { CancelReason = values.CancelReason, CancelDescription = values.CancelDescription }
  store.apply(twin, record, reason)
  record.values.IsCancelled = true
  store.touch(twin, record)
  local set = values.set == "TrainingSessions" and "Trainees" or "EvaluationTrainees"
  for _, trainee in pairs(twin.state.sets[set]) do
    if trainee.links[LINK_OF[set]] == values.id and not trainee.values.IsCancelled then
      store.apply(twin, trainee, reason)
      trainee.values.IsCancelled, trainee.values.IsCharged = true, values.Chargeable or false
    end
  end
  return store.nothing(twin)
end

-- ---------------------------------------------------------------------------------------------------
-- Attendance

local function meeting_of(twin, id)
  return twin.state.sets.MeetingSessions[id]
    or store.refuse(400, "Erreur technique ou fonctionnelle : MeetingSessionId %d n'existe pas", id)
end

local function presence_view(twin, meeting, trainee)
  return store.find(twin, "TraineePresenceViews", function(record)
    return record.links.MeetingSession == meeting and record.links.Trainee == trainee
  end)
end

function operations.record_attendance(twin, values)
  local meeting = meeting_of(twin, values.MeetingSessionId)
  local trainee = twin.state.sets.Trainees[values.TraineeId]
  if not trainee or trainee.links.TrainingSession ~= meeting.links.TrainingSession then
    store.refuse(400, "Erreur technique ou fonctionnelle : TraineeId %d n'est pas inscrit", values.TraineeId)
  end
  local view = presence_view(twin, values.MeetingSessionId, values.TraineeId)
  local run = twin.state.sets.AbstractCourseComponentRuns[view.links.ComponentRun]
  local said = { TraineePresence = values.TraineePresence, AbsenceJustified = values.AbsenceJustified,
    PresenceHours = values.PresenceHours, AbsenceReason = values.AbsenceReason }
  store.apply(twin, run, said)
  store.apply(twin, trainee, said)
  return store.nothing(twin, twin.state.settings.unlisted_status)
end

function operations.record_tutor_attendance(twin, values)
  local meeting = meeting_of(twin, values.MeetingSessionId)
  local session = twin.state.sets.TrainingSessions[meeting.links.TrainingSession]
  local is_tutor = false
  for _, id in ipairs(session.links.Tutors or {}) do
    is_tutor = is_tutor or id == values.TutorId
  end
  if not is_tutor then
    store.refuse(400, "Erreur technique ou fonctionnelle : %d n'est pas tuteur de la session", values.TutorId)
  end
  twin.state.tutor_hours[("%d/%d"):format(values.MeetingSessionId, values.TutorId)] = values.PresenceHours
  return store.nothing(twin)
end

function operations.upload_attendance_sheet(twin, values)
  meeting_of(twin, values.MeetingSessionId)
  if not values.DocumentName:find "%.%w+$" then
    store.refuse(400, "Erreur technique ou fonctionnelle : DocumentName n'a pas d'extension")
  end
  local documents = twin.state.documents
  documents[#documents + 1] = { meeting = values.MeetingSessionId, name = values.DocumentName,
    size = people.size_of(twin, values.DocumentContent) }
  return store.nothing(twin, twin.state.settings.unlisted_status)
end

-- ---------------------------------------------------------------------------------------------------
-- Registrations

local function add_presence_views(twin, trainee)
  local meetings = {}
  for id, meeting in pairs(twin.state.sets.MeetingSessions) do
    if meeting.links.TrainingSession == trainee.links.TrainingSession then
      meetings[#meetings + 1] = id
    end
  end
  table.sort(meetings)
  for _, id in ipairs(meetings) do
    local run = store.add(twin, "AbstractCourseComponentRuns", { AbsenceReason = json.null })
    store.add(twin, "TraineePresenceViews", {}, { Trainee = trainee.values.Id, MeetingSession = id,
      ComponentRun = run.values.Id })
  end
end

local function move_count(twin, set, session_id, by)
  local session = twin.state.sets[SET_OF[set]][session_id]
  session.values.UserCount = session.values.UserCount + by
  count_places(session)
end

-- enrol(twin, set, values, user, session) -> the record of a registration
function M.enrol(twin, set, values, user, session_id)
  local session = twin.state.sets[SET_OF[set]][session_id]
  values.StartedOn, values.FinishedOn = session.values.StartedOn, session.values.FinishedOn
  values.RegistrationOrigin = "BackOffice"
  local record = store.add(twin, set, values, { User = user, [LINK_OF[set]] = session_id })
  move_count(twin, set, session_id, 1)
  if set == "Trainees" then
    add_presence_views(twin, record)
  end
  return record
end

local function check_places(twin, session)
  local places = session.values.AvailablePlaces
  if twin.state.settings.places_checked and type(places) == "number" and places <= 0 then
    store.refuse(400, "Erreur technique ou fonctionnelle : la session est complète")
  end
end

local function check_open(twin, set, id)
  local session = store.active(twin, set, id)
  if session.values.IsCancelled then
    store.refuse(400, "Erreur technique ou fonctionnelle : la session est annulée")
  end
  check_places(twin, session)
  return session
end

function operations.register_trainee(twin, values, request)
  check_open(twin, SET_OF[values.set], values.SessionId)
  store.active(twin, "Users", values.UserId)
  local there = store.find(twin, values.set, function(record)
    return record.links.User == values.UserId and record.links[LINK_OF[values.set]] == values.SessionId
      and record.values.DeletedOn == json.null
  end)
  if there and not twin.state.settings.register_twice then
    store.refuse(400, "Erreur technique ou fonctionnelle : l'utilisateur est déjà inscrit")
  end
  local record = M.enrol(twin, values.set, {}, values.UserId, values.SessionId)
  store.apply(twin, record, people.with_own(values, {}))
  return store.entity(twin, request, 201, record)
end

function operations.change_trainee_dates(twin, values, request)
  local record = store.active(twin, "Trainees", values.TraineeId)
  local from, to = values.StartedOn or record.values.StartedOn, values.FinishedOn or record.values.FinishedOn
  check_dates(from, to)
  record.values.StartedOn, record.values.FinishedOn = from, to
  return store.changed(twin, request, record)
end

local function drop_presence_views(twin, trainee)
  for id, view in pairs(twin.state.sets.TraineePresenceViews) do
    if view.links.Trainee == trainee.values.Id then
      twin.state.sets.TraineePresenceViews[id] = nil
    end
  end
end

function operations.change_trainee_session(twin, values, request)
  local record = store.active(twin, "Trainees", values.TraineeId)
  local session = check_open(twin, "TrainingSessions", values.SessionId)
  if record.links.TrainingSession == values.SessionId then
    store.refuse(400, "Erreur technique ou fonctionnelle : l'inscription est déjà dans cette session")
  end
  move_count(twin, "Trainees", record.links.TrainingSession, -1)
  drop_presence_views(twin, record)
  record.links.TrainingSession = values.SessionId
  record.values.StartedOn, record.values.FinishedOn = session.values.StartedOn, session.values.FinishedOn
  move_count(twin, "Trainees", values.SessionId, 1)
  add_presence_views(twin, record)
  return store.changed(twin, request, record)
end

function operations.unregister_trainee(twin, values)
  local set = values.TraineeId and "Trainees" or "EvaluationTrainees"
  local record = store.active(twin, set, values.TraineeId or values.EvaluationTraineeId)
  store.archive(twin, record)
  drop_presence_views(twin, record)
  move_count(twin, set, record.links[LINK_OF[set]], -1)
  return store.nothing(twin)
end

return M
