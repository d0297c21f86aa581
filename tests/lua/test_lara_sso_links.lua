-- SPDX-License-Identifier: MIT
-- scripts/lara-sso-links.lua against the sandbox.

local fs = require "beadle.fs"
local http = require "beadle.http"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local console = require "recipe_console"
local describe, it, equal = test.describe, test.it, test.equal

local twin = sandbox.lara
local recipe = dofile "scripts/lara-sso-links.lua"

local function file(count)
  local lines = { "id,note" }
  for index, user in ipairs(twin.users()) do
    if index <= count then
      lines[#lines + 1] = ("%s,%s"):format(user.id, user.firstName)
    end
  end
  return console.file(table.concat(lines, "\n") .. "\n")
end

test.before_each(sandbox.reset)
test.after_each(console.clean)

describe("a list of users", function()
  it("gets a link each, in the file", function()
    local path = console.path ".csv"
    local result = console.run(recipe, { "--rows", file(3), "--redirectType", "my_dashboard", "--output", path })
    equal(result.status, 0)
    local rows = console.read_csv(path)
    equal(#rows, 3)
    for index, row in ipairs(rows) do
      equal(row.id, twin.users()[index].id)
      equal(row.note, twin.users()[index].firstName)
      local page = http.get(row.urlSSO)
      equal(page.status, 200)
      test.contains(page.body, row.note)
    end
    test.contains(result.out, "hand each to its user")
  end)

  it("does not have its links on the terminal", function()
    for _, more in ipairs { {}, { "--output", console.path ".json" } } do
      local result = console.run(recipe, { "--rows", file(3), "--redirectType", "my_dashboard",
        table.unpack(more) })
      equal(result.status, 0)
      test.lacks(result.out .. result.err .. result.drawn, "token=")
    end
  end)

  it("has them as JSON when that is asked for", function()
    local result = console.run(recipe, { "--rows", file(2), "--urlRedirect", "https://portal.example.org/x", "--json" })
    equal(result.status, 0)
    test.contains(result.out, "token=")
    equal(json.decode(result.out).recipe, "lara-sso-links")
  end)

  it("with somebody unknown names that one, and does the rest", function()
    local path, failed = console.path ".csv", console.path ".csv"
    local rows = fs.read(file(1)) .. "NOBODY%3d%3d,x\n"
    local result = console.run(recipe, { "--rows", console.file(rows), "--redirectType", "my_dashboard", "--output",
      path, "--failed", failed })
    equal(result.status, 1)
    test.contains(result.err, "there is no such user")
    equal(#console.read_csv(failed), 1)
  end)

  it("without saying where links lead is refused before anything is sent", function()
    local result = console.run(recipe, { "--rows", file(2) })
    test.contains(result.err, "redirectType or urlRedirect is required")
    equal(twin.counts().get_sso_url, nil)
  end)

  it("that names somebody twice is refused", function()
    local rows = fs.read(file(1))
    local again = rows:match "\n(.-)\n"
    local result = console.run(recipe, { "--rows", console.file(rows .. again .. "\n"), "--redirectType", "1" })
    test.contains(result.err, "line 3: the same id as line 2")
  end)

  it("stops when the key is wrong", function()
    twin.fault { kind = "answer", operation = "get_sso_url", times = 100, type = "application/json",
      body = json.encode { errors = { code = 17, message = "Invalid ApiID" } } }
    local result = console.run(recipe, { "--rows", file(3), "--redirectType", "1" })
    equal(result.error.kind, "auth")
  end)
end)

describe("one user", function()
  it("gets a link, shown", function()
    local result = console.run(recipe, { "--id", twin.users()[1].id, "--redirectType", "workspace", "--refId",
      "TESTREFAAAA%3d%3d" })
    equal(result.status, 0)
    test.match(result.out, "urlSSO +https://portal.example.org/")
  end)

  it("needs a refId where the link leads to something", function()
    local result = console.run(recipe, { "--id", twin.users()[1].id, "--redirectType", "workspace" })
    equal(result.error.kind, "argument")
    test.contains(result.error.message, "need refId")
  end)
end)

test.run()
