-- SPDX-License-Identifier: MIT
-- Reads annotation files strictly: what is no annotation of LuaCATS, or fits no function, is a problem.
--
--   read(name, text) -> { module, returned, functions, fields, classes, uses, internal, problems }; returned: a class
--   functions: class -> name -> { parameters, is_method }; fields: class -> set; uses: types that are named

local M = {}

local function problem(file, number, text)
  table.insert(file.problems, ("%s:%d: %s"):format(file.name, number, text))
end

-- ---------------------------------------------------------------------------------------------------
-- Types

local PRIMITIVES = { any = true, ["nil"] = true, boolean = true, string = true, number = true, integer = true,
  table = true, ["function"] = true, userdata = true, thread = true, unknown = true, void = true, ["true"] = true,
  ["false"] = true, T = true, R = true, self = true }

local parse_type

local function skip(p)
  p.at = p.text:find("%S", p.at) or #p.text + 1
end

local function eat(p, pattern)
  skip(p)
  local from, to = p.text:find("^" .. pattern, p.at)
  if from then
    p.at = to + 1
    return p.text:sub(from, to)
  end
end

local function expect(p, pattern)
  return eat(p, pattern) or error(("a type needs %s at \"%s\""):format(pattern, p.text:sub(p.at)), 0)
end

local function parse_function(p)
  expect(p, "%(")
  while not eat(p, "%)") do
    if eat(p, "%.%.%.") then
      if eat(p, ":") then
        parse_type(p)
      end
    else
      expect(p, "[%a_][%w_]*")
      eat(p, "%?")
      if eat(p, ":") then
        parse_type(p)
      end
    end
    if not eat(p, ",") then
      expect(p, "%)")
      break
    end
  end
  if eat(p, ":") then
    repeat
      parse_type(p)
    until not eat(p, ",")
  end
end

local function parse_braces(p)
  while not eat(p, "}") do
    if eat(p, "%[") then
      parse_type(p)
      expect(p, "%]")
    else
      expect(p, "[%a_][%w_]*")
      eat(p, "%?")
    end
    expect(p, ":")
    parse_type(p)
    if not eat(p, ",") then
      expect(p, "}")
      break
    end
  end
end

local function parse_one(p)
  if eat(p, "%(") then
    parse_type(p)
    expect(p, "%)")
  elseif eat(p, "{") then
    parse_braces(p)
  elseif eat(p, '"[^"]*"') or eat(p, "%-?%d[%d.]*") then
    return
  else
    local name = expect(p, "[%a_][%w_.]*")
    if name == "fun" and p.text:sub(p.at, p.at) == "(" then
      parse_function(p)
    elseif name == "table" and p.text:sub(p.at, p.at) == "<" then
      expect(p, "<")
      parse_type(p)
      expect(p, ",")
      parse_type(p)
      expect(p, ">")
    elseif not PRIMITIVES[name] then
      p.uses[name] = true
    end
  end
end

function parse_type(p)
  repeat
    parse_one(p)
    while eat(p, "%[%]") do end
    eat(p, "%?")
  until not eat(p, "|")
end

-- The type at the begin of a text; gives what follows it.
local function take_type(file, text)
  local p = { text = text, at = 1, uses = file.uses }
  parse_type(p)
  return p.text:sub(p.at)
end

-- ---------------------------------------------------------------------------------------------------
-- Lines

local TAGS = {}

function TAGS.meta(file, rest)
  file.module = rest:match "^beadle[%w_.]*$"
end

function TAGS.class(file, rest)
  local name, parents = rest:match "^([%w_.]+)%s*:?%s*(.*)$"
  file.class = name
  file.classes[name] = true
  file.fields[name], file.functions[name] = file.fields[name] or {}, file.functions[name] or {}
  if parents ~= "" then
    repeat
      parents = take_type(file, parents):gsub("^%s*,", "")
    until parents:match "^%s*$"
  end
end

function TAGS.field(file, rest)
  local name, type_text = rest:match "^([%a_][%w_]*)%??%s+(.+)$"
  if not name then
    name, type_text = rest:match "^(%b[])%??%s+(.+)$"
  end
  if not name or not file.class then
    error("this is no field of a class", 0)
  end
  file.fields[file.class][name:match '^%["(.*)"%]$' or name] = true
  take_type(file, type_text)
end

function TAGS.param(file, rest)
  local name, type_text = rest:match "^([%a_.][%w_.]*)%??%s+(.+)$"
  table.insert(file.params, name)
  take_type(file, type_text)
end

TAGS["type"] = function(file, rest)
  take_type(file, rest)
end

TAGS["return"] = function(file, rest)
  take_type(file, rest)
end

function TAGS.alias(file, rest)
  local name, type_text = rest:match "^([%w_.]+)%s*(.*)$"
  file.classes[name] = true
  file.class = nil
  if type_text ~= "" then
    take_type(file, type_text)
  end
end

function TAGS.generic() end

function TAGS.deprecated() end

function TAGS.overload(file, rest)
  take_type(file, rest)
end

local function read_function(file, line)
  local owner, sign, name, list = line:match "^function ([%a_][%w_]*)([.:])([%a_][%w_]*)%((.-)%) end$"
  if not owner then
    owner, sign = "", "."
    name, list = line:match "^function ([%a_][%w_]*)%((.-)%) end$"
  end
  local class = file.locals[owner]
  if not name or not class then
    error("this function is of no class", 0)
  end
  local parameters = {}
  for each in list:gmatch "[^,%s]+" do
    parameters[#parameters + 1] = each
  end
  if table.concat(parameters, ",") ~= table.concat(file.params, ",") then
    error(("%s takes (%s), and is said to take (%s)"):format(name, list, table.concat(file.params, ", ")), 0)
  end
  file.functions[class][name] = { parameters = parameters, is_method = sign == ":" }
  file.params = {}
end

local function read_line(file, line)
  local tag, rest = line:match "^%-%-%-@(%a+)%s*(.*)$"
  if tag then
    local read = TAGS[tag] or error("there is no annotation @" .. tag, 0)
    read(file, rest)
  elseif line:find "^%-%-%-|" then
    take_type(file, (line:match "^%-%-%-|%s*(.*)$"))
  elseif line:find "^[%a_]+ = nil$" then
    file.class = nil
  elseif line:find "^local [%a_][%w_]* = {}$" or line:find "^[%a_]+ = {}$" then
    file.locals[line:match "([%a_][%w_]*) = {}$"] = file.class
  elseif line:find "^function " then
    read_function(file, line)
  elseif line:find "^return [%a_][%w_]*$" then
    file.returned = file.locals[line:match "^return (.*)$"]
  elseif line ~= "" and not line:find "^%-%-" then
    error("what is this?", 0)
  end
end

local function internal_names(text)
  local names = {}
  for list in text:gmatch "%-%- Not for scripts: ([^.]*)%." do
    for name in list:gmatch "[%a_][%w_]*" do
      names[name] = true
    end
  end
  return names
end

function M.read(name, text)
  local file = { name = name, problems = {}, classes = {}, fields = {}, functions = { [""] = {} }, uses = {},
    params = {}, locals = { [""] = "" } }
  file.internal = internal_names((text:gsub(",\n%-%- ", ", ")))
  local number = 0
  for line in text:gmatch "([^\n]*)\n" do
    number = number + 1
    local ok, why = pcall(read_line, file, line)
    if not ok then
      problem(file, number, why .. ": " .. line)
    end
  end
  local chunk, why = load(text, "@" .. name, "t", {})
  if not chunk then
    problem(file, 0, why)
  end
  return file
end

return M
