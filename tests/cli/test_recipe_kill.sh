#!/bin/sh
# SPDX-License-Identifier: MIT
# A recipe's run that is killed: what it had done is known, and the next run does nothing twice and loses nothing.
# Against a sandbox that is served, and so knows what came, whoever was killed.
. "$(dirname "$0")/served_lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
runs=$XDG_STATE_HOME/beadle/runs

cat >tell.lua <<'END_OF_LUA'
-- tell.lua COMMAND: resets the sandbox, or prints how many requests came.
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
if arg[1] == "reset" then
  twin.reset()
  twin.set { latency = 0.1 } -- so that there is time to strike
else
  local counts = twin.counts()
  print((counts.create_candidate or 0) + (counts.add_test or 0) + (counts.send_registration_email or 0))
end
END_OF_LUA

cat >judge.lua <<'END_OF_LUA'
-- judge.lua FILES...: each row is in exactly one of the files, and nobody has two of anything.
local csv = require "beadle.csv"
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
local seen, doubt, wrong = {}, 0, {}
for _, path in ipairs(arg) do
  local file = io.open(path)
  for row in (file and csv.open(path):rows() or function() end) do
    seen[row.ema] = (seen[row.ema] or 0) + 1
    doubt = doubt + (row["error.in_doubt"] == "yes" and 1 or 0)
  end
end
for row in csv.open("rows.csv"):rows() do
  if seen[row.ema] ~= 1 then
    wrong[#wrong + 1] = ("%s is there %d times"):format(row.ema, seen[row.ema] or 0)
  end
end
local function check(what, list, name)
  local has = {}
  for _, each in ipairs(list) do
    if has[each[name]] and each[name] ~= "grace.hopper@example.org" then
      wrong[#wrong + 1] = ("%s came twice for %s"):format(what, each[name])
    end
    has[each[name]] = true
  end
  return has
end
check("a candidate", twin.candidates(), "ema")
local ours = {}
for _, each in ipairs(twin.tests()) do
  ours[#ours + 1] = each.tst_frm_id == 101 and each.pla_tst_id ~= 987654 and each.pla_tst_id ~= 987655 and each or nil
end
check("a test", ours, "can_id")
local mailed = check("an e-mail", twin.mails(), "to")
for row in (io.open "done.csv" and csv.open("done.csv"):rows() or function() end) do
  if not mailed[row.ema] then
    wrong[#wrong + 1] = row.ema .. " is done without an e-mail"
  end
end
print(#wrong == 0 and "all right, in doubt: " .. doubt or table.concat(wrong, "\n"))
END_OF_LUA

rows=40
{
  echo ema,fst_nam,lst_nam,tst_frm_id
  seq -f 'p%g@example.org,Ada,Lovelace,101' "$rows"
} >rows.csv

recipe() {
  run --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 "$@"
}
start() { # in the background, with the files
  "$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 \
    --output done.csv --failed failed.csv "$@" >out 2>err </dev/null &
  pid=$!
}
requests() { "$BEADLE" tell.lua; }
# Waits until so many requests have come, then sends the signal.
strike() { # SIGNAL REQUESTS
  until [ "$(requests)" -ge "$2" ]; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill "-$1" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  status=$?
}
fresh() {
  rm -rf done.csv failed.csv "$XDG_STATE_HOME"
  "$BEADLE" tell.lua reset
}
judged() { "$BEADLE" judge.lua done.csv failed.csv >out 2>>err && grep -q '^all right' out; }
find_run() { id=$(basename "$(echo "$runs"/rows-*.sqlite)" .sqlite); }
no_run() { [ -z "$(ls "$runs" 2>/dev/null)" ]; }
# resolved WORD: a person decides about all that is in doubt.
resolved() {
  run resolve "$id"
  while out_has "1. "; do
    run resolve "$id" --effect 1 --as "$1"
    run resolve "$id"
  done
}

# From the first request to the last rows.
for count in 1 7 20 50 80; do
  fresh
  start
  strike KILL "$count"
  find_run
  verdict "killed after $count requests" is_status 137
  verdict "it leaves a run that only its owner may read" [ "$(stat -c %a "$runs/$id.sqlite")" = 600 ]
  before=$(requests)
  recipe --output done.csv --failed failed.csv
  verdict "the next one is refused" is_status 2
  verdict "and names the run" err_has "$id, begun"
  verdict "and says which rows are which" err_has "Can be gone on with: line"
  verdict "and the ways on" sh -c "grep -q -- '--continue, or .beadle resume $id' err && grep -q -- '--forget begins' err"
  verdict "and has sent nothing" [ "$(requests)" -eq "$before" ]
  recipe --output done.csv --failed failed.csv --continue
  verdict "--continue loses no row, and does none twice" judged
  if grep -q 'in doubt: 0$' out; then
    verdict "and the run is gone" no_run
    continue
  fi
  verdict "of which only e-mails may be in doubt" sh -c "! grep ,yes failed.csv | grep -qv registration_email"
  recipe
  verdict "a run in which something is in doubt is not passed over" err_has "In doubt: line"
  resolved happened
  recipe --output done.csv --failed failed.csv --overwrite --continue
  verdict "what somebody has found out is the end of it" is_status 0
  verdict "and the run is gone then" no_run
done

# By the run's name, from another folder.
fresh
start
strike KILL 20
find_run
cd / || exit 1
"$BEADLE" resume "$id" >"$work/out" 2>"$work/err" </dev/null
cd "$work" || exit 1
verdict "beadle resume does the same" judged
if ! no_run; then
  resolved not
  run resume "$id"
  verdict "and what did not happen is done then" is_status 0
fi
verdict "and the run is gone" no_run

# Killed twice.
fresh
start
strike KILL 20
start --continue
strike KILL 60
recipe --output done.csv --failed failed.csv --continue
verdict "a run that is continued may be killed too" judged

# Where it cannot be continued.
fresh
start
strike KILL 20
find_run
size=$(stat -c %s "$runs/$id.sqlite-wal")
cp -r "$runs" kept
truncate -s $((size / 2)) "$runs/$id.sqlite-wal"
before=$(requests)
recipe --continue
verdict "a journal that is damaged is an error" err_has "is damaged"
verdict "which names the way on" err_has "--forget begins anew"
verdict "after which nothing is sent" [ "$(requests)" -eq "$before" ]
rm -r "$runs"
mv kept "$runs"
run run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 --continue
verdict "under another profile it is not continued" is_status 2
run --profile served run "$root/scripts/anonymise-candidates.lua" --rows rows.csv --yes --ignore tst_frm_id --continue
verdict "nor by another recipe" err_has "that run was one of register-candidate"
recipe --check
verdict "--check looks at the rows only" is_status 0
sed -i 's/p40@/p41@/' rows.csv
recipe --output done.csv --failed failed.csv --continue
verdict "rows that are known by what is unique in them may be corrected meanwhile" judged
verdict "and the new one is done" grep -q p41@ done.csv
sed -i 's/p41@/p40@/' rows.csv

# Begun anew.
fresh
start
strike KILL 20
"$BEADLE" tell.lua reset
rm -f done.csv
recipe --forget --output done.csv
verdict "--forget begins anew" is_status 0
verdict "and does all rows" [ "$(wc -l <done.csv)" -eq $((rows + 1)) ]
verdict "and leaves no run" no_run
recipe --continue
verdict "without a run there is nothing to continue" err_has "there is no record of an unfinished run"
recipe --continue --forget
verdict "--continue and --forget contradict each other" is_status 2

# Rows from standard input: they are known by what they are.
fresh
{ "$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows - --mai_tem_id 7 \
  <rows.csv >out 2>err & }
pid=$!
strike KILL 20
"$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows - --mai_tem_id 7 <rows.csv >out 2>err
status=$?
verdict "rows from standard input are known again too" is_status 2
verdict "and the run is named" err_has "beadle resume rows-"

# Two at once.
fresh
start
until [ "$(requests)" -ge 1 ]; do :; done
run --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7
verdict "a second run over the same rows is refused while the first is under way" err_has "still under way"
verdict "which is named" err_has "process $pid"
run --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 --forget
verdict "whatever it says" is_status 2
wait "$pid"
status=$?
verdict "and the first is not disturbed" is_status 0
verdict "by which each row is done once" judged

# The connection breaks: the terminal says so, and then the shell.
for signal in HUP TERM; do
  fresh
  start
  until [ "$(requests)" -ge 20 ]; do :; done
  kill "-$signal" "$pid"
  [ "$signal" = TERM ] || kill "-$signal" "$pid"
  wait "$pid"
  status=$?
  verdict "SIG$signal ends in order" is_status $((128 + $([ "$signal" = HUP ] && echo 1 || echo 15)))
  verdict "with what was done and what was not" judged
  verdict "no row is left in the middle" grep -q 'in doubt: 0$' out
  verdict "the files tell all, and the run is gone" no_run
done
fresh
"$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 \
  >out 2>err </dev/null &
pid=$!
strike HUP 20
find_run
verdict "without files, the run stays" [ -s "$runs/$id.sqlite" ]
verdict "and that is said" err_has "Run $id keeps what was done"
run runs
verdict "and it is listed" out_has "$id"
recipe --output done.csv --failed failed.csv --continue
verdict "and --continue does the rest" is_status 0
verdict "once" judged

# What is written cannot be written.
fresh
mkdir folder
start_in_folder() {
  "$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 \
    --output folder/done.csv >out 2>err </dev/null &
  pid=$!
}
start_in_folder
until [ "$(requests)" -ge 1 ]; do :; done
rm -r folder
wait "$pid"
status=$?
verdict "results that cannot be written are a failure" is_status 1
find_run
verdict "and the run stays" [ -s "$runs/$id.sqlite" ]
before=$(requests)
recipe --output done.csv --failed failed.csv --continue
verdict "from which they are written later" judged
verdict "without a request" [ "$(requests)" -eq "$before" ]

finish
