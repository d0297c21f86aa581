#!/bin/sh
# SPDX-License-Identifier: MIT
# The report of a run in a real browser: its policy lets its own style through and nothing else, in light and in dark.
# Exit status 77, which ctest counts as skipped, where Chromium is not installed: ./setup test --browser installs it.
set -u
: "${BEADLE:?names the program to test}"
here=$(cd "$(dirname "$0")" && pwd)
browser=${BEADLE_CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$browser" ]; then
  echo "skipped: Chromium is not installed; ./setup test --browser installs it"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset BEADLE_PROFILE BEADLE_CONFIG
HOME=$work
XDG_CONFIG_HOME=$work/config
XDG_STATE_HOME=$work/state
export HOME XDG_CONFIG_HOME XDG_STATE_HOME
cd "$work" || exit 1
"$BEADLE" "$here/../cli/make_run.lua" 20260101-080000-page && "$BEADLE" runs report page --out light.html || exit 1
# What a page that was altered would meet.
sed 's/margin: 0 auto/margin: 1px auto/' light.html >altered.html

# shot PAGE PICTURE [OPTION]: leaves what the browser complains of in PICTURE.err.
shot() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --enable-logging=stderr --user-data-dir="$work/profile" --window-size=900,1200 ${3:-} \
    --screenshot="$work/$2" "file://$work/$1" 2>"$2.err"
}

failed=0
verdict() {
  name=$1
  shift
  if "$@"; then
    echo "ok      $name"
  else
    failed=1
    echo "FAILED  $name"
  fi
}
complains() { grep -q 'Content Security Policy' "$1.err"; }
is_quiet() { ! complains "$1"; }
differ() { [ -s "$1" ] && [ -s "$2" ] && ! cmp -s "$1" "$2"; }

shot light.html light.png
shot light.html dark.png --blink-settings=preferredColorScheme=0
shot altered.html altered.png
verdict "the policy lets the page's own style through" is_quiet light.png
verdict "and no other" complains altered.png
verdict "light and dark are two pictures" differ light.png dark.png
verdict "without its style it looks otherwise" differ light.png altered.png
exit $failed
