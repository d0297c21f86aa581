-- SPDX-License-Identifier: MIT
-- Templates of mails: text in which {{name}} stands for a value, and nothing else means anything.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"

local M = {}

local PARTS = { "subject", "text", "html" }
local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, operation = "mail.fill",
    outcome = "none" }, 0)
end

local function line_at(text, at)
  return 1 + select(2, text:sub(1, at - 1):gsub("\n", ""))
end

-- What a person reads for a value.
local function shown(name, value)
  local kind = type(value)
  if kind ~= "string" and kind ~= "number" and kind ~= "boolean" then
    fail(("the value of %s must be a text, a number or a boolean, not a %s"):format(name, kind))
  end
  return tostring(value)
end

-- Fills one part. Names without a value go to `missing`, those that are there to `used`.
local function fill_part(part, text, values, used, missing)
  return (text:gsub("()({{%s*(.-)%s*}})", function(at, _, name)
    if not name:find "^[%a_][%w_]*$" then
      fail(("line %d of the template's %s has \"{{%s}}\", which is no name"):format(line_at(text, at), part,
        name:sub(1, 40)), "A name has letters, digits and underscores.")
    end
    used[name] = true
    local value = values[name]
    if value == nil then
      missing[#missing + 1] = ("%s (line %d of its %s)"):format(name, line_at(text, at), part)
      return ""
    end
    value = shown(name, value)
    if part == "subject" and value:find "%c" then
      fail(("the value of %s has a line break and stands in the subject"):format(name))
    end
    return part == "html" and (value:gsub("[&<>\"']", ENTITIES)) or value
  end))
end

local function check_braces(part, text)
  local rest = text:gsub("{{.-}}", function(whole) return ("."):rep(#whole) end)
  local at = rest:find("{{", 1, true) or rest:find("}}", 1, true)
  if at and part ~= "html" or at and rest:sub(at, at) == "{" then
    fail(("line %d of the template's %s has braces that nothing closes or opens"):format(line_at(rest, at), part))
  end
end

local function names_of(set)
  local names = {}
  for name in pairs(set) do
    names[#names + 1] = tostring(name)
  end
  table.sort(names)
  return names
end

local function check_unknown(values, used)
  for _, name in ipairs(names_of(values)) do
    if not used[name] then
      local nearest = catalogue.nearest(name, names_of(used))
      fail(("the template has no {{%s}}"):format(name), nearest and ("Did you mean %s?"):format(nearest) or nil)
    end
  end
end

-- The header lines in front of a template's text, and the text: "Subject: ...", "Content-Type: text/html".
local function read_head(text)
  local head = {}
  text = text:gsub("\r\n", "\n")
  while true do
    local name, value, rest = text:match "^([%a][%a-]*):[ \t]*([^\n]*)\n(.*)$"
    name = name and name:lower()
    if name ~= "subject" and name ~= "content-type" then
      break
    elseif head[name] then
      fail(("the template says %s twice"):format(name))
    end
    head[name], text = value, rest
  end
  if next(head) and text ~= "" and text:sub(1, 1) ~= "\n" then
    fail("an empty line must stand behind the template's header lines",
      "Known header lines are Subject and Content-Type.")
  end
  return head, next(head) and text:sub(2) or text
end

local function is_page(head, text)
  local kind = head["content-type"]
  if kind and not kind:lower():find "^text/html" and not kind:lower():find "^text/plain" then
    fail(("the template's Content-Type is text/plain or text/html, not %q"):format(kind))
  elseif kind then
    return kind:lower():find "^text/html" ~= nil
  end
  local start = text:match "^%s*(<[!%a][%a]*)"
  return start ~= nil and (start:lower() == "<!doctype" or start:lower() == "<html")
end

local function parts_of(template)
  if type(template) == "string" then
    local head, text = read_head(template)
    return { subject = head.subject, [is_page(head, text) and "html" or "text"] = text }
  elseif type(template) ~= "table" then
    fail(("the template must be a text, or a table of subject, text and html, not a %s"):format(type(template)))
  end
  for name, text in pairs(template) do
    if name ~= "subject" and name ~= "text" and name ~= "html" then
      fail(("a template has subject, text and html, and no %q"):format(tostring(name)))
    elseif type(text) ~= "string" then
      fail(("the template's %s must be a text, not a %s"):format(name, type(text)))
    end
  end
  return template
end

-- fill(template, values) -> { subject =, text =, html = }: what mail.send takes, with a value in the place of each
-- {{name}}. `template`: a text, whose first lines may say "Subject: ..." and "Content-Type: text/html" before an empty
-- line, or a table of subject, text and html. In HTML values are escaped. A name without a value, and a value whose
-- name the template does not have, is an error.
function M.fill(template, values)
  if type(values) ~= "table" then
    fail(("the values must be a table, not a %s"):format(type(values)))
  end
  local parts, result, used, missing = parts_of(template), {}, {}, {}
  for _, part in ipairs(PARTS) do
    if parts[part] then
      check_braces(part, parts[part])
      result[part] = fill_part(part, parts[part], values, used, missing)
    end
  end
  if #missing > 0 then
    fail("the template needs a value for " .. table.concat(missing, ", "))
  end
  check_unknown(values, used)
  return result
end

return M
