#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle lti: launches in the sandbox and at a served one, and looking at a launch that somebody captured.
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/cli/lib.sh
. "$here/lib.sh"
fixture=$here/../fixtures/lti/launch_signed.json

none() { ! grep -qF -- "$1" out && ! grep -qF -- "$1" err; }

# ------------------------------------------------------------------------------------------------
# launch

run lti launch --as learner gen_id=3 tst_frm_id=101
verdict 'a launch in the sandbox ends at its start page' is_status 0
verdict 'it says where it led' out_has 'The launch led to https://recette.isograd.com/test/start/'
verdict 'it says what was checked' out_has 'the signature fits, type, version and resource link are there'
verdict 'it shows what was sent' out_has 'custom_tst_frm_id                 101'
verdict 'it shows a person cut short' out_has 'a…@example.org'
verdict 'nothing of a person stands there in full' none ada.lovelace

run lti launch --as learner --version 1.3 gen_id=3 tst_frm_id=101
verdict 'a launch by LTI 1.3 ends at its start page' is_status 0
verdict 'it shows the claims' out_has 'LtiResourceLinkRequest'
verdict 'it says what the platform checked' out_has 'the platform knows the client, the redirect_uri and both hints'
verdict 'it says what fits' out_has 'signature, issuer, audience, times, nonce and state fit'
verdict 'no token stands there in full' none 'eyJhbGciOiJSUzI1NiIs'

run lti launch --as instructor --operation add_test --email nobody@example.org tst_frm_id=101
verdict 'a refused launch is a failure' is_status 1
verdict 'it ends with the words of the vendor' err_has "Ce candidat n'existe pas"

run lti launch --as learner gen_id=3
verdict 'a missing parameter is refused before anything is sent' is_status 1
verdict 'by its name' err_has 'tst_frm_id is required'

run lti launch --as learner gen_id=3 tst_frmid=101
verdict 'an unknown parameter is an error of usage' is_status 2
verdict 'with the nearest name' err_has 'Did you mean tst_frm_id?'

run lti launch gen_id=3 tst_frm_id=101
verdict 'it must be said as whom' is_status 2
run lti launch --as learner --version 2 gen_id=3 tst_frm_id=101
verdict 'there are two versions' is_status 2
run lti lanch
verdict 'an unknown command of lti' err_has 'Did you mean launch?'
run lti
verdict 'lti alone' is_status 2
run lti --help
verdict 'lti --help lists its commands' out_has '  explain       decodes a launch'
run --help
verdict 'parts of lti are no commands' none lti_launch

run lti launch --as learner --url https://tool.example.org/launch --key k a=b
verdict 'a made-up person goes to nobody' err_has 'say who is launched'

"$BEADLE" lti keys make --dir keys >out 2>err
run lti launch --as learner --version 1.3 --keys keys gen_id=3 tst_frm_id=101
verdict 'a launch signed with the keys of a folder' is_status 0
run lti registration --issuer https://lms.example.org --client-id lms-1 --keys keys
verdict 'the registration says what the tool must know' out_has 'https://lms.example.org/lti/jwks'
verdict 'and what the platform must know' out_has 'https://recette.isograd.com/public/jwks.php'
run lti registration --issuer https://lms.example.org
verdict 'a registration needs a client id' is_status 2
run lti launch --as learner --version 1.3 --keys nowhere gen_id=3 tst_frm_id=101
verdict 'a folder without keys' err_has 'there is no key in nowhere'

mkdir real
cat >real/beadle.conf.lua <<'TEXT'
return { profiles = {
  mixed = { isograd = "sandbox" },
  bare = { isograd = { base_url = "http://127.0.0.1:9/api", client_id = "x", client_secret = "long-enough" } },
} }
TEXT
chmod 600 real/beadle.conf.lua
for version in 1.1 1.3; do
  run --config real/beadle.conf.lua --profile mixed lti launch --as learner --version $version gen_id=3 tst_frm_id=101
  verdict "LTI $version: what only a profile simulates is not reached by its real address" err_has 'Nothing was sent.'
  verdict 'that is a matter of configuration' is_status 78
done
run --config real/beadle.conf.lua --profile bare lti launch --as learner --email a@example.org --given A --family B \
  gen_id=3 tst_frm_id=101
verdict 'a profile without an address of launches' err_has 'does not say isograd.lti_url'

run lti launch --as learner --html page.html gen_id=3 tst_frm_id=101
verdict 'the page is written and nothing sent' out_has 'nothing was sent'
run lti explain page.html
verdict 'the page is explained' out_has 'launch of LTI 1.1, 19 fields'

# ------------------------------------------------------------------------------------------------
# at a served sandbox

"$BEADLE" sandbox >served 2>&1 &
server=$!
tries=0
until url=$(sed -n 's/.* listens on \(http[^ ]*\) .*/\1/p' served) && [ -n "$url" ]; do
  tries=$((tries + 1))
  [ "$tries" -gt 300 ] && break
  sleep 0.1
done
run lti launch --as learner --url "$url/public/lti.php" gen_id=3 tst_frm_id=101
verdict 'a launch at a served sandbox' out_has "The launch led to $url/test/start/"
run lti launch --as learner --version 1.3 --url "$url/public/lti.php" gen_id=3 tst_frm_id=101
verdict 'by LTI 1.3, which it is told of' out_has 'registered with the sandbox at that address'
verdict 'it leads to the start page' out_has "The launch led to $url/test/start/"
SECRET=not-the-secret
export SECRET
run lti launch --as learner --url "$url/public/lti.php" --secret-env SECRET gen_id=3 tst_frm_id=101
verdict 'a wrong secret is a failure' is_status 1
verdict 'whose reason is named' err_has bad_signature
verdict 'the secret is shown nowhere' none not-the-secret
kill "$server"
wait "$server" 2>/dev/null
run lti launch --as learner --url "$url/public/lti.php" gen_id=3 tst_frm_id=101
verdict 'nobody there is a failure' is_status 1

# ------------------------------------------------------------------------------------------------
# explain

body=$(jq -r '.fields | map(@uri "\(.[0])=\(.[1])") | join("&")' "$fixture")
signature=$(jq -r '.signature | @uri' "$fixture")
at=$(jq -r '.timestamp + 60' "$fixture")
address=$(jq -r .url "$fixture")
printf '%s&oauth_signature=%s' "$body" "$signature" >body
jq -j .secret "$fixture" >secret
chmod 600 secret

run lti explain body --url "$address" --secret-file secret --at "$at"
verdict 'a launch with nothing wrong' is_status 0
verdict 'it says so' out_has 'Nothing is wrong in what could be checked.'
run lti explain "$(cat body)" --url "$address" --secret-file secret --at "$at"
verdict 'the body itself may be given' is_status 0
"$BEADLE" lti explain - --url "$address" --secret-file secret --at "$at" <body >out 2>err
status=$?
verdict 'and standard input' is_status 0
run lti explain body --url "$address" --secret-file secret
verdict 'an old launch is wrong' is_status 1
verdict 'by its clock' out_has 'The first thing that is wrong: clock'
run lti explain body --url "$address" --secret-file secret --at 2023-11-14T22:13:30Z
verdict 'a time may be written' is_status 0
run lti explain body --url "http${address#https}" --secret-file secret --at "$at"
verdict 'another address is wrong' is_status 1
verdict 'it shows the mistake' out_has 'another scheme'
verdict 'it shows both base strings' out_has 'there   POST&https'
verdict 'with a caret' out_has '                 ^'
printf wrong-secret >wrong
chmod 600 wrong
run lti explain body --url "$address" --secret-file wrong --at "$at" --base-string 'POST&https%3A%2F%2Fother'
verdict 'the base string of the sender is compared' out_has 'the base strings differ'
verdict 'no secret is shown' none wrong-secret
# What is looked at comes from somebody else: it moves no cursor, and sets no title of the terminal.
bare() { ! LC_ALL=C grep -q "$(printf '[\001-\011\013-\037\177]')" out err; }
run lti explain 'lti_message_type=%1b%5b31m&lti_version=x&oauth_consumer_key=%1b%5d0%3bx%07&a%1bb=%c2%9b31m&user_id=%1b'
verdict 'a form with control characters is explained' out_has 'wrong message type'
verdict 'without them' bare
printf '\033]0;x\007%%zz=1' >junk
run lti explain junk
verdict 'nor are they in what is wrong with a form' bare
# {"alg":"RS256","kid":"\u001b[31m"} and {"iss":"\u001b]0;x\u0007","name":"\u001b[2J"}
run lti explain \
  eyJhbGciOiJSUzI1NiIsImtpZCI6Ilx1MDAxYlszMW0ifQ.eyJpc3MiOiJcdTAwMWJdMDt4XHUwMDA3IiwibmFtZSI6Ilx1MDAxYlsySiJ9.AAAA
verdict 'a token with control characters is explained' out_has 'alg RS256'
verdict 'without them too' bare
run lti explain nothing
verdict 'what is no launch' out_has 'it is neither an id_token nor a form'
run lti explain
verdict 'explain needs a launch' is_status 2
chmod 644 secret
run lti explain body --url "$address" --secret-file secret --at "$at"
verdict 'a secret in a file that others read is not taken from there' is_status 2

finish
