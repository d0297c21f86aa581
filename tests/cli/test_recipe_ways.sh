#!/bin/sh
# SPDX-License-Identifier: MIT
# Every recipe that comes with beadle, unchanged, over the same rows: as an errand, as a durable run and as a batch. The
# results are the same, and so is what the vendors were asked for. Over a sandbox that is served, begun anew each time.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
runs=$XDG_STATE_HOME/beadle/runs

cat >tell.lua <<'END_OF_LUA'
-- tell.lua reset; or counts: how often each vendor was asked for what, but for tokens.
local at = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX")
if arg[1] == "reset" then
  at.reset()
  return
end
local lines = {}
for _, vendor in ipairs { "isograd", "inspera", "lara", "scodoc", "syfadis" } do
  for operation, count in pairs(at[vendor].counts()) do
    lines[#lines + 1] = not operation:find "token" and ("%s.%s %d"):format(vendor, operation, count) or nil
  end
end
table.sort(lines)
print(table.concat(lines, "\n"))
END_OF_LUA

cat >same.lua <<'END_OF_LUA'
-- same.lua FILE FILE: whether two files of results say the same. What is unguessable in an address differs each time.
local csv = require "beadle.csv"
local function read(path)
  local lines = {}
  local reader <close> = csv.open(path, { delimiter = "," })
  for row in reader:rows() do
    local cells = {}
    for index, name in ipairs(reader.columns) do
      cells[index] = name .. "=" .. row[name]:gsub("=[%w%%+/_-]+", "=..."):gsub("/start/%w+", "/start/...")
    end
    lines[#lines + 1] = table.concat(cells, "; ")
  end
  return table.concat(lines, "\n"), #lines
end
local one, count = read(arg[1])
local other = read(arg[2])
if one ~= other or count == 0 then
  print(one, "\n\nand\n", other)
  os.exit(1)
end
END_OF_LUA

cat >students.csv <<'END_OF_CSV'
ema,pla_tst_id,tst_frm_id
alan.turing@example.org,987655,101
END_OF_CSV
cat >new.csv <<'END_OF_CSV'
ema,fst_nam,lst_nam,tst_frm_id
ada@example.org,Ada,Lovelace,101
emmy@example.org,Emmy,Noether,103
END_OF_CSV
printf 'ema,pla_tst_id\ngrace.hopper@example.org,987654\n' >waiting.csv
printf 'ema,pla_tst_id\nalan.turing@example.org,987655\n' >taken.csv
printf 'ema\nalan.turing@example.org\ngrace.hopper@example.org\n' >people.csv
printf 'Login,Mail,FirstName,LastName\nada.lovelace,ada.lovelace@example.org,Ada,Lovelace\nemile.chatelain,,,\n' \
  >users.csv
printf 'committee,member,externalId,from\nJury C,contributor,greta.grader@example.org,\n%s\n' \
  'Jury C,candidate,alan.turing@example.org,Jury A' >juries.csv
printf 'id,note\nTESTUSERE1001AAAAAAAA%%3d%%3d,Grace Hopper\nTESTUSERE1002AAAAAAAA%%3d%%3d,Alan Turing\n' >links.csv
printf 'ema,fst_nam,lst_nam,user_id\nada@example.org,Ada,Lovelace,u-1\nemmy@example.org,Emmy,Noether,u-2\n' >learners.csv
printf 'mail,nom,prenom\nzoe.dexemple@example.org,Dexemple,Zoe\n' >moodle.csv

# options RECIPE: sets rows, the file or none, and the options of both.
options() {
  rows=
  case $1 in
    register-candidate) rows=new.csv more="--mai_tem_id 7" ;;
    send-reminder) rows=waiting.csv more="--mai_tem_id 8" ;;
    collect-results) rows=students.csv more="--wait 1s" ;;
    wait-for-result) rows=taken.csv more="--tst_frm_id 101 --ask_only" ;;
    anonymise-candidates) rows=people.csv more=--yes ;;
    syfadis-enrol) rows=users.csv more="--session_id 2850818" ;;
    inspera-committees) rows=juries.csv more="--testId 3437420 --pause 0" ;;
    lara-sso-links) rows=links.csv more="--redirectType my_dashboard" ;;
    scodoc-to-isograd) more="--formsemestre_id 1 --tst_frm_id 101 --mai_tem_id 7" ;;
    isograd-to-scodoc-report) more="--formsemestre_id 1 --tst_frm_id 101" ;;
    roster-compare) more="--left scodoc:formsemestre_id=1 --right moodle.csv --key mail" ;;
    *) more=unknown ;;
  esac
}

# in_way WAY WORDS...: over a sandbox that begins anew; leaves the status and WAY.counts.
in_way() {
  way=$1
  shift
  "$BEADLE" tell.lua reset
  # shellcheck disable=SC2086 # a list of words
  run --profile served "$@" $more --concurrency 1
  "$BEADLE" tell.lua counts >"$way.counts"
}
same() { "$BEADLE" same.lua "$1" "$2" >why || { cat why && false; }; }
no_errand() { [ -z "$(ls "$runs" 2>/dev/null | grep '^rows-')" ]; }
state() { "$BEADLE" runs --json | jq -r '.[0].state'; }

for script in "$root"/scripts/*.lua; do
  recipe=$(basename "$script" .lua)
  [ "$recipe" != lti-gradebook ] || continue # a server: below
  options "$recipe"
  verdict "$recipe has a case here" [ "$more" != unknown ]
  rm -rf errand.csv durable.csv batch "$runs"
  in_way errand run "$script" ${rows:+--rows "$rows"} --output errand.csv
  wanted=$status
  verdict "$recipe runs as an errand" [ -s errand.csv ]
  verdict "$recipe leaves nothing of it" no_errand
  in_way durable run --durable "$script" ${rows:+--rows "$rows"} --output durable.csv
  verdict "$recipe runs durably, with the same status" is_status "$wanted"
  verdict "$recipe has the same results then" same errand.csv durable.csv
  verdict "$recipe asks for the same then" cmp -s errand.counts durable.counts
  if [ -z "$rows" ]; then
    run --profile served batch "$script" people.csv
    verdict "$recipe finds its rows itself, and is no batch" err_has "finds its rows itself"
    continue
  fi
  in_way batch batch "$script" "$rows" --into batch
  verdict "$recipe runs as a batch, with the same status" is_status "$wanted"
  verdict "$recipe has the same results then" same errand.csv batch/done.csv
  verdict "$recipe asks for the same then" cmp -s errand.counts batch.counts
  verdict "$recipe is done then" [ "$(state)" = done ]
done

# The gradebook serves pages until it ends: no batch of rows, and its own file says what is done. In the sandbox inside
# the program the tests end by themselves.
more="--tst_frm_id 101 --headless --until-graded"
for way in errand durable; do
  # shellcheck disable=SC2046,SC2086 # lists of words
  run run $([ "$way" = errand ] || echo --durable) "$root/scripts/lti-gradebook.lua" \
    --rows learners.csv --out "grades.$way.csv" $more
  verdict "lti-gradebook runs as $way" is_status 0
  cut -d, -f2,3 "grades.$way.csv" | sort >"$way.grades"
done
verdict "lti-gradebook has the same grades then" [ "$(cut -d, -f1 errand.grades)" = "$(cut -d, -f1 durable.grades)" ]
verdict "of both" [ "$(grep -c ',[01][.]' errand.grades)$(grep -c ',[01][.]' durable.grades)" = 22 ]
run --profile served batch "$root/scripts/lti-gradebook.lua" learners.csv
verdict "lti-gradebook is no batch" err_has "is no recipe"

finish
