-- SPDX-License-Identifier: MIT
-- make_run.lua ID [WORD...]: writes the journal of a run as one that was stopped leaves it. Words: done (its state),
-- other (rows that differ), kill (keeps it for a while, to be killed).
local json = require "beadle.json"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"

local ROWS = 60

local is = {}
for _, word in ipairs(arg) do
  is[word] = true
end
fs.make_folder(runs.folder())
local journal = run_journal.create { path = runs.path_of(arg[1]), note = "register.lua",
  meta = { script = "/home/ada/register.lua", profile = "exam", folder = "/home/ada", started = 1795300000,
    command = { "run", "register.lua", "--reply-to", "p7@example.org" }, state = is.done and "done" or "failed" } }

local function effect_of(key, operation, index, params)
  return journal:intent { row = key, operation = operation, key = json.encode { ema = key }, occurrence = 1,
    effect = "create", probe = "none", params = json.encode(params), params_hash = "h" .. index }
end

for index = 1, ROWS do
  local key = ("p%d@example.org"):format(index)
  local name = index == 7 and "Żółkiewska-Quine" or "Person" .. index
  journal:begin_row(key, { line = index + 1, cells = json.encode { ema = key, lst_nam = name, note = ("x"):rep(300) } })
  local created = effect_of(key, "works.create", index, { ema = key, lst_nam = name })
  journal:outcome(created, "done", { answer = json.encode { can_id = 4000 + index, password = "hunter" .. index,
    link = "https://example.org/go?param=AYvD9nCnXYBcjetJA9YF4Lia" } })
  if not (is.other and index == 3) then
    local mailed = effect_of(key, "works.mail", index, { to = key, subject = is.other and "Hello" or "Welcome" })
    local doubt = index == 9 and not is.done
    local failed = index == 7 or index == 8
    journal:outcome(mailed, doubt and "unknown" or failed and "failed" or "done", { error = (doubt or failed)
      and json.encode { kind = doubt and "timeout" or "rejected", code = failed and 301 or nil,
        meaning = failed and "no credits <b>left</b>" or nil, message = "no mail for " .. name,
        hint = "Look into the outbox." } or nil })
  end
  journal:set_wait(key, "sleep", 1, { who = name })
  local failed = index == 7 or index == 8
  local state = index == 9 and not is.done and "in_doubt" or failed and "failed" or "done"
  journal:end_row(key, state, failed and { error = json.encode { kind = "rejected", code = 301,
    meaning = "no credits <b>left</b>", message = "no mail for " .. name, hint = "Buy credits." } }
    or { result = json.encode { can_id = 4000 + index } })
end
if is.kill then
  print "ready"
  io.stdout:flush()
  require("beadle.async").sleep(30)
else
  journal:close()
  local again <close> = run_journal.open { path = runs.path_of(arg[1]) }
  local counts = again:counts()
  runs.show_status(arg[1], again:meta(), counts)
end
