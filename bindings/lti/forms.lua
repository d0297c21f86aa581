-- SPDX-License-Identifier: MIT
-- Forms as they travel: URL-encoded text, and the forms of an HTML page. Fields are lists of {name, value} in their
-- order, with those that come twice.

local M = {}

local function encode(text)
  return (text:gsub("[^%w%-%._~]", function(byte) return ("%%%02X"):format(byte:byte()) end))
end

-- application/x-www-form-urlencoded; a space is %20, which every reader takes.
function M.encode(fields)
  local pieces = {}
  for i, field in ipairs(fields) do
    pieces[i] = encode(field[1]) .. "=" .. encode(field[2])
  end
  return table.concat(pieces, "&")
end

local function decode(text)
  text = text:gsub("+", " ")
  if text:gsub("%%%x%x", ""):find "%%" then
    return nil
  end
  return (text:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The fields of an URL-encoded text; nil and what is wrong when it is broken.
function M.decode(text)
  local fields = {}
  for piece in text:gmatch "[^&]+" do
    local name, value = piece:match "^([^=]*)=?(.*)$"
    local clean_name, clean_value = decode(name), decode(value)
    if not clean_name or not clean_value then
      return nil, ("a percent sign stands before no two hexadecimal digits, in the field \"%s\""):format(name)
    end
    fields[#fields + 1] = { clean_name, clean_value }
  end
  return fields
end

-- The last value of each name.
function M.map(fields)
  local map = {}
  for _, field in ipairs(fields) do
    map[field[1]] = field[2]
  end
  return map
end

-- The name that stands twice, or nil.
function M.duplicate(fields)
  local seen = {}
  for _, field in ipairs(fields) do
    if seen[field[1]] then
      return field[1]
    end
    seen[field[1]] = true
  end
end

-- Fields given as a list of {name, value} or as a map, as a list.
function M.list(fields)
  if type(fields[1]) == "table" then
    return fields
  end
  local list = {}
  for name, value in pairs(fields) do
    list[#list + 1] = { name, value }
  end
  table.sort(list, function(a, b) return a[1] < b[1] end)
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- HTML, as far as forms go

local ENTITIES = { amp = "&", lt = "<", gt = ">", quot = "\"", apos = "'", nbsp = "\u{A0}" }

function M.unescape(text)
  return (text:gsub("&(#?[xX]?%w+);", function(name)
    local hex, digits = name:match "^#[xX](%x+)$", name:match "^#(%d+)$"
    local code = hex and tonumber(hex, 16) or digits and tonumber(digits)
    if code and code <= 0x10FFFF then
      return utf8.char(code)
    end
    return ENTITIES[name]
  end))
end

-- The attributes of a tag, names in lower case.
local function attributes(tag)
  local found, at = {}, 1
  while true do
    local _, name_end, name = tag:find("([%w%-_:]+)", at)
    if not name then
      return found
    end
    at = name_end + 1
    local _, equals = tag:find("^%s*=%s*", at)
    local value = ""
    if equals then
      local quote = tag:match("^[\"']", equals + 1)
      local _, value_end, text
      if quote then
        _, value_end, text = tag:find("^" .. quote .. "([^" .. quote .. "]*)" .. quote .. "?", equals + 1)
      else
        _, value_end, text = tag:find("^([^%s>]*)", equals + 1)
      end
      value, at = M.unescape(text), value_end + 1
    end
    found[name:lower()] = value
  end
end

-- The first form of a page: {action, method, fields}; nil when there is none. Comments do not count.
function M.of_html(html)
  html = html:gsub("<!%-%-.-%-%->", "")
  local start, tag, inside = html:match "()<[fF][oO][rR][mM]%f[%W]([^>]*)>(.*)"
  if not start then
    return nil
  end
  inside = inside:match "^(.-)</[fF][oO][rR][mM]%s*>" or inside
  local form = attributes(tag)
  local fields = {}
  for input in inside:gmatch "<[iI][nN][pP][uU][tT]%f[%W]([^>]*)>" do
    local given = attributes(input)
    local kind = (given.type or "text"):lower()
    if given.name and kind ~= "submit" and kind ~= "button" and kind ~= "image" and kind ~= "reset" then
      fields[#fields + 1] = { given.name, given.value or "" }
    end
  end
  return { action = form.action or "", method = (form.method or "get"):upper(), fields = fields }
end

-- Whether a page's form submits itself.
function M.submits_itself(html)
  local scripts = {}
  for script in html:gmatch "<[sS][cC][rR][iI][pP][tT][^>]*>(.-)</[sS][cC][rR][iI][pP][tT]%s*>" do
    scripts[#scripts + 1] = script
  end
  local on_load = html:match "<[bB][oO][dD][yY]%f[%W][^>]*onload%s*=%s*(%b\"\")"
  return table.concat(scripts, "\n"):find "submit" ~= nil or on_load ~= nil and on_load:find "submit" ~= nil
end

-- What a page says to a person: its title, and its text without marks, in one line.
function M.words_of(html)
  local title = html:match "<[tT][iI][tT][lL][eE][^>]*>(.-)</[tT][iI][tT][lL][eE]%s*>"
  local text = html:match "<[bB][oO][dD][yY]%f[%W].*" or html
  for _, name in ipairs { "[sS][cC][rR][iI][pP][tT]", "[sS][tT][yY][lL][eE]", "[fF][oO][oO][tT][eE][rR]" } do
    text = text:gsub("<" .. name .. "%f[%W].-</" .. name .. "%s*>", " ")
  end
  text = text:gsub("<[^>]*>", " ")
  local function plain(piece)
    return (M.unescape(piece):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
  end
  return title and plain(title), plain(text)
end

return M
