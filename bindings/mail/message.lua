-- SPDX-License-Identifier: MIT
-- Reads messages (RFC 5322, MIME): for the sandbox, which shows what was sent, also by other programs. Forgiving: what
-- is not understood is left as it is.

local json = require "beadle.json"

local M = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local VALUES = {}
for at = 1, #DIGITS do
  VALUES[DIGITS:sub(at, at)] = at - 1
end

local function from_base64(text)
  local out = {}
  text = text:gsub("[^%w+/]", "")
  for four in text:gmatch "..?.?.?" do
    local bits = 0
    for at = 1, 4 do
      bits = bits << 6 | (VALUES[four:sub(at, at)] or 0)
    end
    out[#out + 1] = string.char(bits >> 16 & 255, bits >> 8 & 255, bits & 255):sub(1, #four - 1)
  end
  return table.concat(out)
end

local function from_quoted(text)
  text = text:gsub("[ \t]+\r?\n", "\r\n"):gsub("=\r?\n", "")
  return (text:gsub("=(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- As UTF-8: other charsets than that and Latin-1 lose their letters.
local function to_utf8(text, charset)
  charset = (charset or "utf-8"):lower()
  if charset == "iso-8859-1" or charset == "windows-1252" or charset == "latin1" then
    return (text:gsub("[\128-\255]", function(c) return utf8.char(c:byte()) end))
  end
  return utf8.len(text) and text or (text:gsub("[\128-\255]", "?"))
end

-- Encoded words (RFC 2047), and those in a row without the space between them.
local function decode_words(text)
  text = text:gsub("(=%?[^?%s]+%?[BbQq]%?[^?%s]*%?=)%s+(=%?)", "%1%2")
  text = text:gsub("(=%?[^?%s]+%?[BbQq]%?[^?%s]*%?=)%s+(=%?)", "%1%2") -- gsub has passed over every second
  local parts, last = {}, nil -- bytes of words in a row belong together: one may part a character
  local at = 1
  for from, charset, kind, word, to in text:gmatch "()=%?([^?%s]+)%?([BbQq])%?([^?%s]*)%?=()" do
    local bytes = kind:upper() == "B" and from_base64(word) or from_quoted((word:gsub("_", " ")))
    if last and from == at and last.charset == charset:lower() then
      last.bytes = last.bytes .. bytes
    else
      parts[#parts + 1] = text:sub(at, from - 1)
      last = { bytes = bytes, charset = charset:lower() }
      parts[#parts + 1] = last
    end
    at = to
  end
  parts[#parts + 1] = text:sub(at)
  for i, part in ipairs(parts) do
    parts[i] = type(part) == "table" and to_utf8(part.bytes, part.charset) or to_utf8(part)
  end
  return table.concat(parts)
end

-- The header as name in lower case -> unfolded text, of a repeated one the first; and the body.
local function split(raw)
  local head, body = {}, ""
  local text = raw
  local first, last = raw:find "\r?\n\r?\n"
  if raw:find "^\r?\n" then
    text, body = "", raw:gsub("^\r?\n", "", 1)
  elseif first then
    text, body = raw:sub(1, first - 1), raw:sub(last + 1)
  end
  text = text:gsub("\r\n", "\n"):gsub("\n([ \t])", "%1")
  for line in text:gmatch "[^\n]+" do
    local name, value = line:match "^([%w-]+):[ \t]*(.-)[ \t]*$"
    if name and not head[name:lower()] then
      head[name:lower()] = value
    end
  end
  return head, body
end

-- The parameters behind the first word of a field as they stand there: a list of name and text.
local function raw_parameters(value)
  local list, at = {}, value:find(";", 1, true)
  while at do
    local name, from = value:match("^;%s*([%w%*._-]+)%s*=%s*()", at)
    if not name then
      break
    end
    local quoted, behind = value:match("^\"([^\"]*)\"()", from)
    list[#list + 1] = { name = name, text = quoted or value:match("^[^;%s]*", from) }
    at = value:find(";", behind or from, true)
  end
  return list
end

-- The same by name, those of RFC 2231 put together.
local function parameters(value)
  local list, pieces = {}, {}
  for _, each in ipairs(raw_parameters(value)) do
    local name, text = each.name, each.text
    local base, number, extended = name:lower():match "^([^*]+)%*?(%d*)(%*?)$"
    if base and (number ~= "" or name:find "%*$") then
      pieces[base] = pieces[base] or {}
      table.insert(pieces[base], { number = tonumber(number) or 0, extended = extended == "*" or number == "",
        text = text })
    else
      list[name:lower()] = decode_words(text)
    end
  end
  for base, all in pairs(pieces) do
    table.sort(all, function(a, b) return a.number < b.number end)
    local charset, whole = nil, {}
    for i, piece in ipairs(all) do
      local text = piece.text
      if piece.extended then
        if i == 1 then
          charset, text = text:match "^([^']*)'[^']*'(.*)$"
          text = text or piece.text
        end
        text = text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
      end
      whole[i] = text
    end
    list[base] = to_utf8(table.concat(whole), charset)
  end
  return list
end

local function decode_body(head, body)
  local encoding = (head["content-transfer-encoding"] or ""):lower()
  if encoding == "base64" then
    return from_base64(body)
  end
  return encoding == "quoted-printable" and from_quoted(body) or body
end

-- How many bytes a body has, decoded. Files may be large, and this decodes slowly.
local function size_of(head, body)
  if (head["content-transfer-encoding"] or ""):lower() == "base64" then
    return #body:gsub("[^%w+/]", "") * 3 // 4
  end
  return #decode_body(head, body)
end

local function split_parts(body, boundary)
  local parts, current = {}, nil
  for line, feed in (body .. "\n"):gmatch "([^\n]*)(\n)" do
    local plain = line:gsub("%s+$", "")
    if plain == "--" .. boundary or plain == "--" .. boundary .. "--" then
      if current then
        parts[#parts + 1] = table.concat(current):gsub("\r?\n$", "")
      end
      current = plain == "--" .. boundary and {} or nil
      if plain ~= "--" .. boundary then
        break
      end
    elseif current then
      current[#current + 1] = line .. feed
    end
  end
  return parts
end

local take_part

local function take_multipart(mail, body, boundary, depth)
  for _, part in ipairs(split_parts(body, boundary)) do
    take_part(mail, part, depth + 1)
  end
end

function take_part(mail, raw, depth)
  local head, body = split(raw)
  local kind = (head["content-type"] or "text/plain"):lower():match "^%s*([^;%s]+)" or "text/plain"
  local params = parameters(head["content-type"] or "")
  local disposition = head["content-disposition"] or ""
  local name = parameters(disposition).filename or params.name
  if kind:find "^multipart/" and params.boundary and depth < 10 then
    take_multipart(mail, body, params.boundary, depth)
  elseif disposition:lower():find "^attachment" or name or not kind:find "^text/" then
    table.insert(mail.attachments, { name = name, type = to_utf8(kind), size = size_of(head, body) })
  else
    local field = kind == "text/html" and "html" or "text"
    local text = to_utf8(decode_body(head, body), params.charset):gsub("\r\n", "\n")
    mail[field] = (mail[field] or "") .. text
  end
end

-- parse(raw) -> from, to, cc, reply_to, subject, date, message_id (texts, decoded), text, html, attachments (a list of
-- name, type and size in bytes).
function M.parse(raw)
  local head = split(raw)
  local mail = { attachments = json.array {} }
  for field, name in pairs { from = "from", to = "to", cc = "cc", reply_to = "reply-to", subject = "subject",
    date = "date", message_id = "message-id" } do
    mail[field] = head[name] and decode_words(head[name])
  end
  take_part(mail, raw, 0)
  return mail
end

return M
