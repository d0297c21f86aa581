#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle batch, resume and retry as a person uses them: files, statuses, Ctrl-C, SIGTERM, mistakes; and memory that does
# not grow with the rows (BEADLE_BATCH_ROWS: how many, against a tenth of them).
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

cat >errand.lua <<'END_OF_LUA'
local recipe = require "beadle.recipe"
return recipe {
  name = "errand", summary = "Does nothing much", columns = { "ema", "n" }, unique = { "ema" },
  params = {
    { name = "ema", type = "email", required = true, doc = "who" },
    { name = "n", type = "integer", doc = "a number" },
    { name = "nap", type = "duration", doc = "how long it takes" },
    { name = "pin", secret = true, doc = "a secret" },
  },
  row = function(row, context)
    context.keep { n = row.n }
    if row.nap then
      require("beadle.task").sleep(row.nap)
    end
    if row.n == 7 and not io.open "mended" then
      error(require("beadle.error").new { kind = "rejected", code = 301, outcome = "none", message = "not today" }, 0)
    end
    return { ema = row.ema, n = row.n }
  end,
}
END_OF_LUA

people() { # HOW MANY
  echo ema,n
  awk -v n="$1" 'BEGIN { for (i = 1; i <= n; i++) printf "p%d@example.org,%d\n", i, i }'
}
people 20 >rows.csv

find_run() {
  id=$(basename "$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)" .sqlite)
}

lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }

run batch errand.lua rows.csv --into end
verdict "a row that failed makes the status 1" is_status 1
verdict "the others are done" lines_are end/done.csv 20
verdict "the one that failed says why" grep -q '^p7@example.org,7,8,rejected,301,not today' end/failed.csv
verdict "the summary counts" err_has "20 rows: 19 done, 1 failed"
find_run

run batch errand.lua end/failed.csv --check
verdict "failed.csv is valid input" is_status 0
run resume "$id"
verdict "resume does not do again what failed" err_has "20 rows: 19 done, 1 failed"
run retry "$id" --where 'error.code == 302'
verdict "retry --where does only what it says" err_has "19 done, 1 failed"
verdict "and says when that is nothing" err_has "None of the rows that were asked for is to be done again"
run retry "$id" --rows 2
verdict "retry --rows leaves what is done, and says so" err_has "those that are done or skipped are left as they are"
run retry "$id" --where 'error.code.x == 1'
verdict "a condition that fails names the line" err_has "--where failed at line 8"
touch mended
run retry "$id" --rows 7
verdict "retry --rows does only these" err_has "19 done, 1 failed"
run retry "$id" --where 'error.code == 301'
verdict "retry does what failed again" is_status 0
verdict "and then all is done" err_has "20 rows: 20 done, 0 failed"
run retry "$id" --failed
verdict "nothing is left then" out_has "nothing to go on with"

run retry "$id"
verdict "retry needs to be told which rows" is_status 2
run retry "$id" --where 'error.code ='
verdict "a condition is checked" is_status 2
run batch errand.lua
verdict "batch needs rows" is_status 2
run batch errand.lua rows.csv --rate fast
verdict "a rate is checked" err_has "--rate must be a rate such as 5/s"
run batch errand.lua rows.csv --budget coats=3
verdict "a budget is checked" err_has "--budget must be"
run batch errand.lua rows.csv --budget test=3
verdict "and the nearest is named" err_has "did you mean tests?"
run batch nothing rows.csv
verdict "a recipe is looked for" err_has "there is no recipe \"nothing\""
{ people 3; echo P2@example.org,4; } >twice.csv
run batch errand.lua twice.csv
verdict "a key that is there twice is refused" err_has "line 5: the same ema as line 3"
verdict "before a run is begun" is_status 2

# interrupted SIGNAL...: each of them, a moment apart; leaves the status.
interrupted() {
  rm -rf "$XDG_STATE_HOME" end
  "$BEADLE" batch errand.lua rows.csv --into end --nap "$nap" --concurrency 4 >out 2>err </dev/null &
  pid=$!
  waited=0
  until grep -q '^Profile' err || [ "$waited" -gt 100 ]; do
    sleep 0.05
    waited=$((waited + 1))
  done
  sleep 0.3
  for signal in "$@"; do
    kill -"$signal" "$pid"
    sleep 0.3
  done
  wait "$pid"
  status=$?
  find_run
}

# SIGINT is ignored by what a shell starts beside itself, so SIGTERM stands for both; they have the same handler.
nap="1 s"
interrupted TERM
verdict "after SIGTERM no new row begins, and those under way end" lines_are end/done.csv 5
verdict "its status says that it was stopped" is_status 143
run resume "$id"
verdict "and the rest is done later" err_has "20 rows: 20 done, 0 failed"
nap="1 h"
interrupted TERM TERM
verdict "the second time those under way are stopped too" lines_are end/done.csv 1
verdict "and are in no doubt" lines_are end/in-doubt.csv 1

rm -rf "$XDG_STATE_HOME" end
run batch errand.lua rows.csv --into end --nap "1 ms" --pin 4711
find_run
verdict "secrets are not kept" sh -c "! grep -q 4711 $XDG_STATE_HOME/beadle/runs/$id.sqlite end/*"

# Memory: the most that the program has had, in KiB.
most=${BEADLE_BATCH_ROWS:-20000}
peak() {
  people "$1" >many.csv
  "$BEADLE" batch errand.lua many.csv --into end --concurrency 64 \
    >out 2>err </dev/null &
  pid=$!
  high=0
  while kill -0 "$pid" 2>/dev/null; do
    now=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null)
    [ "${now:-0}" -le "$high" ] || high=$now
    sleep 0.05
  done
  wait "$pid"
  status=$?
}
peak $((most / 10))
few=$high
peak "$most"
echo "peak: $few KiB for $((most / 10)) rows, $high KiB for $most"
verdict "all of many rows are done" err_has "$most rows: $most done"
# The address sanitizer keeps what was freed, so there the figure says nothing.
if grep -q __asan_init "$BEADLE"; then
  echo "skipped memory does not grow with the rows: built with the address sanitizer"
else
  verdict "memory does not grow with the rows" [ "$high" -lt $((few * 3 / 2)) ]
fi

finish
