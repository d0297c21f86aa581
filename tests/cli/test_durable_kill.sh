#!/bin/sh
# SPDX-License-Identifier: MIT
# Durable runs that are killed at random moments, again and again, until one comes to its end: no row is lost, nothing
# is done twice, and what nobody can know is in doubt. Against a sandbox that is served, and so knows what came. Then the
# same with a journal that writes no intents, which must be found out.
#
# BEADLE_KILL_ROWS, BEADLE_KILLS: how many rows, and how many kills at most; BEADLE_KILL_SEED: which moments.
. "$(dirname "$0")/served_lib.sh"

rows=${BEADLE_KILL_ROWS:-200}
kills=${BEADLE_KILLS:-20}
seed=${BEADLE_KILL_SEED:-$(date +%j%H)}
ends=no
before=
echo "rows $rows, kills $kills, seed $seed"

. "$root/tests/cli/durable_lib.sh"
. "$root/tests/cli/kill_lib.sh"

go_on() { exec "$BEADLE" resume "$id"; } # with the options that it began with

survive
tell_kills
verdict "no row is lost, and nothing is done twice" judge
verdict "and it was killed on the way" [ "$killed" -ge $((kills / 2)) ]
sed 's/^/        /' out

survive -e 'dofile "careless.lua"'
not_right() { ! judge; }
verdict "a journal without intents is found out" not_right
sed 's/^/        /' out

hit() { kill -TERM "$pid" 2>/dev/null; }
was_hit() { [ "$status" -eq 143 ]; }
kills=8 rows=60
head -61 rows.csv >few.csv && mv few.csv rows.csv
survive
tell_kills
verdict "SIGTERM at any moment: no row is lost, and nothing is done twice" judge

finish
