-- SPDX-License-Identifier: MIT
-- beadle.http_server, behind http.serve: routes, the requests that handlers get and the answers they give.
--
-- open(options) -> server. It lives in the scope that opened it.
--   routes       { ["GET /done/{id}"] = function(request) ... return answer end }
--   host, port   address to listen on; 127.0.0.1, and a port that the system chooses
--   origin       how others reach it, "https://hooks.example.org"; http://host:port
--   cert_file, key_file   PEM files; with both, it speaks TLS
--   max_body, max_head    bytes of a body (1 MiB), of the request line and headers (32 KiB)
--   max_connections       at once (4,000); beyond, the one that has idled longest is closed
--   idle_timeout          until a silent connection is closed (10 s; whole seconds)
--   request_timeout       for a request to come in, beyond idle_timeout (30 s)
--   handler_timeout       for a handler to answer (60 s); then the client gets 503 and the handler is cancelled
--   grace                 for handlers to end when the server does (5 s)

local answer = require "beadle.http_answer"
local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local log = require "beadle.log"
local native = require "beadle.http.native"
local router = require "beadle.http_routes"
local time = require "beadle.time"

local M = {}

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, operation = "http.serve",
    outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Options

local function is_text(value)
  return type(value) == "string" and value ~= "" and not value:find "[%c]"
end

local function whole(least, most)
  return function(value)
    if math.type(value) == "integer" and value >= least and value <= most then
      return value
    end
    return nil, ("a whole number from %d to %d"):format(least, most)
  end
end

local function duration(least_ms)
  return function(value)
    local ok, seconds = pcall(time.seconds, value)
    local ms = ok and math.floor(seconds * 1000 + 0.5)
    if ok and ms >= least_ms then
      return ms
    end
    return nil, ("a duration such as 30 or \"30 s\", at least %g s"):format(least_ms / 1000)
  end
end

local function text(what)
  return function(value)
    if is_text(value) then
      return value
    end
    return nil, what
  end
end

local function origin(value)
  local kept = type(value) == "string" and value:match "^(https?://[%w%.%-_%[%]:]+)/?$"
  if kept then
    return kept
  end
  return nil, "a scheme and a host, such as \"https://hooks.example.org\""
end

local function functions(value)
  if type(value) ~= "table" then
    return nil, "a table of functions"
  end
  return value
end

-- name = { default, reader }
local OPTIONS = {
  routes = { {}, functions },
  host = { "127.0.0.1", text "an address, such as \"127.0.0.1\"" },
  port = { 0, whole(0, 65535) },
  origin = { nil, origin },
  cert_file = { nil, text "the name of a file" },
  key_file = { nil, text "the name of a file" },
  max_body = { 1024 * 1024, whole(0, 1024 * 1024 * 1024) },
  max_head = { 32 * 1024, whole(256, 1024 * 1024) },
  max_connections = { 4000, whole(1, 100000) },
  idle_timeout = { 10, duration(1000) },
  request_timeout = { 30, duration(1) },
  handler_timeout = { 60, duration(1) },
  grace = { 5, duration(0) },
}

local function names(options)
  local list = {}
  for name in pairs(options) do
    list[#list + 1] = name
  end
  table.sort(list)
  return list
end

local function read_options(options)
  if type(options) ~= "table" then
    fail("http.serve takes a table of options")
  end
  for name in pairs(options) do
    if not OPTIONS[name] then
      local nearest = type(name) == "string" and catalogue.nearest(name, names(OPTIONS))
      fail(("http.serve has no option \"%s\""):format(tostring(name)), nearest and ("Did you mean %s?"):format(nearest))
    end
  end
  local values = {}
  for name, option in pairs(OPTIONS) do
    local given = options[name]
    if given == nil then
      given = option[1]
    end
    if given ~= nil then
      local value, must = option[2](given)
      if value == nil then
        fail(("the option %s must be %s"):format(name, must))
      end
      values[name] = value
    end
  end
  if (values.cert_file == nil) ~= (values.key_file == nil) then
    fail("cert_file and key_file belong together: one of them is missing")
  end
  return values
end

-- ---------------------------------------------------------------------------------------------------
-- Requests

local function respond_with(routes)
  return function(request)
    local handler, refusal = routes:find(request)
    if not handler then
      return answer.page(refusal.status, request.headers.accept, refusal.message, refusal.headers)
    end
    return answer.build(handler(request), request)
  end
end

-- Every request whose handler raised something ends here. Without a method it is answered, or its client has left:
-- that a handler then hears of its own end is no news.
local function failed(err, method, path, accept, traceback)
  if not method and (error_value.is(err, "cancelled") or error_value.is(err, "timeout")) then
    return 503
  end
  local wanted, message = answer.wanted(err)
  if wanted then
    local ok, status, head, body = pcall(answer.raised, err, wanted, message, accept)
    if ok then
      return status, head, body
    end
    err = status
  end
  if error_value.is(err, "cancelled") then
    return answer.page(503, accept, "The server is about to end.")
  end
  local id = answer.new_id()
  log.error("the handler of %s %s failed (%s): %s%s", method or "a request that is over", path or "", id,
    answer.describe(err), traceback and "\n" .. traceback or "")
  return answer.page(500, accept, ("The request could not be answered. The log says why under %s."):format(id),
    nil, id)
end

-- ---------------------------------------------------------------------------------------------------
-- The server

local Server = {}
Server.__index = Server
Server.__name = "beadle.http_server"

-- Adds a route while the server runs.
function Server:route(key, handler)
  self.routes:add(key, handler)
end

-- Takes a route away; true when there was one.
function Server:remove(key)
  return self.routes:remove(key)
end

-- Ends the server: nothing new is taken, handlers under way get the grace, then they are cancelled. Returns when it
-- has ended; inside one of its own handlers at once.
function Server:close()
  return native.close(self.native)
end

-- Waits until the server has ended.
function Server:wait()
  return native.wait(self.native)
end

Server.__close = Server.close

function Server:__tostring()
  return ("server: %s"):format(self.url)
end

local function local_origin(values, port)
  local host = values.host
  if host == "0.0.0.0" or host == "::" then
    host = host == "::" and "::1" or "127.0.0.1"
  end
  return ("%s://%s:%d"):format(values.cert_file and "https" or "http", host:find(":", 1, true) and "[" .. host .. "]"
    or host, port)
end

local function is_loopback(host)
  return host == "::1" or host:find "^127%." ~= nil
end

function M.open(options)
  local values = read_options(options)
  local routes = router.new()
  for key, handler in pairs(values.routes) do
    routes:add(key, handler)
  end
  local opened = native.open {
    host = values.host, port = values.port, cert_file = values.cert_file, key_file = values.key_file,
    max_body = values.max_body, max_head = values.max_head, max_connections = values.max_connections,
    idle_ms = values.idle_timeout, request_ms = values.request_timeout, handler_ms = values.handler_timeout,
    grace_ms = values.grace,
  }
  local port = native.port(opened)
  local url = values.origin or local_origin(values, port)
  local ok, err = pcall(native.start, opened, url, respond_with(routes), failed)
  if not ok then
    native.drop(opened)
    error(err, 0)
  end
  if not is_loopback(values.host) and not values.cert_file then
    log.warn("the server on %s, port %d, is open to other machines and does not encrypt", values.host, port)
  end
  return setmetatable({ url = url, port = port, routes = routes, native = opened }, Server)
end

return M
