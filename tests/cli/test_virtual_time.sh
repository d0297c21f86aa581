#!/bin/sh
# SPDX-License-Identifier: MIT
# Tests that need --virtual-time, and that the same seed gives the same run.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

for file in "$root"/tests/lua/virtual/test_*.lua; do
  run --virtual-time "$file"
  sed -n 's/^ok/        ok/p' out
  verdict "$(basename "$file" .lua) in virtual time" is_status 0
done

# A run with random choices of every sort: tokens, grades, ids, retries, and the order of tasks.
cat >run.lua <<'END'
local async = require "beadle.async"
local isograd = require "beadle.isograd"
local json = require "beadle.json"
local sandbox = require "beadle.sandbox"
local time = require "beadle.time"
local pretty = require "beadle.pretty"
sandbox.isograd.set { start_after = 3600, finish_after = 7200, latency = 0.2 }
sandbox.isograd.fault { kind = "status", status = 503, operation = "list_available_tests", times = 2 }
print(#isograd.list_available_tests().tests, time.iso())
local names = { "ada", "bob", "cay", "dot" }
local tests = async.map(names, { concurrency = 3 }, function(name)
  local person = isograd.create_candidate { gen_id = 3, ema = name .. "@example.org", fst_nam = name, lst_nam = "T" }
  print(name, person.can_id, person.lgn_url, time.iso())
  return isograd.add_test { ema = name .. "@example.org", tst_frm_id = 101 }
end)
async.sleep "3 days"
for i, name in ipairs(names) do
  print(tests[i].tst_url, isograd.get_results({ ema = name .. "@example.org", tst_frm_id = 101 }).txt_des,
    time.iso())
end
for _, request in ipairs(sandbox.isograd.requests {}) do
  print(request.operation, request.at, request.body, request.headers.authorization)
end
print(pretty.json(sandbox.isograd.tests()), json.encode(time.now()))
END
seeded() {
  "$BEADLE" --virtual-time --seed "$1" run.lua >"$2" 2>err </dev/null
  status=$?
}
seeded 7 first
verdict "a run of days ends at once" is_status 0
seeded 7 second
verdict "the same seed gives the same run" cmp first second
seeded 8 third
verdict "another seed gives another" sh -c '! cmp -s first third'
verdict "and three days have passed" grep -q "2026-01-04T08:00:" third

finish
