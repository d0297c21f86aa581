-- The options --secret-env and --secret-file of the commands of lti: a secret is never on the command line itself.
-- SPDX-License-Identifier: MIT

local native = require "beadle.config.native"
local options = require "beadle.options"

local M = {}

-- The secret that the options name; nil when they name none. Raises an error of usage.
function M.read(values)
  if values.secret_env and values.secret_file then
    options.fail "give --secret-env or --secret-file, not both"
  elseif not values.secret_env and not values.secret_file then
    return nil
  end
  local text, why, private = native.fetch(values.secret_env and "env" or "file",
    values.secret_env or values.secret_file)
  if not text then
    options.fail(("the secret cannot be read: %s"):format(why))
  elseif not private then
    options.fail(("others can read %s"):format(values.secret_file), "chmod 600 makes it yours alone.")
  end
  return native.secret("secret", text) or options.fail "that is too short to be a secret"
end

return M
