#!/bin/sh
# SPDX-License-Identifier: MIT
# How a durable run ends: os.exit, from wherever it is called; a script that does not end when it is told to; what is
# under way then. And what killed programs leave in the folder of the runs.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
journals=$XDG_STATE_HOME/beadle/runs
newest() { "$BEADLE" runs --json | jq -r '.[0].id'; }
state() { "$BEADLE" runs --json | jq -r '.[0].state'; }
fresh() {
  rm -rf "$XDG_STATE_HOME"
  "$BEADLE" -e 'require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").reset()'
}
latency() {
  "$BEADLE" -e 'require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.set { latency = tonumber(arg[1]) }' \
    - "$1" </dev/null
}

cat >exit.lua <<'END_OF_LUA'
local async = require "beadle.async"
local isograd = require "beadle.isograd"
local how, status = arg[1], load("return " .. arg[2])()
local c = isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }
if how == "task" then
  async.scope(function()
    async.spawn(os.exit, status)
    async.sleep "60 s"
  end)
elseif how == "callback" then
  table.sort({ 2, 1, 3 }, function() os.exit(status) end)
elseif how == "underway" then
  async.spawn(isograd.send_registration_email, { can_id = c.can_id, mai_tem_id = 7 })
  async.sleep "200 ms"
elseif how == "underway callback" then
  async.spawn(isograd.send_registration_email, { can_id = c.can_id, mai_tem_id = 7 })
  async.sleep "200 ms"
  table.sort({ 2, 1, 3 }, function() os.exit(status) end)
end
os.exit(status)
END_OF_LUA

for how in plain task callback; do
  for code in 0 true nil; do
    [ "$how" = plain ] || [ "$code" = 0 ] || continue
    fresh
    run --profile served run --durable exit.lua "$how" "$code"
    verdict "os.exit($code), $how: its status" is_status 0
    verdict "and the run is done" [ "$(state)" = done ]
    run resume "$(newest)"
    verdict "and there is nothing to go on with" out_has "there is nothing to go on with"
    run runs check "$(newest)"
    verdict "and its journal is whole" is_status 0
  done
  fresh
  run --profile served run --durable exit.lua "$how" 3
  verdict "os.exit(3), $how: its status" is_status 3
  verdict "and the run is not done" [ "$(state)" = failed ]
  verdict "which is said" err_has "is not done: \`beadle resume"
  sed 's/^os.exit(status)/os.exit(0)/; s/os.exit, status/os.exit, 0/; s/() os.exit(status)/() os.exit(0)/' exit.lua >mended
  mv exit.lua kept.lua && mv mended exit.lua
  run resume "$(newest)"
  verdict "and it goes on, mended" [ "$(state)" = done ]
  mv kept.lua exit.lua
done

for how in underway "underway callback"; do
  fresh
  latency 1
  run --profile served run --durable exit.lua "$how" 0
  verdict "os.exit with an effect under way, $how, is not its end" [ "$(state)" = stopped ]
  latency 0
  run resume "$(newest)"
  verdict "nor is it that it is in doubt" err_has "beadle resolve"
done

# A recipe's rows are not over because one of them ends the program.
cat >row.lua <<'END_OF_LUA'
return require "beadle.recipe" {
  name = "row", summary = "Ends the program", columns = { "ema" }, unique = { "ema" },
  params = { "isograd.create_candidate.ema" },
  row = function(row)
    if row.ema:find "^p2" then
      os.exit(0)
    end
    require("beadle.isograd").create_candidate { gen_id = 3, ema = row.ema, fst_nam = "A", lst_nam = "B" }
    return { ema = row.ema }
  end,
}
END_OF_LUA
printf 'ema\np1@example.org\np2@example.org\np3@example.org\n' >rows.csv
fresh
run --profile served run --durable row.lua --rows rows.csv --concurrency 1
verdict "os.exit in a row is not the end of the others" [ "$(state)" = stopped ]
fresh
run --profile served batch row.lua rows.csv --concurrency 1 --into end
verdict "nor is it in a batch" [ "$(state)" = stopped ]

# A script that goes on when it is told to end is ended, and not done.
cat >deaf.lua <<'END_OF_LUA'
require("beadle.isograd").create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "B" }
io.stderr:write "ready\n"
while true do
  pcall(require("beadle.async").sleep, 0.05)
end
END_OF_LUA
fresh
rm -f err
"$BEADLE" --profile served run --durable deaf.lua >out 2>err </dev/null &
pid=$!
until grep -q ready err 2>/dev/null; do kill -0 "$pid" || break; done
while kill -TERM "$pid" 2>/dev/null; do sleep 0.1; done
wait "$pid"
status=$?
verdict "a script that does not end when it is told to is ended when it is told again" is_status 143
verdict "and is not done" [ "$(state)" = stopped ]

# What is left by programs that were killed.
fresh
mkdir -p -m 700 "$journals"
touch "$journals/20260101-000000-bbbb.status.x1Y2z3" "$journals/20260101-000000-cccc.sqlite.lock"
run runs
verdict "what was never a run is not listed" out_has "There are no runs"
verdict "and does not stay" [ -z "$(ls "$journals")" ]
run --profile served run --durable exit.lua plain 3
id=$(newest)
rm "$journals/$id.status"
run runs
verdict "a run whose status is lost is looked at" out_has "$id  stopped"
truncate -s 4096 "$journals/$id.sqlite"
rm "$journals/$id.status"
run runs
verdict "one that is damaged stays" out_has "$id"
verdict "and so does its journal" [ -s "$journals/$id.sqlite" ]

finish
