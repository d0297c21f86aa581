#!/bin/sh
# SPDX-License-Identifier: MIT
# Shows beadle at work in the sandbox; `./setup demo [--all]` builds it first. The program is $BEADLE, else
# build/beadle.
#
#   sh scripts/demo.sh            registers a candidate
#   sh scripts/demo.sh --all      and runs the recipes of the other vendors, one after the other, against one sandbox
#   sh scripts/demo.sh --steps    (by --all) those recipes, where tests/with-sandbox has started a sandbox
set -eu
cd "$(dirname "$0")/.."
BEADLE=${BEADLE:-build/beadle}
export BEADLE

# say COMMAND...: as one would type it.
say() {
  printf '\n$ %s\n' "$*"
}

# run ARGUMENTS...: says the command line, then has beadle do it. What it says and what it answers stay in order.
run() {
  say build/beadle "$@"
  "$BEADLE" "$@" 2>&1 || {
    echo "demo: this recipe failed" >&2
    exit 1
  }
}

first() {
  say build/beadle run scripts/register-candidate.lua --ema ada@example.org --fst_nam Ada --lst_nam Lovelace \
    --gen_id unspecified --tst_frm_id 101 --mai_tem_id 7
  "$BEADLE" -E run scripts/register-candidate.lua --ema ada@example.org --fst_nam Ada --lst_nam Lovelace \
    --gen_id unspecified --tst_frm_id 101 --mai_tem_id 7 2>&1
}

# file NAME: keeps standard input in a file of that name, and shows it.
file() {
  cat >"$folder/$1"
  say cat "$folder/$1"
  cat "$folder/$1"
}

steps() {
  folder=$(mktemp -d)
  trap 'rm -rf "$folder"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  BEADLE_PROFILE=served
  export BEADLE_PROFILE
  printf '\nWhat one run does in the sandbox is gone with it. To run recipes one after the other, keep a sandbox:\n'
  say "build/beadle sandbox --port 0 &"
  echo "The sandbox listens on $BEADLE_TEST_SANDBOX"
  say "export BEADLE_CONFIG=$BEADLE_CONFIG BEADLE_PROFILE=served    # a profile that leads there"

  printf '\nScoDoc and Isograd: the students of a semester become candidates with a test. Whoever is one already stays.\n'
  run run scripts/scodoc-to-isograd.lua --formsemestre_id 1 --tst_frm_id 101 --output "$folder/students.csv"
  say cat "$folder/students.csv"
  cat "$folder/students.csv"
  printf '\nTheir results, beside the students.\n'
  run run scripts/isograd-to-scodoc-report.lua --formsemestre_id 1 --tst_frm_id 101
  printf '\nWho is missing where: here nobody.\n'
  run run scripts/roster-compare.lua --left scodoc:formsemestre_id=1 --right "$folder/students.csv" --key ema

  printf '\nSyfadis: two people are enrolled in a session. One is known, the other gets an account.\n'
  file people.csv <<'CSV'
Login,Mail,FirstName,LastName
ada.lovelace,ada.lovelace@example.org,Ada,Lovelace
emile.chatelain,,,
CSV
  run run scripts/syfadis-enrol.lua --rows "$folder/people.csv" --session_id 2850818
  printf '\nThe same once more: nobody is enrolled twice.\n'
  run run scripts/syfadis-enrol.lua --rows "$folder/people.csv" --session_id 2850818

  printf '\nInspera Assessment: a committee is created, and people move into it. The real one needs a pause between.\n'
  file juries.csv <<'CSV'
committee,member,externalId,from
Jury C,contributor,greta.grader@example.org,
Jury C,candidate,alan.turing@example.org,Jury A
CSV
  run run scripts/inspera-committees.lua --rows "$folder/juries.csv" --testId 3437420 --pause 0

  printf '\nLära: links that sign users in. They are for their users only: the file has them, the table does not.\n'
  file users.csv <<'CSV'
id,note
TESTUSERE1001AAAAAAAA%3d%3d,Grace Hopper
TESTUSERE1002AAAAAAAA%3d%3d,Alan Turing
CSV
  run run scripts/lara-sso-links.lua --rows "$folder/users.csv" --redirectType my_dashboard \
    --output "$folder/links.csv"

  printf '\nThe sandbox is stopped, and these files are removed. "build/beadle help VENDOR" lists what else there is.\n'
}

case ${1:-} in
'')
  first
  cat <<'TEXT'

That was the sandbox: every vendor is simulated in the program, and nothing left this machine.
Worth trying next:

  ./setup demo --all                                      the recipes of the other vendors
  build/beadle help isograd.add_test                      what one operation takes and answers
  build/beadle run scripts/register-candidate.lua --help  the same for many rows of a CSV file
  build/beadle sandbox --port 0                           the simulated vendor for curl and a browser
TEXT
  ;;
--all)
  first
  tests/with-sandbox sh scripts/demo.sh --steps
  ;;
--steps) steps ;;
*)
  echo "Usage: sh scripts/demo.sh [--all]" >&2
  exit 2
  ;;
esac
