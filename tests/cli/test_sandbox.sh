#!/bin/sh
# SPDX-License-Identifier: MIT
# `beadle sandbox`, used with curl as the vendor's document shows ("Isograd API, Démarrage rapide, API").
. "$(dirname "$0")/lib.sh"

"$BEADLE" sandbox --port 0 >said 2>err &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
until grep -q 'odata-api/Users(' said 2>/dev/null; do # which is said last
  kill -0 "$server" 2>/dev/null || { cat err; exit 1; }
done
base=$(grep -o 'http://127.0.0.1:[0-9]*' said | head -1)

fetch() { # curl ARGUMENTS...: the answer in out, its HTTP status in code
  code=$(curl --silent --show-error --max-time 20 --output out --write-out '%{http_code}' "$@" 2>err)
  status=$?
}
code_is() { [ "$code" = "$1" ]; }

verdict "prints the made-up credentials" grep -q 'test-client-secret' said

fetch -X POST "$base/oauth2/token?grant_type=client_credentials&scopes=usage" \
  -d client_id=test-client-id -d client_secret=test-client-secret
verdict "gives a token" out_has '"access_token":"test-'
token=$(sed 's/.*"access_token":"\([^"]*\)".*/\1/' out)

fetch "$base/api/usage" -H "Authorization: Bearer $token" \
  -d act_id=1 -d gen_id=3 -d ema=test@example.org -d fst_nam=John -d lst_nam=Doe
verdict "creates a candidate" out_has '"success":true'
verdict "with an id" grep -qE '"can_id":[0-9]+[,}]' out
verdict "and a link" grep -q '"lgn_url":"http' out
fetch "$base/api/usage" -H "Authorization: Bearer $token" \
  -d act_id=1 -d gen_id=3 -d ema=test@example.org -d fst_nam=John -d lst_nam=Doe
verdict "refuses the same address again" out_has '"error_code":202'
verdict "with the id of the first" grep -qE '"can_id":[0-9]+[,}]' out

fetch "$base/api/usage" -d act_id=1
verdict "refuses a call without a token" code_is 401
fetch -X POST "$base/oauth2/token?grant_type=client_credentials&scopes=usage" -d client_id=x -d client_secret=y
verdict "refuses wrong credentials" code_is 401

# Addressed as in the document: by the vendor's own hosts.
port=${base##*:}
fetch --connect-to "auth.isograd.com:80:127.0.0.1:$port" -X POST \
  'http://auth.isograd.com/oauth2/token?grant_type=client_credentials&scopes=usage' \
  -d client_id=test-client-id -d client_secret=test-client-secret
verdict "is reached by the token host's name" code_is 200
fetch --connect-to "recette.isograd.com:80:127.0.0.1:$port" http://recette.isograd.com/api/usage \
  -H "Authorization: Bearer $token" -d act_id=14
verdict "and by the API host's" out_has '"tests":['
fetch --connect-to "recette.isograd.com:80:127.0.0.1:$port" -X POST http://recette.isograd.com/_sandbox/isograd/reset
verdict "but is told what to do by this machine's name only" code_is 403
fetch -X POST "$base/_sandbox/isograd/candidates" -d '{}'
verdict "which it is" out_has 'test@example.org'

fetch "$base/api/usage" -H "Authorization: Bearer $token" -d act_id=2 -d ema=test@example.org -d tst_frm_id=101
link=$(sed 's/.*"tst_url":"\([^"]*\)".*/\1/' out)
fetch "$link"
verdict "shows a page behind a link" out_has 'Finish this test'

# Its mail server, with curl as the other program.
smtp=$(grep -o 'smtp://127.0.0.1:[0-9]*' said | head -1)
printf 'From: Ad\303\251 <ada@example.org>\r\nSubject: =?ISO-8859-1?Q?caf=E9?=\r\n\r\n.one\r\n..two\r\n' >letter
mail() { # ARGUMENTS...: sends the letter
  curl --silent --show-error --max-time 20 "$smtp" --mail-from ada@example.org --upload-file letter "$@" >out 2>err
  status=$?
}
tell() { # COMMAND JSON: what the mail server is told
  fetch -X POST "$base/_sandbox/mail/$1" -d "$2"
}

mail --mail-rcpt bob@example.org --mail-rcpt eve@example.org --user me:secret
verdict "takes mail from another program" is_status 0
tell mails '{}'
verdict "shows its subject" out_has '"subject":"café"'
verdict "its text, dots and all" out_has '"text":".one\n..two\n"'
verdict "its recipients" out_has '"recipients":["bob@example.org","eve@example.org"]'
verdict "and nothing of who signed in" sh -c '! grep -q secret out'
tell refuse '{"address": "bob@example.org"}'
mail --mail-rcpt bob@example.org
verdict "refuses a recipient when it is told to" err_has 'RCPT failed: 550'
tell fault '{"kind": "lost reply"}'
mail --mail-rcpt eve@example.org
verdict "loses a reply" is_status 56
tell mails '{"to": "eve@example.org"}'
verdict "but not the mail" sh -c '[ "$(grep -o "\"number\"" out | wc -l)" = 2 ]'
tell set '{"most_bytes": 10}'
mail --mail-rcpt eve@example.org
verdict "has a limit" is_status 8
tell set '{"most_bytes": 1000000}'
printf 'Subject: \351\r\nContent-Type: text/plain; charset=ISO-8859-1\r\n\r\n\351\r\n' >letter
mail --mail-rcpt eve@example.org
tell mails '{}'
verdict "shows bytes that are no UTF-8" out_has '"text":"é\n"'
tell requests '{}'
verdict "also in its log" out_has 'Subject: ?'
tell clear '{}'
tell mails '{}'
verdict "forgets them" out_has '"result":[]'

# The same server, with beadle's own client.
printf 'return { profiles = { p = { mail = { smtp = "%s", from = "me@example.org" } } } }' "$smtp" >own.lua
chmod 600 own.lua
tell reset '{}'
run --config own.lua --profile p call mail.send to=zoe@example.org subject=Zoë text=Hello
verdict "takes beadle's mail" out_has 'queued as SANDBOX0001'
tell mails '{}'
verdict "and shows it" out_has '"subject":"Zoë"'

# Whatever a client says, it goes on serving.
smtp_port=${smtp##*:}
talk() { # what to say: its answers in out
  printf "%b" "$1" | curl --silent --max-time 2 "telnet://127.0.0.1:$smtp_port" >out 2>err || true
}
talk 'MAIL FROM:<a@b.c>\r\nEHLO x\r\nRCPT TO:<a@b.c>\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b@c>\r\nDATA\r\nSTARTTLS\r\nQUIT\r\n'
verdict "wants EHLO first" out_has '503 5.5.1 Say EHLO first'
verdict "wants MAIL first" out_has '503 5.5.1 Say MAIL first'
verdict "wants an address" out_has '501 5.1.3'
verdict "wants a recipient" out_has '503 5.5.1 Nobody'
verdict "knows what it does not know" out_has '502 5.5.1'
verdict "says good-bye" out_has '221'

run sandbox --port "$port"
verdict "a port that is taken is said" err_has "Address already in use"
verdict "and is a failure" is_status 1
run sandbox --port 99999
verdict "a port that is none is a mistake of usage" is_status 2
run sandbox --host 0.0.0.0
verdict "it serves nobody but this machine" is_status 2

kill -INT "$server"
wait "$server"
status=$?
verdict "Ctrl-C ends it" is_status 130

rm said
"$BEADLE" --log-level info sandbox --port 0 >said 2>log &
server=$!
until grep -q 'http://' said 2>/dev/null; do
  kill -0 "$server" 2>/dev/null || { cat log; exit 1; }
done
base=$(grep -o 'http://127.0.0.1:[0-9]*' said | head -1)
fetch -X POST "$base/_sandbox/isograd/fault" -d '{"kind":"slow","operation":"authenticate","delay":60}'
verdict "a fault is accepted" code_is 200
curl --silent --max-time 30 -X POST "$base/oauth2/token?grant_type=client_credentials&scopes=usage" \
  -d client_id=test-client-id -d client_secret=test-client-secret >/dev/null &
until grep -q 'oauth2/token' log; do sleep 0.02; done
kill -INT "$server"
wait "$server"
status=$?
verdict "and it ends while an answer is held back" is_status 130
finish
