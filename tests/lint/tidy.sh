#!/bin/sh
# SPDX-License-Identifier: MIT
# clang-tidy finds nothing in our C. Usage: tidy.sh BUILD_FOLDER
build=$(cd "$1" && pwd) || exit 1
cd "$(dirname "$0")/../.." || exit 1
# What it says beside its findings goes to standard error.
find runtime bindings -name '*.c' -print0 | xargs -0 -P "$(nproc)" -n 4 clang-tidy -p "$build" --quiet 2>/dev/null
