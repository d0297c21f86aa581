#!/bin/sh
# SPDX-License-Identifier: MIT
# A batch that is killed at random moments, again and again, until it comes to its end, with 16 rows under way and a
# sandbox that is served: no row is lost, and nothing is done twice. Then the same with a journal that writes no
# intents, which must be found out.
#
# BEADLE_KILL_ROWS, BEADLE_KILLS, BEADLE_KILL_SEED: how many rows and kills, and which moments.
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${1:-}" != served ]; then
  exec "$root/tests/with-sandbox" -- sh "$0" served
fi
config=$BEADLE_CONFIG
. "$(dirname "$0")/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG

rows=${BEADLE_KILL_ROWS:-300}
kills=${BEADLE_KILLS:-20}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
echo "rows $rows, kills $kills, seed $seed"

. "$root/tests/cli/durable_lib.sh"

# begin [-e CODE [--run RUN]]
begin() {
  "$BEADLE" --profile served ${1:+"$1"} ${2:+"$2"} batch "$root/scripts/register-candidate.lua" rows.csv --into end \
    --mai_tem_id 7 --concurrency 16 --stop-after "$rows" ${4:+--run "$4"}
}

# As `beadle resume` does it; with options, which that does not know, in its words.
go_on() {
  if [ $# -eq 0 ]; then
    exec "$BEADLE" resume "$id"
  fi
  begin "$@" --run "$id"
}

moment() {
  awk -v seed="$seed" -v n="$1" 'BEGIN { srand(seed * 1000 + n); printf "%.3f", 0.06 + rand() * 0.35 }'
}

# survive [OPTIONS...]: until the end, killed on the way. Leaves `id`, `killed`, and the last status.
survive() {
  fresh
  killed=0
  while :; do
    if [ -z "$id" ]; then
      begin "$@" >out 2>err </dev/null &
    else
      go_on "$@" >out 2>err </dev/null &
    fi
    pid=$!
    if [ "$killed" -lt "$kills" ]; then
      sleep "$(moment "$killed")"
      pkill -9 -P "$pid" 2>/dev/null
      kill -9 "$pid" 2>/dev/null
      killed=$((killed + 1))
    fi
    wait "$pid" 2>/dev/null
    status=$?
    find_run
    if grep -q 'given up' err; then # before it had done anything: it begins anew
      rm -rf "$XDG_STATE_HOME"
      id=
      continue
    fi
    [ "$status" -eq 137 ] || break
  done
}

# How many rows a file at the end has.
rows_in() {
  "$BEADLE" -e 'local n = 0 for _ in require("beadle.csv").open(arg[1]):rows() do n = n + 1 end print(n)' - "$1" \
    </dev/null
}

survive
echo "killed $killed times"
done_rows=$(rows_in end/done.csv)
doubt_rows=$(rows_in end/in-doubt.csv)
failed_rows=$(rows_in end/failed.csv)
verdict "the three files have every row once" [ $((done_rows + doubt_rows)) -eq "$rows" -a "$failed_rows" -eq 0 ]
verdict "no row is lost, and nothing is done twice" judge
verdict "and it was killed on the way" [ "$killed" -ge 2 ]
sed 's/^/        /' out

survive -e 'dofile "careless.lua"'
not_right() { ! judge; }
verdict "a journal without intents is found out" not_right

finish
