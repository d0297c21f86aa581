-- SPDX-License-Identifier: MIT
-- Fields and claims of a launch as they are shown to whoever looks for a fault: what names a person, and what would let
-- somebody else use the launch, is cut short.

local M = {}

local PERSONAL = {
  lis_person_contact_email_primary = true, lis_person_name_given = true, lis_person_name_family = true,
  lis_person_name_full = true, lis_person_sourcedid = true, user_image = true, user_id = true,
  lis_result_sourcedid = true, email = true, given_name = true, family_name = true, name = true, sub = true,
  picture = true, middle_name = true, custom_ext_id = true, ext_id = true, custom_psw = true, psw = true,
}

-- Of these only the beginning is needed to tell one from another.
local ONCE = {
  oauth_signature = true, oauth_nonce = true, state = true, nonce = true, login_hint = true, lti_message_hint = true,
  id_token = true,
}

local function characters(text, count)
  local cut = utf8.offset(text, count + 1)
  return cut and text:sub(1, cut - 1) or text
end

-- The beginning of a text that is no more than told apart by it.
function M.short(text)
  return #text > 8 and text:sub(1, 6) .. "…" or text
end

local function personal(text)
  local name, host = text:match "^(.+)(@[^@]+)$"
  return characters(name or text, 1) .. "…" .. (host or "")
end

-- plain(text) -> the text on one line and without what a terminal would obey: it comes from somebody else.
function M.plain(text)
  text = utf8.len(text) and text or text:gsub("[\128-\255]", "?")
  return (text:gsub("\xC2[\x80-\x9F]", "?"):gsub("%c", " "))
end

-- value(name, value, in_full) -> how it is shown
function M.value(name, value, in_full)
  local text = M.plain(tostring(value))
  if text == "" then
    return "(empty)"
  elseif ONCE[name] then
    return M.short(text)
  elseif PERSONAL[name] and not in_full then
    return personal(text)
  end
  return text
end

-- An address without the values of its query.
function M.url(url)
  local path, query = url:match "^([^?]*)%?(.*)$"
  if not path then
    return url
  end
  local names = {}
  for piece in query:gmatch "[^&]+" do
    names[#names + 1] = piece:match "^[^=]*" .. "=…"
  end
  return path .. "?" .. table.concat(names, "&")
end

-- Links that start a test are good for whoever has them: the last part is cut.
function M.link(url)
  local path = M.url(url)
  local last = path:match "/([%w_%-]+)$"
  return last and #last >= 16 and path:sub(1, #path - #last) .. M.short(last) or path
end

-- lines(fields, indent, in_full) -> list of texts, one a field, aligned
function M.lines(fields, indent, in_full)
  local width, lines = 0, {}
  for _, field in ipairs(fields) do
    width = math.max(width, #M.plain(field[1]))
  end
  for i, field in ipairs(fields) do
    local name = M.plain(field[1])
    lines[i] = ("%s%s  %s"):format(indent, name .. (" "):rep(width - #name),
      M.value(field[1], field[2], in_full))
  end
  return lines
end

return M
