-- SPDX-License-Identifier: MIT
-- What the catalogue says of Inspera's operations: effects, keys, probes, statuses, and what is our assumption.

local catalogue = require "beadle.catalogue"
local inspera = require "beadle.inspera"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local vendor = catalogue.describe "inspera"

local operations = {}
for _, operation in ipairs(vendor.operations) do
  operations[operation.name] = operation
end

-- name: method, path behind /api, effect, may be repeated, kind of its probe
local FACTS = {
  authenticate = { "POST", "/authenticate/token/", "read", true, "none" },
  create_committees = { "POST", "/v1/test/{testId}/committees", "create", true, "repeat" },
  delete_committees = { "DELETE", "/v1/test/{testId}/committees", "delete", false, "repeat" },
  move_candidates = { "POST", "/v1/test/{testId}/committees/candidates/move", "update", false, "repeat" },
  remove_candidates = { "POST", "/v1/test/{testId}/committees/candidates/remove", "update", false, "repeat" },
  move_contributors = { "POST", "/v1/test/{testId}/committees/contributors/move", "update", false, "repeat" },
  remove_contributors = { "POST", "/v1/test/{testId}/committees/contributors/remove", "update", false, "repeat" },
  create_test = { "POST", "/v1/test", "create", false, "none" },
}

local function find(list, name)
  for _, each in ipairs(list) do
    if each.name == name then
      return each
    end
  end
end

describe("the catalogue", function()
  it("has each operation, and no other", function()
    for name, operation in pairs(operations) do
      same({ operation.method, operation.path, operation.effect, operation.repeatable or false,
        operation.probe.kind },
        FACTS[name] or error("no facts about " .. name, 0))
    end
    for name in pairs(FACTS) do
      test.truthy(operations[name])
    end
  end)

  it("says of each that writes what is the same effect, and how to find out about it", function()
    for _, operation in ipairs(vendor.operations) do
      if operation.effect ~= "read" then
        test.truthy(operation.key and #operation.key > 0)
        test.truthy(operation.probe.doc)
      end
    end
    equal(operations.delete_committees.probe.code, 400)
    test.contains(operations.create_committees.repeat_note, "updated, not made twice")
  end)

  it("has a meaning for each status of the vendor's page, and one that is assumed", function()
    for name, operation in pairs(operations) do
      local codes = {}
      for _, each in ipairs(operation.errors) do
        codes[#codes + 1] = (each.assumed and "assumed " or "") .. each.code
      end
      same(codes, name == "authenticate" and { "400", "401", "409", "500", "501" }
        or { "400", "assumed 401", "403", "404", "409", "500" })
      equal(operation.codes_are_statuses, true)
    end
  end)

  it("marks the bodies that no page shows, and takes others instead", function()
    for _, kind in ipairs { "candidates", "contributors" } do
      for _, act in ipairs { "move_", "remove_" } do
        local operation = operations[act .. kind]
        equal(find(operation.params, kind).assumed, true)
        equal(find(operation.params, "isExternal").assumed, true)
        equal(find(operation.params, "body").place, "body")
        same({ operation.rules[1].kind, operation.rules[1].assumed }, { "one_of", true })
      end
    end
    equal(find(operations.create_committees.params, "committees").assumed, nil)
    equal(find(operations.create_committees.params, "isExternal").assumed, nil)
  end)

  it("marks that we say which members of a test are required", function()
    for _, name in ipairs { "title", "startTime", "endTime" } do
      local param = find(operations.create_test.params, name)
      same({ param.required, param.assumed }, { true, true })
    end
  end)

  it("has people's data marked as such, and the key as a secret", function()
    local candidates = find(operations.create_test.params, "candidates")
    for _, name in ipairs { "candidateId", "externalId", "firstName", "lastName", "email" } do
      equal(find(candidates.fields, name).personal, true)
    end
    local key = find(operations.authenticate.params, "code")
    same({ key.place, key.secret, key.setting }, { "header", true, "api_key" })
  end)

  it("names the vendor's documents", function()
    for name, operation in pairs(operations) do
      equal(operation.document, name == "authenticate" and "Inspera Assessment API" or "API to handle committees")
    end
  end)

  it("gives scripts the words of the vendor", function()
    same({ inspera.committee_type.grading, inspera.committee_type.reassessment }, { "GRADING", "REASSESSMENT" })
    same({ inspera.role.user_admin, inspera.authentication_system.generic_saml }, { "userAdmin", "GENERIC_SAML" })
  end)
end)

test.run()
