-- SPDX-License-Identifier: MIT
-- beadle.http: requests to anything that is no vendor of the catalogue, and a server of one's own.

local native = require "beadle.http.native"

local M = { request = native.request, get = native.get, post = native.post,
  response = native.response }

-- serve(options) -> server: see beadle.http_server.
function M.serve(options)
  return require("beadle.http_server").open(options)
end

return M
