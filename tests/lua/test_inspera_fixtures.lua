-- SPDX-License-Identifier: MIT
-- Every operation of Inspera Assessment, as it leaves and as its answer comes back: see fixtures.lua.

local test = require "beadle.test"
local it, equal = test.it, test.equal

local CASES = {
  { "authenticate", "", "no-lifetime", "no-token", "other-client", "error-400", "error-401", "error-404",
    "error-409", "error-500", "error-501" },
  { "create_committees", "", "empty", "external", "html-page", "list", "no-errors", "not-done", "partial",
    "partial-list", "partial-text", "typed", "unclear", "error-400", "error-400-empty", "error-400-text",
    "error-403", "error-403-empty", "error-404", "error-404-empty", "error-409", "error-409-empty", "error-418",
    "error-500", "error-500-empty", "error-503" },
  { "delete_committees", "", "external", "gone", "partial", "partial-list", "typed", "error-400", "error-403",
    "error-404", "error-409", "error-500" },
  { "move_candidates", "", "body", "body-list", "partial", "several", "error-400", "error-403", "error-404",
    "error-409", "error-500" },
  { "remove_candidates", "", "body", "partial", "several", "error-400", "error-403", "error-404", "error-409",
    "error-500" },
  { "move_contributors", "", "body", "partial", "several", "error-400", "error-403", "error-404", "error-409",
    "error-500" },
  { "remove_contributors", "", "body", "partial", "several", "error-400", "error-403", "error-404", "error-409",
    "error-500" },
  { "create_test", "", "empty-lists", "full", "one-of-a-list", "partial", "wrong-id", "wrong-id-unsaid",
    "error-400", "error-403", "error-404", "error-409", "error-500" },
}

local fixtures = require("fixtures").of("inspera", CASES, "https://iad.inspera.no")
local twin = fixtures.twin

function fixtures.before()
  it("the first call fetches a token and carries it", function()
    fixtures:can("authenticate", fixtures:read "authenticate.response")
    fixtures:run_case("create_committees", "create_committees")
    local requests = twin.requests { operation = "authenticate" }
    equal(#requests, 1)
    fixtures.check_request(fixtures:read "authenticate.request", requests[1])
  end)
end

fixtures:describe()

test.run()
