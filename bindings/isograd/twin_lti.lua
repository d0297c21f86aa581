-- SPDX-License-Identifier: MIT
-- Launches by LTI, as the simulated Isograd takes them. One address, public/lti.php, receives three kinds of request,
-- which their fields tell apart: a launch of LTI 1.1, the beginning of one of LTI 1.3, and its id_token. All run the
-- actions of the API ("Isograd API", "LTI"; registration data from its two pictures). Settings:
--   lti_window     seconds that a timestamp may be off (300)
--   outcomes       grades are sent to the launch's outcome service when a test ends (true); at the real vendor it is
--                  off until its support turns it on
-- Our assumptions: a launch that is refused is answered with a page, HTTP 401 where who sends it is in question, else
-- 400. What LTI carries is read from there only: without it 105 names the parameter, and a custom parameter that
-- repeats it is refused (not strict: left out). The action's answer is as the API's, a redirect where it was asked for.

local dispatch = require "beadle.twin.isograd.dispatch"
local lti13 = require "beadle.twin.isograd.lti13"
local nonces = require "beadle.lti.nonces"
local refusal = require "beadle.twin.isograd.refusal"
local verify = require "beadle.lti.verify"
local wire = require "beadle.sandbox.wire"

local M = {}

-- Words for the reasons for which a launch is refused, as a page says them.
local REASONS = {
  unknown_key = "this consumer key is not known", bad_signature = "the signature is wrong",
  stale_timestamp = "the launch is too old", future_timestamp = "the launch comes from the future",
  replayed_nonce = "the launch was sent before",
}

-- Of these the sender may be whom it says it is.
local NOT_ABOUT_THE_SENDER = {
  missing_fields = true, wrong_message_type = true, wrong_lti_version = true, duplicate_parameter = true,
  missing_parameter = true, malformed_form = true,
}

local function page(twin, status, title, text)
  local answer = twin.answer_html(status, title, ("<p>%s</p>"):format(twin.escape_html(text)))
  answer.headers["Cache-Control"] = "no-store"
  return answer
end

-- The page for a launch that cannot be believed.
function M.refuse(twin, reason, detail)
  local text = REASONS[reason] or reason:gsub("_", " ")
  local what = detail and (detail.parameter or detail.claim)
  return page(twin, NOT_ABOUT_THE_SENDER[reason] and 400 or 401, "Launch refused",
    ("%s%s (%s)"):format(text, what and (": " .. what) or "", reason))
end

-- ---------------------------------------------------------------------------------------------------
-- The action of a launch

-- What a launch says of a user under the name that the catalogue has for it.
local function said(launch, field)
  local user = launch.user
  return ({ user_id = user.id, lis_person_name_given = user.given, lis_person_name_family = user.family,
    lis_person_contact_email_primary = user.email })[field]
end

-- The fields of the API's form that a launch stands for.
local function action_fields(twin, launch)
  local fields = {}
  for name, value in pairs(launch.custom) do
    fields[name] = value
  end
  local operation = fields.act_id and dispatch.operation(twin, fields.act_id)
  for _, param in ipairs(operation and operation.params or {}) do
    local value = param.lti and said(launch, param.lti)
    if param.lti_carries and fields[param.name] and twin.state.settings.strict then
      refusal.unlisted(("LTI carries %s: it must not be repeated as a custom parameter"):format(param.name))
    elseif param.lti_carries then
      fields[param.name] = value
    elseif param.lti then
      fields[param.name] = fields[param.name] or value
    end
  end
  return fields
end

-- Runs the action of a launch that was checked.
function M.perform(twin, request, launch)
  local ok, result, other = pcall(function()
    return dispatch.perform(twin, request, action_fields(twin, launch), launch)
  end)
  if not ok and refusal.is(result) then
    return page(twin, 400, result.code and ("Error %d"):format(result.code) or "Launch refused", result.message)
  elseif not ok then
    error(result, 0)
  end
  return other or dispatch.answer_result(twin, result)
end

-- ---------------------------------------------------------------------------------------------------
-- The three kinds

local function launch_1p1(twin, request, fields)
  local state = twin.state
  local launch, reason, detail = verify.launch(fields, { url = request.url, now = twin.now(),
    window = state.settings.lti_window, nonces = nonces.open { table = state.lti_nonces },
    lookup = function(key) return state.consumers[key] end })
  if not launch then
    return M.refuse(twin, reason, detail)
  end
  return M.perform(twin, request, launch)
end

local function list_of(text)
  local list = {}
  for i, pair in ipairs(wire.pairs_of(text) or {}) do
    list[i] = { pair.name, pair.value }
  end
  return list
end

local function map_of(list)
  local map = {}
  for _, pair in ipairs(list) do
    map[pair[1]] = pair[2]
  end
  return map
end

function M.receive(twin, request)
  local list = list_of(request.method == "POST" and request.body or request.query)
  local fields = map_of(list)
  if fields.id_token or fields.error and fields.state then
    return lti13.launch(twin, request, fields, M)
  elseif fields.iss and fields.login_hint then
    return lti13.begin(twin, request, fields, M)
  elseif fields.lti_message_type and request.method == "POST" then
    return launch_1p1(twin, request, list)
  end
  return page(twin, 400, "No launch", "This address takes launches by LTI 1.1 and 1.3, and this is none.")
end

-- What the twin's code says when the keys of a platform have come.
function M.resume(twin, request, args, response)
  return lti13.take_keys(twin, request, args, response, M)
end

-- The operation that a request to this address is for, and its variant, where that can be seen without checking it.
function M.operation_of(twin, request)
  local fields = wire.fields(request.body)
  local custom = fields.id_token and lti13.custom_of(fields.id_token) or nil
  local act_id = fields.custom_act_id or custom and custom.act_id
  local operation, variant = dispatch.operation(twin, act_id and tostring(act_id))
  return operation and operation.name, variant
end

return M
