-- SPDX-License-Identifier: MIT
-- What help says of every operation: nothing is empty, and nothing of the program shows through.

local catalogue = require "beadle.catalogue"
local help = require "beadle.help"
local test = require "beadle.test"
local describe, it, equal, contains, lacks = test.describe, test.it, test.equal, test.contains, test.lacks

local ALL = {}
for _, name in ipairs(catalogue.vendors()) do
  local vendor = catalogue.describe(name)
  for _, operation in ipairs(vendor.operations) do
    ALL[#ALL + 1] = { operation = operation, vendor = vendor }
  end
end

-- What is empty of an operation, as "path: field".
local function is_empty(text)
  return type(text) ~= "string" or not text:find "%w"
end

local function gaps_of_fields(gaps, fields, path)
  for _, field in ipairs(fields or {}) do
    local name = path .. (is_empty(field.name) and "?" or field.name)
    for _, member in ipairs { "name", "type", "doc" } do
      if is_empty(field[member]) then
        gaps[#gaps + 1] = ("%s: %s"):format(name, member)
      end
    end
    for _, choice in ipairs(field.enumeration and field.enumeration.choices or {}) do
      if is_empty(choice.name) or is_empty(choice.doc) then
        gaps[#gaps + 1] = ("%s: choice %s"):format(name, tostring(choice.value))
      end
    end
    gaps_of_fields(gaps, field.fields, name .. ".")
  end
end

local function gaps_of(operation)
  local gaps = {}
  local texts = operation.removed and { "summary", "effect" }
    or { "summary", "effect", "section", "document", "example" }
  for _, member in ipairs(texts) do
    if is_empty(operation[member]) then
      gaps[#gaps + 1] = member
    end
  end
  gaps_of_fields(gaps, operation.params, "")
  gaps_of_fields(gaps, operation.result, "result ")
  for _, each in ipairs(operation.errors) do
    if is_empty(each.meaning) or is_empty(each.kind) then
      gaps[#gaps + 1] = ("error %s"):format(each.code)
    end
  end
  for index, rule in ipairs(operation.rules) do
    if is_empty(rule.doc) then
      gaps[#gaps + 1] = ("rule %d"):format(index)
    end
  end
  for _, fact in ipairs(operation.removed and {} or help.facts(operation)) do
    if is_empty(fact[1]) or is_empty(fact[2]) then
      gaps[#gaps + 1] = ("fact %s"):format(tostring(fact[1]))
    end
  end
  return gaps
end

-- Calls `fn(operation, vendor)` for all, and names those that it is not true of.
local function all(fn)
  local wrong = {}
  for _, each in ipairs(ALL) do
    local what = fn(each.operation, each.vendor)
    wrong[#wrong + 1] = what and ("%s: %s"):format(each.operation.full_name, what) or nil
  end
  equal(table.concat(wrong, "\n"), "")
end

describe("the catalogue", function()
  it("has all operations", function()
    local count = 0
    for _, each in ipairs(ALL) do
      count = count + (each.operation.variant_of == nil and not each.vendor.service and 1 or 0)
    end
    equal(count, 148)
  end)

  it("has no field that is empty", function()
    all(function(operation)
      local gaps = gaps_of(operation)
      return gaps[1] and table.concat(gaps, ", ")
    end)
  end)

  it("finds what is empty", function()
    local operation = catalogue.describe("lara").operations[1]
    operation.summary, operation.params[1].doc, operation.errors[1].meaning = "", " ", nil
    equal(table.concat(gaps_of(operation), ", "), ("summary, %s: doc, error %s"):format(operation.params[1].name,
      operation.errors[1].code))
  end)
end)

describe("help", function()
  it("shows every operation with all that it has", function()
    all(function(operation)
      local text = help.operation(operation.full_name)
      if operation.removed then
        return not text:find("Removed by the vendor", 1, true) and "it is not said that it was removed"
      end
      for _, part in ipairs { "\n  Effect ", "\n  Retry ", "\n  Source ", "\nExample\n", "\nResult" } do
        if not text:find(part, 1, true) then
          return "there is no" .. part:gsub("\n", " ")
        end
      end
    end)
  end)

  it("shows nothing that is empty, and nothing of the program", function()
    all(function(operation)
      for line in help.operation(operation.full_name):gmatch "[^\n]+" do
        local what = line:find "%f[%w]nil%f[%W]" or line:find "table: 0x" or line:find "%(%s*%)%."
          or line:find "^ *%.[^.]" or line:find "[^.]%.%. " or line:find ":%s*%.$"
        if what then
          return line
        end
      end
    end)
  end)

  it("marks what a call has to give, and not what is filled in", function()
    local text = help.operation "isograd.create_candidate"
    contains(text, "\n  ema *  ")
    lacks(text, "act_id *")
    contains(text, "Always 1; filled in.")
  end)

  it("marks what an answer may lack", function()
    local text = help.operation "isograd.authenticate"
    contains(text, "Result (? may be missing)")
    contains(text, "\n  expires_in ?  integer")
    contains(text, "\n  access_token  secret")
  end)

  it("says what makes two calls the same effect", function()
    contains(help.operation "isograd.add_test", "Natural key  ema, tst_frm_id: calls that agree in these ask")
  end)
end)

test.run()
