-- SPDX-License-Identifier: MIT
-- beadle runs diff A B: what two runs did differently, row by row.

local effects = require "beadle.durable_effect"
local fs = require "beadle.fs"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"
local reader = require "beadle.run_reader"
local runs = require "beadle.runs"

local MOST = 200

local SPEC = {
  { name = "json", doc = "print all differences as JSON lines" },
}

local USAGE = [[
Usage: beadle runs diff A B [--json]

Compares two runs row by row, by their keys: rows that only one has, rows that ended otherwise, and what was sent for
one and not for the other, or with other parameters. Exit status 0 when they are alike, 1 when not.

]]

-- ---------------------------------------------------------------------------------------------------
-- One row

local function by_name(list)
  local map, names = {}, {}
  for _, effect in ipairs(list) do
    local name = ("%s %s %d"):format(effect.operation, effect.key, effect.occurrence)
    map[name] = effect
    names[#names + 1] = name
  end
  return map, names
end

local function about(effect)
  return ("%s %s"):format(effect.operation, effects.about(effect))
end

local function effect_differences(left, right)
  local parts = {}
  if left.state ~= right.state then
    parts[#parts + 1] = ("%s: %s, and %s"):format(about(left), left.state, right.state)
  end
  if left.params and right.params and left.params ~= right.params then
    parts[#parts + 1] = ("%s: %s"):format(about(left), table.concat(effects.differences(left.params, right.params),
      "; "))
  end
  return table.concat(parts, "; ")
end

local function compare_effects(left, right, tell)
  local left_map, left_names = by_name(left)
  local right_map, right_names = by_name(right)
  for _, name in ipairs(left_names) do
    local other = right_map[name]
    local text = other and effect_differences(left_map[name], other) or not other
      and "only A sent " .. about(left_map[name]) or ""
    if text ~= "" then
      tell(text)
    end
  end
  for _, name in ipairs(right_names) do
    if not left_map[name] then
      tell("only B sent " .. about(right_map[name]))
    end
  end
end

-- ---------------------------------------------------------------------------------------------------
-- All rows

-- Both come by key, so they are walked side by side.
local function walk(a, b, tell)
  local next_a, next_b = reader.each_row(a), reader.each_row(b)
  local left, right = next_a(), next_b()
  while left or right do
    if not right or left and left.key < right.key then
      tell(left.key, left.state, "", "only A has it")
      left = next_a()
    elseif not left or right.key < left.key then
      tell(right.key, "", right.state, "only B has it")
      right = next_b()
    else
      local key, states = left.key, { left.state, right.state }
      local differs = states[1] ~= states[2]
      compare_effects(a:effects(key), b:effects(key), function(text)
        differs = false
        tell(key, states[1], states[2], text)
      end)
      if differs then
        tell(key, states[1], states[2], "it ended otherwise")
      end
      left, right = next_a(), next_b()
    end
  end
end

local function show(count, rows)
  if count == 0 then
    print "They are alike."
    return
  end
  print(pretty.table({ "row", "A", "B", "difference" }, rows, fs.columns "stdout"))
  if count > #rows then
    print(("and %d more: --json lists all."):format(count - #rows))
  end
end

local function diff(a, b, as_json)
  local count, rows = 0, {}
  walk(a, b, function(key, left, right, text)
    count = count + 1
    if as_json then
      print(json.encode { row = key, a = left, b = right, difference = reader.clean(text) })
    elseif count <= MOST then
      rows[count] = { reader.line(reader.name(key)), (left:gsub("_", " ")), (right:gsub("_", " ")),
        reader.line(reader.clean(text)) }
    end
  end)
  if not as_json then
    show(count, rows)
  end
  return count == 0 and 0 or 1
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands ~= 2 then
    options.fail("diff needs two runs", "`beadle runs` lists them.")
  end
  if runs.find(operands[1]) == runs.find(operands[2]) then
    options.fail "diff needs two runs, and both are the same"
  end
  local id, a = reader.open(operands[1], "beadle runs diff")
  local _ <close> = a
  local other, b = reader.open(operands[2], "beadle runs diff")
  local _ <close> = b
  if not values.json then
    print(("A is %s, B is %s."):format(id, other))
  end
  return diff(a, b, values.json)
end

return { run = run, summary = "what two runs did differently",
  usage = USAGE, spec = SPEC, takes = { "run", "run" } }
