-- SPDX-License-Identifier: MIT
-- The annotations that `beadle init` writes: that they are LuaCATS, that they name what the modules really have and
-- nothing else, and what the catalogue has. Needs --allow-debug, for the names of parameters.

local catalogue = require "beadle.catalogue"
local files_of = require "beadle.cli.init_files"
local test = require "beadle.test"
local reader = dofile((arg[0]:match "^(.*/)" or "") .. "reader.lua")

local describe, it = test.describe, test.it

local files, classes, by_module = {}, {}, {}
for _, each in ipairs(files_of.types()) do
  local file = reader.read(each.name, each.text)
  files[#files + 1] = file
  for name in pairs(file.classes) do
    classes[name] = true
  end
  if file.module then
    by_module[file.module] = file
  end
end

-- Methods of values that scripts get: class -> how one is got, and what of its methods is not for scripts.
local csv, http, hook = require "beadle.csv", require "beadle.http", require "beadle.hook"
local VALUES = {
  ["beadle.csv.reader"] = function() return csv.decode "a\n1\n" end,
  ["beadle.csv.writer"] = function() return csv.writer { "a" } end,
  ["beadle.http.server"] = function() return http.serve { routes = {} } end,
  ["beadle.hook.hook"] = function() return hook.open {} end,
  ["beadle.lti.nonce_store"] = function() return require("beadle.lti.nonces").open {} end,
  ["beadle.odata.service"] = function() return require("beadle.odata").service "http://127.0.0.1:9/o" end,
  ["beadle.recipe.recipe"] = function()
    return require "beadle.recipe" { name = "n", summary = "s", params = {}, columns = {}, row = function() end }
  end,
}
-- Of values in C: by the name of their metatable.
local METATABLES = { ["beadle.task"] = "beadle.task", ["beadle.event"] = "beadle.event",
  ["beadle.sqlite.database"] = "beadle.sqlite.database", ["beadle.lti.key"] = "beadle.lti.key",
  ["beadle.http.response"] = "beadle.http.response" }

local function parameters_of(fn)
  local info = debug.getinfo(fn, "uS")
  if info.what == "C" then
    return nil
  end
  local names = {}
  for at = 1, info.nparams do
    names[at] = debug.getlocal(fn, at)
  end
  names[#names + 1] = info.isvararg and "..." or nil
  return table.concat(names, ", ")
end

local function names_of(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- What differs between declared functions and the real ones.
local function differences(file, declared, real, fields)
  local wrong = {}
  for _, name in ipairs(names_of(declared)) do
    local fn = real[name]
    local listed = table.concat(declared[name].parameters, ", ")
    local known = type(fn) == "function" and parameters_of(fn)
    known = known and declared[name].is_method and known:gsub("^[%a_]+,? ?", "") or known
    if type(fn) ~= "function" then
      wrong[#wrong + 1] = ("%s: there is no %s"):format(file.name, name)
    elseif known and known ~= listed then
      wrong[#wrong + 1] = ("%s: %s takes (%s), not (%s)"):format(file.name, name, known, listed)
    end
  end
  for _, name in ipairs(names_of(real)) do
    if type(name) == "string" and type(real[name]) == "function" and not name:find "^_" and not declared[name]
      and not file.internal[name] and not (fields and fields[name]) then
      wrong[#wrong + 1] = ("%s: %s is not annotated, nor in the line \"Not for scripts\""):format(file.name, name)
    end
  end
  return wrong
end

local function add_all(list, others)
  table.move(others, 1, #others, #list + 1, list)
end

local is_vendor = {}
for _, name in ipairs(catalogue.vendors()) do
  is_vendor["beadle." .. name] = true
end

local function none(list)
  table.sort(list)
  test.equal(table.concat(list, "\n"), "")
end

describe("annotations", function()
  it("are LuaCATS, and Lua", function()
    local wrong = {}
    for _, file in ipairs(files) do
      add_all(wrong, file.problems)
    end
    none(wrong)
  end)

  it("name types that there are", function()
    local unknown = {}
    for _, file in ipairs(files) do
      for name in pairs(file.uses) do
        if not classes[name] then
          unknown[#unknown + 1] = ("%s: %s"):format(file.name, name)
        end
      end
    end
    none(unknown)
  end)

  it("have the functions of each module, with their parameters", function()
    local wrong = {}
    for name, file in pairs(by_module) do
      local module, class = require(name), file.returned
      if not is_vendor[name] then
        add_all(wrong, differences(file, file.functions[class], module, file.fields[class]))
      end
    end
    none(wrong)
  end)

  it("are there for every module of the scripting guide", function()
    local missing = {}
    for name in beadle.fs.read("docs/scripting.md"):gmatch "\n| `(beadle%.[%w_.]+)` |" do
      if not by_module[name] and name ~= "beadle.try" then
        missing[#missing + 1] = name
      end
    end
    none(missing)
  end)

  it("have the methods of values", function()
    local wrong = {}
    for class, make in pairs(VALUES) do
      for _, file in ipairs(files) do
        if file.functions[class] and next(file.functions[class]) then
          local value <close> = setmetatable({ make() }, { __close = function(held)
            local close = held[1].close
            return close and close(held[1])
          end })
          add_all(wrong, differences(file, file.functions[class], getmetatable(value[1]).__index, file.fields[class]))
        end
      end
    end
    none(wrong)
  end)

  it("have the methods of values in C", function()
    local wrong = {}
    for class, metatable in pairs(METATABLES) do
      for _, file in ipairs(files) do
        if file.functions[class] and next(file.functions[class]) then
          add_all(wrong, differences(file, file.functions[class], debug.getregistry()[metatable].__index))
        end
      end
    end
    none(wrong)
  end)
end)

local HELPERS = {}
for _, file in ipairs(files) do
  local vendor = file.name:match "^(.*)%.helpers%.lua$"
  if vendor then
    HELPERS[vendor] = file
  end
end

for _, vendor in ipairs(catalogue.vendors()) do
  describe(vendor, function()
    local described, file = catalogue.describe(vendor), by_module["beadle." .. vendor]
    local class = "beadle." .. vendor

    it("has every operation with its parameters", function()
      local missing = {}
      for _, operation in ipairs(described.operations) do
        if not file.functions[class][operation.name] then
          missing[#missing + 1] = operation.name
        end
        local fields = file.fields[("%s.%s.params"):format(class, operation.name)]
        for _, param in ipairs(operation.params) do
          if not param.flat and not (fields and fields[param.name]) then
            missing[#missing + 1] = ("%s.%s"):format(operation.name, param.name)
          end
        end
      end
      none(missing)
    end)

    it("has every constant", function()
      local missing = {}
      for _, enumeration in ipairs(described.enumerations) do
        local fields = file.fields[("%s.%s.constants"):format(class, enumeration.name)]
        for _, choice in ipairs(enumeration.choices) do
          if not fields[choice.name] then
            missing[#missing + 1] = ("%s.%s"):format(enumeration.name, choice.name)
          end
        end
      end
      none(missing)
    end)

    it("has the helpers that are really there", function()
      local helpers = HELPERS[vendor]
      local declared = helpers and helpers.functions[class] or {}
      local real, module = {}, require(class)
      for name, value in pairs(module) do
        if type(value) == "function" and not file.functions[class][name] then
          real[name] = value
        end
      end
      none(differences(helpers or { name = vendor, internal = {} }, declared, real))
    end)
  end)
end

test.run()
