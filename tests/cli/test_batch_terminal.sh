#!/bin/sh
# SPDX-License-Identifier: MIT
# A batch at a terminal, as a person sees it: how far it is, Ctrl-C once and twice, SIGTERM, what is asked; `beadle
# resolve`. BEADLE_PTY runs a program on a terminal and compares the screen.
. "$(dirname "$0")/lib.sh"
: "${BEADLE_PTY:?names the program that plays the terminal}"
TERM=xterm
XDG_STATE_HOME=$work/state
export TERM XDG_STATE_HOME
unset NO_COLOR

cat >errand.lua <<'END_OF_LUA'
local recipe = require "beadle.recipe"
return recipe {
  name = "errand", summary = "Does nothing much", columns = { "ema" }, unique = { "ema" }, concurrency = 2,
  params = {
    { name = "ema", type = "email", required = true, doc = "who" },
    { name = "nap", type = "duration", default = "300 ms", doc = "how long it takes" },
  },
  row = function(row)
    require("beadle.task").sleep(row.nap)
    return { ema = row.ema }
  end,
}
END_OF_LUA
{
  echo ema
  seq -f 'p%g@example.org' 20
} >rows.csv
# session NAME COLUMNS [ARGUMENT...]: the script comes on standard input.
session() {
  name=$1
  columns=$2
  shift 2
  "$BEADLE_PTY" "$columns" 24 "$BEADLE" "$@" >out 2>err
  status=$?
  verdict "$name" is_status 0
}
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }
more_than() { [ "$(wc -l <"$1")" -gt "$2" ]; }
find_run() {
  id=$(basename "$(echo "$XDG_STATE_HOME"/beadle/runs/*.sqlite)" .sqlite)
}
afresh() {
  rm -rf "$XDG_STATE_HOME" end
}

for columns in 80 120; do
  afresh
  session "at $columns columns a bar, counts, rate and time left" "$columns" batch errand.lua rows.csv --into end <<'END'
wait /20: 
wait  done, 
wait /s,
wait  left
wait ]
absent failed
wait 20 rows: 20 done, 0 failed; in
absent left
exit 0
END
  verdict "and every row is in done.csv" lines_are end/done.csv 21
done

afresh
session "Ctrl-C once: said at once, no new row begins, the status is 130" 80 batch errand.lua rows.csv --into end \
  --nap "700 ms" <<'END'
wait /s, 
send \x03
wait Stopping: no new row begins, those under way may end.
wait Stopped by a signal, such as Ctrl-C.
wait not begun or not ended
exit 130
END
verdict "Ctrl-C once: what was under way is done" more_than end/done.csv 2
verdict "Ctrl-C once: the others are not begun, and are kept" grep -q ',not_run,' end/failed.csv
verdict "Ctrl-C once: no row is lost" [ "$(cat end/*.csv | wc -l)" -eq 23 ]
find_run
run resume "$id"
verdict "Ctrl-C once: resume does the others" err_has "20 rows: 20 done, 0 failed"

afresh
session "Ctrl-C twice: those under way are stopped too" 80 batch errand.lua rows.csv --into end --nap "1 h" <<'END'
wait /20: 0 done
pause 300
send \x03
wait Stopping: no new row begins, those under way may end.
send \x03
wait Stopping those under way too.
wait 20 rows: 0 done, 0 failed, 20 not begun or not ended
exit 130
END
verdict "Ctrl-C twice: what was under way is told from what was not begun" grep -q 'p1@example.org.*,not ended,' end/failed.csv
verdict "Ctrl-C twice: the others were not begun" grep -q 'p20@example.org.*,not begun,' end/failed.csv
verdict "Ctrl-C twice: nothing is in doubt" lines_are end/in-doubt.csv 1

afresh
session "SIGTERM is as Ctrl-C once" 80 batch errand.lua rows.csv --into end --nap "700 ms" <<'END'
wait /s, 
signal TERM
wait Stopping: no new row begins
wait Stopped by a signal
exit 143
END
find_run
run resume "$id"
verdict "SIGTERM: resume does the others" err_has "20 rows: 20 done, 0 failed"

# resolve
cat >doubt.lua <<'END_OF_LUA'
local json = require "beadle.json"
local fs = require "beadle.fs"
local run_journal = require "beadle.run_journal"
local runs = require "beadle.runs"
fs.make_folder(runs.folder())
local journal <close> = run_journal.create { path = runs.path_of(arg[1]), note = "a test",
  meta = { script = "mail.lua", profile = "exam", batch = true, recipe = "mail", total = 3, started = 1795300000,
    state = "failed", command = { "batch", "mail.lua", "rows.csv" } } }
for index = 1, 3 do
  local key = ("p%d@example.org"):format(index)
  journal:begin_row(key, { line = index + 1, cells = json.encode { ema = key } })
  local effect = journal:intent { row = key, operation = "works.mail", key = json.encode { to = key }, occurrence = 1,
    effect = "send", probe = "none", params = json.encode { to = key, password = "hunter2" }, params_hash = "h" }
  journal:outcome(effect, "unknown", { error = json.encode { kind = "timeout", message = "no answer came",
    hint = "Look into the outbox." } })
  journal:end_row(key, "in_doubt", { error = json.encode { kind = "timeout", message = "no answer came" } })
end
runs.show_status(arg[1], journal:meta(), journal:counts())
END_OF_LUA
doubt() {
  rm -rf "$XDG_STATE_HOME"
  "$BEADLE" doubt.lua 20260101-080000-mail
}
states() { "$BEADLE" runs export mail --what effects | cut -d, -f1,5 | tail -n +2 | sed 's/@example.org//' | tr '\r\n' '  '; }

doubt
session "resolve: wrong answers are asked again, back undoes, quit keeps what was answered" 80 resolve mail <<'END'
wait 3 in doubt
wait row: p1@example.org (line 2)
wait how to find out: Look into the outbox.
absent hunter2
wait [q]uit?
send x\r
wait One of the letters.
send b\r
pause 200
send h\r
wait What did it return?
send {"id": }\r
wait It must be JSON
send {"id": 7}\r
wait row: p2@example.org
wait [b]ack
send s\r
wait row: p3@example.org
send b\r
pause 300
wait row: p2@example.org
send n\r
pause 300
send q\r
wait 1 still in doubt.
exit 1
END
verdict "resolve: as it was answered" [ "$(states | tr -s ' ')" = "p1,resolved p2,failed p3,unknown " ]

doubt
session "resolve: Ctrl-C keeps what was answered" 80 resolve mail <<'END'
wait row: p1@example.org
send n\r
wait row: p2@example.org
send \x03
exit 130
END
verdict "resolve: only that" [ "$(states | tr -s ' ')" = "p1,failed p2,unknown p3,unknown " ]

doubt
session "resolve: a row that is skipped is decided" 80 resolve mail <<'END'
wait row: p1@example.org
send s\r
wait row: p2@example.org
send s\r
wait row: p3@example.org
send s\r
wait Nothing is in doubt.
exit 0
END
run resolve mail
verdict "resolve: and is not asked about again" out_has "Nothing in the run 20260101-080000-mail is in doubt."

# What is asked at a terminal.
doubt
session "prune asks" 80 runs prune --older-than 0d --all <<'END'
wait NOT DONE, and cannot be gone on with afterwards: 3 in doubt
wait Remove 1 run for good? [y/N]
send n\r
wait Nothing was removed.
exit 1
END
session "a list of runs keeps ids whole at 80 columns" 80 runs <<'END'
line 20260101-080000-mail  failed   0/3 done, 3 in doubt
exit 0
END
session "and has all in a table where there is room" 120 runs <<'END'
wait in doubt  age
exit 0
END

finish
