-- SPDX-License-Identifier: MIT
-- beadle.odata: expressions and options from values, and the client for any service, here over the sandbox.

local json = require "beadle.json"
local odata = require "beadle.odata"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local function refused(fn, ...)
  local ok, err = pcall(fn, ...)
  test.falsy(ok)
  equal(type(err) == "table" and err.kind, "argument")
  return err
end

describe("values", function()
  it("are written as OData writes them", function()
    for wanted, value in pairs {
      ["'Pierre'"] = "Pierre", ["'D''Exemple'"] = "D'Exemple", ["''''"] = "'", ["''"] = "", ["5"] = 5, ["-5"] = -5,
      ["2.5"] = 2.5, ["0.1"] = 0.1, ["3852664867"] = 3852664867, ["true"] = true, ["false"] = false,
      ["null"] = json.null, ["2026-01-15"] = odata.date "2026-01-15",
      ["2026-01-15T08:00:00Z"] = odata.time "2026-01-15T08:00:00Z",
      ["2026-01-15T08:00:00.2081327+01:00"] = odata.time "2026-01-15T08:00:00.2081327+01:00",
      ["01234567-89ab-cdef-0123-456789abcdef"] = odata.guid "01234567-89ab-cdef-0123-456789abcdef",
      ["My.Colour'Red'"] = odata.enum("My.Colour", "Red"), ["'É & = #'"] = "É & = #",
    } do
      equal(odata.literal(value), wanted)
    end
    equal(odata.literal(nil), "null")
    equal(odata.literal(9.0), "9")
  end)

  it("that are none are refused", function()
    for _, value in ipairs { 0 / 0, math.huge, -math.huge, {}, print } do
      refused(odata.literal, value)
    end
    for _, text in ipairs { "2026-1-5", "2026-01-15' or 1 eq 1", "" } do
      refused(odata.date, text)
      refused(odata.time, text)
      refused(odata.guid, text)
    end
    refused(odata.time, "2026-01-15T08:00:00")
    refused(odata.enum, "My'Colour", "Red")
  end)
end)

describe("an expression", function()
  it("compares", function()
    equal(odata.eq("FirstName", "Pierre"), "FirstName eq 'Pierre'")
    equal(odata.ne("DeletedOn", nil), "DeletedOn ne null")
    equal(odata.gt("Rate", 2), "Rate gt 2")
    equal(odata.ge("StartedOn", odata.date "2026-01-15"), "StartedOn ge 2026-01-15")
    equal(odata.lt("TrainingSession/Id", 5), "TrainingSession/Id lt 5")
    equal(odata.le("Domains/$count", 3), "Domains/$count le 3")
    equal(odata.contains("Name", "l'été"), "contains(Name,'l''été')")
    equal(odata.startswith("Name", "A"), "startswith(Name,'A')")
    equal(odata.endswith("Name", "z"), "endswith(Name,'z')")
    equal(odata.eq(odata.call("tolower", "Name"), "ada"), "tolower(Name) eq 'ada'")
    equal(odata.eq(odata.call("substring", "Name", 1, 2), "da"), "substring(Name,1,2) eq 'da'")
  end)

  it("joins with the parentheses that it needs, and no others", function()
    local a, b, c = odata.eq("A", 1), odata.eq("B", " or "), odata.eq("C", "x) or (y")
    equal(odata.all(a, b), "A eq 1 and B eq ' or '")
    equal(odata.any(a, b), "A eq 1 or B eq ' or '")
    equal(odata.all(odata.any(a, b), c), "(A eq 1 or B eq ' or ') and C eq 'x) or (y'")
    equal(odata.any(odata.all(a, b), c), "A eq 1 and B eq ' or ' or C eq 'x) or (y'")
    equal(odata.no(odata.any(a, c)), "not (A eq 1 or C eq 'x) or (y')")
    equal(odata.all("Raw/Text eq 'x' or Y eq 2", a), "(Raw/Text eq 'x' or Y eq 2) and A eq 1")
    equal(odata.all(odata.eq("TrainingSession/Id", 2247950336), odata.eq("MeetingMode", "Presential")),
      "TrainingSession/Id eq 2247950336 and MeetingMode eq 'Presential'")
  end)

  it("looks for one of several values", function()
    equal(odata.one_of("Id", { 1, 2 }), "(Id eq 1 or Id eq 2)")
    equal(odata.one_of("Id", { 1 }), "Id eq 1")
    equal(odata.among("Code", { "a", "b'c" }), "Code in ('a','b''c')")
    equal(odata.all(odata.one_of("Id", { 1, 2 }), odata.eq("A", 1)), "(Id eq 1 or Id eq 2) and A eq 1")
    equal(odata.some("Domains", "d", odata.eq("d/Id", 5)), "Domains/any(d:d/Id eq 5)")
    equal(odata.every("Domains", "d", odata.ne("d/Name", "x")), "Domains/all(d:d/Name ne 'x')")
    refused(odata.one_of, "Id", {})
    refused(odata.among, "Id", 5)
  end)

  it("refuses names that are none and texts that are not closed", function()
    for _, path in ipairs { "", "A B", "A'", "A eq 1 or B", "A//B", "/A", "A)", 5 } do
      refused(odata.eq, path, 1)
    end
    refused(odata.contains, "Name", 5)
    for _, raw in ipairs { "", "  ", "A eq 'x", "(A eq 1", "A eq 1)", 5 } do
      refused(odata.all, raw, "B eq 1")
      refused(odata.no, raw)
    end
    refused(odata.all)
    refused(odata.call, "to lower", "Name")
    refused(odata.some, "Domains", "d:", "d/Id eq 1")
    refused(function() return odata.equals end)
  end)
end)

describe("options", function()
  it("nest in an expansion", function()
    equal(odata.expand "User", "User")
    equal(odata.expand("User", { select = "Name" }), "User($select=Name)")
    equal(odata.expand("UserRoles", { expand = { "Role", "Domain" } }), "UserRoles($expand=Role,Domain)")
    equal(odata.expand("Trainee", { select = { "Id" }, expand = odata.expand("User", { select = { "Name", "Mail" } }),
      filter = odata.eq("Id", 5), orderby = odata.desc "Id", top = 1, skip = 2, count = true }),
      "Trainee($select=Id;$expand=User($select=Name,Mail);$filter=Id eq 5;$orderby=Id desc;$top=1;$skip=2;$count=true)")
  end)

  it("make a query, encoded", function()
    equal(odata.query {}, "")
    equal(odata.query { filter = odata.eq("Name", "D'É & #+%"), select = { "Id", "Name" } },
      "$select=Id%2CName&$filter=Name%20eq%20%27D%27%27%C3%89%20%26%20%23%2B%25%27")
    equal(odata.query { orderby = { odata.desc "Name", odata.asc "Id" }, top = 50, skip = 0, count = false },
      "$orderby=Name%20desc%2CId%20asc&$top=50&$skip=0&$count=false")
    equal(odata.query { expand = { "A", odata.expand("B", { select = "C" }) } }, "$expand=A%2CB%28%24select%3DC%29")
  end)

  it("that are none are refused", function()
    refused(odata.query, { tops = 5 })
    refused(odata.query, { top = -1 })
    refused(odata.query, { top = 2.5 })
    refused(odata.query, { select = { "A B" } })
    refused(odata.query, { select = {} })
    refused(odata.query, { expand = { "A(" } })
    refused(odata.query, { filter = "A eq '" })
  end)

  it("name an entity", function()
    equal(odata.entity("Users", 327680), "Users(327680)")
    equal(odata.entity("Users", "it's"), "Users('it''s')")
    equal(odata.entity("Lines", { Order = 1, Item = "a" }), "Lines(Item='a',Order=1)")
    refused(odata.entity, "Users)", 1)
  end)
end)

-- Pages that a fetch gives, by link.
local function fetch_of(by_link, asked)
  return function(link)
    asked[#asked + 1] = link or "first"
    return by_link[link or "first"]
  end
end

local function collect(iterator)
  local list = {}
  for item in iterator do
    list[#list + 1] = item
  end
  return table.concat(list, ",")
end

describe("pages", function()
  local NEXT = "@odata.nextLink"

  it("are fetched as they are needed", function()
    local asked = {}
    local each = odata.each(fetch_of({ first = { value = { 1, 2 }, [NEXT] = "b" }, b = { value = {}, [NEXT] = "c" },
      c = { value = { 3 } } }, asked))
    equal(each(), 1)
    equal(#asked, 1)
    equal(each(), 2)
    equal(#asked, 1)
    equal(each(), 3)
    equal(table.concat(asked, ","), "first,b,c")
    equal(each(), nil)
  end)

  it("that go in a circle are an error", function()
    local each = odata.each(fetch_of({ first = { value = { 1 }, [NEXT] = "b" },
      b = { value = { 2 }, [NEXT] = "b" } }, {}))
    local ok, err = pcall(collect, each)
    equal(ok, false)
    equal(err.kind, "decode")
    test.truthy(err.message:find("circle", 1, true))
  end)

  it("that are empty for ever are an error", function()
    local number = 0
    local ok, err = pcall(collect, odata.each(function()
      number = number + 1
      return { value = {}, [NEXT] = "page" .. number }
    end))
    equal(ok, false)
    test.truthy(err.message:find("empty", 1, true))
    test.truthy(number < 200)
  end)

  it("have a limit", function()
    local function endless(link)
      local number = tonumber(link or "1")
      return { value = { number }, [NEXT] = tostring(number + 1) }
    end
    equal(collect(odata.each(endless, { limit = 3, cut = true })), "1,2,3")
    equal(collect(odata.each(endless, { limit = 0, cut = true })), "")
    local ok, err = pcall(collect, odata.each(endless, { limit = 3 }))
    equal(ok, false)
    test.truthy(err.message:find("more than 3 items", 1, true))
    equal(collect(odata.each(fetch_of({ first = { value = { 1, 2, 3 } } }, {}), { limit = 3 })), "1,2,3")
    refused(odata.each, endless, { limits = 3 })
    refused(odata.each, endless, { limit = "3" })
  end)
end)

test.run()
