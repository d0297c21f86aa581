-- SPDX-License-Identifier: MIT
-- The other side of a recipe whose program is killed: the sandbox, served by a process of its own, so that what the
-- vendors know outlives the program. Beside it a server that takes what the recipe sends to anybody else: nothing
-- leaves this machine. For stdlib/crash_site.lua.
--
-- main { fd = } serves until it is killed, and emits { event = "ready", base, smtp, elsewhere } to its runner.
-- POST elsewhere/taken takes { method, url, body, hold } and answers HTTP 200 without a body, or with `hold` not at
-- all; GET gives the list of all.

local async = require "beadle.async"
local http = require "beadle.http"
local json = require "beadle.json"
local native = require "beadle.sandbox.native"
local testing = require "beadle.test.native"

local M = {}

local HOST = "127.0.0.1"
local NEVER = "1 h" -- whoever waits for an answer is killed long before

local function serve_elsewhere()
  local taken = json.array {}
  return http.serve { host = HOST, port = 0, handler_timeout = NEVER, max_body = 32 << 20, routes = {
    ["POST /taken"] = function(request)
      local what = request:json()
      taken[#taken + 1] = { method = what.method, url = what.url, body = what.body }
      if what.hold then
        async.sleep(NEVER)
      end
      return { status = 200, body = "" }
    end,
    ["GET /taken"] = function()
      return { json = taken }
    end,
  } }
end

function M.main(job)
  testing.end_with_parent()
  local port = native.serve { host = HOST, port = 0 }
  local smtp_port = native.serve_mail { host = HOST, port = 0 }
  local elsewhere = serve_elsewhere()
  testing.emit(job.fd, json.encode { event = "ready", base = ("http://%s:%d"):format(HOST, port),
    smtp = smtp_port and ("smtp://%s:%d"):format(HOST, smtp_port) or nil, elsewhere = elsewhere.url })
  async.event():wait()
end

return M
