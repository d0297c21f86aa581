#!/bin/sh
# SPDX-License-Identifier: MIT
# scripts/demo.sh, which `./setup demo [--all]` runs once the program is built.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"
TMPDIR=$work/tmp
mkdir "$TMPDIR"
export TMPDIR

demo() { # PROGRAM ARGUMENTS...
  program=$1
  shift
  BEADLE=$program sh "$root/scripts/demo.sh" "$@" >out 2>err </dev/null
  status=$?
}
nothing_left() { [ -z "$(ls "$TMPDIR")" ]; }

demo "$BEADLE"
verdict "the demo registers a candidate" out_has "To: ada@example.org"
verdict "and says how it goes on" out_has "./setup demo --all"
verdict "without a failure" is_status 0

demo "$BEADLE" --all
verdict "all of it is done" is_status 0
for recipe in register-candidate scodoc-to-isograd isograd-to-scodoc-report roster-compare syfadis-enrol inspera-committees lara-sso-links; do
  verdict "$recipe is run, after its command line" grep -qF "\$ build/beadle run scripts/$recipe.lua" out
done
verdict "students become candidates" grep -qE 'students.csv: 5 rows written' out
verdict "results stand beside students" out_has "Not taken: 4. Finished: 1."
verdict "and nobody is missing" out_has "Both: 5. Only left: 0. Only right: 0."
verdict "one person is created and enrolled" grep -qE '2850818 +ada.lovelace .* created +[0-9]+ +enrolled' out
verdict "whom the next run finds in the same sandbox" grep -qE 'ada.lovelace .* was enrolled already' out
verdict "a committee gets its people" grep -qE 'Jury C +candidate +alan.turing@example.org +moved in' out
verdict "links are made" out_has "Links made: 2."
has_no_link() { ! grep -qi 'signinsso' out; }
verdict "and not shown" has_no_link
order() { grep -A 99 'run scripts/lara' out | grep -q 'Links made'; }
verdict "the command line before its output" order
verdict "and nothing is left" nothing_left

# A recipe that fails ends it.
cat >fails <<END
#!/bin/sh
case "\$*" in *inspera-committees*) exit 3 ;; esac
exec "$BEADLE" "\$@"
END
chmod +x fails
demo "$work/fails" --all
verdict "a recipe that fails is a failure of the demo" is_status 1
verdict "which is said" err_has "this recipe failed"
goes_no_further() { ! grep -q 'run scripts/lara' out; }
verdict "and the rest is not run" goes_no_further
verdict "nor is anything left then" nothing_left

demo "$BEADLE" --everything
verdict "an unknown option is refused" is_status 2
"$root/setup" demo --everything >out 2>err
status=$?
verdict "by setup too, before anything is built" is_status 2
"$root/setup" --help >out 2>err
status=$?
verdict "setup says that there is more" out_has "demo --all"

finish
