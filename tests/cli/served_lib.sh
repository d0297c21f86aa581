# SPDX-License-Identifier: MIT
# Sourced by tests over a sandbox that is served: starts the test again beside one, then gives what lib.sh does, and
# `root`, the checkout. The profile `served` leads there.
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ "${1:-}" != served ]; then
  exec "$root/tests/with-sandbox" -- sh "$0" served
fi
config=$BEADLE_CONFIG
. "$root/tests/cli/lib.sh"
BEADLE_CONFIG=$config
export BEADLE_CONFIG
