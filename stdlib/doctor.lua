-- SPDX-License-Identifier: MIT
-- What `beadle doctor` finds. examine(tools, { offline = }) -> list of findings, each { topic, state, text, advice }:
-- state is "ok", "note", "warning", "wrong" or "skipped"; advice says what to do. Nothing here holds a secret.
--
-- tools: libraries, authorities, look, program (runtime/cli/installation.h).

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local http = require "beadle.http"
local native = require "beadle.config.native"
local time = require "beadle.time"

local M = {}

local Findings = {}
Findings.__index = Findings

function Findings:add(state, text, advice)
  self[#self + 1] = { topic = self.topic, state = state, text = text, advice = advice }
end

-- An error value as a finding: its sentence, and its hint as the advice.
function Findings:add_error(err, prefix, advice)
  if error_value.is(err, "cancelled") then
    error(err, 0)
  elseif not error_value.is(err) then
    return self:add("wrong", prefix .. tostring(err), advice)
  end
  self:add("wrong", prefix .. err.message .. (err.vendor_message and (" (%s)"):format(err.vendor_message) or ""),
    err.hint or advice)
end

-- ---------------------------------------------------------------------------------------------------
-- The program

local function is_older(version, least)
  local own, other = version:gmatch "%d+", least:gmatch "%d+"
  while true do
    local a, b = own(), other()
    if not b then
      return false
    end
    a, b = tonumber(a or 0), tonumber(b)
    if a ~= b then
      return a < b
    end
  end
end

local function check_program(findings, tools)
  findings.topic = "installation"
  findings:add("ok", ("beadle %s, %s"):format(beadle.version, tools.program()))
  for _, library in ipairs(tools.libraries()) do
    if library.wrong then
      findings:add("wrong", ("%s: %s"):format(library.name, library.wrong),
        "Install it with your system's packages (Debian 12: libcurl4, libmicrohttpd12, libssl3).")
    elseif library.least and is_older(library.version, library.least) then
      findings:add("wrong", ("%s %s is too old"):format(library.name, library.version),
        ("Install %s %s or newer."):format(library.name, library.least))
    else
      findings:add("ok", ("%s %s%s"):format(library.name, library.version,
        library.least and (" (at least %s)"):format(library.least) or ""))
    end
  end
end

local function check_authorities(findings, tools)
  findings.topic = "certificates"
  local file, folder = tools.authorities()
  local found = file and tools.look(file)
  if found and found.readable then
    local _, count = fs.read(file):gsub("%-%-%-%-%-BEGIN [%u ]*CERTIFICATE%-%-%-%-%-", "")
    if count == 0 then
      findings:add("wrong", ("%s holds no certificate"):format(file), "Install the package ca-certificates again.")
    else
      findings:add("ok", ("%s: %d authorities are trusted"):format(file, count))
    end
  elseif folder and (tools.look(folder) or {}).readable then
    findings:add("ok", ("the authorities in %s are trusted"):format(folder))
  else
    findings:add("wrong", ("the authorities' certificates cannot be read: %s"):format(file or folder or "none is set"),
      "Install the package ca-certificates. Without it no vendor can be reached.")
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The configuration

local function check_files(findings, tools)
  local found = 0
  for _, path in ipairs(native.paths()) do
    local info = tools.look(path.path)
    if info then
      found = found + 1
      local open = info.mode:sub(2) ~= "00"
      findings:add(open and "note" or "ok", ("%s, mode %s"):format(path.path, info.mode),
        open and ("Others may look at it. If it holds a secret: chmod 600 %s"):format(path.path) or nil)
    elseif path.required then
      findings:add("wrong", ("there is no %s"):format(path.path), "Name a file that is there with --config.")
    end
  end
  if found == 0 then
    findings:add("ok", "no configuration: everything happens in the sandbox")
  end
end

-- The vendors of the profile whose settings can be read; nil when the configuration is broken.
local function check_configuration(findings, tools)
  findings.topic = "configuration"
  check_files(findings, tools)
  local ok, err = pcall(config.check)
  if not ok then
    findings:add_error(err, "", "`beadle doc configuration` shows how it is written.")
    return {}
  end
  findings:add("ok", ("the profile is %s"):format(config.profile()))
  local live = {}
  for _, vendor in ipairs(config.vendors()) do
    local read, settings, _, simulated = pcall(config.settings, vendor)
    if not read then
      findings:add_error(settings, vendor .. ": ")
    else
      live[#live + 1] = { name = vendor, settings = settings, simulated = simulated }
      if settings.ca_file and not (tools.look(settings.ca_file) or {}).readable then
        findings:add("wrong", ("%s: the ca_file %s cannot be read"):format(vendor, settings.ca_file),
          "Correct the path, or leave the setting out.")
      end
    end
  end
  return live
end

-- ---------------------------------------------------------------------------------------------------
-- The clock

local MONTHS = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11,
  Dec = 12 }

-- Days from 1970-01-01 of a day of the Gregorian calendar.
local function days_of(year, month, day)
  if month <= 2 then
    year, month = year - 1, month + 12
  end
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * (month - 3) + 2) // 5 + day - 719469
end

-- http_date(text) -> seconds since 1970, or nil (RFC 9110, 5.6.7, IMF-fixdate).
function M.http_date(text)
  local day, month, year, hour, minute, second =
    (text or ""):match "^%a+, (%d%d) (%a+) (%d%d%d%d) (%d%d):(%d%d):(%d%d) GMT$"
  if not day or not MONTHS[month] then
    return nil
  end
  return days_of(math.tointeger(year), MONTHS[month], math.tointeger(day)) * 86400 + hour * 3600 + minute * 60 + second
end

local WRONG_AFTER, NOTED_AFTER = 60, 5 -- seconds: signatures are good for minutes, tokens for less at some vendors

local function address_of(vendor)
  for _, field in ipairs(catalogue.settings(vendor.name).own) do
    if field.type == "url" and vendor.settings[field.name] then
      return vendor.settings[field.name]
    end
  end
end

local function compare_clock(findings, vendor)
  local url = address_of(vendor)
  if not url then -- a mail server tells no time
    return
  end
  local asked = time.now()
  local ok, answer = pcall(http.get, url, { timeout = 20, retry = false })
  local date = ok and M.http_date(answer.headers.date)
  if not ok then
    return findings:add_error(answer, vendor.name .. ": ", "Check the address, the network and the firewall.")
  elseif not date then
    return findings:add("skipped", ("%s does not say what time it is"):format(vendor.name))
  end
  local off = (asked + time.now()) / 2 - (date + 0.5) -- it has whole seconds
  local words = ("the clock is %.0f s %s that of %s"):format(math.abs(off), off > 0 and "ahead of" or "behind",
    vendor.name)
  if math.abs(off) > WRONG_AFTER then
    findings:add("wrong", words, "Set the clock (timedatectl set-ntp true): tokens and signatures depend on it.")
  else
    findings:add(math.abs(off) > NOTED_AFTER and "note" or "ok", words)
  end
end

local function check_clock(findings, vendors, offline)
  findings.topic = "clock"
  findings:add("ok", ("it is %s"):format(time.iso()))
  for _, vendor in ipairs(vendors) do
    if not vendor.simulated and not offline then
      compare_clock(findings, vendor)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Credentials

local function arguments_of(vendor, hello)
  local name, text = (hello.argument or ""):match "^([^=]+)=(.*)$"
  return name and { [name] = (catalogue.parse(vendor, hello.operation, name, text)) } or {}
end

local function say_hello(findings, vendor)
  local hello = catalogue.describe(vendor.name).hello
  if not hello.operation then
    return findings:add("skipped", ("%s: the credentials cannot be tried: %s"):format(vendor.name, hello.doc))
  end
  local module = require("beadle." .. vendor.name)
  local ok, err = pcall(module[hello.operation], arguments_of(vendor.name, hello), { timeout = 30, retry = false })
  if ok then
    findings:add("ok", ("%s.%s answered%s"):format(vendor.name, hello.operation,
      vendor.simulated and " (sandbox)" or ""))
  else
    findings:add_error(err, ("%s.%s: "):format(vendor.name, hello.operation),
      error_value.is(err, "auth") and "Check the credentials in the profile; the vendor says who may use the API."
        or error_value.is(err, "permission") and "The account may sign in, but lacks a right: ask the vendor."
        or "Check the address in the profile and the network.")
  end
end

local function check_credentials(findings, vendors, offline)
  findings.topic = "credentials"
  for _, vendor in ipairs(vendors) do
    if offline then
      findings:add("skipped", ("%s: not asked, for --offline"):format(vendor.name))
    else
      say_hello(findings, vendor)
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Folders and the terminal

local function parent_of(path)
  return path:match "^(.+)/[^/]*$" or "/"
end

local function check_state_folder(findings, tools, path)
  local info = tools.look(path)
  if info then
    if not info.folder or not info.writable then
      findings:add("wrong", ("%s cannot be written"):format(path), ("Make it a folder of yours (chown, chmod 700 %s).")
        :format(path))
    elseif info.mode:sub(2) ~= "00" then
      findings:add("warning", ("%s can be looked at by others (mode %s)"):format(path, info.mode),
        ("chmod 700 %s"):format(path))
    else
      findings:add("ok", ("%s can be written"):format(path))
    end
    return
  end
  local parent = path
  repeat
    parent = parent_of(parent)
    info = tools.look(parent)
  until info or parent == "/"
  local fine = info and info.folder and info.writable
  findings:add(fine and "ok" or "wrong", ("%s is not there yet; %s %s"):format(path, parent,
    fine and "can be written" or "is no folder that can be written"),
    not fine and "Set XDG_STATE_HOME to a folder that you may write." or nil)
end

local function check_folders(findings, tools)
  findings.topic = "folders"
  local state, home = os.getenv "XDG_STATE_HOME", os.getenv "HOME"
  if state and state:sub(1, 1) == "/" then
    check_state_folder(findings, tools, state .. "/beadle")
  elseif home and home:sub(1, 1) == "/" then
    check_state_folder(findings, tools, home .. "/.local/state/beadle")
  else
    findings:add("wrong", "there is no place for journals, nonces and history", "Set HOME or XDG_STATE_HOME.")
  end
  local temporary = os.getenv "TMPDIR" or "/tmp"
  for _, place in ipairs { { temporary, "temporary files" }, { ".", "results beside your files" } } do
    local info = tools.look(place[1])
    local fine = info and info.folder and info.writable
    findings:add(fine and "ok" or "warning", ("%s %s be written: %s"):format(place[1] == "." and "this folder"
      or place[1], fine and "can" or "cannot", place[2]), not fine and "Choose another folder." or nil)
  end
end

local function check_terminal(findings)
  findings.topic = "terminal"
  if not fs.is_terminal "stdout" then
    findings:add("ok", "standard output is no terminal: no colour, no progress")
    return
  end
  local locale = os.getenv "LC_ALL" or ""
  locale = locale ~= "" and locale or os.getenv "LC_CTYPE" or os.getenv "LANG" or ""
  local columns = fs.columns "stdout"
  findings:add("ok", ("%s, %s columns%s"):format(os.getenv "TERM" or "unknown", columns or "?",
    (os.getenv "NO_COLOR" or "") ~= "" and ", without colour (NO_COLOR)" or ""))
  if not locale:upper():find "UTF%-?8" then
    findings:add("warning", ("the locale is \"%s\""):format(locale), "Names may look wrong. Choose one with UTF-8, "
      .. "such as export LANG=C.UTF-8")
  end
end

function M.examine(tools, options)
  local findings = setmetatable({}, Findings)
  check_program(findings, tools)
  check_authorities(findings, tools)
  local vendors = check_configuration(findings, tools)
  check_clock(findings, vendors, options.offline)
  check_credentials(findings, vendors, options.offline)
  check_folders(findings, tools)
  check_terminal(findings)
  return findings
end

return M
