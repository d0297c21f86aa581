#!/bin/sh
# SPDX-License-Identifier: MIT
# A session whose standard input is no terminal; :save; :curl.
. "$(dirname "$0")/lib.sh"
: "${BEADLE_SOURCE:?names the checkout}"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
server=

# enter [ARGUMENT...]: runs a session with the file input on standard input.
enter() {
  "$BEADLE" "$@" repl <input >out 2>err
  status=$?
}

echo 'print(1)' >input
enter
verdict "a line is run" out_is 1
verdict "with status 0" is_status 0
verdict "and nothing else is written" err_is_empty
printf '1 + 1\nlocal x = 20\nx + 22' >input
enter
verdict "values are shown, variables stay, the last line needs no end" out_is "2
42"
printf 'function f(a)\n  return a * 2\nend\nf(4)\n' >input
enter
verdict "a chunk over several lines" out_is 8
printf 'local s = "a"\n  .. "b"\n' >input
enter
verdict "what no line is by itself is refused" err_has "session:1:"
printf 'print(1)\nerror "stop"\nprint(2)\n' >input
enter
verdict "an error ends it" out_is 1
verdict "with status 1" is_status 1
verdict "and says why" err_has "session:1: stop"
printf 'for i = 1, 2 do\n' >input
enter
verdict "a chunk that does not end is an error" is_status 1
verdict "and says so" err_has "<eof>"
printf ':hlp\n' >input
enter
verdict "an unknown command names the nearest" err_has "Did you mean :help?"
verdict "and fails" is_status 1
printf 'print(1)\n:quit\nprint(2)\n' >input
enter
verdict ":quit ends it" out_is 1
verdict "well" is_status 0
printf 'acquit = 5\nacquit\nexit\nprint("no")\n' >input
enter
verdict "only quit and exit themselves leave" out_is 5
printf 'quit = 7\nquit\n' >input
enter
verdict "and not where they are variables" out_is 7
printf 'local async = async\nasync.spawn(function() async.sleep(0.05) print "later" end)\nnil\n' >input
enter
verdict "what was spawned is waited for" out_has later
printf 'async.sleep(0.01)\nprint "slept"\n' >input
enter
verdict "a line may wait" out_is slept
printf 'isograd.gender.female\n' >input
enter
verdict "vendors are there without require" out_is 2
printf 'json.null\n{ a = json.null }\n' >input
enter
verdict "null is shown" out_has "a  null"
printf 's = require("beadle.config.native").secret("mine", "Sesame-Open-42")\ns\n"Sesame-Open-42"\nprint("Sesame-Open-42")\n' >input
enter
verdict "a secret is shown by its name" out_has "[secret mine]"
# shellcheck disable=SC2317
shows_no_secret() { ! grep -q Sesame out err; }
verdict "and never by its value" shows_no_secret
run repl --what
verdict "an unknown option is a mistake of usage" is_status 2
run repl extra
verdict "and so is an operand" is_status 2
run -i ops
verdict "-i takes no command" is_status 2
echo 'x = arg[1]' >script.lua
echo 'print(x)' | "$BEADLE" -i script.lua word >out 2>err
status=$?
verdict "-i runs a script with its arguments first" out_is word
echo 'profile' >no.lua
cat >beadle.conf.lua <<'END'
return { default = "live", profiles = { live = { isograd = { base_url = "https://api.example.org/api",
  auth_url = "https://api.example.org/token", client_id = "abc", client_secret = env "NOBODY_SET_THIS" } } } }
END
chmod 600 beadle.conf.lua
printf 'print(require("beadle.config").profile())\n' >input
enter
verdict "the configuration's default does not count" out_is sandbox
printf 'print(require("beadle.config").profile())\n' | "$BEADLE" -i >out 2>err
verdict "nor with -i" out_is sandbox
printf ':profile live\nprint(require("beadle.config").profile())\n:profile lvie\n' >input
enter
verdict ":profile chooses another" out_has live
verdict "and names the nearest of an unknown one" err_has "Did you mean live?"
rm beadle.conf.lua

# :save
cat >input <<'END'
local c = isograd.create_candidate { gen_id = isograd.gender.female, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }
isograd.add_test { ema = "ada@example.org", tst_frm_id = 101 }
t = isograd.add_another_test { ema = "ada@example.org", tst_frm_id = 103 }
isograd.send_registration_email { can_id = c.can_id, pla_tst_ids = { t.pla_tst_id }, mai_tem_id = 7 }
sandbox.isograd.finish_test { pla_tst_id = t.pla_tst_id, num_val = 4 }
c.can_id
:save enrol-ada.lua
END
enter
verdict ":save tells what it wrote" out_has "wrote enrol-ada.lua and test_enrol-ada.lua"
verdict "and that it goes well" sh -c '! grep -q "not go well" out'
run run test_enrol-ada.lua
verdict "its test passes" out_has "1 passed, 0 failed"
run run enrol-ada.lua --ema eve@example.org --fst_nam Eve --lst_nam E --tst_frm_id 101 --tst_frm_id2 103 --mai_tem_id 7
verdict "the recipe runs for somebody else" out_has "pla_tst_id"
run run enrol-ada.lua
verdict "and wants its parameters" err_has "--ema"
run check enrol-ada.lua
verdict "and has no mistake" is_status 0
sed -i 's/tst_frm_id = row.tst_frm_id,\{0,1\} /tst_frm_id = 999 /' enrol-ada.lua
run run test_enrol-ada.lua
verdict "its test fails when the recipe is broken" is_status 1
printf 'isograd.list_available_credits {}\n:save enrol-ada.lua\n' >input
enter
verdict "what is there is not overwritten" err_has "is there already"
printf ':save new.lua\n' >input
enter
verdict "nothing is saved of a session without calls" err_has "nothing to save"
printf ':save new\n' >input
enter
verdict "a name must end in .lua" err_has ".lua"

# :curl against the sandbox over HTTP, pasted into a shell
mkfifo address
"$BEADLE" -E sandbox --port 0 >address 2>/dev/null </dev/null &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
exec 8<address
read -r line <&8
address=$(printf '%s\n' "$line" | sed -n 's/.*\(http:[^ ]*\).*/\1/p')
cat <&8 >/dev/null &
umask 077
"$BEADLE" -E "$BEADLE_SOURCE/tests/served_profile.lua" "$address" >served.lua
umask 022
export BEADLE_CONFIG="$work/served.lua"
printf 'isograd.authenticate {}\n:curl\n' >input
enter --profile served
sed -n '/^curl/,$p' out >token.sh
verdict "the command signs in with variables" grep -q 'ISOGRAD_CLIENT_SECRET' token.sh
# shellcheck disable=SC2317
secrets_hidden() { ! grep -q test-client-secret out; }
verdict "and holds no secret" secrets_hidden
ISOGRAD_CLIENT_SECRET=test-client-secret sh token.sh >token.json 2>/dev/null
ISOGRAD_ACCESS_TOKEN=$(jq -r .access_token token.json)
export ISOGRAD_ACCESS_TOKEN
verdict "pasted, it gives a token" [ ${#ISOGRAD_ACCESS_TOKEN} -gt 10 ]
"$BEADLE" --profile served repl --yes >out 2>err <<'END'
isograd.create_candidate { gen_id = 3, ema = "o'neil+1@example.org", fst_nam = "É & 50%", lst_nam = "$(x) `y` \\ \"z\"" }
:curl
END
status=$?
sed -n '/^curl/,$p' out | sed 's/o.\{0,4\}neil+1@/other@/; s/ema=.*other@/ema=other@/' >create.sh
sh create.sh >answer.json 2>/dev/null
verdict "a call pasted is the same call" [ "$(jq -r .success answer.json)" = true ]
"$BEADLE" -E --config served.lua --profile served -e '
  local remote = require("beadle.sandbox").at "'"$address"'"
  local seen = {}
  for _, each in ipairs(remote.isograd.candidates()) do
    if each.fst_nam == "É & 50%" then seen[#seen + 1] = each.lst_nam end
  end
  print(#seen, seen[1] == seen[2], seen[1])' >out 2>err
status=$?
verdict "whatever characters it holds" out_is '2	true	$(x) `y` \ "z"'
"$BEADLE" --profile served repl >out 2>err <<'END'
isograd.delete_candidate { can_id = 1381134 }
END
status=$?
verdict "without a terminal no effect is sent" err_has "nobody can be asked here"
verdict "and that is an error" is_status 1
"$BEADLE" --profile served repl >out 2>err <<'END'
#isograd.list_available_credits {} or 0
:time
:trace
END
status=$?
verdict ":time names the phases" out_has "send and wait"
verdict ":trace lists the calls" out_has "isograd.authenticate"
verdict "a read is sent" is_status 0
finish
