-- beadle repl [--yes]: opens a session: every line runs, Tab completes, :help says more
-- SPDX-License-Identifier: MIT

local options = require "beadle.options"

local SPEC = {
  { name = "yes", doc = "do not ask before something is changed at a real vendor" },
}

local USAGE = [=[
Usage: beadle [--profile NAME] repl [--yes]
       beadle -i [SCRIPT [ARGUMENTS]]

Opens a session in the sandbox, or with --profile at real vendors. Standard input that is no terminal is run line by
line, up to the first error.

]=]

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands > 0 then
    options.fail(("repl takes no \"%s\"; `beadle -i SCRIPT` runs a script first"):format(operands[1]))
  end
  return require("beadle.repl").run { yes = values.yes }
end

return { run = run, usage = USAGE, spec = SPEC, takes = {} }
