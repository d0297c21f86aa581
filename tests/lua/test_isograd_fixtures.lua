-- SPDX-License-Identifier: MIT
-- Every operation of Isograd, as it leaves and as its answer comes back: see fixtures.lua.

local test = require "beadle.test"
local it, equal, same = test.it, test.equal, test.same

local CASES = {
  { "authenticate", "", "token-only", "error-401", "error-400", "no-token" },
  { "create_candidate", "", "full", "flag-off", "error-103", "error-105", "error-201", "error-202",
    "error-202-status-400", "error-203", "error-unlisted", "error-text-code", "html-page" },
  { "add_test", "", "full", "act-9", "old-name", "redirect", "html", "both", "both-html", "redirect-refused",
    "redirect-not-asked", "error-106", "error-107", "error-301", "error-402" },
  { "add_another_test", "" },
  { "create_candidate_and_add_test", "", "no-can_id", "full", "redirect", "html", "error-106", "error-107",
    "error-201", "error-203", "error-301", "error-402", "error-202" },
  { "add_proctoring", "", "error-303" },
  { "remove_proctoring", "" },
  { "set_proctoring", "", "remove", "error-303" },
  { "delete_test", "", "error-304" },
  { "add_confirmation_test", "", "redirect", "error-501", "error-502" },
  { "update_candidate", "", "full", "error-107", "error-202" },
  { "delete_candidate", "", "by-email", "error-107" },
  { "send_registration_email", "", "tests", "one-test", "full", "error-107", "error-501" },
  { "get_pdf_results", "", "full", "error-106", "error-107", "error-502", "error-501", "error-601" },
  { "get_results", "error-106", "error-107", "error-502", "error-501", "", "level", "score", "average",
    "num_correct", "range", "on_100_average", "full", "numbers-as-text" },
  { "get_result_details", "error-106", "error-107", "error-502", "error-501", "", "not-irt", "empty", "full" },
  { "get_test_status", "", "started", "finished", "marking", "unknown-status", "error-501", "half", "empty",
    "list", "no-success", "success-no-boolean", "missing", "null", "wrong-type", "html-page", "error-500",
    "error-429", "error-403", "redirect" },
  { "create_session", "", "password", "no-ses_id", "half", "error-503", "error-400" },
  { "anonymize_candidate", "", "error-107" },
  { "login_as_admin", "", "by-email", "json" },
  { "login_as_candidate", "", "error-107" },
  { "list_available_tests", "", "none", "language" },
  { "list_available_credits", "" },
}

local fixtures = require("fixtures").of("isograd", CASES, "https://recette.isograd.com")
local twin, client = fixtures.twin, fixtures.client

function fixtures.before()
  it("the first call fetches a token and carries it", function()
    fixtures:can("authenticate", fixtures:read "authenticate.response")
    fixtures:run_case("list_available_credits", "list_available_credits")
    local requests = twin.requests { operation = "authenticate" }
    equal(#requests, 1)
    fixtures.check_request(fixtures:read "authenticate.request", requests[1])
  end)
end

fixtures:describe(function()
  it("no call fetched a second token", function()
    local fetched = 0
    for _, request in ipairs(twin.requests { operation = "authenticate" }) do
      fetched = fetched + (request.status == 200 and 1 or 0)
    end
    equal(fetched, 4) -- the first call's, and three cases of authenticate itself
  end)

  it("a lost reply leaves the outcome unknown, and the effect done", function()
    local session = fixtures:read("create_session.request").args
    client.create_session(session) -- the canned token is none of the sandbox's: this gets a real one
    local before = #twin.sessions()
    twin.fault { kind = "lost reply", operation = "create_session" }
    local err = test.raises("network", client.create_session, session)
    same({ err.outcome, err.attempts, err.operation }, { "unknown", 1, "isograd.create_session" })
    equal(#twin.sessions(), before + 1)
  end)

  it("a slow answer is waited for, but not for ever", function()
    twin.fault { kind = "slow", operation = "get_test_status", delay = 0.02 }
    equal(client.get_test_status({ pla_tst_id = 987654 }).sta_id, 1)
    twin.fault { kind = "slow", operation = "get_test_status", delay = 20 }
    test.raises("timeout", client.get_test_status, { pla_tst_id = 987654 }, { timeout = "50 ms", retry = false })
  end)

  it("act_id, which says what a form is, comes first", function()
    client.get_test_status { pla_tst_id = 987654 }
    local requests = twin.requests { operation = "get_test_status" }
    equal(requests[#requests].body:match "^[^=]*", "act_id")
  end)
end)

test.run()
