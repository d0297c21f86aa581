-- SPDX-License-Identifier: MIT
-- Partitions and groups of the simulated ScoDoc.

local json = require "beadle.json"
local view = require "beadle.twin.scodoc.view"

local give, refuse = view.give, view.refuse

local M = {}

-- Why a semester or a partition of it cannot be changed: a refusal, or nil.
local function locked(twin, formsemestre_id, partition)
  if not twin.state.formsemestres[formsemestre_id].etat then
    return refuse(twin, 403, "formsemestre verrouillé")
  elseif partition and not partition.groups_editable then
    return refuse(twin, 403, "partition non editable")
  end
end

-- A partition whose groups may be changed; or nil and the refusal.
local function open_partition(twin, request, partition_id)
  local partition, refused = view.get(twin, request, "partitions", partition_id)
  refused = refused or locked(twin, partition.formsemestre_id, partition)
  return not refused and partition or nil, refused
end

-- A group that may be changed and its partition; or nil and the refusal.
local function open_group(twin, request, group_id)
  local group, refused = view.get(twin, request, "groups", group_id)
  if not group then
    return nil, refused
  end
  local partition
  partition, refused = open_partition(twin, request, group.partition_id)
  return partition and group, refused, partition
end

-- A refusal when another of these objects has that name.
local function name_taken(twin, objects, key, name, own)
  if name:match "^%s*$" then
    return refuse(twin, 404, "invalid " .. key)
  end
  for _, object in ipairs(objects) do
    if object ~= own and object[key] == name then
      return refuse(twin, twin.state.settings.duplicate_status, ("invalid %s: already exists"):format(key))
    end
  end
end

-- Gives the objects their places by a list of ids; a refusal when one is none of them.
local function put_in_order(twin, objects, ids)
  local by_id = {}
  for _, object in ipairs(objects) do
    by_id[object.id] = object
  end
  for _, id in ipairs(ids) do
    if not by_id[id] then
      return refuse(twin, 404, ("%d: objet inexistant"):format(id))
    end
  end
  for place, id in ipairs(ids) do
    by_id[id].numero = place - 1
  end
end

-- The student of that id, who has to be enrolled in the semester; or nil and the refusal.
local function enrolled(twin, request, etudid, formsemestre_id)
  local student, refused = view.get(twin, request, "etudiants", etudid)
  if student and not (twin.state.inscriptions[formsemestre_id] or {})[etudid] then
    return nil, refuse(twin, 404, "etud non inscrit au formsemestre du groupe")
  end
  return student, refused
end

-- ---------------------------------------------------------------------------------------------------
-- Groups

function M.partition_group_create(twin, values, request)
  local partition, refused = open_partition(twin, request, values.partition_id)
  if not partition then
    return refused
  end
  local groups = view.groups_in(twin, partition.id)
  refused = name_taken(twin, groups, "group_name", values.group_name)
  if refused then
    return refused
  end
  local id = twin:next_id("group", 0)
  local group = { id = id, partition_id = partition.id, group_name = values.group_name, numero = #groups }
  twin.state.groups[id] = group
  return give(twin, view.group(twin, group))
end

function M.group_edit(twin, values, request)
  local group, refused = open_group(twin, request, values.group_id)
  refused = refused or name_taken(twin, view.groups_in(twin, group.partition_id), "group_name",
    values.group_name, group)
  if refused then
    return refused
  end
  group.group_name = values.group_name
  return give(twin, view.group(twin, group))
end

function M.partition_groups_order(twin, values, request)
  local partition, refused = open_partition(twin, request, values.partition_id)
  refused = refused or put_in_order(twin, view.groups_in(twin, partition.id), values.group_ids)
  return refused or give(twin, view.partition(twin, partition))
end

local function forget_group(twin, group, partition)
  for etudid, group_id in pairs(partition.members) do
    partition.members[etudid] = group_id ~= group.id and group_id or nil
  end
  twin.state.groups[group.id] = nil
end

function M.group_delete(twin, values, request)
  local group, refused, partition = open_group(twin, request, values.group_id)
  if not group then
    return refused
  end
  forget_group(twin, group, partition)
  return view.deleted(twin)
end

function M.etudiant_formsemestre_groups(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local student
  student, refused = view.get_student(twin, request, values, semester.id)
  return student and give(twin, view.map(view.groups_of(twin, student.id, semester.id), function(group)
    return view.group_of_student(twin, group)
  end)) or refused
end

function M.group_set_etudiant(twin, values, request)
  local group, refused, partition = open_group(twin, request, values.group_id)
  if not group then
    return refused
  end
  local student
  student, refused = enrolled(twin, request, values.etudid, partition.formsemestre_id)
  if not student then
    return refused
  end
  partition.members[student.id] = group.id
  return give(twin, { group_id = group.id, etudid = student.id })
end

function M.group_remove_etudiant(twin, values, request)
  local group, refused, partition = open_group(twin, request, values.group_id)
  if not group then
    return refused
  end
  local student
  student, refused = view.get(twin, request, "etudiants", values.etudid)
  if not student then
    return refused
  elseif partition.members[student.id] == group.id then
    partition.members[student.id] = nil
  end
  return give(twin, { group_id = json.null, etudid = student.id })
end

-- ---------------------------------------------------------------------------------------------------
-- Partitions

function M.formsemestre_partitions(twin, values, request)
  local semester, refused = view.get(twin, request, "formsemestres", values.formsemestre_id)
  if not semester then
    return refused
  end
  local list = view.map(view.partitions_in(twin, semester.id), function(partition)
    return view.partition(twin, partition)
  end)
  if not twin.state.settings.partitions_object then
    return give(twin, list)
  end
  local by_id = {}
  for _, partition in ipairs(list) do
    by_id[tostring(partition.id)] = partition
  end
  return give(twin, by_id)
end

function M.partition(twin, values, request)
  local partition, refused = view.get(twin, request, "partitions", values.partition_id)
  return refused or give(twin, view.partition(twin, partition))
end

-- A semester that may be changed; or nil and the refusal.
local function open_semester(twin, request, formsemestre_id)
  local semester, refused = view.get(twin, request, "formsemestres", formsemestre_id)
  refused = refused or locked(twin, semester.id)
  return not refused and semester or nil, refused
end

function M.formsemestre_partition_create(twin, values, request)
  local semester, refused = open_semester(twin, request, values.formsemestre_id)
  if not semester then
    return refused
  end
  local partitions = view.partitions_in(twin, semester.id)
  refused = name_taken(twin, partitions, "partition_name", values.partition_name)
  if refused then
    return refused
  end
  local id = twin:next_id("partition", 0)
  local partition = { id = id, formsemestre_id = semester.id, partition_name = values.partition_name,
    numero = #partitions, bul_show_rank = false, groups_editable = true, show_in_lists = true, members = {} }
  twin.state.partitions[id] = partition
  return give(twin, view.partition(twin, partition))
end

function M.partition_edit(twin, values, request)
  local partition, refused = open_partition(twin, request, values.partition_id)
  refused = refused or name_taken(twin, view.partitions_in(twin, partition.formsemestre_id), "partition_name",
    values.partition_name, partition)
  if refused then
    return refused
  end
  partition.partition_name = values.partition_name
  return give(twin, view.partition(twin, partition))
end

function M.formsemestre_partitions_order(twin, values, request)
  local semester, refused = open_semester(twin, request, values.formsemestre_id)
  refused = refused or put_in_order(twin, view.partitions_in(twin, semester.id), values.partition_ids)
  return refused or give(twin, view.map(view.partitions_in(twin, semester.id), function(partition)
    return partition.id
  end))
end

function M.partition_delete(twin, values, request)
  local partition, refused = open_partition(twin, request, values.partition_id)
  if not partition then
    return refused
  end
  for _, group in ipairs(view.groups_in(twin, partition.id)) do
    twin.state.groups[group.id] = nil
  end
  twin.state.partitions[partition.id] = nil
  return view.deleted(twin)
end

function M.partition_remove_etudiant(twin, values, request)
  local partition, refused = open_partition(twin, request, values.partition_id)
  if not partition then
    return refused
  end
  local student
  student, refused = view.get(twin, request, "etudiants", values.etudid)
  if not student then
    return refused
  end
  partition.members[student.id] = nil
  return give(twin, { partition_id = partition.id, etudid = student.id })
end

return M
