#!/bin/sh
# SPDX-License-Identifier: MIT
# What keeps batches from sending too much, over a sandbox that is served: a rate that three programs share, of which
# one is killed; a rate's file that is damaged, or from the future; a long pause that a vendor asks for, and budgets,
# both of runs that are killed.
#
# BEADLE_LIMIT_KILLS, BEADLE_KILL_SEED: how often a run with a budget is killed, and which moments.
. "$(dirname "$0")/served_lib.sh"
rows=60
kills=${BEADLE_LIMIT_KILLS:-8}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
. "$root/tests/cli/durable_lib.sh"
status=0
: >out
: >err

cat >create.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
return require "beadle.recipe" {
  name = "create", summary = "Creates candidates", unique = { "ema" }, columns = { "ema", "can_id" },
  params = { { name = "ema", type = "email", required = true, doc = "who" } },
  row = function(row)
    local made = isograd.create_candidate { ema = row.ema, fst_nam = "Ada", lst_nam = "Lovelace", gen_id = 3 }
    return { ema = row.ema, can_id = made.can_id }
  end,
}
END_OF_LUA

# people NAME COUNT: a file of so many.
people() {
  { echo ema && seq -f "$1%g@example.org" "$2"; } >"$1.csv"
}

# batch NAME [OPTIONS...]
batch() {
  name=$1
  shift
  "$BEADLE" --profile served batch create.lua "$name.csv" --into "end-$name" --stop-after 0 "$@" \
    >"out-$name" 2>"err-$name" </dev/null
}

# ---------------------------------------------------------------------------------------------------
# Rates

cat >spacing.lua <<'END_OF_LUA'
-- spacing.lua RATE: how close the calls came that the sandbox has seen.
local rate = tonumber(arg[1])
local times = {}
for _, request in ipairs(require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.requests {
  operation = "create_candidate" }) do
  times[#times + 1] = request.at
end
table.sort(times)
local most = 0
for first = 1, #times do
  local last = first
  while times[last + 1] and times[last + 1] < times[first] + 1 do
    last = last + 1
  end
  most = math.max(most, last - first + 1)
end
local seconds = times[#times] - times[1]
-- What is delayed on its way comes closer to the next.
print(#times <= rate * seconds + 1 + rate / 4 and most <= 1.5 * rate and "as told" or "too fast",
  ("%d calls in %.1f s, at most %d in a second"):format(#times, seconds, most))
END_OF_LUA

fresh
for name in one two three; do people $name 40; done
batch one --rate 10/s &
one=$!
batch two --rate 10/s &
two=$!
batch three --rate 10/s &
three=$!
sleep 2
pkill -9 -P "$three" 2>/dev/null
kill -9 "$three" 2>/dev/null
wait "$one" && wait "$two"
status=$?
wait "$three" 2>/dev/null
verdict "two of three programs come to their end" is_status 0
"$BEADLE" spacing.lua 10 >out
sed 's/^/        /' out
verdict "together they keep the rate" out_has "as told"
verdict "and the killed one has sent something" [ "$(awk '{ print $3 }' out)" -gt 80 ]

rate_file() { echo "$XDG_STATE_HOME"/beadle/rates/isograd-*.sqlite; }

cat >future.lua <<'END_OF_LUA'
local db = require("beadle.sqlite").open(arg[1])
db:exec("INSERT OR REPLACE INTO last VALUES(1,?,?)", require("beadle.time").now() + 36000, 36000)
END_OF_LUA
people later 5
"$BEADLE" future.lua "$(rate_file)"
timeout 60 sh -c 'exec "$0" --profile served batch create.lua later.csv --into end-later --rate 20/s' "$BEADLE" \
  >out 2>err </dev/null
status=$?
verdict "a clock that was set back stops nothing for hours" is_status 0

people damaged 5
head -c 5000 /dev/urandom >"$(rate_file)"
timeout 60 sh -c 'exec "$0" --profile served batch create.lua damaged.csv --into end-damaged --rate 20/s' "$BEADLE" \
  >out 2>err </dev/null
status=$?
verdict "a damaged file of a rate stops nothing" is_status 0

# ---------------------------------------------------------------------------------------------------
# A long pause

cat >pause.lua <<'END_OF_LUA'
-- pause.lua JOURNAL [SECONDS]: until when it waits; or lets it wait for so long from now, as if time had gone by.
local json = require "beadle.json"
local time = require "beadle.time"
local journal <close> = require("beadle.run_journal").open { path = arg[1], note = "a test" }
local row = journal:rows({ state = "parked" })[1]
local _, held = next(journal:meta().holds)
local function is_an_hour(at)
  return at > time.now() + 3500 and at <= time.now() + 3601
end
if not arg[2] then
  print(is_an_hour(row.wake_at) and is_an_hour(held) and "an hour" or ("%s %s"):format(row.wake_at, held))
  return
end
local at = time.now() + tonumber(arg[2])
journal:end_row(row.key, "parked", { error = row.error, wake_at = at })
journal:set_meta { holds = { [next(journal:meta().holds)] = at } }
print(json.encode(at))
END_OF_LUA

cat >earliest.lua <<'END_OF_LUA'
local count, first = 0, math.huge
for _, request in ipairs(require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.requests {
  operation = "create_candidate" }) do
  if request.at > tonumber(arg[1]) then
    count, first = count + 1, math.min(first, request.at)
  end
end
print(first >= tonumber(arg[2]) and "in time" or "too early", count)
END_OF_LUA

fresh
people pause 20
"$BEADLE" -e 'require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.fault {
  kind = "429", operation = "create_candidate", nth = 6, retry_after = 3600 }' </dev/null
batch pause --concurrency 4 &
pid=$!
for _ in $(seq 200); do
  grep -q '"parked":1' "$XDG_STATE_HOME"/beadle/runs/*.status 2>/dev/null && break
  sleep 0.05
done
sleep 0.3
pkill -9 -P "$pid" 2>/dev/null
kill -9 "$pid" 2>/dev/null
wait "$pid" 2>/dev/null
find_run
"$BEADLE" pause.lua "$XDG_STATE_HOME/beadle/runs/$id.sqlite" >out 2>err
verdict "a row that was asked to come back in an hour is parked until then, though killed" out_has "an hour"
now=$("$BEADLE" -e 'print(require("beadle.time").now())' </dev/null)
at=$("$BEADLE" pause.lua "$XDG_STATE_HOME/beadle/runs/$id.sqlite" 4)
run resume "$id"
verdict "it goes on" is_status 0
"$BEADLE" earliest.lua "$now" "$at" >out
sed 's/^/        /' out
verdict "but not before its time, and neither do the others" out_has "in time"
done_rows=$("$BEADLE" -e 'local n = 0 for _ in require("beadle.csv").open(arg[1]):rows() do n = n + 1 end print(n)' \
  - end-pause/done.csv </dev/null)
verdict "and every row is done" [ "$done_rows" -eq 20 ]

# ---------------------------------------------------------------------------------------------------
# Budgets

cat >spent.lua <<'END_OF_LUA'
-- spent.lua JOURNAL TESTS_BEFORE: what the vendor has, and what is in doubt.
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
local journal <close> = require("beadle.run_journal").open { path = arg[1], note = "a test" }
local doubt = 0
for _, effect in ipairs(journal:unsettled(1000)) do
  doubt = doubt + (effect.operation == "isograd.send_registration_email" and 1 or 0)
end
local tests, mails = #twin.tests() - tonumber(arg[2]), #twin.mails()
print(tests <= 20 and mails <= 15 and journal:spent("mails", "") <= 15 and journal:spent("tests", "") <= 20
  and journal:spent("mails", "") >= mails and "within" or "beyond", ("%d tests, %d mails, %d in doubt; spent %d and %d")
  :format(tests, mails, doubt, journal:spent("tests", ""), journal:spent("mails", "")))
END_OF_LUA

fresh
tests_before=$("$BEADLE" -e 'print(#require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.tests())' \
  </dev/null)
killed=0
while :; do
  if [ -z "$id" ]; then
    "$BEADLE" --profile served batch "$root/scripts/register-candidate.lua" rows.csv --into end --mai_tem_id 7 \
      --tst_frm_id 101 --stop-after 0 --budget tests=20,mails=15 >out 2>err </dev/null &
  else
    "$BEADLE" resume "$id" >out 2>err </dev/null &
  fi
  pid=$!
  if [ "$killed" -lt "$kills" ]; then
    sleep "$(awk -v seed="$seed" -v n="$killed" 'BEGIN { srand(seed * 1000 + n); printf "%.3f", 0.1 + rand() * 0.2 }')"
    pkill -9 -P "$pid" 2>/dev/null
    kill -9 "$pid" 2>/dev/null
    killed=$((killed + 1))
  fi
  wait "$pid" 2>/dev/null
  status=$?
  find_run
  [ "$status" -eq 137 ] || break
done
echo "        killed $killed times, seed $seed"
"$BEADLE" spent.lua "$XDG_STATE_HOME/beadle/runs/$id.sqlite" "$tests_before" >out 2>err
sed 's/^/        /' out
verdict "a budget is kept by a run that is killed" out_has within

finish
