#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/lti-gradebook.lua as a program: what a tool was told is kept is in the file after a kill; Ctrl-C ends it in
# order; in virtual time it takes none.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
recipe=$root/scripts/lti-gradebook.lua

{
  echo ema,fst_nam,lst_nam,user_id
  for i in $(seq 400); do echo "p$i@example.org,Person,$i,u-$i"; done
} >many.csv
printf 'ema,fst_nam,lst_nam\nada@example.org,Ada,Lovelace\ngrace.hopper@example.org,Grace,Hopper\n' >two.csv

# send.lua URL ROUNDS: sends a grade for each, eight at a time, until one is not answered, and prints the sourcedid of
# each that was answered with success, once.
cat >send.lua <<'END_OF_LUA'
local async = require "beadle.async"
local outcomes = require "beadle.lti.outcomes"
local list, told, is_over = {}, {}, false
for index = 1, 400 do list[index] = "101:u-" .. index end
for _ = 1, tonumber(arg[2]) do
  async.map(list, { concurrency = 8 }, function(sourcedid)
    local answer = not is_over and beadle.try(outcomes.replace, { url = arg[1] .. "/outcomes", sourcedid = sourcedid,
      score = 0.5, key = "test-consumer-key", secret = "test-consumer-secret", retry = false })
    is_over = is_over or not answer
    if answer and not told[sourcedid] then
      told[sourcedid] = true
      io.write(sourcedid, "\n")
      io.flush()
    end
  end)
end
END_OF_LUA

cat >rows.lua <<'END_OF_LUA'
-- rows.lua FILE: the sourcedids that have a grade.
for _, row in ipairs(require("beadle.lti.gradebook").open(arg[1]):rows()) do
  if row.score == 0.5 then print(row.sourcedid) end
end
END_OF_LUA

# Begins the recipe in the background, and waits until it serves: sets server and base.
begin() { # ARGUMENTS...
  rm -f links.csv said
  "$BEADLE" run "$recipe" --tst_frm_id 101 --links links.csv "$@" >served 2>said </dev/null &
  server=$!
  base=
  while [ -z "$base" ] && kill -0 "$server" 2>/dev/null; do
    base=$(sed -n 's/^Serving \(.*\) until.*/\1/p' said 2>/dev/null)
    [ -n "$base" ] || sleep 0.02
  done
}

lost_of() { # FILE: those that were told success and have no row
  "$BEADLE" rows.lua "$1" >kept && sort kept >kept.sorted && sort told | comm -23 - kept.sorted
}

for file in grades.csv grades.sqlite; do
  lost=
  some=
  for count in 1 5 20 50 120; do
    rm -f "$file"* told
    begin --rows many.csv --out "$file"
    "$BEADLE" send.lua "$base" 1000 >told 2>send.err &
    sender=$!
    while [ "$(wc -l 2>/dev/null <told || echo 0)" -lt "$count" ] && kill -0 "$sender" 2>/dev/null; do
      sleep 0.005
    done
    kill -9 "$server"
    wait "$server" 2>/dev/null
    wait "$sender"
    lost=$lost$(lost_of "$file") || lost="$lost unreadable"
    [ "$(wc -l <told)" -lt "$count" ] || some="$some $count"
  done
  verdict "no grade is lost in $file, whenever it is killed" [ -z "$lost" ]
  verdict 'and as many as were waited for were kept' [ "$some" = ' 1 5 20 50 120' ]
  begin --rows many.csv --out "$file"
  "$BEADLE" send.lua "$base" 1 >told 2>send.err
  kill -INT "$server"
  wait "$server"
  status=$?
  cp served out
  cp said err
  verdict "and it goes on with $file" [ "$(sort told | uniq | wc -l)" -eq 400 ]
  verdict 'each with one row' [ "$("$BEADLE" rows.lua "$file" | sort -u | wc -l)" -eq 400 ]
  verdict 'Ctrl-C ends it' is_status 130
  verdict 'and it tells what is there' out_has "Learners: 400. With a grade: 400. Grades are in $file."
done

# A profile that is none of the sandbox's: a learner's browser gets the form. Nobody listens where it leads.
(umask 077 && cat >beadle.conf.lua) <<'END_OF_LUA'
return { default = "school", profiles = { school = { isograd = { base_url = "http://127.0.0.1:1", client_id = "c",
  client_secret = "a-client-secret", auth_url = "http://127.0.0.1:1", lti_url = "http://127.0.0.1:1/public/lti.php",
  lti_key = "school-key", lti_secret = "school-secret" } } } }
END_OF_LUA
cat >page.lua <<'END_OF_LUA'
-- page.lua LINKS: prints the pages of the first learner, twice.
local reader = require("beadle.csv").open(arg[1])
local link = reader:rows()().link
for _ = 1, 2 do print(require("beadle.http").get(link).body) end
END_OF_LUA
begin --rows many.csv --out page.csv --origin https://lms.example.org
verdict 'links have the address of the proxy' grep -q 'https://lms.example.org/launch/' links.csv
kill -INT "$server"
wait "$server"
begin --rows many.csv --out page.csv
run page.lua links.csv
verdict 'a page has a form for the tool' out_has 'action="http://127.0.0.1:1/public/lti.php"'
verdict 'with the test' out_has 'name="custom_tst_frm_id" value="101"'
verdict 'and whose grade it will be' out_has 'name="lis_result_sourcedid" value="101:u-1"'
verdict 'and where grades go' out_has "name=\"lis_outcome_service_url\" value=\"$base/outcomes\""
verdict 'and without the secret' sh -c '! grep -q school-secret out'
verdict 'signed anew each time' [ "$(grep -o 'name="oauth_nonce" value="[^"]*"' out | sort -u | wc -l)" -eq 2 ]
kill -INT "$server"
wait "$server"
rm beadle.conf.lua

begin --rows two.csv --out two.sqlite
mode_is() { [ "$(stat -c %a "$2")" = "$1" ]; }
verdict 'links are for their owner only' mode_is 600 links.csv
verdict 'and so are grades' mode_is 600 two.sqlite
kill -TERM "$server"
wait "$server"
status=$?
verdict 'SIGTERM ends it too' is_status 143

run --virtual-time run "$recipe" --rows two.csv --tst_frm_id 101 --out virtual.csv --headless --until-graded --wait 60
verdict 'in virtual time the whole is over at once' is_status 0
verdict 'with all grades' out_has 'Learners: 2. With a grade: 2.'
verdict 'at the time of the sandbox' grep -q '2026-01-01T08:00:0' virtual.csv
run run "$recipe" --rows two.csv --tst_frm_id 101 --out real.db --headless --until-graded --wait 60
verdict 'in real time too' out_has 'Learners: 2. With a grade: 2.'
finish
