-- SPDX-License-Identifier: MIT
-- What a twin holds under the name of a parameter, for completing it: known{name = "can_id"} gives a list of
-- { value, label }. Every twin keeps its records in its own way, so all tables of the state are looked through: for the
-- name itself, and for "course_id" or "CourseId" also for the ids of what lies in "courses".

local json = require "beadle.json"

local M = {}

local MOST, DEEPEST = 200, 6

-- Parts of the state that hold no records of the vendor's, or secrets.
local APART = { log = true, calls = true, schedule = true, faults = true, counts = true, settings = true,
  ids = true, tokens = true, logins = true, passwords = true, clients = true, account = true, links = true }

local LABELS = { "ema", "mai", "nam", "nom", "titl", "titre", "acro", "desc" }

local function is_plain(value)
  return type(value) == "string" and value ~= "" and #value <= 200 or type(value) == "number"
end

-- A few words by which a person knows the record.
local function label_of(record)
  local source = type(record.values) == "table" and record.values or record
  local keys, parts = {}, {}
  for key, value in pairs(source) do
    if type(key) == "string" and type(value) == "string" then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys)
  for _, word in ipairs(LABELS) do
    for _, key in ipairs(keys) do
      if key:lower():find(word, 1, true) and #parts < 2 then
        parts[#parts + 1] = source[key]
      end
    end
  end
  return table.concat(parts, ", ")
end

local function add(found, value, record)
  if is_plain(value) and #found.list < MOST and not found.seen[value] then
    found.seen[value] = true
    found.list[#found.list + 1] = { value = value, label = label_of(record) }
  end
end

-- Whether a table under that key holds the things that the name is an id of.
local function is_collection(key, stem)
  if type(key) ~= "string" or not stem then
    return false
  end
  key = key:lower()
  return key == stem or key == stem .. "s"
end

local function walk(value, key, found, depth)
  if depth > DEEPEST then
    return
  end
  add(found, value[found.name], value)
  local collection = is_collection(key, found.stem)
  for inner_key, inner in pairs(value) do
    if type(inner) == "table" and not (depth == 1 and APART[inner_key]) then
      if collection then
        local values = type(inner.values) == "table" and inner.values or inner
        add(found, inner.id or values.Id, inner)
      end
      walk(inner, inner_key, found, depth + 1)
    end
  end
end

function M.known(twin, args)
  twin.check_args("known", args, { "name" })
  local name = tostring(args.name)
  local stem = name:match "^(.+)_id$" or name:match "^(.+)Id$"
  local found = { name = name, stem = stem and stem:lower(), list = json.array {}, seen = {} }
  walk(twin.state, nil, found, 1)
  table.sort(found.list, function(a, b)
    if type(a.value) == type(b.value) then
      return a.value < b.value
    end
    return type(a.value) == "number"
  end)
  return found.list
end

-- commands(set, set) -> their names, sorted.
function M.commands(...)
  local seen, list = {}, json.array {}
  for _, set in ipairs { ... } do
    for name in pairs(set) do
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = name
      end
    end
  end
  table.sort(list)
  return list
end

return M
