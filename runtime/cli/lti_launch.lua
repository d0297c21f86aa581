-- beadle lti launch --as learner [NAME=VALUE ...]: launches a tool by LTI, without a browser
-- SPDX-License-Identifier: MIT

local account = require "beadle.lti.account"
local call = require "beadle.cli.call"
local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local forms = require "beadle.lti.forms"
local fs = require "beadle.fs"
local help = require "beadle.help"
local http = require "beadle.http"
local jwt = require "beadle.lti.jwt"
local launch = require "beadle.lti.launch"
local options = require "beadle.options"
local sandbox = require "beadle.sandbox"
local secrets = require "beadle.cli.lti_secret"
local show = require "beadle.lti.show"
local time = require "beadle.time"
local verify = require "beadle.lti.verify"

local ROLES = { learner = "Learner", instructor = "Instructor", administrator = "Administrator", mentor = "Mentor",
  contentdeveloper = "ContentDeveloper" }

local SPEC = {
  { name = "as", value = "ROLE", doc = "learner, instructor, or another role of LTI" },
  { name = "tool", value = "VENDOR", doc = "whose tool; the only vendor that takes launches unless told" },
  { name = "operation", value = "NAME", doc = "what is launched; NAME=VALUE are its parameters" },
  { name = "version", value = "1.1|1.3", default = "1.1", doc = "of LTI; 1.1 unless told" },
  { name = "url", value = "URL", doc = "where the tool is; the profile's address unless told" },
  { name = "key", value = "KEY", doc = "LTI 1.1: consumer key; the profile's unless told" },
  { name = "secret-env", value = "NAME", doc = "LTI 1.1: the environment variable that holds the secret" },
  { name = "secret-file", value = "FILE", doc = "LTI 1.1: the file that holds the secret" },
  { name = "keys", value = "FOLDER", doc = "LTI 1.3: keys made by `beadle lti keys`; a key of its own unless told" },
  { name = "port", value = "N", default = "0", doc = "LTI 1.3: port of the platform on this machine" },
  { name = "origin", value = "URL", doc = "LTI 1.3: how the tool reaches that port; http://127.0.0.1:PORT" },
  { name = "client-id", value = "ID", default = "beadle", doc = "LTI 1.3: as the tool knows the platform" },
  { name = "deployment-id", value = "ID", default = "1", doc = "LTI 1.3: as the tool knows this use of it" },
  { name = "user", value = "ID", doc = "the user's id; a made-up person in the sandbox" },
  { name = "given", value = "NAME", doc = "first name" }, { name = "family", value = "NAME", doc = "last name" },
  { name = "email", value = "ADDRESS", doc = "e-mail address" },
  { name = "link", value = "ID", doc = "id of the link in the course that is followed" },
  { name = "outcome-url", value = "URL", doc = "where the tool sends the grade" },
  { name = "outcome-id", value = "ID", doc = "whose grade it is (sourcedid)" },
  { name = "html", value = "FILE", doc = "write the page that a browser would submit, and send nothing" },
  { name = "verbose", short = "v", doc = "show every field" },
}

local USAGE = [[
Usage: beadle lti launch --as learner [OPTIONS] [NAME=VALUE ...]

Does a whole launch as a browser would: says at each step what was sent, checked and answered, and ends with where it
led. Without a configured profile it goes to the sandbox. With --operation, values are parameters of that operation;
for a tool of no vendor, --url with --key and a secret, they are custom parameters. What names a person or could be used
again is shown cut short. Exit status 1 when the launch fails.

]]

local function say(...)
  print(string.format(...))
end

-- ---------------------------------------------------------------------------------------------------
-- What is launched

-- The only vendor that takes launches, or the one that is named; nil for a tool of no vendor.
local function find_vendor(values)
  if values.operation and values.operation:find "%." then
    values.tool = values.tool or values.operation:match "^[^.]*"
  elseif not values.tool and values.url and values.key then
    return nil
  end
  local found
  for _, name in ipairs(catalogue.vendors()) do
    local vendor = catalogue.describe(name)
    if vendor.lti and (values.tool == nil or values.tool == name) then
      if found then
        options.fail "several vendors take launches: name one with --tool"
      end
      found = vendor
    end
  end
  return found or options.fail(("no vendor \"%s\" takes launches by LTI"):format(tostring(values.tool)))
end

-- The operation that is launched most of all: of those that answer with a page, the one that needs most of what a
-- launch carries by itself, so that a person who is new to the vendor comes through.
local function usual_operation(vendor)
  local best, most = nil, -1
  for _, operation in ipairs(vendor.operations) do
    local carried, leads = 0, false
    for _, param in ipairs(operation.params) do
      carried = carried + (param.lti_carries and 1 or 0)
    end
    for _, answer in ipairs(operation.answers) do
      leads = leads or answer.kind == "redirect" and answer.when ~= nil
    end
    if leads and carried > most then
      best, most = operation, carried
    end
  end
  return best
end

local function find_operation(vendor, values)
  if not values.operation then
    return usual_operation(vendor)
  end
  local name = values.operation:find "%." and values.operation or vendor.name .. "." .. values.operation
  return (help.find(name))
end

local function custom_of(words)
  local custom = {}
  for _, word in ipairs(words) do
    local name, value = word:match "^([^=]+)=(.*)$"
    if not name then
      options.fail(("\"%s\" is no NAME=VALUE"):format(word))
    end
    custom[name] = value
  end
  return custom
end

-- Who is launched. A made-up person goes to nobody but the sandbox and this machine.
local function user_of(values, simulated)
  local user = { id = values.user, given = values.given, family = values.family, email = values.email }
  if next(user) == nil and not simulated then
    options.fail("say who is launched: --user, --given, --family, --email",
      "A made-up person is launched in the sandbox only.")
  elseif next(user) == nil then
    user = { id = "learner-42", given = "Ada", family = "Lovelace", email = "ada.lovelace@example.org" }
  end
  return user
end

local function is_this_machine(url)
  local host = url and (url:match "^https?://(%[[^%]]*%])" or url:match "^https?://([^/:?#]+)")
  return host == "127.0.0.1" or host == "localhost" or host == "[::1]"
end

-- Options of a launch, for both versions.
local function what_to_launch(values, words)
  local vendor = find_vendor(values)
  local said = { roles = values.as and (ROLES[values.as:lower()] or values.as)
    or options.fail("say as whom: --as learner") }
  local simulated = is_this_machine(values.url)
  if vendor then
    local operation = find_operation(vendor, values)
    said.operation, said.params = operation.full_name, call.read_pairs(operation, words, {})
    simulated = simulated or not values.url and select(3, config.settings(vendor.name))
  else
    said.custom = custom_of(words)
  end
  said.user, said.resource_link_id = user_of(values, simulated), values.link or not vendor and "beadle" or nil
  if values.outcome_url or values.outcome_id then
    said.outcome = { url = values.outcome_url, sourcedid = values.outcome_id }
  end
  return said, vendor
end

-- ---------------------------------------------------------------------------------------------------
-- Telling

local function fields_of_url(url)
  local query = url:match "%?([^#]*)"
  return query and forms.decode(query) or {}
end

local ALWAYS = { "^custom_", "^lti_", "^roles$", "^resource_link_id$", "^oauth_consumer_key$", "^iss$", "^client_id$",
  "^error", "^target_link_uri$", "^redirect_uri$", "^response_", "^scope$", "^prompt$", "^login_hint$", "^state$",
  "^nonce$", "^id_token$", "^lis_person" }

local function chosen(fields, verbose)
  local list = {}
  for _, field in ipairs(fields) do
    local wanted = verbose
    for _, pattern in ipairs(ALWAYS) do
      wanted = wanted or field[1]:find(pattern) ~= nil
    end
    list[#list + 1] = wanted and field or nil
  end
  return list
end

local function print_fields(fields, verbose)
  local list = chosen(fields, verbose)
  for _, line in ipairs(show.lines(list, "       ")) do
    print(line)
  end
  if #list < #fields then
    say("       and %d more (--verbose shows them)", #fields - #list)
  end
end

-- The claims of an id_token, the short names of LTI's own.
local function print_token(token)
  local header, told = jwt.read(token)
  if not header then
    return say("     checked  the id_token cannot be read: %s", tostring(told))
  end
  local list = {}
  for name, value in pairs(told) do
    local short = name:gsub("^https://purl%.imsglobal%.org/spec/[%w-]+/claim/", "")
    list[#list + 1] = { short, type(value) == "table" and require("beadle.json").encode(value) or tostring(value) }
  end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  say("     the id_token, %s, key %s:", tostring(header.alg), tostring(header.kid))
  for _, line in ipairs(show.lines(list, "       ")) do
    print(line)
  end
end

-- What a page of the platform, in the middle of the launch, answers to the tool: told before it goes there.
local function print_answer_form(answer, check)
  local form = (answer.headers["content-type"] or ""):find "^text/html" and forms.of_html(answer.body)
  local said = form and forms.map(form.fields) or {}
  if said.error then
    say("     checked  the platform refuses: %s, %s", said.error, said.error_description or "")
  elseif said.id_token and check then
    check(said)
  end
end

-- function(step, answer) that tells each step; check(fields): looks at the answer of a platform.
local function teller(values, check)
  local number, asked = 0, nil
  return function(step, answer)
    number = number + 1
    say("%2d   sent     %s %s", number, step.method, show.link(step.url))
    local fields = step.sent or fields_of_url(step.url)
    print_fields(fields, values.verbose)
    local map = forms.map(fields)
    asked = map.response_type and map or asked
    if map.id_token then
      print_token(map.id_token)
    end
    say("     answered HTTP %d%s%s", step.status, step.title and (", a page \"%s\""):format(step.title) or "",
      step.location and (", go to %s"):format(show.link(step.location)) or "")
    print_answer_form(answer, check and function(said) check(said, asked) end)
  end
end

-- ---------------------------------------------------------------------------------------------------
-- LTI 1.1

local function launch_1p1(values, said)
  said.url, said.key, said.secret = values.url, values.key, secrets.read(values)
  local form = launch.form(said)
  say("LTI 1.1 launch%s to %s", said.operation and " of " .. said.operation or "", form.url)
  local secret = form.account.secret
  local checked, reason = verify.launch(form.fields, { url = form.url, nonces = false,
    lookup = function() return secret end })
  say("     signed   %d fields with the key %s, HMAC-SHA1, at %s", #form.fields, form.key,
    time.iso(tonumber(form:value "oauth_timestamp")))
  say("     checked  here: %s", checked and "the signature fits, type, version and resource link are there"
    or tostring(reason))
  if values.html then
    fs.write(values.html, form:html())
    say("     written  %s; nothing was sent", values.html)
    return nil
  end
  return form:post { on_step = teller(values) }
end

-- ---------------------------------------------------------------------------------------------------
-- LTI 1.3

local function whole_port(text)
  local port = math.tointeger(tonumber(text))
  return port and port >= 0 and port <= 65535 and port or options.fail "--port must be a port from 0 to 65535"
end

local function keys_of(values)
  if values.keys then
    return require("beadle.lti.ring").folder(values.keys)
  end
  return require("beadle.lti.keys").generate { bits = 2048 }
end

-- Makes the platform known to a sandbox: the run's own, or one that is served on this machine.
local function register(vendor, values, platform)
  local served = is_this_machine(values.url)
  local args = { issuer = platform.issuer, client_id = values.client_id, deployment_id = values.deployment_id,
    auth_url = platform:address "auth", jwks_url = platform:address "jwks" }
  if not served then
    sandbox[vendor.name].register_platform(args)
    return say("     registered with the sandbox")
  end
  local ok = pcall(function()
    sandbox.at(values.url:match "^https?://[^/?]+")[vendor.name].register_platform(args)
  end)
  say(ok and "     registered with the sandbox at that address"
    or "     that address is no sandbox of beadle: the tool must know the platform already")
end

local function launch_1p3(values, said, vendor)
  local platforms = require "beadle.lti.platform"
  local server <close> = http.serve { port = whole_port(values.port), origin = values.origin, routes = {} }
  local url = values.url or account.address(vendor, "url")
  local login = values.url or account.address(vendor, "login")
  local platform = platforms.new { issuer = server.url, keys = keys_of(values), tools = { {
    client_id = values.client_id, deployment_id = values.deployment_id, login_url = login, redirect_uris = { url },
    target_link_uri = url } } }
  for route, handler in pairs(platform:routes()) do
    server:route(route, handler)
  end
  say("LTI 1.3 launch%s to %s", said.operation and " of " .. said.operation or "", url)
  say("     platform %s, client_id %s, deployment_id %s", platform.issuer, values.client_id, values.deployment_id)
  if vendor and not values.url then
    launch.check_reachable(vendor)
  end
  if vendor and (config.is_sandbox() or is_this_machine(values.url)) then
    register(vendor, values, platform)
  end
  local begun = platform:launch(said)
  if values.html then
    options.fail("--html is for LTI 1.1: a page of LTI 1.3 needs the platform that made it")
  end
  local function check(came, asked)
    say("     checked  the platform knows the client, the redirect_uri and both hints")
    local told, reason = jwt.verify(came.id_token, { keys = platform.keys:public(), issuer = platform.issuer,
      audience = values.client_id, nonce = asked.nonce })
    say("     checked  here: %s", told and came.state == asked.state
      and "signature, issuer, audience, times, nonce and state fit"
      or ("it does not fit: %s"):format(tostring(reason or "state")))
  end
  return begun:follow { on_step = teller(values, check) }
end

-- ---------------------------------------------------------------------------------------------------

local function run(...)
  local values, words = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif values.version ~= "1.1" and values.version ~= "1.3" then
    options.fail(("--version must be 1.1 or 1.3, not \"%s\""):format(values.version))
  end
  local said, vendor = what_to_launch(values, words)
  local page
  if values.version == "1.1" then
    page = launch_1p1(values, said)
  else
    page = launch_1p3(values, said, vendor)
  end
  if page then
    say("The launch led to %s%s", show.link(page.url), page.title and (": \"%s\""):format(page.title) or "")
  end
  return 0
end

return { run = run, summary = "launches a tool as a browser would, and tells each step",
  usage = USAGE, spec = SPEC, takes = { "argument..." } }
