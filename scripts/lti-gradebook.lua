-- SPDX-License-Identifier: MIT
-- Serves a small learning platform: a page for each learner that launches a test of Isograd by LTI 1.1, and an address
-- that takes the grades, which are kept in a CSV file or a database.
--
--   beadle run scripts/lti-gradebook.lua --rows learners.csv --tst_frm_id 101 --out grades.csv --links links.csv
--   beadle run scripts/lti-gradebook.lua --rows learners.csv --tst_frm_id 101 --out grades.db --headless --until-graded
--
-- A grade is on the disk before the tool is told so. It may be ended and begun again with the same files: the pages of
-- learners and the names that grades go by stay the same as long as the roster, the test form and the secret do.

local async = require "beadle.async"
local config = require "beadle.config"
local csv = require "beadle.csv"
local error_value = require "beadle.error"
local fs = require "beadle.fs"
local gradebook = require "beadle.lti.gradebook"
local http = require "beadle.http"
local lti = require "beadle.lti"
local nonces = require "beadle.lti.nonces"
local oauth1 = require "beadle.lti.oauth1"
local options = require "beadle.options"
local recipe = require "beadle.recipe"
local task = require "beadle.task"
local time = require "beadle.time"

local OPERATION = "isograd.create_candidate_and_add_test"
local MOST_PROBLEMS = 20

local function take_port(text)
  local port = text:find "^%d+$" and math.tointeger(tonumber(text))
  return port and port <= 65535 and port or nil, "a number from 0 to 65535"
end

local function take_duration(text)
  return (beadle.try(time.seconds, text)), "a number of seconds or a text such as \"3 days\""
end

local function take_origin(text)
  return text:match "^(https?://[%w%.%-_%[%]:]+)/?$", "a scheme and a host, such as https://lms.example.org"
end

local SPEC = {
  { name = "rows", value = "FILE", doc = "CSV file of the learners: ema, fst_nam, lst_nam; user_id, gen_id, lan_id, "
    .. "tst_frm_id where it has them" },
  { name = "ignore", value = "COLUMN", list = true, doc = "a column that is passed over; may be given several times" },
  { name = "tst_frm_id", value = "N", doc = "the test form of those whose row names none" },
  { name = "out", value = "FILE", doc = "where grades are kept: .csv, .sqlite or .db; gone on with when it is there" },
  { name = "links", value = "FILE", doc = "writes each learner's page to this CSV file: whoever has a link is that "
    .. "learner" },
  { name = "headless", doc = "launches each test itself, without a browser: to try it out" },
  { name = "port", value = "N", take = take_port, default = 0, doc = "where it listens; 0: the system chooses" },
  { name = "origin", value = "URL", take = take_origin,
    doc = "how the tool and the learners reach it, where a proxy stands before it" },
  { name = "until-graded", doc = "ends when every learner has a grade" },
  { name = "wait", value = "DURATION", take = take_duration, doc = "ends after this time, such as \"3 days\"" },
  { name = "check", doc = "checks the file and the profile, and does nothing else" },
}

-- What a row may have; the checks come from the catalogue.
local ROW = recipe {
  name = "lti-gradebook", summary = "Launches a test of Isograd for each learner of a file and keeps the grades",
  params = {
    OPERATION .. ".ema", OPERATION .. ".fst_nam", OPERATION .. ".lst_nam", OPERATION .. ".tst_frm_id",
    { name = "user_id", doc = "the platform's own id of the learner, which never changes; one is made of the e-mail "
      .. "address where there is none" },
    { from = OPERATION .. ".gen_id", required = false, default = "3" },
    { from = OPERATION .. ".lan_id", required = false },
  },
  columns = {}, row = function() end,
}

local function fail_usage(message, hint)
  options.fail(message, hint or "`beadle run scripts/lti-gradebook.lua --help` shows how it is used.")
end

-- ---------------------------------------------------------------------------------------------------
-- Learners

-- An id that says nothing about its learner, and is the same in every run.
local function opaque_id(email)
  return (oauth1.sign { method = "ID", url = "https://lti-gradebook/", fields = { email = email:lower() },
    secret = "lti-gradebook" }:gsub("[+/=]", ""))
end

local function learner_of(row)
  local user_id = row.user_id or opaque_id(row.ema)
  return { row = row, name = ("%s %s"):format(row.fst_nam, row.lst_nam), user_id = user_id,
    sourcedid = ("%d:%s"):format(row.tst_frm_id, user_id) }
end

local function check_columns(reader, ignored, note)
  local known = {}
  for _, name in ipairs(ignored or {}) do
    known[name] = true
  end
  for _, param in ipairs(ROW.params) do
    known[param.name] = true
  end
  for _, name in ipairs(reader.columns) do
    if not known[name] then
      note(1, ("the column \"%s\" is not known; --ignore \"%s\" passes over it"):format(name, name))
    end
  end
end

-- The learners of the file, and a list of what is wrong with it.
local function read_learners(path, values)
  local list, problems, line_of = {}, {}, {}
  local function note(line, text)
    problems[#problems + 1] = ("%s, line %d: %s"):format(path, line, text)
  end
  local reader <close> = csv.open(path)
  check_columns(reader, values.ignore, note)
  for cells, line in reader:rows() do
    cells.tst_frm_id = csv.trim(cells.tst_frm_id or "") ~= "" and cells.tst_frm_id or values.tst_frm_id
    local row, wrong = ROW:check_row(cells)
    for _, problem in ipairs(wrong or {}) do
      note(line, problem.message)
    end
    local learner = row and learner_of(row)
    if learner and line_of[learner.sourcedid] then
      note(line, ("the same learner as line %d"):format(line_of[learner.sourcedid]))
    elseif learner then
      line_of[learner.sourcedid] = line
      list[#list + 1] = learner
    end
  end
  return list, problems
end

local function learners_of(values, console)
  local list, problems = read_learners(values.rows, values)
  for index = 1, math.min(#problems, MOST_PROBLEMS) do
    console.err(problems[index])
  end
  if #problems > 0 then
    fail_usage(("%s: %d problem(s), nothing was done"):format(values.rows, #problems))
  elseif #list == 0 then
    fail_usage(("%s: there is no learner in it"):format(values.rows))
  end
  return list
end

-- ---------------------------------------------------------------------------------------------------
-- Launches

local function launch_form(learner, base)
  local row = learner.row
  return lti.launch_form { operation = OPERATION,
    params = { tst_frm_id = row.tst_frm_id, gen_id = row.gen_id, lan_id = row.lan_id, max_num_tst = 1,
      redirect = true },
    user = { id = learner.user_id, given = row.fst_nam, family = row.lst_nam, email = row.ema },
    resource_link_id = ("form-%d"):format(row.tst_frm_id), return_url = base .. "/return",
    outcome = { url = base .. "/outcomes", sourcedid = learner.sourcedid } }
end

-- The last part of a learner's address: nobody guesses it, and it is the same in every run.
local function token_of(learner, secret)
  return (oauth1.sign { method = "PAGE", url = "https://lti-gradebook/", fields = { sourcedid = learner.sourcedid },
    secret = secret, signature_method = "HMAC-SHA256" }:gsub("+", "-"):gsub("/", "_"):gsub("=", ""))
end

-- In the sandbox inside the program nobody takes the test that was launched: it ends by itself, with a random grade.
local function take_test(learner)
  local twin = require("beadle.sandbox").isograd
  async.sleep(1)
  for _, candidate in ipairs(twin.candidates()) do
    for _, test in ipairs(candidate.ema == learner.row.ema and twin.tests() or {}) do
      if test.can_id == candidate.can_id and test.tst_frm_id == learner.row.tst_frm_id and not test.finished_at then
        twin.finish_test { pla_tst_id = test.pla_tst_id }
      end
    end
  end
end

local PAGE = [[
<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>%s</title>
<style>body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 15vh auto; max-width: 34rem; padding: 0 1rem;
  color-scheme: light dark }</style>
</head>
<body><h1>%s</h1><p>%s</p></body>
</html>
]]

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

local function escape(text)
  return (tostring(text):gsub("[&<>]", ENTITIES))
end

local function page(status, title, text)
  return { status = status, html = PAGE:format(title, title, text),
    headers = { ["Cache-Control"] = "no-store", ["Referrer-Policy"] = "no-referrer",
      ["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'" } }
end

local function launch_in_sandbox(learner, base)
  local form = launch_form(learner, base)
  local answer, err = beadle.try(form.post, form)
  if not answer then
    return page(502, "The tool refused", escape(err.vendor_message or err.message))
  end
  take_test(learner)
  return page(200, "Taken in the sandbox", ("The simulated tool answered with the page \"%s\", and the test is over. "
    .. "Load this page again to see the grade."):format(escape(answer.title or answer.status)))
end

local function show_launch(run, request)
  local learner = run.by_token[request.params.token]
  if not learner then
    return page(404, "No such page", "This address belongs to nobody. Please use the link that you were given.")
  end
  local score = run.book:score(learner.sourcedid)
  if score then -- another launch would be another test, which costs a credit
    return page(200, "Your test is done", ("Your grade is %s out of 1."):format(csv.text_of(score)))
  end
  if config.is_sandbox() then -- a browser would send the form to the real vendor
    return launch_in_sandbox(learner, run.server.url)
  end
  local form = launch_form(learner, run.server.url)
  return { headers = form:headers(), body = form:html() }
end

-- Launches for all that have no grade, eight at a time. Gives how many went wrong.
local function launch_all(run)
  local failed = 0
  async.map(run.learners, { concurrency = 8 }, function(learner)
    if run.book:score(learner.sourcedid) then
      return
    end
    local answer, err = beadle.try(function() return launch_form(learner, run.server.url):post() end)
    failed = failed + (answer and 0 or 1)
    run.console.err(("%s: %s"):format(learner.name, answer and "launched, " .. (answer.title or answer.url)
      or "not launched: " .. tostring(err)))
    if answer and config.is_sandbox() then
      take_test(learner)
    end
  end)
  return failed
end

-- ---------------------------------------------------------------------------------------------------
-- Grades

local UNKNOWN = "no learner of this platform has this sourcedId"

local function set_graded(run, learner, is_graded)
  if (learner.is_graded or false) ~= is_graded then
    learner.is_graded = is_graded
    run.graded = run.graded + (is_graded and 1 or -1)
  end
  if run.graded == #run.learners then
    run.all_graded:set()
  end
end

local function tell(run, learner, text)
  run.console.err(("%s  %s: %s"):format(time.iso(), learner.name, text))
end

local function keep(run, sourcedid, score, request)
  local learner = run.by_sourcedid[sourcedid]
  if not learner then
    return false, UNKNOWN
  end
  local what = run.book:put { sourcedid = sourcedid, learner = learner.name, score = score,
    message_id = request.outcome.message_id } -- on the disk when it returns
  tell(run, learner, ("%s (%s)"):format(csv.text_of(score), what))
  set_graded(run, learner, true)
end

local function look_up(run, sourcedid)
  if not run.by_sourcedid[sourcedid] then
    return false, UNKNOWN
  end
  return run.book:score(sourcedid)
end

local function clear(run, sourcedid, request)
  local learner = run.by_sourcedid[sourcedid]
  if not learner then
    return false, UNKNOWN
  end
  run.book:clear(sourcedid, request.outcome.message_id)
  tell(run, learner, "the grade was taken back")
  set_graded(run, learner, false)
end

-- ---------------------------------------------------------------------------------------------------
-- Serving

local function routes_of(run, account, store)
  return {
    ["GET /launch/{token}"] = function(request) return show_launch(run, request) end,
    ["GET /return"] = function() return page(200, "Thank you", "You may close this window.") end,
    ["POST /outcomes"] = lti.outcomes.receiver { nonces = store,
      lookup = function(key) return key == account.key and account.secret or nil end,
      replace = function(...) return keep(run, ...) end,
      read = function(sourcedid) return look_up(run, sourcedid) end,
      delete = function(sourcedid, request) return clear(run, sourcedid, request) end },
  }
end

local function write_links(run, path)
  local writer = csv.writer { "ema", "learner", "link" }
  for _, learner in ipairs(run.learners) do
    writer:add { ema = learner.row.ema, learner = learner.name,
      link = ("%s/launch/%s"):format(run.server.url, learner.token) }
  end
  fs.write(path, writer:text())
  run.console.err(("%s: %d links written. Whoever has a link is that learner: hand each to its learner only.")
    :format(path, writer.rows))
end

local function begin(values, learners, account, console)
  local run = { console = console, learners = learners, by_sourcedid = {}, by_token = {}, graded = 0,
    all_graded = async.event(), book = gradebook.open(values.out) }
  for _, learner in ipairs(learners) do
    run.by_sourcedid[learner.sourcedid] = learner
    learner.token = token_of(learner, account.secret)
    run.by_token[learner.token] = learner
    set_graded(run, learner, run.book:score(learner.sourcedid) ~= nil)
  end
  return run
end

-- Waits as the options say. Gives how many launches went wrong.
local function serve(run, values)
  local failed = values.headless and launch_all(run) or 0
  local over = values.until_graded and run.all_graded or async.event()
  if not values.wait then
    over:wait()
  else
    local _, err = beadle.try(async.timeout, values.wait, over.wait, over)
    if err and err.kind ~= "timeout" then
      error(err, 0)
    end
  end
  return failed
end

local function summarise(run, values)
  local missing = {}
  for _, learner in ipairs(run.learners) do
    missing[#missing + 1] = not learner.is_graded and learner.name or nil
  end
  local text = ("Learners: %d. With a grade: %d. Grades are in %s."):format(#run.learners, run.graded, values.out)
  if #missing > 0 then
    text = ("%s\nWithout a grade: %s%s."):format(text, table.concat(missing, ", ", 1, math.min(#missing, 10)),
      #missing > 10 and (" and %d more"):format(#missing - 10) or "")
  end
  if run.book.formulas > 0 then
    text = ("%s\nCells that begin with =, +, - or @: %d. A spreadsheet would calculate them: import as text.")
      :format(text, run.book.formulas)
  end
  run.console.out(text)
end

-- Serves until it is told to end; the book is closed after the last answer has left.
local function serve_in_order(run, values, account)
  task.orderly(true)
  local order <close> = setmetatable({}, { __close = function() task.orderly(false) end }) -- luacheck: ignore
  local book <close> = run.book -- luacheck: ignore
  local store <close> = nonces.open { path = not config.is_sandbox() or nil } -- the sandbox's clock may be another one
  local ok, result = pcall(async.scope, function()
    run.server = http.serve { port = values.port, origin = values.origin, routes = routes_of(run, account, store) }
    local server <close> = run.server
    if values.links then
      write_links(run, values.links)
    end
    run.console.err(("Serving %s until %s. The tool sends grades to %s/outcomes."):format(server.url,
      values.until_graded and "every learner has a grade, or Ctrl-C" or "Ctrl-C", server.url))
    return serve(run, values)
  end)
  if ok or error_value.is(result, "cancelled") then
    summarise(run, values)
  end
  if not ok then
    local is_end = error_value.is(result, "cancelled")
    error(is_end and error_value.new { kind = "cancelled", message = result.message, quiet = true } or result, 0)
  end
  local is_complete = not values.until_graded or run.graded == #run.learners
  return result == 0 and is_complete and 0 or 1
end

-- ---------------------------------------------------------------------------------------------------

local function print_help(console)
  console.out(("Usage: beadle run %s --rows FILE --out FILE (--links FILE | --headless) [OPTIONS]\n\n%s. Ctrl-C ends "
    .. "it; begun again with the same files it goes on.\n\n%s"):format(arg and arg[0] or "lti-gradebook",
    ROW.spec.summary, options.describe(SPEC)))
end

local function check_options(values, operands)
  if #operands > 0 then
    fail_usage(("it takes no \"%s\""):format(operands[1]))
  end
  for _, name in ipairs { "rows", "out" } do
    if not values[name] then
      fail_usage(("--%s is missing"):format(name))
    end
  end
  if not values.links and not values.headless and not values.check then
    fail_usage("--links FILE is missing: without the links, or --headless, nobody launches a test")
  end
end

local Gradebook = { name = "lti-gradebook" }
Gradebook.__index = Gradebook

-- run(arguments [, console]) -> exit status: 0, or 1 when a launch failed or, with --until-graded, a grade is missing.
-- `console` may replace where text goes: out(text), err(text).
function Gradebook.run(_, arguments, console)
  console = setmetatable(console or {}, { __index = require("beadle.recipe_usage").console() })
  local values, operands = options.parse(SPEC, arguments)
  if values.help then
    print_help(console)
    return 0
  end
  check_options(values, operands)
  local learners = learners_of(values, console)
  local account = launch_form(learners[1], values.origin or "http://127.0.0.1").account -- raises where it is missing
  console.err(("Profile %s%s."):format(config.profile(),
    config.is_sandbox() and ": everything is simulated, nothing leaves this machine" or ""))
  if values.check then
    console.err(("%d learner(s) right; nothing was sent."):format(#learners))
    return 0
  end
  return serve_in_order(begin(values, learners, account, console), values, account)
end

function Gradebook.__main(self, ...)
  return self:run { ... }
end

return setmetatable({}, Gradebook)
