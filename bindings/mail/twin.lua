-- SPDX-License-Identifier: MIT
-- The sandbox's mail server: it keeps every mail and passes none on. Settings:
--   greylist          seconds for which a sender is turned away from a recipient that it never wrote to, with 451 (0)
--   most_bytes        larger messages are refused with 552 (26214400)
--   most_recipients   more recipients are refused with 452 (100)

local json = require "beadle.json"
local message = require "beadle.mail.message"

local M = { control = {}, actions = {} }

local function reply(twin, status, words, fields)
  local answer = twin.answer(status, words)
  for name, value in pairs(fields or {}) do
    answer[name] = value
  end
  return answer
end

local function refuse_recipient(twin, index, status, words)
  return reply(twin, status, words, { step = "recipient", recipient = index - 1 })
end

-- A sender that is new to a recipient shall come again, as real servers have it against senders of spam.
local function is_greylisted(twin, from, to)
  local wait = twin.state.settings.greylist
  if wait == 0 then
    return false
  end
  local pair = from .. " " .. to
  twin.state.seen[pair] = twin.state.seen[pair] or twin.now()
  return twin.now() < twin.state.seen[pair] + wait
end

-- What the server says to one recipient; nil: it takes the mail.
local function refusal(twin, from, to)
  local refused = twin.state.refused[to:lower()]
  if refused then
    refused.times = refused.times and refused.times - 1
    if refused.times == 0 then
      twin.state.refused[to:lower()] = nil
    end
    return refused.status, refused.text
  elseif is_greylisted(twin, from, to) then
    return 451, "4.7.1 Greylisted, please try again later"
  end
end

local function check_recipients(twin, envelope)
  for index, to in ipairs(envelope.to) do
    if index > twin.state.settings.most_recipients then
      return refuse_recipient(twin, index, 452, "4.5.3 Too many recipients")
    end
    local status, words = refusal(twin, envelope.from, to)
    if status then
      return refuse_recipient(twin, index, status, words)
    end
  end
end

-- Asked by the SMTP server for each recipient, before the message comes.
local function check(twin, request)
  return check_recipients(twin, request.envelope) or reply(twin, 250, "2.1.5 Ok")
end

-- A message as text: what crosses over to scripts is UTF-8.
local function shown_raw(raw)
  return utf8.len(raw) and raw or (raw:gsub("[\128-\255]", "?"))
end

-- A whole mail. Over SMTP its recipients were asked about already.
local function take(twin, request)
  local envelope = request.envelope
  local refused = not envelope.asked and check_recipients(twin, envelope)
  if refused then
    return refused
  elseif #request.body > twin.state.settings.most_bytes then
    return reply(twin, 552, "5.3.4 Message too big")
  end
  local number = twin:next_id("mail", 0)
  table.insert(twin.state.mails, { number = number, at = twin.now(), sender = envelope.from,
    recipients = json.array(envelope.to), raw = request.body })
  request.body = shown_raw(request.body) -- as the log of requests has it
  return reply(twin, 250, ("2.0.0 Ok: queued as SANDBOX%04d"):format(number))
end

M.routes = { ["MAIL /"] = take }
M.asides = { ["RCPT /"] = check }

function M.operation_of()
  return "send"
end

function M.seed(_, state)
  state.settings.greylist, state.settings.most_bytes, state.settings.most_recipients = 0, 26214400, 100
  state.mails, state.refused, state.seen = {}, {}, {}
end

local function has_recipient(mail, address)
  for _, each in ipairs(mail.recipients) do
    if each:lower() == address:lower() then
      return true
    end
  end
  return false
end

-- mails(): what was sent, in order; {to = address} chooses. Each has number, at, sender and recipients (of the
-- envelope), from, to, cc, reply_to, subject, date, message_id, text, html, attachments, and raw.
function M.control.mails(twin, args)
  twin.check_args("mails", args, { "to" })
  local list = json.array {}
  for _, mail in ipairs(twin.state.mails) do
    if not args.to or has_recipient(mail, args.to) then
      local shown = message.parse(mail.raw)
      shown.number, shown.at, shown.sender, shown.recipients = mail.number, mail.at, mail.sender, mail.recipients
      shown.raw = shown_raw(mail.raw)
      list[#list + 1] = shown
    end
  end
  return list
end

-- clear(): forgets the mails.
function M.control.clear(twin, args)
  twin.check_args("clear", args, {})
  twin.state.mails = {}
end

-- refuse{address, status = 550, text, times}: has the server refuse a recipient, always or that many times.
function M.control.refuse(twin, args)
  twin.check_args("refuse", args, { "address", "status", "text", "times" })
  local status = args.status or 550
  if type(args.address) ~= "string" or not args.address:find "@" then
    twin.refuse("refuse needs the address of a recipient")
  elseif math.type(status) ~= "integer" or status < 400 or status > 599 then
    twin.refuse("the status of a refusal is from 400 to 599, not %s", tostring(status))
  elseif args.times ~= nil and (math.type(args.times) ~= "integer" or args.times < 1) then
    twin.refuse("times is a whole number from 1 on")
  elseif args.text ~= nil and (type(args.text) ~= "string" or args.text:find "%c") then
    twin.refuse("text is a text of one line")
  end
  twin.state.refused[args.address:lower()] = { status = status, times = args.times,
    text = args.text or (status < 500 and "4.2.1 Mailbox not available now" or "5.1.1 No such mailbox here") }
end

local GUIDE = [[
Mail
  SMTP   {smtp}  no TLS, any user and password; nothing is passed on
Try
  curl {smtp} --mail-from ada@example.org --mail-rcpt you@example.org -T message.txt
  curl -X POST {base}/_sandbox/mail/mails]]

-- guide{base, smtp}: how to use it at that address, as lines of text.
function M.control.guide(twin, args)
  twin.check_args("guide", args, { "base", "smtp" })
  local values = { base = args.base, smtp = args.smtp or "(not served)" }
  local lines = json.array {}
  for line in GUIDE:gmatch "[^\n]+" do
    lines[#lines + 1] = line:gsub("{(%l+)}", values)
  end
  return lines
end

return M
