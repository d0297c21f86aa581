#!/bin/sh
# SPDX-License-Identifier: MIT
# What people and scripts meet around a batch, over a sandbox that is served: --json, --report, the same rows twice by
# mistake, names that collide, forgetting in the files at the end, and old runs.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
recipe=$root/scripts/register-candidate.lua

cat >fault.lua <<'END_OF_LUA'
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
for _, credit in ipairs(require("beadle.isograd").list_available_credits({}).credits) do
  twin.set_credits { des = credit.des, amount = 1000000 }
end
twin.fault { kind = "lost reply", operation = "send_registration_email", nth = 2 }
END_OF_LUA
cat >value.lua <<'END_OF_LUA'
local value = require("beadle.json").decode(io.open("out"):read "a")
for name in arg[1]:gmatch "[^.]+" do
  value = value[tonumber(name) or name]
end
io.write(tostring(value))
END_OF_LUA
value_is() { [ "$("$BEADLE" value.lua "$1")" = "$2" ]; }
value_has() { "$BEADLE" value.lua "$1" | grep -qF -- "$2"; }
batch() { run --profile served batch "$recipe" "$@" --mai_tem_id 7 --stop-after 0; }
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }
# nowhere WORD: in no byte of the states and of what batches have left.
nowhere() { ! LC_ALL=C grep -rqaiF -- "$1" "$XDG_STATE_HOME" end page.html; }
somewhere() { LC_ALL=C grep -rqaiF -- "$1" "$XDG_STATE_HOME" end page.html; }
# all COMMAND... , COMMAND...: each must succeed.
all() {
  [ $# -gt 0 ] || return 0
  (
    command=
    while [ $# -gt 0 ] && [ "$1" != , ]; do
      command="$command '$(printf %s "$1" | sed "s/'/'\\\\''/g")'"
      shift
    done
    [ $# -eq 0 ] || shift
    eval "$command" && all "$@"
  )
}

{
  echo ema,fst_nam,lst_nam,tst_frm_id
  for n in 1 2 3 4; do echo "p$n@example.org,Ada,Love$n,101"; done
  echo p5@example.org,Ada,Love5,99999
} >rows.csv
"$BEADLE" --profile served fault.lua

# --json and --report
batch rows.csv --into end --report page.html --json --concurrency 1 --budget tests=40,mails-per-person=3 --rate 100/s
verdict "--json: one document on standard output, and the status" all is_status 1 , value_is version 1
id=$("$BEADLE" value.lua run)
verdict "--json: counts" value_is counts.done 3
verdict "--json: what failed" value_is counts.failed 1
verdict "--json: what is in doubt" value_is counts.in_doubt 1
verdict "--json: why" all value_is reasons.1.code 106 , value_is reasons.1.lines 6
verdict "--json: the files" all value_is files.failed.rows 1 , value_is files.done.path "$work/end/done.csv"
verdict "--json: what to do next" all value_is next.1 "beadle resolve $id" , value_is next.2 "beadle retry $id --failed"
verdict "--json: people read standard error all the same" err_has "5 rows: 3 done, 1 failed, 1 in doubt"
verdict "--report: a page, for its owner" [ "$(stat -c %a page.html)" = 600 ]
verdict "--report: all rows are counted in it" grep -qF "3 of 5 rows are done" page.html
verdict "the files at the end are for their owner" [ "$(stat -c %a end/done.csv end/failed.csv end/in-doubt.csv | uniq)" = 600 ]
verdict "failed.csv names the run" grep -q "$id" end/failed.csv
run resolve "$id" --json
verdict "resolve --json lists what is in doubt" all is_status 1 , value_is in_doubt.1.row "p2@example.org, 101"
run resolve "$id" --effect 2 --as not
verdict "resolve: a number that is not there" all is_status 2 , err_has "there is no number 2: 1 is in doubt"
run resolve "$id" --effect 1 --as nto
verdict "resolve: the nearest word is named" all is_status 2 , err_has "did you mean not?"
run retry "$id" --failed --json
verdict "retry --json" all value_is run "$id" , value_is counts.failed 1
run resume "$id" --json
verdict "resume --json" all value_is counts.in_doubt 1 , value_is state failed
run runs --json
verdict "runs --json" all value_is 1.id "$id" , value_is 1.total 5
run runs show "$id"
verdict "runs show counts" out_has "3 done, 1 failed, 1 in doubt"

# The same rows by mistake
batch rows.csv
verdict "the same rows again are refused" all is_status 2 , err_has "the rows of rows.csv were begun by the run $id: 3 of 5 rows are done"
verdict "and what to do is said" err_has "beadle resume $id"
if [ -n "${BEADLE_PTY:-}" ]; then
  TERM=xterm "$BEADLE_PTY" 80 24 "$BEADLE" --profile served batch "$recipe" rows.csv --mai_tem_id 7 >out 2>err <<END
wait were begun by the run
wait Do all of it once more, as a new run? [y/N]
send \\r
wait not confirmed
exit 2
END
  status=$?
  verdict "at a terminal it is asked about, and Enter means no" is_status 0
fi
cp rows.csv copy.csv
batch copy.csv
verdict "also under another name" all is_status 2 , err_has "$id"
batch rows.csv --check
verdict "--check only says so" all is_status 0 , err_has "Note: the rows of rows.csv were begun"
mv rows.csv old.csv
{ cat old.csv; echo p6@example.org,Ada,Love6,101; } >rows.csv
batch rows.csv
verdict "a file that has grown is found out" all is_status 2 , err_has "5 rows of rows.csv were begun by the run $id"
verdict "and that new rows want a file of their own" err_has "Put rows that are new into a file of their own."
mv old.csv rows.csv
batch end/failed.csv
verdict "failed.csv with something done in its rows is refused" all is_status 2 , err_has "isograd.create_candidate for ema p5@example.org"
verdict "and retry is named" err_has "beadle retry $id --failed"
verdict "nothing was begun by all that" [ "$(ls "$XDG_STATE_HOME"/beadle/runs/*.sqlite | wc -l)" -eq 1 ]
sed 's/p\([1-4]\)@/other\1@/; s/Love/Kind/; /p5/d' rows.csv >others.csv
batch others.csv --into others
verdict "other rows are not meant" all is_status 0 , err_has "4 rows: 4 done"
batch others.csv --into others --again
verdict "--again does them once more" is_status 0
verdict "as a run of its own" [ "$(ls "$XDG_STATE_HOME"/beadle/runs/*.sqlite | wc -l)" -eq 3 ]

# Names that collide
cat >collide.lua <<'END_OF_LUA'
local recipe = require "beadle.recipe"
local names = { "rate", "budget", "into", "run", "only", "profile", "again", "report" }
local params = {}
for index, name in ipairs(names) do
  params[index] = { name = name, required = name == "rate", doc = "the " .. name }
end
return recipe { name = "collide", summary = "Has names of options", params = params, columns = { "got" },
  row = function(row) return { got = row.rate .. row.into .. row.run .. row.profile .. row.only } end }
END_OF_LUA
printf 'rate,into,run,profile,only\nr1,i1,u1,p1,a1\n' >collide.csv
run batch collide.lua collide.csv --into collided --rate 5/s
verdict "a parameter called as an option is a column, and the option means the option" is_status 0
verdict "with the value of the column" grep -q '^r1i1u1p1a1' collided/done.csv
run batch collide.lua --help
verdict "--help says so" all out_has "rate (column) *" , out_has "can only be a column of the file"
printf 'into\ni1\n' >collide.csv
run batch collide.lua collide.csv --rate 5/s
verdict "and so does what is missing" all is_status 2 , err_has "as an option --rate means another thing here"
sed 's/"rate", "budget"/"stop_after", "budget"/' collide.lua >refused.lua
run batch refused.lua collide.csv
verdict "what a recipe itself has as an option is refused when it is read" err_has "a parameter cannot be called stop_after"

# What is no recipe
cat >acts.lua <<'END_OF_LUA'
require("beadle.http").post("http://127.0.0.1:9/x", { body = "x" })
END_OF_LUA
run batch acts.lua rows.csv
verdict "a script that is no recipe does not act" all is_status 2 , err_has "acts.lua is no recipe: it would act at once"
run --profile served batch "$recipe" rows.csv more.csv
verdict "a batch has one file" all is_status 2 , err_has "A batch has one file of rows."

# Forgetting
printf 'half' >end/done.csv.new
run runs forget p1@example.org --run "$id" --dry-run
verdict "forget --dry-run names the files" out_has "in $work/end/done.csv: 1 row"
verdict "and changes none" somewhere p1@example.org
run runs forget p1@example.org --run "$id" --yes --end
verdict "forget: a row of done.csv goes" all is_status 0 , lines_are end/done.csv 3
verdict "forget: what was half written too" [ ! -e end/done.csv.new ]
verdict "forget: nothing of the person is left" all nowhere p1@example.org , nowhere Love1
verdict "forget: the others are" all somewhere p2@example.org , somewhere p3@example.org
run runs forget p2@example.org --run "$id" --yes
verdict "forget: a row of in-doubt.csv goes" all nowhere p2@example.org , lines_are end/in-doubt.csv 1
sed 's/Love5/Changed/' end/failed.csv >changed && cp changed end/failed.csv
run runs forget p5@example.org --run "$id" --yes
verdict "forget: a file that was changed is named" all is_status 1 , out_has "NOT touched, for somebody changed it: $work/end/failed.csv names the person in 1 row"
verdict "forget: and is as it was" cmp -s changed end/failed.csv
verdict "forget: the journal is without" sh -c "! grep -qaF p5@example.org $XDG_STATE_HOME/beadle/runs/$id.*"
run runs check "$id"
verdict "forget: the journal is whole" is_status 0
printf 'can_id\n' >end/done.csv
rm end/failed.csv end/in-doubt.csv
run runs forget p3@example.org --run "$id" --yes
verdict "forget: files that are gone are no problem" all is_status 0 , nowhere p3@example.org

# Old runs
run runs prune
verdict "prune needs an age" all is_status 2 , err_has "prune needs an age"
run runs prune --older-than 90
verdict "prune: an age has a unit" all is_status 2 , err_has "an age such as 90d"
run runs prune --older-than 1d --yes
verdict "prune: what is young stays" all is_status 0 , out_has "There is nothing to remove."
batch rows.csv --again --into open
run runs prune --older-than 0d --dry-run
verdict "prune --dry-run: says what, and which files stay" all out_has "Would be removed:" , out_has "beadle knows of it no more: $work/others/done.csv"
verdict "prune: what is not done is named" out_has "it is not done: 1 failed. --all removes it too"
verdict "prune --dry-run removes nothing" [ "$(ls "$XDG_STATE_HOME"/beadle/runs/*.sqlite | wc -l)" -eq 5 ]
run runs prune --older-than 0d
verdict "prune: without a terminal it is not done unasked" is_status 2
run runs prune --older-than 0d --yes
verdict "prune: one is left, with all its files" [ "$(ls "$XDG_STATE_HOME/beadle/runs" | wc -l)" -eq 3 ]
sed 's/^return {/return { keep_runs = "1 day",/' "$config" >keep.lua
run --config keep.lua --profile served batch "$recipe" others.csv --mai_tem_id 7 --into others
verdict "keep_runs: what is young stays" all is_status 0 , sh -c "! grep -q Removed err"
run --config keep.lua runs prune
verdict "keep_runs: is the age that prune takes" all is_status 0 , out_has "There is nothing to remove."
past=$(grep -l '"state":"done"' "$XDG_STATE_HOME"/beadle/runs/*.status)
past=${past%.status}.sqlite
cat >age.lua <<'END_OF_LUA'
local run_journal = require "beadle.run_journal"
local journal <close> = run_journal.open { path = arg[1] }
journal:set_meta { ended = 1767225600, started = 1767225600 }
END_OF_LUA
"$BEADLE" age.lua "$past"
for file in "$past" "$past.lock" "${past%.sqlite}.status"; do
  mv "$file" "$(echo "$file" | sed 's,runs/[0-9]*-,runs/20260101-,')"
done
run --config keep.lua --profile served batch "$recipe" others.csv --mai_tem_id 7 --into others --again
verdict "keep_runs: what is old and done goes, and that is said" err_has "Removed as the configuration says (keep_runs): 1 run"
verdict "keep_runs: what is not done stays" [ "$(ls "$XDG_STATE_HOME"/beadle/runs/*.sqlite | wc -l)" -eq 2 ]
sed 's/^return {/return { keep_runs = "soon",/' "$config" >keep.lua
run --config keep.lua runs prune
verdict "keep_runs: is checked" all is_status 78 , err_has "keep_runs must be a number of days or weeks"

finish
