#!/bin/sh
# SPDX-License-Identifier: MIT
# Completion of the command line: what the program offers, and what bash, zsh and fish make of it.
. "$(dirname "$0")/lib.sh"
SHELLS=$BEADLE_SOURCE/tests/completion
mkdir bin data
ln -s "$BEADLE" bin/beadle
PATH=$work/bin:$PATH
export PATH
echo 'print(1)' >enrol.lua
echo 'a' >people.csv
mkdir enrolled

offers() { # WORDS...: the last may be ""; out has the candidates
  "$BEADLE" complete -- "$@" >out 2>err </dev/null
  status=$?
}
has() { cut -f1 out | grep -qxF -- "$1"; }
lacks() { ! has "$1"; }

offers ""
verdict "commands are offered with what they do" grep -q '^call	makes one call' out
verdict "and the shell is asked for scripts" grep -q '^:lua	$' out
offers --log-level ""
verdict "an option's values are offered" has trace
offers --log-level=tr
verdict "also behind =" has --log-level=trace
offers --no-such-option ""
verdict "nothing is said about what is not known" err_is_empty
for each in $("$BEADLE" -e 'for _, v in ipairs(require "beadle.catalogue".vendors()) do print(v) end'); do
  "$BEADLE" -e "for _, o in ipairs(require 'beadle.catalogue'.describe('$each').operations) do print(o.full_name) end" |
    sort >expected
  offers call "$each."
  verdict "every operation of $each is offered" sh -c 'cut -f1 out | sort | cmp - expected'
done
offers call isograd.create_candidate ema=a@example.org ""
verdict "parameters that are not given yet are offered" has gen_id=
verdict "and those that are given are not" lacks ema=
offers call isograd.create_candidate gen_id=
verdict "constants are offered" has gen_id=female
"$BEADLE" -e '
  local complete_words = require "beadle.cli.complete_words"
  local catalogue = require "beadle.catalogue"
  for _, vendor in ipairs(catalogue.vendors()) do
    for _, operation in ipairs(catalogue.describe(vendor).operations) do
      local list = complete_words.candidates { "call", operation.full_name, "" }
      assert(#list > 0 or #operation.params == 0, operation.full_name)
    end
  end' >out 2>err
status=$?
verdict "parameters of every operation are offered" is_status 0
offers run register-candidate --gen_id f
verdict "so are the choices of a recipe's parameter" has female
offers run register-candidate --rows=pe
verdict "the shell is asked for a file behind the option's name" grep -q '^:file	--rows=$' out
offers run reg
verdict "recipes are offered by name" has register-candidate
offers lti l
verdict "parts of a command are offered" has launch
mkdir -p config/beadle
echo 'return { profiles = { ["live-2026"] = { isograd = "sandbox" } } }' >config/beadle/beadle.conf.lua
chmod 600 config/beadle/beadle.conf.lua
offers --profile li
verdict "profiles are offered" has live-2026
printf 'os.exit(9)' >evil.lua
offers run evil.lua --
verdict "a script is not run for it" is_status 0
"$BEADLE" -e 'for _, c in ipairs(require "beadle.cli.program".commands()) do print(c.name) end' >commands
verdict "each command says how it is used, what its options are and what it takes" "$BEADLE" -e '
  for line in io.lines "commands" do
    local command = require("beadle.cli." .. line)
    assert(command.usage:find "^Usage: beadle" and command.spec and command.takes, line)
  end'

cat >lines <<'END'
beadle ca
beadle call isograd.create_candidate gen_id=fe
beadle call isograd.create_candidate ema=a@example.org ge
beadle --log-level=w
beadle check enrol
beadle run register-candidate --rows=peo
beadle init enrolle
beadle lti la
END
expect() { # SHELL, then one line for each line of input: what is there, spaces at ends aside
  name=$1
  shift
  printf '%s\n' "$@" >expected
  sed 's/ *$//' got >out
  verdict "$name completes" cmp out expected
}

if command -v bash >/dev/null; then
  "$BEADLE" completion bash >beadle.bash
  bash --norc "$SHELLS/bash.sh" ./beadle.bash <lines >got
  expect bash call female gen_id= warning "enrol.lua enrolled" people.csv enrolled launch
else
  echo "skipped bash: it is not installed"
fi
if command -v zsh >/dev/null; then
  "$BEADLE" completion zsh >_beadle
  zsh -f "$SHELLS/zsh.zsh" ./_beadle "$work/data" <lines >got
  expect zsh "beadle call" "beadle call isograd.create_candidate gen_id=female" \
    "beadle call isograd.create_candidate ema=a@example.org gen_id=" "beadle --log-level=warning" \
    "beadle check enrol" "beadle run register-candidate --rows=people.csv" "beadle init enrolled/" \
    "beadle lti launch"
else
  echo "skipped zsh: it is not installed"
fi
if command -v fish >/dev/null; then
  "$BEADLE" completion fish >beadle.fish
  # shellcheck disable=SC2016 # fish's variables
  fish --no-config -c 'source ./beadle.fish
    while read line; string join -- " " (complete -C "$line" | string replace -r "\t.*" ""); end' <lines >got
  expect fish call gen_id=female gen_id= --log-level=warning "enrol.lua enrolled/" --rows=people.csv enrolled/ launch
else
  echo "skipped fish: it is not installed"
fi
run completion tcsh
verdict "another shell is refused" is_status 2
verdict "and the known ones named" err_has "bash, zsh, fish"

finish
