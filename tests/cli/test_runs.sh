#!/bin/sh
# SPDX-License-Identifier: MIT
# `beadle runs` and its commands, over journals that were stopped, killed, held and damaged.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
folder=$XDG_STATE_HOME/beadle/runs

make() { "$BEADLE" "$root/tests/cli/make_run.lua" "$@"; }
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }
out_lacks() { ! grep -qF -- "$1" out; }
# nowhere WORD: in no byte of the folder of states, however it is cut into files; and of the files beside it.
nowhere() { ! LC_ALL=C grep -rqaiF -- "$1" "$XDG_STATE_HOME" r.html x.csv x.json; }
somewhere() { LC_ALL=C grep -rqaiF -- "$1" "$XDG_STATE_HOME"; }
both() { "$1" "$2" && "$3" "$4"; }
files_are_new() { lines_are x.csv 121 && parses x.json 60 && grep -qF "people who were forgotten" r.html; }
parses() { [ "$("$BEADLE" -e 'print(#require("beadle.json").decode(io.read "a").rows)' <"$1")" = "$2" ]; }

run runs show 2026
verdict "a run that is not there is named" both is_status 2 err_has "there is no run 2026"

make 20260101-080000-abcd
make 20260102-080000-efgh done other

# show
run runs show 20260101
verdict "show: a part of the id is enough" both is_status 0 out_has "57 done, 2 failed, 1 in doubt"
verdict "show: why a row failed" out_has "rejected 301: no mail for Person8"
run runs show 20260103-080000-abcd
verdict "show: the nearest run is named" both is_status 2 err_has "Did you mean 20260101-080000-abcd?"
run runs show 2026010
verdict "show: what may mean two runs is refused" both is_status 2 err_has "may mean"
run runs shwo
verdict "the nearest command is named" both is_status 2 err_has "Did you mean show?"
run runs show abcd --row p9@example.org
verdict "show --row: its effects with their states" out_has "works.mail for ema p9@example.org: unknown"
verdict "show --row: and what to do" out_has "Look into the outbox."
verdict "show --row: a password is not shown" both out_lacks hunter out_has "[hidden]"
verdict "show --row: nor what logs somebody in" out_lacks AYvD9nCnXYBcjetJA9YF4Lia
run runs show abcd --row 10
verdict "show --row: by its line" out_has "Row p9@example.org"
run runs show abcd --row p33
verdict "show --row: by a part of its key" out_has "Row p33@example.org"
run runs show abcd --row p77@exmaple.org
verdict "show --row: the nearest row is named" both is_status 2 err_has "Did you mean p"
run runs show abcd --row p1@example.org --json
verdict "show --json: is JSON" "$BEADLE" -e 'assert(#require("beadle.json").decode(io.open("out"):read "a").effects == 2)'

# export
run runs export abcd
verdict "export: a line for each row" lines_are out 61
verdict "export: with cells, results and errors" out_has "cell.ema,cell.lst_nam,cell.note,result.can_id"
run runs export abcd --what effects --out x.csv
verdict "export: a line for each effect" lines_are x.csv 121
verdict "export: others cannot read it" [ "$(stat -c %a x.csv)" = 600 ]
verdict "export: without a password" [ "$(grep -c hunter x.csv)" = 0 ]
run runs export abcd --out x.json
verdict "export: JSON by the end of its name" parses x.json 60
run runs export abcd --format xml
verdict "export: another format is refused" both is_status 2 err_has "csv or json"

# report
run runs report abcd --out r.html
verdict "report: in plain words" grep -qF "57 of 60 rows are done. 2 failed. 1 is in doubt" r.html
verdict "report: what came from the run is escaped" [ "$(grep -c 'credits <b>' r.html)" = 0 ]
verdict "report: and is there" grep -qF 'no credits &lt;b&gt;left' r.html
verdict "report: no network, no script" [ "$(grep -ciE '<script|src=|href=|url\(|@import' r.html)" = 0 ]
verdict "report: what to do about what is in doubt" grep -qF "Look into the outbox." r.html
run runs report abcd
verdict "report: needs a file" both is_status 2 err_has "--out"

# diff
run runs diff abcd efgh
verdict "diff: they differ" both is_status 1 out_has 'subject: "Welcome", and now "Hello"'
verdict "diff: what only one sent" out_has "only A sent works.mail for ema p3@example.org"
run runs diff abcd abcd
verdict "diff: one run is not two" is_status 2

# forget
run runs forget p7@example.org
verdict "forget: without a terminal it is not done unasked" both is_status 2 somewhere "p7@example.org"
run runs forget p7@example.org --dry-run
verdict "forget --dry-run: says where" out_has "Would be taken out of 20260102-080000-efgh (done): 1 row, 2 effects"
verdict "forget --dry-run: changes nothing" both somewhere "p7@example.org" somewhere "kiewska-Quine"
run runs forget p7@example.org --yes
verdict "forget: a run that may go on is left alone" both is_status 1 out_has "NOT in 20260101-080000-abcd (failed)"
run runs forget P7@Example.org --yes --end
verdict "forget: with --end all is done" both is_status 0 out_has "1 row and 2 effects taken out; the run is ended"
verdict "forget: the address is in no byte" nowhere p7@example.org
verdict "forget: nor the name, in any of its writings" nowhere kiewska-Quine
verdict "forget: nor the answers" both nowhere hunter7\" nowhere '"can_id":4007'
verdict "forget: whose address is longer stays" both somewhere p17@example.org somewhere Person8
verdict "forget: the files are written anew" files_are_new
run runs show abcd
verdict "forget: the sums stay" out_has "117 done"
run runs check abcd
verdict "forget: the journal is whole" both is_status 0 out_has "60 rows, 120 effects"
run resume abcd
verdict "forget: the run does not go on" both is_status 2 err_has "a person was forgotten"
run runs forget p7@example.org --yes
verdict "forget: twice is once" both is_status 0 out_has "Nobody in the runs goes by p7@example.org"
run runs forget ab --yes
verdict "forget: what may mean many is refused" both is_status 2 err_has "too short"

# killed
"$BEADLE" "$root/tests/cli/make_run.lua" 20260104-080000-kill kill >ready &
pid=$!
until grep -q ready ready; do sleep 0.05; done
run runs show kill
verdict "held: says who has it" both is_status 1 err_has "process $pid on"
run runs forget p7@example.org --yes
verdict "held: nothing is forgotten in it, and that is said" both is_status 1 out_has "NOT in 20260104-080000-kill: it goes on"
run runs check kill
verdict "held: check says so too" both is_status 1 err_has "goes on"
kill -9 "$pid"
wait "$pid" 2>/dev/null
run runs show kill
verdict "killed: it can be looked at" both is_status 0 out_has "57 done"
run runs forget p7@example.org --yes --end
verdict "killed: and forgotten in" both is_status 0 nowhere p7@example.org

# damaged
make 20260105-080000-hurt
printf hunter34 | dd of="$folder/20260105-080000-hurt.sqlite" conv=notrunc bs=1 status=none \
  seek="$(LC_ALL=C grep -abo hunter33 "$folder/20260105-080000-hurt.sqlite" | head -1 | cut -d: -f1)"
run runs check hurt
verdict "damaged: check says which row" both is_status 1 out_has "altered: p33@example.org"
run runs show hurt
verdict "damaged: nothing is shown as if it were whole" both is_status 1 err_has "is damaged"
run runs forget p8@example.org --yes --end
verdict "damaged: who may be in it is said" both is_status 1 out_has "NOT in 20260105-080000-hurt: it cannot be read"

finish
