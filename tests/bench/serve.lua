-- SPDX-License-Identifier: MIT
-- What the bare server (bare.c) does, by http.serve: 200 bytes at once. Serves until its standard input ends.

local async = require "beadle.async"
local http = require "beadle.http"

local body = ("x"):rep(200)
local server = http.serve { routes = {
  ["GET /"] = function() return body end,
  ["GET /wait"] = function() async.sleep(0.01) return body end,
} }
print("port " .. server.port)
io.stdout:flush()
