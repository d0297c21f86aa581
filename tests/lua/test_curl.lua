-- SPDX-License-Identifier: MIT
-- beadle.curl: calls as command lines. tests/cli/test_repl.sh pastes one into a shell.

local curl = require "beadle.curl"
local observe = require "beadle.observe"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local last

test.before_each(function()
  sandbox.reset()
  beadle.isograd.authenticate() -- the reset has ended the token
  beadle.isograd.list_available_credits {}
  observe.tell(function(call) last = call end)
end)
test.after_each(function()
  observe.tell(nil)
  last = nil
end)

describe("a command", function()
  it("has form fields one by one", function()
    beadle.isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "A & B", lst_nam = "O'Neil" }
    local text = curl.command(last)
    test.contains(text, "--data 'gen_id=3'")
    test.contains(text, "--data-urlencode 'fst_nam=A & B'")
    test.contains(text, "--data-urlencode 'lst_nam=O'\\''Neil'")
    test.contains(text, "--header 'Authorization: Bearer '\"$ISOGRAD_ACCESS_TOKEN\"")
  end)

  it("has secrets as variables, each its own, and says which", function()
    beadle.syfadis.create_user { FirstName = "Ada", LastName = "L", Login = "ada", Password = "Sesame-Open 42" }
    local text = curl.command(last)
    test.contains(text, '--user "$SYFADIS_USER:$SYFADIS_PASSWORD"')
    test.contains(text, "\"$SYFADIS_PASSWORD_2\"")
    test.contains(text, "# SYFADIS_PASSWORD: syfadis.password of the profile")
    test.contains(text, "# SYFADIS_PASSWORD_2: the Password that the call was given, as it stands in JSON")
    test.lacks(text, "Sesame")
  end)

  it("has a key in a header as a variable", function()
    pcall(beadle.lara.get_sso_url, { id = "nobody", redirectType = beadle.lara.redirect_type.my_dashboard })
    local text = curl.command(last)
    test.contains(text, "$LARA_")
    test.lacks(text, "00000000000000000000000000000000")
  end)

  it("names the method where curl would choose another", function()
    beadle.scodoc.departements {}
    test.match(curl.command(last), "\ncurl 'https://")
    beadle.syfadis.archive_user { id = 327680 }
    test.match(curl.command(last), "\ncurl %-%-request %u+ '")
  end)
end)

describe("what is told of a call", function()
  it("has its result, or its failure, and no secret", function()
    local candidate = beadle.isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "A",
      lst_nam = "L" }
    equal(last.result, candidate)
    equal(last.sandbox, true)
    equal(last.effect, "create")
    equal(last.tries, 1)
    for _, line in ipairs(last.headers) do
      test.lacks(line, "Bearer ey")
    end
    pcall(beadle.isograd.add_test, { ema = "nobody@example.org", tst_frm_id = 101 })
    equal(last.failure.code, 107)
    equal(last.result, nil)
  end)

  it("has each attempt", function()
    sandbox.isograd.fault { kind = "status", status = 503, operation = "list_available_credits", times = 1 }
    beadle.isograd.list_available_credits {}
    equal(last.tries, 2)
    equal(last.attempts[1].status, 503)
    equal(last.attempts[2].status, 200)
    test.truthy(last.attempts[2].begun >= last.attempts[1].ended)
    local calls = require "beadle.repl_calls"
    local names = {}
    for _, phase in ipairs(calls.phases(last)) do
      names[#names + 1] = phase.name
      test.truthy(phase.seconds >= 0)
    end
    test.contains(table.concat(names, " "), "pause")
  end)

  it("does not fail the call when telling fails", function()
    observe.tell(function() error "broken" end)
    test.truthy(beadle.isograd.list_available_credits {})
  end)
end)

test.run()
