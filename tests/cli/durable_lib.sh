# SPDX-License-Identifier: MIT
# For the tests of durable runs, over a sandbox that is served: writes what they run, and begins runs.
# Needs lib.sh, and `rows`.
# shellcheck shell=sh
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

# The vendor may be at work for longer than the profile says, on a machine that does other things.
sed 's/"50 ms"/"300 ms"/' "$BEADLE_CONFIG" >served.conf.lua
chmod 600 served.conf.lua
BEADLE_CONFIG=$work/served.conf.lua

# The vendors refuse no second user, and so show one that should not be.
cat >reset.lua <<'END_OF_LUA'
local twins = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX")
twins.reset()
twins.isograd.set { latency = 0.02 }
twins.syfadis.set { latency = 0.02, login_unique = false }
END_OF_LUA

# An effect of which repeating tells, one of which reading tells, and one of which nothing tells.
cat >enrol.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local syfadis = require "beadle.syfadis"
return require "beadle.recipe" {
  name = "enrol", summary = "Makes a candidate and a user, and sends a mail", unique = { "ema" },
  params = { "isograd.create_candidate.ema", "isograd.create_candidate.fst_nam", "isograd.create_candidate.lst_nam",
    "isograd.send_registration_email.mai_tem_id" },
  columns = { "ema", "can_id", "Id" },
  row = function(row)
    local candidate = isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = row.fst_nam,
      lst_nam = row.lst_nam }
    local user = syfadis.create_user { Login = row.ema, FirstName = row.fst_nam, LastName = row.lst_nam }
    isograd.send_registration_email { can_id = candidate.can_id, mai_tem_id = row.mai_tem_id }
    return { ema = row.ema, can_id = candidate.can_id, Id = user.Id }
  end,
}
END_OF_LUA

# judge.lua JOURNAL: what the vendors have, beside what the run says.
cat >judge.lua <<'END_OF_LUA'
local csv = require "beadle.csv"
local json = require "beadle.json"
local run_journal = require "beadle.run_journal"
local twins = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX")
local journal <close> = run_journal.open { path = arg[1], note = "a test" }
local wrong, doubt = {}, 0
local function count(list, name)
  local counts = {}
  for _, each in ipairs(list) do
    counts[each[name] or ""] = (counts[each[name] or ""] or 0) + 1
  end
  return counts
end
local created, mailed = count(twins.isograd.candidates(), "ema"), count(twins.isograd.mails(), "to")
local users = count(twins.syfadis.users(), "login")
local by_line, known_rows = {}, 0
local after = ""
repeat
  local page = journal:rows { after = after }
  for _, known in ipairs(page) do
    by_line[known.line or 0] = known
    after = known.key
    known_rows = known_rows + 1
  end
until #page == 0
local open = {}
for _, effect in ipairs(journal:unsettled(1000000)) do
  open[effect.row] = true
  if effect.probe ~= "none" then
    wrong[#wrong + 1] = effect.operation .. " is in doubt and could be settled"
  end
end
local line = 1
for row in csv.open("rows.csv"):rows() do
  line = line + 1
  local known = by_line[line]
  local state = known and known.state or "lost"
  local sent = { created[row.ema] or 0, users[row.ema] or 0, mailed[row.ema] or 0 }
  doubt = doubt + (state == "in_doubt" and 1 or 0)
  local complete = state == "done" and math.min(table.unpack(sent)) == 1 and not open[known.key]
    or state == "in_doubt" and sent[1] == 1 and sent[2] == 1 and open[known.key]
  if math.max(table.unpack(sent)) > 1 or not complete then
    wrong[#wrong + 1] = ("%s is %s, with %s"):format(row.ema, state, json.encode(sent))
  end
end
local done = journal:counts().effects.done or 0
print(#wrong == 0 and ("all right, rows: %d, effects done: %d, in doubt: %d"):format(known_rows, done, doubt)
  or ("%d wrong\n"):format(#wrong) .. table.concat(wrong, "\n", 1, math.min(#wrong, 5)))
END_OF_LUA

# A journal that only knows what is over, as one would write it first.
cat >careless.lua <<'END_OF_LUA'
local run_journal = require "beadle.run_journal"
local function careless(journal)
  local class = getmetatable(journal).__index
  if class.careless then
    return journal
  end
  class.careless = true
  local intent, outcome_later = class.intent, class.outcome_later
  class.intent = function(_, effect)
    effect.state, effect.sent_at, effect.attempts = "intent", 0, 1
    return effect
  end
  class.outcome = function(self, effect, state, facts)
    intent(self, effect)
    outcome_later(self, effect, state, facts)
  end
  class.outcome_later = function() end
  return journal
end
for _, name in ipairs { "create", "open" } do
  local plain = run_journal[name]
  run_journal[name] = function(options) return careless(plain(options)) end
end
END_OF_LUA

{
  echo ema,fst_nam,lst_nam
  seq -f 'p%.0f@example.org,Ada,Lovelace' "$rows"
} >rows.csv

# fresh: a sandbox as it begins, and no runs.
fresh() {
  rm -rf "$XDG_STATE_HOME" end
  "$BEADLE" --profile served reset.lua
  id=
}

# find_run: the one that there is, as `id`; none, when nothing was sent.
find_run() {
  id=$(basename "$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)" .sqlite)
  [ "$id" != '*' ] || id=
}

# begin [OPTIONS...]: the command line of the first start, put behind the words in $before. In the place of this shell,
# so that its id is the program's: for `begin &` or `(begin)`.
begin() {
  # shellcheck disable=SC2086 # a list of words
  exec $before "$BEADLE" --profile served "$@" run --durable enrol.lua --rows rows.csv --mai_tem_id 7 \
    --concurrency 16 --stop-after "$rows"
}

judge() {
  "$BEADLE" judge.lua "$XDG_STATE_HOME/beadle/runs/$id.sqlite" >out 2>>err && grep -q '^all right' out
}
