-- SPDX-License-Identifier: MIT
-- Links of the simulated Lära and tokens of the simulated Inspera as time goes by. Runs with --virtual-time.

local async = require "beadle.async"
local http = require "beadle.http"
local lara = require "beadle.lara"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

test.limit = 7200

test.before_each(sandbox.reset)

local function link()
  return lara.get_sso_url { id = sandbox.lara.users()[1].id, redirectType = 1 }.urlSSO
end

describe("a link", function()
  it("can be used for five minutes", function()
    local first, second = link(), link()
    async.sleep "299 s"
    equal(http.get(first).status, 200)
    async.sleep "2 s"
    equal(http.get(second).status, 403)
  end)
end)

describe("a token of Inspera", function()
  it("is renewed before it ends", function()
    local inspera = require "beadle.inspera"
    local committees = { testId = 3437420, committees = { { name = "Jury A" } } }
    inspera.create_committees(committees)
    async.sleep "58 min"
    inspera.create_committees(committees)
    equal(sandbox.inspera.counts().authenticate, 1)
    async.sleep "90 s"
    inspera.create_committees(committees)
    equal(sandbox.inspera.counts().authenticate, 2)
    equal(sandbox.inspera.counts().create_committees, 3)
  end)
end)

test.run()
