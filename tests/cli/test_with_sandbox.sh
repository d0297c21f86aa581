#!/bin/sh
# SPDX-License-Identifier: MIT
# The served sandbox: all fixtures over real HTTP, what it prints, and that tests/with-sandbox leaves nothing.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
TMPDIR=$work
export TMPDIR

with_sandbox() {
  "$root/tests/with-sandbox" --beadle "$BEADLE" -- "$@" >out 2>err </dev/null
  status=$?
}

for script in "$root"/tests/lua/test_*_fixtures.lua; do
  vendor=$(basename "$script" _fixtures.lua)
  vendor=${vendor#test_}
  with_sandbox "$BEADLE" "$script"
  verdict "every fixture of $vendor holds over HTTP" is_status 0
  verdict "and every operation was tried" out_has "ok      over HTTP every operation has a fixture"
  # A fixture that no case names is a fixture that nobody reads.
  for file in "$root/tests/fixtures/$vendor"/*.response.json; do
    name=$(basename "$file" .response.json)
    grep -q "over HTTP $name\$" out || echo "$name"
  done >unread
  status=$(wc -l <unread)
  verdict "no fixture of $vendor is left out" is_status 0
done

with_sandbox sh -c 'exit 7'
verdict "the command's status is passed on" is_status 7
with_sandbox sh -c 'printf "%s %s" "$BEADLE_TEST_SANDBOX" "$(stat -c %a "$BEADLE_CONFIG")"'
verdict "the command finds the address, and a profile that only its owner may read" \
  grep -qE '^http://127\.0\.0\.1:[0-9]+ 600$' out
nothing_left() { [ -z "$(find "$work" -mindepth 1 -maxdepth 1 -name 'tmp.*')" ]; }
verdict "nothing is left" nothing_left

"$root/tests/with-sandbox" --beadle /bin/false -- true >out 2>err
status=$?
verdict "a sandbox that does not start is an error" is_status 2
verdict "of which nothing is left" nothing_left

with_sandbox "$BEADLE" -e 'local http, base = require "beadle.http", os.getenv "BEADLE_TEST_SANDBOX"
  local page = http.get(base .. "/api/usage")
  print(page.status, page.headers.allow, http.get(base .. "/nothing").status)'
verdict "another method gets 405 and another path 404" out_is "405	POST	404"
with_sandbox "$BEADLE" -e 'local sandbox = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
  sandbox.set { latency = 0.01 }
  print(sandbox.set({}).latency, select(2, pcall(sandbox.finish_tset, {})).message)'
verdict "the served sandbox can be told what to do" out_has "0.01	the sandbox of isograd knows no \"finish_tset\""

# What a person sees who starts it.
mkfifo printed
"$BEADLE" sandbox --port 0 </dev/null >printed 2>err &
server=$!
grep -m 1 -B 99 "lst_nam=Lovelace" <printed >out
kill "$server"
wait "$server" 2>/dev/null
status=$?
verdict "the sandbox says where it listens and how it is used" \
  grep -qE '^  API +http://127\.0\.0\.1:[0-9]+/api/usage$' out
verdict "and whose it is" out_has "client_secret  test-client-secret"
run sandbox --host 0.0.0.0
verdict "the sandbox is served to this machine only" is_status 2

# Waits, without a clock, until nobody listens there any more: the sandbox lets go of connections as it ends.
is_gone() {
  tries=0
  while "$BEADLE" -e 'require("beadle.http").get(arg[1], { retry = false })' "$1" >/dev/null 2>&1; do
    tries=$((tries + 1))
    [ "$tries" -lt 500 ] || return 1
  done
}

# killed SIGNAL: the script is ended while its command runs; the sandbox must go.
killed() {
  mkfifo ready
  "$root/tests/with-sandbox" --beadle "$BEADLE" -- \
    sh -c 'echo "$BEADLE_TEST_SANDBOX" $$ >ready; exec sleep 30' >/dev/null 2>&1 &
  script=$!
  read -r address command <ready
  rm ready
  kill "-$1" "$script"
  wait "$script" 2>/dev/null
  kill "$command" 2>/dev/null
  is_gone "$address/"
  status=$?
  verdict "with-sandbox ended by $1 leaves no sandbox" is_status 0
}
killed TERM
verdict "nor a folder" nothing_left
killed KILL

finish
