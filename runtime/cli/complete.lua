-- beadle complete -- [WORD...]: what may follow these words; completion scripts ask it
-- SPDX-License-Identifier: MIT

local complete_words = require "beadle.cli.complete_words"
local pretty = require "beadle.pretty"

local USAGE = [[
Usage: beadle complete -- [WORD...]

Prints what the last word may become, for the completion scripts of `beadle completion`. Each line is a candidate, a
tab and what it is; a last line that begins with a colon asks the shell for names of its own: :file, :lua or :folder,
and after a tab the part of the word that stands before the name.
]]

local WIDEST = 70

local function run(first, ...)
  if first ~= "--" then
    print(USAGE)
    return first == nil and 2 or 0
  end
  local list, asks = complete_words.candidates { ... }
  local lines = {}
  for at, each in ipairs(list) do
    lines[at] = ("%s\t%s\n"):format(each.text, pretty.shorten((each.doc:gsub("%s+", " ")), WIDEST))
  end
  if asks then
    lines[#lines + 1] = (":%s\t%s\n"):format(asks.kind, asks.prefix)
  end
  io.write(table.concat(lines))
  return 0
end

return { run = run, usage = USAGE, spec = {}, takes = { "argument..." } }
