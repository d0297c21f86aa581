#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/docs/vendors.lua --check: what is stale or not covered is a failure, and running it mends what is stale.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

mkdir -p tests docs
cp -r "$root/tests/docs" "$root/tests/lua" "$root/tests/fixtures" tests
cp -r "$root/docs/vendors" docs
pages() {
  run --allow-process tests/docs/vendors.lua "$@"
}

pages --check
verdict "the pages are as the catalogue is" is_status 0
echo >>docs/vendors/lara.md
rm docs/vendors/isograd.md
pages --check
verdict "a page that somebody changed is stale" out_has "docs/vendors/lara.md is stale"
verdict "and so is one that is missing" out_has "docs/vendors/isograd.md is stale"
verdict "which is a failure" is_status 1
pages
verdict "running it writes them" out_has "docs/vendors/isograd.md is written"
verdict "as they were" diff -r "$root/docs/vendors" docs/vendors
rm tests/fixtures/lara/get_sso_url*.response.json
pages >out
pages --check
verdict "an operation without a fixture is a failure" is_status 1
verdict "and named" out_has "not covered: lara.get_sso_url: 0 fixtures"

# Every example is a script in which nothing is wrong; links are checked by test_doc_links.sh.
mkdir examples
for page in "$root"/docs/vendors/*.md; do
  awk -v name="$(basename "$page" .md)" '
    /^```lua$/ { file = sprintf("examples/%s-%03d.lua", name, ++count); next }
    /^```/ { if (file) close(file); file = "" }
    file { print > file }
  ' "$page"
done
run check examples
verdict "nothing is wrong in any example" is_status 0
status=$(find examples -name '*.lua' | wc -l)
verdict "there are examples of all operations" [ "$status" -ge 148 ]

finish
