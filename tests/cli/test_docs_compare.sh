#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/docs/compare.lua: what a page shows is what was printed, but for the ellipses.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

# agree SHOWN PRINTED, both as printf writes them.
agree() {
  printf "$1" >shown
  printf "$2" >printed
  run "$root/tests/docs/compare.lua" shown printed
}

# says COMMENT PRINTED: the block's comment is what was printed.
says() {
  printf 'print(x) --> %s\n' "$1" >block
  printf "$2" >printed
  run "$root/tests/docs/compare.lua" --comments block printed
}

agree 'one\ntwo\n' 'one\ntwo\n'
verdict "the same text agrees" is_status 0
agree 'one\ntwo' 'one  \ntwo\n\n'
verdict "ends of lines and of the text do not count" is_status 0
agree 'one\n' 'one\ntwo\n'
verdict "a line more does not agree" is_status 1
verdict "and both are shown" out_has "two"
agree 'one\ntwo\n' 'two\none\n'
verdict "nor does another order" is_status 1
agree 'a.c (1+1)\n' 'abc (1+1)\n'
verdict "a dot is a dot" is_status 1
agree 'id … of %%d…\n' 'id 42 of %%d things\n'
verdict "an ellipsis stands for a part of a line" is_status 0
agree 'id …\n' 'id 42\nmore\n'
verdict "and not for more" is_status 1
agree 'first\n…\nlast\n' 'first\na\nb\nlast\n'
verdict "alone on its line for any lines" is_status 0
agree 'first\n…\nlast\n' 'first\na\nb\n'
verdict "behind which the rest has to come" is_status 1

says 'nil  unknown' 'begin\nnil\tunknown\nend\n'
verdict "a comment is a line of what was printed, whatever the blanks" is_status 0
says 'nil done' 'nil\tunknown\n'
verdict "another line is not" is_status 1
says 'nil' 'nil\tunknown\n'
verdict "nor is a part of a line" is_status 1

finish
