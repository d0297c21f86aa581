-- SPDX-License-Identifier: MIT
-- The simulated Syfadis: what every operation does to its state, and what it refuses.

local json = require "beadle.json"
local odata = require "beadle.odata"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.syfadis

local GRACE, ALAN, ZOE, PIERRE = 327680, 327681, 327682, 126976000
local JANUARY, FEBRUARY, MEETING = 2850818, 2850819, 2311913488
local TRAINING, SESSIONS = syfadis.training_set.trainings, syfadis.session_set.training
local EVALUATION_SESSIONS = syfadis.session_set.evaluation

test.before_each(sandbox.reset)

local function refused(kind, fn, ...)
  local ok, err = pcall(fn, ...)
  test.falsy(ok)
  if type(err) ~= "table" then
    error(err, 0)
  end
  equal(err.kind, kind)
  return err
end

local function names(list, property)
  local result = {}
  for i, each in ipairs(list) do
    result[i] = each[property or "Name"]
  end
  return table.concat(result, ",")
end

local function user(id, more)
  local params = { id = id or GRACE }
  for name, value in pairs(more or {}) do
    params[name] = value
  end
  return syfadis.get_user(params)
end

describe("a user", function()
  local function create(more)
    local params = { FirstName = "Ada", LastName = "Lovelace", Login = "ada" }
    for name, value in pairs(more or {}) do
      params[name] = value
    end
    return syfadis.create_user(params)
  end

  it("is created with its properties", function()
    local answer = create { Gender = syfadis.gender.female, Prefix = 1, Category = "Level3", PrimaryDomain = 131072,
      Domains = { 131079, "Domains(163840)" }, BornOn = "1815-12-10", NoMailing = true, Password = "Lovelace-1815!" }
    equal(answer.Name, "Ada Lovelace")
    equal(answer.Gender, "Female")
    equal(answer.Prefix, "1")
    equal(answer.PrimaryDomainId, 131072)
    equal(answer.Domains, nil)
    local there = user(answer.Id, { expand = { "Domains" } })
    equal(names(there.Domains), "Langues,Futurskill")
    equal(there.NoMailing, true)
    equal(there.Password, nil)
    local sent = json.decode(twin.requests { operation = "create_user" }[1].body)
    equal(sent.Gender, "2")
    equal(sent.Prefix, "1")
    equal(sent.Category, "3")
    equal(sent["PrimaryDomain@odata.bind"], "Domains(131072)")
    same(sent["Domains@odata.bind"], json.array { "Domains(131079)", "Domains(163840)" })
    equal(sent.PrimaryDomain, nil)
  end)

  it("is refused before it is sent when a property is wrong", function()
    local cases = {
      { { FrstLanguage = "fr" }, "did you mean FirstLanguage?" }, { { Name = "x" }, "Name is read-only" },
      { { Id = 5 }, "Id is read-only" }, { { UserRoles = {} }, "UserRoles is read-only" },
      { { Gender = "Woman" }, "Gender must be" }, { { Gender = 7 }, "Gender must be" },
      { { City = ("x"):rep(251) }, "City must be" }, { { NoMailing = "yes" }, "NoMailing must be" },
      { { BornOn = "10/12/1815" }, "BornOn must be" }, { { Domains = { 1.5 } }, "Domains must be" },
      { { properties = { City = "x" } }, "there is no parameter \"properties\"" }, { { FirstName = 5 }, "FirstName" },
      { { extra = "x" }, "extra must be" }, { { extra = { City = "x" } }, "extra.City has a name of its own" },
      { { extra = { Id = 5 } }, "extra.Id has a name of its own" },
      { { extra = { LastName = "x" } }, "extra.LastName has a name of its own" },
    }
    for _, case in ipairs(cases) do
      local err = refused("argument", create, case[1])
      test.truthy(err.message:find(case[2], 1, true) or error(err.message, 0))
      equal(err.outcome, "none")
    end
    refused("argument", syfadis.create_user, { FirstName = "Ada" })
    same(twin.counts(), {})
  end)

  it("needs a login of its own, and links that lead somewhere", function()
    create()
    local err = refused("rejected", create)
    equal(err.status, 400)
    equal(err.outcome, "none")
    test.truthy(err.vendor_message:find("existe déjà", 1, true))
    refused("rejected", create, { Login = "ada2", PrimaryDomain = 5 })
    refused("rejected", create, { Login = "ada2", PrimaryDomain = "Teams(655360)" })
    equal(syfadis.list_users { count = true, top = 0 }["@odata.count"], 13)
    twin.set { login_unique = false }
    create()
  end)

  it("may have properties that the document does not list", function()
    refused("rejected", create, { extra = { Badge = "B-17" } })
    twin.set { strict = false }
    local answer = create { extra = { Badge = "B-17" } }
    equal(answer.Badge, "B-17")
    equal(user(answer.Id).Badge, "B-17")
  end)

  it("is changed", function()
    same(syfadis.update_user { id = GRACE, Code = "MAT-0042" }, {})
    equal(user().Code, "MAT-0042")
    local answer = syfadis.update_user { id = GRACE, LastName = "Murray", MaidenName = json.null,
      Language = "English", Prefer = syfadis.prefer.representation }
    equal(answer.Name, "Grace Murray")
    equal(answer.Language, "English")
    test.truthy(answer.ModifiedOn)
    syfadis.update_user { id = GRACE, Jobs = {}, PrimaryDomain = json.null, Teams = 655360 }
    local there = user(GRACE, { expand = { "Jobs", "PrimaryDomain", "Teams" } })
    equal(#there.Jobs, 0)
    equal(there.PrimaryDomain, nil)
    equal(names(there.Teams), "Équipe bleue")
    refused("argument", syfadis.update_user, { id = GRACE })
    refused("argument", syfadis.update_user, { id = GRACE, Naem = "x" })
    refused("argument", syfadis.update_user, { id = GRACE, CreatedOn = "2026-01-01" })
    refused("rejected", syfadis.update_user, { id = GRACE, Login = "alan.turing" })
    refused("rejected", syfadis.update_user, { id = GRACE, Code = "new", Domains = { 5 } })
    equal(user().Code, "MAT-0042")
    equal(refused("not_found", syfadis.update_user, { id = 5, Code = "x" }).status, 404)
  end)

  it("is archived and restored", function()
    syfadis.archive_user { id = ALAN }
    equal(names(syfadis.list_users { filter = odata.eq("Id", ALAN) }.value), "")
    test.truthy(user(ALAN).DeletedOn)
    refused("not_found", syfadis.archive_user, { id = ALAN })
    syfadis.restore_user { id = ALAN }
    equal(user(ALAN).DeletedOn, nil)
    syfadis.restore_user { id = ALAN }
    twin.set { restore_active = false, archived_readable = false }
    refused("rejected", syfadis.restore_user, { id = ALAN })
    syfadis.archive_user { id = ALAN }
    refused("not_found", user, ALAN)
    twin.set { list_archived = true }
    equal(names(syfadis.list_users { filter = odata.eq("Id", ALAN) }.value), "Alan Turing")
  end)

  it("has roles and a picture", function()
    local role = syfadis.add_user_role { id = ALAN, RoleId = 229379, DomainId = 131079 }
    local expand = odata.expand("UserRoles", { expand = "Role" })
    equal(user(ALAN, { expand = expand }).UserRoles[1].Role.Name, "Formateur")
    refused("rejected", syfadis.add_user_role, { id = ALAN, RoleId = 5, DomainId = 131079 })
    refused("not_found", syfadis.remove_user_role, { id = GRACE, UserRoleId = role.Id })
    syfadis.remove_user_role { id = ALAN, UserRoleId = role.Id }
    equal(#user(ALAN, { expand = expand }).UserRoles, 0)
    syfadis.set_user_picture { id = ALAN, ImageContent = "\x89PNG\r\n\x1a\n\0\xff" }
    equal(twin.kept { what = "pictures" }[tostring(ALAN)], 10)
    equal(twin.requests { operation = "set_user_picture" }[1].body,
      "{\"ImageContent\":[137,80,78,71,13,10,26,10,0,255]}")
    test.truthy(user(ALAN).CompletePictureUrl)
    refused("argument", syfadis.set_user_picture, { id = ALAN, ImageContent = "" })
    refused("argument", syfadis.set_user_picture, { id = ALAN, ImageContent = { 256 } })
  end)

  it("has properties that can be read one by one", function()
    equal(syfadis.get_user_property { id = ALAN, property = "Name" }.value, "Alan Turing")
    equal(syfadis.get_user_property { id = ALAN, property = "MaidenName" }.value, nil)
    refused("rejected", syfadis.get_user_property, { id = ALAN, property = "Nome" })
    refused("argument", syfadis.get_user_property, { id = ALAN, property = ".." })
  end)
end)

describe("groups", function()
  it("of each sort are created, changed, archived and restored", function()
    for _, set in ipairs { "Domains", "Establishments", "Jobs", "Projects", "Structures", "Teams",
      "Localisations" } do
      local parent = "Parent" .. set:sub(1, -2)
      local before = #syfadis.list_groups { set = set }:all()
      local first = syfadis.list_groups { set = set, top = 1 }.value[1]
      local made = syfadis.create_group { set = set, Name = "Neu", Code = "N", [parent] = first.Id,
        Managers = { GRACE } }
      equal(#syfadis.list_groups { set = set }:all(), before + 1)
      equal(syfadis.get_group { set = set, id = made.Id, expand = { parent } }[parent].Id, first.Id)
      syfadis.update_group { set = set, id = made.Id, Code = "N2" }
      equal(syfadis.get_group { set = set, id = made.Id }.Code, "N2")
      syfadis.archive_group { set = set, id = made.Id }
      equal(#syfadis.list_groups { set = set }:all(), before)
      syfadis.restore_group { set = set, id = made.Id }
      equal(#syfadis.list_groups { set = set }:all(), before + 1)
    end
  end)

  it("have members", function()
    local academy = syfadis.get_group { set = "Domains", id = 131072, expand = { "Members" } }
    equal(#academy.Members, 12)
    equal(names(syfadis.list_groups { set = syfadis.group_set.domains, filter = odata.eq("Name", "Futurskill") }.value),
      "Futurskill")
  end)

  it("of no sort, and parents of another sort, are refused", function()
    refused("argument", syfadis.list_groups, { set = "Users" })
    refused("argument", syfadis.list_groups, {})
    local err = refused("argument", syfadis.create_group, { set = "Teams", Name = "x", ParentDomain = 131072 })
    test.truthy(err.message:find("ParentDomain", 1, true))
    refused("argument", syfadis.create_group, { set = "Teams" })
    refused("argument", syfadis.update_group, { set = "Teams", id = 655360, DeletedOn = "2026-01-01" })
    refused("not_found", syfadis.get_group, { set = "Teams", id = 131072 })
    refused("rejected", syfadis.create_group, { set = "Teams", Name = "x", ParentTeam = 5 })
    equal(refused("argument", function() return syfadis.group_set.teems end).hint,
      "Did you mean syfadis.group_set.teams?")
  end)
end)

describe("sessions", function()
  local function session(id, expand)
    return syfadis.get_session { set = SESSIONS, id = id, expand = expand }
  end

  it("are listed and created", function()
    equal(#syfadis.list_sessions { set = SESSIONS, filter = odata.contains("Name", "session") }:all(), 3)
    equal(#syfadis.list_sessions { set = EVALUATION_SESSIONS }:all(), 1)
    local made = syfadis.create_training_session { TrainingId = 2686977, Name = "session d'été", Modality = 1,
      StartedOn = "2026-07-01T08:00:00Z", FinishedOn = "2026-07-02T16:00:00Z", UserCountMax = 1, LearningMode = 4 }
    equal(made.AvailablePlaces, 1)
    equal(made.LearningMode, "VirtualClass")
    equal(session(made.Id, "Training").Training.Name, "Python : les bases")
    local evaluation = syfadis.create_evaluation_session { EvaluationId = 753673, Name = "Rattrapage",
      Description = "pour tous", Evaluators = GRACE }
    local there = syfadis.get_session { set = EVALUATION_SESSIONS, id = evaluation.Id, expand = { "Evaluation",
      "Evaluators" } }
    equal(there.Evaluation.Name, "Quiz final")
    equal(there.Evaluators.Id, GRACE)
    refused("rejected", syfadis.create_evaluation_session, { EvaluationId = 5 })
    refused("rejected", syfadis.create_training_session, { TrainingId = 5, StartedOn = "2026-07-01",
      FinishedOn = "2026-07-02", Modality = 1 })
    refused("rejected", syfadis.create_training_session, { TrainingId = 2686977, StartedOn = "2026-07-03",
      FinishedOn = "2026-07-02", Modality = 1 })
    refused("argument", syfadis.create_training_session, { TrainingId = 2686977, StartedOn = "2026-07-03" })
    refused("argument", syfadis.create_training_session, { TrainingId = 2686977, StartedOn = "2026-07-01",
      FinishedOn = "2026-07-02", Modality = 1, Status = 1 })
  end)

  it("are changed, with dates, tutors and a place", function()
    syfadis.update_session { set = SESSIONS, id = JANUARY, Code = "SESS_TEST2", UserCountMax = 5 }
    equal(session(JANUARY).Code, "SESS_TEST2")
    equal(session(JANUARY).AvailablePlaces, 2)
    refused("argument", syfadis.update_session, { set = SESSIONS, id = JANUARY, StartedOn = "2026-01-01" })
    syfadis.update_session { set = EVALUATION_SESSIONS, id = 2850816, StartedOn = "2026-01-19T08:00:00Z" }
    syfadis.change_training_session_dates { SessionId = JANUARY, FinishedOn = "2026-01-31T16:00:00Z" }
    equal(session(JANUARY).FinishedOn, "2026-01-31T16:00:00Z")
    refused("rejected", syfadis.change_training_session_dates, { SessionId = JANUARY, FinishedOn = "2025-01-31" })
    refused("argument", syfadis.change_training_session_dates, { SessionId = JANUARY })
    syfadis.set_training_session_tutors_and_place { SessionId = JANUARY, TutorIds = { GRACE, ALAN },
      LocalisationId = 208797727 }
    local there = session(JANUARY, { "Tutors", "Localisations" })
    equal(names(there.Tutors), "Grace Hopper,Alan Turing")
    equal(there.Localisations.Name, "Amphithéâtre Curie")
    equal(twin.counts().set_training_session_tutors_and_place, 1)
    refused("rejected", syfadis.set_training_session_tutors_and_place, { SessionId = JANUARY, TutorIds = { 5 } })
    refused("rejected", syfadis.set_training_session_tutors_and_place, { SessionId = JANUARY, LocalisationId = 5 })
    refused("not_found", syfadis.set_training_session_tutors_and_place, { SessionId = 5, LocalisationId = 5 })
  end)

  it("are archived and cancelled", function()
    syfadis.cancel_session { set = SESSIONS, id = JANUARY, CancelReason = syfadis.cancel_reason.automatically,
      CancelDescription = "Formateur en arrêt", Chargeable = true }
    local there = session(JANUARY)
    equal(there.IsCancelled, true)
    equal(there.CancelReason, "Automatically")
    local trainee = syfadis.get_trainee { set = "Trainees", id = 2916356 }
    equal(trainee.IsCancelled, true)
    equal(trainee.IsCharged, true)
    equal(json.decode(twin.requests { operation = "cancel_session" }[1].body).CancelReason, "3")
    refused("rejected", syfadis.cancel_session, { set = SESSIONS, id = JANUARY, CancelReason = 3,
      CancelDescription = "x" })
    refused("rejected", syfadis.register_trainee, { set = "Trainees", SessionId = JANUARY, UserId = PIERRE })
    syfadis.archive_session { set = SESSIONS, id = FEBRUARY }
    equal(#syfadis.list_sessions { set = SESSIONS }:all(), 2)
    refused("not_found", syfadis.archive_session, { set = SESSIONS, id = FEBRUARY })
    syfadis.archive_session { set = EVALUATION_SESSIONS, id = 2850816 }
  end)

  it("have meetings, where people attend", function()
    local filter = odata.all(odata.eq("TrainingSession/Id", JANUARY), odata.eq("MeetingMode",
      syfadis.meeting_mode.presential))
    equal(names(syfadis.list_meeting_sessions { filter = filter }.value), "Séance présentielle")
    for _, wrapped in ipairs { true, false } do
      twin.set { meeting_in_value = wrapped }
      local meeting = syfadis.get_meeting_session { id = MEETING, expand = { "Localisation", "Rooms" } }
      equal(meeting.Localisation.Name, "Salle Lovelace")
      equal(meeting.Rooms[1].Capacity, 12)
    end
    syfadis.record_attendance { MeetingSessionId = MEETING, TraineeId = 2916356, PresenceHours = 6.5,
      TraineePresence = syfadis.trainee_presence.partly_present, AbsenceJustified = 1, AbsenceReason = "Retard" }
    local views = syfadis.list_trainee_presence_views { filter = odata.all(odata.eq("MeetingSession/Id", MEETING),
      odata.eq("Trainee/User/Id", GRACE)), expand = { "ComponentRun", odata.expand("Trainee", { expand = "User" }) } }
    equal(#views.value, 1)
    equal(views.value[1].ComponentRun.TraineePresence, "4")
    equal(views.value[1].ComponentRun.PresenceHours, 6.5)
    equal(views.value[1].Trainee.User.Name, "Grace Hopper")
    refused("rejected", syfadis.record_attendance, { MeetingSessionId = MEETING, TraineeId = 2916358,
      TraineePresence = 2 })
    refused("rejected", syfadis.record_attendance, { MeetingSessionId = 5, TraineeId = 2916356, TraineePresence = 2 })
    syfadis.record_tutor_attendance { MeetingSessionId = MEETING, TutorId = 327689, PresenceHours = 9 }
    equal(twin.kept { what = "tutor_hours" }["2311913488/327689"], 9)
    refused("rejected", syfadis.record_tutor_attendance, { MeetingSessionId = MEETING, TutorId = GRACE,
      PresenceHours = 9 })
  end)

  it("have attendance sheets", function()
    syfadis.upload_attendance_sheet { MeetingSessionId = MEETING, DocumentName = "a.pdf", DocumentContent = "%PDF-" }
    same(twin.kept { what = "documents" }["1"], { meeting = MEETING, name = "a.pdf", size = 5 })
    refused("rejected", syfadis.upload_attendance_sheet, { MeetingSessionId = MEETING, DocumentName = "a",
      DocumentContent = "%PDF-" })
    refused("rejected", syfadis.upload_attendance_sheet, { MeetingSessionId = 5, DocumentName = "a.pdf",
      DocumentContent = "%PDF-" })
  end)
end)

describe("registrations", function()
  local SET = syfadis.trainee_set.training

  it("take a place, once", function()
    local answer = syfadis.register_trainee { set = SET, SessionId = FEBRUARY, UserId = GRACE }
    equal(answer.StartedOn, "2026-02-12T08:00:00Z")
    local february = syfadis.get_session { set = SESSIONS, id = FEBRUARY }
    equal(february.UserCount, 2)
    equal(february.AvailablePlaces, 0)
    equal(refused("rejected", syfadis.register_trainee, { set = SET, SessionId = FEBRUARY, UserId = ALAN }).status, 400)
    twin.set { places_checked = false }
    syfadis.register_trainee { set = SET, SessionId = FEBRUARY, UserId = ALAN }
    refused("rejected", syfadis.register_trainee, { set = SET, SessionId = FEBRUARY, UserId = ALAN })
    twin.set { register_twice = true }
    syfadis.register_trainee { set = SET, SessionId = FEBRUARY, UserId = ALAN }
    local err = refused("not_found", syfadis.register_trainee, { set = SET, SessionId = 5, UserId = ALAN })
    equal(err.meaning, "SessionId or UserId is not valid")
    refused("not_found", syfadis.register_trainee, { set = SET, SessionId = FEBRUARY, UserId = 5 })
    equal(#syfadis.list_trainees { set = SET, filter = odata.eq("User/Id", GRACE), expand = "User" }:all(), 2)
  end)

  it("for an evaluation have properties", function()
    local set = syfadis.trainee_set.evaluation
    local answer = syfadis.register_trainee { set = set, SessionId = 2850816, UserId = ALAN, ExternalId = "x-1" }
    equal(syfadis.get_trainee { set = set, id = answer.Id }.ExternalId, "x-1")
    refused("argument", syfadis.register_trainee, { set = SET, SessionId = FEBRUARY, UserId = GRACE, ExternalId = "x" })
    syfadis.unregister_trainee { EvaluationTraineeId = answer.Id }
    test.truthy(syfadis.get_trainee { set = set, id = answer.Id }.DeletedOn)
  end)

  it("are moved and archived", function()
    syfadis.change_trainee_dates { TraineeId = 2916356, FinishedOn = "2026-02-02T16:00:00Z" }
    equal(syfadis.get_trainee { set = SET, id = 2916356 }.FinishedOn, "2026-02-02T16:00:00Z")
    refused("rejected", syfadis.change_trainee_dates, { TraineeId = 2916356, FinishedOn = "2025-02-02" })
    local moved = syfadis.change_trainee_session { TraineeId = 2916356, SessionId = FEBRUARY,
      Prefer = syfadis.prefer.representation }
    equal(moved.StartedOn, "2026-02-12T08:00:00Z")
    equal(syfadis.get_trainee { set = SET, id = 2916356, expand = "TrainingSession" }.TrainingSession.Id, FEBRUARY)
    equal(syfadis.get_session { set = SESSIONS, id = JANUARY }.UserCount, 2)
    refused("rejected", syfadis.change_trainee_session, { TraineeId = 2916356, SessionId = FEBRUARY })
    refused("not_found", syfadis.change_trainee_session, { TraineeId = 5, SessionId = FEBRUARY })
    syfadis.unregister_trainee { TraineeId = 2916366 }
    equal(#syfadis.list_trainees { set = SET, filter = odata.eq("User/Id", ZOE) }:all(), 0)
    equal(syfadis.get_session { set = SESSIONS, id = JANUARY }.UserCount, 1)
    refused("not_found", syfadis.unregister_trainee, { TraineeId = 2916366 })
    refused("argument", syfadis.unregister_trainee, { TraineeId = 2916366, EvaluationTraineeId = 2916400 })
    refused("argument", syfadis.unregister_trainee, {})
  end)
end)

describe("trainings", function()
  it("and evaluations are created, changed and archived", function()
    for set, more in pairs { Trainings = { LearningMode = "Blended", Duration = { Length = 14.0, Scale = "Hours" },
      RequiredTrainings = { 2686977 }, OptionalField8 = "x" }, Evaluations = { Category = 2, PriceByUser = 9.5 } } do
      local params = { set = set, Name = "FuturSkill" }
      for name, value in pairs(more) do
        params[name] = value
      end
      local made = syfadis.create_training(params)
      equal(names(syfadis.list_trainings { set = set, filter = odata.contains("Name", "Skill") }.value), "FuturSkill")
      equal(syfadis.update_training { set = set, id = made.Id, Name = "FuturSkill 2", Code = "FS-02",
        Prefer = "return=representation" }.Code, "FS-02")
      equal(syfadis.get_training { set = set, id = made.Id }.Name, "FuturSkill 2")
      syfadis.archive_training { set = set, id = made.Id }
      test.truthy(syfadis.get_training { set = set, id = made.Id }.DeletedOn)
    end
    refused("argument", syfadis.create_training, { set = "Evaluations", Name = "x", LearningMode = 3 })
    refused("argument", syfadis.create_training, { set = "Trainings", Name = "x", Duration = { Lenght = 5 } })
    refused("not_found", syfadis.update_training, { set = "Trainings", id = 5, Name = "x" })
  end)

  it("have layouts and privileges", function()
    syfadis.set_my_trainings_page_data { TrainingId = 2686977, PageDataCode = "PAGE-SESSION" }
    syfadis.set_catalog_page_data { TrainingId = 2686977, PageDataCode = "PAGE-CATALOG" }
    same(twin.kept { what = "pages" }, { ["2686977/session"] = "PAGE-SESSION", ["2686977/catalog"] = "PAGE-CATALOG" })
    refused("rejected", syfadis.set_catalog_page_data, { TrainingId = 5, PageDataCode = "x" })
    local setters = {
      front = { user = syfadis.set_front_office_user_privilege, group = syfadis.set_front_office_group_privilege,
        domain = syfadis.set_front_office_domain_privilege },
      back = { user = syfadis.set_back_office_user_privilege, group = syfadis.set_back_office_group_privilege,
        domain = syfadis.set_back_office_domain_privilege },
    }
    for side, by_owner in pairs(setters) do
      for who, owner in pairs { user = GRACE, group = 2228224, domain = 163840 } do
        local set = by_owner[who]
        local params = { TrainingId = 2686977, OwnerId = owner, Privilege = syfadis.privilege.register, State = true }
        set(params)
        local key = ("2686977/%s/%s/%d/Register"):format(side, who, owner)
        equal(twin.kept { what = "privileges" }[key], true)
        params.State = false
        set(params)
        equal(twin.kept { what = "privileges" }[key], nil)
        params.OwnerId = 5
        refused("rejected", set, params)
        params.Privilege = "Registre"
        refused("argument", set, params)
      end
    end
  end)

  it("are rated and tracked", function()
    local params = { UserId = PIERRE, CatalogItemId = 51183616, Rate = 2 }
    syfadis.rate_catalog_item_for_user(params)
    local filter = odata.eq("CatalogItem/Id", 51183616)
    equal(#syfadis.list_item_ratings { filter = filter }:all(), 2)
    equal(syfadis.get_training { set = TRAINING, id = 51183616 }.GlobalRate, 3.0)
    params.Rate = 5
    syfadis.rate_catalog_item_for_user(params)
    local ratings = syfadis.list_item_ratings { filter = filter, select = { "User", "Rate" } }:all()
    same({ ratings[2].User.Name, ratings[2].Rate, #ratings }, { "Pierre Lambert", 5, 2 })
    equal(syfadis.get_training { set = TRAINING, id = 51183616 }.Rate5Count, 1)
    params.Rate = 6
    refused("argument", syfadis.rate_catalog_item_for_user, params)
    refused("rejected", syfadis.rate_catalog_item_for_user, { UserId = 5, CatalogItemId = 51183616, Rate = 1 })
    refused("rejected", syfadis.list_item_ratings, { filter = odata.eq("Rate", 5) })
    local views = syfadis.list_tracking_views { expand = odata.expand("User", { select = "Name" }),
      filter = odata.eq("Session/Code", "SESS_TEST"), select = { "Timestamp", "ActionType" } }
    same({ views.value[1].User.Name, views.value[1].ActionType, #views.value }, { "Grace Hopper", "View", 2 })
  end)
end)

test.run()
