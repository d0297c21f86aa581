-- SPDX-License-Identifier: MIT
-- Lists of Syfadis: query options, pages, and where they end.

local json = require "beadle.json"
local odata = require "beadle.odata"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.syfadis

local GRACE, ALAN, PIERRE = 327680, 327681, 126976000

test.before_each(sandbox.reset)

local function refused(kind, fn, ...)
  local ok, err = pcall(fn, ...)
  test.falsy(ok)
  if type(err) ~= "table" then
    error(err, 0)
  end
  equal(err.kind, kind)
  return err
end

local function names(list, property)
  local result = {}
  for i, each in ipairs(list) do
    result[i] = each[property or "Name"]
  end
  return table.concat(result, ",")
end

local function user(id, more)
  local params = { id = id or GRACE }
  for name, value in pairs(more or {}) do
    params[name] = value
  end
  return syfadis.get_user(params)
end

describe("lists", function()
  local function users(options)
    return names(syfadis.list_users(options).value, "FirstName")
  end

  it("are filtered", function()
    equal(users { filter = odata.eq("FirstName", "Pierre"), select = { "FirstName", "LastName" }, top = 50 }, "Pierre")
    equal(users { filter = odata.eq("LastName", "D'Exemple") }, "Zoé")
    equal(users { filter = odata.contains("Mail", "nakamura") }, "Jun")
    equal(users { filter = odata.all(odata.startswith("LastName", "N"), odata.eq("Gender", "Female")) },
      "Amélie,Emmy")
    equal(users { filter = odata.all(odata.eq("Gender", "2"), odata.endswith("LastName", "er")) }, "Grace,Emmy,Greta")
    equal(users { filter = odata.any(odata.eq("Id", GRACE), odata.eq("Code", "e-1002")) }, "Grace,Alan")
    equal(users { filter = odata.no(odata.lt("Id", 327690)) }, "Greta,Pierre")
    equal(users { filter = odata.one_of("Id", { GRACE, ALAN }) }, "Grace,Alan")
    equal(users { filter = odata.among("Login", { "grace.hopper", "alan.turing" }) }, "Grace,Alan")
    equal(users { filter = odata.all(odata.eq("PrimaryDomain/Name", "Académie"), odata.le("Id", ALAN),
      odata.ge("Id", GRACE)) }, "Grace,Alan")
    equal(users { filter = odata.some("UserRoles", "r", odata.eq("r/Role/Name", "Apprenant")) }, "Grace")
    equal(users { filter = odata.eq(odata.call("tolower", "LastName"), "turing") }, "Alan")
    equal(users { filter = odata.ne("DeletedOn", nil) }, "")
    equal(users { filter = odata.all(odata.eq("NoMailing", false), odata.gt("Id", 327688), odata.lt("CreatedOn",
      odata.date "2100-01-01")) }, "Bruno,Greta,Pierre")
  end)

  it("are sorted, cut and counted", function()
    equal(users { orderby = { odata.desc "LastName" }, top = 2 }, "Oskar,Alan")
    equal(users { orderby = { "Gender", odata.desc "Id" }, top = 1, filter = odata.eq("Gender", "Female") }, "Greta")
    equal(users { orderby = "Id", skip = 1, top = 2 }, "Alan,Zoé")
    local answer = syfadis.list_users { top = 1, count = true }
    equal(answer["@odata.count"], 12)
    equal(answer:complete(), true)
  end)

  it("show what is chosen, and expand what is asked for", function()
    local one = syfadis.list_users { filter = odata.eq("Id", GRACE), select = "FirstName" }.value[1]
    same({ FirstName = one.FirstName, count = #one }, { FirstName = "Grace", count = 0 })
    equal(one.LastName, nil)
    local grace = user(GRACE, { expand = odata.expand("UserRoles", { expand = { "Role", "Domain" } }) })
    equal(grace.UserRoles[1].Role.Name, "Apprenant")
    equal(grace.UserRoles[1].Domain.Id, 163840)
    equal(user().UserRoles, nil)
    equal(names(user(GRACE, { expand = odata.expand("Domains", { filter = odata.eq("Code", "FSD"), select = "Name" }) })
      .Domains), "Futurskill")
    equal(user(GRACE, { expand = { "PrimaryDomain", "Jobs" } }).PrimaryDomain.Name, "Académie")
  end)

  it("refuse what a service refuses", function()
    for _, filter in ipairs { "Nome eq 'x'", "Id eq 'x'", "FirstName eq 5", "FirstName eq", "eq 5", "FirstName",
      "nothing(FirstName)", "FirstName eq 'a' or", "CreatedOn gt '2026-01-01'", "PrimaryDomain/Nome eq 'x'",
      "(Id eq 1", "Id eq 1 Id eq 2", "Id ~ 5", "contains(FirstName)" } do
      local err = refused("rejected", syfadis.list_users, { filter = filter })
      equal(err.status, 400)
      equal(err.outcome, nil)
    end
    refused("rejected", syfadis.list_users, { select = { "Nome" } })
    refused("rejected", syfadis.list_users, { expand = "Friends" })
    refused("rejected", syfadis.list_users, { expand = "Domains(" })
    refused("rejected", syfadis.list_users, { orderby = "Nome" })
    refused("argument", syfadis.list_users, { top = -1 })
    refused("argument", syfadis.list_users, { filters = "x" })
  end)

  it("come in pages", function()
    twin.set { page_size = 5 }
    local answer = syfadis.list_users { select = "Id", orderby = "Id" }
    equal(#answer.value, 5)
    equal(answer:complete(), false)
    test.truthy(answer["@odata.nextLink"])
    local ids = {}
    for each in answer:each() do
      ids[#ids + 1] = each.Id
    end
    equal(#ids, 12)
    equal(ids[12], PIERRE)
    equal(twin.counts().list_users, 3)
    local all, complete = syfadis.list_users { top = 7 }:all()
    equal(#all, 7)
    equal(complete, true)
    all, complete = syfadis.list_users():all { limit = 6, cut = true }
    equal(#all, 6)
    equal(complete, false)
    refused("argument", function() syfadis.list_users():all { limit = 11 } end)
    equal(#syfadis.list_users():all { limit = 12 }, 12)
    equal(#syfadis.list_users { filter = odata.contains("LastName", "é' &#+") }:all(), 0)
  end)

  it("fetch a page when it is needed", function()
    twin.set { page_size = 5 }
    local each = syfadis.list_users():each()
    for _ = 1, 5 do
      each()
    end
    equal(twin.counts().list_users, 1)
    each()
    equal(twin.counts().list_users, 2)
  end)

  it("do not follow a link to another host, or in a circle", function()
    local function answer(link)
      twin.fault { kind = "answer", operation = "list_users", type = "application/json",
        body = json.encode { value = { { Id = 1 } }, ["@odata.nextLink"] = link } }
    end
    for _, link in ipairs { "https://evil.example.net/odata-api/Users?$skiptoken=1", "//evil.example.net/x",
      "http://academy.example.org/odata-api/Users", "https://academy.example.org:8443/odata-api/Users",
      "https://academy.example.org@evil.example.net/", "javascript:1" } do
      answer(link)
      local err = refused("decode", function() syfadis.list_users():all() end)
      equal(err.operation, "syfadis.list_users")
      equal(#twin.requests { operation = "list_users" }, 1)
      twin.reset()
    end
    local here = "https://academy.example.org/odata-api/Users?$skiptoken=1"
    for _ = 1, 3 do
      answer(here)
    end
    local err = refused("decode", function() syfadis.list_users():all() end)
    test.truthy(err.message:find("circle", 1, true))
    twin.reset()
    answer "Users?$skiptoken=11" -- a relative one is of this host
    equal(#syfadis.list_users():all(), 2)
    refused("argument", syfadis.get_user, { id = GRACE }, { page = here })
  end)
end)

test.run()
