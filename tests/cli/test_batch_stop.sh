#!/bin/sh
# SPDX-License-Identifier: MIT
# Batches and durable runs that are asked to end, once, twice and more, at random moments; that meet a full disk; of
# which two programs want one; and whose programs were killed before there was a run.
#
# BEADLE_KILLS, BEADLE_KILL_ROWS, BEADLE_KILL_SEED: as for test_batch_kill.sh.
. "$(dirname "$0")/served_lib.sh"
rows=${BEADLE_KILL_ROWS:-150}
kills=${BEADLE_KILLS:-12}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
ends=yes
before=
echo "rows $rows, kills $kills, seed $seed"
. "$root/tests/cli/durable_lib.sh"
. "$root/tests/cli/batch_lib.sh"
. "$root/tests/cli/kill_lib.sh"
in_doubt() { sed -n 's/.*in doubt: //p' out; }

# Asked once, those under way end: nothing is in doubt. What is not up yet ends at once.
hit() { kill -TERM "$pid" 2>/dev/null; }
was_hit() { [ "$status" -eq 143 ]; }
survive
tell_kills
verdict "SIGTERM at any moment: no row is lost, and nothing is done twice" judge
verdict "and nothing is in doubt" [ "$(in_doubt)" = 0 ]
verdict "and it came on the way" [ "$killed" -ge 4 ]

# Twice quickly, those under way are stopped: a mail among them is in doubt, and nothing else.
hit() {
  kill -TERM "$pid" 2>/dev/null
  kill -TERM "$pid" 2>/dev/null
}
survive
tell_kills
verdict "twice: no row is lost, and nothing is done twice" judge

# And once more: at once, with what was under way unknown.
hit() {
  for _ in 1 2 3 4 5; do
    kill -TERM "$pid" 2>/dev/null
  done
}
survive
tell_kills
verdict "again and again: no row is lost, and nothing is done twice" judge

# Two of one run.
reached() { # WORDS: waits until what was begun in the background says so
  until grep -q "$1" err 2>/dev/null; do kill -0 "$pid" 2>/dev/null || return 1; done
}
fresh
rm -f err
begin >out 2>err </dev/null &
pid=$!
reached '^Profile'
find_run
"$BEADLE" resume "$id" >second.out 2>second.err </dev/null
second=$?
"$BEADLE" retry "$id" --failed >third.out 2>third.err </dev/null
third=$?
verdict "a run that goes on is gone on with by nobody else" [ "$second" -ne 0 -a "$third" -ne 0 ]
verdict "who has it is named" grep -q "in use by process $pid on .*: beadle batch" second.err
verdict "to all" grep -q "in use by process $pid" third.err
kill -9 "$pid"
wait "$pid" 2>/dev/null
(go_on) >out 2>err </dev/null &
pid=$!
"$BEADLE" resume "$id" >second.out 2>second.err </dev/null
wait "$pid"
status=$?
find_run
verdict "killed, it is free, and two at once do everything once" judge

# A full disk. A small file system where one can be mounted, else a limit on the size of files.
fill() { # SIZE_KIB: sets how the run is begun, and how there is space again
  if mkdir -p small && mount -t tmpfs -o "size=${1}k" tmpfs small 2>/dev/null; then
    trap 'umount "$work/small" 2>/dev/null; rm -rf "$work"' EXIT
    XDG_STATE_HOME=$work/small
    space() { mount -o remount,size=100m small; }
    limited() { "$@"; }
  else
    space() { :; }
    limited() { ulimit -f $((size * 2)) && "$@"; }
  fi
}
empty() {
  umount small 2>/dev/null
  XDG_STATE_HOME=$work/state
}
for size in 130 400; do
  fresh
  fill "$size"
  (limited begin) >out 2>err </dev/null
  status=$?
  verdict "a disk that is full at $size KiB ends a batch" is_status 1
  verdict "with what it could not write" err_has "cannot be written"
  verdict "and what to do" err_has "Free space or mend the disk, then \`beadle resume"
  verdict "without saying that nothing was sent" sh -c '! grep -q "Nothing was sent" err'
  find_run
  space
  (go_on) >out 2>err </dev/null
  status=$?
  verdict "with space again, no row is lost, and nothing is done twice" judge
  empty
done
if fill 40 && [ "$XDG_STATE_HOME" = "$work/small" ]; then
  (begin) >out 2>err </dev/null
  status=$?
  verdict "a disk that is too full to begin is told of" err_has "cannot be made: database or disk is full"
  verdict "nothing was sent then" err_has "Nothing was sent."
  verdict "and nothing is left" [ -z "$(ls small/beadle/runs)" ]
fi
empty

# The limit on the size of files is a signal, which ends what does not expect it.
fresh
(ulimit -f 300 && exec env --default-signal=XFSZ "$BEADLE" --profile served batch enrol.lua rows.csv --into end \
  --mai_tem_id 7 --concurrency 16) >out 2>err </dev/null
status=$?
find_run
verdict "a limit on the size of files is no end without words" err_has "cannot be written"
(go_on) >out 2>err </dev/null
verdict "and nothing is lost by it" judge

# The files at the end are on the disk before they have their names, and the names before the run is done.
if strace -o /dev/null true 2>/dev/null; then
  fresh
  before="strace -f -y -o calls -e trace=fsync,rename,fdatasync"
  (begin) >out 2>err </dev/null
  status=$?
  before=
  for name in done failed in-doubt; do
    verdict "$name.csv is written before it has its name" awk -v name="$name" '
      /fsync\(/ && index($0, "end/" name ".csv.new>") { synced = 1 }
      /rename\(/ && index($0, "end/" name ".csv\"") { named = 1; right = synced }
      named && /fsync\(/ && /\/end>/ { kept = 1 }
      END { exit !(right && kept) }' calls
  done
fi

# Killed before there is a run: nobody was told of it, and it is none.
if strace -o /dev/null true 2>/dev/null; then
  for point in 3 10 17 24 31; do
    fresh
    before="strace -f -o /dev/null -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=$point"
    (begin) >out 2>err </dev/null
    before=
    told=$(grep -c '^Run ' err)
    run runs
    find_run
    if [ -z "$id" ]; then
      verdict "a run that was being made at write $point is none" out_has "There are no runs"
      verdict "and nobody was told of it" [ "$told" -eq 0 ]
      verdict "and nothing of it is left" [ -z "$(ls "$XDG_STATE_HOME/beadle/runs")" ]
    else
      verdict "a run that was made at write $point is listed as stopped" out_has " stopped "
      run resume "$id"
      verdict "and goes on" judge
    fi
  done
fi

finish
