-- SPDX-License-Identifier: MIT
-- beadle.http_answer: what a handler returns or raises, as status, header lines and body.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local json = require "beadle.json"

local M = {}

local TEXT = "Content-Type: text/plain; charset=utf-8\r\n"
local REDIRECTS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }
local FIELDS = { "status", "headers", "body", "html", "json", "redirect" }
local KNOWN = {}
for _, name in ipairs(FIELDS) do
  KNOWN[name] = true
end

-- They follow from the rest of the answer: another word on them makes two readers see two different answers.
local OURS = { ["content-length"] = true, ["transfer-encoding"] = true, connection = true, ["keep-alive"] = true,
  te = true, trailer = true, upgrade = true }

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = "the handler's answer cannot be sent: " .. message,
    hint = hint }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Headers

local function header_line(name, value)
  local text = type(value) == "number" and tostring(value) or value
  if type(text) ~= "string" then
    fail(("the header %s is a %s value"):format(name, type(value)))
  elseif text:find "[^\t\32-\126\128-\255]" then
    fail(("the header %s holds a line break or another control character"):format(name))
  end
  return name .. ": " .. text .. "\r\n"
end

local function header_lines(headers)
  if type(headers) ~= "table" then
    fail(("headers is a %s value, not a table"):format(type(headers)))
  end
  local lines, has_type = {}, false
  for name, value in pairs(headers) do
    if type(name) ~= "string" or not name:find "^[%w!#$%%&'*+%-.^_`|~]+$" then
      fail(("\"%s\" is no name of a header"):format(tostring(name):gsub("%c", "?")))
    elseif OURS[name:lower()] then
      fail(("the header %s cannot be set: it follows from the rest of the answer"):format(name))
    end
    has_type = has_type or name:lower() == "content-type"
    for _, each in ipairs(type(value) == "table" and value or { value }) do
      lines[#lines + 1] = header_line(name, each)
    end
  end
  return table.concat(lines), has_type
end

-- ---------------------------------------------------------------------------------------------------
-- What a handler returns

local function check_names(answer)
  for name in pairs(answer) do
    if not KNOWN[name] then
      local nearest = type(name) == "string" and catalogue.nearest(name, FIELDS)
      fail(("it has no field \"%s\""):format(tostring(name)), nearest and ("Did you mean %s?"):format(nearest))
    end
  end
end

local function redirect_line(target)
  if type(target) ~= "string" or target == "" or target:find "[%c%s]" then
    fail "redirect is no address"
  end
  return header_line("Location", target)
end

-- The content: header lines, body, and the status when none is given.
local function content(answer, method)
  local kinds = 0
  for _, name in ipairs { "body", "html", "json", "redirect" } do
    kinds = kinds + (answer[name] ~= nil and 1 or 0)
  end
  if kinds > 1 then
    fail "it has more than one of body, html, json and redirect"
  elseif kinds == 0 then
    return "", "", 204
  elseif answer.json ~= nil then
    return "Content-Type: application/json\r\n", json.encode(answer.json), 200
  elseif answer.redirect ~= nil then
    return redirect_line(answer.redirect), "", (method == "GET" or method == "HEAD") and 302 or 303
  end
  local body = answer.html or answer.body
  if type(body) ~= "string" then
    fail(("%s is a %s value, not a text"):format(answer.html ~= nil and "html" or "body", type(body)))
  end
  return answer.html and "Content-Type: text/html; charset=utf-8\r\n" or TEXT, body, 200
end

-- build(answer, request) -> status, head, body
function M.build(answer, request)
  if type(answer) == "string" then
    return 200, TEXT, answer
  elseif answer == nil then
    return 204, "", ""
  elseif type(answer) ~= "table" or error_value.is(answer) then
    fail(("it is a %s value"):format(error_value.is(answer) and "error" or type(answer)),
      "Return nothing, a text, or a table.")
  end
  check_names(answer)
  local head, body, status = content(answer, request and request.method)
  status = answer.status or status
  if math.type(status) ~= "integer" or status < 200 or status > 599 then
    fail(("its status is %s, not a whole number from 200 to 599"):format(tostring(status)))
  elseif answer.redirect ~= nil and not REDIRECTS[status] then
    fail(("its status is %d, and it redirects"):format(status))
  elseif (status == 204 or status == 304) and body ~= "" then
    fail(("its status is %d, and it has a body"):format(status))
  end
  if answer.headers ~= nil then
    local lines, has_type = header_lines(answer.headers)
    head = has_type and answer.redirect == nil and lines or head .. lines
  end
  return status, head, body
end

-- ---------------------------------------------------------------------------------------------------
-- Pages

local REASONS = { [400] = "Bad request", [401] = "Not signed in", [403] = "Not allowed", [404] = "Not found",
  [405] = "Method not allowed", [409] = "Conflict", [413] = "Too large", [415] = "Unsupported media type",
  [429] = "Too many requests", [500] = "Error", [503] = "Not available" }

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local PAGE = [[
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>%s</title>
<style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:20vh auto;
padding:0 1rem}h1{font-size:1.25rem}</style></head>
<body><h1>%s</h1><p>%s</p></body></html>
]]

local function escape(text)
  return (text:gsub("[&<>\"']", ESCAPES))
end

-- page(status, accept, message [, headers [, id]]) -> status, head, body: HTML for who asks for it, else JSON.
function M.page(status, accept, message, headers, id)
  local lines = headers and header_lines(headers) or ""
  lines = lines .. "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
  if not (accept or ""):lower():find("text/html", 1, true) then
    return status, lines .. "Content-Type: application/json\r\n",
      json.encode { error = { status = status, message = message, id = id } } .. "\n"
  end
  local title = ("%d %s"):format(status, REASONS[status] or "Error")
  return status, lines .. "Content-Type: text/html; charset=utf-8\r\n"
    .. "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n",
    PAGE:format(escape(title), escape(title), escape(message))
end

-- ---------------------------------------------------------------------------------------------------
-- What a handler raises

-- wanted(err) -> status, message: of an error that says how it is answered. It is either an answer, raised instead of
-- returned, or an error value whose field `reply` is a status from 400 to 599; its message is shown to the client.
function M.wanted(err)
  if error_value.is(err) then
    local status = err.reply
    if math.type(status) == "integer" and status >= 400 and status <= 599 then
      return status, err.message
    end
  elseif type(err) == "table" and getmetatable(err) == nil and math.type(err.status) == "integer" then
    return err.status
  end
end

function M.raised(err, status, message, accept)
  if message then
    return M.page(status, accept, message:sub(1, 1):upper() .. message:sub(2) .. ".")
  end
  return M.build(err)
end

function M.describe(err)
  local ok, text = pcall(tostring, err)
  return ok and text or "(an error that could not be shown)"
end

function M.new_id()
  return ("%08x"):format(math.random(0, 0xffffffff))
end

return M
