# SPDX-License-Identifier: MIT
# For the shell tests: runs beadle and compares what it did. Needs BEADLE, the program to test.
# shellcheck shell=sh
set -u
: "${BEADLE:?names the program to test}"
passed=0
failed=0
status=none
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
: >out
: >err
unset BEADLE_PROFILE BEADLE_CONFIG BEADLE_PATH
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME

# run ARGUMENTS...: sets status, and the files out and err.
run() {
  "$BEADLE" "$@" >out 2>err </dev/null
  status=$?
}

verdict() { # NAME, then a command that must succeed
  name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    echo "        status: $status"
    sed 's/^/        out: /' out
    sed 's/^/        err: /' err
  fi
}

is_status() { [ "$status" -eq "$1" ]; }
out_is() { [ "$(cat out)" = "$1" ]; }
out_has() { grep -qF -- "$1" out; }
err_has() { grep -qF -- "$1" err; }
err_is_empty() { [ ! -s err ]; }
out_is_empty() { [ ! -s out ]; }

finish() {
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit $?
}
