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
lost=
for count in 1 3 10 30 100; do
  rm -f killed.sqlite* counted
  "$BEADLE" count.lua >counted 2>err &
  victim=$!
  while [ "$(wc -l 2>/dev/null <counted || echo 0)" -lt "$count" ] && kill -0 "$victim" 2>/dev/null; do
    sleep 0.005
  done
  kill -9 "$victim"
  wait "$victim" 2>/dev/null
  told=$(wc -l <counted)
  run -e 'for row in require("beadle.sqlite").open("killed.sqlite"):rows "select count(*) as n from t" do print(row.n) end'
  [ "$told" -ge "$count" ] && [ "$(cat out)" -ge "$told" ] || lost="$lost $count"
done
verdict 'what exec has returned for is there after a kill' [ -z "$lost" ]
finish
