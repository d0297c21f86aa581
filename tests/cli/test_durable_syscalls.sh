#!/bin/sh
# SPDX-License-Identifier: MIT
# A durable run of 8 rows that is killed at a system call of the journal or of the network, and one for which such a
# call fails: no row is lost, and nothing is done twice. Skipped, with a message, where strace is not installed or may
# not trace.
#
# BEADLE_POINTS: how many calls of each name, evenly over the run; "all" for each of them.
root=$(cd "$(dirname "$0")/../.." && pwd)
if ! strace -o /dev/null true 2>/dev/null; then
  echo "skipped: strace is not here, or may not trace"
  exit 77
fi
if [ "${1:-}" != served ]; then
  exec "$root/tests/with-sandbox" -- sh "$0" served
fi
config=$BEADLE_CONFIG
. "$(dirname "$0")/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG
rows=8
points=${BEADLE_POINTS:-4}
. "$root/tests/cli/durable_lib.sh"

# How often each is called by the thread that calls it most: strace counts by thread.
fresh
before="strace -f -o calls -e trace=pwrite64,fdatasync,fsync,openat,ftruncate,unlink,connect,sendto,recvfrom,close,epoll_pwait,epoll_wait,futex"
begin >out 2>err </dev/null
status=$?
find_run
verdict "a run that nothing happens to is whole" judge

count_of() { # CALL
  grep -E "^[0-9]+ +$1\\(" calls | awk '{ n[$1]++ } END { for (t in n) if (n[t] > most) most = n[t]; print most + 0 }'
}

# chosen CALL: the numbers of its calls at which something happens.
chosen() {
  total=$(count_of "$1")
  wanted=$points
  [ "$wanted" != all ] && [ "$wanted" -lt "$total" ] || wanted=$total
  [ "$total" -gt 0 ] || return 0
  seq 0 $((wanted - 1)) | awk -v total="$total" -v wanted="$wanted" '{ print 1 + int($1 * total / wanted) }'
}

# go_on [OPTIONS...]: resumes until the end. A run of which nothing was kept has sent nothing, and begins anew.
go_on() {
  find_run
  before=
  if [ -n "$id" ]; then
    "$BEADLE" resume "$id" >out 2>err </dev/null
  fi
  if [ -z "$id" ] || grep -q "was given up" err; then
    rm -rf "$XDG_STATE_HOME"
    begin "$@" >out 2>err </dev/null
    find_run
  fi
}

# strike CALL NUMBER WHAT [OPTIONS...]: what is wrong is appended to `wrong`.
strike() {
  fresh
  call=$1 number=$2 what=$3
  shift 3
  before="strace -f -o /dev/null -e trace=$call -e inject=$call:$what:when=$number"
  begin "$@" >first.out 2>first.err </dev/null
  ended=$?
  tried=$((tried + 1))
  if [ "$ended" -eq 0 ]; then
    find_run
    judge || echo "$call $number $what: it says that all is done, and $(head -1 out)" >>wrong
  fi
  go_on "$@"
  judge || echo "$call $number $what: $(head -1 out) $(head -1 err)" >>wrong
}

none_wrong() {
  [ ! -s wrong ] && return 0
  cp wrong out
  return 1
}

tried=0
: >wrong
for call in pwrite64 fdatasync fsync openat ftruncate unlink connect sendto recvfrom close epoll_pwait epoll_wait; do
  for number in $(chosen "$call"); do
    strike "$call" "$number" signal=KILL
  done
done
echo "killed at $tried calls"
verdict "killed at any call, no row is lost, and nothing is done twice" none_wrong
verdict "there were enough of them" [ "$tried" -ge 20 ]

: >wrong
for number in $(chosen recvfrom); do
  strike recvfrom "$number" signal=KILL -e 'dofile "careless.lua"'
done
verdict "a journal without intents is found out" [ -s wrong ]

tried=0
: >wrong
for error in EIO ENOSPC; do
  for call in pwrite64 fdatasync fsync; do
    for number in $(chosen "$call"); do
      strike "$call" "$number" "error=$error"
    done
  done
done
for number in $(chosen openat); do
  strike openat "$number" error=EMFILE
done
echo "failed at $tried calls"
verdict "with any call that fails, nothing is done with a row missing" none_wrong

finish
