# SPDX-License-Identifier: MIT
# For the tests of durable runs, over a sandbox that is served: writes what they run, and begins runs.
# Needs lib.sh, and `rows`.
# shellcheck shell=sh
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

cat >reset.lua <<'END_OF_LUA'
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
twin.reset()
twin.set { latency = 0.02 }
for _, credit in ipairs(require("beadle.isograd").list_available_credits({}).credits) do
  twin.set_credits { des = credit.des, amount = 1000000 }
end
END_OF_LUA

# judge.lua JOURNAL: what the sandbox has, beside what the run says.
cat >judge.lua <<'END_OF_LUA'
local csv = require "beadle.csv"
local json = require "beadle.json"
local run_journal = require "beadle.run_journal"
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
local journal <close> = run_journal.open { path = arg[1], note = "a test" }
local wrong, doubt = {}, 0
local function count(list, name)
  local counts = {}
  for _, each in ipairs(list) do
    counts[each[name]] = (counts[each[name]] or 0) + 1
  end
  return counts
end
local candidates = twin.candidates()
local ids = {}
for _, candidate in ipairs(candidates) do
  ids[candidate.ema] = candidate.can_id
end
local created, mailed = count(candidates, "ema"), count(twin.mails(), "to")
local tests = count(twin.tests(), "can_id")
local by_line = {}
local after = ""
repeat
  local page = journal:rows { after = after }
  for _, known in ipairs(page) do
    by_line[known.line or 0] = known
    after = known.key
  end
until #page == 0
local line = 1
for row in csv.open("rows.csv"):rows() do
  line = line + 1
  local known = by_line[line]
  local state = known and known.state or "lost"
  local sent = { created[row.ema] or 0, tests[ids[row.ema]] or 0, mailed[row.ema] or 0 }
  doubt = doubt + (state == "in_doubt" and 1 or 0)
  local complete = state == "done" and math.min(table.unpack(sent)) == 1
  if math.max(table.unpack(sent)) > 1 or not complete and state ~= "in_doubt" then
    wrong[#wrong + 1] = ("%s is %s, with %s"):format(row.ema, state, json.encode(sent))
  end
end
for _, effect in ipairs(journal:unsettled(1000)) do
  if effect.probe == "repeat" then
    wrong[#wrong + 1] = effect.operation .. " is in doubt and could be settled"
  end
end
print(#wrong == 0 and "all right, in doubt: " .. doubt or table.concat(wrong, "\n", 1, math.min(#wrong, 5)))
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
  echo ema,fst_nam,lst_nam,tst_frm_id
  seq -f 'p%g@example.org,Ada,Lovelace,101' "$rows"
} >rows.csv

# fresh: a sandbox as it begins, and no runs.
fresh() {
  rm -rf "$XDG_STATE_HOME"
  "$BEADLE" --profile served reset.lua
  id=
}

# find_run: the one that there is, as `id`; none, when nothing was sent.
find_run() {
  id=$(basename "$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)" .sqlite)
  [ "$id" != '*' ] || id=
}

# begin [OPTIONS...]: the command line of the first start, put behind the words in $before.
begin() {
  # shellcheck disable=SC2086 # a list of words
  $before "$BEADLE" --profile served "$@" run --durable "$root/scripts/register-candidate.lua" --rows rows.csv \
    --mai_tem_id 7 --concurrency 16 --stop-after "$rows"
}

judge() {
  "$BEADLE" judge.lua "$XDG_STATE_HOME/beadle/runs/$id.sqlite" >out 2>>err && grep -q '^all right' out
}
