# SPDX-License-Identifier: MIT
# What bash offers at the end of each line of standard input, one line each: the real completion of an interactive bash
# is asked through `complete -p` and its function, with words split as bash splits them.
source "$1"
complete -p beadle >/dev/null || exit 1

# Words as readline makes them: = and : are words of their own (COMP_WORDBREAKS).
split() {
  local rest=$1
  COMP_WORDS=()
  while [[ -n $rest ]]; do
    if [[ $rest =~ ^[[:space:]]+ ]]; then
      rest=${rest:${#BASH_REMATCH[0]}}
      [[ -n $rest ]] || COMP_WORDS+=("")
      continue
    fi
    [[ $rest =~ ^[=:]+ || $rest =~ ^[^[:space:]=:]+ ]]
    COMP_WORDS+=("${BASH_REMATCH[0]}")
    rest=${rest:${#BASH_REMATCH[0]}}
  done
}

while IFS= read -r COMP_LINE; do
  COMP_POINT=${#COMP_LINE}
  split "$COMP_LINE"
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  _beadle 2>/dev/null
  printf '%s\n' "${COMPREPLY[*]}"
done
