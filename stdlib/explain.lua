-- SPDX-License-Identifier: MIT
-- beadle.explain: what a thing is, in words: an error and what to do about it, an operation, a module, a function of a
-- module written in Lua; and a search through all operations. From the catalogue and from comments in the source.
--
--   explain.error(err) -> an explanation, which prints as text; err:explain() is the same
--   explain.thing(x) -> text; x is a name ("isograd.add_test"), a function, a module, an enumeration or an error
--   explain.search "proctor" -> text

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local pretty = require "beadle.pretty"

local M = {}

-- ---------------------------------------------------------------------------------------------------
-- Errors

-- What each kind of the closed list means (docs/errors.md), and what to do when nothing better is known.
local KINDS = {
  argument = { "the call was wrong, before or at the vendor's check", "Correct the call." },
  configuration = { "the configuration lacks something, or cannot be read", "Add it to the profile." },
  permission = { "it is not allowed here", "Ask whoever may allow it, or use another profile." },
  network = { "the other side could not be reached, or the connection broke", "Try again when the network works." },
  timeout = { "a time limit was reached", "Try again, perhaps with a longer `timeout`." },
  cancelled = { "somebody ended it: Ctrl-C, or a scope that failed", "Nothing, if that was meant." },
  auth = { "the vendor did not accept the credentials", "Check the profile's secrets." },
  not_found = { "there is no such thing at the vendor", "Check the id or the name." },
  conflict = { "it is there already, or is in a state that does not allow this",
    "Look at what is there; often it can be used." },
  rate_limit = { "the vendor wants fewer calls", "Wait, then try again." },
  rejected = { "the vendor refused it for a reason of its own", "Read its reason below." },
  server = { "the vendor's side failed", "Try again later; tell the vendor if it lasts." },
  decode = { "the answer is not what the vendor's document promises", "Look at `err.response`." },
  io = { "a file or stream failed", "Check the path and its permissions." },
  script = { "a mistake in a script", "Correct the script." },
  internal = { "a fault of beadle", "Please report it." },
}

local function sentence(text)
  text = text:gsub("^%l", string.upper)
  return text:find "[.!?]$" and text or text .. "."
end

local function outcome_of(err)
  if err.outcome == "unknown" then
    return "It was sent, and whether the vendor did it is not known: check before you repeat it."
  elseif err.outcome == "done" then
    return "It was sent, and the vendor did it all the same."
  elseif err.outcome == "none" then
    return err.status and "It was sent, and the vendor did nothing." or "Nothing was sent."
  elseif err.status then
    return "It was sent; it changes nothing at the vendor."
  end
  return nil
end

local function probe_of(err)
  local operation = err.operation and beadle.try(help.find, err.operation)
  return operation and err.outcome == "unknown" and operation.probe.doc or nil
end

local function what_to_do(err)
  local parts = { err.hint and sentence(err.hint) or KINDS[err.kind] and KINDS[err.kind][2] }
  local probe = probe_of(err)
  if probe then
    parts[#parts + 1] = sentence("to find out: " .. probe)
  end
  if err.retryable then
    parts[#parts + 1] = err.retry_after and ("It may go well in %d s."):format(math.ceil(err.retry_after))
      or "Trying again may help."
  end
  return table.concat(parts, " ")
end

local function error_rows(err)
  local rows = {}
  local function add(label, text)
    if text and text ~= "" then
      rows[#rows + 1] = { label, text }
    end
  end
  add("Operation", err.operation)
  add("Where", err.where)
  add("Kind", KINDS[err.kind] and ("%s: %s."):format(err.kind, KINDS[err.kind][1]) or err.kind)
  if err.code then
    add("Code", err.meaning and ("%s: %s"):format(err.code, sentence(err.meaning)) or tostring(err.code))
  end
  add("Status", err.status and ("HTTP %d"):format(err.status))
  add("Vendor says", err.vendor_message)
  add("Attempts", err.attempts and err.attempts > 1 and tostring(err.attempts) or nil)
  add("Sent?", outcome_of(err))
  add("What to do", what_to_do(err))
  if type(err.response) == "table" and next(err.response) ~= nil then
    add("Answer", require("beadle.pretty_value").show(err.response, { width = help.width }):gsub("^", "\n    "):gsub(
      "\n(%S)", "\n    %1"))
  end
  add("Network", err.detail)
  add("Because", err.cause and (error_value.is(err.cause) and err.cause.message or tostring(err.cause)) or nil)
  return rows
end

local Explanation = {
  __tostring = function(explanation) return explanation.text end,
  __concat = function(a, b) return tostring(a) .. tostring(b) end,
  __name = "explanation",
}

function M.error(err)
  local out, width = { sentence(tostring(err.message)) }, 0
  local rows = error_rows(err)
  for _, row in ipairs(rows) do
    width = math.max(width, #row[1])
  end
  for _, row in ipairs(rows) do
    local text = row[2]:find "\n" and row[2] or pretty.wrap(row[2], help.width - width - 4, (" "):rep(width + 4))
    out[#out + 1] = ("  %s%s  %s"):format(row[1], (" "):rep(width - #row[1]), text)
  end
  return setmetatable({ text = table.concat(out, "\n") }, Explanation)
end

-- ---------------------------------------------------------------------------------------------------
-- Modules and functions written in Lua

local function session()
  local ok, native = pcall(require, "beadle.session")
  return ok and native or nil -- not there where there is no command line, as in the sandbox's own state
end

-- The comment that a module begins with, without its licence.
local function module_comment(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do
    local comment = line:match "^%-%- ?(.*)$"
    if not comment then
      break
    elseif not comment:find "^SPDX" then
      lines[#lines + 1] = comment
    end
  end
  return table.concat(lines, "\n")
end

-- summary(name) -> the first sentence about a module "beadle.x"; "" when there is none.
function M.summary(name)
  local native = session()
  local text = native and native.source(name)
  local first = text and module_comment(text):match "^(.-)\n" or ""
  return (first:gsub("^beadle%.[%w_]+: ", ""):gsub("%.?$", ""))
end

local function describe_module(name)
  local native = session()
  local text = native and native.source(name)
  return text and ("%s\n\n%s"):format(name, module_comment(text)) or name .. ": a module written in C"
end

-- The comment above the line on which a function begins.
local function comment_above(text, line)
  local lines = {}
  for each in (text .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = each
  end
  local first = line - 1
  while first > 0 and lines[first]:find "^%s*%-%-" do
    first = first - 1
  end
  local out = {}
  for at = first + 1, line - 1 do
    out[#out + 1] = lines[at]:gsub("^%s*%-%- ?", "")
  end
  return table.concat(out, "\n"), lines[line]
end

local function describe_function(fn)
  local native = session()
  local source, line = nil, nil
  if native then
    source, line = native.place(fn)
  end
  local text = source and native.source(source)
  if not text then
    return source and ("a function of %s:%d"):format(source:gsub("^[=@]", ""), line) or "a function written in C"
  end
  local comment, head = comment_above(text, line)
  return ("%s\n\n%s"):format(head and head:gsub("^%s*", "") or "", comment ~= "" and comment
    or "Nothing more is said of it.")
end

-- ---------------------------------------------------------------------------------------------------
-- Anything

local function describe_enumeration(vendor, name)
  for _, each in ipairs(catalogue.describe(vendor).enumerations) do
    if each.name == name then
      local rows = {}
      for _, choice in ipairs(each.choices) do
        rows[#rows + 1] = { ("%s.%s.%s"):format(vendor, name, choice.name), help_fields.choice_value(choice),
          choice.doc }
      end
      return ("%s.%s: %s\n\n%s"):format(vendor, name, each.doc, pretty.table({ "constant", "value", "means" }, rows))
    end
  end
end

local function is_vendor(name)
  for _, vendor in ipairs(catalogue.vendors()) do
    if vendor == name then
      return true
    end
  end
  return false
end

local function by_name(name)
  local vendor, member = name:match "^([%w_]+)%.([%w_]+)"
  if is_vendor(name) then
    return help.vendor(name)
  elseif vendor and is_vendor(vendor) then
    return describe_enumeration(vendor, member) or help.operation(("%s.%s"):format(vendor, member))
  end
  local native = session()
  local module = name:find "^beadle%." and name or "beadle." .. name
  if native and native.modules()[module] then
    return describe_module(module)
  end
  return nil
end

-- The value that a dotted name means; nil when there is none.
local function value_of(name, scope)
  local value
  for part in name:gmatch "[^.:]+" do
    if value == nil then
      value = scope and scope(part)
      if value == nil then
        value = _G[part]
      end
    elseif type(value) == "table" then
      local ok, member = pcall(function() return value[part] end)
      value = ok and member or nil
    end
    if value == nil then
      return nil
    end
  end
  return value
end

-- thing(x [, session]) -> text
function M.thing(x, of)
  if x == nil then
    return "help(x) explains an operation (isograd.add_test), a vendor, a module, a function or an error.\n"
      .. "?x is short for it, ??word searches all operations."
  elseif error_value.is(x) then
    return M.error(x).text
  elseif type(x) == "function" then
    local name = catalogue.operation_of(x)
    return name and help.operation(name) or describe_function(x)
  elseif type(x) == "table" then
    local metatable = getmetatable(x)
    local name = type(metatable) == "table" and rawget(metatable, "__name")
    if type(name) == "string" then
      return by_name((name:gsub("^beadle%.", ""))) or name
    end
    for loaded, module in pairs(package.loaded) do
      if module == x and loaded:find "^beadle%." then
        return describe_module(loaded)
      end
    end
  elseif type(x) == "string" then
    local text = by_name(x)
    if text then
      return text
    end
    local value = value_of(x, of and function(part) return require("beadle.repl_eval").value(of.variables, part) end)
    if value ~= nil and type(value) ~= "string" then
      return M.thing(value, of)
    end
    return help.operation(x) -- raises what is known by a name like it
  end
  return ("a %s: %s"):format(type(x), tostring(x))
end

-- ---------------------------------------------------------------------------------------------------
-- Searching

-- Where the word stands in a text, as a short piece of it.
local function piece_of(text, word)
  local at = text and text:lower():find(word, 1, true)
  if not at then
    return nil
  end
  local from = math.max(1, at - 30)
  while from > 1 and text:byte(from) >= 128 and text:byte(from) < 192 do
    from = from - 1
  end
  return (from > 1 and "…" or "") .. pretty.shorten(text:sub(from), 70)
end

local function search_fields(fields, word, where, found)
  for _, field in ipairs(fields or {}) do
    local piece = field.name:lower():find(word, 1, true) and field.doc or piece_of(field.doc, word)
    if piece then
      found[#found + 1] = ("%s %s: %s"):format(where, field.name, pretty.shorten(piece, 70))
    end
    search_fields(field.fields, word, where, found)
  end
end

-- What of an operation holds the word: a list of texts, the best first.
local function search_operation(operation, word)
  local found = {}
  if operation.full_name:lower():find(word, 1, true) or operation.summary:lower():find(word, 1, true) then
    found[1] = operation.summary
  end
  for _, name in ipairs { "doc", "caution", "permission", "deprecated", "removed" } do
    local piece = piece_of(operation[name], word)
    found[#found + 1] = piece
  end
  search_fields(operation.params, word, "parameter", found)
  search_fields(operation.result, word, "result", found)
  for _, each in ipairs(operation.errors) do
    local piece = tostring(each.code) == word and each.meaning or piece_of(each.meaning, word)
      or piece_of(each.hint, word)
    if piece then
      found[#found + 1] = ("error %d: %s"):format(each.code, piece)
    end
  end
  return found
end

local MOST_EACH = 3

-- search(words) -> text: operations whose names, parameters, results, errors or descriptions hold all the words.
function M.search(words)
  local rows, count = {}, 0
  words = words:lower()
  for _, vendor in ipairs(catalogue.vendors()) do
    for _, operation in ipairs(catalogue.describe(vendor).operations) do
      local found
      for word in words:gmatch "%S+" do
        local here = search_operation(operation, word)
        found = #here > 0 and (found or here) or false
        if not found then
          break
        end
      end
      if found then
        count = count + 1
        for index = 1, math.min(#found, MOST_EACH) do
          rows[#rows + 1] = { index == 1 and operation.full_name or "", found[index] }
        end
      end
    end
  end
  if count == 0 then
    return ("no operation says anything of \"%s\""):format(words)
  end
  return ("%s\n\n%d operation%s. ?NAME shows one whole."):format(pretty.table({ "operation", "where" }, rows), count,
    count == 1 and "" or "s")
end

return M
