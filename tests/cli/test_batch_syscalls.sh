#!/bin/sh
# SPDX-License-Identifier: MIT
# A batch of 8 rows that is killed at system calls, and one for which they fail: see syscalls_lib.sh.
. "$(dirname "$0")/served_lib.sh"
rows=8
. "$root/tests/cli/durable_lib.sh"
. "$root/tests/cli/batch_lib.sh"
do_again() {
  [ $# -gt 0 ] || exec "$BEADLE" retry "$id" --failed
}
. "$root/tests/cli/syscalls_lib.sh"
