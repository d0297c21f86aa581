-- SPDX-License-Identifier: MIT
-- A tool's check of a launch by LTI 1.1.
--
-- launch(request | fields, options) -> launch; or nil, reason, detail
--   request   of http.serve; or its form's fields, a list of {name, value} or a map, with options.url
--   lookup    function(key) -> the consumer's secret, or nil
--   nonces    a store of lti.nonces; false where a replay does no harm
--   window    seconds that a timestamp may be off, 300;  now  seconds since 1970;  url  the address as the consumer
--             knows it, where it is not the request's
-- A launch has key, user {id, given, family, full, email}, roles (list), resource_link {id, title, description},
-- context {id, type, label, title}, custom (name -> value, without "custom_"), outcome {url, sourcedid} or nil,
-- presentation {locale, return_url, ...}, consumer {guid, name, family, version}, version ("1.1"), fields (map).
-- Reasons are those of oauth1.verify, and wrong_http_method, wrong_content_type, missing_fields, wrong_message_type,
-- wrong_lti_version, missing_parameter, duplicate_parameter. docs/lti.md has them all.
-- Source: LTI Implementation Guide 1.1, "Basic Launch Data"; the window is our assumption.

local forms = require "beadle.lti.forms"
local message = require "beadle.lti.message"
local oauth1 = require "beadle.lti.oauth1"

local M = {}

local WHAT = "verify_launch"
local OPTIONS = { "lookup", "nonces", "window", "now", "url" }

local function section(map, names)
  local result
  for key, name in pairs(names) do
    if map[name] and map[name] ~= "" then
      result = result or {}
      result[key] = map[name]
    end
  end
  return result
end

local function split_roles(text)
  local roles = {}
  for role in (text or ""):gmatch "[^,]+" do
    roles[#roles + 1] = role:match "^%s*(.-)%s*$"
  end
  return roles
end

-- What a launch's fields say.
function M.read(map)
  local custom, ext = {}, {}
  for name, value in pairs(map) do
    local own, extension = name:match "^custom_(.+)$", name:match "^ext_(.+)$"
    if own then
      custom[own] = value
    elseif extension then
      ext[extension] = value
    end
  end
  return {
    version = "1.1", custom = custom, ext = ext, fields = map, roles = split_roles(map.roles),
    user = section(map, { id = "user_id", given = "lis_person_name_given", family = "lis_person_name_family",
      full = "lis_person_name_full", email = "lis_person_contact_email_primary" }) or {},
    resource_link = section(map, { id = "resource_link_id", title = "resource_link_title",
      description = "resource_link_description" }) or {},
    context = section(map, { id = "context_id", type = "context_type", label = "context_label",
      title = "context_title" }),
    outcome = map.lis_outcome_service_url and map.lis_result_sourcedid
      and { url = map.lis_outcome_service_url, sourcedid = map.lis_result_sourcedid } or nil,
    presentation = section(map, { locale = "launch_presentation_locale",
      return_url = "launch_presentation_return_url", document_target = "launch_presentation_document_target",
      width = "launch_presentation_width", height = "launch_presentation_height",
      css_url = "launch_presentation_css_url" }) or {},
    consumer = section(map, { guid = "tool_consumer_instance_guid", name = "tool_consumer_instance_name",
      family = "tool_consumer_info_product_family_code", version = "tool_consumer_info_version" }),
  }
end

-- What is wrong with the message itself, its signature aside: reason, detail; nil when nothing is.
function M.wrong_message(fields)
  local map, duplicate = forms.map(fields), forms.duplicate(fields)
  if duplicate then
    return "duplicate_parameter", { parameter = duplicate }
  elseif map.lti_message_type ~= "basic-lti-launch-request" then
    return map.lti_message_type and "wrong_message_type" or "missing_parameter",
      { parameter = "lti_message_type", given = map.lti_message_type, expected = "basic-lti-launch-request" }
  elseif map.lti_version ~= "LTI-1p0" then
    return map.lti_version and "wrong_lti_version" or "missing_parameter",
      { parameter = "lti_version", given = map.lti_version, expected = "LTI-1p0" }
  elseif (map.resource_link_id or "") == "" then
    return "missing_parameter", { parameter = "resource_link_id" }
  end
end

-- The form of a request; nil, reason, detail when it has none.
local function fields_of(given)
  if given.headers == nil or given.method == nil then
    return forms.list(given)
  elseif given.method ~= "POST" then
    return nil, "wrong_http_method", { given = given.method, expected = "POST" }
  end
  local kind = (given.headers["content-type"] or ""):match "^%s*([^;%s]*)"
  if kind:lower() ~= "application/x-www-form-urlencoded" then
    return nil, "wrong_content_type", { given = kind, expected = "application/x-www-form-urlencoded" }
  end
  local fields, why = forms.decode(given.body or "")
  if not fields then
    return nil, "malformed_form", { why = why }
  end
  return fields
end

function M.launch(given, options)
  if type(given) ~= "table" or type(options) ~= "table" then
    message.fail(WHAT, "it takes a request, or the fields of its form, and a table of options")
  end
  message.check_names(WHAT, options, OPTIONS)
  local url = options.url or given.method and given.url
  if not url then
    message.fail(WHAT, "url is required with fields: the address that the form was sent to is signed")
  end
  local fields, reason, detail = fields_of(given)
  if not fields then
    return nil, reason, detail
  elseif #fields == 0 then
    return nil, "missing_fields", {}
  end
  reason, detail = M.wrong_message(fields)
  if reason then
    return nil, reason, detail
  end
  local signed
  signed, reason, detail = oauth1.verify { method = "POST", url = url, fields = fields, lookup = options.lookup,
    nonces = options.nonces == nil and message.fail(WHAT, "nonces is required: a store of lti.nonces, or false")
      or options.nonces, window = options.window, now = options.now }
  if not signed then
    return nil, reason, detail
  end
  local launch = M.read(forms.map(fields))
  launch.key = signed.key
  return launch
end

return M
