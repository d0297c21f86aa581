-- SPDX-License-Identifier: MIT
-- beadle.repl: the interactive session. Each line is a task: calls wait, Ctrl-C ends the line, and what it spawned
-- goes on and prints above the prompt. docs/repl.md says what a person sees.
--
--   repl.run { yes = true } -> exit status
--
-- The session, which the commands (repl_commands.lua) and the completion (complete.lua) get:
--   variables   that lines declared with `local` (repl_eval.lua)
--   entries     what was entered and ended well: { text, calls }, for :save
--   calls       the last calls, the newest last (repl_calls.lua)
--   result, failure   the last value and the last error: `_` and `err`
--   print(text), width(), colour

local config = require "beadle.config"
local error_value = require "beadle.error"
local eval = require "beadle.repl_eval"
local fs = require "beadle.fs"
local gate = require "beadle.gate"
local names = require "beadle.repl_names"
local native = require "beadle.session"
local show = require "beadle.pretty_value"
local task = require "beadle.task"

local print, pcall, pack = print, pcall, table.pack

local M = {}

local Session = {}
Session.__index = Session

-- ---------------------------------------------------------------------------------------------------
-- Names of the session

-- help(x) explains; help.operation and the like stay.
local function make_help(session)
  return setmetatable({}, {
    __index = function(_, name) return require "beadle.help"[name] end,
    __call = function(_, thing)
      session:explain(thing)
    end,
    __tostring = function() return "help(x) explains an operation, a module, a function or an error" end,
  })
end

-- ---------------------------------------------------------------------------------------------------
-- Showing

local WIDEST = 96 -- text that is wider is hard to read

function Session:explain(thing)
  require("beadle.help").width = math.min(WIDEST, self:width())
  self.print(require("beadle.explain").thing(thing, self))
end

function Session.width()
  return fs.columns "stdout" or 80
end

function Session:show_values(values)
  for index = 1, values.n do
    local value = values[index]
    if value ~= nil or values.n > 1 or index > 1 then
      self.print(show.show(value, { width = self:width(), colour = self.colour, order = self.calls:order_of(value) }))
    end
  end
end

-- The frames of a traceback that are the person's own.
local function own_frames(trace)
  local frames = {}
  for line in trace:gmatch "[^\n]+" do
    if not line:find "^stack traceback" and not line:find("[beadle]", 1, true) and not line:find "%[C%]: in" then
      frames[#frames + 1] = line
    end
  end
  return frames
end

local function is_cancellation(err)
  return error_value.is(err, "cancelled")
end

function Session:show_error(err)
  local text
  if error_value.is(err) then
    text = tostring(err)
    if err.kind ~= "cancelled" and err.kind ~= "argument" then
      text = text .. "\n(err:explain() says more)"
    end
  else
    local ok, shown = pcall(show.show, err, { width = self:width() })
    text = type(err) == "string" and err or (ok and shown) or "an error that cannot be shown"
    local trace = native.trace(err)
    local frames = type(trace) == "string" and own_frames(trace) or {}
    if #frames > 1 then
      text = text .. "\n" .. table.concat(frames, "\n")
    end
  end
  self.complain(show.paint(text:match "^[^\n]*", "fault", self.colour) .. (text:match "\n.*$" or ""))
end

-- ---------------------------------------------------------------------------------------------------
-- Lines

-- What goes on after its line: told when it fails.
function Session:watch(released)
  for _, each in ipairs(released) do
    self.background[#self.background + 1] = each
    self.watchers[#self.watchers + 1] = task.spawn(function()
      local ok, err = pcall(each.wait, each)
      if not ok and each:status() == "failed" and not is_cancellation(err) then
        self.complain(show.paint("a background task failed: ", "fault", self.colour) .. tostring(err))
      end
    end)
  end
end

local function running(list)
  local kept = {}
  for _, each in ipairs(list) do
    if each:status() == "running" then
      kept[#kept + 1] = each
    end
  end
  return kept
end

-- run_function(fn, ...) -> true and its results, or false and the error. It is a task of its own.
function Session:run_function(fn, ...)
  local released = {}
  local line = native.start(function(...)
    local results = pack(gate.with(self.calls:gate(), fn, ...))
    released = native.release()
    return results
  end, ...)
  local ok, results = pcall(line.wait, line)
  native.ended()
  if not ok and line:status() == "running" then -- it is the session that was told to end
    line:cancel()
    error(results, 0)
  end
  self.background, self.watchers = running(self.background), running(self.watchers)
  self:watch(released)
  return ok, results
end

-- run_chunk(text) -> whether it went well, or nil when more lines are wanted.
function Session:run_chunk(text)
  local fn, message, more = eval.compile(self.variables, text)
  if not fn then
    if more then
      return nil
    end
    self:show_error(message)
    return false
  end
  self.calls:begin_line(text)
  local ok, results = self:run_function(fn)
  self.calls:end_line(ok)
  if ok then
    self.entries[#self.entries + 1] = { text = text, calls = self.calls:of_line() }
    if results[1] ~= nil then
      self.result = results[1]
    end
    local shown, err = pcall(self.show_values, self, results)
    if not shown then
      self:show_error(err)
    end
    return true
  end
  self.failure = results
  if self.interactive and is_cancellation(results) and results.message == "interrupted" then
    self.complain "\ninterrupted"
  else
    self:show_error(results)
  end
  return false
end

function Session:run_special(text)
  local commands = require "beadle.repl_commands"
  local line = text:match "^%s*(.*)$"
  if line:sub(1, 1) == "?" then
    return commands.ask(self, line)
  end
  return commands.run(self, line:sub(1, 1) == ":" and line:match "^:%s*(.*)$" or "quit")
end

function Session:protected_special(text)
  local ok, results = self:run_function(function()
    return self:run_special(text) ~= false
  end)
  if not ok then
    self:show_error(results)
    return false
  end
  return results[1]
end

-- Commands, questions, and the words that people type who want to leave.
function Session:is_special(text)
  local word = text:match "^%s*(%l+)%s*$"
  if word == "quit" or word == "exit" then
    return _G[word] == nil and not self.variables[word]
  end
  return text:find "^%s*[:?]" ~= nil and not text:find "^%s*::"
end

-- enter(text) -> whether it went well; nil when it is incomplete.
function Session:enter(text)
  if eval.is_blank(text) then
    return true
  elseif self:is_special(text) then
    return self:protected_special(text)
  end
  return self:run_chunk(text)
end

-- ---------------------------------------------------------------------------------------------------
-- On a terminal

function Session:prompt()
  local profile = config.profile()
  local live = profile ~= "sandbox"
  local name = self.calls.vendor and (self.calls.vendor .. " ") or self.only_vendor and (self.only_vendor .. " ") or ""
  local text = ("%s%s>"):format(name, profile)
  local shown = text
  if self.colour and live then
    shown = "\1\27[1;31m\1" .. text .. "\1\27[0m\1"
  end
  local more = (" "):rep(math.max(0, #text - 4)) .. "...>"
  return shown .. " ", more .. " "
end

function Session:complete(text, number)
  local ok, answer = pcall(function()
    return require("beadle.complete").answer(self, (self.pending or "") .. text, self:width())
  end)
  if ok and answer then
    native.answer(number, answer.remove, answer.insert, answer.listing)
  else
    native.answer(number, 0, "", "")
  end
end

-- The next text that was entered; nil at the end, false when it was dropped.
function Session:read(is_more, from)
  local prompt, more = self:prompt()
  native.read(is_more and more or prompt, more, from or "")
  while true do
    local kind, text, number = native.next()
    if kind == "line" then
      return text
    elseif kind == "complete" then
      self:complete(text, number)
    elseif kind == "interrupt" then
      return false
    else
      return nil
    end
  end
end

-- ask(question) -> the answer's text, or nil. For the main task only, between lines.
function Session.ask(_, question)
  native.read(question, "", "")
  while true do
    local kind, text, number = native.next()
    if kind == "complete" then
      native.answer(number, 0, "", "")
    else
      return kind == "line" and text or nil
    end
  end
end

function Session:remember(text)
  self.history:add(text)
  native.history(self.history.list)
end

-- A text of several lines that is no chunk as a whole may be lines that stand alone: they are run one by one, up to
-- one that fails. What is incomplete at the end is given back.
function Session:enter_pieces(text)
  local pieces = eval.pieces(self.variables, text)
  for index, piece in ipairs(pieces) do
    local ok = self:enter(piece)
    if ok == nil then
      return index == #pieces and piece or nil
    elseif ok == false or self.ended then
      if not ok and index < #pieces then
        self.complain(("%d more of what was pasted was not run"):format(#pieces - index))
      end
      return nil
    end
  end
end

-- Runs a text. What is incomplete is given back.
function Session:take(text)
  if text:find "\n" then
    local fn, _, more = eval.compile(self.variables, text)
    if not fn then
      return more and text or self:enter_pieces(text)
    end
  end
  return self:enter(text) == nil and text or nil
end

function Session:loop()
  while not self.ended do
    local text = self:read(self.pending ~= nil)
    if text == nil then
      if not self.pending then
        return
      end
      self.pending = nil
    elseif text == false then
      self.pending = nil
    else
      local whole = (self.pending or "") .. text
      local pending = self:take(whole)
      if pending then
        self.pending = pending .. "\n"
      else
        self.pending = nil
        self:remember(whole)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- From a pipe or a file

function Session:finish_input(text)
  if text == "" or self:enter(text) then
    return true
  end
  local _, message, more = eval.compile(self.variables, text)
  if more then
    self:show_error(message)
  end
  return false
end

-- Runs what standard input has, up to what fails.
function Session:run_input()
  local rest, chunk = "", ""
  while not self.ended do
    local piece = native.input()
    rest = rest .. (piece or "")
    if not piece and rest ~= "" and not rest:find "\n$" then
      rest = rest .. "\n"
    end
    for line in rest:gmatch "(.-)\n" do
      chunk = chunk .. line
      local ok = self:enter(chunk)
      if ok == false then
        return 1
      elseif self.ended then
        return 0
      end
      chunk = ok == nil and chunk .. "\n" or ""
    end
    rest = rest:match "[^\n]*$"
    if not piece then
      return self:finish_input(chunk) and 0 or 1
    end
  end
  return 0
end

-- ---------------------------------------------------------------------------------------------------

-- Ends what still runs behind the prompt.
function Session:end_background()
  local left = running(self.background)
  if #left > 0 and self.interactive then
    self.print(("%d background task%s cancelled"):format(#left, #left == 1 and "" or "s"))
  end
  for _, list in ipairs { self.background, self.watchers } do
    for _, each in ipairs(list) do
      each:cancel()
    end
  end
end

local function new(options)
  local environment = names.environment()
  local session = setmetatable({
    variables = eval.new(environment), environment = environment, options = options,
    entries = {}, background = {}, watchers = {},
    print = function(text) print(text) end,
    complain = function(text) print(text) end,
    colour = show.wants_colour "stdout",
  }, Session)
  session.help = make_help(session)
  session.calls = require("beadle.repl_calls").new(session, options)
  names.add_names(session)
  return session
end

local function choose_profile()
  local config_native = require "beadle.config.native"
  if not config_native.profile() then
    config_native.use "sandbox" -- whatever the configuration says: exploring begins where nothing can happen
  end
  config.check()
end

-- set_profile(name): what the lines call from now on.
function Session:set_profile(name)
  config.use(name)
  self.calls.vendor, self.only_vendor = nil, nil
  local vendors = config.vendors_of(name)
  local first = next(vendors)
  if first and next(vendors, first) == nil then
    self.only_vendor = first
  end
end

local function greet(session)
  local profile = config.profile()
  local pretty = require "beadle.pretty"
  local text = "beadle %s, profile %s%s. Tab completes, ?NAME explains, :help lists commands, Ctrl-D ends."
  local simulated = profile == "sandbox" and " (simulated: nothing leaves this machine)" or ""
  session.print(pretty.wrap(text:format(beadle.version, profile, simulated), session:width() - 1))
  if session.history.why then
    session.print("The history is not kept: " .. session.history.why)
  end
end

function M.run(options)
  choose_profile()
  local session = new(options or {})
  session:set_profile(config.profile())
  session.interactive = fs.is_terminal "stdin" and fs.is_terminal "stdout"
  if not session.interactive then
    session.complain = function(text) io.stderr:write(text, "\n") end
    session.colour = show.wants_colour "stdout"
    local status = session:run_input()
    if status ~= 0 then
      session:end_background()
    end
    return status
  end
  local ok, why = native.open()
  if not ok then
    error(error_value.new { kind = "configuration", outcome = "none", hint = "Install the package libedit2.",
      message = ("lines cannot be edited here: %s"):format(why) }, 0)
  end
  session.history = require("beadle.repl_history").open()
  native.history(session.history.list)
  greet(session)
  session:loop()
  session:end_background()
  return session.status or 0
end

return M
