#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle.test: what it says of tests that pass and fail, and its exit status.
. "$(dirname "$0")/lib.sh"

cat >late.lua <<'END'
local async = require "beadle.async"
local test = require "beadle.test"
test.limit = 0.01
test.it("swallows its end", function() pcall(async.sleep, "1 hour") end)
test.run()
END
run late.lua
verdict "a test that lasts too long has failed, though it hides it" sh -c 'grep -q "^FAILED  swallows its end" out &&
  grep -q "it lasted longer than 0.01 s" out'
verdict "a failed test is exit status 1" is_status 1

finish
