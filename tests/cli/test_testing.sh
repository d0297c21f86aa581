#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle test: which files it finds, what it reports in each form, and its exit status.
. "$(dirname "$0")/lib.sh"

is_usage() { is_status 2 && err_has "$1"; }
out_lacks() { ! grep -qF -- "$1" out; }
is_well_formed() { xmllint --noout "$1" 2>>err; }
fits_schema() { xmllint --noout --schema "$BEADLE_SOURCE/tests/cli/junit.xsd" "$1" 2>>err; }

mkdir -p tests/deep spec empty other
cat >tests/test_good.lua <<'END'
local isograd = require "beadle.isograd"
describe("a candidate", function()
  it("is created", function()
    print "seen only when asked"
    isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "L" }
    assert.calls("isograd.create_candidate", 1)
  end)
  pending "is liked"
end)
END
cp tests/test_good.lua tests/deep/more_test.lua
cp tests/test_good.lua spec/words_spec.lua
echo 'error "this is no test"' >tests/helper.lua
cp tests/helper.lua other.lua
echo 'it("stands here", function() end)' >test_here.lua

run test
verdict "without a file it finds those here, in tests/ and spec/" is_status 0
verdict "and counts" out_has "4 passed, 0 failed, 3 pending"
verdict "in an order that stays" sh -c \
  '[ "$(grep "\.lua$" out | tr "\n" " ")" = "test_here.lua tests/deep/more_test.lua tests/test_good.lua spec/words_spec.lua " ]'
verdict "what a good test prints is not shown" out_lacks "seen only"
run test --verbose tests/test_good.lua
verdict "but on request" out_has "| seen only when asked"
run test --list tests
verdict "--list names place and test" out_has "tests/test_good.lua:3: a candidate is created"
verdict "and runs none" out_lacks "passed"
run test --list --format json test_here.lua
verdict "--list as JSON" sh -c '[ "$(jq -r ".tests[0].name" out)" = "stands here" ]'

run test empty
verdict "a folder without tests is wrong usage" is_usage "there are no tests in empty"
run test nowhere.lua
verdict "a file that is not there is wrong usage" is_usage "there is no file nowhere.lua"
run test --filter "no such name"
verdict "a filter that nothing has is wrong usage" is_usage 'no test has "no such name" in its name'
run test --formta tap
verdict "an unknown option has the nearest" is_usage "Did you mean --format?"
run test --jobs 0
verdict "no jobs are wrong usage" is_usage "--jobs must be a number from 1 on"

# ----------------------------------------------------------------------------------------------------
cat >other/bad_test.lua <<'END'
local isograd = require "beadle.isograd"
describe("bad", function()
  it("differs", function()
    isograd.authenticate()
    isograd.create_candidate { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Ünïcode" }
    print "its output"
    assert.same({ name = "Ada", tests = { 1, 2 } }, { name = "Bob", tests = { 1, 3 } })
  end)
  it("breaks", function() local x; return x.y end)
  it("draws", function() print("drew " .. math.random(1000000000)) assert.is_true(false) end)
  it("quotes 'one' & <two> \1 \xff ]]>", function() io.write "out \0 \27[31m \xff <&>" error "\1 \xff <" end)
  it("still runs", function() end)
end)
END
run test --seed 4242 other
verdict "a failure is status 1" is_status 1
verdict "it is said where" out_has "other/bad_test.lua:7: 2 differences:"
verdict "and what differs" sh -c 'grep -A2 "tests\[2\]" out | grep -q "expected: 2" && grep -A2 "tests\[2\]" out | grep -q "got: 3"'
verdict "with the calls to the sandbox" out_has "isograd.create_candidate 200  act_id=1 gen_id=3 ema=ada@example.org"
verdict "without their secrets" sh -c '! grep -q test-client-secret out && grep -q "client_secret=\*\*\*" out'
verdict "with the output" out_has "its output"
verdict "an error of Lua has its line" out_has "other/bad_test.lua:9: attempt to index a nil value"
verdict "no control character reaches the terminal" sh -c '! LC_ALL=C grep -q "[[:cntrl:]]" out'
verdict "the others still run" out_has "ok      bad still runs"
verdict "the seed is said" out_has "1 passed, 4 failed in"
drew=$(grep -o "drew [0-9]*" out)
command=$(grep -o "beadle test --seed 4242 --filter 'bad draws' other/bad_test.lua" out)
verdict "and the command that repeats the test" [ -n "$command" ]
PATH=$(dirname "$BEADLE"):$PATH sh -c "$command" >again 2>&1
verdict "which does it exactly" grep -qF "$drew" again
run test --seed 4243 --filter "bad draws" other
verdict "another seed is another run" out_lacks "$drew"
run test --bail --jobs 1 other tests/test_good.lua
verdict "--bail stops at the first" sh -c 'grep -q "0 passed, 1 failed, 4 not run" out && ! grep -q test_good out'

run test --format tap other
verdict "TAP has its plan" sh -c 'grep -qx "1..5" out && [ "$(head -1 out)" = "TAP version 13" ]'
verdict "TAP numbers its tests" sh -c 'grep -q "^not ok 1 - other/bad_test.lua: bad differs$" out && grep -q "^ok 5 - " out'
verdict "TAP explains itself in YAML" sh -c 'grep -qx "  ---" out && grep -qx "  \.\.\." out'
run test --format tap tests/test_good.lua
verdict "TAP skips what is pending" out_has "ok 2 - tests/test_good.lua: a candidate is liked # SKIP"

run test --format junit other tests/test_good.lua
verdict "JUnit is well-formed whatever was printed" is_well_formed out
verdict "JUnit fits the schema" fits_schema out
verdict "JUnit counts" out_has 'tests="7" failures="2" errors="2"'
verdict "JUnit keeps UTF-8" out_has "Ünïcode"
run test --format junit --output report.xml tests/test_good.lua
verdict "--output writes the file, and a plain report" sh -c 'grep -q "1 passed" out && grep -q "<testsuite " report.xml'
run test --format json other
verdict "JSON can be read" sh -c '[ "$(jq -r ".counts.failed, .counts.errors, (.tests | length)" out | tr "\n" " ")" = "2 2 5 " ]'
verdict "JSON says how to repeat" sh -c 'jq -r ".tests[0].repeat" out | grep -q "^beadle test --seed [0-9]* --filter"'

# ----------------------------------------------------------------------------------------------------
mkdir bad
cat >bad/test_bad.lua <<'END'
it("one", function() end)
it("loops", function() while true do end end)
it("two", function() end)
it("leaves", function() os.exit(7) end)
it("waits for ever", function() require "beadle.task".event():wait() end)
it("hides its end", function() pcall(require "beadle.async".sleep, "900 days") end)
describe("setup", function()
  setup(function() error "no setup" end)
  it("is needed", function() end)
end)
describe("teardown", function()
  teardown(function() error "no teardown" end)
  it("comes later", function() end)
end)
END
echo 'x = = 1' >bad/test_syntax.lua
echo 'error "while loading"' >bad/test_loading.lua
run test --timeout "1 s" bad
verdict "what hangs, leaves or breaks fails alone" sh -c 'grep -q "ok      one" out && grep -q "ok      two" out'
verdict "an endless loop ends" out_has "bad/test_bad.lua:2: it did not end within 1.0 s of real time"
verdict "os.exit is an error" out_has "it ended with exit status 7"
verdict "waiting for ever ends at once" out_has "bad/test_bad.lua:5: it did not end within 31622400 s of virtual time"
verdict "also when it is hidden" out_has "bad/test_bad.lua:6: it did not end"
verdict "a setup that fails fails its tests" sh -c 'grep -A1 "ERROR   setup is needed" out | grep -q "no setup"'
verdict "a teardown that fails is an error" sh -c 'grep -A1 "setup and teardown of teardown" out | grep -q "no teardown"'
verdict "a file that cannot be read is an error" out_has "bad/test_syntax.lua:1: unexpected symbol"
verdict "one that raises too" out_has "bad/test_loading.lua:1: while loading"

# ----------------------------------------------------------------------------------------------------
mkdir slow
for number in 1 2 3; do
  cat >slow/test_$number.lua <<'END'
it("quick", function() end)
it("slow", function()
  io.open(os.getenv "HOME" .. "/reached", "a"):write("x"):close()
  require "beadle.async".sleep "1 h"
end)
it("after", function() end)
END
done
: >reached
"$BEADLE" test --real-time --jobs 3 slow >out 2>err </dev/null &
runner=$!
tries=0
while [ "$(wc -c <reached)" -lt 3 ] && [ $tries -lt 600 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
workers=$(pgrep -P $runner | tr '\n' ' ')
kill -INT $runner
wait $runner
status=$?
verdict "Ctrl-C is status 130" is_status 130
verdict "and says what was done" out_has "interrupted: 3 passed, 0 failed, 6 not run"
is_gone() { # a process that nobody has waited for yet is as good as gone
  tries=0
  while ps -o stat= -p "$1" | grep -qv Z && [ $tries -lt 200 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  [ $tries -lt 200 ]
}
are_gone() {
  [ -n "$workers" ] || return 1
  for worker in $workers; do
    is_gone "$worker" || return 1
  done
}
verdict "no worker is left" are_gone

run -e 'print(pcall(require("beadle.cli.worker").spawn, { "-e", "os.execute()" }))'
verdict "a script cannot start workers" out_has "only \`beadle test\` starts workers"

# A configuration with a live profile is not even read.
echo 'error "read"' >beadle.conf.lua
chmod 600 beadle.conf.lua
run test tests/test_good.lua
verdict "tests read no configuration" is_status 0

finish
