-- SPDX-License-Identifier: MIT
-- Who is missing where: compares two lists of people. Each is the students of a semester of ScoDoc, or of one of
-- its groups, or a CSV file.
--
--   beadle run scripts/roster-compare.lua --left scodoc:formsemestre_id=3 --right moodle.csv --key mail
--   beadle run scripts/roster-compare.lua --left scodoc:formsemestre_id=3,group_id=211 --right scodoc:formsemestre_id=2
--
-- Exit status: 0 when both have the same people, 1 when they differ, 2 when they could not be compared (78: the
-- configuration lacks something).

local catalogue = require "beadle.catalogue"
local csv = require "beadle.csv"
local error_value = require "beadle.error"
local fold = require "beadle.fold"
local options = require "beadle.options"
local recipe = require "beadle.recipe"
local roster = require "beadle.scodoc.roster"

-- Columns that usually hold the names.
local NOM = { "nom", "lst_nam", "lastname", "last_name", "LastName", "Nom" }
local PRENOM = { "prenom", "fst_nam", "firstname", "first_name", "FirstName", "Prénom", "Prenom" }

-- ---------------------------------------------------------------------------------------------------
-- Lists of people: {key, nom, prenom, line}

local function is_column(reader, name)
  for _, column in ipairs(reader.columns) do
    if column == name then
      return true
    end
  end
  return false
end

-- The column that was named, which has to be there; else the first usual one, or nil.
local function column_of(reader, named, usual)
  if named and not is_column(reader, named) then
    local nearest = catalogue.nearest(named, reader.columns)
    options.fail(("%s has no column \"%s\""):format(reader.name, named), nearest
      and ("Did you mean %s?"):format(nearest) or "Its columns are " .. table.concat(reader.columns, ", ") .. ".")
  end
  for _, name in ipairs(usual) do
    if not named and is_column(reader, name) then
      return name
    end
  end
  return named
end

local function read_file(path, key, params)
  if not key then
    options.fail(("which column of %s holds what is compared?"):format(path), "Say it with --key.")
  end
  local reader <close> = csv.open(path)
  column_of(reader, key, {})
  local nom, prenom = column_of(reader, params.nom, NOM), column_of(reader, params.prenom, PRENOM)
  local list = {}
  for cells, line in reader:rows() do
    list[#list + 1] = { key = csv.trim(cells[key]), nom = nom and csv.trim(cells[nom]) or "",
      prenom = prenom and csv.trim(cells[prenom]) or "", line = line }
  end
  return list
end

-- What a vendor has, by "vendor:name=value,name=value".
local VENDORS = {}

local NUMBERS = { formsemestre_id = true, group_id = true }

function VENDORS.scodoc(values, params)
  for name in pairs(NUMBERS) do
    if values[name] and not values[name]:find "^%d+$" then
      options.fail(("%s must be a whole number, not \"%s\""):format(name, values[name]))
    end
    values[name] = values[name] and math.tointeger(tonumber(values[name]))
  end
  local list = {}
  for index, student in ipairs(roster.students(values)) do
    list[index] = { key = (params.by == "email" and student.email or params.by ~= "email" and student.code_nip) or "",
      nom = student.nom, prenom = student.prenom }
  end
  return list
end

local function read_side(text, key, params)
  local vendor, rest = text:match "^(%l+):(.+=.*)$"
  if not vendor then
    return read_file(text, key, params)
  elseif not VENDORS[vendor] then
    options.fail(("%s: no list can be had from %s"):format(text, vendor), "A list is FILE.csv or scodoc:NAME=VALUE.")
  end
  local values = {}
  for pair in rest:gmatch "[^,]+" do
    local name, value = pair:match "^%s*([%w_]+)=(.-)%s*$"
    if not name then
      options.fail(("\"%s\" in %s is no NAME=VALUE"):format(pair, text))
    end
    values[name] = value
  end
  return VENDORS[vendor](values, params)
end

-- ---------------------------------------------------------------------------------------------------
-- Comparing

local function name_of(person)
  return fold.name(person.nom, person.prenom)
end

local function row(where, person, other, note)
  return { key = person.key ~= "" and person.key or nil, where = where, nom = person.nom, prenom = person.prenom,
    other = other and other.key ~= "" and other.key or nil, note = note }
end

-- Those of a list by their folded key; and those who have a key that is there already, and who have none.
local function index_of(list)
  local by_key, twice, without = {}, {}, {}
  for _, person in ipairs(list) do
    local key = fold.text(person.key)
    if key == "" then
      without[#without + 1] = person
    elseif by_key[key] then
      twice[#twice + 1] = person
    else
      by_key[key] = person
    end
  end
  return by_key, twice, without
end

local function note_of_pair(one, other)
  local first, second = name_of(one), name_of(other)
  return first ~= "" and second ~= "" and first ~= second
    and ("the right has %s %s"):format(other.nom, other.prenom) or nil
end

-- The people of `list` whom `by_key` of the other side does not have, those without a key among them.
local function missing(list, own, by_key)
  local left_over = {}
  for _, person in ipairs(list) do
    local key = fold.text(person.key)
    if key == "" or own[key] == person and not by_key[key] then
      left_over[#left_over + 1] = person
    end
  end
  return left_over
end

local function by_name(people)
  local groups = {}
  for _, person in ipairs(people) do
    local name = name_of(person)
    groups[name] = groups[name] or {}
    table.insert(groups[name], person)
  end
  groups[""] = nil
  return groups
end

-- Splits those who are on one side only: pairs of one name, one on each side, are probably the same person.
local function match_names(only_left, only_right)
  local left, right, probable, matched = by_name(only_left), by_name(only_right), {}, {}
  for _, person in ipairs(only_left) do
    local name = name_of(person)
    local others = right[name]
    if others and #others == 1 and #left[name] == 1 then
      probable[#probable + 1] = row("probable", person, others[1])
      matched[person], matched[others[1]] = true, true
    end
  end
  return probable, matched
end

local function line_of(person)
  return person.line and ("line %d"):format(person.line) or nil
end

local function why_alone(person)
  local line = line_of(person)
  if person.key == "" then
    return "no key" .. (line and ", " .. line or "")
  end
  return line
end

local function compare(left, right)
  local in_left, twice_left = index_of(left)
  local in_right, twice_right = index_of(right)
  local rows = {}
  for _, person in ipairs(left) do
    local key = fold.text(person.key)
    if in_left[key] == person and in_right[key] then
      rows[#rows + 1] = row("both", person, nil, note_of_pair(person, in_right[key]))
    end
  end
  local only_left, only_right = missing(left, in_left, in_right), missing(right, in_right, in_left)
  local probable, matched = match_names(only_left, only_right)
  table.move(probable, 1, #probable, #rows + 1, rows)
  for _, part in ipairs { { "twice left", twice_left }, { "twice right", twice_right }, { "only left", only_left },
    { "only right", only_right } } do
    for _, person in ipairs(part[2]) do
      if not matched[person] then
        rows[#rows + 1] = row(part[1], person, nil, why_alone(person))
      end
    end
  end
  return rows
end

-- What goes wrong must not look like a difference: it ends with status 2.
local function read_both(params)
  local ok, left, right = pcall(function()
    return read_side(params.left, params.key, params), read_side(params.right, params.right_key or params.key, params)
  end)
  if ok then
    return left, right
  elseif error_value.is(left) and not error_value.is(left, "configuration") then
    left.exit = left.exit or 2
  end
  error(left, 0)
end

local ORDER = { "both", "probable", "twice left", "twice right", "only left", "only right" }

local function tell(results)
  local counts = {}
  for _, each in ipairs(results) do
    counts[each.result.where] = (counts[each.result.where] or 0) + 1
  end
  local parts = {}
  for _, where in ipairs(ORDER) do
    if counts[where] or where:find "^only" or where == "both" then
      parts[#parts + 1] = ("%s: %d."):format(where:gsub("^%l", string.upper), counts[where] or 0)
    end
  end
  local is_equal = (counts.both or 0) == #results
  return table.concat(parts, " ") .. (is_equal and "\nThey are equal." or "\nThey differ."), is_equal and 0 or 1
end

return recipe {
  name = "roster-compare",
  summary = "Compares two lists of people: who is missing where",
  doc = "A list is a CSV file, or scodoc:formsemestre_id=N with group_id, partition, etat or department behind "
    .. "commas. People are the same when what they are compared by is the same but for case and accents. Those who "
    .. "are left over on both sides under one name, in any order and spelling of its letters, are probably the same "
    .. "person. The exit status is 0 when the lists are equal, 1 when they differ, 2 when they cannot be compared.",
  params = {
    { name = "left", required = true, doc = "the one list: FILE.csv, or scodoc:formsemestre_id=N[,group_id=N]" },
    { name = "right", required = true, doc = "the other list" },
    { name = "by", choices = { "email", "external_id" }, default = "email",
      doc = "what people are compared by; of ScoDoc the external id is code_nip" },
    { name = "key", doc = "the column of a file that holds it" },
    { name = "right_key", doc = "that of the right file, where it is another" },
    { name = "nom", doc = "the column of a file with surnames; without it, nom, lst_nam or a like one" },
    { name = "prenom", doc = "the column of a file with first names; without it, prenom, fst_nam or a like one" },
  },
  columns = { "key", "where", "nom", "prenom", "other", "note" },
  shown = { "where", "nom", "prenom", "other", "note" },
  fields = { "key", "nom", "prenom", "other", "where", "note" },
  rows = function(params)
    return compare(read_both(params))
  end,
  row = function(each)
    return { key = each.key, where = each.where, nom = each.nom, prenom = each.prenom, other = each.other,
      note = each.note }
  end,
  finish = tell,
}
