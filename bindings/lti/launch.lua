-- SPDX-License-Identifier: MIT
-- A launch by LTI 1.1: the fields, signed by OAuth 1.0a, as a page, as a body, or sent without a browser.
-- Source: LTI Implementation Guide 1.1, "Basic Launch Data" and "LTI Security Model".
--
-- form{...} -> form. Options are those of message.lua, and
--   url, key, secret     where it goes and what signs it; of an operation, the profile says them
--   timestamp, nonce     for tests: seconds since 1970, a text
-- form.fields      list of {name, value}, the signature last; form.url, form.key
-- form:value(name) the value of a field
-- form:html()      a page whose form submits itself; form:headers() what to send it with
-- form:body()      the fields URL-encoded
-- form:post()      sends it, follows where it leads, gives { status, url, title, body, steps }
-- A form is one launch: the tool refuses it the second time, and some minutes after it was made.

local account = require "beadle.lti.account"
local browser = require "beadle.lti.browser"
local config = require "beadle.config"
local error_value = require "beadle.error"
local forms = require "beadle.lti.forms"
local json = require "beadle.json"
local message = require "beadle.lti.message"
local oauth1 = require "beadle.lti.oauth1"
local page = require "beadle.lti.page"
local show = require "beadle.lti.show"

local WHAT = "launch_form"

local OPTIONS = { "url", "key", "secret", "timestamp", "nonce" }
for _, name in ipairs(message.options) do
  OPTIONS[#OPTIONS + 1] = name
end

local M = {}

local Form = {}
Form.__index = Form
Form.__name = "beadle.lti.form"

-- ---------------------------------------------------------------------------------------------------
-- Fields

-- "a configured name is lower-cased and every character that is not a letter or digit becomes _" (LTI
-- Implementation Guide 1.1, "Custom parameters").
local function custom_name(name)
  return "custom_" .. name:lower():gsub("[^a-z0-9]", "_")
end

-- Fields of LTI 1.1 and what of a message they say, in the order in which they are sent.
local PLAIN = {
  { "resource_link_id", "resource_link", "id" },
  { "resource_link_title", "resource_link", "title" },
  { "resource_link_description", "resource_link", "description" },
  { "user_id", "user", "id" },
  { "lis_person_name_given", "user", "given" },
  { "lis_person_name_family", "user", "family" },
  { "lis_person_name_full", "user", "full" },
  { "lis_person_contact_email_primary", "user", "email" },
  { "context_id", "context", "id" },
  { "context_type", "context", "type" },
  { "context_title", "context", "title" },
  { "context_label", "context", "label" },
  { "launch_presentation_locale", "presentation", "locale" },
  { "launch_presentation_document_target", "presentation", "document_target" },
  { "launch_presentation_width", "presentation", "width" },
  { "launch_presentation_height", "presentation", "height" },
  { "launch_presentation_css_url", "presentation", "css_url" },
  { "launch_presentation_return_url", "presentation", "return_url" },
  { "tool_consumer_info_product_family_code", "consumer", "family" },
  { "tool_consumer_info_version", "consumer", "version" },
  { "tool_consumer_instance_guid", "consumer", "guid" },
  { "tool_consumer_instance_name", "consumer", "name" },
  { "lis_outcome_service_url", "outcome", "url" },
  { "lis_result_sourcedid", "outcome", "sourcedid" },
}

local function add_custom(list, custom)
  local from = {}
  for _, pair in ipairs(custom) do
    local name = custom_name(pair.name)
    if from[name] then
      message.fail(WHAT, ("the custom parameters %s and %s are both sent as %s"):format(from[name], pair.name, name))
    end
    from[name] = pair.name
    list[#list + 1] = { name, pair.value }
  end
end

-- The fields of a message, without a signature.
function M.fields(launch)
  local list = { { "lti_message_type", "basic-lti-launch-request" }, { "lti_version", "LTI-1p0" },
    { "roles", table.concat(launch.roles, ",") } }
  for _, row in ipairs(PLAIN) do
    local value = (launch[row[2]] or {})[row[3]]
    if value then
      list[#list + 1] = { row[1], value }
    end
  end
  add_custom(list, launch.custom)
  for _, pair in ipairs(launch.ext) do
    local name = pair.name:lower():gsub("[^a-z0-9]", "_")
    list[#list + 1] = { name:find "^ext_" and name or "ext_" .. name, pair.value }
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Making one

local function check_url(url)
  if type(url) ~= "string" or not url:find "^https?://[^/?#]" then
    message.fail(WHAT, "url must be the address of the tool, which begins with http:// or https://")
  elseif url:find "#" then
    message.fail(WHAT, "url has a part behind #, which is never sent")
  end
end

function M.form(options)
  if type(options) ~= "table" then
    message.fail(WHAT, ("the options must be a table, not a %s"):format(type(options)))
  end
  message.check_names(WHAT, options, OPTIONS)
  local launch = message.read(options, WHAT)
  local at = account.find { vendor = launch.vendor, profile = launch.profile, url = options.url, key = options.key,
    secret = options.secret }
  for _, name in ipairs { "url", "key", "secret" } do
    if at[name] == nil then
      message.fail(WHAT, ("%s is required: no operation is named whose vendor's profile says it"):format(name))
    end
  end
  check_url(at.url)
  local fields = oauth1.sign_form { url = at.url, fields = M.fields(launch), key = at.key, secret = at.secret,
    timestamp = options.timestamp, nonce = options.nonce }
  return setmetatable({ url = at.url, key = at.key, fields = fields, message = launch, account = at,
    has_own_url = options.url ~= nil }, Form)
end

-- ---------------------------------------------------------------------------------------------------
-- Using it

function Form:value(name)
  for _, field in ipairs(self.fields) do
    if field[1] == name then
      return field[2]
    end
  end
end

function Form:html()
  return page.submit { url = self.url, fields = self.fields, language = self:value "launch_presentation_locale" }
end

function Form.headers()
  local headers = {}
  for name, value in pairs(page.headers) do
    headers[name] = value
  end
  return headers
end

function Form:body()
  return forms.encode(self.fields)
end

-- What the catalogue knows of a refusal that came as JSON; nil when the answer is none.
local function refusal_of(launch, answer)
  local vendor = launch.vendor
  local ok, value = pcall(json.decode, answer.body)
  if not vendor or not ok or type(value) ~= "table" or value[vendor.envelope.ok or ""] ~= false then
    return nil
  end
  local code = value[vendor.envelope.code or ""]
  local refusal = { kind = "rejected", code = code, vendor_message = value[vendor.envelope.message or ""] }
  local name = launch.operation:match "%.(.*)$"
  for _, operation in ipairs(vendor.operations) do
    for _, entry in ipairs(operation.name == name and operation.errors or {}) do
      if entry.code == code then
        refusal.kind, refusal.meaning, refusal.hint = entry.kind, entry.meaning, entry.hint
      end
    end
  end
  return refusal
end

-- The tool's words without what was sent about a person.
local function without_person(launch, text)
  for _, value in pairs(launch.user) do
    if #value >= 3 then
      text = text:gsub(value:gsub("%p", "%%%0"), "…")
    end
  end
  return text
end

-- The way of a launch as an error keeps it: without what was sent.
local function bare_steps(steps)
  local list = {}
  for i, step in ipairs(steps or {}) do
    list[i] = { method = step.method, url = show.link(step.url), status = step.status, title = step.title }
  end
  return list
end

local function kind_of_status(status)
  if status == 401 or status == 403 then
    return "auth"
  elseif status == 404 then
    return "not_found"
  elseif status == 429 then
    return "rate_limit"
  end
  return status >= 500 and "server" or "rejected"
end

local LONGEST_WORDS = 300 -- bytes

-- What the tool said, for a person.
local function words_of(launch, refusal, body)
  if refusal then
    return without_person(launch, refusal.vendor_message or "")
  end
  local title, text = forms.words_of(body:sub(1, 4096))
  if title and title ~= "" and text:sub(1, #title + 1) == title .. " " then -- the heading says it again
    text = title .. ":" .. text:sub(#title + 1)
  end
  text = without_person(launch, text ~= "" and text or title or "")
  local cut = #text > LONGEST_WORDS and utf8.len(text) and utf8.offset(text, -1, LONGEST_WORDS + 1)
  return cut and text:sub(1, cut - 1) or text:sub(1, LONGEST_WORDS)
end

-- Whether the tool took the launch, though the way went wrong: it was sent before the last step, or met a failure of
-- the tool's own.
local function may_be_done(answer)
  for i, step in ipairs(answer.steps) do
    local map = forms.map(step.sent or {})
    local is_launch = map.id_token ~= nil or map.oauth_signature ~= nil
    if is_launch and (i < #answer.steps or answer.status >= 500) then
      return true
    end
  end
  return false
end

-- The error of a launch that ended on an answer that says no; nil when it says yes.
function M.refusal(launch, answer)
  local refusal = refusal_of(launch, answer)
  if not refusal and answer.status < 400 then
    return nil
  end
  local words = words_of(launch, refusal, answer.body)
  refusal = refusal or { kind = kind_of_status(answer.status) }
  return error_value.new { kind = refusal.kind, code = refusal.code, hint = refusal.hint,
    vendor_message = words ~= "" and words or nil, status = answer.status,
    operation = launch.operation or "lti.launch", vendor = launch.vendor and launch.vendor.name,
    outcome = may_be_done(answer) and "unknown" or "none", steps = bare_steps(answer.steps),
    message = ("the launch was refused%s%s"):format(refusal.meaning and ": " .. refusal.meaning or "",
      words ~= "" and (" (%s)"):format(words) or (" with HTTP %d"):format(answer.status)) }
end

-- A vendor that only its profile simulates is not reached by address. Raises before anything is sent there.
function M.check_reachable(vendor, wanted)
  local _, profile, simulated = config.settings(vendor.name, wanted)
  if simulated and not config.is_sandbox() then
    error(error_value.new { kind = "configuration", operation = "lti.launch", outcome = "none",
      message = ("profile %s has %s in the sandbox, but not the whole run"):format(profile, vendor.name),
      hint = "Its address would be the real one of the vendor. Run with --profile sandbox." }, 0)
  end
end

-- post{on_step}: raises the tool's refusal.
function Form:post(options)
  options = options or {}
  message.check_names(WHAT, options, { "on_step" })
  if self.account.simulated and not self.has_own_url then
    M.check_reachable(self.message.vendor, self.message.profile)
  end
  local answer = browser.go { method = "POST", url = self.url, fields = self.fields, forms = false,
    on_step = options.on_step }
  local refusal = M.refusal(self.message, answer)
  if refusal then
    error(refusal, 0)
  end
  return answer
end

return M
