-- SPDX-License-Identifier: MIT
-- The students of a semester of ScoDoc as one list, with e-mail addresses and groups, which ScoDoc tells in
-- several answers.
--
--   local roster = require "beadle.scodoc.roster"
--   for _, student in ipairs(roster.students { formsemestre_id = 3, etat = "I" }) do
--     print(student.etudid, student.nom, student.prenom, student.email, student.group)
--   end

local async = require "beadle.async"
local error_value = require "beadle.error"
local scodoc = require "beadle.scodoc"

local M = {}

local OPTIONS = { formsemestre_id = true, group_id = true, partition = true, etat = true, department = true }

local function fail(kind, message, ...)
  error(error_value.new { kind = kind, outcome = "none", message = message:format(...) }, 0)
end

local function check_options(options)
  for name in pairs(options) do
    if not OPTIONS[name] then
      fail("argument", "roster.students has no \"%s\"", tostring(name))
    end
  end
  if not options.formsemestre_id then
    fail("argument", "formsemestre_id is missing: a group's students are told as students of its semester")
  elseif options.group_id and options.partition then
    fail("argument", "give group_id or partition, not both: a group is in one partition")
  end
end

-- The partitions in their order, but for the one without a name, which holds everybody.
local function partitions_of(options)
  local list = {}
  for _, partition in pairs(scodoc.formsemestre_partitions { formsemestre_id = options.formsemestre_id,
    department = options.department }) do
    if type(partition.partition_name) == "string" and partition.partition_name ~= "" then
      list[#list + 1] = partition
    end
  end
  table.sort(list, function(a, b)
    local first, second = a.numero or 0, b.numero or 0
    return first < second or first == second and a.id < b.id
  end)
  return list
end

-- "TD A", also where the group's own name says as much. Versions call that differently.
local function group_in(partition, group)
  local name = tostring(group.group_name or group.name or group.id)
  local is_whole = name:sub(1, #partition.partition_name) == partition.partition_name
  return { id = group.id, label = is_whole and name or ("%s %s"):format(partition.partition_name, name) }
end

-- The groups of a partition; without a name, of the first one.
local function groups_of_partition(partitions, name)
  local names = {}
  for index, partition in ipairs(partitions) do
    if name == nil or partition.partition_name == name then
      local groups = {}
      for place, group in ipairs(partition.groups or {}) do
        groups[place] = group_in(partition, group)
      end
      return groups
    end
    names[index] = partition.partition_name
  end
  if name then
    fail("not_found", "the semester has no partition \"%s\"; known are: %s", name, table.concat(names, ", "))
  end
  return {}
end

local function find_group(partitions, group_id)
  local known = {}
  for _, partition in ipairs(partitions) do
    for _, group in ipairs(partition.groups or {}) do
      local found = group_in(partition, group)
      if group.id == group_id then
        return found
      end
      known[#known + 1] = ("%d %s"):format(found.id, found.label)
    end
  end
  fail("not_found", "the semester has no group %d; known are: %s", group_id, table.concat(known, ", "))
end

local function wanted_groups(options)
  local partitions = partitions_of(options)
  if options.group_id then
    return { find_group(partitions, options.group_id) }
  end
  return groups_of_partition(partitions, options.partition)
end

-- The group of each student that is in one of these, by the student's id.
local function members(groups, department)
  local group_of = {}
  local lists = async.map(groups, { concurrency = 4 }, function(group)
    return scodoc.group_etudiants { group_id = group.id, department = department }
  end)
  for index, list in ipairs(lists) do
    for _, student in ipairs(list) do
      group_of[student.etudid or student.id] = groups[index]
    end
  end
  return group_of
end

local function text_of(value)
  value = type(value) == "string" and value:match "^%s*(.-)%s*$" or ""
  return value ~= "" and value or nil
end

local function look(student, group)
  return { etudid = student.etudid or student.id, code_nip = text_of(student.code_nip), civilite = student.civilite,
    nom = text_of(student.nom_usuel) or text_of(student.nom) or "", prenom = text_of(student.prenom) or "",
    email = text_of(student.email), group = group and group.label, group_id = group and group.id }
end

-- students{formsemestre_id [, group_id] [, partition] [, etat] [, department]} -> list of {etudid, code_nip, civilite,
-- nom, prenom, email, group, group_id}. With group_id, only those of that group; else `group` is theirs in the
-- partition of that name, or in the first one. nom is the name in use; email and group may be missing.
function M.students(options)
  check_options(options)
  local group_of = members(wanted_groups(options), options.department)
  local list = {}
  for _, student in ipairs(scodoc.formsemestre_etudiants { formsemestre_id = options.formsemestre_id, long = true,
    etat = options.etat, department = options.department }) do
    local group = group_of[student.etudid or student.id]
    if group or not options.group_id then
      list[#list + 1] = look(student, group)
    end
  end
  return list
end

return M
