#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle check: what it prints, and its exit status.
. "$(dirname "$0")/lib.sh"

is_usage() { is_status 2 && out_is_empty && err_has "$1"; }
err_is() { [ "$(cat err)" = "$1" ]; }
lines_are() { [ "$(wc -l <out)" -eq "$1" ]; }

echo 'print(beadle.version)' >good.lua
cat >bad.lua <<'END'
local isograd = require "beadle.isograd"

isograd.ad_test { ema = "ada@example.org" }
io.open("was-run", "w"):close()
isograd.add_test { ema = "ada@example.org", rea_tst_id = 1 }
END
echo 'local x = = 1' >broken.lua

run check good.lua
verdict "nothing found is status 0" is_status 0
verdict "and prints nothing" out_is_empty
verdict "but a summary" err_is "beadle check: 1 file checked, nothing found"

run check bad.lua
verdict "something found is status 1" is_status 1
verdict "an error has file, line, column and the nearest name" out_has \
  'bad.lua:3:9: error: there is no operation isograd.ad_test; did you mean isograd.add_test?'
verdict "what still works is a warning" out_has 'bad.lua:5:45: warning: rea_tst_id is deprecated'
verdict "each has one line" lines_are 2
verdict "the summary counts" err_is "beadle check: 2 findings in 1 of 1 file"
verdict "the script is not run" [ ! -e was-run ]

run check broken.lua
verdict "a syntax error is found" out_has "broken.lua:1:11: error: unexpected symbol near '='"
verdict "and is status 1" is_status 1

run check good.lua bad.lua broken.lua
verdict "several files are checked" err_is "beadle check: 3 findings in 2 of 3 files"

"$BEADLE" check - <bad.lua >out 2>err
status=$?
verdict "- is standard input" out_has "stdin:3:9: error: "
verdict "with the same status" is_status 1

mkdir -p folder/inner folder/.hidden folder/odd.lua
cp bad.lua folder/inner/bad.lua
cp bad.lua folder/.hidden/bad.lua
cp bad.lua folder/bad.txt
cp good.lua folder/good.lua
ln -s .. folder/inner/up
run check folder/
verdict "a folder is searched" out_has "folder/inner/bad.lua:3:9: error: "
verdict "for *.lua, hidden ones and links to folders left out" err_is "beadle check: 2 findings in 1 of 2 files"

echo 'return { answer = 42 }' >folder/own.lua
mkdir -p folder/beadle
echo 'return {}' >folder/beadle/own.lua
echo 'print(require("own").answer, require "beadle.own")' >folder/uses.lua
run check folder/uses.lua
verdict "a script may have modules of its own" is_status 0

run check --json good.lua bad.lua
verdict "--json has the same status" is_status 1
cat >read.lua <<'END'
local document = require "beadle.json".decode(io.read "a")
local one = document.findings[1]
print(document.version, document.files, #document.findings, one.file, one.line, one.column, one.severity, one.nearest)
END
"$BEADLE" read.lua <out >lines 2>err
mv lines out
verdict "--json is one document" out_is "1	2	2	bad.lua	3	9	error	isograd.add_test"
run check --json good.lua
verdict "--json finds nothing in an empty list" out_has '"findings": []'

run check
verdict "check needs a file" is_usage "needs a file"
run check missing.lua
verdict "a missing file is status 2" is_usage "there is no file missing.lua"
run check bad.lua missing.lua
verdict "before anything is checked" is_usage "there is no file missing.lua"
mkdir empty
run check empty
verdict "a folder without scripts is status 2" is_usage "there is no *.lua in empty"
run check --jsn bad.lua
verdict "an unknown option is status 2" is_usage "Did you mean --json?"
run check --help
verdict "--help says how it is used" out_has "Usage: beadle check FILE..."
run --help
verdict "beadle --help lists it" out_has "beadle check FILE..."

run --profile nobody check good.lua
verdict "no profile is needed" is_status 0

# 10,000 lines take less than a second; others may use this machine too, and sanitizers take their time.
awk 'BEGIN {
  print "local isograd = require \"beadle.isograd\""
  for (i = 1; i < 10000; i++) {
    print "do isograd.create_candidate { gen_id = 1, ema = \"a@example.org\", fst_nam = x, lst_nam = (i + 1) .. \"é\" } end"
  }
}' >long.lua
timeout 10 "$BEADLE" check long.lua >out 2>err
status=$?
verdict "a long script takes a moment" is_status 0

finish
