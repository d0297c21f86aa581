#!/bin/sh
# SPDX-License-Identifier: MIT
# The flags of lua mean what they mean there.
. "$(dirname "$0")/lib.sh"

echo 'print(arg[0], arg[1], arg[2], #arg, ...)' >script.lua
run script.lua a b
verdict "a script gets its arguments as arg and ..." out_is "script.lua	a	b	2	a	b"
run run script.lua a b
verdict "run is the same" out_is "script.lua	a	b	2	a	b"
run run -- script.lua a
verdict "run takes --" out_is "script.lua	a	nil	1	a"

echo 'print(arg[-1], arg[-2] ~= nil)' >negative.lua
run -W negative.lua
verdict "arg holds what stands before the script" out_is "-W	true"

run -e 'print(1)' -e 'print(2)'
verdict "-e runs code, in order" out_is "1
2"
run -e 'x = 5' script.lua z
verdict "-e runs before the script" out_is "script.lua	z	nil	1	z"
run '-eprint(3)'
verdict "-e takes its code in the same word" out_is 3
run -e 'print(x' ; verdict "-e with a syntax error fails" is_status 1
verdict "and names the command line" err_has "(command line):1:"

echo 'print("from stdin", ...)' | "$BEADLE" - a >out 2>err
status=$?
verdict "- runs standard input" out_is "from stdin	a"
echo 'print("piped")' | "$BEADLE" >out 2>err
status=$?
verdict "without arguments standard input runs" out_is piped

run -l beadle.json -e 'print(_G["beadle.json"].encode(1))'
verdict "-l requires into a global of the module's name" out_is 1
run -l j=beadle.json -e 'print(j.encode(2))'
verdict "-l NAME=MODULE chooses the name" out_is 2
run -l no.such.module
verdict "-l of a missing module fails" is_status 1
verdict "and says where it looked" err_has "module 'no.such.module' not found"

run -v
verdict "-v prints the version and ends well" out_has "beadle 0."
verdict "with status 0" is_status 0
run -v -e 'print(7)'
verdict "-v goes on" out_has 7
run --version
verdict "--version names the libraries" out_has "libcurl/"

run -W -e 'warn("careful")'
verdict "-W turns warnings on" err_has "careful"
run -e 'warn("careful")'
verdict "without -W they are off" err_is_empty

printf '#!/usr/bin/env beadle\nprint("shebang")\n' >shebang
run shebang
verdict "a shebang line is skipped" out_is shebang
chmod +x shebang
mkdir bin && ln -s "$BEADLE" bin/beadle
PATH=$work/bin:$PATH ./shebang >out 2>err
status=$?
verdict "and works" out_is shebang
printf '\357\273\277print("bom")\n' >bom.lua
run bom.lua
verdict "a byte order mark is skipped" out_is bom
printf '\033Lua' >binary.lua
run binary.lua
verdict "a binary chunk is refused" is_status 1

mkdir -p lib/sub
echo 'return { name = "beside" }' >lib/module.lua
echo 'print(require("module").name)' >lib/main.lua
run lib/main.lua
verdict "modules beside the script are found" out_is beside
echo 'return "by path"' >elsewhere.lua
BEADLE_PATH="$work/?.lua" "$BEADLE" -e 'print((require "elsewhere"))' >out 2>err
status=$?
verdict "BEADLE_PATH is searched" out_is "by path"
(cd lib && BEADLE_PATH="$work/?.lua" "$BEADLE" -E -e 'print(pcall(require, "elsewhere"))') >out 2>err
status=$?
verdict "-E ignores it" out_has "false"
LUA_INIT='print("init")' "$BEADLE" -e 'print(1)' >out 2>err
status=$?
verdict "LUA_INIT is not run" out_is 1

run -- script.lua
verdict "-- ends the options" out_is "script.lua	nil	nil	0"
cp script.lua ops
run -- ops
verdict "and what follows is a file, never a command" out_is "ops	nil	nil	0"
run ./ops
verdict "as is a path" out_is "./ops	nil	nil	0"

run --allow-process -e 'print(type(io.popen), type(os.execute))'
verdict "--allow-process grants io.popen and os.execute" out_is "function	function"
run --allow-native -e 'print(type(package.loadlib), package.cpath ~= "")'
verdict "--allow-native grants package.loadlib" out_is "function	true"
run --allow-debug -e 'print(type(debug.sethook))'
verdict "--allow-debug grants the debug library" out_is "function"

run --virtual-time=2026-03-01T00:00:00Z -e 'beadle.async.sleep "3 days" print(beadle.time.iso())'
verdict "--virtual-time lets waiting take no time" out_is "2026-03-04T00:00:00Z"
run --seed 7 -e 'print(beadle.sandbox.isograd.tests()[1].token)'
cp out first
run --seed 7 -e 'print(beadle.sandbox.isograd.tests()[1].token)'
verdict "the same seed gives the same run" cmp -s out first
finish
