-- SPDX-License-Identifier: MIT
-- The simulated Syfadis as a service, with its spellings and settings; its catalogue.

local catalogue = require "beadle.catalogue"
local json = require "beadle.json"
local http = require "beadle.http"
local odata = require "beadle.odata"
local sandbox = require "beadle.sandbox"
local syfadis = require "beadle.syfadis"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same
local twin = sandbox.syfadis

local GRACE = 327680
local JANUARY, MEETING = 2850818, 2311913488
local SESSIONS = syfadis.session_set.training

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

local function user(id, more)
  local params = { id = id or GRACE }
  for name, value in pairs(more or {}) do
    params[name] = value
  end
  return syfadis.get_user(params)
end

describe("the service", function()
  local BASE = "https://academy.example.org/odata-api/"

  it("refuses whoever is not signed in, with both of its words", function()
    local err
    twin.set { basic_enabled = false }
    err = refused("auth", syfadis.list_users, {})
    equal(err.vendor_message, "401 Unauthorized")
    twin.set { basic_enabled = true, read_only = true }
    syfadis.list_users { top = 1 }
    equal(refused("auth", syfadis.archive_user, { id = GRACE }).outcome, "none")
    twin.set { error_body = "text" }
    equal(refused("auth", syfadis.archive_user, { id = GRACE }).status, 401)
    equal(http.get(BASE .. "Users").status, 401)
  end)

  it("speaks with the settings' voices", function()
    twin.set { error_status = 422 }
    equal(refused("rejected", syfadis.list_users, { filter = "Nome eq 1" }).status, 422)
    twin.set { enumerations = "numbers" }
    equal(user().Gender, "2")
    twin.set { unlisted_status = 200 }
    same(syfadis.set_catalog_page_data { TrainingId = 2686977, PageDataCode = "x" }, {})
    twin.set { always_representation = true }
    equal(syfadis.update_user { id = GRACE, Code = "x" }.Code, "x")
    local sheet = { MeetingSessionId = MEETING, DocumentName = "a.pdf", DocumentContent = "%PDF-" }
    syfadis.upload_attendance_sheet(sheet)
  end)

  it("a failing server leaves the outcome open", function()
    twin.fault { kind = "status", operation = "archive_user", status = 500, type = "application/json",
      body = json.encode { error = { code = "500", message = "Internal Server Error" } } }
    local err = refused("server", syfadis.archive_user, { id = GRACE })
    equal(err.outcome, "unknown")
    equal(err.vendor_message, "Internal Server Error")
  end)

  local function raw(method, path, body)
    return http.request { method = method, url = BASE .. path, json = body,
      headers = { Authorization = "Basic dGVzdC11c2VyOlRlc3QtUGFzc3dvcmQtMDAwMQ==" } }
  end

  it("understands every spelling of the document", function()
    for _, path in ipairs { "Users", "User", "Domain", "Domains", "Training", "%C3%89valuations", "Evaluations",
      "%20TrainingSessions", "%C3%89valuationSessions", "%20Trainees", "Trainee(2916356)", "TrainingProviders",
      "TrainingProviders(720896)", "Roles", "MeetingSessions(2311913488)", "$metadata" } do
      equal(raw("GET", path).status, 200)
    end
    for _, path in ipairs { "Users(327680)/Service.Restore", "Users(327680)/Services.Restore" } do
      equal(raw("POST", path).status, 204)
    end
    for _, value in ipairs { "3", "Automatically", 3 } do
      twin.reset()
      equal(raw("POST", "TrainingSessions(1234)/Services.Cancel", { CancelReason = value, CancelDescription = "x" })
        .status, 204)
      equal(syfadis.get_session { set = SESSIONS, id = 1234 }.CancelReason, "Automatically")
    end
    local sheet = { MeetingSessionId = MEETING, DocumentName = "a.pdf", DocumentContent = "JVBERi0=" }
    for _, path in ipairs { "MeetingSessions/Services.%20AttendanceSheet",
      "TrainingSessions/Services.AttendanceSheet" } do
      equal(raw("POST", path, sheet).status, 204)
    end
    equal(twin.kept { what = "documents" }["2"].size, 5)
    twin.set { base64_taken = false }
    equal(raw("POST", "MeetingSessions/Services.AttendanceSheet", sheet).status, 400)
  end)

  it("refuses what it does not know", function()
    equal(raw("GET", "users").status, 500)
    equal(raw("DELETE", "Roles(229378)").status, 400)
    equal(raw("PATCH", "Users(327680)", { Naem = "x" }).status, 400)
    equal(raw("PATCH", "Users(327680)", { Name = "x" }).status, 400)
    equal(raw("PATCH", "Users(327680)", { ["Domains@odata.bind"] = { "Teams(655360)" } }).status, 400)
    equal(raw("GET", "Users?$filters=x").status, 400)
    equal(raw("POST", "Users", { FirstName = "x" }).status, 400)
  end)

  it("can be used by any client of OData", function()
    local service = odata.service(BASE, { headers = {
      Authorization = "Basic dGVzdC11c2VyOlRlc3QtUGFzc3dvcmQtMDAwMQ==" } })
    twin.set { page_size = 5 }
    equal(#service:get("Users", { select = { "Id" }, filter = odata.gt("Id", GRACE) }):all(), 11)
    equal(service:get(odata.entity("Users", GRACE)).FirstName, "Grace")
    equal(service:post("Structures", { Name = "Neu" }).Name, "Neu")
    same(service:patch(odata.entity("Users", GRACE), { Code = "x" }), {})
    same(service:delete(odata.entity("Users", GRACE)), {})
    local err = refused("rejected", service.get, service, "Users", { filter = "Nome eq 1" })
    equal(err.status, 400)
    equal(refused("not_found", service.get, service, "Users(5)").code, "404")
    twin.fault { kind = "answer", operation = "list_users", type = "application/json",
      body = json.encode { value = { 1 }, ["@odata.nextLink"] = "https://evil.example.net/x" } }
    refused("decode", function() service:get("Users"):all() end)
  end)
end)

describe("the catalogue", function()
  it("is whole", function()
    equal(catalogue.lint(), "")
    equal(#catalogue.describe("syfadis").operations, 53)
  end)

  it("has the properties of the document", function()
    local wanted = { Users = 69, TrainingProviders = 26, TrainingSessions = 41, EvaluationSessions = 24,
      TraineePresenceViews = 4, AbstractCourseComponentRun = 5, Trainees = 49, EvaluationTrainees = 26,
      Trainings = 76, Evaluations = 30, TrackingViews = 15, ItemRatings = 6, MeetingSessions = 17, Domains = 14,
      Establishments = 14, Jobs = 14, Projects = 14, Structures = 14, Teams = 14, Localisations = 14 }
    local found = {}
    for _, each in ipairs(catalogue.describe("syfadis").tables) do
      found[each.name] = #each.fields
    end
    same(found, wanted)
  end)

  it("has the 23 actions", function()
    local actions, count = {}, 0
    for _, operation in ipairs(catalogue.describe("syfadis").operations) do
      local action = operation.path:match "Services%.(%a+)"
      count = count + (action and not actions[action] and 1 or 0)
      actions[action or ""] = true
    end
    equal(count, 23)
  end)

  it("says how every effect is found out", function()
    for _, operation in ipairs(catalogue.describe("syfadis").operations) do
      if operation.effect ~= "read" then
        test.truthy(operation.key and operation.key[1])
        test.truthy(operation.probe.doc)
      end
    end
  end)

  for _, operation in ipairs(catalogue.describe("syfadis").operations) do
    it("its example of " .. operation.name .. " makes a call that the sandbox takes", function()
      local code = operation.example:gsub("require%(\"beadle.fs\"%)%.read%(\"[^\"]*\"%)", "\"bytes\"")
        :gsub("2247950336", tostring(JANUARY)):gsub("3852664867", tostring(GRACE))
      code = code:gsub("TutorId = 327680", "TutorId = 327689"):gsub("OwnerId = 327680", "OwnerId = " .. ({
        user = GRACE, group = 2228224, domain = 163840 })[operation.name:match "office_(%a+)_" or "user"])
      local call = assert(load("return " .. code, "example", "t", { syfadis = syfadis, odata = odata }))
      test.truthy(call())
    end)
  end
end)

test.run()
