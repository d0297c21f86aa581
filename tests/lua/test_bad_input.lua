-- SPDX-License-Identifier: MIT
-- What people and spreadsheets put into parameters: it arrives as it is, or it is refused by name before anything is
-- sent. For all vendors, from the catalogue.

package.path = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/?.lua;" .. package.path
local calls = require "random_calls"
local reader = require "wire_reader"

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local odata = require "beadle.odata"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

math.randomseed(20260115)

-- Every parameter of every operation, with a legal set for it: visit(vendor, operation, param, args).
local function each_param(visit)
  for _, name in ipairs(catalogue.vendors()) do
    local vendor = calls.vendor(name)
    for _, operation in ipairs(vendor.callable) do
      for _, param in ipairs(operation.params) do
        if not param.flat and not param.means then
          visit(vendor, operation, param, calls.legal(vendor, operation))
        end
      end
    end
  end
end

-- A legal set that has this parameter with this value; nil when rules or a choice are against it.
local function with(vendor, operation, param, args, value)
  for _ = 1, 50 do
    for _, other in ipairs(operation.params) do
      if other.means == param.name then
        args[other.name] = nil
      end
    end
    args[param.name] = value
    if calls.is_legal(vendor, operation, args) then
      return args
    end
    args = calls.legal(vendor, operation)
  end
end

local function call(operation, args)
  return pcall(require("beadle." .. operation.vendor)[operation.name], args, { retry = false })
end

-- The request that a call makes; the vendor answers {}.
local function sent(operation, args)
  local twin = sandbox[operation.vendor]
  twin.fault { kind = "answer", operation = operation.name, body = "{}", type = "application/json" }
  local before = #twin.requests { operation = operation.name }
  call(operation, args)
  local requests = twin.requests { operation = operation.name }
  equal(#requests, before + 1)
  return requests[#requests]
end

-- Refused before anything is sent; gives the error.
local function refused(operation, args, name)
  local ok, err = call(operation, args)
  if ok or type(err) ~= "table" or err.kind ~= "argument" or err.outcome ~= "none"
    or not err.message:find(name, 1, true) then
    error(("not refused as it should be: %s\n  %s"):format(calls.call(operation, args), tostring(err)), 0)
  end
  return err
end

local function nothing_came()
  for _, name in ipairs(catalogue.vendors()) do
    equal(#sandbox[name].requests(), 0)
  end
end

test.before_each(sandbox.reset)

describe("in a path", function()
  it("a value stays one segment, whatever it holds", function()
    local count = 0
    each_param(function(vendor, operation, param, args)
      if param.place ~= "path" or param.enumeration or param.type == "integer" then
        return
      end
      for _, id in ipairs { "a/b", "?x=1", "#top", "%2F", "100%", "../up", "a..b", "..", " ", "a;b", "é", "'" } do
        args = with(vendor, operation, param, args, id) or args
        if args[param.name] == id and id ~= ".." then
          local request = sent(operation, args)
          test.same(reader.segments(request.path), calls.expected(vendor, operation, args).segments)
          test.same(reader.fields(request.query or ""), calls.expected(vendor, operation, args).query)
          count = count + 1
        elseif args[param.name] == id then
          test.contains(refused(operation, args, param.name).message, "would change the path")
        end
      end
      sandbox[vendor.name].reset()
    end)
    test.truthy(count > 500)
  end)

  it("a number has all its digits, and no point", function()
    each_param(function(vendor, operation, param, args)
      if param.place ~= "path" or (param.type ~= "integer" and param.type ~= "id") then
        return
      end
      for text, id in pairs { ["9007199254740993"] = 9007199254740993, ["9223372036854775807"] = math.maxinteger,
        ["7"] = 7.0, ["9007199254740992"] = 2.0 ^ 53 } do
        args = with(vendor, operation, param, args, id) or args
        if args[param.name] == id then
          test.contains(sent(operation, args).path, text)
        end
      end
      sandbox[vendor.name].reset()
    end)
  end)
end)

describe("an id beyond 2^53", function()
  it("has all its digits everywhere", function()
    local places = {}
    each_param(function(vendor, operation, param, args)
      local fits = not param.enumeration and (param.max == nil or param.max == math.maxinteger)
      args = param.type == "integer" and fits and with(vendor, operation, param, args, 9007199254740993)
      if args then
        local request = sent(operation, args)
        test.contains(request.path .. (request.query or "") .. request.body, "9007199254740993")
        places[param.place] = true
        sandbox[vendor.name].reset()
      end
    end)
    test.same(places, { path = true, query = true, form = true, json = true })
  end)

  it("that a float cannot hold is none", function()
    each_param(function(_, operation, param, args)
      if param.type == "integer" then
        args[param.name] = 2.0 ^ 63
        refused(operation, args, param.name)
      end
    end)
    nothing_came()
  end)
end)

describe("quotes in a filter", function()
  it("stay within the text that they are in", function()
    local name = "D'Exemple' or 1 eq 1 or LastName eq 'x"
    equal(#syfadis.list_users({ filter = odata.eq("LastName", name) }).value, 0)
    equal(#syfadis.list_users({ filter = odata.eq("LastName", "D'Exemple") }).value, 1)
    local requests = sandbox.syfadis.requests()
    equal(reader.fields(requests[1].query)["$filter"], "LastName eq 'D''Exemple'' or 1 eq 1 or LastName eq ''x'")
  end)

  it("cannot leave the query", function()
    for _, filter in ipairs { "a' eq \"b\"", "x&$top=1", "x#y", "x?y", "50%", "a+b", "a;b=c", "é 😀" } do
      local request = sent(calls.vendor("syfadis").operation.list_users, { filter = filter })
      test.same(reader.fields(request.query), { ["$filter"] = filter })
    end
  end)
end)

describe("the name of an entity in the wrong case", function()
  it("is refused with the right spelling", function()
    local count = 0
    each_param(function(_, operation, param, args)
      if not param.enumeration or type(param.enumeration.choices[1].value) ~= "string" or param.type ~= "string" then
        return
      end
      for _, choice in ipairs(param.enumeration.choices) do
        local wrong = choice.value:lower()
        wrong = wrong ~= choice.value and wrong or choice.value:upper()
        if wrong ~= choice.value then
          args[param.name] = wrong
          test.contains(refused(operation, args, param.name).message, ("did you mean \"%s\"?"):format(choice.value))
          count = count + 1
        end
      end
    end)
    test.truthy(count > 50)
    nothing_came()
  end)

  it("is refused in a link too", function()
    for _, link in ipairs { "domains(131072)", "DOMAINS(131072)", "domains" } do
      local err = test.raises("argument", syfadis.create_user,
        { FirstName = "Ada", LastName = "L", PrimaryDomain = link })
      test.contains(err.message, "PrimaryDomain must be a link")
      test.contains(err.message, "here to \"Domains\"")
      equal(err.outcome, "none")
    end
    nothing_came()
  end)

  it("is refused in a property of the body", function()
    local err = test.raises("argument", syfadis.update_user, { id = 327680, firstname = "Ada" })
    test.contains(err.message, "did you mean FirstName?")
  end)
end)

describe("an empty list", function()
  it("is an array in a JSON body", function()
    local count = 0
    each_param(function(vendor, operation, param, args)
      local is_list = param.type == "list" or param.type == "string list" or param.type == "link list"
      args = is_list and param.place == "json" and with(vendor, operation, param, args, {})
      if args then
        local body = reader.json(sent(operation, args).body)
        test.truthy(json.is_array(body[param.name]) and #body[param.name] == 0)
        count = count + 1
      end
    end)
    test.truthy(count > 5)
  end)

  it("is an array in an array and in an object of one", function()
    local body = reader.json(sent(calls.vendor("syfadis").operation.create_user,
      { FirstName = "A", LastName = "B", extra = { List = json.array {}, Deep = { json.array {} } } }).body)
    test.truthy(json.is_array(body.List) and json.is_array(body.Deep[1]))
  end)

  it("is no text: refused in a query or a form", function()
    local count = 0
    each_param(function(_, operation, param, args)
      if param.type:find " list$" and param.place ~= "json" and param.place ~= "body" then
        args[param.name] = {}
        refused(operation, args, param.name)
        count = count + 1
      end
    end)
    test.truthy(count > 10)
    nothing_came()
  end)

  it("is refused where the vendor wants an element", function()
    local err = test.raises("argument", require("beadle.scodoc").partition_groups_order,
      { partition_id = 1, group_ids = {} })
    test.contains(err.message, "group_ids")
  end)
end)

describe("CR, LF and NUL", function()
  it("are refused in addresses, headers and secrets", function()
    local count = 0
    each_param(function(_, operation, param, args)
      local place = param.place
      local line = param.type ~= "text" and (place == "path" or place == "query" or place == "header" or param.secret)
      for _, bad in ipairs(line and { "\r", "\n", "\r\nX-Injected: 1", "\0", "\0x", "a\0b" } or {}) do
        args[param.name] = "a" .. bad
        refused(operation, args, param.name)
        count = count + 1
      end
    end)
    test.truthy(count > 500)
    nothing_came()
  end)

  it("NUL is refused in every text", function()
    each_param(function(_, operation, param, args)
      if param.type ~= "any" and param.type ~= "bytes" then
        args[param.name] = "a\0b"
        refused(operation, args, param.name)
      end
    end)
    nothing_came()
  end)

  it("NUL does not end the name of a parameter", function()
    each_param(function(vendor, operation, param, args)
      args[param.name .. "\0"] = 1
      if not operation.rest_param or vendor.name ~= "syfadis" then
        refused(operation, args, param.name)
      end
    end)
    local err = test.raises("argument", syfadis.create_user, { FirstName = "A", LastName = "B", ["Mail\0"] = "x" })
    test.contains(err.message, "there is no parameter \"Mail\\x00\"")
    local body = reader.json(sent(calls.vendor("syfadis").operation.create_user,
      { FirstName = "A", LastName = "B", extra = { ["New\0"] = 1 } }).body)
    equal(body["New\0"], 1)
  end)

  it("are shown as such, and end no message", function()
    local err = test.raises("argument", syfadis.get_user_property, { id = "\27[2J", property = "a\0b\n" })
    test.contains(err.message, "not \"\\x1B[2J\"")
    test.contains(err.message, "not \"a\\x00b\\x0A\"")
    err = test.raises("argument", syfadis.get_user, { id = 1, ["select\0\n"] = "Id" })
    test.contains(err.message, "\"select\\x00\\x0A\"")
  end)

  it("are refused as a value of a nested member", function()
    local err = test.raises("argument", require("beadle.inspera").create_committees,
      { testId = 1, committees = { { name = "a\r\nb" } } })
    test.contains(err.message, "committees[1].name")
  end)

  it("and the spaces that a header loses", function()
    each_param(function(_, operation, param, args)
      if param.place == "header" and not param.enumeration then
        for _, bad in ipairs { " a", "a ", " " } do
          args[param.name] = bad
          test.contains(refused(operation, args, param.name).message, "must not begin or end with a space")
        end
      end
    end)
    nothing_came()
  end)
end)

describe("an address of more than 64 KiB", function()
  it("is refused before anything is sent, and the parameter named", function()
    local count = 0
    each_param(function(vendor, operation, param, args)
      local is_text = param.type == "string" or param.type == "string list" or param.type == "id"
      local in_address = (param.place == "query" or param.place == "path") and not param.max and not param.enumeration
      args = is_text and in_address and with(vendor, operation, param, args, ("é"):rep(20000))
      if args then
        local err = refused(operation, args, param.name)
        test.contains(err.message, "the address would have")
        count = count + 1
      end
    end)
    test.truthy(count > 50)
    nothing_came()
  end)

  it("may have all of them", function()
    local filter = ("a"):rep(65000)
    equal(reader.fields(sent(calls.vendor("syfadis").operation.list_users,
      { filter = filter }).query)["$filter"], filter)
  end)

  it("does not harm the next call", function()
    pcall(syfadis.list_users, { filter = ("a"):rep(70000) })
    equal(#syfadis.list_users({ top = 1 }).value, 1)
  end)
end)

describe("another name of a parameter", function()
  it("is what an error names", function()
    local isograd = require "beadle.isograd"
    local err = test.raises("argument", isograd.add_test, { ema = "a@b", tst_frm_id = 1, reuse_unfinished = "x" })
    test.contains(err.message, "reuse_unfinished must be true or false")
    err = test.raises("argument", isograd.get_results, { ema = "a@b", rea_tst_id = "x" })
    test.contains(err.message, "rea_tst_id must be a whole number")
    test.lacks(err.message, "tst_frm_id is required")
    nothing_came()
  end)
end)

describe("a selector that was computed", function()
  it("chooses the variant that it equals", function()
    local isograd, twin = require "beadle.isograd", sandbox.isograd
    isograd.list_available_credits() -- signs in
    for act_id, times in pairs { [9] = 1, [2] = 2 } do -- another test is not asked for twice, the same one may be
      for _, value in ipairs { act_id, act_id + 0.0 } do
        local before = #twin.requests { operation = "add_test" }
        twin.fault { kind = "lost reply", operation = "add_test" }
        pcall(isograd.add_test, { ema = "a@b.example", tst_frm_id = 1, act_id = value })
        local requests = twin.requests { operation = "add_test" }
        equal(#requests - before, times)
        equal(reader.fields(requests[#requests].body).act_id, tostring(act_id))
      end
    end
    test.raises("argument", isograd.add_another_test, { ema = "a@b", tst_frm_id = 1, act_id = 2.0 })
  end)
end)

describe("a fault of the sandbox", function()
  local WRONG = {
    nth = { "1", 0, -1, 1.5, true, {} }, times = { "2", 0, -1, 1.5 },
    headers = { "x", { "x" }, { a = 1 }, { ["a b"] = "x" }, { a = "x\r\nB: y" }, { ["a\r\nB"] = "x" }, { a = "\0" } },
    status = { "500", 99, 600, 200.5, true }, delay = { "1", -1, true }, keep = { "1", -1, 0.5 },
    body = { 1, {}, true }, type = { 1, "a\r\nB: c" },
  }

  it("is told what is wrong with its arguments", function()
    for _, vendor in ipairs(catalogue.vendors()) do
      for name, list in pairs(WRONG) do
        for _, value in ipairs(list) do
          local err = test.raises("argument", sandbox[vendor].fault, { kind = "answer", [name] = value })
          test.contains(err.message, name .. " of a fault must be")
          equal(err.outcome, "none")
        end
      end
    end
    equal(#syfadis.list_users({ top = 1 }).value, 1)
  end)

  it("takes those that are right", function()
    sandbox.syfadis.fault { kind = "answer", nth = 2.0, times = 1, headers = { ["X-Note"] = "a" }, status = 404,
      body = "", type = "text/plain" }
    equal(#syfadis.list_users({ top = 1 }).value, 1)
    test.raises("not_found", syfadis.list_users, { top = 1 })
    sandbox.syfadis.fault { kind = "slow", delay = 0 }
    sandbox.syfadis.fault { kind = "cut", keep = 0 }
  end)
end)

test.run()
