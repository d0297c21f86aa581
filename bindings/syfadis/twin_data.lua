-- SPDX-License-Identifier: MIT
-- What the simulated Syfadis holds at the beginning: a small academy, with the ids that the vendor's examples use.

local json = require "beadle.json"
local people = require "beadle.sandbox.people"
local schema = require "beadle.twin.syfadis.schema"
local store = require "beadle.twin.syfadis.store"

local M = {}

local GROUPS = {
  Domains = { { 131072, "Académie", "ACA" }, { 131079, "Langues", "LAN" }, { 163840, "Futurskill", "FSD" } },
  Establishments = { { 393216, "Campus de Lyon", "LYO" }, { 393217, "Campus de Lille", "LIL" } },
  Jobs = { { 458752, "Développeuse", "DEV" }, { 458753, "Formateur", "FOR" } },
  Projects = { { 589824, "Rentrée 2026", "R26" } },
  Structures = { { 2228224, "FuturSkill", "FS" }, { 2228225, "Atelier", "ATE" } },
  Teams = { { 655360, "Équipe bleue", "BLE" }, { 655361, "Équipe rouge", "ROU" } },
  Localisations = { { 208797726, "Salle Lovelace", "LOV" }, { 208797727, "Amphithéâtre Curie", "CUR" } },
}

local function add_groups(twin)
  for _, set in ipairs(schema.group_sets) do
    for _, group in ipairs(GROUPS[set]) do
      store.add(twin, set, { Id = group[1], Name = group[2], Code = group[3] }, { PrimaryDomain = 131072 })
    end
  end
  for id, name in pairs { [229378] = "Apprenant", [229379] = "Formateur", [229380] = "Responsable" } do
    store.add(twin, "Roles", { Id = id, Name = name })
  end
  store.add(twin, "Rooms", { Id = 851968, Name = "B12", Code = "B12", Capacity = 12, RoomType = "None" })
  store.add(twin, "TrainingProviders", { Id = 720896, Name = "Formations du Rhône", Code = "FDR", City = "Lyon" },
    { PrimaryDomain = 131072 })
end

local GENDERS = { F = "Female", M = "Male", X = "None" }

local function add_user(twin, id, person, job)
  return store.add(twin, "Users", {
    Id = id, Name = ("%s %s"):format(person.first_name, person.last_name), FirstName = person.first_name,
    LastName = person.last_name, Login = person.email:match "^[^@]+", Mail = person.email, Code = person.number,
    ExternalId = person.number, Gender = GENDERS[person.gender], Language = "French", Category = "None",
    PrimaryDomainId = 131072, ApplicationId = 9797632, Version = 1, Country = "France",
    TimeZoneId = "Romance Standard Time",
  }, { PrimaryDomain = 131072, Domains = { 131072, 163840 }, Jobs = { job }, Structures = { 2228224 },
    Establishments = { 393216 } })
end

local function add_users(twin)
  local id = 327680
  for _, person in ipairs(people.students) do
    add_user(twin, id, person, 458752)
    id = id + 1
  end
  for _, person in ipairs(people.teachers) do
    add_user(twin, id, person, 458753)
    id = id + 1
  end
  twin.state.ids.Users = id - 1
  add_user(twin, 126976000, { number = "s-3001", first_name = "Pierre", last_name = "Lambert", gender = "M",
    email = "pierre.lambert@example.org" }, 458753)
  store.add(twin, "UserRoles", { Id = 524290 }, { User = 327680, Role = 229378, Domain = 163840 })
end

local function duration(hours)
  return { Length = hours + 0.0, Scale = "Hours" }
end

local function add_trainings(twin)
  store.add(twin, "TrainingThemes", { Id = 917504, Name = "Informatique" })
  local function training(id, name, code, mode, hours)
    store.add(twin, "Trainings", { Id = id, Name = name, Code = code, LearningMode = mode, Duration = duration(hours),
      DurationHours = hours + 0.0, UserCountMax = 12, UserCountMin = 2, Language = "French" },
      { PrimaryDomain = 131072, TrainingThemes = { 917504 }, TrainingProvider = 720896 })
  end
  training(2686977, "Python : les bases", "PY-01", "Blended", 14)
  training(2686978, "Sécurité incendie", "SEC-01", "Presential", 7)
  training(51183616, "Word : mise en page", "WORD-01", "ELearning", 3)
  store.add(twin, "Evaluations", { Id = 753673, Name = "Quiz final", Code = "QUIZ-01", Category = "Evaluation" },
    { PrimaryDomain = 131072 })
end

local function add_sessions(twin)
  local function session(id, name, code, training, from, to, most)
    store.add(twin, "TrainingSessions", { Id = id, Name = name, Code = code, StartedOn = from, FinishedOn = to,
      Modality = "None", LearningMode = "Presential", UserCount = 0, UserCountMin = 2, UserCountMax = most,
      AvailablePlaces = most, Duration = duration(14), DurationHours = 14.0 },
      { Training = training, PrimaryDomain = 131072, Localisations = 208797726, Tutors = { 327689 } })
  end
  session(2850818, "session de janvier", "SESS_TEST", 2686977, "2026-01-15T08:00:00Z", "2026-01-16T16:00:00Z", 12)
  session(2850819, "session de février", "SESS_FEV", 2686977, "2026-02-12T08:00:00Z", "2026-02-13T16:00:00Z", 2)
  session(1234, "session de mars", "SESS_MARS", 2686978, "2026-03-12T08:00:00Z", "2026-03-12T16:00:00Z", 8)
  store.add(twin, "EvaluationSessions", { Id = 2850816, Name = "Évaluation de janvier", Code = "EVAL_TEST",
    StartedOn = "2026-01-20T08:00:00Z", FinishedOn = "2026-01-20T10:00:00Z", UserCount = 0 },
    { Evaluation = 753673, PrimaryDomain = 131072, Evaluators = 327689 })
  local function meeting(id, name, mode, from, to)
    store.add(twin, "MeetingSessions", { Id = id, Name = name, MeetingMode = mode, StartedOn = from, FinishedOn = to,
      Duration = duration(9), DurationHours = 9.0, TimeZoneId = json.null },
      { TrainingSession = 2850818, Localisation = 208797726, Rooms = mode == "Presential" and { 851968 } or {} })
  end
  meeting(2311913488, "Séance présentielle", "Presential", "2026-01-15T08:00:00Z", "2026-01-15T17:00:00Z")
  meeting(2311913489, "Classe virtuelle", "VirtualClass", "2026-01-16T08:00:00Z", "2026-01-16T16:00:00Z")
end

local function add_trainees(twin)
  local sessions = require "beadle.twin.syfadis.sessions"
  for id, user in pairs { [2916356] = 327680, [2916357] = 327681, [2916366] = 327682 } do
    sessions.enrol(twin, "Trainees", { Id = id, LmsProgress = "Incomplete", LmsProgressPercent = 40 }, user, 2850818)
  end
  sessions.enrol(twin, "Trainees", { Id = 2916358 }, 327683, 2850819)
  sessions.enrol(twin, "EvaluationTrainees", { Id = 2916400 }, 327680, 2850816)
  twin.state.ids.Trainees = 2916366
  store.add(twin, "TrackingViews", { Timestamp = "2026-01-15T09:12:00Z", ActionType = "View" },
    { User = 327680, Session = 2850818 })
  store.add(twin, "TrackingViews", { Timestamp = "2026-01-15T09:30:00Z", ActionType = "Post" },
    { User = 327681, Session = 2850818 })
end

local SETTINGS = {
  page_size = 100, enumerations = "names", error_body = "odata", error_status = 0, unknown_set_status = 500,
  unlisted_status = 204, login_unique = true, register_twice = false, places_checked = true, list_archived = false,
  archived_readable = true, restore_active = true, always_representation = false, meeting_in_value = true,
  base64_taken = true, read_only = false, basic_enabled = true,
}

function M.seed(twin, state)
  for name, value in pairs(SETTINGS) do
    state.settings[name] = value
  end
  state.account = { user = "test-user", password = "Test-Password-0001" }
  state.sets, state.pictures, state.documents, state.privileges, state.pages = {}, {}, {}, {}, {}
  state.tutor_hours, state.passwords = {}, {}
  for set in pairs(schema.first_ids) do
    state.sets[set] = {}
  end
  add_groups(twin)
  add_users(twin)
  add_trainings(twin)
  add_sessions(twin)
  add_trainees(twin)
  local ratings = require "beadle.twin.syfadis.trainings"
  ratings.rate(twin, { UserId = 327681, CatalogItemId = 51183616, Rate = 4, Title = "Clair", Comment = "Bien mené." })
  for set, records in pairs(state.sets) do -- new ones come behind those of the examples
    local last = math.max(state.ids[set] or 0, schema.first_ids[set])
    while records[last + 1] do
      last = last + 1
    end
    state.ids[set] = last
  end
end

return M
