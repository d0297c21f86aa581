-- SPDX-License-Identifier: MIT
-- arg: JOURNAL, ROWS, EFFECTS. Fills the journal of a batch as if that many rows, the first of its file, were done with
-- so many effects each. Nobody waits for a row, so that it does not take long.

local run_journal = require "beadle.run_journal"

local AT_ONCE = 5000

local path, rows, effects = arg[1], tonumber(arg[2]), tonumber(arg[3])
local journal = run_journal.open { path = path }
local db = journal.db
journal.db = { post = function(_, ...) db:post(...) end, run = function(_, ...) db:post(...) end }

for index = 1, rows do
  local row = ("p%d@example.org"):format(index)
  local cells = ('{"ema":"%s","fst_nam":"Ada","lst_nam":"Lovelace"}'):format(row)
  local known = index <= 200 and db:run("SELECT * FROM row WHERE key=?", row)[1] or false
  journal:begin_row(row, { line = index + 1, cells = cells }, known)
  for number = 1, effects do
    local key = ('{"ema":"%s","number":%d}'):format(row, number)
    local record = journal:intent { row = row, operation = "isograd.create_candidate", key = key, occurrence = 1,
      effect = "create", probe = "repeat", params = cells, params_hash = ("h"):rep(44) }
    journal:outcome(record, "done", { answer = '{"can_id":123456,"lgn_url":"https://example.org/login"}' })
  end
  journal:end_row(row, "done", { result = ('{"can_id":123456,"ema":"%s"}'):format(row) })
  if index % AT_ONCE == 0 then
    db:run "SELECT 1"
  end
end
db:close()
