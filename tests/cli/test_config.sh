#!/bin/sh
# SPDX-License-Identifier: MIT
# Profiles, secrets, and every way to get them wrong. Nothing here reaches a network: what is wrong is said
# before, and what is right points at a closed port of this machine.
. "$(dirname "$0")/lib.sh"

try_config() { # TEXT [MODE]: tries a call under it
  printf '%s\n' "$1" >beadle.conf.lua
  chmod "${2:-600}" beadle.conf.lua
  run call isograd.list_available_tests --no-retry
}
live() { # settings of isograd under the default profile
  echo "return { default = 'live', profiles = { live = { isograd = {
  base_url = 'http://127.0.0.1:1/api/usage', auth_url = 'http://127.0.0.1:1/oauth2/token',
  $1
} } } }"
}

run call isograd.list_available_tests
verdict "without a configuration there is the sandbox" is_status 0

try_config "$(live "client_id = 'me', client_secret = 'very-secret-1'")"
verdict "a profile reaches the address it names" err_has "http://127.0.0.1:1: the host could not be reached"
verdict "and a network error is 1" is_status 1
verdict "whose token was never sent" err_has "isograd.authenticate"

try_config "$(live "client_id = 'me', client_secret = 'very-secret-1'")" 644
verdict "a secret in a file that others can read is refused" is_status 78
verdict "naming file and line" err_has "beadle.conf.lua:3: others can read the secret isograd.client_secret"
verdict "and what to do" err_has "chmod 600"
verdict "but not the secret" sh -c '! grep -q very-secret err out'

MY_SECRET=from-environment-1
export MY_SECRET
try_config "$(live "client_id = 'me', client_secret = env 'MY_SECRET'")" 644
verdict "a secret from the environment may be named in a shared file" err_has "could not be reached"
try_config "$(live "client_id = 'me', client_secret = env 'NO_SUCH_VARIABLE'")"
verdict "a missing variable is 78" is_status 78
verdict "and is named with the line" err_has "beadle.conf.lua:3: isograd.client_secret: the environment variable NO_SUCH_VARIABLE is not set"

printf 'from-a-file-1\n' >secret
chmod 600 secret
try_config "$(live "client_id = 'me', client_secret = file '$work/secret'")" 644
verdict "a secret may come from a file" err_has "could not be reached"
chmod 640 secret
run call isograd.list_available_tests
verdict "that nobody else may read" err_has "others can read the secret"
rm secret
run call isograd.list_available_tests
verdict "a missing secret file is named" err_has "$work/secret cannot be read: No such file"
mkdir credentials && printf 'from-systemd-1' >credentials/isograd && chmod 600 credentials/isograd
CREDENTIALS_DIRECTORY=$work/credentials
export CREDENTIALS_DIRECTORY
try_config "$(live "client_id = 'me', client_secret = credential 'isograd'")"
verdict "a secret may be a credential of the service manager" err_has "could not be reached"
unset CREDENTIALS_DIRECTORY
run call isograd.list_available_tests
verdict "which is missed when there are none" err_has "CREDENTIALS_DIRECTORY is not set"
try_config "$(live "client_id = 'me', client_secret = 'short'")"
verdict "a short secret is refused" err_has "is too short to be a secret"

try_config "$(live "client_id = 'me'")"
verdict "a missing setting is 78" is_status 78
verdict "and is named with its profile" err_has "profile live does not say isograd.client_secret"
verdict "before anything is sent" err_has "Nothing was sent"
try_config "return { default = 'live', profiles = { live = { isograd = { client_id = 'me' } } } }"
verdict "a missing address is 78" is_status 78
verdict "and says what belongs there" err_has "https://recette.isograd.com/api/usage for tests"

try_config "$(live "client_idd = 'me'")"
verdict "an unknown setting is 78" is_status 78
verdict "naming file, line and the nearest" err_has "beadle.conf.lua:3: the setting \"isograd.client_idd\" is not known"
verdict "as a hint" err_has "Did you mean client_id?"
try_config "return { profiles = { live = { isogard = {} } } }"
verdict "an unknown vendor is named" err_has "Did you mean isograd?"
try_config "return { profils = {} }"
verdict "an unknown entry is named" err_has "Did you mean profiles?"
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1', timeout = 'soon'")"
verdict "a wrong value is named with what it must be" err_has "isograd.timeout must be a number of seconds or a text"
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1', max_in_flight = 0")"
verdict "also a number out of bounds" err_has "isograd.max_in_flight must be a whole number from 1"

try_config "return {"
verdict "a broken file is 78" is_status 78
verdict "naming file and line" err_has "beadle.conf.lua:2:"
try_config "return { default = nosuch.thing }"
verdict "so is one that fails" err_has "beadle.conf.lua:1:"
try_config "return 5"
verdict "or returns no table" err_has "must return a table"
try_config "while true do end"
verdict "or does not come to an end" err_has "beadle.conf.lua: it does not come to an end"
try_config "return { default = os.getenv 'HOME' }"
verdict "a configuration has no libraries" is_status 78
try_config "return { profiles = { sandbox = {} } }"
verdict "the sandbox is no profile of its own" err_has "sandbox is the simulated profile"
printf '\033Lua' >beadle.conf.lua
run call isograd.list_available_tests
verdict "a binary configuration is refused" is_status 78
rm beadle.conf.lua && mkdir beadle.conf.lua
run call isograd.list_available_tests
verdict "a folder is no configuration" is_status 78
rmdir beadle.conf.lua

try_config "return { default = 'mixed', profiles = { mixed = { isograd = 'sandbox' } } }"
verdict "a profile may leave a vendor in the sandbox" is_status 0
try_config "return { default = 'other', profiles = { other = {} } }"
verdict "a vendor that the profile does not name is 78" is_status 78
verdict "and is named" err_has "the profile other says nothing about isograd"
run --profile sandbox call isograd.list_available_tests
verdict "--profile overrides the default" is_status 0
BEADLE_PROFILE=sandbox "$BEADLE" call isograd.list_available_tests >out 2>err
status=$?
verdict "so does BEADLE_PROFILE" is_status 0
BEADLE_PROFILE=sandbox "$BEADLE" --profile other call isograd.list_available_tests >out 2>err
status=$?
verdict "the flag wins over the variable" is_status 78
BEADLE_PROFILE=nowhere "$BEADLE" -E call isograd.list_available_tests >out 2>err
status=$?
verdict "-E ignores variable and files" is_status 0
run --profile othr call isograd.list_available_tests
verdict "an unknown profile names the nearest" err_has "Did you mean other?"

mkdir -p "$XDG_CONFIG_HOME/beadle"
live "client_id = 'me', client_secret = 'very-secret-1'" >"$XDG_CONFIG_HOME/beadle/beadle.conf.lua"
chmod 600 "$XDG_CONFIG_HOME/beadle/beadle.conf.lua"
rm beadle.conf.lua
run call isograd.list_available_tests --no-retry
verdict "the user's configuration is read" err_has "http://127.0.0.1:1"
echo "return { profiles = { live = { isograd = { auth_url = 'http://127.0.0.1:2/x' } } } }" >beadle.conf.lua
run --profile live call isograd.list_available_tests --no-retry
verdict "a secret of one file never goes to an address of another" sh -c '! grep -q 127.0.0.1:2 err'
verdict "what is missing then is 78" is_status 78
echo "return { default = 'live', profiles = { test = {} } }" >beadle.conf.lua
run call isograd.list_available_tests --no-retry
verdict "the project's file chooses, the user's has the profile" err_has "http://127.0.0.1:1"
chmod 620 beadle.conf.lua
run call isograd.list_available_tests
verdict "a configuration that others can write is not read" is_status 78
verdict "and the file is named, with what to do" err_has "beadle.conf.lua is not read: others can write it"
chmod 600 beadle.conf.lua
if [ "$(id -u)" -eq 0 ]; then
  chown 65534 beadle.conf.lua
  run call isograd.list_available_tests
  verdict "nor is one of another user" err_has "beadle.conf.lua is not read: it belongs to another user"
  chown 0 beadle.conf.lua
fi
echo "return { default = 'sandbox' }" >other.conf.lua
run --config other.conf.lua call isograd.list_available_tests
verdict "--config stands alone" is_status 0
BEADLE_CONFIG=other.conf.lua "$BEADLE" call isograd.list_available_tests >out 2>err
status=$?
verdict "so does BEADLE_CONFIG" is_status 0

delay() { # what the profile gives a vendor to finish a lost request, in seconds
  run -e 'print(require "beadle.catalogue.probe".delay { operation = "isograd.add_test", params = {} })'
}
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1'")"
delay
verdict "a vendor has a time of its own to finish a lost request" out_is 60
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1', settle = '2 min'")"
delay
verdict "a profile may give another" out_is 120
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1', settle = 'soon'")"
verdict "which has to be a time" err_has "isograd.settle"

rm -f beadle.conf.lua
try_config "$(live "client_id = 'me', client_secret = 'very-secret-1'")"
run -e 'local s = beadle.config.settings "isograd".client_secret
  print(s, pcall(function() return "x" .. s end))
  print(pcall(function() return #s end), pcall(function() return s < s end), pcall(string.format, "%d", s))
  print(pcall(beadle.json.encode, { s }))
  for _, f in ipairs { tostring, function(x) return string.format("%s", x) end } do print(f(s)) end'
verdict "a secret does not become text in a script" sh -c '! grep -q very-secret out err'
verdict "it prints as its name" out_has "[secret client_secret]"
verdict "and concatenation says why not" out_has "a secret cannot become text"
run -e 'beadle.config.settings "isograd" print "very-secret-1 dmVyeS1zZWNyZXQtMQ==" io.write("very-secret-1\n")
  io.stderr:write "very-secret-1" error "very-secret-1"'
verdict "where its value comes from elsewhere, output is masked" sh -c '! grep -qE "very-secret|dmVyeS1zZWNyZXQ|Q==" out err'
verdict "visibly" out_has "[secret]"
run --log-level trace call isograd.list_available_tests --no-retry
verdict "the log is masked too" sh -c '! grep -q very-secret out err'
finish
