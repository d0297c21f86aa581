#!/bin/sh
# SPDX-License-Identifier: MIT
# Walls of the house that a search can check.
cd "$(dirname "$0")/../.." || exit 1
failed=0

forbid() { # SENTENCE, then a command that prints what breaks it
  sentence=$1
  shift
  found=$("$@")
  if [ -n "$found" ]; then
    failed=1
    echo "FAILED  $sentence"
    printf '%s\n' "$found" | sed 's/^/        /'
  else
    echo "ok      $sentence"
  fi
}

resumes() {
  grep -rnE '\blua_resume *\(' runtime bindings --include='*.c' | grep -v '^runtime/core/task.c:' ||
    [ "$(grep -cE '\blua_resume *\(' runtime/core/task.c)" -eq 1 ] || echo 'runtime/core/task.c calls it more than once'
}
raises() {
  grep -rnE '\b(lua_error|luaL_error) *\(' runtime bindings --include='*.c' | grep -v '^runtime/core/error.c:'
}
vendor_names() {
  for room in bindings/*/operations.c; do
    vendor=$(basename "$(dirname "$room")")
    grep -rnE "\"$vendor\"|beadle\\.$vendor\b" runtime bindings stdlib --include='*.[ch]' --include='*.lua' |
      grep -v "^bindings/$vendor/" | grep -vE '^[^:]*:[0-9]+: *(//|--|#)'
  done
}
cjson_users() {
  grep -rlE 'cjson\.h|luaopen_cjson' runtime bindings --include='*.[ch]' | grep -v '^runtime/core/json'
}
lower_uses_upper() {
  grep -rnE '#include "(bindings|cli)/' runtime/core --include='*.[ch]'
  grep -rnE '#include "(cli|bindings/(catalogue|sandbox|isograd))/' bindings/modules --include='*.[ch]'
  grep -rnE '#include "(cli|bindings/sandbox)/' bindings/catalogue --include='*.[ch]'
}
machine_paths() {
  grep -rnIE '(^|[^A-Za-z0-9_.])/(root|work|home/[a-z]+)/' runtime bindings stdlib scripts packaging tests docs ./*.* setup |
    grep -vE '/home/(user|you|ada|beadle)/|tests/lint/rules.sh'
}
unfinished() {
  grep -rnIE '\b(TODO|FIXME|XXX|HACK)\b' runtime bindings stdlib scripts tests docs README.md setup |
    grep -v 'tests/lint/rules.sh'
}
licence_lines() {
  find runtime bindings stdlib scripts packaging tests \( -name '*.[ch]' -o -name '*.lua' -o -name '*.sh' -o -name '*.cmake' \) \
    -exec sh -c 'head -3 "$1" | grep -q "SPDX-License-Identifier: MIT" || echo "$1"' _ {} \;
}

forbid 'one place calls lua_resume' resumes
forbid 'errors are raised in error.c only' raises
forbid 'a vendor is named in its room only' vendor_names
forbid 'only the JSON boundary knows cjson' cjson_users
forbid 'lower floors do not use upper ones' lower_uses_upper
forbid 'no path of one machine' machine_paths
forbid 'nothing is marked unfinished' unfinished
forbid 'every file names its licence' licence_lines
exit $failed
