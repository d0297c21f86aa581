#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input on the command line: it arrives at the vendor, over HTTP, as it was typed, or it is refused by name before
# anything is sent.
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ -z "${BEADLE_TEST_SANDBOX:-}" ]; then
  exec "$root/tests/with-sandbox" --beadle "$BEADLE" -- sh "$root/tests/cli/test_bad_input.sh"
fi
config=$BEADLE_CONFIG
. "$(dirname "$0")/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG

call() { run --profile served call "$@"; }

# Prints the requests that came since the last time: method, path, query and body.
cat >came.lua <<'END'
local sandbox = require("beadle.sandbox").at(os.getenv "BEADLE_TEST_SANDBOX")
for _, vendor in ipairs(require("beadle.catalogue").vendors()) do
  for _, request in ipairs(sandbox[vendor].requests()) do
    print(request.method, request.path, request.query or "", request.body)
  end
end
sandbox.reset()
END
came() {
  run --profile served came.lua
}
nothing_came() {
  came
  out_is_empty
}

# refuses WHAT WORDS ARGUMENTS...
refuses() {
  what=$1
  words=$2
  shift 2
  call "$@"
  verdict "$what is refused" is_status 2
  verdict "and said" err_has "$words"
  verdict "and nothing is sent" nothing_came
}

for pair in 'a/b:a%2Fb' '?x=1:%3Fx%3D1' '#top:%23top' '%2F:%252F' '100%:100%25' '../up:..%2Fup' "it's:it%27s"; do
  call syfadis.get_user_property id=327680 "property=${pair%:*}"
  came
  verdict "${pair%:*} stays one segment of the path" out_has "/odata-api/Users(327680)/${pair#*:}	"
done
refuses "a path of dots" "property would change the path" syfadis.get_user_property id=327680 property=..

call syfadis.list_users "filter=LastName eq 'D''Exemple' or FirstName eq \"x\" & 1 # ? % +"
came
verdict "quotes stay in the filter" \
  out_has "\$filter=LastName%20eq%20%27D%27%27Exemple%27%20or%20FirstName%20eq%20%22x%22%20%26%201%20%23%20%3F%20%25%20%2B"

refuses "an entity in the wrong case" "Did you mean Trainees?" syfadis.list_trainees set=trainees
printf '{ "set": "jobs", "id": 1 }' >wrong.json
printf '{ "PrimaryDomain": "domains(131072)" }' >link.json
printf '{ "permissions": [] }' >empty.json
refuses "one from a file" "did you mean \"Jobs\"?" syfadis.get_group --json wrong.json
refuses "one in a link" "here to \"Domains\"" syfadis.create_user FirstName=A LastName=B --json link.json

call syfadis.get_user id=9007199254740993
came
verdict "an id beyond 2^53 has all its digits" out_has "/odata-api/Users(9007199254740993)	"
call syfadis.get_user id=9223372036854775807
came
verdict "up to 2^63 - 1" out_has "/odata-api/Users(9223372036854775807)	"
refuses "one beyond that" "id must be a whole number" syfadis.get_user id=9223372036854775808
refuses "one with an exponent" "id must be a whole number" syfadis.get_user id=1e3

refuses "an empty list" "group_ids must be a list" scodoc.partition_groups_order partition_id=1 group_ids=
refuses "an empty list of texts" "select must be" syfadis.list_users select=
call scodoc.role_create role_name=x --json empty.json
came
verdict "an empty list is an array in JSON" out_has '"permissions":[]'

newline='
'
refuses "a line break in a path" "property must be" syfadis.get_user_property id=1 "property=a${newline}b"
refuses "a carriage return in a query" "filter must be" syfadis.list_users "filter=$(printf 'a\rb')"
refuses "a line break in a header" "code must be" inspera.authenticate "code=a${newline}X-Injected: 1"
refuses "a space around a header" "code must not begin or end with a space" inspera.authenticate "code= a"
printf '{ "id": 1, "property": "a\\u0000b" }' >nul.json
refuses "NUL" "property must be" syfadis.get_user_property --json nul.json
refuses "a very long address" "the address would have" syfadis.list_users \
  "filter=$(head -c 70000 /dev/zero | tr '\0' a)"

BEADLE_TEST_SETS=200
export BEADLE_TEST_SETS
run "$root/tests/lua/test_random_parameters.lua"
verdict "random parameters arrive over HTTP as they are meant" is_status 0
verdict "those of all vendors" out_has "12 passed, 0 failed"
finish
