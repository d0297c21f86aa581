#!/bin/sh
# SPDX-License-Identifier: MIT
# Files of beadle.sqlite: who may read them, links, and what is there after a kill.
. "$(dirname "$0")/lib.sh"

run -e 'local db = require("beadle.sqlite").open "a.sqlite"; db:exec "create table t (x)"; db:exec "insert into t values (1)"'
mode_is() { [ "$(stat -c %a "$2")" = "$1" ]; }
verdict 'a database is made for its owner only' mode_is 600 a.sqlite

ln -s a.sqlite link.sqlite
run -e 'require("beadle.sqlite").open "link.sqlite"'
verdict 'a link is refused' err_has 'link.sqlite cannot be opened: it is a link'

chmod 400 a.sqlite
[ "$(id -u)" = 0 ] || {
  run -e 'require("beadle.sqlite").open("a.sqlite"):exec "insert into t values (2)"'
  verdict 'a file that cannot be written is said so' err_has 'readonly'
}
chmod 600 a.sqlite

# Numbers go to standard output after exec has returned: what was printed must be there, wherever the kill comes.
cat >count.lua <<'END_OF_LUA'
local db = require("beadle.sqlite").open "killed.sqlite"
db:exec "create table if not exists t (x integer)"
for x = 1, 100000 do
  db:exec("insert into t values (?)", x)
  io.stdout:write(x, "\n")
  io.stdout:flush()
end
END_OF_LUA
lost=0
for delay in 0.02 0.05 0.11 0.17; do
  rm -f killed.sqlite*
  "$BEADLE" count.lua >counted 2>err &
  victim=$!
  sleep "$delay"
  kill -9 "$victim" 2>/dev/null
  wait "$victim" 2>/dev/null
  told=$(tail -1 counted 2>/dev/null)
  [ -e killed.sqlite ] || continue
  run -e 'local n = 0
    for row in require("beadle.sqlite").open("killed.sqlite"):rows "select count(*) as n from t" do n = row.n end print(n)'
  [ "$(cat out)" -ge "${told:-0}" ] || lost=1
done
verdict 'what exec has returned for is there after a kill' [ "$lost" -eq 0 ]
verdict 'and something was' [ "${told:-0}" -gt 0 ]
finish
