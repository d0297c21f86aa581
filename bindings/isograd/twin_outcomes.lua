-- SPDX-License-Identifier: MIT
-- Grades that the simulated Isograd sends back to where a launch said ("Isograd API", "LTI - Notes via Basic Outcome
-- Service"): replaceResult when the test is finished and graded, signed with the launch's consumer key.

local grade = require "beadle.isograd.grade"

local M = {}

-- Where the grade of a launch's test goes: {url, sourcedid, key}; nil when the launch does not say, or no key is known
-- that could sign it.
function M.of_launch(launch)
  local outcome = launch and launch.outcome
  if outcome and launch.key and outcome.url:find "^https?://[^/]" and not outcome.sourcedid:find "%c" then
    return { url = launch.outcome.url, sourcedid = launch.outcome.sourcedid, key = launch.key }
  end
end

-- Sends a test's grade, once, when it has one.
function M.send(twin, test)
  local outcome = test.outcome
  local secret = outcome and twin.state.consumers[outcome.key]
  if not outcome or not test.result or outcome.sent or not secret or not twin.state.settings.outcomes then
    return
  end
  outcome.sent = true
  local outcomes = require "beadle.lti.outcomes"
  local request = outcomes.request { operation = "replaceResult", url = outcome.url, sourcedid = outcome.sourcedid,
    score = grade.grade_fraction(test.result), key = outcome.key, secret = secret }
  twin:call { method = request.method, url = request.url, headers = request.headers, body = request.body,
    operation = "replaceResult" }
end

return M
