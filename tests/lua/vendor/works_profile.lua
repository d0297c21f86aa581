-- SPDX-License-Identifier: MIT
-- The configuration for the made-up vendors of tests/vendor/works.c: they are the test server, which answers what it
-- got. Runs under tests/with-server, before anything else needs a configuration.

local fs = require "beadle.fs"

local M = { password = "test-pass:word-é", key = "test-key 0123" }

local base = ("http://127.0.0.1:%s/echo"):format(os.getenv "BEADLE_TEST_PORT"
  or error("run this under tests/with-server", 0))

local function profile(user, password)
  return ("{ works = { base_url = %q, user = %q, password = %q }, keyed = { base_url = %q, password = %q } }"):format(
    base, user, password, base, M.key)
end

local path = os.getenv "BEADLE_CONFIG"
os.remove(path)
fs.write(path, ("return { default = \"made_up\", profiles = { made_up = %s, colon = %s } }\n"):format(
  profile("ada", M.password), profile("a:b", M.password)))

-- header(answer, name): a header of the request that the server got; nil when it had none.
function M.header(answer, name)
  local found
  for _, pair in ipairs(answer.headers) do
    if pair[1]:lower() == name:lower() then
      found = found and found .. " AND " .. pair[2] or pair[2]
    end
  end
  return found
end

return M
