#!/bin/sh
# SPDX-License-Identifier: MIT
# What `beadle runs check` and `export --damaged` say of a run whose files were altered, lost or exchanged.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
folder=$XDG_STATE_HOME/beadle/runs
file=$folder/20260105-080000-hurt.sqlite

both() { "$1" "$2" && "$3" "$4"; }
lines_are() { [ "$(wc -l <"$1")" -eq "$2" ]; }

"$BEADLE" "$root/tests/cli/make_run.lua" 20260105-080000-hurt
mkdir whole
cp -p "$file"* whole
again() { rm -f "$file"* && cp -p whole/* "$folder"; }

rm "$file.lock"
run runs check hurt
verdict "without a witness: it is missed" both is_status 1 out_has "hurt.sqlite.lock is missing"
verdict "without a witness: what to do is said" out_has "runs check 20260105-080000-hurt --repair"
run runs show hurt
verdict "without a witness: nothing is shown as if it were whole" both is_status 1 err_has "cannot be told"
run resume hurt
verdict "without a witness: it does not go on" both is_status 1 err_has "cannot be told"
run runs check hurt --repair
verdict "repair: what was looked through is told" both is_status 0 out_has "got a new witness"
verdict "repair: and that something may be missing" out_has "Whether something came after that cannot be told"
run runs check hurt
verdict "repair: then it is whole" both is_status 0 out_has "is whole: 60 rows"
run runs check hurt --repair
verdict "repair: what is whole stays as it is" both is_status 0 out_has "is whole"

# One byte of an answer.
again
printf hunter34 | dd of="$file" conv=notrunc bs=1 status=none \
  seek="$(LC_ALL=C grep -abo hunter33 "$file" | head -1 | cut -d: -f1)"
cp "$file" before
run runs check hurt --repair
verdict "altered: it is not repaired" both is_status 1 out_has "altered: p33@example.org"
verdict "altered: what can be done is said" out_has "runs export 20260105-080000-hurt --damaged --out"
run runs export hurt
verdict "altered: it is not exported as if it were whole" both is_status 1 err_has "is damaged"
run runs export hurt --damaged --what effects --out x.csv
verdict "altered: what is there is exported" both is_status 1 err_has "120 of 120 effects could be read, 1 of them altered."
verdict "altered: every one of them" lines_are x.csv 121
run runs export hurt --damaged --what effects --out x.csv
verdict "altered: only what is" [ "$(grep -c '^altered,' x.csv)" -eq 1 ]
run runs export hurt --damaged --format json
verdict "altered: as CSV only" both is_status 2 err_has "--damaged writes CSV"
verdict "altered: nothing was changed" cmp -s before "$file"

# An older copy.
again
rm "$file.lock"
"$BEADLE" "$root/tests/cli/make_run.lua" 20260106-080000-more
cp -p "$folder/20260106-080000-more.sqlite" "$file"
cp -p whole/*.lock "$folder"
run runs check hurt
verdict "exchanged: it is not another run" both is_status 1 out_has "is of another one"
verdict "exchanged: what to do is said" out_has "Put a backup of its files back"
run runs export hurt --damaged
verdict "exchanged: nor exported as this one" both is_status 1 err_has "Put a backup"

again
: >"$file"
chmod 600 "$file"
run runs check hurt
verdict "empty: it is named" both is_status 1 out_has "it is empty"
verdict "empty: what to do is said" out_has "Put a backup of its files back"
again
chmod 644 "$file"
run runs check hurt
verdict "readable by others: it is named" both is_status 1 err_has "others than you"
chmod 600 "$file"
run runs check hurt
verdict "for its owner only: it is whole" both is_status 0 out_has "is whole"

finish
