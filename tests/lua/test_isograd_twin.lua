-- SPDX-License-Identifier: MIT
-- What the simulated Isograd does, action by action, as a script sees it and as curl would.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.isograd

local API = "https://recette.isograd.com/api/usage"
local TOKEN = "https://auth.isograd.com/oauth2/token?grant_type=client_credentials&scopes=usage"
local CLIENT = { client_id = "test-client-id", client_secret = "test-client-secret" }

local PYTHON, CERTIFICATION, LEVEL, QUIZ, ESSAY, RANGE, DATABASES = 101, 102, 103, 201, 204, 207, 305

-- ---------------------------------------------------------------------------------------------------
-- Helpers

local function create(name, more)
  local params = { gen_id = 3, ema = name .. "@example.org", fst_nam = name, lst_nam = "Test" }
  for key, value in pairs(more or {}) do
    params[key] = value
  end
  return isograd.create_candidate(params)
end

local function add(name, form, more)
  local params = { ema = name .. "@example.org", tst_frm_id = form or PYTHON }
  for key, value in pairs(more or {}) do
    params[key] = value
  end
  return isograd.add_test(params)
end

-- A candidate with a test that is finished with that grade.
local function finished(name, form, grade)
  create(name)
  local planned = add(name, form)
  twin.start_test { pla_tst_id = planned.pla_tst_id }
  twin.finish_test { pla_tst_id = planned.pla_tst_id, num_val = grade }
  return { ema = name .. "@example.org", tst_frm_id = form, pla_tst_id = planned.pla_tst_id }
end

-- The call is refused with that number; gives the error.
local function refused(code, fn, ...)
  local ok, err = pcall(fn, ...)
  test.falsy(ok)
  if type(err) ~= "table" then
    error(err, 0)
  end
  equal(err.code, code)
  return err
end

local function find(list, key, value)
  for _, each in ipairs(list) do
    if each[key] == value then
      return each
    end
  end
end

local function candidate(can_id)
  return find(twin.candidates(), "can_id", can_id)
end

local function planned_test(pla_tst_id)
  return find(twin.tests(), "pla_tst_id", pla_tst_id)
end

local function credits_of(name)
  return find(isograd.list_available_credits().credits, "des", name).amount
end

local function fetch_token()
  return http.post(TOKEN, { form = CLIENT }):json().access_token
end

-- Posts fields as curl would; gives the whole answer.
local function post(form)
  return http.post(API, { form = form, headers = { Authorization = "Bearer " .. fetch_token() } })
end

-- The same, and the JSON of its answer.
local function said(form)
  return post(form):json()
end

local PERSON = { act_id = 1, gen_id = 3, ema = "raw@example.org", fst_nam = "Raw", lst_nam = "Wire" }

local function person(more)
  local form = {}
  for _, each in ipairs { PERSON, more or {} } do
    for key, value in pairs(each) do
      form[key] = value or nil
    end
  end
  return form
end

local function link_of(text)
  return (text:match "^https://recette%.isograd%.com(/.*)$")
end

test.before_each(sandbox.reset)

-- ---------------------------------------------------------------------------------------------------

describe("a token", function()
  it("is given for scopes and for scope", function()
    local answer = http.post(TOKEN, { form = CLIENT })
    equal(answer.status, 200)
    local token = answer:json()
    same({ token.token_type, token.expires_in }, { "Bearer", 3600 })
    equal(http.post((TOKEN:gsub("scopes", "scope")), { form = CLIENT }).status, 200)
  end)

  it("needs grant_type and scope in the query", function()
    equal(http.post((TOKEN:gsub("%?.*", "")), { form = CLIENT }).status, 400)
    equal(http.post((TOKEN:gsub("usage", "all")), { form = CLIENT }).status, 400)
    equal(http.post((TOKEN:gsub("client_credentials", "password")), { form = CLIENT }).status, 400)
  end)

  it("is refused to a wrong client, with the status that is set", function()
    local wrong = { client_id = "test-client-id", client_secret = "wrong" }
    local answer = http.post(TOKEN, { form = wrong })
    equal(answer.status, 401)
    same(answer:json(), { error = "invalid_client" })
    twin.set { invalid_client_status = 400 }
    equal(http.post(TOKEN, { form = wrong }).status, 400)
    equal(http.post(TOKEN, { form = { client_id = "test-client-id" } }):json().error, "invalid_request")
  end)

  it("makes an error of kind auth for a script, whichever status it is", function()
    for _, status in ipairs { 401, 400 } do
      twin.set { invalid_client_status = status }
      local err = test.raises("auth", isograd.authenticate, { client_secret = "wrong-secret" })
      same({ err.status, err.vendor_message }, { status, "invalid_client" })
    end
  end)

  it("may come alone, as the page has it", function()
    twin.set { tell_lifetime = false }
    local answer = isograd.authenticate()
    same({ answer.token_type, answer.expires_in }, { nil, nil })
    test.truthy(answer.access_token)
    twin.revoke_tokens()
    equal(#isograd.list_available_tests().tests, 7)
  end)

  it("is needed for every action", function()
    for _, headers in ipairs { {}, { Authorization = "Bearer made-up" }, { Authorization = "Basic x" } } do
      local answer = http.post(API, { form = { act_id = 14 }, headers = headers })
      equal(answer.status, 401)
      equal(answer.headers["www-authenticate"], "Bearer")
    end
  end)

  it("that the vendor has ended is fetched anew, once", function()
    isograd.list_available_tests()
    local before = twin.counts().authenticate
    twin.revoke_tokens()
    isograd.list_available_tests()
    equal(twin.counts().authenticate, before + 1)
  end)

  it("lives at its own host, and the actions at theirs", function()
    equal(http.post((TOKEN:gsub("auth%.", "recette.")), { form = CLIENT }).status, 404)
    equal(http.post("https://auth.isograd.com/api/usage", { form = { act_id = 14 } }).status, 404)
    local answer = http.post("https://app.isograd.com/api/usage", { form = { act_id = 14 },
      headers = { Authorization = "Bearer " .. fetch_token() } })
    equal(answer:json().success, true)
  end)
end)

describe("an address", function()
  it("with another method is refused with 405, and one that is not there with 404", function()
    local answer = http.get(API)
    same({ answer.status, answer.headers.allow }, { 405, "POST" })
    equal(http.request { method = "PUT", url = TOKEN }.status, 405)
    equal(http.get("https://recette.isograd.com/api/other").status, 404)
  end)
end)

describe("a refusal", function()
  it("is HTTP 200 with success false, a number and words", function()
    local answer = post { act_id = 10, pla_tst_id = 1 }
    equal(answer.status, 200)
    equal(answer.body, "{\"success\":false,\"error_code\":501,\"error_message\":\"Ce pla_tst_id n'existe pas\"}")
  end)

  it("has the HTTP status that is set, and means the same to a script", function()
    twin.set { error_status = 422 }
    equal(post({ act_id = 10, pla_tst_id = 1 }).status, 422)
    local err = refused(501, isograd.get_test_status, { pla_tst_id = 1 })
    same({ err.kind, err.meaning, err.status }, { "not_found", "this pla_tst_id does not exist", 422 })
  end)

  it("103 is an act_id that is none", function()
    for _, act_id in ipairs { "3", "99", "x", "02", "add_test", "2 " } do
      equal(said({ act_id = act_id }).error_code, 103)
    end
  end)

  it("105 names the property that is missing", function()
    local answer = said(person { lst_nam = false })
    same({ answer.error_code, answer.error_message }, { 105, "La propriété \"lst_nam\" est requise" })
    equal(said({}).error_message, "La propriété \"act_id\" est requise")
    equal(said(person { ema = "" }).error_message, "La propriété \"ema\" est requise")
    equal(said({ act_id = 24 }).error_code, 105)
    equal(said({ act_id = 42, mai_tem_id = 7 }).error_code, 105)
    equal(said({ act_id = 13, use_ema_for_adm = 1 }).error_message, "La propriété \"ema\" est requise")
  end)

  it("201 is a candidate with a value that cannot be", function()
    for _, wrong in ipairs { { gen_id = 4 }, { gen_id = "female" }, { ema = "nobody" }, { lan_id = 9 },
      { xtr_tim_fac = -1 }, { dep_id = 10, ext_dep_id = "x" }, { no_psw_rst = "yes" } } do
      equal(said(person(wrong)).error_code, 201)
    end
    local both = person { act_id = 8, tst_frm_id = PYTHON, gen_id = 0 }
    equal(said(both).error_code, 201)
  end)
end)

describe("strictness", function()
  it("refuses an unknown parameter and names the nearest", function()
    local answer = said(person { first_name = "x", fst_name = "y" })
    equal(answer.success, false)
    equal(answer.error_code, nil)
    test.contains(answer.error_message, "takes no \"first_name\"")
    test.contains(said({ act_id = 2, ema = "grace.hopper@example.org", tst_frm_id = PYTHON, redirct = 1 })
      .error_message, "did you mean redirect?")
  end)

  it("refuses our own words for parameters and values", function()
    local answer = said { act_id = 2, ema = "grace.hopper@example.org", tst_frm_id = PYTHON, reuse_unfinished = 1 }
    test.contains(answer.error_message, "takes no \"reuse_unfinished\"")
    test.contains(said({ act_id = 14, lan_id = "french" }).error_message, "lan_id must be")
    test.contains(said({ act_id = 2, ema = "grace.hopper@example.org", tst_frm_id = PYTHON, html = "true" })
      .error_message, "html must be")
    test.contains(said({ act_id = 42, mai_tem_id = 7, pla_tst_ids = "987654", pla_tst_id = 987654 }).error_message,
      "given twice")
  end)

  it("can be turned off: what is not known or readable is left out", function()
    twin.set { strict = false }
    local answer = said(person { first_name = "x", lan_id = 99, no_psw_rst = "yes", dep_id = 10,
      ext_dep_id = "mine" })
    equal(answer.success, true)
    local made = candidate(answer.can_id)
    same({ made.lan_id, made.asked_to_change_it }, { 1, true })
    equal(said(person { gen_id = "female", ema = "b@example.org" }).error_message,
      "La propriété \"gen_id\" est requise")
    equal(said({ act_id = 24 }).error_code, 105)
  end)
end)

describe("create_candidate", function()
  it("makes a candidate with an id and a link", function()
    local answer = create("ada", { lan_id = isograd.language.english, ext_id = "e-1", dep_id = 10, job_id = 3,
      xtr_tim_fac = 50 })
    local made = candidate(answer.can_id)
    same({ made.ema, made.fst_nam, made.lst_nam, made.gen_id, made.lan_id, made.ext_id, made.dep_id, made.job_id,
      made.xtr_tim_fac }, { "ada@example.org", "ada", "Test", 3, 2, "e-1", 10, 3, 50 })
    equal(create("bob").can_id, answer.can_id + 1)
    test.match(answer.lgn_url, "^https://recette%.isograd%.com/continuelogin/CandidateContinueLogin%?param=%w+$")
  end)

  it("refuses an e-mail that is there, with the candidate's id", function()
    local can_id = create("ada").can_id
    local err = refused(202, create, "ada")
    same({ err.kind, err.response.can_id, err.outcome }, { "conflict", can_id, "none" })
    test.contains(err.message, tostring(can_id))
    equal(#twin.candidates(), 4)
  end)

  it("refuses a group that is not there, and makes nobody", function()
    refused(203, create, "ada", { dep_id = 999 })
    equal(#twin.candidates(), 3)
  end)

  it("makes a group of ours when it is first named", function()
    local one = candidate(create("ada", { ext_dep_id = "class 7" }).can_id)
    local two = candidate(create("bob", { ext_dep_id = "class 7" }).can_id)
    local three = candidate(create("cay", { ext_dep_id = "class 8" }).can_id)
    equal(one.dep_id, two.dep_id)
    test.truthy(three.dep_id ~= one.dep_id)
    equal(find(twin.groups(), "dep_id", one.dep_id).ext_dep_id, "class 7")
    equal(#twin.groups(), 4)
  end)

  it("keeps a password unless it is to be hashed", function()
    equal(candidate(create("ada", { psw = "test-password" }).can_id).password, "test-password")
    local random = candidate(create("bob").can_id)
    same({ #random.password, random.asked_to_change_it }, { 12, true })
    local hashed = candidate(create("cay", { psw = "test-password", no_psw_rst = true }).can_id)
    same({ hashed.password, hashed.asked_to_change_it }, { nil, false })
  end)
end)

describe("add_test", function()
  it("adds a test and takes a credit", function()
    create "ada"
    local before = credits_of "Tests Python"
    local answer = add("ada", PYTHON, { nee_ful_scr = true, cpf_id = "cpf-1", rtn_pag = "https://lms.example.org/" })
    equal(credits_of "Tests Python", before - 1)
    local made = planned_test(answer.pla_tst_id)
    same({ made.tst_frm_id, made.status, made.full_screen, made.cpf_id, made.rtn_pag, made.proctored },
      { PYTHON, 1, true, "cpf-1", "https://lms.example.org/", false })
    test.match(answer.tst_url, "^https://recette%.isograd%.com/test/start/%w+$")
  end)

  it("answers the unfinished test with act_id 2, and adds one with 9", function()
    create "ada"
    local first = add("ada", PYTHON)
    local before = credits_of "Tests Python"
    same(add("ada", PYTHON), first)
    twin.start_test { pla_tst_id = first.pla_tst_id }
    same(add("ada", PYTHON, { act_id = isograd.unfinished_test.reuse }), first)
    equal(credits_of "Tests Python", before)
    local second = isograd.add_another_test { ema = "ada@example.org", tst_frm_id = PYTHON }
    local third = add("ada", PYTHON, { reuse_unfinished = false })
    test.truthy(first.pla_tst_id < second.pla_tst_id and second.pla_tst_id < third.pla_tst_id)
    equal(credits_of "Tests Python", before - 2)
    test.truthy(add("ada", DATABASES).pla_tst_id > third.pla_tst_id) -- another form
  end)

  it("adds one with act_id 2 once the last is finished", function()
    local done = finished("ada", PYTHON, 500)
    test.truthy(add("ada", PYTHON).pla_tst_id > done.pla_tst_id)
  end)

  it("refuses an unknown form, an unknown candidate and no credit", function()
    create "ada"
    equal(refused(106, add, "ada", 999).kind, "permission")
    equal(refused(107, add, "nobody", PYTHON).kind, "not_found")
    twin.set_credits { des = "Tests Python", amount = 0 }
    refused(301, add, "ada", PYTHON)
    add("ada", LEVEL) -- other credits
  end)

  it("answers an unfinished test even without a credit", function()
    create "ada"
    local first = add "ada"
    twin.set_credits { des = "Tests Python", amount = 0 }
    same(add "ada", first)
  end)

  it("refuses more tests than max_num_tst", function()
    create "ada"
    local function another()
      return isograd.add_another_test { ema = "ada@example.org", tst_frm_id = PYTHON, max_num_tst = 2 }
    end
    another()
    another()
    refused(402, another)
    refused(402, isograd.add_another_test, { ema = "ada@example.org", tst_frm_id = PYTHON, max_num_tst = 2,
      max_num_tst_per = 1 })
    isograd.add_another_test { ema = "ada@example.org", tst_frm_id = DATABASES, max_num_tst = 2 }
  end)

  it("takes part of a credit from a pack", function()
    create "ada"
    twin.set_credits { des = "Tests Python", amount = 1 }
    for count, left in ipairs { 0.75, 0.5, 0.25, 0 } do
      isograd.add_another_test { ema = "ada@example.org", tst_frm_id = PYTHON, nb_test_by_credit = 4 }
      equal(credits_of "Tests Python" + 0.0, left + 0.0)
      equal(#twin.tests(), 2 + count)
    end
    refused(301, isograd.add_another_test, { ema = "ada@example.org", tst_frm_id = PYTHON, nb_test_by_credit = 4 })
  end)

  it("takes a proctoring credit too, or none at all", function()
    create "ada"
    local before = credits_of "Surveillance en ligne"
    test.truthy(planned_test(add("ada", PYTHON, { add_pro = true }).pla_tst_id).proctored)
    equal(credits_of "Surveillance en ligne", before - 1)
    twin.set_credits { des = "Surveillance en ligne", amount = 0 }
    local tests = credits_of "Tests Python"
    refused(303, add, "ada", DATABASES, { add_pro = true })
    equal(credits_of "Tests Python", tests)
  end)

  it("belongs to a session that is there", function()
    create "ada"
    local session = isograd.create_session { des = "January", sta_dat = "2026-01-15 09:00",
      end_dat = "2026-01-15 12:00" }
    equal(planned_test(add("ada", PYTHON, { ses_id = session.ses_id }).pla_tst_id).ses_id, session.ses_id)
    test.contains(refused(nil, add, "ada", DATABASES, { ses_id = 4 }).vendor_message, "no session 4")
  end)

  it("answers a link for redirect and a tag for html, and redirect wins", function()
    create "ada"
    local url = add("ada").tst_url
    same(add("ada", PYTHON, { redirect = true }), { location = url })
    local tag = add("ada", PYTHON, { html = true }).html
    equal(tag, ("<a class=\"isograd_start_test_button\" href=\"%s\">Démarrer le test</a>"):format(url))
    same(add("ada", PYTHON, { html = true, redirect = true }), { location = url })
    local raw = post { act_id = 2, ema = "ada@example.org", tst_frm_id = PYTHON, redirect = 1 }
    same({ raw.status, raw.headers.location, raw.body }, { 302, url, "" })
    equal(said({ act_id = 2, ema = "ada@example.org", tst_frm_id = PYTHON, redirect = 0 }).tst_url, url)
  end)

  it("refuses in JSON even where a link was asked for", function()
    create "ada"
    refused(106, add, "ada", 999, { redirect = true })
    refused(106, add, "ada", 999, { html = true })
  end)
end)

describe("create_candidate_and_add_test", function()
  local function both(name, more)
    local params = { gen_id = 1, ema = name .. "@example.org", fst_nam = name, lst_nam = "Test",
      tst_frm_id = PYTHON }
    for key, value in pairs(more or {}) do
      params[key] = value
    end
    return isograd.create_candidate_and_add_test(params)
  end

  it("does both", function()
    local answer = both("ada", { ext_dep_id = "x", add_pro = true })
    equal(candidate(answer.can_id).ema, "ada@example.org")
    equal(planned_test(answer.pla_tst_id).can_id, answer.can_id)
  end)

  it("uses the candidate that is there, and its unfinished test", function()
    local can_id = create("ada").can_id
    local first = both "ada"
    equal(first.can_id, can_id)
    equal(both("ada").pla_tst_id, first.pla_tst_id)
  end)

  it("does otherwise when it is set", function()
    local first = both "ada"
    twin.set { combined_reuses = false }
    test.truthy(both("ada").pla_tst_id > first.pla_tst_id)
    twin.set { existing_is_error = true }
    equal(refused(202, both, "ada").response.can_id, first.can_id)
  end)

  it("refuses as both do, and answers a link", function()
    refused(106, both, "ada", { tst_frm_id = 999 })
    equal(#twin.candidates(), 3)
    refused(203, both, "ada", { dep_id = 999 })
    twin.set_credits { des = "Tests Python", amount = 0 }
    refused(301, both, "ada")
    twin.set_credits { des = "Tests Python", amount = 9 }
    refused(402, both, "grace.hopper", { max_num_tst = 1, tst_frm_id = PYTHON, act_id = 8, ema =
      "alan.turing@example.org" })
    test.truthy(both("bob", { redirect = true }).location)
    test.truthy(both("bob", { html = true }).html)
  end)
end)

describe("proctoring", function()
  it("is added for a credit, once, and removed for none", function()
    create "ada"
    local planned = { pla_tst_id = add("ada").pla_tst_id }
    local before = credits_of "Surveillance en ligne"
    same(isograd.add_proctoring(planned), { success = true })
    isograd.add_proctoring(planned)
    equal(credits_of "Surveillance en ligne", before - 1)
    equal(planned_test(planned.pla_tst_id).proctored, true)
    isograd.remove_proctoring(planned)
    isograd.set_proctoring { act_id = isograd.proctoring.remove, pla_tst_id = planned.pla_tst_id }
    equal(planned_test(planned.pla_tst_id).proctored, false)
    equal(credits_of "Surveillance en ligne", before - 1)
  end)

  it("is refused without a credit; removing it never is", function()
    create "ada"
    local planned = { pla_tst_id = add("ada").pla_tst_id }
    twin.set_credits { des = "Surveillance en ligne", amount = 0 }
    equal(refused(303, isograd.add_proctoring, planned).meaning, "no proctoring credit is left")
    isograd.remove_proctoring(planned)
  end)

  it("is of a test that is there", function()
    equal(refused(501, isograd.add_proctoring, { pla_tst_id = 1 }).meaning, "there is no such test")
    equal(refused(501, isograd.remove_proctoring, { pla_tst_id = 1 }).meaning, "there is no such test")
  end)
end)

describe("delete_test", function()
  it("deletes what was not started", function()
    create "ada"
    local planned = { pla_tst_id = add("ada").pla_tst_id }
    same(isograd.delete_test(planned), { success = true })
    refused(304, isograd.delete_test, planned)
    refused(501, isograd.get_test_status, planned)
  end)

  it("refuses what was started or is not there", function()
    create "ada"
    local planned = { pla_tst_id = add("ada").pla_tst_id }
    twin.start_test(planned)
    refused(304, isograd.delete_test, planned)
    refused(304, isograd.delete_test, { pla_tst_id = 1 })
  end)
end)

describe("add_confirmation_test", function()
  it("follows a finished test, and costs nothing", function()
    local done = finished("ada", PYTHON, 600)
    local before = credits_of "Tests Python"
    local answer = isograd.add_confirmation_test { pla_tst_id = done.pla_tst_id }
    test.match(answer.tst_url, "^https://recette%.isograd%.com/test/start/")
    equal(answer.pla_tst_id, nil)
    equal(credits_of "Tests Python", before)
    local tests = twin.tests()
    equal(tests[#tests].confirms, done.pla_tst_id)
    test.truthy(isograd.add_confirmation_test({ pla_tst_id = done.pla_tst_id, redirect = true }).location)
  end)

  it("costs a credit when it is set", function()
    local done = finished("ada", PYTHON, 600)
    twin.set { confirmation_costs = true }
    local before = credits_of "Tests Python"
    isograd.add_confirmation_test { pla_tst_id = done.pla_tst_id }
    equal(credits_of "Tests Python", before - 1)
  end)

  it("refuses a test that is not finished or not there", function()
    create "ada"
    refused(502, isograd.add_confirmation_test, { pla_tst_id = add("ada").pla_tst_id })
    refused(501, isograd.add_confirmation_test, { pla_tst_id = 1 })
  end)
end)

describe("update_candidate", function()
  it("changes what is given", function()
    local can_id = create("ada").can_id
    same(isograd.update_candidate { can_id = can_id, lst_nam = "King", lan_id = 4 }, { success = true })
    local changed = candidate(can_id)
    same({ changed.fst_nam, changed.lst_nam, changed.lan_id, changed.gen_id, changed.ema },
      { "ada", "King", 4, 3, "ada@example.org" })
    isograd.update_candidate { can_id = can_id, ema = "king@example.org", gen_id = 2, fst_nam = "A." }
    add "king"
    refused(107, add, "ada")
  end)

  it("refuses an unknown candidate and an e-mail in use", function()
    local can_id, other = create("ada").can_id, create("bob").can_id
    refused(107, isograd.update_candidate, { can_id = 1 })
    equal(refused(202, isograd.update_candidate, { can_id = can_id, ema = "bob@example.org" }).response.can_id, other)
    isograd.update_candidate { can_id = can_id, ema = "ADA@example.org" } -- its own
  end)
end)

describe("delete_candidate", function()
  it("deletes by id or by e-mail, tests included", function()
    local can_id = create("ada").can_id
    local planned = add "ada"
    same(isograd.delete_candidate { can_id = can_id }, { success = true })
    refused(107, isograd.delete_candidate, { can_id = can_id })
    refused(501, isograd.get_test_status, { pla_tst_id = planned.pla_tst_id })
    create "bob"
    isograd.delete_candidate { ema = "bob@example.org" }
    refused(107, isograd.delete_candidate, { ema = "bob@example.org" })
  end)

  it("goes by the id when both are given, and needs one", function()
    local can_id = create("ada").can_id
    create "bob"
    isograd.delete_candidate { can_id = can_id, ema = "bob@example.org" }
    same({ candidate(can_id), candidate(can_id + 1).fst_nam }, { nil, "bob" })
    test.contains(test.raises("argument", isograd.delete_candidate, {}).message, "give can_id or ema")
  end)
end)

describe("send_registration_email", function()
  it("sends at once, with all tests that wait", function()
    local can_id = create("ada", { psw = "test-password" }).can_id
    local one, two, three = add("ada", PYTHON), add("ada", LEVEL), add("ada", QUIZ)
    twin.start_test { pla_tst_id = two.pla_tst_id }
    same(isograd.send_registration_email { can_id = can_id, mai_tem_id = 7 }, { success = true })
    local mail = twin.mails()[1]
    same({ mail.state, mail.to, mail.from, mail.mai_tem_id }, { "sent", "ada@example.org",
      "no-reply@isograd.example", 7 })
    test.contains(mail.text, one.tst_url)
    test.lacks(mail.text, two.tst_url)
    test.contains(mail.text, three.tst_url)
    test.contains(mail.text, "test-password")
    isograd.send_registration_email { can_id = can_id, mai_tem_id = 7 }
    equal(#twin.mails(), 2)
  end)

  it("names the tests that it is given, which decide over can_id", function()
    create("ada", { no_psw_rst = true })
    local bob = create("bob").can_id
    local one, two = add("ada", PYTHON), add("ada", LEVEL)
    isograd.send_registration_email { can_id = bob, pla_tst_ids = { one.pla_tst_id }, mai_tem_id = 8,
      ema_sen = "exams@example.org" }
    local mail = twin.mails()[1]
    same({ mail.to, mail.from, mail.pla_tst_ids }, { "ada@example.org", "exams@example.org", { one.pla_tst_id } })
    test.contains(mail.text, one.tst_url)
    test.lacks(mail.text, two.tst_url)
    test.lacks(mail.text, "mot de passe")
  end)

  it("goes to everybody whose tests it names", function()
    create "ada"
    create "bob"
    local one, two, three = add("ada", PYTHON), add("bob", PYTHON), add("ada", LEVEL)
    isograd.send_registration_email { pla_tst_ids = { one.pla_tst_id, two.pla_tst_id, three.pla_tst_id },
      mai_tem_id = 7 }
    local mails = twin.mails()
    same({ mails[1].to, mails[2].to, #mails }, { "ada@example.org", "bob@example.org", 2 })
    same(mails[1].pla_tst_ids, { one.pla_tst_id, three.pla_tst_id })
  end)

  it("takes each spelling of the tests", function()
    create "ada"
    local one, two = add("ada", PYTHON).pla_tst_id, add("ada", LEVEL).pla_tst_id
    local headers = { Authorization = "Bearer " .. fetch_token(),
      ["Content-Type"] = "application/x-www-form-urlencoded" }
    for _, spelling in ipairs { "pla_tst_ids=%d%%2C%d", "pla_tst_ids[]=%d&pla_tst_ids[]=%d",
      "pla_tst_ids%%5B%%5D=%d&pla_tst_ids%%5B%%5D=%d" } do
      local body = "act_id=42&mai_tem_id=7&" .. spelling:format(one, two)
      equal(http.post(API, { body = body, headers = headers }):json().success, true)
    end
    equal(said({ act_id = 42, mai_tem_id = 7, pla_tst_id = two }).success, true)
    isograd.send_registration_email { pla_tst_id = one, mai_tem_id = 7 }
    local seen = {}
    for i, mail in ipairs(twin.mails()) do
      seen[i] = table.concat(mail.pla_tst_ids, " ")
    end
    local both = one .. " " .. two
    same(seen, { both, both, both, tostring(two), tostring(one) })
  end)

  it("refuses what it does not know", function()
    local can_id = create("ada").can_id
    refused(107, isograd.send_registration_email, { can_id = 1, mai_tem_id = 7 })
    refused(501, isograd.send_registration_email, { pla_tst_ids = { 1 }, mai_tem_id = 7 })
    test.contains(refused(nil, isograd.send_registration_email, { can_id = can_id, mai_tem_id = 9 }).vendor_message,
      "no e-mail template 9")
    test.contains(refused(nil, isograd.send_registration_email, { can_id = can_id, mai_tem_id = 7,
      ema_sen = "spam@example.org" }).vendor_message, "not approved")
    equal(#twin.mails(), 0)
    test.contains(test.raises("argument", isograd.send_registration_email, { mai_tem_id = 7 }).message,
      "give can_id or pla_tst_ids")
  end)
end)

describe("a test's life", function()
  it("goes from not started to started to finished", function()
    create "ada"
    local planned = { pla_tst_id = add("ada").pla_tst_id }
    local function status()
      return isograd.get_test_status(planned).sta_id
    end
    equal(status(), isograd.test_status.not_started)
    twin.start_test(planned)
    equal(status(), isograd.test_status.started)
    twin.finish_test(planned)
    equal(status(), isograd.test_status.finished)
    test.raises("argument", twin.start_test, planned)
    test.raises("argument", twin.finish_test, planned)
  end)

  it("waits for marks where people mark", function()
    create "ada"
    local planned = { pla_tst_id = add("ada", ESSAY).pla_tst_id }
    local asked = { ema = "ada@example.org", tst_frm_id = ESSAY }
    twin.finish_test(planned)
    equal(isograd.get_test_status(planned).sta_id, isograd.test_status.marking_pending)
    refused(502, isograd.get_results, asked)
    test.contains(test.raises("argument", twin.finish_test, planned).message, "give num_val")
    twin.finish_test { pla_tst_id = planned.pla_tst_id, num_val = 410 }
    equal(isograd.get_test_status(planned).sta_id, isograd.test_status.finished)
    local result = isograd.get_results(asked)
    same({ result.gra_typ_id, result.num_val, result.txt_des }, { isograd.grade_type.average, 410, "410/1000" })
  end)

  it("goes on by the links that a candidate gets", function()
    create "ada"
    local planned = add("ada", PYTHON, { rtn_pag = "https://lms.example.org/back" })
    local page = http.get(planned.tst_url)
    equal(page.status, 200)
    test.contains(page.headers["content-type"], "text/html")
    equal(isograd.get_test_status({ pla_tst_id = planned.pla_tst_id }).sta_id, 2)
    local action = page.body:match "action=\"([^\"]+)\""
    local left = http.post("https://recette.isograd.com" .. action, { redirects = 0 })
    same({ left.status, left.headers.location }, { 302, "https://lms.example.org/back" })
    equal(isograd.get_test_status({ pla_tst_id = planned.pla_tst_id }).sta_id, 3)
    equal(http.get("https://recette.isograd.com/test/start/none").status, 404)
  end)

  it("calls the callback once, to this machine only", function()
    create "ada"
    local planned = add("ada", PYTHON, { cal_bac_pag = "https://lms.example.org/done" })
    same(twin.calls(), {})
    twin.finish_test { pla_tst_id = planned.pla_tst_id }
    async.sleep(0) -- the task that makes it runs
    local calls = twin.calls()
    equal(#calls, 1)
    same({ calls[1].url, calls[1].state }, { "https://lms.example.org/done", "failed" })
    test.contains(calls[1].why, "this machine only")
  end)

  it("calls back when the candidate hands in, not when it is marked", function()
    create "ada"
    local planned = add("ada", ESSAY, { cal_bac_pag = "https://lms.example.org/done" })
    twin.finish_test { pla_tst_id = planned.pla_tst_id }
    equal(#twin.calls(), 1)
    twin.finish_test { pla_tst_id = planned.pla_tst_id, num_val = 1 }
    equal(#twin.calls(), 1)
  end)
end)

-- form, grade, and what get_results answers
local GRADES = {
  { LEVEL, 3, 1, 3, 5, "Intermédiaire – 3/5" },
  { PYTHON, 742, 2, 742, 1000, "742/1000" },
  { ESSAY, 587.5, 3, 587.5, 1000, "587.5/1000" },
  { QUIZ, 31, 4, 31, 40, "31/40" },
  { RANGE, 350, 5, 175.5, 1000, "1-350" },
  { RANGE, 700, 5, 525, 1000, "350-700" },
  { RANGE, 701, 5, 850, 1000, "700-1000" },
  { DATABASES, 88, 15, 88, 100, "88/100" },
}

describe("results", function()
  for _, row in ipairs(GRADES) do
    local form, grade, kind, value, highest, text = table.unpack(row)
    it(("of grade type %d with %s"):format(kind, text), function()
      local asked = finished("ada", form, grade)
      local result = isograd.get_results(asked)
      same({ result.gra_typ_id, result.num_val, result.max_val, result.txt_des, result.no_sto_tim_spe },
        { kind, value, highest, text, 0 })
      local fraction = isograd.grade_fraction(result)
      test.truthy(fraction >= 0 and fraction <= 1)
    end)
  end

  it("are within the scale when they are random", function()
    create "ada"
    for _, form in ipairs { LEVEL, PYTHON, QUIZ, RANGE, DATABASES } do
      twin.finish_test { pla_tst_id = add("ada", form).pla_tst_id }
      local result = isograd.get_results { ema = "ada@example.org", tst_frm_id = form }
      test.truthy(result.num_val >= (form == LEVEL and 1 or 0) and result.num_val <= result.max_val)
    end
  end)

  it("refuse a grade that is none", function()
    create "ada"
    local planned = add("ada", LEVEL).pla_tst_id
    for _, grade in ipairs { 0, 6, "5" } do
      test.contains(test.raises("argument", twin.finish_test, { pla_tst_id = planned, num_val = grade }).message,
        "a number from 1 to 5")
    end
  end)

  it("are of the last test taken, or of the one that is named", function()
    local first = finished("ada", PYTHON, 100)
    local second = add("ada", PYTHON)
    twin.finish_test { pla_tst_id = second.pla_tst_id, num_val = 900 }
    isograd.add_another_test { ema = "ada@example.org", tst_frm_id = PYTHON } -- not taken
    local asked = { ema = "ada@example.org", tst_frm_id = PYTHON }
    equal(isograd.get_results(asked).num_val, 900)
    equal(isograd.get_results(first).num_val, 100)
  end)

  it("by skill have a level where the test is by item response theory", function()
    local asked = finished("ada", PYTHON, 1000)
    local answer = isograd.get_result_details(asked)
    equal(answer.des_lan_id, isograd.language.english)
    same(answer.result_details["45"], { des = "Data structures", level = 5.0, level_des = "Level reached",
      scalemin = 1, scalemax = 5 })
    same(answer.result_details["47"], { des = "Modules", level = -1, level_des = "", scalemin = 1, scalemax = 5 })
  end)

  it("by skill have a success rate elsewhere", function()
    local answer = isograd.get_result_details(finished("ada", QUIZ, 10))
    same(answer.result_details, { ["51"] = { des = "Networks", successrate = 0.25 },
      ["52"] = { des = "Firewalls", successrate = -1 } })
  end)

  it("by skill are in French or English, else in English", function()
    local asked = finished("ada", PYTHON, 500)
    for wanted, given in pairs { [1] = 1, [2] = 2, [3] = 2, [8] = 2 } do
      asked.des_lan_id = wanted
      equal(isograd.get_result_details(asked).des_lan_id, given)
    end
    asked.des_lan_id = 1
    equal(isograd.get_result_details(asked).result_details["46"].des, "Fonctions")
  end)

  it("as PDF are a link that needs no token", function()
    local asked = finished("ada", PYTHON, 742)
    local link = isograd.get_pdf_results(asked).pdf_url
    local file = http.get(link)
    same({ file.status, file.headers["content-type"], file.body:sub(1, 5) }, { 200, "application/pdf", "%PDF-" })
    test.contains(file.body, "742/1000")
    asked.redirect, asked.lan_id = true, 1
    same(isograd.get_pdf_results(asked), { location = link })
  end)

  for _, operation in ipairs { "get_pdf_results", "get_results", "get_result_details" } do
    it(("are refused by %s with 106, 107, 501 and 502"):format(operation), function()
      create "ada"
      local function ask(params)
        return isograd[operation](params)
      end
      refused(106, ask, { ema = "ada@example.org", tst_frm_id = 999 })
      refused(107, ask, { ema = "nobody@example.org", tst_frm_id = PYTHON })
      local asked = { ema = "ada@example.org", tst_frm_id = PYTHON }
      local err = refused(501, ask, asked)
      same({ err.meaning, err.vendor_message }, { "the candidate did not take this test",
        "Le candidat n'a pas passé ce test" })
      local planned = add "ada"
      refused(501, ask, asked)
      refused(501, ask, { ema = "ada@example.org", tst_frm_id = PYTHON, pla_tst_id = 1 })
      refused(502, ask, { ema = "ada@example.org", tst_frm_id = PYTHON, pla_tst_id = planned.pla_tst_id })
      twin.start_test { pla_tst_id = planned.pla_tst_id }
      refused(502, ask, asked)
    end)
  end

  it("of a certification have no PDF: 601", function()
    local asked = finished("ada", CERTIFICATION, 800)
    equal(refused(601, isograd.get_pdf_results, asked).meaning, "the test must be an assessment, not a certification")
    equal(isograd.get_results(asked).num_val, 800)
  end)

  it("501 has another meaning for a status", function()
    local err = refused(501, isograd.get_test_status, { pla_tst_id = 1 })
    same({ err.meaning, err.vendor_message }, { "this pla_tst_id does not exist", "Ce pla_tst_id n'existe pas" })
  end)
end)

describe("the administration", function()
  it("creates sessions, each call one", function()
    local params = { des = "January", sta_dat = "2026-01-15 09:00", end_dat = "2026-01-15 12:00",
      psw = "test-password" }
    local first, second = isograd.create_session(params), isograd.create_session(params)
    equal(second.ses_id, first.ses_id + 1)
    local made = twin.sessions()[1]
    same({ made.ses_id, made.des, made.sta_dat, made.end_dat, made.has_password },
      { first.ses_id, "January", "2026-01-15 09:00", "2026-01-15 12:00", true })
  end)

  it("anonymises for good", function()
    local done = finished("ada", PYTHON, 500)
    local can_id = planned_test(done.pla_tst_id).can_id
    same(isograd.anonymize_candidate { ema = "ada@example.org" }, { success = true })
    local nobody = candidate(can_id)
    for _, name in ipairs { "ema", "fst_nam", "lst_nam" } do
      test.match(nobody[name], "^%d+$")
    end
    refused(107, isograd.anonymize_candidate, { ema = "ada@example.org" })
    refused(107, isograd.get_results, done)
    create "ada" -- the address is free
  end)

  it("gives links that log in", function()
    test.match(isograd.login_as_admin().location, "^https://recette%.isograd%.com/admin/%w+$")
    test.truthy(isograd.login_as_admin { use_ema_for_adm = true, ema = "admin@example.org" }.location)
    test.truthy(isograd.login_as_admin { use_ema_for_adm = false }.location)
    test.contains(refused(nil, isograd.login_as_admin, { use_ema_for_adm = true, ema = "x@example.org" })
      .vendor_message, "no such administrator")
    test.contains(test.raises("argument", isograd.login_as_admin, { use_ema_for_adm = true }).message, "needs ema")
    local link = isograd.login_as_candidate({ ema = "grace.hopper@example.org" }).location
    test.truthy(link_of(link):find("^/candidate/"))
    equal(http.get(link).status, 200)
    refused(107, isograd.login_as_candidate, { ema = "nobody@example.org" })
  end)

  it("lists the forms and the credits", function()
    local forms = isograd.list_available_tests { lan_id = isograd.language.french }
    same(forms.tests, { 101, 102, 103, 201, 204, 207, 305 })
    same(isograd.list_available_credits().credits, { { des = "Tests Python", amount = 148 },
      { des = "Tests Excel", amount = 75 }, { des = "Surveillance en ligne", amount = 20 } })
  end)
end)

describe("a sub-account", function()
  it("has candidates, tests, credits and mails of its own", function()
    local sub = isograd.client { sub_com_id = 456 }
    local made = sub.create_candidate { gen_id = 3, ema = "grace.hopper@example.org", fst_nam = "G", lst_nam = "H" }
    equal(candidate(made.can_id), nil)
    equal(#twin.candidates { sub_com_id = 456 }, 1)
    local before = credits_of "Tests Python"
    local planned = sub.add_test { ema = "grace.hopper@example.org", tst_frm_id = PYTHON }
    sub.send_registration_email { can_id = made.can_id, mai_tem_id = 7 }
    equal(credits_of "Tests Python", before)
    same({ #twin.tests { sub_com_id = 456 }, #twin.mails { sub_com_id = 456 }, #twin.mails() }, { 1, 1, 0 })
    refused(501, isograd.get_test_status, { pla_tst_id = planned.pla_tst_id })
    equal(sub.get_test_status({ pla_tst_id = planned.pla_tst_id }).sta_id, 1)
    twin.set_credits { des = "Tests Excel", amount = 0, sub_com_id = 456 }
    equal(credits_of "Tests Excel", 75)
  end)

  it("that is not there is refused", function()
    test.contains(refused(nil, isograd.list_available_credits, { sub_com_id = 7 }).vendor_message,
      "no sub-account 7")
    test.raises("argument", twin.candidates, { sub_com_id = 7 })
  end)
end)

describe("the sandbox", function()
  it("goes back to the beginning, or to where it was", function()
    create "ada"
    local number = twin.snapshot()
    create "bob"
    add "ada"
    twin.set { error_status = 400 }
    twin.restore { snapshot = number }
    same({ #twin.candidates(), #twin.tests(), twin.set({}).error_status }, { 4, 2, 200 })
    create "cay"
    twin.restore { snapshot = number } -- again
    equal(#twin.candidates(), 4)
    sandbox.reset()
    equal(#twin.candidates(), 3)
    test.contains(test.raises("argument", twin.restore, { snapshot = 99 }).message, "no snapshot 99")
  end)

  it("takes back who is found by an address", function()
    create "ada"
    local number = twin.snapshot()
    isograd.delete_candidate { ema = "ada@example.org" }
    create "ada" -- the address is free again
    create "bob"
    add "bob"
    twin.restore { snapshot = number }
    refused(202, create, "ada")
    refused(107, add, "bob")
    create "bob"
  end)

  it("counts and keeps requests", function()
    create "ada"
    add "ada"
    isograd.add_another_test { ema = "ada@example.org", tst_frm_id = PYTHON }
    local counts = twin.counts()
    same({ counts.create_candidate, counts.add_test }, { 2, 2 }) -- the first met a token that had ended
    equal(#twin.requests { operation = "add_test" }, 2)
    equal(#twin.requests { operation = "add_another_test" }, 1)
    local request = twin.requests { operation = "add_test" }[1]
    same({ request.method, request.host, request.path, request.status },
      { "POST", "recette.isograd.com", "/api/usage", 200 })
  end)

  it("refuses what it does not know and names the nearest", function()
    test.contains(test.raises("argument", twin.finish_tset, {}).message, "did you mean finish_test?")
    test.contains(test.raises("argument", twin.set, { stict = false }).message, "did you mean strict?")
    test.contains(test.raises("argument", twin.set, { strict = 1 }).message, "cannot be 1")
    test.raises("argument", twin.set, { token_lifetime = false })
    test.raises("argument", twin.set, { start_after = true })
    test.contains(test.raises("argument", twin.finish_test, { pla_tst = 1 }).message, "did you mean pla_tst_id?")
    test.contains(test.raises("argument", twin.finish_test, { pla_tst_id = 1 }).message, "no test 1")
    test.contains(test.raises("argument", twin.set_credits, { des = "Tests", amount = 1 }).message, "Tests Python")
    test.contains(test.raises("argument", function() return sandbox.isogard end).hint, "isograd")
  end)

  it("says how it is used", function()
    local text = table.concat(twin.guide { base = "http://127.0.0.1:8080" }, "\n")
    test.contains(text, "http://127.0.0.1:8080/api/usage")
    test.contains(text, "test-client-secret")
    test.lacks(text, "{")
  end)
end)

describe("a fault", function()
  local function status()
    return isograd.get_test_status({ pla_tst_id = 987654 }, { retry = false })
  end

  test.before_each(function() isograd.list_available_tests() end) -- has a token

  it("may be an answer of the script's", function()
    twin.fault { kind = "answer", operation = "get_test_status", body = "{\"success\":true,\"sta_id\":4}",
      type = "application/json" }
    equal(status().sta_id, 4)
    equal(status().sta_id, 1)
  end)

  it("may be a status", function()
    twin.fault { kind = "status", status = 503, body = "busy", headers = { ["Retry-After"] = "3" } }
    local err = test.raises("server", status)
    same({ err.status, err.retry_after }, { 503, 3.0 })
    status()
  end)

  it("comes at the nth call and as often as asked", function()
    twin.fault { kind = "status", status = 500, nth = 2, times = 2 }
    status()
    test.raises("server", status)
    test.raises("server", status)
    status()
  end)

  it("meets a variant by its name", function()
    twin.fault { kind = "status", status = 500, operation = "add_another_test" }
    local params = { ema = "grace.hopper@example.org", tst_frm_id = PYTHON }
    isograd.add_test(params)
    local err = test.raises("server", isograd.add_another_test, params)
    equal(err.outcome, "unknown")
  end)

  it("may lose a request: nothing happens", function()
    twin.fault { kind = "lost request", operation = "create_candidate" }
    local err = test.raises("network", create, "ada")
    equal(err.outcome, "unknown")
    equal(#twin.candidates(), 3)
    create "ada"
  end)

  it("may lose the reply: it happens all the same", function()
    twin.fault { kind = "lost reply", operation = "create_candidate" }
    local err = test.raises("network", create, "ada")
    same({ err.outcome, err.attempts }, { "unknown", 1 })
    equal(refused(202, create, "ada").response.can_id, twin.candidates()[4].can_id)
  end)

  it("may be slow, slower than the script waits", function()
    twin.fault { kind = "slow", operation = "get_test_status", delay = 0.02 }
    equal(status().sta_id, 1)
    twin.fault { kind = "slow", operation = "get_test_status", delay = 5 }
    local err = test.raises("timeout", isograd.get_test_status, { pla_tst_id = 987654 },
      { timeout = "10 ms", retry = false })
    equal(err.operation, "isograd.get_test_status")
  end)

  it("may cut an answer", function()
    twin.fault { kind = "cut", operation = "get_test_status", keep = 15 }
    local err = test.raises("decode", status)
    equal(err.response, "{\"error_message")
  end)

  it("must be one that is known", function()
    test.contains(test.raises("argument", twin.fault, { kind = "fire" }).message, "no fault \"fire\"")
    test.contains(test.raises("argument", twin.fault, { kind = "cut" }).message, "needs keep")
    test.contains(test.raises("argument", twin.fault, { kind = "cut", opration = "x", keep = 1 }).message,
      "did you mean operation?")
    test.contains(test.raises("argument", twin.fault, { kind = "answer", operation = "add_tests" }).message,
      "did you mean add_test?")
  end)
end)

describe("the answers", function()
  it("are the same bytes whenever they are the same", function()
    equal(post({ act_id = 15 }).body, "{\"error_message\":null,\"success\":true,\"credits\":"
      .. "[{\"des\":\"Tests Python\",\"amount\":148},{\"des\":\"Tests Excel\",\"amount\":75},"
      .. "{\"des\":\"Surveillance en ligne\",\"amount\":20}]}")
    equal(post({ act_id = 24, ema = "grace.hopper@example.org" }).body, "{\"success\":true}")
    equal(post({ act_id = 51, can_id = 1381135 }).body, "{\"error_message\":null,\"success\":true}")
  end)
end)

test.run()
