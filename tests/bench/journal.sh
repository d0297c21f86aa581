#!/bin/sh
# SPDX-License-Identifier: MIT
# journal.lua, beside what the disk does without it (sync.c) before and after. Usage: journal.sh BEADLE SYNC SOURCE_FOLDER
# [EFFECTS]
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
before=$("$2" "$work/page")
"$1" "$3/tests/bench/journal.lua" ${4:+"$4"} | tee "$work/out"
after=$("$2" "$work/page")
awk -v before="$before" -v after="$after" '/commits\/s/ {
  printf "  a page alone: %d/s before and %d/s after, written and synchronised; commits are %.2f of that\n", before, after,
    2 * $1 / (before + after) }' "$work/out"
