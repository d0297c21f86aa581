#!/bin/sh
# SPDX-License-Identifier: MIT
# --dry-run: reads happen, nothing with an effect is sent, and the script goes on.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

last_err_has() { tail -n 1 err | grep -qF -- "$1"; }
served() { # STATUS, then a command beside a served sandbox; its counts follow in the file "counts"
  wanted=$1
  shift
  # shellcheck disable=SC2016 # for the inner shell
  "$here/../with-sandbox" sh -c '
    "$@" >out 2>err </dev/null
    echo $? >status
    "$BEADLE" -E "$0" "$BEADLE_TEST_SANDBOX" >counts' "$here/dry_counts.lua" "$@"
  status=$(cat status)
  [ "$status" -eq "$wanted" ]
}
counts_are() { grep -qx "$1" counts; }
no_effect_came() { grep -q '^effects 0 ' counts; }
effects_came() { grep -q '^effects [1-9]' counts; }
reads_came() { grep -q ' reads [1-9]' counts; }

# ---------------------------------------------------------------------------------------------------
# In the sandbox

cat >enrol.lua <<'LUA'
local isograd = require "beadle.isograd"
local candidate = isograd.create_candidate { gen_id = 3, ema = "zoe.canary@example.org", fst_nam = "Zoe",
  lst_nam = "Canaryson" }
local test = isograd.add_test { ema = "zoe.canary@example.org", tst_frm_id = 101 }
print(math.type(candidate.can_id), math.type(test.pla_tst_id))
print(isograd.get_test_status { pla_tst_id = test.pla_tst_id }.sta_id == isograd.test_status.not_started)
LUA

run run --dry-run enrol.lua
verdict "a dry run in the sandbox ends with status 3" is_status 3
verdict "and the script got its answers" out_has "integer	integer"
verdict "the plan has the requests" err_has "tst_frm_id=101"
verdict "the last line says that nothing was sent" \
  last_err_has "Dry run: nothing was sent. 2 effects were planned: 1 create, 1 spend. Paid credits: 1. E-mails: 0."
verdict "the plan says nothing about people" sh -c '! grep -qi canary err'
run run --dry-run=json enrol.lua
tail -n 1 out >plan.json
verdict "the plan for programs is the last line of the output" "$BEADLE" -e '
  local plan = beadle.json.decode(beadle.fs.read "plan.json")
  assert(plan.dry_run and plan.sent == 0 and plan.planned == 2 and plan.exit_status == 3)
  assert(plan.by_effect.create == 1 and plan.by_effect.spend == 1 and plan.paid_credits == 1 and plan.mails == 0)
  assert(plan.effects[1].operation == "isograd.create_candidate" and plan.effects[1].method == "POST")
  assert(plan.effects[1].body:find("ema=[personal ema]", 1, true))'
verdict "and says nothing about people" sh -c '! grep -qi canary plan.json'
run --dry-run -e 'beadle.isograd.list_available_tests {}'
verdict "without an effect the status is 0" is_status 0
verdict "and that is said" last_err_has "no effect was planned"
run run --dry-run=xml enrol.lua
verdict "a format that is not known is refused" is_status 2
echo 'beadle.isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 101 } error "over"' >fails.lua
run run --dry-run fails.lua
verdict "a script that fails keeps its status" is_status 1
verdict "and its plan is told" last_err_has "nothing was sent. 1 effect was planned"
run --dry-run call isograd.add_test ema=grace.hopper@example.org tst_frm_id=101
verdict "call has dry runs too" is_status 3
verdict "and prints the answer" out_has "pla_tst_id"

printf 'isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 101 }\n' >lines
"$BEADLE" --dry-run repl >out 2>err <lines
status=$?
verdict "the lines of a session send nothing" last_err_has "nothing was sent. 1 effect was planned"
echo 'print(beadle.lti.outcomes.replace { url = "http://127.0.0.1:9/", sourcedid = "x", score = 0.5, key = "k",
  secret = "long-enough" } ~= false)' >grade.lua
run run --dry-run grade.lua
verdict "grades are planned" last_err_has "nothing was sent. 1 effect was planned"
verdict "and answered" is_status 3
cat >served.lua <<'LUA'
local http = require "beadle.http"
local isograd = require "beadle.isograd"
local server <close> = http.serve { port = 0, routes = { ["GET /go"] = function()
  return tostring(isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 101 }.pla_tst_id > 0)
end } }
print(http.get(server.url .. "/go").body)
LUA
run run --dry-run served.lua
verdict "nor do handlers of a server" last_err_has "nothing was sent. 1 effect was planned"
verdict "which answer" out_is true

# ---------------------------------------------------------------------------------------------------
# At a live profile

echo x >portrait.png
echo x >emargement.pdf
verdict "every effect of every vendor is planned" \
  served 3 "$BEADLE" --profile served run --dry-run "$here/dry_effects.lua"
verdict "and none was refused" sh -c '[ "$(wc -l <out)" -eq 1 ]'
verdict "and none was sent" no_effect_came
planned=$(sed -n 's/^\([0-9]*\) effects$/\1/p' out)
verdict "and all of them were counted" last_err_has "$planned effects were planned"
served 0 "$BEADLE" --profile served run "$here/dry_effects.lua"
verdict "without a dry run they are sent" effects_came

verdict "later reads see what was planned" served 3 "$BEADLE" --profile served run --dry-run enrol.lua
verdict "as the sandbox would answer them" out_has "true"
verdict "and the vendor was not asked about an id that it cannot know" counts_are "effects 0 reads 0"
verdict "which the plan says" err_has "isograd.get_test_status  (read, profile served)"

cat >reads.lua <<'LUA'
local isograd = require "beadle.isograd"
print(#isograd.list_available_tests {}.tests > 0)
local person = { gen_id = 3, ema = "zoe.canary@example.org", fst_nam = "Zoe", lst_nam = "Canaryson" }
isograd.create_candidate(person)
local test = isograd.add_test { ema = person.ema, tst_frm_id = 987001 } -- the sandbox has no such form
print(test.pla_tst_id > 1900000000)
print(isograd.get_test_status { pla_tst_id = test.pla_tst_id }.sta_id)
print(select(2, beadle.try(isograd.get_test_status, { pla_tst_id = 5 })).kind)
print(isograd.login_as_candidate { ema = person.ema } ~= nil)
local answer = beadle.http.post(os.getenv "BEADLE_TEST_SANDBOX" .. "/_sandbox/isograd/reset", { json = {} })
print(answer.status, next(answer:json()))
LUA
verdict "a script goes on where the sandbox cannot follow" served 3 "$BEADLE" --profile served run --dry-run reads.lua
verdict "what nobody planned is the vendor's to answer" out_has "not_found"
verdict "reads were sent" reads_came
verdict "effects were not" no_effect_came
verdict "a request of beadle.http is planned too" err_has "http.request  (unknown)"
verdict "and answered" out_has "200	nil"
verdict "what was made up is marked so" err_has "made up from the catalogue"

echo 'print(beadle.mail.send { to = "zoe.canary@example.org", subject = "Hello", text = "Canaryson" }.message_id ~= nil)' \
  >mail.lua
run run --dry-run mail.lua
verdict "e-mails are planned" is_status 3
verdict "and counted apart" last_err_has "E-mails: 1."
verdict "without what is in them" sh -c '! grep -qi canary err'

# ---------------------------------------------------------------------------------------------------
# Recipes

printf 'ema,fst_nam,lst_nam\nzoe.one@example.org,Zoe,One\nzoe.two@example.org,Zoe,Two\n' >people.csv
verdict "a recipe over rows plans them all" served 3 "$BEADLE" --profile served run --dry-run \
  "$BEADLE_SOURCE/scripts/register-candidate.lua" --rows people.csv --tst_frm_id 101 --mai_tem_id 7 \
  --output results.csv --failed failed.csv
verdict "and says for which line" err_has "line 3"
verdict "and sends none" no_effect_came
verdict "and keeps no record of it" sh -c '! [ -e .local ]'
verdict "and writes no results" sh -c '! [ -e results.csv ] && ! [ -e failed.csv ]'
verdict "and says so" err_has "results.csv is not written"
run run --dry-run "$BEADLE_SOURCE/scripts/register-candidate.lua" --rows people.csv --tst_frm_id 101 --mai_tem_id 7 \
  --continue
verdict "an unfinished run is not continued by a dry one" is_status 2
run run --dry-run "$BEADLE_SOURCE/scripts/anonymise-candidates.lua" --ema grace.hopper@example.org
verdict "what cannot be undone need not be confirmed" is_status 3

finish
