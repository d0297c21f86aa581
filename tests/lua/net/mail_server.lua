-- SPDX-License-Identifier: MIT
-- Mail servers of the tests: the test server with --smtp, and what its clients sent.

local fs = require "beadle.fs"
local support = require "support"

local M = {}

local Server = {}
Server.__index = Server

-- Starts one with these rules (tests/server/smtp.h) and more options of the test server.
function M.serve(rules, ...)
  local log = support.file ".smtp"
  local options = { "--smtp", rules, "--smtp-log", log, ... }
  if (os.getenv "BEADLE_TEST_OPTIONS" or ""):find("tiny-io", 1, true) then
    table.move({ "--tiny-io", "1" }, 1, 2, #options + 1, options)
  end
  local port, stop = support.serve(table.unpack(options))
  return setmetatable({ log = log, port = port, stop = stop, url = "smtp://127.0.0.1:" .. port,
    tls_url = "smtps://127.0.0.1:" .. port }, Server)
end

-- Settings of mail for this server; `more` overrides and adds.
function Server:settings(more)
  local settings = { smtp = self.url, from = "Bead Le <me@example.org>" }
  for name, value in pairs(more or {}) do
    settings[name] = value
  end
  return settings
end

-- The commands that came, on all connections, each as "NUMBER COMMAND"; and the messages, as they were sent.
function Server:seen()
  local commands, messages, current = {}, {}, nil
  for line in (fs.exists(self.log) and fs.read(self.log) or ""):gmatch "([^\n]*)\n" do
    local number, sort, text = line:match "^(%d+) (%u) (.*)$"
    if sort == "C" then
      commands[#commands + 1] = number .. " " .. text
    elseif text == "." then
      messages[#messages + 1] = table.concat(current or {}, "\r\n")
      current = nil
    else
      current = current or {}
      current[#current + 1] = text:gsub("^%.", "")
    end
  end
  return commands, messages, current ~= nil
end

-- Whether a message is under way.
function Server:open()
  return select(3, self:seen())
end

-- How many of the commands begin so.
function Server:count(command)
  local count = 0
  for _, line in ipairs((self:seen())) do
    count = count + (line:match "^%d+ (.*)$":sub(1, #command) == command and 1 or 0)
  end
  return count
end

return M
