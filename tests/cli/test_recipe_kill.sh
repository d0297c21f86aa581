#!/bin/sh
# SPDX-License-Identifier: MIT
# A recipe's run that is killed: what it had done is known, and the next run does nothing twice and loses nothing.
# Against a sandbox that is served, and so knows what came, whoever was killed.
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${1:-}" != served ]; then
  exec "$root/tests/with-sandbox" -- sh "$0" served
fi
config=$BEADLE_CONFIG
. "$(dirname "$0")/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG

cat >tell.lua <<'END_OF_LUA'
-- tell.lua COMMAND: resets the sandbox, or prints how many requests came.
local twin = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX").isograd
if arg[1] == "reset" then
  twin.reset()
  twin.set { latency = 0.02 }
else
  local counts = twin.counts()
  print((counts.create_candidate or 0) + (counts.add_test or 0) + (counts.send_registration_email or 0))
end
END_OF_LUA

cat >judge.lua <<'END_OF_LUA'
-- judge.lua FILES...: each row is in exactly one of the files, and nothing was asked for twice.
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
for _, operation in ipairs { "create_candidate", "add_test", "send_registration_email" } do
  local asked = {}
  for _, request in ipairs(twin.requests { operation = operation }) do
    local key = request.body:match "ema=([^&]+)" or request.body:match "can_id=(%d+)"
    if asked[key] then
      wrong[#wrong + 1] = ("%s came twice for %s"):format(operation, key)
    end
    asked[key] = true
  end
end
local mailed = {}
for _, mail in ipairs(twin.mails()) do
  mailed[mail.to] = true
end
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
journal=rows.csv.beadle-run

recipe() {
  run --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 "$@"
}
start() { # in the background, with the files
  "$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 \
    --output done.csv --failed failed.csv "$@" >out 2>err </dev/null &
  pid=$!
}
# Waits until the journal has so many lines, then sends the signal.
strike() { # SIGNAL LINES
  until [ "$(cat "$journal" 2>/dev/null | wc -l)" -ge "$2" ]; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill "-$1" "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  status=$?
}
fresh() {
  rm -f done.csv failed.csv "$journal"
  "$BEADLE" tell.lua reset
}
requests() { "$BEADLE" tell.lua; }
judged() { "$BEADLE" judge.lua done.csv failed.csv >out && grep -q '^all right' out; }

# From the first line of the journal to the last rows.
for lines in 2 7 20 60 100; do
  fresh
  start
  strike KILL "$lines"
  verdict "killed at line $lines of the journal" is_status 137
  verdict "it leaves a record that only its owner may read" [ "$(stat -c %a "$journal")" = 600 ]
  before=$(requests)
  recipe --output done.csv --failed failed.csv
  verdict "the next run is refused" is_status 2
  verdict "and says which rows are which" err_has "In doubt: line"
  verdict "and the ways on" sh -c 'grep -q -- "--continue does" err && grep -q -- "--forget begins anew" err'
  verdict "and has sent nothing" [ "$(requests)" -eq "$before" ]
  recipe --output done.csv --failed failed.csv --continue
  verdict "--continue ends, and the rows in doubt are a failure" is_status 1
  verdict "no row is lost, and none done twice" judged
  verdict "some rows are in doubt" grep -q 'in doubt: [1-8]$' out
  verdict "the record is gone" [ ! -e "$journal" ]
done

# Before the first request was sent: only the first line is there, which says which run it is.
fresh
start
strike KILL 20
head -n 1 "$journal" >first
mv first "$journal"
"$BEADLE" tell.lua reset
rm -f done.csv failed.csv
recipe --output done.csv --failed failed.csv --continue
verdict "a run that had begun no row is continued with all of them" is_status 0
verdict "of which none is in doubt" judged

# Killed twice.
fresh
start
strike KILL 20
start --continue
strike KILL 80
recipe --output done.csv --failed failed.csv --continue
verdict "a run that is continued may be killed too" judged
verdict "and its end is an end" [ ! -e "$journal" ]

# Not as a whole: half a line is as if it had not been written.
fresh
start
strike KILL 20
printf '{"line": 39, "ca' >>"$journal"
recipe --output done.csv --failed failed.csv --continue
verdict "half a line at the end is passed over" judged
fresh
start
strike KILL 20
printf 'rubbish\n' >>"$journal"
recipe --continue
verdict "a line that nobody can read is an error" err_has "cannot be read"
verdict "after which nothing is sent" is_status 2

# Where it cannot be continued.
fresh
start
strike KILL 20
sed -i 's/p40@/p41@/' rows.csv
recipe --continue
verdict "rows that were changed since cannot be continued" err_has "rows.csv was changed since"
verdict "and nothing is sent" is_status 2
sed -i 's/p41@/p40@/' rows.csv
run run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 --continue
verdict "nor can a run under another profile" err_has "under the profile served"
run --profile served run "$root/scripts/anonymise-candidates.lua" --rows rows.csv --yes --ignore tst_frm_id --continue
verdict "nor one of another recipe" err_has "that run was one of register-candidate"
recipe --check
verdict "--check looks at the rows only" is_status 0
before=$(requests)
recipe --forget --output done.csv
verdict "--forget begins anew" is_status 0
verdict "and does all rows" [ "$(wc -l <done.csv)" -eq $((rows + 1)) ]
verdict "and leaves no record" [ ! -e "$journal" ]
recipe --continue
verdict "without a record there is nothing to continue" err_has "there is no record of an unfinished run"
recipe --continue --forget
verdict "--continue and --forget contradict each other" is_status 2

# Two at once.
fresh
start
until [ -s "$journal" ]; do :; done
run --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7
verdict "a second run over the same rows is refused while the first is under way" err_has "still under way"
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
  until [ "$(cat "$journal" 2>/dev/null | wc -l)" -ge 20 ]; do :; done
  kill "-$signal" "$pid"
  [ "$signal" = TERM ] || kill "-$signal" "$pid"
  wait "$pid"
  status=$?
  verdict "SIG$signal ends in order" is_status $((128 + $([ "$signal" = HUP ] && echo 1 || echo 15)))
  verdict "with what was done and what was not" judged
  verdict "no row is left in the middle" grep -q 'in doubt: 0$' out
  verdict "the files tell all, and the record is gone" [ ! -e "$journal" ]
done
fresh
"$BEADLE" --profile served run "$root/scripts/register-candidate.lua" --rows rows.csv --mai_tem_id 7 \
  >out 2>err </dev/null &
pid=$!
strike HUP 20
verdict "without files, the record stays" [ -s "$journal" ]
verdict "and that is said" err_has "rows.csv.beadle-run keeps what was done"
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
until [ -s "$journal" ]; do :; done
rm -r folder
wait "$pid"
status=$?
verdict "results that cannot be written are a failure" is_status 1
verdict "and the record stays" [ -s "$journal" ]
recipe --output done.csv --failed failed.csv --continue
verdict "from which they are written later" judged

finish
