-- SPDX-License-Identifier: MIT
-- What the simulated Isograd does as days go by. Runs with --virtual-time: waiting takes no time, and the clock
-- begins at 2026-01-01T08:00:00Z.

local async = require "beadle.async"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.isograd

local DAY = 86400
local PYTHON, ESSAY = 101, 204

test.limit = 400 * DAY

local function create(name)
  return isograd.create_candidate { gen_id = 3, ema = name .. "@example.org", fst_nam = name, lst_nam = "Test" }
end

local function add(name, form, more)
  local params = { ema = name .. "@example.org", tst_frm_id = form or PYTHON }
  for key, value in pairs(more or {}) do
    params[key] = value
  end
  return isograd.add_another_test(params)
end

local function status(planned)
  return isograd.get_test_status({ pla_tst_id = planned.pla_tst_id }).sta_id
end

local function refused(code, fn, ...)
  local ok, err = pcall(fn, ...)
  test.falsy(ok)
  equal(type(err) == "table" and err.code, code)
  return err
end

-- The day so many days from now.
local function day(offset)
  return (time.iso(time.now() + offset * DAY):sub(1, 10))
end

-- Waits until the next 8 o'clock.
local function sleep_to_morning()
  local since_midnight = time.now() % DAY
  async.sleep((8 * 3600 - since_midnight) % DAY)
end

test.before_each(sandbox.reset)

it("this run's time is virtual", function()
  test.truthy(time.is_virtual())
end)

describe("a test", function()
  it("starts and ends by itself after the times that are set", function()
    twin.set { start_after = 600, finish_after = 4200 }
    create "ada"
    local planned = add "ada"
    async.sleep(599)
    equal(status(planned), 1)
    async.sleep(1)
    equal(status(planned), 2)
    async.sleep(3599)
    equal(status(planned), 2)
    async.sleep(1)
    equal(status(planned), 3)
    local result = isograd.get_results { ema = "ada@example.org", tst_frm_id = PYTHON }
    equal(result.no_sto_tim_spe, 3600)
  end)

  it("does nothing by itself otherwise", function()
    create "ada"
    local planned = add "ada"
    async.sleep(30 * DAY)
    equal(status(planned), 1)
  end)

  it("may be deleted before its time", function()
    twin.set { start_after = 60, finish_after = 120 }
    create "ada"
    local planned = add "ada"
    isograd.delete_test { pla_tst_id = planned.pla_tst_id }
    async.sleep(200)
    refused(501, status, planned)
    create "bob" -- the sandbox goes on
  end)

  it("is not begun or ended twice", function()
    twin.set { start_after = 60, finish_after = 120 }
    create "ada"
    local planned = add "ada"
    twin.finish_test { pla_tst_id = planned.pla_tst_id, num_val = 321 }
    async.sleep(200)
    equal(isograd.get_results({ ema = "ada@example.org", tst_frm_id = PYTHON }).num_val, 321)
  end)

  it("lasts until the candidate hands in, however long its marks take", function()
    create "ada"
    local planned = add("ada", ESSAY)
    twin.start_test { pla_tst_id = planned.pla_tst_id }
    async.sleep(1800)
    twin.finish_test { pla_tst_id = planned.pla_tst_id }
    equal(status(planned), 4)
    async.sleep(5 * DAY)
    equal(status(planned), 4)
    twin.finish_test { pla_tst_id = planned.pla_tst_id, num_val = 700 }
    local result = isograd.get_results { ema = "ada@example.org", tst_frm_id = ESSAY }
    same({ result.num_val, result.no_sto_tim_spe }, { 700, 1800 })
  end)

  it("calls nobody back in virtual time, and says so", function()
    twin.set { finish_after = 60 }
    create "ada"
    add("ada", PYTHON, { cal_bac_pag = "http://127.0.0.1:9/done?test=1" })
    same(twin.calls(), {})
    async.sleep(61)
    local calls = twin.calls()
    equal(#calls, 1)
    same({ calls[1].url, calls[1].state }, { "http://127.0.0.1:9/done?test=1", "failed" })
    test.contains(calls[1].why, "virtual time")
  end)

  it("is counted against max_num_tst within the days of max_num_tst_per", function()
    create "ada"
    local limits = { max_num_tst = 1, max_num_tst_per = 7 }
    add("ada", PYTHON, limits)
    async.sleep(6 * DAY)
    refused(402, add, "ada", PYTHON, limits)
    async.sleep(1 * DAY + 1)
    add("ada", PYTHON, limits)
    refused(402, add, "ada", PYTHON, { max_num_tst = 1 })
  end)
end)

describe("a call that is cancelled before its answer is due", function()
  it("knows nothing of the answer", function()
    isograd.list_available_tests() -- there is a token
    twin.set { latency = 10 }
    local call = async.spawn(create, "cancelled")
    async.sleep(5)
    call:cancel()
    local err = test.raises("cancelled", call.wait, call)
    twin.set { latency = 0 }
    equal(err.status, nil)
    equal(err.outcome, "unknown")
  end)
end)

describe("a token", function()
  it("ends after its lifetime, and is fetched anew before", function()
    twin.set { token_lifetime = 1000 }
    twin.revoke_tokens()
    isograd.list_available_tests()
    local before = twin.counts().authenticate
    async.sleep(800)
    isograd.list_available_tests()
    equal(twin.counts().authenticate, before)
    async.sleep(150) -- the last tenth is not used
    isograd.list_available_tests()
    equal(twin.counts().authenticate, before + 1)
  end)

  it("is refused by the vendor once it has ended", function()
    local token = http.post("https://auth.isograd.com/oauth2/token?grant_type=client_credentials&scopes=usage",
      { form = { client_id = "test-client-id", client_secret = "test-client-secret" } }):json().access_token
    local function ask()
      return http.post("https://recette.isograd.com/api/usage",
        { form = { act_id = 15 }, headers = { Authorization = "Bearer " .. token } }).status
    end
    async.sleep(3599)
    equal(ask(), 200)
    async.sleep(1)
    equal(ask(), 401)
  end)
end)

describe("a link that logs in", function()
  local function ends_after_30_minutes(link)
    async.sleep(30 * 60 - 1)
    equal(http.get(link).status, 200)
    async.sleep(1)
    equal(http.get(link).status, 410)
  end

  it("of a new candidate ends after 30 minutes", function()
    ends_after_30_minutes(create("ada").lgn_url)
  end)

  it("of a candidate ends after 30 minutes too", function()
    create "ada"
    ends_after_30_minutes(isograd.login_as_candidate({ ema = "ada@example.org" }).location)
  end)
end)

describe("an e-mail", function()
  local function send(more)
    local params = { can_id = create("ada").can_id, mai_tem_id = 7 }
    for key, value in pairs(more) do
      params[key] = value
    end
    isograd.send_registration_email(params)
  end

  local function state()
    return twin.mails()[1].state
  end

  it("for a day to come is sent on the day", function()
    sleep_to_morning()
    send { sen_dat = day(3) }
    equal(state(), "scheduled")
    async.sleep(2 * DAY)
    equal(state(), "scheduled")
    async.sleep(DAY - 2 * 3600) -- 6:00 of the day
    equal(state(), "sent")
    equal(time.iso(twin.mails()[1].sent_at):sub(1, 10), day(0))
  end)

  it("mentions what waits on the day that it is sent", function()
    sleep_to_morning()
    send { sen_dat = day(1) }
    local planned = add "ada"
    async.sleep(DAY)
    test.contains(twin.mails()[1].text, planned.tst_url)
  end)

  it("for today goes at once with for_sen, and without it when its hour is past", function()
    sleep_to_morning()
    send { sen_dat = day(0), for_sen = true }
    equal(state(), "sent")
    sandbox.reset()
    send { sen_dat = day(0) }
    async.sleep(1)
    equal(state(), "sent")
  end)

  it("for a day to come is not hurried by for_sen", function()
    send { sen_dat = day(1), for_sen = true }
    equal(state(), "scheduled")
  end)

  it("for a day that is past goes with for_sen only", function()
    send { sen_dat = day(-1) }
    equal(state(), "missed")
    sandbox.reset()
    send { sen_dat = day(-1), for_sen = true }
    equal(state(), "sent")
  end)

  it("is dropped when the candidate is gone", function()
    send { sen_dat = day(1) }
    isograd.delete_candidate { ema = "ada@example.org" }
    async.sleep(2 * DAY)
    equal(state(), "dropped")
  end)

  it("of a sub-account is sent in the sub-account", function()
    local sub = isograd.client { sub_com_id = 456 }
    local made = sub.create_candidate { gen_id = 3, ema = "sub@example.org", fst_nam = "S", lst_nam = "T" }
    sub.send_registration_email { can_id = made.can_id, mai_tem_id = 7, sen_dat = day(1) }
    async.sleep(2 * DAY)
    equal(twin.mails({ sub_com_id = 456 })[1].state, "sent")
  end)
end)

describe("the former name rea_tst_id", function()
  -- As another program would send it; beadle itself always sends tst_frm_id.
  local function ask()
    local token = http.post("https://auth.isograd.com/oauth2/token?grant_type=client_credentials&scopes=usage",
      { form = { client_id = "test-client-id", client_secret = "test-client-secret" } }):json().access_token
    return http.post("https://recette.isograd.com/api/usage", {
      form = { act_id = 2, ema = "grace.hopper@example.org", rea_tst_id = PYTHON },
      headers = { Authorization = "Bearer " .. token },
    }):json()
  end

  it("is not known after 2025", function()
    local answer = ask()
    same({ answer.error_code, answer.error_message }, { 105, "La propriété \"tst_frm_id\" est requise" })
  end)

  it("is known until the day that is set", function()
    twin.set { old_names_until = day(0) }
    equal(ask().success, true)
    async.sleep(DAY)
    equal(ask().success, false)
  end)
end)

test.run()
