-- SPDX-License-Identifier: MIT
-- Whether a page shows what a block of it really prints. In what is shown, "…" stands for any part of a line, and a
-- line that is only "…" for any lines.
--
--   beadle tests/docs/compare.lua SHOWN PRINTED      the files agree; of a block of Lua, or of one command
--   beadle tests/docs/compare.lua --comments BLOCK PRINTED
--                  each comment "--> text" of the block is a line of PRINTED, in that order; blanks do not count
--
-- Prints both and exits with status 1 when not.

local fs = require "beadle.fs"

local ANY = "…"

local function literally(text)
  return (text:gsub("%p", "%%%0"))
end

-- The Lua pattern of one shown line, without its end.
local function pattern_of(line)
  local parts, from = {}, 1
  while true do
    local at = line:find(ANY, from, true)
    parts[#parts + 1] = literally(line:sub(from, (at or 0) - 1))
    if not at then
      return table.concat(parts, "[^\n]-")
    end
    from = at + #ANY
  end
end

local function lines_of(text)
  local lines = {}
  for line in (text:gsub("\n+$", "") .. "\n"):gmatch "(.-)[ \t\r]*\n" do
    lines[#lines + 1] = line
  end
  return lines
end

local function agrees(shown, printed)
  local parts = {}
  for index, line in ipairs(lines_of(shown)) do
    parts[index] = line == ANY and ".-" or pattern_of(line) .. "\n"
  end
  local text = table.concat(lines_of(printed), "\n") .. "\n"
  return text:find("^" .. table.concat(parts) .. "$") ~= nil
end

local function squeeze(line)
  return (line:gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

-- The first comment that has no line left.
local function missing_comment(block, printed)
  local lines, next_line = lines_of(printed), 1
  for comment in block:gmatch "%-%-> ([^\n]*)" do
    local pattern, found = "^" .. pattern_of(squeeze(comment)) .. "$", false
    while lines[next_line] and not found do
      found = squeeze(lines[next_line]):find(pattern) ~= nil
      next_line = next_line + 1
    end
    if not found then
      return comment
    end
  end
end

local function fail(title, wanted, printed)
  print(("%s\n%s\nis not what was printed:\n%s"):format(title, wanted, printed))
  os.exit(1)
end

if arg[1] == "--comments" then
  local printed = fs.read(arg[3])
  local comment = missing_comment(fs.read(arg[2]), printed)
  if comment then
    fail("the comment", comment, printed)
  end
else
  local shown, printed = fs.read(arg[1]), fs.read(arg[2])
  if not agrees(shown, printed) then
    fail("what is shown", shown, printed)
  end
end
