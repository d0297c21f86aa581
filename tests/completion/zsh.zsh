# SPDX-License-Identifier: MIT
# What an interactive zsh inserts for Tab after each line of standard input, one line each. $1: the script; $2: a folder
# of the test's own. The markers are written in halves, so that their echo is not taken for them.
zmodload zsh/zpty || exit 3
local seen piece line

wait_for() {
  seen=""
  while [[ $seen != *$~1* ]]; do
    zpty -r shell piece || exit 4
    seen+=$piece
  done
}

zpty shell zsh -f -i
zpty -w shell "PS1='' PROMPT_EOL_MARK='' TERM=dumb"
zpty -w shell "autoload -Uz compinit && compinit -u -d ${(q)2}/zcompdump; source ${(q)1}; LISTMAX=0"
zpty -w shell 'show() { print -r -- "<""<$BUFFER>"">"; zle kill-whole-line }'
zpty -w shell 'zle -N show; bindkey "^X" show; print REA""DY'
wait_for READY
while IFS= read -r line; do
  zpty -w -n shell "$line"$'\t\x18'
  wait_for '<<*>>'
  print -r -- "${${seen##*<<}%%>>*}"
done
zpty -d shell
