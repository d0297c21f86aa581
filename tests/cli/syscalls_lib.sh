# SPDX-License-Identifier: MIT
# For the tests that kill a run of 8 rows at a system call of the journal or of the network, or have such a call fail: no
# row is lost, and nothing is done twice. The test says how it begins, goes on and does again what failed: `begin`,
# `go_on`, `do_again`. Skipped, with a message, where strace is not installed or may not trace.
#
# BEADLE_POINTS, BEADLE_AGAIN, BEADLE_FAILURES: at how many of the calls of each name it is killed, killed a second time,
# and they fail, evenly over the run; "all" for each of them. Without a number, a third of what may fail is tried a day.
# BEADLE_CALLS: of which names, instead of all that have to do with files and connections.
# BEADLE_KILL_SEED: where to begin counting.
# shellcheck shell=sh disable=SC2154 # what lib.sh and durable_lib.sh set
if ! strace -o /dev/null true 2>/dev/null; then
  echo "skipped: strace is not here, or may not trace"
  exit 77
fi
points=${BEADLE_POINTS:-2}
fails=${BEADLE_FAILURES:-}
again=${BEADLE_AGAIN:-1}
seed=${BEADLE_KILL_SEED:-$(date +%j)}
files="pwrite64 pread64 fdatasync fsync ftruncate write read openat rename unlink flock"
connections="socket connect sendto recvfrom poll epoll_wait epoll_pwait close"
calls=${BEADLE_CALLS:-$files $connections}
echo "points $points, seed $seed"

# What may become of a call, beside that it is killed; with "+" of all from there on, as a full disk has it.
failures="pwrite64:EIO pwrite64:ENOSPC pwrite64:ENOSPC+ pwrite64:EINTR pread64:EIO fdatasync:EIO fdatasync:EIO+
fdatasync:ENOSPC fsync:EIO fsync:ENOSPC ftruncate:EIO write:EIO write:ENOSPC write:ENOSPC+ read:EIO
openat:EMFILE openat:EIO openat:ENOSPC openat:EMFILE+ rename:EIO rename:ENOSPC unlink:EIO flock:ENOLCK
socket:EMFILE connect:ECONNREFUSED connect:ENETUNREACH connect:EINTR sendto:ECONNRESET sendto:EPIPE
sendto:EIO sendto:EINTR recvfrom:ECONNRESET recvfrom:EIO recvfrom:EINTR recvfrom:ETIMEDOUT poll:EINTR epoll_wait:EINTR
epoll_pwait:EINTR"

trace() { # WHAT...: the words before a program that is traced
  before="strace -f $*"
}

fresh
trace -o calls -e "trace=$(echo $files $connections | sed 's/ /,?/g; s/^/?/')"
(begin) >out 2>err </dev/null
status=$?
find_run
verdict "a run that nothing happens to is whole" judge

# How often each is called by the thread that calls it most: strace counts by thread.
count_of() { # CALL
  grep -E "^[0-9]+ +$1\\(" calls | awk '{ n[$1]++ } END { for (t in n) if (n[t] > most) most = n[t]; print most + 0 }'
}

# chosen CALL HOW_MANY: the numbers of its calls at which something happens.
chosen() {
  total=$(count_of "$1")
  wanted=$2
  [ "$wanted" != all ] && [ "$wanted" -lt "$total" ] || wanted=$total
  [ "$total" -gt 0 ] || return 0
  seq 0 $((wanted - 1)) | awk -v total="$total" -v wanted="$wanted" -v seed="$seed" \
    '{ print 1 + int($1 * total / wanted + seed % (total / wanted)) }'
}

# To the end, as a person does it: what was given up while it was made is begun anew, and what failed is done again.
to_the_end() {
  before=
  "$BEADLE" runs >listed 2>&1 </dev/null
  find_run
  if [ -z "$id" ]; then
    (begin "$@") >out 2>err </dev/null
    find_run
  else
    (go_on "$@") >out 2>err </dev/null
  fi
  (do_again "$@") >>out 2>>err </dev/null
}

# strike_again CALL NUMBER: killed in the middle, and then once more while it goes on.
strike_again() {
  fresh
  trace -o /dev/null -e trace=recvfrom -e inject=recvfrom:signal=KILL:when=14
  (begin) >first.out 2>first.err </dev/null
  find_run
  trace -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2"
  # shellcheck disable=SC2086 # a list of words
  $before "$BEADLE" resume "$id" >first.out 2>first.err </dev/null
  ended=$?
  tried=$((tried + 1))
  [ "$ended" -ne 137 ] || hit=$((hit + 1))
  to_the_end
  cp err last.err
  judge || echo "resumed $1 $2: $(head -2 out) $(head -1 last.err)" >>wrong
}

# strike CALL NUMBER WHAT [OPTIONS...]: what is wrong is appended to `wrong`.
strike() {
  fresh
  call=$1 number=$2 what=$3
  shift 3
  trace -o /dev/null -e "trace=$call" -e "inject=$call:$what:when=$number"
  (begin "$@") >first.out 2>first.err </dev/null
  ended=$?
  tried=$((tried + 1))
  ! grep '^strace:' first.err >>wrong
  [ "$ended" -eq 0 ] || hit=$((hit + 1))
  [ "$ended" -ne 134 ] || aborted="$aborted $call:$number:$what"
  if [ "$ended" -eq 0 ]; then
    find_run
    judge || echo "$call $number $what: it says that all is done, and $(head -2 out)" >>wrong
  fi
  to_the_end "$@"
  cp err last.err
  judge || echo "$call $number $what: $(head -2 out) $(head -1 last.err)" >>wrong
}

none_wrong() {
  [ ! -s wrong ] && return 0
  cp wrong out
  return 1
}

tried=0 hit=0 aborted=
: >wrong
for call in $calls; do
  for number in $(chosen "$call" "$points"); do
    strike "$call" "$number" signal=KILL
  done
done
echo "killed at $hit of $tried calls"
verdict "killed at any call, no row is lost, and nothing is done twice" none_wrong
verdict "most of them killed" [ "$hit" -ge $((tried / 2)) ] # some calls come later, or not at all

tried=0 hit=0
: >wrong
for call in $calls; do
  for number in $(chosen "$call" "$again"); do
    strike_again "$call" "$number"
  done
done
echo "killed again at $hit of $tried calls"
verdict "killed once more while it goes on, neither" none_wrong

: >wrong
for number in $(chosen recvfrom 4); do
  strike recvfrom "$number" signal=KILL -e 'dofile "careless.lua"'
done
verdict "a journal without intents is found out" [ -s wrong ]

tried=0 hit=0 aborted=
: >wrong
turn=$seed
for each in $failures; do
  turn=$((turn + 1))
  [ -n "$fails" ] || [ $((turn % 3)) -eq 0 ] || continue
  call=${each%:*} failure=${each#*:}
  case " $calls " in *" $call "*) ;; *) continue ;; esac
  for number in $(chosen "$call" "${fails:-1}"); do
    case $failure in
    *+) strike "$call" "$number+" "error=${failure%+}" ;;
    *) strike "$call" "$number" "error=$failure" ;;
    esac
  done
done
echo "failed at $tried calls, of which $hit ended it${aborted:+; aborted at$aborted}"
verdict "with any call that fails, nothing is done with a row missing" none_wrong

finish
