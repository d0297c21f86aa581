-- SPDX-License-Identifier: MIT
-- How long a person waits for Tab: the first answer of a session and the later ones, with all vendors loaded.
-- Prints "FIRST WORST MEDIAN" in milliseconds, and how many answers that was. The aim is 20 ms.

local catalogue = require "beadle.catalogue"
local complete = require "beadle.complete"
local repl = require "beadle.repl_names"

local session = { variables = {}, modules = repl.modules() }

local function measure(text)
  local begun = os.clock()
  complete.answer(session, text, 120)
  return (os.clock() - begun) * 1000
end

local texts = { "iso", "x = pri", "beadle.", ":pro", "?isograd.add" }
for _, vendor in ipairs(catalogue.vendors()) do
  texts[#texts + 1] = vendor .. "."
  for _, operation in ipairs(catalogue.describe(vendor).operations) do
    texts[#texts + 1] = operation.full_name .. " { "
    for _, param in ipairs(operation.params) do
      texts[#texts + 1] = ("%s { %s = "):format(operation.full_name, param.name)
    end
  end
end

local first = measure(texts[1])
local times, worst, where = {}, 0, nil
for _, text in ipairs(texts) do
  local took = measure(text)
  times[#times + 1] = took
  if took > worst then
    worst, where = took, text
  end
end
table.sort(times)
print(("%.2f %.2f %.3f %d"):format(first, worst, times[#times // 2], #times))
io.stderr:write(("slowest: %s\n"):format(where))
