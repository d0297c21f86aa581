-- SPDX-License-Identifier: MIT
-- The pages behind the links that the simulated Isograd gives out: for a person with a browser.

local files = require "beadle.sandbox.files"
local wire = require "beadle.sandbox.wire"
local data = require "beadle.twin.isograd.data"

local M = {}

local STATUS_WORDS = { "not started", "started", "finished", "waiting for marking" }

local function find(twin, token)
  for _, account in pairs(twin.state.accounts) do
    for _, test in pairs(account.tests) do
      if test.token == token then
        return test
      end
    end
  end
end

local function not_found(twin)
  return twin.answer_html(404, "Not found", "<p>The sandbox has no such page.</p>")
end

local function test_page(twin, test)
  local button = ""
  if test.status < 3 then
    button = ("<form method=\"post\" action=\"/test/%s/finish\"><button>Finish this test</button></form>")
      :format(test.token)
  end
  return twin.answer_html(200, data.forms[test.tst_frm_id].name,
    ("<p>Test %d is %s.</p>%s"):format(test.pla_tst_id, STATUS_WORDS[test.status], button))
end

local function login(twin, token)
  local entry = twin.state.logins[token]
  if not entry then
    return not_found(twin)
  elseif twin.now() >= entry.until_at then
    return twin.answer_html(410, "This link has ended", "<p>It was valid for 30 minutes.</p>")
  end
  return twin.answer_html(200, "Logged in", ("<p>As candidate %d.</p>"):format(entry.can_id))
end

function M.routes(begin_test, end_test)
  return {
    ["GET /test/start/{token}"] = function(twin, request)
      local test = find(twin, request.params.token)
      if not test then
        return not_found(twin)
      end
      begin_test(twin, test)
      return test_page(twin, test)
    end,
    ["POST /test/{token}/finish"] = function(twin, request)
      local test = find(twin, request.params.token)
      if not test then
        return not_found(twin)
      end
      if test.status < 3 then
        end_test(twin, test)
      end
      return test.rtn_pag and twin.answer_redirect(test.rtn_pag) or test_page(twin, test)
    end,
    ["GET /reports/pdf/{token}"] = function(twin, request)
      local test = find(twin, request.params.token)
      if not test or not test.result then
        return not_found(twin)
      end
      return twin.answer(200, files.pdf(("Test %d: %s"):format(test.pla_tst_id,
        test.result.txt_des:gsub("–", "-"):gsub("[\128-\255]+", "?"))), "application/pdf")
    end,
    ["GET /continuelogin/CandidateContinueLogin"] = function(twin, request)
      return login(twin, wire.fields(request.query).param)
    end,
    ["GET /candidate/{token}"] = function(twin, request)
      return login(twin, request.params.token)
    end,
    ["GET /admin/{token}"] = function(twin)
      return twin.answer_html(200, "Administration", "<p>The sandbox has no administration pages.</p>")
    end,
  }
end

return M
