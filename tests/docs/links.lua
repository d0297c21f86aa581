-- SPDX-License-Identifier: MIT
-- Whether every link of the pages leads somewhere: files that are there, headings as a code host names them. And
-- whether a reader who begins at README.md comes to every page of docs/.
--
--   beadle --allow-process tests/docs/links.lua [ROOT]

local fs = require "beadle.fs"

local root = (arg[1] or (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/../..") .. "/"

local function lines_of(command)
  local lines = {}
  local output <close> = io.popen(command)
  for line in output:lines() do
    lines[#lines + 1] = line
  end
  return lines
end

local function pages()
  return lines_of(("cd '%s' && find README.md CHANGELOG.md docs -name '*.md' | LC_ALL=C sort"):format(root))
end

-- What is no code: blocks behind a fence or indented by four, and text between backquotes, are none of the prose.
local function prose_of(text)
  local kept, in_block = {}, false
  for line in text:gmatch "([^\n]*)\n" do
    if line:find "^```" then
      in_block = not in_block
    elseif not in_block and not line:find "^    " then
      kept[#kept + 1] = line
    end
  end
  return table.concat(kept, "\n") .. "\n"
end

-- The name of a heading as GitHub makes it: lower case, no punctuation but - and _, blanks as hyphens.
local function slug_of(heading)
  local text = heading:gsub("%[(.-)%]%b()", "%1"):lower():gsub("…", ""):gsub("’", ""):gsub("↳", "")
  return (text:gsub("[^%w%s_\x80-\xff-]", ""):gsub("%s", "-"))
end

local function anchors_of(prose)
  local anchors, seen = {}, {}
  for heading in prose:gmatch "\n#+ +([^\n]-) *%f[\n]" do
    local slug = slug_of(heading)
    anchors[seen[slug] and ("%s-%d"):format(slug, seen[slug]) or slug] = true
    seen[slug] = (seen[slug] or 0) + 1
  end
  return anchors
end

-- A path without its "." and "..".
local function normal(path)
  local parts = {}
  for part in path:gmatch "[^/]+" do
    if part == ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts, "/")
end

local prose, anchors, links, broken = {}, {}, {}, {}
local all = pages()
for _, page in ipairs(all) do
  prose[page] = "\n" .. prose_of(fs.read(root .. page))
  anchors[page], links[page] = anchors_of(prose[page]), {}
end

local function check(page, target)
  local path, anchor = target:match "^([^#]*)#?(.*)$"
  local file = path == "" and page or normal((page:match "^(.*/)" or "") .. path)
  links[page][file] = true
  if not fs.exists(root .. file) then
    broken[#broken + 1] = ("%s: there is no %s"):format(page, target)
  elseif anchor ~= "" and not (anchors[file] and anchors[file][anchor]) then
    broken[#broken + 1] = ("%s: %s has no heading %s"):format(page, file, anchor)
  end
end

local count = 0
for _, page in ipairs(all) do
  for target in prose[page]:gsub("`[^`\n]*`", ""):gmatch "%]%(([^)%s]+)%)" do
    if not target:find "^%a+:" then
      count = count + 1
      check(page, target)
    end
  end
end

local reached, queue = { ["README.md"] = true }, { "README.md" }
while #queue > 0 do
  for file in pairs(links[table.remove(queue)] or {}) do
    if not reached[file] then
      reached[file] = true
      queue[#queue + 1] = file
    end
  end
end
for _, page in ipairs(all) do
  if page:find "^docs/[^/]*$" and not links["README.md"][page] or not reached[page] then
    broken[#broken + 1] = ("README.md does not lead to %s"):format(page)
  end
end

for _, each in ipairs(broken) do
  print(each)
end
print(("%d links of %d pages, %d broken"):format(count, #all, #broken))
if #broken > 0 or count == 0 then
  os.exit(1)
end
