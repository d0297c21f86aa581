-- SPDX-License-Identifier: MIT
-- What is shown of requests and answers: names and values, but no secret and nobody's name.

local catalogue = require "beadle.catalogue"
local conceal = require "beadle.conceal"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local json = require "beadle.json"
local plausible = require "beadle.plausible"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

describe("an address", function()
  it("shows no person in its path, and everything else", function()
    equal(conceal.url("scodoc.etudiant", "https://school.example/ScoDoc/api/etudiant/nip/e-1001", { nip = "e-1001" }),
      "https://school.example/ScoDoc/api/etudiant/nip/[personal nip]")
    equal(conceal.url("scodoc.etudiant", "https://school.example/ScoDoc/api/etudiant/nip/ab%40c", { nip = "ab@c" }),
      "https://school.example/ScoDoc/api/etudiant/nip/[personal nip]")
  end)

  it("shows none in its query, by the name that goes over the wire", function()
    equal(conceal.url("syfadis.list_users", "https://x.example/Users?$filter=Email+eq+%27a%40b.org%27&$top=5", {}),
      "https://x.example/Users?$filter=[personal $filter]&$top=5")
  end)

  it("of no vendor shows no value, and nobody's password", function()
    equal(conceal.url("http.request", "https://me:word@x.example/p?a=1&b=&c=%20", nil),
      "https://[secret user]@x.example/p?a=[value]&b=&c=[value]")
  end)
end)

describe("a body", function()
  it("that is a form keeps what is about nobody", function()
    equal(conceal.body("isograd.add_test", "act_id=2&ema=ada%40example.org&tst_frm_id=101"),
      "act_id=2&ema=[personal ema]&tst_frm_id=101")
  end)

  it("that is JSON is searched down to its leaves", function()
    local shown = conceal.body("isograd.get_results", json.encode {
      success = true, list = { { ema = "ada@example.org", num_val = 742, fst_nam = json.null } } })
    test.same(json.decode(shown).success, true)
    test.truthy(not shown:find("ada", 1, true))
  end)

  it("does not say again what was sent, in whatever form", function()
    for _, form in ipairs { "zoe@example.org", "zoe%40example.org", "Z\\u00e9" } do
      local shown = conceal.body("isograd.add_test", ('{"note": "there is no %s here"}'):format(form),
        { ema = form:find "^Z" and "Zé" or "zoe@example.org" })
      test.contains(shown, "[personal ema]")
    end
  end)

  it("of another kind has its size", function()
    equal(conceal.body("isograd.add_test", "<html>Ada</html>"), "[16 bytes, not shown]")
    equal(conceal.body("isograd.add_test", '{"cut": "Ad'), "[11 bytes, not shown]")
  end)
end)

it("headers that may say who somebody is are hidden", function()
  test.same(conceal.headers { "Authorization: Bearer abc", "Content-Type: text/html", "Set-Cookie: a=b",
    "Location: /u" },
    { { name = "Authorization", value = "[hidden]" }, { name = "Content-Type", value = "text/html" },
      { name = "Set-Cookie", value = "[hidden]" }, { name = "Location", value = "[hidden]" } })
end)

-- ---------------------------------------------------------------------------------------------------

local function params_of(operation)
  local params = {}
  for _, param in ipairs(operation.params) do
    if param.required then
      params[param.name] = param.enumeration and param.enumeration.choices[1].value or nil
    end
  end
  return params
end

describe("a made-up answer", function()
  for _, vendor in ipairs(catalogue.vendors()) do
    it("can be had of every operation, with all that its record promises: " .. vendor, function()
      for _, operation in ipairs(catalogue.describe(vendor).operations) do
        local answer = plausible.answer(operation.full_name, params_of(operation))
        equal(type(answer), "table", operation.full_name)
        local first = (operation.result_kind == "list" or operation.result_kind == "each") and answer[1] or answer
        local found = help.find(operation.full_name)
        for _, field in ipairs(operation.result_kind == "object" and help_fields.result_fields(found) or {}) do
          local always = operation.answers == nil or not operation.answers[1] or operation.answers[1].when ~= nil
          if always and not field.nullable then
            test.truthy(first[field.name] ~= nil, ("%s: %s"):format(operation.full_name, field.name))
          end
          if math.type(first[field.name]) == "integer" and field.name:find "_id$" and not field.enumeration then
            test.truthy(plausible.is_marked(first[field.name]), field.name)
          end
        end
      end
    end)
  end

  it("says again what was given", function()
    equal(plausible.answer("isograd.create_session", { des = "January" }).des or "January", "January")
  end)

  it("is told from what a vendor has", function()
    test.truthy(plausible.is_marked { { id = plausible.FIRST_ID + 1 } })
    test.truthy(plausible.is_marked "planned-3")
    test.truthy(not plausible.is_marked { 987654, "ada@example.org", json.null })
  end)
end)

test.run()
