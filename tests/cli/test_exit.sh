#!/bin/sh
# SPDX-License-Identifier: MIT
# Exit statuses, and what is said on the way out.
. "$(dirname "$0")/lib.sh"

run -e 'return 5'
verdict "a script that ends well is 0, whatever it returns" is_status 0
run -e 'error "boom"'
verdict "an error is 1" is_status 1
verdict "with its message" err_has "beadle: (command line):1: boom"
verdict "and where it came from" err_has "stack traceback:"
verdict "and nothing on standard output" out_is_empty
run -e 'error(beadle.error.new { kind = "server", message = "down" }, 0)'
verdict "an error value is 1" is_status 1
verdict "and is one sentence" err_has "beadle: down [server]."
run -e 'error(beadle.error.new { kind = "rejected", message = "no \27[31m\7more" }, 0)'
verdict "of which no control character reaches the terminal" err_has "beadle: no ?[31m?more [rejected]."
run -e 'error(42)'
verdict "an error that is a number says it" err_has "beadle: 42"
run -e 'error {}'
verdict "any error value ends the script" is_status 1
run -e 'beadle.gate.with(function(_, send) return send() end, os.exit, 4)'
verdict "os.exit behind a gate gives its status" is_status 4
run -e 'os.exit(7)'
verdict "os.exit gives its status" is_status 7
run -e 'os.exit(true)'
verdict "os.exit(true) is 0" is_status 0
run -e 'os.exit(false)'
verdict "os.exit(false) is 1" is_status 1
run -e 'local c <close> = setmetatable({}, {__close = function() print "closed" end})
  beadle.async.spawn(function() local d <close> = setmetatable({}, {__close = function() print "task closed" end})
    beadle.async.sleep(1000) end)
  beadle.async.sleep(0.01) os.exit(3)'
verdict "os.exit ends the other tasks in order" out_has "task closed"
verdict "and keeps its status" is_status 3
run --virtual-time -e 'local async = beadle.async
  async.spawn(function() async.sleep(1) local _, err = pcall(async.sleep, 100) print("told: " .. err.kind) end)
  async.sleep(1) os.exit(3)'
verdict "also those that were about to run" out_has "told: cancelled"
run --virtual-time -e 'local async = beadle.async
  async.spawn(function() pcall(async.sleep, 100) os.exit(4) end)
  async.spawn(function() pcall(async.sleep, 100) async.sleep(1) print "cleaned up" end)
  async.sleep(1) os.exit(3)'
verdict "and another os.exit on the way out takes no time from them" out_has "cleaned up"
verdict "nor changes the status" is_status 3
run -e 'table.sort({2, 1}, function() os.exit(4) end)'
verdict "os.exit works inside a callback of Lua" is_status 4
run -e 'coroutine.wrap(function() os.exit(5) end)()'
verdict "and inside a coroutine" is_status 5
run -e 'io.write("no newline") os.exit(0)'
verdict "what was written is flushed" out_is "no newline"

run no-such-file.lua
verdict "a missing script is 2" is_status 2
verdict "and is named" err_has "cannot open no-such-file.lua: No such file or directory"
mkdir scripts folder
echo 'print "here"' >scripts/greet.lua
for word in greet greet.lua scripts/greet; do
  run run $word
  verdict "$word without its folder or ending is 2" is_status 2
  verdict "and the script is named" err_has "there is no $word; did you mean scripts/greet.lua?"
done
run greet
verdict "also without run" err_has "did you mean scripts/greet.lua?"
run run folder/greet
verdict "what is nowhere is not" err_has "cannot open folder/greet: No such file or directory"
run --no-such-option
verdict "an unknown option is 2" is_status 2
run --profle x
verdict "and the nearest is named" err_has "did you mean --profile?"
run -e
verdict "a missing value is 2" is_status 2
run --log-level loud -e 'print(1)'
verdict "a wrong value is 2" is_status 2
verdict "and nothing ran" out_is_empty
run rnu x.lua
verdict "a mistyped command is 2" is_status 2
verdict "and the nearest is named" err_has "did you mean run?"
run run
verdict "run without a script is 2" is_status 2
run
verdict "nothing at all, with nothing on standard input, ends well" is_status 0
run call isograd.no_such_operation
verdict "an unknown operation is 2" is_status 2
run ops no_such_vendor
verdict "an unknown vendor is 2" is_status 2

run --profile nowhere call isograd.list_available_tests
verdict "an unknown profile is 78" is_status 78
run --config missing.lua call isograd.list_available_tests
verdict "a missing configuration is 78" is_status 78
run -e 'pcall(error, "x") beadle.config.settings("isograd", "nowhere")'
verdict "so it is in a script" is_status 78

run --help
verdict "--help is 0" is_status 0
verdict "and lists the statuses" out_has "78   the configuration"
for command in call help ops sandbox; do
  run "$command" --help
  verdict "$command --help is 0" is_status 0
  verdict "and says how it is used" out_has "Usage: beadle $command"
done

"$BEADLE" -e 'print "x"' <&- >&- 2>err
status=$?
verdict "missing standard descriptors do no harm" [ "$status" -le 1 ]

# A signal: to a script that waits, one that computes, one that swallows errors.
interrupt() { # SIGNAL CODE
  : >out # of the run before, which was ready too
  "$BEADLE" -e "beadle.async.spawn(function() beadle.async.sleep(0) print 'ready' end) $2" >out 2>err &
  pid=$!
  until grep -q ready out 2>/dev/null; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill "-$1" "$pid"
  wait "$pid"
  status=$?
}
interrupt INT 'beadle.async.sleep(1000)'
verdict "Ctrl-C ends a script that waits with 130" is_status 130
verdict "and says so" err_has "interrupted"
interrupt TERM 'beadle.async.sleep(1000)'
verdict "SIGTERM is 143" is_status 143
interrupt INT 'beadle.async.sleep(0.01) while true do end'
verdict "Ctrl-C ends a script that computes" is_status 130
interrupt INT 'beadle.async.sleep(0.01) while true do pcall(function() while true do end end) end'
verdict "also one that catches errors" is_status 130
interrupt INT 'local ok = pcall(beadle.async.sleep, 1000) print("cleaned up", ok)'
verdict "a script may clean up after Ctrl-C" out_has "cleaned up	false"

# Nobody reads standard output any more.
{ "$BEADLE" -e 'for i = 1, 100000 do print(i) end' 2>err; echo $? >code; } | head -1 >out
status=$(cat code)
verdict "a closed pipe ends the script" [ "$status" -ne 0 ]
verdict "quietly" err_is_empty
"$BEADLE" -e 'print "x"' >/dev/full 2>err
status=$?
verdict "a full disk is 1" is_status 1
verdict "and says so" err_has "standard output cannot be written"
# A connection that breaks.
cat >waits.lua <<'END'
beadle.async.spawn(function()
  print "ready" -- when the main task waits
  io.stdout:flush()
end)
local ok, err = pcall(beadle.async.sleep, tonumber(arg[1]))
print(ok, err and err.kind)
if not ok then error(err, 0) end
END
hang_up() { # COMMAND...
  rm -f ready && mkfifo ready
  "$@" >ready 2>err &
  pid=$!
  {
    read -r _
    sleep 0.1 # the task that says so has to end
    kill -HUP "$pid"
    cat
  } <ready >out
  wait "$pid"
  status=$?
}
hang_up "$BEADLE" waits.lua 30
verdict "SIGHUP ends with 129" is_status 129
verdict "and the script may clean up" out_is "false	cancelled"
hang_up nohup "$BEADLE" waits.lua 0.2
verdict "nohup keeps it away" out_is "true	nil"

finish
