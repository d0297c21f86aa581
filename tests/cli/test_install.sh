#!/bin/sh
# SPDX-License-Identifier: MIT
# What `cmake --install` puts where, and that the program works from there without the checkout.
. "$(dirname "$0")/lib.sh"
build=$(dirname "$BEADLE")
cmake --install "$build" --prefix "$work/to" >out 2>err
status=$?
verdict "it installs" is_status 0
for file in bin/beadle share/man/man1/beadle.1 share/man/man1/beadle-call.1 share/beadle/types/async.lua \
  share/beadle/recipes/register-candidate.lua share/bash-completion/completions/beadle \
  share/zsh/vendor-completions/_beadle share/fish/vendor_completions.d/beadle.fish share/doc/beadle/copyright \
  share/doc/beadle/changelog.gz share/doc/beadle/README.md share/doc/beadle/docs/errors.md; do
  verdict "with $file" test -s "to/$file"
done
verdict "and no file of tests or the build" sh -c '! find to -name "*.c" -o -name "*.cmake" -o -name stamp | grep .'

BEADLE=$work/to/bin/beadle
run recipes
verdict "the installed program has its recipes" out_has register-candidate
run init project
verdict "makes projects" is_status 0
verdict "with the annotations that are installed" diff -r project/.beadle/types to/share/beadle/types
run "$BEADLE_SOURCE/packaging/man.lua" --list
ls to/share/man/man1 | sed 's/\.1$//' | sort >have
sort out >wanted
verdict "every command has its page" cmp wanted have
for shell in bash:bash-completion/completions/beadle zsh:zsh/vendor-completions/_beadle \
  fish:fish/vendor_completions.d/beadle.fish; do
  run completion "${shell%%:*}"
  verdict "the script for ${shell%%:*} is that of the program" cmp out "to/share/${shell#*:}"
done
verdict "the version of the package is the program's" sh -c '
  sed -n "1s/.*(\(.*\)-[0-9]*).*/\1/p" "$1/packaging/changelog" >version && "$2" -e "io.write(beadle.version, \"\n\")" |
    cmp - version' sh "$BEADLE_SOURCE" "$BEADLE"

finish
