#!/bin/sh
# SPDX-License-Identifier: MIT
# http.serve as clients see it that are not polite: torn and forged requests, limits, slow ones, and how it ends.
. "$(dirname "$0")/lib.sh"
: "${BEADLE_TESTCLIENT:?names the test client}"
server=
slow=
trap 'kill $server $slow 2>/dev/null; rm -rf "$work"' EXIT
status=0
: >out

cat >serve.lua <<'END'
local async = require "beadle.async"
local http = require "beadle.http"
local options = load("return {" .. (arg[1] or "") .. "}")()
local big = ("0123456789abcdef"):rep(300000)
options.routes = {
  ["GET /"] = function() return "hello" end,
  ["GET /url"] = function(request) return request.url end,
  ["GET /wait"] = function()
    print "waiting"
    io.stdout:flush()
    local ok, err = pcall(async.sleep, 60)
    print(ok and "slept" or err.kind)
    io.stdout:flush()
    error(err, 0)
  end,
  ["GET /big"] = function() return big end,
  ["GET /short"] = function() async.sleep(0.05) return "short" end,
  ["POST /length"] = function(request) return #request.body .. " bytes" end,
  ["GET /fail"] = function() error "broken on purpose" end,
  ["GET /exit"] = function() os.exit(7) end,
}
local server = http.serve(options)
print("port " .. server.port)
io.stdout:flush()
END

begin() { # [OPTIONS OF beadle -- ] [OPTIONS OF serve]: sets server and port
  rm -f said
  "$BEADLE" --log-level info serve.lua "${1:-}" >said 2>err &
  server=$!
  until port=$(sed -n 's/^port //p' said 2>/dev/null) && [ -n "$port" ]; do
    kill -0 "$server" 2>/dev/null || { cat err; exit 1; }
    sleep 0.02
  done
}

end() { # SIGNAL: sets status
  kill -s "$1" "$server"
  wait "$server"
  status=$?
  server=
}

until_said() { # TEXT
  turns=0
  until grep -qF "$1" said; do
    turns=$((turns + 1))
    [ "$turns" -lt 1500 ] || return 1
    sleep 0.02
  done
}

ask() { # BYTES for printf, then options of the client: the answer in out
  # shellcheck disable=SC2059 # the bytes are a format
  printf "$1" >request
  shift
  "$BEADLE_TESTCLIENT" send "$port" "$@" <request >out
  status=$?
}
answer_is() { head -1 out | grep -q "^HTTP/1.1 $1 "; }
answers() { [ "$(grep -o 'HTTP/1.1 [0-9]' out | wc -l)" -eq "$1" ]; }
is_closed() { tail -1 out | grep -q '^(closed)$'; }
asked() { # NAME STATUS BYTES [CLIENT OPTIONS...]
  title=$1
  wanted=$2
  shift 2
  ask "$@"
  verdict "$title" answer_is "$wanted"
}

H='Host: localhost\r\nConnection: close\r\n'
begin

# Requests in pieces
asked "a request byte by byte" 200 "GET / HTTP/1.1\r\n$H\r\n" --piece 1
verdict "is answered once" answers 1
asked "a body byte by byte" 200 "POST /length HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nhello" --piece 1
verdict "comes in whole" out_has "5 bytes"
asked "a chunked body byte by byte" 200 \
  "POST /length HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n" --piece 1
verdict "is put together" out_has "5 bytes"
ask "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /short HTTP/1.1\r\nHost: a\r\n\r\nGET /url HTTP/1.1\r\n$H\r\n"
verdict "three requests at once get three answers" answers 3
verdict "in their order" sh -c 'tr -d "\r\n" <out | grep -q "hello.*short.*/url"'
ask "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /short HTTP/1.1\r\nHost: a\r\n\r\nGET /url HTTP/1.1\r\n$H\r\n" --piece 1
verdict "and so byte by byte" answers 3
ask "POST /length HTTP/1.1\r\n${H}Content-Length: 50\r\n\r\nhello" --shut
verdict "half a body is no request" answers 0
asked "HTTP/1.0 needs no host" 200 "GET / HTTP/1.0\r\n\r\n"
asked "the absolute form is taken" 200 "GET http://other.example/url HTTP/1.1\r\n$H\r\n"
verdict "and changes nothing about our address" out_has "http://127.0.0.1:$port/url"

# Forged ones
asked "two lengths" 400 "POST /length HTTP/1.1\r\n${H}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"
verdict "end the connection" is_closed
asked "a length and chunks" 400 \
  "POST /length HTTP/1.1\r\n${H}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /fail HTTP/1.1\r\n$H\r\n"
verdict "end the connection, and what follows is not read" answers 1
asked "chunked twice" 400 "POST /length HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
asked "another transfer coding" 501 "POST /length HTTP/1.1\r\n${H}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
asked "almost chunked" 501 "POST /length HTTP/1.1\r\n${H}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"
asked "a chunk without a size" 400 "POST /length HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"
for length in '+5' '-1' 0x5 '5, 5' '5 5' five; do
  asked "the length $length" 400 "POST /length HTTP/1.1\r\n${H}Content-Length: $length\r\n\r\nhello"
done
asked "two hosts" 400 "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"
asked "no host" 400 "GET / HTTP/1.1\r\n\r\n"
asked "a host with a user" 400 "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"
asked "a host with a path" 400 "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"
asked "a blank before the colon" 400 "GET / HTTP/1.1\r\nContent-Length : 5\r\n$H\r\nhello"
asked "a bare CR in a header" 400 "GET / HTTP/1.1\r\nX-A: b\rX-B: c\r\n$H\r\n"
asked "a line without a colon" 400 "GET / HTTP/1.1\r\nno colon\r\n$H\r\n"
asked "a NUL in the target" 400 "GET /\\000url HTTP/1.1\r\n$H\r\n"
asked "a blank in the target" 400 "GET /a b HTTP/1.1\r\n$H\r\n"
asked "a byte above 127 in the target" 400 "GET /\\303\\251 HTTP/1.1\r\n$H\r\n"
asked "a fragment in the target" 400 "GET /a#b HTTP/1.1\r\n$H\r\n"
asked "no path" 400 "GET url HTTP/1.1\r\n$H\r\n"
asked "another version" 505 "GET / HTTP/2.0\r\n$H\r\n"
asked "another minor version" 505 "GET / HTTP/1.2\r\n$H\r\n"
asked "another protocol" 400 "GET / FTP/1.1\r\n$H\r\n"
asked "a method that nobody knows" 501 "BREW / HTTP/1.1\r\n$H\r\n"
asked "nothing there" 404 "GET /nothing HTTP/1.1\r\n$H\r\n"
asked "two slashes are another path" 404 "GET //url HTTP/1.1\r\n$H\r\n"
asked "another method" 405 "DELETE /url HTTP/1.1\r\n$H\r\n"
verdict "with those that there are" grep -q '^Allow: GET, HEAD, OPTIONS' out
asked "a failing handler" 500 "GET /fail HTTP/1.1\r\n$H\r\n"
verdict "says nothing of the error to its client" sh -c '! grep -q "on purpose\|traceback\|lua" out'
id=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*/\1/p' out)
verdict "but to the log, under the same id" grep -q "failed ($id).*broken on purpose" err
verdict "with the traceback" grep -q 'serve.lua:.*in' err
ask "GET /url?password=canary HTTP/1.1\r\n$H\r\n"
verdict "the log has a line for each request" grep -q 'info: GET /url?...: 200, [0-9]* ms' err
verdict "without the query" sh -c '! grep -q canary err'

# Limits
code() { # CURL ARGUMENTS...: the status in out
  curl --silent --max-time 30 --output /dev/null --write-out '%{http_code}' "$@" >out 2>curl.err
  status=$?
}
head -c 1048576 /dev/zero >whole
head -c 1048577 /dev/zero >more
for how in 'Expect:' 'Expect: 100-continue' 'Transfer-Encoding: chunked'; do
  code -H "$how" --data-binary @whole "http://127.0.0.1:$port/length"
  verdict "a body of 1 MiB is taken ($how)" out_is 200
  code -H "$how" --data-binary @more "http://127.0.0.1:$port/length"
  verdict "one more byte is refused ($how)" out_is 413
done
ask "POST /length HTTP/1.1\r\n${H}Content-Length: 99999999999\r\n\r\nhello"
verdict "far too much is refused before it is sent" answer_is 413
ask "POST /length HTTP/1.1\r\n${H}Content-Length: 99999999999999999999999999\r\n\r\nhello"
verdict "and more than a number holds" answer_is 413
ask "POST /length HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello"
verdict "a client that asks first is told to go on" answer_is 100
ask "POST /length HTTP/1.1\r\n${H}Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\nhello"
verdict "or not" answer_is 413
long() { head -c "$1" /dev/zero | tr '\0' a; }
asked "a head of almost 32 KiB" 200 "GET / HTTP/1.1\r\n${H}X-A: $(long 32600)\r\n\r\n"
asked "a head of more" 431 "GET / HTTP/1.1\r\n${H}X-A: $(long 32800)\r\n\r\n"
asked "a head of far more" 431 "GET / HTTP/1.1\r\n${H}X-A: $(long 120000)\r\n\r\n"
asked "a target of more" 431 "GET /$(long 33000) HTTP/1.1\r\n$H\r\n"
asked "a target of far more" 414 "GET /$(long 120000) HTTP/1.1\r\n$H\r\n"

# How it ends
end TERM
verdict "SIGTERM ends it" is_status 143

client() { # PATH: in the background
  curl --silent --max-time 60 --output client.out --write-out '%{http_code}' "http://127.0.0.1:$port$1" >client.code &
  client=$!
}
client_got() {
  wait "$client"
  [ "$(cat client.code)" = "$1" ]
}
begin 'grace = 0.05'
client /wait
until_said waiting
end INT
verdict "Ctrl-C while a handler waits" is_status 130
verdict "cancels the handler" grep -q '^cancelled$' said
verdict "and answers 503" client_got 503

begin 'grace = 0.05'
client /wait
until_said waiting
end TERM
verdict "SIGTERM while a handler waits" is_status 143
verdict "answers 503" client_got 503

begin
client /wait
until_said waiting
ask "GET /exit HTTP/1.1\r\n$H\r\n"
wait "$server"
status=$?
verdict "os.exit while a handler waits" is_status 7
verdict "answers 503 too" client_got 503

begin
end INT
verdict "Ctrl-C while nobody is there" is_status 130

cat >breaks.lua <<'END'
local async = require "beadle.async"
local http = require "beadle.http"
local began = async.event()
local server = http.serve { grace = 0.05, routes = { ["GET /"] = function() began:set() async.sleep(60) end } }
async.spawn(pcall, http.get, server.url .. "/")
began:wait()
error "the script is broken"
END
run breaks.lua
verdict "an error of the script while a handler waits" is_status 1
verdict "is what is said" err_has "the script is broken"

# A client that leaves
begin
client /wait
until_said waiting
kill "$client"
verdict "a client that leaves ends its handler" until_said cancelled
verdict "and is in the log" grep -q 'GET /wait: the client left before the answer' err
end INT

# Slow ones
begin 'idle_timeout = 2, request_timeout = 0.5, max_connections = 1000'
mkfifo life
"$BEADLE_TESTCLIENT" slow "$port" 1000 <life >slow.out &
slow=$!
exec 3>life
until grep -q ready slow.out; do sleep 0.02; done
asked "while 1,000 clients drip, another is served" 200 "GET / HTTP/1.1\r\n$H\r\n"
sleep 4
asked "and later too" 200 "GET / HTTP/1.1\r\n$H\r\n"
exec 3>&-
wait "$slow"
slow=
verdict "the slow ones are ended though they are never silent" grep -q '^closed 1000$' slow.out
end INT

begin 'max_connections = 20, idle_timeout = 100'
mkfifo deaf_life
"$BEADLE_TESTCLIENT" deaf "$port" 150 /big <deaf_life >deaf.out &
slow=$!
exec 3>deaf_life
until grep -q ready deaf.out; do sleep 0.02; done
asked "while 150 clients take no answer, another is served" 200 "GET / HTTP/1.1\r\n$H\r\n"
exec 3>&-
wait "$slow"
slow=
end INT

begin 'idle_timeout = 1'
ask "GET / HTTP/1.1\r\nHo"
verdict "a silent connection is closed" is_closed
verdict "without an answer" answers 0
end INT

# TLS
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
  -keyout key.pem -out cert.pem 2>/dev/null
chmod 600 key.pem
begin 'grace = 0.05, cert_file = "cert.pem", key_file = "key.pem"'
curl --silent --max-time 30 --cacert cert.pem "https://localhost:$port/" >out 2>&1
status=$?
verdict "with a certificate it speaks TLS" out_is hello
curl --silent --max-time 30 --cacert cert.pem "https://localhost:$port/url" >out 2>&1
verdict "under an address that says so" out_is "https://127.0.0.1:$port/url"
curl --silent --max-time 30 --tls-max 1.1 --cacert cert.pem "https://localhost:$port/" >out 2>&1
status=$?
verdict "but none before 1.2" [ "$status" -ne 0 ]
curl --silent --max-time 30 "http://127.0.0.1:$port/" >out 2>&1
verdict "and nothing else" sh -c '! grep -q hello out'
client=
curl --silent --max-time 60 --cacert cert.pem -o /dev/null -w '%{http_code}' "https://localhost:$port/wait" >client.code &
client=$!
until_said waiting
kill -INT "$server"
client_got 503 || sleep 0
wait "$server"
status=$?
verdict "it ends while a handler waits" is_status 130
chmod 644 key.pem
run serve.lua 'cert_file = "cert.pem", key_file = "key.pem"'
verdict "a key that everybody can read is refused" err_has "chmod 600"
chmod 600 key.pem
run serve.lua 'cert_file = "key.pem", key_file = "key.pem"'
verdict "what is no certificate is refused" err_has "no certificate and its key"
run serve.lua 'cert_file = "none.pem", key_file = "key.pem"'
verdict "a file that is missing is named" err_has "none.pem cannot be read"

begin 'host = "0.0.0.0"'
verdict "a server for other machines is warned of" grep -q 'warning: the server on 0.0.0.0.*does not encrypt' err
end INT
finish
