-- SPDX-License-Identifier: MIT
-- What a mail with random parameters has to hold: its parameters by the parts that the catalogue says they are, against
-- the message as a reader sees it, and its envelope.

local message = require "beadle.mail.message"
local test = require "beadle.test"

local M = {}

local function list_of(value)
  return type(value) == "table" and value or { value }
end

local function address_of(mailbox)
  return mailbox:match "<([^<>]*)>$" or mailbox
end

-- As a reader sees them, but for quotes, which say nothing.
local function readable(value)
  local shown = {}
  for i, mailbox in ipairs(list_of(value)) do
    local name, address = mailbox:match "^(.*)<([^<>]*)>$"
    name = name and name:gsub(" +$", ""):gsub("^\"(.*)\"$", "%1")
    shown[i] = name and name ~= "" and ("%s <%s>"):format(name, address) or address or mailbox
  end
  return table.concat(shown, ", ")
end

local function unquoted(text)
  return text and text:gsub("\"", "")
end

local function lines_of(text)
  return (text:gsub("\r\n", "\n"):gsub("\r", "\n"):gsub("\n*$", "")) -- how many stand at the end says nothing
end

local function recipients_of(args)
  local list, seen = {}, {}
  for _, part in ipairs { "to", "subject", "text", "html", "from", "reply_to", "cc", "bcc" } do
    for _, mailbox in ipairs((part == "to" or part == "cc" or part == "bcc") and args[part] and list_of(args[part])
      or {}) do
      local address = address_of(mailbox)
      if not seen[address] then
        seen[address] = true
        list[#list + 1] = address
      end
    end
  end
  return list
end

local function check_lines(raw)
  test.falsy(raw:find "[\128-\255%z]")
  test.falsy(raw:gsub("\r\n", ""):find "[\r\n]")
  for line in raw:gmatch "([^\r]*)\r\n" do
    test.truthy(#line <= 998)
  end
end

local function check_files(files, seen)
  test.equal(#seen, #files)
  for i, file in ipairs(files) do
    test.equal(seen[i].name, file.name)
    test.equal(seen[i].size, #file.content)
    test.equal(seen[i].type, file.type or "application/octet-stream")
  end
end

function M.check(args, request)
  local raw = request.body
  local seen = message.parse(raw)
  check_lines(raw)
  test.equal(request.method, "MAIL")
  test.same(request.envelope.to, recipients_of(args))
  test.equal(request.envelope.from, address_of(args.from or "sandbox@example.org"))
  test.equal(seen.subject, args.subject)
  for _, part in ipairs { "from", "to", "cc", "reply_to" } do
    local wanted = args[part] or part == "from" and "Sandbox <sandbox@example.org>"
    test.equal(unquoted(seen[part]), wanted and unquoted(readable(wanted)) or nil)
  end
  for _, part in ipairs { "text", "html" } do
    test.equal(seen[part] and lines_of(seen[part]), args[part] and lines_of(args[part]))
  end
  check_files(args.attachments or {}, seen.attachments)
end

return M
