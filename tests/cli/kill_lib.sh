# SPDX-License-Identifier: MIT
# For the tests that kill runs at random moments of their whole life: while they open and check what there is, while
# they send and write, and while they end. Needs durable_lib.sh and its variables, `begin`, `go_on`, `kills` and `seed`;
# `hit` and `was_hit` may be put in the place of those below.
# shellcheck shell=sh disable=SC2154 # `seed` and `rows` are the test's
mkfifo said

now_ms() { date +%s%N | cut -c 1-13; }

# The Nth number from 0 to 999 999 that follows from the seed.
drawn() {
  awk -v seed="$seed" -v n="$1" 'BEGIN { srand(seed * 10007 + n); printf "%d", rand() * 1000000 }'
}

# nap PARTS MS: so many millionths of so many milliseconds.
nap() {
  sleep "$(awk -v parts="$1" -v ms="$2" 'BEGIN { printf "%.4f", parts / 1e6 * ms / 1000 }')"
}

start() { # [OPTIONS...]: the run goes on, or begins when there is none
  if [ -z "$id" ]; then
    begin "$@"
  else
    go_on "$@"
  fi
}

# Somewhere from its start to its first row.
strike_opening() {
  start "$@" >out 2>err </dev/null &
  pid=$!
  nap "$draw" "$opening_ms"
}

# Somewhere behind its first row. Says how long it took to come there.
strike_sending() {
  began=$(now_ms)
  start "$@" >out 2>said </dev/null &
  pid=$!
  exec 3<said
  : >err
  while read -r line <&3; do
    echo "$line" >>err
    case $line in
    Profile*)
      opening_ms=$(($(now_ms) - began))
      nap "$draw" "$sending_ms"
      break
      ;;
    esac
  done
}

# While it writes what came of it.
strike_ending() {
  rm -f end/*.new
  start "$@" >out 2>err </dev/null &
  pid=$!
  until [ -e end/done.csv.new ] || ! kill -0 "$pid" 2>/dev/null; do
    sleep 0.001
  done
  nap "$draw" "$ending_ms"
}

# Which of these the next one is: the last ones are for the end, and 3 of 8 of the others for the begin.
chosen_moment() {
  if [ "$ends" = yes ] && [ "$killed" -ge $((kills - 1 - kills / 20)) ]; then
    echo ending
  elif [ $((draw % 8)) -lt 3 ]; then
    echo opening
  else
    echo sending
  fi
}

hit() { kill -9 "$pid" 2>/dev/null; }
was_hit() { [ "$status" -eq 137 ]; }

# survive [OPTIONS...]: until the end, killed on the way. Leaves `id`, `killed`, the last status, and how often it was
# killed where. Whether the run `ends` with files is the test's to say.
survive() {
  fresh
  killed=0 opening=0 sending=0 ending=0 opening_ms=100
  sending_ms=$((3 * rows * 2 / (kills * 5 / 8 + 1)))
  ending_ms=$((rows / 100 + 1))
  while [ "$killed" -lt "$kills" ]; do
    draw=$(drawn "$killed")
    moment=$(chosen_moment)
    "strike_$moment" "$@"
    hit
    wait "$pid" 2>/dev/null
    status=$?
    exec 3<&-
    find_run
    if grep -q 'there is no run' err; then # it was given up before it was one
      id=
      continue
    fi
    was_hit || { echo "it was over after $killed kills" && return; }
    killed=$((killed + 1))
    : $((${moment} += 1))
  done
  (start "$@") >out 2>err </dev/null
  status=$?
  find_run
}

tell_kills() {
  echo "killed $killed times: $opening at the begin (of $opening_ms ms), $sending under way, $ending at the end"
}
