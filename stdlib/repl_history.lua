-- SPDX-License-Identifier: MIT
-- What was entered in sessions, for stdlib/repl.lua: in $XDG_STATE_HOME/beadle/history (XDG Base Directory
-- Specification), readable by its owner only. One entry a line; line breaks within are written \n, a backslash \\.
-- Of entries that are the same the last one stays. Entries that hold a secret are neither kept nor written.

local catalogue = require "beadle.catalogue"
local fs = require "beadle.fs"
local native = require "beadle.session"

local M = {}

local MOST = 2000

local History = {}
History.__index = History

local function state_folder()
  local state = os.getenv "XDG_STATE_HOME"
  if state and state:sub(1, 1) == "/" then
    return state .. "/beadle"
  end
  local home = os.getenv "HOME"
  return home and home ~= "" and home .. "/.local/state/beadle" or nil
end

local function pack(text)
  return (text:gsub("\\", "\\\\"):gsub("\n", "\\n"))
end

local function unpack_line(line)
  return (line:gsub("\\(.)", function(letter)
    return letter == "n" and "\n" or letter
  end))
end

-- The last of each, in order.
local function without_repeats(list)
  local seen, kept = {}, {}
  for index = #list, 1, -1 do
    if not seen[list[index]] and #kept < MOST then
      seen[list[index]] = true
      kept[#kept + 1] = list[index]
    end
  end
  local result = {}
  for index = #kept, 1, -1 do
    result[#result + 1] = kept[index]
  end
  return result
end

local function read(path)
  local list = {}
  for line in fs.read(path):gmatch "[^\n]+" do
    list[#list + 1] = unpack_line(line)
  end
  return list
end

local function write(path, list)
  local lines = {}
  for index, text in ipairs(list) do
    lines[index] = pack(text)
  end
  fs.write(path, #lines > 0 and table.concat(lines, "\n") .. "\n" or "")
end

-- open() -> history. Where it cannot be kept, history.why says why, and it lives as long as the session.
function M.open()
  local history = setmetatable({ list = {} }, History)
  local folder = state_folder()
  if not folder then
    history.why = "neither XDG_STATE_HOME nor HOME says where"
    return history
  end
  local path = folder .. "/history"
  local ok, err = pcall(function()
    fs.make_folder(folder)
    local before = fs.exists(path) and read(path) or {}
    history.list = without_repeats(before)
    write(path, history.list) -- whatever its mode was, it is ours alone now
  end)
  history.path, history.why = ok and path or nil, not ok and tostring(err) or nil
  return history
end

-- The names under which the vendors take secrets, each with its place in a pattern.
local secret_names

local function add_secrets(names, fields)
  for _, field in ipairs(fields or {}) do
    if field.secret then
      names[field.name] = true
    end
    add_secrets(names, field.fields)
  end
end

local function known_secrets()
  if not secret_names then
    secret_names = {}
    for _, vendor in ipairs(catalogue.vendors()) do
      local described = catalogue.describe(vendor)
      add_secrets(secret_names, described.settings)
      for _, operation in ipairs(described.operations) do
        add_secrets(secret_names, operation.params)
      end
    end
  end
  return secret_names
end

-- A text under the name of a secret parameter is a secret nobody has told the program of.
local function gives_secret(text)
  for name in text:gmatch "([%a_][%w_]*)[%]\"']*%s*=%s*[\"'%[]" do
    if known_secrets()[name] then
      return true
    end
  end
  return false
end

-- Whether a text may be remembered.
function M.may_keep(text)
  return native.may_be_kept(text) and not gives_secret(text)
end

-- add(text): the newest entry.
function History:add(text)
  text = text:gsub("%s+$", "")
  if text == "" or not M.may_keep(text) then
    return
  end
  self.list[#self.list + 1] = text
  self.list = without_repeats(self.list)
  if not self.path then
    return
  end
  local file = io.open(self.path, "a")
  if file then
    file:write(pack(text), "\n")
    file:close()
  end
end

return M
