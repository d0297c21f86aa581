-- SPDX-License-Identifier: MIT
-- Writes docs/vendors/: a table of all operations with the tests that cover them, and a page for each vendor. All of
-- it follows from the catalogue, the fixtures and the tests.
--
--   build/beadle --allow-process tests/docs/vendors.lua            writes what is stale
--   build/beadle --allow-process tests/docs/vendors.lua --check    fails when something is, or an operation lacks
--                                                                  a fixture or a test of its twin

local catalogue = require "beadle.catalogue"
local example_answer = require "example_answer"
local fs = require "beadle.fs"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local new_page = require "markdown_page"

local root = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/../../"
local GENERATED = "<!-- Written by tests/docs/vendors.lua: change the catalogue, not this page. -->"

local function sentence(text)
  return (text:gsub("^%l", string.upper)) .. "."
end

-- ---------------------------------------------------------------------------------------------------
-- Tests

local function files_in(folder, pattern)
  local names = {}
  local list <close> = io.popen(("find '%s%s' -name '%s' | LC_ALL=C sort"):format(root, folder, pattern))
  for line in list:lines() do
    names[#names + 1] = line:sub(#root + 1)
  end
  return names
end

-- Fixtures by the operation that they are of.
local function fixtures_of(vendor)
  local counts = {}
  for _, path in ipairs(files_in("tests/fixtures/" .. vendor, "*.response.json")) do
    local name = path:match "([^/]*)%.response%.json$":gsub("%-%-.*$", "")
    counts[name] = (counts[name] or 0) + 1
  end
  return counts
end

local function tests_of(vendor)
  local tests = {}
  for _, path in ipairs(files_in("tests/lua", ("test_%s_*.lua"):format(vendor))) do
    if not path:find "_fixtures%.lua$" then
      tests[#tests + 1] = { path = path, text = fs.read(root .. path) }
    end
  end
  table.sort(tests, function(a, b) -- the twin's own test first
    local a_twin, b_twin = a.path:find "_twin%.lua$" ~= nil, b.path:find "_twin%.lua$" ~= nil
    if a_twin ~= b_twin then
      return a_twin
    end
    return a.path < b.path
  end)
  return tests
end

-- The first test that names the operation, as vendor.name or as a text.
local function test_of(tests, operation)
  local full_name = ("%%f[%%w_]%s%%.%s%%f[^%%w_]"):format(operation.vendor, operation.name)
  local quoted = ("\"%s\""):format(operation.name)
  for _, each in ipairs(tests) do
    if each.text:find(full_name) or each.text:find(quoted, 1, true) then
      return each.path
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- The table of all operations

local lacking = {}

local function tests_cell(operation, fixtures, tests)
  local count, test = fixtures[operation.name] or 0, test_of(tests, operation)
  if not test or count == 0 and not operation.removed then
    lacking[#lacking + 1] = ("%s: %d fixtures, %s"):format(operation.full_name, count, test or "no test of its twin")
  end
  local cells = {}
  if count > 0 then
    cells[1] = ("[fixtures](../../tests/lua/test_%s_fixtures.lua): %d"):format(operation.vendor, count)
  end
  if test then
    local name = test:find "_twin%.lua$" and "twin" or test:match "([^/]*)%.lua$"
    cells[#cells + 1] = ("[%s](../../%s)"):format(name, test)
  end
  return table.concat(cells, ", ")
end

local function section_of(operation)
  return operation.section and ("\"%s\""):format(operation.section)
    or operation.removed and "removed by the vendor" or ""
end

local function own_operations(vendor)
  local list = {}
  for _, operation in ipairs(vendor.operations) do
    list[#list + 1] = not operation.variant_of and operation or nil
  end
  return list
end

local function operation_row(operation, fixtures, tests)
  local name = ("[`%s`](%s.md#%s)"):format(operation.name, operation.vendor, operation.variant_of or operation.name)
  local summary = operation.summary
  if operation.variant_of then
    name = "↳ " .. name
    summary = ("%s (`%s` with %s %d)"):format(summary, operation.variant_of, operation.selector,
      operation.variant_value)
  end
  return { name, summary, operation.effect, section_of(operation), operation.permission or "",
    tests_cell(operation, fixtures, tests) }
end

local function add_operations(page, vendor)
  local fixtures, tests, rows = fixtures_of(vendor.name), tests_of(vendor.name), {}
  for _, operation in ipairs(vendor.operations) do
    rows[#rows + 1] = operation_row(operation, fixtures, tests)
  end
  page:add("")
  page:add("## %s", vendor.title)
  page:add("")
  page:add("Module `beadle.%s`, after %s \"%s\".", vendor.name,
    vendor.service and "the standard" or "the vendor's document", vendor.document)
  page:table({ "operation", "what it does", "effect", "section", "permission", "tests" }, rows)
end

-- How long vendors may be at work, how many effects are found out in which way, and those that are not.
local function add_lost(page, vendors)
  local delays, doubts = {}, {}
  for _, vendor in ipairs(vendors) do
    local counts, any = { none = 0, ["repeat"] = 0, read = 0 }, false
    for _, operation in ipairs(vendor.operations) do
      local probe = operation.probe
      local settled = operation.effect ~= "read" and not (operation.removed or operation.variants)
      for _, variant in ipairs(operation.variants or {}) do -- those with a name are operations too
        counts[variant.probe.kind] = counts[variant.probe.kind] + (variant.name and 0 or 1)
      end
      any = any or settled
      counts[probe.kind] = counts[probe.kind] + (settled and 1 or 0)
      if settled and (probe.kind == "none" or probe.otherwise) then
        doubts[#doubts + 1] = { ("[`%s`](%s.md#%s)"):format(operation.full_name, operation.vendor,
          operation.variant_of or operation.name), probe.kind == "none" and sentence(probe.doc)
          or sentence(probe.otherwise) }
      end
    end
    delays[#delays + 1] = any and { ("[%s](%s.md)"):format(vendor.title, vendor.name),
      vendor.settle > 0 and ("%d s"):format(vendor.settle) or "",
      tostring(counts.read), tostring(counts["repeat"]), tostring(counts.none) } or nil
  end
  page:add("")
  page:add("## When an answer is lost")
  page:add("")
  page:say("A request that changes something may have been carried out although no answer came. Then nobody guesses: "
    .. "either another operation tells whether it happened, or sending it again tells and does no harm, or it stays "
    .. "in doubt and a person decides. Before anything is asked the vendor gets the time that it may still be at "
    .. "work; no document says how long that is, so it is our assumption, and the setting `settle` of a profile "
    .. "changes it. \"If lost\" on the page of a vendor says what tells. Of operations with variants, each of these is "
    .. "counted.")
  page:table({ "vendor", "time", "another operation tells", "sending it again tells", "in doubt" }, delays)
  page:add("")
  page:say("These stay in doubt, some of them only in the case that is named:")
  page:table({ "operation", "why" }, doubts)
end

local function overview(vendors)
  local page, rows, total = new_page(), {}, 0
  local services, vendor_count = {}, 0
  for _, vendor in ipairs(vendors) do
    local count = #own_operations(vendor)
    local row = { ("[%s](%s.md)"):format(vendor.title, vendor.name), ("`beadle.%s`"):format(vendor.name),
      vendor.document, tostring(count) }
    if vendor.service then
      services[#services + 1] = row
    else
      total, vendor_count = total + count, vendor_count + 1
      rows[#rows + 1] = row
    end
  end
  rows[#rows + 1] = { "together", "", "", tostring(total) }
  page:add("# Vendors and their operations")
  page:add("")
  page:add(GENERATED)
  page:add("")
  page:say("%d operations of %d vendors. An operation is one call of the vendor's document. Where one action of a "
    .. "vendor does different things, ↳ marks a variant that has a name of its own; it is not counted.",
    total, vendor_count)
  page:table({ "vendor", "module", "document", "operations" }, rows)
  page:add("")
  page:say("What no vendor has and any script may need is described by the same records, and is not counted above.")
  page:table({ "service", "module", "document", "operations" }, services)
  page:add("")
  page:say("The effect says what a call does at the vendor: `read` changes nothing, `create`, `update` and `delete` "
    .. "change something, `send` sends what cannot be taken back, `spend` uses a paid credit. The section is the "
    .. "heading in the vendor's document. The tests are the fixtures, and how many there are (what is sent, and what "
    .. "each answer becomes), and a test that calls the operation at the simulated vendor. The page of a vendor has "
    .. "the whole contract, as `beadle help VENDOR.OPERATION` has.")
  add_lost(page, vendors)
  for _, vendor in ipairs(vendors) do
    add_operations(page, vendor)
  end
  return page:text(), total, vendor_count
end

-- ---------------------------------------------------------------------------------------------------
-- The page of a vendor

local function add_settings(page, vendor)
  local rows = {}
  for _, field in ipairs(vendor.settings) do
    rows[#rows + 1] = { ("`%s`"):format(field.name), field.type, help_fields.param_sentence(field, {}) }
  end
  page:add("")
  page:add("## Settings of a profile")
  if vendor.protocol == "smtp" then -- its connections have settings of their own
    for _, field in ipairs(catalogue.settings(vendor.name).common) do
      rows[#rows + 1] = { ("`%s`"):format(field.name), field.type, help_fields.param_sentence(field, {}) }
    end
  else
    page:add("")
    page:add("Besides those that all vendors have: see [configuration](../configuration.md).")
  end
  page:table({ "setting", "type", "what it is" }, rows)
end

local function add_constants(page, vendor)
  local rows = {}
  for _, enumeration in ipairs(vendor.enumerations) do
    local choices = {}
    for _, choice in ipairs(enumeration.choices) do
      choices[#choices + 1] = ("`%s` %s (%s)"):format(choice.name, help_fields.choice_value(choice), choice.doc)
    end
    rows[#rows + 1] = { ("`%s.%s`"):format(vendor.name, enumeration.name), enumeration.doc,
      table.concat(choices, ", ") }
  end
  if #rows > 0 then
    page:add("")
    page:add("## Constants")
    page:table({ "table", "what it is", "its constants" }, rows)
  end
end

local function link_to_table(name)
  return ("[%s](#%s)"):format(name, name:lower())
end

-- What stands between the name of a field and those within it: of each element, of each value.
local INSIDE = { list = "[].", map = "[…]." }

-- Rows of fields, and of those within them by their path; `mark_of(field)` stands behind the name.
local function add_rows(rows, fields, path, sentence_of, mark_of)
  for _, field in ipairs(fields or {}) do
    if not field.rest then
      rows[#rows + 1] = { ("`%s%s`%s"):format(path, field.name, mark_of(field)), field.type, sentence_of(field) }
      add_rows(rows, field.fields, path .. field.name .. (INSIDE[field.type] or "."), sentence_of, mark_of)
    end
  end
  return rows
end

local function mark_of_param(param)
  return help_fields.is_needed(param) and " *" or ""
end

local function mark_of_result(field)
  return field.nullable and " ?" or ""
end

local function needed_first(params)
  local list = {}
  for _, needed in ipairs { true, false } do
    for _, param in ipairs(params) do
      list[#list + 1] = help_fields.is_needed(param) == needed and param or nil
    end
  end
  return list
end

-- Which properties may be given beside the parameters.
local function add_rest(page, operation)
  for _, param in ipairs(operation.params) do
    local links = {}
    for _, each in ipairs(param.rest and help_fields.tables_of(operation, param.table, param.fields_of) or {}) do
      links[#links + 1] = link_to_table(each.name)
    end
    if #links > 0 then
      page:add("")
      page:say("%s, given beside the parameters: those of %s that may be sent.",
        param.doc:gsub("^%l", string.upper), table.concat(links, ", "))
    end
  end
end

local function add_params(page, operation)
  local rows = add_rows({}, needed_first(operation.params), "", function(param)
    return help_fields.param_sentence(param, operation)
  end, mark_of_param)
  page:table({ "parameter", "type", "what it is" }, rows)
  add_rest(page, operation)
  for i, rule in ipairs(operation.rules) do
    if i == 1 then
      page:add("")
    end
    page:add("- Rule: %s.%s", rule.doc, rule.assumed and " (Our assumption.)" or "")
  end
end

local function add_result_tables(page, operation, tables)
  local links = {}
  for _, each in ipairs(tables) do
    links[#links + 1] = link_to_table(each.name)
      .. (each.choice and (" with %s %s"):format(operation.result_of, each.choice) or "")
  end
  page:add("Result: an object with the properties of %s%s.", table.concat(links, ", "),
    operation.result_kind == "none" and ", or nothing" or "")
end

local function result_rows(operation)
  local rows = add_rows({}, operation.result, "", function(field)
    return help_fields.field_sentence(field, operation, link_to_table)
  end, mark_of_result)
  for _, answer in ipairs(operation.answers) do
    rows[#rows + 1] = { ("`%s`"):format(answer.name), answer.type, help.answer_sentence(answer) }
    if answer.kind == "bytes" then
      rows[#rows + 1] = { "`content_type`", "string", ("The file's type, which begins with %s."):format(answer.media) }
    end
  end
  return rows
end

local function add_result(page, operation)
  local tables = help_fields.tables_of(operation, operation.result_table, operation.result_of)
  page:add("")
  if #tables > 0 then
    return add_result_tables(page, operation, tables)
  end
  local rows = result_rows(operation)
  if #rows == 0 then
    return page:add("%s", help.result_without_fields[operation.result_kind])
  end
  page:add("%s:", help.result_with_fields[operation.result_kind] or "Result")
  page:table({ "member", "type", "what it is" }, rows)
end

local function add_examples(page, operation)
  page:add("")
  page:add("```lua\n%s\n```", help.example(operation))
  local path = ("%stests/fixtures/%s/%s.response.json"):format(root, operation.vendor, operation.name)
  local answer = example_answer.text(operation, path)
  if answer then
    page:add("")
    page:add("An answer:")
    page:add("")
    page:add("```json\n%s\n```", answer)
  end
end

local function error_rows(errors, are_statuses)
  local rows = {}
  for _, each in ipairs(errors) do
    rows[#rows + 1] = { ("%s%d"):format(are_statuses and "HTTP " or "", each.code), each.kind,
      help.error_sentence(each) }
  end
  return rows
end

-- The errors that the vendor's whole page does not say already.
local function own_errors(operation, vendor)
  local list = {}
  for _, each in ipairs(operation.errors) do
    local is_common = false
    for _, common in ipairs(vendor.errors) do
      is_common = is_common or common.code == each.code and common.meaning == each.meaning and common.kind == each.kind
    end
    list[#list + 1] = not is_common and each or nil
  end
  return list
end

local function add_operation(page, operation, vendor)
  page:add("")
  page:add("### %s", operation.name)
  page:add("")
  page:add("%s", sentence(operation.summary))
  if operation.doc then
    page:add("")
    page:say("%s", operation.doc)
  end
  if operation.removed then
    page:add("")
    return page:say("Removed by the vendor; calling it is an error. %s", operation.removed)
  end
  if operation.caution then
    page:add("")
    page:say("**Caution:** %s", operation.caution)
  end
  if operation.deprecated then
    page:add("")
    page:say("**Deprecated:** %s", operation.deprecated)
  end
  page:add("")
  for _, fact in ipairs(help.facts(operation)) do
    page:add("- %s: %s", fact[1], fact[2])
  end
  add_params(page, operation)
  add_result(page, operation)
  page:table({ "error", "kind", "meaning" }, error_rows(own_errors(operation, vendor), operation.codes_are_statuses))
  add_examples(page, operation)
end

local function add_tables(page, vendor)
  if #vendor.tables == 0 then
    return
  end
  page:add("")
  page:add("## Properties")
  page:add("")
  page:add("Properties marked + may be sent.")
  for _, each in ipairs(vendor.tables) do
    local rows = {}
    for _, field in ipairs(each.fields) do
      rows[#rows + 1] = { ("`%s`%s"):format(field.name, field.read_only and "" or " +"), field.type,
        help_fields.param_sentence(field, { vendor = vendor.name }) }
    end
    page:add("")
    page:add("### %s", each.name)
    page:add("")
    page:add("%s", sentence(each.doc))
    page:table({ "property", "type", "what it is" }, rows)
  end
end

local function all_codes_are_statuses(vendor)
  local all = true
  for _, operation in ipairs(vendor.operations) do
    all = all and operation.codes_are_statuses
  end
  return all
end

local function vendor_page(vendor)
  local page, rows = new_page(), {}
  local tables = {}
  for _, each in ipairs(vendor.tables) do
    tables[each.name] = each
  end
  for _, operation in ipairs(vendor.operations) do
    operation.tables = tables
  end
  for _, operation in ipairs(own_operations(vendor)) do
    rows[#rows + 1] = { ("[`%s`](#%s)"):format(operation.name, operation.name), operation.summary, operation.effect }
  end
  page:add("# %s", vendor.title)
  page:add("")
  page:add(GENERATED)
  page:add("")
  page:say("Module `beadle.%s`, %d operation%s after %s \"%s\". [All vendors](README.md); "
    .. "[how calls are written](../scripting.md#calling-a-vendor); the [sandbox](../sandbox.md).", vendor.name, #rows,
    #rows == 1 and "" or "s", vendor.service and "the standard" or "the vendor's document", vendor.document)
  page:table({ "operation", "what it does", "effect" }, rows)
  add_settings(page, vendor)
  add_constants(page, vendor)
  if #vendor.errors > 0 then
    page:add("")
    page:add("## Errors of every operation")
    page:table({ "error", "kind", "meaning" }, error_rows(vendor.errors, all_codes_are_statuses(vendor)))
  end
  page:add("")
  page:add("## Operations")
  page:add("")
  page:say("Parameters marked * have to be given, members of results marked ? may be missing. \"Retry\" says whether "
    .. "beadle may send a call again by itself, and \"If lost\" how to find out what happened when no answer came: "
    .. "see [Did it happen?](../errors.md#did-it-happen). (Our assumption.) stands behind what the vendor's document "
    .. "leaves open. `list[].x` is x of each element, `map[…].x` of each value. Of a list in an example only the first "
    .. "element is shown, and \"…\" stands for what was left out.")
  for _, operation in ipairs(own_operations(vendor)) do
    add_operation(page, operation, vendor)
  end
  add_tables(page, vendor)
  return page:text()
end

-- ---------------------------------------------------------------------------------------------------
-- Files

-- Writes a page that is stale, or with `check` only tells of it. Gives whether it was stale.
local function put(name, text, check)
  local path = ("%sdocs/vendors/%s.md"):format(root, name)
  if fs.exists(path) and fs.read(path) == text then
    return false
  elseif check then
    print(("docs/vendors/%s.md is stale: run build/beadle --allow-process tests/docs/vendors.lua"):format(name))
    return true
  end
  local file <close> = assert(io.open(path, "w")) -- everybody may read it
  file:write(text)
  print(("docs/vendors/%s.md is written"):format(name))
  return true
end

local check = arg[1] == "--check"
local vendors = {}
for i, name in ipairs(catalogue.vendors()) do
  vendors[i] = catalogue.describe(name)
end
local text, total, vendor_count = overview(vendors)
local stale = put("README", text, check)
for _, vendor in ipairs(vendors) do
  stale = put(vendor.name, vendor_page(vendor), check) or stale
end
for _, each in ipairs(lacking) do
  print("not covered: " .. each)
end
print(("%d operations of %d vendors, %d not covered"):format(total, vendor_count, #lacking))
if check and (stale or #lacking > 0) then
  os.exit(1)
end
