-- SPDX-License-Identifier: MIT
-- Users, roles and permissions of the simulated ScoDoc.

local data = require "beadle.twin.scodoc.data"
local json = require "beadle.json"
local view = require "beadle.twin.scodoc.view"

local give, refuse = view.give, view.refuse

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Roles

-- The role of that name, to change it; or nil and the refusal.
local function open_role(twin, request, role_name)
  if not view.may_everywhere(twin, request) then
    return nil, refuse(twin, 403)
  end
  local role = view.find(twin.state.roles, "role_name", role_name)
  return role, not role and refuse(twin, 404, "rôle inexistant") or nil
end

local function unknown_permission(twin, names)
  for _, name in ipairs(names) do
    if not view.contains(data.permissions, name) then
      return refuse(twin, 404, ("permission inexistante: %s"):format(name))
    end
  end
end

-- In the vendor's order, each once.
local function in_order(names)
  local list = {}
  for _, name in ipairs(data.permissions) do
    list[#list + 1] = view.contains(names, name) and name or nil
  end
  return list
end

-- The names that a parameter holds, which may be one alone.
local function list_of(names)
  return type(names) == "table" and names or { names }
end

function M.roles(twin)
  return give(twin, view.map(view.all(twin.state.roles), view.role))
end

function M.role(twin, values)
  local role = view.find(twin.state.roles, "role_name", values.role_name)
  return role and give(twin, view.role(role)) or refuse(twin, 404, "rôle inexistant")
end

function M.role_add_permission(twin, values, request)
  local role, refused = open_role(twin, request, values.role_name)
  refused = refused or unknown_permission(twin, { values.perm_name })
  if refused then
    return refused
  elseif not view.contains(role.permissions, values.perm_name) then
    table.insert(role.permissions, values.perm_name)
  end
  return give(twin, view.role(role))
end

function M.role_remove_permission(twin, values, request)
  local role, refused = open_role(twin, request, values.role_name)
  refused = refused or unknown_permission(twin, { values.perm_name })
  if refused then
    return refused
  end
  local place = view.contains(role.permissions, values.perm_name)
  if place then
    table.remove(role.permissions, place)
  end
  return give(twin, view.role(role))
end

function M.role_create(twin, values, request)
  local names = list_of(values.permissions)
  if not view.may_everywhere(twin, request) then
    return refuse(twin, 403)
  elseif view.find(twin.state.roles, "role_name", values.role_name) then
    return refuse(twin, twin.state.settings.duplicate_status, "role_create: role already exists")
  end
  local refused = unknown_permission(twin, names)
  if refused then
    return refused
  end
  local id = twin:next_id("role", 0)
  twin.state.roles[id] = { id = id, role_name = values.role_name, permissions = in_order(names) }
  return give(twin, view.role(twin.state.roles[id]))
end

function M.role_delete(twin, values, request)
  local role, refused = open_role(twin, request, values.role_name)
  if not role then
    return refused
  end
  for _, user in pairs(twin.state.users) do
    for index = #user.roles, 1, -1 do
      if user.roles[index].role == role.role_name then
        table.remove(user.roles, index)
      end
    end
  end
  twin.state.roles[role.id] = nil
  return view.deleted(twin)
end

local function rename_role(twin, role, name)
  for _, user in pairs(twin.state.users) do
    for _, held in ipairs(user.roles) do
      held.role = held.role == role.role_name and name or held.role
    end
  end
  role.role_name = name
end

function M.role_edit(twin, values, request)
  local role, refused = open_role(twin, request, values.role_name)
  refused = refused or values.permissions and unknown_permission(twin, list_of(values.permissions))
  if refused then
    return refused
  end
  local other = values.name and view.find(twin.state.roles, "role_name", values.name)
  if other and other ~= role then
    return refuse(twin, twin.state.settings.duplicate_status, "role_edit: role name already exists")
  end
  rename_role(twin, role, values.name or role.role_name)
  role.permissions = values.permissions and in_order(list_of(values.permissions)) or role.permissions
  return give(twin, view.role(role))
end

function M.permissions(twin)
  return give(twin, json.array { table.unpack(data.permissions) })
end

-- ---------------------------------------------------------------------------------------------------
-- Users

-- Whether the request may do what it wants with users of that department (an acronym or nil).
local function reaches(twin, request, acronym)
  if request.dept and request.dept.acronym ~= acronym then
    return false
  end
  return view.may(twin.state, request.user, request.permission, acronym or "all")
end

-- The user of that id; or nil and the refusal: those of other departments are not there.
local function get_user(twin, request, id)
  local user = twin.state.users[id]
  if user and reaches(twin, request, user.dept) then
    return user
  end
  return nil, refuse(twin, 404, "user not found")
end

local function no_departement(twin, acronym)
  if acronym and not view.find(twin.state.departements, "acronym", acronym) then
    return refuse(twin, 404, "département inexistant")
  end
end

local function timestamp(twin)
  return os.date("!%Y-%m-%dT%H:%M:%S.000000+00:00", math.floor(twin.now()))
end

function M.user(twin, values, request)
  local user, refused = get_user(twin, request, values.user_id)
  return user and give(twin, view.user(user)) or refused
end

function M.user_create(twin, values, request)
  if not values.user_name:match "^[%w@\\_%.%-]+$" then
    return refuse(twin, 404, "user_create: invalid user_name")
  elseif view.find(twin.state.users, "user_name", values.user_name) then
    return refuse(twin, twin.state.settings.duplicate_status,
      ("user_create: user %s already exists"):format(values.user_name))
  elseif not reaches(twin, request, values.dept) then
    return refuse(twin, 403, "user_create: departement non autorise")
  end
  local refused = no_departement(twin, values.dept)
  if refused then
    return refused
  end
  local id = twin:next_id("user", 0)
  local user = { id = id, user_name = values.user_name, nom = values.nom, prenom = values.prenom,
    dept = values.dept, active = values.active ~= false, email = "", roles = {}, date_created = timestamp(twin) }
  twin.state.users[id] = user
  return give(twin, view.user(user))
end

function M.users_query(twin, values, request)
  local start = (values.starts_with or ""):lower()
  return give(twin, view.map(view.all(twin.state.users, function(user)
    return reaches(twin, request, user.dept) and (not values.departement or user.dept == values.departement)
      and (not values.active or user.active) and user.nom:lower():sub(1, #start) == start
  end), view.user))
end

-- Whether a JSON member was sent as null; what is null is not among the values.
local function is_null(request, name)
  local ok, body = pcall(json.decode, request.body, { null = true })
  return ok and type(body) == "table" and body[name] == json.null
end

function M.user_edit(twin, values, request)
  local user, refused = get_user(twin, request, values.uid)
  refused = refused or no_departement(twin, values.dept)
  if refused then
    return refused
  elseif values.dept and not reaches(twin, request, values.dept) then
    return refuse(twin, 403, "user_edit: departement non autorise")
  end
  for _, name in ipairs { "dept", "nom", "prenom", "active" } do
    if values[name] ~= nil then
      user[name] = values[name]
    end
  end
  user.dept = not is_null(request, "dept") and user.dept or nil
  return give(twin, view.user(user))
end

function M.user_password(twin, values, request)
  local user, refused = get_user(twin, request, values.uid)
  if not user then
    return refused
  elseif #values.password < twin.state.settings.password_min or data.simple_passwords[values.password:lower()] then
    return refuse(twin, 400, "user_password: invalid password")
  end
  user.password, user.date_modif_passwd = values.password, timestamp(twin)
  return give(twin, view.user(user))
end

-- The user and the place of the role among the user's, to change it; or nil and the refusal.
local function open_user_role(twin, request, values)
  local user, refused = get_user(twin, request, values.uid)
  refused = refused or no_departement(twin, values.dept_acronym)
  if not refused and not view.find(twin.state.roles, "role_name", values.role_name) then
    refused = refuse(twin, 404, "rôle inexistant")
  elseif not refused and not reaches(twin, request, values.dept_acronym) then
    refused = refuse(twin, 403)
  end
  if refused then
    return nil, refused
  end
  for place, held in ipairs(user.roles) do
    if held.role == values.role_name and held.dept == values.dept_acronym then
      return user, nil, place
    end
  end
  return user
end

function M.user_role_add(twin, values, request)
  local user, refused, place = open_user_role(twin, request, values)
  if not user then
    return refused
  elseif not place then
    table.insert(user.roles, { role = values.role_name, dept = values.dept_acronym })
  end
  return give(twin, view.user(user))
end

function M.user_role_remove(twin, values, request)
  local user, refused, place = open_user_role(twin, request, values)
  if not user then
    return refused
  elseif place then
    table.remove(user.roles, place)
  end
  return give(twin, view.user(user))
end

return M
