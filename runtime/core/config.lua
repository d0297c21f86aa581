-- SPDX-License-Identifier: MIT
-- Profiles: where each vendor lives and how to sign in there.
--
-- A configuration is a Lua table in a text file, read as data: its only names are env, file and credential,
-- which say where a value comes from. The files, the most important first: that of --config or BEADLE_CONFIG
-- alone, else the project's beadle.conf.lua, the user's, the system's. What a profile says of a vendor comes from
-- one file, the first that has it: a secret of one file never goes to an address of another.
--
-- settings(vendor, profile) -> table, profile name, is_sandbox, the file. Raises errors of kind "configuration".

local native = require "beadle.config.native"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local log = require "beadle.log"

local M = {}

local PUBLIC_HINT = "Such as public = \"https://hooks.example.org\", listen = \"127.0.0.1:8085\": a proxy takes the "
  .. "requests to the first and hands them on to the second."

local function fail(message, hint)
  error(error_value.new { kind = "configuration", message = message, hint = hint, outcome = "none" }, 0)
end

-- read_base("https://example.org/beadle/") -> { origin = "https://example.org", path = "/beadle", is_local = false };
-- or nil and what is wrong: an address that others put paths behind.
function M.read_base(value)
  if type(value) ~= "string" then
    return nil, "must be a text"
  end
  local origin, path, has_query, is_local = native.split_url(value)
  if not origin then
    return nil, ("is no address that can be used: %s"):format(path)
  elseif has_query or path:find "//" or path:find "[{}%%]" then
    return nil, "must end with the host or a plain path"
  end
  return { origin = origin, path = (path:gsub("/$", "")), is_local = is_local }
end

-- A value that is found when it is needed: kind and argument as written, and the place in the file.
local Source = {}

local function source_maker(kind, path)
  return function(argument)
    if type(argument) ~= "string" or argument == "" then
      error(kind .. " needs a text", 2)
    end
    return setmetatable({ kind = kind, argument = argument, where = native.line(path) }, Source)
  end
end

-- The line on which a key is set, for messages about a value that loaded well.
local function line_of(file, key)
  local number = 0
  for line in (file.text .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    local code = line:gsub("%-%-.*", "")
    if code:find("%f[%w_]" .. key .. "%f[^%w_][\"'%]%s]*=") then
      return ("%s:%d"):format(file.path, number)
    end
  end
  return file.path
end

-- Lua's words about what is wrong, without what it quotes from the file: that may be half a secret.
local function without_quotations(wrong)
  local before, near = wrong:match "^(.*) near (.*)$"
  if before and near ~= "<eof>" and not near:find "^'%p%p?%p?'$" then
    wrong = before
  end
  return (wrong:gsub(" %(%a+ '.*'%)", ""))
end

local function load_file(path)
  local text, why, shared, foreign = native.read(path)
  if not text then
    return fail(("%s cannot be read: %s"):format(path, why))
  elseif foreign then
    return fail(("%s is not read: %s"):format(path, foreign),
      "A configuration says where secrets go. Make it yours (chown, chmod go-w), or name another with --config.")
  end
  local environment = {}
  for _, kind in ipairs { "env", "file", "credential" } do
    environment[kind] = source_maker(kind, path)
  end
  local chunk, wrong = load(text, "@" .. path, "t", environment)
  if not chunk then
    return fail("the configuration is broken: " .. without_quotations(wrong))
  end
  local ok, result = native.run_limited(chunk)
  if not ok then
    local words = without_quotations(tostring(result))
    return fail("the configuration is broken: " .. (words:find(path, 1, true) and words or path .. ": " .. words))
  end
  if type(result) ~= "table" then
    return fail(("%s:1: the configuration must return a table"):format(path))
  end
  return { path = path, text = text, shared = shared, table = result }
end

local function check_names(file, where, given, known, prefix)
  for name in pairs(given) do
    if not known[name] then
      local names = {}
      for known_name in pairs(known) do
        names[#names + 1] = known_name
      end
      table.sort(names)
      local nearest = catalogue.nearest(tostring(name), names)
      fail(("%s: %s \"%s%s\" is not known"):format(line_of(file, tostring(name)), where, prefix, tostring(name)),
        nearest and ("Did you mean %s?"):format(nearest) or ("Known are: " .. table.concat(names, ", ") .. "."))
    end
  end
end

local function set_of(list)
  local set = {}
  for _, name in ipairs(list) do
    set[name] = true
  end
  return set
end

-- An address and a port; an IPv6 address in brackets.
local function read_listen(text)
  local host, port = text:match "^([%d%.]+):(%d+)$"
  if not host then
    host, port = text:match "^%[([%x:%.]+)%]:(%d+)$"
  end
  port = math.tointeger(tonumber(port))
  if port and port >= 1 and port <= 65535 then
    return host, port
  end
end

-- Where others reach this program, and where it listens for them. Both or neither.
local function check_public(file)
  local public, listen = file.table.public, file.table.listen
  if public == nil and listen == nil then
    return
  elseif public == nil or listen == nil then
    local given, missing = public and "public" or "listen", public and "listen" or "public"
    fail(("%s: %s needs %s beside it"):format(line_of(file, given), given, missing), PUBLIC_HINT)
  end
  local base, why = M.read_base(public)
  if not base then
    fail(("%s: public %s"):format(line_of(file, "public"), why), PUBLIC_HINT)
  end
  local host, port = read_listen(tostring(listen))
  if type(listen) ~= "string" or not host then
    fail(line_of(file, "listen") .. ": listen must be an address and a port, such as \"127.0.0.1:8085\"", PUBLIC_HINT)
  end
  file.public = { base = base, host = host, port = port }
end

local DAYS = { day = 1, days = 1, week = 7, weeks = 7 }

-- A time in days or weeks: what is shorter would take runs away that somebody still looks for.
local function check_keep_runs(file)
  local given = file.table.keep_runs
  if given == nil then
    return
  end
  local count, unit = tostring(given):match "^(%d+) (%a+)$"
  if type(given) ~= "string" or not DAYS[unit] or tonumber(count) < 1 then
    fail(line_of(file, "keep_runs") .. ": keep_runs must be a number of days or weeks, such as \"90 days\"")
  end
  file.keep_runs = tonumber(count) * DAYS[unit] * 86400
end

local function check_file(file)
  check_names(file, "the entry", file.table, set_of { "default", "profiles", "public", "listen", "keep_runs" }, "")
  check_public(file)
  check_keep_runs(file)
  if file.table.default ~= nil and type(file.table.default) ~= "string" then
    fail(line_of(file, "default") .. ": default must be the name of a profile")
  end
  local profiles = file.table.profiles or {}
  if type(profiles) ~= "table" then
    fail(line_of(file, "profiles") .. ": profiles must be a table")
  end
  local vendors = set_of(catalogue.vendors())
  for name, profile in pairs(profiles) do
    if type(profile) ~= "table" or type(name) ~= "string" then
      fail(("%s: the profile %s must be a table"):format(line_of(file, tostring(name)), tostring(name)))
    end
    if name == "sandbox" then
      fail(line_of(file, name) .. ": sandbox is the simulated profile and cannot be configured")
    end
    check_names(file, "the vendor", profile, vendors, "")
  end
  return file
end

-- The files that count, the most important first.
local function load_files()
  local files = {}
  for _, path in ipairs(native.paths()) do
    if path.required or native.exists(path.path) then
      files[#files + 1] = check_file(load_file(path.path))
    end
  end
  return files
end

local loaded

local function files()
  loaded = loaded or load_files()
  return loaded
end

local function profile_name(wanted)
  if wanted or native.profile() then
    return wanted or native.profile()
  end
  for _, file in ipairs(files()) do
    if file.table.default then
      return file.table.default
    end
  end
  return "sandbox"
end

local function refuse_unknown_profile(name)
  local names = { "sandbox" }
  for _, file in ipairs(files()) do
    for known in pairs(file.table.profiles or {}) do
      names[#names + 1] = known
    end
  end
  local nearest = catalogue.nearest(name, names)
  table.sort(names)
  fail(("there is no profile \"%s\""):format(name),
    nearest and ("Did you mean %s?"):format(nearest) or ("Known are: " .. table.concat(names, ", ") .. "."))
end

-- Finds the value that a source stands for. The second result says whether it is kept from others.
local function fetch(value, file, label)
  if getmetatable(value) ~= Source then
    return value, not file.shared
  end
  local text, why, private = native.fetch(value.kind, value.argument)
  if text == nil then
    return fail(("%s: %s: %s"):format(value.where, label, why))
  end
  return text, private
end

local function take_setting(field, vendor, name, value, file)
  local label = ("%s.%s"):format(vendor, name)
  local found, private = fetch(value, file, label)
  if field.secret then
    if type(found) ~= "string" then
      return fail(("%s: %s must be a text, or env, file or credential"):format(line_of(file, name), label))
    end
    if not private then
      return fail(("%s: others can read the secret %s"):format(line_of(file, name), label),
        "Make the file that holds it readable by you alone (chmod 600), or use env or credential.")
    end
    local secret = native.secret(name, found)
    return secret or fail(("%s: %s is too short to be a secret"):format(line_of(file, name), label))
  end
  local checked, must = catalogue.check_setting(vendor, name, found)
  if checked == nil then
    return fail(("%s: %s must be %s"):format(line_of(file, name), label, must))
  end
  return checked
end

local function fields_of(vendor)
  local described = catalogue.settings(vendor)
  local list, by_name = {}, {}
  for _, group in ipairs { described.own, described.common } do
    for _, field in ipairs(group) do
      list[#list + 1] = field
      by_name[field.name] = field
    end
  end
  return list, by_name
end

local function sandbox_settings(vendor)
  local settings = {}
  for _, field in ipairs((fields_of(vendor))) do
    local value = field.sandbox or field.fallback
    if value then
      settings[field.name] = field.secret and native.secret(field.name, value)
        or catalogue.check_setting(vendor, field.name, value)
    end
  end
  return settings
end

-- What a profile says of a vendor, and in which file; nil when no file says anything. Raises when no file knows
-- the profile.
local function find_entry(vendor, profile)
  local known = false
  for _, file in ipairs(files()) do
    local entry = (file.table.profiles or {})[profile]
    known = known or entry ~= nil
    if entry and entry[vendor] ~= nil then
      return entry[vendor], file
    end
  end
  if not known then
    refuse_unknown_profile(profile)
  end
end

local function live_settings(vendor, profile)
  local given, file = find_entry(vendor, profile)
  if given == "sandbox" then
    return "sandbox"
  elseif given == nil then
    fail(("the profile %s says nothing about %s"):format(profile, vendor),
      "Add it to the profile, with its settings or as \"sandbox\".")
  elseif type(given) ~= "table" then
    fail(("%s: %s must be a table, or \"sandbox\""):format(line_of(file, vendor), vendor))
  end
  local list, by_name = fields_of(vendor)
  local settings = {}
  check_names(file, "the setting", given, by_name, vendor .. ".")
  for name, value in pairs(given) do
    settings[name] = take_setting(by_name[name], vendor, name, value, file)
  end
  for _, field in ipairs(list) do
    if settings[field.name] == nil and field.fallback then
      settings[field.name] = catalogue.check_setting(vendor, field.name, field.fallback)
    end
  end
  log.info(("%s: profile %s of %s"):format(vendor, profile, file.path))
  return settings, file.path
end

function M.settings(vendor, wanted)
  local profile = profile_name(wanted)
  if profile == "sandbox" then
    return sandbox_settings(vendor), profile, true
  end
  local settings, path = live_settings(vendor, profile)
  if settings == "sandbox" then
    return sandbox_settings(vendor), profile, true
  end
  return settings, profile, false, path
end

-- Of the run's profile: the names of the vendors that its files say something about, in order.
function M.vendors()
  local profile, list = profile_name(), {}
  for _, vendor in ipairs(catalogue.vendors()) do
    for _, file in ipairs(profile ~= "sandbox" and files() or {}) do
      local entry = (file.table.profiles or {})[profile]
      if entry and entry[vendor] ~= nil and list[#list] ~= vendor then
        list[#list + 1] = vendor
      end
    end
  end
  return profile == "sandbox" and catalogue.vendors() or list
end

-- The name of the profile that this run uses.
function M.profile()
  return profile_name()
end

-- profiles() -> names of all profiles, sorted.
function M.profiles()
  local set, names = { sandbox = true }, {}
  for _, file in ipairs(files()) do
    for name in pairs(file.table.profiles or {}) do
      set[name] = true
    end
  end
  for name in pairs(set) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- vendors_of(profile) -> the vendors that a profile speaks of, name -> whether it is simulated there.
function M.vendors_of(profile)
  local vendors = {}
  for _, vendor in ipairs(profile == "sandbox" and catalogue.vendors() or {}) do
    vendors[vendor] = true
  end
  for _, file in ipairs(profile ~= "sandbox" and files() or {}) do
    for vendor, entry in pairs((file.table.profiles or {})[profile] or {}) do
      if vendors[vendor] == nil then
        vendors[vendor] = entry == "sandbox"
      end
    end
  end
  return vendors
end

-- use(profile): what this run calls from now on. Raises when no file knows it.
function M.use(profile)
  local before = native.profile()
  native.use(profile)
  local ok, err = pcall(M.check)
  if not ok then
    native.use(before or "sandbox")
    error(err, 0)
  end
end

-- check(): raises when no file knows the profile of this run.
function M.check()
  local profile = profile_name()
  for _, file in ipairs(profile ~= "sandbox" and files() or {}) do
    if (file.table.profiles or {})[profile] then
      return
    end
  end
  if profile ~= "sandbox" then
    refuse_unknown_profile(profile)
  end
end

-- Where others reach this program, and where it listens for them: { base =, host =, port = }, base as of read_base,
-- as the first file that says so has it; nil when none does.
function M.public()
  for _, file in ipairs(files()) do
    if file.public then
      return file.public
    end
  end
end

-- For how many seconds journals of runs that are done are kept, as the first file that says so has it; nil: for ever.
function M.keep_runs()
  for _, file in ipairs(files()) do
    if file.keep_runs then
      return file.keep_runs
    end
  end
end

-- True when all vendors of this run's profile are on this machine, so that they reach what listens here.
function M.is_local()
  local profile = profile_name()
  if profile == "sandbox" then
    return true
  end
  local is_local = false
  for _, vendor in ipairs(catalogue.vendors()) do
    local given = find_entry(vendor, profile)
    for _, value in pairs(type(given) == "table" and given or {}) do
      if type(value) == "string" and value:find "^https?://" then
        is_local = true
        if not (M.read_base(value) or {}).is_local then
          return false
        end
      end
    end
  end
  return is_local
end

-- True when everything that this run calls is simulated.
function M.is_sandbox()
  return M.profile() == "sandbox"
end

return M
