-- SPDX-License-Identifier: MIT
-- The calls of a session, for stdlib/repl.lua: the last ones with what was sent and where their time went; which vendor
-- was used last; the order of the fields of results; and the question before something changes at a real vendor.

local config = require "beadle.config"
local error_value = require "beadle.error"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local native = require "beadle.session"
local observe = require "beadle.observe"
local params_of = require "beadle.complete_params"
local phases = require "beadle.call_phases"
local task = require "beadle.task"

local M = {}

local KEPT = 50

local Calls = {}
Calls.__index = Calls

-- ---------------------------------------------------------------------------------------------------
-- Results

-- order_of(value) -> the names of the fields of the operation whose result it is, or nil.
function Calls:order_of(value)
  local name = type(value) == "table" and self.operations[value]
  if not name then
    return nil
  end
  local found = beadle.try(help.find, name)
  local order = {}
  for _, field in ipairs(found and help_fields.result_fields(found) or {}) do
    order[#order + 1] = field.name
  end
  return order
end

local function note_tables(operations, value, name, depth)
  if type(value) == "table" and depth < 4 and not operations[value] then
    operations[value] = name
    for _, inner in pairs(value) do
      note_tables(operations, inner, name, depth + 1)
    end
  end
end

function Calls:note(call)
  self.list[#self.list + 1] = call
  self.line[#self.line + 1] = call
  if #self.list > KEPT then
    table.remove(self.list, 1)
  end
  if call.vendor then
    self.vendor = params_of.vendor(call.vendor).service and self.vendor or call.vendor
    note_tables(self.operations, call.result, call.operation, 1)
  end
end

-- last([vendor]) -> the last call, but not one that only signed in for another.
function Calls:last()
  return self.list[#self.list]
end

function Calls:begin_line(text)
  self.line, self.text = {}, text
end

function Calls:end_line(ok)
  self.lines_ok = ok
end

-- of_line() -> the calls that the last line made.
function Calls:of_line()
  return self.line
end

-- ---------------------------------------------------------------------------------------------------
-- Asking

local function short(value)
  local show = require "beadle.pretty_value"
  return show.show(value, { width = 60 })
end

local function is_secret(call, name)
  local operation = call.vendor and params_of.operation(call.operation)
  for _, param in ipairs(operation and operation.params or {}) do
    if param.name == name then
      return param.secret
    end
  end
end

local function describe(call)
  local parts, names = {}, {}
  for name in pairs(type(call.params) == "table" and call.params or {}) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local value = is_secret(call, name) and "[secret]" or short(call.params[name])
    parts[#parts + 1] = ("%s = %s"):format(name, value)
  end
  local what = call.vendor and help.effects[call.effect] or "may change something there"
  local sent = (#parts > 0 or not call.url) and ("%s { %s }"):format(call.operation, table.concat(parts, ", "))
    or ("%s %s"):format(call.method or call.operation, call.url)
  return ("%s\n  profile %s: %s."):format(sent, call.profile or config.profile(), what)
end

local function refuse(call, why, hint)
  error(error_value.new { kind = "permission", message = why, operation = call.operation, vendor = call.vendor,
    outcome = "none", hint = hint }, 0)
end

local function is_simulated(call)
  if call.vendor then
    return call.sandbox
  end
  return config.is_sandbox()
end

-- Waits for the person's answer to a question of a task behind the prompt.
function Calls:ask_later(call)
  local question = { done = task.event() }
  self.questions[#self.questions + 1] = question
  self.session.print(("A background task wants to send:\n  %s\n:yes sends it, :no does not."):format(describe(call)))
  question.done:wait()
  return question.answer
end

-- answer(yes) -> whether a question was open.
function Calls:answer(yes)
  local question = table.remove(self.questions, 1)
  if not question then
    return false
  end
  question.answer = yes
  question.done:set()
  return true
end

function Calls:ask_now(call)
  local session = self.session
  session.print(("This will be sent:\n  %s"):format(describe(call)))
  local answer = session:ask "Send it? [y]es, [n]o, [a]ll of this session: "
  answer = (answer or ""):lower():match "^%s*(%a)"
  if answer == "a" then
    self.confirm = false
  end
  return answer == "y" or answer == "a"
end

-- Asks, when it is about a real vendor; raises when the answer is no.
function Calls:question(call)
  if not self.confirm or is_simulated(call) then
    return
  elseif not self.session.interactive then
    refuse(call, "it was not sent: nobody can be asked here", "`beadle repl --yes` sends without asking.")
  end
  local yes
  if native.in_line() then
    while self.asking do -- another task of the line is being answered
      self.asking:wait()
    end
    local turn = task.event()
    self.asking = turn
    local _ <close> = setmetatable({}, { __close = function()
      self.asking = nil
      turn:set()
    end })
    yes = not self.confirm or self:ask_now(call)
  else
    yes = self:ask_later(call)
  end
  if not yes then
    refuse(call, "it was not sent: you said no", "Enter the line again to be asked again.")
  end
end

-- ---------------------------------------------------------------------------------------------------

function M.new(session, options)
  local calls = setmetatable({ session = session, list = {}, line = {}, questions = {}, confirm = not options.yes,
    operations = setmetatable({}, { __mode = "k" }) }, Calls)
  observe.tell(function(call) calls:note(call) end)
  return calls
end

-- gate() -> the gate (beadle.gate) that lines run with.
function Calls:gate()
  return function(effect, send)
    self:question(effect)
    return send()
  end
end

-- phases(call), total(call): where the time of a call went.
M.phases, M.total = phases.of, phases.total

return M
