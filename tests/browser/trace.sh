#!/bin/sh
# SPDX-License-Identifier: MIT
# The page of a trace in a real browser: 10,000 calls are laid out, in light and dark, and nothing is fetched or run. Exit
# status 77, which ctest counts as skipped, where Chromium is not installed: ./setup test --browser installs it.
set -u
: "${BEADLE:?names the program to test}"
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
export HOME XDG_CONFIG_HOME

cat >"$work/calls.lua" <<'LUA'
local async, isograd, sandbox = beadle.async, beadle.isograd, beadle.sandbox
sandbox.isograd.set { latency = 0.02 }
local left = tonumber(arg[1])
async.scope(function()
  for _ = 1, 16 do
    async.spawn(function()
      while left > 0 do
        left = left - 1
        beadle.try(isograd.get_test_status, { pla_tst_id = left % 50 == 0 and 1 or 987654 })
      end
    end)
  end
end)
LUA
for count in 10000 300; do
  "$BEADLE" --virtual-time run --trace="$work/$count.html" "$work/calls.lua" $count 2>"$work/err" ||
    { cat "$work/err"; exit 1; }
done

failed=0
verdict() { # NAME, then a command that must succeed
  name=$1
  shift
  if "$@"; then
    echo "ok      $name"
  else
    failed=1
    echo "FAILED  $name"
    tail -5 "$work/browser.err" | sed 's/^/        browser: /'
  fi
}

visit() { # FILE, then options of the browser
  page=$1
  shift
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage \
    --hide-scrollbars --user-data-dir="$work/profile" --window-size=1200,1000 "$@" "file://$page" 2>"$work/browser.err"
}

visit "$work/10000.html" --screenshot="$work/light.png" >/dev/null
visit "$work/10000.html" --blink-settings=preferredColorScheme=0 --screenshot="$work/dark.png" >/dev/null
verdict "the page is drawn" test -s "$work/light.png"
verdict "and another way where people want it dark" sh -c "[ -s '$work/dark.png' ] && ! cmp -s '$work/light.png' '$work/dark.png'"

visit "$work/10000.html" --enable-logging=stderr --v=0 --dump-dom >"$work/dom"
rows=$(grep -o '<details class="c' "$work/dom" | wc -l)
verdict "all calls are there" test "$rows" -ge 10000
verdict "nothing was refused by its policy" sh -c "! grep -qi 'content security policy\|refused to' '$work/browser.err'"
visit "$work/300.html" --no-pdf-header-footer --print-to-pdf="$work/trace.pdf" >/dev/null
verdict "it can be printed" test -s "$work/trace.pdf"
exit $failed
