#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/docs/links.lua: the pages' links lead somewhere, and one that does not is found.
root=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

links() {
  run --allow-process "$root/tests/docs/links.lua" "$@"
}

links "$root"
verdict "all links lead somewhere" is_status 0

mkdir docs
cat >CHANGELOG.md <<'END'
# Changes
END
cat >README.md <<'END'
# Front

[one](docs/one.md#a-heading-with-code) [changes](CHANGELOG.md) [elsewhere](https://example.org/#x)

```text
[no link](nowhere.md)
```
END
cat >docs/one.md <<'END'
# One

## A heading, with `code`

## Twice

## Twice

[here](#twice-1) [up](../README.md#front)
END
links .
verdict "a good set of pages passes" out_has "4 links of 3 pages, 0 broken"
verdict "with status 0" is_status 0
cat >>docs/one.md <<'END'
[file](two.md) [heading](#thrice) [of another](../README.md#back)
END
echo "# Three" >docs/three.md
links .
verdict "a missing file is named" out_has "docs/one.md: there is no two.md"
verdict "a missing heading is named" out_has "docs/one.md: docs/one.md has no heading thrice"
verdict "also of another page" out_has "docs/one.md: README.md has no heading back"
verdict "so is a page that nothing leads to" out_has "README.md does not lead to docs/three.md"
verdict "which is a failure" is_status 1

finish
