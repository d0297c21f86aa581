-- SPDX-License-Identifier: MIT
-- The operation of Lära, as it leaves and as its answers come back: see fixtures.lua.

local test = require "beadle.test"

local CASES = {
  { "get_sso_url", "", "full", "via", "url", "error-1", "error-2", "error-3", "error-4", "error-5", "error-6",
    "error-7", "error-8", "error-9", "error-10", "error-11", "error-12", "error-13", "error-14", "error-15",
    "error-16", "error-17", "error-18", "error-19", "error-20", "error-21", "error-22", "error-23", "error-39",
    "error-status-400", "error-list", "error-unlisted", "error-text", "no-link", "html-page", "error-500",
    "empty" },
}

require("fixtures").of("lara", CASES, "https://portal.example.org"):describe()

test.run()
