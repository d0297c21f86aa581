-- SPDX-License-Identifier: MIT
-- beadle.hook: addresses that others call when something has happened, and waiting for that.
--
--   local hook <close> = require("beadle.hook").open {}
--   isograd.add_test { ema = "ada@example.org", tst_frm_id = 101, cal_bac_pag = hook:url() }
--   local call = hook:wait { timeout = "3 days" }
--
-- open(options) -> hook. The address ends with 192 random bits; whoever does not know it does not hit it. Options:
--   origin    how others reach this program, "https://hooks.example.org", also with a path that a proxy hands on or
--             takes away; else as the configuration's `public` says. In the sandbox, and under a profile whose vendors
--             are all on this machine, loopback
--   port      to listen on; else as `listen` says, or one that the system chooses
--   path      what comes before the random part, "/hooks"
--   methods   { "GET" }, also { "POST" } or both
--   answer    what the caller gets: a text, or a table as handlers of http.serve return it; "Thank you."
--   redirect  where the caller, who may be a person's browser, is sent on to instead
--   again     an address that a hook had before, in an earlier run: the hook has it again
-- hook:url() -> text
-- hook:wait { timeout = "3 days" } -> the first call that came, also when it came before: method, path, url, query
--             and query_list (empty when they cannot be decoded), headers, body, form (when it was one), at (seconds
--             since 1970), count (of calls so far).
--             Raises an error of kind "timeout", or "argument" when the hook is closed without a call
-- hook:came() -> the same without waiting, or nil
-- hook.count  how many calls came; each gets the same answer
-- hook:close()   from here on a call gets 404
--
-- All hooks of a program share one server, which is there while one of them is open.

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local error_value = require "beadle.error"
local http = require "beadle.http"
local http_answer = require "beadle.http_answer"
local log = require "beadle.log"
local native = require "beadle.hook.native"
local task = require "beadle.task"
local time = require "beadle.time"

local M = {}

local OPTIONS = { "origin", "port", "path", "methods", "answer", "redirect", "again" }
local METHODS = { "GET", "POST", "PUT" }
local ID_LENGTH = 8 -- characters of base64: 48 bits
local SHORTEST_SECRET = 22 -- characters of base64: 128 bits

local function fail(kind, message, hint)
  error(error_value.new { kind = kind, message = message, hint = hint, operation = "hook.open", outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- The server

-- nil, or { http, port, base, hooks (by id), open (how many), paths (that have routes) }; or { opening }
local server

local function base_of(origin)
  local base, why = config.read_base(origin)
  return base or fail("argument", "the option origin " .. why, "Such as \"https://hooks.example.org\".")
end

-- Where others reach this program, nil for the address that it listens at; and where it listens. What the
-- configuration says is for vendors that are elsewhere: in the sandbox it would only be in another program's way.
local function place(options)
  local is_local = config.is_local()
  local public = not is_local and config.public() or nil
  local base = options.origin and base_of(options.origin) or public and public.base
  if not base and not is_local then
    fail("configuration", ("the vendors of the profile %s cannot call this machine: no public address is set"):format(
      config.profile()), "Put public = \"https://hooks.example.org\" and listen = \"127.0.0.1:8085\" into "
      .. "beadle.conf.lua, and have a proxy hand on what comes there; docs/hooks.md shows one.")
  end
  return base, { host = public and public.host or "127.0.0.1", port = options.port or public and public.port or 0 }
end

-- In the log stands no more of what a hook's address ends with than the part that is no secret.
local function refuse(request, status, why)
  local id = request.params.token:match "^[^.]*":sub(1, ID_LENGTH):gsub("[^%w_-]", "?")
  log.warn("a call from %s was refused: %s %s%s: %s", request.remote, request.method,
    request.path:match "^.*/":sub(1, 60), id, why)
  return { status = status, body = status == 404 and "404: There is nothing here.\n"
    or "405: This cannot be asked for so.\n", headers = { ["Cache-Control"] = "no-store" } }
end

-- The hook that a request is for. How long it takes tells nothing about the secret.
local function find(token)
  local id, secret = token:match "^([^.]*)%.(.*)$"
  local hook = id and server and server.hooks[id]
  return hook and native.same(hook.secret, secret) and hook or nil
end

local function receive(request)
  local hook = find(request.params.token)
  if not hook then
    return refuse(request, 404, "no hook is open there")
  elseif not hook.methods[request.method] then
    local refusal = refuse(request, 405, "the hook is called with " .. table.concat(hook.method_list, " or "))
    refusal.headers.Allow = table.concat(hook.method_list, ", ")
    return refusal
  end
  return hook:take(request)
end

-- In a task of nobody's scope: a hook may be opened in a task that ends before the other hooks.
local function open_server(base, where)
  local opened, failed, given_up
  local ready = async.event()
  native.spawn(function()
    local ok, result = pcall(http.serve, { host = where.host, port = where.port, origin = base and base.origin })
    opened, failed = ok and result, not ok and result
    ready:set()
    if opened and given_up then
      opened:close()
    end
  end)
  local ok, err = pcall(ready.wait, ready)
  if not ok then
    given_up = true
    if opened then
      native.spawn(opened.close, opened)
    end
  end
  if not ok or failed then
    error(err or failed, 0)
  end
  return { http = opened, port = opened.port, base = base, hooks = {}, open = 0, paths = {} }
end

local function close_server()
  local old = server
  server = nil
  native.spawn(old.http.close, old.http) -- the answer to the last call may be under way
end

local function root_of(base)
  return base and base.origin .. base.path
end

-- One that fits what this hook asks for: the first hook of a program decides.
local function find_server(options)
  local base, where = place(options)
  while server and server.opening do
    server.opening:wait()
  end
  if not server then
    local opening = async.event()
    server = { opening = opening }
    local ok, new = pcall(open_server, base, where)
    server = ok and new or nil
    opening:set()
    if not ok then
      error(new, 0)
    end
  elseif where.port ~= 0 and where.port ~= server.port then
    fail("argument", ("all hooks of a program share one server, and it listens at port %d, not %d"):format(
      server.port, where.port))
  elseif root_of(server.base) ~= root_of(base) then
    fail("argument", ("all hooks of a program share one server, and it is reached at %s, not %s"):format(
      root_of(server.base) or "the port it listens at", root_of(base) or "the port it listens at"))
  end
  return server, base
end

-- Behind a proxy the path of the public address comes with the request or does not.
local function add_routes(path, prefix)
  for _, each in ipairs(prefix ~= "" and { path, prefix .. path } or { path }) do
    if not server.paths[each] then
      server.paths[each] = true
      for _, method in ipairs(METHODS) do
        server.http:route(("%s %s/{token}"):format(method, each), receive)
      end
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- Options

local function check_path(path)
  if type(path) ~= "string" or not path:find "^/[%w%-._~/]*$" or path:find "//" or path:find "/%.+/"
    or path:find "/%.*$" then
    fail("argument", "the option path must be a path such as \"/hooks\"")
  end
  return path
end

local function check_methods(methods)
  local set, list = {}, {}
  for _, method in ipairs(type(methods) == "table" and methods or { methods }) do
    local known = false
    for _, each in ipairs(METHODS) do
      known = known or each == method
    end
    if not known then
      fail("argument", ("the option methods knows %s, not \"%s\""):format(table.concat(METHODS, ", "),
        tostring(method)))
    elseif not set[method] then
      set[method], list[#list + 1] = true, method
    end
  end
  if #list == 0 then
    fail("argument", "the option methods must name at least one")
  end
  return set, list
end

local function check_answer(options)
  if options.redirect ~= nil then
    if options.answer ~= nil then
      fail("argument", "give answer or redirect, not both")
    elseif type(options.redirect) ~= "string" or not options.redirect:find "^https?://[^%c%s]+$" then
      fail("argument", "the option redirect must be an address of http or https")
    end
    return { redirect = options.redirect }
  end
  local answer = options.answer == nil and "Thank you.\n" or options.answer
  local ok, err = pcall(http_answer.build, answer, { method = "GET" })
  if not ok or type(answer) ~= "string" and type(answer) ~= "table" then
    fail("argument", "the option answer must be a text or an answer as http.serve takes it",
      error_value.is(err) and err.message or nil)
  end
  return answer
end

local function check_names(options)
  if type(options) ~= "table" then
    fail("argument", "hook.open takes a table of options; {} for none")
  end
  for name in pairs(options) do
    local known = false
    for _, each in ipairs(OPTIONS) do
      known = known or each == name
    end
    if not known then
      local nearest = catalogue.nearest(tostring(name), OPTIONS)
      fail("argument", ("hook.open has no option \"%s\""):format(tostring(name)),
        nearest and ("Did you mean %s?"):format(nearest))
    end
  end
  if options.port ~= nil and (math.type(options.port) ~= "integer" or options.port < 0 or options.port > 65535) then
    fail("argument", "the option port must be a whole number from 0 to 65535")
  elseif options.again ~= nil and options.path ~= nil then
    fail("argument", "give again or path, not both: the address has its path")
  end
end

-- Path, id and secret of an address that a hook had.
local function read_again(address, prefix)
  local path, id, secret = tostring(address):match "^https?://[^/?#]+(/[^?#]*)/([%w_-]+)%.([%w_-]+)$"
  if type(address) ~= "string" or not path or #secret < SHORTEST_SECRET then
    fail("argument", "the option again must be an address that hook:url() gave")
  end
  if prefix ~= "" and path:sub(1, #prefix + 1) == prefix .. "/" then
    path = path:sub(#prefix + 1)
  end
  return check_path(path), id, secret
end

-- ---------------------------------------------------------------------------------------------------
-- Hooks

local Hook = {}
Hook.__index = Hook
Hook.__name = "beadle.hook"

local function wake(hook)
  for event in pairs(hook.waiting) do
    event:set()
  end
end

-- A part of a request that is decoded when it is asked for; nil when it cannot be: the call has come all the same.
local function part(request, name)
  local ok, value = pcall(function() return request[name] end)
  return ok and value or nil
end

-- A call has come.
function Hook:take(request)
  self.count = self.count + 1
  log.info("call %d to the hook %s", self.count, self.name)
  if not self.first then
    local first = { method = request.method, path = request.path, url = request.url,
      query = part(request, "query") or {}, query_list = part(request, "query_list") or {}, headers = request.headers,
      body = request.body, form = part(request, "form"), remote = request.remote, at = time.now() }
    if self.keep then
      self.keep(first) -- before the caller is told that it came
    end
    self.first = self.first or first
    wake(self)
  end
  return self.answer
end

function Hook:url()
  return self.address
end

function Hook:came()
  if self.first then
    self.first.count = self.count
  end
  return self.first
end

local function check_wait(options)
  for name in pairs(options) do
    if name ~= "timeout" then
      error(error_value.new { kind = "argument", outcome = "none", operation = "hook:wait",
        message = ("hook:wait has no option \"%s\""):format(tostring(name)), hint = "Did you mean timeout?" }, 0)
    end
  end
  return options.timeout and time.seconds(options.timeout)
end

local function raise(hook, kind, message)
  error(error_value.new { kind = kind, message = message:format(hook.name), operation = "hook:wait" }, 0)
end

-- Until the call has come, the hook is closed, or so many seconds have gone.
local function wait_for_event(hook, seconds)
  local event = async.event()
  hook.waiting[event] = true
  local _ <close> = setmetatable({}, { __close = function() hook.waiting[event] = nil end })
  if not seconds then
    event:wait()
    return
  end
  async.scope(function()
    local clock = async.spawn(function()
      task.sleep(seconds)
      event:set()
    end)
    event:wait()
    clock:cancel()
  end)
end

function Hook:wait(options)
  local seconds = check_wait(options or {})
  if self.keep_deadline then
    seconds = self.keep_deadline(seconds)
  end
  if not self.first and not self.is_closed then
    wait_for_event(self, seconds)
  end
  if self.first then
    return self:came()
  elseif self.is_closed then
    raise(self, "argument", "the hook %s was closed before a call came")
  end
  raise(self, "timeout", "no call came to the hook %s within " .. tostring((options or {}).timeout)
    .. (type(options.timeout) == "number" and " s" or ""))
end

function Hook:close()
  if self.is_closed then
    return
  end
  self.is_closed = true
  self.server.hooks[self.id] = nil
  self.server.open = self.server.open - 1
  wake(self)
  if self.server.open == 0 and self.server == server then
    close_server()
  end
end

Hook.__close = Hook.close

function Hook:__tostring()
  return "hook: " .. self.name
end

function M.open(options)
  options = options or {}
  check_names(options)
  local methods, method_list = check_methods(options.methods == nil and { "GET" } or options.methods)
  local answer = check_answer(options)
  local asked_path = check_path(options.path == nil and "/hooks" or options.path)
  local used, base = find_server(options)
  local prefix = base and base.path or ""
  local path, id, secret = asked_path, native.token()
  if options.again then
    path, id, secret = read_again(options.again, prefix)
  end
  if used.hooks[id] then
    fail("argument", "a hook with this address is open already")
  end
  native.hide(secret)
  add_routes(path, prefix)
  local root = (base and base.origin or used.http.url) .. prefix .. path .. "/" .. id
  local hook = setmetatable({ id = id, secret = secret, name = root, address = root .. "." .. secret, server = used,
    methods = methods, method_list = method_list, answer = answer, count = 0, waiting = {} }, Hook)
  used.hooks[id] = hook
  used.open = used.open + 1
  return hook
end

return M
