# SPDX-License-Identifier: MIT
# How batches are begun and gone on with, in the place of what durable_lib.sh has. In the place of their shell.
# shellcheck shell=sh disable=SC2154 # what durable_lib.sh sets

# begin [-e CODE [--run RUN]]
begin() {
  # shellcheck disable=SC2086 # a list of words
  exec $before "$BEADLE" --profile served ${1:+"$1"} ${2:+"$2"} batch enrol.lua rows.csv --into end --mai_tem_id 7 \
    --concurrency 16 --stop-after "$rows" ${4:+--run "$4"}
}

# As `beadle resume` does it; with options, which that does not know, in its words.
go_on() {
  [ $# -gt 0 ] || exec "$BEADLE" resume "$id"
  begin "$@" --run "$id"
}
