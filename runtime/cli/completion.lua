-- beadle completion bash|zsh|fish: prints the script that completes beadle's command line
-- SPDX-License-Identifier: MIT

local bundle = require "beadle.cli.bundle"
local options = require "beadle.options"

local USAGE = [[
Usage: beadle completion bash|zsh|fish

Prints a script that makes Tab complete commands, options, operations and their parameters. Packages install it. To
have it without:

  bash   beadle completion bash >~/.local/share/bash-completion/completions/beadle
  zsh    beadle completion zsh >FOLDER/_beadle      where FOLDER is one of $fpath
  fish   beadle completion fish >~/.config/fish/completions/beadle.fish

]]

local function run(...)
  local values, operands = options.parse({}, { ... })
  if values.help then
    print(USAGE .. options.describe {})
    return 0
  end
  local script = #operands == 1 and bundle.read("shells/beadle." .. operands[1])
  if not script then
    options.fail("completion needs the name of a shell", "Known are: bash, zsh, fish.")
  end
  io.write(script)
  return 0
end

return { run = run, usage = USAGE, spec = {}, takes = { "bash|zsh|fish" } }
