// SPDX-License-Identifier: MIT
#ifndef BD_CLI_VERSION_H
#define BD_CLI_VERSION_H

#include <stdio.h>

void bd_version_print_line(FILE *out); // beadle and Lua, one line
void bd_version_print(FILE *out);      // and every library
#endif
