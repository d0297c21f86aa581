-- SPDX-License-Identifier: MIT
-- beadle.markdown: the Markdown of our own pages as text for a terminal: headings, paragraphs, lists, tables, code,
-- quotations, links.
--
-- render(text, { width = 80, colour = true, link = function(target, words) -> text }) -> text

local pretty = require "beadle.pretty"

local M = {}

local STYLES = { bold = "1", code = "36", heading = "1;4", dim = "2" }

-- A document being written: width, colour, link, lines.
local Page = {}
Page.__index = Page

function Page:style(name, text)
  return self.colour and ("\27[%sm%s\27[0m"):format(STYLES[name], text) or text
end

function Page:add(line)
  self.lines[#self.lines + 1] = line
end

function Page:gap()
  if #self.lines > 0 and self.lines[#self.lines] ~= "" then
    self:add ""
  end
end

local function width_of(text)
  return pretty.width((text:gsub("\27%[[%d;]*m", "")))
end

-- Breaks at spaces; the first line begins with `first`, the others with as many columns.
function Page:wrap(text, first, rest)
  local line, empty = first, true
  for word in text:gmatch "[^ \n]+" do
    if not empty and width_of(line) + 1 + width_of(word) > self.width then
      self:add(line)
      line, empty = rest, true
    end
    line = line .. (empty and "" or " ") .. word
    empty = false
  end
  self:add(line)
end

-- ---------------------------------------------------------------------------------------------------
-- Within a line

local function link_words(page, words, target)
  local other = page.link and page.link(target, words)
  if other then
    return other
  elseif target:find "^%a+://" and words ~= target then
    return ("%s (%s)"):format(words, target)
  end
  return words
end

-- Code is set aside first: nothing in it means anything.
function Page:inline(text)
  local kept = {}
  local function keep(styled)
    kept[#kept + 1] = styled
    return ("\1%d\2"):format(#kept)
  end
  text = text:gsub("(`+)(.-)%1", function(ticks, code)
    code = #ticks > 1 and code:gsub("^ (.*) $", "%1") or code
    return keep(self.colour and self:style("code", code) or "`" .. code .. "`")
  end)
  text = text:gsub("\\([%p])", function(char) return keep(char) end)
  text = text:gsub("!?%[([^%]]*)%]%(([^)%s]+)%)", function(words, target) return link_words(self, words, target) end)
  text = text:gsub("<(%a+://[^>]+)>", "%1"):gsub("<br */?>", " ")
  text = text:gsub("%*%*(.-)%*%*", function(words) return self:style("bold", words) end)
  text = text:gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&amp;", "&"):gsub("&nbsp;", " ")
  for _ = 1, 2 do -- code within link words
    text = text:gsub("\1(%d+)\2", function(number) return kept[tonumber(number)] end)
  end
  return text
end

-- ---------------------------------------------------------------------------------------------------
-- Blocks. Each takes the lines and where it begins, and gives where the next begins.

local function heading(page, lines, at)
  local marks, words = lines[at]:match "^(#+)%s+(.-)%s*#*$"
  if not marks then
    return nil
  end
  local text = page:inline(words)
  page:gap()
  if page.colour then
    page:add(page:style(#marks <= 2 and "heading" or "bold", text))
  else
    page:add(text)
    if #marks <= 2 then
      page:add((#marks == 1 and "=" or "-"):rep(width_of(text)))
    end
  end
  page:add ""
  return at + 1
end

local function code(page, lines, at)
  local indent, fence = lines[at]:match "^(%s*)(```+)"
  if not fence then
    return nil
  end
  at = at + 1
  page:gap()
  while lines[at] and not lines[at]:find("^%s*" .. fence) do
    local line = lines[at]
    line = line:sub(1, #indent) == indent and line:sub(#indent + 1) or line
    page:add(("    " .. indent .. line):gsub("%s+$", ""))
    at = at + 1
  end
  page:add ""
  return at + 1
end

local function cells_of(line)
  local cells = {}
  line = line:gsub("^%s*|", ""):gsub("|%s*$", ""):gsub("\\|", "\1")
  for cell in (line .. "|"):gmatch "(.-)|" do
    cells[#cells + 1] = cell:match("^%s*(.-)%s*$"):gsub("\1", "|") .. ""
  end
  return cells
end

-- Tables have no styles: columns are aligned by characters.
local function tabular(page, lines, at)
  if not lines[at]:find "^%s*|" or not (lines[at + 1] or ""):find "^%s*|[%s:|-]+$" then
    return nil
  end
  local plain = setmetatable({ colour = false, link = function(_, words) return words end }, { __index = page })
  local rows, headings = {}, nil
  repeat
    local cells = cells_of(lines[at])
    for column, cell in ipairs(cells) do
      cells[column] = plain:inline(cell)
    end
    if not headings then
      headings, at = cells, at + 1
    else
      for column = 1, #headings do
        cells[column] = cells[column] or ""
      end
      rows[#rows + 1] = cells
    end
    at = at + 1
  until not lines[at] or not lines[at]:find "^%s*|"
  page:gap()
  for line in (pretty.table(headings, rows, page.width) .. "\n"):gmatch "(.-)\n" do
    page:add(line)
  end
  page:add ""
  return at
end

local function marker_of(line)
  local indent, marker, text = line:match "^(%s*)([-*+])%s+(.*)$"
  if not marker then
    indent, marker, text = line:match "^(%s*)(%d+[.)])%s+(.*)$"
  end
  return indent, marker, text
end

local function begins_block(line)
  return line == "" or line:find "^#+%s" or line:find "^%s*```" or line:find "^%s*|" or line:find "^>"
    or line:find "^<!%-%-" or marker_of(line) ~= nil
end

local function take_text(lines, at, first)
  local parts = { first }
  at = at + 1
  while lines[at] and not begins_block(lines[at]) do
    parts[#parts + 1] = lines[at]
    at = at + 1
  end
  return table.concat(parts, " "), at
end

local function item(page, lines, at)
  local indent, marker, first = marker_of(lines[at])
  if not marker then
    return nil
  end
  local text, behind = take_text(lines, at, first)
  local lead = indent .. (marker:find "%d" and marker or "-") .. " "
  page:wrap(page:inline(text), lead, (" "):rep(#lead))
  return behind
end

local function quotation(page, lines, at)
  if not lines[at]:find "^>" then
    return nil
  end
  local parts = {}
  while lines[at] and lines[at]:find "^>" do
    parts[#parts + 1] = lines[at]:gsub("^>%s?", "") .. ""
    at = at + 1
  end
  page:wrap(page:inline(table.concat(parts, " ")), "  | ", "  | ")
  return at
end

local function comment(_, lines, at)
  if not lines[at]:find "^<!%-%-" then
    return nil
  end
  while lines[at] and not lines[at]:find "%-%->" do
    at = at + 1
  end
  return at + 1
end

local function paragraph(page, lines, at)
  if lines[at]:find "^%s*$" then
    page:gap()
    return at + 1
  end
  local text, behind = take_text(lines, at, lines[at])
  page:wrap(page:inline(text), "", "")
  return behind
end

local BLOCKS = { comment, heading, code, tabular, item, quotation, paragraph }

function M.render(text, options)
  local page = setmetatable({ width = options.width or 80, colour = options.colour, link = options.link, lines = {} },
    Page)
  local lines = {}
  for line in (text:gsub("\n$", "") .. "\n"):gmatch "(.-)\r?\n" do
    lines[#lines + 1] = line
  end
  local at = 1
  while lines[at] do
    for _, block in ipairs(BLOCKS) do
      local behind = block(page, lines, at)
      if behind then
        at = behind
        break
      end
    end
  end
  while page.lines[#page.lines] == "" do
    table.remove(page.lines)
  end
  return table.concat(page.lines, "\n") .. "\n"
end

-- title(text) -> the first heading. summary(text) -> the first sentence; "" when the
-- page begins with something else, such as code.
function M.title(text)
  return ("\n" .. text):match "\n#+%s+([^\n]+)"
end

function M.summary(text)
  local page = setmetatable({ colour = false, link = function(_, words) return words end }, Page)
  local parts = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    local skipped = #parts == 0 and (line == "" or line:find "^#+%s" or line:find "^<!%-%-")
    if not skipped and begins_block(line) then
      break
    elseif not skipped then
      parts[#parts + 1] = line
    end
  end
  local first = table.concat(parts, " ")
  first = first:match "^(.-[^%d]%.)%f[%s\0]" or first
  return (page:inline(first):gsub("`", ""):gsub(":$", ""))
end

return M
