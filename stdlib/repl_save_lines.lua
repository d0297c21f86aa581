-- SPDX-License-Identifier: MIT
-- The lines of a session as the row of a recipe, for stdlib/repl_save.lua.
--
--   collect(session) -> {
--     body         Lua, indented
--     params       list of { name, operation, field, text, default }: text is the session's value
--     columns      list of { name, value }: value is Lua
--     modules      names of the modules that it needs, sorted
--     operations   full names of what it calls
--     counts       list of { vendor, name, count }: how often the sandbox was asked
--     uses_row, uses_context
--   }

local help_fields = require "beadle.help_fields"
local lex = require "beadle.check_lex"
local params_of = require "beadle.complete_params"

local M = {}

local INDENT = "    "

local function find(fields, name)
  for _, field in ipairs(fields) do
    if field.name == name then
      return field
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What is given to operations

-- The operation that is called by the bracket at the words' place `at`; nil when it is none.
local function callee(words, at)
  if words.kinds[at - 1] == "(" then
    at = at - 1
  end
  local names = words.kinds[at - 1] == "name" and words.kinds[at - 2] == "." and words.kinds[at - 3] == "name"
  if not names or words.kinds[at - 4] == "." then
    return nil
  end
  return params_of.operation(("%s.%s"):format(words.raws[at - 3], words.raws[at - 1]))
end

-- The constant vendor.enumeration.name at the words' place `at`: its name, and the place of its last word.
local function constant(words, at)
  local k = words.kinds
  if k[at] == "name" and k[at + 1] == "." and k[at + 2] == "name" and k[at + 3] == "." and k[at + 4] == "name" then
    local list = params_of.constants(words.raws[at], words.raws[at + 2])
    for _, each in ipairs(list or {}) do
      if each.text == words.raws[at + 4] then
        return each.text, at + 4
      end
    end
  end
end

local function choice_name(field, value)
  for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
    if choice.value == value or choice.number == value then
      return choice.name
    end
  end
end

-- The text that a person would give for the value at `at`, and the place of its last word; nil when it is computed.
local function value_at(words, at, field)
  local kind, raw, last = words.kinds[at], words.raws[at], at
  local text
  if kind == "string" then
    text = lex.text_of(raw)
    text = choice_name(field, text) or text
  elseif kind == "number" then
    text = choice_name(field, math.tointeger(tonumber(raw))) or raw
  elseif kind == "-" and words.kinds[at + 1] == "number" then
    text, last = "-" .. words.raws[at + 1], at + 1
  else
    text, last = constant(words, at)
  end
  local after = last and words.kinds[last + 1]
  if text and (after == "," or after == ";" or after == "}") and text ~= "" and not text:find "[\n\r]" then
    return text, last
  end
end

-- The parameter of the recipe for a value: one that has the same name and value, or a new one.
local function param_for(saved, operation, field, text)
  local name, number = field.name, 1
  while saved.by_name[name] and saved.by_name[name].text ~= text do
    number = number + 1
    name = field.name .. number
  end
  if not saved.by_name[name] then
    local needed = field.required and not field.fallback and not field.setting and not field.enumeration
    local param = { name = name, operation = operation.full_name, field = field.name,
      text = field.secret and "Secret-Word-0001" or text, default = not needed and not field.secret and text or nil }
    if not needed and field.secret then
      param.default = nil
    end
    saved.by_name[name] = param
    saved.params[#saved.params + 1] = param
  end
  return name
end

-- Where the text of an entry changes: a list of { from, to, text }.
local function find_values(saved, words)
  local stack, edits = {}, {}
  for at, kind in ipairs(words.kinds) do
    local top = stack[#stack]
    if kind == "{" or kind == "(" or kind == "[" then
      stack[#stack + 1] = { operation = kind == "{" and callee(words, at) or nil }
    elseif kind == "}" or kind == ")" or kind == "]" then
      stack[#stack] = nil
    elseif kind == "=" and top and top.operation and words.kinds[at - 1] == "name" then
      local field = find(top.operation.params, words.raws[at - 1])
      local text, last = nil, nil
      if field and not field.fields and field.place ~= "aside" then
        text, last = value_at(words, at + 1, field)
      end
      if text then
        edits[#edits + 1] = { from = words.starts[at + 1], to = words.starts[last] + #words.raws[last] - 1,
          text = "row." .. param_for(saved, top.operation, field, text) }
        saved.uses_row = true
      end
    end
  end
  return edits
end

local function apply(text, edits)
  for index = #edits, 1, -1 do
    local edit = edits[index]
    text = text:sub(1, edit.from - 1) .. edit.text .. text:sub(edit.to + 1)
  end
  return text
end

-- ---------------------------------------------------------------------------------------------------
-- Entries

local function words_of(text)
  local kinds, raws, starts = lex.words(text)
  return { kinds = kinds, raws = raws, starts = starts }
end

local function uses_name(words, name)
  for at, kind in ipairs(words.kinds) do
    if kind == "name" and words.raws[at] == name and words.kinds[at - 1] ~= "." then
      return true
    end
  end
  return false
end

local function is_expression(text)
  return load("return " .. text, "=saved", "t") ~= nil
end

-- The operation that the whole of an expression calls.
local function called(text, words)
  if words.kinds[1] ~= "name" or words.kinds[2] ~= "." or words.kinds[3] ~= "name" then
    return nil
  end
  local after = words.kinds[4]
  local operation = (after == "{" or after == "(") and params_of.operation(words.raws[1] .. "." .. words.raws[3])
  return operation and load(text, "=saved", "t") and operation or nil
end

local function fresh_name(names, wanted)
  local name, number = wanted, 1
  while names[name] do
    number = number + 1
    name = wanted .. number
  end
  names[name] = true
  return name
end

local function note_operation(saved, operation)
  if not saved.seen[operation.full_name] then
    saved.seen[operation.full_name] = true
    saved.operations[#saved.operations + 1] = operation.full_name
  end
end

-- The ids in what an operation answers.
local function note_columns(saved, variable, operation)
  if operation.result_kind ~= "object" or operation.paging then
    return
  end
  for _, field in ipairs(help_fields.result_fields(operation)) do
    local is_id = field.name:find "_id$" or field.name:find "Id$" or field.name == "id"
    if is_id and not field.nullable and not field.secret and not field.fields then
      saved.columns[#saved.columns + 1] = { name = fresh_name(saved.column_names, field.name),
        value = ("%s.%s"):format(variable, field.name) }
    end
  end
end

-- The variable that an entry sets, and what stands behind its "=".
local function assignment(text)
  local name, rest = text:match "^%s*local%s+([%a_][%w_]*)%s*=%s*([^=].*)$"
  if name then
    return name, rest, true
  end
  name, rest = text:match "^%s*([%a_][%w_]*)%s*=%s*([^=].*)$"
  return name, rest, false
end

local function add_line(saved, text)
  if text:find("[[", 1, true) or text:find "%[=+%[" then -- what stands in a long text stays as it is
    saved.lines[#saved.lines + 1] = INDENT .. text
    return
  end
  for line in (text .. "\n"):gmatch "(.-)\n" do
    saved.lines[#saved.lines + 1] = line ~= "" and INDENT .. line or ""
  end
end

local function add_entry(saved, entry)
  local text = entry.text:gsub("%s+$", "")
  local words = words_of(text)
  local name, rest, is_local = assignment(text)
  local operation = called(rest or text, words_of(rest or text))
  local changed = apply(text, find_values(saved, words))
  if operation then
    note_operation(saved, operation)
  end
  if name and not is_local and not saved.names[name] then
    changed = "local " .. changed
  end
  if name then
    saved.names[name] = true
    if operation then
      note_columns(saved, name, operation)
    end
  elseif operation and #operation.result > 0 then
    local variable = fresh_name(saved.names, operation.name)
    local before = #saved.columns
    note_columns(saved, variable, operation)
    changed = #saved.columns > before and ("local %s = %s"):format(variable, changed) or changed
  elseif is_expression(text) and not load(text, "=saved", "t") then
    changed = "local _ = " .. changed
  end
  if uses_name(words, "sandbox") and not is_local then -- what the simulated vendor was told
    changed = ("if context.is_sandbox then\n  %s\nend"):format(changed:gsub("\n", "\n  "))
    saved.uses_context = true
  end
  add_line(saved, changed)
  for _, each in ipairs(entry.calls) do
    local found, vendor = nil, nil
    if each.vendor then
      found, vendor = params_of.operation(each.operation)
    end
    if found and vendor.auth.operation ~= found.name then -- signing in is not the errand
      note_operation(saved, found)
    end
  end
end

-- Whether an entry does something that later ones or the vendor see.
local function matters(entry)
  for _, call in ipairs(entry.calls) do
    if call.vendor then
      return true
    end
  end
  local is_call = load(entry.text, "=saved", "t") ~= nil
  return not is_expression(entry.text) or is_call and uses_name(words_of(entry.text), "sandbox")
end

local function note_modules(saved, session, entries)
  local wanted = { recipe = true }
  for _, entry in ipairs(entries) do
    local words = words_of(entry.text)
    for name in pairs(session.modules) do
      if uses_name(words, name) and not session.variables[name] then
        wanted[name] = true
      end
    end
  end
  for name in pairs(wanted) do
    saved.modules[#saved.modules + 1] = name
    saved.names[name] = true
  end
  table.sort(saved.modules)
end

local function count(saved, entries)
  local by_name = {}
  for _, entry in ipairs(entries) do
    for _, call in ipairs(entry.calls) do
      local operation, vendor = nil, nil
      if call.vendor and call.sandbox then
        operation, vendor = params_of.operation(call.operation)
      end
      if operation and vendor.auth.operation ~= operation.name then
        local name = operation.variant_of or operation.name
        local key = vendor.name .. "." .. name
        if not by_name[key] then
          by_name[key] = { vendor = vendor.name, name = name, count = 0 }
          saved.counts[#saved.counts + 1] = by_name[key]
        end
        by_name[key].count = by_name[key].count + (call.tries or 1)
      end
    end
  end
end

function M.collect(session)
  local saved = { lines = {}, params = {}, by_name = {}, columns = {}, column_names = {}, modules = {}, operations = {},
    counts = {}, seen = {}, names = { row = true, context = true } }
  local entries = {}
  for _, entry in ipairs(session.entries) do
    if matters(entry) then
      entries[#entries + 1] = entry
    end
  end
  note_modules(saved, session, entries)
  for _, entry in ipairs(entries) do
    add_entry(saved, entry)
  end
  count(saved, entries)
  saved.body = table.concat(saved.lines, "\n")
  return saved
end

return M
