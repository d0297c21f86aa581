#!/bin/sh
# SPDX-License-Identifier: MIT
# Recipes as programs: what is known about the rows is not lost, whatever happens to the program's surroundings.
. "$(dirname "$0")/lib.sh"

# Ctrl-C in the middle of a run. The first row is done; then two are under way whose call is never answered, and
# others wait for their turn.

cat >recipe.lua <<'END'
local async = require "beadle.async"
local isograd = require "beadle.isograd"
local recipe = require "beadle.recipe"
local sandbox = require "beadle.sandbox"
local begun = 0
return recipe {
  name = "recipe", summary = "Creates candidates, of whom two are never answered",
  params = { "isograd.create_candidate.ema" },
  columns = { "ema" },
  row = function(row, context)
    if row.ema == "done@example.org" then
      return { ema = row.ema }
    end
    isograd.list_available_credits() -- what it signs in with is no longer asked for afterwards
    context.did "looked up"
    begun = begun + 1
    while begun < 2 do
      async.sleep "1 ms"
    end
    sandbox.isograd.set { latency = 3600 }
    io.stderr:write "under way\n"
    isograd.send_registration_email { pla_tst_ids = { 987654 }, mai_tem_id = 7 }
  end,
}
END
printf '%s\n' ema done@example.org a@example.org b@example.org c@example.org d@example.org >rows.csv

wait_for() { # TEXT COUNT
  until [ "$(grep -c "$1" err 2>/dev/null)" -ge "$2" ]; do
    kill -0 "$pid" 2>/dev/null || return 1
    sleep 0.05
  done
}
start() {
  rm -f done.csv failed.csv
  "$BEADLE" run recipe.lua --rows rows.csv --concurrency 2 --output done.csv --failed failed.csv \
    >out 2>err </dev/null &
  pid=$!
  wait_for "under way" 2
  kill -INT "$pid"
  wait_for Stopping 1
}
end() {
  wait "$pid"
  status=$?
}

start
kill -INT "$pid"
end
verdict "a second Ctrl-C ends with 130" is_status 130
verdict "and says which rows are which" sh -c 'grep -q "^Done: line 2\.$" err &&
  grep -q "^In doubt: lines 3-4\.$" err && grep -q "^Not begun: lines 5-6\.$" err'
verdict "what was under way is named with its call" sh -c \
  'grep -q "isograd.send_registration_email: stopped before its answer came" err'
verdict "results are kept" grep -q "^done@example.org" done.csv
verdict "rows that were not done are kept, in doubt where they are" sh -c \
  'grep -q "^a@.*looked up,yes" failed.csv && grep -q "^d@.*not_run" failed.csv'

"$BEADLE" run recipe.lua --rows failed.csv >out 2>err </dev/null
status=$?
verdict "what is in doubt is not run again unasked" is_status 2

# Ctrl-C at the question, on a terminal.
cat >asks.lua <<'END'
local recipe = require "beadle.recipe"
return recipe {
  name = "asks", summary = "Asks first", params = { "isograd.create_candidate.ema" }, columns = { "ema" },
  irreversible = "deletes %d candidate(s) for good",
  row = function(row) return { ema = row.ema } end,
}
END
mkfifo keys
script -qec "'$BEADLE' run asks.lua --rows rows.csv" /dev/null <keys >out 2>&1 &
pid=$!
exec 3>keys
until grep -q "Type 5 to go on" out || ! kill -0 "$pid" 2>/dev/null; do
  sleep 0.05
done
printf '\003' >&3
wait "$pid"
status=$?
exec 3>&-
: >err
verdict "Ctrl-C at the question is 130" is_status 130
verdict "and says that nothing was sent" out_has "not confirmed [cancelled]. Nothing was sent."

# The folder of --output is gone at the end.
cat >remover.lua <<'END'
local recipe = require "beadle.recipe"
return recipe {
  name = "remover", summary = "Removes its own folder", params = { "isograd.create_candidate.ema" },
  columns = { "ema" },
  row = function(row)
    os.remove "folder"
    return { ema = row.ema }
  end,
}
END
mkdir folder
run run remover.lua --rows rows.csv --output folder/done.csv
verdict "results that cannot be written are shown" out_has done@example.org
verdict "and that is a failure" is_status 1

# Nobody reads standard output.
"$BEADLE" run remover.lua --rows rows.csv >/dev/full 2>err </dev/null
status=$?
verdict "the end is told though standard output is full" err_has "5 done, 0 failed"
verdict "which is a failure" is_status 1
verdict "of runs in the sandbox nothing is left" sh -c '! [ -e .local ] && ! ls | grep -q beadle-run'

# The profile is checked before anything is done.
run --profile nope run recipe.lua --rows rows.csv --check
verdict "--check with an unknown profile is 78" is_status 78
verdict "and names it" err_has 'there is no profile "nope"'
run --profile nope run recipe.lua --rows rows.csv
verdict "so is a run" is_status 78
run --profile nope run remover.lua --ema ada@example.org --check
verdict "and the check of a single one" is_status 78
cat >beadle.conf.lua <<'END'
return { profiles = { half = { isograd = { base_url = "https://recette.isograd.com/api/usage", client_id = "x" } } } }
END
run --profile half run recipe.lua --rows rows.csv --check
verdict "--check with a profile that lacks a setting is 78" is_status 78
verdict "and names the setting" err_has "isograd.client_secret"
cat >beadle.conf.lua <<'END'
return { profiles = { whole = { isograd = { base_url = "https://no.such.host.invalid/api", client_id = "x",
  client_secret = env "SECRET" } } } }
END
SECRET=long-enough
export SECRET
run --profile whole run recipe.lua --rows rows.csv --check
verdict "--check needs no network" is_status 0
verdict "and says what it has done" err_has "5 rows are right; nothing was sent."
rm beadle.conf.lua

# A mistake of the recipe.
cat >broken.lua <<'END'
local recipe = require "beadle.recipe"
return recipe {
  name = "broken", summary = "Has a mistake", params = { "isograd.create_candidate.ema" }, columns = { "ema" },
  row = function(row)
    return { ema = row.nothing.at_all }
  end,
}
END
run run broken.lua --rows rows.csv
verdict "a mistake of the recipe is named with file and line" \
  err_has "Stopped: broken.lua:5: line 2: a mistake in the recipe: attempt to index a nil value (field 'nothing')"
verdict "and no row is in doubt, for nothing was called" sh -c '! grep -qi "in doubt" err'
verdict "and no traceback" sh -c '! grep -q "stack traceback" err'
run --log-level debug run broken.lua --rows rows.csv
verdict "but at --log-level debug" err_has "broken.lua:5: in "
run run broken.lua --ema ada@example.org
verdict "also of a single run" err_has "beadle: broken.lua:5: a mistake in the recipe: attempt to index"
verdict "and nothing was sent" err_has "Nothing was sent."

finish
