-- SPDX-License-Identifier: MIT
-- Runs the fixtures of a vendor: tests/fixtures/VENDOR/NAME.request.json says what a script calls and what must
-- be sent, NAME.response.json what the vendor answers and what the script gets, or with `like` some of that. NAME is
-- the operation and, behind "--", a case; a case without a request of its own has the operation's.
--
-- In this process, or, under tests/with-sandbox, over real HTTP.
--
--   local fixtures = require("fixtures").of("isograd", {
--     { "add_test", "", "full", "error-106" },     the operation and its cases, "" is the plain call
--   })
--   fixtures.describe(function() ...more tests... end)

local catalogue = require "beadle.catalogue"
local fs = require "beadle.fs"
local json = require "beadle.json"
local message = require "beadle.mail.message"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local equal, same = test.equal, test.same

local M = {}
local Fixtures = {}
Fixtures.__index = Fixtures

M.served = os.getenv "BEADLE_TEST_SANDBOX"
local served = M.served

local root = (arg[0]:match "^(.*)/[^/]*$" or ".") .. "/../fixtures/"

function Fixtures:read(name)
  return json.decode(fs.read(("%s%s/%s.json"):format(root, self.vendor, name)), { null = true })
end

function Fixtures:read_request(operation, name)
  local own = ("%s%s/%s.request.json"):format(root, self.vendor, name)
  return self:read((fs.exists(own) and name or operation) .. ".request")
end

-- Has the vendor answer the next call of an operation as a fixture says.
function Fixtures:can(operation, response)
  self.twin.fault {
    kind = "answer", operation = operation, status = response.status, headers = response.headers,
    type = response.type, body = response.text or response.body ~= nil and json.encode(response.body) or "",
  }
end

-- ---------------------------------------------------------------------------------------------------
-- What was sent

-- As a fixture writes it: a secret is "[secret]", what is no number "NaN", and nobody has a metatable.
local function plain(value)
  if value ~= value then
    return "NaN"
  elseif type(value) == "userdata" then
    return value == json.null and value or "[secret]"
  elseif type(value) ~= "table" then
    return type(value) == "string" and value:gsub("^{base}", M.base) or value
  end
  local copy = {}
  for key, element in pairs(value) do
    copy[key] = plain(element)
  end
  return copy
end

local function decode(text)
  return (text:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

-- The fields of a form or a query, and the name of the first.
local function fields_of(text)
  local fields, first = {}, nil
  for name, value in text:gmatch "([^&=]+)=([^&]*)" do
    name = decode(name)
    test.falsy(fields[name]) -- each once
    fields[name] = decode(value)
    first = first or name
  end
  return fields, first
end

-- A mail: its envelope, and its message as a reader sees it.
local function check_mail(wanted, sent)
  equal(sent.host, wanted.host)
  equal(sent.envelope.from, wanted.envelope.from)
  same(plain(sent.envelope.to), plain(wanted.envelope.to))
  local seen = message.parse(sent.body)
  test.truthy(seen.date and seen.message_id)
  seen.date, seen.message_id = nil, nil
  same(plain(seen), plain(wanted.message))
end

function Fixtures.check_request(wanted, sent)
  equal(sent.method, wanted.method)
  equal(sent.path, wanted.path)
  if wanted.message then
    return check_mail(wanted, sent)
  end
  equal(sent.host, served and "127.0.0.1" or wanted.host)
  same(fields_of(sent.query or ""), wanted.query or {})
  for name, value in pairs(wanted.headers) do
    equal(sent.headers[name], value)
  end
  for _, name in ipairs(wanted.no_headers or {}) do
    equal(sent.headers[name], nil)
  end
  if wanted.json ~= nil then
    same(plain(json.decode(sent.body, { null = true })), plain(wanted.json))
  elseif wanted.form then
    local fields, first = fields_of(sent.body)
    same(fields, wanted.form)
    equal(first, wanted.first or first)
  else
    equal(sent.body, "")
  end
end

-- ---------------------------------------------------------------------------------------------------
-- What came back

-- Answers have no null members; a refusal's are those that it came with.
local function without_nulls(value)
  if value == json.null then
    return nil
  end
  for key, element in pairs(value) do
    if element == json.null then
      value[key] = nil
    end
  end
  return value
end

-- A text that ends with an ellipsis stands for all that begin like it, and null for what is not there.
local function is_like(value, wanted)
  if wanted == json.null then
    return value == nil
  end
  local beginning = type(wanted) == "string" and wanted:match "^(.*)…$"
  if beginning then
    return type(value) == "string" and value:sub(1, #beginning) == beginning
  end
  return pcall(same, plain(value), plain(wanted))
end

local function check_like(what, wanted, given)
  if type(given) ~= "table" then
    error(given, 0)
  end
  for name, value in pairs(wanted) do
    if not is_like(given[name], value) then
      error(("%s of the %s: expected %s, got %s"):format(name, what, json.encode(value), tostring(given[name])), 0)
    end
  end
end

function Fixtures:run_case(operation, name)
  local request, response = self:read_request(operation, name), self:read(name .. ".response")
  self:can(request.call, response)
  local before = #self.twin.requests { operation = request.call }
  local ok, answer = pcall(self.client[request.call], request.args, { retry = false })
  local requests = self.twin.requests { operation = request.call }
  equal(#requests, before + 1)
  self.check_request(request, requests[#requests])
  if response.error then
    equal(ok, false)
    check_like("error", response.error, answer)
  elseif response.like then
    test.truthy(ok or error(answer, 0))
    check_like("result", response.like, answer)
  else
    test.truthy(ok or error(answer, 0))
    same(answer ~= nil and without_nulls(plain(answer)) or nil, without_nulls(plain(response.result)))
  end
end

-- One test for each case, those that `more` makes, and one that no operation lacks a fixture.
function Fixtures:describe(more)
  test.describe(served and "over HTTP" or "in this process", function()
    if self.before then
      self.before()
    end
    for _, case in ipairs(self.cases) do
      for i = 2, #case do
        local name = case[1] .. (case[i] ~= "" and "--" .. case[i] or "")
        test.it(name, function() self:run_case(case[1], name) end)
      end
    end
    if more then
      more()
    end
    test.it("every operation has a fixture", function()
      local covered = {}
      for _, case in ipairs(self.cases) do
        covered[case[1]] = true
      end
      for _, operation in ipairs(catalogue.describe(self.vendor).operations) do
        test.truthy(covered[operation.name] or operation.removed or error("no fixture for " .. operation.name, 0))
      end
    end)
  end)
end

-- of(vendor, cases): `base` is the vendor's address that "{base}" stands for in its fixtures.
function M.of(vendor, cases, base)
  local module = require("beadle." .. vendor)
  M.base = served or base
  return setmetatable({
    vendor = vendor, cases = cases, client = served and module.client { profile = "served" } or module,
    twin = (served and sandbox.at(served) or sandbox)[vendor],
  }, Fixtures)
end

return M
