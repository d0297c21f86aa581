#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual pages: one for each command, from what the program says of itself, and without faults.
. "$(dirname "$0")/lib.sh"
mkdir pages
run "$BEADLE_SOURCE/packaging/man.lua" pages 2026-11-22
verdict "pages are made" is_status 0
run "$BEADLE_SOURCE/packaging/man.lua" --list
cp out names
for page in $(cat names); do
  verdict "there is $page(1)" test -s "pages/$page.1"
done
verdict "and no other" test "$(ls pages | wc -l)" -eq "$(wc -l <names)"
"$BEADLE" --help | sed -n '/^Commands:/,/^$/s/^  beadle \([a-z]*\).*/beadle-\1/p' | sort >wanted
grep -v '^beadle$' names | sort >have
verdict "each command of --help has one" sh -c '[ -s wanted ] && [ -z "$(comm -23 wanted have)" ]'

words() { # NAME: a page as one reads it, in one line
  if command -v man >/dev/null; then
    MANWIDTH=400 man -l -Tutf8 "pages/$1.1" 2>/dev/null | col -b | tr -s ' \n' '  '
  else
    sed 's/\\-/-/g; s/\\f[BP]//g' "pages/$1.1" | tr -s ' \n' '  '
  fi
}
words beadle >all
status=0
"$BEADLE" -e 'for _, o in ipairs(require "beadle.cli.program".options()) do print(o.name) end' >options
while read -r option; do
  grep -qF -- " $option" all || { status=1; echo "$option is missing" >err; }
done <options
verdict "beadle(1) has every option" is_status 0
verdict "and what the exit status means" grep -q '78 .*configuration' all
verdict "and the environment" grep -q 'BEADLE_PROFILE' all
words beadle-call >call
verdict "a page has its command's options" grep -q -- '--timeout DURATION' call
verdict "and how it is called" grep -q 'beadle call VENDOR.OPERATION' call

if command -v mandoc >/dev/null; then
  mandoc -Tlint -Wwarning pages/*.1 >out 2>err
  status=$?
  verdict "mandoc finds nothing" out_is_empty
else
  echo "skipped mandoc: it is not installed"
fi
if command -v groff >/dev/null; then
  for page in pages/*.1; do
    groff -man -Tutf8 -ww -z "$page"
  done >out 2>err
  verdict "groff finds nothing" err_is_empty
else
  echo "skipped groff: it is not installed"
fi

finish
