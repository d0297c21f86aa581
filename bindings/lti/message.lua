-- SPDX-License-Identifier: MIT
-- What a launch says, whichever version of LTI carries it: who, from where, for what, with which parameters. Read
-- from the options of lti.launch_form and of a platform's launches, and checked before anything is made of it.
--
-- read(options, what) -> message:
--   vendor, operation, profile    when the launch is of an operation of the catalogue, whose record says which
--                                 parameters LTI carries by itself and under which name
--   custom         list of {name, value}, texts, names without "custom_"
--   user           {id, given, family, full, email}      resource_link {id, title, description}
--   context        {id, type, label, title} or nil       roles   list of texts
--   outcome        {url, sourcedid} or nil               presentation {locale, return_url, document_target, ...}
--   consumer       {guid, name, family, version} or nil  ext     list of {name, value}
-- Source: LTI Implementation Guide 1.1, "Basic Launch Data"; LTI Core 1.3, "Required and optional message claims".

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"

local M = {}

-- The options by which a launch is described; those of a function's own come beside them.
M.options = {
  "operation", "params", "profile", "user", "resource_link_id", "resource_link_title", "resource_link_description",
  "context", "roles", "outcome", "return_url", "locale", "document_target", "css_url", "width", "height", "consumer",
  "custom", "ext",
}

local MEMBERS = {
  user = { "id", "given", "family", "full", "email" },
  context = { "id", "type", "label", "title" },
  outcome = { "url", "sourcedid" },
  consumer = { "guid", "name", "family", "version" },
}

-- The member of `user` that a field of LTI 1.1 says.
local USER_OF = {
  user_id = "id", lis_person_name_given = "given", lis_person_name_family = "family",
  lis_person_name_full = "full", lis_person_contact_email_primary = "email",
}

-- Raises an error of the caller's arguments.
function M.fail(what, message, hint)
  error(error_value.new { kind = "argument", operation = "lti." .. what, message = message, hint = hint,
    outcome = "none" }, 0)
end

-- Refuses names that are not known.
function M.check_names(what, given, known, prefix)
  local set = {}
  for _, name in ipairs(known) do
    set[name] = true
  end
  for name in pairs(given) do
    if not set[name] then
      local nearest = type(name) == "string" and catalogue.nearest(name, known)
      M.fail(what, ("there is no option \"%s%s\""):format(prefix or "", tostring(name)),
        nearest and ("Did you mean %s%s?"):format(prefix or "", nearest)
          or ("Known are: " .. table.concat(known, ", ") .. "."))
    end
  end
end

-- A text as it travels: numbers and booleans as LTI writes them; line breaks as a browser submits them (HTML,
-- "Constructing the entry list"). Raises when it is no text in UTF-8.
function M.text(what, name, value)
  if type(value) == "boolean" then
    return value and "1" or "0"
  elseif math.type(value) == "integer" then
    return tostring(value)
  elseif type(value) == "number" then
    return tostring(math.tointeger(value) or value)
  elseif type(value) ~= "string" then
    M.fail(what, ("%s must be a text, not a %s"):format(name, type(value)))
  elseif not utf8.len(value) then
    M.fail(what, ("%s is not in UTF-8"):format(name))
  elseif value:find "\0" then
    M.fail(what, ("%s holds a NUL byte"):format(name))
  end
  return (value:gsub("\r\n?", "\n"):gsub("\n", "\r\n"))
end

local function optional(what, name, value)
  return value ~= nil and M.text(what, name, value) or nil
end

local function table_of(what, options, name)
  local given = options[name]
  if given == nil then
    return nil
  elseif type(given) ~= "table" then
    M.fail(what, ("%s must be a table, not a %s"):format(name, type(given)))
  end
  M.check_names(what, given, MEMBERS[name], name .. ".")
  local result = {}
  for key, value in pairs(given) do
    result[key] = M.text(what, name .. "." .. key, value)
  end
  return result
end

-- A map name -> value as a list by name, so that the same launch is the same bytes.
local function sorted_pairs(what, options, name)
  local list, given = {}, options[name] or {}
  if type(given) ~= "table" then
    M.fail(what, ("%s must be a table, not a %s"):format(name, type(given)))
  end
  for key, value in pairs(given) do
    if type(key) ~= "string" or key == "" then
      M.fail(what, ("%s must be a table of names and values"):format(name))
    end
    list[#list + 1] = { name = key, value = M.text(what, name .. "." .. key, value) }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

local function roles_of(what, options)
  local given = options.roles or "Learner"
  local roles = {}
  if type(given) == "string" then
    for role in given:gmatch "[^,]+" do
      roles[#roles + 1] = role:match "^%s*(.-)%s*$"
    end
  elseif type(given) == "table" then
    for i, role in ipairs(given) do
      roles[i] = M.text(what, "roles", role)
    end
  else
    M.fail(what, ("roles must be a list, or a text with commas, not a %s"):format(type(given)))
  end
  return roles
end

local function check_outcome(what, outcome)
  if not outcome then
    return nil
  elseif not outcome.url or not outcome.sourcedid then
    M.fail(what, "outcome needs both url, where the tool sends grades, and sourcedid, which says whose they are")
  elseif not outcome.url:find "^https?://[^/]" then
    M.fail(what, "outcome.url must be an address that begins with http:// or https://")
  end
  return outcome
end

-- ---------------------------------------------------------------------------------------------------
-- Operations of the catalogue

-- The function of an operation, given itself or by its name.
local function function_of(what, options)
  local operation = options.operation
  if type(operation) == "function" then
    return operation
  elseif type(operation) ~= "string" then
    M.fail(what, ("operation must be a function of a vendor or its name, not a %s"):format(type(operation)))
  end
  local vendor, name = operation:match "^([%w_]+)%.([%w_]+)$"
  if not vendor then
    M.fail(what, ("\"%s\" is no name of an operation"):format(operation), "Names are written vendor.operation.")
  end
  catalogue.describe(vendor) -- raises when there is no such vendor
  local module = require("beadle." .. vendor)
  return (options.profile and module.client { profile = options.profile } or module)[name]
end

local function find_operation(vendor, name)
  for _, operation in ipairs(vendor.operations) do
    if operation.name == name then
      return operation
    end
  end
end

-- The operation of a launch, its vendor's record included; raises when it cannot be launched.
function M.operation(what, options)
  local fn = function_of(what, options)
  local about = catalogue.about(fn)
  local vendor = catalogue.describe(about.vendor)
  local operation = find_operation(vendor, about.operation)
  if not vendor.lti then
    M.fail(what, ("%s takes no launches by LTI"):format(vendor.title))
  elseif operation.name == vendor.token_operation then
    M.fail(what, ("%s cannot be launched: an LTI launch signs in by itself"):format(operation.full_name))
  end
  return { fn = fn, record = operation, vendor = vendor, profile = options.profile or about.profile }
end

-- The parameters of the call: those given, and those that the user's data say. A browser waits for a page, so the
-- answer that is a redirect is asked for unless the caller says otherwise.
local function params_of(what, options, operation, user)
  local params = {}
  if type(options.params or {}) ~= "table" then
    M.fail(what, ("params must be a table, not a %s"):format(type(options.params)))
  end
  for name, value in pairs(options.params or {}) do
    params[name] = value
  end
  for _, param in ipairs(operation.record.params) do
    local said = param.lti_carries and user[USER_OF[param.lti] or ""]
    if said and params[param.name] ~= nil and params[param.name] ~= said then
      M.fail(what, ("user.%s and params.%s differ"):format(USER_OF[param.lti], param.name),
        "They are the same thing: give one of them.")
    elseif said then
      params[param.name] = said
    end
  end
  for _, answer in ipairs(operation.record.answers) do
    if answer.kind == "redirect" and answer.when and params[answer.when] == nil then
      params[answer.when] = true
    end
  end
  return params
end

-- What the call would send. Where something is missing, the error says how a launch gives it.
local function checked_form(operation, params)
  local ok, form = pcall(catalogue.form_of, operation.fn, params)
  if ok then
    return form
  end
  local ways = {}
  for _, param in ipairs(operation.record.params) do
    if param.lti_carries and params[param.name] == nil then
      ways[#ways + 1] = ("user.%s is %s"):format(USER_OF[param.lti], param.name)
    end
  end
  if #ways > 0 and type(form) == "table" and form.kind == "argument" then
    form.hint = ("In a launch, %s. %s"):format(table.concat(ways, ", "), form.hint or "")
  end
  return error(form, 0)
end

-- Splits what a call would send: what LTI carries goes to the user, all else is custom.
local function take_operation(what, options, message)
  local operation = M.operation(what, options)
  local user = message.user
  message.operation, message.vendor, message.profile = operation.record.full_name, operation.vendor, operation.profile
  for _, field in ipairs(checked_form(operation, params_of(what, options, operation, user))) do
    local text = M.text(what, "params." .. field.name, field.text)
    if field.carried then
      user[USER_OF[field.lti]] = text
    else
      table.insert(message.custom, { name = field.name, value = text })
    end
  end
end

-- ---------------------------------------------------------------------------------------------------

-- Own custom parameters may not stand for those of the operation: two values of one name are two requests.
local function add_custom(what, message, own)
  local taken = {}
  for _, param in ipairs(message.vendor and find_operation(message.vendor,
    message.operation:match "%.(.*)$").params or {}) do
    taken[param.name] = true
  end
  for _, pair in ipairs(own) do
    if taken[pair.name] then
      M.fail(what, ("custom.%s is a parameter of %s"):format(pair.name, message.operation), "Give it in params.")
    end
    table.insert(message.custom, pair)
  end
end

function M.read(options, what)
  local message = {
    user = table_of(what, options, "user") or {}, context = table_of(what, options, "context"),
    roles = roles_of(what, options), outcome = check_outcome(what, table_of(what, options, "outcome")),
    consumer = table_of(what, options, "consumer"), custom = {}, ext = sorted_pairs(what, options, "ext"),
    presentation = {},
  }
  for _, name in ipairs { "return_url", "locale", "document_target", "css_url", "width", "height" } do
    message.presentation[name] = optional(what, name, options[name])
  end
  if options.operation ~= nil then
    take_operation(what, options, message)
  elseif options.params ~= nil then
    M.fail(what, "params are those of an operation, and none is named",
      "Name it as operation, or give parameters of a tool of your own as custom.")
  end
  add_custom(what, message, sorted_pairs(what, options, "custom"))
  message.resource_link = {
    id = optional(what, "resource_link_id", options.resource_link_id) or message.operation,
    title = optional(what, "resource_link_title", options.resource_link_title),
    description = optional(what, "resource_link_description", options.resource_link_description),
  }
  if not message.resource_link.id then
    M.fail(what, "resource_link_id is required: it says which link of the course was followed")
  end
  return message
end

return M
