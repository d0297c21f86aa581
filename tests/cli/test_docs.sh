#!/bin/sh
# SPDX-License-Identifier: MIT
# What README.md and docs/ print can be run as it is printed, each page in a folder of its own, in the sandbox:
#   - blocks of Lua; one that begins with "-- NAME.lua" is kept under that name for what follows. A configuration is
#     read, a recipe is asked for its help, tests are run by `beadle test`.
#   - commands behind "$ ", in a folder that has the checkout's scripts. What follows `$ cat FILE` is that file.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

# Writes the blocks of a page as 001.lua, 002.sh, ... and prints "NUMBER.KIND LINE" of each.
extract() {
  awk -v folder="$2" '
    function begin(ending) { kind = ending; count++; file = sprintf("%03d.%s", count, kind); print file, NR }
    function end() { if (kind != "") close(folder "/" file); kind = ""; here = "" }
    function keep(line) { print line > (folder "/" file) }
    /^```lua$/ { begin("lua"); keep("-- " FILENAME ":" NR); next }
    /^```console$/ { begin("sh"); keep("# " FILENAME ":" NR); next }
    /^```/ { if (here != "") keep("END_OF_FILE"); end(); next }
    kind == "lua" { keep($0); next }
    kind == "sh" && /^\$ / {
      if (here != "") keep("END_OF_FILE")
      here = ""
      if ($2 == "cat" && NF == 3) { here = $3; keep("cat >" $3 " <<\"END_OF_FILE\"") } else keep(substr($0, 3))
      continued = /\\$/
      next
    }
    kind == "sh" && (here != "" || continued) { keep($0); continued = continued && /\\$/ }
  ' "$1"
}

# A block of Lua: by what it is.
try_lua() { # FILE
  name=$(sed -n '2s/^-- \([a-z._-]*\.lua\)$/\1/p' "$1")
  [ -z "$name" ] || (umask 077 && cat "$1" >"$name")
  if [ "$name" = beadle.conf.lua ]; then
    "$BEADLE" --profile test -e 'require("beadle.config").settings "isograd"'
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
    "$BEADLE" --virtual-time "${name:-$1}" # it may wait for days
    status=$?
  fi
}

# Commands: all but those that build beadle, and that serve until somebody ends them.
try_commands() { # FILE
  sed -e '/^\.\/setup/d' -e 's/^beadle sandbox .*/set +e\ntimeout -s INT 1 &\nset -e/' "$1" >commands
  sh -e commands
  status=$?
}

ISOGRAD_CLIENT_SECRET=long-enough
PATH=$(dirname "$BEADLE"):$PATH
export ISOGRAD_CLIENT_SECRET PATH
pages=0
for path in "$root/README.md" "$root"/docs/*.md; do
  pages=$((pages + 1))
  mkdir "$work/$pages" "$work/$pages/build"
  cd "$work/$pages" || exit 1
  ln -s "$root/scripts" scripts
  ln -s "$BEADLE" build/beadle
  extract "$path" . >blocks
  while read -r block line; do
    case $block in
      *.lua) try_lua "$block" >out 2>err </dev/null ;;
      *) try_commands "$block" >out 2>err </dev/null ;;
    esac
    verdict "the block at ${path#"$root/"}:$line runs" is_status 0
  done <blocks
done
verdict "there are pages" [ "$pages" -gt 5 ]

finish
