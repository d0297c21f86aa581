-- SPDX-License-Identifier: MIT
-- What a file of tests declares: groups (describe), their hooks, and tests (it). For stdlib/test*.lua.
--
-- A tree is { root = group, current = group }. A group: name, outer, nodes (groups and tests in their order), and
-- lists of functions before_each, after_each, setup, teardown. A test: name, fn, group, place ("file:line"), and
-- pending (true, or why).

local M = {}

local HOOKS = { "before_each", "after_each", "setup", "teardown" }

local function new_group(name, outer)
  local group = { name = name, outer = outer, nodes = {} }
  for _, hook in ipairs(HOOKS) do
    group[hook] = {}
  end
  return group
end

-- place() -> "file:line" of the code that called beadle's own; nil when there is none.
function M.place()
  for line in debug.traceback("", 2):gmatch "[^\n]+" do
    local place = line:match "^%s+(.-:%d+): in "
    if place and place:sub(1, 8) ~= "[beadle]" then
      return place
    end
  end
end

function M.new()
  local root = new_group("", nil)
  return { root = root, current = root }
end

-- The functions that a file of tests declares with, for one tree.
function M.declarers(tree)
  local declare = {}

  function declare.describe(name, fn)
    local outer = tree.current
    tree.current = new_group(tostring(name), outer)
    table.insert(outer.nodes, tree.current)
    fn()
    tree.current = outer
  end

  function declare.it(name, fn)
    table.insert(tree.current.nodes, { name = tostring(name), fn = fn, group = tree.current, place = M.place(),
      pending = fn == nil or nil })
  end

  function declare.pending(name)
    table.insert(tree.current.nodes, { name = tostring(name), group = tree.current, place = M.place(),
      pending = true })
  end

  for _, hook in ipairs(HOOKS) do
    declare[hook] = function(fn)
      table.insert(tree.current[hook], fn)
    end
  end
  return declare
end

-- The names of a test and of its groups, from outside in, as one text.
function M.full_name(node)
  local name, group = node.name, node.group or node.outer
  while group and group.name ~= "" do
    name, group = group.name .. " " .. name, group.outer
  end
  return name
end

-- Calls the hooks of a group, and those of the groups around it, outermost first; with `inner_first` last.
function M.call_hooks(group, hook, inner_first)
  if group.outer and not inner_first then
    M.call_hooks(group.outer, hook)
  end
  for _, fn in ipairs(group[hook]) do
    fn()
  end
  if group.outer and inner_first then
    M.call_hooks(group.outer, hook, true)
  end
end

-- All tests of a group and of those in it, in their order.
function M.tests(group, list)
  list = list or {}
  for _, node in ipairs(group.nodes) do
    if node.nodes then
      M.tests(node, list)
    else
      list[#list + 1] = node
    end
  end
  return list
end

return M
