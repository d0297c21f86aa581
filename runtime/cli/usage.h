// SPDX-License-Identifier: MIT
// What the program offers on the command line, in words: its commands, --help, what is wrong with what was typed.
#ifndef BD_USAGE_H
#define BD_USAGE_H

#include <lua.h>
#include <stdbool.h>

#include "bundle.h"
#include "core/script.h"

// The command of that name; NULL when there is none. A part of a command, lti_keys of lti, is none.
const struct bd_source *bd_usage_command(const char *word);

// The recipe of that name that is part of the program; NULL when there is none, or a file here has the name.
const struct bd_bundled *bd_usage_recipe(const char *word);

void bd_usage_print_help(void);

// Print what is wrong with the command line, and give the exit status for it. errno says why the script cannot be
// opened.
int bd_usage_error(const char *text);
int bd_usage_missing_script(const char *word, bool may_be_command);

int bd_usage_module(lua_State *L); // beadle.cli.program

#endif
