-- SPDX-License-Identifier: MIT
-- For launch.sh: serves the simulated Isograd, and pages that launch a test there by LTI 1.1 and 1.3. Prints their
-- addresses, and a line for each thing that the simulated Isograd saw.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local lti = require "beadle.lti"
local sandbox = require "beadle.sandbox"

local port = require("beadle.sandbox.native").serve { host = "127.0.0.1", port = 0 }
local tool = ("http://127.0.0.1:%d/public/lti.php"):format(port)

local function said(email)
  return { operation = isograd.create_candidate_and_add_test, params = { gen_id = 3, tst_frm_id = 101 },
    user = { id = "learner-42", given = "Zoé <b>", family = "D'Exemple & \"Co\"", email = email },
    resource_link_description = "one\ntwo", roles = "Learner" }
end

local server = http.serve { routes = {} }
local platform = lti.platform { issuer = server.url, keys = lti.keys.generate {}, tools = { { client_id = "c-1",
  deployment_id = "d-1", login_url = tool, redirect_uris = { tool } } } }
for route, handler in pairs(platform:routes()) do
  server:route(route, handler)
end
sandbox.isograd.register_platform { issuer = server.url, client_id = "c-1", deployment_id = "d-1",
  auth_url = platform:address "auth", jwks_url = platform:address "jwks" }

server:route("GET /1.1", function()
  local options = said "one@example.org"
  options.url = tool
  local form = lti.launch_form(options)
  return { status = 200, headers = form.headers(), body = form:html() }
end)

server:route("GET /1.3", function()
  return platform:launch(said "three@example.org"):response()
end)

print(server.url)
io.stdout:flush()

local told = 0
while true do
  local requests = sandbox.isograd.requests()
  for i = told + 1, #requests do
    print(requests[i].method, requests[i].path:gsub("/start/.*", "/start"), requests[i].status)
    io.stdout:flush()
  end
  told = #requests
  async.sleep(0.02)
end
