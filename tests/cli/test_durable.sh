#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle run --durable, resume, runs and resolve as a person uses them, over a sandbox that is served.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
journals=$XDG_STATE_HOME/beadle/runs
newest() { "$BEADLE" runs --json | jq -r '.[0].id'; }
state() { "$BEADLE" runs --json | jq -r '.[0].state'; }

cat >work.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local c = isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = os.getenv "NAME" or "Ada",
  lst_nam = "Lovelace" }
local t = isograd.add_test { ema = "ada@example.org", tst_frm_id = 101 }
if os.getenv "WRONG" then
  error "a mistake"
end
print(c.can_id, t.pla_tst_id, arg[1])
END_OF_LUA
cat >count.lua <<'END_OF_LUA'
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
local counts = twin.counts()
print((counts.create_candidate or 0) .. " " .. (counts.add_test or 0) .. " " .. #twin.mails())
END_OF_LUA
requests() { "$BEADLE" count.lua; }

# Usage.
run run --durable
verdict "--durable needs a script" is_status 2
run run --durable -
verdict "and one that can be run again" err_has "not standard input"
run --durable ops
verdict "commands are no durable runs" is_status 2
run --accept-changes work.lua
verdict "--accept-changes goes with --durable" is_status 2
run resume
verdict "resume needs a run" is_status 2
run resume nothing
verdict "and one that there is" err_has "there is no run nothing"
run runs
verdict "without runs, runs says where it looked" out_has "$journals"
run run --durable "$root/scripts/register-candidate.lua" --help
verdict "--help of a recipe is no run" is_status 0
verdict "and leaves no file" [ ! -e "$journals" ]

# A mistake in the script, which is mended.
WRONG=1 run --profile served run --durable work.lua word
verdict "a mistake of the script fails" is_status 1
id=$(newest)
verdict "with the run's name" err_has "Run $id is not done: \`beadle resume $id\` goes on."
verdict "its journal is its owner's only" [ "$(stat -c %a "$journals/$id.sqlite")" = 600 ]
verdict "in a folder that is" [ "$(stat -c %a "$journals")" = 700 ]
verdict "it is listed as failed" [ "$(state)" = failed ]
before=$(requests)
cd / || exit 1
"$BEADLE" resume "$id" >"$work/out" 2>"$work/err" </dev/null
status=$?
cd "$work" || exit 1
verdict "resume works from any folder, and under the run's profile" is_status 0
verdict "with the arguments that it had" out_has word
verdict "nothing was sent twice" [ "$(requests)" = "$before" ]
verdict "it is done" [ "$(state)" = done ]
run resume "$id"
verdict "a run that is done is left alone" out_has "there is nothing to go on with"

# Other parameters.
WRONG=1 run --profile served run --durable work.lua
verdict "what is there already is refused as ever" err_has "already exists"
cat >tell.lua <<'END_OF_LUA'
require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.reset()
END_OF_LUA
"$BEADLE" tell.lua
WRONG=1 run --profile served run --durable work.lua
id=$(newest)
NAME=Augusta run resume "$id"
verdict "other parameters are refused" is_status 1
verdict "with what is different" err_has 'fst_nam: "Ada", and now "Augusta"'
verdict "and what to do" err_has "--accept-changes"
NAME=Augusta run resume "$id" --accept-changes
verdict "and taken when that is said" is_status 0

# Another profile, and another process.
WRONG=1 run --profile served run --durable "$work/work.lua"
id=$(newest)
run "--durable=$id" work.lua
verdict "a run goes on under its own profile only" err_has "was one under the profile served"
cat >long.lua <<'END_OF_LUA'
require("beadle.isograd").create_candidate { gen_id = 3, ema = arg[1], fst_nam = "A", lst_nam = "B" }
io.stderr:write "ready\n"
require("beadle.async").sleep "60 s"
END_OF_LUA
rm -f err
"$BEADLE" --profile served run --durable long.lua long@example.org >out 2>err </dev/null &
pid=$!
until grep -q ready err 2>/dev/null; do kill -0 "$pid" || break; done
id=$(newest)
cp err first
run resume "$id"
verdict "a run that goes on is refused" err_has "is in use by process $pid"
verdict "and listed as running" [ "$(state)" = running ]
kill -INT "$pid"
wait "$pid"
status=$?
verdict "Ctrl-C ends it" is_status 130
verdict "as stopped" [ "$(state)" = stopped ]

# In doubt.
"$BEADLE" tell.lua
cat >mail.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local c = isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }
io.stderr:write "ready\n"
local answer = isograd.send_registration_email { can_id = c.can_id, mai_tem_id = 7 }
print("mailed", answer.note)
END_OF_LUA
cat >slow.lua <<'END_OF_LUA'
require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd.set { latency = tonumber(arg[1]) }
END_OF_LUA
in_doubt() {
  "$BEADLE" tell.lua
  "$BEADLE" slow.lua 1.5
  rm -f err # what an earlier run has said
  "$BEADLE" --profile served run --durable mail.lua >out 2>err </dev/null &
  pid=$!
  until grep -q ready err 2>/dev/null; do kill -0 "$pid" || break; done
  sleep 0.1
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  "$BEADLE" slow.lua 0
  id=$(newest)
}
in_doubt
run runs
verdict "a run that was killed is listed as stopped" out_has "stopped"
run resume "$id"
verdict "what nobody knows is not sent again" is_status 1
verdict "but put before a person" err_has "beadle resolve $id"
run resolve "$id"
verdict "resolve lists it" out_has "1. isograd.send_registration_email"
verdict "with how to find out" out_has "how to find out"
verdict "where the API does not tell" out_has "Look at the vendor's own pages"
verdict "and without naming itself" sh -c '! grep -q "Then .beadle resolve" out'
verdict "and says that it is open" is_status 1
run resolve "$id" --effect 9 --as not
verdict "a number that is not there is refused" is_status 2
run resolve "$id" --effect 1 --as happened --result '{"note": "by hand"}'
verdict "a person may say that it happened" is_status 0
before=$(requests)
run resume "$id"
verdict "then the script goes on with what was said" out_has "by hand"
verdict "and nothing is sent" [ "$(requests)" = "$before" ]
in_doubt
run resume "$id"
run resolve "$id" --effect 1 --as not
mails=$(requests | cut -d' ' -f3)
run resume "$id"
verdict "or that it did not" is_status 0
verdict "and then it is sent" [ "$(requests | cut -d' ' -f3)" -eq $((mails + 1)) ]
in_doubt
run resume "$id"
run resolve "$id" --effect 1 --as skip
before=$(requests)
run resume "$id"
verdict "or that the rest is left" is_status 0
verdict "and nothing is done" [ "$(requests)" = "$before" ]

# Secrets.
cat >secret.lua <<'END_OF_LUA'
local recipe = require "beadle.recipe"
return recipe {
  name = "secret", summary = "Has a secret", columns = { "can_id" },
  params = { "isograd.create_candidate.ema", { name = "word", type = "string", secret = true, doc = "a secret" } },
  row = function(row)
    local c = require("beadle.isograd").create_candidate { gen_id = 3, ema = row.ema, fst_nam = "A", lst_nam = "B" }
    if os.getenv "WRONG" then
      error "a mistake"
    end
    return { can_id = c.can_id }
  end,
}
END_OF_LUA
WRONG=1 run --profile served run --durable secret.lua --ema s@example.org --word geheimnis123
id=$(newest)
verdict "no secret of the command line is kept" sh -c "! grep -aq geheimnis123 $journals/$id.*"
run resume "$id"
verdict "so it is asked for" err_has "Give it again"
run resume "$id" -- --word geheimnis123
verdict "and then the run goes on" is_status 0

# Damage.
WRONG=1 run --profile served run --durable secret.lua --ema t@example.org --word geheimnis123
id=$(newest)
truncate -s 8192 "$journals/$id.sqlite"
before=$(requests)
run resume "$id" -- --word geheimnis123
verdict "a damaged journal is refused" err_has "$id.sqlite"
verdict "and nothing is sent" [ "$(requests)" = "$before" ]

finish
