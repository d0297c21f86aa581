#!/bin/sh
# SPDX-License-Identifier: MIT
# A batch that is killed at random moments, again and again, until it comes to its end, with 16 rows under way and a
# sandbox that is served: no row is lost, nothing is done twice, and what nobody can know is in doubt. Then the same
# with a journal that writes no intents, which must be found out.
#
# BEADLE_KILL_ROWS, BEADLE_KILLS, BEADLE_KILL_SEED: how many rows and kills, and which moments. The promise is for
# 10000 rows and 1000 kills.
. "$(dirname "$0")/served_lib.sh"

rows=${BEADLE_KILL_ROWS:-300}
kills=${BEADLE_KILLS:-20}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
ends=yes
before=
echo "rows $rows, kills $kills, seed $seed"

. "$root/tests/cli/durable_lib.sh"
. "$root/tests/cli/batch_lib.sh"
. "$root/tests/cli/kill_lib.sh"

# The files at the end: whether each row is in one of them, once.
cat >files.lua <<'END_OF_LUA'
local csv = require "beadle.csv"
local seen, count, total = {}, {}, 0
for _, name in ipairs { "done", "failed", "in-doubt" } do
  count[name] = 0
  for row in csv.open("end/" .. name .. ".csv"):rows() do
    assert(not seen[row.ema], row.ema)
    seen[row.ema] = true
    count[name] = count[name] + 1
    total = total + 1
  end
end
for row in csv.open("rows.csv"):rows() do
  assert(seen[row.ema], row.ema)
end
print(("done.csv %d, in-doubt.csv %d, failed.csv %d"):format(count.done, count["in-doubt"], count.failed))
assert(count.failed == 0 and count["in-doubt"] == tonumber(arg[1]))
END_OF_LUA
in_doubt() { sed -n 's/.*in doubt: //p' out; }

survive
tell_kills
verdict "no row is lost, and nothing is done twice" judge
sed 's/^/        /' out
doubt=$(in_doubt)
verdict "the three files have every row once" "$BEADLE" files.lua "${doubt:-none}"
verdict "and it was killed on the way" [ "$killed" -ge $((kills / 2)) ]

if [ "$rows" -gt 300 ]; then
  rows=300 kills=20
  head -301 rows.csv >few.csv
  mv few.csv rows.csv
fi
survive -e 'dofile "careless.lua"'
not_right() { ! judge; }
verdict "a journal without intents is found out" not_right
sed 's/^/        /' out

finish
