#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle doc: the list, one topic, searching, and what it says about topics that are not there.
. "$(dirname "$0")/lib.sh"

is_usage() { is_status 2 && out_is_empty && err_has "$1"; }
same_as() { diff -u "$1" out >diff; }
narrower_than() { [ "$(awk '{ if (length($0) > most) most = length($0) } END { print most }' out)" -lt "$1" ]; }
docs=$BEADLE_SOURCE/docs

run doc
verdict "it lists the topics" sh -c 'grep -q "^errors " out && grep -q "^vendors/isograd " out'
listed=$(grep -c '^[a-z][a-z/-]*  ' out)
verdict "all of them" [ "$listed" -eq "$(find "$docs" -name '*.md' | wc -l)" ]
verdict "those for developers apart, and last" sh -c \
  'sed -n "/^For developers/,\$p" out | grep -q "^architecture" && ! sed "/^For developers/,\$d" out | grep -q "^decisions"'

verdict "each with a sentence, not with code" sh -c '! grep -q "^mail .*local" out && grep -q "^mail  *[A-Z]" out && grep -q "^lti  *Learning" out'

for page in errors sandbox vendors/scodoc; do
  run doc --raw $page
  verdict "--raw $page is the page as it was written" same_as "$docs/$page.md"
done
run doc --raw vendors
verdict "a folder's topic is its README" same_as "$docs/vendors/README.md"

run doc errors
verdict "a heading is underlined" sh -c 'head -2 out | tr "\n" " " | grep -qx "Errors ====== "'
verdict "a table has columns" grep -q "^field  *type  *meaning$" out
verdict "and no bars" sh -c '! grep -q "^|" out'
verdict "code stands apart" out_has '    local ok, err = pcall(isograd.add_test'
verdict "no fence is left" sh -c '! grep -q "^ *\`\`\`" out'
verdict "nothing is coloured where it is no terminal" sh -c "! grep -q '$(printf '\033')' out"
run doc isograd
verdict "the last part of a name is enough" out_has "Module \`beadle.isograd\`"
verdict "a link names the command" out_has "(beadle doc sandbox)"
run doc docs/errors.md
verdict "so is the name of its file" out_has "Errors"
run doc scripting
verdict "text is folded" narrower_than 121

run doc eror
verdict "a topic that is not there has the nearest" is_usage "Did you mean errors?"
run doc qqqqqqqq
verdict "else how to find one" is_usage "beadle doc"
run doc errors sandbox
verdict "one topic at a time" is_usage "one topic at a time"
run doc --search Retry-AFTER
verdict "--search finds a word, small and large letters alike" sh -c 'grep -q "^errors, " out && grep -qi "retry-after" out'
run doc --search "no such word anywhere"
verdict "nothing found is status 1" sh -c "[ $status -eq 1 ] && grep -q 'nothing about' err"
run doc --search ""
verdict "an empty word is wrong usage" is_usage "takes a word"

# On a terminal: colour, and a pager for what is long.
printf '#!/bin/sh\necho PAGED\ncat >paged\n' >pager
chmod +x pager
if command -v script >/dev/null; then
  script -qec "stty cols 80 rows 24; PAGER=$work/pager TERM=xterm $BEADLE doc errors" /dev/null >out 2>err </dev/null
  status=$?
  verdict "a long page goes to PAGER" sh -c 'grep -q PAGED out && [ -s paged ]'
  verdict "with colour" grep -q "$(printf '\033')\[1;4mErrors" paged
  rm -f paged
  script -qec "stty cols 80 rows 24; PAGER=$work/pager TERM=xterm NO_COLOR=1 $BEADLE doc errors --no-pager" /dev/null \
    >out 2>err </dev/null
  status=$?
  verdict "--no-pager does not" [ ! -e paged ]
  verdict "NO_COLOR is obeyed" sh -c "! grep -q '$(printf '\033')' out && grep -q Errors out"
  script -qec "stty cols 50 rows 24; PAGER=cat NO_COLOR=1 $BEADLE doc scripting" /dev/null >out 2>err </dev/null
  status=$?
  tr -d '\r' <out | grep -v '^    ' | grep -v -- '--' >text && mv text out
  verdict "it is as wide as the terminal" sh -c '[ "$(grep -c . out)" -gt 20 ] && grep -q "^A beadle script is Lua 5.4. It reads from top to$" out'
fi

finish
