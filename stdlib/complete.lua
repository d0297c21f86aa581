-- SPDX-License-Identifier: MIT
-- beadle.complete: what may stand where the cursor is: operations, the names of their parameters within the braces,
-- constants, ids that the sandbox knows, modules, fields of values, profiles, files, commands. All that is known of
-- operations comes from catalogue.describe; the completion of a shell may use the same functions.
--
--   complete.candidates(session, text) -> word, list of { text, doc, after }
--   complete.answer(session, text, width) -> { remove, insert, listing }
--
-- `session` has variables and modules, as a session of beadle.repl; {} will do. A candidate's text replaces the word;
-- `after` follows it when it is the only one.

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local context = require "beadle.complete_context"
local eval = require "beadle.repl_eval"
local explain = require "beadle.explain"
local fs = require "beadle.fs"
local native = require "beadle.session"
local params_of = require "beadle.complete_params"
local pretty = require "beadle.pretty"

local rawget, type, next, pairs, ipairs, tostring = rawget, type, next, pairs, ipairs, tostring

local M = {}

local KEYWORDS = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while" }

local function add(list, text, doc, after)
  list[#list + 1] = { text = text, doc = doc or "", after = after }
end

-- ---------------------------------------------------------------------------------------------------
-- Values: nothing of the person's is called for it

local function module_table(value)
  local metatable = type(value) == "table" and getmetatable(value)
  local name = type(metatable) == "table" and rawget(metatable, "__name")
  return type(name) == "string" and name:match "^beadle%.([%w_]+)$" or nil
end

local function is_vendor(name)
  return name ~= nil and params_of.vendor(name) ~= nil
end

-- The value of a name: the session's variable, a global, or a module that is there without `require`.
local function value_of_name(session, name)
  if session.variables then
    local value, is_there = eval.value(session.variables, name)
    if is_there then
      return value
    end
  end
  local value = session.environment and rawget(session.environment, name)
  value = value == nil and rawget(_G, name) or value
  if value == nil and session.modules and session.modules[name] then
    local ok, module = pcall(require, session.modules[name])
    value = ok and module or nil
  end
  return value
end

-- A field without calling what is not ours: metamethods of tables only, and the vendors' modules.
local function field_of(value, name)
  if type(value) == "string" then
    return string[name]
  elseif type(value) ~= "table" then
    local methods = native.methods(value)
    return methods and methods[name] or nil
  end
  local field = rawget(value, name)
  if field ~= nil then
    return field
  end
  local vendor = module_table(value)
  if is_vendor(vendor) then
    return params_of.is_member(vendor, name) and value[name] or nil
  elseif value == beadle then
    local ok, module = pcall(function() return beadle[name] end)
    return ok and module or nil
  end
  local metatable = getmetatable(value)
  local methods = type(metatable) == "table" and rawget(metatable, "__index")
  return type(methods) == "table" and rawget(methods, name) or nil
end

local function value_of_chain(session, chain)
  local value = value_of_name(session, chain[1])
  for index = 2, #chain do
    if value == nil then
      return nil
    end
    value = field_of(value, chain[index])
  end
  return value
end

local function doc_of_value(value)
  local kind = type(value)
  if kind == "function" then
    local name = catalogue.operation_of(value)
    return name and params_of.summary(name) or "function"
  elseif kind == "table" then
    local name = module_table(value)
    return name and "module" or "table"
  elseif kind == "string" or kind == "number" or kind == "boolean" then
    return pretty.shorten(tostring(value):gsub("%c", " "), 40)
  end
  return kind
end

-- ---------------------------------------------------------------------------------------------------
-- Fields after "." and ":"

local function add_fields(list, value, functions_only, depth)
  if type(value) ~= "table" or depth > 4 then
    return
  end
  for name, field in next, value do
    if type(name) == "string" and name:find "^[%a_][%w_]*$" and (not functions_only or type(field) == "function") then
      add(list, name, doc_of_value(field))
    end
  end
  local metatable = getmetatable(value)
  add_fields(list, type(metatable) == "table" and rawget(metatable, "__index") or nil, functions_only, depth + 1)
end

local function public_modules(session)
  local list = {}
  for name in pairs(session.modules or {}) do
    add(list, name, params_of.vendor(name) and params_of.vendor(name).title or explain.summary("beadle." .. name))
  end
  return list
end

local function members(session, chain, colon)
  local value = value_of_chain(session, chain)
  local vendor = module_table(value)
  local list = {}
  if is_vendor(vendor) then
    for _, each in ipairs(params_of.members(vendor)) do
      add(list, each.text, each.doc)
    end
    for name, field in next, value do
      if type(field) == "function" and not catalogue.operation_of(field) and not params_of.is_member(vendor, name) then
        add(list, name, "function")
      end
    end
    return list
  elseif value == beadle then
    list = public_modules(session)
    add_fields(list, value, false, 1)
    return list
  elseif #chain == 1 and chain[1] == "sandbox" and value ~= nil then
    for _, name in ipairs(catalogue.vendors()) do
      add(list, name, "the simulated vendor")
    end
  end
  if #chain == 2 and chain[1] == "sandbox" and is_vendor(chain[2]) then
    for _, name in ipairs(params_of.commands(chain[2])) do
      add(list, name, "")
    end
    return list
  end
  local enumeration = #chain > 1 and params_of.constants(chain[#chain - 1], chain[#chain])
  if enumeration and type(value) == "table" then
    return enumeration
  elseif type(value) == "string" then
    add_fields(list, string, true, 1)
  elseif type(value) == "userdata" then
    add_fields(list, native.methods(value), true, 1)
  else
    add_fields(list, value, colon, 1)
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Names

local function globals(session)
  local list = public_modules(session)
  for name in pairs(session.variables or {}) do
    add(list, name, doc_of_value((eval.value(session.variables, name))))
  end
  for name, value in next, _G do
    if type(name) == "string" and name:find "^[%a_][%w_]*$" then
      add(list, name, doc_of_value(value))
    end
  end
  for _, word in ipairs(KEYWORDS) do
    add(list, word, "keyword")
  end
  if session.help then
    add(list, "help", "explains an operation, a module, a function or an error")
  end
  return list
end

-- The full name of the operation that a chain of names calls; nil when it calls none.
local function operation_of(session, chain)
  if not chain then
    return nil
  end
  return catalogue.operation_of(value_of_chain(session, chain))
end

-- ---------------------------------------------------------------------------------------------------
-- Texts

local TAKES_FILES = { dofile = true, loadfile = true }
local FILE_MODULES = { io = true, fs = true, csv = true }

local function expand_home(path)
  local home = os.getenv "HOME"
  return home and path:find "^~/" and home .. path:sub(2) or path
end

local function files(text)
  local folder, part = text:match "^(.*/)([^/]*)$"
  folder, part = folder or "", part or text
  local ok, entries = pcall(fs.list, folder == "" and "." or expand_home(folder))
  local list = {}
  for _, entry in ipairs(ok and entries or {}) do
    if entry.name:sub(1, 1) ~= "." or part:sub(1, 1) == "." then
      add(list, folder .. entry.name .. (entry.is_folder and "/" or ""), entry.is_folder and "folder" or "file")
    end
  end
  return list
end

local function profiles()
  local list = {}
  local ok, names = pcall(config.profiles)
  for _, name in ipairs(ok and names or {}) do
    add(list, name, "profile")
  end
  return list
end

local function module_names(session)
  local list = {}
  for _, each in ipairs(public_modules(session)) do
    add(list, "beadle." .. each.text, each.doc)
  end
  return list
end

local function in_text(session, at)
  local callee, braces = at.callee or {}, at.braces
  local last = callee[#callee]
  if braces and braces.key == "profile" then
    return profiles()
  elseif last == "require" then
    return module_names(session)
  elseif last == "help" then
    return M.topics(at.text)
  elseif TAKES_FILES[last] or FILE_MODULES[callee[1]] or at.text:find "^[%.~]?%.?/" then
    return files(at.text)
  elseif braces and braces.key then
    local name = operation_of(session, braces.callee)
    return name and params_of.texts(name, braces) or {}
  end
  return {}
end

-- topics("isograd.ad") -> names that help takes.
function M.topics(text)
  local list = {}
  local vendor = text:match "^([%w_]+)%."
  if vendor and is_vendor(vendor) then
    for _, each in ipairs(params_of.members(vendor)) do
      add(list, vendor .. "." .. each.text, each.doc)
    end
  else
    for _, name in ipairs(catalogue.vendors()) do
      add(list, name, params_of.vendor(name).title)
    end
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Commands

local function commands(session, text)
  local name, rest = text:match "^%s*:%s*(%a*)(.*)$"
  local list = {}
  local repl_commands = require "beadle.repl_commands"
  if rest == "" then
    for _, each in ipairs(repl_commands.list) do
      add(list, each.name, each.doc, each.usage ~= "" and " " or nil)
    end
    return name, list
  end
  local word = rest:match "^%s+(.*)$" or ""
  local command = repl_commands.list[name]
  if name == "save" then
    return word, files(word)
  end
  for _, value in ipairs(command and command.values and command.values(session) or {}) do
    add(list, value, "")
  end
  return word, list
end

-- ---------------------------------------------------------------------------------------------------

-- Those that begin with the word, or whose other name does.
local function matching(list, word)
  local kept = { ordered = list.ordered }
  for _, each in ipairs(list) do
    if each.text:sub(1, #word) == word or each.also and each.also:sub(1, #word) == word then
      kept[#kept + 1] = each
    end
  end
  return kept
end

local function in_code(session, text)
  local at = context.at(text)
  if not at then
    return "", {}
  elseif at.text then
    return at.text, in_text(session, at)
  elseif at.chain then
    return at.word, members(session, at.chain, at.colon)
  end
  local operation = at.braces and operation_of(session, at.braces.callee)
  if operation and not at.braces.in_value then
    local list = params_of.names(operation, at.braces)
    return at.word, #list > 0 and list or params_of.elements(operation, at.braces)
  elseif operation and not at.braces.key then
    local list = params_of.elements(operation, at.braces)
    if #list > 0 then
      return at.word, list
    end
  elseif operation then
    local list = params_of.values(operation, at.braces)
    if at.word == "" or #matching(list, at.word) > 0 then
      return at.word, list
    end
  end
  if at.word == "" then
    return "", {}
  end
  return at.word, globals(session)
end

local function sort(list)
  local seen, kept = {}, {}
  for _, each in ipairs(list) do
    if not seen[each.text] then
      seen[each.text] = true
      kept[#kept + 1] = each
    end
  end
  if not list.ordered then
    table.sort(kept, function(a, b) return a.text < b.text end)
  end
  return kept
end

function M.candidates(session, text)
  local line = text:match "[^\n]*$"
  local word, list
  if text:find "^%s*:%s*%a*[^\n]*$" and not text:find "^%s*::" then
    word, list = commands(session, text)
  elseif text:find "^%s*%?[^?]" or text:find "^%s*%?$" then
    word = line:match "^%s*%?%s*(.*)$"
    list = M.topics(word)
  else
    word, list = in_code(session, text)
  end
  return word, sort(matching(list, word))
end

-- ---------------------------------------------------------------------------------------------------
-- What the terminal shows

local ROWS_MOST = 40

local function common_prefix(list)
  local prefix = list[1].text
  for index = 2, #list do
    local other = list[index].text
    local at = 1
    while at <= #prefix and prefix:byte(at) == other:byte(at) do
      at = at + 1
    end
    prefix = prefix:sub(1, at - 1)
  end
  while prefix ~= "" and not utf8.len(prefix) do
    prefix = prefix:sub(1, -2)
  end
  return prefix
end

local function listing(list, width)
  local left, out = 0, {}
  for index = 1, math.min(#list, ROWS_MOST) do
    left = math.max(left, pretty.width(list[index].text))
  end
  left = math.min(left, width // 2)
  for index = 1, math.min(#list, ROWS_MOST) do
    local each = list[index]
    local line = ("  %s%s  %s"):format(each.text, (" "):rep(math.max(0, left - pretty.width(each.text))), each.doc)
    out[#out + 1] = pretty.cut(line:gsub("%s+$", ""), width - 1)
  end
  if #list > ROWS_MOST then
    out[#out + 1] = ("  and %d more: type some letters"):format(#list - ROWS_MOST)
  end
  return table.concat(out, "\n") .. "\n"
end

function M.answer(session, text, width)
  local word, list = M.candidates(session, text)
  if #list == 0 then
    return { remove = 0, insert = "", listing = "" }
  elseif #list == 1 then
    return { remove = utf8.len(word) or #word, insert = list[1].text .. (list[1].after or ""), listing = "" }
  end
  local prefix = common_prefix(list)
  if word == "" then
    return { remove = 0, insert = prefix, listing = listing(list, width or 80) }
  elseif #prefix > #word then
    return { remove = utf8.len(word) or #word, insert = prefix, listing = "" }
  end
  return { remove = 0, insert = "", listing = listing(list, width or 80) }
end

return M
