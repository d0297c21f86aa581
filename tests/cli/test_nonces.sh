#!/bin/sh
# SPDX-License-Identifier: MIT
# 100,000 nonces that two processes try to use, both of them all, while now and then one is killed: none is accepted
# twice. And what a file of nonces must not be.
if [ -d /dev/shm ] && [ -w /dev/shm ]; then # a kill is the same in memory, and a disk would be the slowest part
  TMPDIR=/dev/shm
  export TMPDIR
fi
. "$(dirname "$0")/lib.sh"

cat >worker.lua <<'END_OF_LUA'
-- worker.lua FILE FROM TO [back | memory]: prints the number of each nonce that was accepted, and when it came. With
-- "back" the second half is gone through from its end.
local nonces = require "beadle.lti.nonces"
local store = nonces.open(arg[4] == "memory" and {} or { path = arg[1] })
local all = tonumber(arg[3])
io.stdout:setvbuf "no"
for i = tonumber(arg[2]), all do
  local number = arg[4] == "back" and i > all // 2 and all + all // 2 + 1 - i or i
  if store:use("consumer", "nonce-" .. number, 4000000000) then
    io.write(number, " ", i, "\n")
  end
end
END_OF_LUA

all=100000
kills=12
start() { # WHO: goes on a little before what it accepted last
  last=$(tail -n 1 "accepted.$1" 2>/dev/null | cut -d ' ' -f 2)
  direction=$([ "$1" = a ] || echo back)
  from=$((${last:-0} > 500 ? last - 500 : 1))
  "$BEADLE" worker.lua nonces.sqlite "$from" "$all" $direction >>"accepted.$1" 2>>err </dev/null &
  eval "pid_$1=$!"
}
accepted() { cat accepted.a accepted.b | wc -l; }

: >accepted.a >accepted.b >out >err
start a
start b
killed=0
round=0
while [ "$round" -lt "$kills" ]; do
  round=$((round + 1))
  until [ "$(accepted)" -ge $((all * round / (kills + 2))) ]; do
    sleep 0.005
  done
  who=$([ $((round % 2)) -eq 0 ] && echo a || echo b)
  eval "pid=\$pid_$who"
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  status=$?
  [ "$status" -ne 137 ] || killed=$((killed + 1))
  start "$who"
done
wait "$pid_a"
status_a=$?
wait "$pid_b"
status=$?
verdict "the one ends" is_status 0
status=$status_a
verdict "and the other" is_status 0
verdict "both were killed now and then" [ "$killed" -ge $((kills / 2)) ]
echo "        $(wc -l <accepted.a) and $(wc -l <accepted.b), $killed killed"
verdict "both had some" sh -c '[ "$(wc -l <accepted.a)" -gt 1000 ] && [ "$(wc -l <accepted.b)" -gt 1000 ]'
cut -d ' ' -f 1 accepted.a accepted.b | sort | uniq -d >out
verdict "no nonce was accepted twice" out_is_empty
verdict "each was accepted, but for those whose process was killed before it could say so" \
  [ "$(accepted)" -ge $((all - killed)) ]
run worker.lua nonces.sqlite 1 "$all"
verdict "none is accepted afterwards" sh -c "[ $status -eq 0 ] && [ ! -s out ]"
verdict "the file is its owner's" [ "$(stat -c %a nonces.sqlite)" = 600 ]

# Whoever does not share a file accepts twice: this test would see it.
run worker.lua - 1 100 memory
cp out once
run worker.lua - 1 100 memory
verdict "without a file each is accepted twice" [ "$(cat once out | sort | uniq -d | wc -l)" -eq 100 ]

# The file and its folder.
(umask 000 && "$BEADLE" worker.lua a/b/nonces.sqlite 1 1 >out 2>err)
verdict "folders are made for their owner only" [ "$(stat -c %a a a/b | tr '\n' ' ')" = "700 700 " ]
verdict "whatever the umask" [ "$(stat -c %a a/b/nonces.sqlite)" = 600 ]
XDG_STATE_HOME=$work/state "$BEADLE" -e 'require("beadle.lti.nonces").open { path = true }'
verdict "this user's own is where state lives" [ -f state/beadle/nonces.sqlite ]
refused() { # NAME WORDS FILE
  run worker.lua "$3" 1 1
  verdict "$1 is refused" is_status 1
  verdict "$1 is named" err_has "$2"
  verdict "and nothing is accepted in $1" out_is_empty
}
ln -s "$work/a/b/nonces.sqlite" link.sqlite
refused "a link" "it is a link" link.sqlite
mkdir folder.sqlite
refused "a folder" "it is a link, or no file" folder.sqlite
cp a/b/nonces.sqlite shared.sqlite
chmod 640 shared.sqlite
refused "a file that others may read" "chmod 600" shared.sqlite
mkdir open_to_all
chmod 777 open_to_all
refused "a folder that others may write in" "others may write" open_to_all/nonces.sqlite
(umask 077 && head -c 8192 /dev/zero | tr '\0' x >rubbish.sqlite)
refused "a file that is no database" "not a database" rubbish.sqlite

# No room for more: what is not on the disk was not accepted.
room() { # KIBIBYTES
  (
    trap '' XFSZ
    ulimit -f "$(($1 * 2))"
    "$BEADLE" worker.lua full.sqlite 1 2000 >out 2>err </dev/null
  )
  status=$?
}
room 48
verdict "no room is an error" is_status 1
verdict "and says so" err_has "a nonce cannot be kept"
cp out before
verdict "some were accepted before" [ -s before ]
run worker.lua full.sqlite 1 2000
verdict "with room again the others are accepted, and no other" \
  sh -c '[ "$(cat before out | sort -u | wc -l)" -eq 2000 ] && [ "$(cat before out | wc -l)" -eq 2000 ]'

finish
