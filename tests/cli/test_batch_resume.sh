#!/bin/sh
# SPDX-License-Identifier: MIT
# Resuming a batch of which much is done: what came to its end is passed over without being read, and nothing else is.
. "$(dirname "$0")/lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME

cat >errand.lua <<'END_OF_LUA'
local recipe = require "beadle.recipe"
return recipe {
  name = "errand", summary = "Does nothing much", columns = { "n" }, unique = { "n" }, ignores = { "note" },
  params = { { name = "n", type = "integer", required = true, doc = "a number" } },
  row = function(row)
    local file = assert(io.open("calls", "a"))
    file:write(row.n, "\n")
    file:close()
    if row.n >= 350 and not io.open "mended" then
      require("beadle.task").sleep "1h"
    end
    return { n = row.n }
  end,
}
END_OF_LUA

# The row before those that hang, which is the last that is passed over, has two lines; one in the middle has three.
rows() {
  echo n,note
  awk 'BEGIN { for (i = 1; i <= 400; i++)
    printf "%d,%s\n", i, i == 349 ? "\"two\n351,lines\"" : i == 150 ? "\"th\nr\nee\"" : "one" }'
}
rows >rows.csv

# A batch that is killed when four rows hang and the others are done.
begin() {
  rm -rf "$XDG_STATE_HOME" calls mended
  "$BEADLE" batch errand.lua rows.csv --concurrency 4 --into end >out 2>err &
  pid=$!
  until [ -e calls ] && [ "$(wc -l <calls)" -ge 353 ]; do
    kill -0 "$pid" 2>/dev/null || { cat err; break; }
    sleep 0.05
  done
  sleep 0.5 # what is done is on the disk
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  id=$(basename "$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)" .sqlite)
  touch mended
}
calls_of() { grep -c "^$1\$" calls; }

begin
run resume "$id"
verdict "the rest is done" is_status 0
verdict "all of it" err_has "400 rows: 400 done, 0 failed"
verdict "every row has a result" [ "$(wc -l <end/done.csv)" -eq 401 ]
verdict "what was done is not done again" [ "$(calls_of 349)" -eq 1 ]
verdict "what was under way is" [ "$(calls_of 350)" -eq 2 ]
verdict "and only that" [ "$(wc -l <calls)" -eq 404 ]

begin
sed 's/^10,one$/10,other/' rows.csv >changed && mv changed rows.csv
run resume "$id"
verdict "a file that was changed meanwhile is gone on with" is_status 0
verdict "all of it is done" err_has "400 rows: 400 done, 0 failed"

rows >rows.csv
begin
echo 7,twice >>rows.csv
run resume "$id"
verdict "a file that was changed is checked again" is_status 2
verdict "with what is wrong" err_has "the same n as line 8"
rows >rows.csv
sed 's/summary = "Does/summary = "Still does/' errand.lua >changed && mv changed errand.lua
run resume "$id"
verdict "once it is right, the run goes on, with a recipe that was changed" is_status 0

finish
