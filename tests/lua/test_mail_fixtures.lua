-- SPDX-License-Identifier: MIT
-- mail.send, as its message leaves and as a server's replies come back: see fixtures.lua.

local test = require "beadle.test"

local CASES = {
  { "send", "", "full", "html", "error-421", "error-432", "error-450", "error-451", "error-452", "error-454",
    "error-455", "error-521", "error-530", "error-534", "error-535", "error-538", "error-550", "error-551",
    "error-552", "error-553", "error-554", "error-555", "error-556", "rate-limit", "congestion",
    "error-unlisted" },
}

require("fixtures").of("mail", CASES, "smtp://mail.example.org:587"):describe()

test.run()
