-- SPDX-License-Identifier: MIT
-- The routes of a twin that follow from the catalogue: which operation a request is of, and its parameters, each
-- from the place where the catalogue puts it.
--
-- A twin that returns `operations` (name -> function(twin, values, request) -> answer) is routed here. It also
-- has
--   sign_in(twin, request, operation)  -> an answer for whoever is not signed in, or nil
--   own_query                          -> set of the names in the queries of links that it makes itself
--   refuse(twin, fault)                -> the vendor's answer for a request that the catalogue refuses; fault
--                                         has kind ("missing", "unknown", "wrong", "body"), name and text
-- Where a body may be given as a whole instead of its members, one that does not fit the members comes as a whole;
-- request.fault says why it does not fit.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local wire = require "beadle.sandbox.wire"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Paths

-- All ways to write a template with groups: a list of { path, flags }.
local function alternatives(template)
  local before, group, after = template:match "^(.-)%[(.-)%](.*)$"
  if not before then
    return { { path = template, flags = {} } }
  end
  local flag, chosen = group:match "^%?([^:]*):(.*)$"
  local list = {}
  for _, rest in ipairs(alternatives(after)) do
    list[#list + 1] = { path = before .. rest.path, flags = rest.flags }
    local flags = { flag, table.unpack(rest.flags) }
    list[#list + 1] = { path = before .. (chosen or group) .. rest.path, flags = flag and flags or rest.flags }
  end
  return list
end

-- The texts that parameters of a path may be, where the catalogue lists them: they tell routes apart.
local function choices_of(operation)
  local choices = {}
  for _, param in ipairs(operation.params) do
    if param.place == "path" and param.enumeration then
      choices[param.name] = {}
      for _, choice in ipairs(param.enumeration.choices) do
        choices[param.name][tostring(choice.value)] = true
      end
    end
  end
  return choices
end

local function compile(operation, alternative, prefix)
  local names = {}
  local literal = alternative.path:gsub("{([%w_]+)}", "")
  local expression = alternative.path:gsub("[%-%.%+%%%*%?%(%)]", "%%%0"):gsub("{([%w_]+)}", function(name)
    names[#names + 1] = name
    return "([^/]+)"
  end)
  prefix = prefix:gsub("[%-%.%+%%%*%?]", "%%%0")
  return { operation = operation, method = operation.method, names = names, flags = alternative.flags,
    expression = "^" .. prefix .. expression .. "$", weight = #literal, choices = choices_of(operation) }
end

-- The path of an address.
local function path_of(url)
  return url:match "^https?://[^/]+(.*)$"
end

-- Members that stand flat in a body beside the parameters: the tables that may list them, by the value of the
-- parameter that chooses among them, else under `all`.
local function rest_of(operation, tables)
  local params = {}
  for _, param in ipairs(operation.params) do
    params[param.name] = param
  end
  for _, param in ipairs(operation.params) do
    if param.rest and param.fields_of then
      local by_choice = { of = param.fields_of }
      for _, choice in ipairs(params[param.fields_of].enumeration.choices) do
        by_choice[choice.value] = tables[choice.table]
      end
      return by_choice
    elseif param.rest then
      return { all = tables[param.table] or param.fields }
    end
  end
end

local function free_of(operation)
  for _, param in ipairs(operation.params) do
    if param.flat and not param.rest then
      return param.name
    end
  end
end

-- Operations of one address know each other.
local function group(routes)
  local by_address = {}
  for _, route in ipairs(routes) do
    local address = { route.method, route.expression }
    for name in pairs(route.choices) do
      address[#address + 1] = route.operation.name .. name -- the path's choices tell them apart
    end
    address = table.concat(address, " ")
    local same = by_address[address] or {}
    same[#same + 1] = route
    by_address[address], route.same = same, same
  end
end

-- The routes of all operations that the twin answers, those with more literal text first.
function M.compile(vendor, handlers)
  local addresses, routes, tables = {}, {}, {}
  for _, each in ipairs(vendor.tables) do
    tables[each.name] = each.fields
  end
  for _, operation in ipairs(vendor.operations) do
    operation.rest, operation.free = rest_of(operation, tables), free_of(operation)
  end
  for _, setting in ipairs(vendor.settings) do
    addresses[setting.name] = setting.sandbox or setting.fallback
  end
  for _, operation in ipairs(vendor.operations) do
    if handlers[operation.name] and not operation.variant_of then
      for _, alternative in ipairs(alternatives(operation.path or "")) do
        routes[#routes + 1] = compile(operation, alternative, path_of(addresses[operation.endpoint]))
      end
    end
  end
  table.sort(routes, function(a, b)
    if a.weight ~= b.weight then
      return a.weight > b.weight
    elseif a.operation.name ~= b.operation.name then
      return a.operation.name < b.operation.name
    end
    return a.expression < b.expression
  end)
  group(routes)
  return routes
end

-- What a path holds at a route's placeholders; nil when the route is another's.
local function match(route, path)
  local texts = { path:match(route.expression) }
  if not texts[1] then
    return nil
  end
  local found = {}
  for i, name in ipairs(route.names) do
    found[name] = wire.decode(texts[i], true)
    if route.choices[name] and not route.choices[name][found[name]] then
      return nil
    end
  end
  return found
end

local function knows_members(operation, body)
  local names = {}
  for _, param in ipairs(operation.params) do
    names[param.name] = param.place == "json"
  end
  for name in pairs(body) do
    if not names[name] then
      return false
    end
  end
  return true
end

-- Of several operations at one address, the one that knows the members of the body.
local function told_apart(route, request)
  local ok, body = false, nil
  if #route.same > 1 and request.body ~= "" then
    ok, body = pcall(json.decode, request.body)
  end
  for _, each in ipairs(ok and type(body) == "table" and route.same or {}) do
    if knows_members(each.operation, body) then
      return each
    end
  end
  return route
end

-- The route of a request, and the texts that its path holds. Adds the methods that the path knows to `methods`.
function M.find(routes, request, methods, path)
  for _, route in ipairs(routes) do
    local found = match(route, path or request.path)
    if found and route.method == request.method then
      for _, flag in ipairs(route.flags) do
        found[flag] = "1"
      end
      return told_apart(route, request), found
    elseif found then
      methods[#methods + 1] = route.method
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Parameters

local function fault(kind, name, text)
  return { kind = kind, name = name, text = text }
end

-- The body as JSON; {} when there is none.
local function read_body(operation, request)
  local wanted
  for _, param in ipairs(operation.params) do
    wanted = wanted or param.place == "json" or param.place == "body"
  end
  if not wanted then
    return nil
  end
  local kind = (request.headers["content-type"] or ""):match "^[^; ]*"
  if request.body == "" then
    return {}
  elseif kind ~= "application/json" then
    return nil, fault("body", "Content-Type", ("the body must be application/json, not \"%s\""):format(kind))
  end
  local ok, value = pcall(json.decode, request.body, { null = true })
  if not ok then
    return nil, fault("body", "body", "the body is no JSON")
  end
  return value
end

local function take_texts(values, operation, place, fields)
  for _, param in ipairs(operation.params) do
    local text = param.place == place and fields[place == "header" and param.name:lower() or param.wire or param.name]
    if text then
      local value, must = catalogue.from_wire(operation.vendor, operation.name, param.name, text)
      if value == nil then
        return fault("wrong", param.name, ("%s must be %s"):format(param.name, must))
      end
      values[param.name] = value
    end
  end
end

-- The members that may stand flat in the body of this request.
local function rest_fields(operation, values)
  local rest = operation.rest
  return rest and (rest.all or rest[values[rest.of]])
end

local function unknown(operation, name, places, values)
  local known = {}
  for _, param in ipairs(operation.params) do
    if places[param.place] and not param.flat then
      known[#known + 1] = param.wire or param.name
      if known[#known] == name then
        return nil
      end
    end
  end
  for _, member in ipairs(places.json and rest_fields(operation, values) or {}) do
    known[#known + 1] = member.name
    if member.name == name or member.suffix and member.name .. member.suffix == name then
      return nil
    end
  end
  local nearest = catalogue.nearest(tostring(name), known)
  return fault("unknown", name, ("%s takes no \"%s\"%s"):format(operation.full_name, name,
    nearest and ("; did you mean %s?"):format(nearest) or ""))
end

-- A member that the operation knows; one of the rest goes among values.rest, where null says something.
local function take_member(values, operation, name, value)
  local own = false
  for _, param in ipairs(operation.params) do
    own = own or param.name == name
  end
  if own and value == json.null then
    return nil
  end
  local legal, why = catalogue.check_value(operation.vendor, operation.name, name, value,
    operation.rest and values[operation.rest.of])
  if not legal then
    return fault("wrong", name, why)
  end
  if own then
    values[name] = value
  else
    values.rest[name] = value
  end
end

local function take_json(values, operation, body, strict)
  if type(body) ~= "table" or json.is_array(body) then
    return fault("body", "body", "the body is no JSON object")
  end
  for name, value in pairs(body) do
    local problem = unknown(operation, name, { json = true }, values)
    if problem and operation.free and not strict then
      values[operation.free] = values[operation.free] or {}
      values[operation.free][name] = value
    elseif problem and strict then
      return problem
    elseif not problem then
      problem = take_member(values, operation, name, value)
      if problem then
        return problem
      end
    end
  end
end

local function take_whole(values, operation, body, param)
  local legal, why = catalogue.check_value(operation.vendor, operation.name, param.name, body)
  if not legal then
    return fault("wrong", param.name, why)
  end
  values[param.name] = body
end

-- Members that fit, or else the whole.
local function take_either(values, operation, request, body, whole, strict)
  local members = {}
  request.fault = take_json(members, operation, body, strict)
  if request.fault then
    return take_whole(values, operation, body, whole)
  end
  for name, value in pairs(members) do
    values[name] = value
  end
end

local function take_body(values, operation, request, body, strict)
  local whole, has_members
  for _, param in ipairs(operation.params) do
    whole = param.place == "body" and param or whole
    has_members = has_members or param.place == "json"
  end
  if whole and has_members then
    return take_either(values, operation, request, body, whole, strict)
  elseif whole then
    return take_whole(values, operation, body, whole)
  elseif has_members then
    values.rest = operation.rest and {}
    return take_json(values, operation, body, strict)
  end
end

local function unknown_query(operation, query, own)
  local fixed = wire.fields(operation.fixed_query)
  for name in pairs(query) do
    local problem = unknown(operation, name, { query = true })
    if problem and not own[name] and not fixed[name] then
      return problem
    end
  end
end

local function missing(operation, values)
  for _, param in ipairs(operation.params) do
    local own = next(values.rest or {}) ~= nil or next(values[operation.free] or {}) ~= nil
    if param.rest and param.required and not own then
      return fault("missing", param.name, "the body says nothing")
    elseif param.required and not param.rest and values[param.name] == nil and not param.fallback then
      return fault("missing", param.name, param.name .. " is required")
    end
  end
end

-- The typed parameters of a request, or nil and what is wrong with it.
function M.read(operation, request, in_path, strict, own_query)
  local values, query = {}, wire.fields(request.query)
  local problem = take_texts(values, operation, "path", in_path) or take_texts(values, operation, "aside", in_path)
    or take_texts(values, operation, "query", query) or take_texts(values, operation, "header", request.headers)
    or take_texts(values, operation, "form", wire.fields(request.body))
    or strict and unknown_query(operation, query, own_query or {})
  if problem then
    return nil, problem
  end
  local body
  body, problem = read_body(operation, request)
  problem = problem or body ~= nil and take_body(values, operation, request, body, strict)
    or missing(operation, values) or wire.broken_rule(operation, values, true)
  if problem then
    return nil, problem
  end
  return values
end

-- Answers a request that a route was found for.
function M.answer(twin, route, in_path, request)
  local code, operation = twin.code, route.operation
  local refused = code.sign_in(twin, request, operation)
  if refused then
    return refused
  end
  local values, problem = M.read(operation, request, in_path, twin.state.settings.strict, code.own_query)
  if not values then
    return code.refuse(twin, problem)
  end
  return code.operations[operation.name](twin, values, request)
end

return M
