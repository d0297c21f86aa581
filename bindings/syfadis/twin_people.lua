-- SPDX-License-Identifier: MIT
-- Users and groups of the simulated Syfadis.

local json = require "beadle.json"
local store = require "beadle.twin.syfadis.store"

local M = {}

local function check_login(twin, login, own_id)
  if login == nil or login == json.null or login == "" or not twin.state.settings.login_unique then
    return
  end
  local other = store.find(twin, "Users", function(record) return record.values.Login == login end)
  if other and other.values.Id ~= own_id then
    store.refuse(400, "Erreur technique ou fonctionnelle : l'identifiant de connexion existe déjà")
  end
end

-- The parameters of a creation that are properties too.
local function with_own(values, names)
  local all = {}
  for name, value in pairs(values.rest or {}) do
    all[name] = value
  end
  for name, value in pairs(values.extra or {}) do
    all[name] = value
  end
  for _, name in ipairs(names) do
    all[name] = values[name]
  end
  return all
end
M.with_own = with_own

-- A creation that fails leaves nothing behind.
function M.create(twin, request, set, properties, links)
  local record = store.add(twin, set, {}, links)
  local ok, problem = pcall(store.apply, twin, record, properties)
  if not ok then
    twin.state.sets[set][record.values.Id] = nil
    error(problem, 0)
  end
  return store.entity(twin, request, 201, record)
end

-- A change that fails changes nothing.
function M.update(twin, request, record, properties)
  local values, links = {}, {}
  for name, value in pairs(record.values) do
    values[name] = value
  end
  for name, value in pairs(record.links) do
    links[name] = value
  end
  local ok, problem = pcall(store.apply, twin, record, properties)
  if not ok then
    record.values, record.links = values, links
    error(problem, 0)
  end
  return store.changed(twin, request, record)
end

function M.archive(set_of)
  return function(twin, values)
    store.archive(twin, store.active(twin, set_of or values.set, values.id))
    return store.nothing(twin)
  end
end

function M.restore(set_of)
  return function(twin, values)
    local record = store.get(twin, set_of or values.set, values.id)
    if record.values.DeletedOn == json.null and not twin.state.settings.restore_active then
      store.refuse(400, "Erreur technique ou fonctionnelle : l'enregistrement n'est pas archivé")
    end
    record.values.DeletedOn = json.null
    store.touch(twin, record)
    return store.nothing(twin)
  end
end

function M.read(set_of)
  return function(twin, values, request)
    local get = twin.state.settings.archived_readable and store.get or store.active
    return store.entity(twin, request, 200, get(twin, set_of or values.set, values.id))
  end
end

function M.list(set_of)
  return function(twin, values, request)
    return store.list(twin, request, set_of or values.set)
  end
end

local operations = {
  list_users = M.list "Users", get_user = M.read "Users", archive_user = M.archive "Users",
  restore_user = M.restore "Users", list_groups = M.list(), get_group = M.read(), archive_group = M.archive(),
  restore_group = M.restore(),
}
M.operations = operations

function operations.get_user_property(twin, values, request)
  local record = store.get(twin, "Users", values.id)
  local answer = store.render(twin, record, { select = values.property })
  return store.json(twin, 200, { ["@odata.context"] = store.context(request,
    ("Users(%d)/%s"):format(values.id, values.property)), value = answer[values.property] })
end

function operations.create_user(twin, values, request)
  check_login(twin, values.Login)
  local answer = M.create(twin, request, "Users", with_own(values, { "FirstName", "LastName", "Login" }))
  if values.Password then
    twin.state.passwords[twin.state.ids.Users] = #values.Password
  end
  return answer
end

function operations.update_user(twin, values, request)
  local record = store.active(twin, "Users", values.id)
  check_login(twin, (values.rest or {}).Login, values.id)
  return M.update(twin, request, record, with_own(values, {}))
end

function operations.add_user_role(twin, values, request)
  store.active(twin, "Users", values.id)
  if not twin.state.sets.Roles[values.RoleId] or not twin.state.sets.Domains[values.DomainId] then
    store.refuse(400, "Erreur technique ou fonctionnelle : le rôle ou le domaine n'existe pas")
  end
  local record = store.add(twin, "UserRoles", {}, { User = values.id, Role = values.RoleId, Domain = values.DomainId })
  return store.entity(twin, request, 201, record)
end

function operations.remove_user_role(twin, values)
  local role = twin.state.sets.UserRoles[values.UserRoleId]
  if not role or role.links.User ~= values.id then
    store.refuse(404, "Enregistrement inexistant: UserRoles(%d)", values.UserRoleId)
  end
  twin.state.sets.UserRoles[values.UserRoleId] = nil
  return store.nothing(twin, twin.state.settings.unlisted_status)
end

-- Bytes come as a list of numbers; as a text of Base64 they are taken where the setting says so.
function M.size_of(twin, content)
  if type(content) == "table" then
    return #content
  elseif not twin.state.settings.base64_taken or content:find "[^%w+/=]" then
    store.refuse(400, "Erreur technique ou fonctionnelle : un tableau d'octets est attendu")
  end
  return #content:gsub("=", "") * 3 // 4
end

function operations.set_user_picture(twin, values)
  local record = store.active(twin, "Users", values.id)
  twin.state.pictures[values.id] = M.size_of(twin, values.ImageContent)
  record.values.CompletePictureUrl = ("/Files/Applications/9797632/Pictures/%d/portrait.png"):format(values.id)
  store.touch(twin, record)
  return store.nothing(twin)
end

function operations.create_group(twin, values, request)
  return M.create(twin, request, values.set, with_own(values, { "Name" }))
end

function operations.update_group(twin, values, request)
  return M.update(twin, request, store.active(twin, values.set, values.id), with_own(values, {}))
end

return M
