#!/bin/sh
# SPDX-License-Identifier: MIT
# Measures http.serve (serve.lua) against a bare libmicrohttpd server in C (bare.c): the same load, in turn, in one
# run. Usage: serve.sh BEADLE BARE TESTCLIENT SOURCE_FOLDER [ROUNDS]
set -u
beadle=$1
bare=$2
client=$3
source=$4
rounds=${5:-5}
if ! command -v wrk >/dev/null; then
  echo "(no figures of the server: wrk is not installed)"
  exit 0
fi
work=$(mktemp -d) || exit 1
pids=
trap 'exec 3>&- 4>&-; for pid in $pids; do kill "$pid" 2>/dev/null; done; wait; rm -rf "$work"' EXIT
on_core() { # NUMBER COMMAND...
  core=$1
  shift
  if [ "$(nproc)" -gt 1 ]; then taskset -c "$core" "$@"; else "$@"; fi
}
port_of() { # FILE
  until grep -q '^port ' "$1" 2>/dev/null; do sleep 0.05; done
  sed -n 's/^port //p' "$1"
}
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

mkfifo "$work/life"
exec 3<>"$work/life"
on_core 1 "$bare" <"$work/life" >"$work/bare" 2>/dev/null &
pids="$pids $!"
on_core 1 "$beadle" "$source/tests/bench/serve.lua" >"$work/beadle" 2>/dev/null &
pids="$pids $!"
bare_port=$(port_of "$work/bare")
port=$(port_of "$work/beadle")

load() { # URL
  on_core 0 wrk -t1 -c64 -d2s "$1" >"$work/wrk"
  if grep -q 'Non-2xx\|Socket errors' "$work/wrk"; then
    cat "$work/wrk" >&2
    exit 1
  fi
  sed -n 's/^Requests\/sec: *//p' "$work/wrk"
}
load "http://127.0.0.1:$bare_port/" >/dev/null # a warm-up
load "http://127.0.0.1:$port/" >/dev/null
for _ in $(seq "$rounds"); do
  limit=$(load "http://127.0.0.1:$bare_port/")
  mine=$(load "http://127.0.0.1:$port/")
  echo "$limit" >>"$work/limits"
  echo "$mine" >>"$work/mine"
  awk -v a="$mine" -v b="$limit" 'BEGIN { print a / b }' >>"$work/ratios"
  load "http://127.0.0.1:$port/wait" >>"$work/waits"
done
echo
echo "Requests a second to a server on one core, 64 connections: bare libmicrohttpd in C, http.serve, their ratio."
awk -v a="$(median <"$work/limits")" -v b="$(median <"$work/mine")" -v r="$(median <"$work/ratios")" 'BEGIN {
  printf "%-44s %8d %8d   %5.2f   %s\n", "a handler that answers at once", a, b, r,
    (r >= 0.5 ? "aim met" : "below the aim of 0.5") }'
awk -v w="$(median <"$work/waits")" 'BEGIN {
  printf "%-44s %8d %8d   %5.2f\n", "a handler that sleeps 10 ms (ideal, measured)", 6400, w, w / 6400 }'

# The 99th percentile of one who asks 500 times, alone and beside 1,000 clients who drip their requests.
alone=$("$client" latency "$port" 500)
mkfifo "$work/slow_life"
exec 4<>"$work/slow_life"
"$client" slow "$port" 1000 50 <"$work/slow_life" >"$work/slow" 3>&- &
pids="$pids $!"
until grep -q ready "$work/slow"; do sleep 0.05; done
beside=$("$client" latency "$port" 500)
echo "Milliseconds until an answer on a connection of its own, 99th percentile:"
awk -v a="${alone#* }" -v b="${beside#* }" 'BEGIN {
  printf "%-44s %8.2f %8.2f           %s\n", "alone; beside 1,000 slow clients", a, b,
    (b < 50 ? "aim met" : "above the aim of 50 ms") }'
