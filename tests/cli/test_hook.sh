#!/bin/sh
# SPDX-License-Identifier: MIT
# Hooks of programs that are run: where vendors reach them, a sandbox of another process that calls back over real
# sockets, what is written, and how a run ends that waits for what nobody can do.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

# ------------------------------------------------------------------------------------------------
# Where vendors reach a program

cat >open.lua <<'END_OF_LUA'
-- open.lua [PORT]: opens a hook, calls it as a proxy would, and says how it is called.
local hook <close> = require("beadle.hook").open {}
local path = hook:url():match "^https?://[^/]+(.*)$"
local port = arg[1] or hook:url():match ":(%d+)"
print((hook:url():gsub("%.[%w_-]+$", "")), #hook:url():match "%.([%w_-]+)$")
print(beadle.http.get("http://127.0.0.1:" .. port .. path, { retry = false }).status, hook:wait().count)
END_OF_LUA

conf() { # PROFILE, more entries
  printf 'return { default = "live", profiles = { live = { isograd = { %s, client_id = "me",
  client_secret = "very-secret-1" } } }%s }\n' "$1" "${2:-}" >beadle.conf.lua
  chmod 600 beadle.conf.lua
}
LIVE='base_url = "https://app.isograd.com/api/usage"'

run open.lua
verdict "in the sandbox loopback is fine" is_status 0
verdict "and the hook is reached" sh -c 'grep -q "^http://127.0.0.1:" out || grep -q "^http://127" out && grep -q "^200" out'

conf "$LIVE"
run open.lua
verdict "under a live profile a hook without a public address is an error of the configuration" is_status 78
verdict "which says why" err_has "the vendors of the profile live cannot call this machine"
verdict "and what to do" err_has 'public = "https://hooks.example.org"'

port=$("$BEADLE" -e 'local server <close> = beadle.http.serve { routes = {} } print(server.port)')
conf "$LIVE" ", public = 'https://hooks.example.org', listen = '127.0.0.1:$port'"
run open.lua "$port"
verdict "with one, the address is that" sh -c 'grep -q "^https://hooks.example" out && grep -q "^200" out'
verdict "and nothing is complained of" err_is_empty
conf "$LIVE" ", public = 'https://www.example.org/beadle/', listen = '127.0.0.1:$port'"
run open.lua "$port"
verdict "a proxy with a path may hand it on" sh -c 'grep -q "^200" out'
conf 'base_url = "http://127.0.0.1:1/", auth_url = "http://127.0.0.1:1/"'
run open.lua
verdict "vendors on this machine reach it by loopback" sh -c 'grep -q "^200" out'
run --profile sandbox open.lua
verdict "the sandbox does, whatever the default is" is_status 0

for wrong in \
  ", public = 'https://hooks.example.org'|needs listen beside it" \
  ", listen = '127.0.0.1:8085'|needs public beside it" \
  ", public = 'hooks.example.org', listen = '127.0.0.1:8085'|public is no address" \
  ", public = 'https://a.example/?x', listen = '127.0.0.1:8085'|public must end with" \
  ", public = 7, listen = '127.0.0.1:8085'|public must be a text" \
  ", public = 'https://a.example', listen = '8085'|listen must be an address and a port" \
  ", public = 'https://a.example', listen = '127.0.0.1:0'|listen must be an address and a port" \
  ", publik = 'https://a.example'|Did you mean public"; do
  conf "$LIVE" "${wrong%%|*}"
  run open.lua
  verdict "${wrong#*|}: 78" is_status 78
  verdict "and it is said with the line" sh -c "grep -qF '${wrong#*|}' err && grep -q 'beadle.conf.lua:[0-9]' err"
done
rm beadle.conf.lua

# ------------------------------------------------------------------------------------------------
# Runs that wait for what nobody can do any more

run --virtual-time -e 'require("beadle.hook").open {}:wait()'
verdict "a hook that nobody can call any more ends the run" is_status 1
verdict "which says so" err_has "it waits for something that can no longer happen"
verdict "and why" err_has "Time is virtual: nobody outside this program can call it"
run --virtual-time -e 'beadle.http.serve { routes = {} }'
verdict "so does a server with nothing to do" err_has "Time is virtual"
run --virtual-time -e 'require("beadle.hook").open {} print "done"'
verdict "a hook that nobody waits for keeps nobody" out_is done
run -e 'require("beadle.hook").open {} print "done"'
verdict "in real time too" out_is done
verdict "and ends well" is_status 0
run --virtual-time sandbox --port 0
verdict "the sandbox is not served while time is virtual" err_has "cannot be served while time is virtual"

# ------------------------------------------------------------------------------------------------
# The same seed gives the same run

cat >seeded.lua <<'END_OF_LUA'
local isograd, sandbox = require "beadle.isograd", require "beadle.sandbox"
local hook <close> = require("beadle.hook").open {}
io.open(arg[1], "w"):write(hook:url()):close()
sandbox.isograd.set { start_after = 3600, finish_after = 3 * 86400 }
isograd.add_another_test { ema = "grace.hopper@example.org", tst_frm_id = 101, cal_bac_pag = hook:url() }
print(beadle.time.iso(hook:wait { timeout = "4 days" }.at))
print(beadle.pretty.json(sandbox.isograd.tests()))
END_OF_LUA
for n in 1 2; do
  "$BEADLE" --virtual-time --seed 7 seeded.lua "url$n" >"run$n" 2>err
  status=$?
  verdict "three days pass in run $n" grep -q '^2026-01-04T08:00:0' "run$n"
done
verdict "the same seed gives the same run" cmp run1 run2
verdict "and the same address" cmp url1 url2
"$BEADLE" --virtual-time --seed 8 seeded.lua url3 >run3 2>err
verdict "another seed another" sh -c '! cmp -s url1 url3'
"$BEADLE" --seed 7 -e 'io.open("url4", "w"):write(require("beadle.hook").open {}:url()):close()'
"$BEADLE" --seed 7 -e 'io.open("url5", "w"):write(require("beadle.hook").open {}:url()):close()'
verdict "in real time no seed gives an address" sh -c '[ "$(sed "s/.*hooks//" url4)" != "$(sed "s/.*hooks//" url5)" ]'

# ------------------------------------------------------------------------------------------------
# A sandbox in another process

"$BEADLE" -E sandbox --port 0 >address 2>complaints </dev/null &
sandbox=$!
trap 'kill "$sandbox" 2>/dev/null; rm -rf "$work"' EXIT
until grep -qs 'smtp://127' address; do
  kill -0 "$sandbox" || exit 1
  sleep 0.05
done
base=$(sed -n 's/.*\(http:[^ ]*\).*/\1/p' address | head -n 1)
smtp=$(sed -n 's/.*\(smtp:[^ "]*\).*/\1/p' address | head -n 1 | tr -d '",')
"$BEADLE" -E "$root/tests/served_profile.lua" "$base" |
  sed "s|smtp = \"[^\"]*\"|smtp = \"$smtp\"|" >served.conf.lua
chmod 600 served.conf.lua
export BASE="$base"

cat >served.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local twin = require("beadle.sandbox").at(os.getenv "BASE").isograd
local hook <close> = require("beadle.hook").open {}
local added = isograd.add_another_test { ema = "grace.hopper@example.org", tst_frm_id = 101,
  cal_bac_pag = hook:url() .. "?from=the-sandbox" }
twin.finish_test { pla_tst_id = added.pla_tst_id, num_val = 700 }
local call = hook:wait { timeout = 20 }
print(call.method, call.query.from, call.count)
io.open("token", "w"):write(hook:url():match "%.([%w_-]+)$"):close()
END_OF_LUA
run --log-level trace --config served.conf.lua --profile served served.lua
verdict "calls a hook over real sockets" sh -c 'grep -q "^GET	the-sandbox	1" out'
verdict "whose address is written nowhere" sh -c '! grep -qF "$(cat token)" err out && [ -s err ]'
run -e 'local twin = beadle.sandbox.at(os.getenv "BASE").isograd
  local call repeat call = twin.calls()[1] until call.state ~= "under way"
  print(call.state, call.status, call.answer)'
verdict "and gets its answer although the program ended then" out_has "done	200	Thank you."

# A program that is killed while it waits, and has its hook again.
cat >killed.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local hooks = require "beadle.hook"
local twin = require("beadle.sandbox").at(os.getenv "BASE").isograd
if arg[1] then
  local hook <close> = hooks.open { again = arg[1], port = tonumber(arg[1]:match ":(%d+)/") }
  twin.finish_test { pla_tst_id = tonumber(arg[2]), num_val = 1 }
  print("again", hook:wait({ timeout = 20 }).count)
else
  local hook = hooks.open {}
  local added = isograd.add_another_test { ema = "grace.hopper@example.org", tst_frm_id = 101, cal_bac_pag = hook:url() }
  local file = io.open("killed.new", "w")
  file:write(hook:url(), " ", added.pla_tst_id, "\n")
  file:close()
  os.rename("killed.new", "killed.url")
  hook:wait()
end
END_OF_LUA
"$BEADLE" --config served.conf.lua --profile served killed.lua >out 2>err </dev/null &
pid=$!
until [ -e killed.url ]; do sleep 0.05; done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
# shellcheck disable=SC2046 # the address and the test
run --config served.conf.lua --profile served killed.lua $(cat killed.url)
verdict "a hook of a program that was killed is open again" out_has "again	1"

# ------------------------------------------------------------------------------------------------
# wait-for-result, killed

cat >tell.lua <<'END_OF_LUA'
-- tell.lua COMMAND: reset; count tests and mails; finish all tests; or judge FILES...: nobody has two tests or two mails, and no row is lost.
local csv = require "beadle.csv"
local at = require("beadle.sandbox").at(os.getenv "BASE")
local twin = at.isograd
if arg[1] == "reset" then
  at.reset()
  twin.set { latency = 0.01, finish_after = tonumber(arg[2] or false) or false }
  return
elseif arg[1] == "count" then
  print(#twin.tests() + #at.mail.mails())
  return
elseif arg[1] == "finish" then
  for _, planned in ipairs(twin.tests()) do
    if planned.ema ~= "alan.turing@example.org" then
      pcall(twin.finish_test, { pla_tst_id = planned.pla_tst_id, num_val = 640 })
    end
  end
  return
end
local wrong, has, mailed, seen = {}, {}, {}, {}
local emas = {}
for _, candidate in ipairs(twin.candidates()) do
  emas[candidate.can_id] = candidate.ema
end
for _, planned in ipairs(twin.tests()) do
  local ema = emas[planned.can_id] or ""
  local who = ema:find "^p%d" and ema
  wrong[#wrong + 1] = has[who] and who .. " was given a second test" or nil
  has[who or 0] = who and true
end
for _, each in ipairs(at.mail.mails()) do
  wrong[#wrong + 1] = mailed[each.to] and each.to .. " got a second mail" or nil
  mailed[each.to] = true
end
local doubt = 0
for index = 2, #arg do
  for row in (io.open(arg[index]) and csv.open(arg[index]):rows() or function() end) do
    seen[row.ema] = (seen[row.ema] or 0) + 1
    if row["error.in_doubt"] == "yes" then
      doubt = doubt + 1
    elseif arg[index] == "done.csv" and not mailed[row.ema] then
      wrong[#wrong + 1] = row.ema .. " is done without a mail"
    end
  end
end
for row in csv.open("rows.csv"):rows() do
  wrong[#wrong + 1] = seen[row.ema] ~= 1 and ("%s is there %d times"):format(row.ema, seen[row.ema] or 0) or nil
end
print(#wrong == 0 and ("all right, %d mails, in doubt: %d"):format(#at.mail.mails(), doubt)
  or table.concat(wrong, "\n"))
END_OF_LUA

{
  echo ema
  echo grace.hopper@example.org
  echo zoe.dexemple@example.org
} >rows.csv
cat >people.lua <<'END_OF_LUA'
local isograd = require "beadle.isograd"
local file = io.open("rows.csv", "w")
file:write "ema\n"
for number = 1, 20 do
  local ema = ("p%d@example.org"):format(number)
  isograd.create_candidate { gen_id = 3, ema = ema, fst_nam = "P", lst_nam = "T" }
  file:write(ema, "\n")
end
file:close()
END_OF_LUA
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
runs=$XDG_STATE_HOME/beadle/runs
served() { run --config served.conf.lua --profile served "$@"; }
recipe() {
  served run "$root/scripts/wait-for-result.lua" --rows rows.csv --tst_frm_id 101 --ask_every 0.1 \
    --wait "1 min" --concurrency 4 --output done.csv --failed failed.csv "$@"
}
start() {
  "$BEADLE" --config served.conf.lua --profile served run "$root/scripts/wait-for-result.lua" --rows rows.csv \
    --tst_frm_id 101 --ask_every 0.1 --wait "1 min" --concurrency 4 --output done.csv --failed failed.csv "$@" \
    >out 2>err </dev/null &
  pid=$!
}
count() { "$BEADLE" tell.lua count; }
strike() { # TESTS AND MAILS
  until [ "$(count)" -ge $((before + $1)) ]; do
    kill -0 "$pid" 2>/dev/null || break
  done
  kill -KILL "$pid" 2>/dev/null
  wait "$pid" 2>/dev/null
  status=$?
}
fresh() { # [SECONDS after which tests end]
  rm -rf done.csv failed.csv "$XDG_STATE_HOME"
  "$BEADLE" tell.lua reset "$@"
  served people.lua
  before=$(count)
}
judged() { "$BEADLE" tell.lua judge done.csv failed.csv >out && grep -q '^all right' out; }
no_run() { [ -z "$(ls "$runs" 2>/dev/null)" ]; }

# All of them wait when it is killed: none is in doubt, and all are gone on with.
fresh
start
until [ "$(count)" -ge $((before + 20)) ]; do kill -0 "$pid" || break; done
sleep 0.5 # until the answer has come to the last of them
strike 20
verdict "is killed while all rows wait" is_status 137
verdict "and leaves a run that only its owner may read" [ "$(stat -c %a "$runs"/rows-*.sqlite)" = 600 ]
"$BEADLE" tell.lua finish
recipe
verdict "the next run is refused" is_status 2
verdict "which names no row as not begun whose test was added" err_has "Can be gone on with: lines 2-21."
recipe --continue
verdict "--continue goes on with them" is_status 0
verdict "none gets a second test or a second mail" judged
verdict "and each gets one" out_has "20 mails, in doubt: 0"
verdict "the run is gone" no_run

# A call that came before it was killed is not lost: only it tells of the end, for nobody asks again in time.
fresh
"$BEADLE" --config served.conf.lua --profile served run "$root/scripts/wait-for-result.lua" --rows rows.csv \
  --tst_frm_id 101 --wait "1 min" --concurrency 4 --output done.csv >out 2>err </dev/null &
pid=$!
until [ "$(count)" -ge $((before + 20)) ]; do kill -0 "$pid" || break; done
sleep 0.5
strike 20
run --config served.conf.lua runs show "$(basename "$runs"/rows-*.sqlite .sqlite)"
verdict "a run that was killed can be looked at" is_status 0
{ sleep 1; "$BEADLE" tell.lua finish; } &
served run "$root/scripts/wait-for-result.lua" --rows rows.csv --tst_frm_id 101 --wait "1 min" --concurrency 4 \
  --output done.csv --continue
verdict "hooks are at the same addresses again, where calls find them" is_status 0
verdict "which tell of the end" grep -q ',callback,' done.csv
verdict "and nothing is done twice" judged

# Ctrl-C while all of them wait: what is kept goes into the file of --failed.
fresh
start
until [ "$(count)" -ge $((before + 20)) ]; do kill -0 "$pid" || break; done
sleep 0.5
kill -INT "$pid"
wait "$pid" 2>/dev/null
status=$?
verdict "Ctrl-C ends rows that wait" is_status 130
verdict "none of which is in doubt" sh -c '! grep -q ",yes" failed.csv && [ "$(wc -l <failed.csv)" -eq 21 ]'
verdict "and keeps their tests" grep -q '^ema,pla_tst_id,' failed.csv
"$BEADLE" tell.lua finish
mv failed.csv again.csv
served run "$root/scripts/wait-for-result.lua" --rows again.csv --tst_frm_id 101 --output done.csv --failed failed.csv
verdict "the rows are done later" is_status 0
verdict "without a second test" judged

# In the middle of everything.
for many in 1 8 15; do
  fresh 2 # no test ends before all are added: an add_test that is repeated finds only an unfinished one
  start
  strike "$many"
  start --continue
  strike 27 # mails are being sent
  recipe --continue --overwrite
  verdict "killed after $many tests, and again while it mails: no row is lost, nobody gets a second mail" judged
done

finish
