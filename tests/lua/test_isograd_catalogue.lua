-- SPDX-License-Identifier: MIT
-- The records of Isograd against what the vendor's page says, which tests/fixtures/isograd/facts.json holds a
-- second time, by hand. And that every example runs.

local catalogue = require "beadle.catalogue"
local fs = require "beadle.fs"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local here = arg[0]:match "^(.*)/[^/]*$" or "."
local facts = json.decode(fs.read(here .. "/../fixtures/isograd/facts.json"))
local vendor = catalogue.describe "isograd"

local operations = {}
for _, operation in ipairs(vendor.operations) do
  operations[operation.name] = operation
end

-- Runs a check for each action with its record, and says which one failed.
local function each_action(check)
  for _, action in ipairs(facts.actions) do
    local ok, err = pcall(check, action, operations[action.operation])
    if not ok then
      error(action.operation .. ": " .. tostring(err), 0)
    end
  end
end

local function mark_of(param)
  return param.required and (param.lti_carries and "A" or "R") or "O"
end

-- A parameter or setting as a fact is written.
local function as_fact(param)
  return json.array { param.name, param.type, mark_of(param), param.enumeration and param.enumeration.name }
end

local function params_of(operation, wanted)
  local list = {}
  for _, param in ipairs(operation.params) do
    if wanted(param) then
      list[#list + 1] = as_fact(param)
    end
  end
  return list
end

local function is_own(param)
  return param.means == nil and param.name ~= "sub_com_id"
end

local function action_named(name)
  for _, action in ipairs(facts.actions) do
    if action.operation == name then
      return action
    end
  end
end

-- The rows of an action, and those of the actions that it is made of, each parameter once.
local function rows_of(action)
  local rows, seen = {}, {}
  local lists = { action.params }
  for _, name in ipairs(action.params_of or {}) do
    lists[#lists + 1] = action_named(name).params
  end
  for _, list in ipairs(lists) do
    for _, row in ipairs(list) do
      if not seen[row[1]] then
        rows[#rows + 1] = row
        seen[row[1]] = true
      end
    end
  end
  return rows
end

local function field_as_fact(field)
  return table.concat({ field.name, field.type, field.enumeration and field.enumeration.name }, " ")
    .. (field.nullable and "?" or "")
end

local function fields_as_facts(fields)
  local list = {}
  for i, field in ipairs(fields or {}) do
    list[i] = field_as_fact(field)
  end
  return list
end

local function errors_as_facts(operation)
  local list = {}
  for _, each in ipairs(operation.errors) do
    if not facts.general_errors[tostring(each.code)] then
      list[#list + 1] = each.code .. (each.assumed and "?" or "")
    end
  end
  return list
end

local function probe_as_fact(probe)
  return table.concat({ probe.kind, probe.code and tostring(probe.code) or probe.operation,
    probe.code and probe.operation or nil }, " ")
end

describe("the records", function()
  it("have no gap and no contradiction", function()
    equal(catalogue.lint(), "")
  end)

  it("are 19 actions with 21 act_id values and 84 parameters, and one for the token", function()
    local actions, values, rows, names = 0, {}, 0, 0
    each_action(function(action, operation)
      test.truthy(operation)
      actions = actions + 1
      rows = rows + #action.params
      for _, value in ipairs(action.act_id) do
        equal(values[value], nil)
        values[value] = true
      end
    end)
    for _ in pairs(values) do
      names = names + 1
    end
    same({ actions, names, rows }, { 19, 21, 84 })
    local plain = 0
    for _, operation in ipairs(vendor.operations) do
      plain = plain + (operation.variant_of and 0 or 1)
    end
    equal(plain, 20)
  end)

  it("have the parameters in the page's order, with their types, marks and enumerations", function()
    each_action(function(action, operation)
      if not action.params_of then
        same(params_of(operation, is_own), rows_of(action))
      end
    end)
  end)

  it("have the parameters of both where an action is two", function()
    local wanted, found = {}, {}
    local action = action_named "create_candidate_and_add_test"
    for _, row in ipairs(rows_of(action)) do
      wanted[row[1]] = row
    end
    for _, row in ipairs(params_of(operations[action.operation], is_own)) do
      found[row[1]] = row
    end
    same(found, wanted)
  end)

  it("take sub_com_id everywhere but for the token", function()
    each_action(function(_, operation)
      same(params_of(operation, function(param) return param.name == "sub_com_id" end), facts.common)
    end)
    same(params_of(operations.authenticate, function(param) return param.name == "sub_com_id" end), {})
  end)

  it("know the other names of parameters", function()
    each_action(function(action, operation)
      local found = {}
      for _, param in ipairs(operation.params) do
        if param.means then
          found[param.name] = param.means .. (param.means_until and " until " .. param.means_until or "")
        end
      end
      same(found, action.also or {})
    end)
  end)

  it("send the act_id of their action first", function()
    each_action(function(action, operation)
      local first = operation.params[1]
      equal(first.name, "act_id")
      local values = {}
      for _, choice in ipairs(first.enumeration and first.enumeration.choices or {}) do
        values[#values + 1] = choice.value
      end
      if #values == 0 then
        same({ first.min, first.max, first.fallback }, { action.act_id[1], action.act_id[1],
          tostring(action.act_id[1]) })
        values[1] = first.min
      end
      same(values, action.act_id)
    end)
    equal(operations.add_test.params[1].fallback, "2")
    equal(operations.set_proctoring.params[1].fallback, nil)
  end)

  it("go to one address", function()
    each_action(function(_, operation)
      same({ operation.method, operation.endpoint, operation.path, operation.fixed_query },
        { "POST", "base_url", nil, nil })
      equal(operation.without_token, nil)
      for _, param in ipairs(operation.params) do
        equal(param.place, "form")
      end
    end)
  end)

  it("name the section of the page", function()
    equal(vendor.document, facts.document)
    each_action(function(action, operation)
      equal(operation.section, action.section)
    end)
  end)

  it("have the page's results", function()
    each_action(function(action, operation)
      same(fields_as_facts(operation.result), action.result)
      for _, field in ipairs(operation.result) do
        same(fields_as_facts(field.fields), action.members and action.members[field.name] or {})
      end
    end)
  end)

  it("have the answers that are no JSON", function()
    each_action(function(action, operation)
      local found = {}
      for i, answer in ipairs(operation.answers) do
        found[i] = ("%s %s%s"):format(answer.kind, answer.name, answer.when and " when " .. answer.when or "")
      end
      same(found, action.answers or {})
    end)
  end)

  it("have the constraints between parameters, ours marked", function()
    each_action(function(action, operation)
      local found = {}
      for i, rule in ipairs(operation.rules) do
        found[i] = ("%s %s%s"):format(rule.kind, table.concat(rule.names, " "), rule.assumed and "?" or "")
      end
      same(found, action.rules or {})
    end)
  end)

  it("declare effect, natural key and probe", function()
    each_action(function(action, operation)
      equal(operation.effect, action.effect)
      equal(operation.repeatable or false, action.repeatable)
      same(operation.key or {}, action.key or {})
      equal(probe_as_fact(operation.probe), action.probe)
    end)
  end)

  it("show nobody a password or a token", function()
    local function is_secret(operation, name)
      for _, list in ipairs { operations[operation].params, operations[operation].result } do
        for _, field in ipairs(list) do
          if field.name == name then
            return field.secret
          end
        end
      end
    end
    for _, place in ipairs { "create_candidate psw", "create_candidate_and_add_test psw", "create_session psw",
      "authenticate client_secret", "authenticate access_token" } do
      test.truthy(is_secret(place:match "^(%S+) (%S+)$"))
    end
  end)
end)

describe("the error codes", function()
  it("stand at their actions, ours marked", function()
    each_action(function(action, operation)
      same(errors_as_facts(operation), action.errors)
      same(operation.error_fields or {}, action.error_fields or {})
    end)
  end)

  it("are 14, with a meaning and a kind for each", function()
    local codes, count = {}, 0
    each_action(function(action, operation)
      for _, each in ipairs(operation.errors) do
        local code = tostring(each.code)
        codes[code] = true
        equal(each.kind, facts.kinds[code])
        if not each.assumed then
          equal(each.meaning, facts.errors[code] or facts.general_errors[code] or action[code])
        end
      end
    end)
    for _ in pairs(codes) do
      count = count + 1
    end
    equal(count, 14)
  end)

  it("have two meanings for 501", function()
    each_action(function(action, operation)
      for _, each in ipairs(operation.errors) do
        if each.code == 501 and action["501"] then
          equal(each.meaning, action["501"])
        end
      end
    end)
    test.truthy(action_named("get_pdf_results")["501"] ~= action_named("get_test_status")["501"])
  end)

  it("103 and 105 may come from every action", function()
    each_action(function(_, operation)
      local general = {}
      for _, each in ipairs(operation.errors) do
        local meaning = facts.general_errors[tostring(each.code)]
        general[#general + 1] = meaning and each.meaning == meaning and each.code or nil
      end
      same(general, { 103, 105 })
    end)
    same(operations.authenticate.errors, {})
  end)
end)

describe("the variants", function()
  it("are functions of their own with their own facts", function()
    each_action(function(action, operation)
      local found = {}
      for _, variant in ipairs(operation.variants or {}) do
        local wanted = action.variants[tostring(variant.value)]
        equal(variant.name, wanted.operation)
        equal(variant.effect, wanted.effect)
        equal(variant.repeatable or false, wanted.repeatable)
        same(variant.key, wanted.key)
        equal(variant.probe.kind, wanted.probe)
        found[tostring(variant.value)] = true
        if variant.name then
          local own = operations[variant.name]
          same({ own.variant_of, own.variant_value, own.effect }, { operation.name, variant.value, wanted.effect })
          same(errors_as_facts(own), wanted.errors or action.errors)
          equal(own.section, action.section)
        end
      end
      for value in pairs(action.variants or {}) do
        test.truthy(found[value])
      end
    end)
  end)

  it("of removing proctoring has no 303", function()
    for _, each in ipairs(operations.remove_proctoring.errors) do
      test.truthy(each.code ~= 303)
    end
  end)
end)

describe("the token", function()
  it("is fetched as the page says", function()
    local operation, token = operations.authenticate, facts.token
    same({ operation.section, operation.method, operation.endpoint, operation.fixed_query,
      operation.without_token }, { token.section, "POST", "auth_url", token.query, true })
    same(params_of(operation, is_own), token.params)
    local result = {}
    for i, field in ipairs(operation.result) do
      result[i] = field.name .. (field.nullable and "?" or "")
    end
    same(result, token.result)
  end)
end)

describe("the vendor", function()
  it("has the page's hosts and addresses", function()
    same(vendor.hosts, facts.hosts)
    local settings = {}
    for _, setting in ipairs(vendor.settings) do
      settings[setting.name] = setting.fallback or setting.sandbox
    end
    same(settings, { base_url = "https://recette.isograd.com/api/usage",
      auth_url = "https://auth.isograd.com/oauth2/token", client_id = "test-client-id",
      client_secret = "test-client-secret", lti_url = "https://recette.isograd.com/public/lti.php",
      lti_login_url = "https://recette.isograd.com/public/lti.php",
      lti_jwks_url = "https://recette.isograd.com/public/jwks.php", lti_key = "test-consumer-key",
      lti_secret = "test-consumer-secret" })
    same(vendor.lti, { url = "lti_url", key = "lti_key", secret = "lti_secret", login = "lti_login_url",
      keys = "lti_jwks_url" })
  end)

  it("says which fields of a launch stand for parameters", function()
    local fields = {}
    for _, param in ipairs(operations.create_candidate.params) do
      fields[param.name] = param.lti
    end
    same(fields, { ema = "lis_person_contact_email_primary", fst_nam = "lis_person_name_given",
      lst_nam = "lis_person_name_family", ext_id = "user_id" })
  end)

  it("has the page's enumerations, also as constants", function()
    local found = {}
    for _, enumeration in ipairs(vendor.enumerations) do
      found[enumeration.name] = {}
      for _, choice in ipairs(enumeration.choices) do
        found[enumeration.name][choice.name] = choice.value
        equal(isograd[enumeration.name][choice.name], choice.value)
      end
    end
    same(found, facts.enumerations)
  end)
end)

-- The examples name a candidate that is not there, and a test that is not finished.
local REFUSALS = { [107] = true, [501] = true, [502] = true }

describe("every example", function()
  for _, operation in ipairs(vendor.operations) do
    it(("of %s makes a call that the sandbox takes"):format(operation.full_name), function()
      sandbox.reset()
      local chunk = assert(load("local isograd = ...\n" .. operation.example, "=example"))
      local ok, err = pcall(chunk, isograd)
      if not ok and not (type(err) == "table" and REFUSALS[err.code]) then
        error(err, 0)
      end
      local taken = 0
      for _, request in ipairs(sandbox.isograd.requests { operation = operation.name }) do
        taken = taken + (request.status ~= 401 and 1 or 0) -- the reset ended the token
      end
      equal(taken, 1)
    end)
  end
end)

test.run()
