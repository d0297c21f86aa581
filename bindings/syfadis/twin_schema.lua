-- SPDX-License-Identifier: MIT
-- How the entities of the simulated Syfadis hang together. A record is { values, links }: the values are what an
-- answer shows, the links are ids, of one entity or a list of them.

local M = {}

local function one(set)
  return { set = set }
end

local function many(set)
  return { set = set, many = true }
end

-- The entities of a set that link here by that name.
local function inverse(set, link)
  return { set = set, inverse = link, many = true }
end

M.group_sets = { "Domains", "Establishments", "Jobs", "Projects", "Structures", "Teams", "Localisations" }

M.navigation = {
  Users = { PrimaryDomain = one "Domains", Domains = many "Domains", Establishments = many "Establishments",
    Structures = many "Structures", Jobs = many "Jobs", Projects = many "Projects", Teams = many "Teams",
    UserRoles = inverse("UserRoles", "User"), SocialGroups = many "SocialGroups",
    DynamicGroups = many "DynamicGroups", TutorResource = one "TutorResources" },
  UserRoles = { User = one "Users", Role = one "Roles", Domain = one "Domains" },
  TrainingProviders = { PrimaryDomain = one "Domains" },
  TrainingSessions = { TrainingProvider = one "TrainingProviders", Manager = one "Users", Tutors = many "Users",
    Training = one "Trainings", PrimaryDomain = one "Domains", Localisations = one "Localisations" },
  EvaluationSessions = { Evaluation = one "Evaluations", PrimaryDomain = one "Domains", Evaluators = one "Users" },
  MeetingSessions = { TrainingSession = one "TrainingSessions", Localisation = one "Localisations",
    Rooms = many "Rooms" },
  TraineePresenceViews = { Trainee = one "Trainees", MeetingSession = one "MeetingSessions",
    ComponentRun = one "AbstractCourseComponentRuns" },
  Trainees = { TrainingSession = one "TrainingSessions", User = one "Users" },
  EvaluationTrainees = { EvaluationSession = one "EvaluationSessions", User = one "Users", Managers = one "Users" },
  Trainings = { Jobs = many "Jobs", PrimaryDomain = one "Domains", TrainingThemes = many "TrainingThemes",
    RequiredTrainings = many "Trainings", Manager = one "Users", EducationalManager = one "Users",
    TrainingProvider = one "TrainingProviders", TrainingProviders = many "TrainingProviders" },
  Evaluations = { Jobs = many "Jobs", PrimaryDomain = one "Domains" },
  TrackingViews = { User = one "Users", CorrectedUser = one "Users", Session = one "TrainingSessions",
    SocialGroup = one "SocialGroups", Post = one "Posts", Information = one "Informations",
    Conversation = one "Conversations", Contribution = one "Contributions", WikiPage = one "WikiPages",
    Examination = one "Examinations", Quiz = one "Quizzes", PracticalCase = one "PracticalCases" },
}

for _, set in ipairs(M.group_sets) do
  M.navigation[set] = { ["Parent" .. set:sub(1, -2)] = one(set), PrimaryDomain = one "Domains",
    Managers = many "Users", Members = set ~= "Localisations" and inverse("Users", set) or many "Users" }
end

-- The catalogue's table of a set, where it has another name.
M.table_of = { AbstractCourseComponentRuns = "AbstractCourseComponentRun" }

-- Every set that a request may name; its first id.
M.first_ids = {
  Users = 327679, UserRoles = 524289, Roles = 229377, Domains = 131071, Establishments = 393215, Jobs = 458751,
  Projects = 589823, Structures = 2228223, Teams = 655359, Localisations = 208797725, TrainingProviders = 720895,
  TrainingSessions = 2850817, EvaluationSessions = 2850815, MeetingSessions = 2311913487, TraineePresenceViews = 0,
  AbstractCourseComponentRuns = 10, Trainees = 2916355, EvaluationTrainees = 2916399, Trainings = 2686976,
  Evaluations = 753672, TrackingViews = 8000, ItemRatings = 9000, Rooms = 851967, TrainingThemes = 917503,
  SocialGroups = 983039, DynamicGroups = 1048575, TutorResources = 1114111, Posts = 1179647, Informations = 1245183,
  Conversations = 1310719, Contributions = 1376255, WikiPages = 1441791, Examinations = 1507327, Quizzes = 1572863,
  PracticalCases = 1638399,
}

return M
