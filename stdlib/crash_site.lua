-- SPDX-License-Identifier: MIT
-- One run of a recipe under `beadle test --crash-points`: a folder with a copy of the current one, a served sandbox and
-- a state folder of its own, in which the recipe is started, killed and gone on with. For stdlib/crash_points.lua.
--
-- open(job) -> site    job: spawn (runtime/cli/worker.c), seed, timeout (real seconds for one process), setup (a script
--                      that prepares the sandbox), folder (the current one)
-- site:start(words, { point =, one_by_one =, kill_after =, first = }) -> how a process of beadle with these arguments
--                      ended: { status, signal, out, err, events, reached (the point), outside (addresses), why }
-- site:runs() -> ids of the durable runs, the newest first
-- site:path_of(id), site:advance(seconds), site:taken(), site.sandbox
-- site:close()         everything ends and is removed

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local child = require "beadle.crash_child"
local config = require "beadle.config"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local http = require "beadle.http"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local testing = require "beadle.test.native"

local M = {}

local EVENTS_FD = 3
local PROFILE = "crash-points"
local SETTLE = "50 ms" -- the sandbox is done with a request at once
local MOST_SAID = 8000 -- bytes of what a process wrote
local LOOK_S = 0.005
local MOST_FILES, MOST_BYTES, DEEPEST = 1000, 32 << 20, 16

-- ---------------------------------------------------------------------------------------------------
-- The folder

local function refuse_folder(what)
  error(error_value.new { kind = "argument", outcome = "none", exit = 2,
    message = ("the current folder has %s, and each crash point runs in a copy of it"):format(what),
    hint = "Run it in a folder that holds what the recipe needs, and no more." }, 0)
end

-- Hidden files stay, and the configuration, which says how real vendors are reached; and, where temporary files are
-- kept in the current folder, the copies.
local function is_left_out(name)
  return name:sub(1, 1) == "." or name:find "^beadle%.conf" or name:find "^beadle%-test%."
end

local function copy_folder(from, to, counted, depth)
  if depth > DEEPEST then
    refuse_folder "folders that are too deep"
  end
  fs.make_folder(to)
  for _, entry in ipairs(fs.list(from)) do
    local source, target = from .. "/" .. entry.name, to .. "/" .. entry.name
    if entry.is_folder and not is_left_out(entry.name) then
      copy_folder(source, target, counted, depth + 1)
    elseif not is_left_out(entry.name) then
      local ok, bytes = pcall(fs.read, source) -- no pipe, and nothing that may not be read
      counted.files, counted.bytes = counted.files + 1, counted.bytes + (ok and #bytes or 0)
      if counted.files > MOST_FILES or counted.bytes > MOST_BYTES then
        refuse_folder(("more than %d files or %d MiB"):format(MOST_FILES, MOST_BYTES >> 20))
      end
      if ok then
        fs.write(target, bytes)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The configuration

local function setting_of(setting, base, smtp)
  local value = setting.sandbox or setting.fallback
  if value and setting.type == "url" then
    return (value:gsub("^https://[^/]+", base))
  end
  return setting.type == "mail server" and smtp or value
end

local function vendor_lines(vendor, base, smtp, lines)
  lines[#lines + 1] = ("  %s = {"):format(vendor)
  for _, setting in ipairs(catalogue.settings(vendor).own) do
    local value = setting_of(setting, base, smtp)
    lines[#lines + 1] = value and ("    %s = %q,"):format(setting.name, value) or nil
  end
  if catalogue.describe(vendor).protocol == "http" then
    lines[#lines + 1] = ("    settle = %q,"):format(SETTLE)
  end
  lines[#lines + 1] = "  },"
end

-- Whatever profile a recipe names is the sandbox.
local function profile_names()
  local ok, names = pcall(config.profiles)
  local list, seen = { PROFILE }, { [PROFILE] = true, sandbox = true }
  for _, name in ipairs(ok and names or {}) do
    list[#list + 1] = not seen[name] and name or nil
    seen[name] = true
  end
  return list
end

local function write_config(path, base, smtp)
  local lines = { "local vendors = {" }
  for _, vendor in ipairs(catalogue.vendors()) do
    vendor_lines(vendor, base, smtp, lines)
  end
  lines[#lines + 1] = "}\nreturn { profiles = {"
  for _, name in ipairs(profile_names()) do
    lines[#lines + 1] = ("  [%q] = vendors,"):format(name)
  end
  lines[#lines + 1] = "} }\n"
  fs.write(path, table.concat(lines, "\n"))
end

-- ---------------------------------------------------------------------------------------------------
-- Listening to a process

local Site = {}
Site.__index = Site

local function keep_said(result, stream, bytes)
  result[stream] = (result[stream] .. bytes):sub(-MOST_SAID)
end

local function decode_lines(result, bytes, take)
  result.rest = result.rest .. bytes
  for line in result.rest:gmatch "([^\n]*)\n" do
    take(json.decode(line))
  end
  result.rest = result.rest:match "[^\n]*$"
end

-- A request that the vendor has not answered for want of a token is not the one that was meant.
local function was_taken(site, last)
  for _, each in ipairs(last) do
    for _, request in ipairs(site.sandbox[each.vendor].requests { operation = each.operation }) do
      if request.number > each.number and request.status ~= 401 then
        return true
      end
    end
  end
  return false
end

-- Waits until what was sent has been done; false when it is not within the time that a process has.
local function wait_until_done(site, event, taken_before)
  local ends = testing.real_time() + site.job.timeout
  while testing.real_time() < ends do
    if event.elsewhere and #site:taken() > taken_before or event.last and was_taken(site, event.last) then
      return true
    end
    async.sleep(LOOK_S)
  end
  return false
end

local on = {}

function on.effect(_, result, event)
  result.events[#result.events + 1] = event
end

on["ended"] = function(_, result, event)
  for _, effect in ipairs(result.events) do
    if effect.operation == event.operation and effect.number == event.number then
      effect.ok = event.ok
    end
  end
end

function on.outside(_, result, event)
  result.outside[#result.outside + 1] = event.url
end

on["at"] = function(_, result)
  result.reached = true
end

function on.sending(site, result, event)
  result.reached = wait_until_done(site, event, result.taken)
  result.why = not result.reached and "the vendor did not get what was sent" or nil
end

local function listen(site, result, worker)
  while true do
    local stream, bytes = worker:next()
    if not stream then
      return
    elseif stream ~= "events" then
      keep_said(result, stream, bytes)
    else
      decode_lines(result, bytes, function(event)
        if result.reached == nil then
          on[event.event](site, result, event)
        end
      end)
    end
    if result.reached ~= nil then
      worker:kill()
    end
  end
end

local function environment_of(site, options)
  local told = { fd = EVENTS_FD, base = site.base, elsewhere = site.elsewhere, seed = site.job.seed,
    point = options.point, one_by_one = options.one_by_one }
  return { [child.VARIABLE] = json.encode(told), XDG_STATE_HOME = site.folder .. "/state",
    XDG_CONFIG_HOME = site.folder .. "/config", HOME = site.folder .. "/home",
    BEADLE_CONFIG = site.folder .. "/config/beadle.conf.lua", BEADLE_PROFILE = PROFILE }
end

-- Runs fn(...) for at most so many seconds of real time. Raises an error of kind "timeout".
local function within(seconds, fn, ...)
  return async.timeout(seconds, fn, ...)
end

function Site:start(words, options)
  local arguments = { "--profile", PROFILE, "--seed", tostring(self.job.seed), "-e", child.CODE }
  table.move(words, 1, #words, #arguments + 1, arguments)
  local result = { out = "", err = "", rest = "", events = {}, outside = {}, taken = #self:taken() }
  local began = testing.real_time()
  local worker = self.job.spawn(arguments, { folder = self.tree, environment = environment_of(self, options) })
  local _ <close> = setmetatable({}, { __close = function() worker:kill() end })
  local ok, err = pcall(within, options.kill_after or self.job.timeout, listen, self, result, worker)
  if not ok and not error_value.is(err, "timeout") then
    error(err, 0)
  elseif not ok then
    worker:kill()
    listen(self, result, worker)
    result.why = not options.kill_after and ("it did not end within %g s"):format(self.job.timeout) or nil
    result.hung = not options.kill_after or nil
  end
  result.status, result.signal = worker:ended()
  result.seconds = testing.real_time() - began
  return result
end

-- ---------------------------------------------------------------------------------------------------
-- The sandbox of the site

local function serve(site)
  local code = ("require('beadle.crash_sandbox').main { fd = %d }"):format(EVENTS_FD)
  site.server = site.job.spawn({ "-E", "--profile", "sandbox", "--seed", tostring(site.job.seed), "-e", code })
  local result, ready = { rest = "", out = "", err = "" }, nil
  repeat
    local stream, bytes = site.server:next()
    if not stream then
      error(error_value.new { kind = "internal", outcome = "none",
        message = "the sandbox of a crash point cannot be served: " .. result.err }, 0)
    elseif stream == "events" then
      decode_lines(result, bytes, function(event) ready = event end)
    else
      keep_said(result, stream, bytes)
    end
  until ready
  site.base, site.elsewhere, site.sandbox = ready.base, ready.elsewhere, sandbox.at(ready.base)
  return ready
end

local function prepare(site)
  local done = site:start({ site.job.setup }, {})
  if done.status ~= 0 or done.signal then
    error(error_value.new { kind = "argument", outcome = "none", exit = 2,
      message = ("the script %s, which prepares the sandbox, failed: %s"):format(site.job.setup,
        done.why or done.err) }, 0)
  end
end

local function last_request(site)
  local last = 0
  for _, vendor in ipairs(catalogue.vendors()) do
    for _, request in ipairs(site.sandbox[vendor].requests {}) do
      last = math.max(last, request.number)
    end
  end
  return last
end

function Site:taken()
  return http.get(self.elsewhere .. "/taken"):json()
end

function Site:advance(seconds)
  self.sandbox.advance(seconds)
end

function Site:path_of(id)
  return ("%s/state/beadle/runs/%s.sqlite"):format(self.folder, id)
end

function Site:runs()
  local list = {}
  local ok, entries = pcall(fs.list, self.folder .. "/state/beadle/runs")
  for _, entry in ipairs(ok and entries or {}) do
    list[#list + 1] = entry.name:match "^([%w-]+)%.sqlite$"
  end
  table.sort(list, function(a, b) return a > b end)
  return list
end

function Site:close()
  if self.server then
    self.server:kill()
  end
  testing.remove_folder(self.folder)
end

Site.__close = Site.close

function M.open(job)
  local site = setmetatable({ job = job, folder = testing.temporary_folder() }, Site)
  local ok, err = pcall(function()
    site.tree = site.folder .. "/work"
    copy_folder(job.folder, site.tree, { files = 0, bytes = 0 }, 0)
    for _, name in ipairs { "config", "home", "state" } do
      fs.make_folder(site.folder .. "/" .. name)
    end
    local ready = serve(site)
    write_config(site.folder .. "/config/beadle.conf.lua", ready.base, ready.smtp)
    if job.setup then
      prepare(site)
    end
    site.first = last_request(site) + 1
    site.taken_before = #site:taken()
  end)
  if not ok then
    site:close()
    error(err, 0)
  end
  return site
end

return M
