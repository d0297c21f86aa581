-- SPDX-License-Identifier: MIT
-- Lists that come in pages. An answer that is one page has the methods
--
--   for item in answer:each() do ... end     every item of this page and all that follow, fetched as they are needed
--   local items = answer:all()               the same as one list
--   answer:complete()                        false when the list goes on behind this page
--
-- `each` and `all` take {limit = N, cut = true}: more than N items are an error, or with `cut` are left. Without a
-- limit it is 100000.

local error_value = require "beadle.error"
local json = require "beadle.json"

local M = { limit = 100000, empty_pages = 100 }

local function fail(kind, message, hint)
  error(error_value.new { kind = kind, message = message, hint = hint }, 0)
end

local function check_options(options)
  for name, value in pairs(options) do
    if name ~= "limit" and name ~= "cut" then
      fail("argument", ("there is no option \"%s\"; known are limit and cut"):format(tostring(name)))
    elseif name == "limit" and (type(value) ~= "number" or value < 0) then
      fail("argument", "limit must be a number of items")
    end
  end
  return options
end

-- The address of the page behind this one; nil at the end. Each comes once only.
local function next_link(walk)
  local link = walk.page[walk.next]
  if link == nil then
    return nil
  elseif walk.seen[link] then
    fail("decode", "the vendor's pages go in a circle: a next page is one that came before")
  end
  walk.seen[link] = true
  return link
end

local function turn(walk, link)
  walk.empty = #walk.page[walk.items] == 0 and walk.empty + 1 or 0
  if walk.empty > M.empty_pages then
    fail("decode", ("%d pages in a row are empty"):format(walk.empty))
  end
  walk.page, walk.at = walk.fetch(link), 0
end

local function too_many(walk)
  if not walk.cut then
    fail("argument", ("there are more than %d items"):format(walk.limit),
      "Ask for fewer, give a higher limit, or cut = true.")
  end
end

-- The next item, or nil. `walk` is where we are.
local function step(walk)
  while true do
    local item = walk.page[walk.items][walk.at + 1]
    local full = walk.count >= walk.limit
    if full and (item ~= nil or walk.cut) then
      too_many(walk)
      return nil
    elseif item ~= nil then
      walk.at, walk.count = walk.at + 1, walk.count + 1
      return item
    end
    local link = next_link(walk)
    if not link then
      return nil
    end
    turn(walk, link)
  end
end

local Page = {}

function Page:each(options)
  options = check_options(options or {})
  local spec = getmetatable(self).pages
  local walk = { page = self, at = 0, count = 0, empty = 0, seen = {}, items = spec.items, next = spec.next,
    fetch = spec.fetch, limit = options.limit or M.limit, cut = options.cut }
  return function() return step(walk) end
end

-- The second result is false when `cut` left items that came.
function Page:all(options)
  options = check_options(options or {})
  local most, list = options.limit or M.limit, json.array {}
  for item in self:each { limit = options.cut and most + 1 or most, cut = options.cut } do
    if #list == most then
      return list, false
    end
    list[#list + 1] = item
  end
  return list, true
end

function Page:complete()
  return self[getmetatable(self).pages.next] == nil
end

-- wrap(page, items, next, fetch) -> page: `items` and `next` name its members; fetch(link) gives another page.
function M.wrap(page, items, next, fetch)
  return setmetatable(page, { __index = Page, pages = { items = items, next = next, fetch = fetch } })
end

-- For answers of a vendor: the next page is another call of the same operation.
function M.of_operation(page, items, next, call, params, options)
  local kept, how = {}, {}
  for name, value in pairs(params or {}) do
    kept[name] = value
  end
  for name, value in pairs(options or {}) do
    how[name] = value
  end
  return M.wrap(page, items, next, function(link)
    how.page = link
    return call(kept, how)
  end)
end

return M
