#!/bin/sh
# SPDX-License-Identifier: MIT
# The commands that read the catalogue: ops, help and call.
. "$(dirname "$0")/lib.sh"

# A vendor that nobody answers for: what leaves this program ends with status 1, not 2.
cat >beadle.conf.lua <<'END'
return {
  profiles = {
    dead = {
      isograd = {
        base_url = "http://127.0.0.1:1/api/usage", auth_url = "http://127.0.0.1:1/oauth2/token",
        client_id = "test-client-id", client_secret = "test-client-secret",
      },
      inspera = { base_url = "http://127.0.0.1:1/api", client_id = "test-client", api_key = "test-api-key" },
    },
  },
}
END
chmod 600 beadle.conf.lua

# refused NAME TEXT ARGUMENTS...: status 2, nothing sent, and the text.
refused() {
  name=$1
  text=$2
  shift 2
  run --profile dead "$@"
  verdict "$name" is_refusal "$text"
}
is_refusal() { is_status 2 && out_is_empty && err_has "$1" && ! err_has "127.0.0.1"; }

has_lines() { [ "$(grep -c "$2" "$1")" -eq "$3" ]; }

# ops

run ops
verdict "ops lists every operation" has_lines out '^isograd\.' 23
listed=$(grep -c '^[a-z][a-z0-9_]*\.[a-z]' out)
verdict "and counts them" out_has "$((listed - 3)) operations and 3 variants."
verdict "of all vendors" [ "$listed" -gt 23 ]
run ops isograd
verdict "ops takes a vendor" has_lines out '^isograd\.' 23
refused "ops names the nearest vendor" "Did you mean isograd?" ops isogard
refused "ops takes one vendor" "one vendor at most" ops isograd isograd
refused "ops refuses an unknown option" "Did you mean --json?" ops --jsn

cat >check_ops.lua <<'END'
local json = require "beadle.json"
local document = json.decode(io.read "a")
assert(document.version == 1, "version")
local vendor = document.vendors[1]
assert(#document.vendors == 1 and vendor.name == "isograd")
local texts = { "name", "full_name", "vendor", "summary", "document", "section", "method", "endpoint", "effect",
  "example" }
local lists = { "params", "rules", "result", "answers", "errors" }
for _, operation in ipairs(vendor.operations) do
  for _, key in ipairs(texts) do
    assert(type(operation[key]) == "string" and operation[key] ~= "", operation.name .. "." .. key)
  end
  for _, key in ipairs(lists) do
    assert(json.is_array(operation[key]), operation.name .. "." .. key .. " is no list")
  end
  assert(type(operation.probe.kind) == "string")
  for _, param in ipairs(operation.params) do
    for _, key in ipairs { "name", "type", "place", "doc", "must", "luacats" } do
      assert(type(param[key]) == "string" and param[key] ~= "", operation.name .. "." .. param.name .. "." .. key)
    end
  end
  for _, each in ipairs(operation.errors) do
    assert(math.type(each.code) == "integer" and each.kind and each.meaning)
  end
end
for _, key in ipairs { "settings", "enumerations", "operations", "errors", "hosts" } do
  assert(json.is_array(vendor[key]) and #vendor[key] > 0, key)
end
print(#vendor.operations)
END
"$BEADLE" ops isograd --json >ops.json
"$BEADLE" check_ops.lua <ops.json >out 2>err
status=$?
verdict "ops --json parses and has all its fields" out_is 23
"$BEADLE" ops isograd --json | cmp -s - ops.json
status=$?
verdict "ops --json is the same each time" is_status 0
"$BEADLE" ops --json >all.json
"$BEADLE" ops --json | cmp -s - all.json
status=$?
verdict "and of all vendors" is_status 0

# help

run help
verdict "help says how it is used" out_has "Usage: beadle help"
run help isograd
verdict "help explains a vendor" out_has "Settings of a profile"
refused "help names the nearest operation" "Did you mean isograd.add_test?" help isograd.ad_test
refused "help names the nearest vendor" "Did you mean isograd.add_test?" help isogrd.add_test
run help lti
verdict "help explains a command" out_has "Usage: beadle lti COMMAND"
run help runs show
verdict "help explains a part of a command" out_has "Usage: beadle runs show RUN"
refused "help names the nearest of a single word" "Did you mean isograd?" help isogrd
refused "help wants VENDOR.OPERATION" "is no operation" help add_test

# Every heading, nothing empty, nothing that Lua calls nil. An operation may have no parameters; one that is removed
# has nothing but that.
is_whole_help() {
  grep -q '^Removed by the vendor' out && return 0
  for heading in "^Result" "^  Effect  " "^  Retry  " "^  Source  " "^Example" "require \"beadle.${operation%%.*}\""; do
    grep -q -- "$heading" out || return 1
  done
  ! grep -qE '\bnil\b|table: 0x|function: |: \.|\.\.$|""|  $|^ *[a-z_]+ +[a-z]+ *$' out
}
whole=0
for operation in $(sed -n 's/^ *"full_name": "\(.*\)",*$/\1/p' all.json); do
  run help "$operation"
  if is_status 0 && err_is_empty && is_whole_help; then
    whole=$((whole + 1))
  else
    verdict "help $operation is whole" false
  fi
done
verdict "help is whole for every operation" [ "$whole" -eq "$listed" ]

run help isograd.add_test
verdict "help shows the document and its section" out_has 'Isograd API, "Ajouter un test à un candidat".'
verdict "help shows the parameters" out_has "Parameters (* required)"
verdict "help shows choices" out_has "isograd.credit_pack: 2 two"
verdict "help shows what an LTI launch carries" out_has "(An LTI launch carries it, as"
verdict "help shows errors" out_has "402  rejected"
verdict "help marks what is our assumption" out_has "give both. (Our assumption.)"
run help isograd.remove_proctoring
verdict "help of a variant has its own errors" sh -c '! grep -q "^  303 " out'

run help inspera.move_candidates
verdict "help shows what is inside a parameter" out_has "    toCommittee *  object  the committee to enter."
verdict "help marks assumed parameters" out_has "who moves, each by candidateId or externalId. (Our assumption.)"
run help inspera.authenticate
verdict "help shows another document" out_has 'Inspera Assessment API, "Authentication'

# call

run call inspera.create_committees testId=3437420 'committees=[{"name": "Jury A"}]'
verdict "call takes lists as JSON" out_has '"success": true'
run call inspera.move_candidates testId=3437420 body='{"candidates": [{"candidateId": "e-1008", "toCommittee": {"name": "Jury A"}}]}'
verdict "call takes a whole body as JSON" out_has '"success": true'
refused "a member that is not known names the nearest" 'committees[1] takes no "nme"; did you mean name?' \
  call inspera.create_committees testId=3437420 'committees=[{"nme": "Jury A"}]'
run call inspera.delete_committees testId=3437420 'committees=[{"name": "Jury X"}]'
verdict "a refusal shows the vendor's words" err_has "Committee Jury X does not exist"
run call isograd.list_available_tests
verdict "call prints JSON" out_has '"tests": ['
run call isograd.create_candidate gen_id=female ema=ada@example.org fst_nam=Ada lst_nam=Lovelace no_psw_rst=yes \
  xtr_tim_fac=50 lan_id=english
verdict "call takes numbers, flags, and choices by name" out_has '"can_id": '
run call isograd.create_candidate gen_id=2 ema=ada@example.org fst_nam=Ada 'lst_nam=of = and & Lovelace'
verdict "call takes choices by number, and any text" out_has '"can_id": '
run call isograd.add_test ema=grace.hopper@example.org tst_frm_id=101 html=true
verdict "call prints a tag" out_has 'isograd_start_test_button'
run call isograd.add_test ema=grace.hopper@example.org tst_frm_id=101 html=false
verdict "a flag may be off" out_has '"tst_url": '
run call isograd.add_test ema=grace.hopper@example.org tst_frm_id=101 act_id=add_another
verdict "the action may be given by name" out_has '"pla_tst_id": 987656'
run call isograd.send_registration_email mai_tem_id=7 pla_tst_ids=987654,987655 sen_dat=2030-02-28
verdict "call takes lists and days" out_has '"success": true'
echo '{"ema": "grace.hopper@example.org", "tst_frm_id": 101}' >params.json
run call isograd.add_test --json params.json redirect=1
verdict "call takes parameters from a file" out_has '"location": "https://'
run call isograd.get_test_status pla_tst_id=1
verdict "a vendor's refusal is status 1, with its meaning" is_status 1
verdict "and its meaning" err_has "this pla_tst_id does not exist"

refused "call needs an operation" "needs an operation" call
refused "an unknown operation names the nearest" "Did you mean isograd.add_test?" call isograd.add_tets x=1
refused "an unknown vendor names the nearest" "Did you mean isograd.add_test?" call isogard.add_test
refused "an unknown parameter names the nearest" "Did you mean tst_frm_id?" \
  call isograd.add_test ema=a@example.org tst_from_id=1
refused "an unknown parameter without a nearest names help" "beadle help isograd.add_test" \
  call isograd.add_test zzzzzzzzzz=1
refused "an unknown value names the nearest" "Did you mean unspecified?" \
  call isograd.create_candidate gen_id=unspecifed
refused "a number that is no choice names the choices" "1 (male), 2 (female), 3 (unspecified), not \"4\"" \
  call isograd.create_candidate gen_id=4
refused "a text is no number" "a whole number from 1 on, not \"x\"" call isograd.get_test_status pla_tst_id=x
refused "a number may be too small" "a whole number from 1 on, not \"0\"" call isograd.get_test_status pla_tst_id=0
refused "a list has numbers only" "a list of whole numbers" \
  call isograd.send_registration_email mai_tem_id=7 pla_tst_ids=1,x
refused "a list's numbers have bounds" "a list of whole numbers from 1 on" \
  call isograd.send_registration_email mai_tem_id=7 pla_tst_ids=1,0
refused "a day must exist" "a day written YYYY-MM-DD, not \"2026-02-30\"" \
  call isograd.send_registration_email mai_tem_id=7 can_id=1 sen_dat=2026-02-30
refused "a time must be whole" "YYYY-MM-DD hh:mm" call isograd.create_session des=x sta_dat=2026-01-01 end_dat=x
refused "an address must be one" "begins with https:// or http://" \
  call isograd.add_test ema=a@example.org tst_frm_id=1 rtn_pag=ftp://example.org/
refused "an e-mail address must be one" "an e-mail address" call isograd.login_as_candidate ema=nobody
refused "a flag must be one" "true or false" call isograd.add_test ema=a@example.org tst_frm_id=1 html=maybe
refused "a missing parameter is named with its meaning" "tst_frm_id is required (the test form" \
  call isograd.add_test ema=a@example.org
refused "all that is missing is named" "lst_nam is required" call isograd.create_candidate gen_id=1
refused "a rule is said" "give dep_id or ext_dep_id, not both" call isograd.create_candidate gen_id=1 \
  ema=a@example.org fst_nam=A lst_nam=B dep_id=1 ext_dep_id=x
refused "another act_id is refused" "act_id" call isograd.delete_test pla_tst_id=1 act_id=24
refused "a parameter stands there once" "given twice" call isograd.delete_test pla_tst_id=1 pla_tst_id=2
refused "two names of one parameter are one too many" "are the same parameter" \
  call isograd.add_test ema=a@example.org tst_frm_id=1 rea_tst_id=1
refused "a word must be NAME=VALUE" "is no NAME=VALUE" call isograd.delete_test 987654
refused "a line break is refused" "a text of one line" call isograd.create_candidate "fst_nam=A
B"

run --profile dead call isograd.list_available_tests --no-retry
verdict "what is right is sent" is_status 1

finish
