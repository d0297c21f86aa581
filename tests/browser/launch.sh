#!/bin/sh
# SPDX-License-Identifier: MIT
# A launch in a real browser: the form submits itself and lands on the start page. Exit status 77, which ctest counts as
# skipped, where Chromium is not installed: ./setup test --browser installs it.
set -u
: "${BEADLE:?names the program to test}"
here=$(cd "$(dirname "$0")" && pwd)
browser=${BEADLE_CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
if [ -z "$browser" ]; then
  echo "skipped: Chromium is not installed; ./setup test --browser installs it"
  exit 77
fi
work=$(mktemp -d)
server=
trap '[ -n "$server" ] && kill "$server" 2>/dev/null; wait; rm -rf "$work"' EXIT
unset BEADLE_PROFILE BEADLE_CONFIG
HOME=$work
XDG_CONFIG_HOME=$work/config
export HOME XDG_CONFIG_HOME

"$BEADLE" "$here/serve_launch.lua" >"$work/log" 2>"$work/err" &
server=$!
tries=0
until url=$(sed -n 1p "$work/log") && [ -n "$url" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 300 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "FAILED  the server did not begin"
    cat "$work/err"
    exit 1
  fi
  sleep 0.1
done

failed=0

# Opens a page and prints what the browser ends on.
visit() {
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --user-data-dir="$work/profile" --virtual-time-budget=20000 --dump-dom "$1" 2>"$work/browser.err"
}

launch() { # VERSION, then what the simulated Isograd must have seen since the last launch
  before=$(wc -l <"$work/log")
  visit "$url/$1" >"$work/dom"
  sleep 0.2
  seen=$(tail -n +"$((before + 1))" "$work/log" | grep -v favicon | tr '\t\n' ' ;')
  if grep -q '<h1>Python</h1>' "$work/dom" && [ "$seen" = "$2" ]; then
    echo "ok      a launch by LTI $1 submits itself and lands on the start page"
  else
    failed=1
    echo "FAILED  a launch by LTI $1 submits itself and lands on the start page"
    echo "        seen: $seen"
    sed 's/^/        dom: /' "$work/dom"
    tail -5 "$work/browser.err" | sed 's/^/        browser: /'
    sed 's/^/        server: /' "$work/err"
  fi
}

launch 1.1 'POST /public/lti.php 302;GET /test/start 200;'
launch 1.3 'POST /public/lti.php 302;POST /public/lti.php 302;GET /test/start 200;'
exit $failed
