#!/bin/sh
# SPDX-License-Identifier: MIT
# What README.md and docs/ print can be run as it is printed, each page in a folder of its own, in the sandbox, and does
# what the page says (tests/docs/compare.lua says how it is compared):
#   - blocks of Lua; one that begins with "-- NAME.lua" is kept under that name for what follows. A configuration is
#     read, a recipe is asked for its help, tests are run by `beadle test`. A block of text right behind one of Lua
#     shows what it prints, and so does "--> text" behind a print.
#   - commands behind "$ ", in a folder that has the checkout's scripts. What stands below a command is what it prints;
#     a command that fails has to show that. `$ cat FILE` makes the file of what stands below, unless a command has
#     written it.
#   - blocks of Python, beside a served sandbox instead of the vendor's hosts, where Python has requests.
# DOCS_PAGE=cookbook.md tries one page.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

# Writes the blocks of a page as 001.lua, 002.sh, ... and prints "NUMBER.KIND LINE" of each. What a block shows is kept
# as NUMBER.lua.shown, of the commands of a block as NUMBER.sh.shown.1, ...
extract() {
  awk -v folder="$2" '
    function begin(ending) { kind = ending; count++; file = sprintf("%03d.%s", count, kind); print file, NR }
    function keep(line) { print line > (folder "/" file) }
    function end_command() { if (command) keep("}"); command = here = 0 }
    function begin_command(line) {
      end_command()
      commands++; command = 1; continued = line ~ /\\$/
      shown = folder "/" file ".shown." commands
      if (line ~ /^cat [^ |<>&;]+$/) {
        here = 1
        split(line, words, " ")
        keep("show_file " words[2] " " folder "/" file ".shown." commands " && {\n:")
        printf "" > shown
      } else {
        keep("show " commands " && {")
        keep(line)
      }
    }
    /^```lua$/ { begin("lua"); keep("-- " FILENAME ":" NR); next }
    /^```python$/ { begin("py"); next }
    /^```console$/ { begin("sh"); commands = 0; next }
    /^```text$/ && after_lua { kind = "text"; shown = folder "/" file ".shown"; printf "" > shown; next }
    /^```/ {
      if (kind == "sh") end_command()
      if (kind != "") close(folder "/" file)
      after_lua = kind == "lua" || kind == "py"; kind = ""; next
    }
    { if (kind == "" && $0 != "") after_lua = 0 }
    kind == "lua" || kind == "py" { keep($0); next }
    kind == "text" { print > shown; next }
    kind == "sh" && continued { keep($0); continued = /\\$/; next }
    kind == "sh" && /^\$ / { begin_command(substr($0, 3)); next }
    kind == "sh" && command { print > shown }
  ' "$1"
}

# A block of Lua: by what it is.
try_lua() { # FILE
  name=$(sed -n '2s/^-- \([a-z._-]*\.lua\)$/\1/p' "$1")
  [ -z "$name" ] || (umask 077 && cat "$1" >"$name")
  if [ "$name" = beadle.conf.lua ]; then
    "$BEADLE" --profile test -e 'local config = require "beadle.config"
      for _, vendor in ipairs(config.vendors()) do config.settings(vendor) end'
    status=$?
  elif grep -q '^describe(' "$1"; then
    "$BEADLE" test "$name"
    status=$?
  elif grep -q '^return recipe' "$1"; then
    "$BEADLE" run "${name:-$1}" --help
    status=$?
  elif grep -q 'http\.serve' "$1"; then
    "$BEADLE" "${name:-$1}" # its sockets are real
    status=$?
  else
    "$BEADLE" --virtual-time --seed 1 "${name:-$1}" # it may wait for days
    status=$?
  fi
}

# What try_commands puts before a block: each command writes to a file of its own, and may fail only where the page
# shows what it prints.
commands_begin() { # FILE
  cat <<TEXT
show() { exec >"$1.printed.\$1" 2>&1; now=\$1; }
show_file() { # NAME SHOWN: makes it, or shows what a command has written
  show "\${2##*.}"
  if [ -e "\$1" ] && [ ! -e "made.\$1" ]; then cat "\$1"; else cp "\$2" "\$1"; : >"made.\$1"; cat "\$1"; fi
  false
}
failed() { [ -s "$1.shown.\$now" ] || exit 1; }
TEXT
}

# Commands: all but those that build beadle, and that serve until somebody ends them.
try_commands() { # FILE
  {
    commands_begin "$1"
    sed -e '/^\.\/setup/s/^/: /' -e '/^git clone/s/^/: /' \
      -e 's/^beadle sandbox [^#]*/timeout -s INT 1 &|| : /' -e 's/^}$/} || failed/' "$1"
  } >commands
  sh commands
  status=$?
  cat "$1".printed.*
}

try_python() { # FILE
  # shellcheck disable=SC2016 # the address is known to the inner shell
  sh "$root/tests/with-sandbox" sh -c 'sed "s|https://[a-z]*\.isograd\.com|$BEADLE_TEST_SANDBOX|" "$1" | \
    ISOGRAD_CLIENT_SECRET=test-client-secret python3 -' sh "$1"
  status=$?
}

# Whether the page shows what the block printed; fails when it shows nothing.
compare_block() { # FILE
  if [ -e "$1.shown" ]; then
    run "$root/tests/docs/compare.lua" "$1.shown" printed
  elif grep -q -e '--> ' "$1"; then
    run "$root/tests/docs/compare.lua" --comments "$1" printed
  else
    return 1
  fi
}

compare_commands() { # FILE
  for shown in "$1".shown.*; do
    [ -s "$shown" ] || continue
    run "$root/tests/docs/compare.lua" "$shown" "$1.printed.${shown##*.}"
    compared=yes
    [ "$status" -eq 0 ] || break
  done
  [ -n "$compared" ]
}

ISOGRAD_CLIENT_SECRET=long-enough
MAIL_PASSWORD=long-enough
SCODOC_PASSWORD=long-enough
PATH=$(dirname "$BEADLE"):$PATH
export ISOGRAD_CLIENT_SECRET MAIL_PASSWORD SCODOC_PASSWORD PATH
pages=0
for path in "$root/README.md" "$root"/docs/*.md; do
  case ${path##*/} in
    ${DOCS_PAGE:-*}) ;;
    *) continue ;;
  esac
  pages=$((pages + 1))
  mkdir "$work/$pages" "$work/$pages/build"
  cd "$work/$pages" || exit 1
  ln -s "$root/scripts" scripts
  ln -s "$BEADLE" build/beadle
  extract "$path" "$PWD" >blocks
  while read -r block line; do
    where=${path#"$root/"}:$line
    compared=
    case $block in
      *.lua)
        try_lua "$block" >out 2>err </dev/null
        verdict "the block at $where runs" is_status 0
        cp out printed
        compare_block "$block" && verdict "and $where prints what the page shows" is_status 0
        ;;
      *.py)
        if ! python3 -c "import requests" 2>/dev/null; then
          echo "skipped the block at $where: Python has no requests (Debian: python3-requests)"
          continue
        fi
        try_python "$block" >out 2>err </dev/null
        verdict "the block at $where runs" is_status 0
        cp out printed
        compare_block "$block" && verdict "and $where prints what the page shows" is_status 0
        ;;
      *)
        try_commands "$PWD/$block" >out 2>err </dev/null
        verdict "the block at $where runs" is_status 0
        compare_commands "$block" && verdict "and $where prints what the page shows" is_status 0
        ;;
    esac
  done <blocks
done
[ -n "${DOCS_PAGE:-}" ] || verdict "there are pages" [ "$pages" -gt 5 ]

finish
