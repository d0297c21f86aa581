#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle doctor: what it finds in the sandbox, with a live profile, and with what is broken; never a secret.
. "$(dirname "$0")/lib.sh"

secret=Canary-Secret-0815
lacks_secret() { ! grep -qF "$secret" out && ! grep -qF "$secret" err; }
advises() { # TEXT ADVICE: the advice stands below the finding
  grep -F -A1 -- "$1" out | grep -qF -- "-> $2"
}

run doctor
verdict "in the sandbox nothing is wrong" is_status 0
verdict "libraries have their versions, and the oldest that will do" sh -c \
  'grep -q "ok      libcurl [0-9.]* (at least 7.86)" out && grep -q "SQLite [0-9.]* (at least 3.40)" out'
verdict "the authorities are counted" sh -c 'grep -q "[1-9][0-9]* authorities are trusted" out'
verdict "a vendor is asked with the call of its record" out_has "isograd.list_available_credits answered (sandbox)"
verdict "one that cannot be is skipped, with the reason" out_has "skipped lara: the credentials cannot be tried"
run doctor --offline
verdict "--offline asks nobody" sh -c '! grep -q answered out && grep -q "isograd: not asked" out'
run doctor --json
verdict "--json is one document" sh -c '[ "$(jq -r ".version, .wrong" out | tr "\n" " ")" = "1 0 " ]'
run doctor --jsn
verdict "an unknown option has the nearest" sh -c "[ $status -eq 2 ] && grep -q 'Did you mean --json?' err"
run doctor now
verdict "an argument is wrong usage" is_status 2

# ----------------------------------------------------------------------------------------------------
profile() { # NAME: a profile that leads to the served sandbox, or nowhere
  cat >beadle.conf.lua <<END
return { default = "live", profiles = { live = {
  isograd = { base_url = "$1/api/usage", auth_url = "$1/oauth2/token",
    client_id = "${3:-test-client-id}", client_secret = "$2" } } } }
END
  chmod 600 beadle.conf.lua
}

"$BEADLE" sandbox --port 0 >served 2>served.err </dev/null &
server=$!
trap 'kill $server 2>/dev/null; rm -rf "$work"' EXIT
tries=0
while ! grep -q 'listens on' served && [ $tries -lt 600 ]; do
  tries=$((tries + 1))
  sleep 0.05
done
base=$(sed -n 's/^The sandbox listens on \(http:[^ ]*\) .*/\1/p' served)

profile "$base" test-client-secret
run doctor
verdict "a live profile that works is status 0" is_status 0
verdict "its file is named with its mode" out_has "beadle.conf.lua, mode 600"
verdict "its vendor is asked" out_has "ok      isograd.list_available_credits answered"
verdict "others of the catalogue are not" sh -c '! grep -q scodoc out'
verdict "the clock is compared with the vendor's" sh -c 'grep -q "ok      the clock is [0-5] s .* that of isograd" out'

sed 's|profiles = { live = {|& mail = { smtp = "smtp://127.0.0.1:9", from = "me@example.org" },|' beadle.conf.lua >with_mail
cp with_mail beadle.conf.lua
run doctor
verdict "a mail server has no clock, and none is missed" sh -c '! grep -q "WRONG" out'

profile "$base" $secret
run doctor
verdict "wrong credentials are status 1" is_status 1
verdict "and said, with what to do" sh -c 'grep -A1 "WRONG   isograd.list_available_credits" out | grep -q -- "->"'
verdict "without the secret" lacks_secret
run doctor --json
verdict "also not in JSON" lacks_secret
run doctor --offline
verdict "--offline does not notice" is_status 0

profile http://127.0.0.1:9 $secret
run doctor
verdict "a vendor that is out of reach is wrong" sh -c "[ $status -eq 1 ] && grep -q 'WRONG   isograd: http://127.0.0.1:9' out"
verdict "nor is the secret shown then" lacks_secret

# ----------------------------------------------------------------------------------------------------
printf 'return {\n  profiles = {\n' >beadle.conf.lua
run doctor
verdict "a broken file has its line" sh -c "[ $status -eq 1 ] && grep -q 'WRONG   the configuration is broken: beadle.conf.lua:3' out"
profile "$base" $secret
sed -i 's/base_url/bse_url/' beadle.conf.lua
run doctor
verdict "an unknown setting has its line and the nearest" advises 'beadle.conf.lua:2: the setting "isograd.bse_url"' \
  "Did you mean base_url?"
profile "$base" $secret
chmod 644 beadle.conf.lua
run doctor
verdict "a secret that others can read is wrong" advises "others can read the secret isograd.client_secret" "Make the file"
verdict "and is not shown" lacks_secret
chmod 666 beadle.conf.lua
run doctor
verdict "a file that others can write is wrong" sh -c "[ $status -eq 1 ] && grep -q 'others can write it' out"
rm beadle.conf.lua
run --config nowhere.lua doctor
verdict "a file that is not there is wrong" sh -c "[ $status -eq 1 ] && grep -q 'there is no nowhere.lua' out"
run --profile nobody doctor
verdict "a profile that is not there is wrong" sh -c "[ $status -eq 1 ] && grep -q 'there is no profile \"nobody\"' out"

# ----------------------------------------------------------------------------------------------------
mkdir -p state/beadle
chmod 755 state/beadle
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
run doctor --offline
verdict "a state folder that others can look at is a warning" sh -c \
  "[ $status -eq 0 ] && grep -A1 'WARNING .*state/beadle can be looked at' out | grep -q 'chmod 700'"
chmod 700 state/beadle
run doctor --offline
verdict "one of our own is fine" out_has "ok      $work/state/beadle can be written"
rm -r state
echo text >state
run doctor --offline
verdict "one that cannot be made is wrong" is_status 1

finish
