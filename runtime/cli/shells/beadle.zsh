#compdef beadle
# zsh completion for beadle. All that is known comes from `beadle complete`.

_beadle() {
  local -a open closed
  local text doc kind prefix line
  while IFS= read -r line; do
    text=${line%%$'\t'*}
    doc=${line#*$'\t'}
    case $text in
    :*) kind=${text#:} prefix=$doc ;;
    *[=.]) open+=("${text//:/\\:}${doc:+:$doc}") ;;
    *) closed+=("${text//:/\\:}${doc:+:$doc}") ;;
    esac
  done < <("${(Q)words[1]/#\~/$HOME}" complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  (( $#open )) && _describe -t beadle beadle open -S ''
  (( $#closed )) && _describe -t beadle beadle closed
  [[ -n $prefix ]] && compset -P "$prefix"
  case $kind in
  file) _files ;;
  lua) _files -g '*.lua(-.)' ;;
  folder) _files -/ ;;
  esac
}

if [[ $funcstack[1] == _beadle ]]; then
  _beadle "$@"
else
  compdef _beadle beadle
fi
