-- SPDX-License-Identifier: MIT
-- beadle.help: the catalogue in words. Everything comes from catalogue.describe.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local fields_of = require "beadle.help_fields"
local pretty = require "beadle.pretty"
local probe_words = require "beadle.catalogue.probe_words"

local M = { width = 96 } -- columns that lines of text have at most

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, outcome = "none", exit = 2 }, 0)
end

-- find("isograd.add_test") -> operation, vendor; of the name of a table nil, vendor, table. Raises an error that
-- names the nearest known one.
function M.find(full_name)
  local vendor_name, name = full_name:match "^([^.]+)%.(.+)$"
  if not vendor_name then
    fail(("\"%s\" is no operation: write VENDOR.OPERATION"):format(full_name),
      "`beadle ops` lists them.")
  end
  local vendors = catalogue.vendors()
  local known = false
  for _, each in ipairs(vendors) do
    known = known or each == vendor_name
  end
  if not known then
    local nearest = catalogue.nearest(vendor_name, vendors)
    fail(("there is no vendor \"%s\""):format(vendor_name), nearest and
      ("Did you mean %s.%s?"):format(nearest, name) or ("Known are: " .. table.concat(vendors, ", ") .. "."))
  end
  local vendor, names = catalogue.describe(vendor_name), {}
  local tables = {}
  for _, each in ipairs(vendor.tables) do
    tables[each.name], names[#names + 1] = each, each.name
  end
  for _, operation in ipairs(vendor.operations) do
    if operation.name == name then
      operation.tables = tables
      return operation, vendor
    end
    names[#names + 1] = operation.name
  end
  if tables[name] then
    return nil, vendor, tables[name]
  end
  local nearest = catalogue.nearest(name, names)
  return fail(("there is no operation %s"):format(full_name), nearest and
    ("Did you mean %s.%s?"):format(vendor_name, nearest) or ("`beadle ops %s` lists them."):format(vendor_name))
end

local EFFECTS = {
  read = "reads; changes nothing",
  create = "creates something",
  update = "changes something",
  delete = "deletes or archives something",
  send = "sends something that cannot be taken back",
  spend = "uses a paid credit",
}

local function add(out, format, ...)
  out[#out + 1] = select("#", ...) > 0 and format:format(...) or format
end

local function add_rows(out, rows)
  local left_width = 0
  for _, row in ipairs(rows) do
    left_width = math.max(left_width, pretty.width(row[1]))
  end
  local indent = (" "):rep(left_width + 4)
  for _, row in ipairs(rows) do
    add(out, "  %s%s  %s", row[1], (" "):rep(left_width - pretty.width(row[1])),
      pretty.wrap(row[2], M.width - left_width - 4, indent))
  end
end

-- What the vendors' pages of docs/ are made of, too (tests/docs/vendors.lua): this and what follows like it.
M.effects = EFFECTS

local function add_param(rows, param, operation, indent)
  if param.rest then
    return
  end
  rows[#rows + 1] = {
    ("%s%s%s  %s"):format(indent, param.name, fields_of.is_needed(param) and " *" or "", param.type),
    fields_of.param_sentence(param, operation),
  }
  for _, member in ipairs(param.fields or {}) do
    add_param(rows, member, operation, indent .. "  ")
  end
end

-- Properties that have parameters of their own are not said twice.
local function add_properties(out, operation)
  local own, rest = {}, nil
  for _, param in ipairs(operation.params) do
    own[param.name], rest = true, param.rest and param or rest
  end
  if not rest then
    return
  end
  local rows = {}
  local list, count = fields_of.properties_of(operation, rest)
  for _, entry in ipairs(list) do
    if not own[entry.field.name] then
      add_param(rows, entry.field, operation, "")
      if #entry.choices < count and #entry.choices > 0 then
        rows[#rows][2] = ("%s Only with %s %s."):format(rows[#rows][2], rest.fields_of,
          table.concat(entry.choices, ", "))
      end
    end
  end
  add(out, "")
  add(out, "%s, given beside the parameters", rest.doc:gsub("^%l", string.upper))
  add_rows(out, rows)
end

local function add_params(out, operation)
  local rows = {}
  for _, needed in ipairs { true, false } do
    for _, param in ipairs(operation.params) do
      if fields_of.is_needed(param) == needed then
        add_param(rows, param, operation, "")
      end
    end
  end
  if #rows > 0 then
    add(out, "")
    add(out, "Parameters (* required)")
    add_rows(out, rows)
  end
  add_properties(out, operation)
  for _, rule in ipairs(operation.rules) do
    add(out, "  Rule: %s.%s", rule.doc, rule.assumed and " (Our assumption.)" or "")
  end
end

local function help_of_table(name, vendor)
  return ("`beadle help %s.%s`"):format(vendor, name)
end

local function add_fields(rows, fields, prefix, operation)
  for _, field in ipairs(fields) do
    rows[#rows + 1] = { ("%s%s%s  %s"):format(prefix, field.name, field.nullable and " ?" or "", field.type),
      fields_of.field_sentence(field, operation, help_of_table) }
    if field.fields then
      add_fields(rows, field.fields, prefix .. "  ", operation)
    end
  end
end

local RESULT_WITHOUT_FIELDS = {
  object = "Result: nothing beyond that it was done.",
  none = "Result: nothing beyond that it was done.",
  list = "Result: a list.",
  each = "Result: a list, or an object with each under a key.",
  any = "Result: what the vendor answers; its document does not say more.",
}

local RESULT_WITH_FIELDS = {
  list = "Result: a list of objects, each with",
  each = "Result: a list of objects, or an object with each under a key; each with",
}

-- Whether a field of the result, or of what is within it, may be missing.
local function any_nullable(fields)
  for _, field in ipairs(fields or {}) do
    if field.nullable or any_nullable(field.fields) then
      return true
    end
  end
  return false
end

M.result_without_fields, M.result_with_fields = RESULT_WITHOUT_FIELDS, RESULT_WITH_FIELDS

local function answer_sentence(answer)
  return ("%s%s%s."):format(answer.doc,
    answer.when and ("; instead of the above when %s is set"):format(answer.when) or "",
    answer.kind == "redirect" and "; never followed" or "")
end

local function error_sentence(each)
  return ("%s.%s%s"):format(each.meaning, each.hint and " " .. each.hint or "",
    each.assumed and " (Our assumption.)" or "")
end

M.answer_sentence, M.error_sentence = answer_sentence, error_sentence

local function add_result(out, operation)
  local rows = {}
  add_fields(rows, operation.result, "", operation)
  for _, answer in ipairs(operation.answers) do
    rows[#rows + 1] = { ("%s  %s"):format(answer.name, answer.type), answer_sentence(answer) }
    if answer.kind == "bytes" then
      rows[#rows + 1] = { "content_type  string", ("The file's type, which begins with %s."):format(answer.media) }
    end
  end
  add(out, "")
  local tables = fields_of.tables_of(operation, operation.result_table, operation.result_of)
  for _, each in ipairs(tables) do
    add(out, "Result%s: an object with the properties that `beadle help %s.%s` lists",
      each.choice and (" with %s %s"):format(operation.result_of, each.choice) or "", operation.vendor, each.name)
  end
  if #tables > 0 then
    if operation.result_kind == "none" then
      add(out, "  or nothing, {}")
    end
    return
  elseif #rows == 0 then
    add(out, RESULT_WITHOUT_FIELDS[operation.result_kind])
    return
  end
  add(out, "%s%s", RESULT_WITH_FIELDS[operation.result_kind] or "Result",
    any_nullable(operation.result) and " (? may be missing)" or "")
  add_rows(out, rows)
end

local function add_errors(out, operation)
  if #operation.errors == 0 then
    return
  end
  local rows = {}
  for _, each in ipairs(operation.errors) do
    local code = (operation.codes_are_statuses and "HTTP " or "") .. each.code
    rows[#rows + 1] = { ("%s  %s"):format(code, each.kind), error_sentence(each) }
  end
  add(out, "")
  add(out, "Errors")
  add_rows(out, rows)
end

local function budget_sentence(budgets)
  local list = {}
  for i, budget in ipairs(budgets) do
    list[i] = budget.unit .. (budget.when and (", with %s%s"):format(budget.when,
      budget.is and " " .. budget.is or "") or "")
      .. (#budget.persons > 0 and (" (for %s)"):format(table.concat(budget.persons, ", ")) or "")
  end
  return ("counts as %s."):format(table.concat(list, "; "))
end

-- facts(operation) -> rows of a label and a sentence.
local function facts(operation)
  local rows = { { "Effect", EFFECTS[operation.effect] .. "." } }
  rows[#rows + 1] = { "Retry", operation.repeatable
    and ("may be repeated%s."):format(operation.repeat_note and ": " .. operation.repeat_note or "")
    or "repeated only when the vendor certainly did nothing." }
  if operation.key then
    rows[#rows + 1] = { "Natural key", ("%s: calls that agree in %s ask for the same effect."):format(
      table.concat(operation.key, ", "), #operation.key > 1 and "these" or "it") }
  end
  rows[#rows + 1] = operation.effect ~= "read" and operation.probe.doc
    and { "If lost", probe_words.sentences(operation.probe) } or nil
  if #operation.budgets > 0 then
    rows[#rows + 1] = { "Budget", budget_sentence(operation.budgets) }
  end
  if operation.permission then
    rows[#rows + 1] = { "Permission", operation.permission .. "." }
  end
  for _, variant in ipairs(operation.variants or {}) do
    rows[#rows + 1] = { ("%s = %d"):format(operation.selector, variant.value),
      ("%s; %s.%s"):format(variant.summary, EFFECTS[variant.effect],
        variant.name and (" Also %s.%s."):format(operation.vendor, variant.name) or "") }
  end
  rows[#rows + 1] = { "Source", ("%s, \"%s\"."):format(operation.document, operation.section) }
  return rows
end

M.facts = facts

local function describe_table(vendor, each)
  local out, rows = {}, {}
  add(out, "%s.%s: %s", vendor.name, each.name, each.doc)
  add(out, "")
  add(out, "Properties (+ may be sent)")
  for _, field in ipairs(each.fields) do
    add_param(rows, field, { vendor = vendor.name }, field.read_only and "  " or "+ ")
  end
  add_rows(out, rows)
  add(out, "")
  add(out, "Source: %s.", vendor.document)
  return table.concat(out, "\n")
end

-- example(operation) -> text: a script that calls it.
function M.example(operation)
  local out = {}
  add(out, "local %s = require \"beadle.%s\"", operation.vendor, operation.vendor)
  if operation.example:find "%f[%w]odata%." then
    add(out, "local odata = require \"beadle.odata\"")
  end
  local first = (operation.result[1] or operation.result_table or operation.result_of) and "local answer = " or ""
  add(out, "%s%s", first, operation.example)
  return table.concat(out, "\n")
end

-- operation(full_name) -> text: the whole contract of one operation, or a table of the vendor's.
function M.operation(full_name)
  local operation, vendor, of_table = M.find(full_name)
  if of_table then
    return describe_table(vendor, of_table)
  end
  local out = {}
  add(out, "%s: %s", operation.full_name, operation.summary)
  if operation.doc then
    add(out, "")
    add(out, pretty.wrap(operation.doc, M.width))
  end
  if operation.removed then
    add(out, "")
    add(out, pretty.wrap("Removed by the vendor; calling it is an error. " .. operation.removed, M.width))
    return table.concat(out, "\n")
  end
  if operation.caution then
    add(out, "")
    add(out, pretty.wrap("Caution: " .. operation.caution, M.width))
  end
  if operation.deprecated then
    add(out, "")
    add(out, "Deprecated: %s", operation.deprecated)
  end
  add_params(out, operation)
  add_result(out, operation)
  add_errors(out, operation)
  add(out, "")
  add_rows(out, facts(operation))
  add(out, "")
  add(out, "Example")
  add(out, "  %s", (M.example(operation):gsub("\n", "\n  ")))
  return table.concat(out, "\n")
end

-- vendor(name) -> text: what a vendor has.
function M.vendor(name)
  local vendor = catalogue.describe(name)
  local out = {}
  add(out, "%s: module beadle.%s, from %s \"%s\"", vendor.title, vendor.name,
    vendor.service and "the standard" or "the vendor's document", vendor.document)
  add(out, "")
  add(out, "Operations")
  local rows = {}
  for _, operation in ipairs(vendor.operations) do
    rows[#rows + 1] = { operation.name, ("%s (%s)"):format(operation.summary, operation.effect) }
  end
  add_rows(out, rows)
  add(out, "")
  add(out, "Constants")
  rows = {}
  for _, enumeration in ipairs(vendor.enumerations) do
    local choices = {}
    for _, choice in ipairs(enumeration.choices) do
      choices[#choices + 1] = choice.name
    end
    rows[#rows + 1] = { ("%s.%s"):format(vendor.name, enumeration.name), table.concat(choices, ", ") }
  end
  add_rows(out, rows)
  if #vendor.tables > 0 then
    add(out, "")
    add(out, "Properties (`beadle help %s.%s` lists them)", vendor.name, vendor.tables[1].name)
    rows = {}
    for _, each in ipairs(vendor.tables) do
      rows[#rows + 1] = { each.name, ("%s; %d properties"):format(each.doc, #each.fields) }
    end
    add_rows(out, rows)
  end
  add(out, "")
  add(out, "Settings of a profile")
  rows = {}
  for _, field in ipairs(vendor.settings) do
    rows[#rows + 1] = { ("%s  %s"):format(field.name, field.type), field.doc .. "." }
  end
  for _, field in ipairs(catalogue.settings(name).common) do
    rows[#rows + 1] = { ("%s  %s"):format(field.name, field.type), ("%s.%s"):format(field.doc,
      field.fallback and (" Default: %s."):format(field.fallback) or "") }
  end
  add_rows(out, rows)
  return table.concat(out, "\n")
end

return M
