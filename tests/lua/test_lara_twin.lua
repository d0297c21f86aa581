-- SPDX-License-Identifier: MIT
-- The simulated Lära: who is signed in by a link, how often, and how long.

local async = require "beadle.async"
local http = require "beadle.http"
local json = require "beadle.json"
local lara = require "beadle.lara"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local twin = sandbox.lara
local KEY = "00000000000000000000000000000000"

test.before_each(sandbox.reset)

local function user(number)
  return twin.users()[number or 1]
end

local function link_of(args)
  args = args or {}
  args.id = args.id or user().id
  args.redirectType = args.redirectType or not args.urlRedirect and lara.redirect_type.my_dashboard or nil
  return lara.get_sso_url(args).urlSSO
end

-- A request as some other program would make it; gives the errors of the answer, its code, and its status.
local function post(body, headers)
  local answer = http.request { method = "POST", url = "https://portal.example.org/lmsapi/user/getsso",
    body = type(body) == "table" and json.encode(body) or body,
    headers = headers or { ApiID = KEY, ["Content-Type"] = "application/json" } }
  local errors = json.decode(answer.body).errors
  return errors, errors and errors.code, answer.status
end

local function code_of(body, headers)
  return (select(2, post(body, headers)))
end

describe("a link", function()
  it("signs its user in, and says where it leads", function()
    local page = http.get(link_of { redirectType = lara.redirect_type.workspace, refId = "TESTREF%3d" })
    equal(page.status, 200)
    test.contains(page.body, user().firstName)
    test.contains(page.body, "redirectType 4 TESTREF%3d")
  end)

  it("is used once", function()
    local link = link_of()
    equal(http.get(link).status, 200)
    equal(http.get(link).status, 403)
  end)

  it("is another one each time", function()
    local first, second = link_of(), link_of()
    equal(first ~= second, true)
    equal(http.get(second).status, 200)
    equal(http.get(first).status, 200)
  end)

  it("ends", function()
    twin.set { link_lifetime = 0.02 }
    local link = link_of()
    async.sleep(0.05)
    local page = http.get(link)
    equal(page.status, 403)
    test.contains(page.body, "too old")
  end)

  it("that was made up leads nowhere", function()
    equal(http.get("https://portal.example.org/Web/SignInSSO?token=0123").status, 403)
    equal(http.get("https://portal.example.org/Web/SignInSSO").status, 403)
  end)

  it("leads to an address, which wins over a kind of page", function()
    local page = http.get(link_of { urlRedirect = "https://portal.example.org/a?b=1&c=2", redirectType = 1 })
    test.contains(page.body, "https://portal.example.org/a?b=1&amp;c=2")
  end)
end)

describe("users", function()
  it("are the people of all sandboxes, with opaque ids", function()
    equal(#twin.users(), 11)
    test.match(user().id, "%%3d%%3d$")
    same(user(1).email, "grace.hopper@example.org")
  end)

  it("that nobody knows have no link", function()
    local err = test.raises("not_found", lara.get_sso_url, { id = "NOBODY%3d%3d", redirectType = 1 })
    equal(err.code, 39)
  end)

  it("are unknown when their id was decoded on the way", function()
    test.raises("not_found", lara.get_sso_url, { id = user().id:gsub("%%3d", "="), redirectType = 1 })
  end)
end)

describe("the key", function()
  local BODY = { id = "x", redirectType = 1 }

  it("is asked for", function()
    equal(code_of(BODY, { ["Content-Type"] = "application/json" }), 16)
    equal(code_of(BODY, { ["Content-Type"] = "application/json", ApiID = "" }), 16)
  end)

  it("has to be the right one", function()
    equal(code_of(BODY, { ["Content-Type"] = "application/json", ApiID = "1" }), 17)
    equal(code_of(BODY, { ["Content-Type"] = "application/json", apiid = KEY }), 39)
  end)

  it("is refused from addresses that are not allowed", function()
    twin.set { address_refused = true }
    local err = test.raises("permission", lara.get_sso_url, { id = user().id, redirectType = 1 })
    equal(err.code, 19)
    test.contains(err.hint, "Add the address")
  end)
end)

describe("what is refused", function()
  it("has the vendor's numbers", function()
    local id = user().id
    equal(code_of "{", 13)
    equal(code_of("{}", { ApiID = KEY, ["Content-Type"] = "text/plain" }), 13)
    equal(code_of { redirectType = 1 }, 1)
    equal(code_of { id = id, redirectType = 3 }, 1)
    equal(code_of { id = 7, redirectType = 1 }, 2)
    equal(code_of { id = id, redirectType = 6 }, 2)
    equal(code_of { id = id, urlRedirect = "portal" }, 18)
    equal(code_of { id = id, redirectType = 1, refID = "x" }, 20)
    equal(code_of { id = id }, 20)
    equal(code_of { id = id, redirectType = 1 }, nil)
  end)

  it("says what is wrong with a name", function()
    local errors = post { id = user().id, redirectType = 1, refID = "x" }
    test.contains(errors.message, "did you mean refId?")
  end)

  it("is let through where it is only unknown, and the sandbox is not strict", function()
    twin.set { strict = false }
    equal(code_of { id = user().id, redirectType = 1, refID = "x" }, nil)
  end)

  it("has the status that is set, 200 as it begins", function()
    local _, code, status = post { id = "x", redirectType = 1 }
    same({ code, status }, { 39, 200 })
    twin.set { error_status = 400 }
    _, code, status = post { id = "x", redirectType = 1 }
    same({ code, status }, { 39, 400 })
    local err = test.raises("not_found", lara.get_sso_url, { id = "x", redirectType = 1 })
    same({ err.code, err.status }, { 39, 400 })
  end)

  it("takes null as nothing", function()
    equal(lara.get_sso_url { id = user().id, redirectType = 1, refId = json.null, portalId = json.null }.urlSSO ~= nil,
      true)
    test.raises("argument", lara.get_sso_url, { id = user().id, redirectType = json.null })
  end)
end)

describe("the sandbox", function()
  it("shows how it is used", function()
    local text = table.concat(twin.guide { base = "http://127.0.0.1:1" }, "\n")
    test.contains(text, "curl http://127.0.0.1:1/lmsapi/user/getsso -H 'ApiID: " .. KEY)
    test.contains(text, user().id)
  end)

  it("refuses settings and commands that it does not know", function()
    test.raises("argument", twin.set, { link_lifetme = 1 })
    test.raises("argument", twin.set, { error_status = "400" })
    test.raises("argument", twin.users, { id = 1 })
  end)
end)

test.run()
