-- SPDX-License-Identifier: MIT
-- beadle lti keys: the private keys of this platform, and the key set to publish.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local keyring = require "beadle.lti.keyring"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SIZES = { ["2048"] = 2048, ["3072"] = 3072, ["4096"] = 4096 }

local function size(text)
  return SIZES[text], "2048, 3072 or 4096"
end

local SPEC = {
  { name = "dir", value = "FOLDER", doc = "where the keys are; else $XDG_STATE_HOME/beadle/lti" },
  { name = "bits", value = "N", take = size, doc = "of a new key: 2048 (the default), 3072 or 4096" },
  { name = "drop", value = "KID", list = true,
    doc = "forget an old key: tokens that it signed are refused from then on" },
  { name = "jwks", doc = "print the key set to publish, as JSON" },
}

local COMMANDS = { "list", "make", "rotate" }

local function print_list(folder)
  local all, rows = keyring.list(folder), {}
  if #all == 0 then
    print(("There is no key in %s. `beadle lti keys make` makes one."):format(folder))
    return
  end
  for i = #all, 1, -1 do
    rows[#rows + 1] = { all[i].kid, ("%d bits"):format(all[i].key:bits()), all[i].date,
      i == #all and "signs" or "published" }
  end
  print(pretty.table({ "key", "size", "made", "use" }, rows))
end

local function make(folder, bits)
  if #keyring.list(folder) > 0 then
    options.fail(("there is a key in %s already"):format(folder), "`beadle lti keys rotate` makes the next.")
  end
  print(("Made %s in %s. It signs from now on."):format(keyring.add(folder, bits):kid(), folder))
end

local function rotate(folder, bits)
  local all = keyring.list(folder)
  if #all == 0 then
    options.fail(("there is no key in %s yet"):format(folder), "`beadle lti keys make` makes the first.")
  end
  local old = all[#all].kid
  print(("Made %s. It signs from now on; %s stays published until --drop %s."):format(
    keyring.add(folder, bits):kid(), old, old))
end

local USAGE = [[
Usage: beadle lti keys [list | make | rotate] [OPTIONS]

  list       shows the keys, the newest first
  make       makes the first key
  rotate     makes the next key, which signs from then on; the old ones stay published

A key is a file that only its owner may read. Publish what --jwks prints, or let lti.platform serve it.

]]

local function choose(operands)
  local command = operands[1] or "list"
  if #operands > 1 then
    options.fail "keys takes one of list, make and rotate"
  end
  for _, known in ipairs(COMMANDS) do
    if command == known then
      return command
    end
  end
  local nearest = catalogue.nearest(command, COMMANDS)
  return options.fail(("keys has no command \"%s\""):format(command), nearest and ("Did you mean %s?"):format(nearest)
    or "Known are: list, make, rotate.")
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  end
  local command, folder = choose(operands), values.dir or keyring.folder()
  if values.bits and command == "list" then
    options.fail "--bits is of a key that is made"
  elseif values.drop and command == "make" then
    options.fail "make and --drop contradict each other"
  end
  if command == "make" then
    make(folder, values.bits)
  elseif command == "rotate" then
    rotate(folder, values.bits)
  end
  for _, kid in ipairs(values.drop or {}) do
    keyring.drop(folder, kid)
    print(("Forgot %s."):format(kid))
  end
  if values.jwks then
    print(json.encode(keyring.jwks(folder)))
  elseif command == "list" and not values.drop then
    print_list(folder)
  end
  return 0
end

return { run = run, summary = "makes, lists and rotates the keys that sign launches of LTI 1.3",
  usage = USAGE, spec = SPEC, takes = { "list|make|rotate" } }
