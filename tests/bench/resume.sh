#!/bin/sh
# SPDX-License-Identifier: MIT
# From the start of `beadle resume` to its first call, of a batch with EFFECTS effects behind it and 100 rows before it:
# with a row for each effect, and with ten effects a row. Usage: resume.sh BEADLE TESTSERVER SOURCE_FOLDER [EFFECTS]
set -eu
BEADLE=$1
BEADLE_TESTSERVER=$2
bench=$3/tests/bench
effects=${4:-1000000}
export BEADLE BEADLE_TESTSERVER
if [ -z "${BENCH_RESUME:-}" ]; then
  BENCH_RESUME=1
  export BENCH_RESUME
  exec "$3/tests/with-server" --lifetime 3600 -- sh "$0" "$@"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
XDG_STATE_HOME=$work/state
BEADLE_CONFIG=$work/beadle.conf.lua
export XDG_STATE_HOME BEADLE_CONFIG
umask 077
cat >"$BEADLE_CONFIG" <<END_OF_LUA
return { profiles = { bench = { isograd = { base_url = 'http://127.0.0.1:$BEADLE_TEST_PORT/json',
  auth_url = 'http://127.0.0.1:$BEADLE_TEST_PORT/oauth2/token', client_id = 'bench', client_secret = 'bench-secret' } } } }
END_OF_LUA

measure() { # EFFECTS A ROW
  rm -rf "$XDG_STATE_HOME"
  rows=$((effects / $1))
  { echo ema,fst_nam,lst_nam; seq -f 'p%.0f@example.org,Ada,Lovelace' $((rows + 100)); } >"$work/rows.csv"
  "$BEADLE" --profile bench batch "$bench/resume_create.lua" "$work/rows.csv" --into "$work/into" >/dev/null 2>&1 || true
  journal=$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)
  "$BEADLE" "$bench/resume_fill.lua" "$journal" "$rows" "$1"
  size=$(stat -c %s "$journal")
  for _ in 1 2 3; do
    rm -f "$work/first"
    cp "$journal" "$work/journal"
    cp "$journal.lock" "$work/lock"
    sync
    from=$(date +%s.%N)
    BENCH_FIRST=$work/first "$BEADLE" resume "$(basename "$journal" .sqlite)" >/dev/null 2>"$work/err" &
    pid=$!
    while [ ! -s "$work/first" ] && kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
    [ -s "$work/first" ] || { cat "$work/err" >&2; exit 1; }
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    head -1 "$work/first" | awk -v from="$from" '{ print $1 - from }' >>"$work/times"
    mv "$work/journal" "$journal"
    mv "$work/lock" "$journal.lock"
    rm -f "$journal"-*
  done
  sort -n "$work/times" | awk -v effects="$effects" -v rows="$rows" -v size="$size" '{ v[NR] = $1 } END {
    printf "  resume of %d effects in %d rows (%.0f MB): %.2f s to the first call   %s\n", effects, rows, size / 1e6, v[2],
      (v[2] <= 2 ? "aim met" : "above the aim of 2 s") }'
  rm -f "$work/times"
}

echo
measure 1
measure 10
