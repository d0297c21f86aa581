#!/bin/sh
# SPDX-License-Identifier: MIT
# luacheck finds nothing in our Lua.
cd "$(dirname "$0")/../.." || exit 1
luacheck -q stdlib bindings runtime scripts tests packaging
