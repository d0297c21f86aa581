-- SPDX-License-Identifier: MIT
-- Enrols people in a training session of Syfadis; who has no account gets one.
--
--   beadle run scripts/syfadis-enrol.lua --session_id 2850818 --Login ada --FirstName Ada --LastName Lovelace
--   beadle run scripts/syfadis-enrol.lua --rows people.csv --session_id 2850818 --failed failed.csv
--
-- with a file such as
--
--   Login,ExternalId,Mail,FirstName,LastName
--   ada.lovelace,e-2001,ada.lovelace@example.org,Ada,Lovelace

local async = require "beadle.async"
local error_value = require "beadle.error"
local odata = require "beadle.odata"
local recipe = require "beadle.recipe"
local syfadis = require "beadle.syfadis"

local SESSIONS, TRAINEES = syfadis.session_set.training, syfadis.trainee_set.training
local IDENTIFIERS = { "Login", "ExternalId", "Mail" }

local function fail(message, ...)
  error(error_value.new { kind = "argument", message = message:format(...), outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Looking before creating

-- Runs act(...) while nobody else does anything under that key.
local under_way = {}

local function alone(key, act, ...)
  while under_way[key] do
    under_way[key]:wait()
  end
  local over = async.event()
  under_way[key] = over
  local _ <close> = setmetatable({}, { __close = function()
    under_way[key] = nil
    over:set()
  end })
  return act(...)
end

-- What look() finds; else what create() makes, and true. When the answer to create() is lost, another look tells
-- whether it was carried out; when it finds nothing, that is not known, for it may still be.
local function find_or_create(look, create)
  local found = look()
  if found then
    return found, false
  end
  local made, err = beadle.try(create)
  if not made and err.outcome == "unknown" then
    made = beadle.try(look)
  end
  return made or error(err, 0), true
end

-- ---------------------------------------------------------------------------------------------------
-- Users

-- An address as it is written, or in small letters, as it may be kept.
local function filter_of(name, value)
  if name == "Mail" then
    return odata.any(odata.eq(name, value), odata.eq(name, value:lower()))
  end
  return odata.eq(name, value)
end

local function find_user_by(name, value)
  local users = syfadis.list_users { filter = filter_of(name, value), select = { "Id", "DeletedOn" }, top = 2 }.value
  if #users > 1 then
    fail("there are several users with this %s: %d, %d", name, users[1].Id, users[2].Id)
  elseif users[1] and users[1].DeletedOn then
    fail("the user with this %s is archived: %d", name, users[1].Id)
  end
  return users[1] and { id = users[1].Id, found_by = name }
end

-- The user whom the first of the identifiers names that names anybody.
local function find_user(row)
  for _, name in ipairs(IDENTIFIERS) do
    local user = row[name] and find_user_by(name, row[name])
    if user then
      return user
    end
  end
end

local function create_user(row)
  if not row.FirstName or not row.LastName then
    fail "there is no such user, and a new one needs FirstName and LastName"
  end
  local user = syfadis.create_user { FirstName = row.FirstName, LastName = row.LastName, Login = row.Login,
    Mail = row.Mail, ExternalId = row.ExternalId, PrimaryDomain = row.PrimaryDomain }
  return { id = user.Id }
end

-- ---------------------------------------------------------------------------------------------------
-- Sessions and registrations

local function read_session(id)
  return syfadis.get_session { set = SESSIONS, id = id,
    select = { "Id", "Name", "UserCountMax", "AvailablePlaces", "IsCancelled", "DeletedOn" } }
end

-- Refuses before anybody is created for a session that takes nobody.
local function check_open(session)
  if session.DeletedOn or session.IsCancelled then
    fail("session %d is %s", session.Id, session.DeletedOn and "archived" or "cancelled")
  elseif session.AvailablePlaces and session.AvailablePlaces <= 0 then
    fail("session %d is full", session.Id)
  end
end

local function find_trainee(session_id, user_id)
  local filter = odata.all(odata.eq("TrainingSession/Id", session_id), odata.eq("User/Id", user_id))
  for trainee in syfadis.list_trainees { set = TRAINEES, filter = filter }:each() do
    if not trainee.DeletedOn and trainee.IsCancelled then
      fail("user %d is registered for session %d, but cancelled: registration %d", user_id, session_id, trainee.Id)
    elseif not trainee.DeletedOn then
      return trainee
    end
  end
end

-- Enrols who is not yet, one after the other in a session: nobody is created for a place that another row took.
local function enrol(row, context)
  check_open(read_session(row.session_id))
  local user, created = alone("users", find_or_create, function() return find_user(row) end,
    function() return create_user(row) end)
  if created then
    user.found_by = nil -- the second look may have found it
    context.did(("user %d created"):format(user.id))
  end
  local trainee, is_new = find_or_create(function() return find_trainee(row.session_id, user.id) end, function()
    return syfadis.register_trainee { set = TRAINEES, SessionId = row.session_id, UserId = user.id }
  end)
  return user, trainee, is_new
end

local function places_text(id)
  local session = beadle.try(read_session, id)
  if not session then
    return ("Session %d: how many places are left could not be read."):format(id)
  end
  local name = ("Session %d, %s"):format(id, session.Name)
  if not session.AvailablePlaces then
    return name .. ": places are not limited."
  end
  return ("%s: %d of %s places left."):format(name, session.AvailablePlaces, tostring(session.UserCountMax or "its"))
end

-- Sessions that a run is about, by its beginning, in order: those of rows that failed have places, too.
local sessions_of = {}

local function note_session(id, context)
  local run = context.started or 0
  local list = sessions_of[run] or {}
  sessions_of[run] = list
  for _, each in ipairs(list) do
    if each == id then
      return
    end
  end
  list[#list + 1] = id
end

local function check(row)
  if not (row.Login or row.ExternalId or row.Mail) then
    fail "give Login, ExternalId or Mail: one at least says who it is"
  end
end

return recipe {
  name = "syfadis-enrol",
  summary = "Enrols people in a training session, and makes accounts for those who have none",
  doc = "A user is looked for by Login, then by ExternalId, then by Mail, and stays as it is when it is there. Nobody "
    .. "is enrolled twice, however often this runs: it looks before it creates, and looks again when an answer was "
    .. "lost. A session without a place left, cancelled or archived takes nobody. A user without a Login cannot sign "
    .. "in.",
  params = {
    { name = "session_id", from = "syfadis.register_trainee.SessionId", doc = "id of the training session" },
    { from = "syfadis.create_user.Login" },
    { name = "ExternalId", doc = "the person's id in your own system" },
    { name = "Mail", type = "email", doc = "e-mail address" },
    { from = "syfadis.create_user.FirstName", required = false, doc = "first name, for who has no account yet" },
    { from = "syfadis.create_user.LastName", required = false, doc = "last name, for who has no account yet" },
    { name = "PrimaryDomain", type = "integer", doc = "id of the domain that a new user belongs to" },
  },
  columns = { "session_id", "Login", "ExternalId", "Mail", "user_id", "user", "trainee_id", "enrolment" },
  shown = { "session_id", "Login", "Mail", "user_id", "user", "trainee_id", "enrolment" },
  unique = { { "session_id", "Login" }, { "session_id", "ExternalId" }, { "session_id", "Mail" } },

  row = function(row, context)
    check(row)
    note_session(row.session_id, context)
    local user = find_user(row)
    local trainee, is_new = user and find_trainee(row.session_id, user.id), false
    if not trainee then
      user, trainee, is_new = alone(row.session_id, enrol, row, context)
    end
    return { session_id = row.session_id, Login = row.Login, ExternalId = row.ExternalId, Mail = row.Mail,
      user_id = user.id, user = user.found_by and "found by " .. user.found_by or "created", trainee_id = trainee.Id,
      enrolment = is_new and "enrolled" or "was enrolled already" }
  end,

  finish = function(_, context)
    local lines = {}
    for i, id in ipairs(sessions_of[context.started or 0] or {}) do
      lines[i] = places_text(id)
    end
    sessions_of[context.started or 0] = nil
    return table.concat(lines, "\n")
  end,
}
