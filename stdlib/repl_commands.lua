-- SPDX-License-Identifier: MIT
-- The commands of a session, for stdlib/repl.lua: what begins with ":" or "?".

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local error_value = require "beadle.error"
local pretty = require "beadle.pretty"

local M = {}

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, outcome = "none" }, 0)
end

local function milliseconds(seconds)
  return ("%.1f ms"):format(seconds * 1000)
end

local function last_call(session)
  return session.calls:last() or fail "nothing was called yet in this session"
end

-- ---------------------------------------------------------------------------------------------------

local COMMANDS = {}

local function add(name, usage, doc, run, values)
  COMMANDS[#COMMANDS + 1] = { name = name, usage = usage, doc = doc, run = run, values = values }
  COMMANDS[name] = COMMANDS[#COMMANDS]
end

add("help", "", "lists these commands", function(session)
  local rows = {}
  for _, each in ipairs(COMMANDS) do
    rows[#rows + 1] = { (":%s %s"):format(each.name, each.usage), each.doc }
  end
  rows[#rows + 1] = { "?NAME", "explains an operation, a vendor, a module, a function; help(x) does so for a value" }
  rows[#rows + 1] = { "??WORDS", "searches names, parameters, errors and descriptions of all operations" }
  session.print(pretty.table({ "command", "what it does" }, rows, session:width()))
  session.print("\nEverything else is Lua: an expression shows its value, `_` is the last one, `err` the last error. "
    .. "Vendors and modules\nare there by their names. Tab completes; Ctrl-C ends a line; :quit or Ctrl-D ends.")
end)

add("quit", "", "ends the session", function(session)
  session.ended = true
end)

add("curl", "", "shows the last call as a command line of curl, secrets as variables", function(session)
  session.print(require("beadle.curl").command(last_call(session)))
end)

local function bar(from, to, total, width)
  if total <= 0 then
    return ""
  end
  local first = math.floor(from / total * width)
  local count = math.max(1, math.floor(to / total * width) - first)
  return (" "):rep(math.min(first, width - 1)) .. ("#"):rep(math.min(count, width - first))
end

add("time", "", "shows where the time of the last call went", function(session)
  local call = last_call(session)
  local calls = require "beadle.repl_calls"
  local rows, at, total = {}, 0, calls.total(call)
  for _, phase in ipairs(calls.phases(call)) do
    rows[#rows + 1] = { phase.name, milliseconds(phase.seconds), bar(at, at + phase.seconds, total, 30) }
    at = at + phase.seconds
  end
  session.print(("%s: %s in %d attempt%s"):format(call.operation, milliseconds(total), call.tries,
    call.tries == 1 and "" or "s"))
  session.print(pretty.table({ "phase", "time", "" }, rows, session:width()))
end)

add("trace", "[N]", "shows the last N calls (10) with their attempts", function(session, text)
  local count = text == "" and 10 or math.tointeger(tonumber(text)) or fail(":trace takes a number of calls")
  last_call(session)
  local list, rows = session.calls.list, {}
  local calls = require "beadle.repl_calls"
  for index = math.max(1, #list - count + 1), #list do
    local call = list[index]
    for number, attempt in ipairs(call.attempts) do
      local took = attempt.ended and attempt.ended - attempt.begun
      rows[#rows + 1] = { number == 1 and call.operation or "", number, attempt.status or attempt.fault or "",
        took and milliseconds(took) or "", number == 1 and milliseconds(calls.total(call)) or "",
        number == 1 and (call.profile or "") or "" }
    end
    if #call.attempts == 0 then
      rows[#rows + 1] = { call.operation, 0, call.fault or "not sent", "", "", call.profile or "" }
    end
  end
  session.print(pretty.table({ "operation", "attempt", "answer", "time", "in all", "profile" }, rows, session:width()))
end)

add("profile", "[NAME]", "chooses what is called from now on; without a name, lists the profiles",
  function(session, text)
    if text ~= "" then
      session:set_profile(text)
      local live = text ~= "sandbox"
      session.print(("profile %s%s"):format(text, live and session.calls.confirm
        and ": asks before something is changed" or ""))
      return
    end
    local rows = {}
    for _, name in ipairs(config.profiles()) do
      local vendors = {}
      for vendor, simulated in pairs(config.vendors_of(name)) do
        vendors[#vendors + 1] = vendor .. (simulated and name ~= "sandbox" and " (simulated)" or "")
      end
      table.sort(vendors)
      rows[#rows + 1] = { (name == config.profile() and "* " or "  ") .. name, table.concat(vendors, ", ") }
    end
    session.print(pretty.table({ "profile", "vendors" }, rows, session:width()))
  end, function() return config.profiles() end)

add("confirm", "on|off", "whether a real vendor's effects are asked about first", function(session, text)
  if text ~= "on" and text ~= "off" and text ~= "" then
    fail(":confirm takes on or off")
  end
  if text ~= "" then
    session.calls.confirm = text == "on"
  end
  session.print(session.calls.confirm and "Before something is changed at a real vendor, you are asked."
    or "Nothing is asked: every call is sent.")
end, function() return { "on", "off" } end)

add("yes", "", "sends what a background task asks about", function(session)
  return session.calls:answer(true) or fail "no background task asks anything"
end)

add("no", "", "does not send it", function(session)
  return session.calls:answer(false) or fail "no background task asks anything"
end)

add("names", "", "lists the variables of the session", function(session)
  local eval = require "beadle.repl_eval"
  local rows = {}
  for _, name in ipairs(eval.names(session.variables)) do
    local value = eval.value(session.variables, name)
    local shown = require("beadle.pretty_value").show(value, { width = 60 }):match "^[^\n]*"
    rows[#rows + 1] = { name, type(value), shown }
  end
  if #rows == 0 then
    session.print "There are none yet: `local x = 1` makes one."
  else
    session.print(pretty.table({ "name", "type", "value" }, rows, session:width()))
  end
end)

add("save", "FILE.lua", "writes the session as a recipe, and a test beside it", function(session, text)
  session.print(require("beadle.repl_save").save(session, text))
end)

M.list = COMMANDS

-- run(session, "curl"): false when it failed.
function M.run(session, text)
  local name, rest = text:match "^(%S*)%s*(.-)%s*$"
  local command = COMMANDS[name == "q" and "quit" or name == "" and "help" or name]
  if not command then
    local names = {}
    for _, each in ipairs(COMMANDS) do
      names[#names + 1] = each.name
    end
    local nearest = catalogue.nearest(name, names)
    fail(("there is no command :%s"):format(name), nearest and ("Did you mean :%s?"):format(nearest)
      or ":help lists them.")
  end
  return command.run(session, rest) ~= false
end

-- ask(session, "?isograd.add_test" or "??proctor")
function M.ask(session, text)
  local explain = require "beadle.explain"
  local words = text:match "^%?%?%s*(.-)%s*$"
  if words then
    session.print(words ~= "" and explain.search(words) or fail("?? needs a word to search for"))
    return true
  end
  local name = text:match "^%?%s*(.-)%s*$"
  session:explain(name ~= "" and name or nil)
  return true
end

return M
