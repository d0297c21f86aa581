#!/bin/sh
# SPDX-License-Identifier: MIT
# Durable runs that are killed at random moments, again and again, until one comes to its end: no row is lost, nothing
# is done twice, and what nobody can know is in doubt. Against a sandbox that is served, and so knows what came. Then the
# same with a journal that writes no intents, which must be found out.
#
# BEADLE_KILL_ROWS, BEADLE_KILLS: how many rows, and how many kills at most; BEADLE_KILL_SEED: which moments.
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${1:-}" != served ]; then
  exec "$root/tests/with-sandbox" -- sh "$0" served
fi
config=$BEADLE_CONFIG
. "$(dirname "$0")/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG

rows=${BEADLE_KILL_ROWS:-200}
kills=${BEADLE_KILLS:-20}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
echo "rows $rows, kills $kills, seed $seed"

. "$root/tests/cli/durable_lib.sh"

# moment N: how long the Nth program lives, in seconds.
moment() {
  awk -v seed="$seed" -v n="$1" 'BEGIN { srand(seed * 1000 + n); printf "%.3f", 0.06 + rand() * 0.35 }'
}

# survive [OPTIONS...]: runs until the end, killed on the way. Leaves `id`, `killed`, and the last status.
survive() {
  fresh
  killed=0
  before=
  while :; do
    if [ -z "$id" ]; then
      begin "$@" >out 2>err </dev/null &
    else
      "$BEADLE" resume "$id" >out 2>err </dev/null &
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
    [ "$status" -eq 137 ] || break
  done
}

survive
echo "killed $killed times"
verdict "no row is lost, and nothing is done twice" judge
verdict "and it was killed on the way" [ "$killed" -ge 2 ]
sed 's/^/        /' out

survive -e 'dofile "careless.lua"'
not_right() { ! judge; }
verdict "a journal without intents is found out" not_right
sed 's/^/        /' out

finish
