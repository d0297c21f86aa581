#!/bin/sh
# SPDX-License-Identifier: MIT
# What the journal costs a batch: `beadle batch` beside the same work without one (batch_plain.lua), in turn, over rows
# of one effect each, 64 in flight; against a sandbox and against a server that answers at once, each in a process of its
# own. Usage: batch.sh BEADLE TESTSERVER SOURCE_FOLDER [ROWS] [ROUNDS]
set -eu
BEADLE=$1
BEADLE_TESTSERVER=$2
source=$3
rows=${4:-3000}
rounds=${5:-3}
export BEADLE BEADLE_TESTSERVER
bench=$source/tests/bench

if [ -z "${BENCH_BATCH:-}" ]; then # starts itself beside each of the servers
  echo
  echo "Seconds for $rows rows of one effect, 64 in flight, medians of $rounds: without a journal, beadle batch, their ratio"
  BENCH_BATCH=sandbox "$source/tests/with-sandbox" -- sh "$0" "$@"
  BENCH_BATCH=server "$source/tests/with-server" -- sh "$0" "$@"
  exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
if [ "$BENCH_BATCH" = server ]; then
  what="a server that answers at once"
  profile=bench
  umask 077
  cat >"$work/beadle.conf.lua" <<END_OF_LUA
return { profiles = { bench = { isograd = { base_url = 'http://127.0.0.1:$BEADLE_TEST_PORT/json',
  auth_url = 'http://127.0.0.1:$BEADLE_TEST_PORT/oauth2/token', client_id = 'bench', client_secret = 'bench-secret' } } } }
END_OF_LUA
  BEADLE_CONFIG=$work/beadle.conf.lua
  export BEADLE_CONFIG
else
  what="a sandbox"
  profile=served
fi

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
seconds() { # COMMAND...
  from=$(date +%s.%N)
  "$@" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  date +%s.%N | awk -v from="$from" '{ printf "%.3f\n", $1 - from }'
}
people() { # NAME: rows that no earlier round had
  { echo ema,fst_nam,lst_nam; seq -f "$1%.0f@example.org,Ada,Lovelace" "$rows"; } >"$work/$1.csv"
}

for round in $(seq "$rounds"); do
  people "plain$round"
  people "batch$round"
  plain=$(seconds "$BEADLE" --profile "$profile" "$bench/batch_plain.lua" "$bench/batch_create.lua" \
    "$work/plain$round.csv" 64)
  kept=$(seconds "$BEADLE" --profile "$profile" batch "$bench/batch_create.lua" "$work/batch$round.csv" \
    --concurrency 64 --into "$work/into")
  echo "$plain" >>"$work/plain"
  echo "$kept" >>"$work/kept"
  awk -v a="$plain" -v b="$kept" 'BEGIN { print a / b }' >>"$work/ratio"
done
size=$(stat -c %s "$XDG_STATE_HOME"/beadle/runs/*.sqlite | tail -1)
awk -v what="$what" -v a="$(median <"$work/plain")" -v b="$(median <"$work/kept")" -v r="$(median <"$work/ratio")" \
  -v size="$size" -v rows="$rows" 'BEGIN {
    printf "%-44s %8.2f %8.2f   %5.2f   %s   (%d bytes of journal a row)\n", what, a, b, r,
      (r >= 0.7 ? "aim met" : "below the aim of 0.7"), size / rows }'
