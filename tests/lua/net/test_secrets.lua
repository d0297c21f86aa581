-- SPDX-License-Identifier: MIT
-- A secret that is used is never shown: not by errors, logs of any level, tracebacks, answers that repeat it, or
-- help. Each case runs beadle as a program of its own, and everything that it wrote is searched.
local fs = require "beadle.fs"
local test = require "beadle.test"
local support = require "support"
local describe, it = test.describe, test.it

-- The middle is the same in every form but base64 and hexadecimal; the ends make the forms differ.
local MIDDLE = "c4n4ry7f3a"
local SECRET = "+\"" .. MIDDLE .. "/é ="
local TOKEN = "bench-access-token" -- the server's
local FORMS = { MIDDLE, TOKEN }
for _, text in ipairs { SECRET, MIDDLE, TOKEN } do
  FORMS[#FORMS + 1] = text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
end
FORMS[#FORMS + 1] = "KyJjNG40cnk3ZjNhL8OpID0" -- SECRET in base64
FORMS[#FORMS + 1] = "YmVuY2gtYWNjZXNzLXRva2Vu" -- TOKEN

local function settings(path, more)
  local all = support.settings(path, more)
  all.client_secret = SECRET
  return all
end

support.configure {
  echo = settings "/echo",
  token_echo = settings("/json", { auth_url = support.url .. "/echo" }),
  token_html = settings("/json", { auth_url = support.url .. "/fault/html-200" }),
  token_401 = settings("/json", { auth_url = support.url .. "/fault/status/401" }),
  token_500 = settings("/json", { auth_url = support.url .. "/fault/status/500" }),
  token_cut = settings("/json", { auth_url = support.url .. "/fault/short-body" }),
  nowhere = settings("/json", { auth_url = "https://no..such..host/" }),
  garbage = settings "/fault/garbage",
  reset = settings "/fault/reset-mid-body",
  expired = settings "/fault/status/401",
  good = settings "/json",
}

local LEVELS = { "error", "warning", "info", "debug", "trace" }

local function reveals_nothing(what, ...)
  for _, text in ipairs { ... } do
    for _, form in ipairs(FORMS) do
      if text:find(form, 1, true) then
        error(("%s shows the secret as %s: %s"):format(what, form, text), 0)
      end
    end
  end
end

-- Runs it; gives what it wrote, which has none of the secrets in it.
local function run(arguments, before)
  local status, out, err = support.beadle(arguments, before)
  reveals_nothing(table.concat(arguments, " "), out, err)
  return out .. err, status
end

-- Everything that a script can think of to show an error, and the error itself at the end.
local SHOW = [[
  local function show(err)
    print(tostring(err))
    io.stderr:write(tostring(err), "\n")
    if type(err) == "table" then
      for name, value in pairs(err) do print(name, type(value) == "table" and beadle.json.encode(value) or value) end
    end
    for _, level in ipairs { "error", "warn", "info", "debug", "trace" } do beadle.log[level](tostring(err)) end
    print(debug.traceback(tostring(err)))
  end
  local client = beadle.isograd.client { profile = %q }
  local ok, err = pcall(client.create_candidate, {
    gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }, { retry = false })
  show(err)
  client.update_candidate({ can_id = 1, fst_nam = "Ada" }, { retry = false })
  error("so it was done", 0)
]]

describe("an error of a call", function()
  for _, profile in ipairs { "echo", "token_echo", "token_html", "token_401", "token_500", "token_cut", "nowhere",
                             "garbage", "reset", "expired", "good" } do
    it("does not show a secret, at any level of the log: " .. profile, function()
      for _, level in ipairs(LEVELS) do
        local text, status = run { "--log-level", level, "-e", SHOW:format(profile) }
        test.equal(status, 1)
        test.contains(text, profile == "good" and "so it was done" or "isograd.")
      end
    end)
  end

  it("really met the secret", function()
    -- What is searched above went over the wire in these requests.
    test.truthy(support.count(MIDDLE).requests > 0)
    test.truthy(support.count(TOKEN).requests > 0)
    test.raises(nil, reveals_nothing, "x", "before " .. MIDDLE)
  end)
end)

describe("what a script sends and gets back", function()
  local answers = ([[
    local secret = beadle.config.settings("isograd", "echo").client_secret
    local function show(answer) print(answer.body) print(beadle.json.encode(answer:json())) end
    show(beadle.http.post(%q, { form = { key = secret } }))
    show(beadle.http.post(%q, { headers = { ["X-Api-Key"] = "x" }, form = { a = secret, b = secret } }))
    beadle.log.error(beadle.http.post(%q, { form = { key = secret } }).body)
    local _, err = pcall(beadle.http.post, %q, { form = { key = secret }, headers = { ["X Bad"] = secret } })
    print(err)
    error(beadle.http.post(%q, { form = { key = secret } }).body)
  ]]):gsub("%%q", ("%q"):format(support.url .. "/echo"))

  it("shows no secret: forms and answers that repeat them", function()
    for _, level in ipairs(LEVELS) do
      local text, status = run { "--profile", "echo", "--log-level", level, "-e", answers }
      test.equal(status, 1)
      test.contains(text, "[secret]")
    end
  end)

  it("shows no secret: headers", function()
    fs.write(support.folder .. "/key", "canary-" .. MIDDLE .. "\n")
    local text = run { "-e", ([[
      local secret = beadle.config.settings("isograd", "echo").client_secret
      local ok, answer = pcall(beadle.http.get, %q, { headers = { ["X-Api-Key"] = secret } })
      print(ok, answer)
      print(ok and answer.body)
    ]]):format(support.url .. "/echo"), "--profile", "echo" }
    test.truthy(#text > 0)
  end)
end)

describe("the program", function()
  it("does not show secrets of its configuration in help", function()
    for _, arguments in ipairs { { "--help" }, { "--version" }, { "help" }, { "help", "isograd" }, { "ops", "--json" },
                                 { "help", "isograd.authenticate" }, { "call", "isograd.authenticate", "--help" } } do
      table.insert(arguments, 1, "--profile")
      table.insert(arguments, 2, "echo")
      run(arguments)
    end
  end)

  it("does not show them in the answer of a call", function()
    local text = run { "--profile", "good", "call", "isograd.authenticate" }
    test.contains(text, "[secret")
    run { "--profile", "echo", "call", "isograd.list_available_tests", "--no-retry" }
  end)

  it("does not show them when the configuration is wrong", function()
    local broken = {
      ("return { profiles = { p = { isograd = { client_secret = %q"):format(SECRET),
      ("return { profiles = { p = { isograd = { client_secret = '%s } } } }"):format(MIDDLE),
      ("return { profiles = { p = { isograd = { client_secret = %q %q } } } }"):format(SECRET, SECRET),
      ("return { default = 'p', profiles = { p = { isograd = { client_secret = %s } } } }"):format(MIDDLE),
      ("return { profiles = { p = { isograd = { client_secret = [[%s } } } }"):format(MIDDLE),
      ("return { profiles = { p = { isograd = { client_secret = %s-x } } } }"):format(MIDDLE),
      ("return { profiles = { p = { isograd = { client_secret = %q + 1 } } } }"):format(SECRET),
      ("return { default = 'p', profiles = { p = { isograd = { client_secret = { %q } } } } }"):format(SECRET),
      ("return { default = 'p', profiles = { p = { isograd = { timeout = %q } } } }"):format(SECRET),
      ("return { default = 'p', profiles = { p = { isograd = { client_secrt = %q } } } }"):format(SECRET),
    }
    for i, text in ipairs(broken) do
      local path = support.file ".conf.lua"
      fs.write(path, text .. "\n")
      local said, status = run({ "--config", path, "call", "isograd.list_available_tests" })
      test.equal(status, 78)
      test.truthy(#said > 0, i)
    end
  end)

  it("does not show one from the environment", function()
    local path = support.file ".conf.lua"
    fs.write(path, ([[return { default = "p", profiles = { p = { isograd = {
      base_url = %q, auth_url = %q, client_id = "me", client_secret = env "MY_SECRET" } } } }]]):format(
      support.url .. "/echo", support.url .. "/echo"))
    for _, level in ipairs(LEVELS) do
      run({ "--config", path, "--log-level", level, "call", "isograd.list_available_tests", "--no-retry" },
        "MY_SECRET=" .. support.quote(SECRET))
    end
  end)
end)

test.run()
