-- SPDX-License-Identifier: MIT
-- What a run does with its journal, and what it was told: for tests with a disk that loses its power.
--
--   run { path =, rows =, workers =, pages =, forget =, before = function(journal) } -> told, error
--   known(path) -> told          go_on(told, path, first, last): does more rows in it
--   told:check(path, at) -> list of what is wrong with the journal there, when all operations after `at` were lost;
--       `at` nil: none was
-- Of each thing (a row, an effect, ...) `told` knows the versions that it has had, and of each when it was asked for
-- and when it was reported as written. What lies there must be a version that was asked for before the cut, and not
-- older than the last one that was reported.

local async = require "beadle.async"
local disk = require "beadle.disk"
local forgetting = require "beadle.run_forget"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"

local M = {}

local FORGOTTEN = 2 -- the row that is taken out

-- ---------------------------------------------------------------------------------------------------
-- What was told

local Told = {}
Told.__index = Told

local function text(...)
  local parts = table.pack(...)
  for index = 1, parts.n do
    parts[index] = tostring(parts[index])
  end
  return table.concat(parts, "|")
end

-- say(thing, version, fn): fn writes it, and returns when it is written.
function Told:say(thing, version, fn)
  local versions = self.things[thing] or {}
  self.things[thing] = versions
  local entry = { text = version, asked = disk.now() }
  versions[#versions + 1] = entry
  fn()
  entry.done = disk.now()
end

-- What is only posted is written when something that was asked for later is.
function Told:post(posted, thing, version, fn)
  self:say(thing, version, fn)
  local versions = self.things[thing]
  versions[#versions].done = nil
  posted[#posted + 1] = versions[#versions]
end

local function written(posted)
  for index = #posted, 1, -1 do
    posted[index].done = disk.now()
    posted[index] = nil
  end
end

-- The versions that may lie there.
local function allowed(versions, at)
  local least, most = 0, 0
  for index, each in ipairs(versions) do
    least = each.done and (not at or each.done <= at) and index or least
    most = (not at or each.asked <= at) and index or most
  end
  return least, most
end

local function may_be(versions, at, found)
  local least, most = allowed(versions, at)
  for index = least, most do
    if (index == 0 and "absent" or versions[index].text) == found then
      return true
    end
  end
  return false, least, most
end

-- ---------------------------------------------------------------------------------------------------
-- What is there

local function read(journal)
  local found = {}
  local db = journal.db
  for _, each in ipairs(db:run "SELECT * FROM row") do
    found["row " .. each.key] = text(each.state, each.cells, each.result, each.error)
  end
  for _, each in ipairs(db:run "SELECT * FROM effect") do
    found[("effect %s %s %d"):format(each.row, each.key, each.occurrence)] = text(each.state, each.attempts,
      each.params_hash, each.answer, each.error)
  end
  for _, each in ipairs(db:run "SELECT * FROM wait") do
    found["wait " .. each.row] = each.value
  end
  for _, each in ipairs(db:run "SELECT * FROM spent") do
    found["spent " .. each.row] = text(each.amount)
  end
  for name, value in pairs(journal:meta()) do
    found["meta " .. name] = text(value)
  end
  return found
end

local function is_forgotten(thing)
  return thing:find "^row forgotten " or thing:find "^effect forgotten " or thing:find "^spent forgotten "
    or thing:find "^meta forg"
end

function Told:compare(found, at)
  local wrong = {}
  for thing, versions in pairs(self.things) do
    local ok, least, most = may_be(versions, at, found[thing] or "absent")
    if not ok then
      wrong[#wrong + 1] = ("%s is %s, and must be version %d to %d: %s"):format(thing, found[thing] or "absent", least,
        most, least > 0 and versions[least].text or "absent")
    end
  end
  for thing in pairs(found) do
    if not self.things[thing] and not is_forgotten(thing) then
      wrong[#wrong + 1] = thing .. " was never written"
    end
  end
  return wrong
end

local function holds(folder, word)
  for _, entry in ipairs(fs.list(folder)) do
    if fs.read(folder .. "/" .. entry.name):find(word, 1, true) then
      return entry.name
    end
  end
end

local function has_nameless_row(found)
  for thing in pairs(found) do
    if thing:find "^row forgotten " then
      return true
    end
  end
  return false
end

-- A row is there under its name or under one that says nothing, whenever forgetting was stopped.
function Told:check_forgetting(found, at, path, wrong)
  local begun = self.forgetting
  if not begun or (at and begun.asked > at) then
    return
  end
  local own = found["row " .. begun.key] ~= nil
  if own == has_nameless_row(found) then
    wrong[#wrong + 1] = "while a person is forgotten, the row is " .. (own and "there twice" or "lost")
  end
  if begun.done and (not at or begun.done <= at) then
    local name = holds(path:match "^(.*)/", begun.key)
    wrong[#wrong + 1] = name and ("what was forgotten is in %s"):format(name) or nil
  end
end

function Told:check_journal(journal, path, at)
  local found = read(journal)
  local wrong = self:compare(found, at)
  self:check_forgetting(found, at, path, wrong)
  local pages = journal.db:run("PRAGMA integrity_check")[1].integrity_check
  wrong[#wrong + 1] = pages ~= "ok" and pages or nil
  return wrong
end

local UNBORN = { "given up while it was made", "No such file or directory" }

local function is_unborn(message)
  for _, words in ipairs(UNBORN) do
    if message:find(words, 1, true) then
      return true
    end
  end
  return false
end

function Told:check(path, at)
  local ok, journal = pcall(run_journal.open, { path = path })
  if ok then
    local wrong = self:check_journal(journal, path, at)
    journal:close()
    return wrong
  end
  local born = self.created and (not at or self.created <= at)
  if not born and is_unborn(tostring(journal)) then
    return {}
  end
  return { "refused: " .. tostring(journal) }
end

-- ---------------------------------------------------------------------------------------------------
-- The run

local function effect_of(key, occurrence)
  return { row = key, operation = "works.create", key = ('{"ema":"%s"}'):format(key), occurrence = occurrence,
    effect = "create", probe = "repeat", params = ('{"ema":"%s"}'):format(key), params_hash = "h" }
end

local function thing_of(effect)
  return ("effect %s %s %d"):format(effect.row, effect.key, effect.occurrence)
end

local function send(told, journal, posted, effect, state, known)
  local attempts = known and known.attempts + 1 or 1
  told:say(thing_of(effect), text("intent", attempts, "h", known and known.answer, known and known.error), function()
    journal:intent(effect, known)
  end)
  written(posted)
  local answer = state == "done" and '{"can_id":1}' or nil
  local why = state ~= "done" and '{"kind":"timeout"}' or nil
  told:say(thing_of(effect), text(state, attempts, "h", answer, why), function()
    journal:outcome(effect, state, { answer = answer, error = why })
  end)
  return { attempts = attempts, answer = answer, error = why }
end

local function do_row(told, journal, index)
  local key, posted = ("p%03d@example.org"):format(index), {}
  local cells = ('{"ema":"%s","note":"%s"}'):format(key, ("x"):rep(index * 37 % 900))
  told:post(posted, "row " .. key, text("running", cells, nil, nil), function()
    journal:begin_row(key, { line = index, cells = cells })
  end)
  local effect = effect_of(key, 1)
  told:post(posted, "spent " .. key, "1", function() journal:spend_later(effect, "tests", "", 1) end)
  local known = send(told, journal, posted, effect, index % 5 == 0 and "unknown" or "done")
  if index % 5 == 0 then
    told:say("wait " .. key, tostring(index), function() journal:set_wait(key, "sleep", 1, index) end)
    send(told, journal, posted, effect, "done", known)
  end
  if index % 3 == 0 then
    send(told, journal, posted, effect_of(key, 2), index % 2 == 0 and "failed" or "done")
  end
  local state = index % 7 == 0 and "failed" or "done"
  told:say("row " .. key, text(state, cells, '{"n":1}', nil), function()
    journal:end_row(key, state, { result = '{"n":1}' })
  end)
end

local function forget(told, journal)
  local key = ("p%03d@example.org"):format(FORGOTTEN)
  local begun = { key = key, asked = disk.now() }
  for _, thing in ipairs { "row " .. key, "wait " .. key, "spent " .. key, thing_of(effect_of(key, 1)),
    thing_of(effect_of(key, 2)) } do
    local versions = told.things[thing]
    if versions then
      versions[#versions + 1] = { text = "absent", asked = begun.asked }
    end
  end
  told.forgetting = begun
  forgetting.forget(journal, forgetting.person { key })
  begun.done = disk.now() -- the next commit would do what this one must have done
  forgetting.finish(journal)
end

local function set_meta(told, journal, name, value)
  told:say("meta " .. name, value, function() journal:set_meta { [name] = value } end)
end

local function work(told, journal, options)
  if options.pages then
    journal.db:run(("PRAGMA wal_autocheckpoint=%d"):format(options.pages))
  end
  local ok, failed = true, nil
  async.scope(function()
    for worker = 1, options.workers do
      async.spawn(function()
        for index = worker, options.rows, options.workers do
          local done, err = pcall(do_row, told, journal, index)
          if not done then
            ok, failed = false, ok and err or failed
            return
          end
        end
      end)
    end
  end)
  if not ok then
    error(failed, 0)
  end
  if options.forget then
    forget(told, journal)
  end
  set_meta(told, journal, "state", "done")
end

function M.run(options)
  local told = setmetatable({ things = {} }, Told)
  local ok, err = pcall(function()
    local journal
    told:say("meta script", "a.lua", function()
      journal = run_journal.create { path = options.path, meta = { script = "a.lua" } }
    end)
    told.created = disk.now()
    local _ <close> = journal
    if options.before then
      options.before(journal)
    end
    work(told, journal, options)
  end)
  return told, not ok and err or nil
end

-- What lies there now, as what was told and written.
function M.known(path)
  local journal <close> = run_journal.open { path = path }
  local told = setmetatable({ things = {}, created = 0 }, Told)
  for thing, version in pairs(read(journal)) do
    told.things[thing] = { { text = version, asked = 0, done = 0 } }
  end
  return told
end

-- Goes on in a journal that is there.
function M.go_on(told, path, first, last)
  local journal <close> = run_journal.open { path = path }
  for index = first, last do
    do_row(told, journal, index)
  end
end

return M
