#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle test --crash-points: recipes that come with beadle survive each kill, and careless ones are found out, each with
# the verdict that fits.
#
# BEADLE_CRASH_ALL=1: all recipes at all their points, and more kills at random moments.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
TMPDIR=$work/tmp
export TMPDIR
mkdir "$TMPDIR" recipes
cp "$root"/scripts/*.lua recipes

printf 'ema,fst_nam,lst_nam,tst_frm_id\nada@example.org,Ada,Lovelace,101\nemmy@example.org,Emmy,Noether,103\n' >two.csv
head -2 two.csv >one.csv
printf 'ema\na@example.org\nb@example.org\n' >people.csv

# crash ARGUMENTS...: in JSON, so that it can be asked.
crash() {
  run test --seed 7 --format json "$@"
}
is() { [ "$(jq -r "$1" out)" = "$2" ]; }
failed_at() { [ -s out ] && jq -e --arg name "$1" 'any(.tests[]; .name == $name and .status == "failed")' out >/dev/null; }
tells() {
  [ -s out ] && jq -e --arg name "$1" --arg text "$2" 'any(.tests[]; .name == $name and (.message | contains($text)))' out >/dev/null
}

# --------------------------------------------------------------------------------------------------
# Usage

run test --crash-point 'mail.send#1 after effect'
verdict "--crash-point needs a recipe" err_has "goes with --crash-points RECIPE"
run test --kills 1
verdict "and so does --kills" is_status 2
run test --crash-points register-candidat
verdict "a recipe that there is not is named, with the nearest" err_has "Did you mean register-candidate?"
run test --crash-points recipes/nothing.lua
verdict "a file that there is not is named" err_has "there is no recipe recipes/nothing.lua"
run test --crash-points register-candidate --rows nothing.csv
verdict "and so is a file of rows" err_has "there is no file of rows nothing.csv"
run test --crash-point 'isograd.add_test#1 after efect' --crash-points register-candidate --rows one.csv
verdict "a boundary that there is not is refused" err_has "after effect, after answer, after commit"
run test --crash-point 'isograd.add_tset#1 after effect' --crash-points register-candidate --rows one.csv --mai_tem_id 7
verdict "an effect that there is not is refused, with the nearest" err_has 'Did you mean "isograd.add_test#1 after effect"?'
run test --crash-points roster-compare --left people.csv --right people.csv --key ema
verdict "a recipe that only reads is refused" err_has "it only reads"
verdict "as wrong usage" is_status 2
run test --crash-points register-candidate --rows people.csv
verdict "one that does not come to its end undisturbed is reported" out_has "does not come to its end when nothing happens"
verdict "with what it said" out_has "people.csv has "
verdict "as a failure" is_status 1
run test --list --crash-points register-candidate --rows one.csv --mai_tem_id 7
verdict "--list prints the points" out_has "isograd.send_registration_email#1 after commit"

# --------------------------------------------------------------------------------------------------
# Recipes that come with beadle

crash --kills 3 --crash-points recipes/register-candidate.lua --rows one.csv --mai_tem_id 7
verdict "register-candidate survives each kill" is_status 0
verdict "at 15 points, 3 random moments, and an hour later" is .counts.passed 19
verdict "what nothing can tell is in doubt" is \
  '[.tests[] | select(.out // "" | contains("a person decides")) | .name | select(startswith("isograd"))] | join(",")' \
  "isograd.send_registration_email#1 before send,isograd.send_registration_email#1 after effect,isograd.send_registration_email#1 after answer"

echo 'require("beadle.sandbox").isograd.set { start_after = 3600, finish_after = 86400 }' >waits.lua
printf 'ema,tst_frm_id\ngrace.hopper@example.org,102\n' >wait.csv
crash --setup waits.lua --crash-point 'isograd.add_test#1 after effect' --crash-point 'mail.send#1 after commit' \
  --crash-points wait-for-result --rows wait.csv --wait "3 days"
verdict "one that waits for days and for a call survives too" is_status 0
verdict "in no time" is .counts.passed 2

crash --crash-point 'isograd.add_test#1 after effect' --crash-point 'isograd.send_registration_email#1 before intent' \
  --crash-points scodoc-to-isograd --formsemestre_id 3 --group_id 212 --tst_frm_id 101 --mai_tem_id 7
verdict "one that finds its rows itself decides the same after a stop" is_status 0

# --------------------------------------------------------------------------------------------------
# Careless recipes

# careless NAME: a recipe whose row is standard input.
careless() {
  cat >"$1.lua" <<END_OF_LUA
local fs = require "beadle.fs"
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local mail = require "beadle.mail"
local recipe = require "beadle.recipe"
local finish
local function row(row)
$(cat)
  return { ema = row.ema }
end
return recipe { name = "$1", summary = "A careless one", params = { "isograd.create_candidate.ema" },
  columns = { "ema" }, row = row, finish = finish }
END_OF_LUA
}

careless clock <<'END_OF_LUA'
  isograd.create_candidate { gen_id = 3, ema = os.time() .. row.ema, fst_nam = "A", lst_nam = "B" }
END_OF_LUA
head -2 people.csv >person.csv
crash --crash-points clock.lua --rows person.csv
verdict "a key that follows from the time is found out" is_status 1
verdict "before anything is killed" tells "undisturbed, an hour later" "The same rows do not give the same effects"
verdict "and as a duplicate" tells "isograd.create_candidate#1 after effect" \
  "duplicate: isograd.create_candidate was done twice instead of once, with 2 different keys (clock.lua:8)"

careless random <<'END_OF_LUA'
  http.post("https://hooks.example.org/in?id=" .. math.random(10 ^ 9), { json = { who = row.ema } })
END_OF_LUA
crash --crash-point 'http.request#1 after effect' --crash-point 'http.request#2 before intent' --crash-points random.lua \
  --rows people.csv
verdict "a request to anybody whose answer was lost is in doubt" is '.tests[0].status' passed
verdict "an address with random numbers drawn for all rows is found out" failed_at "http.request#2 before intent"
verdict "and nothing has left this machine" is '[.tests[].calls // [] | .[]] | length' 0

careless counter <<'END_OF_LUA'
  local n = fs.exists "count.txt" and tonumber(fs.read "count.txt") or 0
  fs.write("count.txt", tostring(n + 1))
  isograd.create_candidate { gen_id = 3, ema = n .. row.ema, fst_nam = "A", lst_nam = "B" }
END_OF_LUA
crash --crash-point 'isograd.create_candidate#1 before intent' --crash-point 'isograd.create_candidate#1 after effect' \
  --crash-points counter.lua --rows people.csv
verdict "a counter in a file decides otherwise" tells "isograd.create_candidate#1 before intent" \
  "other: isograd.create_candidate ema 1a@example.org was done once, and never in the undisturbed run"
verdict "and does something twice" tells "isograd.create_candidate#1 after effect" "duplicate: "
verdict "the file is not in this folder" [ ! -e count.txt ]

careless believer <<'END_OF_LUA'
  local mark = row.ema .. ".done"
  if not fs.exists(mark) then
    fs.write(mark, "")
    isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = "A", lst_nam = "B" }
  end
END_OF_LUA
crash --crash-point 'isograd.create_candidate#1 before send' --crash-points believer.lua --rows people.csv
verdict "what is believed to be done is lost" tells "isograd.create_candidate#1 before send" \
  "lost: isograd.create_candidate ema a@example.org was done not at all instead of once"

careless teller <<'END_OF_LUA'
  isograd.create_candidate { gen_id = 3, ema = row.ema, fst_nam = "A", lst_nam = "B" }
  finish = nil
END_OF_LUA
sed -i 's/^local finish$/local function finish(results)\n  mail.send { from = "a@example.org", to = "boss@example.org", subject = "all", text = tostring(#results) }\nend/; /finish = nil/d' teller.lua
crash --crash-point 'mail.send#1 before send' --crash-point 'mail.send#1 after effect' --crash-points teller.lua --rows people.csv
verdict "an effect outside of a row is harmless before it is sent" is '.tests[0].status' passed
verdict "and sends a second mail afterwards" tells "mail.send#1 after effect" \
  "second mail: the e-mail to boss@example.org: all was sent twice instead of once"
verdict "with the line" is '.tests[1].failed_at' teller.lua:7
verdict "what the vendor got" is '[.tests[1].calls[] | select(startswith("mail.send 250"))] | length' 2
verdict "and the command that repeats it" is '.tests[1].repeat' \
  "beadle test --seed 7 --crash-point 'mail.send#1 after effect' --crash-points teller.lua --rows people.csv"

# A journal that keeps only what is over, as one would write it first. Without intents nothing can be right.
cat >journal.lua <<'END_OF_LUA'
local run_journal = require "beadle.run_journal"
local class, intent
for _, name in ipairs { "create", "open" } do
  local plain = run_journal[name]
  run_journal[name] = function(options)
    local journal = plain(options)
    class = class or getmetatable(journal).__index
    if not intent then
      intent = class.intent
      local outcome = class.outcome
      class.intent = function(_, effect)
        effect.state, effect.sent_at, effect.attempts = "intent", 0, 1
        return effect
      end
      class.outcome = function(self, effect, state, facts)
        intent(self, effect)
        return outcome(self, effect, state, facts)
      end
    end
    return journal
  end
end
local mail = require "beadle.mail"
mail.send { from = "a@example.org", to = "b@example.org", subject = "hello", text = "x" }
END_OF_LUA
sed -n '/^local mail/,$p' journal.lua >mailer.lua
echo 'dofile "journal.lua"' >forgetful.lua
crash --crash-points mailer.lua
verdict "a script is as good as a recipe" is .counts.passed 6
crash --crash-point 'mail.send#1 after effect' --crash-point 'mail.send#1 after answer' --crash-points forgetful.lua
verdict "a journal without intents is found out: done, and no answer came" tells "mail.send#1 after effect" "second mail"
verdict "and also when the answer was not written down" tells "mail.send#1 after answer" "second mail"

# --------------------------------------------------------------------------------------------------
# Ctrl-C

children() {
  for process in /proc/[0-9]*; do
    grep -q beadle "$process/comm" 2>/dev/null && grep -qF "TMPDIR=$TMPDIR" "$process/environ" 2>/dev/null && echo "$process"
  done
}
"$BEADLE" test --jobs 2 --crash-points register-candidate --rows two.csv --mai_tem_id 7 >out 2>err </dev/null &
pid=$!
until ls "$TMPDIR"/beadle-test.*/state/beadle/runs/*.sqlite >/dev/null 2>&1 || ! kill -0 "$pid"; do :; done
children >busy
kill -INT "$pid"
wait "$pid"
status=$?
verdict "Ctrl-C ends it" is_status 130
verdict "with a report" out_has "interrupted: "
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ] && [ -z "$(children)" ]; }
verdict "it had processes" [ -s busy ]
verdict "and leaves no file and no process" nothing_left

# --------------------------------------------------------------------------------------------------
# All of them

if [ "${BEADLE_CRASH_ALL:-}" = 1 ]; then
  survives() { # NAME ARGUMENTS...
    name=$1
    shift
    crash "$@"
    jq -r '.tests[] | select(.status != "passed") | "\(.name): \(.message)"' out >err
    echo "$name: $(jq -c .counts out)" >out
    verdict "$name survives each kill" is_status 0
    cat out
  }
  printf 'committee,member,externalId,from\nJury A,contributor,greta.grader@example.org,\nJury A,candidate,alan.turing@example.org,Jury B\n' >juries.csv
  printf 'Login,ExternalId,Mail,FirstName,LastName\nada.lovelace,e-2001,ada.lovelace@example.org,Ada,Lovelace\nemmy.noether,e-2002,emmy@example.org,Emmy,Noether\n' >trainees.csv
  printf 'ema\ngrace.hopper@example.org\n' >leavers.csv
  echo 'require("beadle.isograd").add_test { ema = "grace.hopper@example.org", tst_frm_id = 102 }' >test_there.lua
  survives register-candidate --kills 40 --crash-points register-candidate --rows two.csv --mai_tem_id 7 --concurrency 4
  survives anonymise-candidates --kills 5 --crash-points anonymise-candidates --rows leavers.csv --yes
  survives inspera-committees --kills 5 --crash-points inspera-committees --rows juries.csv --testId 3437420
  survives scodoc-to-isograd --kills 5 --crash-points scodoc-to-isograd --formsemestre_id 3 --tst_frm_id 101 --mai_tem_id 7
  survives send-reminder --kills 5 --setup test_there.lua --crash-points send-reminder --ema grace.hopper@example.org \
    --pla_tst_id 987656 --mai_tem_id 8
  survives syfadis-enrol --kills 5 --crash-points syfadis-enrol --rows trainees.csv --session_id 2850818
  survives wait-for-result --kills 5 --setup waits.lua --crash-points wait-for-result --rows wait.csv --wait "3 days"
fi

finish
