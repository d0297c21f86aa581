-- SPDX-License-Identifier: MIT
-- beadle.check: mistakes found without running. One text, and what is said of it.

local check = require "beadle.check"
local test = require "beadle.test"
local describe, it, equal, contains = test.describe, test.it, test.equal, test.contains

local HEAD = "local isograd = require \"beadle.isograd\" "
local PERSON = "fst_nam = 'Ada', lst_nam = 'Lovelace', ema = 'ada@example.org'"

local function shown(finding)
  return ("%d:%d %s%s"):format(finding.line, finding.column, finding.message,
    finding.nearest and " -> " .. finding.nearest or "")
end

-- All that is found, a line each.
local function found(text)
  local lines = {}
  for index, finding in ipairs(check.text(text)) do
    lines[index] = shown(finding)
  end
  return table.concat(lines, "\n")
end

local function finds(text, wanted)
  local all = check.text(text)
  equal(#all, 1)
  contains(shown(all[1]), wanted)
end

local function is_clean(text)
  equal(found(text), "")
end

describe("names", function()
  it("finds an unknown operation, with line, column and the nearest", function()
    equal(found("local isograd = require 'beadle.isograd'\nlocal t = isograd.ad_test"),
      "2:19 there is no operation isograd.ad_test -> isograd.add_test")
  end)

  it("finds an unknown constant", function()
    finds(HEAD .. "print(isograd.gender.femle)", "there is no value isograd.gender.femle -> isograd.gender.female")
  end)

  it("finds an unknown module", function()
    equal(found "local x = require 'beadle.isogard'", "1:19 there is no module beadle.isogard -> beadle.isograd")
    equal(found "print(beadle.asinc)", "1:14 there is no module beadle.asinc -> beadle.async")
  end)

  it("finds an unknown function of a module, by what the module has", function()
    equal(found "beadle.async.mpa()", "1:14 there is no function beadle.async.mpa -> beadle.async.map")
    finds("local json = require 'beadle.json' print(json.nul)", "beadle.json.nul -> beadle.json.null")
    is_clean "local odata = beadle.odata print(odata.eq, odata.service, beadle.try, beadle.version)"
  end)

  it("finds them under constant texts as keys, and leaves computed ones alone", function()
    finds(HEAD .. "print(isograd['gender']['fem' .. 'le'])", "isograd.gender.femle")
    is_clean(HEAD .. "local name = arg[1] print(isograd[name], isograd.gender[name])")
  end)

  it("knows what a vendor's own helpers are", function()
    is_clean(HEAD .. "print(isograd.grade_fraction, isograd.client)")
  end)

  it("says what the vendor has removed", function()
    finds("local s = beadle.scodoc return s.etudiants", "the vendor has removed scodoc.etudiants: Use")
  end)

  it("finds a colon where a dot belongs", function()
    finds(HEAD .. "isograd:add_test {}", "1:49 call it with a dot: isograd.add_test, not with a colon")
    finds("beadle.async:sleep(1)", "call it with a dot: beadle.async.sleep")
    is_clean(HEAD .. "local answer = isograd.list_available_tests {} answer:each()")
  end)
end)

describe("ways to a module", function()
  it("follows them", function()
    for _, way in ipairs { "local v = require 'beadle.isograd'", "local v = require(\"beadle.isograd\")",
      "local v = require [[beadle.isograd]]", "local v <const> = beadle.isograd", "v = require 'beadle.isograd'",
      "local v = require('beadle').isograd", "local b = beadle local v = b.isograd", "local v = (beadle['isograd'])",
      "local _, v, w = 1, beadle.isograd, 2" } do
      finds(way .. " v.ad_test {}", "isograd.ad_test")
    end
  end)

  it("follows an operation under a name of its own", function()
    finds(HEAD .. "local add = isograd.add_test add { ema = 'a@example.org', tst_form_id = 1, tst_frm_id = 1 }",
      "tst_form_id")
  end)

  it("follows a name into functions", function()
    finds(HEAD .. "local function f() return function() isograd.ad_test() end end", "isograd.ad_test")
    finds(HEAD .. "beadle.async.spawn(function() isograd.ad_test() end)", "isograd.ad_test")
    finds(HEAD .. "beadle.async.map({}, { concurrency = 2 }, function(x) return isograd.ad_test(x) end)", "ad_test")
  end)

  it("leaves alone what has the same name in an inner scope", function()
    is_clean(HEAD .. "do local isograd = {} isograd.foo() end")
    is_clean(HEAD .. "local function f(isograd) isograd.foo() end")
    is_clean(HEAD .. "for isograd in pairs {} do isograd.foo() end")
    is_clean(HEAD .. "for isograd = 1, 2 do isograd.foo() end")
    is_clean(HEAD .. "local function isograd() end isograd.foo()")
    is_clean(HEAD .. "repeat local isograd = f() until isograd.foo")
    is_clean "local beadle = {} beadle.foo()"
    is_clean "local function require() end require 'beadle.foo'"
  end)

  it("comes back to the outer one", function()
    finds(HEAD .. "do local isograd = {} end isograd.foo()", "isograd.foo")
    finds(HEAD .. "repeat local isograd = f() until true isograd.foo()", "isograd.foo")
    finds(HEAD .. "local isograd = isograd.foo", "isograd.foo")
  end)

  it("leaves alone what gets another value anywhere", function()
    is_clean(HEAD .. "isograd.foo() isograd = {}")
    is_clean(HEAD .. "local function f() isograd = {} end isograd.foo()")
    is_clean(HEAD .. "function isograd() end isograd.foo()")
    is_clean "v = beadle.isograd v = {} v.foo()"
    is_clean "if x then v = beadle.isograd end v.foo()"
    is_clean "local v = x and beadle.isograd or {} v.foo()"
    is_clean "beadle = {} beadle.foo()"
    is_clean "local _ENV = { beadle = {} } beadle.foo()"
  end)

  it("leaves alone what the script puts into a module, or in its place", function()
    is_clean(HEAD .. "function isograd.foo() end isograd.foo() isograd:foo()")
    is_clean(HEAD .. "isograd.foo = 1 print(isograd.foo)")
    is_clean(HEAD .. "isograd[arg[1]] = 1 print(isograd.foo)")
    is_clean(HEAD .. "rawset(isograd, 'foo', 1) print(isograd.foo)")
    is_clean(HEAD .. "setmetatable(isograd, {}) print(isograd.foo)")
    is_clean "package.loaded['beadle.foo'] = {} print(require 'beadle.foo'.bar, beadle.foo)"
    finds(HEAD .. "isograd.foo = 1 print(isograd.foo, isograd.fooo)", "isograd.fooo")
  end)

  it("leaves other modules alone", function()
    is_clean "local x = require 'isogard' print(x.foo) pcall(require, 'beadle.isogard')"
  end)
end)

describe("parameters", function()
  it("finds an unknown one", function()
    finds(HEAD .. "isograd.add_test { ema = e, tst_frm_id = 1, retun = 2 }", "isograd.add_test takes no \"retun\"")
    finds(HEAD .. "isograd.add_test { ema = e, tst_frm_id = 1, ['rtn_pagg'] = 2 }", "-> rtn_pag")
  end)

  it("says once that a required one is misspelt", function()
    finds(HEAD .. "isograd.add_test { ema = e, tst_from_id = 1 }", "tst_from_id\" -> tst_frm_id")
    finds("beadle.inspera.create_committees { testId = 1, committees = { { nme = 'A' } } }", "-> name")
  end)

  it("finds a required one that is missing", function()
    finds(HEAD .. "isograd.add_test { ema = e }", "1:42 isograd.add_test: tst_frm_id is required (the test form")
    finds(HEAD .. "isograd.add_test { ema = e, tst_frm_id = nil }", "tst_frm_id is required")
    equal(#check.text(HEAD .. "isograd.create_candidate()"), 4)
    is_clean(HEAD .. "isograd.add_test { ema = e, tst_frm_id = t }")
    is_clean(HEAD .. "isograd.add_test { ema = e, [name] = 2 }")
  end)

  it("leaves alone what profiles, variants and defaults fill in", function()
    is_clean(HEAD .. "isograd.authenticate {}")
    is_clean(HEAD .. "isograd.add_another_test { ema = e, tst_frm_id = 1 }")
  end)

  it("leaves alone tables from elsewhere", function()
    is_clean(HEAD .. "local args = { emma = 1 } isograd.add_test(args) isograd.add_test(f()) isograd.add_test(...)")
    is_clean(HEAD .. "pcall(isograd.add_test, ...) pcall(isograd.add_test, args)")
  end)

  it("finds a value without a name, and what is no table", function()
    finds(HEAD .. "isograd.add_test { ema, tst_frm_id = 1, ema = e }", "this value has none")
    finds(HEAD .. "isograd.add_test 'x'", "takes a table of parameters, not a string")
  end)

  it("finds those that are called through another function", function()
    finds(HEAD .. "beadle.try(isograd.add_test, { ema = e, tst_frm_id = 'x' })", "tst_frm_id must be a whole number")
    finds(HEAD .. "pcall(isograd.add_test, { ema = e, tst_frm_id = 'x' })", "tst_frm_id must be")
    finds(HEAD .. "xpcall(isograd.add_test, print, { ema = e, tst_frm_id = 'x' })", "tst_frm_id must be")
    finds(HEAD .. "beadle.async.spawn(isograd.add_test, { ema = e, tst_frm_id = 'x' })", "tst_frm_id must be")
    finds(HEAD .. "beadle.async.timeout(5, isograd.add_test, { ema = e, tst_frm_id = 'x' })", "tst_frm_id must be")
    is_clean(HEAD .. "run(isograd.add_test, { emma = 1 })")
  end)

  it("warns of another name that the vendor gives up, and refuses both", function()
    local all = check.text(HEAD .. "isograd.add_test { ema = e, rea_tst_id = 1 }")
    equal(#all, 1)
    equal(all[1].severity, "warning")
    contains(all[1].message, "rea_tst_id is deprecated")
    finds(HEAD .. "isograd.send_registration_email { mai_tem_id = 1, pla_tst_id = 1, pla_tst_ids = { 1 } }",
      "pla_tst_id and pla_tst_ids are the same parameter")
    is_clean(HEAD .. "isograd.send_registration_email { mai_tem_id = 1, pla_tst_id = 1 }")
    is_clean(HEAD .. "isograd.add_test { ema = e, tst_frm_id = 1, reuse_unfinished = true }")
  end)

  it("finds a selector that a variant decides", function()
    finds(HEAD .. "isograd.add_another_test { ema = e, tst_frm_id = 1, act_id = 24 }", "is always 9")
  end)

  it("checks what a client is made with, and its calls", function()
    finds(HEAD .. "isograd.client { sub_com_idd = 1 }", "isograd.client takes no \"sub_com_idd\" -> sub_com_id")
    finds(HEAD .. "local c = isograd.client { sub_com_id = 'x', profile = 'live' }", "sub_com_id must be")
    finds(HEAD .. "local c = isograd.client { profile = 'live' } c.ad_test {}", "isograd.ad_test")
    finds(HEAD .. "isograd.client(options).ad_test {}", "isograd.ad_test")
    is_clean("local c = beadle.scodoc.client { department = 'INFO' } c.departements {}")
  end)
end)

describe("values", function()
  local function create(more)
    return HEAD .. "isograd.create_candidate { " .. PERSON .. ", " .. more .. " }"
  end

  it("finds those of the wrong kind", function()
    finds(create "gen_id = 1, dep_id = 'x'", "dep_id must be a whole number from 1 on, not \"x\"")
    finds(create "gen_id = 1, dep_id = -1", "not -1")
    finds(create "gen_id = 1, dep_id = true", "not true")
    finds(create "gen_id = 1, dep_id = {}", "not this table")
    is_clean(create "gen_id = 1, dep_id = x.y")
    is_clean(create "gen_id = 1, dep_id = 5.0")
  end)

  it("finds what is no choice, with the nearest", function()
    finds(create "gen_id = 9", "gen_id must be a whole number: 1 (male)")
    finds(create "gen_id = 'femal'", "-> isograd.gender.female")
    is_clean(create "gen_id = isograd.gender.female")
  end)

  it("knows names that never get another value", function()
    finds("local D <const> = 'x' " .. create "gen_id = 1, dep_id = D", "dep_id must be")
    is_clean("local D = 'x' D = 1 " .. create "gen_id = 1, dep_id = D")
  end)

  it("shows nothing of people and secrets", function()
    finds(HEAD .. "isograd.login_as_candidate { ema = 'nobody' }", "an e-mail address, not this string")
    equal(found(HEAD .. "isograd.authenticate { client_secret = 'a\\nb' }"):find("a\nb", 1, true), nil)
  end)

  it("looks into lists and objects", function()
    finds(HEAD .. "isograd.send_registration_email { mai_tem_id = 1, pla_tst_ids = { 1, 'x' } }", "a list of whole")
    is_clean(HEAD .. "isograd.send_registration_email { mai_tem_id = 1, pla_tst_ids = { 1, x } }")
    local head = "local i = beadle.inspera i.create_committees { testId = 1, committees = { { name = 'A' }, %s } }"
    finds(head:format "{ name = 'B', typ = 'x' }", "committees[2] takes no \"typ\" -> type")
    finds(head:format "{ name = 5 }", "committees[2].name must be")
    finds(head:format "{ type = x }", "committees[2].name is required")
    is_clean(head:format "{ [x] = 'B' }")
    is_clean(head:format "more")
  end)

  it("knows properties, and which are read-only", function()
    local head = "local s = beadle.syfadis s.create_user { Login = 'x', FirstName = 'A', LastName = 'B', %s }"
    finds(head:format "Id = 5", "Id is read-only: only the vendor sets it")
    finds(head:format "Emial = 5", "syfadis.create_user takes no \"Emial\"")
    is_clean(head:format "extra = { Whatever = 5 }")
    finds("beadle.syfadis.update_user { id = 1 }", "nothing is given beside it")
    is_clean "beadle.syfadis.update_user { id = 1, [name] = 2 }"
  end)
end)

describe("rules", function()
  local scodoc = "local scodoc = beadle.scodoc scodoc.etudiant "

  it("are checked where all is known", function()
    finds(scodoc .. "{}", "give exactly one of")
    finds(scodoc .. "{ etudid = 1, nip = 'x' }", "give exactly one of")
    finds(HEAD .. "isograd.delete_candidate {}", "isograd.delete_candidate: give can_id or ema")
    finds(HEAD .. "isograd.add_test { ema = e, tst_frm_id = 1, max_num_tst_per = 3 }", "give both")
    finds("beadle.lara.get_sso_url { id = 'x', redirectType = 8 }", "refId")
  end)

  it("are left alone where something is not", function()
    is_clean(scodoc .. "{ etudid = x, nip = y }")
    is_clean(scodoc .. "{ etudid = 1, nip = y }")
    is_clean(scodoc .. "{ etudid = 1, nip = nil }")
    is_clean(scodoc .. "{ [name] = 1 }")
    is_clean(HEAD .. "isograd.add_test { ema = e, tst_frm_id = 1, max_num_tst_per = 3, max_num_tst = x }")
    is_clean("beadle.lara.get_sso_url { id = 'x', redirectType = kind }")
  end)
end)

describe("recipes", function()
  local function recipe(params)
    return ("local recipe = require 'beadle.recipe' return recipe { name = 'x', params = { %s } }"):format(params)
  end

  it("name parameters that there are", function()
    is_clean(recipe "'isograd.add_test.tst_frm_id', { from = 'isograd.create_candidate.gen_id', default = 'male' }")
    finds(recipe "'isograd.add_test.tst_from_id'", "takes no \"tst_from_id\" -> isograd.add_test.tst_frm_id")
    finds(recipe "{ from = 'isograd.ad_test.ema' }", "-> isograd.add_test.ema")
    finds(recipe "'isogard.add_test.ema'", "-> isograd.add_test.ema")
    finds(recipe "'ema'", "is no VENDOR.OPERATION.PARAMETER")
    finds("return beadle.recipe.new { params = { 'isograd.add_test.emma' } }", "-> isograd.add_test.ema")
  end)

  it("have defaults that are legal", function()
    finds(recipe "{ from = 'isograd.create_candidate.gen_id', default = 'femle' }", "the default of gen_id must be")
  end)

  it("are left alone where they compute their parameters", function()
    is_clean(recipe "name, { from = name }, table.unpack(more)")
  end)
end)

describe("syntax", function()
  it("errors have a line and a column", function()
    equal(found "local x = = 1", "1:11 unexpected symbol near '='")
    equal(found "print(1)\nif x then\n", "3:1 'end' expected (to close 'if' at line 2) near <eof>")
    contains(found "x = 1\nx = 'abc\nx = 2", "2:5 unfinished string")
    contains(found "x = 'abc", "1:9 unfinished string")
    contains(found "goto nowhere", "no visible label 'nowhere'")
    contains(found "\27Lua", "1:1 attempt to load a binary chunk")
  end)

  it("takes a first line for the shell and a byte order mark", function()
    equal(found "#!/usr/bin/env beadle\nprint(beadle.asinc)", "2:14 there is no module beadle.asinc -> beadle.async")
    is_clean "\xef\xbb\xbfprint(1)"
  end)

  it("counts columns in characters", function()
    contains(found "print('é', beadle.foo)", "1:19 there is")
  end)

  it("of all sorts is understood", function()
    local tail = " beadle.isograd.foo()"
    local texts = {
      "--[==[ ]] ]=] ]==]", "-- x\n", "--[[ \n ]]", "--[=x\n", "x = [==[ ]] \n]==]", "x = 'a\\'b\\\\'",
      "x = 'a\\z  \n  b'", "x = 'a\\\nb'", "x = '\\x41\\65\\u{1F600}\\n'", "x = 0x.1p4 + 1e-5 + .5 + 3. + 0xA",
      "x = 1 .. 2", "goto a ::a::", "local a <const>, b <close> = 1, nil", "x = a.b['c']:d'e'{f}(g)",
      "x = #t - -1 ^ 2 ~ ~3", "x = function(a, ...) return ... end", "for i = 1, 2 do break end",
      "for k, v in f() do end", "while x do end", "if a then elseif b then else end", ";;;", "x, y.z, w[1] = 1, 2",
      "f{1; 2, a = 3, ['b'] = 4}", "repeat until x", "function a.b.c:d(e) end", "local function f() end",
      "x = a // b >> c << d <= e ~= f", "f()\n(g)()", "function f() return end", "do return 1, 2; end",
    }
    for _, text in ipairs(texts) do
      contains(found(text .. tail), "isograd.foo")
    end
  end)
end)

describe("what comes with beadle", function()
  local source = os.getenv "BEADLE_SOURCE" or "."

  local function each_file(folder, suffix)
    local paths = {}
    for _, entry in ipairs(beadle.fs.list(source .. "/" .. folder)) do
      if entry.name:sub(-#suffix) == suffix then
        paths[#paths + 1] = ("%s/%s/%s"):format(source, folder, entry.name)
      end
    end
    assert(#paths > 0, folder)
    return paths
  end

  for _, folder in ipairs { "scripts", "stdlib", "runtime/cli" } do
    it("is clean: " .. folder, function()
      for _, path in ipairs(each_file(folder, ".lua")) do
        equal(path .. found(beadle.fs.read(path)), path)
      end
    end)
  end

  it("is clean: what the documentation shows", function()
    local paths, count = each_file("docs", ".md"), 0
    paths[#paths + 1] = source .. "/README.md"
    for _, path in ipairs(paths) do
      for block in ("\n" .. beadle.fs.read(path)):gmatch "\n```lua\n(.-)\n```" do
        count = count + 1
        equal(path .. found(block), path)
      end
    end
    test.truthy(count > 5)
  end)

  it("is clean: the examples of the catalogue", function()
    for _, vendor in ipairs(beadle.catalogue.vendors()) do
      local head = ("local %s, odata = beadle.%s, beadle.odata "):format(vendor, vendor)
      for _, operation in ipairs(beadle.catalogue.describe(vendor).operations) do
        if not operation.removed then
          equal(operation.full_name .. found(head .. operation.example), operation.full_name)
        end
      end
    end
  end)
end)

test.run()
