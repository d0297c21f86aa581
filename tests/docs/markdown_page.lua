-- SPDX-License-Identifier: MIT
-- A page of Markdown that is written line by line.

local pretty = require "beadle.pretty"

local WIDTH = 115

local Page = {}
Page.__index = Page

function Page:add(format, ...)
  self[#self + 1] = select("#", ...) > 0 and format:format(...) or format
end

-- Prose, in lines of the width that the other pages have.
function Page:say(format, ...)
  self[#self + 1] = pretty.wrap(select("#", ...) > 0 and format:format(...) or format, WIDTH)
end

-- A text within a table's cell.
local function cell(text)
  return (tostring(text):gsub("|", "\\|"):gsub("<", "&lt;"):gsub("%s*\n%s*", " "))
end

-- The table of those rows; nothing when there are none.
function Page:table(names, rows)
  if #rows == 0 then
    return
  end
  self:add("")
  self:add("| %s |", table.concat(names, " | "))
  self:add("|%s", (" --- |"):rep(#names))
  for _, row in ipairs(rows) do
    for i, text in ipairs(row) do
      row[i] = cell(text)
    end
    self:add("| %s |", table.concat(row, " | "))
  end
end

function Page:text()
  return table.concat(self, "\n") .. "\n"
end

return function()
  return setmetatable({}, Page)
end
