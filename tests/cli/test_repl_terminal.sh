#!/bin/sh
# SPDX-License-Identifier: MIT
# A session on a terminal, as a person sees it. BEADLE_PTY runs a program on a terminal and compares the screen.
. "$(dirname "$0")/lib.sh"
: "${BEADLE_PTY:?names the program that plays the terminal}"
TERM=xterm
XDG_STATE_HOME=$work/state
export TERM XDG_STATE_HOME
unset NO_COLOR EDITRC

# session NAME COLUMNS ROWS [ARGUMENT...]: the script comes on standard input.
session() {
  name=$1
  columns=$2
  rows=$3
  shift 3
  "$BEADLE_PTY" "$columns" "$rows" "$BEADLE" "$@" >out 2>err
  status=$?
  verdict "$name" is_status 0
}

session "the prompt names the profile, a value is shown, Ctrl-D ends" 80 24 repl <<'END'
cursor sandbox>
send 1 + 1\r
line 2
cursor sandbox>
send \x04
exit 0
END

session ":quit ends, and so do quit and exit" 80 24 repl <<'END'
cursor sandbox>
send :quit\r
exit 0
END

session "the vendor that was used last stands in the prompt" 80 24 repl <<'END'
cursor sandbox>
send #isograd.list_available_credits{}.credits >= 0 or true\r
cursor isograd sandbox>
send \x04
exit 0
END

session "Tab completes a module, an operation and a parameter's name" 80 24 repl <<'END'
cursor sandbox>
send isog\t
cursor sandbox> isograd
send .create_cand\t
cursor sandbox> isograd.create_candidate
send  { fst\t
cursor sandbox> isograd.create_candidate { fst_nam =
send "Ada", f\t
pause 300
cursor sandbox> isograd.create_candidate { fst_nam = "Ada", f
send \x03
cursor sandbox>
send \x04
exit 0
END

session "candidates are listed with what they are, the required ones first" 80 30 repl <<'END'
cursor sandbox>
send isograd.add_test { \t
wait   tst_frm_id         required, integer, the test form
wait   ema                required, email
wait   cal_bac_pag        url
cursor sandbox> isograd.add_test {
send ema = \t
wait "grace.hopper@example.org"
cursor sandbox> isograd.add_test { ema = "
send gr\t
cursor sandbox> isograd.add_test { ema = "grace.hopper@example.org
send ", tst_frm_id = \t
cursor sandbox> isograd.add_test { ema = "grace.hopper@example.org", tst_frm_id = 101
send \x03\x04
exit 0
END

session "constants, commands, profiles and files are completed" 80 30 repl <<'END'
cursor sandbox>
send isograd.create_candidate { gen_id = fe\t
cursor sandbox> isograd.create_candidate { gen_id = isograd.gender.female
send \x03
cursor sandbox>
send :prof\tsan\t
cursor sandbox> :profile sandbox
send \x03
cursor sandbox>
send fs.read "hist\t
pause 200
send \x03
cursor sandbox>
send \x04
exit 0
END

session "a chunk over several lines" 80 24 repl <<'END'
cursor sandbox>
send function double(x)\r
cursor     ...>
send return 2 * x\r
cursor     ...>
send end\r
cursor sandbox>
send double(21)\r
line 42
cursor sandbox>
send \x04
exit 0
END

session "Ctrl-C drops what was begun" 80 24 repl <<'END'
cursor sandbox>
send for i = 1, 3 do\r
cursor     ...>
send \x03
cursor sandbox>
send "fine"\r
line "fine"
cursor sandbox>
send abc\x03
line sandbox> abc^C
cursor sandbox>
send \x04
exit 0
END

session "a local variable stays, and is the same for functions of other lines" 80 24 repl <<'END'
cursor sandbox>
send local n = 0\r
cursor sandbox>
send local function up() n = n + 1 end\r
cursor sandbox>
send up() up()\r
cursor sandbox>
send n\r
line 2
cursor sandbox>
send \x04
exit 0
END

session "Ctrl-C ends a line that waits, and not the session" 80 24 repl <<'END'
cursor sandbox>
send async.sleep "1 hour"\r
pause 300
send \x03
line interrupted
cursor sandbox>
send 3 * 3\r
line 9
cursor sandbox>
send \x04
exit 0
END

session "Ctrl-C ends a line that computes, whatever it catches" 80 24 repl <<'END'
cursor sandbox>
send while true do pcall(function() while true do end end) end\r
pause 300
send \x03
line interrupted
cursor sandbox>
send coroutine.wrap(function() while true do end end)()\r
pause 300
send \x03
cursor sandbox>
send 3 * 3\r
line 9
cursor sandbox>
send \x04
exit 0
END

session "a line that can never end is told so" 80 24 repl <<'END'
cursor sandbox>
send async.event():wait()\r
wait it waits for something that can no longer happen
cursor sandbox>
send \x04
exit 0
END

session "what goes on behind prints above the line that is being edited" 60 24 repl <<'END'
cursor sandbox>
send do async.spawn(function() async.sleep(0.3) print "tick 1" io.write "ti" io.write "ck 2\\n" end) end\r
pause 100
send local a = "é 漢字 and so on until the line is longer than a row"
wait tick 1
wait tick 2
line sandbox> local a = "é 漢字 and so on until the line is longe
cursor r than a row"
send \r
cursor sandbox>
send a\r
line "é 漢字 and so on until the line is longer than a row"
cursor sandbox>
send \x04
exit 0
END

session "a background task that fails is told" 80 24 repl <<'END'
cursor sandbox>
send do async.spawn(function() async.sleep(0.1) error "no luck" end) end\r
wait a background task failed: session:1: no luck
cursor sandbox>
send \x04
exit 0
END

session "the end says what was still running" 80 24 repl <<'END'
cursor sandbox>
send do async.spawn(async.sleep, 1000) end\r
cursor sandbox>
send \x04
wait 1 background task cancelled
exit 0
END

session "a paste is one chunk; what follows its last line break is edited on" 80 24 repl <<'END'
cursor sandbox>
paste local s = "a"\nlocal function twice(x)\n\treturn x .. x\nend\nprint(twice(s)\n  .. "!")\ns
line aa!
cursor sandbox> s
send \r
line "a"
cursor sandbox>
send \x04
exit 0
END

session "a paste of lines that stand alone is run line by line" 80 24 repl <<'END'
cursor sandbox>
paste 1 + 1\n2 + 2\n
line 2
line 4
cursor sandbox>
send \x04
exit 0
END

session "a paste that fails is not run on" 80 24 repl <<'END'
cursor sandbox>
paste 1 + 1\nerror "stop"\nprint "went " .. "on"\n3 + 3\n
line 2
wait session:1: stop
cursor sandbox>
absent went on
send \x04
exit 0
END

session "without the marks of a paste each line runs" 80 40 repl <<'END'
cursor sandbox>
send local x = 20\rfunction f(y)\rreturn x + y\rend\rf(22)\r
line 42
cursor sandbox>
send \x04
exit 0
END

session "UTF-8 is typed, moved over and deleted by characters" 80 24 repl <<'END'
cursor sandbox>
send "é漢字x"
cursor sandbox> "é漢字x"
send \e[D\e[D\x7f\x7f
cursor sandbox> "éx"
send à\x05\r
line "éàx"
cursor sandbox>
send \x04
exit 0
END

session "the arrow keys lead to earlier lines, also of several rows" 80 24 repl <<'END'
cursor sandbox>
send 40 +\r
cursor     ...>
send 2\r
line 42
cursor sandbox>
send \e[A
line sandbox> 40 +
cursor 2
send \r
cursor sandbox>
send \x04
exit 0
END

session "a narrower terminal" 80 24 repl <<'END'
cursor sandbox>
send local text = "0123456789012345678901234567890123456789"
resize 40 24
pause 200
send \r
cursor sandbox>
send #text\r
line 40
cursor sandbox>
send \x04
exit 0
END

session "a session survives errors that cannot be shown, and lines that read" 80 24 repl <<'END'
cursor sandbox>
send error(setmetatable({}, { __tostring = function() error "bad" end }))\r
wait an error that cannot be shown
cursor sandbox>
send io.read()\r
pause 200
send hello there\r
line "hello there"
cursor sandbox>
send \x04
exit 0
END

session "many lines from behind leave a line of two rows whole" 60 24 repl <<'END'
cursor sandbox>
send function talk() for i = 1, 79 do async.sleep(0.005) print((" long"):rep(i % 40)) end print("all" .. "said") end\r
cursor sandbox>
send do async.spawn(talk) end\r
cursor sandbox>
send local q = "typed while much is printed é漢 and on over the end of the row"
wait allsaid
cursor ver the end of the row"
send \r
cursor sandbox>
send #q\r
line 64
cursor sandbox>
send \x04
exit 0
END

session "errors are shown, and explained" 100 40 repl <<'END'
cursor sandbox>
send isograd.add_test { ema = "nobody@example.org", tst_frm_id = 101 }\r
wait [not_found
cursor isograd sandbox>
send err:explain()\r
wait   Sent?
wait   What to do
send 1 +* 2\r
wait session:1: unexpected symbol near '*'
send :hlp\r
wait Did you mean :help?
cursor isograd sandbox>
send \x04
exit 0
END

session "an error of Lua shows the session's own lines" 80 24 repl <<'END'
cursor sandbox>
send function f() error "deep" end\r
cursor sandbox>
send f()\r
line session:1: deep
wait in function 'f'
cursor sandbox>
send \x04
exit 0
END

session "help and search" 100 60 repl <<'END'
cursor sandbox>
send ?isograd.add_test\r
wait local answer = isograd.add_test
send help(isograd.gender)\r
wait isograd.gender.female
send ??proctor\r
wait shows one whole
cursor sandbox>
send \x04
exit 0
END

session "os.exit ends it with its status, whatever runs behind" 80 24 repl <<'END'
cursor sandbox>
send do async.spawn(async.sleep, 100) end os.exit(3)\r
exit 3
END

session "signals end the session in order" 80 24 repl <<'END'
cursor sandbox>
signal TERM
exit 143
END

session "and so does a terminal that goes away" 80 24 repl <<'END'
cursor sandbox>
signal HUP
exit 129
END

session "Ctrl-Z stops the program, and the line is there when it goes on" 80 24 repl <<'END'
cursor sandbox>
send abc
cursor sandbox> abc
send \x1a
pause 300
signal CONT
cursor sandbox> abc
send \x03
cursor sandbox>
send 20 + 1\r
line 21
cursor sandbox>
send \x04
exit 0
END

session "the signal of Ctrl-C from elsewhere drops the line" 80 24 repl <<'END'
cursor sandbox>
send abc
cursor sandbox> abc
signal INT
cursor sandbox>
send 1\r
line 1
cursor sandbox>
send \x04
exit 0
END

echo 'shared = { count = 3 } local hidden = 1 print("script ran", ...)' >first.lua
session "-i runs a script first, whose globals stay" 80 24 -i first.lua a b <<'END'
line script ran      a       b
cursor sandbox>
send shared\r
wait count  3
cursor sandbox>
send \x04
exit 0
END

echo 'late = 1 error "broken"' >broken.lua
session "-i goes on after a script that fails" 80 24 -i broken.lua <<'END'
wait broken.lua:1: broken
cursor sandbox>
send late\r
line 1
cursor sandbox>
send \x04
exit 0
END

# History: its file, its mode, and no secrets in it.
rm -rf "$XDG_STATE_HOME"
export TOLD_SECRET="Sesame-Open-42"
session "(lines for the history)" 80 24 repl <<'END'
cursor sandbox>
send 1 + 2\r
cursor sandbox>
send 1 + 2\r
cursor sandbox>
send s = require("beadle.config.native").secret("mine", os.getenv "TOLD_SECRET")\r
cursor sandbox>
send "Sesame-Open-42"\r
cursor sandbox>
send secret = { Password = "not told to anybody" }\r
cursor sandbox>
send function two()\r
cursor     ...>
send return 2\r
cursor     ...>
send end\r
cursor sandbox>
send \x04
exit 0
END
history=$XDG_STATE_HOME/beadle/history
# shellcheck disable=SC2317 # verdict calls it
holds_no_secret() { [ -s "$history" ] && ! grep -q -e Sesame -e 'not told' "$history"; }
verdict "no line with a secret is written" holds_no_secret
# shellcheck disable=SC2317
is_private() { [ "$(stat -c %a "$history")" = 600 ]; }
verdict "the history is for its owner only" is_private
# shellcheck disable=SC2317
holds_once() { [ "$(grep -cxF '1 + 2' "$history")" -le 2 ] && grep -qxF 'function two()\nreturn 2\nend' "$history"; }
verdict "lines of several rows are one entry" holds_once
session "the next session has it, without repeats" 80 24 repl <<'END'
cursor sandbox>
send \e[A
wait function two()
send \x03
cursor sandbox>
send \x04
exit 0
END
# shellcheck disable=SC2317
holds_exactly_once() { [ "$(grep -cxF '1 + 2' "$history")" -eq 1 ]; }
verdict "and drops what is there twice" holds_exactly_once

# At a real vendor: the sandbox, served over HTTP, under a profile of its own.
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
BEADLE_CONFIG=$work/served.lua
export BEADLE_CONFIG

session "the sandbox is where it opens, whatever the configuration's default" 80 24 repl <<'END'
cursor sandbox>
send :profile\r
wait * sandbox
wait   served
cursor sandbox>
send :profile serv\t\r
wait profile served: asks before something is changed
cursor served>
send \x04
exit 0
END

session "an effect is asked about before it is sent; a read is not" 100 40 --profile served repl <<'END'
cursor served>
send #isograd.list_available_credits{} or 0\r
cursor isograd served>
send c = isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "L" }\r
wait isograd.create_candidate {
wait profile served: creates something.
cursor Send it? [y]es, [n]o, [a]ll of this session:
send n\r
wait it was not sent: you said no
cursor isograd served>
send c\r
cursor isograd served>
send c = isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "L" }\r
cursor Send it? [y]es, [n]o, [a]ll of this session:
send y\r
cursor isograd served>
send c.success\r
line true
cursor isograd served>
send \x04
exit 0
END

session "Ctrl-C at the question sends nothing; all asks no more" 100 40 --profile served repl <<'END'
cursor served>
send isograd.delete_candidate { can_id = 1381134 }\r
cursor Send it? [y]es, [n]o, [a]ll of this session:
send \x03
wait it was not sent
cursor served>
send isograd.update_candidate { can_id = 1381134, fst_nam = "G" }.success\r
cursor Send it? [y]es, [n]o, [a]ll of this session:
send a\r
line true
cursor isograd served>
send isograd.update_candidate { can_id = 1381134, fst_nam = "Grace" }.success and "twice"\r
line "twice"
cursor isograd served>
send \x04
exit 0
END

session "a background task is answered by :yes and :no" 100 40 --profile served repl <<'END'
cursor served>
send do async.spawn(function() print(pcall(isograd.update_candidate, { can_id = 1381134, fst_nam = "G" })) end) end\r
wait A background task wants to send:
cursor served>
send :no\r
wait you said no
cursor served>
send :yes\r
wait no background task asks anything
cursor served>
send \x04
exit 0
END

session ":confirm off and --yes ask nothing" 100 40 --profile served repl --yes <<'END'
cursor served>
send isograd.update_candidate { can_id = 1381134, fst_nam = "Grace" }.success\r
line true
cursor isograd served>
send :confirm on\r
wait you are asked
cursor isograd served>
send isograd.update_candidate { can_id = 1381134, fst_nam = "Grace" }\r
cursor Send it? [y]es, [n]o, [a]ll of this session:
send n\r
cursor isograd served>
send :confirm off\r
wait every call is sent
cursor isograd served>
send \x04
exit 0
END

session "a POST of beadle.http is asked about, too" 100 40 --profile served repl <<END
cursor served>
send http.post "$address/somewhere"\\r
wait POST $address/somewhere
cursor Send it? [y]es, [n]o, [a]ll of this session:
send n\\r
wait it was not sent
cursor served>
send \\x04
exit 0
END
session "and so is an e-mail" 100 24 --profile served repl <<'END'
cursor served>
send mail.send { to = "a@example.org", from = "b@example.org", subject = "hello", text = "t" }\r
wait mail.send {
cursor Send it? [y]es, [n]o, [a]ll of this session:
send n\r
wait it was not sent: you said no
cursor served>
send \x04
exit 0
END
unset BEADLE_CONFIG

NO_COLOR=1
export NO_COLOR
session "NO_COLOR is obeyed" 80 24 repl <<'END'
cursor sandbox>
send { a = "text" }\r
wait a  "text"
cursor sandbox>
send \x04
exit 0
END
unset NO_COLOR
TERM=dumb
session "a terminal without cursor movements" 80 24 repl <<'END'
wait sandbox>
send 6 * 7\r
wait 42
pause 300
send \x04
exit 0
END

finish
