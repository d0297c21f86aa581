-- SPDX-License-Identifier: MIT
-- The claims of an LTI 1.3 launch: made of a message (message.lua) by the platform, read and checked by the tool.
-- Source: LTI Core 1.3, "Required message claims" and "Optional message claims"; LTI Basic Outcomes 1.1 for the claim
-- that carries its service; OpenID Connect Core 1.0, "Standard Claims".

local json = require "beadle.json"

local M = {}

local LTI = "https://purl.imsglobal.org/spec/lti/claim/"
local OUTCOME = "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome"
local ROLE = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
local COURSE = "http://purl.imsglobal.org/vocab/lis/v2/course#"
local MESSAGE_TYPE, VERSION, LONGEST_ID = "LtiResourceLinkRequest", "1.3.0", 255

M.LTI, M.OUTCOME = LTI, OUTCOME

-- A short name such as Learner stands for that word of the LIS vocabulary.
local function in_vocabulary(word, vocabulary)
  return word:find ":" and word or vocabulary .. word
end

-- What is wrong with an id by "255 ASCII characters"; nil when nothing is.
function M.wrong_id(text)
  if type(text) ~= "string" or text == "" then
    return "must be a text"
  elseif #text > LONGEST_ID then
    return "must have at most 255 characters"
  elseif text:find "[^\32-\126]" then
    return "must be ASCII"
  end
end

local function filled(object)
  return object and next(object) ~= nil and object or nil
end

local function list_in(vocabulary, words)
  local list = json.array {}
  for i, word in ipairs(words) do
    list[i] = in_vocabulary(word, vocabulary)
  end
  return list
end

-- of(message, {issuer, client_id, deployment_id, target_link_uri, nonce, now, lifetime}) -> claims
function M.of(message, to)
  local user, context, consumer, show = message.user, message.context, message.consumer, message.presentation
  local custom = {}
  for _, pair in ipairs(message.custom) do
    custom[pair.name] = pair.value
  end
  local now = math.floor(to.now)
  return {
    iss = to.issuer, aud = to.client_id, sub = user.id, iat = now, exp = now + to.lifetime, nonce = to.nonce,
    given_name = user.given, family_name = user.family, name = user.full, email = user.email, locale = show.locale,
    [LTI .. "message_type"] = MESSAGE_TYPE, [LTI .. "version"] = VERSION,
    [LTI .. "deployment_id"] = to.deployment_id, [LTI .. "target_link_uri"] = to.target_link_uri,
    [LTI .. "resource_link"] = { id = message.resource_link.id, title = message.resource_link.title,
      description = message.resource_link.description },
    [LTI .. "roles"] = list_in(ROLE, message.roles),
    [LTI .. "context"] = context and { id = context.id, label = context.label, title = context.title,
      type = context.type and list_in(COURSE, { context.type }) or nil } or nil,
    [LTI .. "custom"] = filled(custom),
    [LTI .. "tool_platform"] = consumer and { guid = consumer.guid, name = consumer.name,
      product_family_code = consumer.family, version = consumer.version } or nil,
    [LTI .. "launch_presentation"] = filled { locale = show.locale, return_url = show.return_url,
      document_target = show.document_target, width = tonumber(show.width), height = tonumber(show.height) },
    [OUTCOME] = message.outcome and { lis_outcome_service_url = message.outcome.url,
      lis_result_sourcedid = message.outcome.sourcedid } or nil,
  }
end

-- ---------------------------------------------------------------------------------------------------
-- Reading

local function object(value)
  return type(value) == "table" and value or {}
end

local function text(value)
  return type(value) == "string" and value ~= "" and value or nil
end

local function texts(value)
  local list = {}
  for _, each in ipairs(object(value)) do
    list[#list + 1] = text(each)
  end
  return list
end

-- read(claims) -> launch, as verify.launch gives one, with version "1.3" and the claims.
function M.read(claims)
  local link, context, platform, show, outcome = object(claims[LTI .. "resource_link"]),
    claims[LTI .. "context"], claims[LTI .. "tool_platform"], object(claims[LTI .. "launch_presentation"]),
    object(claims[OUTCOME])
  local custom = {}
  for name, value in pairs(object(claims[LTI .. "custom"])) do
    custom[name] = type(value) == "string" and value or json.encode(value)
  end
  return {
    version = "1.3", claims = claims, custom = custom, ext = {}, roles = texts(claims[LTI .. "roles"]),
    issuer = claims.iss, deployment_id = claims[LTI .. "deployment_id"],
    target_link_uri = claims[LTI .. "target_link_uri"],
    user = { id = text(claims.sub), given = text(claims.given_name), family = text(claims.family_name),
      full = text(claims.name), email = text(claims.email) },
    resource_link = { id = text(link.id), title = text(link.title), description = text(link.description) },
    context = type(context) == "table" and { id = text(context.id), label = text(context.label),
      title = text(context.title), type = texts(context.type)[1] } or nil,
    consumer = type(platform) == "table" and { guid = text(platform.guid), name = text(platform.name),
      family = text(platform.product_family_code), version = text(platform.version) } or nil,
    presentation = { locale = text(show.locale) or text(claims.locale), return_url = text(show.return_url),
      document_target = text(show.document_target) },
    outcome = text(outcome.lis_outcome_service_url) and text(outcome.lis_result_sourcedid)
      and { url = outcome.lis_outcome_service_url, sourcedid = outcome.lis_result_sourcedid } or nil,
  }
end

local function known(list, value)
  for _, each in ipairs(list) do
    if each == value then
      return true
    end
  end
  return false
end

local function wrong(reason, claim, given, expected)
  return reason, { claim = claim, given = given, expected = expected }
end

-- wrong(claims, {client_id, deployment_ids, target_link_uri}) -> reason, detail {claim, given, expected}; nil when
-- nothing is. The signature and the claims of OIDC were checked before. Without target_link_uri it may be any.
function M.wrong(claims, to)
  local deployment, link = claims[LTI .. "deployment_id"], claims[LTI .. "resource_link"]
  local target, roles = claims[LTI .. "target_link_uri"], claims[LTI .. "roles"]
  if claims[LTI .. "message_type"] ~= MESSAGE_TYPE then
    return wrong("wrong_message_type", LTI .. "message_type", claims[LTI .. "message_type"], MESSAGE_TYPE)
  elseif claims[LTI .. "version"] ~= VERSION then
    return wrong("wrong_lti_version", LTI .. "version", claims[LTI .. "version"], VERSION)
  elseif M.wrong_id(deployment) then
    return wrong("missing_claim", LTI .. "deployment_id")
  elseif to.deployment_ids and not known(to.deployment_ids, deployment) then
    return wrong("unknown_deployment", LTI .. "deployment_id", deployment)
  elseif not text(target) then
    return wrong("missing_claim", LTI .. "target_link_uri")
  elseif to.target_link_uri and target ~= to.target_link_uri then
    return wrong("wrong_target_link_uri", LTI .. "target_link_uri", target, to.target_link_uri)
  elseif not text(object(link).id) then
    return wrong("missing_claim", LTI .. "resource_link")
  elseif type(roles) ~= "table" then
    return wrong("missing_claim", LTI .. "roles")
  elseif claims.sub ~= nil and M.wrong_id(claims.sub) then
    return wrong("malformed_claim", "sub")
  end
  return nil
end

return M
