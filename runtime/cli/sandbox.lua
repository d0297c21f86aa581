-- beadle sandbox [--port N]: serves the simulated vendors over HTTP for other programs
-- SPDX-License-Identifier: MIT

local async = require "beadle.async"
local catalogue = require "beadle.catalogue"
local native = require "beadle.sandbox.native"
local options = require "beadle.options"
local sandbox = require "beadle.sandbox"
local time = require "beadle.time"

local function port_number(text)
  local port = math.tointeger(tonumber(text))
  if port and port >= 0 and port <= 65535 then
    return port
  end
  return nil, "a port from 0 to 65535"
end

local SPEC = {
  { name = "port", value = "N", default = 0, take = port_number,
    doc = "port to listen on; 0, the default, lets the system choose" },
  { name = "smtp-port", value = "N", default = 0, take = port_number,
    doc = "port of its mail server; 0, the default, lets the system choose" },
  { name = "host", value = "ADDRESS", default = "127.0.0.1", kind = "127.0.0.1|::1", doc = "127.0.0.1 or ::1" },
}

local USAGE = [[
Usage: beadle sandbox [--port N]

Serves the simulated vendors over HTTP, on this machine only.

]]

-- Each twin says how it is used at those addresses; what travels otherwise than by HTTP has one of its own.
local function print_guide(base, smtp)
  print(("The sandbox listens on %s until Ctrl-C. Everything in it is made up, and gone when it ends."):format(
    smtp and base .. " and " .. smtp or base))
  for _, vendor in ipairs(catalogue.vendors()) do
    print()
    local by_smtp = catalogue.describe(vendor).protocol == "smtp"
    for _, line in ipairs(sandbox[vendor].guide { base = base, smtp = by_smtp and smtp or nil }) do
      print(line)
    end
  end
  io.stdout:flush() -- another program may wait for the address
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("sandbox takes no \"%s\""):format(operands[1]))
  elseif values.host ~= "127.0.0.1" and values.host ~= "::1" then
    options.fail("the sandbox is served to this machine only: --host is 127.0.0.1 or ::1")
  elseif time.is_virtual() then
    options.fail("the sandbox cannot be served while time is virtual", "Leave --virtual-time out.")
  end
  local port = native.serve { host = values.host, port = values.port }
  local smtp_port = native.serve_mail { host = values.host, port = values.smtp_port }
  local host = values.host == "::1" and "[::1]" or values.host
  print_guide(("http://%s:%d"):format(host, port), smtp_port and ("smtp://%s:%d"):format(host, smtp_port))
  async.event():wait()
  return 0
end

return { run = run, usage = USAGE, spec = SPEC, takes = {} }
