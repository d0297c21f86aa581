#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs that were stopped, and what a person does next. A corrected recipe goes on with its run: a row in which something
# was done with other parameters is not done, says what differs, and is done as soon as somebody has said that it is
# good, in a batch and in a run over rows.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
runs=$XDG_STATE_HOME/beadle/runs

cat >tell.lua <<'END_OF_LUA'
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
if arg[1] == "reset" then
  twin.reset()
end
print(twin.counts().create_candidate or 0, #twin.mails())
END_OF_LUA

cat >enrol.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
return require "beadle.recipe" {
  name = "enrol", summary = "Makes a candidate and sends a mail", unique = { "ema" },
  params = { "isograd.create_candidate.ema" }, columns = { "ema", "can_id" },
  row = function(row)
    local can_id = isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = os.getenv "NAME" or "Ada",
      lst_nam = "Lovelace" }.can_id
    if os.getenv "HANG" then
      io.open("sent", "w"):close()
      require("beadle.async").sleep "1h"
    end
    isograd.send_registration_email { can_id = can_id, mai_tem_id = 7 }
    return { ema = row.ema, can_id = can_id }
  end,
}
END_OF_LUA
printf 'ema\nada@example.org\n' >rows.csv

# Killed when the candidate is there and the mail is not sent.
begin() { # COMMAND...
  rm -rf "$XDG_STATE_HOME" sent
  "$BEADLE" tell.lua reset >/dev/null
  HANG=1 "$BEADLE" --profile served "$@" >out 2>err </dev/null &
  pid=$!
  until [ -e sent ]; do
    kill -0 "$pid" 2>/dev/null || { cat err; break; }
    sleep 0.05
  done
  sleep 0.3 # what is done is on the disk
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  id=$(basename "$(echo "$runs"/*.sqlite)" .sqlite)
}
came() { "$BEADLE" tell.lua; }

for way in batch rows; do
  case $way in
    batch) begin batch enrol.lua rows.csv --into end ;;
    rows) begin run enrol.lua --rows rows.csv --output done.csv --failed failed.csv ;;
  esac
  NAME=Augusta run resume "$id"
  verdict "$way: other parameters are refused" is_status 1
  verdict "$way: with what is different" err_has 'fst_nam: "Ada", and now "Augusta"'
  verdict "$way: and what to do" err_has "beadle resume $id --accept-changes"
  verdict "$way: nothing was sent" [ "$(came)" = "1	0" ]
  verdict "$way: the run stays, though a file says what failed" [ -s "$runs/$id.sqlite" ]
  NAME=Augusta run resume "$id"
  verdict "$way: and is asked about again" err_has 'fst_nam: "Ada", and now "Augusta"'
  NAME=Augusta run resume "$id" --accept-changes
  verdict "$way: what to do is what helps" is_status 0
  verdict "$way: the rest of the row is sent, once" [ "$(came)" = "1	1" ]
done

# Advice about --failed is for runs of which nothing is kept.
begin run enrol.lua --rows rows.csv
NAME=Augusta run --profile served run enrol.lua --rows rows.csv --continue
verdict "a run that is kept says how it is gone on with" err_has "Run $id keeps what was done"
verdict "and not how its rows are begun anew" sh -c '! grep -q "Run again only" err'
"$BEADLE" tell.lua reset >/dev/null
run --profile served run enrol.lua --rows rows.csv --forget
NAME=Augusta run --profile served run enrol.lua --rows rows.csv
verdict "one of which nothing is kept does" err_has "Run again only what was not done"

# What is begun in one way is not begun anew in another by mistake, also when it was killed at once.
begin batch enrol.lua rows.csv --into end
run --profile served run enrol.lua --rows rows.csv
verdict "a batch that was killed keeps run --rows from its rows" is_status 2
verdict "and is named" err_has "beadle resume $id"
verdict "with what begins anew all the same" err_has "--forget begins anew"
begin run enrol.lua --rows rows.csv
run --profile served batch enrol.lua rows.csv --into end
verdict "a run over rows that was killed keeps a batch from them" is_status 2
verdict "and is named too" err_has "beadle resume $id"
verdict "nothing was sent" [ "$(came)" = "1	0" ]
run runs
verdict "its rows are counted as those of a batch" out_has "0/1"

finish
