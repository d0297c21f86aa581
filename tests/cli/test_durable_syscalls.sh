#!/bin/sh
# SPDX-License-Identifier: MIT
# A durable run of 8 rows that is killed at system calls, and one for which they fail: see syscalls_lib.sh.
. "$(dirname "$0")/served_lib.sh"
rows=8
. "$root/tests/cli/durable_lib.sh"
go_on() { exec "$BEADLE" resume "$id"; } # with the options that it began with
do_again() { :; }                        # to go on does what failed again
. "$root/tests/cli/syscalls_lib.sh"
