-- SPDX-License-Identifier: MIT
-- Launches of LTI 1.1: made from the catalogue's record, as a page, as a body, sent without a browser; and checked.

local async = require "beadle.async"
local forms = require "beadle.lti.forms"
local isograd = require "beadle.isograd"
local lti = require "beadle.lti"
local page = require "beadle.lti.page"
local sandbox = require "beadle.sandbox"
local secret = require "beadle.config.native".secret
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local URL = "https://recette.isograd.com/public/lti.php"
local ZOE = { id = "learner-0042", given = "Zoé", family = "D'Exemple", email = "zoe@example.org" }

-- A launch that creates its candidate, with what a test changes.
local function options(changes)
  local given = { operation = isograd.create_candidate_and_add_test, params = { gen_id = 3, tst_frm_id = 101 },
    user = ZOE }
  for name, value in pairs(changes or {}) do
    given[name] = value
  end
  return given
end

local function form(changes)
  return lti.launch_form(options(changes))
end

-- A launch of a tool that is no vendor's.
local function plain(changes)
  local given = { url = "https://tool.example.org/launch", key = "k", secret = "plain-secret",
    resource_link_id = "link-1" }
  for name, value in pairs(changes or {}) do
    given[name] = value
  end
  return lti.launch_form(given)
end

local function names(fields)
  local list = {}
  for i, field in ipairs(fields) do
    list[i] = field[1]
  end
  return list
end

local function refused(kind, words, fn, ...)
  local ok, err = pcall(fn, ...)
  equal(ok, false)
  equal(err.kind, kind)
  if not tostring(err):find(words, 1, true) then
    error(("\"%s\" is not in: %s"):format(words, tostring(err)), 0)
  end
  return err
end

describe("a launch of an operation", function()
  test.before_each(function() sandbox.reset() end)

  it("has the signature of the check vector", function()
    local signed = form { resource_link_id = "course-7-link-3", context = { id = "course-7",
      title = "Bureautique & tableur" }, locale = "fr-FR", return_url = "https://lms.example.org/return?c=7&l=3",
      outcome = { url = "https://lms.example.org/outcomes", sourcedid = "7:3:0042:abc" },
      consumer = { guid = "lms.example.org" }, key = "test-consumer-key", secret = "test-secret", url = URL,
      timestamp = 1700000000, nonce = "0123456789abcdef" }
    equal(signed:value "oauth_signature", "ZMD/wWHZxIqRrASYrfvzWRLU3vI=")
  end)

  it("says what LTI carries in LTI's own fields and does not repeat it", function()
    local signed = form()
    equal(signed:value "lis_person_contact_email_primary", "zoe@example.org")
    equal(signed:value "lis_person_name_given", "Zoé")
    equal(signed:value "lis_person_name_family", "D'Exemple")
    for _, name in ipairs { "custom_ema", "custom_fst_nam", "custom_lst_nam", "custom_ext_id" } do
      equal(signed:value(name), nil)
    end
    equal(signed:value "custom_act_id", "8")
    equal(signed:value "custom_gen_id", "3")
    equal(signed:value "custom_tst_frm_id", "101")
  end)

  it("takes what LTI carries from the parameters too", function()
    local signed = form { user = { id = "l" }, params = { gen_id = 3, tst_frm_id = 101, ema = "ada@example.org",
      fst_nam = "Ada", lst_nam = "Lovelace" } }
    equal(signed:value "lis_person_contact_email_primary", "ada@example.org")
    equal(signed:value "custom_ema", nil)
  end)

  it("refuses a user and a parameter that differ", function()
    refused("argument", "user.email and params.ema differ", form, { params = { gen_id = 3, tst_frm_id = 101,
      ema = "other@example.org" } })
  end)

  it("says how a launch gives what is missing", function()
    local err = refused("argument", "ema is required", form, { user = { id = "l" } })
    equal(err.hint:find("user.email is ema, user.given is fst_nam", 1, true) ~= nil, true)
    equal(err.outcome, "none")
  end)

  it("checks the parameters as a call does", function()
    refused("argument", "did you mean tst_frm_id?", form, { params = { gen_id = 3, tst_frmid = 101 } })
    refused("argument", "gen_id must be", form, { params = { gen_id = 9, tst_frm_id = 101 } })
    refused("argument", "give dep_id or ext_dep_id, not both", form, { params = { gen_id = 3, tst_frm_id = 101,
      dep_id = 1, ext_dep_id = "x" } })
  end)

  it("sends a parameter of that name which LTI does not carry as a custom one", function()
    local signed = form { operation = "isograd.anonymize_candidate", params = { ema = "zoe@example.org" } }
    equal(signed:value "custom_ema", "zoe@example.org")
    equal(signed:value "custom_act_id", "12")
  end)

  it("asks for the redirect unless told otherwise", function()
    equal(form():value "custom_redirect", "1")
    equal(form { params = { gen_id = 3, tst_frm_id = 101, redirect = false } }:value "custom_redirect", nil)
  end)

  it("sends the variant that its function stands for, and the defaults of its client", function()
    local signed = form { operation = isograd.client { sub_com_id = 456 }.add_another_test,
      params = { tst_frm_id = 101 } }
    equal(signed:value "custom_act_id", "9")
    equal(signed:value "custom_sub_com_id", "456")
  end)

  it("takes key, secret and address from the profile", function()
    equal(form().url, URL)
    equal(form():value "oauth_consumer_key", "test-consumer-key")
  end)

  it("refuses what cannot be launched, by name", function()
    refused("argument", "signs in by itself", form, { operation = "isograd.authenticate", params = {} })
    refused("argument", "takes no launches", form, { operation = "lara.get_sso_url", params = {} })
    refused("argument", "Did you mean", form, { operation = "isograd.add_tset" })
    refused("argument", "is no operation of a vendor", form, { operation = print })
    refused("argument", "is no name of an operation", form, { operation = "add_test" })
  end)

  it("lets no secret into a page that a browser shows", function()
    refused("argument", "psw is a secret", form, { params = { gen_id = 3, tst_frm_id = 101,
      psw = secret("psw", "a long password") } })
  end)
end)

describe("a launch of any tool", function()
  it("names custom parameters as LTI 1.1 does", function()
    local signed = plain { custom = { ["Chapter-No"] = 12, flag = true } }
    equal(signed:value "custom_chapter_no", "12")
    equal(signed:value "custom_flag", "1")
    refused("argument", "are both sent as custom_a_b", plain, { custom = { ["a b"] = 1, a_b = 2 } })
  end)

  it("signs line breaks as a browser submits them", function()
    local signed = plain { resource_link_description = "one\ntwo\rthree\r\nfour" }
    equal(signed:value "resource_link_description", "one\r\ntwo\r\nthree\r\nfour")
  end)

  it("refuses what is no text in UTF-8, and what it does not know", function()
    refused("argument", "is not in UTF-8", plain, { locale = "fr\xff" })
    refused("argument", "holds a NUL byte", plain, { locale = "fr\0" })
    refused("argument", "user.given must be a text", plain, { user = { given = {} } })
    refused("argument", "Did you mean resource_link_id?", plain, { resource_linkid = "x" })
    refused("argument", "Did you mean user.email?", plain, { user = { emial = "x" } })
    refused("argument", "outcome needs both", plain, { outcome = { url = "https://lms.example.org/o" } })
    refused("argument", "must be the address of the tool", plain, { url = "javascript:alert(1)" })
    refused("argument", "secret is required", lti.launch_form, { url = URL, key = "k", resource_link_id = "l" })
  end)

  it("is good for a page: escaped, without a script but its own, and with a way for no script", function()
    local html = plain { resource_link_title = "\"><script>alert(1)</script>&amp;" }:html()
    local scripts = select(2, html:gsub("<script", ""))
    equal(scripts, 1)
    equal(html:find("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;", 1, true) ~= nil, true)
    equal(html:find("<noscript>", 1, true) ~= nil, true)
    equal(html:find('autocomplete="off"', 1, true) ~= nil, true)
    equal(html:find("default%-src &#39;none&#39;") ~= nil, true)
    equal(page.headers["Cache-Control"], "no-store")
  end)

  it("reads back from its page and from its body as it was", function()
    local signed = plain { resource_link_title = "a+b & c=d %41 \"é\"\nzwei", custom = { empty = "" } }
    same(forms.of_html(signed:html()).fields, signed.fields)
    same(forms.decode(signed:body()), signed.fields)
    equal(forms.of_html(signed:html()).action, signed.url)
  end)
end)

describe("a launch without a browser", function()
  test.before_each(function() sandbox.reset() end)

  it("leads to the start page and tells its steps", function()
    local led = form():post()
    equal(led.status, 200)
    equal(led.title, "Python")
    equal(led.url:find("^https://recette%.isograd%.com/test/start/") ~= nil, true)
    same({ #led.steps, led.steps[1].method, led.steps[1].status, led.steps[2].method, led.steps[2].status },
      { 2, "POST", 302, "GET", 200 })
    equal(led.steps[2].sent, nil)
  end)

  it("stores the user's id as ext_id unless one is given", function()
    form():post()
    form { user = { id = "l-2", given = "A", family = "B", email = "two@example.org" },
      params = { gen_id = 3, tst_frm_id = 101, ext_id = "own" } }:post()
    local ids = {}
    for _, candidate in ipairs(sandbox.isograd.candidates()) do
      ids[candidate.ema] = candidate.ext_id
    end
    equal(ids["zoe@example.org"], "learner-0042")
    equal(ids["two@example.org"], "own")
  end)

  it("raises the vendor's words", function()
    local err = refused("rejected", "Ce candidat n'existe pas", function()
      form { operation = isograd.add_test, params = { tst_frm_id = 101 } }:post()
    end)
    equal(err.status, 400)
    same(err.steps, { { method = "POST", url = URL, status = 400, title = "Error 107" } })
    equal(err.vendor_message, "Error 107: Ce candidat n'existe pas")
    equal(err.outcome, "none")
  end)

  it("is refused the second time, when it is old, and under a wrong key or secret", function()
    local signed = form()
    signed:post()
    refused("auth", "replayed_nonce", signed.post, signed)
    for reason, changes in pairs { stale_timestamp = { timestamp = math.floor(time.now()) - 301 },
      future_timestamp = { timestamp = math.floor(time.now()) + 310 }, unknown_key = { key = "nobody" },
      bad_signature = { secret = "not-the-secret" } } do
      local wrong = form(changes)
      refused("auth", reason, wrong.post, wrong)
    end
    equal(#sandbox.isograd.candidates(), 4)
  end)

  it("counts as a request of its operation, which may be made to fail", function()
    sandbox.isograd.fault { operation = "create_candidate_and_add_test", kind = "status", status = 503 }
    local signed = form()
    equal(refused("server", "", signed.post, signed).outcome, "unknown")
    form():post()
    equal(#sandbox.isograd.requests { operation = "create_candidate_and_add_test" }, 2)
  end)

  it("says that the tool may have taken a launch whose way fails behind it, and repeats no person", function()
    sandbox.isograd.fault { kind = "status", status = 500, nth = 2, type = "text/html",
      body = "<title>Oops</title><body>Oops zoe@example.org D&#39;Exemple " .. ("é"):rep(300) .. "</body>" }
    local signed = form()
    local err = refused("server", "Oops", signed.post, signed)
    equal(err.outcome, "unknown")
    test.lacks(tostring(err), "zoe@example.org")
    test.lacks(tostring(err), "D'Exemple")
    test.truthy(utf8.len(err.vendor_message))
  end)

  it("follows no redirect that would send the form elsewhere, or lead in the clear", function()
    for _, fault in ipairs { { 307, "https://app.isograd.com/public/lti.php", "another host" },
      { 302, "http://app.isograd.com/x", "plain one" }, { 302, "javascript:alert(1)", "is no page" } } do
      sandbox.isograd.fault { kind = "status", status = fault[1], headers = { Location = fault[2] } }
      local signed = form()
      refused("decode", fault[3], signed.post, signed)
    end
  end)
end)

describe("the simulated Isograd", function()
  test.before_each(function() sandbox.reset() end)

  local function bare(custom, user)
    return lti.launch_form { url = URL, key = "test-consumer-key", secret = "test-consumer-secret",
      resource_link_id = "l", custom = custom, user = user or ZOE }
  end

  it("names a missing act_id with 105, a wrong one with 103, a missing property with 105", function()
    refused("rejected", "\"act_id\" est requise", function() bare {}:post() end)
    refused("rejected", "Error 103", function() bare { act_id = 77 }:post() end)
    refused("rejected", "\"tst_frm_id\" est requise", function() bare { act_id = 2 }:post() end)
    refused("rejected", "\"ema\" est requise", function()
      bare({ act_id = 2, tst_frm_id = 101 }, { id = "l" }):post()
    end)
  end)

  it("takes no e-mail from a custom parameter", function()
    refused("rejected", "must not be repeated", function()
      bare({ act_id = 2, tst_frm_id = 101, ema = "alan.turing@example.org" }, { id = "l" }):post()
    end)
    sandbox.isograd.set { strict = false }
    refused("rejected", "\"ema\" est requise", function()
      bare({ act_id = 2, tst_frm_id = 101, ema = "alan.turing@example.org" }, { id = "l" }):post()
    end)
  end)

  it("knows other consumers when it is told", function()
    sandbox.isograd.lti_consumer { key = "another", secret = "another-secret" }
    equal(form { key = "another", secret = "another-secret" }:post().status, 200)
    refused("argument", "secret must be a text", sandbox.isograd.lti_consumer, { key = "x" })
  end)

  it("sends the grade of a launch that names an outcome service, and of no other", function()
    local function pla_tst_id()
      local tests = sandbox.isograd.tests()
      return tests[#tests].pla_tst_id
    end
    form { outcome = { url = "http://127.0.0.1:9/outcomes", sourcedid = "7:3" } }:post()
    sandbox.isograd.finish_test { pla_tst_id = pla_tst_id(), num_val = 550 }
    local calls = sandbox.isograd.calls()
    equal(#calls, 1)
    same({ calls[1].method, calls[1].url, calls[1].operation },
      { "POST", "http://127.0.0.1:9/outcomes", "replaceResult" })
    equal(lti.outcomes.parse(calls[1].body).score, 0.55)
    local signed = lti.oauth1.verify { method = "POST", url = calls[1].url, body = calls[1].body, nonces = false,
      authorization = calls[1].headers.Authorization, lookup = function() return "test-consumer-secret" end }
    equal(signed.key, "test-consumer-key")
    form():post()
    sandbox.isograd.finish_test { pla_tst_id = pla_tst_id(), num_val = 550 }
    sandbox.isograd.set { outcomes = false }
    form { outcome = { url = "http://127.0.0.1:9/outcomes", sourcedid = "7:3" } }:post()
    sandbox.isograd.finish_test { pla_tst_id = pla_tst_id(), num_val = 550 }
    equal(#sandbox.isograd.calls(), 1)
  end)

  it("sends the grade that people give when they have given it, once", function()
    form { params = { gen_id = 3, tst_frm_id = 204 }, outcome = { url = "http://127.0.0.1:9/o", sourcedid = "s" } }
      :post()
    local tests = sandbox.isograd.tests()
    local id = tests[#tests].pla_tst_id
    sandbox.isograd.finish_test { pla_tst_id = id }
    equal(#sandbox.isograd.calls(), 0)
    sandbox.isograd.finish_test { pla_tst_id = id, num_val = 400 }
    equal(#sandbox.isograd.calls(), 1)
  end)
end)

-- ---------------------------------------------------------------------------------------------------

describe("verify_launch", function()
  local function request(signed, changes)
    local given = { method = "POST", url = signed.url, body = signed:body(),
      headers = { ["content-type"] = "application/x-www-form-urlencoded; charset=utf-8" } }
    for name, value in pairs(changes or {}) do
      given[name] = value
    end
    return given
  end

  local function check(given, changes)
    local how = { lookup = function(key) return key == "k" and "plain-secret" or nil end, nonces = lti.nonces.open {} }
    for name, value in pairs(changes or {}) do
      how[name] = value
    end
    return lti.verify_launch(given, how)
  end

  it("reads what a launch says", function()
    local launch = check(request(plain { user = ZOE, roles = { "Instructor", "urn:lti:role:ims/lis/Learner" },
      context = { id = "c", label = "C" }, custom = { chapter = 3 }, locale = "fr", consumer = { guid = "lms" },
      outcome = { url = "https://lms.example.org/o", sourcedid = "s" } }))
    same({ launch.version, launch.key, launch.user, launch.roles, launch.context, launch.custom, launch.outcome },
      { "1.1", "k", ZOE, { "Instructor", "urn:lti:role:ims/lis/Learner" }, { id = "c", label = "C" },
        { chapter = "3" }, { url = "https://lms.example.org/o", sourcedid = "s" } })
    same({ launch.resource_link.id, launch.presentation.locale, launch.consumer.guid }, { "link-1", "fr", "lms" })
  end)

  it("takes the fields of a form with the address, as a list or by name", function()
    local signed = plain()
    equal(check(signed.fields, { url = signed.url }).key, "k")
    equal(check(forms.map(signed.fields), { url = signed.url }).key, "k")
    refused("argument", "url is required", check, signed.fields)
  end)

  it("names what is wrong", function()
    local signed = plain()
    local store = lti.nonces.open {}
    local function reason(given, changes)
      return select(2, check(given, changes))
    end
    equal(reason(request(signed, { method = "GET" })), "wrong_http_method")
    equal(reason(request(signed, { headers = { ["content-type"] = "text/plain" } })), "wrong_content_type")
    equal(reason(request(signed, { body = "" })), "missing_fields")
    equal(reason(request(signed, { body = "a=%zz" })), "malformed_form")
    equal(reason(request(signed, { body = signed:body() .. "&lti_version=LTI-1p0" })), "duplicate_parameter")
    equal(reason(request(signed, { body = signed:body() .. "&user_id2=eve" })), "bad_signature")
    equal(reason(request(signed, { url = "https://tool.example.org/other" })), "bad_signature")
    equal(reason(request(signed), { lookup = function() end }), "unknown_key")
    equal(reason(request(signed), { now = time.now() + 400 }), "stale_timestamp")
    equal(reason(request(signed), { now = time.now() - 400 }), "future_timestamp")
    equal(reason(request(signed), { now = time.now() + 400, window = 600, nonces = store }), nil)
    equal(reason(request(signed), { nonces = store }), "replayed_nonce")
  end)

  it("names a message that is no launch", function()
    local function reason(name, value)
      local fields = {}
      for _, field in ipairs(plain().fields) do
        if not field[1]:find "^oauth_" and (field[1] ~= name or value) then
          fields[#fields + 1] = { field[1], field[1] == name and value or field[2] }
        end
      end
      fields = lti.oauth1.sign_form { url = "https://tool.example.org/launch", fields = fields, key = "k",
        secret = "plain-secret" }
      return select(2, check(fields, { url = "https://tool.example.org/launch" }))
    end
    equal(reason("lti_message_type", "ContentItemSelectionRequest"), "wrong_message_type")
    equal(reason("lti_version", "LTI-2p0"), "wrong_lti_version")
    equal(reason("resource_link_id", ""), "missing_parameter")
    equal(reason "lti_message_type", "missing_parameter")
  end)

  it("needs to be told whether replays matter", function()
    refused("argument", "nonces is required", lti.verify_launch, plain().fields,
      { url = "https://tool.example.org/launch", lookup = function() end })
  end)
end)

describe("launches at the same time", function()
  it("are each refused or taken on their own", function()
    sandbox.reset()
    local signed = form()
    local taken, refusals = 0, 0
    async.scope(function()
      for _ = 1, 8 do
        async.spawn(function()
          local ok = pcall(signed.post, signed)
          taken, refusals = taken + (ok and 1 or 0), refusals + (ok and 0 or 1)
        end)
      end
    end)
    same({ taken, refusals }, { 1, 7 })
  end)
end)

-- Keeps the list of names that a launch sends in the order in which they are documented.
describe("the fields", function()
  it("end with the signature", function()
    local list = names(plain().fields)
    equal(list[#list], "oauth_signature")
    equal(list[1], "lti_message_type")
  end)
end)

test.run()
