-- SPDX-License-Identifier: MIT
-- What the tests against the test server share. They run under tests/with-server, with --allow-process.

local async = require "beadle.async"
local fs = require "beadle.fs"
local http = require "beadle.http"

local M = {}

local function environment(name)
  return os.getenv(name) or error(("%s is not set: run this under tests/with-server"):format(name), 0)
end

M.port = environment "BEADLE_TEST_PORT"
M.folder = environment "BEADLE_TEST_DIR"
M.url = "http://127.0.0.1:" .. M.port
-- The same by another name: what the tests ask beside their subject has connections of its own.
local aside = "http://localhost:"
M.aside = aside .. M.port

-- Secrets that must never be seen.
M.secret = "canary-client-secret-7f3a"

if not io.popen then
  error("run this with --allow-process: it starts servers and programs of its own", 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Configuration

local function literal(value)
  if type(value) ~= "table" then
    return ("%q"):format(value)
  end
  local parts = {}
  for key, each in pairs(value) do
    parts[#parts + 1] = ("[%q] = %s"):format(key, literal(each))
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

-- Settings of isograd at a path of the server; `more` overrides and adds.
function M.settings(path, more)
  local settings = {
    base_url = M.url .. path,
    auth_url = M.aside .. "/oauth2/token",
    client_id = "test-client",
    client_secret = M.secret,
  }
  for name, value in pairs(more or {}) do
    settings[name] = value
  end
  return settings
end

-- Writes the configuration: profile name -> settings of mail.
function M.configure_mail(profiles)
  local all = {}
  for name, settings in pairs(profiles) do
    all[name] = { mail = settings }
  end
  fs.write(environment "BEADLE_CONFIG", "return " .. literal { profiles = all } .. "\n")
end

-- Writes the configuration: profile name -> settings of isograd. Before the first call that needs one.
function M.configure(profiles)
  local all = {}
  for name, settings in pairs(profiles) do
    all[name] = { isograd = settings }
  end
  all.net = all.net or { isograd = M.settings "/json" }
  fs.write(environment "BEADLE_CONFIG", "return " .. literal { default = "net", profiles = all } .. "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- The server

local function escape(text)
  return (text:gsub("[^%w]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end
M.escape = escape

local function ask(port, path, text)
  local query = text and "?contains=" .. escape(text) or ""
  return http.get(aside .. (port or M.port) .. path .. query):json()
end

-- How often the server saw the text, and on how many connections; without a text, the totals.
function M.count(text, port)
  return ask(port, "/_count", text)
end

-- The requests that held the text, in their order.
function M.log(text, port)
  return ask(port, "/_log", text)
end

-- Waits until the server saw the text that often.
function M.until_seen(text, times, port)
  while M.count(text, port).requests < times do
    async.sleep "5 ms"
  end
end

-- Waits until the server has done all that it does about the last request with the text.
function M.until_answered(text, port)
  while true do
    local log = M.log(text, port)
    if #log > 0 and log[#log].answer == "sent" then
      return
    end
    async.sleep "5 ms"
  end
end

function M.reset(port)
  http.post(aside .. (port or M.port) .. "/_reset")
end

-- ---------------------------------------------------------------------------------------------------
-- Programs

local function quote(text)
  return "'" .. tostring(text):gsub("'", "'\\''") .. "'"
end
M.quote = quote

local names = 0

-- A new name in the test's folder.
function M.file(suffix)
  names = names + 1
  return ("%s/%d%s"):format(M.folder, names, suffix or "")
end

local servers = {} -- the pipes that keep them alive

-- Starts a server that ends with this program; gives the first line that it prints.
local function start(command)
  local fifo = M.file ".fifo"
  assert(os.execute("mkfifo " .. quote(fifo)))
  local life = assert(io.popen(("%s >%s"):format(command, quote(fifo)), "w"))
  servers[#servers + 1] = life
  local output = assert(io.open(fifo))
  local line = output:read "l"
  output:close()
  os.remove(fifo)
  return line or error("it did not start: " .. command), life
end

-- Starts another test server with these options; gives its port and a function that ends it.
function M.serve(...)
  local command = "exec " .. quote(environment "BEADLE_TESTSERVER") .. " --until-eof"
  for _, option in ipairs { ... } do
    command = command .. " " .. quote(option)
  end
  local line, life = start(command)
  return line:match "^port (%d+)$", function()
    life:close()
  end
end

-- Runs a program that knows no standard input's end as a server: `ready` is a shell command that succeeds
-- once it serves.
function M.serve_other(command, ready)
  start(([[{
    %s >/dev/null 2>&1 </dev/null & server=$!
    until %s; do kill -0 $server || exit 1; sleep 0.05; done >/dev/null 2>&1 </dev/null
    echo ready
    exec >/dev/null
    cat >/dev/null
    kill $server
  }]]):format(command, ready))
end

local function program()
  local first = 0
  while arg[first - 1] do
    first = first - 1
  end
  return os.getenv "BEADLE" or arg[first]
end

local function command_of(arguments, before)
  local command = { before or "", quote(program()) }
  for _, argument in ipairs(arguments) do
    command[#command + 1] = quote(argument)
  end
  return table.concat(command, " ")
end

-- Runs beadle: `before` is put in front of it in the shell (variables). Gives status, output, errors.
function M.beadle(arguments, before)
  local out, err = M.file ".out", M.file ".err"
  local line = ("%s >%s 2>%s </dev/null"):format(command_of(arguments, before), quote(out), quote(err))
  local _, _, status = os.execute(line)
  return status, fs.read(out), fs.read(err)
end

local Process = {}
Process.__index = Process

-- Starts beadle beside this program. The shell says its status when it has ended; a job of that shell would
-- ignore Ctrl-C.
function M.start_beadle(arguments)
  local self = setmetatable({ out = M.file ".out", err = M.file ".err", id = M.file ".id", status = M.file ".status" },
    Process)
  assert(os.execute(("(sh -c %s; echo $? >%s.new; mv %s.new %s) &"):format(
    quote(("echo $$ >%s; exec %s >%s 2>%s </dev/null"):format(
      quote(self.id), command_of(arguments), quote(self.out), quote(self.err))),
    quote(self.status), quote(self.status), quote(self.status))))
  return self
end

local function contents(path)
  local file = io.open(path)
  local text = file and file:read "a"
  if file then
    file:close()
  end
  return text
end

-- Waits until it wrote the text to its errors.
function Process:until_written(text)
  while not (contents(self.err) or ""):find(text, 1, true) do
    async.sleep "5 ms"
  end
end

function Process:signal(name)
  assert(os.execute(("kill -%s %s"):format(name, contents(self.id))))
end

-- Gives status, output, errors.
function Process:wait()
  while not contents(self.status) do
    async.sleep "5 ms"
  end
  return math.tointeger(tonumber(contents(self.status))), contents(self.out), contents(self.err)
end

-- Runs openssl, quietly.
function M.openssl(arguments)
  local log = M.file ".log"
  if not os.execute(("openssl %s >%s 2>&1 </dev/null"):format(arguments, quote(log))) then
    error(("openssl %s failed: %s"):format(arguments, fs.read(log)))
  end
end

-- A certificate authority: makes certificates for the test server. `certificate` signs one for the subject's
-- alternative names; `more` are options of `openssl x509`.
local Authority = {}
Authority.__index = Authority

local EC = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"

function M.authority(name)
  local self = setmetatable({ key = M.file ".key", file = M.file ".pem" }, Authority)
  M.openssl(("req -x509 %s -keyout %s -out %s -subj /CN=%s -days 2"):format(EC, self.key, self.file, name))
  return self
end

-- Gives the files of a certificate and its key.
function Authority:certificate(alternatives, more)
  local key, request, certificate, extensions = M.file ".key", M.file ".csr", M.file ".pem", M.file ".ext"
  fs.write(extensions, ("subjectAltName=%s\n"):format(alternatives))
  M.openssl(("req -new %s -keyout %s -out %s -subj /CN=test"):format(EC, key, request))
  M.openssl(("x509 -req -in %s -CA %s -CAkey %s -CAcreateserial -out %s -extfile %s %s"):format(
    request, self.file, self.key, certificate, extensions, more or "-days 2"))
  return certificate, key
end

return M
