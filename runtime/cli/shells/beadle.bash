# bash completion for beadle. All that is known comes from `beadle complete`.

_beadle() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word cur at=0 i
  # The words as beadle gets them: bash also splits at = and :, which are part of NAME=VALUE.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((i > 0)) && [[ ${line:0:${#word}} == "$word" ]] && ((${#words[@]} > 0)) && ((at == 0)); then
      words[${#words[@]} - 1]+=$word
    else
      line=${line#"${line%%[![:space:]]*}"}
      words+=("$word")
    fi
    line=${line:${#word}}
    at=0
    [[ $line == [[:space:]]* ]] && at=1
  done
  cur=${words[${#words[@]} - 1]}
  local program=${words[0]/#\~/$HOME}
  words=("${words[@]:1}")

  # What bash replaces is what follows the last of its own word breaks.
  local before="" text doc kind candidates=() nospace=1
  if [[ $cur == *[=:]* ]]; then
    before=${cur%"${cur##*[=:]}"}
    [[ $COMP_WORDBREAKS == *=* || $before != *= ]] || before=""
  fi
  while IFS=$'\t' read -r text doc; do
    case $text in
    :*) kind=${text#:} ;;
    *)
      [[ $text == *[=.] ]] || nospace=0
      candidates+=("$(printf %q "${text#"$before"}")")
      ;;
    esac
  done < <("$program" complete -- "${words[@]}" 2>/dev/null)
  ((${#candidates[@]} > 0)) && ((nospace)) && compopt -o nospace
  COMPREPLY=("${candidates[@]}")

  [[ -n $kind ]] || return
  compopt -o filenames
  cur=${cur#"$before"}
  case $kind in
  file) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur") ;;
  lua) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -X '!*.lua' -- "$cur"; compgen -d -- "$cur") ;;
  folder) mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -d -- "$cur") ;;
  esac
}
complete -F _beadle beadle
