-- SPDX-License-Identifier: MIT
-- The entities of the simulated Syfadis: kept, changed, and answered as an OData service answers them.

local json = require "beadle.json"
local query = require "beadle.twin.syfadis.query"
local schema = require "beadle.twin.syfadis.schema"

local M = {}

-- refuse(status, message, ...): ends the request with an error answer.
function M.refuse(status, message, ...)
  error({ refused = true, status = status, message = message:format(...) }, 0)
end
local refuse = M.refuse

local BY = { Id = 0, Name = "Superviseur", TypeAlias = json.null, ExternalId = json.null, TypeName = json.null }

local function stamp(twin)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", math.floor(twin.now()))
end

-- The catalogue's fields of a set by name, those that an entity shows by itself in their order.
local function fields_of(twin, set)
  twin.fields_by_set = twin.fields_by_set or {}
  local known = twin.fields_by_set[set]
  if known then
    return known
  end
  known = { list = {} }
  for _, each in ipairs(twin.vendor.tables) do
    if each.name == (schema.table_of[set] or set) then
      known.list = each.fields
    end
  end
  for _, field in ipairs(known.list) do
    known[field.name] = field
  end
  twin.fields_by_set[set] = known
  return known
end

-- ---------------------------------------------------------------------------------------------------
-- Records

function M.set_of(twin, set)
  return twin.state.sets[set] or refuse(twin.state.settings.unknown_set_status, "there is no set %s", set)
end

-- The record of that id; one that was archived only where the caller wants it.
function M.get(twin, set, id)
  return M.set_of(twin, set)[id] or refuse(404, "Enregistrement inexistant: %s(%s)", set, tostring(id))
end

function M.active(twin, set, id)
  local record = M.get(twin, set, id)
  if record.values.DeletedOn ~= json.null and record.values.DeletedOn ~= nil then
    refuse(404, "Enregistrement archivé: %s(%d)", set, id)
  end
  return record
end

local function ids_of(records)
  local ids = {}
  for id in pairs(records) do
    ids[#ids + 1] = id
  end
  table.sort(ids)
  return ids
end

-- The first record that fits, by id.
function M.find(twin, set, fits)
  local records = M.set_of(twin, set)
  for _, id in ipairs(ids_of(records)) do
    if fits(records[id]) then
      return records[id]
    end
  end
end

local function default_of(field)
  if field.type == "boolean" then
    return false
  elseif field.type == "enumeration" then
    local choices = field.enumeration and field.enumeration.choices
    return choices and choices[1].value or "None"
  end
  return json.null
end

-- A new record with every property of its table; `values` and `links` as given.
function M.add(twin, set, values, links)
  local record = { set = set, values = {}, links = links or {} }
  local navigation = schema.navigation[set] or {}
  for _, field in ipairs(fields_of(twin, set).list) do
    if not navigation[field.name] then
      record.values[field.name] = default_of(field)
    end
  end
  if record.values.CreatedBy ~= nil then
    record.values.CreatedBy, record.values.CreatedOn = BY, stamp(twin)
  end
  for name, value in pairs(values) do
    record.values[name] = value
  end
  record.values.Id = values.Id or twin:next_id(set, schema.first_ids[set])
  twin.state.sets[set][record.values.Id] = record
  return record
end

function M.touch(twin, record)
  record.values.ModifiedOn, record.values.ModifiedBy = stamp(twin), BY
end

function M.archive(twin, record)
  record.values.DeletedOn = stamp(twin)
  M.touch(twin, record)
end

-- ---------------------------------------------------------------------------------------------------
-- What a body says

-- The name that an answer shows for an enumeration's value.
function M.enum_name(field, value)
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    if tostring(choice.number) == tostring(value) then
      return choice.value
    end
  end
  return tostring(value)
end

local function target_id(twin, name, target, link)
  local set, id = tostring(link):match "^([%w_]+)%((%d+)%)$"
  id = math.tointeger(tonumber(id or link))
  if set and set ~= target.set or not id then
    refuse(400, "%s must be bound to %s(id), not to %s", name, target.set, tostring(link))
  elseif not twin.state.sets[target.set][id] then
    refuse(400, "%s: there is no %s(%d)", name, target.set, id)
  end
  return id
end

local function bind(twin, record, name, target, value)
  if value == json.null then
    record.links[name] = nil
  elseif not target.many then
    record.links[name] = target_id(twin, name, target, type(value) == "table" and value[1] or value)
  else
    local ids = {}
    for i, link in ipairs(type(value) == "table" and value or { value }) do
      ids[i] = target_id(twin, name, target, link)
    end
    record.links[name] = ids
  end
end

-- Sets properties as a body gives them: "Name@odata.bind" links, enumerations by number or by name.
function M.apply(twin, record, rest)
  local fields, navigation = fields_of(twin, record.set), schema.navigation[record.set] or {}
  for name, value in pairs(rest or {}) do
    local plain = name:gsub("@odata%.bind$", "")
    local field = fields[plain]
    if navigation[plain] then
      bind(twin, record, plain, navigation[plain], value)
    elseif field and field.type == "enumeration" and value ~= json.null then
      record.values[plain] = M.enum_name(field, value)
    else
      record.values[plain] = value
    end
  end
  local values = record.values
  if record.set == "Users" then
    values.Name = ("%s %s"):format(tostring(values.FirstName), tostring(values.LastName))
    values.PrimaryDomainId = record.links.PrimaryDomain or json.null
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Navigation, for $filter and $expand

local function linked(twin, record, name)
  local target = schema.navigation[record.set] and schema.navigation[record.set][name]
  if not target then
    return nil
  end
  local list = {}
  if target.inverse then
    for _, id in ipairs(ids_of(twin.state.sets[target.set])) do
      local other = twin.state.sets[target.set][id]
      local link = other.links[target.inverse]
      for _, each in ipairs(type(link) == "table" and link or { link }) do
        list[#list + 1] = each == record.values.Id and other or nil
      end
    end
  else
    local link = record.links[name]
    for _, id in ipairs(type(link) == "table" and link or { link }) do
      list[#list + 1] = twin.state.sets[target.set][id]
    end
  end
  return list, target
end

local scope_of

local function missing(set, name)
  refuse(400, "Could not find a property named '%s' on type '%s'", name, set)
end

-- A property of a record by its path, and its field.
local function value_of(twin, record, path)
  local name, rest = path:match "^([^/]+)/?(.*)$"
  local list, target = linked(twin, record, name)
  if list and rest == "$count" then
    return #list
  elseif list and rest ~= "" and not target.many then
    if list[1] then
      return value_of(twin, list[1], rest)
    end
    return nil, fields_of(twin, target.set)[rest]
  elseif list then
    missing(record.set, path)
  end
  local value, field = record.values[name], fields_of(twin, record.set)[name]
  if value == nil and not field then
    missing(record.set, path)
  elseif rest ~= "" then
    value = type(value) == "table" and value[rest] or nil
    field = nil
  end
  if value == json.null then
    value = nil
  end
  return value, field
end

function scope_of(twin, record)
  local scope = {}
  function scope.value(path)
    return value_of(twin, record, path)
  end
  function scope.elements(path)
    local list = linked(twin, record, path) or missing(record.set, path)
    local scopes = {}
    for i, each in ipairs(list) do
      scopes[i] = scope_of(twin, each)
    end
    return scopes
  end
  function scope.named(name, outer)
    return { value = function(path)
      local inner = path:match("^" .. name .. "/(.+)$")
      return (inner and scope or outer).value(inner or path)
    end, elements = scope.elements }
  end
  return scope
end

-- ---------------------------------------------------------------------------------------------------
-- Answers

local render

local function chosen(records, twin, options)
  local tree, list = options.filter and query.filter(options.filter), {}
  for _, record in ipairs(records) do
    if not tree or query.truth(tree, scope_of(twin, record)) then
      list[#list + 1] = record
    end
  end
  if options.orderby then
    local orders, scopes, place = query.orderby(options.orderby), {}, {}
    for i, record in ipairs(list) do
      scopes[record], place[record] = scope_of(twin, record), i
    end
    table.sort(list, function(a, b)
      if query.before(orders, scopes[a], scopes[b]) then
        return true
      end
      return not query.before(orders, scopes[b], scopes[a]) and place[a] < place[b]
    end)
  end
  return list
end

local function slice(list, options)
  local skip, top = tonumber(options.skip) or 0, tonumber(options.top) or math.huge
  local part = {}
  for i = skip + 1, math.min(#list, skip + top) do
    part[#part + 1] = list[i]
  end
  return part
end

local function expand(twin, record, answer, item)
  local list, target = linked(twin, record, item.name)
  if not list then
    if type(record.values[item.name]) ~= "table" then
      missing(record.set, item.name)
    end
    answer[item.name] = record.values[item.name] -- a reference that is there anyway
    return
  end
  local rendered = json.array {}
  for _, each in ipairs(slice(chosen(list, twin, item.options), item.options)) do
    rendered[#rendered + 1] = render(twin, each, item.options)
  end
  answer[item.name] = target.many and rendered or rendered[1] or json.null
end

local function shown(twin, record, name)
  local value, field = record.values[name], fields_of(twin, record.set)[name]
  if twin.state.settings.enumerations == "numbers" and field and field.type == "enumeration" then
    for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
      value = choice.value == value and tostring(choice.number) or value
    end
  end
  return value
end

-- An entity as JSON has it; options are texts by the name behind "$".
function render(twin, record, options)
  local answer, names = {}, options.select and query.select(options.select)
  if not names or names[1] == "*" then
    names = {}
    for name in pairs(record.values) do
      names[#names + 1] = name
    end
  end
  for _, name in ipairs(names) do
    local navigation = schema.navigation[record.set] and schema.navigation[record.set][name]
    if record.values[name] == nil and not navigation then
      missing(record.set, name)
    end
    answer[name] = shown(twin, record, name)
  end
  for _, item in ipairs(options.expand and query.expand(options.expand) or {}) do
    expand(twin, record, answer, item)
  end
  return answer
end

M.render = render

local ORDER = { "@odata.context", "@odata.count", "Id", "Name", "FirstName", "LastName", "Code", "ExternalId", "value",
  "@odata.nextLink" }

function M.json(twin, status, value)
  local answer = twin.answer_json(status, value, ORDER)
  answer.headers["Content-Type"] = "application/json; odata.metadata=minimal"
  answer.headers["OData-Version"] = "4.0"
  return answer
end

function M.context(request, what)
  return ("%s/odata-api/$metadata#%s"):format(request.url:match "^(https?://[^/?]+)", what)
end

-- The options of a request by the name behind "$", undone of their encoding.
function M.options(twin, request)
  local options = {}
  for name, value in pairs(twin.fields(request.query)) do
    options[name:gsub("^%$", "")] = value
  end
  return options
end

function M.entity(twin, request, status, record)
  local answer = render(twin, record, M.options(twin, request))
  answer["@odata.context"] = M.context(request, record.set .. "/$entity")
  return M.json(twin, status, answer)
end

-- What follows a page: the same request, from there on.
local function next_link(request, options, sent)
  local odata = require "beadle.odata"
  local parts = {}
  for _, name in ipairs { "filter", "select", "expand", "orderby", "top", "skip", "count" } do
    parts[#parts + 1] = options[name] and ("$%s=%s"):format(name, odata.encode(options[name]))
  end
  parts[#parts + 1] = "$skiptoken=" .. sent
  return request.url:match "^[^?]*" .. "?" .. table.concat(parts, "&")
end

-- A list as the request wants it, one page of it.
function M.list(twin, request, set)
  local options, records, list = M.options(twin, request), M.set_of(twin, set), {}
  for _, id in ipairs(ids_of(records)) do
    local deleted = records[id].values.DeletedOn
    if deleted == nil or deleted == json.null or twin.state.settings.list_archived then
      list[#list + 1] = records[id]
    end
  end
  list = chosen(list, twin, options)
  local count = #list
  list = slice(list, options)
  local from, size = tonumber(options.skiptoken) or 0, twin.state.settings.page_size
  local page = json.array {}
  for i = from + 1, math.min(#list, from + size) do
    page[#page + 1] = render(twin, list[i], options)
  end
  local answer = { ["@odata.context"] = M.context(request, set), value = page }
  answer["@odata.count"] = options.count == "true" and count or nil
  answer["@odata.nextLink"] = from + #page < #list and next_link(request, options, from + #page) or nil
  return M.json(twin, 200, answer)
end

-- After a change: the entity where the request wants it, else nothing.
function M.changed(twin, request, record)
  M.touch(twin, record)
  if request.headers.prefer == "return=representation" or twin.state.settings.always_representation then
    local answer = M.entity(twin, request, 200, record)
    answer.headers["Preference-Applied"] = "return=representation"
    return answer
  end
  return M.nothing(twin)
end

function M.nothing(twin, status)
  return twin.answer(status or 204, "")
end

return M
