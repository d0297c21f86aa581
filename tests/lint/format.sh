#!/bin/sh
# SPDX-License-Identifier: MIT
# Formatting would change no file.
cd "$(dirname "$0")/../.." || exit 1
find runtime bindings tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
